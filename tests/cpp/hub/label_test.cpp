// SPDX-License-Identifier: MIT
// Labels: laws, and how sure a letter is.
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/hub.hpp>

namespace {

using namespace co2lib;

TEST(HubLabel, AnIndexOnABoundaryIsInTheWorseClass) {
  const hub::Boundaries b = {4, 3, 2, 1};
  EXPECT_EQ(hub::rating(std::nextafter(4.0, 5.0), b), 0);
  EXPECT_EQ(hub::rating(4, b), 1);
  EXPECT_EQ(hub::rating(1, b), 4);
  EXPECT_EQ(hub::rating(-1, b), 4);
  EXPECT_EQ(hub::rating(std::numeric_limits<double>::infinity(), b), 0);
  EXPECT_EQ(hub::rating(5, b, 4.5), 4);
  EXPECT_THROW((void)hub::rating(1, {1, 2, 3, 4}), Error);
}

TEST(HubLabel, LabelsFallWithTheEmissions) {
  const hub::Preset rules = hub::preset("castano2023");
  char last = 'A';
  for (double grams = 1; grams < 1e6; grams *= 1.1) {
    const char letter = *hub::label_one({{"co2_eq_emissions", grams}}, rules).letter;
    EXPECT_GE(letter, last);
    last = letter;
  }
  EXPECT_EQ(last, 'E');
  EXPECT_EQ(hub::label_one({}, rules).letter, std::nullopt);
  EXPECT_EQ(hub::label_one({{"co2_eq_emissions", 0.0}}, rules).letter, 'A');
}

TEST(HubLabel, UnknownPresetsAndReferencesAreNamed) {
  EXPECT_THROW((void)hub::preset("castano"), Error);
  EXPECT_THROW((void)hub::fit({{"a", {{"downloads", 1.0}}}}, hub::preset("castano2023"), "b"), Error);
  EXPECT_THROW((void)hub::index_of(1.0, 0.0, true), Error);
}

TEST(HubLabel, ALetterIsSureOrNot) {
  const hub::Preset rules = hub::preset("castano2023");
  // The boundary between A and B is 149200 / 714.73 g = 208.75 g.
  const double edge = 149200.0 / 714.7319382763578;
  const auto at = [&](double grams, double spread) {
    return hub::letter_probabilities({{"co2_eq_emissions", grams}},
                                     {{"co2_eq_emissions", {grams / spread, grams * spread, 0.95}}}, rules);
  };
  EXPECT_EQ(at(edge / 2, 1.1).verdict, "A");
  EXPECT_EQ(at(edge, 1.2).verdict, "A/B undecided");
  EXPECT_NEAR(at(edge, 1.2).probability[0], 0.5, 0.02);
  EXPECT_EQ(at(edge, 1.2), at(edge, 1.2));
  EXPECT_EQ(hub::letter_probabilities({}, {}, rules).verdict, "");
  EXPECT_THROW((void)hub::letter_probabilities({{"downloads", 5.0}}, {{"downloads", {6, 7, 0.95}}}, rules), Error);
}

TEST(HubLabel, QuotientsFollowTheEmissions) {
  const hub::Preset rules = hub::preset("castano2023");
  const auto sure = hub::letter_probabilities({{"size_efficiency", 4e8}, {"co2_eq_emissions", 100.0}},
                                              {{"co2_eq_emissions", {99.9, 100.1, 0.95}}}, rules);
  const auto wide = hub::letter_probabilities({{"size_efficiency", 4e8}, {"co2_eq_emissions", 100.0}},
                                              {{"co2_eq_emissions", {10, 1000, 0.95}}}, rules);
  EXPECT_EQ(sure.verdict.size(), 1U);
  EXPECT_GT(wide.verdict.size(), 1U);
}

// Models whose true emissions are spread as those of the study; what is measured is the truth with an error of 95 %
// interval [m / 1.5, 1.5 m]. Of the models with a stated probability p of their most probable letter, p have it.
TEST(HubLabel, StatedProbabilitiesAreCalibrated) {
  const hub::Preset rules = hub::preset("castano2023_consistent");
  const double sigma = std::log(1.5) / 1.959963984540054;
  std::array<double, 2> stated{};
  std::array<double, 2> right{};
  std::array<double, 2> count{};
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const double truth = random::lognormal(random::draw(5, i, "truth"), 4.0, 10.0);
    const double measured = truth * std::exp(sigma * random::normal(random::draw(5, i, "error")));
    const auto p = hub::letter_probabilities({{"co2_eq_emissions", measured}},
                                             {{"co2_eq_emissions", {measured / 1.5, measured * 1.5, 0.95}}}, rules, {},
                                             {.draws = 200, .seed = i});
    const auto best = std::max_element(p.probability.begin(), p.probability.end());
    const std::size_t bin = *best < 0.9 ? 0 : 1;
    const char letter = *hub::label_one({{"co2_eq_emissions", truth}}, rules).letter;
    stated[bin] += *best;
    right[bin] += letter == "ABCDE"[best - p.probability.begin()] ? 1.0 : 0.0;
    count[bin] += 1;
  }
  for (std::size_t bin = 0; bin < count.size(); ++bin) {
    ASSERT_GT(count[bin], 400);
    EXPECT_NEAR(stated[bin] / count[bin], right[bin] / count[bin], 0.03) << bin;
  }
}

TEST(HubLabel, ABadgeIsSafeToShow) {
  const std::string svg = hub::badge("A", "<script>alert(1)</script> & \"x\"");
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_NE(hub::badge("A/B", "x").find("A/B"), std::string::npos);
}

}  // namespace
