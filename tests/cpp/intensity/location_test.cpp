// SPDX-License-Identifier: MIT
#include <co2lib/intensity/location.hpp>
#include <co2lib/intensity/price.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;

TEST(Location, GoesFromRegionToSubdivisionToCountryToWorld) {
  const auto via = [](const char* where, Scope scope) { return factor(where, {.scope = scope}).via; };
  EXPECT_EQ(via("gcp:us-central1", Scope::direct), "gcp:us-central1");
  EXPECT_EQ(via("GCP:US-CENTRAL1", Scope::lifecycle), "USA");
  EXPECT_EQ(via("aws:us-east-2", Scope::direct), "US-OH");
  EXPECT_EQ(via("aws:ca-central-1", Scope::lifecycle), "CA-QC");
  EXPECT_EQ(via("aws:eu-north-1", Scope::lifecycle), "SWE");
  EXPECT_EQ(via("aws:eu-north-1", Scope::direct), "world_iea");
  EXPECT_EQ(via("us-wy", Scope::lifecycle), "USA");
  EXPECT_EQ(via("USA", Scope::direct), "US");
  EXPECT_EQ(via("CAN", Scope::direct), "world_iea");
}

TEST(Location, TheYearChoosesTheRow) {
  const auto year = [](std::optional<int> asked) { return factor("DEU", {.year = asked}).year; };
  EXPECT_EQ(year(std::nullopt), 2025);
  EXPECT_EQ(year(2024), 2023);
  EXPECT_EQ(year(1990), 2023);
  EXPECT_EQ(year(2099), 2025);
  EXPECT_EQ(world_factor({.year = 2024}).value.g_per_kwh(), 472.94);
  EXPECT_EQ(world_factor({.year = 2025}).value.g_per_kwh(), 458.49);
  EXPECT_EQ(world_factor({.year = 2000}).value.g_per_kwh(), 472.94);
}

TEST(Location, OldIsMoreThanFiveYears) {
  EXPECT_TRUE(factor("DEU", {.year = 2030}).issues.empty());
  EXPECT_TRUE(has_issue(factor("DEU", {.year = 2031}).issues, "old_factor"));
  EXPECT_FALSE(has_issue(world_factor({.year = 2099}).issues, "old_factor"));
}

TEST(Location, ASourceGivesOneRecordPerYear) {
  const auto source = location_source("CA-QC", Scope::direct);
  const Trace trace = source->between(parse_time("2022-12-31T12:00Z"), parse_time("2025-01-01T00:00Z"));
  ASSERT_EQ(trace.size(), 3U);  // 2022, 2023, 2024
  EXPECT_EQ(trace.record(0).value->g_per_kwh(), 1.957804);
  EXPECT_EQ(trace.record(2).value->g_per_kwh(), 2.565);
  EXPECT_EQ(trace.record(2).start, parse_time("2024-01-01T00:00Z"));
  EXPECT_EQ(trace.record(2).basis, Basis::consumption);
  EXPECT_EQ(trace.end(), parse_time("2025-01-01T00:00Z"));
  EXPECT_EQ(source->at(parse_time("2024-06-01T00:00Z")).origin, "annual_factor");
  EXPECT_EQ(source->relative_error(), annual_factor_error);
  EXPECT_EQ(source->describe().sources.size(), 2U);
}

TEST(Location, ErrorsFollowTheRowUsed) {
  EXPECT_EQ(location_source("DEU", Scope::direct)->relative_error(), world_average_error);
  const auto around = annual_factor_error.around(CarbonMass::from_grams(100));
  EXPECT_DOUBLE_EQ(around.low.grams(), 60);
  EXPECT_DOUBLE_EQ(around.high.grams(), 140);
}

TEST(Location, AnUnknownPlaceNamesThreeSpellings) {
  for (const char* asked : {"aws:mars-1", "XXX", "US-ZZ", "", "fr", "France", "gcp:", ":"}) {
    try {
      static_cast<void>(factor(asked));
      FAIL() << asked << " was found";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "intensity.unknown_zone");
      EXPECT_EQ(error.category(), ErrorCategory::lookup);
      EXPECT_EQ(std::get<std::vector<std::string>>(error.details().at("nearest")).size(), 3U) << asked;
    }
  }
  EXPECT_THROW(static_cast<void>(location_source("XXX")), Error);
}

TEST(Location, EveryKnownPlaceHasAFactorWithItsSource) {
  const std::vector<std::string> all = locations();
  EXPECT_THAT(all, testing::IsSupersetOf({"FRA", "US-WY", "CA-QC", "AU-NSW", "aws:eu-north-1", "azure:northeurope"}));
  for (const std::string& place : all) {
    for (const Scope scope : {Scope::lifecycle, Scope::direct}) {
      const Factor f = factor(place, {.scope = scope});
      EXPECT_GT(f.value.g_per_kwh(), 0) << place;
      EXPECT_FALSE(f.source.text.empty() || f.source.licence.empty() || f.source.year != f.year) << place;
    }
  }
}
