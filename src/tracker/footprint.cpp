// SPDX-License-Identifier: MIT
// The footprint of a run: its devices, regions, times, energy and price, each from all segments.
//
// A segment is evaluated on its own: each meter over its whole time, what belongs to the total, and the energy as it
// was used over time. Where segments overlap on a device, one of them counts it (timeline.hpp). Each segment is priced
// with its own place, intensity, PUE and WUE; sums over segments are sums of values, bounds and intervals.
#include <co2lib/tracker/footprint.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

#include <co2lib/meter/attribution.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/tracker/run.hpp>

#include "tracker/account.hpp"
#include "tracker/estimate.hpp"
#include "tracker/evaluation.hpp"
#include "tracker/hardware.hpp"
#include "tracker/timeline.hpp"
#include "tracker/unreported.hpp"

namespace co2lib::tracker {

namespace {

using detail::Exclusions;
using detail::Placed;
using detail::SegmentResult;
using detail::TimeSpan;
using detail::to_estimate;

/// A counter lags and moves in steps: of a shorter run it shows too few of them.
bool too_short(const meter::Record& r) {
  return r.meter.kind == meter::Kind::counter && r.window.duration_s > 0 &&
         r.window.duration_s < meter::least_window_s(r.meter);
}

/// The share of one scope in one meter, into the sums over all divided meters.
void add_share(Footprint& f, const SegmentResult& r, std::size_t i, const meter::Record& record) {
  const meter::MeterInfo& info = r.infos[i];
  if (!meter::is_share(info)) return;
  if (!f.scope) f.scope.emplace();
  const bool own = info.scope != "other" && info.scope != "idle";
  if (own) f.scope->scope = info.scope;
  const std::size_t group = info.id.rfind('(');
  if (own && group != std::string::npos) {
    f.scope->group = info.id.substr(group + 1, info.id.size() - group - 2);
  }
  // What is counted once is also shown once; copies and mirrors are not counted.
  for (std::size_t p = 0; p < r.infos.size(); ++p) {
    if (r.infos[p].id == info.parent && (r.roles[p].mirror_of || r.roles[p].duplicate_of)) return;
  }
  Estimate<Energy> energy = record.energy();
  energy.issues.clear();
  detail::add_to(own ? f.scope->own : info.scope == "other" ? f.scope->other : f.scope->idle, energy);
}

using MethodEnergies = std::array<std::optional<double>, 3>;

/// The meters of a segment, with what each says of itself.
void add_devices(Footprint& f, const RunSegment& segment, const SegmentResult& r,
                 const std::vector<std::vector<TimeSpan>>& excluded, MethodEnergies& method_j) {
  for (std::size_t i = 0; i < r.infos.size(); ++i) {
    const bool divided_in_vain = r.roles[i].replaced && meter::is_share(r.infos[i]);
    if (r.roles[i].stands_by || divided_in_vain) continue;
    DeviceFootprint d{.record = meter::make_record(r.infos[i], r.windows[i], segment.meters[i].events),
                      .counted = r.roles[i].counted,
                      .in_total = r.roles[i].in_total,
                      .host = segment.context.host,
                      .rank = segment.rank,
                      .mirror_of = {},
                      .duplicate_of = {}};
    meter::add_role_issues(d.record, r.roles[i], r.infos);
    for (Issue& issue : d.record.issues) {
      if (issue.code == "missed_reads" && !segment.meters[i].failure.empty()) {
        issue.text += "; the last that failed said: " + segment.meters[i].failure;
      }
    }
    if (too_short(d.record)) {
      d.record.issues.push_back({"short_window", d.record.meter.id, "the counter moves in steps; measure longer"});
    }
    if (r.roles[i].mirror_of) d.mirror_of = r.infos[*r.roles[i].mirror_of].id;
    if (r.roles[i].duplicate_of) d.duplicate_of = r.infos[*r.roles[i].duplicate_of].id;
    if (!excluded[i].empty()) {
      d.record.issues.push_back({"counted_once", d.record.meter.id,
                                 "another of the merged runs measured this device at the same time and counts it"});
    }
    add_issues(f.issues, d.record.issues);
    if (d.in_total) {
      const auto coverage = r.windows[i].coverage();
      if (coverage) f.coverage = std::min(f.coverage.value_or(1.0), *coverage);
      auto& share = method_j[static_cast<std::size_t>(d.record.method)];
      share = share.value_or(0) + r.windows[i].energy_j.value_or(0);
      add_source(f.energy.sources, {r.infos[i].provider, r.infos[i].provenance, 0, ""});
    }
    add_share(f, r, i, d.record);
    f.devices.push_back(std::move(d));
  }
}

/// Removes from a region's energy what meters gave that were found to be mirrors only after the region was counted.
meter::Part without_mirrors(meter::Part part, const std::vector<double>& meters_j, const SegmentResult& r) {
  for (std::size_t i = 0; i < meters_j.size() && i < r.roles.size(); ++i) {
    if (!r.roles[i].mirror_of || !(meters_j[i] > 0) || !part.energy_j) continue;
    const double kept = std::max(0.0, 1 - meters_j[i] / *part.energy_j);
    part.energy_j = *part.energy_j * kept;
    for (double* x : {&part.low_j, &part.high_j, &part.interval_low_j, &part.interval_high_j}) *x *= kept;
  }
  return part;
}

RegionResult result_of(const RegionRecord& record, const RunSegment& segment, const SegmentResult& r) {
  return detail::to_result(record, without_mirrors(record.inclusive, record.meters_j, r),
                           detail::utc_of(segment, record.begin));
}

/// Where the regions of a name are, and whether one of their runs has measured anything.
struct RegionPlace {
  std::size_t at = 0;
  bool measured = false;
};
using RegionIndex = std::unordered_map<std::string, RegionPlace>;

/// The mean intensity of all regions of a name, each by its own time.
class RegionMean {
 public:
  void add(const detail::MeanPrice& price, std::optional<double> joules) {
    add_issues(issues_, price.issues);
    if (!price.mean || !joules) {
      known_ = false;
      return;
    }
    const double g = price.mean->g_per_kwh();
    first_ = first_.value_or(g);
    joules_ += *joules;
    product_ += numeric::product(*joules, g);
    low_ += numeric::product(*joules * g, price.error.value_or(intensity::RelativeError{}).low);
    high_ += numeric::product(*joules * g, price.error.value_or(intensity::RelativeError{}).high);
    has_error_ = has_error_ || price.error;
  }
  [[nodiscard]] Estimate<CarbonMass> carbon(const detail::SegmentPrice& price, const Estimate<Energy>& energy) const {
    Estimate<CarbonMass> result;
    if (known_ && first_) {
      const double all = product_.value();
      const double mean = joules_.value() > 0 ? all / joules_.value() : *first_;
      std::optional<intensity::RelativeError> error;
      if (has_error_ && all > 0) error = intensity::RelativeError{low_.value() / all, high_.value() / all};
      result = price.carbon(energy, CarbonIntensity::from_g_per_kwh(mean), error);
    }
    result.issues = issues_;
    return result;
  }

 private:
  numeric::Sum joules_;
  numeric::Sum product_;
  numeric::Sum low_;
  numeric::Sum high_;
  std::optional<double> first_;
  bool known_ = true;
  bool has_error_ = false;
  std::vector<Issue> issues_;
};

/// The carbon of all regions of a name in a segment; fills that of those that are shown one by one.
Estimate<CarbonMass> region_carbon(RegionFootprint& region, const RegionStats& stats, const RunSegment& segment,
                                   const SegmentResult& r, const detail::SegmentPrice& price,
                                   const detail::RunEnergy& energy, const Estimate<Energy>& all) {
  RegionMean mean;
  for (std::size_t i = 0; i < stats.each.size(); ++i) {
    const RegionRecord& record = stats.each[stats.each.size() - 1 - i];
    RegionResult result = result_of(record, segment, r);
    mean.add(price.add_carbon(result, energy), record.inclusive.energy_j);
    if (i < RegionStats::most_kept) region.each.push_back(std::move(result));
  }
  for (const RegionStats::Older& older : stats.older) {
    mean.add(price.mean_over(detail::utc_of(segment, older.begin), detail::utc_of(segment, older.end), energy),
             older.energy_j);
  }
  return mean.carbon(price, all);
}

void add_regions(Footprint& f, RegionIndex& index, const RunSegment& segment, const SegmentResult& r,
                 const detail::SegmentPrice& price, const detail::RunEnergy& energy) {
  const auto plus = [](std::optional<Energy> a, std::optional<double> b) {
    return a && b ? std::optional(*a + Energy::from_joules(*b)) : std::nullopt;
  };
  const auto extreme = [](std::optional<Energy>& of, std::optional<double> joules, auto better) {
    if (joules && (!of || better(Energy::from_joules(*joules), *of))) of = Energy::from_joules(*joules);
  };
  // A rank that measures nothing, because another one does, adds no energy and makes none unknown.
  const bool measures = std::any_of(r.roles.begin(), r.roles.end(), [](const auto& role) { return role.in_total; });
  for (const RegionStats& stats : segment.regions.rows()) {
    const auto [entry, is_new] = index.try_emplace(stats.name, RegionPlace{.at = f.regions.size()});
    if (is_new) {
      f.regions.emplace_back();
      f.regions.back().name = stats.name;
    }
    RegionFootprint& region = f.regions[entry->second.at];
    region.count += stats.count;
    region.duration += Seconds(stats.seconds);
    if (measures) {
      const bool first = !std::exchange(entry->second.measured, true);
      if (first) region.exclusive = region.union_energy = Energy{};
      const Estimate<Energy> more = to_estimate(without_mirrors(stats.inclusive, stats.meters_j, r));
      const Estimate<CarbonMass> carbon = region_carbon(region, stats, segment, r, price, energy, more);
      first ? static_cast<void>(region.inclusive = more) : detail::add_to(region.inclusive, more);
      if (first) {
        region.operational = carbon;
      } else {
        detail::add_to(region.operational, carbon);
        add_issues(region.operational.issues, carbon.issues);
      }
      region.exclusive = plus(region.exclusive, stats.exclusive_j);
      region.union_energy = plus(region.union_energy, stats.union_j);
    }
    extreme(region.least, stats.least_j, std::less<>());
    extreme(region.most, stats.most_j, std::greater<>());
    if (!measures) {
      region_carbon(region, stats, segment, r, price, energy, {});
    }
  }
}

/// The newest of all segments first, and no more than are kept of one.
void order_regions(Footprint& f) {
  for (RegionFootprint& region : f.regions) {
    numeric::stable_sort(region.each, [](const RegionResult& a, const RegionResult& b) {
      return a.start + std::chrono::duration_cast<std::chrono::nanoseconds>(a.duration) >
             b.start + std::chrono::duration_cast<std::chrono::nanoseconds>(b.duration);
    });
    if (region.each.size() > RegionStats::most_kept) region.each.resize(RegionStats::most_kept);
  }
}

/// The command of a run that was resumed, or that of another rank, added to what there is.
void add_to(CommandFootprint& sum, const CommandFootprint& c) {
  const auto plus = [](const auto& a, const auto& b) { return a && b ? std::optional(*a + *b) : std::nullopt; };
  const auto both = [](const auto& a, const auto& b) {
    return a && b ? std::optional(Interval<Energy>{a->low + b->low, a->high + b->high, a->confidence}) : std::nullopt;
  };
  if (!c.text.empty() && c.text != sum.text) sum.text += (sum.text.empty() ? "" : "; ") + c.text;
  sum.status = c.status;
  sum.cpu_time += c.cpu_time;
  sum.energy.value = plus(sum.energy.value, c.energy.value);
  sum.energy.bounds = both(sum.energy.bounds, c.energy.bounds);
  sum.energy.interval = both(sum.energy.interval, c.energy.interval);
  add_issues(sum.energy.issues, c.energy.issues);
  sum.other = plus(sum.other, c.other);
  sum.idle = plus(sum.idle, c.idle);
}

/// The share of a command in the CPU's energy of its segment.
CommandFootprint command_of(const RunSegment& segment, const SegmentResult& r, bool divided) {
  CommandFootprint command;
  command.text = segment.context.command;
  if (segment.command) {
    const CommandRecord& c = *segment.command;
    command.status = c.status;
    command.cpu_time = Seconds(c.cpu_s);
    const meter::Part& cpu = r.totals.cpu;
    const double seconds = Seconds(segment.end - segment.begin).count();
    if (cpu.energy_j && c.cpus > 0 && seconds > 0 && !divided) {
      // The machine's CPU time comes in ticks of each CPU, which a short command may not have moved.
      const double tick_s = meter::clock_tick.count();
      const double ticks_s = 2 * c.cpus * tick_s;
      const auto share = [&](double busy_s, double cpu_s) {
        return meter::attribute({.energy = Energy::from_joules(*cpu.energy_j),
                                 .duration = Seconds(seconds),
                                 .cpus = c.cpus,
                                 .busy = Seconds(std::max(busy_s, cpu_s)),
                                 .targets = {{"command", Seconds(cpu_s)}}});
      };
      const meter::Attribution parts = share(c.busy_s, c.cpu_s);
      const meter::EnergyShare& own = parts.targets.front();
      const Energy low = share(c.busy_s, std::max(0.0, c.cpu_s - tick_s)).targets.front().bounds.low;
      const Energy high = share(std::max(0.0, c.busy_s - ticks_s), c.cpu_s + tick_s).targets.front().bounds.high;
      command.energy.value = own.energy;
      command.energy.bounds = Interval<Energy>{std::min(low, own.energy), std::max(high, own.energy), 1.0};
      const auto scaled = [&](Energy e, double to_j) { return *cpu.energy_j > 0 ? e * (to_j / *cpu.energy_j) : e; };
      command.energy.interval = Interval<Energy>{scaled(command.energy.bounds->low, cpu.interval_low_j),
                                                 scaled(command.energy.bounds->high, cpu.interval_high_j), 0.95};
      command.energy.issues = parts.issues;
      command.other = parts.other;
      command.idle = parts.idle;
    }
  }
  return command;
}

/// The commands of all segments. Of several runs the rest is not divided: one's others are another's own.
void add_command(Footprint& f, const RunSegment& segment, const SegmentResult& r, bool one_run) {
  if (segment.context.command.empty() && !segment.command) return;
  const CommandFootprint command = command_of(segment, r, f.scope.has_value());
  f.command ? add_to(*f.command, command) : static_cast<void>(f.command = command);
  if (one_run) {
    if (!command.text.empty()) f.command->text = command.text;  // that of the last segment
  } else {
    f.command->other.reset();
    f.command->idle.reset();
  }
}

void add_times(Footprint& f, const std::vector<RunSegment>& segments, const std::vector<Placed>& placed) {
  if (segments.empty()) return;
  f.context = segments.front().context;
  f.start = segments.front().begin_utc;
  f.end = segments.front().end_utc;
  std::vector<TimeSpan> spans;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    f.start = std::min(f.start, segments[n].begin_utc);
    f.end = std::max(f.end, segments[n].end_utc);
    f.suspended += segments[n].suspended;
    spans.emplace_back(placed[n].at(segments[n].begin), placed[n].at(segments[n].end));
    if (detail::is_unset(segments[n].begin_utc)) {
      add_issue(f.issues,
                {"clock_unset", "clock",
                 fmt::format("the wall clock says {}, so it was not set; annual factors are those of the newest year",
                             format_utc(segments[n].begin_utc))});
    }
  }
  spans = detail::joined(std::move(spans));
  for (std::size_t i = 0; i < spans.size(); ++i) {
    f.duration += Seconds(spans[i].second - spans[i].first);
    if (i > 0) f.downtime += Seconds(spans[i].first - spans[i - 1].second);
  }
}

void add_energy(Footprint& f, const MethodEnergies& method_j) {
  auto sources = std::move(f.energy.sources);
  f.energy = to_estimate(f.totals.total);
  f.energy.issues = f.totals.issues;
  f.energy.sources = std::move(sources);
  if (!f.energy.value && f.duration.count() <= 0) {  // nothing was looked at: no bounds of 0 J either
    f.energy.bounds.reset();
    f.energy.interval.reset();
  }
  if (!f.totals.total.energy_j || !(*f.totals.total.energy_j > 0)) return;
  for (const meter::Method m : {meter::Method::counter, meter::Method::integral, meter::Method::model}) {
    const auto& joules = method_j[static_cast<std::size_t>(m)];
    if (joules) f.methods.emplace_back(m, *joules / *f.totals.total.energy_j);
  }
  // A share of what a sensor measured is divided by a model, which is not the same.
  const bool divided = f.scope && std::any_of(f.devices.begin(), f.devices.end(), [](const DeviceFootprint& d) {
                         return d.record.method != meter::Method::model && d.record.window.energy_j;
                       });
  if (f.methods.size() == 1 && f.methods.front().first == meter::Method::model && !divided) {
    add_issue(f.issues,
              {"model_only", "energy", "no sensor could be read; the energy is that of a model. See `co2lib sensors`"});
  }
}

}  // namespace

Footprint Run::footprint() const {
  Footprint f;
  f.run_id = run_id;
  f.issues = issues;
  f.segments = static_cast<std::int64_t>(segments.size());
  f.complete =
      !segments.empty() && std::all_of(segments.begin(), segments.end(), [](const auto& s) { return s.ended; });
  const std::vector<Placed> placed = detail::place(segments, f.issues);
  const Exclusions exclusions = detail::find_exclusions(segments, placed);
  MethodEnergies method_j;
  RegionIndex index;
  detail::Bill bill;
  detail::Hardware hardware;
  const bool one_run =
      std::all_of(segments.begin(), segments.end(), [&](const auto& s) { return s.run_id == segments.front().run_id; });
  for (std::size_t n = 0; n < segments.size(); ++n) {
    const RunSegment& segment = segments[n];
    const SegmentResult r = detail::evaluate(segment, placed[n], exclusions[n]);
    for (const auto part : {&meter::Totals::cpu, &meter::Totals::dram, &meter::Totals::gpu, &meter::Totals::platform,
                            &meter::Totals::ram_model, &meter::Totals::total}) {
      (f.totals.*part).add(r.totals.*part);
    }
    add_issues(f.totals.issues, r.totals.issues);
    add_issues(f.issues, r.totals.issues);
    add_devices(f, segment, r, exclusions[n], method_j);
    const detail::SegmentPrice price(segment, source);
    const detail::RunEnergy energy(detail::samples_of(segment, placed[n], r, exclusions[n]));
    add_regions(f, index, segment, r, price, energy);
    add_command(f, segment, r, one_run);
    bill.add(segment, price, to_estimate(r.totals.total), energy.samples());
    hardware.add(segment, placed[n], r);
  }
  order_regions(f);
  detail::add_segment_issues(f, segments, placed);
  detail::add_unreported_gpus(f, segments, placed);
  detail::add_unreported_machines(f, segments, placed);
  detail::check_shares(f, segments, placed);
  add_times(f, segments, placed);
  add_energy(f, method_j);
  bill.write(f);
  hardware.write(f);
  for (const Source& s : f.energy.sources) add_source(f.sources, s);
  return f;
}

std::vector<PowerOverTime> Run::power() const {
  std::vector<Issue> ignored;
  const std::vector<Placed> placed = detail::place(segments, ignored);
  const Exclusions exclusions = detail::find_exclusions(segments, placed);
  std::vector<PowerOverTime> power;
  for (std::size_t n = 0; n < segments.size(); ++n) {
    const SegmentResult r = detail::evaluate(segments[n], placed[n], exclusions[n]);
    const std::vector<PowerOverTime> more = detail::power_of(segments[n], placed[n], r, exclusions[n]);
    power.insert(power.end(), more.begin(), more.end());
  }
  return power;
}

std::optional<double> Footprint::sci(double functional_units) const {
  if (!energy.value || !carbon_intensity || !embodied.value) return std::nullopt;
  const auto score = co2lib::sci(facility_energy, *carbon_intensity, *embodied.value, functional_units);
  if (!score) throw Error("meter.bad_input", fmt::format("{}: {}", score.issue().subject, score.issue().text));
  return *score;
}

}  // namespace co2lib::tracker
