// SPDX-License-Identifier: MIT
// Exact sums over the rows that are clustered, so that they do not depend on the number of threads or processes: values
// on a grid, sums of 256 of them in double, sums of those in integers; private to preindex.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <co2lib/preindex/cluster.hpp>

#include "rows.hpp"
#include "together.hpp"

namespace co2lib::preindex {

/// Values of each feature relative to the middle of its range, rounded to 2^-45 of half of the range.
///
/// Sums of up to 256 of them are exact in double, whatever their order; sums of these go into integers (`Sums`). So no
/// sum depends on which thread or process has which rows. Values of float32 in the upper 2^-21 of the range are exact.
class Grid {
 public:
  Grid(const EmbeddingReader& data, const Blocks& blocks, std::size_t width, const Together& processes);

  /// part += sign * values, for the columns [from, to).
  template <int sign>
  void add(double* part, const float* x, std::size_t from, std::size_t to) const {
    for (std::size_t j = from; j < to; ++j) {
      const double v = rounded(static_cast<double>(x[j]) - middle_[j], magic_[j]);
      if constexpr (sign > 0) {
        part[j] += v;
      } else {
        part[j] -= v;
      }
    }
  }

  [[nodiscard]] static double rounded(double x, double magic) { return (x + magic) - magic; }
  [[nodiscard]] std::size_t width() const { return middle_.size(); }
  [[nodiscard]] const double* middle() const { return middle_.data(); }
  [[nodiscard]] const double* magic() const { return magic_.data(); }
  [[nodiscard]] const double* unit() const { return unit_.data(); }
  [[nodiscard]] const double* per_unit() const { return per_unit_.data(); }

 private:
  std::vector<double> middle_;
  std::vector<double> magic_;
  std::vector<double> unit_;
  std::vector<double> per_unit_;
};

/// Rows of sums of values of a grid, in its units, and a count per row: integers that add up over processes.
///
/// Each sum is kept as its low 32 bits and the rest: no carry until 2^31 blocks were added.
class Sums {
 public:
  Sums(std::size_t rows, std::size_t width) : rows_(rows), width_(width), values_(rows + 2 * rows * width, 0) {}

  [[nodiscard]] std::int64_t& count(std::size_t k) { return values_[k]; }
  [[nodiscard]] std::int64_t count(std::size_t k) const { return values_[k]; }

  /// Adds the exact sum of up to 256 values; `per_unit` as in the grid.
  void add(std::size_t k, const double* part, const double* per_unit) {
    std::int64_t* low = values_.data() + rows_ + k * width_;
    std::int64_t* high = low + rows_ * width_;
    for (std::size_t j = 0; j < width_; ++j) {
      const auto units = static_cast<std::int64_t>(part[j] * per_unit[j]);
      low[j] += units & 0xFFFFFFFF;
      high[j] += units >> 32;
    }
  }

  /// The sum in units, rounded once or twice, by the integers alone.
  [[nodiscard]] double units(std::size_t k, std::size_t j) const {
    const std::int64_t* low = values_.data() + rows_ + k * width_ + j;
    return static_cast<double>(low[rows_ * width_]) * 0x1p32 + static_cast<double>(*low);
  }

  [[nodiscard]] std::span<std::int64_t> integers() { return values_; }

 private:
  std::size_t rows_;
  std::size_t width_;
  std::vector<std::int64_t> values_;  // counts, low, high
};

/// The sums of a block of rows, for one thread.
class BlockSums {
 public:
  BlockSums(std::size_t rows, std::size_t width) : parts_(rows, width), counts_(rows, 0), touched_(rows, 0) {}

  void clear() {
    std::fill(touched_.begin(), touched_.end(), 0);
    moves_.clear();
  }
  /// A row that leaves a sum (-1: none) for another.
  void move(const float* x, std::int32_t from, std::int32_t to) {
    moves_.push_back({x, from, to});
    if (from >= 0) --count(static_cast<std::size_t>(from));
    ++count(static_cast<std::size_t>(to));
  }
  /// Adds what was moved.
  void sum(const Grid& grid) {
    for (std::size_t from = 0; from < grid.width(); from += chunk_columns) {
      const std::size_t to = std::min(grid.width(), from + chunk_columns);
      for (const Move& m : moves_) {
        if (m.from >= 0) grid.add<-1>(parts_.row(static_cast<std::size_t>(m.from)), m.x, from, to);
        grid.add<1>(parts_.row(static_cast<std::size_t>(m.to)), m.x, from, to);
      }
    }
  }
  void add_to(Sums& sums, const Grid& grid) const {
    for (std::size_t k = 0; k < parts_.rows; ++k) {
      if (touched_[k] == 0) continue;
      sums.count(k) += counts_[k];
      sums.add(k, parts_.row(k), grid.per_unit());
    }
  }

 private:
  struct Move {
    const float* x;
    std::int32_t from;
    std::int32_t to;
  };

  std::int64_t& count(std::size_t k) {
    if (touched_[k] == 0) {
      touched_[k] = 1;
      counts_[k] = 0;
      std::fill_n(parts_.row(k), parts_.columns, 0.0);
    }
    return counts_[k];
  }

  Matrix parts_;
  std::vector<std::int64_t> counts_;
  std::vector<char> touched_;
  std::vector<Move> moves_{};
};

/// Mean of every feature and the mean of their population variances, over all processes.
struct Moments {
  std::vector<float> mean;  // rounded: only a shift, and float32 values minus it need no conversion
  double variance = 0;
};

[[nodiscard]] Moments moments_of(const EmbeddingReader& data, const Blocks& blocks, const Grid& grid,
                                 std::size_t all_rows, const Together& processes);

}  // namespace co2lib::preindex
