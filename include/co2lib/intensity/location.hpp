// SPDX-License-Identifier: MIT
// Static factors of places: countries, their subdivisions, cloud regions, the world.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/source.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

/// A place of the tables. A location is written as a country (`FRA`, ISO 3166-1 alpha-3, or alpha-2 `FR`), a
/// subdivision (`US-WY`, ISO 3166-2), a cloud region (`aws:eu-north-1`; aws, azure, gcp) or `WORLD`, in upper or lower
/// case; blanks around it do not count.
struct Place {
  std::string key{};           ///< as the tables write it: `FRA`, `US-WY`, `aws:eu-north-1`
  std::string name{};          ///< English, of a cloud region its city or state; empty where the tables have none
  std::string country{};       ///< ISO 3166-1 alpha-3; empty for `WORLD`
  std::string country_name{};  ///< English
  std::string subdivision{};   ///< ISO 3166-2, of a cloud region too; empty where it is not known

  bool operator==(const Place&) const = default;
};

/// How the value of a place came about.
enum class FactorMethod : std::uint8_t {
  published,             ///< by the source that is named
  generation_mix,        ///< shares of generation times the factors of fuels
  direct_plus_upstream,  ///< the published direct value, and for each fuel its share times lifecycle less direct
  estimate,              ///< of a country whose direct value nobody publishes: fitted to those of others
};
/// Texts of `FactorMethod`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(FactorMethod) noexcept {
  return texts("published", "generation_mix", "direct_plus_upstream", "estimate");
}

/// The annual mean intensity of a place, and the row of the tables it comes from.
struct Factor {
  CarbonIntensity value{};                        ///< of that year
  int year = 0;                                   ///< of the row used
  Scope scope = Scope::lifecycle;                 ///< what is counted
  Basis basis = Basis::production;                ///< which electricity
  FactorMethod method = FactorMethod::published;  ///< how it was made
  std::string gas{};                              ///< what is counted: `CO2e`, or `CO2` alone
  std::string place{};          ///< what was asked for, as the tables write it: `FRA`, `aws:us-west-2`
  std::string via{};            ///< the place whose row it is: `FRA`, `US-OR`, `gcp:us-central1`, `WORLD`
  Source source{};              ///< of the row
  RelativeError error{};        ///< of using it for an hour at the place asked for
  std::vector<Issue> issues{};  ///< `wider_place`, `estimated_factor`, `old_factor`, `world_average`

  [[nodiscard]] double g_per_kwh() const { return value.g_per_kwh(); }  ///< of `value`

  bool operator==(const Factor&) const = default;
};

/// Which row is wanted.
struct FactorOptions {
  Scope scope = Scope::lifecycle;  ///< what is to be counted
  std::optional<int> year{};       ///< default: the newest row
};

/// Looks up the annual factor of a place; how a place is written is told at `Place`.
///
/// Order: cloud region with its own value, its subdivision, country, world; only rows of the scope asked count. Without
/// a year the newest row; else the newest of that year or before, or the oldest if all are newer. What to know about it
/// is in `issues`: `wider_place` (a country answers for a subdivision, or for a cloud region whose subdivision is
/// known), `estimated_factor` (nobody publishes the value), `old_factor` (more than five years older than the year
/// asked, without one than today) and `world_average` (the world answers).
///
/// A place in no table, and a subdivision that its country does not have, are `intensity.unknown_zone` with the three
/// nearest places in `details["nearest"]`, by code and by English name. A year of other than four digits is
/// `intensity.bad_value`.
[[nodiscard]] Factor factor(std::string_view location, const FactorOptions& options = {});

/// The average of the world, with the issue `world_average`; the year as in `factor`. `factor("WORLD")` is the same
/// without the issue.
[[nodiscard]] Factor world_factor(const FactorOptions& options = {});

/// What the tables know of a location; `intensity.unknown_zone` as in `factor`.
[[nodiscard]] Place place(std::string_view location);

/// Every place with a key of its own, sorted by key.
[[nodiscard]] std::vector<Place> places();

/// The keys of `places()`.
[[nodiscard]] std::vector<std::string> locations();

/// The annual factor of a place by the UTC year of the time priced, so that an old run keeps its factor when rows of
/// later years are added. Its records carry the remarks of `factor` as flags. Throws `intensity.unknown_zone` now, not
/// when asked.
[[nodiscard]] std::shared_ptr<const IntensitySource> location_source(std::string_view location,
                                                                     Scope scope = Scope::lifecycle);

/// The world average by the UTC year of the time priced, flagged `world_average`.
[[nodiscard]] std::shared_ptr<const IntensitySource> world_average(Scope scope = Scope::lifecycle);

/// What was asked, what answered, of which year and how: `US-WY 2023, direct plus upstream`;
/// `CN-BJ by CHN 2025, published`.
[[nodiscard]] inline std::string line(const Factor& f) {
  std::string words(text(f.method));
  for (char& c : words) c = c == '_' ? ' ' : c;
  std::string line = f.place.empty() || f.place == f.via ? f.via : f.place + " by " + f.via;
  return line.append(" ").append(std::to_string(f.year)).append(", ").append(words);
}

/// `FRA 2025, published: 41.45 g CO2e/kWh (lifecycle; Ember Yearly Electricity Data 2026)`
[[nodiscard]] inline std::string to_string(const Factor& f) {
  std::string text = line(f) + ": " + to_string(f.value) + " (";
  return text.append(intensity::text(f.scope)).append("; ").append(f.source.text).append(")");
}

}  // namespace co2lib::intensity

template <>
inline constexpr bool co2lib::has_text<co2lib::intensity::Factor> = true;
