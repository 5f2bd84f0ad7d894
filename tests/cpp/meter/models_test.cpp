// SPDX-License-Identifier: MIT
#include <co2lib/meter/models.hpp>
#include <co2lib/meter/powercap_unit.hpp>

#include <limits>

#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::meter;

namespace {

void expect_watts(const Watts& w, double value, double low, double high) {
  EXPECT_NEAR(w.value, value, 1e-9);
  EXPECT_NEAR(w.low, low, 1e-9);
  EXPECT_NEAR(w.high, high, 1e-9);
}

TEST(CpuModel, FollowsTheFormulas) {
  expect_watts(cpu_load_power(0.25, {.tdp_w = 100}), 40, 22.75, 71.5);
  expect_watts(cpu_load_power(0.5, {.cpus = 8}), 18, 7.92, 46.4);
  expect_watts(cpu_constant_power({.tdp_w = 85}), 51, 5.95, 110.5);
  expect_watts(cpu_constant_power({.cpus = 2}), 4.5, 0.88, 17.2);
}

TEST(CpuModel, ClipsTheUtilisation) {
  EXPECT_EQ(cpu_load_power(1.7, {.tdp_w = 100}).value, cpu_load_power(1, {.tdp_w = 100}).value);
  EXPECT_EQ(cpu_load_power(-1, {.tdp_w = 100}).value, cpu_load_power(0, {.tdp_w = 100}).value);
}

TEST(CpuModel, TheValueIsInsideItsInterval) {
  for (int i = 0; i <= 20; ++i) {
    for (const CpuSize& cpu : {CpuSize{.tdp_w = 65}, CpuSize{.cpus = 16}}) {
      const Watts w = cpu_load_power(i / 20.0, cpu);
      EXPECT_LT(w.low, w.value);
      EXPECT_LT(w.value, w.high);
    }
  }
}

TEST(CpuModel, RefusesWhatItCannotUse) {
  EXPECT_THROW((void)cpu_load_power(0.5, {}), Error);
  EXPECT_THROW((void)cpu_load_power(0.5, {.cpus = 0}), Error);
  EXPECT_THROW((void)cpu_load_power(0.5, {.tdp_w = -1}), Error);
  EXPECT_THROW((void)cpu_load_power(std::numeric_limits<double>::quiet_NaN(), {.tdp_w = 100}), Error);
  EXPECT_THROW((void)cpu_constant_power({}), Error);
}

TEST(RamModel, InterpolatesAndContinues) {
  expect_watts(ram_power(0), 0, 0, 0);
  expect_watts(ram_power(16), 16.0 / 3, 6.4 / 3, 25.6 / 3);
  expect_watts(ram_power(251.5), 39.6484375, 15.859375, 94.3125);
  expect_watts(ram_power(8192), 800.0 / 3, 320.0 / 3, 3072);
}

TEST(RamModel, IsMonotone) {
  for (double gib = 0.5; gib < 10000; gib *= 1.07) EXPECT_LT(ram_power(gib).value, ram_power(gib * 1.07).value);
}

TEST(RamModel, RefusesANegativeSize) {
  EXPECT_THROW((void)ram_power(-1), Error);
  EXPECT_THROW((void)ram_power(std::numeric_limits<double>::infinity()), Error);
}

TEST(PowercapUnit, RecoversWhatTheKernelHolds) {
  const auto intel = recover_powercap_unit(262143328850);
  ASSERT_TRUE(intel);
  EXPECT_EQ(intel->unit_nj, 61035);
  EXPECT_EQ(intel->exact_unit, (CounterUnit{1, 16384}));
  EXPECT_DOUBLE_EQ(*intel->truncation_ppm, 2.56);
  const auto atom = recover_powercap_unit(274877906880);
  ASSERT_TRUE(atom);
  EXPECT_EQ(atom->unit_nj, 64000);
  EXPECT_EQ(atom->exact_unit, (CounterUnit{64, 1000000}));
  const auto server_dram = recover_powercap_unit(65712999613);
  ASSERT_TRUE(server_dram);
  EXPECT_EQ(server_dram->unit_nj, 15300);
  EXPECT_FALSE(server_dram->exact_unit);
  EXPECT_FALSE(server_dram->truncation_ppm);
}

TEST(PowercapUnit, RecoversNothingFromARangeThatNoUnitGives) {
  for (const std::uint64_t range :
       {std::uint64_t{0}, std::uint64_t{262143328851}, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_FALSE(recover_powercap_unit(range)) << range;
  }
}

TEST(PowercapUnit, RawCountsSurviveTheKernelsRounding) {
  for (const std::int64_t unit : {61035, 15258, 15300, 1000000000}) {
    for (const std::uint64_t raw :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{77777}, std::uint64_t{0xFFFFFFFF}}) {
      const std::uint64_t shown = raw * static_cast<std::uint64_t>(unit) / 1000;
      EXPECT_EQ(powercap_raw_count(shown, unit), raw) << unit;
    }
  }
}

TEST(PowercapUnit, NoRawCountBeyondTheRegister) {
  EXPECT_FALSE(powercap_raw_count(262143328851, 61035));
  EXPECT_FALSE(powercap_raw_count(std::numeric_limits<std::uint64_t>::max(), 61035));
  EXPECT_FALSE(powercap_raw_count(5, 0));
}

}  // namespace
