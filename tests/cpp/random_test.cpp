// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <co2lib/random.hpp>

namespace {

using namespace co2lib;

TEST(Random, IsPhiloxWithTheWordsOfItsAuthors) {
  // Known answers of Random123 1.09, kat_vectors, philox4x32-10.
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(random::philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(random::philox({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, HashesNamesAsFnv1a) {
  EXPECT_EQ(random::fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(random::fnv1a("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(random::fnv1a("foobar"), 0x85944171f73967e8U);
}

TEST(Random, DrawsUniformlyAndByName) {
  double sum = 0;
  for (std::uint64_t d = 0; d < 10000; ++d) {
    const double u = random::draw(1, d, "x");
    ASSERT_GT(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.01);
  EXPECT_NE(random::draw(1, 0, "x"), random::draw(1, 0, "y"));
  EXPECT_NE(random::draw(1, 0, "x"), random::draw(2, 0, "x"));
  EXPECT_NE(random::draw(1, 0, "x"), random::draw(1, std::uint64_t{1} << 32U, "x"));
}

TEST(Random, HasNormalQuantiles) {
  EXPECT_EQ(random::normal(0.5), 0);
  EXPECT_NEAR(random::normal(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(random::normal(0.9), 1.2815515655446004, 1e-15);
  EXPECT_NEAR(random::normal(1e-10), -6.361340902404056, 1e-14);
  EXPECT_NEAR(random::normal(1e-300), -37.0471, 1e-3);
  for (double p = 0.001; p < 1; p += 0.01) {
    EXPECT_NEAR(0.5 * std::erfc(-random::normal(p) / std::sqrt(2.0)), p, 1e-15) << p;
  }
}

TEST(Random, HasTheQuantilesOfTheTriangularDistribution) {
  // a + sqrt(u (b - a)(m - a)) below the mode, b - sqrt((1 - u)(b - a)(b - m)) above.
  EXPECT_NEAR(random::triangular(0.05, 0.7, 1.0, 2.6), 0.7 + std::sqrt(0.05 * 1.9 * 0.3), 1e-15);
  EXPECT_NEAR(random::triangular(0.9, 0.7, 1.0, 2.6), 2.6 - std::sqrt(0.1 * 1.9 * 1.6), 1e-15);
  EXPECT_NEAR(random::triangular(0.3 / 1.9, 0.7, 1.0, 2.6), 1.0, 1e-15);
  EXPECT_NEAR(random::triangular(0.25, 1, 1, 2), 2 - std::sqrt(0.75), 1e-15);
  EXPECT_NEAR(random::triangular(0.25, 1, 2, 2), 1.5, 1e-15);
  EXPECT_EQ(random::triangular(0.25, 3, 3, 3), 3);
}

TEST(Random, KeepsEveryDrawInsideItsRange) {
  for (const double scale : {1e-300, 1e-9, 0.1, 1.0, 1e9, 1e200}) {
    for (std::uint64_t d = 0; d < 3000; ++d) {
      const double u = random::draw(7, d, "range");
      const double x = random::triangular(u, 0.1 * scale, 0.3 * scale, 0.7 * scale);
      ASSERT_GE(x, 0.1 * scale);
      ASSERT_LE(x, 0.7 * scale);
      const double y = random::uniform(u, 0.1 * scale, 0.7 * scale);
      ASSERT_GE(y, 0.1 * scale);
      ASSERT_LE(y, 0.7 * scale);
    }
    EXPECT_NEAR(random::triangular(0.5, 0, scale, 2 * scale) / scale, 1, 1e-15);
  }
  EXPECT_LE(random::uniform(1 - 0x1p-53, 0.1, 0.3), 0.3);
  EXPECT_GE(random::triangular(0x1p-53, 0.1, 0.1, 0.3), 0.1);
}

TEST(Random, HasTheQuantilesOfTheUniformAndLognormalDistributions) {
  EXPECT_EQ(random::uniform(0.25, 2, 6), 3);
  EXPECT_EQ(random::uniform(0.25, 2, 2), 2);
  EXPECT_NEAR(random::lognormal(0.975, 2.0, 1.35), 3.6014673994070003, 1e-14);
  EXPECT_EQ(random::lognormal(0.5, 2.0, 1.35), 2.0);
  EXPECT_NEAR(random::lognormal(random::draw(1, 2, "x"), 5, 1), 5, 1e-15);
}

TEST(Random, GivesNoNumberForParametersThatAreNone) {
  const double nan = std::nan("");
  const double inf = std::numeric_limits<double>::infinity();
  for (const double u : {0.0, 1.0, -0.5, 1.5, nan}) {
    EXPECT_TRUE(std::isnan(random::triangular(u, 1, 2, 3))) << u;
    EXPECT_TRUE(std::isnan(random::uniform(u, 1, 3))) << u;
    EXPECT_TRUE(std::isnan(random::lognormal(u, 1, 3))) << u;
  }
  for (const auto& [low, mode, high] : {std::array{2., 1., 3.},
                                        {1., 4., 3.},
                                        {3., 2., 1.},
                                        {nan, 2., 3.},
                                        {1., nan, 3.},
                                        {1., 2., nan},
                                        {-inf, 2., 3.},
                                        {1., 2., inf}}) {
    EXPECT_TRUE(std::isnan(random::triangular(0.5, low, mode, high)));
  }
  EXPECT_TRUE(std::isnan(random::uniform(0.5, 3, 1)));
  EXPECT_TRUE(std::isnan(random::uniform(0.5, 3, inf)));
  EXPECT_TRUE(std::isnan(random::lognormal(0.5, -1, 2)));
  EXPECT_TRUE(std::isnan(random::lognormal(0.5, 1, 0.9)));
  EXPECT_TRUE(std::isnan(random::lognormal(0.5, 1, inf)));
}

}  // namespace
