// SPDX-License-Identifier: MIT
#include <co2lib/intensity/hours.hpp>

#include <cmath>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/climatology.hpp>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;

namespace {

const UtcTime midnight = parse_time("2024-03-01T00:00:00Z");

Trace trace(UtcTime start, std::chrono::minutes step, const std::vector<double>& values) {
  std::vector<std::optional<CarbonIntensity>> given;
  for (const double x : values) {
    given.push_back(std::isnan(x) ? std::nullopt : std::optional(CarbonIntensity::from_g_per_kwh(x)));
  }
  return Trace::regular(start, step, given);
}

}  // namespace

TEST(Hours, AreTheMeansOfFinerSteps) {
  const Hours hours = hours_of(trace(midnight, 15min, {1, 2, 3, 4, 10, 10, 10, 30, 5}));
  EXPECT_EQ(hours.start, midnight);
  EXPECT_EQ(hours.g_per_kwh, (std::vector<double>{2.5, 15}));  // the last quarter is no whole hour
  EXPECT_EQ(hours.end(), midnight + 2h);
}

TEST(Hours, BeginWithTheFirstWholeOne) {
  const Hours hours = hours_of(trace(midnight + 30min, 30min, {100, 1, 3, 7}));
  EXPECT_EQ(hours.start, midnight + 1h);
  EXPECT_EQ(hours.g_per_kwh, (std::vector<double>{2}));
  EXPECT_EQ(hours_of(trace(midnight + 30min, 30min, {1, 2})).size(), 0U);
  EXPECT_EQ(hours_of(Trace()).size(), 0U);
}

TEST(Hours, AreMissingWhereAPartIsNotKnown) {
  const Hours hours = hours_of(trace(midnight, 30min, {1, 2, NAN, 4, 5, 6}));
  ASSERT_EQ(hours.size(), 3U);
  EXPECT_EQ(hours.g_per_kwh[0], 1.5);
  EXPECT_TRUE(std::isnan(hours.g_per_kwh[1]));
  EXPECT_EQ(hours.g_per_kwh[2], 5.5);
}

TEST(Hours, OfStepsThatCrossThemAreWeightedByTime) {
  const Hours hours = hours_of(trace(midnight, 40min, {30, 60, 90}));
  EXPECT_EQ(hours.g_per_kwh, (std::vector<double>{40, 80}));
}

TEST(Hours, OfWholeHoursAreTheSameBits) {
  const std::vector<double> values{0.1, 1e-300, 1e300, 0};
  EXPECT_EQ(hours_of(trace(midnight, 60min, values)).g_per_kwh, values);
  EXPECT_EQ(hourly_means(trace(midnight, 60min, values)).records(), trace(midnight, 60min, values).records());
}

TEST(Hours, OfLongerStepsAreNotKnown) {
  EXPECT_THROW(static_cast<void>(hours_of(trace(midnight, 61min, {1, 2}))), Error);
}

TEST(Climatology, IsTheMeanOfTheKnownHoursOfTheDaysBefore) {
  std::vector<double> values(24 * 8, 5);
  for (int day = 0; day < 7; ++day) values[static_cast<std::size_t>(24 * day) + 3] = 100 + day;
  values[3] = NAN;
  const Trace t = trace(midnight, 60min, values);
  EXPECT_EQ(climatology(t, midnight + 7 * 24h + 3h + 59min)->g_per_kwh(), (101 + 106) / 2.0);
  EXPECT_EQ(climatology(t, midnight + 7 * 24h + 3h, {.days = 2, .at_least = 2})->g_per_kwh(), 105.5);
  EXPECT_FALSE(climatology(t, midnight + 7 * 24h + 3h, {.days = 2, .at_least = 3}));
  EXPECT_FALSE(climatology(t, midnight + 3 * 24h + 3h));  // two known
  EXPECT_TRUE(climatology(t, midnight + 4 * 24h + 3h));
}
