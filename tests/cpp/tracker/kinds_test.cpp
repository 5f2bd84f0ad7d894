// SPDX-License-Identifier: MIT
// Counters that stand still, readings above the ceiling, dies that are alike: what a tracker makes of them.
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>

#include "bench.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SensorsThatFail : public Bench {
 protected:
  Footprint run(const std::vector<std::shared_ptr<meter::Meter>>& meters, std::chrono::nanoseconds length,
                const std::function<void(Options&)>& change = {}) {
    Options o = logged("run-" + std::to_string(++runs) + ".jsonl");
    o.meters.emplace(meters.begin(), meters.end());
    if (change) change(o);
    Tracker tracker(o);
    go(length);
    const Footprint f = tracker.stop();
    EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
    return f;
  }
  static bool inside(const Interval<Energy>& interval, double joules) {
    return interval.low.joules() <= joules + 1e-6 && joules <= interval.high.joules() + 1e-6;
  }
  int runs = 0;
};

TEST_F(SensorsThatFail, ACounterThatNeverMovesHasNoValue) {
  for (const meter::Domain domain : {meter::Domain::package, meter::Domain::dram, meter::Domain::psys}) {
    meter::MeterInfo info = package("zone");
    info.domain = domain;
    const Footprint f = run({FakeMeter::counter(*clock, info, 0, 123'456)}, 60s);
    EXPECT_FALSE(f.devices.front().record.window.energy_j) << text(domain);
    EXPECT_TRUE(has_issue(f.issues, "frozen"));
    EXPECT_GE(f.devices.front().record.window.high_j, 1000) << "anything up to the ceiling";
  }
}

TEST_F(SensorsThatFail, ThePartsOfAPackageMayBeIdleAndNpusAreSwitchedOff) {
  meter::MeterInfo uncore = package("gt");
  uncore.domain = meter::Domain::uncore;
  const meter::MeterInfo npu{.id = "npu", .device = meter::Device::npu, .domain = meter::Domain::gpu, .provider = "x"};
  const Footprint f = run({cpu, FakeMeter::counter(*clock, uncore, 0), FakeMeter::counter(*clock, npu, 0)}, 60s);
  EXPECT_FALSE(has_issue(f.issues, "frozen"));
  EXPECT_NEAR(*f.energy.joules(), 6000, 1e-6);
}

TEST_F(SensorsThatFail, AUsersCounterThatIsSlowIsWaitedFor) {
  meter::MeterInfo slow{.id = "pdu", .device = meter::Device::platform, .unit = {3600, 1}};  // Wh, as a PDU shows
  const auto pdu = FakeMeter::counter(*clock, slow, 100);                                    // a count in 36 s
  const Footprint f = run({pdu}, 360s);
  EXPECT_FALSE(has_issue(f.issues, "frozen"));
  EXPECT_NEAR(*f.energy.joules(), 36000, 3600);
}

TEST_F(SensorsThatFail, ACounterThatBeginsLateLosesNothing) {
  meter::MeterInfo info = package();
  const auto late = std::make_shared<FakeMeter>(
      info, std::vector<meter::Reading>{meter::Count{0}, meter::Count{0}, meter::Count{0}, meter::Count{500'000'000},
                                        meter::Count{600'000'000}});
  Options o = logged();
  o.meters = std::vector<MeterChoice>{std::shared_ptr<meter::Meter>(late)};
  o.flush_s = 1000;
  Tracker tracker(o);
  for (int i = 0; i < 3; ++i) go(1s);
  go(900ms);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(f.devices.front().record.window.measured_j, 600, 1e-6);
  EXPECT_FALSE(has_issue(f.issues, "frozen"));
}

TEST_F(SensorsThatFail, ACounterThatStopsInTheMiddleIsAGapFromThereOn) {
  Options o = logged();
  Tracker tracker(o);
  go(100s);
  cpu->set_power(0);
  go(60s);
  cpu->set_power(100);
  go(40s);
  const Footprint f = tracker.stop();
  const meter::WindowEnergy& w = f.devices.front().record.window;
  EXPECT_TRUE(has_issue(f.issues, "frozen"));
  EXPECT_NEAR(w.measured_j, 14000 - 100, 101);
  EXPECT_NEAR(*w.energy_j, 20000, 200) << "filled with the mean of the rest";
  EXPECT_TRUE(inside(*f.energy.bounds, 14000));
  EXPECT_TRUE(inside(*f.energy.bounds, 20000));
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(SensorsThatFail, AStretchOfZeroIsNoFailureAsLongAsItCanBeTrue) {
  Tracker tracker(logged());
  go(10s);
  cpu->set_power(0);
  go(10s);
  cpu->set_power(100);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*f.energy.joules(), 2000, 1e-6);
  EXPECT_FALSE(has_issue(f.issues, "frozen"));
}

TEST_F(SensorsThatFail, AGpuThatShowsNoPowerAtAllHasNoValue) {
  meter::MeterInfo gpu{.id = "GPU-0", .device = meter::Device::gpu, .domain = meter::Domain::gpu, .provider = "nvml"};
  gpu.update_period_s = 0.1;
  gpu.accuracy = 0.25;
  const Footprint f = run({FakeMeter::power(*clock, gpu, 0)}, 30s);
  EXPECT_FALSE(f.devices.front().record.window.energy_j);
  EXPECT_TRUE(has_issue(f.issues, "frozen"));
}

TEST_F(SensorsThatFail, AnyPeriodWithAnyFlushGivesTheEnergy) {
  const meter::MeterInfo psu{.id = "psu", .device = meter::Device::cpu, .domain = meter::Domain::package};
  for (const auto& [period, flush] :
       {std::pair(10., 10.), {15., 15.}, {15., 60.}, {60., 60.}, {300., 60.}, {20., 7.}}) {
    const Footprint f = run({FakeMeter::power(*clock, psu, 100)}, 600s, [&, p = period, s = flush](Options& o) {
      o.power_period_s = p;
      o.flush_s = s;
    });
    EXPECT_NEAR(f.energy.joules().value_or(-1), 60000, 1e-6) << period << " " << flush;
  }
}

TEST_F(SensorsThatFail, WhatIsAboveTheCeilingIsInsideTheBounds) {
  const auto ceiling = [](Options& o) { o.p_max_w = {{"package", 100.0}}; };
  // A power that goes over the ceiling and under it, and one that stays above.
  const meter::MeterInfo psu{.id = "psu", .device = meter::Device::cpu, .domain = meter::Domain::package};
  std::vector<meter::Reading> script;
  for (int i = 0; i < 400; ++i) script.emplace_back(meter::Watts{i % 2 == 0 ? 90.0 : 130.0});
  Footprint f = run(
      {std::make_shared<FakeMeter>(
          meter::MeterInfo{
              .id = "psu", .device = meter::Device::cpu, .domain = meter::Domain::package, .kind = meter::Kind::power},
          script)},
      10s, ceiling);
  EXPECT_TRUE(inside(*f.energy.bounds, 1100)) << f.energy.bounds->high.joules();
  EXPECT_TRUE(has_issue(f.issues, "glitch"));
  f = run({FakeMeter::power(*clock, psu, 300)}, 10s, ceiling);
  EXPECT_FALSE(f.energy.value);
  EXPECT_TRUE(inside(*f.energy.bounds, 3000)) << f.energy.bounds->high.joules();
  // And a counter.
  f = run({FakeMeter::counter(*clock, package(), 300)}, 10s, ceiling);
  EXPECT_TRUE(inside(*f.energy.bounds, 3000)) << f.energy.bounds->high.joules();
  EXPECT_TRUE(has_issue(f.issues, "implausible_rate"));
}

TEST_F(SensorsThatFail, AWildReadingWidensNothing) {
  std::vector<meter::Reading> script;
  for (int i = 0; i < 400; ++i) script.emplace_back(meter::Watts{i == 50 ? 4e9 : 90.0});
  const Footprint f = run(
      {std::make_shared<FakeMeter>(
          meter::MeterInfo{
              .id = "psu", .device = meter::Device::cpu, .domain = meter::Domain::package, .kind = meter::Kind::power},
          script)},
      10s);
  EXPECT_NEAR(*f.energy.joules(), 900, 1e-6);
  EXPECT_NEAR(f.energy.bounds->high.joules(), 900, 1e-6);
}

TEST_F(SensorsThatFail, LargeMachinesAreBelowTheirCeilings) {
  const meter::MeterInfo rack{.id = "rack", .device = meter::Device::platform, .domain = meter::Domain::psys};
  const meter::MeterInfo board{.id = "hgx", .device = meter::Device::gpu, .domain = meter::Domain::gpu};
  EXPECT_NEAR(*run({FakeMeter::power(*clock, rack, 15'000)}, 10s).energy.joules(), 150'000, 1e-6);
  EXPECT_NEAR(*run({FakeMeter::power(*clock, board, 8 * 1'200)}, 10s).energy.joules(), 96'000, 1e-6);
}

// ---------------------------------------------------------------------------------------------------------------------
// Dies
// ---------------------------------------------------------------------------------------------------------------------

class Dies : public SensorsThatFail {
 protected:
  meter::MeterInfo die(int n) {
    meter::MeterInfo info = package("z" + std::to_string(n), "package-0-die-" + std::to_string(n));
    info.update_period_s = 0.001;
    return info;
  }
};

TEST_F(Dies, ThatAreAlikeAreBothCountedHoweverSmallTheirCountersStart) {
  const Footprint f =
      run({FakeMeter::counter(*clock, die(0), 50.00, 0), FakeMeter::counter(*clock, die(1), 50.05, 0)}, 60s);
  EXPECT_NEAR(*f.energy.joules(), 6003, 1e-3);
  EXPECT_FALSE(has_issue(f.issues, "mirrored"));
}

TEST_F(Dies, ThatShowOneRegisterCountOnce) {
  const Footprint f =
      run({FakeMeter::counter(*clock, die(0), 50, 7'000'000), FakeMeter::counter(*clock, die(1), 50, 7'000'000)}, 60s);
  EXPECT_NEAR(*f.energy.joules(), 3000, 1e-3);
  EXPECT_TRUE(has_issue(f.issues, "mirrored"));
}

TEST_F(Dies, OfAShortRunAreBothCountedAndTheDoubtIsSaid) {
  const Footprint f =
      run({FakeMeter::counter(*clock, die(0), 50, 7), FakeMeter::counter(*clock, die(1), 50, 7)}, 500ms);
  EXPECT_NEAR(*f.energy.joules(), 50, 1e-3);
  EXPECT_TRUE(has_issue(f.issues, "mirror_undecided"));
}

// ---------------------------------------------------------------------------------------------------------------------
// Stand-ins
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(SensorsThatFail, AModelStandsInForCountersThatNeverMove) {
  machine.add_zone("intel-rapl:0", {.name = "package-0", .energy_uj = "0"});
  machine.set_cpus(4);
  machine.set_memory(16ULL << 30);
  machine.set_cpu_ticks(100, 300);
  Options o = logged();
  o.meters.reset();
  o.tdp_w = 100;
  Tracker tracker(o);
  go(60s);
  const Footprint f = tracker.stop();
  EXPECT_TRUE(has_issue(f.issues, "frozen"));
  ASSERT_TRUE(f.energy.value);
  bool stood_in = false;
  for (const DeviceFootprint& d : f.devices) {
    if (d.record.meter.id == "model.cpu_load") stood_in = d.in_total && d.record.window.covered_s > 59;
    EXPECT_FALSE(d.in_total && d.record.meter.domain == meter::Domain::package);
  }
  EXPECT_TRUE(stood_in);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(SensorsThatFail, ModelsStandInForAPlatformThatNeverMoves) {
  machine.add_zone("intel-rapl:0", {.name = "psys", .energy_uj = "0"});
  machine.set_cpus(4);
  machine.set_memory(16ULL << 30);
  machine.set_cpu_ticks(100, 300);
  Options o = logged();
  o.meters.reset();
  o.tdp_w = 100;
  Tracker tracker(o);
  ASSERT_TRUE(clock->wait_for_waiters(1));
  {
    const Region epoch = tracker.region("epoch");
    machine.set_cpu_ticks(500, 300);
    go(1s);
  }
  go(9s);
  const Footprint f = tracker.stop();
  ASSERT_TRUE(f.energy.value);
  EXPECT_FALSE(has_issue(f.issues, "platform_only"));
  std::vector<std::string> total;
  for (const DeviceFootprint& d : f.devices) {
    if (d.in_total) total.push_back(d.record.meter.id);
  }
  EXPECT_THAT(total, ::testing::UnorderedElementsAre("model.cpu_load", "model.ram"));
  EXPECT_GT(region(f, "epoch").inclusive.value.value_or(Energy()).joules(), 10) << "of the models, not of the platform";
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(SensorsThatFail, AScopeBesideAPlatformThatNeverMovesCountsTheProcessorOnce) {
  machine.add_zone("intel-rapl:0", {.name = "psys", .energy_uj = "0"});
  machine.set_cpus(4);
  machine.set_memory(16ULL << 30);
  machine.set_cpu_ticks(100, 300);
  Options o = options();
  o.meters.reset();
  o.tdp_w = 100;
  o.scope = meter::Scope::process;
  const std::string pid = std::to_string(::getpid());
  machine.write("proc/" + pid + "/stat", pid + " (test) S 1 1 1 0 -1 0 0 0 0 0 200 0 0 0 20 0 1 0 0\n");
  Tracker tracker(o);
  machine.set_cpu_ticks(500, 300);
  go(10s);
  const Footprint f = tracker.stop();
  int processors = 0;
  for (const DeviceFootprint& d : f.devices) processors += d.in_total && d.record.meter.device == meter::Device::cpu;
  EXPECT_EQ(processors, 1);
}

TEST_F(SensorsThatFail, ModelsStandInForAPlatformThatHasShownNothingInAShortRun) {
  machine.add_zone("intel-rapl:0", {.name = "psys", .energy_uj = "5000"});
  machine.set_cpus(4);
  machine.set_memory(16ULL << 30);
  machine.set_cpu_ticks(100, 300);
  Options o = logged();
  o.meters.reset();
  o.tdp_w = 100;
  o.command = "true";
  Tracker tracker(o);
  ASSERT_TRUE(clock->wait_for_waiters(1));
  const auto check = [](const Footprint& f) {
    ASSERT_TRUE(f.energy.value);
    EXPECT_GT(f.energy.value->joules(), 0);
    ASSERT_TRUE(f.totals.cpu.energy_j);
    EXPECT_TRUE(has_issue(f.issues, "frozen"));
  };
  const std::uint64_t id = tracker.begin("epoch");
  go(5ms);
  const auto epoch = tracker.end(id);
  ASSERT_TRUE(epoch && epoch->energy.value);
  EXPECT_GT(epoch->energy.value->joules(), 0) << "of the models, not of the platform";
  check(tracker.snapshot());
  go(2ms);
  tracker.ended(0, Seconds(0.002));
  const Footprint f = tracker.stop();
  check(f);
  ASSERT_TRUE(f.command && f.command->energy.bounds) << "a command of the model's energy, not of the platform's";
  EXPECT_GT(f.command->energy.bounds->high.joules(), 0);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(SensorsThatFail, AShortRunOfACounterThatHasNotMovedMayHaveUsedAnything) {
  meter::MeterInfo info = package("zone");
  info.p_max_w = 400;
  const Footprint f = run({FakeMeter::counter(*clock, info, 0, 123'456)}, 50ms);
  EXPECT_EQ(f.energy.joules(), 0);
  EXPECT_TRUE(inside(*f.energy.bounds, 0));
  EXPECT_TRUE(inside(*f.energy.bounds, 400 * 0.05));
  EXPECT_TRUE(has_issue(f.issues, "short_window"));
}

TEST_F(SensorsThatFail, ACounterThatMovesAfterAWhileLeavesNoDoubt) {
  const auto late = FakeMeter::counter(*clock, package("zone"), 0, 123'456);
  Options o = options();
  o.meters = std::vector<MeterChoice>{std::shared_ptr<meter::Meter>(late)};
  o.period_s = 0.04;
  Tracker tracker(o);
  go(40ms);
  late->set_power(100);
  go(40ms);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*f.energy.joules(), 4, 1e-6);
  EXPECT_NEAR(f.energy.bounds->high.joules(), 4, 1e-6) << "not what 40 ms may hold";
}

TEST_F(SensorsThatFail, AStandInThatIsNotNeededIsNotSeen) {
  machine.add_zone("intel-rapl:0", {.name = "package-0", .energy_uj = "0"});
  machine.set_cpus(4);
  machine.set_cpu_ticks(100, 300);
  Options o = logged();
  o.meters.reset();
  o.ram_w = 0;
  Tracker tracker(o);
  for (int s = 1; s <= 10; ++s) {
    machine.set_energy("intel-rapl:0", static_cast<std::uint64_t>(s) * 100'000'000);
    go(1s);
  }
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*f.energy.joules(), 1000, 1e-6);
  for (const DeviceFootprint& d : f.devices) EXPECT_NE(d.record.meter.id, "model.cpu_load");
}

// ---------------------------------------------------------------------------------------------------------------------
// What belongs to the total is one rule, for totals and regions
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(SensorsThatFail, ARegionAroundEverythingIsTheTotal) {
  using meter::Device;
  using meter::Domain;
  const auto of = [&](const std::string& id, Device device, Domain domain, const std::string& scope = "machine") {
    return meter::MeterInfo{.id = id, .device = device, .domain = domain, .scope = scope};
  };
  const std::vector<std::vector<std::pair<meter::MeterInfo, double>>> machines{
      {{of("gpu", Device::gpu, Domain::gpu, "module"), 500}, {of("acpi", Device::board, Domain::psys), 500}},
      {{of("board", Device::board, Domain::other), 100}},
      {{of("psu", Device::platform, Domain::psys), 300}, {of("gpu", Device::gpu, Domain::gpu), 200}},
      {{of("cpu", Device::cpu, Domain::package), 100}, {of("psu", Device::platform, Domain::psys), 300}},
      {{of("rail", Device::board, Domain::rail), 10}, {of("board", Device::board, Domain::psys), 40}},
  };
  for (const auto& meters : machines) {
    std::vector<std::shared_ptr<meter::Meter>> fakes;
    for (const auto& [info, watts] : meters) fakes.push_back(FakeMeter::counter(*clock, info, watts));
    Options o = logged("total-" + std::to_string(++runs) + ".jsonl");
    o.meters.emplace(fakes.begin(), fakes.end());
    Tracker tracker(o);
    {
      const Region all = tracker.region("all");
      go(40s);
    }
    const Footprint f = tracker.stop();
    ASSERT_TRUE(f.energy.value);
    EXPECT_NEAR(region(f, "all").inclusive.joules().value_or(-1), *f.energy.joules(), 1e-6)
        << meters.front().first.id << " " << text(meters.front().first.domain);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Ranks, regions
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(SensorsThatFail, ARankThatMeasuresNothingSaysWhy) {
  const Footprint f = run({cpu}, 10s, [](Options& o) { o.owner = false; });
  EXPECT_FALSE(f.energy.value);
  EXPECT_TRUE(has_issue(f.issues, "not_owner"));
}

TEST_F(SensorsThatFail, ARankReportsTheGpusThatItSees) {
  const meter::MeterInfo gpu{.id = "GPU-1", .device = meter::Device::gpu, .domain = meter::Domain::gpu};
  const Footprint f = run({cpu, FakeMeter::counter(*clock, gpu, 200)}, 10s, [](Options& o) { o.owner = false; });
  EXPECT_NEAR(*f.energy.joules(), 2000, 1e-6);
  EXPECT_EQ(f.devices.size(), 1U);
}

TEST_F(SensorsThatFail, WhatAMeterRaisedIsTold) {
  cpu->throw_error("ZeroDivisionError: division by zero\nAt: meter.py");
  const Footprint f = run({cpu}, 10s);
  const auto issue =
      std::find_if(f.issues.begin(), f.issues.end(), [](const Issue& i) { return i.code == "missed_reads"; });
  ASSERT_NE(issue, f.issues.end());
  EXPECT_THAT(issue->text, HasSubstr("ZeroDivisionError: division by zero"));
  EXPECT_THAT(issue->text, ::testing::Not(HasSubstr("meter.py")));
}

TEST_F(SensorsThatFail, OpenRegionsAreEndedWithTheRunAndNamed) {
  Tracker tracker(logged());
  static_cast<void>(tracker.begin("begun"));
  tracker.mark("marked");
  go(5s);
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*region(f, "begun").inclusive.joules(), 500, 1e-6);
  EXPECT_NEAR(*region(f, "marked").inclusive.joules(), 500, 1e-6);
  ASSERT_TRUE(has_issue(f.issues, "region_open"));
  for (const Issue& issue : f.issues) {
    EXPECT_TRUE(issue.code != "region_open" || issue.subject == "begun");
  }
}

TEST_F(SensorsThatFail, WhatSyncThrowsAtARegionsEndIsAnIssueAndEndsIt) {
  Options o = logged();
  int calls = 0;
  o.sync = [&] {
    if (++calls == 2) throw std::runtime_error("the GPU is gone");
  };
  Tracker tracker(o);
  {
    const Region region = tracker.region("step");
    go(5s);
  }
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*region(f, "step").inclusive.joules(), 500, 1e-6);
  ASSERT_TRUE(has_issue(f.issues, "sync_failed"));
}

TEST_F(SensorsThatFail, ARegionSaysWhatItUsed) {
  Options o = logged();
  o.pue = 1.5;
  Tracker tracker(o);
  Region step = tracker.region("step");
  go(10s);
  const auto used = step.result();
  ASSERT_TRUE(used);
  EXPECT_NEAR(*used->energy.joules(), 1000, 1e-6);
  EXPECT_NEAR(used->duration.count(), 10, 1e-9);
  EXPECT_NEAR(*used->carbon.grams(), 1000 / 3.6e6 * 100 * 1.5, 1e-9);
  const std::uint64_t id = tracker.begin("other");
  go(1s);
  EXPECT_NEAR(*tracker.end(id)->energy.joules(), 100, 1e-6);
  EXPECT_FALSE(tracker.end(id));
  EXPECT_FALSE(tracker.result(id + 1));
  const Footprint f = tracker.stop();
  EXPECT_NEAR(*tracker.result(id)->energy.joules(), 100, 1e-6) << "also after the stop";
  ASSERT_EQ(region(f, "step").each.size(), 1U);
  EXPECT_NEAR(*region(f, "step").each.front().carbon.grams(), *used->carbon.grams(), 1e-12);
}

TEST_F(SensorsThatFail, TheNewestRegionsOfANameAreKept) {
  Tracker tracker(logged());
  const auto count = 2 * RegionStats::most_kept + 500;
  for (std::size_t i = 0; i < count; ++i) const Region step = tracker.region("step");
  const Footprint f = tracker.stop();
  EXPECT_EQ(region(f, "step").count, static_cast<std::int64_t>(count));
  ASSERT_EQ(region(f, "step").each.size(), RegionStats::most_kept);
  EXPECT_EQ(region(f, "step").each.front().id, count);
  EXPECT_EQ(load(folder / "run.jsonl").footprint().to_json(), f.to_json());
}

TEST_F(SensorsThatFail, AFootprintIsReadBackFromItsJson) {
  Options o = logged();
  o.wue = 1.8;
  o.project = "caf\xc3\xa9";
  o.command = "python train.py";
  machine.set_cpus(4);
  machine.set_cpu_ticks(100, 300);
  Tracker tracker(o);
  {
    const Region outer = tracker.region("outer");
    const Region inner = tracker.region("inner");
    go(5s);
  }
  machine.set_cpu_ticks(600, 900);
  tracker.ended(3, Seconds(4));
  const Footprint f = tracker.stop();
  ASSERT_TRUE(f.command);
  EXPECT_EQ(f.command->status, 3);
  EXPECT_EQ(Footprint::from_json(f.to_json()).to_json(), f.to_json());
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
  EXPECT_EQ(code_of([&] { static_cast<void>(Footprint::from_json("{}")); }), "tracker.bad_json");
  EXPECT_EQ(code_of([&] { static_cast<void>(Footprint::from_json("[")); }), "tracker.bad_json");
  std::string text = f.to_json();
  text.replace(text.find("\"duration_s\":5.0"), 16, "\"duration_s\":null");
  EXPECT_EQ(code_of([&] { static_cast<void>(Footprint::from_json(text)); }), "tracker.bad_json");
}

TEST_F(SensorsThatFail, AShortCommandIsSomewhereInTheEnergyOfTheCpu) {
  machine.set_cpus(2);
  machine.set_cpu_ticks(1000, 1000);
  Options o = logged();
  o.command = "true";
  Tracker tracker(o);
  go(200ms);
  tracker.ended(0, Seconds(0.001));  // no tick of the machine has passed
  const Footprint f = tracker.stop();
  ASSERT_TRUE(f.command && f.command->energy.value);
  EXPECT_GT(f.command->energy.joules(), 0);
  EXPECT_GT(f.command->energy.bounds->high.joules(), *f.command->energy.joules());
  EXPECT_GT(f.command->energy.interval->high.joules(), f.command->energy.bounds->high.joules()) << "the meter errs too";
}

}  // namespace
}  // namespace co2lib::tracker
