// SPDX-License-Identifier: MIT
// Plans, plans with a switching cost, reports.
#include "adaptive.hpp"

#include "notebook.hpp"

namespace co2lib::bindings::adaptive_domain {

namespace {

PlanOptions plan_options(const py::object& demand, std::optional<CarbonMass> budget, std::optional<double> accuracy,
                         std::optional<double> price, double pue, Power idle, const py::object& latency_limit_s,
                         const py::object& accuracy_floor, const py::object& latency_s) {
  PlanOptions o{.demand = maybe_numbers(demand, "demand"),
                .budget = budget,
                .accuracy = accuracy,
                .price = price,
                .pue = pue,
                .idle = idle,
                .latency_limit = seconds_of(latency_limit_s, "latency_limit_s"),
                .accuracy_floor = maybe_numbers(accuracy_floor, "accuracy_floor")};
  if (!latency_s.is_none()) {
    for (const py::handle slot : latency_s) {
      o.latency.push_back(seconds_of(py::reinterpret_borrow<py::object>(slot), "latency_s"));
    }
  }
  return o;
}

void bind_plan(py::module_& m) {
  py::class_<Mix>(m, "Mix", "How one slot's requests are served.")
      .def_readonly("model", &Mix::model, "Index into the list of models.")
      .def_readonly("upgraded", &Mix::upgraded, "Index into the list of models; `model` where nothing is upgraded.")
      .def_readonly("share", &Mix::share, "Of the requests, served by `upgraded`; the others by `model`.")
      .def(
          "__eq__", [](const Mix& a, const Mix& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Mix& x) {
        return "<co2lib.adaptive.Mix " + std::to_string(x.model) + ", " + numeric::text(x.share) + " of it " +
               std::to_string(x.upgraded) + ">";
      });
  py::class_<Baseline>(m, "Baseline", "A way to serve that a plan is compared with.")
      .def_readonly("name", &Baseline::name, "For people; a model's name.")
      .def_readonly("accuracy", &Baseline::accuracy, "Mean per request, points.")
      .def_readonly("carbon", &Baseline::carbon, "Of all requests, PUE included.");
  py::class_<StaticOptimal>(m, "StaticOptimal", "Whether always serving one model is optimal.")
      .def_readonly("ratio_of_intensity", &StaticOptimal::ratio_of_intensity, "max c / min c.")
      .def_readonly("ratio_of_slopes", &StaticOptimal::ratio_of_slopes, "None: infinite; 0 off the hull.")
      .def_readonly("optimal", &StaticOptimal::optimal,
                    "Whether it is: `ratio_of_intensity` is not above `ratio_of_slopes`.");
  py::class_<Plan>(m, "Plan", "Which share of each slot's requests which model serves.")
      .def_readonly("models", &Plan::models, "As they were given.")
      .def_readonly("hull", &Plan::hull, "Of all models.")
      .def_readonly("slots", &Plan::slots, "As they were given.")
      .def_readonly("demand", &Plan::demand, "Requests by slot.")
      .def_readonly("budget", &Plan::budget, "None for a plan at a given accuracy.")
      .def_readonly("pue", &Plan::pue, "Facility energy / IT energy, >= 1.")
      .def_readonly("accuracy", &Plan::accuracy, "Mean per request, points.")
      .def_readonly("carbon", &Plan::carbon, "Of the requests, PUE included; without idle power.")
      .def_readonly("lambda_per_g", &Plan::lambda_per_g, "Points per g; 0: the largest model everywhere.")
      .def_property_readonly("thresholds_g_per_kwh", &Plan::thresholds_g_per_kwh,
                             "Intensities at which the policy changes its model, g/kWh, falling; empty: it never does.")
      .def_readonly("idle", &Plan::idle, "Carbon of idle power, besides.")
      .def_readonly("mixes", &Plan::mixes, "Who serves the requests, by slot.")
      .def_readonly("agnostic_accuracy", &Plan::agnostic_accuracy, "Of one mix for all slots at the budget.")
      .def_readonly("agnostic_carbon", &Plan::agnostic_carbon, "Of one mix for all slots of this accuracy.")
      .def_readonly("least_carbon", &Plan::least_carbon, "Of all requests by the smallest model.")
      .def_readonly("saving", &Plan::saving, "1 - carbon / agnostic_carbon.")
      .def_readonly("saving_at_agnostic_accuracy", &Plan::saving_at_agnostic_accuracy,
                    "1 - least carbon for it / carbon of that mix.")
      .def_readonly("singles", &Plan::singles, "Each model alone.")
      .def_readonly("carbon_interval", &Plan::carbon_interval, "Under the ends of the forecast's 90 % interval.")
      .def_property_readonly(
          "forecast", [](const Plan& p) { return p.slots.forecast; }, "Whether the slots were made from a forecast.")
      .def("mix", &Plan::mix, py::arg("slot"),
           "How one slot is served, counted from 0; `adaptive.bad_input` beyond the last.")
      .def("policy", &Plan::policy, "The one-parameter policy with the plan's lambda.")
      .def(
          "carbon_under", [](const Plan& p, const py::object& truth) { return p.carbon_under(slots_of(truth)); },
          py::arg("intensity"), "Of the same decisions under other intensities.")
      .def("__repr__",
           [](const Plan& p) {
             return "<co2lib.adaptive.Plan of " + std::to_string(p.slots.size()) + " slots: accuracy " +
                    numeric::text(p.accuracy) + ", " + to_string(p.carbon) + ">";
           })
      .def(
          "table", [](const py::object& p) { return py::module_::import("co2lib._plan").attr("rows")(p); },
          "One dict per slot: start, intensity, requests, models with share, accuracy, kWh per request, carbon in g.")
      .def(
          "to_dict",
          [](const py::object& p) { return py::dict(py::module_::import("co2lib._plan").attr("document")(p)); },
          "The document of schema co2lib-plan/1 that `co2lib report` reads.");
  bindings::shown_as_table(m, "Plan", "html", "co2lib._plan");
  m.def(
      "plan",
      [](const std::vector<Model>& models, const py::object& intensity, const py::object& demand,
         std::optional<CarbonMass> budget, std::optional<double> accuracy, std::optional<double> price, double pue,
         Power idle, const py::object& latency_limit_s, const py::object& accuracy_floor, const py::object& latency_s) {
        const PlanOptions options =
            plan_options(demand, budget, accuracy, price, pue, idle, latency_limit_s, accuracy_floor, latency_s);
        const Slots slots = slots_of(intensity);
        const bindings::GilReleased released;  // pure computation on copies
        return plan(models, slots, options);
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("demand") = py::none(),
      py::arg("budget") = py::none(), py::arg("accuracy") = py::none(), py::arg("price") = py::none(),
      py::arg("pue") = 1.0, py::arg("idle") = Power(), py::arg("latency_limit_s") = py::none(),
      py::arg("accuracy_floor") = py::none(), py::arg("latency_s") = py::none());
  m.def(
      "static_optimal",
      [](const std::vector<Model>& models, const py::object& intensity, const std::string& model,
         const py::object& demand) {
        return static_optimal(models, slots_of(intensity), model, maybe_numbers(demand, "demand"));
      },
      py::arg("models"), py::arg("intensity"), py::arg("model"), py::kw_only(), py::arg("demand") = py::none(),
      "Whether always serving `model` is optimal.");
}

void bind_switching(py::module_& m) {
  py::class_<SwitchPlan>(m, "SwitchPlan", "A plan where a change of model costs energy.")
      .def_readonly("models", &SwitchPlan::models, "By slot.")
      .def_readonly("objective", &SwitchPlan::objective,
                    "Points: sum of n (a - lambda c e) - lambda c cost per change.")
      .def_readonly("switches", &SwitchPlan::switches, "Changes that are charged, the one from the initial model too.")
      .def_readonly("accuracy", &SwitchPlan::accuracy, "Mean per request.")
      .def_readonly("carbon", &SwitchPlan::carbon, "Of the requests and the switches.")
      .def_readonly("switching", &SwitchPlan::switching, "Carbon of the switches, part of `carbon`.")
      .def_readonly("lambda_per_g", &SwitchPlan::lambda_per_g,
                    "The price that it was made with, or found, points per g.");
  m.def(
      "switch_plan",
      [](const std::vector<Model>& models, const py::object& intensity, std::optional<double> lambda_per_g,
         std::optional<CarbonMass> budget, Energy cost, const py::object& demand,
         const std::optional<std::string>& initial, double pue) {
        SwitchOptions options{.cost = cost, .demand = maybe_numbers(demand, "demand"), .pue = pue};
        if (initial) options.initial = index_of(models, *initial);
        const Slots slots = slots_of(intensity);
        if (lambda_per_g.has_value() == budget.has_value()) {
          throw Error(bad_input, "give either lambda_per_g or budget");
        }
        const bindings::GilReleased released;  // pure computation on copies
        return budget ? switch_plan_for_budget(models, slots, *budget, options)
                      : switch_plan(models, slots, *lambda_per_g, options);
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("lambda_per_g") = py::none(),
      py::arg("budget") = py::none(), py::arg("cost") = Energy(), py::arg("demand") = py::none(),
      py::arg("initial") = py::none(), py::arg("pue") = 1.0,
      "The best sequence of models where each change costs energy; with a budget a heuristic, by bisection.");
}

}  // namespace

void register_plans(py::module_& m) {
  bind_plan(m);
  bind_switching(m);
}

void register_reports(py::module_& m) {
  py::class_<Comparison>(m, "Comparison", "How far an algorithm is between a baseline and the optimum.")
      .def_readonly("gap_closed", &Comparison::gap_closed,
                    "(agnostic - C) / (agnostic - optimum); None where these coincide.")
      .def_readonly("regret", &Comparison::regret, "C - optimum.")
      .def_readonly("ratio", &Comparison::ratio, "C / optimum; None for an optimum of 0.")
      .def_readonly("violation", &Comparison::violation,
                    "max(0, C / budget - 1); None for a budget of 0 that was broken.");
  m.def("compare", &compare, py::arg("algorithm"), py::arg("agnostic"), py::arg("optimum"), py::arg("budget"),
        "Gap closed, regret, ratio and violation of the budget.");
  py::class_<ReportRow>(m, "ReportRow", "A way to serve, with its accuracy and carbon.")
      .def_property_readonly(
          "kind", [](const ReportRow& r) { return std::string(text(r.kind)); }, "What it is.")
      .def_readonly("name", &ReportRow::name, "For people: the policy, the optimum, a model's name.")
      .def_readonly("accuracy", &ReportRow::accuracy, "Mean per request, points.")
      .def_readonly("carbon", &ReportRow::carbon, "Of all requests, PUE included.")
      .def_readonly("spend_over_budget", &ReportRow::spend_over_budget,
                    "Carbon / budget; None without a budget, or for one of 0.");
  py::class_<Vertex>(m, "Vertex", "One model that could serve everything, and what adapting can gain over it.")
      .def_readonly("model", &Vertex::model, "Its name.")
      .def_readonly("condition", &Vertex::condition, "Whether serving it alone is already optimal.")
      .def_readonly("saving", &Vertex::saving, "At its accuracy, by the plan, over always serving it.");
  py::class_<Report>(m, "Report", "A way to serve beside every baseline; str() is the text for people.")
      .def_readonly("rows", &Report::rows, "The policy first, then the baselines.")
      .def_readonly("vertices", &Report::vertices, "Of the hull, by energy.")
      .def_readonly("best_saving", &Report::best_saving, "The largest over the agnostic mix at any accuracy.")
      .def_readonly("carbon", &Report::carbon, "Against the agnostic mix of equal accuracy and its optimum.")
      .def_readonly("gap_in_accuracy", &Report::gap_in_accuracy,
                    "(A - A_agnostic) / (A_opt - A_agnostic) at the carbon spent.")
      .def_readonly("cee_improvement", &Report::cee_improvement,
                    "CEE of the policy / CEE of the model - 1, for every model but the smallest (a reconstructed "
                    "metric).")
      .def_readonly("saving", &Report::saving, "Over the carbon-agnostic mix of equal accuracy.")
      .def_property_readonly(
          "saving_interval", [](const Report& r) { return range_of(r.saving_interval); },
          "95 %, block bootstrap over weeks.")
      .def_readonly("energy_interval", &Report::energy_interval, "Carbon of the decisions, energies at their ends.")
      .def_readonly("decided_on_other", &Report::decided_on_other,
                    "Carbon, where decisions were taken on another signal.")
      .def_readonly("lambda_per_g", &Report::lambda_per_g, "The policy's price of carbon, points per g.")
      .def_readonly("thresholds_g_per_kwh", &Report::thresholds_g_per_kwh,
                    "At which the policy changes its model, falling; empty: it never does.")
      .def_readonly("idle", &Report::idle, "Of the idle power over all slots, PUE included; not in any row.")
      .def_readonly("in_sample", &Report::in_sample, "Parameters were tuned on these very slots.")
      .def_readonly("forecast", &Report::forecast, "Decided on a forecast.")
      .def_readonly("notes", &Report::notes, "What a reader must know about these numbers.")
      .def("__str__", [](const Report& r) { return to_string(r); });
  m.def(
      "report",
      [](const Plan& p, const py::object& decided_on, std::uint64_t seed, std::size_t resamples,
         const std::string& tuned_on) {
        ReportOptions options{.seed = seed, .resamples = resamples, .tuned_on = tuned_on};
        if (!decided_on.is_none()) options.decided_on = slots_of(decided_on);
        const bindings::GilReleased released;  // pure computation; the argument keeps the plan alive
        return report(p, options);
      },
      py::arg("plan"), py::kw_only(), py::arg("decided_on") = py::none(), py::arg("seed") = 0,
      py::arg("resamples") = 200, py::arg("tuned_on") = "", "A plan beside every baseline.");
}

}  // namespace co2lib::bindings::adaptive_domain
