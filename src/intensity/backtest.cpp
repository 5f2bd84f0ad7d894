// SPDX-License-Identifier: MIT
#include <co2lib/intensity/backtest.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>

#include "forecast.hpp"

namespace co2lib::intensity {

namespace {

using detail::fail;
using detail::HalfWidths;

/// Sums of one day of leads.
struct Day {
  std::size_t pairs = 0;
  std::size_t positive = 0;  // truths
  std::size_t with_interval = 0;
  numeric::Sum absolute;
  numeric::Sum relative;
  numeric::Sum pinball;
  std::array<std::size_t, 3> inside{};
  std::array<numeric::Sum, 3> winkler;

  void add(double f, double a, const HalfWidths* widths) {
    const double off = std::abs(f - a);
    ++pairs;
    absolute += off;
    if (a > 0) {
      ++positive;
      relative += off / a;
    }
    if (widths == nullptr || !(*widths)[0]) return;
    ++with_interval;
    double loss = off / 2;  // of the median
    for (std::size_t q = 0; q < 3; ++q) {
      const double outside = 1 - forecast_levels[q];
      const double low = std::max(0.0, f - *(*widths)[q]);
      const double high = f + *(*widths)[q];
      const double miss = a < low ? low - a : a > high ? a - high : 0;
      if (miss == 0) ++inside[q];
      const double score = high - low + 2 / outside * miss;
      winkler[q] += score;
      loss += outside / 2 * score;  // the pinball losses of both ends together
    }
    pinball += loss / 7;
  }

  [[nodiscard]] DayScore score() const {
    DayScore s;
    s.pairs = pairs;
    s.with_interval = with_interval;
    if (pairs > 0) s.mae_g_per_kwh = absolute.value() / static_cast<double>(pairs);
    if (positive > 0) s.mape_percent = 100 * relative.value() / static_cast<double>(positive);
    if (with_interval == 0) return s;
    const double n = static_cast<double>(with_interval);
    s.pinball_g_per_kwh = pinball.value() / n;
    for (std::size_t q = 0; q < 3; ++q) {
      s.levels.push_back({forecast_levels[q], static_cast<double>(inside[q]) / n, winkler[q].value() / n});
    }
    return s;
  }
};

class Scorer {
 public:
  /// One forecast and its truth from lead `first` on; NaN is not known. `widths` may be empty.
  void add(std::size_t first, std::span<const double> f, std::span<const HalfWidths> widths,
           std::span<const double> truth) {
    ++result.issues;
    for (std::size_t i = 0; i < f.size(); ++i) {
      if (std::isnan(f[i]) || std::isnan(truth[i])) continue;
      const std::size_t day = (first + i) / 24;
      if (day >= days_.size()) days_.resize(day + 1);
      days_[day].add(f[i], truth[i], widths.empty() ? nullptr : &widths[i]);
    }
    if (first == 0 && f.size() >= 24) rank(f.first(24), truth.first(24));
  }

  Backtest finish() && {
    for (const Day& day : days_) result.days.push_back(day.score());
    if (ranked_ > 0) result.mean_spearman_day1 = spearman_.value() / static_cast<double>(ranked_);
    return std::move(result);
  }

  Backtest result;

 private:
  void rank(std::span<const double> f, std::span<const double> truth) {
    // Rounded, or the last bits of a mean would decide ties.
    std::array<double, 24> x{};
    std::array<double, 24> y{};
    for (std::size_t i = 0; i < 24; ++i) {
      x[i] = std::round(f[i] * 1e6);
      y[i] = std::round(truth[i] * 1e6);
      if (!std::isfinite(x[i]) || !std::isfinite(y[i])) return;
    }
    const auto rho = numeric::spearman(x, y);
    if (!rho || !*rho) return;
    spearman_ += **rho;
    ++ranked_;
  }

  std::vector<Day> days_;
  numeric::Sum spearman_;
  std::size_t ranked_ = 0;
};

/// Which issues a backtest has, as places among its hours.
struct Plan {
  std::size_t first = 0;
  std::size_t step = 0;
  std::size_t count = 0;
  std::size_t horizon = 0;

  [[nodiscard]] std::size_t issue(std::size_t n) const { return first + n * step; }
};

Plan plan_of(const Hours& hours, const BacktestOptions& options) {
  Plan plan;
  const auto refuse = [](const char* field, std::int64_t given) {
    fail("bad_time", std::string(field) + ": 1 h to 168 h, not " + std::to_string(given) + " h");
  };
  if (options.horizon.count() < 1 || options.horizon.count() > 168) refuse("horizon", options.horizon.count());
  if (options.step.count() < 1 || options.step.count() > 168) refuse("step", options.step.count());
  plan.horizon = static_cast<std::size_t>(options.horizon.count());
  plan.step = static_cast<std::size_t>(options.step.count());
  const std::size_t needed = detail::needed(options.method, plan.horizon);
  UtcTime first =
      UtcTime(std::chrono::ceil<std::chrono::days>(hours.start + std::chrono::hours(static_cast<long>(needed))));
  if (options.first_issue) {
    first = *options.first_issue;
    detail::check_hour(first, "first_issue");
  }
  const auto place = std::chrono::floor<std::chrono::hours>(first - hours.start).count();
  detail::check_enough(static_cast<std::size_t>(std::max<std::int64_t>(place, 0)), options.method, plan.horizon, first);
  plan.first = static_cast<std::size_t>(place);
  if (plan.first + plan.horizon > hours.size()) {
    fail("too_short", "after the first issue at " + format_utc(first) + " fewer than " + std::to_string(plan.horizon) +
                          " hours of truth are known; give a longer series or an earlier issue");
  }
  plan.count = (hours.size() - plan.horizon - plan.first) / plan.step + 1;
  return plan;
}

}  // namespace

Backtest backtest(const Trace& trace, const BacktestOptions& options) {
  Hours hours = hours_of(trace);
  detail::trim(hours);
  const Plan plan = plan_of(hours, options);
  const std::span<const double> v = hours.g_per_kwh;
  const bool ridge = options.method == Forecaster::ridge28;
  const std::size_t needed = detail::needed(options.method, plan.horizon);
  const std::size_t last = plan.issue(plan.count - 1);
  detail::check_known(v, hours.start, ridge ? 0 : plan.first - needed, last + plan.horizon);

  // Issues before the first are made for their errors alone.
  const std::size_t back = 24 * (detail::errors_kept + (plan.horizon - 1) / 24);
  const std::size_t earliest = std::max(needed, plan.first > back ? plan.first - back : 0);
  detail::Model model(v, options.method, plan.horizon);
  detail::fit_until(model, plan.first, earliest);
  for (std::size_t n = 0, fitted = plan.first; n < plan.count; ++n) {
    if (plan.issue(n) < fitted + detail::fit_every) continue;
    fitted = plan.issue(n);
    model.fit(fitted);
  }

  std::map<std::size_t, std::pair<std::size_t, std::size_t>> by_hour;  // first and last issue
  for (std::size_t n = 0; n < plan.count; ++n) {
    const std::size_t i = plan.issue(n);
    by_hour.try_emplace(i % 24, i, i).first->second.second = i;
  }
  std::map<std::size_t, detail::Grid> grids;
  for (const auto& [hour, range] : by_hour) {
    grids.emplace(hour, detail::grid_of(model, v, earliest, range.first, range.second, plan.horizon));
  }
  Scorer scorer;
  for (std::size_t n = 0; n < plan.count; ++n) {
    const std::size_t i = plan.issue(n);
    const detail::Grid& grid = grids.at(i % 24);
    const std::size_t place = (i - grid.first) / 24;
    scorer.add(0, grid.of(place), grid.widths_of(place), v.subspan(i, plan.horizon));
  }
  scorer.result.method = text(options.method);
  scorer.result.first = hours.start + std::chrono::hours(static_cast<long>(plan.first));
  scorer.result.last = hours.start + std::chrono::hours(static_cast<long>(last));
  return std::move(scorer).finish();
}

// ---------------------------------------------------------------------------------------------------------------------
// Forecasts that somebody made
// ---------------------------------------------------------------------------------------------------------------------
namespace {

void add(Scorer& scorer, const Forecast& f, const Hours& truth) {
  const Hours made = hours_of(f.trace());
  const UtcTime issued = UtcTime(std::chrono::floor<std::chrono::hours>(f.issued_at));
  const auto lead = std::chrono::floor<std::chrono::hours>(made.start - issued).count();
  const std::size_t skip = lead < 0 ? std::min(static_cast<std::size_t>(-lead), made.size()) : 0;
  const std::size_t count = made.size() - skip;
  std::vector<double> actual(count, detail::missing);
  const auto offset =
      std::chrono::floor<std::chrono::hours>(made.start - truth.start).count() + static_cast<std::int64_t>(skip);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t t = offset + static_cast<std::int64_t>(i);
    if (t >= 0 && t < static_cast<std::int64_t>(truth.size())) actual[i] = truth.g_per_kwh[static_cast<std::size_t>(t)];
  }
  std::span<const HalfWidths> widths;
  if (f.step == std::chrono::hours(1) && f.half_widths.size() == made.size()) {
    widths = std::span<const HalfWidths>(f.half_widths).subspan(skip);
  }
  scorer.add(static_cast<std::size_t>(std::max<std::int64_t>(lead, 0)),
             std::span<const double>(made.g_per_kwh).subspan(skip), widths, actual);
}

Backtest finish(Scorer& scorer, std::span<const Forecast> forecasts) {
  Backtest& result = scorer.result;
  for (const Forecast& f : forecasts) {
    if (f.issued_at < result.first || &f == &forecasts.front()) result.first = f.issued_at;
    if (f.issued_at > result.last || &f == &forecasts.front()) result.last = f.issued_at;
    result.method = &f == &forecasts.front() || f.method == result.method ? f.method : "several";
  }
  Backtest scored = std::move(scorer).finish();
  if (std::none_of(scored.days.begin(), scored.days.end(), [](const DayScore& d) { return d.pairs > 0; })) {
    fail("no_data", "no hour is both in a forecast and in the truth", {}, ErrorCategory::lookup);
  }
  return scored;
}

}  // namespace

Backtest score(std::span<const Forecast> forecasts, const Trace& truth) {
  const Hours hours = hours_of(truth);
  Scorer scorer;
  for (const Forecast& f : forecasts) add(scorer, f, hours);
  return finish(scorer, forecasts);
}

Backtest score(std::span<const Forecast> forecasts, std::span<const Trace> truths) {
  if (forecasts.size() != truths.size()) {
    fail("bad_value", std::to_string(forecasts.size()) + " forecasts and " + std::to_string(truths.size()) +
                          " truths; give one for each, or one for all");
  }
  Scorer scorer;
  for (std::size_t i = 0; i < forecasts.size(); ++i) add(scorer, forecasts[i], hours_of(truths[i]));
  return finish(scorer, forecasts);
}

}  // namespace co2lib::intensity
