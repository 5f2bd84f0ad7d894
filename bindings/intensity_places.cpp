// SPDX-License-Identifier: MIT
// Domain intensity: places and their annual factors.
#include "intensity.hpp"

namespace co2lib::bindings::intensity_domain {

void register_places(py::module_& m) {
  py::class_<Place>(m, "Place", "A country, a subdivision, a cloud region or WORLD, as the tables know it.")
      .def_readonly("key", &Place::key, "As the tables write it: FRA, US-WY, aws:eu-north-1.")
      .def_readonly("name", &Place::name, "English; empty where the tables have none.")
      .def_readonly("country", &Place::country, "ISO 3166-1 alpha-3; empty for WORLD.")
      .def_readonly("country_name", &Place::country_name, "English.")
      .def_readonly("subdivision", &Place::subdivision, "ISO 3166-2, of a cloud region too; empty where unknown.")
      .def(
          "__eq__", [](const Place& a, const Place& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Place& p) {
        return "<co2lib.intensity.Place " + p.key + (p.name.empty() ? "" : " (" + p.name + ")") + ">";
      });
  py::class_<Factor>(m, "Factor", "The annual mean intensity of a place, and the row it comes from.")
      .def_readonly("value", &Factor::value, "Of that year.")
      .def_property_readonly(
          "g_per_kwh", [](const Factor& f) { return f.value.g_per_kwh(); }, "Of `value`, g CO2e/kWh.")
      .def_readonly("year", &Factor::year, "Of the row used.")
      .def_property_readonly(
          "scope", [](const Factor& f) { return text(f.scope); }, "What is counted.")
      .def_property_readonly(
          "basis", [](const Factor& f) { return text(f.basis); }, "Which electricity.")
      .def_property_readonly(
          "method", [](const Factor& f) { return text(f.method); },
          "published, generation_mix, direct_plus_upstream or estimate.")
      .def_readonly("gas", &Factor::gas, "What is counted: CO2e, or CO2 alone.")
      .def_readonly("place", &Factor::place, "What was asked for, as the tables write it.")
      .def_readonly("via", &Factor::via, "The place whose row it is: FRA, US-WY, gcp:us-central1, WORLD.")
      .def_property_readonly(
          "line", [](const Factor& f) { return line(f); },
          "What was asked, what answered, of which year and how: US-WY 2023, direct plus upstream.")
      .def_readonly("source", &Factor::source, "Of the row.")
      .def_readonly("error", &Factor::error, "Of using it for an hour at the place asked for.")
      .def_readonly("issues", &Factor::issues, "`wider_place`, `estimated_factor`, `old_factor`, `world_average`.")
      .def(
          "__eq__", [](const Factor& a, const Factor& b) { return a == b; }, py::is_operator())
      .def("__str__", [](const Factor& f) { return to_string(f); })
      .def("__repr__", [](const Factor& f) { return "<co2lib.intensity.Factor " + to_string(f) + ">"; });
  m.def(
      "factor",
      [](const std::string& location, const std::string& scope, std::optional<int> year) {
        return factor(location, {.scope = scope_of(scope), .year = year});
      },
      py::arg("location"), py::kw_only(), py::arg("scope") = "lifecycle", py::arg("year") = py::none(),
      "Looks up a country (FRA, FR), a subdivision (US-WY), a cloud region (aws:eu-north-1) or WORLD.\n\n"
      "The newest row of the year or before counts, without a year the newest; the remarks are in issues. Raises\n"
      "intensity.unknown_zone (a LookupError) with the three nearest places in details.");
  m.def(
      "world_factor",
      [](const std::string& scope, std::optional<int> year) {
        return world_factor({.scope = scope_of(scope), .year = year});
      },
      py::kw_only(), py::arg("scope") = "lifecycle", py::arg("year") = py::none(), "The average of the world.");
  m.def("place", &place, py::arg("location"), "What the tables know of a location; raises intensity.unknown_zone.");
  m.def("places", &places, "Every place with a key of its own, sorted by key.");
  m.def("locations", &locations, "The keys of places().");
}

}  // namespace co2lib::bindings::intensity_domain
