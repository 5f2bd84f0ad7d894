// SPDX-License-Identifier: MIT
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/testing.hpp>
#include <co2lib/tracker.hpp>

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t range_uj = 262143328850;

meter::MeterInfo package(const std::string& id = "package-0", const std::string& name = "package-0") {
  meter::MeterInfo info{.id = id};
  info.control = "intel-rapl";
  info.name = name;
  info.domain = meter::Domain::package;
  info.provider = "powercap";
  info.accuracy = 0.05;
  info.least_window_s = 0.1;
  info.wrap = meter::WrapRange::modulus(range_uj);
  return info;
}

class TrackerTest : public ::testing::Test {
 protected:
  TrackerTest() : clock(std::make_shared<ManualClock>()), cpu(FakeMeter::counter(*clock, package(), 100, 5'000'000)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "co2lib-tracker-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~TrackerTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  Options options() {
    Options o;
    o.intensity = CarbonIntensity::from_g_per_kwh(100);
    o.meters = std::vector<MeterChoice>{cpu};
    o.clock = clock;
    o.fsync = false;
    return o;
  }
  Options logged(const std::string& name = "run.jsonl") {
    Options o = options();
    o.log = folder / name;
    return o;
  }
  void go(std::chrono::nanoseconds step) {
    clock->wait_for_waiters(1);
    ASSERT_TRUE(clock->advance(step));
  }
  static const RegionFootprint& region(const Footprint& f, const std::string& name) {
    for (const RegionFootprint& r : f.regions) {
      if (r.name == name) return r;
    }
    throw std::out_of_range(name);
  }

  std::shared_ptr<ManualClock> clock;
  std::shared_ptr<FakeMeter> cpu;
  std::filesystem::path folder;
};

TEST_F(TrackerTest, MeasuresACounterExactly) {
  Options o = options();
  o.embodied = false;
  Tracker tracker(o);
  go(90s);
  cpu->set_power(200);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 90 * 100 + 10 * 200);
  EXPECT_EQ(f.coverage, 1.0);
  EXPECT_NEAR(*f.operational.grams(), 11000 / 3.6e6 * 100, 1e-12);
  EXPECT_TRUE(f.complete);
  EXPECT_EQ(f.duration.count(), 100);
  ASSERT_EQ(f.methods.size(), 1U);
  EXPECT_EQ(f.methods[0].first, meter::Method::counter);
  EXPECT_TRUE(f.issues.empty()) << to_string(f.issues.front());
  EXPECT_FALSE(f.embodied.value);
  EXPECT_FALSE(f.water.value);
}

TEST_F(TrackerTest, WrapsAreEnergyAndFailuresAreNot) {
  cpu = FakeMeter::counter(*clock, package(), 100, range_uj - 50'000'000);
  Tracker tracker(options());
  go(1s);
  cpu->fail(meter::Failure::io);
  go(3s);
  cpu->recover();
  go(6s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 1000);
  EXPECT_EQ(f.devices[0].record.events.wraps, 1);
  EXPECT_EQ(f.devices[0].record.events.missed_reads, 3);
  EXPECT_TRUE(has_issue(f.issues, "missed_reads"));
}

TEST_F(TrackerTest, CeilingsAreSetByDomain) {
  Options o = options();
  o.p_max_w = {{"package", 50.0}, {"gpu", 1.0}};
  o.slack_s = {{"package", 0.0}};
  Tracker tracker(o);  // the counter shows 100 W, twice what is allowed
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_TRUE(has_issue(f.issues, "glitch"));
  EXPECT_LT(f.energy.joules().value_or(0), 1000);
}

TEST_F(TrackerTest, RegionsReadAtTheirEdges) {
  Tracker tracker(options());
  go(300ms);
  {
    const Region outer = tracker.region("outer");
    go(250ms);
    cpu->set_power(300);
    {
      const Region inner = tracker.region("inner");
      go(500ms);
    }
    go(50ms);
  }
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*region(f, "outer").inclusive.joules(), 25 + 150 + 15, 1e-6);
  EXPECT_NEAR(*region(f, "inner").inclusive.joules(), 150, 1e-6);
  EXPECT_NEAR(region(f, "outer").exclusive->joules(), 40, 1e-6);
  EXPECT_NEAR(region(f, "inner").exclusive->joules(), 150, 1e-6);
  EXPECT_EQ(region(f, "outer").inclusive.bounds->low, region(f, "outer").inclusive.bounds->high);
}

TEST_F(TrackerTest, MarkersAreInterpolatedWithBounds) {
  Tracker tracker(options());
  go(1500ms);
  std::uint64_t id = tracker.begin("marked", {.marker = true});
  go(1s);
  EXPECT_TRUE(tracker.end(id));
  EXPECT_FALSE(tracker.end(id));
  go(2s);
  const Footprint f = tracker.stop();
  const auto& inclusive = region(f, "marked").inclusive;
  EXPECT_NEAR(*inclusive.joules(), 100, 1e-6);
  EXPECT_LT(inclusive.bounds->low.joules(), 100);
  EXPECT_GT(inclusive.bounds->high.joules(), 100);
}

TEST_F(TrackerTest, OverlappingRegionsOfTwoThreadsHaveAUnion) {
  Tracker tracker(options());
  Region here = tracker.region("work");
  go(4s);
  Region there;
  std::thread([&] { there = tracker.region("work"); }).join();
  go(3s);
  here.end();
  go(2s);
  there.end();
  const Footprint f = tracker.stop();
  const RegionFootprint& work = region(f, "work");
  EXPECT_EQ(work.count, 2);
  EXPECT_NEAR(*work.inclusive.joules(), 700 + 500, 1e-6);
  EXPECT_NEAR(work.union_energy->joules(), 900, 1e-6);
  EXPECT_NEAR(work.exclusive->joules(), 1200, 1e-6) << "another thread's region is no child";
  EXPECT_NEAR(work.least->joules(), 500, 1e-6);
  EXPECT_NEAR(work.most->joules(), 700, 1e-6);
}

TEST_F(TrackerTest, RegionsCanBeCancelledAndRestarted) {
  Tracker tracker(options());
  Region forgotten = tracker.region("forgotten");
  Region kept = tracker.region("kept");
  go(5s);
  forgotten.cancel();
  kept.restart();
  go(2s);
  kept.end();
  const Footprint f = tracker.stop();
  ASSERT_EQ(f.regions.size(), 1U);
  EXPECT_NEAR(*region(f, "kept").inclusive.joules(), 200, 1e-6);
}

TEST_F(TrackerTest, ChildrenThatOutliveTheirParentCountUpToItsEnd) {
  Tracker tracker(options());
  Region parent = tracker.region("parent");
  go(1s);
  Region child = tracker.region("child");
  go(2s);
  parent.end();
  go(3s);
  child.end();
  const Footprint f = tracker.stop();
  EXPECT_NEAR(region(f, "parent").exclusive->joules(), 100, 1e-6);
  EXPECT_NEAR(*region(f, "child").inclusive.joules(), 500, 1e-6);
}

TEST_F(TrackerTest, MarksFollowEachOther) {
  Tracker tracker(options());
  tracker.mark("load");
  go(2s);
  tracker.mark("train");
  go(5s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*region(f, "load").inclusive.joules(), 200, 1e-6);
  EXPECT_NEAR(*region(f, "train").inclusive.joules(), 500, 1e-6);
}

TEST_F(TrackerTest, ManyRegionsInALongOneKeepTheCurveSmallAndTheSumExact) {
  Tracker tracker(options());
  Region epoch = tracker.region("epoch");
  for (int i = 0; i < 3000; ++i) {
    Region step = tracker.region("step");
    clock->advance(10ms);
  }
  epoch.end();
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*region(f, "epoch").inclusive.joules(), 3000, 1e-6);
  EXPECT_NEAR(*region(f, "step").inclusive.joules(), 3000, 1e-6);
  EXPECT_NEAR(region(f, "epoch").exclusive->joules(), 0, 1e-6);
}

TEST_F(TrackerTest, AFullDayStaysSmallAndExact) {
  Tracker tracker(logged());
  for (int i = 0; i < 24; ++i) go(1h);
  const tracker::Run run = tracker.run();
  EXPECT_LT(run.segments[0].frames.size() * (sizeof(Frame) + sizeof(MeterPoint)), std::size_t{1} << 20U);
  EXPECT_EQ(tracker.stop().energy.joules(), 86400.0 * 100);
}

TEST_F(TrackerTest, TheLogGivesTheSameFootprintBitForBit) {
  auto ram = FakeMeter::power(*clock, {.id = "psu", .device = meter::Device::gpu, .kind = meter::Kind::power}, 41.7);
  Options o = logged();
  o.meters->emplace_back(ram);
  o.location = "FRA";
  o.intensity = {};
  o.pue = 1.3;
  o.wue = 1.8;
  Tracker tracker(o);
  for (int i = 0; i < 5; ++i) {
    Region epoch = tracker.region("epoch \"\n\u00e9");
    cpu->set_power(90 + i * 7.3);
    go(13s);
  }
  cpu->fail(meter::Failure::no_permission);
  go(7s);
  const Footprint live = tracker.stop();
  const Footprint stored = load(o.log).footprint();
  EXPECT_EQ(live.to_json(), stored.to_json());
  EXPECT_TRUE(stored.complete);
  std::ifstream in(o.log);
  for (std::string line; std::getline(in, line);) {
    const auto one = nlohmann::json::parse(line);  // each line alone is JSON
    EXPECT_EQ(one["v"], 1);
    EXPECT_EQ(one["run_id"], tracker.run_id());
    EXPECT_EQ(one.value("name", "epoch \"\n\u00e9"), "epoch \"\n\u00e9");
  }
  const auto json = nlohmann::json::parse(live.to_json());
  EXPECT_EQ(json["schema"], "co2lib-footprint/1");
  EXPECT_EQ(json["regions"][0]["count"], 5);
}

TEST_F(TrackerTest, SeriesIsStoredWithTheLog) {
  const UtcTime start = clock->utc();
  intensity::Record attributes;
  const std::vector<intensity::TimedValue> values{{start - 1h, start + 30s, CarbonIntensity::from_g_per_kwh(400)},
                                                  {start + 30s, start + 1h, CarbonIntensity::from_g_per_kwh(50)}};
  Options o = logged();
  o.intensity = intensity::make_source(intensity::Trace(attributes, values));
  Tracker tracker(o);
  go(5s);
  EXPECT_NEAR(tracker.snapshot().operational.grams().value_or(-1), 500 * 400.0 / 3.6e6, 1e-9) << "before a flush";
  go(55s);
  const Footprint live = tracker.stop();
  EXPECT_NEAR(*live.operational.grams(), (3000 * 400.0 + 3000 * 50.0) / 3.6e6, 1e-9);
  EXPECT_EQ(live.to_json(), load(o.log).footprint().to_json());
  const tracker::Run repriced = reprice(load(o.log), intensity::make_source(CarbonIntensity::from_g_per_kwh(800)));
  EXPECT_EQ(repriced.footprint().energy.joules(), live.energy.joules());
  EXPECT_NEAR(*repriced.footprint().operational.grams(), 6000 * 800.0 / 3.6e6, 1e-9);
}

TEST_F(TrackerTest, KilledRunsLoseAtMostOneFlush) {
  Options o = logged();
  Tracker tracker(o);
  go(25s);  // flushed at 10 s and 20 s
  std::filesystem::copy_file(o.log, folder / "killed.jsonl");
  std::ofstream(folder / "killed.jsonl", std::ios::app) << R"({"v":1,"type":"totals","run_)";
  const tracker::Run killed = load(folder / "killed.jsonl");
  const Footprint f = killed.footprint();
  EXPECT_EQ(f.energy.joules(), 2000);
  EXPECT_FALSE(f.complete);
  EXPECT_TRUE(has_issue(f.issues, "torn_line"));
}

TEST_F(TrackerTest, ResumeContinuesTheRun) {
  Options o = logged();
  std::string id;
  {
    Tracker tracker(o);
    id = tracker.run_id();
    go(20s);
  }
  clock->advance(100s);
  EXPECT_THROW(
      try { Tracker again(o); } catch (const Error& e) {
        EXPECT_EQ(e.code(), "tracker.bad_log");
        EXPECT_THAT(e.what(), ::testing::HasSubstr(id));
        throw;
      },
      Error);
  o.resume = true;
  Tracker tracker(o);
  EXPECT_EQ(tracker.run_id(), id);
  go(30s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 5000);
  EXPECT_EQ(f.segments, 2);
  EXPECT_EQ(f.downtime.count(), 100);
  EXPECT_EQ(f.to_json(), load(o.log).footprint().to_json());
  o.run_id = "another";
  EXPECT_THROW(Tracker wrong(o), Error);
}

TEST_F(TrackerTest, MergingCountsADeviceOnceAndIsAssociative) {
  // Three processes of one node, started one after the other, all of them reading the same counter.
  std::vector<tracker::Run> runs;
  {
    Tracker a(logged("a.jsonl"));
    go(10s);
    Tracker b(logged("b.jsonl"));
    clock->wait_for_waiters(2);
    clock->advance(10s);
    a.stop();
    Tracker c(logged("c.jsonl"));
    clock->wait_for_waiters(2);
    clock->advance(10s);
    b.stop();
    c.stop();
  }
  for (const char* name : {"a.jsonl", "b.jsonl", "c.jsonl"}) runs.push_back(load(folder / name));
  EXPECT_NEAR(*merge(runs).footprint().energy.joules(), 3000, 1e-6);
  const std::vector<tracker::Run> ab{runs[0], runs[1]};
  const std::vector<tracker::Run> bc{runs[1], runs[2]};
  const std::vector<tracker::Run> left{merge(ab), runs[2]};
  const std::vector<tracker::Run> right{runs[0], merge(bc)};
  const std::vector<tracker::Run> turned{runs[2], runs[0], runs[1], runs[1]};
  EXPECT_EQ(merge(left).footprint().to_json(), merge(right).footprint().to_json());
  EXPECT_EQ(merge(left).footprint().to_json(), merge(turned).footprint().to_json());
  EXPECT_TRUE(has_issue(merge(runs).footprint().issues, "counted_once"));
}

TEST_F(TrackerTest, MirroredDiesAreCountedOnceFromTheStart) {
  auto die0 = FakeMeter::counter(*clock, package("z0", "package-0-die-0"), 100, 1000);
  auto die1 = FakeMeter::counter(*clock, package("z1", "package-0-die-1"), 100, 1000);
  Options o = logged();
  o.meters = std::vector<MeterChoice>{die0, die1};
  Tracker tracker(o);
  {
    Region early = tracker.region("early");
    go(50ms);
  }
  go(30s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*f.energy.joules(), 3005, 1e-6);
  EXPECT_EQ(f.devices[1].mirror_of, "z0");
  EXPECT_FALSE(f.devices[1].counted);
  EXPECT_NEAR(*region(f, "early").inclusive.joules(), 5, 1e-6) << "sums made before the mirror was found are corrected";
  EXPECT_EQ(f.to_json(), load(o.log).footprint().to_json());
}

TEST_F(TrackerTest, SuspendAndClockStepsAreSeen) {
  Tracker tracker(options());
  go(15s);
  clock->suspend(3600s);
  go(15s);
  clock->step_utc(-2h);
  go(15s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 4500);
  EXPECT_EQ(f.duration.count(), 45);
  EXPECT_NEAR(f.suspended.count(), 3600, 1e-3);
  EXPECT_TRUE(has_issue(f.issues, "suspended"));
  EXPECT_TRUE(has_issue(f.issues, "clock_step"));
}

TEST_F(TrackerTest, SuspendAloneIsNoClockStep) {
  Tracker tracker(options());
  go(15s);
  clock->suspend(3600s);
  go(25s);
  const Footprint f = tracker.stop();
  EXPECT_TRUE(has_issue(f.issues, "suspended"));
  EXPECT_FALSE(has_issue(f.issues, "clock_step"));
}

TEST_F(TrackerTest, CounterThatFellAcrossSuspendIsAReset) {
  Tracker tracker(options());
  go(15s);
  clock->suspend(600s);
  cpu->reset(1'000'000);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.devices[0].record.events.resets, 1);
  EXPECT_EQ(f.devices[0].record.events.wraps, 0);
}

TEST_F(TrackerTest, ThrowingMetersAreMissedReads) {
  Tracker tracker(options());
  go(5s);
  cpu->throw_error("sensor on fire");
  go(5s);
  cpu->recover();
  go(5s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 1500);
  EXPECT_EQ(f.devices[0].record.events.missed_reads, 5);
}

TEST_F(TrackerTest, StopLeavesABlockedMeterBehind) {
  const auto real = std::make_shared<SystemClock>();
  auto stuck = FakeMeter::power(*real, {.id = "stuck", .kind = meter::Kind::power}, 10);
  Options o;
  o.meters = std::vector<MeterChoice>{stuck};
  o.power_period_s = 0.005;
  Tracker tracker(o);
  stuck->block();
  ASSERT_TRUE(stuck->wait_blocked());
  const auto begin = std::chrono::steady_clock::now();
  const Footprint f = tracker.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(has_issue(f.issues, "blocked"));
  stuck->release();
}

TEST_F(TrackerTest, LambdasAreMeters) {
  std::atomic<int> reads = 0;
  Options o = options();
  o.meters = std::vector<MeterChoice>{meter::make_meter({.id = "psu", .kind = meter::Kind::power}, [&] {
    ++reads;
    return Power::from_watts(50);
  })};
  Tracker tracker(o);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*f.energy.joules(), 500, 1e-9);
  EXPECT_GE(reads.load(), 100);
  EXPECT_EQ(f.methods[0].first, meter::Method::integral);
}

TEST_F(TrackerTest, UnknownLocationIsTheWorldAverageFlaggedOnce) {
  Options o = options();
  o.intensity = {};
  std::vector<std::string> said;
  o.on_log = [&](std::string_view, std::string_view text) { said.emplace_back(text); };
  Tracker tracker(o);
  go(30s);
  const Footprint f = tracker.stop();
  EXPECT_TRUE(has_issue(f.issues, "location_unknown"));
  EXPECT_EQ(said.size(), 1U);
  EXPECT_GT(f.operational.interval->high.grams() / f.operational.value->grams(), 2);
}

TEST_F(TrackerTest, TheTimeInWhichTheStartIsToldIsMeasured) {
  Options o = options();
  o.intensity = {};
  o.on_log = [&](std::string_view, std::string_view) { EXPECT_TRUE(clock->advance(3s)); };
  Tracker tracker(o);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.duration, 13s);
  EXPECT_NEAR(*f.energy.joules(), 1300, 1e-9);
}

TEST_F(TrackerTest, BadOptionsSayWhich) {
  const auto code = [&](auto change) {
    Options o = options();
    change(o);
    try {
      Tracker tracker(o);
    } catch (const Error& e) {
      return e.code() + " " + e.what();
    }
    return std::string("none");
  };
  using ::testing::HasSubstr;
  using ::testing::StartsWith;
  EXPECT_THAT(code([](Options& o) { o.pue = 0.9; }), StartsWith("meter.bad_input pue"));
  EXPECT_THAT(code([](Options& o) { o.wue = -1; }), StartsWith("meter.bad_input wue"));
  EXPECT_THAT(code([](Options& o) { o.period_s = 0; }), StartsWith("tracker.bad_config period_s"));
  EXPECT_THAT(code([](Options& o) { o.location = "FRE"; }), StartsWith("intensity.unknown_zone"));
  EXPECT_THAT(code([](Options& o) { o.intensity = CarbonIntensity::from_g_per_kwh(-1); }),
              StartsWith("tracker.bad_config intensity"));
  EXPECT_THAT(code([](Options& o) { o.meters = std::vector<MeterChoice>{"no such provider"}; }),
              HasSubstr("no such provider"));
  EXPECT_THAT(code([](Options& o) { o.meters->push_back(o.meters->front()); }), HasSubstr("used twice"));
  EXPECT_THAT(code([](Options& o) { o.resume = true; }), StartsWith("tracker.bad_config resume"));
  EXPECT_THAT(code([&](Options& o) { o.log = folder / "none" / "run.jsonl"; }), StartsWith("tracker.bad_log"));
}

TEST_F(TrackerTest, LogsThatAreNoneAreRefused) {
  const auto code = [&](const std::string& text) {
    std::ofstream(folder / "x.jsonl") << text;
    try {
      (void)load(folder / "x.jsonl");
    } catch (const Error& e) {
      return e.code();
    }
    return std::string("none");
  };
  EXPECT_EQ(code(""), "tracker.bad_log");
  EXPECT_EQ(code("hello\n"), "tracker.bad_log");
  EXPECT_EQ(code("{\"v\":1,\"type\":\"run\"}\n"), "tracker.bad_log");
  EXPECT_THROW((void)load(folder / "absent.jsonl"), Error);
  EXPECT_THROW((void)load(folder), Error);
}

TEST_F(TrackerTest, BrokenLinesInTheMiddleAreSkippedAndReported) {
  Options o = logged();
  {
    Tracker tracker(o);
    go(40s);
  }
  std::ifstream in(o.log);
  std::ofstream out(folder / "broken.jsonl");
  std::string line;
  int totals = 0;
  while (std::getline(in, line)) {
    if (line.find("\"totals\"") != std::string::npos && ++totals == 2) line.resize(line.size() / 2);
    out << line << "\n";
  }
  ASSERT_GE(totals, 4);
  out << "no JSON\n";
  out << R"({"v":1,"type":"of the future","run_id":"x","seq":1,"mono_ns":1,"utc":"2025-01-01T00:00:00Z"})"
      << "\n";
  out.close();
  const Footprint f = load(folder / "broken.jsonl").footprint();
  EXPECT_EQ(f.energy.joules(), 4000) << "totals are cumulative: a lost line loses nothing";
  EXPECT_TRUE(has_issue(f.issues, "torn_line"));
  EXPECT_TRUE(has_issue(f.issues, "bad_line"));
  EXPECT_TRUE(has_issue(f.issues, "unknown_line"));
}

TEST_F(TrackerTest, EveryCutOfALogIsReadTheSameBeforeAndAfterItIsResumed) {
  Options o = logged();
  o.embodied = false;  // thousands of footprints
  {
    Tracker tracker(o);
    go(10s);
    const Region open = tracker.region("lost");
    go(10s);
  }
  const auto content = [](const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string whole = content(o.log);
  const std::size_t first = whole.find('\n');
  o.log = folder / "cut.jsonl";
  o.resume = true;
  for (std::size_t size = first; size < whole.size(); ++size) {
    std::ofstream(o.log, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const bool torn = whole[size] != '\n' && whole[size - 1] != '\n';
    const tracker::Run cut = load(o.log);
    ASSERT_EQ(has_issue(cut.issues, "torn_line"), torn) << whole.substr(0, size);
    ASSERT_EQ(cut.issues.size(), torn ? 1U : 0U);
    const Footprint before = cut.footprint();
    ASSERT_EQ(before.energy.joules().value_or(0), 100 * before.duration.count()) << whole.substr(0, size);
    if (size % 16 != 0) continue;
    clock = std::make_shared<ManualClock>(cut.segments.back().end_utc + 100s);
    o.clock = clock;
    o.meters = std::vector<MeterChoice>{FakeMeter::counter(clock, package(), 100)};
    Tracker tracker(o);
    go(10s);
    const Footprint f = tracker.stop();
    ASSERT_EQ(f.to_json(), load(o.log).footprint().to_json());
    ASSERT_EQ(f.energy.joules(), before.energy.joules().value_or(0) + 1000);
    ASSERT_EQ(has_issue(f.issues, "torn_line"), torn);
  }
}

TEST_F(TrackerTest, AForkedChildIsInertUntilItStarts) {
  Options o = logged();
  Tracker tracker(o);
  go(10s);
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Reports what went wrong as a bit; gtest's own state stays the parent's.
    unsigned char wrong = 0;
    const Footprint f = tracker.snapshot();
    if (!has_issue(f.issues, "forked")) wrong |= 1;
    if (!f.energy.joules() || std::abs(*f.energy.joules() - 1000) > 1e-6) wrong |= 2;
    if (tracker.running()) wrong |= 4;
    {
      Region ignored = tracker.region("in the child");
      if (ignored.id() != 0) wrong |= 8;
    }
    if (!has_issue(tracker.stop().issues, "forked")) wrong |= 16;
    ssize_t written = ::write(pipe_fds[1], &wrong, 1);
    (void)written;
    ::_exit(0);
  }
  unsigned char wrong = 255;
  ASSERT_EQ(::read(pipe_fds[0], &wrong, 1), 1);
  EXPECT_EQ(wrong, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 2000);
  EXPECT_FALSE(has_issue(f.issues, "forked"));
  EXPECT_EQ(load(o.log).footprint().regions.size(), 0U) << "the child wrote nothing";
}

TEST_F(TrackerTest, AForkedChildCanMeasureItself) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer cannot follow a thread that a forked child starts";
#endif
  Tracker tracker(options());
  go(10s);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool good = !tracker.running();
    Options o;
    o.meters = std::vector<MeterChoice>{};
    Tracker fresh(o);
    good = good && fresh.running() && fresh.stop().complete;
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(TrackerTest, TheSamplingThreadHandlesNoSignal) {
  static std::atomic<bool> in_main{false};
  static pthread_t main_thread;
  main_thread = ::pthread_self();
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { in_main = ::pthread_equal(::pthread_self(), main_thread) != 0; };
  ::sigaction(SIGUSR1, &action, &before);
  Options o;
  o.meters = std::vector<MeterChoice>{};
  Tracker tracker(o);
  sigset_t mine;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(sigismember(&mine, SIGUSR1), 0) << "the caller's mask is as it was";
  for (int i = 0; i < 20; ++i) {
    in_main = false;
    ::kill(::getpid(), SIGUSR1);
    EXPECT_TRUE(in_main.load());
  }
  tracker.stop();
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(TrackerTest, ShortRunsOfACounterAreFlagged) {
  Tracker brief(options());
  clock->advance(50ms);
  EXPECT_TRUE(has_issue(brief.stop().issues, "short_window"));
  Tracker longer(options());
  clock->advance(150ms);
  EXPECT_FALSE(has_issue(longer.stop().issues, "short_window"));
}

TEST_F(TrackerTest, ForecastsTheTotal) {
  Tracker tracker(options());
  for (const double watts : {130.0, 100.0, 104.0, 98.0}) {
    cpu->set_power(watts);
    Region epoch = tracker.region("epoch");
    go(10s);
  }
  const RunForecast forecast = tracker.forecast("epoch", 10);
  EXPECT_NEAR(forecast.total.joules(), 10360, 1e-6);
  EXPECT_NEAR(forecast.half_width->joules(), 557.6875331360604, 1e-6);
  EXPECT_THROW((void)tracker.forecast("none", 10), Error);
  EXPECT_THROW((void)tracker.forecast("epoch", 3), Error);
  tracker.stop();
}

TEST_F(TrackerTest, StopsTwiceTheSameAndStartsAnew) {
  Tracker tracker(options());
  go(10s);
  const Footprint first = tracker.stop();
  EXPECT_EQ(tracker.stop().to_json(), first.to_json());
  EXPECT_EQ(tracker.snapshot().to_json(), first.to_json());
  EXPECT_FALSE(tracker.running());
  tracker.start();
  EXPECT_TRUE(tracker.running());
  EXPECT_THROW(tracker.start(), Error);
  go(5s);
  const Footprint second = tracker.stop();
  EXPECT_EQ(second.energy.joules(), 500);
  EXPECT_NE(second.run_id, first.run_id);
}

TEST_F(TrackerTest, ManyThreadsNestRegions) {
  Options o;
  o.meters =
      std::vector<MeterChoice>{meter::make_meter({.id = "c"}, [n = std::uint64_t{0}]() mutable { return n += 10; })};
  o.period_s = 0.001;
  o.flush_s = 0.002;
  o.log = folder / "threads.jsonl";
  o.fsync = false;
  Tracker tracker(o);
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        Region outer = tracker.region("outer");
        Region inner = tracker.region("inner", {.marker = i % 2 == 0});
        if (i % 10 == 0) (void)tracker.snapshot();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  const Footprint f = tracker.stop();
  EXPECT_EQ(region(f, "outer").count, 320);
  EXPECT_EQ(region(f, "inner").count, 320);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(TrackerTest, RegionsMayOutliveTheTracker) {
  Region region;
  {
    Tracker tracker(options());
    region = tracker.region("late");
  }
  region.end();
  EXPECT_EQ(region.id(), 0U);
}

TEST_F(TrackerTest, NonOwnersRecordRegionsOnly) {
  Options o = options();
  o.owner = false;
  Tracker tracker(o);
  {
    Region r = tracker.region("work");
    clock->advance(5s);
  }
  const Footprint f = tracker.stop();
  EXPECT_FALSE(f.energy.value);
  EXPECT_EQ(region(f, "work").count, 1);
  EXPECT_EQ(region(f, "work").duration.count(), 5);
}

TEST_F(TrackerTest, CardCsvAndSci) {
  Options o = options();
  o.intensity = {};
  o.location = "gcp:europe-west9";
  o.project = "a, \"b\"";
  const FakeHost machine;
  o.host = machine.host();
  Tracker tracker(o);
  go(3600s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*f.energy.kwh(), 0.1, 1e-12);
  const std::string card = f.to_model_card({.training_type = "fine-tuning"});
  EXPECT_THAT(card, ::testing::StartsWith("co2_eq_emissions:\n  emissions: "));
  EXPECT_THAT(card, ::testing::HasSubstr("\n  training_type: \"fine-tuning\"\n"));
  EXPECT_THAT(card, ::testing::HasSubstr("geographical_location: \"gcp:europe-west9\""));
  const auto row = f.csv_row();
  ASSERT_EQ(row.size(), 38U);
  const std::map<std::string, std::string> columns(row.begin(), row.end());
  EXPECT_EQ(columns.at("country_iso_code"), "FRA");
  EXPECT_EQ(columns.at("country_name"), "France");
  EXPECT_EQ(columns.at("cloud_provider"), "gcp");
  EXPECT_EQ(columns.at("on_cloud"), "Y");
  EXPECT_EQ(columns.at("gpu_power"), "");
  EXPECT_EQ(columns.at("cpu_energy"), "0.1");
  EXPECT_THROW((void)f.csv_row({{"no such column", "1"}}), Error);
  EXPECT_FALSE(f.embodied.value) << "this machine does not say what it has";
  EXPECT_FALSE(f.sci(10));
}

TEST_F(TrackerTest, ADiskThatIsFullLosesNothingMeasured) {
  Options o = options();
  o.log = "/dev/full";
  if (!std::filesystem::exists(o.log)) GTEST_SKIP() << "no /dev/full here";
  Tracker tracker(o);
  go(20s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 2000);
  EXPECT_TRUE(has_issue(f.issues, "log_write_failed"));
}

}  // namespace
}  // namespace co2lib::tracker
