// SPDX-License-Identifier: MIT
#include <co2lib/testing.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

using namespace co2lib;
using namespace std::chrono_literals;
using meter::Count;
using meter::Failed;
using meter::Failure;
using meter::Watts;

namespace {

TEST(ManualClock, StandsStillUntilMoved) {
  ManualClock clock(*parse_utc("2024-05-01T12:00:00Z"), 5s);
  EXPECT_EQ(clock.monotonic(), 5s);
  EXPECT_EQ(clock.boottime(), 5s);
  EXPECT_EQ(format_utc(clock.utc()), "2024-05-01T12:00:00Z");
  EXPECT_TRUE(clock.advance(1500ms));
  EXPECT_EQ(clock.monotonic(), 6500ms);
  EXPECT_EQ(format_utc(clock.utc()), "2024-05-01T12:00:01.500Z");
}

TEST(ManualClock, SuspendAndStepsMoveTheOtherClocksOnly) {
  ManualClock clock(*parse_utc("2024-05-01T12:00:00Z"), 5s);
  clock.suspend(60s);
  EXPECT_EQ(clock.monotonic(), 5s);
  EXPECT_EQ(clock.boottime(), 65s);
  EXPECT_EQ(format_utc(clock.utc()), "2024-05-01T12:01:00Z");
  clock.step_utc(-120s);
  EXPECT_EQ(clock.boottime(), 65s);
  EXPECT_EQ(format_utc(clock.utc()), "2024-05-01T11:59:00Z");
}

TEST(ManualClock, RefusesToGoBack) {
  ManualClock clock;
  EXPECT_THROW(clock.advance(-1ns), Error);
}

TEST(ManualClock, DeadlinesInThePastDoNotWait) {
  ManualClock clock;
  Waiter waiter;
  EXPECT_TRUE(clock.wait_until(waiter, clock.monotonic()));
  waiter.interrupt();
  EXPECT_FALSE(clock.wait_until(waiter, clock.monotonic() + 1s));
}

TEST(ManualClock, WakesThreadsInTheOrderOfTheirDeadlines) {
  ManualClock clock;
  const MonotonicTime start = clock.monotonic();
  std::vector<std::string> log;  // no lock: the clock gives the turns one after the other
  const auto ticker = [&](const std::string& name, MonotonicTime period, int ticks) {
    Waiter waiter;
    MonotonicTime next = clock.monotonic();
    for (int i = 0; i < ticks; ++i) {
      next += period;
      if (!clock.wait_until(waiter, next)) return;
      log.push_back(name + std::to_string((clock.monotonic() - start) / 1ms));
    }
  };
  std::thread slow(ticker, "slow", 300ms, 2);
  std::thread fast(ticker, "fast", 200ms, 4);
  ASSERT_TRUE(clock.wait_for_waiters(2));
  EXPECT_TRUE(clock.advance(500ms));
  EXPECT_EQ(log, (std::vector<std::string>{"fast200", "slow300", "fast400"}));
  EXPECT_TRUE(clock.advance(10s));  // both end in it
  EXPECT_EQ(log, (std::vector<std::string>{"fast200", "slow300", "fast400", "slow600", "fast600", "fast800"}));
  slow.join();
  fast.join();
}

TEST(ManualClock, ATimeLimitEndsAnAdvanceWhoseThreadDoesNotComeBack) {
  ManualClock clock;
  Waiter waiter;
  std::atomic<bool> leave{false};
  std::thread lost([&] {
    clock.wait_until(waiter, clock.monotonic() + 1s);
    while (!leave) std::this_thread::yield();
  });
  ASSERT_TRUE(clock.wait_for_waiters(1));
  EXPECT_FALSE(clock.advance(2s, 20ms));
  EXPECT_EQ(clock.monotonic(), 1002s);
  EXPECT_TRUE(clock.advance(2s, 20ms)) << "it is not waited for a second time";
  leave = true;
  lost.join();
}

TEST(ManualClock, AnInterruptedWaitEndsAndIsForgotten) {
  ManualClock clock;
  Waiter waiter;
  bool reached = true;
  std::thread thread([&] { reached = clock.wait_until(waiter, clock.monotonic() + 1s); });
  ASSERT_TRUE(clock.wait_for_waiters(1));
  waiter.interrupt();
  thread.join();
  EXPECT_FALSE(reached);
  EXPECT_EQ(clock.waiters(), 0U);
  EXPECT_TRUE(clock.advance(2s));
}

TEST(FakeMeter, PlaysItsScript) {
  FakeMeter meter({.id = "script"}, {Count{7}, Failed{Failure::io, "bad"}, Count{9}});
  EXPECT_EQ(std::get<Count>(meter.sample(0s)).value, 7U);
  EXPECT_EQ(std::get<Failed>(meter.sample(0s)).why, Failure::io);
  EXPECT_EQ(std::get<Count>(meter.sample(0s)).value, 9U);
  EXPECT_EQ(std::get<Failed>(meter.sample(0s)).why, Failure::lost);
  EXPECT_EQ(meter.samples(), 4U);
}

TEST(FakeMeter, CounterFollowsThePowerAndWraps) {
  ManualClock clock;
  const auto meter =
      FakeMeter::counter(clock, {.id = "c", .wrap = meter::WrapRange::modulus(1'000'000'000)}, 100, 999'000'000);
  clock.advance(100ms);
  EXPECT_EQ(std::get<Count>(meter->sample(0s)).value, 9'000'000U);
  meter->set_power(10);
  for (int i = 0; i < 10; ++i) clock.advance(100ms);
  EXPECT_EQ(std::get<Count>(meter->sample(0s)).value, 19'000'000U);
  EXPECT_NEAR(meter->energy_j(), 20, 1e-9);
  meter->reset(5);
  EXPECT_EQ(std::get<Count>(meter->sample(0s)).value, 5U);
}

TEST(FakeMeter, FailsThrowsAndRecovers) {
  ManualClock clock;
  const auto meter = FakeMeter::power(clock, {.id = "p"}, 42);
  EXPECT_EQ(std::get<Watts>(meter->sample(0s)).value, 42);
  meter->fail(Failure::no_permission);
  EXPECT_EQ(std::get<Failed>(meter->sample(0s)).why, Failure::no_permission);
  meter->recover();
  meter->throw_error("boom");
  EXPECT_THROW(meter->sample(0s), std::runtime_error);
  meter->recover();
  EXPECT_EQ(std::get<Watts>(meter->sample(0s)).value, 42);
}

TEST(FakeMeter, ABlockedReadDoesNotHoldUpTheClock) {
  ManualClock clock;
  const auto meter = FakeMeter::power(clock, {.id = "p"}, 42);
  meter->block();
  Waiter waiter;
  meter::Reading reading;
  std::thread thread([&] {
    clock.wait_until(waiter, clock.monotonic() + 1s);
    reading = meter->sample(clock.monotonic());
  });
  ASSERT_TRUE(clock.wait_for_waiters(1));
  EXPECT_TRUE(clock.advance(2s)) << "the thread is blocked, and does not count";
  ASSERT_TRUE(meter->wait_blocked());
  meter->release();
  thread.join();
  EXPECT_EQ(std::get<Watts>(reading).value, 42);
}

TEST(FakeHost, LaysOutZonesAsTheKernelDoes) {
  std::filesystem::path root;
  {
    FakeHost machine;
    root = machine.root();
    machine.add_zone("intel-rapl:0", {.energy_uj = "12"});
    machine.add_zone("intel-rapl:0:1", {.name = "dram", .max_energy_range_uj = std::nullopt});
    machine.set_energy("intel-rapl:0", 13);
    const auto links = machine.host().sysfs / "class/powercap";
    EXPECT_EQ(*read_text(links / "intel-rapl:0/energy_uj"), "13\n");
    EXPECT_EQ(*read_text(links / "intel-rapl:0:1/name"), "dram\n");
    EXPECT_TRUE(std::filesystem::exists(root / "sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/intel-rapl:0:1"));
    EXPECT_FALSE(read_text(links / "intel-rapl:0:1/max_energy_range_uj"));
    machine.set_cpus(4, "AuthenticAMD", "fpu sgx");
    machine.set_memory(8ULL << 30);
    const Machine m = read_machine(machine.host());
    EXPECT_EQ(m.logical_cpus, 4);
    EXPECT_EQ(m.memory_bytes, 8ULL << 30);
    EXPECT_TRUE(m.sgx);
  }
  EXPECT_FALSE(std::filesystem::exists(root));
}

}  // namespace
