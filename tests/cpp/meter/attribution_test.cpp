// SPDX-License-Identifier: MIT
#include <co2lib/meter/attribution.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <unistd.h>

#include <gtest/gtest.h>
#include <co2lib/testing.hpp>

using namespace co2lib;
using namespace co2lib::meter;

namespace {

AttributionInput job(double used_s, std::optional<Power> idle = std::nullopt) {
  return {.energy = Energy::from_joules(1000),
          .duration = Seconds(10),
          .cpus = 8,
          .busy = Seconds(40),
          .targets = {{"job", Seconds(used_s)}},
          .idle_power = idle};
}

std::string code_of(const AttributionInput& input) {
  try {
    (void)attribute(input);
  } catch (const Error& error) {
    return error.code();
  }
  return "no error";
}

TEST(Attribution, SharesCpuTimeOfTheWholeMachine) {
  const Attribution a = attribute(job(20));
  ASSERT_EQ(a.targets.size(), 1U);
  EXPECT_DOUBLE_EQ(a.targets[0].energy.joules(), 250);
  EXPECT_DOUBLE_EQ(a.targets[0].bounds.low.joules(), 250);
  EXPECT_DOUBLE_EQ(a.targets[0].bounds.high.joules(), 500);
  EXPECT_DOUBLE_EQ(a.other.joules(), 250);
  EXPECT_DOUBLE_EQ(a.idle.joules(), 500);
  EXPECT_TRUE(a.issues.empty());
}

TEST(Attribution, TakesIdlePowerOffFirst) {
  const Attribution a = attribute(job(20, Power::from_watts(30)));
  EXPECT_DOUBLE_EQ(a.targets[0].energy.joules(), 350);
  EXPECT_DOUBLE_EQ(a.targets[0].bounds.low.joules(), 250);
  EXPECT_DOUBLE_EQ(a.idle.joules(), 300);
  EXPECT_DOUBLE_EQ(a.other.joules(), 350);
}

TEST(Attribution, IdleIsAtMostAllOfTheEnergy) {
  const Attribution a = attribute(job(20, Power::from_watts(1e6)));
  EXPECT_DOUBLE_EQ(a.idle.joules(), 1000);
  EXPECT_DOUBLE_EQ(a.targets[0].energy.joules(), 0);
  EXPECT_DOUBLE_EQ(a.targets[0].bounds.low.joules(), 0);
}

TEST(Attribution, ClipsCpuTimeThatTheMachineCannotGive) {
  AttributionInput in = job(60);
  Attribution a = attribute(in);  // more than all busy time
  EXPECT_TRUE(has_issue(a.issues, "cpu_time_clipped"));
  EXPECT_DOUBLE_EQ(a.targets[0].energy.joules(), 500);
  EXPECT_DOUBLE_EQ(a.other.joules(), 0);
  in.busy = Seconds(100);  // more than 8 CPUs give in 10 s
  a = attribute(in);
  EXPECT_TRUE(has_issue(a.issues, "cpu_time_clipped"));
  EXPECT_DOUBLE_EQ(a.idle.joules(), 0);
  EXPECT_DOUBLE_EQ(a.targets[0].energy.joules(), 750);
}

TEST(Attribution, WithoutBusyTimeAllIsIdle) {
  for (const auto& idle : {std::optional<Power>{}, std::optional(Power::from_watts(3))}) {
    AttributionInput in = job(0, idle);
    in.busy = Seconds(0);
    const Attribution a = attribute(in);
    EXPECT_DOUBLE_EQ(a.idle.joules(), 1000);
    EXPECT_DOUBLE_EQ(a.targets[0].bounds.high.joules(), 0);
    EXPECT_TRUE(a.issues.empty());
  }
}

TEST(Attribution, AnIntervalOfNoLengthDividesNothing) {
  AttributionInput in = job(0);
  in.duration = Seconds(0);
  in.busy = Seconds(0);
  const Attribution a = attribute(in);
  EXPECT_DOUBLE_EQ(a.total().joules(), 1000);
  EXPECT_DOUBLE_EQ(a.idle.joules(), 1000);
}

class AttributionSum : public testing::TestWithParam<double> {};

TEST_P(AttributionSum, PartsAlwaysSumToTheWholeInsideTheirBounds) {
  const double x = GetParam();
  for (const auto& idle : {std::optional<Power>{}, std::optional(Power::from_watts(7 * x))}) {
    const Attribution a = attribute({.energy = Energy::from_joules(123.4 * x),
                                     .duration = Seconds(9.7),
                                     .cpus = 6,
                                     .busy = Seconds(11.1 * x),
                                     .targets = {{"a", Seconds(3.3 * x)}, {"b", Seconds(1.7)}, {"c", Seconds(0)}},
                                     .idle_power = idle});
    EXPECT_NEAR(a.total().joules(), 123.4 * x, 1e-9 * (1 + 123.4 * x));
    for (const EnergyShare& share : a.targets) {
      EXPECT_LE(share.bounds.low, share.energy);
      EXPECT_GE(share.bounds.high, share.energy);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Scales, AttributionSum, testing::Values(0.0, 0.01, 0.5, 1.0, 3.0, 100.0));

TEST(Attribution, NamesWhatIsWrong) {
  AttributionInput in = job(20);
  in.energy = Energy::from_joules(-1);
  EXPECT_EQ(code_of(in), "meter.bad_input");
  in = job(-1);
  EXPECT_EQ(code_of(in), "meter.bad_input");
  in = job(1);
  in.cpus = 0;
  EXPECT_EQ(code_of(in), "meter.bad_input");
  in = job(1);
  in.duration = Seconds(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(code_of(in), "meter.bad_input");
  EXPECT_EQ(code_of(job(1, Power::from_watts(-3))), "meter.bad_input");
}

TEST(MachineCpuTime, IsOfAllCpusInSeconds) {
  FakeHost machine;
  machine.set_cpus(6);
  machine.set_cpu_ticks(1250, 5000);
  const auto time = read_cpu_time(machine.host());
  ASSERT_TRUE(time);
  EXPECT_DOUBLE_EQ(time->busy.count(), 1250.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(time->cpus, 6);
}

TEST(MachineCpuTime, NamesTheFileThatCannotBeRead) {
  FakeHost machine;
  machine.set_cpus(6);
  const auto stat = machine.root() / "proc/stat";
  std::filesystem::remove(stat);
  EXPECT_EQ(read_cpu_time(machine.host()).issue().code, "absent");
  EXPECT_EQ(read_cpu_time(machine.host()).issue().subject, stat.string());
  std::ofstream(stat) << "cpu words\n";
  EXPECT_EQ(read_cpu_time(machine.host()).issue().code, "parse");
}

}  // namespace
