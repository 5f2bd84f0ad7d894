// SPDX-License-Identifier: MIT
// The forecasters on plain hours; private to src.
//
// 1. Everything is an array over hours, computed once: m7[t], the mean of the same hour of the 7 days before t, is
//    mean7 of issue t - r for each r of 0..23, since it reads nothing after t - 24.
// 2. ridge28 regresses, per lead, what blend was off. Its rows (an issue whose target is known) enter a Gram matrix
//    once; a later fit adds the rows that have become known. A row counts ten times if its issue is at the hour of day
//    of the fit: each hour of day that is fitted has a Gram matrix of its own.
// 3. Intervals are order statistics of a window of errors per lead, kept sorted while it slides.
// What is not known is NaN and stays so in every sum; nobody compares it.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <co2lib/intensity/forecast.hpp>

#include "dense.hpp"

namespace co2lib::intensity::detail {

inline constexpr std::size_t week = 168;
inline constexpr std::size_t needed_blend = 169;
inline constexpr std::size_t needed_ridge = 672;
inline constexpr std::size_t most_leads = 21 * 24;
inline constexpr std::size_t fit_every = 168;
inline constexpr std::size_t errors_kept = 60;
inline constexpr std::size_t errors_needed = 30;

/// Known hours before an issue that a forecast of this horizon needs.
[[nodiscard]] constexpr std::size_t needed(Forecaster method, std::size_t horizon) noexcept {
  return method == Forecaster::ridge28 || horizon > week ? needed_ridge : needed_blend;
}

using HalfWidths = std::array<std::optional<double>, 3>;

/// Forecasts of one method on one series of hours.
class Model {
 public:
  /// Reads `hours` where a forecast may; issues are asked for in any order, but fits only forward.
  Model(std::span<const double> hours, Forecaster method, std::size_t horizon);

  /// Fits `ridge28` as of this hour; nothing for the others.
  void fit(std::size_t issue);

  /// The values of leads 0, 1, ... of one issue, by the last fit at or before it.
  void values(std::size_t issue, std::span<double> out) const;

 private:
  using Row = std::array<double, features>;
  struct Gram {
    std::array<std::array<double, features + 2>, features> sums{};  // of w x x', w x y
    double weight = 0;
    std::size_t next = needed_ridge;  // issue of the next row
  };
  using Coefficients = std::vector<Row>;  // by lead

  [[nodiscard]] double base(std::size_t issue, std::size_t lead) const;
  [[nodiscard]] Row row(std::size_t issue, std::size_t lead) const;
  void add_rows(Gram& gram, std::size_t lead, std::size_t until, std::size_t hour_of_fit) const;
  [[nodiscard]] Row solve(const Gram& gram) const;

  std::span<const double> v_;
  Forecaster method_;
  std::size_t horizon_;
  std::vector<double> decay_;                       // exp(-(k + 1) / 24)
  std::vector<double> m7_, m28_;                    // of hours
  std::vector<double> e_;                           // v[i-1] - m7[i-1], of issues
  std::vector<double> day_, week_, w28_;            // means of the last 24, 168, 672 h, of issues
  std::map<std::size_t, std::vector<Gram>> grams_;  // by hour of the day of the fit; by lead
  std::map<std::size_t, Coefficients> fits_;        // by issue
};

/// Forecasts of issues a day apart, and their intervals.
struct Grid {
  std::size_t first = 0;  // issue of the first
  std::size_t count = 0;  // issues first, first + 24, ...
  std::size_t horizon = 0;
  std::vector<double> values;      // [issue][lead]
  std::vector<HalfWidths> widths;  // [issue][lead]

  [[nodiscard]] std::span<const double> of(std::size_t n) const { return {&values[n * horizon], horizon}; }
  [[nodiscard]] std::span<const HalfWidths> widths_of(std::size_t n) const { return {&widths[n * horizon], horizon}; }
};

/// All issues of one hour of the day from the earliest that can be up to `last`; intervals for those from `from` on.
[[nodiscard]] Grid grid_of(const Model& model, std::span<const double> hours, std::size_t earliest, std::size_t from,
                           std::size_t last, std::size_t horizon);

}  // namespace co2lib::intensity::detail
