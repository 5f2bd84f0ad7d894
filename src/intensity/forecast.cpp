// SPDX-License-Identifier: MIT
#include <co2lib/intensity/forecast.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/intensity/hours.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>

#include "forecast.hpp"
#include "forecaster.hpp"

namespace co2lib::intensity {

using detail::fail;

// ---------------------------------------------------------------------------------------------------------------------
// The record
// ---------------------------------------------------------------------------------------------------------------------
CarbonIntensity Forecast::value(std::size_t i) const {
  if (i >= size()) {
    fail("out_of_range", "step " + std::to_string(i) + " of a forecast of " + std::to_string(size()) + " steps");
  }
  return CarbonIntensity::from_g_per_kwh(g_per_kwh[i]);
}

std::optional<Interval<CarbonIntensity>> Forecast::interval(std::size_t i, double level) const {
  const double middle = value(i).g_per_kwh();
  const auto found = std::find(forecast_levels.begin(), forecast_levels.end(), level);
  if (found == forecast_levels.end()) fail("bad_value", "the intervals of a forecast are of 0.8, 0.9 and 0.95");
  if (i >= half_widths.size()) return std::nullopt;
  const std::optional<double> width = half_widths[i][static_cast<std::size_t>(found - forecast_levels.begin())];
  if (!width) return std::nullopt;
  return Interval<CarbonIntensity>{CarbonIntensity::from_g_per_kwh(std::max(0.0, middle - *width)),
                                   CarbonIntensity::from_g_per_kwh(middle + *width), level};
}

Trace Forecast::trace() const {
  std::vector<Record> records;
  records.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    Record r = attributes;
    r.start = start + step * static_cast<std::int64_t>(i);
    r.end = r.start + step;
    r.value = value(i);
    r.status = Status::forecast;
    r.generated_at = issued_at;
    if (const auto range = interval(i, 0.95); range && g_per_kwh[i] > 0) {
      r.error = RelativeError{range->low / *r.value - 1, range->high / *r.value - 1};
    }
    if (i >= climatology_from) r.flags.emplace_back("climatology");
    records.push_back(std::move(r));
  }
  return Trace(records);
}

Forecast forecast_of(std::span<const Record> records) {
  Forecast f;
  if (records.empty()) fail("no_data", "a forecast without records", {}, ErrorCategory::lookup);
  const Record& first = records.front();
  if (!first.generated_at) fail("bad_value", "generated_at: a forecast needs the time of its issue");
  f.method = first.provider.empty() ? "provider" : first.provider;
  f.issued_at = *first.generated_at;
  f.start = first.start;
  f.step = first.end - first.start;
  f.attributes = first;
  f.attributes.start = f.attributes.end = UtcTime{};
  f.attributes.value.reset();
  f.attributes.raw_value.reset();
  f.attributes.status = Status::forecast;
  UtcTime next = first.start;
  for (const Record& r : records) {
    if (r.generated_at != first.generated_at) fail("bad_value", "generated_at: records of one forecast have one issue");
    if (r.start != next || !r.value) {
      fail("gap", "the forecast has no value at " + format_utc(std::min(next, r.start)) + "; a forecast has no holes");
    }
    if (r.end - r.start != f.step) fail("bad_value", "the steps of a forecast are equal");
    f.g_per_kwh.push_back(r.value->g_per_kwh());
    next = r.end;
  }
  static_cast<void>(f.trace());  // refuses values that are no intensities
  return f;
}

// ---------------------------------------------------------------------------------------------------------------------
// What is known
// ---------------------------------------------------------------------------------------------------------------------
void detail::check_hour(UtcTime t, std::string_view what) {
  if (UtcTime(std::chrono::floor<std::chrono::hours>(t)) != t) {
    fail("bad_time", std::string(what) + ": a forecast is issued at the start of an hour, not at " + format_utc(t));
  }
}

void detail::check_known(std::span<const double> hours, UtcTime start, std::size_t from, std::size_t to) {
  for (std::size_t t = from; t < to; ++t) {
    if (!std::isnan(hours[t])) continue;
    const UtcTime hole = start + std::chrono::hours(static_cast<long>(t));
    fail("gap",
         "the series has no value in " + range_text(hole, hole + std::chrono::hours(1)) +
             ", which the forecast needs; fill it, or begin after it",
         {{"start", format_utc(hole)}, {"end", format_utc(hole + std::chrono::hours(1))}});
  }
}

void detail::check_enough(std::size_t known, Forecaster method, std::size_t horizon, UtcTime issued_at) {
  const std::size_t wanted = needed(method, horizon);
  if (known >= wanted) return;
  fail("too_short",
       "at " + format_utc(issued_at) + " " + std::to_string(known) + " hours are known; " + std::string(text(method)) +
           (horizon > week ? " beyond 168 h" : "") + " needs " + std::to_string(wanted) +
           "; give a longer series or a later issue",
       {{"known", static_cast<std::int64_t>(known)}, {"needed", static_cast<std::int64_t>(wanted)}});
}

void detail::trim(Hours& hours) {
  std::vector<double>& v = hours.g_per_kwh;
  while (!v.empty() && std::isnan(v.back())) v.pop_back();
  const auto first = std::find_if(v.begin(), v.end(), [](double x) { return !std::isnan(x); });
  hours.start += std::chrono::hours(first - v.begin());
  v.erase(v.begin(), first);
}

Record detail::attributes_of(const Trace& trace) {
  Record r = trace.record(0);
  r.start = r.end = UtcTime{};
  r.value.reset();
  r.raw_value.reset();
  r.raw_unit.clear();
  r.updated_at.reset();
  r.error.reset();
  r.flags.clear();
  r.origin = "forecast";
  r.status = Status::forecast;
  return r;
}

// ---------------------------------------------------------------------------------------------------------------------
// One forecast
// ---------------------------------------------------------------------------------------------------------------------
namespace {

std::size_t leads_of(std::chrono::hours horizon, std::size_t most) {
  if (horizon.count() < 1 || horizon.count() > static_cast<std::int64_t>(most)) {
    fail("bad_time", "horizon: 1 h to " + std::to_string(most) + " h, not " + std::to_string(horizon.count()) + " h");
  }
  return static_cast<std::size_t>(horizon.count());
}

void remark(Forecast& f) {
  if (f.climatology_from < f.size()) {
    f.issues.push_back({"climatology", f.attributes.zone,
                        "beyond 168 h the forecast is the mean of the same hour of the last 28 days"});
  }
  const bool all =
      std::all_of(f.half_widths.begin(), f.half_widths.end(), [](const auto& w) { return w[0].has_value(); });
  if (!all) {
    f.issues.push_back({"no_interval", f.attributes.zone,
                        "some hours have no interval: it needs the errors of at least 30 earlier issues, that is about "
                        "five weeks of hours more than the values"});
  }
}

}  // namespace

Forecast forecast(const Trace& trace, const ForecastOptions& options) {
  const std::size_t horizon = leads_of(options.horizon, detail::most_leads);
  if (options.issued_at) detail::check_hour(*options.issued_at, "issued_at");
  Hours known = hours_of(trace, options.issued_at.value_or(UtcTime::max()));
  detail::trim(known);
  const UtcTime issued_at = options.issued_at.value_or(known.end());
  detail::check_enough(known.size(), options.method, horizon, issued_at);
  if (known.end() < issued_at) {
    fail("gap",
         "the series has no value in " + detail::range_text(known.end(), issued_at) +
             ", just before the forecast is issued; issue it when the known values end",
         {{"start", format_utc(known.end())}, {"end", format_utc(issued_at)}});
  }
  // Without a fit, older hours change nothing.
  const std::size_t days = detail::errors_kept + (horizon - 1) / 24;
  std::size_t skip = 0;
  std::size_t needed = detail::needed(options.method, horizon);
  if (options.method != Forecaster::ridge28 && known.size() > needed + 24 * days) {
    skip = known.size() - needed - 24 * days;
  }
  const std::span<const double> v = std::span<const double>(known.g_per_kwh).subspan(skip);
  const std::size_t issue = v.size();
  detail::check_known(v, known.start + std::chrono::hours(static_cast<long>(skip)),
                      options.method == Forecaster::ridge28 ? 0 : issue - needed, issue);

  detail::Model model(v, options.method, horizon);
  const std::size_t earliest = options.intervals ? std::max(needed, issue > 24 * days ? issue - 24 * days : 0) : issue;
  detail::fit_until(model, issue, earliest);
  const detail::Grid grid = detail::grid_of(model, v, earliest, issue, issue, horizon);
  Forecast f;
  f.method = text(options.method);
  f.issued_at = f.start = issued_at;
  f.attributes = detail::attributes_of(trace);
  f.attributes.generated_at = issued_at;
  const std::span<const double> values = grid.of(grid.count - 1);
  f.g_per_kwh.assign(values.begin(), values.end());
  if (options.intervals) {
    const auto widths = grid.widths_of(grid.count - 1);
    f.half_widths.assign(widths.begin(), widths.end());
  }
  if (horizon > detail::week) f.climatology_from = detail::week;
  remark(f);
  return f;
}

void detail::fit_until(Model& model, std::size_t issue, std::size_t earliest) {
  std::size_t fits = 0;
  while (issue - fits * fit_every > earliest && issue - fits * fit_every >= needed_ridge + fit_every) ++fits;
  for (; fits > 0; --fits) model.fit(issue - fits * fit_every);
  model.fit(issue);
}

Forecast blend(const Trace& trace, UtcTime issued_at, std::chrono::hours horizon) {
  return forecast(trace, {.issued_at = issued_at, .horizon = horizon});
}

void forecast_values(std::span<const double> hours, std::size_t issue, Forecaster method, std::span<double> values) {
  const std::size_t horizon = leads_of(std::chrono::hours(static_cast<long>(values.size())), detail::week);
  const std::size_t needed = detail::needed(method, horizon);
  if (issue > hours.size() || issue < needed) {
    fail("too_short", "forecast_values: " + std::string(text(method)) + " needs " + std::to_string(needed) +
                          " hours before the issue, and the issue within the hours given");
  }
  const std::size_t skip = method == Forecaster::ridge28 ? 0 : issue - needed;
  const std::span<const double> v = hours.subspan(skip, issue - skip);
  if (std::any_of(v.begin(), v.end(), [](double x) { return !std::isfinite(x); })) {
    fail("gap", "forecast_values: an hour before the issue is not a finite number");
  }
  detail::Model model(v, method, horizon);
  model.fit(v.size());
  model.values(v.size(), values);
}

Forecast IntensitySource::forecast(UtcTime issued_at, std::chrono::hours horizon) const {
  detail::check_hour(issued_at, "issued_at");
  const std::size_t leads = leads_of(horizon, detail::most_leads);
  if (std::optional<Forecast> own = own_forecast(issued_at, horizon)) return *std::move(own);
  if (const Trace* whole = trace()) return intensity::forecast(*whole, {.issued_at = issued_at, .horizon = horizon});
  const auto back = static_cast<long>(detail::needed(Forecaster::blend, leads) + 24 * detail::errors_kept + leads);
  const Trace past = between(issued_at - std::chrono::hours(back), issued_at);
  if (past.empty() || past.record(past.size() - 1).status != Status::statistic) {
    return intensity::forecast(past, {.issued_at = issued_at, .horizon = horizon});
  }
  Forecast f;
  f.method = "statistic";
  f.issued_at = f.start = issued_at;
  const Trace ahead = between(issued_at, issued_at + horizon);
  f.attributes = detail::attributes_of(ahead);
  f.attributes.generated_at = issued_at;
  f.attributes.origin = ahead.record(0).origin;
  f.attributes.flags = ahead.record(0).flags;
  for (std::size_t k = 0; k < leads; ++k) {
    const auto value = ahead.at(issued_at + std::chrono::hours(static_cast<long>(k)));
    if (!value) fail("gap", "the source '" + describe().name + "' has no value for the time to come");
    f.g_per_kwh.push_back(value->g_per_kwh());
  }
  return f;
}

}  // namespace co2lib::intensity
