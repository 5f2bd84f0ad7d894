// SPDX-License-Identifier: MIT
#include <co2lib/intensity/backtest.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/lines.hpp>
#include <co2lib/intensity/price.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/random.hpp>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;
using std::chrono::hours;

namespace {

const UtcTime midnight = parse_time("2024-03-01T00:00:00Z");

/// Days alike, a week, and noise that fades: what grids look like.
std::vector<double> grid_like(std::size_t n) {
  std::vector<double> values;
  double noise = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const auto x = static_cast<double>(t);
    noise = 0.9 * noise + 40 * (random::draw(5, t, "noise") - 0.5);
    values.push_back(std::max(1.0, 300 + 80 * std::sin(x * 2 * 3.14159265 / 24) + 20 * std::cos(x / 26.7) + noise));
  }
  return values;
}

Trace trace_of(const std::vector<double>& values, std::chrono::minutes step = 1h) {
  std::vector<std::optional<CarbonIntensity>> given;
  for (const double x : values) {
    given.push_back(std::isnan(x) ? std::nullopt : std::optional(CarbonIntensity::from_g_per_kwh(x)));
  }
  Record attributes;
  attributes.zone = "DE";
  return Trace::regular(midnight, step, given, attributes);
}

UtcTime at(std::size_t hour) { return midnight + hours(static_cast<long>(hour)); }

template <class F>
std::string code_of(F&& run) {
  try {
    static_cast<void>(run());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

class EachForecaster : public testing::TestWithParam<Forecaster> {};
INSTANTIATE_TEST_SUITE_P(All, EachForecaster, testing::ValuesIn(forecasters),
                         [](const auto& x) { return std::string(text(x.param)); });

TEST_P(EachForecaster, UsesNoValueAfterTheIssue) {
  std::vector<double> values = grid_like(24 * 110);
  const std::size_t issue = 24 * 95 + 5;
  const ForecastOptions options{.method = GetParam(), .issued_at = at(issue)};
  const Forecast before = forecast(trace_of(values), options);
  for (std::size_t t = issue; t < values.size(); ++t) values[t] = values[t] * 3 + 1000;
  EXPECT_EQ(forecast(trace_of(values), options), before);
  values.resize(issue);
  EXPECT_EQ(forecast(trace_of(values), options), before);
  EXPECT_EQ(forecast(trace_of(values), {.method = GetParam()}), before);  // issued when the known values end
  for (std::size_t t = issue - 168; t < issue; ++t) values[t] += 1;
  EXPECT_NE(forecast(trace_of(values), options), before);
}

TEST_P(EachForecaster, OfDaysAllAlikeIsThatDayWithoutError) {
  std::vector<double> values;
  for (std::size_t t = 0; t < 24 * 120; ++t) values.push_back(100 + static_cast<double>(t % 24));
  const Forecast f = forecast(trace_of(values), {.method = GetParam(), .horizon = 48h});
  ASSERT_EQ(f.half_widths.size(), 48U);
  if (GetParam() == Forecaster::persistence) return;
  for (std::size_t k = 0; k < f.size(); ++k) {
    EXPECT_NEAR(f.g_per_kwh[k], 100 + static_cast<double>(k % 24), 1e-9);
    EXPECT_NEAR(f.half_widths[k][2].value(), 0, 1e-9);
  }
}

TEST_P(EachForecaster, BacktestIsEveryForecastScored) {
  const std::vector<double> values = grid_like(24 * 80);
  const Trace trace = trace_of(values);
  const bool ridge = GetParam() == Forecaster::ridge28;
  const BacktestOptions options{
      .method = GetParam(), .first_issue = at(24 * 70), .horizon = 72h, .step = ridge ? 24h : 8h};
  const Backtest tested = backtest(trace, options);
  std::vector<Forecast> forecasts;
  for (UtcTime issue = at(24 * 70); issue + 72h <= at(values.size()); issue += options.step) {
    forecasts.push_back(forecast(trace, {.method = GetParam(), .issued_at = issue, .horizon = 72h}));
  }
  EXPECT_EQ(tested.issues, forecasts.size());
  if (ridge) {  // fitted at each issue, not once a week
    EXPECT_NEAR(score(forecasts, trace).days[0].mae_g_per_kwh, tested.days[0].mae_g_per_kwh, 0.5);
    forecasts.resize(1);
    EXPECT_EQ(score(forecasts, trace_of({values.begin(), values.begin() + 24 * 73})),
              backtest(trace_of({values.begin(), values.begin() + 24 * 73}), options));
    return;
  }
  EXPECT_EQ(score(forecasts, trace), tested);
  const std::vector<Trace> truths(forecasts.size(), trace);
  EXPECT_EQ(score(forecasts, truths), tested);
  EXPECT_EQ(code_of([&] { return score(forecasts, std::vector<Trace>{trace}); }), "intensity.bad_value");
}

TEST_P(EachForecaster, NeedsItsHours) {
  const std::size_t needed = GetParam() == Forecaster::ridge28 ? 672 : 169;
  std::vector<double> values = grid_like(needed - 1);
  const ForecastOptions options{.method = GetParam()};
  EXPECT_EQ(code_of([&] { return forecast(trace_of(values), options); }), "intensity.too_short");
  values = grid_like(needed);
  const Forecast f = forecast(trace_of(values), options);
  EXPECT_EQ(f.size(), 96U);
  EXPECT_TRUE(has_issue(f.issues, "no_interval"));
  values[5] = NAN;
  EXPECT_EQ(code_of([&] { return forecast(trace_of(values), options); }), "intensity.gap");
  EXPECT_EQ(code_of([&] { return forecast(Trace(), options); }), "intensity.too_short");
}

TEST(Forecast, IntervalsAreOrderStatisticsOfTheErrorsThatWereKnown) {
  const std::vector<double> v = grid_like(24 * 80 + 7);
  const std::size_t i = v.size();
  const Forecast f = forecast(trace_of(v), {.method = Forecaster::same_hour_yesterday});
  for (const std::size_t k : {0U, 23U, 24U, 95U}) {
    std::vector<double> errors;
    for (std::size_t j = i - 24; j >= 169 && errors.size() < 60; j -= 24) {
      if (j + k < i) errors.push_back(std::abs(v[j - 24 + k % 24] - v[j + k]));
    }
    std::sort(errors.begin(), errors.end());
    const auto n = static_cast<double>(errors.size());
    for (std::size_t q = 0; q < 3; ++q) {
      const auto place = static_cast<std::size_t>(std::min(std::ceil(forecast_levels[q] * (n + 1) - 1e-9), n));
      EXPECT_EQ(f.half_widths[k][q], errors[place - 1]) << k;
    }
  }
  const auto range = f.interval(3, 0.95);
  EXPECT_EQ(range->high.g_per_kwh(), f.g_per_kwh[3] + *f.half_widths[3][2]);
  EXPECT_EQ(range->confidence, 0.95);
  EXPECT_EQ(code_of([&] { return f.interval(3, 0.5); }), "intensity.bad_value");
  EXPECT_EQ(code_of([&] { return f.value(96); }), "intensity.out_of_range");
}

TEST(Forecast, BeyondAWeekIsClimatologyAndSaysSo) {
  const std::vector<double> v = grid_like(24 * 100);
  const Forecast f = forecast(trace_of(v), {.horizon = 21 * 24h});
  ASSERT_EQ(f.size(), 504U);
  EXPECT_EQ(f.climatology_from, 168U);
  EXPECT_TRUE(has_issue(f.issues, "climatology"));
  double sum = 0;
  for (std::size_t j = 1; j <= 28; ++j) sum += v[v.size() - 24 * j + 13];
  EXPECT_NEAR(f.g_per_kwh[24 * 20 + 13], sum / 28, 1e-9);
  EXPECT_EQ(f.trace().record(167).flags, std::vector<std::string>{});
  EXPECT_EQ(f.trace().record(168).flags, std::vector<std::string>{"climatology"});
  EXPECT_EQ(code_of([&] { return forecast(trace_of(grid_like(671)), {.horizon = 169h}); }), "intensity.too_short");
}

TEST(Forecast, RefusesTimesThatItCannotMean) {
  const Trace trace = trace_of(grid_like(400));
  EXPECT_EQ(code_of([&] { return forecast(trace, {.issued_at = at(300) + 1min}); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return forecast(trace, {.horizon = 0h}); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return forecast(trace, {.horizon = 505h}); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return forecast(trace, {.issued_at = at(401)}); }), "intensity.gap");
  EXPECT_EQ(code_of([&] { return forecast(trace, {.issued_at = midnight - 24h}); }), "intensity.too_short");
  EXPECT_EQ(code_of([&] { return forecast(trace_of(grid_like(400), 2h)); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return backtest(trace, {.horizon = 169h}); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return backtest(trace, {.first_issue = at(350)}); }), "intensity.too_short");
  EXPECT_EQ(code_of([&] { return backtest(trace, {.first_issue = at(100)}); }), "intensity.too_short");
  std::vector<double> holes = grid_like(800);
  holes[500] = NAN;
  EXPECT_EQ(code_of([&] { return backtest(trace_of(holes)); }), "intensity.gap");
}

TEST(Forecast, AveragesFinerSteps) {
  std::vector<double> quarters;
  const std::vector<double> v = grid_like(24 * 50);
  for (const double x : v) {
    for (const double part : {-3.0, -1.0, 1.0, 3.0}) quarters.push_back(x + part);
  }
  const Forecast fine = forecast(trace_of(quarters, 15min));
  const Forecast hourly = forecast(trace_of(v));
  for (std::size_t k = 0; k < 96; ++k) EXPECT_NEAR(fine.g_per_kwh[k], hourly.g_per_kwh[k], 1e-9);
}

TEST(Forecast, ValuesAloneAreTheSame) {
  const std::vector<double> v = grid_like(24 * 60);
  for (const Forecaster method : forecasters) {
    std::vector<double> values(96);
    forecast_values(v, 1300, method, values);
    EXPECT_EQ(values, forecast(trace_of(v), {.method = method, .issued_at = at(1300)}).g_per_kwh) << text(method);
  }
}

TEST(Forecast, PricesEnergyWithItsError) {
  const Forecast f = forecast(trace_of(grid_like(24 * 100)));
  const Trace trace = f.trace();
  EXPECT_EQ(trace.size(), 96U);
  const Record r = trace.record(7);
  EXPECT_EQ(r.status, Status::forecast);
  EXPECT_EQ(r.generated_at, f.issued_at);
  EXPECT_EQ(r.zone, "DE");
  ASSERT_TRUE(r.error);
  EXPECT_NEAR(r.error->around(*r.value).high.g_per_kwh(), f.interval(7, 0.95)->high.g_per_kwh(), 1e-9);
  const std::vector<EnergySample> samples{{f.start, f.start + 2h, Energy::from_kwh(1)}};
  EXPECT_NEAR(trace.price(samples).mass.grams(), (f.g_per_kwh[0] + f.g_per_kwh[1]) / 2, 1e-9);
}

TEST(Forecast, OfAProviderIsScoredByTheSameBacktest) {
  const std::vector<double> v = grid_like(24 * 20);
  std::vector<Record> records;
  for (std::size_t half = 0; half < 96; ++half) {  // 48 h of half hours, always 10 g too much
    Record r;
    r.start = at(240) + 30min * static_cast<long>(half);
    r.end = r.start + 30min;
    r.value = CarbonIntensity::from_g_per_kwh(v[240 + half / 2] + (half % 2 == 0 ? 5 : 15));
    r.generated_at = at(240) + 12min;
    r.provider = "neso_gb";
    records.push_back(r);
  }
  const Forecast f = forecast_of(records);
  EXPECT_EQ(f.method, "neso_gb");
  const Backtest scored = score(std::vector{f}, trace_of(v));
  EXPECT_EQ(scored.days.size(), 2U);
  EXPECT_NEAR(scored.days[1].mae_g_per_kwh, 10, 1e-9);
  EXPECT_NEAR(*scored.mean_spearman_day1, 1, 1e-12);
  EXPECT_TRUE(scored.days[0].levels.empty());
  EXPECT_EQ(code_of([&] { return score(std::vector{f}, trace_of(grid_like(240))); }), "intensity.no_data");
  records[7].value.reset();
  EXPECT_EQ(code_of([&] { return forecast_of(records); }), "intensity.gap");
  records.resize(7);
  records[3].generated_at = at(0);
  EXPECT_EQ(code_of([&] { return forecast_of(records); }), "intensity.bad_value");
}

TEST(Forecast, ScoresOfIntervalsAreTheirDefinitions) {
  Forecast f;
  f.issued_at = f.start = at(0);
  f.g_per_kwh = {100, 100};
  f.half_widths = {{10, 20, 30}, {10, 20, 30}};
  const Backtest b = score(std::vector{f}, trace_of({105, 125}));  // inside all; outside of 80 and 90 %
  const DayScore& day = b.days.at(0);
  EXPECT_EQ(day.mae_g_per_kwh, 15);
  EXPECT_NEAR(*day.mape_percent, 100 * (5 / 105.0 + 25 / 125.0) / 2, 1e-12);
  EXPECT_EQ(day.levels[0].coverage, 0.5);
  EXPECT_EQ(day.levels[2].coverage, 1);
  EXPECT_NEAR(day.levels[0].winkler, 20 + 2 / 0.2 * 15 / 2, 1e-9);
  EXPECT_NEAR(day.levels[1].winkler, 40 + 2 / 0.1 * 5 / 2, 1e-9);
  EXPECT_NEAR(day.levels[2].winkler, 60, 1e-9);
  const auto pinball = [](double tau, double q, double y) { return y >= q ? tau * (y - q) : (1 - tau) * (q - y); };
  double sum = 0;
  for (const double y : {105.0, 125.0}) {
    for (const auto& [tau, q] : {std::pair(.025, 70.0), std::pair(.05, 80.0), std::pair(.1, 90.0), std::pair(.5, 100.0),
                                 std::pair(.9, 110.0), std::pair(.95, 120.0), std::pair(.975, 130.0)}) {
      sum += pinball(tau, q, y) / 7;
    }
  }
  EXPECT_NEAR(*day.pinball_g_per_kwh, sum / 2, 1e-12);
  EXPECT_FALSE(b.mean_spearman_day1);
}

TEST(Forecast, JsonLinesGiveItBack) {
  const Trace trace = trace_of(grid_like(24 * 100));
  Forecast odd = forecast(trace, {.horizon = 200h});
  odd.half_widths[3][1].reset();
  odd.step = 5min;
  const std::vector<Forecast> forecasts{forecast(trace), odd, forecast(trace, {.intervals = false})};
  const auto file = std::filesystem::path(testing::TempDir()) / "co2lib_forecast_test.jsonl";
  write_forecasts(file, forecasts);
  EXPECT_EQ(read_forecasts(file), forecasts);
  std::filesystem::remove(file);
  std::string line = json_line(odd);
  line.replace(line.find("\"step_s\""), 8, "\"stop_s\"");
  EXPECT_EQ(code_of([&] { return parse_forecast_line(line); }), "intensity.bad_value");
}

TEST(Forecast, OfASource) {
  const Trace trace = trace_of(grid_like(24 * 100));
  const auto replay = make_source(trace);
  EXPECT_EQ(replay->forecast(at(1200), 48h), forecast(trace, {.issued_at = at(1200), .horizon = 48h}));
  const auto function = make_source([&](UtcTime t) { return *trace.at(std::max(t, midnight)); }, {.resolution = 1h});
  EXPECT_EQ(function->forecast(at(2300)).g_per_kwh, replay->forecast(at(2300)).g_per_kwh);
  const Forecast fixed = make_source(CarbonIntensity::from_g_per_kwh(50))->forecast(at(0), 5h);
  EXPECT_EQ(fixed.method, "statistic");
  EXPECT_EQ(fixed.g_per_kwh, std::vector<double>(5, 50));
}
