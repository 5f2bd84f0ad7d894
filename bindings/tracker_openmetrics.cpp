// SPDX-License-Identifier: MIT
// OpenMetrics text, and its families for the exporters of Python.
#include "tracker.hpp"

#include <co2lib/tracker/openmetrics.hpp>

namespace co2lib::bindings::tracker_domain {

namespace {

MetricFamily metric_family(const std::string& name, const std::string& type, const std::string& unit,
                           const std::string& help, const std::vector<std::string>& labels,
                           const std::vector<std::pair<std::vector<std::string>, double>>& samples) {
  MetricFamily family{.name = name,
                      .type = parse<MetricType>(type, "type", "tracker.bad_metric"),
                      .unit = unit,
                      .help = help,
                      .labels = labels,
                      .samples = {}};
  for (const auto& [values, value] : samples) family.samples.push_back({values, value});
  return family;
}

}  // namespace

void register_openmetrics(py::module_& m) {
  py::class_<MetricFamily>(m, "MetricFamily", "A metric: its name and what it means, and a sample for each labels.")
      .def(py::init(&metric_family), py::arg("name"), py::kw_only(), py::arg("type") = "gauge", py::arg("unit") = "",
           py::arg("help") = "", py::arg("labels") = std::vector<std::string>{},
           py::arg("samples") = std::vector<std::pair<std::vector<std::string>, double>>{},
           "`name` without `_total` or `_info`, ending in `_unit`; `samples`: (values of the labels, value).")
      .def_readonly("name", &MetricFamily::name, "`co2lib_energy_joules`, without the suffix of its type.")
      .def_property_readonly(
          "type", [](const MetricFamily& f) { return std::string(text(f.type)); }, "counter, gauge or info")
      .def_readonly("unit", &MetricFamily::unit, "joules, grams, ...; empty: none.")
      .def_readonly("help", &MetricFamily::help, "What it means, in a sentence.")
      .def_readonly("labels", &MetricFamily::labels, "Their names.")
      .def_property_readonly("sample_name", &MetricFamily::sample_name, "`name` with `_total` or `_info`.")
      .def_property_readonly(
          "samples",
          [](const MetricFamily& f) {
            std::vector<std::pair<std::vector<std::string>, double>> samples;
            for (const MetricSample& s : f.samples) samples.emplace_back(s.labels, s.value);
            return samples;
          },
          "(values of the labels, value) of each.")
      .def("__repr__", [](const MetricFamily& f) {
        return "<co2lib.tracker.MetricFamily " + f.name + ", " + std::to_string(f.samples.size()) + " samples>";
      });
  py::class_<OpenMetrics>(m, "OpenMetrics", "The footprints of one run as metrics; a counter never falls.")
      .def(py::init())
      .def_static("series", &OpenMetrics::series, "All families, without samples.")
      .def("families", &OpenMetrics::families, py::arg("footprint"), "All families with this footprint's samples.")
      .def(
          "text",
          [](OpenMetrics& metrics, const Footprint& footprint, const std::vector<MetricFamily>& more) {
            return metrics.text(footprint, more);
          },
          py::arg("footprint"), py::arg("more") = std::vector<MetricFamily>{},
          "OpenMetrics 1.0 text, with families of one's own after it; raises tracker.bad_metric.");
  m.def(
      "to_openmetrics", [](const std::vector<MetricFamily>& families) { return to_openmetrics(families); },
      py::arg("families"), "Families as OpenMetrics 1.0 text; raises tracker.bad_metric.");
  m.attr("OPENMETRICS_TYPE") = openmetrics_type;
}

}  // namespace co2lib::bindings::tracker_domain
