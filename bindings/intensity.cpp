// SPDX-License-Identifier: MIT
// Domain intensity: its parts, and the functions on units and times.
#include "intensity.hpp"
#include "registrar.hpp"

namespace co2lib::bindings::intensity_domain {

void register_functions(py::module_& m) {
  m.def("convert", static_cast<double (*)(double, std::string_view, std::string_view)>(&intensity::convert),
        py::arg("value"), py::arg("from_unit"), py::arg("to_unit"),
        "Converts between unit texts of energy, mass or intensity; CO2 words may follow the mass unit.");
  m.def(
      "parse_time", [](const std::string& stamp) { return from_utc(parse_time(stamp)); }, py::arg("text"),
      "Reads a time stamp with its offset as a datetime in UTC; raises intensity.bad_time.");
  m.def(
      "format_time", [](const py::object& time) { return format_utc(to_utc(time)); }, py::arg("time"),
      "Writes 2024-05-01T12:00:00Z, with .120 before the Z if the milliseconds are not 0.");
  m.def(
      "sci",
      [](Energy energy, CarbonIntensity i, CarbonMass total_embodied, const py::object& time_reserved,
         const py::object& lifespan, double resources_reserved, double total_resources, double functional_units) {
        const CarbonMass share =
            bindings::value_or_throw(sci_embodied(total_embodied, Seconds(to_duration(time_reserved)),
                                                  Seconds(to_duration(lifespan)), resources_reserved, total_resources),
                                     "intensity");
        const double score = bindings::value_or_throw(sci(energy, i, share, functional_units), "intensity");
        return std::make_tuple(energy * i, share, score);
      },
      py::arg("energy"), py::arg("intensity"), py::arg("total_embodied"), py::arg("time_reserved"), py::arg("lifespan"),
      py::arg("resources_reserved"), py::arg("total_resources"), py::arg("functional_units"),
      "(operational, embodied, g per functional unit) of the software carbon intensity.");
}

}  // namespace co2lib::bindings::intensity_domain

namespace co2lib::bindings {

void declare_intensity(py::module_& m) {
  using namespace intensity_domain;
  py::class_<EnergySample>(m, "EnergySample", "Energy used over [start, end), evenly spread inside.");
  py::class_<IntensitySource, SourcePointer>(m, "IntensitySource", "Answers with carbon intensities for times.");
}

void register_intensity(py::module_& m) {
  intensity_domain::register_records(m);
  intensity_domain::register_price(m);
  intensity_domain::register_trace(m);
  intensity_domain::register_sources(m);
  intensity_domain::register_places(m);
  intensity_domain::register_functions(m);
  intensity_domain::register_lines(m);
  intensity_domain::register_mix(m);
  intensity_domain::register_forecast(m);
  intensity_domain::register_providers(m);
  intensity_domain::register_network(m);
}

}  // namespace co2lib::bindings
