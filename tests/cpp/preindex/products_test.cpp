// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"
#include "preindex/products.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::Random;

constexpr float unread = std::numeric_limits<float>::quiet_NaN();

/// A block whose rows lie `stride` apart, with values that must not be read between them.
struct Block {
  std::size_t count, columns, k;
  std::ptrdiff_t stride;
  std::vector<float> rows, mean, centres;

  Block(Random& random, std::size_t row_count, std::size_t column_count, std::size_t centre_count)
      : count(row_count),
        columns(column_count),
        k(centre_count),
        stride(static_cast<std::ptrdiff_t>(columns + static_cast<std::size_t>(random.integer(0, 9)))),
        rows(count * static_cast<std::size_t>(stride), unread),
        mean(columns),
        centres(k * padded_columns(columns), 0.0F) {
    for (float& x : mean) x = static_cast<float>(100 + 10 * random.normal());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < columns; ++j) row(i)[j] = mean[j] + static_cast<float>(random.normal());
    }
    for (std::size_t c = 0; c < k; ++c) {
      for (std::size_t j = 0; j < columns; ++j) centre(c)[j] = static_cast<float>(random.normal());
    }
  }
  float* row(std::size_t i) { return rows.data() + i * static_cast<std::size_t>(stride); }
  float* centre(std::size_t c) { return centres.data() + c * padded_columns(columns); }
};

TEST(PreindexProducts, AreThoseOfDoublesUpToTheBoundOnEveryProcessor) {
  Random random(41);
  for (const ProductKernel& kernel : product_kernels()) {
    for (const std::size_t count : {1U, 2U, 3U, 4U, 7U, 8U}) {
      for (const std::size_t columns : {1U, 15U, 16U, 17U, 500U, 512U}) {
        for (const std::size_t k : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 10U, 11U}) {
          Block b(random, count, columns, k);
          std::vector<double> scores(count * k, 1000.0);
          kernel.add({b.rows.data(), count, b.stride, b.mean.data(), columns, b.centres.data(), k, scores.data()});
          for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t c = 0; c < k; ++c) {
              double exact = 0, row = 0, centre = 0;
              for (std::size_t j = 0; j < columns; ++j) {
                const auto x = static_cast<double>(b.row(i)[j] - b.mean[j]);
                const auto y = static_cast<double>(b.centre(c)[j]);
                exact += x * y;
                row += x * x;
                centre += y * y;
              }
              const double bound = (static_cast<double>(columns) + 2) * 0x1p-24 * std::sqrt(row * centre) + 1e-12;
              ASSERT_NEAR(scores[i * k + c], 1000 + exact, bound) << kernel.name << ": " << count << " x " << columns
                                                                  << ", row " << i << ", centre " << c << " of " << k;
            }
          }
        }
      }
    }
  }
}

TEST(PreindexProducts, HaveAVersionForEveryProcessor) {
  ASSERT_FALSE(product_kernels().empty());
  EXPECT_EQ(product_kernels().back().name, "eigen");
}

}  // namespace
