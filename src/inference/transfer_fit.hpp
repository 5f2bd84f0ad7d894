// SPDX-License-Identifier: MIT
// Small fits with coefficients that are not negative, for few measurements; private to the domain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace co2lib::inference::detail {

inline constexpr std::size_t most_columns = 4;
using Columns = std::array<double, most_columns>;

/// Coefficients >= 0 that minimise the sum of squared relative errors of `rows . c` against `y`; the exact solution, by
/// trying every set of columns. Columns from `used` on are ignored.
[[nodiscard]] Columns fit_not_negative(std::span<const Columns> rows, std::span<const double> y, std::size_t used);

/// What a kernel looks like to the forms below.
struct TransferPoint {
  std::string kernel{};
  double ops = 0;
  double bytes = 0;
  double a = 0;        ///< multipliers' tile: rows
  double b = 0;        ///< multipliers' tile: columns; 0 where an array is not used
  double from = 0;     ///< what the other device's predictor says, 0 where it says nothing
  double time_us = 0;  ///< of the target device, for energy
};

using Array = std::optional<std::array<std::int64_t, 2>>;

/// The share of an array that a kernel uses.
[[nodiscard]] double array_share(const TransferPoint& point, const Array& array);

/// A form with its coefficients.
class TransferForm {
 public:
  enum class Kind : std::uint8_t {
    scaled,    ///< c0 + c1 from
    roof,      ///< c0 + max(c1 ops/util, c2 bytes)
    combined,  ///< c0 + c1 from + c2 ops/util + c3 bytes
    power      ///< c0 time + c1 ops + c2 bytes
  };

  TransferForm(Kind kind, Array array, bool by_kernel) : kind_(kind), array_(array), by_kernel_(by_kernel) {}

  void fit(std::span<const TransferPoint> points, std::span<const double> y);
  [[nodiscard]] double predict(const TransferPoint& point) const;

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const Array& array() const noexcept { return array_; }

  /// The sum of squared relative errors on what it was fitted to.
  [[nodiscard]] double error() const noexcept { return error_; }

  /// In a few words, for people.
  [[nodiscard]] std::string text() const;

 private:
  void fit_roof(std::span<const TransferPoint> points, std::span<const double> y);
  [[nodiscard]] Columns columns(const TransferPoint& point) const;
  [[nodiscard]] double plain(const TransferPoint& point) const;

  Kind kind_;
  Array array_;
  bool by_kernel_;
  Columns coefficients_{};
  std::map<std::string, double> corrections_{};  ///< factor of a kernel, drawn to 1
  double error_ = 0;
};

/// A form that was chosen, and its errors on points left out.
struct TransferFit {
  TransferForm form;
  std::vector<double> ratios{};  ///< true/predicted, each point by a fit without it
};

/// The form with the least mean absolute relative error on points left out one by one.
[[nodiscard]] TransferFit best_form(std::span<const TransferPoint> points, std::span<const double> y,
                                    std::vector<TransferForm> forms);

}  // namespace co2lib::inference::detail
