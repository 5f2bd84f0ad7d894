// SPDX-License-Identifier: MIT
// Duty cycles, batteries, lives and paybacks, on plain numbers.
#include <co2lib/intensity/trace.hpp>

#include "inference.hpp"

namespace co2lib::bindings::inference_domain {

namespace {

using EventTuple = std::tuple<double, double, double>;
/// A number, or (value, low, high).
using RangedArgument = std::variant<double, std::tuple<double, double, double>>;

Ranged ranged_of(const RangedArgument& given) {
  if (const double* x = std::get_if<double>(&given)) return {*x, *x, *x};
  const auto& [value, low, high] = std::get<std::tuple<double, double, double>>(given);
  return {value, low, high};
}

/// A tuple is (value, low, high) and a list has one number for each year: three years are not a range.
using IntensityArgument = std::variant<double, py::tuple, std::vector<double>>;

Ranged ranged_of(const py::tuple& given) {
  if (given.size() != 3) {
    co2lib::inference::detail::out_of_range(
        "ci_g_per_kwh: a tuple is (value, low, high); give the intensity of each year as a list");
  }
  return {given[0].cast<double>(), given[1].cast<double>(), given[2].cast<double>()};
}

void bind_duty(py::module_& m) {
  py::class_<DutyEnergy>(m, "DutyEnergy", "Energy of a period by what it goes into; the parts add up.")
      .def_readonly("inference_wh", &DutyEnergy::inference_wh, "Of the inferences.")
      .def_readonly("extra_wh", &DutyEnergy::extra_wh, "Radio, boot, capture.")
      .def_readonly("idle_wh", &DutyEnergy::idle_wh, "Awake, with nothing to do.")
      .def_readonly("sleep_wh", &DutyEnergy::sleep_wh, "Asleep.")
      .def_readonly("total_wh", &DutyEnergy::total_wh, "Sum of the parts.")
      .def_readonly("average_w", &DutyEnergy::average_w, "Mean power over the period.")
      .def_readonly("carbon_g", &DutyEnergy::carbon_g, "Of the total, at the intensity given.")
      .def_property_readonly("sleep_decides", &DutyEnergy::sleep_decides, "Sleep takes more than half.");
  m.def(
      "duty_cycle",
      [](double period_s, double n_inferences, double e_inf_mj, double t_inf_s, double p_sleep_w, double ci_g_per_kwh,
         const std::string& sleep, const std::vector<EventTuple>& extra, double p_idle_w, double t_idle_s,
         double efficiency) {
        DutyCycle cycle{.period_s = period_s,
                        .n_inferences = n_inferences,
                        .e_inf_mj = e_inf_mj,
                        .t_inf_s = t_inf_s,
                        .p_sleep_w = p_sleep_w,
                        .ci_g_per_kwh = ci_g_per_kwh,
                        .sleep = parse_or_refuse<Sleep>(sleep, "sleep"),
                        .p_idle_w = p_idle_w,
                        .t_idle_s = t_idle_s,
                        .efficiency = efficiency};
        for (const auto& [n, e_mj, t_s] : extra) cycle.extra.push_back({n, e_mj, t_s});
        return duty_cycle(cycle);
      },
      py::kw_only(), py::arg("period_s"), py::arg("n_inferences"), py::arg("e_inf_mj"), py::arg("t_inf_s"),
      py::arg("p_sleep_w"), py::arg("ci_g_per_kwh"), py::arg("sleep") = "residual",
      py::arg("extra") = std::vector<EventTuple>(), py::arg("p_idle_w") = 0.0, py::arg("t_idle_s") = 0.0,
      py::arg("efficiency") = 1.0, "A device that wakes, infers and sleeps; `extra` has (n, mJ each, s each).");
  m.def("break_even", &break_even, py::kw_only(), py::arg("embodied_kg"), py::arg("e_inf_mj"), py::arg("ci_g_per_kwh"),
        "Inferences until their energy has the carbon of making the device.");
  py::class_<BatteryLife>(m, "BatteryLife", "Days of one battery, and batteries over the years.")
      .def_readonly("days", &BatteryLife::days, "Of one battery; infinite where harvesting covers everything.")
      .def_readonly("count", &BatteryLife::count, "The first included.");
  m.def(
      "battery_life",
      [](double battery_j, double average_w, double years, double usable, double efficiency, double discharge,
         double harvest_w) {
        return battery_life({battery_j, usable, efficiency, discharge, harvest_w}, average_w, years);
      },
      py::kw_only(), py::arg("battery_j"), py::arg("average_w"), py::arg("years"), py::arg("usable") = 1.0,
      py::arg("efficiency") = 1.0, py::arg("self_discharge_per_year") = 0.0, py::arg("harvest_w") = 0.0,
      "How long a battery lasts at a mean power.");
}

void bind_lifetime(py::module_& m) {
  py::class_<LifeFootprint>(m, "LifeFootprint", "Carbon of a device over its life, by parts.")
      .def_readonly("embodied_kg", &LifeFootprint::embodied_kg, "Times truncation.")
      .def_readonly("operational_kg", &LifeFootprint::operational_kg, "Of the energy of all years.")
      .def_readonly("batteries_kg", &LifeFootprint::batteries_kg, "Of all batteries.")
      .def_readonly("transport_kg", &LifeFootprint::transport_kg, "As given.")
      .def_readonly("replacements_kg", &LifeFootprint::replacements_kg, "Of all replacements.")
      .def_readonly("eol_kg", &LifeFootprint::eol_kg, "As given.")
      .def_readonly("total_kg", &LifeFootprint::total_kg, "Sum of all of them.")
      .def_readonly("kg_per_year", &LifeFootprint::kg_per_year, "Total over the years.")
      .def_readonly("operational_share", &LifeFootprint::operational_share, "Of the total.");
  py::class_<LifeInterval>(m, "LifeInterval", "A lifetime at the values and at both ends of its ranges.")
      .def_readonly("value", &LifeInterval::value, "At all values.")
      .def_readonly("low", &LifeInterval::low, "At all lower ends.")
      .def_readonly("high", &LifeInterval::high, "At all upper ends.");
  m.def(
      "lifetime",
      [](const RangedArgument& embodied_kg, double years, const RangedArgument& annual_energy_kwh,
         const IntensityArgument& ci, double truncation, double battery_kg, std::optional<double> battery_years,
         double transport_kg, double replacement_kg, std::optional<double> replacement_years, double eol_kg) {
        Life life{.truncation = truncation,
                  .years = years,
                  .battery_kg = battery_kg,
                  .battery_years = battery_years,
                  .transport_kg = transport_kg,
                  .replacement_kg = replacement_kg,
                  .replacement_years = replacement_years,
                  .eol_kg = eol_kg};
        LifeRanges ranges;
        const auto take = [](const RangedArgument& given, double& x, std::optional<Ranged>& range) {
          x = ranged_of(given).value;
          if (given.index() == 1) range = ranged_of(given);
        };
        take(embodied_kg, life.embodied_kg, ranges.embodied_kg);
        take(annual_energy_kwh, life.annual_energy_kwh, ranges.annual_energy_kwh);
        if (const auto* by_year = std::get_if<std::vector<double>>(&ci)) {
          life.ci_by_year = *by_year;
        } else if (const double* x = std::get_if<double>(&ci)) {
          life.ci_g_per_kwh = *x;
        } else {
          ranges.ci_g_per_kwh = ranged_of(std::get<py::tuple>(ci));
          life.ci_g_per_kwh = ranges.ci_g_per_kwh->value;
        }
        return lifetime_interval(life, ranges);
      },
      py::kw_only(), py::arg("embodied_kg"), py::arg("years"), py::arg("annual_energy_kwh"), py::arg("ci_g_per_kwh"),
      py::arg("truncation") = 1.0, py::arg("battery_kg") = 0.0, py::arg("battery_years") = std::nullopt,
      py::arg("transport_kg") = 0.0, py::arg("replacement_kg") = 0.0, py::arg("replacement_years") = std::nullopt,
      py::arg("eol_kg") = 0.0,
      "A device over its life; ranges are tuples (value, low, high), and `ci_g_per_kwh` may be a list, one for each "
      "year (`intensity_by_year` makes one of a series).");
  m.def("intensity_by_year", &intensity_by_year, py::arg("trace"), py::arg("use_by_hour") = std::vector<double>(),
        py::call_guard<py::gil_scoped_release>(),
        "The intensity of each whole year of a series, g/kWh; `use_by_hour` are 24 weights of the hours in UTC.");
  py::class_<Payback>(m, "Payback", "When a better option has paid back what it costs more to make.")
      .def_readonly("years", &Payback::years, "None where it never does.")
      .def_readonly("low_years", &Payback::low_years, "0: from the beginning.")
      .def_readonly("high_years", &Payback::high_years, "None where it may never do.")
      .def_readonly("saved_kg_per_year", &Payback::saved_kg_per_year, "Of operation, at the values, kg CO2e.")
      .def_readonly("extra_embodied_kg", &Payback::extra_embodied_kg,
                    "Of making the new one, more than the old one, at the values; below 0: less.");
  m.def(
      "payback",
      [](const RangedArgument& now_kg, const RangedArgument& now_kwh, const RangedArgument& better_kg,
         const RangedArgument& better_kwh, const RangedArgument& ci) {
        return payback({ranged_of(now_kg), ranged_of(now_kwh)}, {ranged_of(better_kg), ranged_of(better_kwh)},
                       ranged_of(ci));
      },
      py::kw_only(), py::arg("embodied_kg"), py::arg("annual_energy_kwh"), py::arg("better_embodied_kg"),
      py::arg("better_annual_energy_kwh"), py::arg("ci_g_per_kwh"),
      "Years until the better device has saved what it costs more to make; numbers or (value, low, high).");
}

}  // namespace

void register_life(py::module_& m) {
  bind_duty(m);
  bind_lifetime(m);
}

}  // namespace co2lib::bindings::inference_domain
