// SPDX-License-Identifier: MIT
// How far predictions are from measurements.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include <co2lib/inference/refuse.hpp>

namespace co2lib::inference {

/// How far predictions are from measurements.
struct RegressionMetrics {
  double rmse = 0;           ///< root of the mean squared error, in the unit of the values
  double rmspe_percent = 0;  ///< 100 sqrt(mean(((pred - true)/true)^2))
  double nrmse = 0;          ///< rmse / mean(true)
  double mape_percent = 0;   ///< 100 mean(|pred - true|/true)
  double acc5 = 0;           ///< share within 5 %, inclusive
  double acc10 = 0;          ///< share within 10 %, inclusive
  double acc15 = 0;          ///< share within 15 %, inclusive
};

/// Errors of `pred` against `truth`; lists that are empty or differ in length, and a truth that is not positive, are
/// `inference.out_of_range`.
[[nodiscard]] inline RegressionMetrics regression_metrics(std::span<const double> truth, std::span<const double> pred) {
  if (truth.empty() || truth.size() != pred.size()) {
    detail::out_of_range("true and pred must have the same length, at least 1; they have " +
                         std::to_string(truth.size()) + " and " + std::to_string(pred.size()));
  }
  numeric::Sum squares;
  numeric::Sum relative;
  numeric::Sum absolute;
  numeric::Sum total;
  constexpr double edge = 1 + 1e-12;  // a value that is 10 % off counts, whatever the division makes of it
  RegressionMetrics m;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double t = detail::positive(truth[i], "true");
    if (!std::isfinite(pred[i])) detail::out_of_range("pred: a value is not finite");
    const double e = pred[i] - t;
    const double r = std::fabs(e) / t;
    squares += e * e;
    relative += r * r;
    absolute += r;
    total += t;
    m.acc5 += r <= 0.05 * edge;
    m.acc10 += r <= 0.10 * edge;
    m.acc15 += r <= 0.15 * edge;
  }
  const auto n = static_cast<double>(truth.size());
  m.rmse = std::sqrt(squares.value() / n);
  m.rmspe_percent = 100 * std::sqrt(relative.value() / n);
  m.mape_percent = 100 * absolute.value() / n;
  m.nrmse = m.rmse / (total.value() / n);
  m.acc5 /= n;
  m.acc10 /= n;
  m.acc15 /= n;
  return m;
}

}  // namespace co2lib::inference
