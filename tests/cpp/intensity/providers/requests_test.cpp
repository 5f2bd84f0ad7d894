// SPDX-License-Identifier: MIT
// What holds for the requests of every provider, and what each asks.
#include "asking.hpp"

#include <gtest/gtest.h>

using namespace provider_test;
using namespace std::chrono_literals;

namespace {

TEST(ProviderRequests, IdsAreSortedAndFoundAndAnUnknownOneNamesThem) {
  std::string_view before;
  for (const Provider* const p : providers()) {
    EXPECT_LT(before, p->info().id);
    before = p->info().id;
    EXPECT_EQ(&provider(before), p);
    EXPECT_FALSE(p->info().licence.empty());
  }
  try {
    static_cast<void>(provider("eai"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "intensity.bad_value");
    EXPECT_NE(std::string(error.what()).find("neso_gb"), std::string::npos);
  }
}

TEST(ProviderRequests, WithoutAPlaceOrATokenNothingIsSent) {
  for (const Provider* const p : providers()) {
    const std::string_view id = p->info().id;
    if (id == "co2signal") continue;
    Query query = query_for(id);
    query.now = at("2024-05-01T12:34:56Z");
    EXPECT_FALSE(p->requests(query).empty()) << id;
    query.settings.token.reset();
    const std::string refused = p->info().needs_token ? "intensity.no_credentials" : "none";
    EXPECT_EQ(code_of([&] { return p->requests(query); }), refused) << id;
    query = query_for(id);
    query.now = at("2024-05-01T12:34:56Z");
    query.zone.clear();
    EXPECT_EQ(code_of([&] { return p->requests(query); }), id == "neso_gb" ? "none" : "intensity.unknown_zone") << id;
  }
}

TEST(ProviderRequests, SecretsAreMarkedAndInNoText) {
  for (const Provider* const p : providers()) {
    if (p->info().id == "co2signal") continue;
    Query query = query_for(p->info().id);
    query.settings.token = "s3cret";
    query.start = at("2024-01-01T00:00:00Z");
    query.end = at("2024-06-01T00:00:00Z");
    for (const HttpRequest& request : p->requests(query)) {
      EXPECT_EQ(to_string(request).find("s3cret"), std::string::npos);
      for (const auto& fields : {request.query, request.headers}) {
        for (const HttpField& field : fields) EXPECT_EQ(field.secret, field.value.find("s3cret") != std::string::npos);
      }
    }
  }
}

TEST(ProviderRequests, AnIntervalHasTwoEndsInOrder) {
  for (const Provider* const p : providers()) {
    Query query = query_for(p->info().id);
    query.start = at("2024-01-02T00:00:00Z");
    EXPECT_EQ(code_of([&] { return p->requests(query); }), "intensity.bad_time");
    query.end = query.start;
    EXPECT_EQ(code_of([&] { return p->requests(query); }), "intensity.bad_time");
    query.end = at("2024-01-01T00:00:00Z");
    EXPECT_EQ(code_of([&] { return p->requests(query); }), "intensity.bad_time");
  }
}

/// The interval of one request as its provider writes it, the end as the first moment that is not asked for.
struct Asked {
  UtcTime start;
  UtcTime end;
};

UtcTime loose(std::string text) {
  if (text.size() == 12 && text.find('-') == std::string::npos) {  // yyyyMMddHHmm
    text = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) + "T" + text.substr(8, 2) + ":" +
           text.substr(10);
  }
  if (text.size() == 13) text += ":00";
  return *parse_utc(text, false);
}

Asked asked(std::string_view id, const HttpRequest& request) {
  if (id == "neso_gb") {
    const std::string& url = request.url;
    const std::size_t end = url.rfind('/');
    const std::size_t start = url.rfind('/', end - 1);
    return {loose(url.substr(start + 1, end - start - 1)), loose(url.substr(end + 1))};
  }
  if (id == "watttime") {
    const bool hourly = value_of(request, "signal_type") == "co2_aoer";
    return {loose(value_of(request, "start")), loose(value_of(request, "end")) + (hourly ? 60min : 5min)};
  }
  if (id == "eia") return {loose(value_of(request, "start")) - 1h, loose(value_of(request, "end"))};
  if (id == "entsoe") return {loose(value_of(request, "periodStart")), loose(value_of(request, "periodEnd"))};
  if (id == "carbon_aware_sdk") return {loose(value_of(request, "time")), loose(value_of(request, "toTime"))};
  return {loose(value_of(request, "start")), loose(value_of(request, "end"))};
}

TEST(ProviderRequests, PartsAreContiguousAscendingAndCoverTheIntervalOnce) {
  const std::chrono::nanoseconds limits[] = {0s, 24h, 31h, 1000h};
  const UtcTime starts[] = {at("2023-12-30T00:00:00Z"), at("2024-02-29T22:00:00Z"), at("2024-03-01T10:17:43.250Z")};
  const std::chrono::nanoseconds lengths[] = {1s, 30min, 1h, 239h, 240h, 241h, 14 * 24h, 45 * 24h, 800 * 24h};
  for (const Provider* const p : providers()) {
    const std::string_view id = p->info().id;
    if (id == "co2signal") continue;
    for (const auto limit : limits) {
      for (const UtcTime start : starts) {
        for (const auto length : lengths) {
          Query query = query_for(id);
          query.start = start;
          query.end = start + length;
          if (limit.count() > 0) query.settings.chunk = limit;
          const std::vector<HttpRequest> requests = p->requests(query);
          ASSERT_FALSE(requests.empty());
          UtcTime at = asked(id, requests.front()).start;
          EXPECT_LE(at, *query.start) << id;
          EXPECT_GT(at, *query.start - 1h) << id;
          for (const HttpRequest& request : requests) {
            const Asked part = asked(id, request);
            EXPECT_EQ(part.start, at) << id;
            EXPECT_LT(part.start, part.end) << id;
            EXPECT_TRUE(limit.count() == 0 || part.end - part.start <= limit) << id;
            at = part.end;
          }
          EXPECT_GE(at, *query.end) << id;
          EXPECT_LT(at, *query.end + 1h) << id;
        }
      }
    }
  }
}

TEST(ProviderRequests, ElectricityMapsTakesTheLastDayFromHistory) {
  Query query = query_for("electricitymaps");
  query.now = at("2024-05-01T12:34:00Z");
  query.start = at("2024-04-30T13:10:00Z");
  query.end = at("2024-05-01T12:34:00Z");
  ASSERT_EQ(provider("electricitymaps").requests(query).size(), 1U);
  EXPECT_EQ(provider("electricitymaps").requests(query)[0].endpoint, "carbon-intensity/history");
  query.start = at("2024-04-30T12:59:00Z");  // its hour is older than the 24 of `history`
  EXPECT_EQ(provider("electricitymaps").requests(query)[0].endpoint, "carbon-intensity/past-range");
  query.settings.granularity = "15_minutes";
  EXPECT_EQ(value_of(provider("electricitymaps").requests(query)[0], "temporalGranularity"), "15_minutes");
}

TEST(ProviderRequests, ElectricityMapsForbidsTheLookUpOfTheCaller) {
  Query query = query_for("electricitymaps");
  query.zone.clear();
  query.data_center = "gcp:europe-west1";
  const HttpRequest request = provider("electricitymaps").requests(query)[0];
  EXPECT_EQ(value_of(request, "shouldUseFallbackCallerLookup"), "false");
  EXPECT_EQ(value_of(request, "dataCenterProvider"), "gcp");
  EXPECT_EQ(value_of(request, "dataCenterRegion"), "europe-west1");
  for (const char* bad : {"gcp", "gcp:", ":x"}) {
    query.data_center = bad;
    EXPECT_EQ(code_of([&] { return provider("electricitymaps").requests(query); }), "intensity.unknown_zone");
  }
  query.data_center.clear();
  query.latitude = 0.0;
  EXPECT_EQ(code_of([&] { return provider("electricitymaps").requests(query); }), "intensity.unknown_zone");
  query.longitude = -0.0;
  EXPECT_EQ(value_of(provider("electricitymaps").requests(query)[0], "lon"), "0");
}

TEST(ProviderRequests, AForecastIsTheNextOneThatIsLongEnough) {
  Query query = query_for("electricitymaps");
  query.now = at("2024-05-01T12:34:00Z");
  for (const auto& [asked, sent] : {std::pair(0h, "6"), {7h, "24"}, {48h, "48"}, {49h, "72"}, {500h, "72"}}) {
    query.horizon = asked;
    EXPECT_EQ(value_of(provider("electricitymaps").requests(query)[0], "horizonHours"), sent);
  }
  query = query_for("neso_gb");
  query.horizon = 25h;
  EXPECT_EQ(code_of([&] { return provider("neso_gb").requests(query); }), "intensity.bad_time");
  query.now = at("2024-05-01T12:34:56Z");
  EXPECT_EQ(provider("neso_gb").requests(query)[0].url,
            "https://api.carbonintensity.org.uk/intensity/2024-05-01T12:34Z/fw48h");
  query.zone = "GB-13";
  EXPECT_EQ(provider("neso_gb").requests(query)[0].endpoint, "regional/intensity/{from}/fw48h/regionid/{regionid}");
}

TEST(ProviderRequests, NesoHasRegionsAndPostcodesAndNothingElse) {
  Query query = query_for("neso_gb");
  query.zone = "EC1A";
  EXPECT_EQ(provider("neso_gb").requests(query)[0].url, "https://api.carbonintensity.org.uk/regional/postcode/EC1A");
  for (const char* bad : {"GB-0", "GB-18", "GB-", "GB-1/..", "FR", "M1/../", "GB-1x"}) {
    query.zone = bad;
    EXPECT_EQ(code_of([&] { return provider("neso_gb").requests(query); }), "intensity.unknown_zone") << bad;
  }
}

TEST(ProviderRequests, WhatAProviderDoesNotPublishIsRefused) {
  const auto code = [](std::string_view id, Signal signal, Scope scope) {
    Query query = query_for(id);
    query.signal = signal;
    query.scope = scope;
    return code_of([&] { return provider(id).requests(query); });
  };
  EXPECT_EQ(code("electricitymaps", Signal::marginal, Scope::lifecycle), "intensity.no_coverage");
  EXPECT_EQ(code("watttime", Signal::marginal, Scope::lifecycle), "intensity.no_coverage");
  EXPECT_EQ(code("watttime", Signal::marginal, Scope::direct), "none");
  EXPECT_EQ(code("neso_gb", Signal::average, Scope::lifecycle), "intensity.no_coverage");
  EXPECT_EQ(code("co2signal", Signal::average, Scope::lifecycle), "intensity.no_coverage");
}

TEST(ProviderRequests, WattTimeLogsInAndFindsARegion) {
  Query query;
  query.latitude = 0;
  query.longitude = -122.25;
  const Provider& p = provider("watttime");
  EXPECT_EQ(code_of([&] { return p.login(query); }), "intensity.no_credentials");
  query.settings.user = "user";
  query.settings.password = "pass:word";
  const HttpRequest login = p.login(query);
  ASSERT_EQ(login.headers.size(), 1U);
  EXPECT_EQ(login.headers[0].value, "Basic dXNlcjpwYXNzOndvcmQ=");
  EXPECT_TRUE(login.headers[0].secret);
  EXPECT_EQ(p.parse("login", ok(R"({"token":"abc"})"), query).token, "abc");
  query.settings.token = "abc";
  EXPECT_EQ(code_of([&] { return p.requests(query); }), "intensity.unknown_zone");
  const std::optional<HttpRequest> locate = p.locate(query);
  ASSERT_TRUE(locate);
  EXPECT_EQ(target(*locate),
            "https://api.watttime.org/v3/region-from-loc?latitude=0&longitude=-122.25&signal_type=co2_moer");
  EXPECT_EQ(p.parse(locate->endpoint, ok(R"({"region":"R","signal_type":"co2_moer"})"), query).zone, "R");
  query.zone = "R";
  EXPECT_FALSE(p.locate(query));
  EXPECT_TRUE(p.requests(query)[0].headers[0].secret);
}

TEST(ProviderRequests, AWatttimeForecastOfThePastIsOneDayEach) {
  Query query = query_for("watttime");
  query.start = at("2024-01-01T00:00:00Z");
  query.end = at("2024-01-03T00:00:00Z");
  query.horizon = 24h;
  const std::vector<HttpRequest> requests = provider("watttime").requests(query);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].endpoint, "v3/forecast/historical");
  EXPECT_EQ(value_of(requests[0], "end"), "2024-01-01T23:55:00+00:00");
  EXPECT_EQ(value_of(requests[1], "horizon_hours"), "24");
}

TEST(ProviderRequests, EnergiDataServiceCanAskWider) {
  Query query = query_for("energidataservice");
  query.start = at("2024-01-01T00:00:00Z");
  query.end = at("2024-01-02T00:00:00Z");
  query.settings.widen = true;
  const HttpRequest request = provider("energidataservice").requests(query)[0];
  EXPECT_EQ(value_of(request, "start"), "2023-12-31T22:00");
  EXPECT_EQ(value_of(request, "timezone"), "none");
  query.zone = "DK1\"]}";
  EXPECT_EQ(code_of([&] { return provider("energidataservice").requests(query); }), "intensity.unknown_zone");
}

TEST(ProviderRequests, TheNewestRecordsThatMayLackPartsAreLeftOut) {
  const UtcTime now = at("2024-05-01T12:20:00Z");
  std::vector<Record> records(6);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].start = at("2024-05-01T05:00:00Z") + std::chrono::hours(i);  // the last one ends at 11:00
    records[i].end = records[i].start + 1h;
  }
  Query query;
  query.end = now;
  EXPECT_EQ(settled(records, query, now, 2h).size(), 4U);
  query.end = at("2024-05-01T11:00:00Z");  // the newest that was asked for, not the newest there is
  EXPECT_EQ(settled(records, query, now, 2h).size(), 5U);
  query.end = at("2024-05-01T09:00:00Z");
  EXPECT_EQ(settled(records, query, at("2024-06-01T00:00:00Z"), 2h).size(), 6U);
  EXPECT_EQ(settled(records, query, now, 0h).size(), 6U);
}

}  // namespace
