// SPDX-License-Identifier: MIT
#include <co2lib/intensity/location.hpp>
#include <co2lib/intensity/price.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <co2lib/csv.hpp>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::string via(const char* where, Scope scope) { return factor(where, {.scope = scope}).via; }

std::vector<std::string> codes(const std::vector<Issue>& issues) {
  std::vector<std::string> all;
  for (const Issue& issue : issues) all.push_back(issue.code);
  return all;
}

std::vector<std::string> remarks(const char* where, Scope scope, int year = 2025) {
  return codes(factor(where, {.scope = scope, .year = year}).issues);
}

std::vector<std::string> nearest_to(const char* asked) {
  try {
    static_cast<void>(factor(asked));
  } catch (const Error& error) {
    return std::get<std::vector<std::string>>(error.details().at("nearest"));
  }
  return {};
}

}  // namespace

TEST(Location, GoesFromRegionToSubdivisionToCountry) {
  EXPECT_EQ(via("gcp:us-central1", Scope::direct), "gcp:us-central1");
  EXPECT_EQ(via("GCP:US-CENTRAL1", Scope::lifecycle), "gcp:us-central1");
  EXPECT_EQ(via("aws:us-east-2", Scope::direct), "US-OH");
  EXPECT_EQ(via("aws:ca-central-1", Scope::lifecycle), "CA-QC");
  EXPECT_EQ(via("aws:eu-north-1", Scope::lifecycle), "SWE");
  EXPECT_EQ(via("aws:eu-north-1", Scope::direct), "SWE");
  EXPECT_EQ(via("azure:southindia", Scope::lifecycle), "IN-TN");
  EXPECT_EQ(via("azure:southindia", Scope::direct), "IND");
  EXPECT_EQ(via("us-wy", Scope::lifecycle), "US-WY");
  EXPECT_EQ(via("AU-WA-NWIS", Scope::lifecycle), "AU-WA-NWIS");
  EXPECT_EQ(via("USA", Scope::direct), "USA");
  EXPECT_EQ(via("CAN", Scope::direct), "CAN");
  EXPECT_EQ(via("world", Scope::direct), "WORLD");
}

TEST(Location, OfAStateIsNotThatOfItsCountry) {
  const Factor wyoming = factor("US-WY", {.year = 2025});
  EXPECT_DOUBLE_EQ(wyoming.g_per_kwh(), 878.739277);
  EXPECT_EQ(wyoming.method, FactorMethod::direct_plus_upstream);
  EXPECT_EQ(wyoming.gas, "CO2e");
  EXPECT_THAT(wyoming.issues, IsEmpty());
  EXPECT_DOUBLE_EQ(factor("US-VT").g_per_kwh(), 76.472142);
  EXPECT_DOUBLE_EQ(factor("US-VT", {.scope = Scope::direct}).g_per_kwh(), 19.504472);
  EXPECT_DOUBLE_EQ(factor("AU-TAS", {.year = 2025}).g_per_kwh(), 230);
}

TEST(Location, IsWrittenInManyWaysAndHasOneKey) {
  for (const char* text : {"FRA", "fra", "Fra", "FR", "fr", " FRA ", "\tfr\n"}) EXPECT_EQ(place(text).key, "FRA");
  for (const char* text : {"US-WY", "us-wy", " Us-wY"}) EXPECT_EQ(place(text).key, "US-WY");
  for (const char* text : {"aws:eu-north-1", "AWS:EU-NORTH-1"}) EXPECT_EQ(place(text).key, "aws:eu-north-1");
  EXPECT_EQ(place("world").key, "WORLD");
}

TEST(Location, TwoLettersAreACountryEvenWhereAStateHasThemToo) {
  EXPECT_EQ(place("CA").key, "CAN");
  EXPECT_EQ(place("IN").key, "IND");
  EXPECT_EQ(place("de").key, "DEU");
  EXPECT_EQ(place("AU").key, "AUS") << "the table has rows under this code, which are of no place of their own";
  EXPECT_EQ(factor("AU"), factor("AUS"));
}

TEST(Location, KnowsWhatThePlaceIs) {
  EXPECT_EQ(place("aws:us-west-2"), (Place{"aws:us-west-2", "Oregon", "USA", "United States", "US-OR"}));
  EXPECT_EQ(place("ca-qc"), (Place{"CA-QC", "Quebec", "CAN", "Canada", "CA-QC"}));
  EXPECT_EQ(place("DE-BY"), (Place{"DE-BY", "", "DEU", "Germany", "DE-BY"}));
  EXPECT_EQ(place("FR"), (Place{"FRA", "France", "FRA", "France", ""}));
}

TEST(Location, SaysWhenAWiderPlaceAnswers) {
  EXPECT_THAT(remarks("CN-BJ", Scope::lifecycle), ElementsAre("wider_place"));
  EXPECT_THAT(remarks("aws:cn-north-1", Scope::lifecycle), ElementsAre("wider_place"));
  EXPECT_THAT(remarks("IN-MH", Scope::direct), ElementsAre("wider_place"));
  EXPECT_THAT(remarks("DE-BY", Scope::lifecycle), ElementsAre("wider_place"));
  EXPECT_THAT(remarks("NO-NO1", Scope::lifecycle), ElementsAre("wider_place"));
  const Factor beijing = factor("cn-bj", {.year = 2025});
  EXPECT_EQ(beijing.issues.at(0),
            (Issue{"wider_place", "CN-BJ", "CN-BJ has no lifecycle factor; that of CHN is used"}));
  EXPECT_THAT(remarks("CN-BJ", Scope::direct), IsEmpty());
  EXPECT_THAT(remarks("aws:us-west-2", Scope::lifecycle), IsEmpty()) << "its state answers for it";
  EXPECT_THAT(remarks("aws:eu-north-1", Scope::lifecycle), IsEmpty()) << "the country is all that is known of it";
}

TEST(Location, SaysWhenTheValueIsAnEstimateAndByWhichFormula) {
  const Factor taiwan = factor("TW", {.scope = Scope::direct, .year = 2024});
  EXPECT_EQ(taiwan.method, FactorMethod::estimate);
  EXPECT_EQ(taiwan.gas, "CO2");
  ASSERT_THAT(codes(taiwan.issues), ElementsAre("estimated_factor"));
  EXPECT_THAT(taiwan.issues[0].text, HasSubstr("880 coal + 415 gas + 715 oil"));
  EXPECT_THAT(taiwan.source.text, HasSubstr("880 coal + 415 gas + 715 oil"));
  EXPECT_THAT(remarks("NO-NO1", Scope::direct, 2024), ElementsAre("wider_place", "estimated_factor"));
  EXPECT_THAT(remarks("FRA", Scope::direct, 2024), IsEmpty());
}

TEST(Location, TheYearChoosesTheRow) {
  const auto year = [](std::optional<int> asked) { return factor("DEU", {.year = asked}).year; };
  EXPECT_EQ(year(std::nullopt), 2025);
  EXPECT_EQ(year(2024), 2023);
  EXPECT_EQ(year(1990), 2023) << "all rows are newer";
  EXPECT_EQ(year(2099), 2025);
  EXPECT_EQ(year(9999), 2025);
  EXPECT_EQ(factor("CA-QC", {.scope = Scope::direct, .year = 2023}).year, 2023);
  EXPECT_EQ(factor("US-WY", {.scope = Scope::direct, .year = 2022}).year, 2016);
  EXPECT_EQ(factor("US-WY", {.year = 2022}).year, 2023) << "only rows of the scope asked count";
  EXPECT_EQ(world_factor({.year = 2024}).value.g_per_kwh(), 472.94);
  EXPECT_EQ(world_factor({.year = 2025}).value.g_per_kwh(), 458.49);
  EXPECT_EQ(world_factor({.year = 2000}).value.g_per_kwh(), 472.94);
}

TEST(Location, AYearWithoutFourDigitsIsRefused) {
  for (const int year : {25, 0, -1, 20250}) {
    try {
      static_cast<void>(factor("FRA", {.year = year}));
      FAIL() << year << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "intensity.bad_value");
    }
  }
}

TEST(Location, OldIsMoreThanFiveYears) {
  EXPECT_TRUE(factor("DEU", {.year = 2030}).issues.empty());
  EXPECT_TRUE(has_issue(factor("DEU", {.year = 2031}).issues, "old_factor"));
  EXPECT_EQ(factor("ESH", {.year = 2020}).issues.at(0).text, "the factor is of 2009, 11 years before 2020");
  EXPECT_FALSE(has_issue(world_factor({.year = 2099}).issues, "old_factor"));
  EXPECT_FALSE(has_issue(factor("WORLD", {.year = 2099}).issues, "old_factor"));
}

TEST(Location, TheWorldIsToldUnlessItWasAskedFor) {
  EXPECT_THAT(codes(world_factor().issues), ElementsAre("world_average"));
  EXPECT_THAT(factor("WORLD").issues, IsEmpty());
  EXPECT_EQ(factor("WORLD").value, world_factor().value);
  EXPECT_EQ(factor("WORLD").error, world_average_error) << "the machine stands somewhere in it";
  EXPECT_EQ(location_source("WORLD")->at(parse_time("2025-06-01T00:00Z")).flags, std::vector<std::string>{});
  EXPECT_THAT(world_average()->at(parse_time("2025-06-01T00:00Z")).flags, ElementsAre("world_average"));
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
  EXPECT_EQ(source->describe().name, "CA-QC");
}

TEST(Location, PricingCarriesTheRemarksOfTheRowsUsed) {
  const std::vector<EnergySample> samples = {
      {parse_time("2031-12-31T23:00Z"), parse_time("2032-01-01T01:00Z"), Energy::from_kwh(2)}};
  const Priced beijing = price(samples, *location_source("CN-BJ"));
  EXPECT_THAT(codes(beijing.issues), ElementsAre("wider_place", "old_factor"));
  EXPECT_EQ(beijing.issues[0].text, "CN-BJ has no lifecycle factor; that of CHN is used");
  EXPECT_EQ(beijing.issues[1].text, "the factor is of 2025, 6 years before 2031");
  EXPECT_THAT(codes(price(samples, *location_source("NO-NO1", Scope::direct)).issues),
              ElementsAre("wider_place", "estimated_factor", "old_factor"));
}

TEST(Location, OneLineSaysWhatWasAskedWhatAnsweredItsYearAndMethod) {
  EXPECT_EQ(line(factor("fr", {.year = 2025})), "FRA 2025, published");
  EXPECT_EQ(line(factor("US-WY")), "US-WY 2023, direct plus upstream");
  EXPECT_EQ(line(factor("CN-BJ")), "CN-BJ by CHN 2025, published");
  EXPECT_EQ(line(factor("azure:westus2", {.scope = Scope::direct})), "azure:westus2 by US-WA 2023, published");
  EXPECT_EQ(line(world_factor({.year = 2024})), "WORLD 2024, published");
  EXPECT_EQ(to_string(factor("FRA", {.year = 2025})),
            "FRA 2025, published: 41.45 g CO2e/kWh (lifecycle; Ember Yearly Electricity Data 2026)");
  const auto line_of = [](const char* where, const char* from, const char* to) {
    return location_source(where)->line(parse_time(from), parse_time(to));
  };
  EXPECT_EQ(line_of("DEU", "2025-03-01T00:00Z", "2026-03-01T00:00Z"), "DEU 2025, published");
  EXPECT_EQ(line_of("CN-BJ", "2025-03-01T00:00Z", "2025-03-01T00:00Z"), "CN-BJ by CHN 2025, published");
  EXPECT_EQ(line_of("CA-QC", "2023-12-31T23:00Z", "2024-01-01T01:00Z"),
            "CA-QC 2023, generation mix; CA-QC 2024, direct plus upstream");
  EXPECT_EQ(line_of("CA-QC", "2023-12-31T23:00Z", "2024-01-01T00:00Z"), "CA-QC 2023, generation mix");
  EXPECT_EQ(make_source(CarbonIntensity::from_g_per_kwh(50))->line({}, {}), "fixed");
}

TEST(Location, ErrorsFollowTheRowUsed) {
  EXPECT_EQ(location_source("DEU", Scope::direct)->relative_error(), annual_factor_error);
  EXPECT_EQ(world_average(Scope::direct)->relative_error(), world_average_error);
  const auto around = annual_factor_error.around(CarbonMass::from_grams(100));
  EXPECT_DOUBLE_EQ(around.low.grams(), 60);
  EXPECT_DOUBLE_EQ(around.high.grams(), 140);
}

TEST(Location, AnUnknownPlaceNamesThreeOthers) {
  for (const char* asked : {"aws:mars-1",
                            "XXX",
                            "US-ZZ",
                            "",
                            "France",
                            "gcp:",
                            ":",
                            "CAF",
                            "-",
                            "US-",
                            "DE-",
                            "DE-BAYERN",
                            "US-CAL-CISO",
                            "IN-XX",
                            "aws:eu-north-1:swe",
                            "gcp,us-central1",
                            "42",
                            "W",
                            "\xC3",
                            "eu-north-1\n,SWE"}) {
    EXPECT_EQ(nearest_to(asked).size(), 3U) << asked;
    for (const Scope scope : {Scope::lifecycle, Scope::direct}) {
      try {
        static_cast<void>(factor(asked, {.scope = scope}));
        FAIL() << asked << " was found";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), "intensity.unknown_zone");
        EXPECT_EQ(error.category(), ErrorCategory::lookup);
      }
    }
    EXPECT_THROW(static_cast<void>(location_source(asked)), Error);
    EXPECT_THROW(static_cast<void>(place(asked)), Error);
  }
}

TEST(Location, WhatPeopleWriteForACountryNamesItFirst) {
  const std::pair<const char*, const char*> written[] = {{"Germany", "DEU"},
                                                         {"GER", "DEU"},
                                                         {"Deutschland", "DEU"},
                                                         {"UK", "GBR"},
                                                         {"Great Britain", "GBR"},
                                                         {"england", "GBR"},
                                                         {"South Korea", "KOR"},
                                                         {"Republic of Korea", "KOR"},
                                                         {"korea", "KOR"},
                                                         {"North Korea", "PRK"},
                                                         {"Russian Federation", "RUS"},
                                                         {"Iran", "IRN"},
                                                         {"Czech Republic", "CZE"},
                                                         {"Türkiye", "TUR"},
                                                         {"turkiye", "TUR"},
                                                         {"Ivory Coast", "CIV"},
                                                         {"Côte d'Ivoire", "CIV"},
                                                         {"Cote d\u2019Ivoire", "CIV"},
                                                         {"Re\u0301union", "REU"},
                                                         {"Viet Nam", "VNM"},
                                                         {"U.S.A.", "USA"},
                                                         {"America", "USA"},
                                                         {"the Netherlands", "NLD"},
                                                         {"Holland", "NLD"},
                                                         {"Swizerland", "CHE"},
                                                         {"UAE", "ARE"},
                                                         {"South-Africa", "ZAF"},
                                                         {"Paris, France", "FRA"},
                                                         {"DEU-BY", "DEU"},
                                                         {"Georgia", "GEO"},
                                                         {"EL", "GRC"},
                                                         {"Macedonia", "MKD"}};
  for (const auto& [text, key] : written) EXPECT_EQ(nearest_to(text).at(0), key) << text;
}

TEST(Location, WhatPeopleWriteForAStateOrARegionNamesItFirst) {
  const std::pair<const char*, const char*> written[] = {{"Texas", "US-TX"},
                                                         {"California", "US-CA"},
                                                         {"US_CA", "US-CA"},
                                                         {"USA-CA", "US-CA"},
                                                         {"TX", "US-TX"},
                                                         {"New South Wales", "AU-NSW"},
                                                         {"NSW", "AU-NSW"},
                                                         {"Ontario", "CA-ON"},
                                                         {"eu-west-1", "aws:eu-west-1"},
                                                         {"us-east1", "gcp:us-east1"},
                                                         {"us-east-1", "aws:us-east-1"},
                                                         {"EUROPE-WEST9", "gcp:europe-west9"},
                                                         {"aws-eu-north-1", "aws:eu-north-1"},
                                                         {"West Europe", "azure:westeurope"},
                                                         {"google:us-central1", "gcp:us-central1"},
                                                         {"aws:us-central1", "gcp:us-central1"},
                                                         {"aws:eu-nort-1", "aws:eu-north-1"}};
  for (const auto& [text, key] : written) EXPECT_EQ(nearest_to(text).at(0), key) << text;
  EXPECT_THAT(nearest_to("Paris"), ElementsAre("aws:eu-west-3", "azure:francecentral", "gcp:europe-west9"));
  EXPECT_THAT(nearest_to("montreal"), testing::Contains("gcp:northamerica-northeast1"));
}

TEST(Location, ATerritoryWithACodeOfItsOwnIsNotItsMotherCountry) {
  const std::pair<const char*, const char*> written[] = {{"FR-RE", "REU"}, {"FR-974", "REU"}, {"US-PR", "PRI"},
                                                         {"CN-HK", "HKG"}, {"CN-TW", "TWN"},  {"NL-AW", "ABW"}};
  for (const auto& [text, key] : written) EXPECT_EQ(nearest_to(text).at(0), key) << text;
}

TEST(Location, AGroupOfCountriesIsNoCountry) {
  for (const char* asked : {"EU", "eu", "European Union", "Europe", "Africa"}) {
    try {
      static_cast<void>(factor(asked));
      FAIL() << asked << " was found";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("is a group of countries")) << asked;
    }
  }
}

TEST(Location, ALongTextIsCutBetweenTwoCharacters) {
  try {
    static_cast<void>(factor(std::string(63, 'x') + "\xC3\xA9"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::get<std::string>(error.details().at("location")), std::string(63, 'x'));
  }
}

TEST(Location, EveryKnownPlaceHasAFactorWithItsSource) {
  const std::vector<std::string> all = locations();
  EXPECT_EQ(all.size(), 397U - 1 + 92) << "the places of grid_factors but `AU`, and the regions of AWS and Azure";
  EXPECT_THAT(all, testing::IsSupersetOf({"FRA", "US-WY", "CA-QC", "AU-NSW", "aws:eu-north-1", "azure:northeurope",
                                          "gcp:us-central1", "CN-BJ", "IN-MH", "WORLD"}));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (const Place& known : places()) {
    EXPECT_EQ(place(known.key), known) << known.key;
    EXPECT_FALSE(known.name.empty()) << known.key;
    for (const Scope scope : {Scope::lifecycle, Scope::direct}) {
      const Factor f = factor(known.key, {.scope = scope});
      EXPECT_GE(f.value.g_per_kwh(), 0) << known.key;
      EXPECT_TRUE(f.value.g_per_kwh() > 0 || f.method == FactorMethod::estimate)
          << known.key << ": 0 for a missing one";
      EXPECT_FALSE(f.source.text.empty() || f.source.licence.empty() || f.source.year != f.year) << known.key;
      EXPECT_EQ(factor(f.via, {.scope = scope}).value, f.value) << known.key;
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The tables
// ---------------------------------------------------------------------------------------------------------------------
TEST(PlaceTables, EveryRowIsReadAndTheRowThatTheLookUpGives) {
  const csv::Table& table = **csv::table("grid_factors");
  EXPECT_EQ(table.rows.size(), 1119U);
  const auto text_of = [&](const csv::Row& row, const char* column) {
    return std::string(*csv::field(table, row, column));
  };
  for (const csv::Row& row : table.rows) {
    const std::string key = text_of(row, "place");
    if (key == "AU") continue;
    const Scope scope = text_of(row, "scope") == "direct" ? Scope::direct : Scope::lifecycle;
    const int year = static_cast<int>(**csv::integer(table, row, "year"));
    const Factor f = factor(key, {.scope = scope, .year = year});
    EXPECT_EQ(f.g_per_kwh(), **csv::number(table, row, "g_per_kwh")) << row.line;
    EXPECT_EQ(f.year, year) << row.line;
    EXPECT_EQ(f.via, key) << row.line;
    EXPECT_EQ(f.gas, text_of(row, "gas")) << row.line;
    EXPECT_EQ(text(f.basis), text_of(row, "basis")) << row.line;
    EXPECT_EQ(text(f.method), text_of(row, "method")) << row.line;
    EXPECT_EQ(place(key).name, text_of(row, "name")) << row.line;
    EXPECT_FALSE(f.source.text.empty() || f.source.licence.empty()) << row.line;
  }
}

TEST(PlaceTables, AreSortedSoThatBinarySearchFindsEveryKey) {
  for (const char* name : {"grid_factors", "grid_sources", "countries", "place_names"}) {
    const csv::Table& table = **csv::table(name);
    std::string before;
    for (const csv::Row& row : table.rows) {
      EXPECT_LE(before, row.fields[0]) << name << ":" << row.line;
      before = row.fields[0];
      const Result<csv::Table> found = csv::rows_of(name, before);
      ASSERT_TRUE(found);
      EXPECT_THAT(found->rows, testing::Contains(testing::Field(&csv::Row::line, row.line))) << name;
    }
  }
}

TEST(PlaceTables, CloudRegionsAndOtherNamesLeadToPlaces) {
  const csv::Table& regions = **csv::table("cloud_regions");
  for (const csv::Row& row : regions.rows) {
    const auto text_of = [&](const char* column) { return std::string(*csv::field(regions, row, column)); };
    const Place region = place(text_of("provider") + ":" + text_of("region"));
    EXPECT_EQ(region.country, text_of("iso3"));
    EXPECT_EQ(region.subdivision, text_of("subdivision"));
    EXPECT_TRUE(region.subdivision.empty() || place(region.subdivision).country == region.country) << region.key;
  }
  const csv::Table& names = **csv::table("place_names");
  for (const csv::Row& row : names.rows) {
    const std::string name(*csv::field(names, row, "name"));
    const std::string key(*csv::field(names, row, "place"));
    if (key.empty()) continue;
    EXPECT_EQ(place(key).key, key) << row.line;
    EXPECT_EQ(nearest_to(name.c_str()).at(0), key) << name;
  }
}
