// SPDX-License-Identifier: MIT
// When and where: shifting against enumeration, elastic jobs, online rules, places, switching costs.
#include <co2lib/adaptive/shift.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

#include <co2lib/adaptive/online.hpp>
#include <co2lib/adaptive/spatial.hpp>
#include <co2lib/adaptive/switching.hpp>

#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;
using namespace std::chrono_literals;

namespace {

CarbonIntensity g(double x) { return CarbonIntensity::from_g_per_kwh(x); }

/// The carbon of a stretch, minute by minute.
double by_minutes(const std::vector<double>& c, std::chrono::nanoseconds begin, std::chrono::nanoseconds length) {
  double sum = 0;
  for (auto t = begin; t < begin + length; t += 1min) sum += c[static_cast<std::size_t>(t / 1h)] / 60;
  return sum;
}

}  // namespace

TEST(AdaptiveShift, ContiguousIsTheLeastOverAllMinutes) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Draws draw(seed);
    const std::vector<double> c = series(draw, 8, 50, 500);
    const auto length = std::chrono::minutes(10 + 10 * static_cast<int>(draw.below(40)));
    const Shift s = shift(Slots(c), {.duration = length});
    double least = INFINITY;
    for (auto t = 0min; t + length <= 8h; t += 1min) least = std::min(least, by_minutes(c, t, length));
    EXPECT_NEAR(s.carbon.grams(), least, 1e-9 * least) << seed;
    EXPECT_NEAR(s.start_now.grams(), by_minutes(c, 0min, length), 1e-9 * least);
  }
}

TEST(AdaptiveShift, PausesNeverCostMoreThanWaitingAndWaitingNeverMoreThanStarting) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Draws draw(seed);
    const Slots slots(series(draw, 24, 50, 500));
    const auto duration = std::chrono::seconds(600 + 60 * static_cast<int>(draw.below(1300)));
    const Shift one = shift(slots, {.duration = duration});
    const Shift many = shift(slots, {.duration = duration, .mode = ShiftMode::interruptible});
    EXPECT_LE(many.carbon.grams(), one.carbon.grams() * (1 + 1e-12));
    EXPECT_LE(one.carbon.grams(), one.start_now.grams() * (1 + 1e-12));
    auto length = 0ns;
    for (const Stretch& r : many.runs) length += r.end - r.begin;
    EXPECT_EQ(length, duration);
  }
}

TEST(AdaptiveShift, TakesTheEarliestOfEquals) {
  EXPECT_EQ(shift(Slots(std::vector<double>{3, 1, 1, 1, 1}), {.duration = 2h}).start, 1h);
  EXPECT_EQ(shift(Slots(std::vector<double>(8760, 0.1)), {.duration = 3h}).start, 0h);
  EXPECT_EQ(shift(Slots(std::vector<double>{5, 3, 3, 3, 9}), {.duration = 2h, .mode = ShiftMode::interruptible}).slots,
            (std::vector<std::size_t>{1, 2}));
}

TEST(AdaptiveShift, KeepsToAWindowInsideATrace) {
  const UtcTime start = intensity::parse_time("2026-05-01T00:00:00Z");
  std::vector<std::optional<CarbonIntensity>> values;
  for (const double x : {100, 50, 10, 80, 20, 5}) values.emplace_back(g(x));
  const Slots slots(intensity::Trace::regular(start, 1h, values));
  const Shift s = shift(slots, {.duration = 1h, .earliest = start + 30min, .deadline = start + 5h});
  EXPECT_EQ(s.start_time, start + 2h);
  EXPECT_EQ(s.start, 90min);
  EXPECT_DOUBLE_EQ(s.start_now.grams(), 75);
  EXPECT_DOUBLE_EQ(s.saved.grams(), 65);
  const auto late = refused([&] { (void)shift(slots, {.duration = 1h, .deadline = start + 7h}); });
  EXPECT_EQ(late.code, "adaptive.bad_input");
  const auto too_long = refused([&] { (void)shift(slots, {.duration = 3h, .earliest = start + 4h}); });
  EXPECT_EQ(too_long.code, "adaptive.infeasible");
  EXPECT_DOUBLE_EQ(too_long.detail("max_work"), 2);
}

TEST(AdaptiveShift, AProfileIsPlacedWhereItsSumIsLeast) {
  const Slots slots(std::vector<double>{100, 300, 90, 10, 200});
  const Shift s = shift(slots, {.profile = {Power::from_kilowatts(1), Power::from_kilowatts(5)}});
  EXPECT_EQ(s.start, 2h);
  EXPECT_DOUBLE_EQ(s.carbon.grams(), 90 + 50);
}

TEST(AdaptiveShift, RefusesBadJobs) {
  const Slots slots(std::vector<double>{1, 2});
  EXPECT_EQ(refused([&] { (void)shift(slots, {.duration = 0h}); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)shift(slots, {.power = Power::from_watts(-1)}); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)shift(slots, {.earliest = UtcTime()}); }).code, "adaptive.bad_input");
}

TEST(AdaptiveElastic, IsNotBeatenByAnyWholeLevels) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Draws draw(seed);
    const std::vector<double> c = series(draw, 4, 50, 500);
    std::vector<Level> levels;
    for (int j = 0; j < 3; ++j) levels.push_back({Power::from_kilowatts(draw(0.5, 4)), draw(1, 20)});
    double best = 0;
    for (const Level& l : levels) best = std::max(best, l.throughput_per_h);
    const double work = draw(0.1, 4 * best);
    const Elastic e = elastic(Slots(c), levels, work);
    for (int code = 0; code < 256; ++code) {
      double carbon = 0;
      double done = 0;
      for (int t = 0; t < 4; ++t) {
        const int level = code >> (2 * t) & 3;
        if (level == 0) continue;
        carbon += c[static_cast<std::size_t>(t)] * levels[static_cast<std::size_t>(level - 1)].power.kilowatts();
        done += levels[static_cast<std::size_t>(level - 1)].throughput_per_h;
      }
      if (done >= work) {
        EXPECT_LE(e.carbon.grams(), carbon * (1 + 1e-9)) << seed;
      }
    }
  }
}

TEST(AdaptiveOnline, RecedeWithAPerfectForecastIsTheOracle) {
  // A series that repeats each day is forecast without error.
  std::vector<double> day(24);
  for (std::size_t t = 0; t < 24; ++t) day[t] = 100 + 37 * static_cast<double>((t * 11) % 24);
  std::vector<double> c;
  for (int d = 0; d < 20; ++d) c.insert(c.end(), day.begin(), day.end());
  for (const std::size_t s : {200U, 211U, 300U}) {
    const ShiftJob job{5, 24};
    const auto oracle = shift_online(ShiftRule::oracle_interruptible, c, s, job);
    EXPECT_EQ(shift_online(ShiftRule::recede, c, s, job).hours, oracle.hours);
    EXPECT_EQ(shift_online(ShiftRule::yesterday, c, s, job).hours, oracle.hours);
    for (const ShiftRule rule : all<ShiftRule>()) {
      EXPECT_EQ(shift_online(rule, c, s, job).hours.size(), 5U) << text(rule);
    }
  }
  const std::vector<double> flat(400, 100.0);
  EXPECT_TRUE(shift_online(ShiftRule::k_search, flat, 200, {3, 24}).no_thresholds);
  EXPECT_EQ(refused([&] { (void)shift_online(ShiftRule::recede, flat, 100, {3, 24}); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)shift_online(ShiftRule::recede, flat, 200, {25, 24}); }).detail("max_work"), 24);
}

TEST(AdaptiveOnline, RulesDoNotLookAhead) {
  Draws draw(4);
  std::vector<double> c = series(draw, 300, 50, 500);
  const ShiftJob job{4, 24};
  for (const ShiftRule rule : {ShiftRule::forecast_once, ShiftRule::forecast_contiguous, ShiftRule::yesterday}) {
    const auto before = shift_online(rule, c, 200, job).hours;
    std::vector<double> other = c;
    for (std::size_t t = 200; t < 300; ++t) other[t] = 500 - other[t] / 2;
    EXPECT_EQ(shift_online(rule, other, 200, job).hours, before) << text(rule);
  }
}

TEST(AdaptiveSpatial, AssignmentsAreThoseOfEnumeration) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draw(seed);
    const std::vector<std::string> names{"a", "b", "c"};
    std::map<std::string, std::size_t> capacity;
    for (const auto& n : names) capacity[n] = draw.below(3);
    std::vector<std::map<std::string, CarbonMass>> cost(1 + draw.below(5));
    for (auto& job : cost) {
      for (const auto& n : names) {
        if (draw() < 0.8) job[n] = CarbonMass::from_grams(std::floor(draw(0, 20)));
      }
    }
    double least = INFINITY;
    std::size_t most = 0;
    std::function<void(std::size_t, double, std::size_t, std::map<std::string, std::size_t>)> walk;
    walk = [&](std::size_t job, double sum, std::size_t placed, std::map<std::string, std::size_t> room) {
      if (job == cost.size()) {
        most = std::max(most, placed);
        if (placed == cost.size()) least = std::min(least, sum);
        return;
      }
      walk(job + 1, sum, placed, room);
      for (const auto& [name, mass] : cost[job]) {
        if (room[name] == 0) continue;
        --room[name];
        walk(job + 1, sum + mass.grams(), placed + 1, room);
        ++room[name];
      }
    };
    walk(0, 0, 0, capacity);
    if (most == cost.size()) {
      EXPECT_NEAR(assign(capacity, cost).total.grams(), least, 1e-9) << seed;
    } else {
      EXPECT_EQ(refused([&] { (void)assign(capacity, cost); }).detail("max_work"), static_cast<double>(most)) << seed;
    }
  }
}

TEST(AdaptiveSpatial, ComparesOnlyLikeWithLike) {
  const UtcTime start = intensity::parse_time("2026-05-01T00:00:00Z");
  const std::vector<std::optional<CarbonIntensity>> values(4, g(100));
  const auto lifecycle = intensity::Trace::regular(start, 1h, values);
  const auto direct = intensity::Trace::regular(start, 1h, values, {.scope = intensity::Scope::direct});
  const SpatialJob job{.source = "a", .energy = Energy::from_kwh(1)};
  EXPECT_EQ(where({{"a", lifecycle}, {"b", lifecycle}}, start, start + 2h, job).best, "a");
  EXPECT_EQ(refused([&] {
              (void)where({{"a", lifecycle}, {"b", direct}}, start, start + 2h, job);
            }).code,
            "intensity.mixed_signals");
  EXPECT_EQ(refused([&] { (void)place(std::vector<CandidateRegion>{{.name = "b"}}, job); }).code, "adaptive.bad_input");
}

TEST(AdaptiveSwitch, IsNotBeatenByAnySequenceAndFreeSwitchesAreThePolicy) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Draws draw(seed);
    const std::vector<double> c = series(draw, 6, 50, 450);
    const double lambda = draw(0.01, 0.1);
    const double kwh = seed % 4 == 0 ? 0 : draw(0, 3);
    const SwitchPlan p = switch_plan(toy(), Slots(c), lambda, {.cost = Energy::from_kwh(kwh)});
    double best = -INFINITY;
    for (int code = 0; code < 729; ++code) {
      double value = 0;
      int before = -1;
      for (int t = 0, rest = code; t < 6; ++t, rest /= 3) {
        const int m = rest % 3;
        const double ct = c[static_cast<std::size_t>(t)];
        const Model model = toy()[static_cast<std::size_t>(m)];
        value += model.accuracy - lambda * ct * model.energy.kwh();
        if (before >= 0 && m != before) value -= lambda * ct * kwh;
        before = m;
      }
      best = std::max(best, value);
    }
    EXPECT_NEAR(p.objective, best, 1e-9 * best) << seed;
    if (kwh == 0) {
      const Policy policy(toy(), lambda);
      for (std::size_t t = 0; t < 6; ++t) EXPECT_EQ(p.models[t], policy.choose(g(c[t])));
    }
  }
}

TEST(AdaptiveSwitch, ABudgetIsKept) {
  Draws draw(2);
  const Slots slots(series(draw, 50, 50, 450));
  double exposure = 0;
  for (const double c : slots.g_per_kwh) exposure += c;
  const SwitchOptions options{.cost = Energy::from_kwh(0.5)};
  const SwitchPlan p = switch_plan_for_budget(toy(), slots, CarbonMass::from_grams(2 * exposure), options);
  EXPECT_LE(p.carbon.grams(), 2 * exposure * (1 + 1e-12));
  EXPECT_GT(p.accuracy, 75);
  const auto none =
      refused([&] { (void)switch_plan_for_budget(toy(), slots, CarbonMass::from_grams(0.5 * exposure), options); });
  EXPECT_EQ(none.code, "adaptive.infeasible");
  EXPECT_NEAR(none.detail("min_carbon_g"), exposure, 1e-9 * exposure);
}

TEST(AdaptiveSuspend, NeverPausesForNothing) {
  EXPECT_FALSE(
      suspend({.power = Power::from_kilowatts(1), .left = Seconds(3600), .run = g(300), .later = g(300)}).pause);
  EXPECT_TRUE(
      suspend({.power = Power::from_kilowatts(1), .left = Seconds(3600), .run = g(300), .later = g(200)}).pause);
  EXPECT_EQ(refused([] { (void)suspend({.left = Seconds(-1)}); }).code, "adaptive.bad_input");
}
