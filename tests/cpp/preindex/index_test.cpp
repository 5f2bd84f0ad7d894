// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;
using co2lib::preindex::test::Random;

TEST(PreindexCombine, FollowsFromItsFormula) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const double p = random.uniform();
    const double a = 1.5 * random.uniform();
    const double s = 0.01 + 3 * random.uniform();
    const double s_bar = random.normal();
    EXPECT_LT(combine(p, a, s, s_bar), combine(p + 0.01, a, s, s_bar));
    EXPECT_LT(combine(p, a, s, s_bar), combine(p, a + 0.01, s, s_bar));
    EXPECT_EQ(combine(p, a, 0, s_bar), p + a - s_bar);
    EXPECT_GT(combine(p, a, s, s_bar), combine(p, a, s + 0.1, s_bar));
    EXPECT_LT(combine(p, a, s, s_bar), 1 / s - s_bar);
  }
}

TEST(PreindexCombine, RefusesWhatHasNoValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(code_of([] { return combine(0.1, 0.1, -0.1); }), "preindex.bad_option");
  EXPECT_EQ(code_of([] { return combine(0.1, 0.1, 1, 0, -2.0); }), "preindex.bad_option");
  EXPECT_EQ(code_of([&] { return combine(nan, 0.1); }), "preindex.bad_option");
  EXPECT_EQ(code_of([&] { return combine(0.1, 0.1, 0, nan); }), "preindex.bad_option");
}

TEST(PreindexAri, IsSymmetricAndBlindToNames) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<Label> a;
    std::vector<Label> b;
    std::vector<Label> renamed;
    for (int i = random.integer(1, 60); i > 0; --i) {
      a.emplace_back(std::int64_t{random.integer(0, 4)});
      b.emplace_back(std::int64_t{random.integer(0, 3)});
      renamed.emplace_back(std::to_string((std::get<std::int64_t>(b.back()) * 7 + 3) % 11));
    }
    const double ari = adjusted_rand(a, b);
    EXPECT_NEAR(adjusted_rand(b, a), ari, 1e-15);
    EXPECT_EQ(adjusted_rand(a, renamed), ari);
    EXPECT_EQ(adjusted_rand(a, a), 1.0);
    EXPECT_GE(ari, -0.5);
    EXPECT_LE(ari, 1.0);
  }
}

TEST(PreindexAri, CountsWithoutOverflow) {
  Contingency table(2, 2);
  table.values = {1'000'000'000, 1, 1, 1'000'000'000};
  EXPECT_NEAR(adjusted_rand(table), 1.0, 1e-8);
  table.values = {std::int64_t{1} << 31, 1, 0, 0};
  EXPECT_EQ(code_of([&] { return adjusted_rand(table); }), "preindex.bad_option");
  table.values = {1, -1, 0, 0};
  EXPECT_EQ(code_of([&] { return adjusted_rand(table); }), "preindex.bad_option");
  table.values = {0, 0, 0, 0};
  EXPECT_EQ(code_of([&] { return adjusted_rand(table); }), "preindex.empty");
  const std::vector<Label> one{Label(std::int64_t{1})};
  EXPECT_EQ(code_of([&] { return adjusted_rand(one, {}); }), "preindex.unpaired");
}

TEST(PreindexResque, DoesNotSeeTheLengthOfTheVectors) {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    const auto a = co2lib::preindex::test::mixture(random, 20, 5, 3, 1.0);
    const auto b = co2lib::preindex::test::mixture(random, 33, 5, 3, 1.0);
    const Resque plain = resque_shift(a.rows.view(), a.labels, b.rows.view(), b.labels);
    Rows scaled = b.rows;
    for (float& x : scaled.values) x *= 0x1p-70F;
    EXPECT_NEAR(resque_shift(a.rows.view(), a.labels, scaled.view(), b.labels).index, plain.index, 1e-15);
    EXPECT_GE(plain.index, 0);
    EXPECT_LE(plain.index, 1);
  }
}

TEST(PreindexResque, RefusesOtherClassesAndZeroVectors) {
  const std::vector<float> values{1, 0, 0, 1, -1, 0};
  const View three(values.data(), 3, 2);
  const Label a = std::string("cat");
  const Label b = std::string("dog");
  const std::vector<Label> both{a, b, a};
  const std::vector<Label> one{a, a, a};
  const std::vector<Label> distinct{a, b, b};
  EXPECT_EQ(code_of([&] { return resque_shift(three, distinct, three, one); }), "preindex.class_sets");
  EXPECT_EQ(code_of([&] { return resque_shift(three, both, three, both); }), "preindex.zero_vector");
  EXPECT_EQ(code_of([&] { return resque_shift(three, {}, three, both); }), "preindex.unpaired");
  EXPECT_EQ(code_of([&] { return resque_shift(View(), {}, View(), {}); }), "preindex.empty");
}

TEST(PreindexVector, ReducesOutputsOfEveryShape) {
  std::vector<float> values(2 * 3 * 4);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const TensorView image{.data = values.data(), .shape = {2, 3, 2, 2}};
  EXPECT_EQ(sample_vectors(image, Mode::cnn).values, (std::vector<float>{1.5, 5.5, 9.5, 13.5, 17.5, 21.5}));
  EXPECT_EQ(sample_vectors(image, Mode::vit).values, values);
  // Channels last in memory: strides say so.
  const TensorView last{.data = values.data(), .shape = {2, 3, 2, 2}, .strides = {12, 1, 6, 3}};
  EXPECT_EQ(sample_vectors(last, Mode::cnn).values, (std::vector<float>{4.5, 5.5, 6.5, 16.5, 17.5, 18.5}));
  EXPECT_EQ(sample_vectors(last, Mode::vit).row(0)[1], 3.0F);
  const TensorView tokens{.data = values.data(), .shape = {2, 3, 4}};
  EXPECT_EQ(sample_vectors(tokens, Mode::vit).columns, 12U);
  EXPECT_EQ(code_of([&] { return sample_vectors(tokens, Mode::cnn); }), "preindex.bad_shape");
  EXPECT_EQ(sample_vectors(tokens, Mode::cnn, true).columns, 3U);
  EXPECT_EQ(code_of([&] { return sample_vectors({.data = values.data(), .shape = {24}}, Mode::cnn); }),
            "preindex.bad_shape");
  EXPECT_EQ(code_of([&] {
              return sample_vectors({.data = values.data(), .shape = {2, 0}}, Mode::cnn);
            }),
            "preindex.empty");
  const TensorView volume{.data = values.data(), .shape = {1, 3, 2, 2, 2}};
  EXPECT_EQ(sample_vectors(volume, Mode::cnn).values, (std::vector<float>{3.5, 11.5, 19.5}));
}

TEST(PreindexVector, MeansDoNotDependOnTheLayout) {
  // 2 samples, 3 channels, 5 x 7 positions: not a multiple of the lanes; values that do not add up exactly.
  std::vector<float> first(2 * 3 * 5 * 7);
  std::vector<float> last(first.size());
  std::vector<double> wide(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i] = std::sin(static_cast<float>(i)) * std::pow(10.0F, static_cast<float>(i % 9));
    const std::size_t sample = i / 105;
    const std::size_t channel = i / 35 % 3;
    last[(sample * 35 + i % 35) * 3 + channel] = first[i];
    wide[i] = static_cast<double>(first[i]);
  }
  const std::vector<std::size_t> shape{2, 3, 5, 7};
  const auto means = sample_vectors({.data = first.data(), .shape = shape}, Mode::cnn).values;
  const TensorView channels_last{.data = last.data(), .shape = shape, .strides = {105, 1, 21, 3}};
  EXPECT_EQ(sample_vectors(channels_last, Mode::cnn).values, means);
  EXPECT_EQ(sample_vectors({.data = wide.data(), .dtype = DType::float64, .shape = shape}, Mode::cnn).values, means);
  for (std::size_t c = 0; c < means.size(); ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < 35; ++i) sum += wide[c * 35 + i];
    EXPECT_NEAR(means[c], sum / 35, 1e-6 * std::abs(sum / 35) + 1e-2);
  }
}

TEST(PreindexVector, WidensHalvesAndRoundsDoubles) {
  const std::vector<std::uint16_t> half{0x3C00, 0xC000, 0x0001, 0x7BFF, 0x8000, 0x7C00};
  const Rows a = sample_vectors({.data = half.data(), .dtype = DType::float16, .shape = {1, 6}}, Mode::cnn);
  EXPECT_EQ(a.values, (std::vector<float>{1, -2, 0x1p-24F, 65504, 0, std::numeric_limits<float>::infinity()}));
  const std::vector<std::uint16_t> brain{0x3F80, 0xC040};
  EXPECT_EQ(sample_vectors({.data = brain.data(), .dtype = DType::bfloat16, .shape = {1, 2}}, Mode::vit).values,
            (std::vector<float>{1, -3}));
  const std::vector<double> wide{0.1, 1e300};
  EXPECT_EQ(sample_vectors({.data = wide.data(), .dtype = DType::float64, .shape = {1, 2}}, Mode::vit).values,
            (std::vector<float>{0.1F, std::numeric_limits<float>::infinity()}));
}

}  // namespace
