// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "bench.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// What identifies a machine, as a log holds it.
struct Node {
  std::string host;
  std::string boot;
  std::string machine;
};

class Merge : public Bench {
 protected:
  /// The run of a process on a node, 100 W for `length`; the clock goes on with it.
  tracker::Run run_on(const Node& node, std::chrono::nanoseconds length, std::chrono::nanoseconds wall_step = 0s) {
    Tracker tracker(options());
    go(length);
    clock->step_utc(wall_step);
    tracker.stop();
    tracker::Run run = tracker.run();
    RunSegment& s = run.segments.front();
    s.context.host = node.host;
    s.boot_id = node.boot;
    s.machine_id = node.machine;
    return run;
  }
  /// As `run_on`, at the same time as `other`.
  static tracker::Run beside(tracker::Run other, const Node& node) {
    RunSegment& s = other.segments.front();
    other.run_id += "-2";
    s.run_id = other.run_id;
    s.context.host = node.host;
    s.boot_id = node.boot;
    s.machine_id = node.machine;
    s.pid += 1;
    return other;
  }
  static Footprint merged(std::vector<tracker::Run> runs) { return merge(runs).footprint(); }
};

TEST_F(Merge, NodesWithoutABootIdAreKnownByTheirNames) {
  const tracker::Run a = run_on({"node1", "", ""}, 10s);
  EXPECT_NEAR(*merged({a, beside(a, {"node2", "", ""})}).energy.joules(), 2000, 1e-6);
  EXPECT_NEAR(*merged({a, beside(a, {"node1", "", ""})}).energy.joules(), 1000, 1e-6) << "two ranks of one node";
  EXPECT_NEAR(*merged({a, beside(a, {"node1", "", "other"})}).energy.joules(), 2000, 1e-6)
      << "two installations that are called alike";
}

TEST_F(Merge, RunsThatNameNothingAreOneMachineAndSaySo) {
  const tracker::Run a = run_on({"", "", ""}, 10s);
  const Footprint f = merged({a, beside(a, {"", "", ""})});
  EXPECT_NEAR(*f.energy.joules(), 1000, 1e-6);
  EXPECT_TRUE(has_issue(f.issues, "machine_unknown"));
}

TEST_F(Merge, ContainersOfOneMachineCountItsDevicesOnceAndSaySo) {
  const tracker::Run a = run_on({"pod-a", "boot", ""}, 10s);
  const Footprint f = merged({a, beside(a, {"pod-b", "boot", ""})});
  EXPECT_NEAR(*f.energy.joules(), 1000, 1e-6);
  EXPECT_TRUE(has_issue(f.issues, "same_boot_id"));
}

TEST_F(Merge, MachinesFromOneSnapshotAreToldApartByTheirClocks) {
  const tracker::Run a = run_on({"vm-a", "boot", ""}, 10s);
  tracker::Run b = beside(a, {"vm-b", "boot", ""});
  RunSegment& s = b.segments.front();
  for (UtcTime* time : {&s.begin_utc, &s.end_utc}) *time += 10min;  // restored later, so its monotonic clock is behind
  for (Frame& frame : s.frames) frame.utc += 10min;
  const Footprint f = merged({a, b});
  EXPECT_NEAR(*f.energy.joules(), 2000, 1e-6);
  EXPECT_TRUE(has_issue(f.issues, "same_boot_id"));
}

TEST_F(Merge, ParallelRanksLastAsLongAsTheyLast) {
  const tracker::Run a = run_on({"node1", "one", ""}, 1200ms);
  tracker::Run b = beside(a, {"node2", "two", ""});
  RunSegment& s = b.segments.front();
  for (UtcTime* time : {&s.begin_utc, &s.end_utc}) *time += 50ms;
  for (Frame& frame : s.frames) frame.utc += 50ms;
  const Footprint f = merged({a, b});
  EXPECT_NEAR(f.duration.count(), 1.25, 1e-9);
  EXPECT_EQ(f.downtime.count(), 0);
}

TEST_F(Merge, TheMeanPowerOfADeviceIsThatOfTheTimeThatItCovers) {
  const tracker::Run a = run_on({"node1", "one", ""}, 10s);
  tracker::Run longer = run_on({"node1", "one", ""}, 20s);
  longer.run_id = longer.segments.front().run_id = "z";
  // The shorter run lies inside of the longer one but for its first second.
  RunSegment& s = longer.segments.front();
  const MonotonicTime back = s.begin - a.segments.front().begin - 1s;
  for (MonotonicTime* t : {&s.begin, &s.end}) *t -= back;
  for (MeterState& m : s.meters) {
    *m.first -= back;
    for (MonotonicTime* t : {&m.last, &m.reached_begin, &m.reached_end}) *t -= back;
  }
  for (Frame& frame : s.frames) frame.mono -= back;
  const Footprint f = merged({a, longer});
  EXPECT_NEAR(*f.energy.joules(), 2100, 1e-6);
  for (const DeviceFootprint& d : f.devices) {
    EXPECT_NEAR(d.record.mean_power()->watts(), 100, 1e-6);
    EXPECT_EQ(d.host, "node1");
  }
  EXPECT_NEAR(f.duration.count(), 21, 1e-9);
}

TEST_F(Merge, OverlapOnOneBootIsDecidedByItsOwnClock) {
  // The wall clock is set back by an hour between two runs that follow each other.
  const tracker::Run a = run_on({"node1", "one", ""}, 10s, -1h);
  const tracker::Run b = run_on({"node1", "one", ""}, 10s);
  const Footprint f = merged({a, b});
  EXPECT_NEAR(*f.energy.joules(), 2000, 1e-6);
  EXPECT_NEAR(f.duration.count(), 20, 1e-9);
}

TEST_F(Merge, ARunIdMayHoldAPlus) {
  Options o = options();
  o.run_id = "exp+lr=1e-3+a";
  Tracker tracker(o);
  tracker.stop();
  EXPECT_EQ(merged({tracker.run()}).run_id, "exp+lr=1e-3+a");
  o.run_id = "b";
  Tracker other(o);
  other.stop();
  const tracker::Run both = merge(std::vector{tracker.run(), other.run()});
  EXPECT_EQ(both.run_id, "b+exp+lr=1e-3+a");
  EXPECT_EQ(merge(std::vector{both, tracker.run()}).run_id, "b+exp+lr=1e-3+a");
}

TEST_F(Merge, RunsOfTwoPlacesAreEachPricedAsTheyWere) {
  Options o = options();
  o.intensity = {};
  o.location = "FRA";
  Tracker a(o);
  go(3600s);
  a.stop();
  o.location = "POL";
  o.pue = 1.5;
  Tracker b(o);
  go(3600s);
  b.stop();
  const Footprint f = merged({a.run(), b.run()});
  const double alone = *a.run().footprint().operational.grams() + *b.run().footprint().operational.grams();
  EXPECT_NEAR(*f.operational.grams(), alone, 1e-9);
  EXPECT_EQ(f.location, "FRA, POL");
  EXPECT_NEAR(f.facility.pue, 1.25, 1e-9);
  EXPECT_NEAR(
      f.operational.interval->high.grams(),
      a.run().footprint().operational.interval->high.grams() + b.run().footprint().operational.interval->high.grams(),
      1e-6);
}

/// A segment that measured the GPUs named, on a machine that has GPU-0 and GPU-1.
tracker::Run rank_of(const tracker::Run& base, int rank, const std::vector<std::string>& gpus) {
  tracker::Run run = base;
  RunSegment& s = run.segments.front();
  run.run_id += std::to_string(rank);
  s.run_id = run.run_id;
  s.pid += rank;
  s.rank = rank;
  s.is_rank = true;
  s.gpus = {"GPU-0", "GPU-1"};
  const MeterState state = s.meters.front();
  s.meters.clear();
  for (Frame& frame : s.frames) frame.meters.resize(gpus.size(), frame.meters.front());
  for (const std::string& gpu : gpus) {
    s.meters.push_back(state);
    s.meters.back().info.id = gpu;
    s.meters.back().info.device = meter::Device::gpu;
    s.meters.back().info.domain = meter::Domain::gpu;
  }
  return run;
}

TEST_F(Merge, AGpuIsCountedOnceHoweverManyRanksReportIt) {
  const tracker::Run base = run_on({"node1", "one", ""}, 10s);
  const Footprint f = merged({rank_of(base, 0, {"GPU-0", "GPU-1"}), rank_of(base, 1, {"GPU-0", "GPU-1"})});
  EXPECT_NEAR(*f.totals.gpu.energy_j, 2000, 1e-6);
  EXPECT_FALSE(has_issue(f.issues, "gpu_unreported"));
  EXPECT_EQ(f.devices[0].rank, 0);
  EXPECT_EQ(f.devices[2].rank, 1);
}

TEST_F(Merge, AGpuThatNoRankReportsIsAnIssue) {
  const tracker::Run base = run_on({"node1", "one", ""}, 10s);
  EXPECT_FALSE(has_issue(merged({rank_of(base, 0, {"GPU-0"}), rank_of(base, 1, {"GPU-1"})}).issues, "gpu_unreported"));
  const Footprint one = merged({rank_of(base, 0, {"GPU-0"}), rank_of(base, 1, {"GPU-0"})});
  ASSERT_TRUE(has_issue(one.issues, "gpu_unreported"));
  EXPECT_NEAR(*one.totals.gpu.energy_j, 1000, 1e-6);
  EXPECT_TRUE(has_issue(rank_of(base, 0, {"GPU-0"}).footprint().issues, "gpu_unreported")) << "of one rank alone, too";
}

TEST_F(Merge, ARankThatMeasuresNothingLeavesTheEnergyOfRegionsKnown) {
  Options others = options();
  others.owner = false;
  Tracker one(options());
  Tracker two(others);
  ASSERT_TRUE(clock->wait_for_waiters(2));
  {
    const Region epoch = one.region("epoch");
    const Region beside = two.region("epoch");
    const Region alone = two.region("alone");
    go(4s, 2);
  }
  one.stop();
  two.stop();
  for (const Footprint& f : {merged({one.run(), two.run()}), merged({two.run(), one.run()})}) {
    const RegionFootprint& epoch = region(f, "epoch");
    EXPECT_EQ(epoch.count, 2);
    ASSERT_TRUE(epoch.inclusive.value && epoch.exclusive && epoch.union_energy);
    EXPECT_NEAR(epoch.inclusive.value->joules(), 400, 1e-6);
    EXPECT_NEAR(epoch.exclusive->joules(), 400, 1e-6);
    EXPECT_FALSE(region(f, "alone").inclusive.value) << "of which nobody measured anything";
    EXPECT_FALSE(region(f, "alone").exclusive);
  }
}

TEST_F(Merge, TheTimeBeforeTheFirstReadAddsNoPower) {
  const tracker::Run a = run_on({"node1", "one", ""}, 10s);
  tracker::Run b = beside(a, {"node1", "one", ""});
  // It began with the other one and read its meter a second later; its last 2 s are its own.
  RunSegment& s = b.segments.front();
  s.end += 2s;
  s.frames.back().mono += 2s;
  for (MeterState& m : s.meters) {
    *m.first += 1s;
    m.reached_begin += 1s;
    for (MonotonicTime* t : {&m.last, &m.reached_end}) *t += 2s;
  }
  const Footprint f = merged({a, b});
  for (const DeviceFootprint& d : f.devices) EXPECT_LE(d.record.mean_power()->watts(), 100 + 1e-6);
}

TEST_F(Merge, CommandsOfTwoRunsHaveNoRestInCommon) {
  const auto with_command = [&](const std::string& text) {
    Options o = options();
    o.command = text;
    machine.set_cpus(2);
    machine.set_cpu_ticks(100, 100);
    Tracker tracker(o);
    machine.set_cpu_ticks(400, 400);
    go(10s);
    tracker.ended(0, Seconds(1));
    tracker.stop();
    return tracker.run();
  };
  const tracker::Run a = with_command("first");
  const tracker::Run b = with_command("second");
  ASSERT_TRUE(a.footprint().command->energy.value && a.footprint().command->idle);
  const Footprint f = merged({a, b});
  EXPECT_EQ(f.command->text, "first; second");
  EXPECT_NEAR(f.command->energy.value->joules(),
              a.footprint().command->energy.value->joules() + b.footprint().command->energy.value->joules(), 1e-9);
  EXPECT_FALSE(f.command->other) << "the others of one run are the other command";
  EXPECT_FALSE(f.command->idle);
}

TEST_F(Merge, ARankThatOutlivesTheOneThatReportsTheMachineIsSaid) {
  const auto ranks = [&](std::chrono::nanoseconds more) {
    Options others = options();
    others.owner = false;
    Tracker one(options());
    Tracker two(others);
    go(10s, 2);
    one.stop();
    go(more);
    two.stop();
    return merged({one.run(), two.run()});
  };
  const Footprint f = ranks(90s);
  EXPECT_NEAR(*f.energy.joules(), 1000, 1e-6);
  const auto said =
      std::find_if(f.issues.begin(), f.issues.end(), [](const Issue& i) { return i.code == "machine_unreported"; });
  ASSERT_NE(said, f.issues.end());
  EXPECT_THAT(said->text, HasSubstr("90 s of the 100 s"));
  EXPECT_FALSE(has_issue(ranks(500ms).issues, "machine_unreported"));
}

TEST_F(Merge, SharesOfOneMachineAreAddedAndTheirRemaindersAreNot) {
  Options o = options();
  o.scope = meter::Scope::process;
  o.host = {};  // its /proc has this process
  Tracker tracker(o);
  go(10s);
  tracker.stop();
  const tracker::Run one = tracker.run();
  ASSERT_TRUE(one.footprint().scope);
  EXPECT_FALSE(has_issue(one.footprint().issues, "shares_overlap"));
  tracker::Run two = one;  // of another process
  two.run_id += "-2";
  RunSegment& s = two.segments.front();
  s.run_id = two.run_id;
  s.pid += 1;
  for (MeterState& m : s.meters) {
    if (meter::is_share(m.info)) m.info.id.insert(m.info.id.size() - 1, "1");
  }
  const Footprint f = merged({one, two});
  ASSERT_TRUE(f.scope);
  EXPECT_TRUE(has_issue(f.issues, "shares_overlap"));
  EXPECT_FALSE(f.scope->other.value || f.scope->idle.value);
  EXPECT_EQ(f.scope->own.value.has_value(), one.footprint().scope->own.value.has_value());
  s.begin += 10s;
  s.begin_utc += 10s;
  s.end += 10s;
  s.end_utc += 10s;
  EXPECT_FALSE(has_issue(merged({one, two}).issues, "shares_overlap")) << "one after the other";
}

TEST_F(Merge, AMeasurementThatFailedCountsNothingAgainstOneThatDidNot) {
  const tracker::Run good = run_on({"node1", "one", ""}, 10s);
  tracker::Run bad = beside(good, {"node1", "one", ""});
  RunSegment& s = bad.segments.front();
  s.end += 5s;
  s.end_utc += 5s;
  s.meters.front().last += 5s;
  s.meters.front().covered = {};
  s.meters.front().any_good = false;
  for (Frame& frame : s.frames) frame.meters.front() = {};
  EXPECT_NEAR(merged({good, bad}).totals.cpu.energy_j.value_or(-1), 1000, 1e-6);
}

}  // namespace
}  // namespace co2lib::tracker
