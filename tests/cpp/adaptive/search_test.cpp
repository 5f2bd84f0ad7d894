// SPDX-License-Identifier: MIT
// k-search: the equations of the thresholds, and the ratios they guarantee.
#include <co2lib/adaptive/search.hpp>

#include <algorithm>
#include <cmath>

#include "adaptive/helpers.hpp"

using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

TEST(AdaptiveSearch, TheThresholdsSolveTheirEquations) {
  for (const double beta : {0.0, 10.0, 20.0}) {
    for (const std::size_t k : {1U, 2U, 5U, 24U, 1000U}) {
      const SearchThresholds t = k_search_thresholds(k, {400, 100, beta});
      EXPECT_NEAR(t.next_start, 100, 1e-9);
      double sum = 0;  // of the u_i up to j
      for (std::size_t j = 0; j <= k; ++j) {
        const double next = j < k ? t.start[j] : t.next_start;
        const double left = sum + static_cast<double>(k - j) * 400 + 2 * beta;
        EXPECT_NEAR(left / (t.alpha * (static_cast<double>(k) * next + 2 * beta)), 1, 1e-9) << k << " " << j;
        if (j < k) sum += t.run[j];
      }
      EXPECT_GE(t.alpha1, t.alpha - 1e-12);
    }
  }
  EXPECT_NEAR(k_search_thresholds(1, {400, 100}).alpha, 2, 1e-12);
  EXPECT_NEAR(k_search_thresholds(8, {400, 100}).alpha1, 1.863569, 1e-6);
  EXPECT_NEAR(k_search_thresholds(200000, {400, 100}).alpha, Conversion({400, 100}).alpha(), 1e-4);
}

TEST(AdaptiveSearch, NoSequenceCostsMoreThanItsRatio) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Draws draw(seed);
    const std::size_t k = 1 + draw.below(4);
    const double beta = seed % 3 == 0 ? draw(0, 40) : 0;
    const SearchThresholds t = k_search_thresholds(k, {400, 100, beta});
    std::vector<double> prices = series(draw, k + draw.below(6), 100, 400);
    for (double& p : prices) {  // adversaries: bounds, and a little above and below the thresholds
      const double u = draw();
      const std::size_t i = draw.below(k);
      if (u < 0.2) p = 400;
      if (u > 0.9) p = 100;
      if (u > 0.4 && u < 0.6) p = std::clamp(t.start[i] + (u < 0.5 ? 1e-6 : -1e-6), 100.0, 400.0);
      if (u > 0.6 && u < 0.7) p = std::clamp(t.run[i] + 1e-6, 100.0, 400.0);
    }
    const SearchResult r = k_search(prices, k, {400, 100, beta});
    EXPECT_TRUE(r.within_alpha1) << seed << " " << *r.ratio << " " << r.alpha1;
    EXPECT_EQ(r.slots.size(), k);
    EXPECT_GE(*r.ratio, 1 - 1e-12);
    if (beta == 0) {
      const SearchResult any = k_search_unlimited(prices, k, {400, 100});
      EXPECT_LE(*any.ratio, any.alpha * (1 + 1e-9)) << seed;
    }
  }
}

TEST(AdaptiveSearch, TheOptimumIsThatOfEnumeration) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Draws draw(seed);
    const std::vector<double> prices = series(draw, 9, 100, 400);
    const double beta = draw(0, 60);
    for (const std::size_t k : {1U, 3U, 5U}) {
      double least = INFINITY;
      for (unsigned set = 0; set < 512; ++set) {
        if (static_cast<std::size_t>(__builtin_popcount(set)) != k) continue;
        double cost = 0;
        for (unsigned i = 0; i < 9; ++i) {
          if ((set >> i & 1) == 0) continue;
          cost += prices[i] + (i == 0 || (set >> (i - 1) & 1) == 0 ? 2 * beta : 0);
        }
        least = std::min(least, cost);
      }
      EXPECT_NEAR(k_search(prices, k, {400, 100, beta}).optimum, least, 1e-9);
    }
  }
}

TEST(AdaptiveSearch, PricesOutsideTheBoundsAreComparedAtTheBoundAndCounted) {
  const std::vector<double> prices{50, 900, 30};
  const SearchResult r = k_search(prices, 1, {400, 100});
  EXPECT_EQ(r.slots, std::vector<std::size_t>{0});
  EXPECT_EQ(r.cost, 50);
  EXPECT_EQ(r.outside, 3U);
}

TEST(AdaptiveSearch, ConversionRunsBetweenItsBounds) {
  for (const double beta : {0.0, 10.0, 20.0}) {
    const Conversion c({400, 100, beta});
    EXPECT_NEAR(c.phi(1), 100 + beta, 1e-9);
    for (const double w : {0.0, 0.3, 0.9}) EXPECT_NEAR(c.done_at(c.phi(w)), w, 1e-9);
  }
  const Conversion c({400, 100});
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Draws draw(seed);
    const std::vector<double> prices = series(draw, 6, 100, 400);
    const std::vector<double> parts = c.run(prices);
    double cost = 0;
    double sum = 0;
    for (std::size_t i = 0; i < prices.size(); ++i) cost += parts[i] * prices[i], sum += parts[i];
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_LE(cost, c.alpha() * *std::min_element(prices.begin(), prices.end()) * (1 + 1e-9));
  }
}

TEST(AdaptiveSearch, RefusesWhatHasNoThresholds) {
  const auto code = [](std::size_t k, SearchBounds b) {
    return refused([&] { (void)k_search_thresholds(k, b); }).code;
  };
  EXPECT_EQ(code(0, {400, 100}), "adaptive.bad_input");
  EXPECT_EQ(code(1, {100, 100}), "adaptive.bad_input");
  EXPECT_EQ(code(1, {400, 0}), "adaptive.bad_input");
  EXPECT_EQ(code(1, {400, 100, 150}), "adaptive.bad_input");
  EXPECT_EQ(code(1, {400, 100, -1}), "adaptive.bad_input");
  EXPECT_EQ(code(1, {NAN, 100}), "adaptive.bad_input");
  const auto few = refused([] { (void)k_search(std::vector<double>{200, 300}, 3, {400, 100}); });
  EXPECT_EQ(few.code, "adaptive.infeasible");
  EXPECT_EQ(few.detail("max_work"), 2);
}
