// SPDX-License-Identifier: MIT
// Laws of the curve: any window of it, whatever is merged or forgotten.
#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/meter/curve.hpp>

#include "simulated.hpp"

namespace co2lib::meter {
namespace {

using std::chrono::seconds;

class CurveLaws : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, CurveLaws, ::testing::Range(1U, 31U));

TEST_P(CurveLaws, SplittingTheWindowKeepsTheSum) {
  const Simulated s = simulate(GetParam(), 60);
  const Trace trace = integrate_counter(package(), s.samples);
  std::mt19937_64 random(GetParam());
  const auto length = static_cast<std::uint64_t>((trace.window.end - trace.window.begin).count());
  std::vector<MonotonicTime> cuts{trace.window.begin, trace.window.end};
  for (int i = 0; i < 20; ++i) cuts.push_back(trace.window.begin + MonotonicTime(random() % length));
  std::sort(cuts.begin(), cuts.end());
  double sum = 0;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const WindowEnergy w = trace.record(TimeWindow{cuts[i], cuts[i + 1]}).window;
    sum += w.measured_j;
    EXPECT_LE(w.low_j, w.measured_j + 1e-9);
    EXPECT_GE(w.high_j, w.measured_j - 1e-9);
  }
  EXPECT_NEAR(sum, trace.record().window.measured_j, 1e-9 * sum);
}

TEST(Curve, ReversedWindowIsRefused) {
  const Trace trace = integrate_counter(package(), std::vector<CounterSample>{{seconds(0), 0}, {seconds(1), 1}});
  try {
    (void)trace.record(TimeWindow{seconds(1), seconds(0)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "meter.bad_window");
  }
}

TEST_P(CurveLaws, MergingStepsChangesNoWindowThatIsNeeded) {
  const Trace trace = integrate_counter(package(), simulate(GetParam(), 60).samples);
  Curve merged = trace.curve;
  const std::vector<Segment>& segments = trace.curve.segments();
  const MonotonicTime edge = segments[segments.size() / 2].begin;
  merged.merge_between({edge});
  EXPECT_LT(merged.segments().size(), segments.size());
  for (const auto& [begin, end] :
       {std::pair(trace.window.begin, trace.window.end), {trace.window.begin, edge}, {edge, trace.window.end}}) {
    EXPECT_NEAR(merged.over(begin, end).measured_j, trace.curve.over(begin, end).measured_j, 1e-9);
    EXPECT_EQ(merged.over(begin, end).covered_s, trace.curve.over(begin, end).covered_s);
  }
}

TEST_P(CurveLaws, ForgettingThePastLeavesTheRestAsItWas) {
  const Trace trace = integrate_counter(package(), simulate(GetParam(), 60).samples);
  const MonotonicTime edge = trace.curve.segments()[20].end;
  Curve rest = trace.curve;
  rest.forget_before(edge);
  EXPECT_EQ(rest.segments().front().begin, edge);
  EXPECT_EQ(rest.over(edge, trace.window.end).energy_j, trace.curve.over(edge, trace.window.end).energy_j);
}

TEST_P(CurveLaws, BoundsAndIntervalHoldTheValue) {
  MeterInfo info = package();
  info.accuracy = 0.05;
  const Simulated s = simulate(GetParam(), 40);
  const Trace trace = integrate_counter(info, s.samples);
  const auto length = static_cast<std::uint64_t>((trace.window.end - trace.window.begin).count());
  std::mt19937_64 random(GetParam());
  for (int i = 0; i < 20; ++i) {
    MonotonicTime begin = trace.window.begin + MonotonicTime(random() % length);
    MonotonicTime end = trace.window.begin + MonotonicTime(random() % length);
    if (end < begin) std::swap(begin, end);
    const WindowEnergy w = trace.curve.over(begin, end);
    ASSERT_TRUE(w.energy_j);
    EXPECT_LE(w.low_j, *w.energy_j + 1e-9);
    EXPECT_GE(w.high_j, *w.energy_j - 1e-9);
    EXPECT_LE(w.interval_low_j, w.low_j);
    EXPECT_GE(w.interval_high_j, w.high_j);
  }
}

TEST(Curve, TimeOutsideOfItIsAGap) {
  Curve curve(package());
  curve.append({.begin = seconds(10), .end = seconds(20), .counts = 500'000'000});
  const WindowEnergy w = curve.over(seconds(0), seconds(20));
  EXPECT_EQ(w.covered_s, 10);
  EXPECT_EQ(w.coverage(), 0.5);
  EXPECT_EQ(w.measured_j, 500);
  EXPECT_EQ(w.low_j, 500);
  EXPECT_EQ(w.high_j, 500 + 1000 * 10.0) << "the gap may hold what the ceiling allows";
  EXPECT_FALSE(curve.over(seconds(0), seconds(5)).energy_j) << "nothing of this window is covered";
}

TEST(Curve, AGapThatRetractsTakesThePlaceOfStepsWithoutEnergy) {
  Curve curve(package());
  curve.append({.begin = seconds(0), .end = seconds(10), .counts = 1'000'000});
  curve.append({.begin = seconds(10), .end = seconds(20)});
  curve.append({.begin = seconds(10), .end = seconds(30), .shape = Segment::Shape::gap, .retracts = true});
  ASSERT_EQ(curve.segments().size(), 2U);
  EXPECT_EQ(curve.segments().back().begin, seconds(10));
  EXPECT_EQ(curve.over(seconds(0), seconds(30)).covered_s, 10);
}

}  // namespace
}  // namespace co2lib::meter
