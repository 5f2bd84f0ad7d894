// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/online.hpp>

#include <algorithm>
#include <numeric>
#include <string>

#include <co2lib/adaptive/search.hpp>
#include <co2lib/adaptive/shift.hpp>
#include <co2lib/intensity/forecast.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/quantiles.hpp>

namespace co2lib::adaptive {

namespace {

constexpr std::size_t week = 168;
constexpr std::size_t history = week + 1;  // what blend needs

/// A job, and what the rules may look at.
struct Submitted {
  std::span<const double> hours;
  std::size_t at;
  std::size_t k;
  std::size_t window;

  [[nodiscard]] std::span<const double> ahead() const { return hours.subspan(at, window); }
  [[nodiscard]] std::span<const double> past_week() const { return hours.subspan(at - week, week); }
  /// blend for the rest of the window, issued with the first `known` hours of it known.
  void forecast(std::size_t known, std::vector<double>& values) const {
    values.resize(window - known);
    if (values.empty()) return;
    intensity::forecast_values(hours, at + known, intensity::Forecaster::blend, values);
  }
};

std::vector<std::size_t> in_a_row(std::size_t first, std::size_t count) {
  std::vector<std::size_t> hours(count);
  std::iota(hours.begin(), hours.end(), first);
  return hours;
}

std::vector<std::size_t> recede(const Submitted& job) {
  std::vector<std::size_t> run;
  std::vector<double> rest;
  for (std::size_t t = 0; t < job.window && run.size() < job.k; ++t) {
    const std::size_t left = job.k - run.size();
    if (job.window - t > left) {
      job.forecast(t + 1, rest);
      const double c = job.hours[job.at + t];
      const auto lower = std::count_if(rest.begin(), rest.end(), [&](double x) { return x < c; });
      if (static_cast<std::size_t>(lower) >= left) continue;
    }
    run.push_back(t);
  }
  return run;
}

std::vector<std::size_t> quantile_threshold(const Submitted& job) {
  const double p = static_cast<double>(job.k) / static_cast<double>(job.window);
  const double threshold = *numeric::percentile(job.past_week(), p);
  std::vector<std::size_t> run;
  for (std::size_t t = 0; t < job.window && run.size() < job.k; ++t) {
    if (job.window - t <= job.k - run.size() || job.hours[job.at + t] <= threshold) run.push_back(t);
  }
  return run;
}

ShiftRun by_search(const Submitted& job) {
  const auto [low, high] = std::minmax_element(job.past_week().begin(), job.past_week().end());
  if (!(*low > 0) || !(*high > *low)) return {in_a_row(0, job.k), true};
  const SearchBounds bounds{.upper = *high, .lower = *low};
  SearchThresholds thresholds = k_search_thresholds(job.k, bounds);
  return {detail::search_slots(job.ahead(), job.k, thresholds, bounds), false};
}

ShiftRun run(ShiftRule rule, const Submitted& job) {
  std::vector<double> values;
  switch (rule) {
    case ShiftRule::oracle_interruptible:
      return {detail::cheapest(job.ahead(), job.k)};
    case ShiftRule::oracle_contiguous:
      return {in_a_row(detail::cheapest_window(job.ahead(), job.k), job.k)};
    case ShiftRule::forecast_once:
      job.forecast(0, values);
      return {detail::cheapest(values, job.k)};
    case ShiftRule::forecast_contiguous:
      job.forecast(0, values);
      return {in_a_row(detail::cheapest_window(values, job.k), job.k)};
    case ShiftRule::yesterday:
      for (std::size_t t = 0; t < job.window; ++t) values.push_back(job.hours[job.at - 24 + t % 24]);
      return {detail::cheapest(values, job.k)};
    case ShiftRule::recede:
      return {recede(job)};
    case ShiftRule::quantile_threshold:
      return {quantile_threshold(job)};
    case ShiftRule::k_search:
      break;
  }
  return by_search(job);
}

Submitted checked(std::span<const double> hours, std::size_t at, const ShiftJob& job) {
  detail::all_not_negative(hours, "intensity");
  if (job.work < 1) detail::bad_input("work_h: there must be at least one hour of work");
  if (job.work > job.window) {
    detail::infeasible(
        "work_h: " + std::to_string(job.work) + " h do not fit the window of " + std::to_string(job.window) + " h",
        "max_work", static_cast<double>(job.window));
  }
  if (job.window > week) detail::bad_input("window_h: at most 168 h, as far as the forecast reaches");
  if (at < history) {
    detail::bad_input("first_slot: " + std::to_string(at) + "; the rules need " + std::to_string(history) +
                      " hours before it");
  }
  if (at > hours.size() || job.window > hours.size() - at) {
    detail::bad_input("window_h: the window ends after the last of " + std::to_string(hours.size()) + " hours");
  }
  return {hours, at, job.work, job.window};
}

}  // namespace

ShiftRun shift_online(ShiftRule rule, std::span<const double> hours, std::size_t submitted, const ShiftJob& job) {
  return run(rule, checked(hours, submitted, job));
}

ShiftTable shift_table(std::span<const double> hours, const ShiftJob& job, std::size_t first, std::size_t step) {
  Submitted now = checked(hours, first, job);
  if (step < 1) detail::bad_input("step_h: it must be at least 1");
  ShiftTable table;
  numeric::Sum start_now;
  std::array<numeric::Sum, all<ShiftRule>().size()> sums;
  for (; now.at + now.window < hours.size(); now.at += step) {
    ++table.windows;
    for (const double c : now.ahead().first(now.k)) start_now += c;
    for (const ShiftRule rule : all<ShiftRule>()) {
      for (const std::size_t t : run(rule, now).hours) sums[static_cast<std::size_t>(rule)] += hours[now.at + t];
    }
  }
  if (table.windows == 0) detail::bad_input("first_slot: no window ends before the last hour");
  if (!(start_now.value() > 0)) detail::undefined("starting now costs nothing: there is no ratio to it");
  table.start_now = CarbonMass::from_grams(start_now.value());
  for (std::size_t i = 0; i < sums.size(); ++i) table.ratio[i] = sums[i].value() / start_now.value();
  return table;
}

}  // namespace co2lib::adaptive
