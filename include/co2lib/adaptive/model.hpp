// SPDX-License-Identifier: MIT
// Models to choose from, and the upper concave hull of (energy, accuracy) on which every optimal choice lies.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/adaptive/refuse.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// A model that can serve a request.
struct Model {
  std::string name{};   ///< by which results, files and messages name it; not empty, and its own in a list
  Energy energy{};      ///< per request, above 0: what the choice changes (marginal), without idle power
  double accuracy = 0;  ///< points; any score where more is better
  /// Per request; read where a plan has a limit of latency, unless its options give one.
  std::optional<Seconds> latency{};
  std::optional<Interval<Energy>> interval{};  ///< of the energy, where it is known

  bool operator==(const Model&) const = default;
};

/// `adaptive.bad_model` naming the model: none at all, energy not above 0 or not finite, accuracy not finite, no name,
/// two of one name, an interval that does not hold the energy, a latency below 0.
inline void check_models(std::span<const Model> models) {
  if (models.empty()) detail::bad_model("there are no models; give at least one");
  std::vector<std::string_view> names;
  for (const Model& m : models) {
    const auto refuse = [&](const std::string& why) { detail::bad_model("model '" + m.name + "': " + why); };
    if (m.name.empty()) detail::bad_model("model " + std::to_string(names.size()) + " (from 0) has no name");
    if (!(m.energy.kwh() > 0) || std::isinf(m.energy.kwh())) {
      refuse("energy " + numeric::text(m.energy.kwh()) + " kWh per request is not a finite number > 0");
    }
    if (!std::isfinite(m.accuracy)) refuse("accuracy is not a finite number");
    if (m.latency && !(m.latency->count() >= 0)) refuse("latency is below 0");
    if (m.interval && !(m.interval->low.kwh() > 0 && m.interval->low <= m.energy && m.energy <= m.interval->high &&
                        std::isfinite(m.interval->high.kwh()))) {
      refuse("the interval of the energy must be above 0, finite, and hold the energy");
    }
    names.push_back(m.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) detail::bad_model("model '" + std::string(*twice) + "' is given twice; names must differ");
}

/// The place of a name in the list; `adaptive.bad_model` naming those known.
[[nodiscard]] inline std::size_t index_of(std::span<const Model> models, std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (models[i].name == name) return i;
    known.append(known.empty() ? "" : ", ").append(models[i].name);
  }
  detail::bad_model("model '" + std::string(name) + "' is not in the list; known: " + known);
}

/// All models by ascending energy, equals in the order given.
[[nodiscard]] inline std::vector<std::size_t> by_energy(std::span<const Model> models) {
  std::vector<std::size_t> order(models.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  numeric::stable_sort(order, [&](std::size_t a, std::size_t b) { return models[a].energy < models[b].energy; });
  return order;
}

/// The vertices of the upper concave hull by ascending energy, K of them; slopes fall strictly.
struct Hull {
  std::vector<std::size_t> models{};  ///< indices into the list given
  std::vector<double> energy_kwh{};   ///< per request, PUE included
  std::vector<double> accuracy{};     ///< points
  std::vector<double> slopes{};       ///< K - 1, points per kWh

  [[nodiscard]] std::size_t size() const noexcept { return models.size(); }  ///< K, the number of vertices

  /// The accuracy of the best mix at a mean energy: piecewise linear, that of the last vertex beyond it. Below the
  /// first vertex there is no mix; NaN.
  [[nodiscard]] double accuracy_at(double kwh) const {
    if (detail::below(kwh, energy_kwh.front())) return std::nan("");
    for (std::size_t j = 0; j + 1 < size(); ++j) {
      if (kwh < energy_kwh[j + 1]) {
        return accuracy[j] + numeric::product(slopes[j], std::max(kwh - energy_kwh[j], 0.0));
      }
    }
    return accuracy.back();
  }

  /// The least mean energy, kWh, of a mix with this accuracy; that of the first vertex below its accuracy. Beyond the
  /// last there is none; NaN.
  [[nodiscard]] double energy_at(double points) const {
    if (points <= accuracy.front()) return energy_kwh.front();
    for (std::size_t j = 0; j + 1 < size(); ++j) {
      if (points < accuracy[j + 1]) return energy_kwh[j] + (points - accuracy[j]) / slopes[j];
    }
    return detail::fits(points, accuracy.back()) ? energy_kwh.back() : std::nan("");
  }
};

namespace detail {

/// The upper concave hull of points that come by ascending energy, equals by descending accuracy. `refuse(m, before)`
/// is called for two energies too close to have a slope, and must throw.
template <class Refuse>
[[nodiscard]] Hull upper_hull(std::span<const std::size_t> order, std::span<const double> energy,
                              std::span<const double> accuracy, const Refuse& refuse) {
  Hull h;
  for (const std::size_t m : order) {
    const double e = energy[m];
    const double a = accuracy[m];
    if (h.size() > 0 && a <= h.accuracy.back()) continue;  // the last one is the most accurate so far
    const auto slope = [&] { return (a - h.accuracy.back()) / (e - h.energy_kwh.back()); };
    while (!h.slopes.empty() && !below(slope(), h.slopes.back())) {
      h.slopes.pop_back(), h.models.pop_back(), h.energy_kwh.pop_back(), h.accuracy.pop_back();
    }
    if (h.size() > 0) {
      h.slopes.push_back(slope());
      if (!std::isfinite(h.slopes.back())) refuse(m, h.models.back());
    }
    h.models.push_back(m), h.energy_kwh.push_back(e), h.accuracy.push_back(a);
  }
  return h;
}

}  // namespace detail

/// The hull of the models that `use` allows (all if it is empty).
///
/// A model on a chord (slopes within 1e-12 of each other) or below it is out, and so is one that needs more energy for
/// no more accuracy; of equal energies the more accurate stays, of equals in both the first given. `pue` >= 1
/// multiplies every energy. Throws `adaptive.bad_model` as `check_models`, and for two energies too close to have a
/// slope.
[[nodiscard]] inline Hull hull(std::span<const Model> models, double pue = 1, std::span<const char> use = {}) {
  check_models(models);
  if (!(pue >= 1) || std::isinf(pue)) detail::bad_input("pue: " + numeric::text(pue) + " is not a finite number >= 1");
  std::vector<std::size_t> order = by_energy(models);
  numeric::stable_sort(order, [&](std::size_t a, std::size_t b) {
    if (models[a].energy != models[b].energy) return models[a].energy < models[b].energy;
    return models[a].accuracy > models[b].accuracy;
  });
  if (!use.empty()) std::erase_if(order, [&](std::size_t m) { return use[m] == 0; });
  std::vector<double> energy;
  std::vector<double> accuracy;
  for (const Model& m : models) {
    energy.push_back(numeric::product(m.energy.kwh(), pue)), accuracy.push_back(m.accuracy);
  }
  return detail::upper_hull(order, energy, accuracy, [&](std::size_t m, std::size_t before) {
    detail::bad_model("model '" + models[m].name + "': its energy is too close to that of '" + models[before].name +
                      "' to compare them");
  });
}

/// Reads a models file, YAML or JSON: a list of maps with `name`, `energy_kwh` (or `energy`: a text such as `0.4 Wh`),
/// `accuracy`, and if known `latency_s` and `energy_interval_kwh` (low, high).
///
/// Throws `adaptive.bad_model` naming file and line, `adaptive.bad_file` if it cannot be read or is no such document.
[[nodiscard]] std::vector<Model> parse_models(std::string_view text, std::string_view name = "models");
/// `parse_models` of a file, named in messages.
[[nodiscard]] std::vector<Model> read_models(const std::filesystem::path& file);

}  // namespace co2lib::adaptive
