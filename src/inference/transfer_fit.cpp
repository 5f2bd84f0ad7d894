// SPDX-License-Identifier: MIT
// Eigen stays in this file: normal equations of at most four columns.
#include "inference/transfer_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Dense>

namespace co2lib::inference::detail {

namespace {

constexpr double prior_kernels = 2;  ///< how many kernels a correction of 1 counts as; ours

using Matrix4 = Eigen::Matrix<double, most_columns, most_columns>;
using Vector4 = Eigen::Matrix<double, most_columns, 1>;

/// Normal equations of relative errors: the target of every row is 1.
struct Normal {
  Matrix4 gram = Matrix4::Zero();
  Vector4 right = Vector4::Zero();
  double count = 0;

  void add(const Columns& row, double y) {
    Vector4 r;
    for (std::size_t j = 0; j < most_columns; ++j) r[static_cast<Eigen::Index>(j)] = row[j] / y;
    gram += r * r.transpose();
    right += r;
    count += 1;
  }
};

/// Solves for every set of the first `used` columns and keeps the best without a negative coefficient.
Columns solve_not_negative(const Normal& normal, std::size_t used) {
  Columns best{};
  double best_error = normal.count;
  Vector4 scale;
  for (Eigen::Index j = 0; j < scale.size(); ++j) scale[j] = normal.gram(j, j) > 0 ? std::sqrt(normal.gram(j, j)) : 1;
  for (unsigned set = 1; set < (1U << used); ++set) {
    std::array<Eigen::Index, most_columns> chosen{};
    Eigen::Index n = 0;
    for (std::size_t j = 0; j < used; ++j) {
      if ((set >> j & 1U) != 0) chosen[static_cast<std::size_t>(n++)] = static_cast<Eigen::Index>(j);
    }
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most_columns, most_columns> gram(n, n);
    Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_columns, 1> right(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::Index ci = chosen[static_cast<std::size_t>(i)];
      right[i] = normal.right[ci] / scale[ci];
      for (Eigen::Index j = 0; j < n; ++j) {
        const Eigen::Index cj = chosen[static_cast<std::size_t>(j)];
        gram(i, j) = normal.gram(ci, cj) / (scale[ci] * scale[cj]);
      }
    }
    const auto factored = gram.ldlt();
    if (factored.info() != Eigen::Success || factored.vectorD().minCoeff() < 1e-12) continue;
    const auto solved = factored.solve(right).eval();
    if (solved.minCoeff() < 0) continue;
    const double error = normal.count - right.dot(solved);
    if (error >= best_error) continue;
    best_error = error;
    best = {};
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::Index ci = chosen[static_cast<std::size_t>(i)];
      best[static_cast<std::size_t>(ci)] = solved[i] / scale[ci];
    }
  }
  return best;
}

double dot(const Columns& a, const Columns& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]; }

}  // namespace

Columns fit_not_negative(std::span<const Columns> rows, std::span<const double> y, std::size_t used) {
  Normal normal;
  for (std::size_t i = 0; i < rows.size(); ++i) normal.add(rows[i], y[i]);
  return solve_not_negative(normal, used);
}

double array_share(const TransferPoint& point, const Array& array) {
  if (!array || point.b == 0) return 1;
  const auto p = static_cast<double>((*array)[0]);
  const auto q = static_cast<double>((*array)[1]);
  return point.a * point.b / (p * q * std::ceil(point.a / p) * std::ceil(point.b / q));
}

Columns TransferForm::columns(const TransferPoint& point) const {
  const double work = point.ops / array_share(point, array_);
  switch (kind_) {
    case Kind::scaled:
      return {1, point.from, 0, 0};
    case Kind::roof:
      return {1, work, point.bytes, 0};
    case Kind::combined:
      return {1, point.from, work, point.bytes};
    case Kind::power:
      return {point.time_us, point.ops, point.bytes, 0};
  }
  return {};
}

double TransferForm::plain(const TransferPoint& point) const {
  const Columns x = columns(point);
  if (kind_ == Kind::roof) return coefficients_[0] + std::max(coefficients_[1] * x[1], coefficients_[2] * x[2]);
  return dot(x, coefficients_);
}

double TransferForm::predict(const TransferPoint& point) const {
  const auto correction = corrections_.find(point.kernel);
  return plain(point) * (correction == corrections_.end() ? 1 : correction->second);
}

/// Which side of the roof decides depends on work/bytes alone: every place of the ridge is tried.
void TransferForm::fit_roof(std::span<const TransferPoint> points, std::span<const double> y) {
  std::vector<std::size_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto work_per_byte = [&](std::size_t i) {
    const Columns x = columns(points[i]);
    return x[2] > 0 ? x[1] / x[2] : std::numeric_limits<double>::infinity();
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return work_per_byte(i) < work_per_byte(j); });
  double best = std::numeric_limits<double>::infinity();
  Columns chosen{};
  for (std::size_t memory = 0; memory <= order.size(); ++memory) {
    Normal normal;
    for (std::size_t i = 0; i < order.size(); ++i) {
      Columns x = columns(points[order[i]]);
      x[i < memory ? 1 : 2] = 0;
      normal.add(x, y[order[i]]);
    }
    coefficients_ = solve_not_negative(normal, 3);
    double error = 0;
    for (std::size_t i = 0; i < points.size(); ++i) error += std::pow(plain(points[i]) / y[i] - 1, 2);
    if (error < best) {
      best = error;
      chosen = coefficients_;
    }
  }
  coefficients_ = chosen;
}

void TransferForm::fit(std::span<const TransferPoint> points, std::span<const double> y) {
  corrections_.clear();
  if (kind_ == Kind::roof) {
    fit_roof(points, y);
  } else {
    Normal normal;
    for (std::size_t i = 0; i < points.size(); ++i) normal.add(columns(points[i]), y[i]);
    coefficients_ = solve_not_negative(normal, kind_ == Kind::scaled ? 2 : kind_ == Kind::power ? 3 : 4);
  }
  if (by_kernel_) {
    std::map<std::string, std::pair<double, double>> sums;
    for (std::size_t i = 0; i < points.size(); ++i) {
      auto& [sum, count] = sums[points[i].kernel];
      sum += std::log(y[i] / std::max(plain(points[i]), 1e-300));
      count += 1;
    }
    for (const auto& [kernel, s] : sums) corrections_[kernel] = std::exp(s.first / (s.second + prior_kernels));
  }
  error_ = 0;
  for (std::size_t i = 0; i < points.size(); ++i) error_ += std::pow(predict(points[i]) / y[i] - 1, 2);
}

std::string TransferForm::text() const {
  std::string what = kind_ == Kind::scaled     ? "the first device's predictions, scaled"
                     : kind_ == Kind::roof     ? "a roofline"
                     : kind_ == Kind::combined ? "the first device's predictions and a roofline together"
                                               : "power, operations and bytes";
  if (array_) what += " with an array of " + std::to_string((*array_)[0]) + " x " + std::to_string((*array_)[1]);
  if (by_kernel_) what += ", a factor for each kernel";
  return what;
}

TransferFit best_form(std::span<const TransferPoint> points, std::span<const double> y,
                      std::vector<TransferForm> forms) {
  std::optional<TransferFit> best;
  double best_error = std::numeric_limits<double>::infinity();
  for (TransferForm& form : forms) {
    std::vector<double> ratios;
    double error = 0;
    for (std::size_t left = 0; left < points.size(); ++left) {
      std::vector<TransferPoint> others(points.begin(), points.end());
      std::vector<double> values(y.begin(), y.end());
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(left));
      values.erase(values.begin() + static_cast<std::ptrdiff_t>(left));
      form.fit(others, values);
      const double predicted = std::max(form.predict(points[left]), 1e-300);
      ratios.push_back(y[left] / predicted);
      error += std::fabs(predicted / y[left] - 1);
    }
    if (best && error >= best_error) continue;
    best_error = error;
    form.fit(points, y);
    best.emplace(TransferFit{form, std::move(ratios)});
  }
  return *std::move(best);
}

}  // namespace co2lib::inference::detail
