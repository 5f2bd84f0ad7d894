// SPDX-License-Identifier: MIT
// Laws of the power engine.
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/meter/power.hpp>

#include "simulated.hpp"

namespace co2lib::meter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PowerLaws : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, PowerLaws, ::testing::Range(1U, 31U));

TEST_P(PowerLaws, PowerSplitsAndHoldsItsBounds) {
  std::mt19937_64 random(GetParam());
  std::uniform_real_distribution<double> watts(0, 1000);
  std::vector<PowerSample> samples;
  MonotonicTime t{};
  for (int i = 0; i < 200; ++i) {
    const double w = watts(random);
    samples.push_back({t, random() % 10 == 0 ? std::nullopt : std::optional(Watts{w})});
    t += milliseconds(1 + random() % 15'000);
  }
  MeterInfo info{.id = "gpu"};
  info.kind = Kind::power;
  info.p_max_w = 1000;
  const Trace trace = integrate_power(info, samples);
  const MonotonicTime middle = trace.window.begin + (trace.window.end - trace.window.begin) / 3;
  const WindowEnergy whole = trace.record().window;
  const WindowEnergy a = trace.record(TimeWindow{trace.window.begin, middle}).window;
  const WindowEnergy b = trace.record(TimeWindow{middle, trace.window.end}).window;
  EXPECT_NEAR(a.measured_j + b.measured_j, whole.measured_j, 1e-9 * whole.measured_j);
  EXPECT_LE(whole.low_j, *whole.energy_j);
  EXPECT_GE(whole.high_j, *whole.energy_j);
}

TEST(PowerEngine, MeanSincePreviousIsARectangleWithItsInterval) {
  MeterInfo info{.id = "model.cpu_load"};
  info.kind = Kind::power;
  info.provider = "model.cpu_load";
  info.modelled = true;
  const auto mean = [](double w) { return Watts{w, w / 2, w * 2, true}; };
  const Record r =
      integrate_power(info,
                      std::vector<PowerSample>{{seconds(0), mean(99)}, {seconds(1), mean(10)}, {seconds(31), mean(20)}})
          .record();
  EXPECT_EQ(r.window.measured_j, 10 + 20 * 30.0);
  EXPECT_EQ(r.window.low_j, r.window.measured_j);
  EXPECT_EQ(r.window.interval_low_j, r.window.measured_j / 2);
  EXPECT_EQ(r.window.interval_high_j, r.window.measured_j * 2);
  EXPECT_EQ(r.method, Method::model);
}

TEST(PowerEngine, LongDistanceIsAGapFilledByTheMean) {
  MeterInfo info{.id = "gpu"};
  info.kind = Kind::power;
  info.p_max_w = 300;
  const Record r = integrate_power(info, std::vector<PowerSample>{{seconds(0), Watts{100}},
                                                                  {seconds(10), Watts{100}},
                                                                  {seconds(30), Watts{100}},
                                                                  {seconds(40), Watts{100}}})
                       .record();
  EXPECT_DOUBLE_EQ(r.window.measured_j, 2000);
  EXPECT_DOUBLE_EQ(*r.window.estimated_j, 2000);
  EXPECT_DOUBLE_EQ(r.window.high_j, 2000 + 300 * 20);
  EXPECT_DOUBLE_EQ(*r.window.coverage(), 0.5);
  EXPECT_TRUE(has_issue(r.issues, "gap"));
}

TEST(PowerEngine, ImpossibleReadingsAreGlitches) {
  MeterInfo info{.id = "gpu"};
  info.kind = Kind::power;
  info.p_max_w = 300;
  const Record r = integrate_power(info, std::vector<PowerSample>{{seconds(0), Watts{100}},
                                                                  {seconds(1), Watts{-1}},
                                                                  {seconds(2), Watts{1e9}},
                                                                  {seconds(3), Watts{std::nan("")}},
                                                                  {seconds(4), Watts{100}}})
                       .record();
  EXPECT_EQ(r.events.glitches, 3);
  EXPECT_DOUBLE_EQ(*r.window.energy_j, 400);
}

TEST(PowerEngine, AStraightLineIsATrapezoid) {
  MeterInfo info{.id = "gpu"};
  info.kind = Kind::power;
  info.p_max_w = 300;
  const Record r =
      integrate_power(info, std::vector<PowerSample>{{seconds(0), Watts{100}}, {seconds(4), Watts{200}}}).record();
  EXPECT_DOUBLE_EQ(*r.window.energy_j, 600);
  EXPECT_EQ(r.method, Method::integral);
}

}  // namespace
}  // namespace co2lib::meter
