// SPDX-License-Identifier: MIT
// Static factors of places: countries, US states, Canadian provinces, cloud regions, the world.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/source.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

/// The annual mean intensity of a place, and the row of the tables it comes from.
struct Factor {
  CarbonIntensity value{};
  int year = 0;  ///< of the row used
  Scope scope = Scope::lifecycle;
  Basis basis = Basis::production;
  std::string via{};  ///< the row used: `FRA`, `US-WY`, `gcp:us-central1`, `world_ember`
  Source source{};
  RelativeError error{};        ///< of using it for an hour at the place asked for
  std::vector<Issue> issues{};  ///< `old_factor`, `world_average`

  bool operator==(const Factor&) const = default;
};

struct FactorOptions {
  Scope scope = Scope::lifecycle;
  std::optional<int> year{};  ///< default: the newest row
};

/// Looks up a place: a country `FRA` (ISO 3166-1 alpha-3), a subdivision `US-WY` (ISO 3166-2) or a cloud region
/// `aws:eu-north-1` (aws, azure, gcp); upper and lower case are the same.
///
/// Order: cloud region with its own value, subdivision, country, world; only rows with a value in the scope asked
/// count. Without a year the newest row; else the newest of that year or before, or the oldest if all are newer. A row
/// more than five years older than the year asked (without one: than today) has the issue `old_factor`. A place in no
/// table is `intensity.unknown_zone` with the three nearest spellings in `details["nearest"]`.
[[nodiscard]] Factor factor(std::string_view location, const FactorOptions& options = {});

/// The average of the world: `world_ember` for lifecycle, `world_iea` for direct; the year as in `factor`.
[[nodiscard]] Factor world_factor(const FactorOptions& options = {});

/// All locations that `factor` knows, sorted.
[[nodiscard]] std::vector<std::string> locations();

/// The annual factor of a place by the UTC year of the time priced, so that an old run keeps its factor when rows of
/// later years are added. Throws `intensity.unknown_zone` now, not when asked.
[[nodiscard]] std::shared_ptr<const IntensitySource> location_source(std::string_view location,
                                                                     Scope scope = Scope::lifecycle);

/// The world average by the UTC year of the time priced, flagged `world_average`.
[[nodiscard]] std::shared_ptr<const IntensitySource> world_average(Scope scope = Scope::lifecycle);

/// `FRA 2025: 41.45 g CO2e/kWh (lifecycle, Ember Yearly Electricity Data 2026)`
[[nodiscard]] inline std::string to_string(const Factor& f) {
  std::string line = f.via + " " + std::to_string(f.year) + ": " + to_string(f.value) + " (";
  return line.append(text(f.scope)).append(", ").append(f.source.text).append(")");
}

}  // namespace co2lib::intensity

template <>
inline constexpr bool co2lib::has_text<co2lib::intensity::Factor> = true;
