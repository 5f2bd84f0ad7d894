// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;
using co2lib::preindex::test::Random;

/// The rule, literally: the largest k with edges[k] <= v, the last bin closed.
std::vector<Count> by_the_rule(const std::vector<float>& values, int bins, EdgeRule rule) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const std::vector<float> e = edges(*low, *high, bins, rule);
  std::vector<Count> counts(static_cast<std::size_t>(bins), 0);
  for (const float v : values) {
    std::ptrdiff_t k = 0;
    while (k + 1 < bins && e[static_cast<std::size_t>(k) + 1] <= v) ++k;
    ++counts[static_cast<std::size_t>(k)];
  }
  return counts;
}

TEST(PreindexHistogram, PutsValuesOnEdgesIntoTheUpperBinAndTheLastIntoTheLast) {
  const std::vector<float> values{0, 0.25F, 0.5F, 0.75F, 1};
  EXPECT_EQ(histogram(values, 4), (std::vector<Count>{1, 1, 1, 2}));
  EXPECT_EQ(histogram(values, 2), (std::vector<Count>{2, 3}));
}

TEST(PreindexHistogram, PutsAConstantIntoTheMiddleBin) {
  for (const float value : {0.0F, -3.5F, 1e-20F, 7e4F, 1e6F, 1e30F}) {
    for (const int bins : {2, 5, 16, 64}) {
      std::vector<Count> expected(static_cast<std::size_t>(bins), 0);
      expected[static_cast<std::size_t>(bins / 2)] = 9;
      EXPECT_EQ(histogram(std::vector<float>(9, value), bins), expected) << value << " " << bins;
    }
  }
}

TEST(PreindexHistogram, CountsAsTheRuleSaysForManyScalesAndOffsets) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    const double offset = round % 3 == 0 ? 0 : std::pow(10.0, random.integer(-3, 5));
    const double scale = std::pow(10.0, random.integer(-30, 30));
    std::vector<float> values = random.vector(static_cast<std::size_t>(random.integer(2, 300)), offset, scale);
    // Values on edges are what a careless guess gets wrong.
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const EdgeRule rule = round % 2 == 0 ? EdgeRule::numpy1 : EdgeRule::numpy2;
    const int bins = std::vector<int>{2, 7, 16, 32, 64, 100, 1000}[static_cast<std::size_t>(round) % 7];
    const std::vector<float> e = edges(*low, *high, bins, rule);
    if (!std::is_sorted(e.begin(), e.end(), std::less_equal<>())) continue;
    values.insert(values.end(), e.begin(), e.end());
    for (const float edge : e) {
      const float below = std::nextafter(edge, -std::numeric_limits<float>::infinity());
      if (below > e.front()) values.push_back(below);
    }
    EXPECT_EQ(histogram(values, bins, rule), by_the_rule(values, bins, rule)) << round;
  }
}

TEST(PreindexHistogram, SixtyFourBinsContainThirtyTwoAndSixteen) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    const EdgeRule rule = round % 2 == 0 ? EdgeRule::numpy1 : EdgeRule::numpy2;
    const auto values = random.vector(static_cast<std::size_t>(random.integer(2, 500)), round % 5 == 0 ? 1e5 : 0);
    const auto fine = histogram(values, 64, rule);
    for (const int bins : {32, 16}) {
      const auto coarse = histogram(values, bins, rule);
      const std::size_t ratio = 64 / static_cast<std::size_t>(bins);
      for (std::size_t k = 0; k < coarse.size(); ++k) {
        Count sum = 0;
        for (std::size_t j = 0; j < ratio; ++j) sum += fine[k * ratio + j];
        ASSERT_EQ(coarse[k], sum) << round << " bin " << k;
      }
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      const auto e64 = edges(*low, *high, 64, rule);
      const auto own = edges(*low, *high, bins, rule);
      for (std::size_t k = 0; k < own.size(); ++k) ASSERT_EQ(own[k], e64[k * ratio]);
    }
  }
}

TEST(PreindexHistogram, RefusesWhatHasNoHistogram) {
  const std::vector<float> one{1};
  EXPECT_EQ(code_of([&] { return histogram({}, 16); }), "preindex.empty");
  EXPECT_EQ(code_of([&] { return histogram(one, 1); }), "preindex.bad_option");
  EXPECT_EQ(code_of([&] { return histogram(one, 4097); }), "preindex.bad_option");
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const std::size_t n : {1U, 5U, 16U, 40U}) {
      for (std::size_t at = 0; at < n; at += 3) {
        std::vector<float> values(n, 1.0F);
        values[at] = bad;
        EXPECT_EQ(code_of([&] { return histogram(values, 16); }), "preindex.nonfinite");
      }
    }
  }
}

}  // namespace
