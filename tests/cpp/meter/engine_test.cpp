// SPDX-License-Identifier: MIT
// Laws of the counter and power engines, on simulated counters with failures, glitches and wraps.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/meter/zones.hpp>

namespace co2lib::meter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t range_uj = 262143328850;

MeterInfo package(double p_max = 1000) {
  MeterInfo info{.id = "intel-rapl:0"};
  info.control = "intel-rapl";
  info.name = "package-0";
  info.domain = Domain::package;
  info.provider = "powercap";
  info.wrap = WrapRange::modulus(range_uj);
  info.p_max_w = p_max;
  info.slack_s = 0;
  return info;
}

struct Simulated {
  std::vector<CounterSample> samples;
  std::vector<double> truth_j;  ///< energy since the first sample, at each sample
};

/// A counter that follows random powers below the ceiling and wraps at `range_uj`.
Simulated simulate(unsigned seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> watts(0, 900);
  std::uniform_int_distribution<int> step_ms(1, 20'000);
  std::uint64_t value = random() % range_uj;
  MonotonicTime t = seconds(100);
  Simulated s;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    s.samples.push_back({t, value});
    s.truth_j.push_back(static_cast<double>(total) / 1e6);
    const int ms = step_ms(random);
    const auto uj = static_cast<std::uint64_t>(watts(random) * ms * 1e3);
    total += uj;
    value = (value + uj) % range_uj;
    t += milliseconds(ms);
  }
  return s;
}

class EngineLaws : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EngineLaws, ::testing::Range(1U, 31U));

TEST_P(EngineLaws, SoundTraceIsMeasuredExactly) {
  const Simulated s = simulate(GetParam(), 300);
  const Record r = integrate_counter(package(), s.samples).record();
  EXPECT_DOUBLE_EQ(r.window.measured_j, s.truth_j.back());
  EXPECT_EQ(r.window.energy_j, r.window.measured_j);
  EXPECT_EQ(r.window.coverage(), 1.0);
  EXPECT_TRUE(r.issues.empty()) << to_string(r.issues.front());
}

TEST_P(EngineLaws, FailedReadsChangeOnlyTheirCount) {
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

TEST_P(EngineLaws, LosingReadsRaisesEnergyByAtMostTheGapsBound) {
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

TEST_P(EngineLaws, SplittingTheWindowKeepsTheSum) {
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

TEST_P(EngineLaws, SplittingTheTraceKeepsTheSum) {
  const Simulated s = simulate(GetParam(), 80);
  const double whole = integrate_counter(package(), s.samples).record().window.measured_j;
  const std::size_t cut = 1 + GetParam() % 70;
  const std::vector<CounterSample> first(s.samples.begin(), s.samples.begin() + static_cast<std::ptrdiff_t>(cut) + 1);
  const std::vector<CounterSample> second(s.samples.begin() + static_cast<std::ptrdiff_t>(cut), s.samples.end());
  const double parts = integrate_counter(package(), first).record().window.measured_j +
                       integrate_counter(package(), second).record().window.measured_j;
  EXPECT_NEAR(parts, whole, 1e-9 * whole);
}

TEST_P(EngineLaws, ScalingCountersRangeAndCeilingScalesEnergy) {
  const Simulated s = simulate(GetParam(), 50);
  MeterInfo scaled_info = package(7 * 1000.0);
  scaled_info.wrap = WrapRange::modulus(range_uj * 7);
  std::vector<CounterSample> scaled = s.samples;
  for (CounterSample& sample : scaled) sample.count = *sample.count * 7;
  const double one = *integrate_counter(package(), s.samples).record().window.energy_j;
  const double seven = *integrate_counter(scaled_info, scaled).record().window.energy_j;
  EXPECT_NEAR(seven, 7 * one, 1e-9 * seven);
}

TEST_P(EngineLaws, GlitchesAreNeverEnergy) {
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

TEST_P(EngineLaws, PermutingUnrelatedZonesChangesNothing) {
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

TEST_P(EngineLaws, PowerSplitsAndHoldsItsBounds) {
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

TEST(CounterEngine, ReversedWindowIsRefused) {
  const Trace trace = integrate_counter(package(), std::vector<CounterSample>{{seconds(0), 0}, {seconds(1), 1}});
  try {
    (void)trace.record(TimeWindow{seconds(1), seconds(0)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "meter.bad_window");
  }
}

TEST(PowerEngine, MeanSincePreviousIsARectangleWithItsInterval) {
  MeterInfo info{.id = "model.cpu_load"};
  info.kind = Kind::power;
  info.provider = "model.cpu_load";
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

TEST(Zones, DomainsFollowNamesAndParents) {
  EXPECT_EQ(zone_domain("intel-rapl", "package-0", std::nullopt), Domain::package);
  EXPECT_EQ(zone_domain("intel-rapl", "package-12-die-3", std::nullopt), Domain::package);
  EXPECT_EQ(zone_domain("intel-rapl", "package-x", std::nullopt), Domain::other);
  EXPECT_EQ(zone_domain("intel-rapl", "core", Domain::package), Domain::core);
  EXPECT_EQ(zone_domain("intel-rapl", "dram", Domain::package), Domain::dram);
  EXPECT_EQ(zone_domain("intel-rapl", "dram", std::nullopt), Domain::dram);
  EXPECT_EQ(zone_domain("intel-rapl", "psys", std::nullopt), Domain::psys);
  EXPECT_EQ(zone_domain("nvml", "NVIDIA H200", std::nullopt), Domain::gpu);
  EXPECT_EQ(zone_domain("dtpm", "dtpm-cpu", std::nullopt), Domain::other);
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

}  // namespace
}  // namespace co2lib::meter
