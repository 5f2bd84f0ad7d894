// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;

Image grey(float value, std::size_t side = 100) { return {3, side, side, std::vector<float>(3 * side * side, value)}; }

constexpr CorruptOptions raw{.quantise = false, .clamp = false};

struct Statistics {
  double mean;
  double variance;
};
Statistics statistics(const std::vector<float>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const float x : values) squares += std::pow(static_cast<double>(x) - mean, 2);
  return {mean, squares / n};
}

TEST(PreindexCorruption, HasTheMomentsOfItsRule) {
  const auto gauss = statistics(corrupt(grey(0.5F), "gauss", 0.2, raw).values);
  EXPECT_NEAR(gauss.mean, 0.5, 0.005);
  EXPECT_NEAR(gauss.variance, 0.04, 0.001);
  const auto shot = statistics(corrupt(grey(0.5F), "shot", 0.4, raw).values);
  EXPECT_NEAR(shot.mean, 0.5 * 1.4, 0.007);
  EXPECT_NEAR(shot.variance, 0.16 * 0.5, 0.003);

  const auto share = [](const Image& image, float value) {
    return static_cast<double>(std::count(image.values.begin(), image.values.end(), value)) /
           static_cast<double>(image.values.size());
  };
  const Image salted = corrupt(grey(0.5F), "salt_pepper", 0.3, raw);
  EXPECT_NEAR(share(salted, 0) + share(salted, 1), 0.3 - 0.3 * 0.3 / 4, 0.01);
  EXPECT_NEAR(share(salted, 1), 0.15, 0.01);
  for (std::size_t p = 0; p < 10000; ++p) {  // all channels of a pixel together
    ASSERT_EQ(salted.values[p], salted.values[10000 + p]);
    ASSERT_EQ(salted.values[p], salted.values[20000 + p]);
  }
  const Image impulse = corrupt(grey(0.5F), "impulse", 0.3, raw);
  EXPECT_NEAR(share(impulse, 0), 0.15, 0.01);
  EXPECT_NEAR(share(impulse, 1), 0.15, 0.01);
}

TEST(PreindexCorruption, WrapsSaltToAlmostNothingAsThePublishedChainDoes) {
  const Image image = corrupt(grey(0.5F), "impulse", 0.5, {.wrap_u8 = true});
  EXPECT_LE(*std::max_element(image.values.begin(), image.values.end()), 0.5F);
  EXPECT_GT(std::count(image.values.begin(), image.values.end(), static_cast<float>(1.0 / 255)), 5000);
}

TEST(PreindexCorruption, DependsOnSeedItemAndNameAlone) {
  const Image image = grey(0.4F, 8);
  for (const std::string_view name : corruption_names) {
    const double level = name == "frost" ? 3 : 0.5;
    const auto run = [&](std::uint64_t seed, std::uint64_t item) {
      return corrupt(image, name, level, {.seed = seed, .item = item, .quantise = false});
    };
    EXPECT_EQ(run(1, 2), run(1, 2)) << name;
    if (name == "blur") continue;
    EXPECT_NE(run(1, 2), run(2, 2)) << name;
    EXPECT_NE(run(1, 2), run(1, 3)) << name;
  }
}

TEST(PreindexCorruption, LeavesTheImageAtLevelZero) {
  Image image = grey(0, 5);
  for (std::size_t i = 0; i < image.values.size(); ++i) image.values[i] = static_cast<float>(i % 11) / 10.0F;
  for (const std::string_view name : {"gauss", "salt_pepper", "blur", "shot", "impulse"}) {
    EXPECT_EQ(corrupt(image, name, 0, raw), image) << name;
  }
}

TEST(PreindexCorruption, BlursConstantsToThemselvesAndReflectsBorders) {
  const Image image = corrupt(grey(0.5F, 3), "blur", 2.5, raw);  // the radius of 10 reflects several times
  for (const float x : image.values) EXPECT_NEAR(x, 0.5, 1e-6);
  Image step{1, 1, 4, {0, 0, 1, 1}};
  const Image blurred = corrupt(step, "blur", 0.5, raw);
  EXPECT_NEAR(blurred.values[0] + blurred.values[3], 1, 1e-6);  // the borders repeat the edge values
  EXPECT_GT(blurred.values[1], 0);
}

TEST(PreindexCorruption, HasAFrostTextureWithinItsBounds) {
  std::vector<float> texture;
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t y = 0; y < 256; ++y) {
      for (std::size_t x = 0; x < 256; ++x) texture.push_back(static_cast<float>(frost_at(c, 3, y, x)));
    }
  }
  const auto s = statistics(texture);
  EXPECT_GT(s.mean, 0.45);
  EXPECT_LT(s.mean, 0.75);
  EXPECT_GT(std::sqrt(s.variance), 0.08);
  EXPECT_LT(std::sqrt(s.variance), 0.3);
  EXPECT_EQ(frost_at(0, 1, 7, 9), frost_at(0, 1, 7 + 256, 9 + 512));
}

TEST(PreindexCorruption, RoundsJustBelowAHalfDown) {
  // In float32 255 x + 0.5 would round up to the next step.
  const float x = std::nextafter(static_cast<float>(0.5 / 255), 0.0F);
  EXPECT_EQ(to_u8(std::vector<float>{x}, false)[0], 0);
  for (int q = 0; q < 256; ++q) {
    const auto value = static_cast<float>(q / 255.0);
    EXPECT_EQ(to_u8(std::vector<float>{value}, false)[0], q);
  }
}

TEST(PreindexCorruption, RefusesWhatItDoesNotKnow) {
  const auto code = [](std::string_view name, double level) {
    return code_of([&] { return corrupt(grey(0.5F, 2), name, level); });
  };
  EXPECT_EQ(code("fog", 1), "preindex.bad_corruption");
  EXPECT_EQ(code("gauss", -0.1), "preindex.bad_corruption");
  EXPECT_EQ(code("gauss", std::numeric_limits<double>::quiet_NaN()), "preindex.bad_corruption");
  EXPECT_EQ(code("impulse", 1.1), "preindex.bad_corruption");
  EXPECT_EQ(code("frost", 0), "preindex.bad_corruption");
  EXPECT_EQ(code("frost", 2.5), "preindex.bad_corruption");
  EXPECT_EQ(code_of([] { return corrupt({1, 2, 2, {0}}, "gauss", 1); }), "preindex.bad_shape");
  EXPECT_EQ(code_of([] { return corrupt({1, 1, 1, {std::nanf("")}}, "gauss", 1); }), "preindex.bad_sample");
}

TEST(PreindexCorruption, IsForValuesInTheUnitRangeUnlessAskedOtherwise) {
  for (const std::string_view name : corruption_names) {
    const double level = name == "frost" ? 3 : 0.1;
    for (const float value : {-0.1F, 1.1F, 255.0F}) {
      EXPECT_EQ(code_of([&] { return corrupt(grey(value, 4), name, level, raw); }), "preindex.bad_sample") << name;
    }
    // What resampling leaves beyond the ends is rounding.
    for (const float value : {-1e-6F, 1.000001F}) {
      EXPECT_EQ(code_of([&] { return corrupt(grey(value, 4), name, level, raw); }), "no error") << name;
    }
  }
  const CorruptOptions asked{.quantise = false, .clamp = false, .any_range = true};
  EXPECT_EQ(corrupt(grey(-2, 4), "gauss", 0, asked), grey(-2, 4));
  EXPECT_NEAR(corrupt(grey(-2, 4), "blur", 1, asked).values[5], -2, 1e-6);
  EXPECT_EQ(code_of([&] { return corrupt(grey(-2, 4), "frost", 3, asked); }), "preindex.bad_sample");
}

TEST(PreindexCorruption, EndsInAStepThatTheOtherSideTakesToo) {
  Image image = grey(0.1F, 4);
  for (std::size_t i = 0; i < image.values.size(); ++i) image.values[i] = static_cast<float>(i) / 47.0F;
  for (const CorruptOptions& options : {CorruptOptions{}, raw, CorruptOptions{.wrap_u8 = true}}) {
    EXPECT_EQ(corrupt(image, "gauss", 0, options), finished(image, options));
  }
  EXPECT_EQ(finished(image, raw), image);
  EXPECT_NE(finished(image, {}), image);
}

}  // namespace
