// SPDX-License-Identifier: MIT
// Carbon and water of an energy series, and which source prices it.
#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/intensity/location.hpp>
#include <co2lib/intensity/price.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/tracker/run.hpp>

#include "tracker/account.hpp"
#include "tracker/estimate.hpp"
#include "tracker/price_feed.hpp"
#include "tracker/timeline.hpp"

namespace co2lib::tracker {

Account account(std::span<const intensity::EnergySample> samples, const intensity::IntensitySource& source,
                const Facility& facility) {
  if (!(facility.pue >= 1) || !std::isfinite(facility.pue)) throw Error("meter.bad_input", "pue: must be at least 1");
  if (!(facility.wue >= 0) || !std::isfinite(facility.wue)) {
    throw Error("meter.bad_input", "wue: must be at least 0 L/kWh");
  }
  Account a;
  numeric::Sum joules;
  for (const intensity::EnergySample& s : samples) {
    if (!(s.energy.joules() >= 0) || !std::isfinite(s.energy.joules())) {
      throw Error("meter.bad_input", "energy_steps: an energy is negative or not finite");
    }
    if (s.end < s.start) throw Error("meter.bad_window", "energy_steps: a step ends before it starts");
    joules += s.energy.joules();
  }
  a.it_energy = Energy::from_joules(joules.value());
  a.facility_energy = a.it_energy * facility.pue;
  a.water = a.it_energy * WaterIntensity::from_l_per_kwh(facility.wue);
  try {
    const intensity::Priced priced = intensity::price(samples, source);
    a.operational = priced.mass * facility.pue;
    a.error = priced.error;
    for (const intensity::OriginLine& line : priced.origins) {
      a.origins.push_back({line.origin, line.energy, line.mass * facility.pue});
    }
    a.mean_intensity = priced.mean;
    a.issues = priced.issues;
    a.sources = priced.sources;
  } catch (const Error& error) {
    // Misuse stays an error; what the source does not know leaves the emissions without a value.
    if (error.code() != "intensity.out_of_range" && error.code() != "intensity.gap" &&
        error.code() != "intensity.no_data") {
      throw;
    }
    a.issues.push_back({"incomplete", "emissions", "part of the energy has no carbon intensity"});
    a.issues.push_back({error.code(), "intensity", error.what()});
  }
  return a;
}

PriceChoice choose_price(const Pricing& pricing, std::shared_ptr<const intensity::IntensitySource> source) {
  PriceChoice choice;
  // The location is checked also where it is not needed for the price.
  auto by_location = pricing.location.empty() ? nullptr : intensity::location_source(pricing.location);
  if (by_location) choice.location = by_location->describe().name;
  if (source) {
    choice.source = std::move(source);
  } else if (pricing.g_per_kwh) {
    choice.source = intensity::make_source(CarbonIntensity::from_g_per_kwh(*pricing.g_per_kwh));
  } else if (by_location) {
    choice.source = std::move(by_location);
  } else {
    choice.source = intensity::world_average();
    choice.issues.push_back({"location_unknown", "location",
                             "world average used; give a location (a country such as FRA, a subdivision such as US-WY, "
                             "or a cloud region such as gcp:us-central1) or an intensity"});
  }
  return choice;
}

namespace detail {

namespace {

/// The time that prices are asked for where the wall clock was not set: when this version was made.
constexpr UtcTime made{std::chrono::sys_days(std::chrono::year(2026) / 12 / 1)};

/// The intensities that were stored with the flushes of a segment.
std::shared_ptr<const intensity::IntensitySource> stored_source(const RunSegment& segment) {
  const std::vector<intensity::Record> records = records_of(segment.frames, segment.pricing.intensity_text);
  // A source that was given and never answered leaves the run without a price, not with another one.
  if (records.empty() && segment.pricing.intensity_text.empty()) return nullptr;
  return intensity::make_source(intensity::Trace::chained(records));
}

void add_text(std::string& list, const std::string& more, const std::string& between = ", ") {
  if (more.empty() || (between + list + between).find(between + more + between) != std::string::npos) return;
  list += (list.empty() ? "" : between) + more;
}

}  // namespace

RunEnergy::RunEnergy(std::vector<intensity::EnergySample> samples) : samples_(std::move(samples)) {
  for (const intensity::EnergySample& s : samples_) {
    latest_end_.push_back(latest_end_.empty() ? s.end : std::max(latest_end_.back(), s.end));
  }
}

std::vector<intensity::EnergySample> RunEnergy::within(UtcTime begin, UtcTime end,
                                                       std::chrono::nanoseconds shift) const {
  std::vector<intensity::EnergySample> part;
  const auto first =
      std::partition_point(latest_end_.begin(), latest_end_.end(), [&](UtcTime t) { return t <= begin; });
  double joules = 0;
  for (auto s = samples_.begin() + (first - latest_end_.begin()); s != samples_.end() && s->start < end; ++s) {
    const UtcTime from = std::max(s->start, begin);
    const UtcTime to = std::min(s->end, end);
    if (from >= to) continue;
    const double share = static_cast<double>((to - from).count()) / static_cast<double>((s->end - s->start).count());
    part.push_back({from + shift, to + shift, s->energy * share});
    joules += part.back().energy.joules();
  }
  if (!(joules > 0)) return {};
  numeric::stable_sort(part, [](const auto& a, const auto& b) { return a.start < b.start; });
  return part;
}

SegmentPrice::SegmentPrice(const RunSegment& segment, std::shared_ptr<const intensity::IntensitySource> source)
    : facility_(segment.pricing.facility) {
  const bool given = source != nullptr;
  if (!given && !segment.pricing.g_per_kwh) {
    source = stored_source(segment);
    if (source) name_ = segment.pricing.intensity_text;
  }
  const bool by_place = !source && !segment.pricing.g_per_kwh;
  choice_ = choose_price(segment.pricing, std::move(source));
  if (by_place) shift_ = price_shift(segment);
}

std::chrono::nanoseconds price_shift(const RunSegment& segment) {
  return is_unset(segment.begin_utc) ? made - segment.begin_utc : std::chrono::nanoseconds::zero();
}

Account SegmentPrice::account(std::vector<intensity::EnergySample> samples) const {
  for (intensity::EnergySample& sample : samples) {
    sample.start += shift_;
    sample.end += shift_;
  }
  return tracker::account(samples, *choice_.source, facility_);
}

std::string SegmentPrice::name() const { return name_.empty() ? choice_.source->describe().name : name_; }

std::string SegmentPrice::line(std::span<const intensity::EnergySample> samples) const {
  if (samples.empty() || !name_.empty()) return name();
  const auto first =
      std::min_element(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  const auto last =
      std::max_element(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.end < b.end; });
  return choice_.source->line(first->start + shift_, last->end + shift_);
}

Estimate<CarbonMass> SegmentPrice::carbon(const Estimate<Energy>& energy, CarbonIntensity mean,
                                          const std::optional<intensity::RelativeError>& error_in) const {
  Estimate<CarbonMass> carbon;
  if (energy.value) carbon.value = *energy.value * mean * facility_.pue;
  if (!energy.bounds || !energy.interval) return carbon;
  const auto range = [&](const Interval<Energy>& e, double low, double high, double confidence) {
    return Interval<CarbonMass>{e.low * mean * facility_.pue * (1 + low), e.high * mean * facility_.pue * (1 + high),
                                confidence};
  };
  const auto error = error_in.value_or(intensity::RelativeError{});
  carbon.bounds = range(*energy.bounds, 0, 0, 1.0);
  carbon.interval = range(*energy.interval, error.low, error.high, 0.95);
  return carbon;
}

MeanPrice SegmentPrice::mean_over(UtcTime begin, UtcTime end, const RunEnergy& run) const {
  MeanPrice result;
  try {
    // A kilowatt-hour that is evenly spread shows the mean over the time; it is that of the energy too, to the last
    // bit, unless power and intensity both changed.
    const intensity::EnergySample even{begin + shift_, end + shift_, Energy::from_kwh(1)};
    intensity::Priced priced = intensity::price(std::span(&even, 1), *choice_.source);
    result = {priced.mean, priced.error, std::move(priced.issues)};
    const std::vector<intensity::EnergySample> used = run.within(begin, end, shift_);
    if (used.size() < 2 || !result.mean) return result;
    intensity::Priced by_use = intensity::price(used, *choice_.source);
    const double mean = result.mean->g_per_kwh();
    const double used_mean = by_use.mean.value_or(*result.mean).g_per_kwh();
    if (std::fabs(used_mean - mean) > 1e-12 * std::fabs(mean)) result.mean = by_use.mean;
    result.error = by_use.error;
  } catch (const Error& error) {
    result.issues.push_back({error.code(), "intensity", error.what()});
  } catch (const std::exception& error) {
    result.issues.push_back({"intensity_failed", "intensity", error.what()});
  }
  return result;
}

MeanPrice SegmentPrice::add_carbon(RegionResult& region, const RunEnergy& run) const {
  const auto length = std::chrono::duration_cast<std::chrono::nanoseconds>(region.duration);
  MeanPrice price = mean_over(region.start, region.start + length, run);
  if (price.mean) region.carbon = carbon(region.energy, *price.mean, price.error);
  region.carbon.issues = price.issues;
  return price;
}

void Bill::add(const RunSegment& segment, const SegmentPrice& price, const Estimate<Energy>& energy,
               const std::vector<intensity::EnergySample>& samples) {
  Item item{.segment = &segment,
            .choice = price.choice(),
            .source = price.name(),
            .priced_with = price.line(samples),
            .energy = energy,
            .account = {},
            .carbon = {}};
  if (energy.value) {
    item.account = price.account(samples);
    if (item.account.operational && item.account.mean_intensity) {
      item.carbon = price.carbon(energy, *item.account.mean_intensity, item.account.error);
      item.carbon.value = item.account.operational;
    }
  }
  items_.push_back(std::move(item));
}

void Bill::write(Footprint& f) const {
  numeric::Sum facility_j;
  numeric::Sum litres;
  numeric::Sum grams;
  numeric::Sum priced_j;
  Estimate<Water> water;
  bool priced = true;
  for (const Item& item : items_) {
    add_text(f.location, item.choice.location);
    add_text(f.intensity_source, item.source);
    add_text(f.priced_with, item.priced_with, "; ");
    add_issues(f.issues, item.choice.issues);
    if (!item.energy.value) continue;
    const Facility& facility = item.segment->pricing.facility;
    facility_j += item.energy.value->joules() * facility.pue;
    const auto wue = WaterIntensity::from_l_per_kwh(facility.wue);
    litres += (*item.energy.value * wue).litres();
    add_to(water,
           {.value = *item.energy.value * wue,
            .bounds = Interval<Water>{item.energy.bounds->low * wue, item.energy.bounds->high * wue, 1.0},
            .interval = Interval<Water>{item.energy.interval->low * wue, item.energy.interval->high * wue, 0.95}});
    priced = priced && item.account.operational;
    if (item.account.mean_intensity) {
      grams += (item.account.it_energy * *item.account.mean_intensity).grams();
      priced_j += item.account.it_energy.joules();
    }
    add_to(f.operational, item.carbon);
    for (const CarbonOrigin& line : item.account.origins) {
      const auto same = std::find_if(f.origins.begin(), f.origins.end(),
                                     [&](const CarbonOrigin& known) { return known.origin == line.origin; });
      if (same == f.origins.end()) {
        f.origins.push_back(line);
      } else {
        same->energy += line.energy;
        same->operational += line.operational;
      }
    }
    for (const Source& s : item.account.sources) add_source(f.operational.sources, s);
    add_issues(f.operational.issues, item.account.issues);
    for (const Issue& issue : item.account.issues) {
      if (issue.code == "world_average" && has_issue(f.issues, "location_unknown")) continue;  // said already
      add_issue(f.issues, issue);
    }
    for (const Source& s : item.account.sources) add_source(f.sources, s);
    if (items_.size() == 1) f.carbon_intensity = item.account.mean_intensity;
  }
  if (!items_.empty()) f.facility = items_.front().segment->pricing.facility;
  if (!f.energy.value) return;
  if (!priced) f.operational.value.reset();
  f.facility_energy = Energy::from_joules(facility_j.value());
  const double joules = f.energy.value->joules();
  for (const Item& item : items_) {
    const Facility& facility = item.segment->pricing.facility;
    if (joules > 0 && facility.pue != f.facility.pue) f.facility.pue = facility_j.value() / joules;
    if (joules > 0 && facility.wue != f.facility.wue) f.facility.wue = litres.value() / f.energy.value->kwh();
  }
  if (items_.size() > 1 && priced_j.value() > 0) {
    f.carbon_intensity = CarbonMass::from_grams(grams.value()) / Energy::from_joules(priced_j.value());
  }
  if (f.facility.wue > 0) f.water = water;
}

}  // namespace detail

}  // namespace co2lib::tracker
