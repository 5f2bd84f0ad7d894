// SPDX-License-Identifier: MIT
// Priced: the carbon of energy samples, and how it was priced; totals of parts.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/intensity/record.hpp>
#include <co2lib/intensity/unit.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

/// What to do where the series has no value.
enum class Gap : std::uint8_t {
  fail,         ///< `intensity.gap`, naming the interval
  hold,         ///< repeat the previous value, at most `max_hold` long
  interpolate,  ///< linear in the interval's index between the two known neighbours
  climatology,  ///< mean of the same UTC hour of the 7 days before, at least 3 known
};
/// Texts of `Gap`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Gap) noexcept { return texts("fail", "hold", "interpolate", "climatology"); }

/// The value between stamps.
enum class Mode : std::uint8_t {
  step,    ///< constant over the interval
  linear,  ///< straight lines through knots at the interval starts, constant after the last knot
};
/// Texts of `Mode`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Mode) noexcept { return texts("step", "linear"); }

/// What to do between values and where there are none.
struct PriceOptions {
  Gap gap = Gap::fail;                                        ///< where the series has no value
  Mode mode = Mode::step;                                     ///< between stamps
  std::chrono::nanoseconds max_hold = std::chrono::hours(6);  ///< from the end of the last known interval
};

/// The part of a total that one origin (`trace`, `live`, `annual_factor`, `climatology`, ...) priced.
struct OriginLine {
  std::string origin;  ///< which link gave the values: `trace`, `live`, ...
  Energy energy;       ///< that it priced
  CarbonMass mass;     ///< of that energy

  bool operator==(const OriginLine&) const = default;
};

/// The carbon of energy samples, and how it was priced.
struct Priced {
  CarbonMass mass{};                      ///< of all samples
  Energy energy{};                        ///< of all samples
  std::optional<CarbonIntensity> mean{};  ///< mass / energy; without energy the mean over the time asked for
  double coverage = 1;                    ///< part of the time that had values of its own; 1 - filled_hours / hours
  double filled_hours = 0;                ///< time filled by the gap policy, in h
  double hours = 0;                       ///< time that the samples cover, in h
  Signal signal = Signal::average;        ///< of the series: whose emissions
  Scope scope = Scope::lifecycle;         ///< of the series: what is counted
  Mode mode = Mode::step;                 ///< as asked for
  /// Of the intensities, where records or the source know it: each weighs as much as what it priced, so that the
  /// interval of the total is the sum of the parts' intervals.
  std::optional<RelativeError> error{};
  std::vector<OriginLine> origins{};  ///< they sum to the total
  std::vector<Issue> issues{};        ///< of the series, and of how it was priced
  std::vector<Source> sources{};      ///< of the intensities

  bool operator==(const Priced&) const = default;
};

namespace detail {

/// What a flag of a record says about its value at a time, to people.
inline std::string flag_text(std::string_view flag, const Record& r, UtcTime time) {
  const std::string own = " " + std::string(text(r.scope)) + " factor";
  const std::string& via = r.source.id;
  if (flag == "wider_place" && !r.zone.empty() && !via.empty()) {
    return r.zone + " has no" + own + "; that of " + via + " is used";
  }
  if (flag == "estimated_factor" && !via.empty()) {
    return "nobody publishes the" + own + " of " + via + "; this one is " + r.source.text;
  }
  if (const int year = utc_year(time); flag == "old_factor" && r.source.year != 0 && year > r.source.year) {
    return "the factor is of " + std::to_string(r.source.year) + ", " + std::to_string(year - r.source.year) +
           " years before " + std::to_string(year);
  }
  if (flag.find('.') != std::string_view::npos) return "the live link failed at " + format_utc(time);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> texts{{
      {"filled_hold", "a gap of the series was filled with the value before it"},
      {"filled_interpolate", "a gap of the series was filled by interpolation"},
      {"filled_climatology", "a gap of the series was filled with the same hour of the days before"},
      {"wider_place", "the factor is that of a wider place"},
      {"estimated_factor", "nobody publishes the factor; it is an estimate"},
      {"old_factor", "the newest factor of the place is more than five years older than the time priced"},
      {"world_average", "the world average stands for the place"},
      {"annual_factor", "an annual factor stands for the hours"},
      {"negative", "a negative marginal intensity entered the total"},
      {"stale", "a value that had ended was used"},
      {"climatology", "the same hour of the days before stands for an hour"},
  }};
  for (const auto& [code, meaning] : texts) {
    if (code == flag) return std::string(meaning);
  }
  return {};
}

/// A flag of a record as the issue that a total carries which was priced with it, first at this time.
inline Issue remark(const std::string& flag, const Record& r, UtcTime time) {
  return {flag, r.zone, flag_text(flag, r, time)};
}

}  // namespace detail

/// One total of parts that were priced apart; hours and filled hours add up over the parts.
///
/// Average with marginal, or lifecycle with direct, is `intensity.mixed_signals`. `mode` and `error` are those of the
/// parts where they agree; otherwise `linear`, and no error.
[[nodiscard]] inline Priced combine(std::span<const Priced> parts) {
  Priced total;
  if (parts.empty()) return total;
  total.signal = parts[0].signal;
  total.scope = parts[0].scope;
  total.error = parts[0].error;
  numeric::Sum joules;
  numeric::Sum grams;
  for (const Priced& part : parts) {
    if (part.signal != total.signal || part.scope != total.scope) {
      detail::fail("mixed_signals", "a total of " + std::string(text(total.signal)) + ", " +
                                        std::string(text(total.scope)) + " intensities and " +
                                        std::string(text(part.signal)) + ", " + std::string(text(part.scope)) +
                                        " ones has no meaning; report them side by side");
    }
    joules += part.energy.joules();
    grams += part.mass.grams();
    total.hours += part.hours;
    total.filled_hours += part.filled_hours;
    if (part.mode == Mode::linear) total.mode = Mode::linear;
    if (part.error != total.error) total.error.reset();
    for (const OriginLine& line : part.origins) {
      const auto same = std::find_if(total.origins.begin(), total.origins.end(),
                                     [&](const OriginLine& known) { return known.origin == line.origin; });
      if (same == total.origins.end()) {
        total.origins.push_back(line);
      } else {
        same->energy += line.energy;
        same->mass += line.mass;
      }
    }
    add_issues(total.issues, part.issues);
    for (const Source& source : part.sources) add_source(total.sources, source);
  }
  total.energy = Energy::from_joules(joules.value());
  total.mass = CarbonMass::from_grams(grams.value());
  if (total.energy.joules() > 0) total.mean = total.mass / total.energy;
  if (total.hours > 0) total.coverage = 1 - total.filled_hours / total.hours;
  return total;
}

/// `12.3 g CO2e for 41 Wh at 300 g CO2e/kWh (average, lifecycle)`
[[nodiscard]] inline std::string to_string(const Priced& p) {
  std::string line = to_string(p.mass) + " for " + to_string(p.energy);
  if (p.mean) line += " at " + to_string(*p.mean);
  return line.append(" (").append(text(p.signal)).append(", ").append(text(p.scope)).append(")");
}

}  // namespace co2lib::intensity

template <>
inline constexpr bool co2lib::has_text<co2lib::intensity::Priced> = true;
