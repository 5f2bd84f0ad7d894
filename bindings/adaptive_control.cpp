// SPDX-License-Identifier: MIT
// Controllers over a series, and the pacer of a service.
#include "adaptive.hpp"

namespace co2lib::bindings::adaptive_domain {

namespace {

ControlOptions control_options(const std::string& method, double pue, const std::string& update, double eta,
                               std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot,
                               bool hard_stop, std::int64_t window) {
  return {.method = parse<Method>(method, "method", bad_input),
          .pue = pue,
          .update = parse<Update>(update, "update", bad_input),
          .eta = eta,
          .lambda0_per_g = lambda0_per_g,
          .requests_per_slot = requests_per_slot,
          .window = count_of(window, "window"),
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

void bind_control(py::module_& m) {
  py::class_<Controlled>(m, "Controlled", "What a controller did over a series, beside what was possible.")
      .def_readonly("accuracy", &Controlled::accuracy)
      .def_readonly("carbon", &Controlled::carbon)
      .def_readonly("spend_over_budget", &Controlled::spend_over_budget)
      .def_readonly("share_of_gain", &Controlled::share_of_gain)
      .def_readonly("gap_closed", &Controlled::gap_closed, "Between the agnostic mix and the optimum, equal carbon.")
      .def_readonly("energy_kwh", &Controlled::energy_kwh, "Mean per request by slot.")
      .def_readonly("accuracy_by_slot", &Controlled::accuracy_by_slot)
      .def_readonly("switches", &Controlled::switches);
  m.def(
      "control",
      [](const std::vector<Model>& models, const py::object& intensity, CarbonMass budget, const std::string& method,
         const py::object& demand, double pue, const std::string& update, double eta,
         std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot, bool hard_stop,
         std::int64_t window) {
        const auto options =
            control_options(method, pue, update, eta, lambda0_per_g, requests_per_slot, hard_stop, window);
        const Slots slots = slots_of(intensity);
        const std::vector<double> n = maybe_numbers(demand, "demand");
        const bindings::GilReleased released;  // pure computation on copies
        return control(models, slots, budget, options, n);
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("budget"), py::arg("method") = "pacing",
      py::arg("demand") = py::none(), py::arg("pue") = 1.0, py::arg("update") = "multiplicative", py::arg("eta") = 0.01,
      py::arg("lambda0_per_g") = py::none(), py::arg("requests_per_slot") = py::none(), py::arg("hard_stop") = false,
      py::arg("window") = 168, "Runs a controller (pacing, mpc, primal_dual) over a series that it sees slot by slot.");
  m.def(
      "evaluate",
      [](const std::vector<Model>& models, const py::object& intensity, CarbonMass budget,
         const std::string& controller, const py::object& demand, double pue, const std::string& update, double eta,
         std::optional<double> lambda0_per_g, bool hard_stop, std::uint64_t seed, std::size_t resamples,
         const std::string& tuned_on) {
        const auto options = control_options(controller, pue, update, eta, lambda0_per_g, std::nullopt, hard_stop, 168);
        const Slots slots = slots_of(intensity);
        const std::vector<double> n = maybe_numbers(demand, "demand");
        const bindings::GilReleased released;  // pure computation on copies
        return evaluate(models, slots, budget, options, n,
                        {.seed = seed, .resamples = resamples, .tuned_on = tuned_on});
      },
      py::arg("models"), py::arg("intensity"), py::kw_only(), py::arg("budget"), py::arg("controller") = "pacing",
      py::arg("demand") = py::none(), py::arg("pue") = 1.0, py::arg("update") = "multiplicative", py::arg("eta") = 0.01,
      py::arg("lambda0_per_g") = py::none(), py::arg("hard_stop") = false, py::arg("seed") = 0,
      py::arg("resamples") = 200, py::arg("tuned_on") = "",
      "Runs a controller and reports on it beside every baseline.");
  py::class_<Stopped>(m, "Stopped", "What a hard stop made of the preferred models.")
      .def_readonly("chosen", &Stopped::chosen)
      .def_readonly("carbon", &Stopped::carbon);
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
      .def_readonly("accuracy", &ClassesPlan::accuracy)
      .def_readonly("carbon", &ClassesPlan::carbon)
      .def_readonly("lambda_per_g", &ClassesPlan::lambda_per_g)
      .def_readonly("mixes", &ClassesPlan::mixes, "By class and slot.")
      .def_readonly("policies", &ClassesPlan::policies, "By class.")
      .def_readonly("smallest_accuracy", &ClassesPlan::smallest_accuracy)
      .def_readonly("least_carbon", &ClassesPlan::least_carbon)
      .def_readonly("agnostic_accuracy", &ClassesPlan::agnostic_accuracy)
      .def_readonly("right_sizing", &ClassesPlan::right_sizing, "Points that need no carbon signal.")
      .def_readonly("because_of_carbon", &ClassesPlan::because_of_carbon, "Points that it adds.");
  m.def(
      "plan_classes",
      [](const py::dict& classes, const py::object& intensity, const py::dict& demand, CarbonMass budget, double pue) {
        const std::vector<RequestClass> given = classes_of(classes);
        std::vector<std::vector<double>> requests;
        for (const RequestClass& x : given) {
          if (!demand.contains(x.name)) throw Error(bad_input, "demand: there is none of class '" + x.name + "'");
          requests.push_back(numbers_of(demand[py::str(x.name)], "demand['" + x.name + "']"));
        }
        if (demand.size() != given.size()) throw Error(bad_input, "demand: it has a class that classes has not");
        const Slots slots = slots_of(intensity);
        const bindings::GilReleased released;  // pure computation on copies
        return plan_classes(given, slots, requests, budget, pue);
      },
      py::arg("classes"), py::arg("intensity"), py::kw_only(), py::arg("demand"), py::arg("budget"),
      py::arg("pue") = 1.0,
      "The plan over classes of requests {name: models} with demand {name: requests by slot} and one budget.");
}

void bind_pacer(py::module_& m) {
  py::class_<Decision>(m, "Decision", "What a call decided and charged.")
      .def_readonly("model", &Decision::model)
      .def_readonly("energy", &Decision::energy)
      .def_readonly("carbon", &Decision::carbon)
      .def_readonly("lambda_per_g", &Decision::lambda_per_g);
  py::class_<Pacer>(m, "Pacer", "Chooses a model for each call so that a carbon budget lasts; any thread may call.")
      .def(py::init([](const py::object& models, CarbonMass budget, int horizon_h, const py::object& start,
                       const std::string& method, double pue, const std::string& update, double eta,
                       std::optional<double> lambda0_per_g, std::optional<double> requests_per_slot, bool hard_stop,
                       std::int64_t window) {
             PacerOptions options{.horizon = std::chrono::hours(horizon_h), .start = maybe_utc(start)};
             options.control =
                 control_options(method, pue, update, eta, lambda0_per_g, requests_per_slot, hard_stop, window);
             return Pacer(classes_of(models), budget, options);
           }),
           py::arg("models"), py::arg("budget"), py::kw_only(), py::arg("horizon_h") = 8760,
           py::arg("start") = py::none(), py::arg("method") = "pacing", py::arg("pue") = 1.0,
           py::arg("update") = "multiplicative", py::arg("eta") = 0.01, py::arg("lambda0_per_g") = py::none(),
           py::arg("requests_per_slot") = py::none(), py::arg("hard_stop") = false, py::arg("window") = 168,
           "Of a list of models, or of {class of requests: models}.")
      .def(
          "choose",
          [](Pacer& p, const py::object& now, CarbonIntensity intensity, double requests, std::size_t kind) {
            return p.choose(to_utc(now), intensity, requests, kind);
          },
          py::arg("now"), py::arg("intensity"), py::arg("requests") = 1.0, py::arg("kind") = 0,
          "Index of the model for a call, which is charged.")
      .def(
          "decide",
          [](Pacer& p, const py::object& now, CarbonIntensity intensity, double requests, std::size_t kind) {
            return p.decide(to_utc(now), intensity, requests, kind);
          },
          py::arg("now"), py::arg("intensity"), py::arg("requests") = 1.0, py::arg("kind") = 0,
          "As choose, with what was charged.")
      .def(
          "expect",
          [](Pacer& p, const py::object& from, const py::object& g_per_kwh) {
            p.expect(to_utc(from), numbers_of(g_per_kwh, "g_per_kwh"));
          },
          py::arg("start"), py::arg("g_per_kwh"), "What is expected of the hours from `start` on.")
      .def_property_readonly("spent", &Pacer::spent)
      .def_property_readonly("budget", &Pacer::budget)
      .def_property_readonly("requests", &Pacer::requests)
      .def_property_readonly("lambda_per_g", &Pacer::lambda_per_g)
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
