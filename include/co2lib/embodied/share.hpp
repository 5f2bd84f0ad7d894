// SPDX-License-Identifier: MIT
// Which share of the hardware's carbon belongs to a use: amortisation, batteries, the crossover with operation.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

#include <co2lib/embodied/factor.hpp>
#include <co2lib/units.hpp>

namespace co2lib::embodied {

/// Hours of a year: 8760 as in SCI; ACT uses 8766.
inline constexpr double default_year_hours = 8760;

/// Conventions of a share; reserved time and resources, not busy ones.
struct AmortiseOptions {
  double year_hours = default_year_hours;  ///< of a lifetime's year
  double utilisation = 1;                  ///< below 1 charges idle time to the users
  double resource_share = 1;               ///< in (0, 1]
  std::optional<double> battery_kg{};      ///< of one pack; then TE is without
  std::optional<double> battery_years{};   ///< life of a pack
};

/// Packs over a life, the first included.
[[nodiscard]] inline double battery_packs(double lifetime_years, double battery_years) {
  return std::ceil(checked(lifetime_years, "lifetime_years") / checked(battery_years, "battery_years") - 1e-9);
}

/// C = (TE + n battery) * reserved / (lifetime * year_hours * utilisation) * resource_share; kg.
///
/// `reserved_h` counts device hours and may exceed one life. `embodied.out_of_range` for what is negative, lifetimes
/// not above 0, and shares outside (0, 1]. Source: SCI (ISO/IEC 21031:2024), M = TE * TiR/EL * RR/ToR.
[[nodiscard]] inline double amortise(double te_kg, double reserved_h, double lifetime_years,
                                     const AmortiseOptions& options = {}) {
  checked(te_kg, "te_kg", true);
  checked(reserved_h, "reserved_h", true);
  checked(lifetime_years, "lifetime_years");
  checked(options.year_hours, "year_hours");
  checked_share(options.utilisation, "utilisation");
  checked_share(options.resource_share, "resource_share");
  if (options.battery_kg.has_value() != options.battery_years.has_value()) {
    out_of_range("battery_kg and battery_years are given together, or neither");
  }
  double total = te_kg;
  if (options.battery_kg) {
    total += numeric::product(battery_packs(lifetime_years, *options.battery_years),
                              checked(*options.battery_kg, "battery_kg", true));
  }
  return total * reserved_h / (lifetime_years * options.year_hours * options.utilisation) * options.resource_share;
}

/// The yearly share over a range of lifetimes, kg per year.
struct YearlyRange {
  double low_kg = 0;   ///< least carbon of a year
  double high_kg = 0;  ///< most carbon of a year
};

/// Exact bounds of (TE + T_b * packs(L)) / L for L in [low_years, high_years].
///
/// It falls between the multiples of the battery's life and jumps at them, so both ends and every multiple are tried,
/// with m packs for the lower bound and, from the right, m + 1 for the upper.
[[nodiscard]] inline YearlyRange amortise_interval(double te_kg, double battery_kg, double battery_years,
                                                   double low_years, double high_years) {
  checked(te_kg, "te_kg", true);
  checked(battery_kg, "battery_kg", true);
  checked(battery_years, "battery_years");
  checked(low_years, "low_years");
  if (!(checked(high_years, "high_years") >= low_years)) out_of_range("high_years is below low_years");
  if (high_years / battery_years > 1e6) out_of_range("battery_years: more than a million packs");
  const auto yearly = [&](double packs, double years) { return (te_kg + numeric::product(battery_kg, packs)) / years; };
  YearlyRange range{yearly(battery_packs(high_years, battery_years), high_years),
                    yearly(battery_packs(low_years, battery_years), low_years)};
  const auto widen = [&](double x) {
    range.low_kg = std::min(range.low_kg, x);
    range.high_kg = std::max(range.high_kg, x);
  };
  widen(range.low_kg);
  widen(range.high_kg);
  for (double m = std::ceil(low_years / battery_years - 1e-9); m * battery_years <= high_years + 1e-9 * battery_years;
       m += 1) {
    if (m < 1) continue;
    const double years = std::clamp(m * battery_years, low_years, high_years);
    widen(yearly(m, years));
    if (m * battery_years < high_years * (1 - 1e-9)) widen(yearly(m + 1, years));
  }
  return range;
}

/// Where hardware and operation weigh the same.
struct Crossover {
  double embodied_g_per_h = 0;  ///< of the hardware, per hour in use
  double ci_g_per_kwh = 0;      ///< below this intensity the hardware outweighs its operation
};

/// e = TE / (lifetime * year_hours), CI* = e / (power * load); `load` in (0, 1], the others above 0.
[[nodiscard]] inline Crossover crossover(double te_kg, double lifetime_years, double power_kw, double load = 1,
                                         double year_hours = default_year_hours) {
  checked(te_kg, "te_kg", true);
  checked(power_kw, "power_kw");
  checked_share(load, "load");
  Crossover result;
  result.embodied_g_per_h =
      te_kg * 1000 / (checked(lifetime_years, "lifetime_years") * checked(year_hours, "year_hours"));
  result.ci_g_per_kwh = result.embodied_g_per_h / (power_kw * load);
  return result;
}

/// What a program reserves of a device.
struct ShareOptions {
  Seconds reserved{0};                     ///< time, not busy time
  std::optional<double> lifetime_years{};  ///< a point; else that of the bill of materials
  double year_hours = default_year_hours;  ///< of a lifetime's year
  double utilisation = 1;                  ///< in (0, 1]; below 1 charges idle time to the users
  double resource_share = 1;               ///< of the device, in (0, 1]
};

}  // namespace co2lib::embodied
