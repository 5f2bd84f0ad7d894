// SPDX-License-Identifier: MIT
// From an index to a cost: point forecast and jackknife+ interval, calibrated on the user's own retrainings.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/record.hpp>

namespace co2lib::preindex {

/// A forecast cost. `value`: the point; `interval`: jackknife+ with confidence 1 - alpha, its upper end infinite where
/// the runs do not bound it.
struct Forecast : Estimate<double> {
  bool bounded = false;         ///< false if an end of the interval is no bound (too few runs for alpha)
  bool extrapolated = false;    ///< the index lies outside of the range of the runs
  Model model = Model::linear;  ///< the curve that was fitted
  std::size_t runs = 0;         ///< number of runs used
  double lowest = 0;            ///< smallest index of the runs
  double highest = 0;           ///< largest index of the runs
  std::string cost{};           ///< `epochs`, `kwh` or `gco2e`; empty where only numbers were given
};

namespace detail {

struct Point {
  double x;
  double y;
};

/// A fitted curve; the point at `without` is left out.
class Fit {
 public:
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  /// Without a value if the model cannot be fitted: linear with one distinct x, isotonic without points.
  [[nodiscard]] static std::optional<Fit> of(Model model, std::span<const Point> sorted, std::size_t without = all) {
    Fit fit;
    if (model == Model::linear) {
      numeric::Sum sx;
      numeric::Sum sy;
      double n = 0;
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i == without) continue;
        sx += sorted[i].x;
        sy += sorted[i].y;
        n += 1;
      }
      fit.mean_x_ = sx.value() / n;
      fit.mean_y_ = sy.value() / n;
      numeric::Sum sxx;
      numeric::Sum sxy;
      bool distinct = false;
      const double* first = nullptr;
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i == without) continue;
        if (first == nullptr) first = &sorted[i].x;
        distinct |= sorted[i].x != *first;
        const double dx = sorted[i].x - fit.mean_x_;
        sxx += numeric::product(dx, dx);
        sxy += numeric::product(dx, sorted[i].y - fit.mean_y_);
      }
      if (!distinct || !(sxx.value() > 0)) return std::nullopt;
      fit.slope_ = sxy.value() / sxx.value();
      fit.linear_ = true;
      return fit;
    }
    struct Block {
      double value;
      double weight;
      std::size_t knots;
    };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < sorted.size();) {
      const double x = sorted[i].x;
      numeric::Sum sum;
      double weight = 0;
      for (; i < sorted.size() && sorted[i].x == x; ++i) {
        if (i == without) continue;
        sum += sorted[i].y;
        weight += 1;
      }
      if (weight == 0) continue;
      fit.knots_.push_back({x, 0});
      blocks.push_back({sum.value() / weight, weight, 1});
      // Pool adjacent violators.
      while (blocks.size() > 1 && blocks[blocks.size() - 2].value >= blocks.back().value) {
        const Block last = blocks.back();
        blocks.pop_back();
        Block& before = blocks.back();
        before.value = (numeric::product(before.value, before.weight) + numeric::product(last.value, last.weight)) /
                       (before.weight + last.weight);
        before.weight += last.weight;
        before.knots += last.knots;
      }
    }
    if (fit.knots_.empty()) return std::nullopt;
    std::size_t at = 0;
    for (const Block& block : blocks) {
      for (std::size_t k = 0; k < block.knots; ++k) fit.knots_[at++].y = block.value;
    }
    return fit;
  }

  [[nodiscard]] double operator()(double x) const {
    if (linear_) return mean_y_ + numeric::product(slope_, x - mean_x_);
    if (x <= knots_.front().x) return knots_.front().y;
    if (x >= knots_.back().x) return knots_.back().y;
    const auto above = std::upper_bound(knots_.begin(), knots_.end(), x,
                                        [](double value, const Point& knot) { return value < knot.x; });
    const Point& a = *(above - 1);
    const Point& b = *above;
    return a.y + numeric::product((b.y - a.y) / (b.x - a.x), x - a.x);
  }

 private:
  bool linear_ = false;
  double mean_x_ = 0;
  double mean_y_ = 0;
  double slope_ = 0;
  std::vector<Point> knots_{};
};

/// Mean absolute leave-one-out error; infinite where the model is impossible.
[[nodiscard]] inline double leave_one_out(Model model, std::span<const Point> points) {
  numeric::Sum sum;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto fit = Fit::of(model, points, i);
    if (!fit) return std::numeric_limits<double>::infinity();
    sum += std::fabs(points[i].y - (*fit)(points[i].x));
  }
  return sum.value() / static_cast<double>(points.size());
}

}  // namespace detail

/// Forecasts a cost from calibration runs (x: index, y: measured cost) at a new index (docs/preindex.md, "From index to
/// cost").
///
/// Interval: jackknife+ (Barber, Candes, Ramdas, Tibshirani 2021) at miscoverage `alpha`; for exchangeable runs it
/// covers with probability at least 1 - 2 alpha. Needs n >= 1/alpha - 1 runs to be bounded. All ends are cut at 0.
/// Throws preindex.unpaired, preindex.not_enough_calibration, preindex.bad_cost, preindex.bad_option.
[[nodiscard]] inline Forecast forecast(std::span<const double> x, std::span<const double> y, double x_new,
                                       Model model = Model::automatic, double alpha = 0.2) {
  if (!(alpha > 0 && alpha < 1)) throw detail::bad_option("alpha", numeric::text(alpha), "a number inside (0, 1)");
  if (!std::isfinite(x_new)) throw detail::bad_option("x_new", numeric::text(x_new), "a finite index");
  if (x.size() != y.size()) {
    throw Error("preindex.unpaired", std::to_string(x.size()) + " indices and " + std::to_string(y.size()) + " costs");
  }
  std::vector<detail::Point> points;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i])) throw detail::bad_option("x", "run " + std::to_string(i), "finite indices");
    if (!std::isfinite(y[i]) || y[i] < 0) {
      throw Error("preindex.bad_cost", "run " + std::to_string(i) + ": a cost of " + numeric::text(y[i]) +
                                           "; costs are finite and not negative");
    }
    points.push_back({x[i], y[i]});
  }
  const std::size_t n = points.size();
  if (n < 3) {
    throw Error("preindex.not_enough_calibration",
                std::to_string(n) +
                    " runs; a forecast needs at least 3, and an interval with alpha = " + numeric::text(alpha) +
                    " needs " + std::to_string(static_cast<int>(std::ceil(1 / alpha - 1 - 1e-9))),
                {{"runs", static_cast<std::int64_t>(n)}});
  }
  // Sorted by both, so that the order of the runs cannot change a bit.
  std::sort(points.begin(), points.end(),
            [](const detail::Point& a, const detail::Point& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  if (points.front().x == points.back().x) {
    throw Error("preindex.not_enough_calibration", "all runs have the same index; add a run with another one");
  }
  if (model == Model::automatic) {
    const double linear = detail::leave_one_out(Model::linear, points);
    const double isotonic = detail::leave_one_out(Model::isotonic, points);
    model = std::isfinite(linear) && linear <= isotonic ? Model::linear : Model::isotonic;
  }
  std::vector<double> low;
  std::vector<double> high;
  for (std::size_t i = 0; i < n; ++i) {
    const auto fit = detail::Fit::of(model, points, i);
    if (!fit) {
      throw Error("preindex.not_enough_calibration",
                  "without one of the runs all others have the same index; "
                  "add a run with another one, or use the model 'isotonic'");
    }
    const double residual = std::fabs(points[i].y - (*fit)(points[i].x));
    const double at = (*fit)(x_new);
    low.push_back(at - residual);
    high.push_back(at + residual);
  }
  std::sort(low.begin(), low.end());
  std::sort(high.begin(), high.end());
  const auto size = static_cast<double>(n);
  const double rank_low = std::floor(alpha * (size + 1) + 1e-9);
  const double rank_high = std::ceil((1 - alpha) * (size + 1) - 1e-9);
  Forecast result;
  const bool low_known = rank_low >= 1 && rank_low <= size;
  const bool high_known = rank_high >= 1 && rank_high <= size;
  const double lower = low_known ? low[static_cast<std::size_t>(rank_low) - 1] : 0.0;
  const double upper =
      high_known ? high[static_cast<std::size_t>(rank_high) - 1] : std::numeric_limits<double>::infinity();
  result.bounded = low_known && high_known;
  result.value = std::max(0.0, (*detail::Fit::of(model, points))(x_new));
  result.interval = Interval<double>{std::max(0.0, lower), std::max(0.0, upper), 1 - alpha};
  result.extrapolated = x_new < points.front().x || x_new > points.back().x;
  result.model = model;
  result.runs = n;
  result.lowest = points.front().x;
  result.highest = points.back().x;
  if (!result.bounded) {
    result.issues.push_back({"unbounded", "interval", std::to_string(n) + " runs do not bound the cost at this alpha"});
  }
  if (result.extrapolated) {
    result.issues.push_back({"extrapolated", "x", "the index lies outside of the range of the calibration runs"});
  }
  return result;
}

}  // namespace co2lib::preindex
