// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;
using co2lib::preindex::test::Random;

Options every(int round) {
  Options o = Options::all();
  o.edge_rule = round % 2 == 0 ? EdgeRule::numpy1 : EdgeRule::numpy2;
  o.weights = round / 2 % 2 == 0 ? Weights::density : Weights::count;
  return o;
}

std::vector<std::uint64_t> bits(const Distances& d) {
  std::vector<std::uint64_t> out;
  for (const double x : d.values) out.push_back(std::bit_cast<std::uint64_t>(x));
  return out;
}

class PreindexDistance : public testing::Test {
 protected:
  /// Calls `check(round, clean, shifted)` with 200 random pairs.
  template <class F>
  void each_pair(const F& check) {
    Random random(7);
    for (int round = 0; round < 200; ++round) {
      const auto width = static_cast<std::size_t>(random.integer(2, round % 10 == 0 ? 1024 : 128));
      const double offset = round % 4 == 0 ? std::pow(10.0, random.integer(0, 5)) : 0;
      const auto clean = random.vector(width, offset);
      auto shifted = clean;
      for (float& x : shifted) x += static_cast<float>(random.normal() * random.uniform());
      check(round, clean, shifted);
    }
  }
};

TEST_F(PreindexDistance, OfIdenticalSidesIsZero) {
  each_pair([](int round, const auto& clean, const auto&) {
    const Distances d = distances(clean, clean, every(round));
    for (const int b : d.bins) {
      EXPECT_EQ(d.at(b, Distance::js), 0.0);
      EXPECT_EQ(d.at(b, Distance::wasserstein), 0.0);
      EXPECT_EQ(d.at(b, Distance::kl), 0.0);
      EXPECT_LE(std::fabs(d.at(b, Distance::bhattacharyya)), 1e-15);
    }
  });
}

TEST_F(PreindexDistance, IsSymmetricWithinItsRangeButForKl) {
  bool kl_differs = false;
  each_pair([&](int round, const auto& clean, const auto& shifted) {
    const Distances there = distances(clean, shifted, every(round));
    const Distances back = distances(shifted, clean, every(round));
    for (const int b : there.bins) {
      for (const Distance d : {Distance::js, Distance::bhattacharyya, Distance::wasserstein}) {
        EXPECT_NEAR(there.at(b, d), back.at(b, d), 1e-15);
        EXPECT_GE(there.at(b, d), -1e-15);
      }
      EXPECT_LE(there.at(b, Distance::js), std::numbers::ln2 + 1e-15);
      EXPECT_LE(there.at(b, Distance::bhattacharyya), 1 + 1e-15);
      EXPECT_LT(there.at(b, Distance::wasserstein), 2.0 / b);
      kl_differs |= std::fabs(there.at(b, Distance::kl) - back.at(b, Distance::kl)) > 1e-3;
    }
  });
  EXPECT_TRUE(kl_differs);
}

TEST_F(PreindexDistance, DoesNotDependOnTheOrderOfTheChannels) {
  Random random(8);
  each_pair([&](int round, auto clean, auto shifted) {
    const auto before = bits(distances(clean, shifted, every(round)));
    std::shuffle(clean.begin(), clean.end(), random.engine());
    std::shuffle(shifted.begin(), shifted.end(), random.engine());
    EXPECT_EQ(bits(distances(clean, shifted, every(round))), before);
  });
}

TEST_F(PreindexDistance, DoesNotSeeAGainThatIsAPowerOfTwo) {
  each_pair([](int round, const auto& clean, const auto&) {
    auto scaled = clean;
    for (float& x : scaled) x *= 8;
    const Distances d = distances(clean, scaled, every(round));
    for (const int b : d.bins) EXPECT_EQ(d.at(b, Distance::js), 0.0);
  });
}

TEST_F(PreindexDistance, HardlySeesAnAffineMap) {
  Random random(9);
  double sum = 0;
  for (int round = 0; round < 200; ++round) {
    const auto clean = random.vector(256);
    const double gain = 0.5 + random.uniform();
    const double offset = 10 * gain * (random.uniform() - 0.5);
    auto mapped = clean;
    for (float& x : mapped) x = static_cast<float>(gain) * x + static_cast<float>(offset);
    sum += distances(clean, mapped).at(64, Distance::js);
  }
  EXPECT_LT(sum / 200, 1e-4);
}

TEST_F(PreindexDistance, OfOneRequestIsThatOfAll) {
  each_pair([](int round, const auto& clean, const auto& shifted) {
    const Distances all = distances(clean, shifted, every(round));
    for (const int b : all.bins) {
      for (const Distance d : all_distances) {
        Options one = every(round);
        one.bins = {b};
        one.distances = {d};
        EXPECT_EQ(distances(clean, shifted, one).values[0], all.at(b, d));
      }
    }
  });
}

TEST_F(PreindexDistance, WithNumbersOfBinsThatDoNotNest) {
  each_pair([](int, const auto& clean, const auto& shifted) {
    const Distances together =
        distances(clean, shifted, {.bins = {64, 48, 24, 10}, .distances = {Distance::wasserstein}});
    for (const int b : together.bins) {
      EXPECT_EQ(together.at(b, Distance::wasserstein),
                distances(clean, shifted, {.bins = {b}, .distances = {Distance::wasserstein}}).values[0]);
    }
  });
}

TEST_F(PreindexDistance, TreatsZeroWidthsAsAsked) {
  std::vector<float> narrow(40, 1.0F);
  for (std::size_t i = 0; i < narrow.size(); ++i) narrow[i] += static_cast<float>(i % 6) * 0x1p-23F;
  const std::vector<float> wide = Random(3).vector(40);
  const Distances counted = distances(narrow, wide);
  EXPECT_EQ(counted.zero_width, std::vector<int>{1});
  EXPECT_TRUE(std::isfinite(counted.values[0]));
  const Distances nan =
      distances(narrow, wide, {.distances = {Distance::js, Distance::kl}, .degenerate = Degenerate::nan});
  EXPECT_TRUE(std::isnan(nan.values[0]));
  EXPECT_EQ(nan.values[1], 0.0);
  const auto with = [&](Weights weights) {
    return code_of([&] { return distances(narrow, wide, {.weights = weights, .degenerate = Degenerate::error}); });
  };
  EXPECT_EQ(with(Weights::density), "preindex.zero_width");
  EXPECT_EQ(with(Weights::count), "no error");
}

TEST_F(PreindexDistance, RefusesWhatIsNoPair) {
  const std::vector<float> two{1, 2};
  const std::vector<float> three{1, 2, 3};
  EXPECT_EQ(code_of([&] { return distances(two, three); }), "preindex.unpaired");
  EXPECT_EQ(code_of([&] { return distances({}, {}); }), "preindex.empty");
  EXPECT_EQ(code_of([&] { return distances(two, two, {.bins = {1}}); }), "preindex.bad_option");
  EXPECT_EQ(code_of([&] { return distances(two, two).at(16, Distance::js); }), "preindex.bad_option");
  EXPECT_EQ(code_of([] { return parse<Distance>("distance", "euclid"); }), "preindex.bad_option");
}

TEST(PreindexSort, NetworkSortsBothHistograms) {
  Random random(4);
  for (int n = 1; n <= 256; n *= 2) {
    for (int round = 0; round < 20; ++round) {
      std::vector<detail::Two> pairs;
      std::vector<double> a;
      std::vector<double> b;
      for (int i = 0; i < n; ++i) {
        a.push_back(random.integer(0, 9));
        b.push_back(random.uniform());
        pairs.push_back(detail::Two{a.back(), b.back()});
      }
      detail::sort_network(pairs.data(), n);
      std::sort(a.begin(), a.end());
      std::sort(b.begin(), b.end());
      for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(pairs[i][0], a[i]);
        ASSERT_EQ(pairs[i][1], b[i]);
      }
    }
  }
}

}  // namespace
