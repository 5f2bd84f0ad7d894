// SPDX-License-Identifier: MIT
// The rows that are clustered, in blocks for threads and shards for processes; private to preindex.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <co2lib/preindex/cluster.hpp>

#include "parallel.hpp"
#include "products.hpp"
#include "together.hpp"

namespace co2lib::preindex {

inline constexpr std::size_t block_rows = 256;
// Columns whose float32 products are summed before they go into a double: bounds the rounding error by itself.
inline constexpr std::size_t chunk_columns = product_columns;
// Below this many values threads cost more than they save.
inline constexpr std::size_t values_per_thread = 1U << 16U;

/// Reads blocks of rows, in place where it can be, for one thread.
class BlockReader {
 public:
  explicit BlockReader(const EmbeddingReader& data) : data_(data) {}

  [[nodiscard]] View block(std::size_t begin, std::size_t end) {
    if (const auto view = data_.in_place(begin, end); view && view->rows_in_place()) return *view;
    buffer_.resize((end - begin) * data_.columns());
    data_.read(begin, end, buffer_.data());
    return {buffer_.data(), end - begin, data_.columns()};
  }

 private:
  const EmbeddingReader& data_;
  std::vector<float> buffer_{};
};

/// How the rows of this process are split into blocks, and the threads that are worth it.
struct Blocks {
  std::size_t rows;
  std::size_t count;
  unsigned threads;

  Blocks(const EmbeddingReader& data, unsigned wanted)
      : rows(data.rows()), count((rows + block_rows - 1) / block_rows) {
    const std::size_t values = data.rows() * data.columns();
    threads = thread_count(wanted, std::min(count, values / values_per_thread + 1));
  }

  [[nodiscard]] std::size_t begin(std::size_t block) const { return block * block_rows; }
  [[nodiscard]] std::size_t end(std::size_t block) const { return std::min(rows, begin(block) + block_rows); }
};

/// Eight sums side by side: the order is fixed, and the compiler may use vectors.
template <class Term>
double sum_of(std::size_t n, const Term& term) {
  std::array<double, 8> sums{};
  std::size_t j = 0;
  for (; j + 8 <= n; j += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += term(j + k);
  }
  for (; j < n; ++j) sums[j % 8] += term(j);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/// The rows of all processes: how many, and how many come before those of this one.
struct Shards {
  std::size_t rows = 0;
  std::size_t before = 0;

  Shards(const EmbeddingReader& data, std::size_t width, const Together& processes);
};

/// Number of columns, also where this process has no rows.
[[nodiscard]] std::size_t width_of(const EmbeddingReader& data, const Together& processes);

/// The values of a sample of all processes, in every one of them.
[[nodiscard]] std::vector<float> row_of(const EmbeddingReader& data, std::size_t sample, std::size_t width,
                                        const Shards& shards, const Together& processes);

}  // namespace co2lib::preindex
