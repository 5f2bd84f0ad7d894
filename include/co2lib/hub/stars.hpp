// SPDX-License-Identifier: MIT
// Stars of the AI Energy Score, the performance score of the study, and the badge of a letter.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/names.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/quantiles.hpp>

namespace co2lib::hub {

/// What the public text of the AI Energy Score may mean; which one its leaderboard uses is unverified.
enum class StarRule {
  quantile,     ///< fifths of the models
  equal_width,  ///< fifths of the range
};
/// Texts of `StarRule`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(StarRule) noexcept { return texts("quantile", "equal_width"); }

/// Stars 5 (best) to 1 of models of one task and class, from their GPU energies in Wh per 1,000 queries.
///
/// Throws `hub.bad_value` for no energies, or one that is negative or not finite.
[[nodiscard]] inline std::vector<int> stars(std::span<const double> energy_wh, StarRule rule = StarRule::quantile) {
  if (energy_wh.empty()) throw Error("hub.bad_value", "energy_wh: needs at least one energy");
  for (const double e : energy_wh) {
    if (!std::isfinite(e) || e < 0) throw Error("hub.bad_value", "energy_wh: must be finite and from 0 on");
  }
  std::vector<int> result;
  if (rule == StarRule::quantile) {
    std::array<double, 4> limits{};
    for (std::size_t k = 0; k < limits.size(); ++k) {
      limits[k] = *numeric::percentile(energy_wh, static_cast<double>(20 * (k + 1)) / 100.0);
    }
    for (const double e : energy_wh) {
      result.push_back(5 -
                       static_cast<int>(std::count_if(limits.begin(), limits.end(), [&](double p) { return e > p; })));
    }
    return result;
  }
  const auto [low, high] = std::minmax_element(energy_wh.begin(), energy_wh.end());
  const double width = (*high - *low) / 5;
  for (const double e : energy_wh) {
    result.push_back(width > 0 ? 5 - static_cast<int>(std::min(4.0, std::floor((e - *low) / width))) : 5);
  }
  return result;
}

/// The class of a text generator by its size: A up to 20, B up to 66, C above 66 billion parameters.
[[nodiscard]] inline char star_class(double billion_parameters) {
  if (!std::isfinite(billion_parameters) || billion_parameters <= 0) {
    throw Error("hub.bad_value", "billion_parameters: must be finite and above 0");
  }
  return billion_parameters <= 20 ? 'A' : billion_parameters <= 66 ? 'B' : 'C';
}

/// The performance score of the study: the harmonic mean over metrics, each scaled to 0..1 over the models that have
/// it.
///
/// `metrics`: for each metric a list over the models, NaN where missing, all of one length. A metric with one value
/// alone for all models says nothing. 0 if one of a model's metrics is 0; NaN if it has none.
[[nodiscard]] inline std::vector<double> performance_score(const std::vector<std::vector<double>>& metrics) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (metrics.empty()) throw Error("hub.bad_value", "metrics: needs at least one");
  const std::size_t n = metrics.front().size();
  std::vector<double> inverse(n, 0.0);
  std::vector<int> count(n, 0);
  std::vector<bool> zero(n, false);
  for (const std::vector<double>& values : metrics) {
    if (values.size() != n) throw Error("hub.bad_value", "metrics: lists must have one value per model");
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const double x : values) {
      if (std::isinf(x)) throw Error("hub.bad_value", "metrics: values must be finite, or missing");
      if (std::isnan(x)) continue;
      low = std::min(low, x);
      high = std::max(high, x);
    }
    if (!(high > low)) continue;
    for (std::size_t i = 0; i < n; ++i) {
      if (std::isnan(values[i])) continue;
      const double scaled = (values[i] - low) / (high - low);
      ++count[i];
      if (scaled == 0) {
        zero[i] = true;
      } else {
        inverse[i] += 1 / scaled;
      }
    }
  }
  std::vector<double> score(n, nan);
  for (std::size_t i = 0; i < n; ++i) {
    if (count[i] > 0) score[i] = zero[i] ? 0.0 : count[i] / inverse[i];
  }
  return score;
}

/// A badge (SVG 1.1) of a label: a letter `A` to `E`, or what cannot be told, `A/B`; `about` is its description.
[[nodiscard]] inline std::string badge(std::string_view label, std::string_view about) {
  constexpr std::array<std::string_view, 5> colours = {"#00693e", "#4a7a00", "#8a6d00", "#a84300", "#a3002a"};
  const auto escaped = [](std::string_view text) {
    std::string safe;
    for (const char c : text) {
      if (c == '&') {
        safe += "&amp;";
      } else if (c == '<') {
        safe += "&lt;";
      } else if (c == '>') {
        safe += "&gt;";
      } else if (c == '"') {
        safe += "&quot;";
      } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
        safe += c;
      }
    }
    return safe;
  };
  const bool one = label.size() == 1 && label[0] >= 'A' && label[0] <= 'E';
  const std::string colour(one ? colours[static_cast<std::size_t>(label[0] - 'A')] : std::string_view("#555555"));
  const std::string right = std::to_string(18 + 9 * label.size());
  const std::string width = std::to_string(94 + 18 + 9 * label.size());
  const std::string middle = numeric::text(94 + (18 + 9 * static_cast<double>(label.size())) / 2);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"20\" role=\"img\">";
  svg += "<title>" + escaped(about) + "</title>";
  svg += "<rect width=\"94\" height=\"20\" fill=\"#333333\"/><rect x=\"94\" width=\"" + right +
         "\" height=\"20\" fill=\"" + colour + "\"/>";
  svg +=
      "<g fill=\"#ffffff\" font-family=\"Verdana, DejaVu Sans, sans-serif\" font-size=\"11\" text-anchor=\"middle\">";
  svg += "<text x=\"47\" y=\"14\">CO2 efficiency</text><text x=\"" + middle + "\" y=\"14\" font-weight=\"bold\">" +
         escaped(label) + "</text></g></svg>\n";
  return svg;
}

}  // namespace co2lib::hub
