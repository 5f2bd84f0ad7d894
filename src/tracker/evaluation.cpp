// SPDX-License-Identifier: MIT
#include "tracker/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <co2lib/numeric.hpp>

namespace co2lib::tracker::detail {

namespace {

/// Energy of a meter over its whole segment, from what the log holds.
meter::WindowEnergy whole_energy(const MeterState& m, const MeterPoint& point) {
  meter::WindowSums sums;
  sums.counts = point.counts;
  sums.ambiguous = m.ambiguous;
  sums.joules = numeric::Sum(point.joules);
  sums.low_j = numeric::Sum(point.low_j);
  sums.high_j = numeric::Sum(point.high_j);
  sums.over_j = m.over_j;
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

/// Scales the energy and time of a meter to what it measured outside of the excluded times.
void keep_outside(const RunSegment& segment, const Placed& placed, std::size_t i, const std::vector<TimeSpan>& excluded,
                  meter::WindowEnergy& w) {
  numeric::Sum all;
  numeric::Sum kept;
  const auto& frames = segment.frames;
  const MeterState& m = segment.meters[i];
  const MonotonicTime first = m.first.value_or(m.last);
  // What a frame shows lies between the reads of the meter.
  const auto at = [&](MonotonicTime time) { return placed.at(std::clamp(time, first, std::max(first, m.last))); };
  for (std::size_t f = 1; f < frames.size(); ++f) {
    const double joules = point_joules(segment.meters[i].info, frames[f].meters[i]) -
                          point_joules(segment.meters[i].info, frames[f - 1].meters[i]);
    all += joules;
    kept += numeric::product(joules, share_outside(at(frames[f - 1].mono), at(frames[f].mono), excluded));
  }
  const double time_share = share_outside(at(first), at(m.last), excluded);
  const double share = time_share <= 0   ? 0
                       : all.value() > 0 ? std::clamp(kept.value() / all.value(), 0.0, 1.0)
                                         : time_share;
  for (double* x : {&w.measured_j, &w.low_j, &w.high_j, &w.interval_low_j, &w.interval_high_j}) *x *= share;
  for (double* x : {&w.duration_s, &w.covered_s}) *x *= time_share;
  if (share <= 0) w.energy_j = 0;  // all of it is counted by another
  if (w.energy_j) w.energy_j = *w.energy_j * share;
  if (w.estimated_j) w.estimated_j = *w.estimated_j * share;
}

/// The energy of a segment that was measured between flushes.
std::vector<intensity::EnergySample> steps_of(const RunSegment& segment, const Placed& placed, const SegmentResult& r,
                                              const std::vector<std::vector<TimeSpan>>& excluded) {
  std::vector<intensity::EnergySample> samples;
  const auto& frames = segment.frames;
  for (std::size_t f = 1; f < frames.size(); ++f) {
    numeric::Sum joules;
    const UtcTime end = frames[f].utc;
    const UtcTime begin = end - (frames[f].mono - frames[f - 1].mono);
    for (std::size_t i = 0; i < segment.meters.size(); ++i) {
      if (!r.roles[i].in_total) continue;
      const double step =
          point_joules(r.infos[i], frames[f].meters[i]) - point_joules(r.infos[i], frames[f - 1].meters[i]);
      joules +=
          numeric::product(step, share_outside(placed.at(frames[f - 1].mono), placed.at(frames[f].mono), excluded[i]));
    }
    if (begin < end) samples.push_back({begin, end, Energy::from_joules(std::max(0.0, joules.value()))});
  }
  return samples;
}

/// How long a meter was covered in a stretch of time.
double covered_s(const MeterState& m, MonotonicTime begin, MonotonicTime end) {
  if (!m.any_good) return 0;
  const auto overlap = [&](MonotonicTime from, MonotonicTime to) {
    return std::max(0.0, Seconds(std::min(end, to) - std::max(begin, from)).count());
  };
  double seconds = overlap(m.reached_begin, m.reached_end);
  for (const MeterGap& gap : m.gaps) seconds -= overlap(gap.begin, gap.end);
  return std::max(0.0, seconds);
}

/// The parts of a divided meter add up to what it shows: what is not measured of it (gaps, and energy that its last
/// readings held back) belongs to each part as what is measured does, and widens the upper bounds of all. `parts`:
/// their indices.
void complete_parts(SegmentResult& r, std::size_t whole, const std::vector<std::size_t>& parts, bool stood_still) {
  const meter::WindowEnergy& all = r.windows[whole];
  numeric::Sum measured;
  numeric::Sum shown;
  for (const std::size_t i : parts) {
    if (!all.energy_j || !r.windows[i].energy_j) return;
    measured += r.windows[i].measured_j;
    shown += *r.windows[i].energy_j;
  }
  if (!(measured.value() > 0) || std::abs(shown.value() - *all.energy_j) <= 1e-13 * *all.energy_j) return;
  const double unseen = std::max(0.0, all.high_j - all.measured_j);
  for (const std::size_t i : parts) {
    meter::WindowEnergy& w = r.windows[i];
    w.energy_j = numeric::product(w.measured_j, *all.energy_j / measured.value());
    w.estimated_j = std::max(0.0, *w.energy_j - w.measured_j);
    w.covered_s = std::min(w.covered_s, all.covered_s);
    w.low_j = std::min(w.low_j, *w.energy_j);
    w.high_j = std::max({w.high_j, *w.energy_j, w.measured_j + unseen});
    w.interval_low_j = std::min(w.interval_low_j, *w.energy_j);
    // Where the meter is in doubt as a whole, its readings of nothing were divided as if they were true.
    w.interval_high_j = std::max(w.interval_high_j, w.high_j) + (stood_still ? unseen : 0);
  }
}

/// The meter whose gaps are those of a meter's energy: of a part, the one that is divided.
const MeterState& gaps_of(const RunSegment& segment, std::size_t i) {
  const meter::MeterInfo& info = segment.meters[i].info;
  for (const MeterState& m : segment.meters) {
    if (meter::is_share(info) && m.info.id == info.parent && !m.gaps.empty()) return m;
  }
  return segment.meters[i];
}

}  // namespace

SegmentResult evaluate(const RunSegment& segment, const Placed& placed,
                       const std::vector<std::vector<TimeSpan>>& excluded) {
  SegmentResult r;
  const std::vector<MeterPoint> none(segment.meters.size());
  const std::vector<MeterPoint>& points = segment.frames.empty() ? none : segment.frames.back().meters;
  for (std::size_t i = 0; i < segment.meters.size(); ++i) {
    r.infos.push_back(segment.meters[i].info);
    r.windows.push_back(whole_energy(segment.meters[i], i < points.size() ? points[i] : MeterPoint{}));
  }
  const auto parts_of = [&](std::size_t whole) {
    std::vector<std::size_t> parts;
    for (std::size_t i = 0; i < r.infos.size(); ++i) {
      if (meter::is_share(r.infos[i]) && r.infos[i].parent == r.infos[whole].id) parts.push_back(i);
    }
    return parts;
  };
  for (std::size_t p = 0; p < r.infos.size(); ++p) complete_parts(r, p, parts_of(p), segment.meters[p].events.frozen);
  for (std::size_t i = 0; i < r.infos.size(); ++i) {
    if (!excluded[i].empty()) keep_outside(segment, placed, i, excluded[i], r.windows[i]);
  }
  const auto failed = [&](std::size_t i) { return segment.meters[i].failed(); };
  r.roles = meter::zone_roles(
      r.infos, [&](std::size_t i, std::size_t j) { return segment.meters[j].mirror_of == std::optional(i); }, failed);
  for (std::size_t p = 0; p < r.infos.size(); ++p) {
    if (!failed(p)) continue;
    for (const std::size_t i : parts_of(p)) {  // what is divided and does not work has no parts
      meter::WindowEnergy unknown;
      unknown.high_j = r.windows[p].high_j;
      unknown.interval_high_j = r.windows[p].interval_high_j;
      unknown.duration_s = r.windows[p].duration_s;
      r.windows[i] = unknown;
    }
  }
  r.totals = meter::add_up(r.infos, r.windows, r.roles);
  return r;
}

std::vector<intensity::EnergySample> samples_of(const RunSegment& segment, const Placed& placed, const SegmentResult& r,
                                                const std::vector<std::vector<TimeSpan>>& excluded) {
  std::vector<intensity::EnergySample> samples = steps_of(segment, placed, r, excluded);
  for (std::size_t i = 0; i < segment.meters.size(); ++i) {
    const MeterState& m = gaps_of(segment, i);
    const meter::WindowEnergy& w = r.windows[i];
    const double uncovered = w.duration_s - w.covered_s;
    if (!r.roles[i].in_total || !w.estimated_j || *w.estimated_j <= 0 || uncovered <= 0) continue;
    // The fill is spread over the uncovered time.
    const double watts = *w.estimated_j / uncovered;
    const auto fill = [&](MonotonicTime begin, MonotonicTime end) {
      if (end <= begin) return;
      const UtcTime utc = utc_of(segment, end);
      const double kept = share_outside(placed.at(begin), placed.at(end), excluded[i]);
      samples.push_back({utc - (end - begin), utc,
                         Energy::from_joules(numeric::product(watts, Seconds(end - begin).count() * kept))});
    };
    for (const MeterGap& gap : m.gaps) fill(gap.begin, gap.end);
    fill(m.first.value_or(m.reached_begin), m.reached_begin);
    fill(m.reached_end, m.last);
  }
  std::sort(samples.begin(), samples.end(),
            [](const auto& a, const auto& b) { return std::tie(a.start, a.end) < std::tie(b.start, b.end); });
  return samples;
}

std::vector<PowerOverTime> power_of(const RunSegment& segment, const Placed& placed, const SegmentResult& r,
                                    const std::vector<std::vector<TimeSpan>>& excluded) {
  std::vector<PowerOverTime> power;
  const std::vector<Frame>& frames = segment.frames;
  for (std::size_t f = 1; f < frames.size(); ++f) {
    const MonotonicTime begin = frames[f - 1].mono;
    const MonotonicTime end = frames[f].mono;
    std::optional<double> watts;  // of nothing, or of a meter that was not covered, there is no power
    for (std::size_t i = 0; i < segment.meters.size(); ++i) {
      if (!r.roles[i].in_total) continue;
      const double seconds = covered_s(segment.meters[i], begin, end);
      if (!(seconds > 0)) {
        watts.reset();
        break;
      }
      const double joules =
          point_joules(r.infos[i], frames[f].meters[i]) - point_joules(r.infos[i], frames[f - 1].meters[i]);
      const double kept = share_outside(placed.at(begin), placed.at(end), excluded[i]);
      watts = watts.value_or(0) + std::max(0.0, numeric::product(joules / seconds, kept));
    }
    if (watts) power.push_back({frames[f].utc - (end - begin), frames[f].utc, Power::from_watts(*watts)});
  }
  return power;
}

}  // namespace co2lib::tracker::detail
