// SPDX-License-Identifier: MIT
// Laws of the counter engine, on simulated counters with failures, glitches and wraps.
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/meter/counter.hpp>

#include "simulated.hpp"

namespace co2lib::meter {
namespace {

using std::chrono::seconds;

class CounterLaws : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, CounterLaws, ::testing::Range(1U, 31U));

TEST_P(CounterLaws, SoundTraceIsMeasuredExactly) {
  const Simulated s = simulate(GetParam(), 300);
  const Record r = integrate_counter(package(), s.samples).record();
  EXPECT_DOUBLE_EQ(r.window.measured_j, s.truth_j.back());
  EXPECT_EQ(r.window.energy_j, r.window.measured_j);
  EXPECT_EQ(r.window.coverage(), 1.0);
  EXPECT_TRUE(r.issues.empty()) << to_string(r.issues.front());
}

TEST_P(CounterLaws, FailedReadsChangeOnlyTheirCount) {
  Simulated s = simulate(GetParam(), 100);
  const Record before = integrate_counter(package(), s.samples).record();
  std::mt19937 random(GetParam());
  std::vector<CounterSample> with_failures;
  std::int64_t failures = 0;
  for (std::size_t i = 0; i < s.samples.size(); ++i) {
    with_failures.push_back(s.samples[i]);
    if (i + 1 < s.samples.size() && random() % 3 == 0) {
      with_failures.push_back({s.samples[i].time + (s.samples[i + 1].time - s.samples[i].time) / 2, std::nullopt});
      ++failures;
    }
  }
  const Record after = integrate_counter(package(), with_failures).record();
  EXPECT_EQ(after.window.measured_j, before.window.measured_j);
  EXPECT_EQ(after.window.energy_j, before.window.energy_j);
  EXPECT_EQ(after.window.low_j, before.window.low_j);
  EXPECT_EQ(after.window.high_j, before.window.high_j);
  EXPECT_EQ(after.window.coverage(), before.window.coverage());
  EXPECT_EQ(after.events.missed_reads, failures);
  EXPECT_EQ(has_issue(after.issues, "missed_reads"), failures > 0);
}

TEST_P(CounterLaws, LosingReadsRaisesEnergyByAtMostTheGapsBound) {
  Simulated s = simulate(GetParam(), 100);
  std::mt19937 random(GetParam() + 1000);
  std::vector<CounterSample> holed = s.samples;
  for (std::size_t i = 0; i < holed.size(); ++i) {
    if (random() % 4 == 0 || i < 3) holed[i].count.reset();
  }
  const Record r = integrate_counter(package(), holed).record();
  ASSERT_TRUE(r.window.energy_j);
  const double uncovered = r.window.duration_s - r.window.covered_s;
  EXPECT_GT(uncovered, 0);
  EXPECT_LE(*r.window.energy_j, r.window.measured_j + 1000 * uncovered + 1e-6);
  EXPECT_GE(s.truth_j.back(), r.window.low_j - 1e-6);
  EXPECT_LE(s.truth_j.back(), r.window.high_j + 1e-6);
}

TEST_P(CounterLaws, SplittingTheTraceKeepsTheSum) {
  const Simulated s = simulate(GetParam(), 80);
  const double whole = integrate_counter(package(), s.samples).record().window.measured_j;
  const std::size_t cut = 1 + GetParam() % 70;
  const std::vector<CounterSample> first(s.samples.begin(), s.samples.begin() + static_cast<std::ptrdiff_t>(cut) + 1);
  const std::vector<CounterSample> second(s.samples.begin() + static_cast<std::ptrdiff_t>(cut), s.samples.end());
  const double parts = integrate_counter(package(), first).record().window.measured_j +
                       integrate_counter(package(), second).record().window.measured_j;
  EXPECT_NEAR(parts, whole, 1e-9 * whole);
}

TEST_P(CounterLaws, ScalingCountersRangeAndCeilingScalesEnergy) {
  const Simulated s = simulate(GetParam(), 50);
  MeterInfo scaled_info = package(7 * 1000.0);
  scaled_info.wrap = WrapRange::modulus(range_uj * 7);
  std::vector<CounterSample> scaled = s.samples;
  for (CounterSample& sample : scaled) sample.count = *sample.count * 7;
  const double one = *integrate_counter(package(), s.samples).record().window.energy_j;
  const double seven = *integrate_counter(scaled_info, scaled).record().window.energy_j;
  EXPECT_NEAR(seven, 7 * one, 1e-9 * seven);
}

TEST_P(CounterLaws, GlitchesAreNeverEnergy) {
  Simulated s = simulate(GetParam(), 100);
  const double truth = s.truth_j.back();
  std::mt19937 random(GetParam());
  std::int64_t glitches = 0;
  MeterInfo info = package();
  info.wrap = WrapRange::none();
  std::uint64_t turns = 0;
  std::uint64_t last = *s.samples[0].count;
  for (CounterSample& sample : s.samples) {  // the same counter in 64 bits
    if (*sample.count < last) ++turns;
    last = *sample.count;
    sample.count = last + turns * range_uj + 1'000'000'000'000;
  }
  for (std::size_t i = 2; i + 2 < s.samples.size(); i += 7) {
    s.samples[i].count = random() % 2 == 0 ? std::uint64_t{0} : *s.samples[i].count + 900'000'000'000'000ULL;
    ++glitches;
  }
  const Record r = integrate_counter(info, s.samples).record();
  EXPECT_EQ(r.events.glitches, glitches);
  EXPECT_EQ(r.events.resets, 0);
  EXPECT_NEAR(*r.window.energy_j, truth, 1e-9 * truth);
}

TEST(CounterEngine, FallAcrossSuspendIsAResetAtOnce) {
  CounterEngine engine(package());
  std::vector<Segment> segments;
  const auto sink = [&](const Segment& s) { segments.push_back(s); };
  engine.push({seconds(0), 262'143'000'000}, sink);
  engine.push({seconds(10), 671'150}, sink, true);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].shape, Segment::Shape::gap);
  EXPECT_DOUBLE_EQ(segments[0].joules, 0.67115);
  EXPECT_EQ(engine.events().resets, 1);
  EXPECT_EQ(engine.events().wraps, 0);
  EXPECT_FALSE(engine.has_suspect());
}

TEST(CounterEngine, TimeThatStandsStillIsOutOfOrder) {
  const Record r = integrate_counter(
                       package(),
                       std::vector<CounterSample>{
                           {seconds(0), 0}, {seconds(1), 5'000'000}, {seconds(1), 9'000'000}, {seconds(2), 10'000'000}})
                       .record();
  EXPECT_EQ(r.window.energy_j, 10.0);
  EXPECT_TRUE(has_issue(r.issues, "out_of_order"));
  EXPECT_EQ(r.events.missed_reads, 1);
}

TEST(CounterEngine, CountAboveTheRangeNeverWraps) {
  // A reading beyond the range that the counter states is not a base to wrap from.
  const Record r = integrate_counter(package(), std::vector<CounterSample>{{seconds(0), 0xFFFFFFFFFFFFFFFFULL},
                                                                           {seconds(1), 5'000'000},
                                                                           {seconds(2), 6'000'000}})
                       .record();
  EXPECT_EQ(r.events.wraps, 0);
  EXPECT_EQ(r.window.measured_j, 1.0);
}

TEST(CounterEngine, EmptyTraceHasNoValue) {
  const Record r = integrate_counter(package(), {}).record();
  EXPECT_FALSE(r.window.energy_j);
  EXPECT_FALSE(r.window.coverage());
  EXPECT_FALSE(r.mean_power());
}

TEST(CounterEngine, TwoReadsThatAgreeAfterAFallAreAReset) {
  const Record r = integrate_counter(package(), std::vector<CounterSample>{{seconds(0), 200'000'000'000},
                                                                           {seconds(1), 5'000'000},
                                                                           {seconds(2), 6'000'000}})
                       .record();
  EXPECT_EQ(r.events.resets, 1);
  EXPECT_EQ(r.window.measured_j, 1.0);
  EXPECT_EQ(r.window.low_j, 6.0) << "what the counter shows after the fall was used within the gap";
}

TEST(CounterEngine, ACounterThatStandsStillForTooLongHasNoEnergy) {
  const StillLimits limits{.first = seconds(10), .later = seconds(30)};
  CounterEngine engine(package(), limits);
  Curve curve(package());
  const auto sink = [&](const Segment& s) { curve.append(s); };
  for (int t = 0; t <= 40; t += 5) engine.push({seconds(t), 7'000'000}, sink);
  EXPECT_TRUE(engine.events().frozen);
  EXPECT_FALSE(curve.over(seconds(0), seconds(40)).energy_j);
}

}  // namespace
}  // namespace co2lib::meter
