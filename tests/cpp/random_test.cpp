// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <cstdint>

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

}  // namespace
