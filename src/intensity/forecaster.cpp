// SPDX-License-Identifier: MIT
#include "forecaster.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace co2lib::intensity::detail {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The means of the last `length` hours before each issue 0..n.
std::vector<double> running_means(std::span<const double> v, std::size_t length) {
  std::vector<double> means(v.size() + 1, nan);
  double sum = 0;
  std::size_t unknown = 0;  // in the window
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double out = i >= length ? v[i - length] : 0;
    if (std::isnan(v[i])) ++unknown;
    if (std::isnan(out)) --unknown;
    sum += (std::isnan(v[i]) ? 0 : v[i]) - (std::isnan(out) ? 0 : out);
    if (i + 1 >= length && unknown == 0) means[i + 1] = sum / static_cast<double>(length);
  }
  return means;
}

/// For each hour, also of the day after the last, the mean of the same hour of the days before.
std::vector<double> day_means(std::span<const double> v, std::size_t days) {
  std::vector<double> means(v.size() + 24, nan);
  for (std::size_t t = 24 * days; t < means.size(); ++t) {
    double sum = 0;
    for (std::size_t j = 1; j <= days; ++j) sum += v[t - 24 * j];
    means[t] = sum / static_cast<double>(days);
  }
  return means;
}

/// The larger one; NaN where `x` is.
double at_least(double low, double x) { return x < low ? low : x; }

}  // namespace

Model::Model(std::span<const double> hours, Forecaster method, std::size_t horizon)
    : v_(hours), method_(method), horizon_(horizon), m7_(day_means(hours, 7)) {
  const std::size_t n = hours.size();
  const bool ridge = method == Forecaster::ridge28;
  if (ridge || horizon > week) m28_ = day_means(hours, 28);
  if (ridge || method == Forecaster::blend) {
    for (std::size_t k = 0; k < std::min(horizon, week); ++k) {
      decay_.push_back(std::exp(-static_cast<double>(k + 1) / 24));
    }
    e_.assign(n + 1, nan);
    for (std::size_t i = 1; i <= n; ++i) e_[i] = v_[i - 1] - m7_[i - 1];
  }
  if (ridge) {
    day_ = running_means(hours, 24);
    week_ = running_means(hours, week);
    w28_ = running_means(hours, needed_ridge);
  }
}

double Model::base(std::size_t i, std::size_t k) const {
  const std::size_t r = k % 24;
  if (k >= week) return m28_[i + r];
  switch (method_) {
    case Forecaster::persistence:
      return v_[i - 1];
    case Forecaster::same_hour_yesterday:
      return v_[i - 24 + r];
    case Forecaster::same_hour_last_week:
      return v_[i + k - week];
    case Forecaster::mean7:
      return m7_[i + r];
    case Forecaster::blend:
    case Forecaster::ridge28:
      break;
  }
  return at_least(1e-6, m7_[i + r] + e_[i] * decay_[k]);
}

Model::Row Model::row(std::size_t i, std::size_t k) const {
  const std::size_t r = k % 24;
  const double m = m7_[i + r];
  return {1,
          e_[i],
          v_[i - 24 + r] - m,
          v_[i + k - week] - m,
          day_[i] - week_[i],
          m - week_[i],
          v_[i - 1] - v_[i - 4],
          m28_[i + r] - m,
          week_[i] - w28_[i],
          v_[i - 1] - v_[i - 2],
          v_[i - 1] - v_[i - 7],
          (e_[i] + e_[i - 1] + e_[i - 2]) / 3};
}

void Model::add_rows(Gram& gram, std::size_t k, std::size_t until, std::size_t hour_of_fit) const {
  for (; gram.next + k < until; ++gram.next) {
    const std::size_t j = gram.next;
    const double target = v_[j + k];
    const double w = (j % 24 == hour_of_fit ? 10 : 1) / std::max(target, 1.0);
    const Row x = row(j, k);
    std::array<double, features + 2> xy{};
    std::copy(x.begin(), x.end(), xy.begin());
    xy[features] = target - base(j, k);
    for (std::size_t a = 0; a < features; ++a) {
      const double wa = w * x[a];
      for (std::size_t b = 0; b < features + 2; ++b) gram.sums[a][b] += wa * xy[b];
    }
    gram.weight += w;
  }
}

Model::Row Model::solve(const Gram& gram) const {
  constexpr std::size_t fewest_rows = 50;
  constexpr double penalty = 1000;
  const std::size_t rows = gram.next - needed_ridge;
  if (rows < fewest_rows) return {};
  const double n = static_cast<double>(rows);
  const double scale = n / gram.weight;  // by the mean weight
  std::array<double, features * features> a{};
  Row b{};
  for (std::size_t i = 0; i < features; ++i) {
    for (std::size_t j = 0; j < features; ++j) a[i * features + j] = gram.sums[i][j] * scale;
    a[i * features + i] += (i == 0 ? penalty : penalty / n * a[i * features + i]) + 1e-9;
    b[i] = gram.sums[i][features] * scale;
  }
  return solve_definite(a, b).value_or(Row{});
}

void Model::fit(std::size_t issue) {
  if (method_ != Forecaster::ridge28 || fits_.contains(issue)) return;
  const std::size_t leads = std::min(horizon_, week);
  std::vector<Gram>& grams = grams_[issue % 24];
  grams.resize(leads);
  Coefficients& coefficients = fits_[issue];
  coefficients.reserve(leads);
  for (std::size_t k = 0; k < leads; ++k) {
    add_rows(grams[k], k, issue, issue % 24);
    coefficients.push_back(solve(grams[k]));
  }
}

void Model::values(std::size_t issue, std::span<double> out) const {
  const Coefficients* fit = nullptr;
  if (method_ == Forecaster::ridge28) {
    const auto after = fits_.upper_bound(issue);
    if (after != fits_.begin()) fit = &std::prev(after)->second;
  }
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] = base(issue, k);
    if (fit == nullptr || k >= fit->size()) continue;
    const Row x = row(issue, k);
    double correction = 0;
    for (std::size_t f = 0; f < features; ++f) correction += (*fit)[k][f] * x[f];
    out[k] = at_least(0, out[k] + correction);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Intervals
// ---------------------------------------------------------------------------------------------------------------------
namespace {

/// The last errors at one lead, in the order of time and of size.
class LastErrors {
 public:
  void add(double error) {
    if (std::isnan(error)) return;
    if (count_ >= errors_kept)
      sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), ring_[count_ % errors_kept]));
    ring_[count_ % errors_kept] = error;
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), error), error);
    ++count_;
  }

  [[nodiscard]] HalfWidths half_widths() const {
    HalfWidths widths;
    const std::size_t n = sorted_.size();
    if (n < errors_needed) return widths;
    constexpr std::array<std::size_t, 3> percent{80, 90, 95};
    for (std::size_t q = 0; q < percent.size(); ++q) {
      const std::size_t place = (percent[q] * (n + 1) + 99) / 100;  // rounded up
      widths[q] = sorted_[std::min(place, n) - 1];
    }
    return widths;
  }

 private:
  std::array<double, errors_kept> ring_{};
  std::vector<double> sorted_;
  std::size_t count_ = 0;
};

}  // namespace

Grid grid_of(const Model& model, std::span<const double> hours, std::size_t earliest, std::size_t from,
             std::size_t last, std::size_t horizon) {
  Grid grid;
  grid.horizon = horizon;
  grid.first = last - (last - earliest) / 24 * 24;
  grid.count = (last - grid.first) / 24 + 1;
  grid.values.resize(grid.count * horizon);
  grid.widths.resize(grid.count * horizon);
  for (std::size_t n = 0; n < grid.count; ++n) {
    model.values(grid.first + 24 * n, {&grid.values[n * horizon], horizon});
  }
  for (std::size_t k = 0; k < horizon; ++k) {
    const std::size_t lag = k / 24 + 1;  // days until the target of this lead is known
    LastErrors window;
    for (std::size_t n = 0; n < grid.count; ++n) {
      if (n >= lag) {
        const std::size_t earlier = n - lag;
        window.add(std::abs(grid.values[earlier * horizon + k] - hours[grid.first + 24 * earlier + k]));
      }
      if (grid.first + 24 * n >= from) grid.widths[n * horizon + k] = window.half_widths();
    }
  }
  return grid;
}

}  // namespace co2lib::intensity::detail
