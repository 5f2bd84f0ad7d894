// SPDX-License-Identifier: MIT
// What is added to what: roles, copies, mirrors, stand-ins and the total.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/meter/zones.hpp>

#include "simulated.hpp"

namespace co2lib::meter {
namespace {

using std::chrono::seconds;

class ZoneLaws : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ZoneLaws, ::testing::Range(1U, 31U));

TEST_P(ZoneLaws, PermutingUnrelatedZonesChangesNothing) {
  std::vector<CounterTrace> zones;
  for (unsigned i = 0; i < 4; ++i) {
    CounterTrace zone{package(), simulate(GetParam() * 10 + i, 20).samples};
    zone.meter.id = "intel-rapl:" + std::to_string(i);
    zone.meter.name = "package-" + std::to_string(i);
    zones.push_back(zone);
  }
  const ZoneResult before = integrate_zones(zones);
  std::reverse(zones.begin(), zones.end());
  const ZoneResult after = integrate_zones(zones);
  EXPECT_NEAR(*before.totals.total.energy_j, *after.totals.total.energy_j, 1e-9 * *before.totals.total.energy_j);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(before.records[i].window.energy_j, after.records[3 - i].window.energy_j);
  }
}

TEST(Zones, DomainsFollowNamesAndParents) {
  EXPECT_EQ(zone_domain("package-0", std::nullopt), Domain::package);
  EXPECT_EQ(zone_domain("package-12-die-3", std::nullopt), Domain::package);
  EXPECT_EQ(zone_domain("package-x", std::nullopt), Domain::other);
  EXPECT_EQ(zone_domain("core", Domain::package), Domain::core);
  EXPECT_EQ(zone_domain("dram", Domain::package), Domain::dram);
  EXPECT_EQ(zone_domain("dram", std::nullopt), Domain::dram);
  EXPECT_EQ(zone_domain("psys", std::nullopt), Domain::psys);
  EXPECT_EQ(zone_domain("dtpm-cpu", std::nullopt), Domain::other);
}

TEST(Zones, PlatformAloneIsTheTotal) {
  std::vector<MeterInfo> meters(1);
  meters[0].id = "psys";
  meters[0].domain = Domain::psys;
  WindowEnergy w;
  w.energy_j = 50;
  const auto roles = zone_roles(meters, [](std::size_t, std::size_t) { return false; });
  const Totals totals = add_up(meters, std::vector<WindowEnergy>{w}, roles);
  EXPECT_FALSE(roles[0].counted);
  EXPECT_EQ(totals.total.energy_j, 50);
  EXPECT_FALSE(totals.cpu.energy_j);
  EXPECT_TRUE(has_issue(totals.issues, "platform_only"));
}

TEST(Zones, ChildrenOfCopiesAreNotCounted) {
  std::vector<MeterInfo> meters(3);
  meters[0] = package();
  meters[1] = package();
  meters[1].id = "intel-rapl-mmio:0";
  meters[1].control = "intel-rapl-mmio";
  meters[2].id = "intel-rapl-mmio:0:0";
  meters[2].parent = meters[1].id;
  meters[2].control = "intel-rapl-mmio";
  meters[2].domain = Domain::dram;
  const auto roles = zone_roles(meters, [](std::size_t, std::size_t) { return false; });
  EXPECT_TRUE(roles[0].counted);
  EXPECT_EQ(roles[1].duplicate_of, 0U);
  EXPECT_FALSE(roles[1].counted);
  EXPECT_FALSE(roles[2].counted);
}

constexpr auto never = [](auto...) { return false; };

WindowEnergy joules(double value) {
  WindowEnergy w;
  w.energy_j = w.low_j = w.high_j = w.interval_low_j = w.interval_high_j = value;
  return w;
}

TEST(Zones, TheTotalIsTheSumOfItsParts) {
  const std::vector<MeterInfo> meters{
      {.id = "cpu", .domain = Domain::package},
      {.id = "core", .parent = "cpu", .domain = Domain::core},
      {.id = "memory", .device = Device::dram, .domain = Domain::dram},
      {.id = "gpu", .device = Device::gpu, .domain = Domain::gpu},
      {.id = "wall", .device = Device::platform, .domain = Domain::psys},
      {.id = "rail", .device = Device::board, .domain = Domain::rail},
  };
  const std::vector<WindowEnergy> windows{joules(1), joules(2), joules(4), joules(8), joules(16), joules(32)};
  const auto roles = zone_roles(meters, never);
  const Totals totals = add_up(meters, windows, roles);
  EXPECT_EQ(totals.total.energy_j, 1 + 4 + 8);
  EXPECT_EQ(totals.platform.energy_j, 16) << "it holds the others and is never added";
  for (std::size_t i = 0; i < meters.size(); ++i) EXPECT_EQ(roles[i].in_total, roles[i].counted) << meters[i].id;
}

TEST(Zones, AMeterWithoutAValueMakesTheTotalIncompleteAndIsNotZero) {
  const std::vector<MeterInfo> meters{{.id = "cpu", .domain = Domain::package},
                                      {.id = "gpu", .device = Device::gpu, .domain = Domain::gpu}};
  WindowEnergy unknown;
  unknown.high_j = 100;
  const Totals totals = add_up(meters, std::vector<WindowEnergy>{joules(5), unknown}, zone_roles(meters, never));
  EXPECT_EQ(totals.total.energy_j, 5);
  EXPECT_EQ(totals.total.high_j, 105);
  EXPECT_FALSE(totals.gpu.energy_j);
  EXPECT_TRUE(has_issue(totals.issues, "incomplete"));
}

TEST(Zones, AStandInIsCountedOnceAllThatItStandsForHaveFailed) {
  const std::vector<MeterInfo> meters{
      {.id = "a", .domain = Domain::package},
      {.id = "b", .domain = Domain::package},
      {.id = "model", .domain = Domain::model, .modelled = true, .stands_in_for = {"a", "b"}},
  };
  const auto one = zone_roles(meters, never, [](std::size_t i) { return i == 0; });
  EXPECT_TRUE(one[0].counted && one[1].counted && one[2].stands_by && !one[2].counted);
  const auto both = zone_roles(meters, never, [](std::size_t i) { return i < 2; });
  EXPECT_TRUE(both[0].replaced && both[1].replaced && both[2].counted && !both[2].stands_by);
}

TEST(Zones, TheSharesOfWhatIsReplacedAreReplacedToo) {
  const std::vector<MeterInfo> meters{
      {.id = "cpu", .domain = Domain::package},
      {.id = "cpu#own", .parent = "cpu", .domain = Domain::package, .modelled = true, .scope = "process"},
      {.id = "cpu#part", .parent = "cpu", .domain = Domain::dram},
      {.id = "model", .domain = Domain::model, .modelled = true, .stands_in_for = {"cpu"}},
  };
  ASSERT_TRUE(is_share(meters[1]) && !is_share(meters[2]));
  const auto roles = zone_roles(meters, never, [](std::size_t i) { return i == 0; });
  EXPECT_TRUE(roles[1].replaced);
  EXPECT_FALSE(roles[2].replaced) << "a part that is measured by itself still works";
  EXPECT_TRUE(roles[3].counted);
}

TEST(Zones, DiesThatGrowAlikeAreMirrors) {
  const auto test = [](std::uint64_t second_watts) {
    MirrorTest mirror;
    for (std::uint64_t t = 0; t <= 60; ++t) {
      mirror.push(seconds(t), t * 50'000'000, t * second_watts * 1'000'000, MonotonicTime::zero(), package());
    }
    return mirror.verdict();
  };
  EXPECT_EQ(test(50), MirrorTest::Verdict::mirrored);
  EXPECT_EQ(test(51), MirrorTest::Verdict::different);
}

}  // namespace
}  // namespace co2lib::meter
