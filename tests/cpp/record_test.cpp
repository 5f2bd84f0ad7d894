// SPDX-License-Identifier: MIT
#include <co2lib/record.hpp>

#include <memory>

#include <gtest/gtest.h>

#include <co2lib/units.hpp>

namespace {

using namespace co2lib;

TEST(Issue, IsWrittenWithItsSubjectAndText) {
  EXPECT_EQ(to_string(Issue{"gap", "intel-rapl:0", "2 reads failed"}), "gap (intel-rapl:0): 2 reads failed");
  EXPECT_EQ(to_string(Issue{"gap", "", "2 reads failed"}), "gap: 2 reads failed");
  EXPECT_EQ(to_string(Issue{"gap", "intel-rapl:0", ""}), "gap (intel-rapl:0)");
  EXPECT_EQ(to_string(Issue{"gap", "", ""}), "gap");
}

TEST(Issues, AreAddedOncePerCodeAndSubject) {
  std::vector<Issue> issues;
  add_issue(issues, {"gap", "a", "first"});
  add_issue(issues, {"gap", "a", "second"});
  add_issue(issues, {"gap", "b", "third"});
  add_issues(issues, {{"reset", "a", ""}, {"gap", "b", ""}});
  ASSERT_EQ(issues.size(), 3U);
  EXPECT_EQ(issues[0].text, "first");
  EXPECT_TRUE(has_issue(issues, "reset"));
  EXPECT_FALSE(has_issue(issues, "rese"));
  EXPECT_FALSE(has_issue({}, "gap"));
}

TEST(Sources, AreAddedOnceEach) {
  std::vector<Source> sources;
  add_source(sources, {"ember", "Ember", 2024, "CC-BY-4.0"});
  add_source(sources, {"ember", "Ember", 2024, "CC-BY-4.0"});
  add_source(sources, {"ember", "Ember", 2025, "CC-BY-4.0"});
  EXPECT_EQ(sources.size(), 2U);
}

TEST(Result, HoldsAValueOrAnIssue) {
  const Result<int> value = 3;
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 3);
  const Result<int> failure = Issue{"io", "/file", "No such file"};
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.issue().code, "io");
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(4);
  ASSERT_TRUE(result);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 4);
}

TEST(Result, NeverMistakesAnIssueForAValue) {
  // The value may itself be a text that an issue is made of.
  const Result<std::string> text = std::string("gap");
  EXPECT_TRUE(text);
  EXPECT_EQ(text->size(), 3U);
  EXPECT_THROW((void)text.issue(), std::bad_variant_access);
  const Result<std::string> failure = Issue{"gap", "", ""};
  EXPECT_THROW((void)*failure, std::bad_variant_access);
}

TEST(Estimate, ReadsItsValueInEveryUnitOfTheQuantity) {
  const auto energy = exactly(Energy::from_kwh(2));
  EXPECT_EQ(energy.kwh(), 2.0);
  EXPECT_EQ(energy.wh(), 2000.0);
  EXPECT_EQ(energy.joules(), 7.2e6);
  EXPECT_EQ(exactly(CarbonMass::from_grams(1500)).kilograms(), 1.5);
  EXPECT_EQ(exactly(CarbonMass::from_grams(1500)).grams(), 1500.0);
  EXPECT_EQ(exactly(Power::from_watts(5)).watts(), 5.0);
  EXPECT_EQ(exactly(Water::from_litres(5)).litres(), 5.0);
  EXPECT_EQ(exactly(CarbonIntensity::from_g_per_kwh(5)).g_per_kwh(), 5.0);
}

TEST(Estimate, WithoutAValueReadsAsNothingAndNeverAsZero) {
  const Estimate<Energy> unknown;
  EXPECT_EQ(unknown.kwh(), std::nullopt);
  EXPECT_EQ(unknown.joules(), std::nullopt);
  EXPECT_EQ(unknown.value, std::nullopt);
  EXPECT_EQ(unknown.interval, std::nullopt);
  EXPECT_NE(unknown, exactly(Energy()));
}

TEST(Estimate, KnownExactlyIsBoundedByItself) {
  const auto energy = exactly(Energy::from_joules(7));
  ASSERT_TRUE(energy.bounds && energy.interval);
  EXPECT_EQ(energy.bounds->low, energy.bounds->high);
  EXPECT_EQ(energy.bounds->confidence, 1.0);
  EXPECT_EQ(energy.interval->low, *energy.value);
  EXPECT_EQ(energy.interval->confidence, 0.95);
}

template <class Q>
concept EstimateHasGrams = requires(const Estimate<Q>& e) {
  e.grams();
};
static_assert(EstimateHasGrams<CarbonMass>);
static_assert(!EstimateHasGrams<Energy>, "an estimate of energy has no grams");

}  // namespace
