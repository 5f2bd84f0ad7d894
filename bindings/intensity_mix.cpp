// SPDX-License-Identifier: MIT
// Fuel mixes and flow tracing.

#include "intensity.hpp"

#include <co2lib/intensity/mix.hpp>

namespace co2lib::bindings::intensity_domain {

void register_mix(py::module_& m) {
  py::class_<FuelMix>(m, "FuelMix", "The mean intensity of a mix, and what was left out of it.")
      .def_readonly("value", &FuelMix::value, "Of what is left, per kWh of it.")
      .def_readonly("flags", &FuelMix::flags, "imports_excluded, partial_mix, storage_excluded, negative_clamped.")
      .def(
          "__eq__", [](const FuelMix& a, const FuelMix& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const FuelMix& x) { return "<co2lib.intensity.FuelMix " + to_string(x.value) + ">"; });
  m.def(
      "fuel_factors",
      [](const std::string& set, const std::string& scope) {
        return fuel_factors(set, parse<Scope>(scope, "scope", "intensity.bad_value"));
      },
      py::arg("set"), py::kw_only(), py::arg("scope") = "lifecycle",
      "g CO2e/kWh of each fuel of one set: ar5, srren2011, carboncast, neso_gb.");
  m.def(
      "fuel_mix",
      [](const FuelEnergy& energy, const FuelFactors& factors, std::vector<std::string> storage,
         std::vector<std::string> exclude) {
        return fuel_mix(energy, factors, {.storage = std::move(storage), .exclude = std::move(exclude)});
      },
      py::arg("energy"), py::arg("factors"), py::kw_only(), py::arg("storage") = std::vector<std::string>{},
      py::arg("exclude") = std::vector<std::string>{},
      "Mean intensity of a mix: {fuel: energy, None unknown}, {fuel: g/kWh}; storage and imports of unknown origin by\n"
      "name.");
  m.def(
      "flow_trace",
      [](const std::map<std::string, std::pair<double, std::optional<CarbonIntensity>>>& zones,
         const std::vector<std::tuple<std::string, std::string, double>>& flows) {
        std::vector<ZoneProduction> productions;
        for (const auto& [zone, given] : zones) productions.push_back({zone, given.first, given.second});
        std::vector<ZoneFlow> between;
        for (const auto& [from, to, mw] : flows) between.push_back({from, to, mw});
        const std::vector<CarbonIntensity> solved = flow_trace(productions, between);
        std::map<std::string, CarbonIntensity> answer;
        for (std::size_t i = 0; i < solved.size(); ++i) answer.emplace(productions[i].zone, solved[i]);
        return answer;
      },
      py::arg("zones"), py::arg("flows"),
      "Intensity of what each zone uses: {zone: (MW produced, intensity)}, [(from, to, MW)].");
  m.def(
      "one_hop",
      [](double production_mw, std::optional<CarbonIntensity> production_intensity,
         const std::vector<std::pair<double, CarbonIntensity>>& imports) {
        std::vector<Import> given;
        for (const auto& [mw, intensity] : imports) given.push_back({mw, intensity});
        return one_hop(production_mw, production_intensity, given);
      },
      py::arg("production_mw"), py::arg("production_intensity"), py::arg("imports"),
      "Intensity of what a zone uses whose imports [(MW, intensity)] are known.");
}

}  // namespace co2lib::bindings::intensity_domain
