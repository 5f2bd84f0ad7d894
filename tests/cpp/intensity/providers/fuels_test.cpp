// SPDX-License-Identifier: MIT
// Providers that publish energy by fuel: EIA (pages, hours by their ends) and ENTSO-E (XML).
#include "asking.hpp"

#include <algorithm>

#include <gtest/gtest.h>

using namespace provider_test;
using namespace std::chrono_literals;

namespace {

std::string row(const std::string& period, const std::string& fuel, const std::string& value) {
  return R"({"period":")" + period + R"(","respondent":"CISO","fueltype":")" + fuel + R"(","value":)" + value + "}";
}

HttpResponse page(int total, std::initializer_list<std::string> rows) {
  std::string list;
  for (const std::string& r : rows) list += (list.empty() ? "" : ",") + r;
  return ok(R"({"response":{"total":")" + std::to_string(total) + R"(","data":[)" + list + "]}}");
}

const std::string endpoint = "electricity/rto/fuel-type-data/data";
const std::string hour1 = "2024-03-01T11";
const std::string hour2 = "2024-03-01T12";

TEST(Eia, AnHourThatIsSpreadOverTwoPagesIsOneMix) {
  const std::vector<HttpResponse> pages{page(4, {row(hour1, "NG", "100"), row(hour2, "NG", "100")}),
                                        page(4, {row(hour2, "NUC", "300"), row(hour1, "SUN", "0")})};
  const Query query{.zone = "CISO"};
  const Answer answer = provider("eia").parse(endpoint, pages, query);
  ASSERT_EQ(answer.records.size(), 2U);
  EXPECT_EQ(format_utc(answer.records[0].start), "2024-03-01T10:00:00Z");
  EXPECT_EQ(answer.records[0].value->g_per_kwh(), 490);
  EXPECT_DOUBLE_EQ(answer.records[1].value->g_per_kwh(), (490 * 100 + 12 * 300) / 400.0);
  EXPECT_EQ(answer.records[1].factor_set, "ar5");
  EXPECT_TRUE(answer.issues.empty());
}

TEST(Eia, TheLastHourOfAPageThatIsNotTheLastHasNoValue) {
  const HttpResponse first = page(4, {row(hour1, "NG", "100"), row(hour2, "NG", "100")});
  const Answer answer = provider("eia").parse(endpoint, first, {.zone = "CISO"});
  ASSERT_EQ(answer.records.size(), 2U);
  EXPECT_TRUE(answer.records[0].value);
  EXPECT_FALSE(answer.records[1].value);
  EXPECT_TRUE(has_issue(answer.issues, "partial_answer"));
}

TEST(Eia, TheNextPageBeginsWhereTheLastEnded) {
  Query query = query_for("eia");
  query.start = at("2024-03-01T10:00:00Z");
  query.end = at("2024-03-01T12:00:00Z");
  const Provider& eia = provider("eia");
  const HttpRequest first = eia.requests(query).at(0);
  std::vector<HttpResponse> pages{page(3, {row(hour1, "NG", "1"), row(hour2, "NG", "1")})};
  const std::optional<HttpRequest> next = eia.next_page(first, pages);
  ASSERT_TRUE(next);
  EXPECT_EQ(value_of(*next, "offset"), "2");
  EXPECT_EQ(value_of(*next, "start"), value_of(first, "start"));
  pages.push_back(page(3, {row(hour2, "NUC", "1")}));
  EXPECT_FALSE(eia.next_page(first, pages));
  EXPECT_FALSE(eia.next_page(first, std::vector<HttpResponse>{page(3, {})}));  // asks no page for ever
  EXPECT_FALSE(eia.next_page(first, std::vector<HttpResponse>{{500, {}, ""}}));
}

TEST(Eia, ValuesInQuotesAreNumbersAndOtherTextsAreNot) {
  const auto code = [](const std::string& value) {
    return code_of([&] { return provider("eia").parse(endpoint, page(1, {row(hour1, "NG", value)}), {}); });
  };
  for (const char* good : {"1", "\"1\"", "\"-1.5\"", "null"}) EXPECT_EQ(code(good), "none") << good;
  for (const char* bad : {"\"\"", "\"null\"", "\"1 MWh\"", "true", "[]", "\"1,5\"", "\"nan\""}) {
    EXPECT_EQ(code(bad), "intensity.bad_value") << bad;
  }
}

TEST(Eia, AFuelThatIsNotKnownOrThereTwiceIsRefused) {
  const auto code = [](std::initializer_list<std::string> rows) {
    return code_of([&] { return provider("eia").parse(endpoint, page(1, rows), {}); });
  };
  EXPECT_EQ(code({row(hour1, "XYZ", "1")}), "intensity.unknown_fuel");
  EXPECT_EQ(code({row(hour1, "XYZ", "0"), row(hour1, "NG", "1")}), "none");
  EXPECT_EQ(code({row(hour1, "NG", "1"), row(hour1, "NG", "1")}), "none");
  EXPECT_EQ(code({row(hour1, "NG", "1"), row(hour1, "NG", "2")}), "intensity.overlap");
  EXPECT_EQ(code({row("2024-03-01", "NG", "1")}), "intensity.bad_time");
  EXPECT_EQ(code({row("2024-03-01T24", "NG", "1")}), "intensity.bad_time");
}

TEST(Eia, EverySetOfFactorsHasTheFuelsItNames) {
  for (const char* set : {"ar5", "carboncast", "srren2011"}) {
    Query query;
    query.settings.factor_set = set;
    const Answer answer = provider("eia").parse(
        endpoint, page(3, {row(hour1, "NG", "1"), row(hour1, "SUN", "1"), row(hour1, "COL", "1")}), query);
    EXPECT_EQ(answer.records.at(0).factor_set, set);
  }
  Query query;
  query.settings.factor_set = "no such set";
  EXPECT_EQ(code_of([&] { return provider("eia").parse(endpoint, page(1, {row(hour1, "NG", "1")}), query); }),
            "intensity.bad_value");
}

std::string series(const std::string& type, const std::string& points, const std::string& curve = "A01",
                   const std::string& resolution = "PT60M", const std::string& end = "2024-01-01T02:00Z") {
  return "<n:TimeSeries><inBiddingZone_Domain.mRID>Z</inBiddingZone_Domain.mRID><curveType>" + curve +
         "</curveType><MktPSRType><psrType>" + type +
         "</psrType></MktPSRType><Period><timeInterval><start>2024-01-01T00:00Z</start><end>" + end +
         "</end></timeInterval><resolution>" + resolution + "</resolution>" + points + "</Period></n:TimeSeries>";
}

std::string point(const std::string& position, const std::string& quantity) {
  return "<Point><position>" + position + "</position><quantity>" + quantity + "</quantity></Point>";
}

Answer entsoe(const std::string& body) {
  return provider("entsoe").parse("api", ok("<n:GL_MarketDocument>" + body + "</n:GL_MarketDocument>"), {.zone = "Z"});
}

TEST(Entsoe, NamesCountWithoutTheirPrefixAndPositionsBeforeTheFirstAreUnknown) {
  const Answer answer = entsoe(series("B14", point("2", "5"), "A03", "PT30M"));
  ASSERT_EQ(answer.records.size(), 4U);
  EXPECT_FALSE(answer.records[0].value);
  EXPECT_EQ(answer.records[3].value->g_per_kwh(), 12);
  EXPECT_EQ(format_utc(answer.records[3].end), "2024-01-01T02:00:00Z");
}

TEST(Entsoe, WhatDoesNotFitTheSchemeIsRefused) {
  const std::string good = point("1", "5");
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good)); }), "none");
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good, "A02")); }), "intensity.bad_value");
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good, "A01", "P1D")); }), "intensity.bad_value");
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good, "A01", "PT60M", "2024-01-01T01:30Z")); }),
            "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good, "A01", "PT15M", "2199-01-01T00:00Z")); }),
            "intensity.bad_time");
  for (const char* position : {"0", "3", "1.5", "x", "", "-1"}) {
    EXPECT_EQ(code_of([&] { return entsoe(series("B14", point(position, "5"))); }), "intensity.bad_value") << position;
  }
  for (const char* quantity : {"", "x", "5 MW", "inf", "nan", "1e999"}) {
    EXPECT_EQ(code_of([&] { return entsoe(series("B14", point("1", quantity))); }), "intensity.bad_value") << quantity;
  }
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good + good)); }), "intensity.overlap");
  EXPECT_EQ(code_of([&] { return entsoe(series("B14", good) + series("B14", point("1", "6"))); }), "intensity.overlap");
  EXPECT_EQ(code_of([&] { return entsoe(series("B99", good)); }), "intensity.unknown_fuel");
  EXPECT_EQ(code_of([&] { return entsoe("<TimeSeries/>"); }), "intensity.bad_body");
  EXPECT_EQ(code_of([&] { return entsoe(""); }), "intensity.no_data");
}

TEST(Entsoe, ManyLongPeriodsDoNotTakeAllMemory) {
  std::string body;
  for (int i = 0; i < 60; ++i) body += series("B14", point("1", "5"), "A03", "PT15M", "2025-01-01T00:00Z");
  EXPECT_EQ(code_of([&] { return entsoe(body); }), "intensity.bad_body");
}

}  // namespace
