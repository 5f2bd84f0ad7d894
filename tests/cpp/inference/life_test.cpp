// SPDX-License-Identifier: MIT
// Duty cycles, batteries, lives, paybacks; language models.
#include <gtest/gtest.h>
#include <co2lib/inference/life.hpp>
#include <co2lib/inference/llm.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <co2lib/intensity/trace.hpp>

#include "inference/helpers.hpp"

namespace co2lib::inference {

namespace {

using testing::code_of;

DutyCycle every_minute(double e_inf_mj, double t_inf_s, double p_sleep_w) {
  return {.period_s = 31536000,
          .n_inferences = 525600,
          .e_inf_mj = e_inf_mj,
          .t_inf_s = t_inf_s,
          .p_sleep_w = p_sleep_w,
          .ci_g_per_kwh = 380};
}

TEST(InferenceLife, ThePartsOfADutyCycleAddUpAndSleepDecides) {
  DutyCycle c = every_minute(28.233, 0.087554, 0.008126);
  c.efficiency = 0.85;
  c.extra = {{24, 210, 0.5}};
  c.p_idle_w = 0.005;
  c.t_idle_s = 3600;
  const DutyEnergy e = duty_cycle(c);
  EXPECT_DOUBLE_EQ(e.inference_wh + e.extra_wh + e.idle_wh + e.sleep_wh, e.total_wh);
  EXPECT_TRUE(e.sleep_decides());
  DutyCycle more = c;
  more.p_sleep_w *= 2;
  EXPECT_GT(duty_cycle(more).total_wh, e.total_wh);
  more = c;
  more.p_idle_w *= 2;
  EXPECT_GT(duty_cycle(more).total_wh, e.total_wh);
  c.t_inf_s = 100;
  EXPECT_EQ(code_of([&] { (void)duty_cycle(c); }), "inference.out_of_range");
}

TEST(InferenceLife, BatteriesLeakAndAreHarvestedFor) {
  const Battery cell{.battery_j = 131868, .usable = 0.9, .efficiency = 0.85};
  const BatteryLife plain = battery_life(cell, 0.0086, 5);
  Battery leaking = cell;
  leaking.self_discharge_per_year = 0.36;
  EXPECT_LT(battery_life(leaking, 0.0086, 5).days, plain.days);
  Battery sunny = cell;
  sunny.harvest_w = 1;
  EXPECT_EQ(battery_life(sunny, 0.0086, 5).days, std::numeric_limits<double>::infinity());
  EXPECT_EQ(battery_life(sunny, 0.0086, 5).count, 1);
  EXPECT_EQ(code_of([&] { (void)battery_life(cell, 0, 5); }), "inference.out_of_range");
}

TEST(InferenceLife, TheGridMayChangeOverTheYears) {
  Life life{.embodied_kg = 6, .years = 2.5, .annual_energy_kwh = 10, .ci_g_per_kwh = 300};
  life.replacement_kg = 1;
  life.replacement_years = 1;
  life.transport_kg = 0.5;
  const LifeFootprint flat = lifetime(life);
  EXPECT_DOUBLE_EQ(flat.operational_kg, 7.5);
  EXPECT_DOUBLE_EQ(flat.replacements_kg, 2);
  EXPECT_DOUBLE_EQ(flat.total_kg, 6 + 7.5 + 2 + 0.5);
  life.ci_by_year = {300, 200, 100};
  EXPECT_DOUBLE_EQ(lifetime(life).operational_kg, 10 * (300 + 200 + 50) / 1000.0);
  life.ci_by_year = {300};
  EXPECT_DOUBLE_EQ(lifetime(life).operational_kg, 7.5);
}

TEST(InferenceLife, TheIntensityOfYearsComesFromASeries) {
  using std::chrono::hours;
  const auto start = UtcTime(std::chrono::sys_days(std::chrono::year(2023) / 1 / 1));
  // Two years and a bit: days at 100, nights (0 to 6) at 400; the second year is half of that.
  std::vector<std::optional<CarbonIntensity>> values;
  for (int i = 0; i < 2 * 365 * 24 + 50; ++i) {
    const double g = i % 24 < 6 ? 400 : 100;
    values.emplace_back(CarbonIntensity::from_g_per_kwh(i < 365 * 24 ? g : g / 2));
  }
  const auto trace = intensity::Trace::regular(start, hours(1), values);
  const std::vector<double> even = intensity_by_year(trace);
  ASSERT_EQ(even.size(), 2U);  // the 50 hours at the end are no year
  EXPECT_DOUBLE_EQ(even[0], 175);
  EXPECT_DOUBLE_EQ(even[1], 87.5);
  std::vector<double> nights(24, 0.0);
  nights[3] = 2;
  EXPECT_DOUBLE_EQ(intensity_by_year(trace, nights)[0], 400);
  const Life life{.years = 3, .annual_energy_kwh = 10, .ci_by_year = even};
  EXPECT_DOUBLE_EQ(lifetime(life).operational_kg, 10 * (175 + 87.5 + 87.5) / 1000);

  const auto refused = [&](const intensity::Trace& t, const std::vector<double>& use) {
    return code_of([&] { (void)intensity_by_year(t, use); });
  };
  EXPECT_EQ(refused(trace, {1, 2}), "inference.out_of_range");
  EXPECT_EQ(refused(trace, std::vector<double>(24, 0.0)), "inference.out_of_range");
  EXPECT_EQ(refused(trace, std::vector<double>(24, -1.0)), "inference.out_of_range");
  EXPECT_EQ(refused(trace.between(start, start + hours(24 * 100)), {}), "inference.out_of_range");
  for (std::size_t i = 0; i < 300; ++i) values[i].reset();
  EXPECT_GT(intensity_by_year(intensity::Trace::regular(start, hours(1), values))[0], 170);
  for (std::size_t i = 0; i < 600; ++i) values[i].reset();
  EXPECT_EQ(refused(intensity::Trace::regular(start, hours(1), values), {}), "inference.out_of_range");
}

TEST(InferenceLife, RangesGiveEndsAndNoTruncationBesideThem) {
  Life life{.years = 5, .ci_g_per_kwh = 295};
  const LifeRanges ranges{.embodied_kg = Ranged{5, 3, 9}, .annual_energy_kwh = Ranged{8.8, 8, 10}};
  const LifeInterval r = lifetime_interval(life, ranges);
  EXPECT_LT(r.low.total_kg, r.value.total_kg);
  EXPECT_LT(r.value.total_kg, r.high.total_kg);
  life.truncation = 1.4;
  EXPECT_EQ(code_of([&] { (void)lifetime_interval(life, ranges); }), "inference.out_of_range");
}

TEST(InferenceLife, ABetterDevicePaysBackOrDoesNot) {
  const Ranged ci{300, 250, 350};
  const Option old{{10, 8, 12}, {50, 45, 55}};
  const Payback p = payback(old, {{16, 13, 19}, {30, 27, 33}}, ci);
  EXPECT_DOUBLE_EQ(*p.years, 6 / (20 * 0.3));
  EXPECT_LT(p.low_years, *p.years);
  EXPECT_GT(*p.high_years, *p.years);
  const Payback never = payback(old, {{16, 13, 19}, {60, 50, 70}}, ci);
  EXPECT_FALSE(never.years);
  const Payback at_once = payback(old, {{6, 5, 7}, {30, 27, 33}}, ci);
  EXPECT_EQ(at_once.years, 0);
  EXPECT_EQ(at_once.high_years, 0);
}

TEST(InferenceLlm, PartsAndIdleAddUpAndNeverFallWithTokens) {
  const llm::Coefficients c{6e-11, 2.2e-13, 8e-11, 0.002, 0.0015};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto draw = [&, i = std::uint64_t{0}]() mutable { return random::draw(seed, i++, "split"); };
    std::vector<llm::Request> requests;
    const auto count = 1 + static_cast<std::size_t>(draw() * 64);
    for (std::size_t i = 0; i < count; ++i) {
      const double tokens = std::floor(draw() * 4) * std::floor(draw() * 300);
      requests.push_back({tokens, 1e10 * draw(), 1e8 * draw()});
    }
    const double energy = 10 * draw();
    const llm::MeasuredStep step{16e9, 32, energy, energy * draw()};
    std::vector<double> parts(count);
    const double idle = llm::split(c, step, requests, parts);
    numeric::Sum sum(idle);
    for (std::size_t i = 0; i < count; ++i) {
      sum += parts[i];
      EXPECT_EQ(parts[i] > 0, requests[i].tokens > 0);
    }
    EXPECT_NEAR(sum.value(), energy, 1e-12 * energy);
    const double before = parts[0];
    requests[0].tokens += 50;
    (void)llm::split(c, step, requests, parts);
    EXPECT_GE(parts[0], before * (1 - 1e-12));
  }
}

TEST(InferenceLlm, TwoRequestsTogetherAreOneWithBothTheirTokens) {
  const llm::Coefficients c{6e-11, 2.2e-13, 8e-11, 0.002, 0};
  const llm::MeasuredStep step{16e9, 32, 3, 0.5};
  const std::vector<llm::Request> apart{{3, 3e9, 1e8}, {5, 5e9, 2e8}, {7, 7e9, 1e8}};
  const std::vector<llm::Request> merged{{8, 8e9, 3e8}, {7, 7e9, 1e8}};
  std::vector<double> a(3);
  std::vector<double> b(2);
  (void)llm::split(c, step, apart, a);
  (void)llm::split(c, step, merged, b);
  EXPECT_NEAR(a[0] + a[1], b[0], 1e-12);
}

TEST(InferenceLlm, WithoutCoefficientsTokensDecide) {
  std::vector<double> parts(2);
  const std::vector<llm::Request> requests{{1, 0, 0}, {3, 0, 0}};
  EXPECT_EQ(llm::split({}, {1, 1, 4, 0}, requests, parts), 0);
  EXPECT_EQ(parts, (std::vector{1.0, 3.0}));
  EXPECT_EQ(code_of([&] { (void)llm::split({}, {1, 1, 4, 0}, {}, {}); }), "inference.out_of_range");
  EXPECT_EQ(code_of([&] { (void)llm::split({}, {1, 1, -4, 0}, requests, parts); }), "inference.out_of_range");
}

TEST(InferenceLlm, CoefficientsAreReadAndNotNegative) {
  const char* text =
      R"({"coefficients": {"weight_bytes": 6e-11, "flops": 0, "kv_bytes": 0, "layers": 0.1, "batch": 1}})";
  EXPECT_EQ(llm::parse_coefficients(text).layers, 0.1);
  EXPECT_EQ(
      code_of([] {
        (void)llm::parse_coefficients(R"({"weight_bytes": -1, "flops": 0, "kv_bytes": 0, "layers": 0, "batch": 0})");
      }),
      "inference.bad_model");
  EXPECT_EQ(code_of([] { (void)llm::parse_coefficients("{}"); }), "inference.bad_model");
}

TEST(InferenceLlm, ACpuCurveNeedsALoad) {
  EXPECT_EQ(llm::cpu_power_w(171, 0.0354, -50, -10, 20), 1);
  EXPECT_EQ(code_of([] { (void)llm::cpu_power_w(171, 0.0354, 36, -10, 101); }), "inference.out_of_range");
}

}  // namespace

}  // namespace co2lib::inference
