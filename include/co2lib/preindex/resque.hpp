// SPDX-License-Identifier: MIT
// RESQUE (AAAI 2025, arXiv 2412.15511): what a shift of data, or a new task, does to a model's representation.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/cluster.hpp>
#include <co2lib/preindex/vector.hpp>

namespace co2lib::preindex {

/// The shift index and the angle of every class, as a share of pi.
struct Resque {
  double index = 0;              ///< mean of the angles: 0 same direction, 0.5 orthogonal, 1 opposite
  std::vector<Label> classes{};  ///< ascending
  std::vector<double> angles{};  ///< classes ascending
};

/// Sums of the vectors of each class, K x C; what `resque_shift` needs of a side, additive over shards.
struct ClassSums {
  std::vector<Label> classes{};        ///< ascending
  std::vector<std::int64_t> counts{};  ///< of the rows of each class
  Matrix sums{};                       ///< one row for each class
};

/// Adds rows class by class, in row order. Throws preindex.unpaired, preindex.empty, preindex.nonfinite.
[[nodiscard]] inline ClassSums class_sums(const View& rows, std::span<const Label> labels) {
  if (rows.rows != labels.size()) {
    throw Error("preindex.unpaired",
                std::to_string(rows.rows) + " rows and " + std::to_string(labels.size()) + " labels; give one per row");
  }
  if (rows.rows == 0 || rows.columns == 0) throw Error("preindex.empty", "there are no rows to sum");
  const Classes classes = classes_of(labels);
  ClassSums sums{classes.labels, std::vector<std::int64_t>(classes.count(), 0), {classes.count(), rows.columns}};
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const auto c = static_cast<std::size_t>(classes.index[i]);
    ++sums.counts[c];
    double* sum = sums.sums.row(c);
    for (std::size_t j = 0; j < rows.columns; ++j) {
      const float x = rows.at(i, j);
      if (!std::isfinite(x)) throw detail::not_finite("sample " + std::to_string(i));
      sum[j] += static_cast<double>(x);
    }
  }
  return sums;
}

/// The shift index from class sums of both sides.
///
/// Throws preindex.class_sets for different classes, preindex.zero_vector, preindex.width_changed.
[[nodiscard]] inline Resque resque_shift(const ClassSums& clean, const ClassSums& shifted) {
  if (clean.classes != shifted.classes) {
    const auto missing = [](const std::vector<Label>& from, const std::vector<Label>& in) {
      std::string text;
      for (const Label& label : from) {
        if (std::find(in.begin(), in.end(), label) == in.end()) text += (text.empty() ? "" : ", ") + to_string(label);
      }
      return text.empty() ? std::string("none") : text;
    };
    throw Error("preindex.class_sets", "classes on the clean side only: " + missing(clean.classes, shifted.classes) +
                                           "; on the shifted side only: " + missing(shifted.classes, clean.classes));
  }
  if (clean.sums.columns != shifted.sums.columns) {
    throw Error("preindex.width_changed", "vectors of " + std::to_string(clean.sums.columns) + " values before and " +
                                              std::to_string(shifted.sums.columns) + " after the shift");
  }
  const std::size_t width = clean.sums.columns;
  const auto norm = [&](const double* v) {
    double largest = 0;
    for (std::size_t j = 0; j < width; ++j) largest = std::max(largest, std::fabs(v[j]));
    if (largest == 0) return 0.0;
    // Scaled by a power of two, so that no square over- or underflows.
    const int exponent = std::ilogb(largest);
    double sum = 0;
    for (std::size_t j = 0; j < width; ++j) {
      const double x = std::scalbn(v[j], -exponent);
      sum += numeric::product(x, x);
    }
    return std::scalbn(std::sqrt(sum), exponent);
  };
  Resque result{.index = 0, .classes = clean.classes, .angles = {}};
  for (std::size_t c = 0; c < clean.classes.size(); ++c) {
    const double* u = clean.sums.row(c);
    const double* w = shifted.sums.row(c);
    const double nu = norm(u);
    const double nw = norm(w);
    if (nu == 0 || nw == 0) {
      throw Error("preindex.zero_vector", "class " + to_string(clean.classes[c]) + ": the vectors of the " +
                                              (nu == 0 ? "clean" : "shifted") + " side sum to zero");
    }
    double apart = 0;
    double along = 0;
    for (std::size_t j = 0; j < width; ++j) {
      const double a = u[j] / nu;
      const double b = w[j] / nw;
      apart += numeric::product(a - b, a - b);
      along += numeric::product(a + b, a + b);
    }
    result.angles.push_back(2.0 * std::atan2(std::sqrt(apart), std::sqrt(along)) / std::numbers::pi);
  }
  if (result.angles.empty()) throw Error("preindex.empty", "there are no classes");
  double sum = 0;
  for (const double angle : result.angles) sum += angle;
  result.index = sum / static_cast<double>(result.angles.size());
  return result;
}

/// RESQUE's shift index: rows N x C per side, unpaired, with the labels of each side (docs/preindex.md, "RESQUE").
[[nodiscard]] inline Resque resque_shift(const View& clean, std::span<const Label> labels_clean, const View& shifted,
                                         std::span<const Label> labels_shifted) {
  return resque_shift(class_sums(clean, labels_clean), class_sums(shifted, labels_shifted));
}

/// RESQUE's task index, `inv_ari` of the result: 1 - ARI of the new task's data from its own class means.
///
/// `rows`: the embedding, flattened (the default of the project) or averaged over positions.
[[nodiscard]] inline ClusterResult resque_task(const View& rows, std::span<const Label> labels,
                                               const LloydOptions& options = {}) {
  return inv_ari(rows, rows, labels, Variant::clean, options);
}

}  // namespace co2lib::preindex
