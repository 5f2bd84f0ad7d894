// SPDX-License-Identifier: MIT
// Exact sums over the rows that are clustered: the passes that need all rows.
#include "sums.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace co2lib::preindex {

namespace {

/// Per feature minus the least and the greatest value, over all processes.
std::vector<double> range_of(const EmbeddingReader& data, const Blocks& blocks, std::size_t width,
                             const Together& processes) {
  std::vector<double> range(2 * width, -std::numeric_limits<double>::infinity());
  processes.all([&] {
    struct Part {
      std::vector<float> low, high, bad;
    };
    std::vector<Part> parts(blocks.threads);
    std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
    for (Part& part : parts) {
      part.low.assign(width, std::numeric_limits<float>::infinity());
      part.high.assign(width, -std::numeric_limits<float>::infinity());
      part.bad.assign(width, 0.0F);
    }
    for_parts(blocks.count, blocks.threads, [&](std::size_t b, unsigned worker) {
      const View rows = readers[worker].block(blocks.begin(b), blocks.end(b));
      float* low = parts[worker].low.data();
      float* high = parts[worker].high.data();
      float* bad = parts[worker].bad.data();
      for (std::size_t from = 0; from < width; from += chunk_columns) {
        const std::size_t to = std::min(width, from + chunk_columns);
        for (std::size_t i = 0; i < rows.rows; ++i) {
          const float* x = rows.row(i).data();
          for (std::size_t j = from; j < to; ++j) {
            low[j] = x[j] < low[j] ? x[j] : low[j];
            high[j] = x[j] > high[j] ? x[j] : high[j];
            bad[j] += x[j] - x[j];  // not 0 for NaN and infinity
          }
        }
      }
    });
    for (const Part& part : parts) {
      for (std::size_t j = 0; j < width; ++j) {
        if (part.bad[j] != 0.0F) throw detail::not_finite(fmt::format("embeddings, feature {}", j));
        range[j] = std::max(range[j], -static_cast<double>(part.low[j]));
        range[width + j] = std::max(range[width + j], static_cast<double>(part.high[j]));
      }
    }
  });
  processes.max(range);
  return range;
}

}  // namespace

Grid::Grid(const EmbeddingReader& data, const Blocks& blocks, std::size_t width, const Together& processes)
    : middle_(width), magic_(width), unit_(width), per_unit_(width) {
  std::vector<double> range = range_of(data, blocks, width, processes);
  for (std::size_t j = 0; j < width; ++j) {
    const double low = -range[j];
    const double high = range[width + j];
    middle_[j] = 0.5 * low + 0.5 * high;
    const double half = 0.5 * high - 0.5 * low;
    const int exponent = half > 0 ? std::ilogb(half) + 1 : 0;  // half < 2^exponent
    magic_[j] = std::ldexp(1.5, exponent + 7);                 // its last bit is the unit
    unit_[j] = std::ldexp(1.0, exponent - 45);
    per_unit_[j] = std::ldexp(1.0, 45 - exponent);
  }
}

Moments moments_of(const EmbeddingReader& data, const Blocks& blocks, const Grid& grid, std::size_t all_rows,
                   const Together& processes) {
  const std::size_t width = grid.width();
  // Squares on a grid of their own: half a range is below 2^exponent, its square below 2^(2 exponent).
  std::vector<double> magic(width);
  std::vector<double> per_unit(width);
  for (std::size_t j = 0; j < width; ++j) {
    const int exponent = std::ilogb(grid.unit()[j]) + 45;
    magic[j] = std::ldexp(1.5, 2 * exponent + 7);
    per_unit[j] = std::ldexp(1.0, 45 - 2 * exponent);
  }
  Sums total(2, width);
  processes.all([&] {
    std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
    std::vector<Matrix> parts(blocks.threads, Matrix(2, width));
    for_parts(
        blocks.count, blocks.threads,
        [&](std::size_t b, unsigned worker) {
          Matrix& part = parts[worker];
          std::fill(part.values.begin(), part.values.end(), 0.0);
          double* sums = part.row(0);
          double* squares = part.row(1);
          const View rows = readers[worker].block(blocks.begin(b), blocks.end(b));
          for (std::size_t from = 0; from < width; from += chunk_columns) {
            const std::size_t to = std::min(width, from + chunk_columns);
            for (std::size_t i = 0; i < rows.rows; ++i) {
              const float* x = rows.row(i).data();
              for (std::size_t j = from; j < to; ++j) {
                const double d = static_cast<double>(x[j]) - grid.middle()[j];
                sums[j] += Grid::rounded(d, grid.magic()[j]);
                squares[j] += Grid::rounded(d * d, magic[j]);
              }
            }
          }
        },
        [&](unsigned worker) {
          total.add(0, parts[worker].row(0), grid.per_unit());
          total.add(1, parts[worker].row(1), per_unit.data());
        });
  });
  processes.sum(total.integers());
  const auto n = static_cast<double>(all_rows);
  Moments moments{std::vector<float>(width), 0};
  double variances = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double offset = total.units(0, j) * grid.unit()[j] / n;
    moments.mean[j] = static_cast<float>(grid.middle()[j] + offset);
    variances += std::max(0.0, total.units(1, j) / per_unit[j] / n - offset * offset);
  }
  moments.variance = variances / static_cast<double>(width);
  return moments;
}

}  // namespace co2lib::preindex
