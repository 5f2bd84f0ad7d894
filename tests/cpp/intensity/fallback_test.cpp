// SPDX-License-Identifier: MIT
// The fallback chain, the cache, and live sources over a transport that plays answers.
#include <co2lib/intensity/fallback.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/live.hpp>
#include <co2lib/intensity/price.hpp>
#include <co2lib/testing.hpp>

namespace co2lib::intensity {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

UtcTime at(const char* text) { return *parse_utc(text); }

Record hour(const char* start, double g, std::chrono::nanoseconds length = 1h) {
  Record r;
  r.start = at(start);
  r.end = r.start + length;
  r.value = CarbonIntensity::from_g_per_kwh(g);
  return r;
}

// ---------------------------------------------------------------------------------------------------------------------
// The chain
// ---------------------------------------------------------------------------------------------------------------------

TEST(Fallback, StaleCountsTwoHoursAndNotLonger) {
  const std::vector<Record> cache{hour("2024-05-08T09:30:00Z", 320)};
  const LiveAnswer down{.records = {}, .error = "intensity.timeout"};
  const Record exact = fallback(at("2024-05-08T12:30:00Z"), &down, cache);
  EXPECT_EQ(exact.origin, "cache");
  EXPECT_THAT(exact.flags, UnorderedElementsAre("stale", "intensity.timeout"));
  EXPECT_EQ(fallback(exact.end - 1ns, &down, cache).origin, "cache");
  EXPECT_EQ(fallback(exact.end, &down, cache).origin, "world_average");
  EXPECT_EQ(fallback(at("2024-05-08T12:30:00.001Z"), &down, cache, {.stale_for = 3h}).origin, "cache");
}

TEST(Fallback, ALiveAnswerWithoutAValueForNowIsNoData) {
  LiveAnswer live{.records = {hour("2024-05-08T11:00:00Z", 300)}, .error = ""};
  live.records.push_back(hour("2024-05-08T12:00:00Z", 1));
  live.records.back().value.reset();
  const Record r = fallback(at("2024-05-08T12:30:00Z"), &live, {});
  EXPECT_EQ(r.origin, "world_average");
  EXPECT_THAT(r.flags, UnorderedElementsAre("world_average", "intensity.no_data"));
  EXPECT_EQ(r.error, world_average_error);
}

TEST(Fallback, ClimatologyNeedsThreeDaysAndAveragesWithinTheHour) {
  std::vector<Record> cache{hour("2024-05-01T12:00:00Z", 400), hour("2024-05-07T12:00:00Z", 100, 30min),
                            hour("2024-05-07T12:30:00Z", 300, 30min)};
  EXPECT_EQ(fallback(at("2024-05-08T12:59:59Z"), nullptr, cache).origin, "world_average");
  cache.push_back(hour("2024-05-03T12:00:00Z", 600));
  const Record r = fallback(at("2024-05-08T12:59:59Z"), nullptr, cache);
  EXPECT_EQ(r.origin, "climatology");
  EXPECT_DOUBLE_EQ(r.value->g_per_kwh(), 400);
  EXPECT_EQ(r.end, at("2024-05-08T13:00:00Z"));
  EXPECT_THAT(r.flags, ElementsAre("climatology"));
  EXPECT_LT(r.error->low, 0);
}

TEST(Fallback, RecordsOfAnotherSignalOrScopeDoNotCount) {
  LiveAnswer live{.records = {hour("2024-05-08T12:00:00Z", 300)}, .error = ""};
  live.records[0].scope = Scope::direct;
  EXPECT_EQ(fallback(at("2024-05-08T12:30:00Z"), &live, live.records).origin, "world_average");
  EXPECT_EQ(fallback(at("2024-05-08T12:30:00Z"), &live, {}, {.scope = Scope::direct}).origin, "live");
}

TEST(Fallback, LocationsAreRefusedAtOnceAndMarginalEndsWithNoData) {
  EXPECT_THROW(Fallback({.location = "XQX"}), Error);
  const Fallback links({.location = "DEU", .signal = Signal::marginal});
  try {
    static_cast<void>(links.at(at("2024-05-08T12:30:00Z"), nullptr, {}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "intensity.no_data");
  }
}

TEST(Fallback, TheSourceCoversAnyWindowAndItsPartsSumToTheTotal) {
  const std::vector<Record> known{hour("2024-05-08T12:00:00Z", 300), hour("2024-05-08T14:00:00Z", 500)};
  const auto chain = with_fallback(make_source(Trace(known)), {.location = "DEU"});
  const std::vector<EnergySample> samples{
      {at("2024-05-08T11:00:00Z"), at("2024-05-08T19:00:00Z"), Energy::from_kwh(8)}};
  const Priced p = price(samples, *chain);
  CarbonMass sum{};
  std::vector<std::string> origins;
  for (const OriginLine& line : p.origins) {
    sum += line.mass;
    origins.push_back(line.origin);
  }
  EXPECT_NEAR(sum.grams(), p.mass.grams(), 1e-9 * p.mass.grams());
  EXPECT_THAT(origins, UnorderedElementsAre("live", "cache", "annual_factor"));
  EXPECT_TRUE(has_issue(p.issues, "stale"));
  EXPECT_TRUE(has_issue(p.issues, "annual_factor"));
  ASSERT_TRUE(p.error);
  EXPECT_GT(p.error->low, annual_factor_error.low);  // only a part of it is an annual factor
  EXPECT_LT(p.error->low, 0);
  for (double cut : {0.1, 0.5, 0.77}) {  // splitting changes nothing
    const UtcTime middle = samples[0].start + std::chrono::duration_cast<std::chrono::nanoseconds>(8h * cut);
    const std::vector<EnergySample> two{{samples[0].start, middle, Energy::from_kwh(8 * cut)},
                                        {middle, samples[0].end, Energy::from_kwh(8 * (1 - cut))}};
    EXPECT_NEAR(price(two, *chain).mass.grams(), p.mass.grams(), 1e-9 * p.mass.grams());
  }
}

/// Its answer comes in just after someone looked at what it knows.
class Answering final : public IntensitySource {
 public:
  [[nodiscard]] Trace between(UtcTime, UtcTime) const override {
    learnt = {hour("2025-06-10T12:00:00Z", 250)};
    return Trace(learnt);
  }
  [[nodiscard]] std::optional<Trace> known(UtcTime a, UtcTime b) const override {
    const Trace before(learnt);
    if (chain != nullptr) static_cast<void>(std::exchange(chain, nullptr)->between(a, b));
    return before;
  }
  [[nodiscard]] Description describe() const override { return {.name = "answering"}; }
  mutable std::vector<Record> learnt;
  mutable const IntensitySource* chain = nullptr;
};

TEST(Fallback, AnAnswerThatComesInWhileOneLooksIsNotTakenForOld) {
  const auto source = std::make_shared<Answering>();
  const auto chain = with_fallback(source, {.location = "DEU"});
  source->chain = chain.get();
  const UtcTime a = at("2025-06-10T12:00:00Z");
  for (const char* origin : {"annual_factor", "live"}) {
    const std::optional<Trace> known = chain->known(a, a + 1h);
    ASSERT_TRUE(known);
    ASSERT_EQ(known->records().size(), 1U);
    EXPECT_EQ(known->records().front().origin, origin);
  }
}

TEST(Price, ErrorsOfRecordsWeighAsMuchAsWhatTheyPriced) {
  std::vector<Record> records{hour("2024-05-08T12:00:00Z", 100), hour("2024-05-08T13:00:00Z", 300)};
  records[0].error = RelativeError{-0.4, 0.4};
  records[1].error = RelativeError{-0.1, 0.2};
  const std::vector<EnergySample> samples{{records[0].start, records[1].end, Energy::from_kwh(2)}};
  const Priced p = price(samples, Trace(records));
  ASSERT_TRUE(p.error);  // 60..140 g and 270..360 g of 400 g
  EXPECT_NEAR(p.error->low, 330.0 / 400 - 1, 1e-12);
  EXPECT_NEAR(p.error->high, 500.0 / 400 - 1, 1e-12);
  records[1].error.reset();
  EXPECT_NEAR(price(samples, Trace(records)).error->high, 0.1, 1e-12);
  records[0].error.reset();
  EXPECT_FALSE(price(samples, Trace(records)).error);
  EXPECT_EQ(price(samples, *make_source(Trace(records), RelativeError{-0.3, 0.3})).error, (RelativeError{-0.3, 0.3}));
}

// ---------------------------------------------------------------------------------------------------------------------
// The cache
// ---------------------------------------------------------------------------------------------------------------------

class CacheFolder : public ::testing::Test {
 protected:
  CacheFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "co2lib-cache-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~CacheFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  static std::vector<double> values(const Cache& cache) {
    std::vector<double> all;
    for (const Record& r : cache.find(key, at("2024-05-01T00:00:00Z"), at("2024-06-01T00:00:00Z"))) {
      all.push_back(r.value->g_per_kwh());
    }
    return all;
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "cache")) all.push_back(entry.path());
    return all;
  }
  static inline const CacheKey key{"neso_gb", "../GB", Signal::average, Scope::lifecycle};
  std::filesystem::path folder;
};

TEST_F(CacheFolder, NewerValuesReplaceAndNullsNever) {
  Cache cache;
  cache.put(key, std::vector{hour("2024-05-08T12:00:00Z", 1), hour("2024-05-08T13:00:00Z", 2)});
  std::vector<Record> next{hour("2024-05-08T12:00:00Z", 3), hour("2024-05-08T13:00:00Z", 4)};
  next[1].value.reset();
  cache.put(key, next);
  EXPECT_THAT(values(cache), ElementsAre(3, 2));
  Record restated = hour("2024-05-08T12:00:00Z", 5);
  restated.updated_at = at("2024-05-08T15:00:00Z");
  Record older = hour("2024-05-08T12:00:00Z", 6);
  older.updated_at = at("2024-05-08T14:00:00Z");
  cache.put(key, std::vector{restated});
  cache.put(key, std::vector{older});
  Record guess = hour("2024-05-08T12:00:00Z", 7);
  guess.status = Status::forecast;
  cache.put(key, std::vector{guess});
  EXPECT_THAT(values(cache), ElementsAre(5, 2));
  EXPECT_THAT(cache.find({"other", "GB"}, at("2024-05-01T00:00:00Z"), at("2024-06-01T00:00:00Z")), IsEmpty());
}

TEST_F(CacheFolder, AFolderIsSharedByItsUsersAndNobodyElseReadsIt) {
  Cache one(folder / "cache");
  Cache other(folder / "cache");
  one.put(key, std::vector{hour("2024-05-08T12:00:00Z", 1)});
  EXPECT_THAT(values(other), ElementsAre(1));
  other.put(key, std::vector{hour("2024-05-08T13:00:00Z", 2)});
  one.put(key, std::vector{hour("2024-05-08T14:00:00Z", 3)});
  EXPECT_THAT(values(one), ElementsAre(1, 2, 3));
  EXPECT_THAT(values(Cache(folder / "cache")), ElementsAre(1, 2, 3));
  for (const auto& file : files()) {
    struct stat about {};
    ASSERT_EQ(::stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << file;
    EXPECT_FALSE(file.string().ends_with(".tmp"));
  }
  EXPECT_EQ(files().size(), 2U);  // the lock and one file, whatever the zone is called
  EXPECT_THAT(one.issues(), IsEmpty());
}

TEST_F(CacheFolder, ADamagedLineIsPassedOverAndSaid) {
  {
    Cache cache(folder / "cache");
    cache.put(key, std::vector{hour("2024-05-08T12:00:00Z", 1), hour("2024-05-08T13:00:00Z", 2)});
  }
  for (const auto& file : files()) {
    if (file.extension() == ".jsonl") std::ofstream(file, std::ios::app) << "{\"start\":\"2024-05-08T1\n\xff\n";
  }
  Cache cache(folder / "cache");
  EXPECT_THAT(values(cache), ElementsAre(1, 2));
  EXPECT_TRUE(has_issue(cache.issues(), "cache_damaged"));
}

TEST_F(CacheFolder, ManyThreadsAndProcessesLoseNothing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Cache cache(folder / "cache");
      for (int i = 0; i < 5; ++i) {
        Record r = hour("2024-05-08T00:00:00Z", 1);
        r.start += std::chrono::hours(t * 5 + i);
        r.end = r.start + 1h;
        cache.put(key, std::vector{r});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(values(Cache(folder / "cache")).size(), 20U);
}

// ---------------------------------------------------------------------------------------------------------------------
// Live sources
// ---------------------------------------------------------------------------------------------------------------------

/// The grid of Great Britain as its service answers: a half hour with an actual value or a forecast.
class Grid {
 public:
  HttpResponse answer(const HttpRequest& request) {
    const std::lock_guard lock(mutex);
    urls.push_back(target(request));
    if (status != 200) return {.status = status, .headers = {}, .body = body};
    return {.status = 200, .headers = {}, .body = body};
  }
  void says(const std::string& from, const std::string& to, const std::string& forecast, const std::string& actual) {
    body = R"({"data":[{"from":")" + from + R"(","to":")" + to + R"(","intensity":{"forecast":)" + forecast +
           R"(,"actual":)" + actual + R"(,"index":"low"}}]})";
  }
  Transport transport() {
    return [this](const HttpRequest& r) { return answer(r); };
  }
  std::mutex mutex;
  int status = 200;
  std::string body;
  std::vector<std::string> urls;
};

class Live : public ::testing::Test {
 protected:
  Live() : clock(std::make_shared<ManualClock>(at("2024-05-08T12:10:00Z"))) {
    grid.says("2024-05-08T12:00Z", "2024-05-08T12:30Z", "200", "null");
  }
  std::shared_ptr<const LiveSource> source(LiveOptions options = {.zone = "GB", .retry = {.attempts = 1}}) {
    return neso_gb(std::move(options), grid.transport(), clock);
  }
  Grid grid;
  std::shared_ptr<ManualClock> clock;
};

TEST_F(Live, ANullIsMissingAndTheForecastOfNowStandsForIt) {
  const auto gb = source();
  EXPECT_THAT(gb->known(clock->utc(), clock->utc() + 1s)->records(), IsEmpty());
  const Record now = gb->at(clock->utc());
  EXPECT_EQ(now.value->g_per_kwh(), 200);
  EXPECT_EQ(now.status, Status::forecast);
  EXPECT_EQ(now.origin, "live");
  EXPECT_EQ(gb->describe().name, "neso_gb:GB");
  EXPECT_EQ(gb->known(clock->utc(), clock->utc() + 1s)->size(), 1U);
}

TEST_F(Live, WhatIsValidIsNotAskedForAgain) {
  const auto gb = source();
  for (int i = 0; i < 5; ++i) static_cast<void>(gb->at(clock->utc()));
  EXPECT_EQ(grid.urls.size(), 1U);
  clock->advance(25min);
  grid.says("2024-05-08T12:30Z", "2024-05-08T13:00Z", "300", "310");
  EXPECT_EQ(gb->at(clock->utc()).value->g_per_kwh(), 310);
  EXPECT_EQ(grid.urls.size(), 2U);
}

TEST_F(Live, NoDataIsRememberedForAMinute) {
  grid.body = R"({"data":[]})";
  const auto gb = source();
  for (int i = 0; i < 3; ++i) EXPECT_THROW(static_cast<void>(gb->at(clock->utc())), Error);
  EXPECT_EQ(grid.urls.size(), 1U);
  EXPECT_EQ(gb->failure()->code, "intensity.no_data");
  clock->advance(61s);
  EXPECT_THROW(static_cast<void>(gb->at(clock->utc())), Error);
  EXPECT_EQ(grid.urls.size(), 2U);
}

TEST_F(Live, AfterForbiddenNothingMoreIsAsked) {
  grid.status = 403;
  grid.body = R"({"error":"no"})";
  const auto gb = source();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(static_cast<void>(gb->between(clock->utc() - 24h, clock->utc())), Error);
    clock->advance(1h);
  }
  EXPECT_EQ(grid.urls.size(), 1U);
}

TEST_F(Live, EachFailureIsAFlagOfTheChainAndTheCodeOfItsStatus) {
  struct Case {
    int status;
    std::string body;
    std::string code;
  };
  const std::vector<Case> cases{{401, "", "intensity.auth"},
                                {404, "{}", "intensity.no_data"},
                                {408, "", "intensity.timeout"},
                                {425, "", "intensity.server"},
                                {429, "", "intensity.rate_limited"},
                                {500, "", "intensity.server"},
                                {502, "<html>", "intensity.server"},
                                {302, "", "intensity.server"},
                                {418, "", "intensity.bad_request"},
                                {200, "", "intensity.bad_body"},
                                {200, "<html>no</html>", "intensity.bad_body"},
                                {200, "[1]", "intensity.bad_body"},
                                {200, "\x1F\x8B\x08", "intensity.bad_body"},  // gzip that nobody asked for
                                {200, R"({"data":[{"from":)", "intensity.bad_body"},
                                {200, R"({"data":[]})", "intensity.no_data"}};
  for (const Case& c : cases) {
    grid.status = c.status;
    grid.body = c.body;
    const auto chain = with_fallback(source(), {.location = "GBR"});
    const Record r = chain->at(clock->utc());
    EXPECT_EQ(r.origin, "annual_factor") << c.status;
    EXPECT_EQ(r.scope, Scope::direct);
    EXPECT_THAT(r.flags, ::testing::Contains(c.code)) << c.status << c.body;
    EXPECT_EQ(chain->failure()->code, c.code);
  }
}

TEST_F(Live, AProvidersOwnForecastEntersByTheSameInterface) {
  grid.body =
      R"({"data":[{"from":"2024-05-08T12:00Z","to":"2024-05-08T12:30Z","intensity":{"forecast":200,"actual":null}},
                          {"from":"2024-05-08T12:30Z","to":"2024-05-08T13:00Z","intensity":{"forecast":210,"actual":null}}]})";
  const Forecast f = source()->forecast(at("2024-05-08T12:00:00Z"), 24h);
  EXPECT_THAT(f.g_per_kwh, ElementsAre(200, 210));
  EXPECT_EQ(f.step, 30min);
}

TEST_F(Live, AClockThatStepsIsSurvived) {
  const auto chain = with_fallback(source(), {.location = "GBR"});
  EXPECT_EQ(chain->at(clock->utc()).origin, "live");
  clock->step_utc(-48h);
  EXPECT_NE(chain->at(clock->utc()).origin, "live");
  clock->step_utc(96h);
  EXPECT_NE(chain->at(clock->utc()).origin, "live");
  clock->step_utc(-48h);
  EXPECT_EQ(chain->at(clock->utc()).origin, "live");
}

TEST_F(Live, SecretsAreInNoMessage) {
  const std::string secret = "PLANTED-TOKEN-1";
  const auto leaky = [&](const HttpRequest& request) -> HttpResponse {
    return {.status = 400,
            .headers = {},
            .body = R"({"error":"bad token )" + secret + R"( in )" + target(request) + R"("})"};
  };
  const auto broken = [&](const HttpRequest&) -> HttpResponse { throw std::runtime_error("sent " + secret); };
  for (const Transport& transport : {Transport(leaky), Transport(broken)}) {
    const auto de = electricity_maps({.zone = "DE", .settings = {.token = secret + "\n"}, .retry = {.attempts = 1}},
                                     transport, clock);
    try {
      static_cast<void>(de->at(clock->utc()));
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("PLANTED")));
      EXPECT_THAT(error.what(), HasSubstr("***"));
    }
    EXPECT_THAT(de->failure()->text, Not(HasSubstr("PLANTED")));
  }
}

TEST_F(Live, WhatIsMissingIsRefusedBeforeAnythingIsSent) {
  EXPECT_THROW(static_cast<void>(electricity_maps({.zone = "DE"}, grid.transport(), clock)), Error);
  EXPECT_THROW(static_cast<void>(electricity_maps({.settings = {.token = "T"}}, grid.transport(), clock)), Error);
  EXPECT_THROW(static_cast<void>(live_source("nobody", {.zone = "DE"}, grid.transport(), clock)), Error);
  EXPECT_THAT(grid.urls, IsEmpty());
}

TEST_F(Live, TheLogInIsMadeOnceRenewedAndRepeatedWhereAnAnswerAsksForIt) {
  int logins = 0;
  bool expired = false;
  const auto service = [&](const HttpRequest& request) -> HttpResponse {
    if (request.url.ends_with("/login")) {
      expired = false;
      return {.status = 200, .headers = {}, .body = R"({"token":"T)" + std::to_string(++logins) + R"("})"};
    }
    if (expired) return {.status = 403, .headers = {{"Content-Type", "text/html"}}, .body = "<html>Forbidden</html>"};
    const std::string now = format_utc(std::chrono::floor<std::chrono::minutes>(clock->utc()));
    return {.status = 200,
            .headers = {},
            .body = R"({"data":[{"point_time":")" + now +
                    R"(","value":1000}],"meta":{"data_point_period_seconds":300,)" +
                    R"("region":"CAISO_NORTH","signal_type":"co2_moer","units":"lbs_co2_per_mwh","generated_at":")" +
                    now + R"(","warnings":[]}})"};
  };
  const auto wt = watttime({.zone = "CAISO_NORTH", .settings = {.user = "U", .password = "P"}}, service, clock);
  EXPECT_EQ(wt->describe().signal, Signal::marginal);
  EXPECT_NEAR(wt->at(clock->utc()).value->g_per_kwh(), 453.59237, 1e-6);
  EXPECT_EQ(logins, 1);
  clock->advance(10min);
  expired = true;
  EXPECT_NEAR(wt->at(clock->utc()).value->g_per_kwh(), 453.59237, 1e-6);
  EXPECT_EQ(logins, 2);
  clock->advance(26min);
  EXPECT_NEAR(wt->at(clock->utc()).value->g_per_kwh(), 453.59237, 1e-6);
  EXPECT_EQ(logins, 3);
}

TEST_F(Live, APlanWithoutThePastKeepsTheLatest) {
  std::vector<std::string> asked;
  const auto service = [&](const HttpRequest& request) -> HttpResponse {
    asked.push_back(request.endpoint);
    if (request.endpoint.find("latest") == std::string::npos) return {.status = 403, .headers = {}, .body = "{}"};
    return {.status = 200,
            .headers = {},
            .body = R"({"zone":"DE","carbonIntensity":300,"datetime":")" +
                    format_utc(std::chrono::floor<std::chrono::hours>(clock->utc())) +
                    R"(","updatedAt":"2024-05-08T12:05:00.000Z","emissionFactorType":"lifecycle","isEstimated":true})"};
  };
  const auto de = electricity_maps({.zone = "DE", .settings = {.token = "TTTT"}}, service, clock);
  EXPECT_EQ(de->between(clock->utc() - 24h, clock->utc()).size(), 1U);
  const std::size_t before = asked.size();
  clock->advance(1h);
  EXPECT_EQ(de->between(clock->utc() - 24h, clock->utc()).size(), 2U);
  EXPECT_EQ(asked.size(), before + 1);
}

}  // namespace
}  // namespace co2lib::intensity
