// SPDX-License-Identifier: MIT
#include <co2lib/tracker/footprint.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include <co2lib/hub.hpp>
#include <co2lib/intensity/location.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/tracker/run.hpp>
#include <co2lib/version.hpp>

#include "detail/json.hpp"

namespace co2lib::tracker {

namespace {

using co2lib::detail::Json;

/// Energy of a meter over its whole segment, from what the log holds.
meter::WindowEnergy whole_energy(const MeterState& m, const MeterPoint& point) {
  meter::WindowSums sums;
  sums.counts = point.counts;
  sums.ambiguous = m.ambiguous;
  sums.joules = numeric::Sum(point.joules);
  sums.low_j = numeric::Sum(point.low_j);
  sums.high_j = numeric::Sum(point.high_j);
  sums.covered = m.covered;
  sums.samples = m.samples;
  const auto add_gap = [&](MonotonicTime begin, MonotonicTime end, double lower) {
    if (end > begin) sums.gaps.push_back({Seconds(end - begin).count(), lower});
  };
  for (const MeterGap& gap : m.gaps) add_gap(gap.begin, gap.end, gap.lower_j);
  const MonotonicTime first = m.first.value_or(m.last);
  if (m.any_good) {
    add_gap(first, m.reached_begin, 0);
    add_gap(m.reached_end, m.last, 0);
  } else {
    add_gap(first, m.last, 0);
  }
  return meter::Curve(m.info).energy(sums, Seconds(m.last - first).count());
}

double point_joules(const meter::MeterInfo& info, const MeterPoint& point) {
  return info.kind == meter::Kind::counter ? info.unit.joules(static_cast<double>(point.counts)) : point.joules;
}

Estimate<Energy> to_estimate(const meter::Part& p) {
  Estimate<Energy> e;
  if (!p.present) return e;
  if (p.energy_j) e.value = Energy::from_joules(*p.energy_j);
  e.bounds = Interval<Energy>{Energy::from_joules(p.low_j), Energy::from_joules(p.high_j), 1.0};
  e.interval = Interval<Energy>{Energy::from_joules(p.interval_low_j), Energy::from_joules(p.interval_high_j), 0.95};
  return e;
}

using Span = std::pair<UtcTime, UtcTime>;
/// For every segment and meter, the times at which another segment counts the same device.
using Exclusions = std::vector<std::vector<std::vector<Span>>>;

/// What tells a device from all others: a GPU's UUID, or the meter's id on one boot of one machine.
std::string device_key(const RunSegment& s, const MeterState& m) {
  if (m.info.device == meter::Device::gpu && m.info.id.starts_with("GPU-")) return m.info.id;
  return s.boot_id + "/" + m.info.id;
}

/// Devices that several segments measured at the same time are counted by the longest measurement, and by the others
/// only outside of it. Decided from all segments at once, so that merging is associative.
Exclusions find_exclusions(const std::vector<RunSegment>& segments) {
  Exclusions exclusions(segments.size());
  struct Claim {
    std::size_t segment;
    std::size_t meter;
    Span span;
    std::string key;
  };
  std::vector<Claim> claims;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    exclusions[s].resize(segments[s].meters.size());
    for (std::size_t i = 0; segments.size() > 1 && i < segments[s].meters.size(); ++i) {
      const MeterState& m = segments[s].meters[i];
      const UtcTime first = segments[s].begin_utc + (m.first.value_or(m.last) - segments[s].begin);
      claims.push_back({s, i, {first, first + (m.last - m.first.value_or(m.last))}, device_key(segments[s], m)});
    }
  }
  std::sort(claims.begin(), claims.end(), [&](const Claim& a, const Claim& b) {
    const auto rank = [&](const Claim& c) {
      const RunSegment& s = segments[c.segment];
      return std::make_tuple(c.key, c.span.first - c.span.second, c.span.first, s.pid, s.begin, s.frames.size());
    };
    return rank(a) < rank(b);
  });
  for (std::size_t c = 0; c < claims.size(); ++c) {
    for (std::size_t earlier = c; earlier-- > 0 && claims[earlier].key == claims[c].key;) {
      const UtcTime begin = std::max(claims[c].span.first, claims[earlier].span.first);
      const UtcTime end = std::min(claims[c].span.second, claims[earlier].span.second);
      if (begin < end) exclusions[claims[c].segment][claims[c].meter].emplace_back(begin, end);
    }
  }
  for (auto& segment : exclusions) {
    for (auto& spans : segment) {  // made disjoint
      std::sort(spans.begin(), spans.end());
      std::vector<Span> merged;
      for (const Span& span : spans) {
        if (!merged.empty() && span.first <= merged.back().second) {
          merged.back().second = std::max(merged.back().second, span.second);
        } else {
          merged.push_back(span);
        }
      }
      spans = std::move(merged);
    }
  }
  return exclusions;
}

/// The part of `[begin, end)` that is not excluded, 0 to 1.
double kept_share(UtcTime begin, UtcTime end, const std::vector<Span>& excluded) {
  if (excluded.empty() || end <= begin) return 1;
  auto out = std::chrono::nanoseconds::zero();
  for (const Span& span : excluded) {
    const auto overlap = std::min(end, span.second) - std::max(begin, span.first);
    if (overlap > overlap.zero()) out += overlap;
  }
  return 1 - static_cast<double>(out.count()) / static_cast<double>((end - begin).count());
}

/// The meters of a segment with their roles and records.
struct SegmentResult {
  std::vector<meter::MeterInfo> infos;
  std::vector<meter::WindowEnergy> windows;
  std::vector<meter::ZoneRole> roles;
  meter::Totals totals;
  bool platform_only = false;
};

/// Scales the energy of a meter to what it measured outside of the excluded times.
void keep_outside(const RunSegment& segment, std::size_t i, const std::vector<Span>& excluded, meter::WindowEnergy& w) {
  numeric::Sum all;
  numeric::Sum kept;
  const auto& frames = segment.frames;
  for (std::size_t f = 1; f < frames.size(); ++f) {
    const double joules = point_joules(segment.meters[i].info, frames[f].meters[i]) -
                          point_joules(segment.meters[i].info, frames[f - 1].meters[i]);
    const UtcTime end = frames[f].utc;
    all += joules;
    kept += numeric::product(joules, kept_share(end - (frames[f].mono - frames[f - 1].mono), end, excluded));
  }
  const double share = all.value() > 0 ? std::clamp(kept.value() / all.value(), 0.0, 1.0)
                                       : kept_share(segment.begin_utc, segment.end_utc, excluded);
  for (double* x : {&w.measured_j, &w.low_j, &w.high_j, &w.interval_low_j, &w.interval_high_j}) *x *= share;
  if (w.energy_j) w.energy_j = *w.energy_j * share;
  if (w.estimated_j) w.estimated_j = *w.estimated_j * share;
}

SegmentResult evaluate(const RunSegment& segment, const std::vector<std::vector<Span>>& excluded) {
  SegmentResult r;
  const std::vector<MeterPoint> none(segment.meters.size());
  const std::vector<MeterPoint>& points = segment.frames.empty() ? none : segment.frames.back().meters;
  for (std::size_t i = 0; i < segment.meters.size(); ++i) {
    r.infos.push_back(segment.meters[i].info);
    r.windows.push_back(whole_energy(segment.meters[i], i < points.size() ? points[i] : MeterPoint{}));
    if (!excluded[i].empty()) keep_outside(segment, i, excluded[i], r.windows.back());
  }
  r.roles = meter::zone_roles(
      r.infos, [&](std::size_t i, std::size_t j) { return segment.meters[j].mirror_of == std::optional(i); });
  r.totals = meter::add_up(r.infos, r.windows, r.roles);
  r.platform_only = has_issue(r.totals.issues, "platform_only");
  return r;
}

bool in_total(const SegmentResult& r, std::size_t i) {
  if (r.platform_only) {
    return r.infos[i].domain == meter::Domain::psys || (r.roles[i].counted && r.infos[i].domain == meter::Domain::gpu);
  }
  return r.roles[i].counted;
}

/// The energy of a segment as it was used over time: what was measured between flushes, and the fill of gaps.
void append_samples(const RunSegment& segment, const SegmentResult& r, const std::vector<std::vector<Span>>& excluded,
                    std::vector<intensity::EnergySample>& samples) {
  const auto& frames = segment.frames;
  for (std::size_t f = 1; f < frames.size(); ++f) {
    numeric::Sum joules;
    const UtcTime end = frames[f].utc;
    const UtcTime begin = end - (frames[f].mono - frames[f - 1].mono);
    for (std::size_t i = 0; i < segment.meters.size(); ++i) {
      if (!in_total(r, i)) continue;
      const double step =
          point_joules(r.infos[i], frames[f].meters[i]) - point_joules(r.infos[i], frames[f - 1].meters[i]);
      joules += numeric::product(step, kept_share(begin, end, excluded[i]));
    }
    if (begin < end) samples.push_back({begin, end, Energy::from_joules(std::max(0.0, joules.value()))});
  }
  const auto utc_of = [&](MonotonicTime t) {
    for (const Frame& frame : frames) {
      if (frame.mono >= t) return frame.utc - (frame.mono - t);
    }
    return segment.end_utc - (segment.end - t);
  };
  for (std::size_t i = 0; i < segment.meters.size(); ++i) {
    const MeterState& m = segment.meters[i];
    const meter::WindowEnergy& w = r.windows[i];
    const double uncovered = w.duration_s - w.covered_s;
    if (!in_total(r, i) || !w.estimated_j || *w.estimated_j <= 0 || uncovered <= 0) continue;
    // The fill is spread over the uncovered time.
    const double watts = *w.estimated_j / uncovered;
    const auto fill = [&](MonotonicTime begin, MonotonicTime end) {
      if (end <= begin) return;
      const UtcTime utc = utc_of(end);
      samples.push_back(
          {utc - (end - begin), utc, Energy::from_joules(numeric::product(watts, Seconds(end - begin).count()))});
    };
    for (const MeterGap& gap : m.gaps) fill(gap.begin, gap.end);
    fill(m.first.value_or(m.reached_begin), m.reached_begin);
    fill(m.reached_end, m.last);
  }
}

/// The intensities that were stored with the flushes.
std::shared_ptr<const intensity::IntensitySource> stored_source(const Run& run) {
  std::vector<intensity::TimedValue> values;
  for (const RunSegment& segment : run.segments) {
    for (std::size_t f = 1; f < segment.frames.size(); ++f) {
      const Frame& frame = segment.frames[f];
      const auto length = frame.mono - segment.frames[f - 1].mono;
      if (!frame.g_per_kwh || length <= MonotonicTime::zero()) continue;
      UtcTime begin = frame.utc - length;
      if (!values.empty() && begin < values.back().end) begin = values.back().end;
      if (begin < frame.utc) {
        values.push_back({begin, frame.utc, CarbonIntensity::from_g_per_kwh(*frame.g_per_kwh)});
      }
    }
  }
  // A source that was given and never answered leaves the run without a price, not with another one.
  if (values.empty()) {
    return run.pricing.intensity_text.empty() ? nullptr : intensity::make_source(intensity::Trace());
  }
  intensity::Record attributes;
  attributes.origin = "stored";
  attributes.source = {run.pricing.intensity_text, "intensity stored with the run", 0, ""};
  return intensity::make_source(intensity::Trace(std::move(attributes), values));
}

/// A counter lags and moves in steps: of a shorter run it shows too few of them.
bool too_short(const meter::Record& r) {
  const std::string& p = r.meter.provider;
  const bool rapl = p == "powercap" || p == "perf_event" || p == "msr";
  const double least_s = r.meter.device == meter::Device::gpu ? 0.2 : rapl ? 0.1 : 0;
  return r.meter.kind == meter::Kind::counter && r.window.duration_s > 0 && r.window.duration_s < least_s;
}

/// The shares of one kind, over all divided meters.
void add_share(Estimate<Energy>& sum, const meter::Record& record) {
  const Estimate<Energy> more = record.energy();
  if (!sum.bounds) {
    sum = more;
    sum.issues.clear();
    return;
  }
  sum.value = sum.value && more.value ? std::optional(*sum.value + *more.value) : std::nullopt;
  sum.bounds->low += more.bounds->low;
  sum.bounds->high += more.bounds->high;
  sum.interval->low += more.interval->low;
  sum.interval->high += more.interval->high;
}

/// The place of a footprint, which may have been written by another version with other tables.
intensity::Place place_of(const std::string& location) {
  try {
    return location.empty() ? intensity::Place{} : intensity::place(location);
  } catch (const Error&) {
    return {.key = location, .name = {}, .country = {}, .country_name = {}, .subdivision = {}};
  }
}

std::string number(double x) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr};
}

Json issues_json(const std::vector<Issue>& issues) {
  Json list = Json::array();
  for (const Issue& i : issues) list.push_back(Json{{"code", i.code}, {"subject", i.subject}, {"text", i.text}});
  return list;
}

Json maybe(std::optional<double> x) { return x ? Json(*x) : Json(nullptr); }

Json part_json(const meter::Part& p) {
  if (!p.present) return nullptr;
  return Json{{"energy_j", maybe(p.energy_j)},
              {"bounds_j", {p.low_j, p.high_j}},
              {"interval_j", {p.interval_low_j, p.interval_high_j}}};
}

Json record_json(const DeviceFootprint& d) {
  const meter::Record& r = d.record;
  const meter::WindowEnergy& w = r.window;
  Json j{{"id", r.meter.id},
         {"device", std::string(meter::text(r.meter.device))},
         {"domain", std::string(meter::text(r.meter.domain))},
         {"name", r.meter.name},
         {"counted", d.counted},
         {"energy_j", maybe(w.energy_j)},
         {"measured_j", w.measured_j},
         {"estimated_j", maybe(w.estimated_j)},
         {"bounds_j", {w.low_j, w.high_j}},
         {"interval_j", {w.interval_low_j, w.interval_high_j}},
         {"method", std::string(meter::text(r.method))},
         {"coverage", maybe(w.coverage())},
         {"mean_w", r.mean_power() ? Json(r.mean_power()->watts()) : Json(nullptr)},
         {"duration_s", w.duration_s},
         {"wraps", r.events.wraps},
         {"resets", r.events.resets},
         {"missed_reads", r.events.missed_reads},
         {"glitches", r.events.glitches},
         {"late_ticks", r.events.late_ticks},
         {"issues", issues_json(r.issues)},
         {"provider", r.meter.provider}};
  if (!d.mirror_of.empty()) j["mirror_of"] = d.mirror_of;
  if (!d.duplicate_of.empty()) j["duplicate_of"] = d.duplicate_of;
  j["provenance"] =
      Json{{"zone", r.meter.id},
           {"unit_j", r.meter.kind == meter::Kind::counter ? Json(r.meter.unit.joules(1)) : Json(nullptr)},
           {"scope", r.meter.scope},
           {"library", CO2LIB_VERSION},
           {"text", r.meter.provenance}};
  return j;
}

template <class Q, class Read>
Json estimate_json(const Estimate<Q>& e, const std::string& unit, Read read) {
  Json j;
  j["value_" + unit] = e.value ? Json(read(*e.value)) : Json(nullptr);
  j["bounds_" + unit] = e.bounds ? Json{read(e.bounds->low), read(e.bounds->high)} : Json(nullptr);
  j["interval_" + unit] = e.interval ? Json{read(e.interval->low), read(e.interval->high)} : Json(nullptr);
  return j;
}

template <class Q>
std::string text_of(const Estimate<Q>& e) {
  if (!e.value) return "unknown";
  std::string text = to_string(*e.value);
  if (e.interval) text += " (" + to_string(e.interval->low) + " to " + to_string(e.interval->high) + ")";
  return text;
}

}  // namespace

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

Footprint Run::footprint() const {
  Footprint f;
  f.run_id = run_id;
  f.facility = pricing.facility;
  f.issues = issues;
  f.segments = static_cast<std::int64_t>(segments.size());
  f.complete =
      !segments.empty() && std::all_of(segments.begin(), segments.end(), [](const auto& s) { return s.ended; });

  std::shared_ptr<const intensity::IntensitySource> given = source;
  if (!given && !pricing.g_per_kwh) given = stored_source(*this);
  const PriceChoice price = choose_price(pricing, given);
  f.location = price.location;

  std::vector<intensity::EnergySample> samples;
  std::vector<std::pair<UtcTime, UtcTime>> times;
  std::optional<double> method_j[3];
  const Exclusions exclusions = find_exclusions(segments);
  for (std::size_t n = 0; n < segments.size(); ++n) {
    const RunSegment& segment = segments[n];
    const SegmentResult r = evaluate(segment, exclusions[n]);
    f.totals.cpu.add(r.totals.cpu);
    f.totals.dram.add(r.totals.dram);
    f.totals.gpu.add(r.totals.gpu);
    f.totals.platform.add(r.totals.platform);
    f.totals.ram_model.add(r.totals.ram_model);
    f.totals.total.add(r.totals.total);
    add_issues(f.totals.issues, r.totals.issues);
    add_issues(f.issues, r.totals.issues);
    for (std::size_t i = 0; i < r.infos.size(); ++i) {
      DeviceFootprint d{.record = meter::make_record(r.infos[i], r.windows[i], segment.meters[i].events),
                        .counted = r.roles[i].counted,
                        .mirror_of = {},
                        .duplicate_of = {}};
      meter::add_role_issues(d.record, r.roles[i], r.infos);
      if (too_short(d.record)) {
        d.record.issues.push_back({"short_window", d.record.meter.id, "the counter moves in steps; measure longer"});
      }
      if (r.roles[i].mirror_of) d.mirror_of = r.infos[*r.roles[i].mirror_of].id;
      if (r.roles[i].duplicate_of) d.duplicate_of = r.infos[*r.roles[i].duplicate_of].id;
      if (!exclusions[n][i].empty()) {
        d.record.issues.push_back({"counted_once", d.record.meter.id,
                                   "another of the merged runs measured this device at the same time and counts it"});
      }
      add_issues(f.issues, d.record.issues);
      if (in_total(r, i)) {
        const auto coverage = r.windows[i].coverage();
        if (coverage) f.coverage = std::min(f.coverage.value_or(1.0), *coverage);
        auto& share = method_j[static_cast<std::size_t>(d.record.method)];
        share = share.value_or(0) + r.windows[i].energy_j.value_or(0);
        add_source(f.energy.sources, {r.infos[i].provider, r.infos[i].provenance, 0, ""});
      }
      const std::string& whose = r.infos[i].scope;
      if (r.infos[i].provider == "model.share") {
        if (!f.scope) f.scope.emplace();
        if (whose != "other" && whose != "idle") f.scope->scope = whose;
        // What is counted once is also shown once; copies and mirrors are not counted.
        const auto parent = std::find_if(r.infos.begin(), r.infos.end(),
                                         [&](const meter::MeterInfo& m) { return m.id == r.infos[i].parent; });
        const bool copy =
            parent != r.infos.end() && (r.roles[static_cast<std::size_t>(parent - r.infos.begin())].mirror_of ||
                                        r.roles[static_cast<std::size_t>(parent - r.infos.begin())].duplicate_of);
        if (!copy) {
          add_share(whose == "other" ? f.scope->other : whose == "idle" ? f.scope->idle : f.scope->own, d.record);
        }
      }
      f.devices.push_back(std::move(d));
    }
    append_samples(segment, r, exclusions[n], samples);
    add_issues(f.issues, segment.issues);
    f.duration += Seconds(segment.end - segment.begin);
    f.suspended += segment.suspended;
    times.emplace_back(segment.begin_utc, segment.end_utc);
    for (const RegionStats& stats : segment.regions) {
      auto found = std::find_if(f.regions.begin(), f.regions.end(),
                                [&](const RegionFootprint& known) { return known.name == stats.name; });
      if (found == f.regions.end()) {
        f.regions.emplace_back();
        found = f.regions.end() - 1;
        found->name = stats.name;
        found->exclusive = Energy{};
        found->union_energy = Energy{};
      }
      // A mirror that was found late leaves the sums that were made before it was.
      meter::Part part = stats.inclusive;
      for (std::size_t i = 0; i < stats.meters_j.size() && i < r.roles.size(); ++i) {
        if (!r.roles[i].mirror_of || !(stats.meters_j[i] > 0) || !part.energy_j) continue;
        const double kept = std::max(0.0, 1 - stats.meters_j[i] / *part.energy_j);
        part.energy_j = *part.energy_j * kept;
        part.low_j *= kept;
        part.high_j *= kept;
        part.interval_low_j *= kept;
        part.interval_high_j *= kept;
      }
      const auto plus = [](std::optional<Energy> a, std::optional<double> b) {
        return a && b ? std::optional(*a + Energy::from_joules(*b)) : std::nullopt;
      };
      const bool first = found->count == 0;
      found->count += stats.count;
      found->duration += Seconds(stats.seconds);
      Estimate<Energy> more = to_estimate(part);
      if (first) {
        found->inclusive = more;
      } else {
        found->inclusive.value =
            found->inclusive.value && more.value ? std::optional(*found->inclusive.value + *more.value) : std::nullopt;
        if (found->inclusive.bounds && more.bounds) {
          found->inclusive.bounds->low += more.bounds->low;
          found->inclusive.bounds->high += more.bounds->high;
          found->inclusive.interval->low += more.interval->low;
          found->inclusive.interval->high += more.interval->high;
        }
      }
      found->exclusive = plus(found->exclusive, stats.exclusive_j);
      found->union_energy = plus(found->union_energy, stats.union_j);
      if (stats.least_j && (!found->least || Energy::from_joules(*stats.least_j) < *found->least)) {
        found->least = Energy::from_joules(*stats.least_j);
      }
      if (stats.most_j && (!found->most || Energy::from_joules(*stats.most_j) > *found->most)) {
        found->most = Energy::from_joules(*stats.most_j);
      }
    }
  }
  add_issues(f.issues, price.issues);

  if (!segments.empty()) {
    f.context = segments.front().context;
    f.start = segments.front().begin_utc;
    f.end = segments.front().end_utc;
    for (const auto& [begin, end] : times) {
      f.start = std::min(f.start, begin);
      f.end = std::max(f.end, end);
    }
    std::sort(times.begin(), times.end());
    UtcTime reached = times.front().second;
    for (const auto& [begin, end] : times) {
      if (begin > reached) f.downtime += Seconds(begin - reached);
      reached = std::max(reached, end);
    }
  }

  auto sources = std::move(f.energy.sources);
  f.energy = to_estimate(f.totals.total);
  f.energy.issues = f.totals.issues;
  f.energy.sources = std::move(sources);
  if (f.totals.total.energy_j && *f.totals.total.energy_j > 0) {
    for (const meter::Method m : {meter::Method::counter, meter::Method::integral, meter::Method::model}) {
      const auto& joules = method_j[static_cast<std::size_t>(m)];
      if (joules) f.methods.emplace_back(m, *joules / *f.totals.total.energy_j);
    }
    const auto model = method_j[static_cast<std::size_t>(meter::Method::model)];
    if (model && !method_j[0] && !method_j[1]) {
      add_issue(f.issues, {"model_only", "energy",
                           "no sensor could be read; the energy is that of a model. See `co2lib sensors`"});
    }
  }

  f.intensity_source = price.source->describe().name;
  f.priced_with = price.source->line(f.start, f.end);
  if (f.energy.value) {
    std::sort(samples.begin(), samples.end(),
              [](const auto& a, const auto& b) { return std::tie(a.start, a.end) < std::tie(b.start, b.end); });
    const Account a = account(samples, *price.source, f.facility);
    f.facility_energy = *f.energy.value * f.facility.pue;
    f.operational.value = a.operational;
    f.operational.sources = a.sources;
    f.operational.issues = a.issues;
    f.carbon_intensity = a.mean_intensity;
    for (const Issue& issue : a.issues) {
      if (issue.code == "world_average" && has_issue(f.issues, "location_unknown")) continue;  // said already
      add_issue(f.issues, issue);
    }
    for (const Source& s : a.sources) add_source(f.sources, s);
    if (a.operational && a.mean_intensity) {
      const auto range = [&](const Interval<Energy>& e, double low, double high, double confidence) {
        return Interval<CarbonMass>{e.low * *a.mean_intensity * f.facility.pue * (1 + low),
                                    e.high * *a.mean_intensity * f.facility.pue * (1 + high), confidence};
      };
      const auto error = price.source->relative_error().value_or(intensity::RelativeError{});
      f.operational.bounds = range(*f.energy.bounds, 0, 0, 1.0);
      f.operational.interval = range(*f.energy.interval, error.low, error.high, 0.95);
    }
    if (f.facility.wue > 0) {
      const auto wue = WaterIntensity::from_l_per_kwh(f.facility.wue);
      f.water.value = *f.energy.value * wue;
      f.water.bounds = Interval<Water>{f.energy.bounds->low * wue, f.energy.bounds->high * wue, 1.0};
      f.water.interval = Interval<Water>{f.energy.interval->low * wue, f.energy.interval->high * wue, 0.95};
    }
  }
  for (const Source& s : f.energy.sources) add_source(f.sources, s);
  return f;
}

Run reprice(Run run, std::shared_ptr<const intensity::IntensitySource> source) {
  if (!source) throw Error("tracker.bad_config", "source: none given; reprice needs an intensity to price with");
  run.source = std::move(source);
  return run;
}

std::string Footprint::to_json() const {
  Json j;
  j["schema"] = "co2lib-footprint/1";
  j["run_id"] = run_id;
  j["library"] = CO2LIB_VERSION;
  j["complete"] = complete;
  j["start"] = format_utc(start);
  j["end"] = format_utc(end);
  j["duration_s"] = duration.count();
  j["suspended_s"] = suspended.count();
  j["downtime_s"] = downtime.count();
  j["segments"] = segments;
  j["energy"] = estimate_json(energy, "j", [](Energy e) { return e.joules(); });
  j["energy"]["kwh"] = energy.kwh() ? Json(*energy.kwh()) : Json(nullptr);
  j["facility"] = Json{{"pue", facility.pue},
                       {"wue_l_per_kwh", facility.wue},
                       {"energy_j", energy.value ? Json(facility_energy.joules()) : Json(nullptr)}};
  j["operational"] = estimate_json(operational, "g", [](CarbonMass m) { return m.grams(); });
  j["embodied"] = estimate_json(embodied, "g", [](CarbonMass m) { return m.grams(); });
  j["water"] = estimate_json(water, "l", [](Water w) { return w.litres(); });
  j["location"] = location.empty() ? Json(nullptr) : Json(location);
  j["intensity"] = Json{{"source", intensity_source},
                        {"priced_with", priced_with},
                        {"mean_g_per_kwh", carbon_intensity ? Json(carbon_intensity->g_per_kwh()) : Json(nullptr)}};
  Json methods_json = Json::array();
  for (const auto& [m, share] : methods)
    methods_json.push_back(Json{{"method", std::string(meter::text(m))}, {"share", share}});
  j["methods"] = methods_json;
  j["coverage"] = maybe(coverage);
  j["totals"] = Json{{"cpu", part_json(totals.cpu)},
                     {"dram", part_json(totals.dram)},
                     {"gpu", part_json(totals.gpu)},
                     {"platform", part_json(totals.platform)},
                     {"ram_model", part_json(totals.ram_model)},
                     {"total", part_json(totals.total)},
                     {"issues", issues_json(totals.issues)}};
  j["scope"] = scope ? Json{{"scope", scope->scope},
                            {"own", estimate_json(scope->own, "j", [](Energy e) { return e.joules(); })},
                            {"other", estimate_json(scope->other, "j", [](Energy e) { return e.joules(); })},
                            {"idle", estimate_json(scope->idle, "j", [](Energy e) { return e.joules(); })}}
                     : Json(nullptr);
  j["devices"] = Json::array();
  for (const DeviceFootprint& d : devices) j["devices"].push_back(record_json(d));
  j["regions"] = Json::array();
  for (const RegionFootprint& r : regions) {
    j["regions"].push_back(
        Json{{"name", r.name},
             {"count", r.count},
             {"duration_s", r.duration.count()},
             {"inclusive_j", maybe(r.inclusive.joules())},
             {"bounds_j", r.inclusive.bounds ? Json{r.inclusive.bounds->low.joules(), r.inclusive.bounds->high.joules()}
                                             : Json(nullptr)},
             {"exclusive_j", r.exclusive ? Json(r.exclusive->joules()) : Json(nullptr)},
             {"union_j", r.union_energy ? Json(r.union_energy->joules()) : Json(nullptr)},
             {"least_j", r.least ? Json(r.least->joules()) : Json(nullptr)},
             {"most_j", r.most ? Json(r.most->joules()) : Json(nullptr)}});
  }
  j["issues"] = issues_json(issues);
  j["sources"] = Json::array();
  for (const Source& s : sources) {
    j["sources"].push_back(Json{{"id", s.id}, {"text", s.text}, {"year", s.year}, {"licence", s.licence}});
  }
  j["context"] = Json{{"host", context.host},
                      {"os", context.os},
                      {"cpu_model", context.cpu_model},
                      {"logical_cpus", context.logical_cpus ? Json(*context.logical_cpus) : Json(nullptr)},
                      {"memory_bytes", context.memory_bytes ? Json(*context.memory_bytes) : Json(nullptr)},
                      {"project", context.project},
                      {"slurm_job_id", context.slurm_job_id}};
  return co2lib::detail::to_text(j);
}

std::string Footprint::to_model_card(const CardOptions& options) const {
  if (!operational.value) {
    throw Error("tracker.no_value",
                "the run has no known emissions, so its card block cannot be written; see its issues", {},
                ErrorCategory::arithmetic);
  }
  std::string hardware = options.hardware_used;
  if (hardware.empty()) {
    hardware = context.cpu_model;
    std::vector<std::pair<std::string, int>> gpus;
    for (const DeviceFootprint& d : devices) {
      if (d.record.meter.device != meter::Device::gpu || !d.counted) continue;
      const auto same =
          std::find_if(gpus.begin(), gpus.end(), [&](const auto& g) { return g.first == d.record.meter.name; });
      if (same == gpus.end()) {
        gpus.emplace_back(d.record.meter.name, 1);
      } else {
        ++same->second;
      }
    }
    for (const auto& [name, count] : gpus) {
      hardware += fmt::format("{}{} x {}", hardware.empty() ? "" : ", ", count, name);
    }
  }
  std::string method;
  for (const auto& [m, share] : methods) {
    if (!method.empty()) method += ", ";
    method += meter::text(m);
  }
  hub::CardRecord record;
  record.emissions = operational.value->grams();
  record.source = "co2lib";
  const auto set = [](std::optional<std::string>& field, const std::string& value) {
    if (!value.empty()) field = value;
  };
  set(record.training_type, options.training_type);
  set(record.geographical_location, options.geographical_location.empty() ? location : options.geographical_location);
  set(record.hardware_used, hardware);
  if (options.embodied && embodied.value) record.extra.emplace_back("embodied_emissions", embodied.value->grams());
  if (!method.empty()) record.extra.emplace_back("method", method);
  record.extra.emplace_back("co2lib_version", std::string(CO2LIB_VERSION));
  return hub::write_block(record).yaml;
}

const std::vector<std::string>& csv_columns() {
  static const std::vector<std::string> columns = {"timestamp",
                                                   "project_name",
                                                   "run_id",
                                                   "experiment_id",
                                                   "duration",
                                                   "emissions",
                                                   "emissions_rate",
                                                   "cpu_power",
                                                   "gpu_power",
                                                   "ram_power",
                                                   "cpu_energy",
                                                   "gpu_energy",
                                                   "ram_energy",
                                                   "energy_consumed",
                                                   "water_consumed",
                                                   "country_name",
                                                   "country_iso_code",
                                                   "region",
                                                   "cloud_provider",
                                                   "cloud_region",
                                                   "os",
                                                   "python_version",
                                                   "codecarbon_version",
                                                   "cpu_count",
                                                   "cpu_model",
                                                   "gpu_count",
                                                   "gpu_model",
                                                   "longitude",
                                                   "latitude",
                                                   "ram_total_size",
                                                   "tracking_mode",
                                                   "cpu_utilization_percent",
                                                   "gpu_utilization_percent",
                                                   "ram_utilization_percent",
                                                   "ram_used_gb",
                                                   "on_cloud",
                                                   "pue",
                                                   "wue"};
  return columns;
}

std::vector<std::pair<std::string, std::string>> Footprint::csv_row(
    const std::map<std::string, std::string>& known) const {
  for (const auto& [name, value] : known) {
    if (std::find(csv_columns().begin(), csv_columns().end(), name) == csv_columns().end()) {
      throw Error("meter.bad_input", "'" + name + "' is no column of emissions.csv; see csv_columns()");
    }
  }
  std::map<std::string, std::string> v;
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(end));
  std::tm local{};
  if (localtime_r(&seconds, &local) != nullptr) {
    std::array<char, 32> buffer{};
    v["timestamp"] =
        std::string(buffer.data(), std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &local));
  }
  v["project_name"] = context.project;
  v["run_id"] = run_id;
  v["duration"] = number(duration.count());
  if (operational.value) {
    v["emissions"] = number(operational.value->kilograms());
    if (duration.count() > 0) v["emissions_rate"] = number(operational.value->kilograms() / duration.count());
  }
  meter::Part ram = totals.dram;
  ram.add(totals.ram_model);
  const auto part = [&](const meter::Part& p, const std::string& name) {
    if (!p.energy_j) return;
    v[name + "_energy"] = number(Energy::from_joules(*p.energy_j * facility.pue).kwh());
    if (duration.count() > 0) v[name + "_power"] = number(*p.energy_j / duration.count());
  };
  part(totals.cpu, "cpu");
  part(totals.gpu, "gpu");
  part(ram, "ram");
  if (energy.value) v["energy_consumed"] = number(facility_energy.kwh());
  if (water.value) v["water_consumed"] = number(water.value->litres());
  const intensity::Place place = place_of(location);
  const std::size_t colon = place.key.find(':');
  if (colon != std::string::npos) {
    v["cloud_provider"] = place.key.substr(0, colon);
    v["cloud_region"] = place.key.substr(colon + 1);
  } else if (place.key.find('-') != std::string::npos) {
    v["region"] = place.key;
  }
  v["country_iso_code"] = place.country;
  v["country_name"] = place.country_name;
  v["on_cloud"] = colon != std::string::npos ? "Y" : "N";
  v["os"] = context.os;
  v["codecarbon_version"] = "co2lib-" CO2LIB_VERSION;
  if (context.logical_cpus) v["cpu_count"] = std::to_string(*context.logical_cpus);
  v["cpu_model"] = context.cpu_model;
  std::int64_t gpus = 0;
  for (const DeviceFootprint& d : devices) {
    if (d.record.meter.device != meter::Device::gpu || !d.counted) continue;
    ++gpus;
    v["gpu_model"] = d.record.meter.name;
  }
  if (gpus > 0) v["gpu_count"] = std::to_string(gpus);
  if (context.memory_bytes) v["ram_total_size"] = number(static_cast<double>(*context.memory_bytes) / bytes_per_gib);
  v["tracking_mode"] = "machine";
  v["pue"] = number(facility.pue);
  v["wue"] = number(facility.wue);
  for (const auto& [name, value] : known) v[name] = value;
  std::vector<std::pair<std::string, std::string>> row;
  for (const std::string& column : csv_columns()) row.emplace_back(column, v[column]);
  return row;
}

std::optional<double> Footprint::sci(double functional_units) const {
  if (!energy.value || !carbon_intensity) return std::nullopt;
  const auto score =
      co2lib::sci(facility_energy, *carbon_intensity, embodied.value.value_or(CarbonMass{}), functional_units);
  if (!score) throw Error("meter.bad_input", score.issue().subject + ": " + score.issue().text);
  return *score;
}

std::string Footprint::to_string() const {
  std::string text;
  std::size_t width = 12;
  for (const DeviceFootprint& d : devices) {
    width = std::max(width, 2 + (d.record.meter.name.empty() ? d.record.meter.id : d.record.meter.name).size());
  }
  for (const RegionFootprint& r : regions) width = std::max(width, 2 + r.name.size());
  width = std::min<std::size_t>(width, 32);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<{}} {}\n", name, width, value);
  };
  line("energy", text_of(energy));
  for (const DeviceFootprint& d : devices) {
    const meter::Record& r = d.record;
    std::string value = text_of(r.energy());
    if (const auto mean = r.mean_power()) value += ", mean " + co2lib::to_string(*mean);
    value += fmt::format(", {} ({})", meter::text(r.method), r.meter.provider);
    if (!d.counted) value += ", not in the total";
    line(fmt::format("  {}", r.meter.name.empty() ? r.meter.id : r.meter.name), value);
  }
  line("operational", text_of(operational));
  if (embodied.value) line("embodied", text_of(embodied));
  if (water.value) line("water", text_of(water));
  std::string grid = priced_with;
  if (carbon_intensity) grid += ", " + co2lib::to_string(*carbon_intensity);
  if (facility.pue != 1) grid += fmt::format(", PUE {}", facility.pue);
  line("priced with", grid);
  line("duration", fmt::format("{:.4g} s", duration.count()));
  if (coverage) line("coverage", fmt::format("{:.4g} %", *coverage * 100));
  for (const RegionFootprint& r : regions) {
    std::string value = text_of(r.inclusive);
    if (r.count > 1) value += fmt::format(", {} times", r.count);
    line(fmt::format("  {}", r.name), value);
  }
  for (const Issue& issue : issues) line("note", co2lib::to_string(issue));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace co2lib::tracker
