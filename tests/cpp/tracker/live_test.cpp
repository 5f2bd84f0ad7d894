// SPDX-License-Identifier: MIT
// A tracker whose intensity comes from a network or a function: asked apart, ahead of time, and never waited for.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <co2lib/intensity/fallback.hpp>
#include <co2lib/intensity/live.hpp>
#include <co2lib/intensity/location.hpp>

#include "tracker/bench.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using intensity::Record;
using intensity::RelativeError;
using intensity::Trace;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// A source of hours that can hang, fail and be asked who called it.
class Service final : public intensity::IntensitySource {
 public:
  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override {
    {
      const std::lock_guard lock(mutex);
      callers.push_back(std::this_thread::get_id());
    }
    ++asked;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !hangs; });
    if (fails) throw Error("intensity.timeout", "no answer", {}, ErrorCategory::connection);
    std::vector<Record> records;
    for (UtcTime t = std::chrono::floor<std::chrono::hours>(a); t < b; t += 1h) {
      Record r;
      r.start = t;
      r.end = t + 1h;
      r.value = CarbonIntensity::from_g_per_kwh(g_per_kwh);
      r.error = RelativeError{-0.1, 0.1};
      r.origin = "live";
      records.push_back(r);
    }
    return Trace(records);
  }
  [[nodiscard]] intensity::Description describe() const override { return {.name = "service:X"}; }
  void set_hanging(bool now) {
    {
      const std::lock_guard lock(mutex);
      hangs = now;
    }
    changed.notify_all();
  }

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  mutable std::vector<std::thread::id> callers;
  mutable std::atomic<int> asked = 0;
  bool hangs = false;
  std::atomic<bool> fails = false;
  std::atomic<double> g_per_kwh = 200;
};

class LiveTracker : public Bench {
 protected:
  LiveTracker() : service(std::make_shared<Service>()) { cpu->set_power(1000); }
  ~LiveTracker() override { service->set_hanging(false); }

  std::shared_ptr<const intensity::IntensitySource> chain(const std::string& location = "DEU") {
    return intensity::with_fallback(service, {.location = location}, clock);
  }
  static std::vector<std::string> origins(const Footprint& f) {
    std::vector<std::string> all;
    for (const CarbonOrigin& o : f.origins) all.push_back(o.origin);
    return all;
  }
  /// Until the service was asked so often, in real time.
  void until_asked(int times) {
    for (int i = 0; i < 1000 && service->asked < times; ++i) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(2ms);
  }
  std::shared_ptr<Service> service;
};

TEST_F(LiveTracker, IsPricedWithWhatTheServiceSaysAndSoIsItsLog) {
  Options o = logged();
  o.intensity = chain();
  Tracker tracker(o);
  const std::thread::id me = std::this_thread::get_id();
  go(3600s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(f.operational.value->grams(), 200, 1e-9);
  EXPECT_THAT(origins(f), ElementsAre("live"));
  EXPECT_NEAR(f.operational.interval->high.grams() / f.energy.interval->high.kwh(), 220, 1e-6);
  EXPECT_FALSE(has_issue(f.issues, "world_average"));
  EXPECT_FALSE(has_issue(f.issues, "annual_factor"));
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
  for (const std::thread::id caller : service->callers) EXPECT_NE(caller, me);
}

TEST_F(LiveTracker, AServerThatNeverAnswersHoldsUpNothing) {
  service->set_hanging(true);
  Options o = logged();
  o.intensity = chain();
  Tracker tracker(o);
  std::uint64_t id = 0;
  {
    const auto begin = std::chrono::steady_clock::now();
    id = tracker.begin("step");
    go(1800s);
    const auto region = tracker.end(id);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    ASSERT_TRUE(region);
    EXPECT_TRUE(region->carbon.value);  // by the annual factor
  }
  go(1800s);
  const auto begin = std::chrono::steady_clock::now();
  const Footprint f = tracker.stop();
  EXPECT_LE(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_NEAR(f.energy.value->kwh(), 1, 1e-6);
  EXPECT_THAT(origins(f), ElementsAre("annual_factor"));
  EXPECT_TRUE(has_issue(f.issues, "annual_factor"));
  EXPECT_NEAR(f.operational.value->grams(), intensity::factor("DEU", {.year = 2025}).g_per_kwh(), 1e-3);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(LiveTracker, AFlushThatWasPricedLowerIsPricedAgainWhenTheAnswerComes) {
  service->set_hanging(true);
  Options o = logged();
  o.intensity = chain();
  Tracker tracker(o);
  until_asked(1);
  go(5min);
  EXPECT_THAT(origins(tracker.snapshot()), ElementsAre("annual_factor"));
  service->set_hanging(false);
  const Footprint f = tracker.stop();
  EXPECT_THAT(origins(f), ElementsAre("live"));
  EXPECT_FALSE(has_issue(f.issues, "annual_factor"));
  std::ifstream log(o.log);
  const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
  EXPECT_THAT(text, HasSubstr(R"("type":"prices")"));
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(LiveTracker, AServiceThatFailsIsSaidOnceAndTheChainGoesOn) {
  service->fails = true;
  Options o = logged();
  o.intensity = chain("");
  Tracker tracker(o);
  until_asked(1);
  go(30min);
  go(30min);
  const Footprint f = tracker.stop();
  EXPECT_THAT(origins(f), ElementsAre("world_average"));
  EXPECT_NEAR(f.energy.value->kwh(), 1, 1e-6);
  EXPECT_EQ(
      std::count_if(f.issues.begin(), f.issues.end(), [](const Issue& i) { return i.code == "intensity.timeout"; }), 1);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(LiveTracker, AFunctionIsAskedApartAndWithoutAnyAnswerThereIsNoPrice) {
  Options o = options();
  std::atomic<int> on_my_thread = 0;
  const std::thread::id me = std::this_thread::get_id();
  o.intensity = intensity::make_source([&](UtcTime) {
    if (std::this_thread::get_id() == me) ++on_my_thread;
    return CarbonIntensity::from_g_per_kwh(300);
  });
  Tracker tracker(o);
  go(3600s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(f.operational.value->grams(), 300, 1e-9);
  EXPECT_THAT(origins(f), ElementsAre("function"));
  EXPECT_EQ(on_my_thread, 0);

  o.intensity = intensity::make_source([](UtcTime) -> CarbonIntensity { throw std::runtime_error("no"); });
  Tracker without(o);
  go(60s);
  const Footprint g = without.stop();
  EXPECT_FALSE(g.operational.value);
  EXPECT_NEAR(g.energy.value->kwh(), 1.0 / 60, 1e-9);
  EXPECT_TRUE(has_issue(g.issues, "intensity_failed"));
}

TEST_F(LiveTracker, RepricingEqualsHavingUsedIt) {
  Options o = logged();
  o.intensity = chain();
  Tracker tracker(o);
  go(3600s);
  const Footprint live = tracker.stop();
  Options fixed = logged("fixed.jsonl");
  Tracker other(fixed);
  go(3600s);
  other.stop();
  const Footprint again = reprice(load(fixed.log), chain()).footprint();
  EXPECT_NEAR(again.operational.value->grams(), live.operational.value->grams(), 1e-9);
  EXPECT_NEAR(again.operational.interval->high.grams(), live.operational.interval->high.grams(), 1e-9);
  EXPECT_THAT(origins(again), ElementsAre("live"));
  // With the stored series bit for bit.
  EXPECT_EQ(load(o.log).footprint().operational.value, live.operational.value);
}

TEST_F(LiveTracker, RegionsAreCarbonByTheirOwnTime) {
  const UtcTime start = clock->utc();
  const std::vector<intensity::TimedValue> values{{start - 1h, start + 30min, CarbonIntensity::from_g_per_kwh(400)},
                                                  {start + 30min, start + 2h, CarbonIntensity::from_g_per_kwh(50)}};
  cpu->set_power(100);
  Options o = logged();
  o.intensity = intensity::make_source(Trace(Record{}, values));
  Tracker tracker(o);
  const std::uint64_t all = tracker.begin("all");
  const std::uint64_t first = tracker.begin("half");
  go(30min);
  tracker.end(first);
  cpu->set_power(300);
  const std::uint64_t second = tracker.begin("half");
  go(30min);
  tracker.end(second);
  tracker.end(all);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(f.operational.value->grams(), 0.05 * 400 + 0.15 * 50, 1e-6);
  // A region around everything has the run's carbon, though power and intensity changed in it.
  EXPECT_NEAR(region(f, "all").operational.value->grams(), f.operational.value->grams(), 1e-6);
  EXPECT_NEAR(region(f, "half").operational.value->grams(), f.operational.value->grams(), 1e-6);
  ASSERT_EQ(region(f, "half").each.size(), 2U);
  EXPECT_NEAR(region(f, "half").each[0].carbon.value->grams(), 0.15 * 50, 1e-6);
  EXPECT_NEAR(region(f, "half").each[1].carbon.value->grams(), 0.05 * 400, 1e-6);
  const Footprint stored = load(o.log).footprint();
  EXPECT_EQ(stored.to_json(), f.to_json());
  EXPECT_EQ(Footprint::from_json(f.to_json()).to_json(), f.to_json());
  EXPECT_THAT(f.to_string(), HasSubstr("CO2e"));
}

TEST_F(LiveTracker, CarbonOfRegionsThatAreNoLongerKeptOneByOne) {
  RegionStats stats;
  for (int i = 0; i < 5000; ++i) {
    RegionRecord r;
    r.begin = std::chrono::seconds(i);
    r.end = std::chrono::seconds(i + 1);
    r.inclusive.add(1.0, 1.0, 1.0, 1.0, 1.0);
    stats.add(r);
  }
  double joules = 0;
  for (const RegionStats::Older& o : stats.older) joules += *o.energy_j;
  EXPECT_EQ(joules + static_cast<double>(stats.each.size()), 5000);
  EXPECT_LE(stats.older.size(), 60U);
}

TEST_F(LiveTracker, ABareProviderGetsTheChainOfItsLocation) {
  Options o = options();
  o.location = "GBR";
  o.intensity = std::shared_ptr<const intensity::IntensitySource>(intensity::neso_gb(
      {.zone = "GB", .retry = {.attempts = 1}},
      [this](const intensity::HttpRequest&) {
        ++service->asked;
        return intensity::HttpResponse{.status = 500, .headers = {}, .body = ""};
      },
      clock));
  Tracker tracker(o);
  until_asked(1);
  std::this_thread::sleep_for(50ms);  // the answer is learnt
  go(60s);
  const Footprint f = tracker.stop();
  EXPECT_THAT(origins(f), ElementsAre("annual_factor"));
  EXPECT_TRUE(has_issue(f.issues, "intensity.server"));
  EXPECT_EQ(f.intensity_source, "neso_gb:GB");
}

}  // namespace
}  // namespace co2lib::tracker
