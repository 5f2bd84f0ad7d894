// SPDX-License-Identifier: MIT
// Models, their hull, slots, policies, heuristics.
#include "adaptive.hpp"

namespace co2lib::bindings::adaptive_domain {

namespace {

void bind_model(py::module_& m) {
  py::class_<Model>(m, "Model", "A model that can serve a request.")
      .def(py::init([](std::string name, Energy energy, double accuracy, std::optional<double> latency_s,
                       std::optional<Interval<Energy>> interval) {
             Model model{.name = std::move(name), .energy = energy, .accuracy = accuracy, .interval = interval};
             if (latency_s) model.latency = Seconds(*latency_s);
             check_models({&model, 1});
             return model;
           }),
           py::arg("name"), py::arg("energy"), py::arg("accuracy"), py::arg("latency_s") = py::none(),
           py::arg("interval") = py::none())
      .def_readonly("name", &Model::name,
                    "By which results, files and messages name it; not empty, and its own in a list.")
      .def_readonly("energy", &Model::energy, "Per request, without idle power.")
      .def_readonly("accuracy", &Model::accuracy, "Points; more is better.")
      .def_property_readonly(
          "latency_s", [](const Model& x) { return x.latency ? std::optional(x.latency->count()) : std::nullopt; },
          "Per request, s; None if it is not known.")
      .def_readonly("interval", &Model::interval, "Of the energy, if it is known.")
      .def(
          "__eq__", [](const Model& a, const Model& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Model& x) {
        return "<co2lib.adaptive.Model " + x.name + ", " + to_string(x.energy) + " per request, accuracy " +
               numeric::text(x.accuracy) + ">";
      });
  m.def("parse_models", &parse_models, py::arg("text"), py::arg("name") = "models",
        "The models of a YAML or JSON text; refusals name `name` and the line.");
  m.def(
      "read_models",
      [](const std::filesystem::path& file) {
        const bindings::GilReleased released;  // reads a file, touches no Python object
        return read_models(file);
      },
      py::arg("file"), "The models of a YAML or JSON file; refusals name the file and the line.");
}

void bind_hull(py::module_& m) {
  py::class_<Hull>(m, "Hull", "The vertices of the upper concave hull by ascending energy.")
      .def_readonly("models", &Hull::models, "Indices into the list given.")
      .def_readonly("energy_kwh", &Hull::energy_kwh, "Per request, PUE included.")
      .def_readonly("accuracy", &Hull::accuracy, "Points.")
      .def_readonly("slopes", &Hull::slopes, "Points per kWh, falling; one less than vertices.")
      .def("accuracy_at", &Hull::accuracy_at, py::arg("kwh"), "Of the best mix with this mean energy.")
      .def("energy_at", &Hull::energy_at, py::arg("accuracy"), "kWh: the least of a mix with this mean accuracy.");
  m.def(
      "hull", [](const std::vector<Model>& models, double pue) { return hull(models, pue); }, py::arg("models"),
      py::kw_only(), py::arg("pue") = 1.0, "The models worth serving: the upper concave hull of (energy, accuracy).");
  py::class_<Slots>(m, "Slots", "Intensities of equal slots.")
      .def(py::init([](const py::object& intensity) { return slots_of(intensity); }), py::arg("intensity"),
           "From a Trace, a Forecast, or numbers in g/kWh of hours.")
      .def_readonly("g_per_kwh", &Slots::g_per_kwh, "Of the slots one after the other, >= 0.")
      .def_property_readonly(
          "start", [](const Slots& s) { return maybe_time(s.start); }, "Of the first slot; None for plain numbers.")
      .def_property_readonly("step_h", &Slots::step_h, "Length of a slot, h.")
      .def_readonly("forecast", &Slots::forecast, "Whether they were made from a forecast.")
      .def("__len__", &Slots::size);
}

void bind_policy(py::module_& m) {
  py::class_<Policy>(m, "Policy", "Which model at this intensity: the best accuracy - lambda c energy.")
      .def(py::init<const std::vector<Model>&, double, double>(), py::arg("models"), py::arg("lambda_per_g"),
           py::kw_only(), py::arg("pue") = 1.0)
      .def(
          "choose",
          [](const Policy& p, CarbonIntensity intensity) {
            adaptive::detail::not_negative(intensity.g_per_kwh(), "intensity");
            return p.choose(intensity);
          },
          py::arg("intensity"), "Index of the model in the list given.")
      .def_property_readonly("lambda_per_g", &Policy::lambda_per_g, "Points per g.")
      .def_property_readonly("thresholds_g_per_kwh", &Policy::thresholds_g_per_kwh,
                             "Below the j-th the hull's vertex j + 1 serves; none for lambda = 0.");
}

void bind_heuristics(py::module_& m) {
  m.def(
      "equal_width",
      [](const py::object& day, std::int64_t count) {
        return equal_width(numbers_of(day, "intensity"), count_of(count, "count"));
      },
      py::arg("day"), py::arg("count"),
      "Of `count` models by energy the one for each slot of a day. A reconstruction of ours, not the published rule.");
  m.def(
      "rank168",
      [](const py::object& intensity, std::int64_t count) {
        return rank168(numbers_of(intensity, "intensity"), count_of(count, "count"));
      },
      py::arg("intensity"), py::arg("count"),
      "The model by the rank in the last 168 slots. A reconstruction of ours, not the published rule.");
  m.def(
      "two_levels",
      [](const py::object& intensity, double low, double high, std::int64_t dwell) {
        return two_levels(numbers_of(intensity, "intensity"), low, high, count_of(dwell, "dwell"));
      },
      py::arg("intensity"), py::arg("low"), py::arg("high"), py::arg("dwell") = 1,
      "Hysteresis: large (True) after c < low, small after c > high, not before `dwell` slots since the last change.");
  m.def("cee", &cee, py::arg("accuracy"), py::arg("carbon_g"), py::arg("smallest_accuracy"),
        py::arg("smallest_carbon_g"),
        "Carbon-emission efficiency, points per g over the smallest model. A reconstruction of ours.");
  py::class_<HeuristicResult>(m, "HeuristicResult", "What a heuristic does, beside single models and the agnostic mix.")
      .def_readonly("chosen", &HeuristicResult::chosen, "Index of the model, by slot.")
      .def_readonly("accuracy", &HeuristicResult::accuracy, "Mean per request, points.")
      .def_readonly("carbon", &HeuristicResult::carbon, "Of the whole series.")
      .def_readonly("cee_per_g", &HeuristicResult::cee_per_g, "Of means per request.")
      .def_readonly("improvement", &HeuristicResult::improvement, "{model: CEE / its CEE - 1}.")
      .def_readonly("extra_carbon", &HeuristicResult::extra_carbon, "Over the agnostic mix of equal accuracy.");
  m.def(
      "heuristic",
      [](const std::string& rule, const std::vector<Model>& models, const py::object& intensity) {
        return heuristic(parse<Heuristic>(rule, "rule", bad_input), models, slots_of(intensity));
      },
      py::arg("rule"), py::arg("models"), py::arg("intensity"),
      "Runs equal_width or rank168 (reconstructions of ours) over whole UTC days.");
}

}  // namespace

void register_models(py::module_& m) {
  bind_model(m);
  bind_hull(m);
  bind_policy(m);
  bind_heuristics(m);
}

}  // namespace co2lib::bindings::adaptive_domain
