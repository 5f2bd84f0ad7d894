// SPDX-License-Identifier: MIT
#include <co2lib/intensity.hpp>

#include <atomic>
#include <cmath>
#include <random>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;

namespace {

const UtcTime start = parse_time("2024-03-01T00:00:00Z");

CarbonIntensity g(double x) { return CarbonIntensity::from_g_per_kwh(x); }

Trace hourly(const std::vector<std::optional<double>>& values, Record attributes = {}) {
  std::vector<std::optional<CarbonIntensity>> given;
  for (const auto& x : values) given.push_back(x ? std::optional(g(*x)) : std::nullopt);
  return Trace::regular(start, 1h, given, std::move(attributes));
}

Trace random_trace(std::mt19937_64& random, std::size_t hours) {
  std::uniform_real_distribution<double> value(0, 1000);
  std::vector<std::optional<double>> values(hours);
  for (auto& x : values) x = value(random);
  return hourly(values);
}

template <class F>
std::string code_of(F&& run) {
  try {
    static_cast<void>(run());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

class Laws : public testing::TestWithParam<std::tuple<int, Mode>> {
 protected:
  std::mt19937_64 random{static_cast<std::uint64_t>(std::get<0>(GetParam()))};
  PriceOptions options{.mode = std::get<1>(GetParam())};
};

}  // namespace

TEST_P(Laws, CuttingASampleChangesNothing) {
  const Trace trace = random_trace(random, 48);
  std::uniform_int_distribution<std::int64_t> at(0, 48 * 3600);
  std::vector<std::int64_t> edges{at(random), at(random)};
  if (edges[0] == edges[1]) ++edges[1];
  std::sort(edges.begin(), edges.end());
  const std::int64_t a = edges[0];
  const std::int64_t b = edges[1];
  const std::vector<EnergySample> whole{{start + a * 1s, start + b * 1s, Energy::from_kwh(7)}};
  for (int i = 0; i < 50; ++i) {
    const std::int64_t cut = at(random);
    if (a < cut && cut < b) edges.push_back(cut);
  }
  std::sort(edges.begin(), edges.end());
  std::vector<EnergySample> parts;
  for (std::size_t i = 1; i < edges.size(); ++i) {
    const double share = static_cast<double>(edges[i] - edges[i - 1]) / static_cast<double>(b - a);
    parts.push_back({start + edges[i - 1] * 1s, start + edges[i] * 1s, Energy::from_kwh(7) * share});
  }
  const double expected = price(whole, trace, options).mass.grams();
  EXPECT_NEAR(price(parts, trace, options).mass.grams(), expected, 1e-12 * expected);
}

TEST_P(Laws, AdjacentWindowsAddUp) {
  const Trace trace = random_trace(random, 30);
  std::uniform_int_distribution<std::int64_t> at(0, 30 * 3600);
  std::array<std::int64_t, 3> edge{at(random), at(random), at(random)};
  std::sort(edge.begin(), edge.end());
  const auto grams = [&](std::int64_t p, std::int64_t q) {
    const std::vector<EnergySample> sample{{start + p * 1s, start + q * 1s, Power::from_watts(900) * Seconds(q - p)}};
    return p < q ? price(sample, trace, options).mass.grams() : 0.0;
  };
  const double all = grams(edge[0], edge[2]);
  EXPECT_NEAR(grams(edge[0], edge[1]) + grams(edge[1], edge[2]), all, 1e-12 * all);
}

TEST_P(Laws, GramsAreLinearInTheSeriesAndInTheEnergy) {
  const Trace trace = random_trace(random, 30);
  std::vector<EnergySample> samples;
  std::vector<EnergySample> doubled;
  for (int i = 0; i < 100; ++i) {
    samples.push_back({start + i * 17min, start + (i + 1) * 17min, Energy::from_kwh(0.01 * (i % 7))});
    doubled.push_back(samples.back());
    doubled.back().energy *= 2;
  }
  const Priced once = price(samples, trace, options);
  // A power of two scales without rounding, so the bits must agree.
  EXPECT_EQ(price(samples, trace.scaled(4), options).mass.grams(), 4 * once.mass.grams());
  EXPECT_EQ(price(doubled, trace, options).mass.grams(), 2 * once.mass.grams());
  EXPECT_NEAR(price(samples, trace.scaled(0.3), options).mass.grams(), 0.3 * once.mass.grams(),
              1e-12 * once.mass.grams());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Laws,
                         testing::Combine(testing::Range(0, 40), testing::Values(Mode::step, Mode::linear)));

TEST(Price, SpreadsEnergyEvenlyInsideASample) {
  const Trace trace = hourly({100, 200, 400});
  const std::vector<EnergySample> samples{{start + 30min, start + 150min, Energy::from_kwh(4)}};
  const Priced p = price(samples, trace);
  EXPECT_DOUBLE_EQ(p.mass.grams(), 1 * 100 + 2 * 200 + 1 * 400);
  EXPECT_EQ(p.energy, Energy::from_kwh(4));
  EXPECT_DOUBLE_EQ(p.mean->g_per_kwh(), 225);
  EXPECT_EQ(p.hours, 2);
  EXPECT_EQ(p.coverage, 1);
  ASSERT_EQ(p.origins.size(), 1U);
  EXPECT_EQ(p.origins[0].origin, "trace");
}

TEST(Price, OverlappingSamplesAreBothPricedAndTheirTimeCountsOnce) {
  const Trace trace = hourly({100, std::nullopt, 400});
  const std::vector<EnergySample> samples{{start, start + 3h, Energy::from_kwh(3)},
                                          {start + 1h, start + 2h, Energy::from_kwh(1)},
                                          {start + 2h, start + 3h, Energy::from_kwh(1)}};
  const Priced p = price(samples, trace, {.gap = Gap::hold});
  EXPECT_DOUBLE_EQ(p.mass.grams(), 100 + 100 + 400 + 100 + 400);
  EXPECT_EQ(p.hours, 3);
  EXPECT_EQ(p.filled_hours, 1);
  EXPECT_DOUBLE_EQ(p.coverage, 1 - 1.0 / 3);
  ASSERT_EQ(p.origins.size(), 2U);
  EXPECT_DOUBLE_EQ((p.origins[0].mass + p.origins[1].mass).grams(), p.mass.grams());
  EXPECT_DOUBLE_EQ((p.origins[0].energy + p.origins[1].energy).kwh(), 5);
}

TEST(Price, LinearModeNeedsTheClosingKnot) {
  const std::vector<EnergySample> samples{{start, start + 90min, Energy::from_kwh(1.5)}};
  EXPECT_DOUBLE_EQ(price(samples, hourly({0, 100, 200}), {.mode = Mode::linear}).mass.grams(), 50 + 62.5);
  EXPECT_DOUBLE_EQ(price(samples, hourly({0, 100}), {.mode = Mode::linear}).mass.grams(), 50 + 50);
  EXPECT_EQ(code_of([&] {
              return price(samples, hourly({0, 100, std::nullopt}), {.mode = Mode::linear});
            }),
            "intensity.gap");
}

TEST(Price, ASampleWithoutLengthHasTheValueInForce) {
  const Trace trace = hourly({0, 100, 200});
  const std::vector<EnergySample> at_half{{start + 90min, start + 90min, Energy::from_kwh(2)}};
  EXPECT_DOUBLE_EQ(price(at_half, trace).mass.grams(), 200);
  EXPECT_DOUBLE_EQ(price(at_half, trace, {.mode = Mode::linear}).mass.grams(), 300);
  const std::vector<EnergySample> idle{{start, start + 2h, Energy{}}};
  EXPECT_DOUBLE_EQ(price(idle, trace).mean->g_per_kwh(), 50);
  EXPECT_EQ(price(idle, trace).mass.grams(), 0);
}

TEST(Price, HoldIsBoundedAndCannotLead) {
  std::vector<std::optional<double>> values(9, std::nullopt);
  values[0] = 100;
  values[8] = 300;
  const auto until = [&](int h) { return std::vector<EnergySample>{{start, start + h * 1h, Energy::from_kwh(1)}}; };
  EXPECT_EQ(price(until(7), hourly(values), {.gap = Gap::hold}).filled_hours, 6);
  EXPECT_EQ(code_of([&] { return price(until(8), hourly(values), {.gap = Gap::hold}); }), "intensity.gap");
  EXPECT_EQ(price(until(8), hourly(values), {.gap = Gap::hold, .max_hold = 7h}).filled_hours, 7);
  // A window that begins inside the gap sees the value before it.
  const std::vector<EnergySample> inside{{start + 2h, start + 3h, Energy::from_kwh(1)}};
  EXPECT_EQ(price(inside, hourly(values), {.gap = Gap::hold}).mass.grams(), 100);
  values[0].reset();
  EXPECT_EQ(code_of([&] { return price(inside, hourly(values), {.gap = Gap::hold}); }), "intensity.gap");
}

TEST(Price, InterpolationGoesByIntervalNumber) {
  const Trace trace = hourly({100, std::nullopt, std::nullopt, 250, std::nullopt});
  const std::vector<EnergySample> second{{start + 2h, start + 3h, Energy::from_kwh(1)}};
  EXPECT_DOUBLE_EQ(price(second, trace, {.gap = Gap::interpolate}).mass.grams(), 200);
  const std::vector<EnergySample> last{{start + 4h, start + 5h, Energy::from_kwh(1)}};
  EXPECT_EQ(code_of([&] { return price(last, trace, {.gap = Gap::interpolate}); }), "intensity.gap");
}

TEST(Price, ClimatologyNeedsThreeDays) {
  std::vector<std::optional<double>> values(4 * 24, 100);
  values[80].reset();
  values[8] = 160;
  const std::vector<EnergySample> samples{{start + 80h, start + 81h, Energy::from_kwh(1)}};
  const Priced p = price(samples, hourly(values), {.gap = Gap::climatology});
  EXPECT_DOUBLE_EQ(p.mass.grams(), 120);
  EXPECT_TRUE(has_issue(p.issues, "filled_climatology"));
  EXPECT_EQ(p.origins[0].origin, "climatology");
  values[8].reset();
  EXPECT_EQ(code_of([&] { return price(samples, hourly(values), {.gap = Gap::climatology}); }), "intensity.gap");
}

TEST(Price, ASourceAnswersLikeItsTrace) {
  const Trace trace = hourly({100, std::nullopt, 300, 400});
  const auto source = make_source(trace);
  const std::vector<EnergySample> samples{{start + 70min, start + 3h, Energy::from_kwh(1)}};
  for (const Gap gap : {Gap::hold, Gap::interpolate}) {
    for (const Mode mode : {Mode::step, Mode::linear}) {
      EXPECT_EQ(price(samples, *source, {.gap = gap, .mode = mode}), price(samples, trace, {.gap = gap, .mode = mode}));
    }
  }
  EXPECT_EQ(code_of([&] { return price(samples, *source); }), "intensity.gap");
}

TEST(Price, AFunctionIsASource) {
  std::atomic<int> calls = 0;
  const auto source = make_source(
      [&](UtcTime t) {
        ++calls;
        return g(t < start + 1h ? 100 : 300);
      },
      {.name = "ours", .resolution = 1h, .error = RelativeError{-0.1, 0.1}});
  const std::vector<EnergySample> samples{{start + 30min, start + 90min, Energy::from_kwh(1)}};
  const Priced p = price(samples, *source);
  EXPECT_DOUBLE_EQ(p.mass.grams(), 200);
  EXPECT_EQ(p.error, (RelativeError{-0.1, 0.1}));
  EXPECT_EQ(p.sources[0].id, "ours");
  EXPECT_EQ(calls, 2);
  EXPECT_DOUBLE_EQ(price(samples, *source, {.mode = Mode::linear}).mass.grams(), 0.5 * 250 + 0.5 * 300);
  const auto bad = make_source([](UtcTime) { return g(-1); });
  EXPECT_EQ(code_of([&] { return price(samples, *bad); }), "intensity.bad_value");
}

TEST(Price, SourcesAreSafeFromSeveralThreads) {
  const auto source = location_source("FRA");
  const std::vector<EnergySample> samples{{start, start + 1h, Energy::from_kwh(1)}};
  const double expected = price(samples, *source).mass.grams();
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 200; ++k) wrong += price(samples, *source).mass.grams() != expected;
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Price, RefusesAFixedValueThatIsNone) {
  EXPECT_EQ(code_of([] { return make_source(g(-1)); }), "intensity.bad_value");
  EXPECT_EQ(code_of([] { return make_source(g(NAN)); }), "intensity.bad_value");
  EXPECT_EQ(make_source(g(0))->at(start).value, g(0));
}

TEST(Price, RepricingKeepsTheEnergyBitForBit) {
  std::mt19937_64 random(7);
  const Trace stored = random_trace(random, 50);
  const Trace other = random_trace(random, 50);
  std::vector<EnergySample> samples;
  for (int i = 0; i < 150; ++i) {
    samples.push_back({start + i * 19min, start + (i + 1) * 19min, Energy::from_kwh(0.1 + 0.013 * i)});
  }
  const Repriced same = reprice(samples, stored, stored);
  EXPECT_EQ(same.difference().grams(), 0);
  const Repriced changed = reprice(samples, stored, other);
  EXPECT_EQ(changed.before.energy.joules(), changed.after.energy.joules());
  EXPECT_EQ(changed.before.mass, same.after.mass);
  EXPECT_NE(changed.difference().grams(), 0);
  EXPECT_EQ(reprice(samples, stored, *make_source(g(100))).after.mass.grams(),
            price(samples, *make_source(g(100))).mass.grams());
}

TEST(Price, NeverMixesSignalsOrScopes) {
  const std::vector<EnergySample> samples{{start, start + 1h, Energy::from_kwh(1)}};
  Record marginal;
  marginal.signal = Signal::marginal;
  const Priced a = price(samples, hourly({100}));
  const Priced b = price(samples, hourly({500}, marginal));
  EXPECT_EQ(code_of([&] { return combine(std::vector{a, b}); }), "intensity.mixed_signals");
  const Priced sum = combine(std::vector{a, a});
  EXPECT_EQ(sum.mass.grams(), 200);
  EXPECT_EQ(sum.energy.kwh(), 2);
  EXPECT_EQ(sum.mean->g_per_kwh(), 100);
  ASSERT_EQ(sum.origins.size(), 1U);
  EXPECT_EQ(sum.origins[0].mass.grams(), 200);
}

TEST(Price, RefusesTimesBeyondReason) {
  const std::vector<EnergySample> samples{{parse_time("1701-01-01T00:00Z"), parse_time("2199-01-01T00:00Z"), Energy{}}};
  EXPECT_EQ(code_of([&] { return price(samples, *world_average()); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return price(samples, Trace()); }), "intensity.bad_time");
}
