// SPDX-License-Identifier: MIT
#include <co2lib/inference/life.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <co2lib/inference/refuse.hpp>
#include <co2lib/intensity/trace.hpp>

namespace co2lib::inference {

namespace {

using detail::not_negative;
using detail::out_of_range;
using detail::positive;
using detail::share;

constexpr double j_per_wh = 3600;

/// Whole times that something of a life of `each` years is needed in `years`.
double times(double years, double each, const char* field) { return std::ceil(years / positive(each, field) - 1e-9); }

/// The sum of intensity over the years, g/kWh times years.
double intensity_years(const Life& life) {
  if (life.ci_by_year.empty()) return not_negative(life.ci_g_per_kwh, "ci_g_per_kwh") * life.years;
  numeric::Sum sum;
  for (std::size_t i = 0; i < life.ci_by_year.size(); ++i) {
    const double from = static_cast<double>(i);
    const bool last = i + 1 == life.ci_by_year.size();
    const double length = std::max(0.0, last ? life.years - from : std::min(life.years - from, 1.0));
    sum += not_negative(life.ci_by_year[i], "ci_by_year") * length;
  }
  return sum.value();
}

void check(const Ranged& r, const char* field) {
  not_negative(r.low, field);
  if (!(r.low <= r.value && r.value <= r.high) || !std::isfinite(r.high)) {
    out_of_range(std::string(field) + ": low <= value <= high does not hold");
  }
}

}  // namespace

DutyEnergy duty_cycle(const DutyCycle& c) {
  positive(c.period_s, "period_s");
  not_negative(c.ci_g_per_kwh, "ci_g_per_kwh");
  const double eta = share(c.efficiency, "efficiency");
  const double n = not_negative(c.n_inferences, "n_inferences");
  double awake = n * not_negative(c.t_inf_s, "t_inf_s") + not_negative(c.t_idle_s, "t_idle_s");
  numeric::Sum extra;
  for (const DutyEvent& event : c.extra) {
    const double count = not_negative(event.n, "extra.n");
    extra += count * not_negative(event.e_mj, "extra.e_mj") / 1000;
    awake += count * not_negative(event.t_s, "extra.t_s");
  }
  double sleep_s = c.period_s;
  if (c.sleep == Sleep::residual) {
    sleep_s -= awake;
    if (sleep_s < -1e-9 * c.period_s) {
      out_of_range("period_s: " + numeric::text(c.period_s) + " s are shorter than the " + numeric::text(awake) +
                   " s that the device is awake in them");
    }
    sleep_s = std::max(sleep_s, 0.0);
  }
  DutyEnergy e;
  e.inference_wh = n * not_negative(c.e_inf_mj, "e_inf_mj") / 1000 / j_per_wh / eta;
  e.extra_wh = extra.value() / j_per_wh / eta;
  e.idle_wh = not_negative(c.p_idle_w, "p_idle_w") * c.t_idle_s / j_per_wh / eta;
  e.sleep_wh = not_negative(c.p_sleep_w, "p_sleep_w") * sleep_s / j_per_wh / eta;
  e.total_wh = e.inference_wh + e.extra_wh + e.idle_wh + e.sleep_wh;
  e.average_w = e.total_wh * j_per_wh / c.period_s;
  e.carbon_g = e.total_wh / 1000 * c.ci_g_per_kwh;
  return e;
}

double break_even(double embodied_kg, double e_inf_mj, double ci_g_per_kwh) {
  const double grams_each =
      positive(e_inf_mj, "e_inf_mj") / 1000 / joules_per_kwh * positive(ci_g_per_kwh, "ci_g_per_kwh");
  return 1000 * not_negative(embodied_kg, "embodied_kg") / grams_each;
}

BatteryLife battery_life(const Battery& b, double average_w, double years) {
  constexpr double day_s = 86400;
  positive(b.battery_j, "battery_j");
  positive(years, "years");
  const double content = b.battery_j * share(b.usable, "usable");
  const double leak = content * not_negative(b.self_discharge_per_year, "self_discharge_per_year") / (365 * day_s);
  const double drawn = std::max(0.0, positive(average_w, "average_w") - not_negative(b.harvest_w, "harvest_w")) + leak;
  const double eta = share(b.efficiency, "efficiency");
  if (drawn == 0) return {std::numeric_limits<double>::infinity(), 1};
  const double days = content * eta / (drawn * day_s);
  return {days, std::max(1.0, std::ceil(365 * years / days - 1e-9))};
}

LifeFootprint lifetime(const Life& life) {
  const double years = positive(life.years, "years");
  LifeFootprint f;
  f.embodied_kg = not_negative(life.embodied_kg, "embodied_kg") * positive(life.truncation, "truncation");
  f.operational_kg = not_negative(life.annual_energy_kwh, "annual_energy_kwh") * intensity_years(life) / 1000;
  not_negative(life.battery_kg, "battery_kg");
  if (life.battery_years) f.batteries_kg = life.battery_kg * times(years, *life.battery_years, "battery_years");
  not_negative(life.replacement_kg, "replacement_kg");
  if (life.replacement_years) {
    f.replacements_kg =
        life.replacement_kg * std::max(0.0, times(years, *life.replacement_years, "replacement_years") - 1);
  }
  f.transport_kg = not_negative(life.transport_kg, "transport_kg");
  f.eol_kg = not_negative(life.eol_kg, "eol_kg");
  f.total_kg = f.embodied_kg + f.operational_kg + f.batteries_kg + f.transport_kg + f.replacements_kg + f.eol_kg;
  f.kg_per_year = f.total_kg / years;
  f.operational_share = f.total_kg > 0 ? f.operational_kg / f.total_kg : 0;
  return f;
}

namespace {

constexpr double most_unknown = 0.05;  ///< of a year's weight; ours

std::array<double, 24> weights_of(const std::vector<double>& use_by_hour) {
  std::array<double, 24> weights{};
  if (use_by_hour.empty()) {
    weights.fill(1);
    return weights;
  }
  if (use_by_hour.size() != weights.size()) {
    out_of_range(
        fmt::format("use_by_hour: {} numbers; give 24, one for each hour of a day in UTC", use_by_hour.size()));
  }
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] = not_negative(use_by_hour[i], "use_by_hour");
  positive(sum, "use_by_hour");
  return weights;
}

/// The mean of a year's hours, by the use of each.
double intensity_of_year(const intensity::Trace& trace, UtcTime begin, const std::array<double, 24>& weights) {
  constexpr int hours = 365 * 24;
  numeric::Sum sum;
  double known = 0;
  double all = 0;
  for (int i = 0; i < hours; ++i) {
    const UtcTime at = begin + std::chrono::hours(i);
    const auto of_day = std::chrono::floor<std::chrono::hours>(at - std::chrono::floor<std::chrono::days>(at));
    const double weight = weights[static_cast<std::size_t>(of_day.count())];
    if (weight == 0) continue;
    all += weight;
    const auto value = trace.mean(at, at + std::chrono::hours(1));
    if (!value) continue;
    known += weight;
    sum += weight * not_negative(value->g_per_kwh(), "trace");
  }
  if (known < (1 - most_unknown) * all) {
    out_of_range(fmt::format("trace: {:.1f} % of the use in the year from {} has no value; at most 5 % may lack it",
                             100 * (1 - known / all), format_utc(begin)));
  }
  return sum.value() / known;
}

}  // namespace

std::vector<double> intensity_by_year(const intensity::Trace& trace, const std::vector<double>& use_by_hour) {
  const std::array<double, 24> weights = weights_of(use_by_hour);
  constexpr auto year = std::chrono::hours(365 * 24);
  const UtcTime end = trace.end();
  if (end - trace.start() < year) {
    const auto days = std::chrono::floor<std::chrono::days>(end - trace.start()).count();
    out_of_range(fmt::format("trace: it covers {} days; a life needs all seasons, so at least 365", days));
  }
  std::vector<double> years{};
  for (UtcTime at = trace.start(); at + year <= end; at += year) {
    years.push_back(intensity_of_year(trace, at, weights));
  }
  return years;
}

LifeInterval lifetime_interval(const Life& life, const LifeRanges& ranges) {
  if (ranges.embodied_kg && life.truncation != 1) {
    out_of_range("truncation: " + numeric::text(life.truncation) +
                 " beside a range; the total of a bill of materials contains its truncation");
  }
  if (ranges.ci_g_per_kwh && !life.ci_by_year.empty()) {
    out_of_range("ci_by_year: give either the intensity of each year or one with its range");
  }
  const auto at = [&](double Ranged::*end) {
    Life one = life;
    const auto take = [&](const std::optional<Ranged>& range, const char* field, double& x) {
      if (!range) return;
      check(*range, field);
      x = (*range).*end;
    };
    take(ranges.embodied_kg, "embodied_kg", one.embodied_kg);
    take(ranges.annual_energy_kwh, "annual_energy_kwh", one.annual_energy_kwh);
    take(ranges.ci_g_per_kwh, "ci_g_per_kwh", one.ci_g_per_kwh);
    return lifetime(one);
  };
  return {at(&Ranged::value), at(&Ranged::low), at(&Ranged::high)};
}

Payback payback(const Option& now, const Option& better, const Ranged& ci) {
  check(now.embodied_kg, "now.embodied_kg");
  check(now.annual_energy_kwh, "now.annual_energy_kwh");
  check(better.embodied_kg, "better.embodied_kg");
  check(better.annual_energy_kwh, "better.annual_energy_kwh");
  check(ci, "ci_g_per_kwh");
  const auto years = [](double extra_kg, double saved_kwh, double g_per_kwh) -> std::optional<double> {
    if (saved_kwh < 0) return std::nullopt;  // it is not the better one in use
    if (extra_kg <= 0) return 0;             // it costs no more to make
    const double saved_kg = saved_kwh * g_per_kwh / 1000;
    return saved_kg > 0 ? std::optional(extra_kg / saved_kg) : std::nullopt;
  };
  Payback p;
  p.extra_embodied_kg = better.embodied_kg.value - now.embodied_kg.value;
  p.saved_kg_per_year = (now.annual_energy_kwh.value - better.annual_energy_kwh.value) * ci.value / 1000;
  p.years = years(p.extra_embodied_kg, now.annual_energy_kwh.value - better.annual_energy_kwh.value, ci.value);
  p.low_years = years(better.embodied_kg.low - now.embodied_kg.high,
                      now.annual_energy_kwh.high - better.annual_energy_kwh.low, ci.high)
                    .value_or(std::numeric_limits<double>::infinity());
  p.high_years = years(better.embodied_kg.high - now.embodied_kg.low,
                       now.annual_energy_kwh.low - better.annual_energy_kwh.high, ci.low);
  return p;
}

}  // namespace co2lib::inference
