// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <co2lib/meter.hpp>
#include <co2lib/testing.hpp>
#include <co2lib/tracker.hpp>

namespace co2lib::meter {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A machine of 4 CPUs at 100 W whose clock ticks at 100 Hz, and a process in it.
class ShareTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t hz = 100;

  ShareTest() {
    if (static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)) != hz) throw std::runtime_error("ticks are not 100 Hz");
    machine.set_cpus(4);
    machine.set_memory(16ULL << 30);
    use(0, 0);
    cpu = FakeMeter::counter(clock, {.id = "package-0", .name = "package-0", .domain = Domain::package}, 100);
  }

  void write(const std::string& file, const std::string& text) {
    const auto path = machine.root() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  static std::string process(std::int64_t pid, std::int64_t parent, std::uint64_t user, std::uint64_t waited = 0) {
    return std::to_string(pid) + " (a) b) S " + std::to_string(parent) + " 1 1 0 -1 0 0 0 0 0 " + std::to_string(user) +
           " 0 " + std::to_string(waited) + " 0 20 0 1 0 0\n";
  }

  /// Since boot: CPU-seconds of the machine, of which the process had `own_s`.
  void use(double busy_s, double own_s) {
    machine.set_cpu_ticks(static_cast<std::uint64_t>(busy_s * hz), 1'000'000);
    const auto pid = static_cast<std::int64_t>(::getpid());
    write("proc/" + std::to_string(pid) + "/stat", process(pid, 1, static_cast<std::uint64_t>(own_s * hz)));
  }

  tracker::Options options() {
    tracker::Options o;
    o.intensity = CarbonIntensity::from_g_per_kwh(100);
    o.meters = std::vector<MeterChoice>{std::static_pointer_cast<Meter>(cpu)};
    o.clock = clock_pointer;
    o.host = machine.host();
    o.scope = Scope::process;
    return o;
  }

  /// 10 s of a memory of 10 W.
  tracker::Footprint after_10_s_of_dram() {
    auto dram =
        FakeMeter::counter(clock, {.id = "dram", .name = "dram", .device = Device::dram, .domain = Domain::dram}, 10);
    auto o = options();
    o.meters = std::vector<MeterChoice>{std::static_pointer_cast<Meter>(dram)};
    tracker::Tracker tracker(o);
    clock.wait_for_waiters(1);  // the sampler has begun
    clock.advance(10s);
    return tracker.stop();
  }

  std::shared_ptr<ManualClock> clock_pointer = std::make_shared<ManualClock>();
  ManualClock& clock = *clock_pointer;
  FakeHost machine;
  std::shared_ptr<FakeMeter> cpu;
};

double joules(const Estimate<Energy>& e) { return e.value ? e.value->joules() : -1; }

TEST_F(ShareTest, WhereTheSensorCannotBeDividedOrDoesNotWorkTheSharesAreThoseOfTheModel) {
  for (const char* zone : {"psys", "package-0"}) {
    SCOPED_TRACE(zone);
    use(0, 0);
    machine.add_zone("intel-rapl:0", {.name = zone, .energy_uj = "0"});
    auto o = options();
    o.meters.reset();
    o.gpus.emplace();
    o.tdp_w = 100;
    std::filesystem::remove(machine.root() / "proc/meminfo");  // no memory model
    tracker::Tracker tracker(o);
    for (int second = 1; second <= 10; ++second) {
      clock.wait_for_waiters(1);
      use(4.0 * second, 1.0 * second);
      if (zone == std::string("psys"))
        machine.set_energy("intel-rapl:0", static_cast<std::uint64_t>(second) * 500'000'000);
      clock.advance(1s);
    }
    const tracker::Footprint f = tracker.stop();
    ASSERT_TRUE(f.scope);
    ASSERT_TRUE(f.scope->own.value) << to_string(f);
    EXPECT_EQ(f.energy.joules(), joules(f.scope->own)) << "not the machine's";
    const double machine_j = joules(f.scope->own) + joules(f.scope->other) + joules(f.scope->idle);
    EXPECT_NEAR(joules(f.scope->own), machine_j / 40 * 10, 1e-6) << "10 of 40 CPU-seconds";
    EXPECT_GT(machine_j, 100);
    EXPECT_LE(machine_j, 1000 + 1e-6);
  }
}

TEST_F(ShareTest, AProcessIsGivenItsShareOfCpuTimeAndTheRemainderIsStated) {
  tracker::Tracker tracker(options());
  clock.wait_for_waiters(1);  // the sampler has begun
  // 10 s at 100 W: 1000 J. 20 of 40 CPU-seconds were busy, 8 of them ours.
  for (int second = 1; second <= 10; ++second) {
    use(2.0 * second, 0.8 * second);
    clock.advance(1s);
  }
  const tracker::Footprint f = tracker.stop();
  ASSERT_TRUE(f.scope);
  EXPECT_EQ(f.scope->scope, "process");
  EXPECT_NEAR(joules(f.scope->own), 1000 * 8.0 / 40, 1e-6);
  EXPECT_NEAR(joules(f.scope->other), 1000 * 12.0 / 40, 1e-6);
  EXPECT_NEAR(joules(f.scope->idle), 1000 * 20.0 / 40, 1e-6);
  EXPECT_NEAR(f.energy.joules().value_or(-1), 200, 1e-6) << "the totals count the share alone";
  EXPECT_NEAR(f.operational.value->grams(), 200 / 3.6e6 * 100, 1e-9);
  // From the share of all CPU time to that of the busy one, a tick wider.
  EXPECT_LE(f.scope->own.interval->low.joules(), 200);
  EXPECT_GE(f.scope->own.interval->high.joules(), 1000 * 8.0 / 20 - 1e-6);
  ASSERT_EQ(f.devices.size(), 4U);
  EXPECT_FALSE(f.devices[0].counted) << "the machine's own meter is shown, not added";
  EXPECT_NEAR(*f.devices[0].record.window.energy_j, 1000, 1e-6);
  EXPECT_TRUE(f.devices[1].counted);
  EXPECT_EQ(f.devices[1].record.method, Method::model);
  EXPECT_THAT(f.to_json(), HasSubstr("\"scope\""));
}

TEST_F(ShareTest, IdlePowerIsTakenOffFirst) {
  auto o = options();
  o.idle_w = 60;
  tracker::Tracker tracker(o);
  clock.wait_for_waiters(1);  // the sampler has begun
  for (int second = 1; second <= 10; ++second) {
    use(2.0 * second, 0.5 * second);
    clock.advance(1s);
  }
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(joules(f.scope->idle), 600, 1e-6);
  EXPECT_NEAR(joules(f.scope->own), 400 * 0.25, 1e-6);
  EXPECT_NEAR(joules(f.scope->other), 400 * 0.75, 1e-6);
}

TEST_F(ShareTest, ShortRegionsAddUpAlthoughCpuTimeComesInTicks) {
  tracker::Tracker tracker(options());
  clock.wait_for_waiters(1);  // the sampler has begun
  // One CPU of four is busy with us all the time; regions of 1 ms, ten to the tick.
  for (int i = 1; i <= 1000; ++i) {
    const auto region = tracker.region("step");
    clock.advance(1ms);
    use(i / 10 * 0.01, i / 10 * 0.01);
  }
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(f.energy.joules().value_or(-1), 25, 1.1) << "a quarter of 100 J, to the tick";
  EXPECT_NEAR(joules(f.scope->own) + joules(f.scope->other) + joules(f.scope->idle), 100, 0.2);
  ASSERT_EQ(f.regions.size(), 1U);
  EXPECT_NEAR(f.regions[0].inclusive.joules().value_or(-1), f.energy.joules().value_or(-2), 0.2);
}

TEST_F(ShareTest, TheEnergyOfAResetIsDividedAndMayBeAnybodys) {
  tracker::Tracker tracker(options());
  clock.wait_for_waiters(1);  // the sampler has begun
  for (int second = 1; second <= 10; ++second) {
    use(2.0 * second + (second > 5 ? 2 : 0), second > 5 ? 4 : 0);  // we have the sixth second alone, no other one
    clock.advance(500ms);
    if (second == 6) cpu->reset();
    clock.advance(500ms);
  }
  const tracker::Footprint f = tracker.stop();
  const double machine_j = f.devices[0].record.window.energy_j.value_or(-1);
  EXPECT_NEAR(machine_j, 1000, 1e-6) << "900 J were seen";
  EXPECT_NEAR(joules(f.scope->own) + joules(f.scope->other) + joules(f.scope->idle), machine_j, 1e-12 * machine_j);
  EXPECT_NEAR(joules(f.scope->own), 1000.0 / 900 * 100 * 4 / 8, 1e-6) << "of the seconds 6 and 7, and of the rest";
  EXPECT_LE(f.scope->own.interval->low.joules(), 100);
  EXPECT_GE(f.scope->own.interval->high.joules(), 100);
  EXPECT_NEAR(f.operational.value->grams(), joules(f.scope->own) / 3.6e6 * 100, 1e-9) << "the estimate is priced too";
  EXPECT_NEAR(f.coverage.value_or(-1), 0.9, 1e-9);
}

TEST_F(ShareTest, OfAGapThereIsNoIdleEnergy) {
  auto o = options();
  o.idle_w = 60;
  tracker::Tracker tracker(o);
  clock.wait_for_waiters(1);  // the sampler has begun
  for (int second = 1; second <= 10; ++second) {
    use(2.0 * second, 1.0 * second);
    clock.advance(500ms);
    if (second == 6) cpu->reset();
    clock.advance(500ms);
  }
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(joules(f.scope->idle), 600, 1e-6);
  EXPECT_NEAR(joules(f.scope->own), 200, 1e-6);
}

TEST_F(ShareTest, CeilingAndLagOfTheOptionsHoldForTheDivision) {
  for (const char* option : {"p_max_w", "slack_s"}) {
    SCOPED_TRACE(option);
    use(0, 0);
    cpu = FakeMeter::counter(clock, {.id = "package-0", .name = "package-0", .domain = Domain::package}, 1500);
    auto o = options();
    option == std::string("p_max_w") ? o.p_max_w["package"] = 4000 : o.slack_s["package"] = 2;
    tracker::Tracker tracker(o);
    clock.wait_for_waiters(1);  // the sampler has begun
    for (int second = 1; second <= 3; ++second) {
      use(2.0 * second, 1.0 * second);
      clock.advance(1s);
    }
    const tracker::Footprint f = tracker.stop();
    EXPECT_NEAR(joules(f.scope->own), 1500 * 3 / 4.0, 1e-6);
    EXPECT_EQ(f.devices[1].record.events.glitches, 0);
  }
}

TEST_F(ShareTest, AWrapThatMayHaveBeenMissedMayBeOurs) {
  cpu = FakeMeter::counter(
      clock,
      {.id = "package-0", .name = "package-0", .domain = Domain::package, .wrap = WrapRange::modulus(300'000'000)},
      100);
  auto o = options();
  o.slack_s["package"] = 1;  // between two readings there may be 3 turns of 300 J
  tracker::Tracker tracker(o);
  clock.wait_for_waiters(1);  // the sampler has begun
  use(4, 4);
  clock.advance(1s);
  const tracker::Footprint f = tracker.stop();
  EXPECT_GE(f.scope->own.interval->high.joules(), 700);
}

TEST_F(ShareTest, DescendantsCountAlsoWhenTheyHaveEnded) {
  const auto pid = static_cast<std::int64_t>(::getpid());
  write("proc/4000001/stat", process(4000001, pid, 0));
  write("proc/4000002/stat", process(4000002, 4000001, 0));
  write("proc/4000003/stat", process(4000003, 1, 0));  // not ours
  tracker::Tracker tracker(options());
  clock.wait_for_waiters(1);  // the sampler has begun
  const auto step = [&](std::uint64_t busy_s, std::uint64_t own_s, std::uint64_t waited_s) {
    machine.set_cpu_ticks(busy_s * hz, 1'000'000);
    write("proc/" + std::to_string(pid) + "/stat", process(pid, 1, own_s * hz, waited_s * hz));
  };
  step(4, 1, 0);
  write("proc/4000001/stat", process(4000001, pid, 1 * hz));
  write("proc/4000002/stat", process(4000002, 4000001, 1 * hz));
  write("proc/4000003/stat", process(4000003, 1, 1 * hz));
  clock.advance(1s);
  EXPECT_NEAR(joules(tracker.snapshot().scope->own), 75, 1e-6);
  // Both end and are waited for: their time is the parent's now.
  std::filesystem::remove_all(machine.root() / "proc/4000001");
  std::filesystem::remove_all(machine.root() / "proc/4000002");
  step(4, 1, 2);
  clock.advance(1s);
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(joules(f.scope->own), 75, 1e-6) << "nothing is counted twice";
  EXPECT_NEAR(joules(f.scope->idle), 100, 1e-6);
}

TEST_F(ShareTest, AChildThatIsStartedLaterIsFound) {
  tracker::Tracker tracker(options());
  ASSERT_TRUE(clock.wait_for_waiters(1));
  const auto pid = static_cast<std::int64_t>(::getpid());
  write("proc/4000001/stat", process(4000001, pid, 0));
  clock.advance(2s);
  use(2, 0);
  write("proc/4000001/stat", process(4000001, pid, 2 * hz));
  clock.advance(2s);
  EXPECT_NEAR(joules(tracker.stop().scope->own), 50, 1e-6);
}

TEST_F(ShareTest, MemoryIsDividedByResidentMemory) {
  const auto pid = static_cast<std::int64_t>(::getpid());
  write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
  write("proc/" + std::to_string(pid) + "/smaps_rollup", "00-ff ---p [rollup]\nRss: 300 kB\nPss: 200 kB\n");
  const tracker::Footprint f = after_10_s_of_dram();
  EXPECT_NEAR(joules(f.scope->own), 100 * 0.2, 1e-6);
  EXPECT_NEAR(joules(f.scope->other), 100 * 0.4, 1e-6);
  EXPECT_NEAR(joules(f.scope->idle), 100 * 0.4, 1e-6);
}

TEST_F(ShareTest, MemoryThatCannotBeReadIsNotDivided) {
  write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");  // but neither smaps_rollup nor status
  const tracker::Footprint f = after_10_s_of_dram();
  EXPECT_FALSE(f.energy.joules());
  EXPECT_TRUE(std::any_of(f.issues.begin(), f.issues.end(), [](const Issue& i) {
    return i.code == "missed_reads" && i.subject.starts_with("dram#process");
  }));
}

TEST_F(ShareTest, AContainerIsMeasuredByItsControlGroup) {
  const auto usage = [&](double seconds) {
    write("sys/fs/cgroup/job/cpu.stat",
          "usage_usec " + std::to_string(static_cast<std::int64_t>(seconds * 1e6)) + "\nuser_usec 1\n");
  };
  write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  write("proc/self/cgroup", "0::/job\n");
  usage(100);
  auto o = options();
  o.scope = Scope::container;
  tracker::Tracker tracker(o);
  clock.wait_for_waiters(1);  // the sampler has begun
  usage(101);
  use(2, 0);
  clock.advance(1s);
  const tracker::Footprint f = tracker.stop();
  EXPECT_EQ(f.scope->scope, "container");
  EXPECT_NEAR(joules(f.scope->own), 25, 1e-6);
  EXPECT_NEAR(joules(f.scope->other), 25, 1e-6);
}

TEST_F(ShareTest, AContainerIsTheWholeJobAndNotTheLeafOfOneTask) {
  const std::string job = "/system.slice/slurmstepd.scope/job_123";
  const auto usage = [&](const std::string& group, double seconds) {
    write("sys/fs/cgroup" + group + "/cpu.stat",
          "usage_usec " + std::to_string(static_cast<std::int64_t>(seconds * 1e6)) + "\n");
  };
  write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  write("proc/self/cgroup", "0::" + job + "/step_0/user/task_0\n");
  usage(job, 100);
  usage(job + "/step_0/user/task_0", 10);
  auto o = options();
  o.scope = Scope::container;
  tracker::Tracker tracker(o);
  clock.wait_for_waiters(1);  // the sampler has begun
  usage(job, 102);
  usage(job + "/step_0/user/task_0", 10.5);
  use(2, 0);
  clock.advance(1s);
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(joules(f.scope->own), 50, 1e-6);
  EXPECT_EQ(f.scope->group, job);
}

TEST_F(ShareTest, ARunShorterThanATickHasBoundsAsWideAsTheTick) {
  tracker::Tracker tracker(options());
  clock.wait_for_waiters(1);  // the sampler has begun
  clock.advance(5ms);
  const tracker::Footprint f = tracker.stop();
  EXPECT_GT(f.scope->own.interval->high.joules(), 0);
}

TEST_F(ShareTest, AFailedReadOfTheMachineIsNoEnergyAndTheNextSpansIt) {
  tracker::Tracker tracker(options());
  clock.wait_for_waiters(1);  // the sampler has begun
  use(4, 4);
  cpu->fail(Failure::io);
  clock.advance(1s);
  use(8, 8);
  cpu->recover();
  clock.advance(1s);
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(joules(f.scope->own), 200, 1e-6);
  EXPECT_GE(f.devices[1].record.events.missed_reads, 1);
}

TEST_F(ShareTest, WhatCannotBeDividedIsRefusedWithTheRemedy) {
  std::filesystem::remove(machine.root() / "proc/stat");
  try {
    tracker::Tracker tracker(options());
    FAIL() << "must throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "meter.bad_option");
    EXPECT_THAT(error.what(), HasSubstr("stat"));
    EXPECT_THAT(error.what(), HasSubstr("scope 'machine'"));
  }
}

TEST_F(ShareTest, IdlePowerWithoutAScopeIsRefused) {
  auto o = options();
  o.scope = Scope::machine;
  o.idle_w = 10;
  EXPECT_THROW(tracker::Tracker{o}, Error);
}

TEST_F(ShareTest, TheLogGivesTheSameDivision) {
  const auto file = machine.root() / "run.jsonl";
  auto o = options();
  o.log = file;
  tracker::Tracker tracker(o);
  clock.wait_for_waiters(1);  // the sampler has begun
  use(2, 1);
  clock.advance(1s);
  const tracker::Footprint live = tracker.stop();
  const tracker::Footprint read = tracker::load(file).footprint();
  ASSERT_TRUE(read.scope);
  EXPECT_EQ(joules(read.scope->own), joules(live.scope->own));
  EXPECT_EQ(joules(read.scope->idle), joules(live.scope->idle));
}

}  // namespace
}  // namespace co2lib::meter
