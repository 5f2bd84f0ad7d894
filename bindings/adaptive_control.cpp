// SPDX-License-Identifier: MIT
// Controllers over a series, and the pacer of a service.
#include "adaptive.hpp"

namespace co2lib::bindings::adaptive_domain {

namespace {

ControlOptions control_options(const std::string& method, double pue, const std::string& update, double eta,
                               std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot,
                               bool hard_stop, std::int64_t window, std::int64_t beyond) {
  return {.method = parse<Method>(method, "method", bad_input),
          .pue = pue,
          .update = parse<Update>(update, "update", bad_input),
          .eta = eta,
          .lambda0_per_g = lambda0_per_g,
          .requests_per_slot = requests_per_slot,
          .window = count_of(window, "window"),
          .beyond = count_of(beyond, "beyond"),
          .hard_stop = hard_stop};
}

/// Models, or a dict of classes of requests: {name: models}.
std::vector<RequestClass> classes_of(const py::object& given) {
  std::vector<RequestClass> classes;
  if (py::isinstance<py::dict>(given)) {
    for (const auto& [name, models] : given.cast<py::dict>()) {
      classes.push_back({name.cast<std::string>(), models.cast<std::vector<Model>>()});
    }
    return classes;
  }
  return {{"", given.cast<std::vector<Model>>()}};
}

/// By class, from dicts {name of a class: limit} and {name: latencies by slot and model}; those not named have none.
std::vector<ClassLimits> limits_of(const std::vector<RequestClass>& classes, const py::object& limit,
                                   const py::object& latency) {
  const py::dict limits = limit.is_none() ? py::dict() : limit.cast<py::dict>();
  const py::dict latencies = latency.is_none() ? py::dict() : latency.cast<py::dict>();
  std::vector<ClassLimits> found(classes.size());
  std::size_t used = 0;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const py::str name(classes[k].name);
    if (limits.contains(name)) {
      const py::object value = limits[name];
      const std::string field = "latency_limit_s['" + classes[k].name + "']";
      found[k].latency_limit =
          seconds_of(py::isinstance<py::sequence>(value) ? value : py::object(py::make_tuple(value)), field);
      ++used;
    }
    if (!latencies.contains(name)) continue;
    ++used;
    for (const py::handle slot : py::iter(latencies[name])) {
      found[k].latency.push_back(
          seconds_of(py::reinterpret_borrow<py::object>(slot), "latency_s['" + classes[k].name + "']"));
    }
  }
  if (used != limits.size() + latencies.size())
    throw Error(bad_input, "latency: it names a class that classes has not");
  return found;
}

void bind_control(py::module_& m) {
  py::class_<Controlled>(m, "Controlled", "What a controller did over a series, beside what was possible.")
      .def_readonly("accuracy", &Controlled::accuracy, "Mean per request.")
      .def_readonly("carbon", &Controlled::carbon, "Spent over the series, PUE included.")
      .def_readonly("spend_over_budget", &Controlled::spend_over_budget, "Carbon / budget; 0 for a budget of 0.")
      .def_readonly("share_of_gain", &Controlled::share_of_gain,
                    "(A - a_1) / (A_opt - a_1), A_opt at the whole budget; above 1 only if the budget was broken; "
                    "None where there is no gain.")
      .def_readonly("gap_closed", &Controlled::gap_closed, "Between the agnostic mix and the optimum, equal carbon.")
      .def_readonly("energy_kwh", &Controlled::energy_kwh, "Mean per request by slot.")
      .def_readonly("accuracy_by_slot", &Controlled::accuracy_by_slot, "Mean per request by slot.")
      .def_readonly("switches", &Controlled::switches, "Slots whose mean choice differs from that of the slot before.");
  m.def(
      "control",
      [](const std::vector<Model>& models, const py::object& intensity, CarbonMass budget, const std::string& method,
         const py::object& demand, double pue, const std::string& update, double eta,
         std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot, bool hard_stop,
         std::int64_t window, std::int64_t beyond) {
        const auto options =
            control_options(method, pue, update, eta, lambda0_per_g, requests_per_slot, hard_stop, window, beyond);
        const Slots slots = slots_of(intensity);
        const std::vector<double> n = maybe_numbers(demand, "demand");
        const bindings::GilReleased released;  // pure computation on copies
        return control(models, slots, budget, options, n);
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("budget"), py::arg("method") = "pacing",
      py::arg("demand") = py::none(), py::arg("pue") = 1.0, py::arg("update") = "multiplicative", py::arg("eta") = 0.01,
      py::arg("lambda0_per_g") = py::none(), py::arg("requests_per_slot") = py::none(), py::arg("hard_stop") = false,
      py::arg("window") = 168, py::arg("beyond") = 0,
      "Runs a controller (pacing, mpc, primal_dual) over a series that it sees slot by slot.");
  m.def(
      "evaluate",
      [](const std::vector<Model>& models, const py::object& intensity, CarbonMass budget,
         const std::string& controller, const py::object& demand, double pue, const std::string& update, double eta,
         std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot, bool hard_stop,
         std::int64_t window, std::int64_t beyond, std::uint64_t seed, std::size_t resamples,
         const std::string& tuned_on) {
        const auto options =
            control_options(controller, pue, update, eta, lambda0_per_g, requests_per_slot, hard_stop, window, beyond);
        const Slots slots = slots_of(intensity);
        const std::vector<double> n = maybe_numbers(demand, "demand");
        const bindings::GilReleased released;  // pure computation on copies
        return evaluate(models, slots, budget, options, n,
                        {.seed = seed, .resamples = resamples, .tuned_on = tuned_on});
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("budget"), py::arg("controller") = "pacing",
      py::arg("demand") = py::none(), py::arg("pue") = 1.0, py::arg("update") = "multiplicative", py::arg("eta") = 0.01,
      py::arg("lambda0_per_g") = py::none(), py::arg("requests_per_slot") = py::none(), py::arg("hard_stop") = false,
      py::arg("window") = 168, py::arg("beyond") = 0, py::arg("seed") = 0, py::arg("resamples") = 200,
      py::arg("tuned_on") = "", "Runs a controller and reports on it beside every baseline.");
  py::class_<Stopped>(m, "Stopped", "What a hard stop made of the preferred models.")
      .def_readonly("chosen", &Stopped::chosen, "Index of the model in the list given, by slot.")
      .def_readonly("carbon", &Stopped::carbon, "Of the whole series, without PUE.");
  m.def(
      "hard_stop",
      [](const std::vector<Model>& models, const py::object& intensity, CarbonMass budget,
         const std::vector<std::string>& preferred, const py::object& demand) {
        std::vector<std::size_t> indices;
        for (const std::string& name : preferred) indices.push_back(index_of(models, name));
        return hard_stop(models, slots_of(intensity), maybe_numbers(demand, "demand"), budget, indices);
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("budget"), py::arg("preferred"),
      py::arg("demand") = py::none(), "The preferred models, made smaller where the budget would break.");
}

void bind_classes(py::module_& m) {
  py::class_<ClassesPlan>(m, "ClassesPlan", "A plan for classes of requests, and where its gain comes from.")
      .def_readonly("accuracy", &ClassesPlan::accuracy, "Mean per request of all classes.")
      .def_readonly("carbon", &ClassesPlan::carbon, "Of all requests of all classes, PUE included.")
      .def_readonly("lambda_per_g", &ClassesPlan::lambda_per_g, "One for all classes.")
      .def_readonly("mixes", &ClassesPlan::mixes, "By class and slot.")
      .def_readonly("policies", &ClassesPlan::policies, "By class.")
      .def_readonly("smallest_accuracy", &ClassesPlan::smallest_accuracy, "Each class by its first vertex.")
      .def_readonly("least_carbon", &ClassesPlan::least_carbon,
                    "Of all requests, each by the smallest model of its class.")
      .def_readonly("agnostic_accuracy", &ClassesPlan::agnostic_accuracy,
                    "Each class by one mix for all slots, the best at this budget.")
      .def_readonly("right_sizing", &ClassesPlan::right_sizing, "Points that need no carbon signal.")
      .def_readonly("because_of_carbon", &ClassesPlan::because_of_carbon, "Points that it adds.");
  m.def(
      "plan_classes",
      [](const py::dict& classes, const py::object& intensity, const py::dict& demand, CarbonMass budget, double pue,
         const py::object& latency_limit_s, const py::object& latency_s) {
        const std::vector<RequestClass> given = classes_of(classes);
        std::vector<std::vector<double>> requests;
        for (const RequestClass& x : given) {
          if (!demand.contains(x.name)) throw Error(bad_input, "demand: there is none of class '" + x.name + "'");
          requests.push_back(numbers_of(demand[py::str(x.name)], "demand['" + x.name + "']"));
        }
        if (demand.size() != given.size()) throw Error(bad_input, "demand: it has a class that classes has not");
        const std::vector<ClassLimits> limits = limits_of(given, latency_limit_s, latency_s);
        const Slots slots = slots_of(intensity);
        const bindings::GilReleased released;  // pure computation on copies
        return plan_classes(given, slots, requests, budget, pue, limits);
      },
      py::arg("classes"), py::arg("intensity"), py::kw_only(), py::arg("demand"), py::arg("budget"),
      py::arg("pue") = 1.0, py::arg("latency_limit_s") = py::none(), py::arg("latency_s") = py::none(),
      "The plan over classes of requests {name: models} with demand {name: requests by slot} and one budget.\n\n"
      "latency_limit_s: {name: seconds, or one for each slot}; models of a slot above it are dropped by latency_s: {name: "
      "[[seconds of each model] of each slot]}, a queue estimate of yours, or by Model.latency_s.");
}

void bind_pacer(py::module_& m) {
  py::class_<Decision>(m, "Decision", "What a call decided and charged.")
      .def_readonly("model", &Decision::model, "Index into the models of the request's class.")
      .def_readonly("energy", &Decision::energy, "Of all requests of the call, PUE included.")
      .def_readonly("carbon", &Decision::carbon, "Charged.")
      .def_readonly("lambda_per_g", &Decision::lambda_per_g, "The price of carbon it was decided at, points per g.");
  py::class_<Pacer>(m, "Pacer", "Chooses a model for each call so that a carbon budget lasts; any thread may call.")
      .def(py::init([](const py::object& models, CarbonMass budget, int horizon_h, const py::object& start,
                       const std::string& method, double pue, const std::string& update, double eta,
                       std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot, bool hard_stop,
                       std::int64_t window, std::int64_t beyond) {
             PacerOptions options{.horizon = std::chrono::hours(horizon_h), .start = maybe_utc(start)};
             options.control =
                 control_options(method, pue, update, eta, lambda0_per_g, requests_per_slot, hard_stop, window, beyond);
             return Pacer(classes_of(models), budget, options);
           }),
           py::arg("models"), py::arg("budget"), py::kw_only(), py::arg("horizon_h") = 8760,
           py::arg("start") = py::none(), py::arg("method") = "pacing", py::arg("pue") = 1.0,
           py::arg("update") = "multiplicative", py::arg("eta") = 0.01, py::arg("lambda0_per_g") = py::none(),
           py::arg("requests_per_slot") = py::none(), py::arg("hard_stop") = false, py::arg("window") = 168,
           py::arg("beyond") = 0, "Of a list of models, or of {class of requests: models}.")
      .def(
          "choose",
          [](Pacer& p, const py::object& now, CarbonIntensity intensity, double requests, std::size_t kind,
             const std::string& user) {
            const UtcTime time = to_utc(now);
            const bindings::GilReleased released;  // may wait for another thread's receipt
            return p.choose(time, intensity, requests, kind, user);
          },
          py::arg("now"), py::arg("intensity"), py::arg("requests") = 1.0, py::arg("kind") = 0, py::kw_only(),
          py::arg("user") = "", "Index of the model for a call, which is charged.")
      .def(
          "decide",
          [](Pacer& p, const py::object& now, CarbonIntensity intensity, double requests, std::size_t kind,
             const std::string& user) {
            const UtcTime time = to_utc(now);
            const bindings::GilReleased released;  // may wait for another thread's receipt
            return p.decide(time, intensity, requests, kind, user);
          },
          py::arg("now"), py::arg("intensity"), py::arg("requests") = 1.0, py::arg("kind") = 0, py::kw_only(),
          py::arg("user") = "", "As choose, with what was charged; `user` stands in the receipt.")
      .def(
          "limit_latency",
          [](Pacer& p, double limit_s, const py::object& latency_s, std::size_t kind) {
            p.limit_latency(kind, Seconds(limit_s), seconds_of(latency_s, "latency_s"));
          },
          py::arg("limit_s"), py::arg("latency_s"), py::arg("kind") = 0,
          "Models of a class whose latency now (yours, by model) is above the limit serve nothing until the next call; "
          "raises adaptive.infeasible with min_latency_s.")
      .def("keep_receipts", &Pacer::keep_receipts, py::arg("book").none(true),
           "From now on each decision is a receipt in this ReceiptBook; None: no longer.")
      .def(
          "expect",
          [](Pacer& p, const py::object& from, const py::object& g_per_kwh) {
            p.expect(to_utc(from), numbers_of(g_per_kwh, "g_per_kwh"));
          },
          py::arg("start"), py::arg("g_per_kwh"), "What is expected of the hours from `start` on.")
      .def_property_readonly("spent", &Pacer::spent, "Charged so far, PUE included.")
      .def_property_readonly("budget", &Pacer::budget, "For the whole horizon, as given.")
      .def_property_readonly("requests", &Pacer::requests, "Served so far.")
      .def_property_readonly("lambda_per_g", &Pacer::lambda_per_g, "The price of carbon at present, points per g.")
      .def("save", &Pacer::save, "The whole state as a JSON text.")
      .def_static(
          "restore",
          [](const py::object& models, const std::string& state) { return Pacer::restore(classes_of(models), state); },
          py::arg("models"), py::arg("state"), "Goes on bit for bit from a text of save().");
}

}  // namespace

void register_control(py::module_& m) {
  bind_control(m);
  bind_classes(m);
  bind_pacer(m);
}

}  // namespace co2lib::bindings::adaptive_domain
