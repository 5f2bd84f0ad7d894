// SPDX-License-Identifier: MIT
// Policy: which model at this intensity, from one number, the price of carbon.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <co2lib/adaptive/model.hpp>

namespace co2lib::adaptive {

/// The one-parameter policy: of all models the one with the greatest accuracy - lambda c energy, ties to the smaller
/// energy. Vertex j of the hull is left for j + 1 where c is below slope_j / lambda, by more than rounding.
///
/// lambda in points per g: 0 serves the largest model, infinity the smallest except at c = 0. Immutable: any number of
/// threads may call `choose`.
class Policy {
 public:
  Policy() = default;

  /// Throws as `hull`; `adaptive.bad_input` for a lambda below 0 or NaN.
  Policy(const Hull& hull, double lambda_per_g) : lambda_(lambda_per_g), models_(hull.models) {
    if (!(lambda_per_g >= 0)) {
      detail::bad_input("lambda_per_g: " + numeric::text(lambda_per_g) + " is not a number >= 0");
    }
    for (const double slope : hull.slopes) {
      const double threshold = lambda_per_g > 0 ? slope / lambda_per_g : std::numeric_limits<double>::infinity();
      if (lambda_per_g > 0) thresholds_.push_back(threshold);
      // c = 0 costs nothing: it takes the best model, whatever lambda is.
      limits_.push_back(std::max(threshold * (1 - detail::same), std::numeric_limits<double>::min()));
    }
  }
  /// The policy over the hull of these models. Throws as `hull` and for a bad lambda.
  Policy(const std::vector<Model>& models, double lambda_per_g, double pue = 1)
      : Policy(hull(models, pue), lambda_per_g) {}

  /// The model, an index into the list given; O(log K), no allocation. An intensity that is no number gives the
  /// smallest model.
  [[nodiscard]] std::size_t choose(CarbonIntensity c) const noexcept { return models_[level(c.g_per_kwh())]; }

  /// The vertex of the hull, from 0.
  [[nodiscard]] std::size_t level(double g_per_kwh) const noexcept {
    // The limits fall; those above c are upgrades taken.
    std::size_t low = 0;
    std::size_t high = limits_.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (g_per_kwh < limits_[middle]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  [[nodiscard]] double lambda_per_g() const noexcept { return lambda_; }  ///< the price of carbon, points per g
  /// slope_j / lambda in g/kWh, falling; none for lambda = 0.
  [[nodiscard]] const std::vector<double>& thresholds_g_per_kwh() const noexcept { return thresholds_; }

 private:
  double lambda_ = 0;
  std::vector<std::size_t> models_ = std::vector<std::size_t>(1, 0);
  std::vector<double> thresholds_;
  std::vector<double> limits_;
};

/// Spreads a share of requests evenly, without chance: after n requests f n of them, rounded, have been upgraded.
///
/// acc starts at 1/2; each request adds f, and where acc reaches 1 it is upgraded and 1 is taken away.
class Diffusion {
 public:
  Diffusion() = default;
  explicit Diffusion(double acc) noexcept : acc_(acc) {}  ///< Goes on from an accumulator that `acc` gave

  /// How many of `requests` are upgraded; in one step for any number of them.
  [[nodiscard]] double spread(double share, double requests) noexcept {
    acc_ += numeric::product(share, requests);
    const double upgraded = std::min(std::floor(acc_), requests);
    acc_ -= upgraded;
    return upgraded;
  }
  /// Whether all of `requests` are upgraded together.
  [[nodiscard]] bool whole(double share, double requests) noexcept {
    acc_ += numeric::product(share, requests);
    if (acc_ < requests) return false;
    acc_ -= requests;
    return true;
  }

  /// The accumulator, which starts at 1/2; what to keep to go on.
  [[nodiscard]] double acc() const noexcept { return acc_; }

 private:
  double acc_ = 0.5;
};

}  // namespace co2lib::adaptive
