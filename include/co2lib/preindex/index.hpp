// SPDX-License-Identifier: MIT
// The index: combine the two ingredients; adjusted Rand index from counts.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/preindex/vector.hpp>

namespace co2lib::preindex {

/// Counts of samples by class (rows) and cluster (columns).
using Contingency = BasicMatrix<std::int64_t>;

/// PreIndex = (p + inv_ari) / (1 + (p + d) s) - s_bar, d = `inv_ari_denominator`, or else `inv_ari`.
///
/// The formula is known from a second-hand summary of arXiv 2408.01446 only. Throws preindex.bad_option for s < 0, an
/// argument that is not finite, or a denominator <= 0.
[[nodiscard]] inline double combine(double p, double inv_ari, double s = 0, double s_bar = 0,
                                    std::optional<double> inv_ari_denominator = std::nullopt) {
  const auto finite = [](const char* name, double x) {
    if (!std::isfinite(x)) throw detail::bad_option(name, numeric::text(x), "a finite number");
  };
  const double d = inv_ari_denominator.value_or(inv_ari);
  finite("p", p);
  finite("inv_ari", inv_ari);
  finite("s", s);
  finite("s_bar", s_bar);
  finite("inv_ari_denominator", d);
  if (s < 0) throw detail::bad_option("s", numeric::text(s), "a number >= 0");
  const double denominator = 1.0 + numeric::product(p + d, s);
  if (!(denominator > 0)) {
    throw detail::bad_option("s", "a denominator of " + numeric::text(denominator), "values with 1 + (p + d) s > 0");
  }
  return (p + inv_ari) / denominator - s_bar;
}

/// The adjusted Rand index of a contingency table, in integers until the last division; n up to 2^31.
///
/// In [-0.5, 1]; 1 where both partitions are the same, also if both are trivial. Throws preindex.empty for a table
/// without samples and preindex.bad_option for a negative count or more than 2^31 samples.
[[nodiscard]] inline double adjusted_rand(const Contingency& table) {
  __extension__ using Wide = __int128;
  std::vector<std::int64_t> rows(table.rows, 0);
  std::vector<std::int64_t> columns(table.columns, 0);
  constexpr std::int64_t most = std::int64_t{1} << 31;
  std::int64_t n = 0;
  for (std::size_t i = 0; i < table.rows; ++i) {
    for (std::size_t j = 0; j < table.columns; ++j) {
      const std::int64_t count = table.row(i)[j];
      if (count < 0 || count > most || n + count > most) {
        throw detail::bad_option("contingency", std::to_string(count), "counts >= 0 that sum to at most 2^31");
      }
      n += count;
      rows[i] += count;
      columns[j] += count;
    }
  }
  if (n == 0) throw Error("preindex.empty", "the contingency table holds no samples");
  Wide squares = 0;
  Wide by_columns = 0;
  Wide by_rows = 0;
  for (std::size_t i = 0; i < table.rows; ++i) {
    for (std::size_t j = 0; j < table.columns; ++j) {
      const Wide count = table.row(i)[j];
      squares += count * count;
      by_columns += count * columns[j];
      by_rows += count * rows[i];
    }
  }
  const Wide tp = squares - n;
  const Wide fp = by_columns - squares;
  const Wide fn = by_rows - squares;
  const Wide tn = Wide{n} * n - fp - fn - squares;
  if (fp == 0 && fn == 0) return 1.0;
  // n <= 2^31: every product is below 2^124, and the numerator is doubled only as a double.
  const Wide numerator = tp * tn - fn * fp;
  const Wide denominator = (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn);
  return 2.0 * static_cast<double>(numerator) / static_cast<double>(denominator);
}

}  // namespace co2lib::preindex
