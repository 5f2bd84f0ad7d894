// SPDX-License-Identifier: MIT
// What holds for the parsers of every provider, and rules of single ones. What each answer means is in the vectors
// (tests/golden/intensity.json); what an answer that lost something means, in answers_test.cpp.
#include "asking.hpp"

#include <gtest/gtest.h>

using namespace provider_test;

namespace {

TEST(ProviderParse, NoMessageShowsASecret) {
  for (const Provider* const p : providers()) {
    Query query = query_for(p->info().id);
    query.settings.token = "s3cret+token";
    query.settings.user = "somebody@example";
    query.settings.password = "pa55 word";
    for (const int status : {200, 400, 401, 403, 404, 429, 500}) {
      for (const std::string& echo :
           {std::string("s3cret+token"), std::string("s3cret%2Btoken"), std::string("pa55 word"),
            std::string("somebody@example"), std::string("c29tZWJvZHlAZXhhbXBsZTpwYTU1IHdvcmQ=")}) {
        for (const std::string& body :
             {"{\"error\":\"bad key " + echo + "\"}", "<html>" + std::string(180, 'x') + echo + "</html>", echo}) {
          for (const char* endpoint :
               {"carbon-intensity/latest", "v3/historical", "login", "intensity", "api",
                "electricity/rto/fuel-type-data/data", "dataset/CO2Emis", "emissions/bylocation"}) {
            try {
              static_cast<void>(p->parse(endpoint, HttpResponse{status, {}, body}, query));
            } catch (const Error& error) {
              EXPECT_EQ(std::string(error.what()).find(echo), std::string::npos) << error.what();
              EXPECT_LT(std::string(error.what()).size(), 700U);
            }
          }
        }
      }
    }
  }
}

TEST(ProviderParse, ALogInThatIsCutOffShowsNothingOfIt) {
  for (const char* body :
       {R"({"token":"abcdefg)", R"({"token":12345678})", R"(<p>abcdefg</p>)", R"({"tok":"abcdefg"})"}) {
    try {
      static_cast<void>(provider("watttime").parse("login", ok(body), {}));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "intensity.bad_body");
      EXPECT_EQ(std::string(error.what()).find("abc"), std::string::npos) << error.what();
      EXPECT_EQ(std::string(error.what()).find("123"), std::string::npos) << error.what();
    }
  }
}

TEST(ProviderParse, TheMessageNamesProviderEndPointStatusAndTheServicesWords) {
  try {
    const HttpResponse response{429, {{"Retry-After", "7"}}, R"({"message":"Slow\ndown"})"};
    static_cast<void>(provider("electricitymaps").parse("/carbon-intensity/latest/", response, {}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "electricitymaps carbon-intensity/latest, status 429: Slow down; ask less often");
    EXPECT_EQ(std::get<std::int64_t>(error.details().at("retry_after_s")), 7);
    EXPECT_EQ(std::get<std::int64_t>(error.details().at("status")), 429);
    EXPECT_EQ(error.category(), ErrorCategory::connection);
  }
}

std::string electricity_maps(const std::string& fields) {
  return R"({"zone":"DE","carbonIntensity":1,"datetime":"2024-05-01T12:00:00Z")" + fields + "}";
}

TEST(ProviderParse, TheLaterUpdateWinsAndOthersOverlap) {
  const auto parse = [](const std::string& first, const std::string& second) {
    const std::string body = R"({"zone":"DE","history":[)" + electricity_maps(first) + "," + second + "]}";
    return provider("electricitymaps").parse("carbon-intensity/history", ok(body), {.zone = "DE"}).records;
  };
  const std::string other = R"({"zone":"DE","carbonIntensity":2,"datetime":"2024-05-01T12:00:00Z")";
  const std::string early = R"(,"updatedAt":"2024-05-01T13:00:00Z")";
  const std::string late = R"(,"updatedAt":"2024-05-01T14:00:00Z")";
  EXPECT_EQ(parse(early, other + late + "}").at(0).value->g_per_kwh(), 2);
  EXPECT_EQ(parse(late, other + early + "}").at(0).value->g_per_kwh(), 1);
  EXPECT_EQ(parse("", electricity_maps("")).size(), 1U);
  EXPECT_EQ(code_of([&] { return parse("", other + "}"); }), "intensity.overlap");
  const std::string shifted = R"({"zone":"DE","carbonIntensity":1,"datetime":"2024-05-01T12:30:00Z"})";
  EXPECT_EQ(code_of([&] { return parse("", shifted); }), "intensity.overlap");
}

TEST(ProviderParse, IntervalsOfMonthsAreThoseOfTheCalendar) {
  const auto end = [](const char* granularity, const char* start) {
    Query query;
    query.settings.granularity = granularity;
    const std::string body =
        std::string(R"({"zone":"DE","data":[{"carbonIntensity":1,"datetime":")") + start + R"("}]})";
    const Answer answer = provider("electricitymaps").parse("carbon-intensity/past-range", ok(body), query);
    return format_utc(answer.records.at(0).end);
  };
  EXPECT_EQ(end("5_minutes", "2024-02-01T00:00:00Z"), "2024-02-01T00:05:00Z");
  EXPECT_EQ(end("weekly", "2024-02-26T00:00:00Z"), "2024-03-04T00:00:00Z");
  EXPECT_EQ(end("monthly", "2024-02-01T00:00:00Z"), "2024-03-01T00:00:00Z");
  EXPECT_EQ(end("monthly", "2024-01-31T00:00:00Z"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(end("quarterly", "2023-10-01T00:00:00Z"), "2024-01-01T00:00:00Z");
  EXPECT_EQ(end("yearly", "2024-01-01T00:00:00Z"), "2025-01-01T00:00:00Z");
}

TEST(ProviderParse, AZoneKeyIsCheckedAgainstTheList) {
  const auto check = [](const char* zone) {
    return provider("electricitymaps").parse("zones", ok(R"({"DE":{},"DK-DK1":{},"DK-DK2":{}})"), {.zone = zone}).zone;
  };
  EXPECT_EQ(check("DK-DK1"), "DK-DK1");
  EXPECT_EQ(code_of([&] { return check("D"); }), "intensity.unknown_zone");
  try {
    static_cast<void>(check("DK"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "intensity.ambiguous_zone");
    EXPECT_EQ(std::get<std::vector<std::string>>(error.details().at("zones")),
              (std::vector<std::string>{"DK-DK1", "DK-DK2"}));
  }
}

TEST(ProviderParse, AnotherSignalOrScopeThanAskedIsRefused) {
  Query query;
  query.scope = Scope::direct;
  const auto parse = [&] {
    return provider("electricitymaps")
        .parse("carbon-intensity/latest", ok(electricity_maps(R"(,"emissionFactorType":"lifecycle")")), query);
  };
  EXPECT_EQ(code_of(parse), "intensity.mixed_signals");
  query.scope = Scope::lifecycle;
  EXPECT_EQ(code_of(parse), "none");
}

TEST(ProviderParse, TheSdkTellsLengthsItDoesNotSayByTheNextRecord) {
  const std::string body = R"([{"location":"x","time":"2024-01-01T00:30:00Z","rating":2},)"
                           R"({"location":"x","time":"2024-01-01T00:00:00Z","rating":1},)"
                           R"({"location":"x","time":"2024-01-01T01:30:00Z","rating":3}])";
  const Answer answer = provider("carbon_aware_sdk").parse("emissions/bylocation", ok(body), {.zone = "x"});
  ASSERT_EQ(answer.records.size(), 3U);
  EXPECT_EQ(format_utc(answer.records[0].end), "2024-01-01T00:30:00Z");
  EXPECT_EQ(format_utc(answer.records[2].end), "2024-01-01T02:30:00Z");
  EXPECT_TRUE(has_issue(answer.issues, "scope_assumed"));
  const std::string one = R"([{"location":"x","time":"2024-01-01T00:30:00Z","rating":2}])";
  EXPECT_EQ(code_of([&] { return provider("carbon_aware_sdk").parse("emissions/bylocation", ok(one), {}); }),
            "intensity.bad_body");
}

TEST(ProviderParse, TheSdkWritesTimeSpansAsDotNetDoes) {
  const auto length = [](const std::string& text) -> std::string {
    const std::string body =
        R"([{"location":"x","time":"2024-01-01T00:00:00Z","rating":2,"duration":")" + text + R"("}])";
    try {
      const Answer answer = provider("carbon_aware_sdk").parse("emissions/bylocation", ok(body), {});
      return format_utc(answer.records.at(0).end);
    } catch (const Error& error) {
      return error.code();
    }
  };
  EXPECT_EQ(length("00:05:00"), "2024-01-01T00:05:00Z");
  EXPECT_EQ(length("1.02:00:00"), "2024-01-02T02:00:00Z");
  EXPECT_EQ(length("00:00:00.5000000"), "2024-01-01T00:00:00.500Z");
  for (const char* bad : {"00:00:00", "1:00:00", "24:00:00", "00:60:00", "-00:05:00", ".00:05:00", "00:05", "PT5M",
                          "400.00:00:00", "00:05:00.", "00:05:00.12345678"}) {
    EXPECT_EQ(length(bad), "intensity.bad_value") << bad;
  }
}

TEST(ProviderParse, TheSdkAnswersForTheLocationAskedAmongSeveral) {
  const std::string body = R"([{"location":"a","time":"2024-01-01T00:00:00Z","rating":1,"duration":"01:00:00"},)"
                           R"({"location":"b","time":"2024-01-01T00:00:00Z","rating":2,"duration":"01:00:00"}])";
  const auto parse = [&](const char* zone) {
    return provider("carbon_aware_sdk").parse("emissions/bylocations", ok(body), {.zone = zone});
  };
  EXPECT_EQ(parse("b").records.at(0).value->g_per_kwh(), 2);
  EXPECT_EQ(code_of([&] { return parse("c"); }), "intensity.zone_mismatch");
}

TEST(ProviderParse, NesoListsAllRegionsOrTheOneAsked) {
  const std::string body =
      R"({"data":[{"from":"2024-01-01T00:00Z","to":"2024-01-01T00:30Z","regions":[)"
      R"({"regionid":1,"intensity":{"forecast":10,"index":"low"}},{"regionid":2,"intensity":{"forecast":20}}]}]})";
  const auto parse = [&](const char* zone) {
    return provider("neso_gb").parse("regional", ok(body), {.zone = zone}).forecast_records;
  };
  EXPECT_EQ(parse("").size(), 2U);
  ASSERT_EQ(parse("GB-2").size(), 1U);
  EXPECT_EQ(parse("GB-2")[0].value->g_per_kwh(), 20);
  EXPECT_EQ(code_of([&] { return parse("GB-3"); }), "intensity.no_data");
}

TEST(ProviderParse, SharesIndicesAndFactorsAreNoIntensities) {
  const std::pair<const char*, const char*> refused[] = {{"electricitymaps", "renewable-energy/latest"},
                                                         {"electricitymaps", "power-breakdown/history"},
                                                         {"watttime", "v3/signal-index"},
                                                         {"watttime", "v3/my-access"},
                                                         {"neso_gb", "generation"},
                                                         {"neso_gb", "intensity/factors"}};
  for (const auto& [id, endpoint] : refused) {
    const std::string code =
        code_of([&, id = id, endpoint = endpoint] { return provider(id).parse(endpoint, ok("{}"), {}); });
    EXPECT_EQ(code, "intensity.not_convertible") << endpoint;
  }
  for (const Provider* const p : providers()) {
    if (p->info().id == "co2signal") continue;
    EXPECT_EQ(code_of([&] { return p->parse("nothing/known", ok("{}"), {}); }), "intensity.bad_request");
  }
}

}  // namespace
