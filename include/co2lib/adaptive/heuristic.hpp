// SPDX-License-Identifier: MIT
// Threshold rules and carbon-emission efficiency (CEE): baselines, and what is reconstructed of a paper.
//
// J. Jung, "Carbon Intensity-Aware Adaptive Inference of DNNs", arXiv 2403.15824 (2024), picks larger models when the
// intensity is low. Its selection formula and the exact formula of its metric are not known to this project: everything
// in this file is a reconstruction (ours) and no quotation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/adaptive/model.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/names.hpp>

namespace co2lib::adaptive {

/// Which reconstruction (ours).
enum class Heuristic : std::uint8_t {
  equal_width,  ///< equal parts between the extremes of the UTC day; needs the whole day's curve
  rank168,      ///< the rank of the present value in the last 168 hours
};
/// Texts of `Heuristic`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Heuristic) noexcept { return texts("equal_width", "rank168"); }

/// Of `count` models by ascending energy the one for each slot of one day (a reconstruction, ours).
///
/// clamp(floor(count (c_max - c) / (c_max - c_min)), 0, count - 1); on a flat day the largest. Throws
/// `adaptive.bad_input` for no slot, a bad intensity or no model.
[[nodiscard]] inline std::vector<std::size_t> equal_width(std::span<const double> day, std::size_t count) {
  detail::all_not_negative(day, "intensity");
  if (count == 0) detail::bad_input("count: there must be at least one model");
  const auto [low, high] = std::minmax_element(day.begin(), day.end());
  std::vector<std::size_t> index;
  index.reserve(day.size());
  for (const double c : day) {
    if (*high == *low) {
      index.push_back(count - 1);
      continue;
    }
    const double part = std::floor(static_cast<double>(count) * (*high - c) / (*high - *low));
    index.push_back(static_cast<std::size_t>(std::clamp(part, 0.0, static_cast<double>(count - 1))));
  }
  return index;
}

/// Of `count` models by ascending energy the one for each slot, from the past alone (a reconstruction, ours).
///
/// Of the w <= 168 last slots, the present one among them, g lie strictly above it: min(floor(count g / w), count - 1).
[[nodiscard]] inline std::vector<std::size_t> rank168(std::span<const double> c, std::size_t count) {
  detail::all_not_negative(c, "intensity");
  if (count == 0) detail::bad_input("count: there must be at least one model");
  std::vector<std::size_t> index;
  index.reserve(c.size());
  for (std::size_t t = 0; t < c.size(); ++t) {
    const std::size_t from = t + 1 >= 168 ? t + 1 - 168 : 0;
    std::size_t above = 0;
    for (std::size_t i = from; i < t; ++i) above += c[i] > c[t] ? 1 : 0;
    index.push_back(std::min(count * above / (t + 1 - from), count - 1));
  }
  return index;
}

/// Two levels with hysteresis: from small to large (true) where c < `low`, back where c > `high`, not before `dwell`
/// slots since the last change; starts small. `low` <= `high`, otherwise `adaptive.bad_input`.
[[nodiscard]] inline std::vector<bool> two_levels(std::span<const double> c, double low, double high,
                                                  std::size_t dwell = 1) {
  detail::all_not_negative(c, "intensity");
  if (!(low <= high)) detail::bad_input("low: " + numeric::text(low) + " is above high " + numeric::text(high));
  std::vector<bool> large;
  bool now = false;
  std::size_t since = dwell;  // the start is no change
  for (const double x : c) {
    if (since >= dwell && (now ? x > high : x < low)) {
      now = !now;
      since = 0;
    }
    ++since;
    large.push_back(now);
  }
  return large;
}

/// Carbon-emission efficiency (a reconstruction, ours): points gained over the smallest model per g that they cost.
///
/// Accuracy in points, carbon in g per request. `adaptive.undefined` where the carbon is that of the smallest model.
[[nodiscard]] inline double cee(double accuracy, double carbon_g, double smallest_accuracy, double smallest_carbon_g) {
  for (const double x : {accuracy, carbon_g, smallest_accuracy, smallest_carbon_g}) {
    if (!std::isfinite(x)) detail::bad_input("cee: accuracy and carbon must be finite numbers");
  }
  if (detail::equal(carbon_g, smallest_carbon_g)) {
    detail::undefined("the carbon per request is that of the smallest model: its efficiency is undefined");
  }
  return (accuracy - smallest_accuracy) / (carbon_g - smallest_carbon_g);
}

/// What a heuristic does over a series, beside every single model and the carbon-agnostic mix.
struct HeuristicResult {
  std::vector<std::size_t> chosen{};  ///< model by slot
  double accuracy = 0;                ///< mean
  CarbonMass carbon{};                ///< total
  double cee_per_g = 0;               ///< of means per request
  /// CEE / CEE(model) - 1 for all but the smallest; none where that of the model is undefined or 0.
  std::map<std::string, std::optional<double>> improvement{};
  std::optional<double> extra_carbon{};  ///< carbon / (agnostic mix of equal accuracy) - 1
};

/// Runs a heuristic over whole UTC days of hourly slots, one request each. Throws as `hull`; `adaptive.bad_input` for
/// days that are not whole, `adaptive.undefined` as `cee`.
[[nodiscard]] HeuristicResult heuristic(Heuristic rule, const std::vector<Model>& models, const Slots& slots);

}  // namespace co2lib::adaptive
