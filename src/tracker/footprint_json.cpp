// SPDX-License-Identifier: MIT
// The JSON of a footprint, schema `co2lib-footprint/1`; footprint_parse.cpp reads it, and nothing is lost on the way.
#include <array>
#include <optional>
#include <string>

#include <co2lib/tracker/footprint.hpp>
#include <co2lib/version.hpp>

#include "tracker/json_parts.hpp"
#include "tracker/json_units.hpp"

namespace co2lib::tracker {

namespace {

using co2lib::detail::json_list;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;
using detail::grams;
using detail::joules;
using detail::JsonUnit;
using detail::litres;

std::optional<double> joules_of(const std::optional<Energy>& e) {
  return e ? std::optional(e->joules()) : std::nullopt;
}

template <class Q>
std::optional<std::array<double, 2>> ends_of(const std::optional<Interval<Q>>& i, const JsonUnit<Q>& unit) {
  if (!i) return std::nullopt;
  return std::array{unit.of(i->low), unit.of(i->high)};
}

template <class Q>
void add_estimate(JsonWriter& o, const Estimate<Q>& e, const JsonUnit<Q>& unit) {
  const std::string u = unit.name;
  o.add("value_" + u, e.value ? std::optional(unit.of(*e.value)) : std::nullopt);
  o.add("bounds_" + u, ends_of(e.bounds, unit));
  o.add("interval_" + u, ends_of(e.interval, unit));
  if (!e.issues.empty()) o.add("issues", e.issues);
  if (!e.sources.empty()) o.add("sources", e.sources);
}

/// An estimate as an object; it must live as long.
template <class Q>
auto estimate_json(const Estimate<Q>& e, const JsonUnit<Q>& unit) {
  return JsonObject{[&e, &unit](JsonWriter& o) { add_estimate(o, e, unit); }};
}

void add_part(JsonWriter& totals, const char* name, const meter::Part& p) {
  if (!p.present) return totals.add(name, nullptr);
  totals.add(name, JsonObject{[&](JsonWriter& o) {
               o.add("energy_j", p.energy_j);
               o.add("bounds_j", std::array{p.low_j, p.high_j});
               o.add("interval_j", std::array{p.interval_low_j, p.interval_high_j});
               o.add("incomplete", p.incomplete);
             }});
}

void add_device(JsonWriter& o, const DeviceFootprint& d) {
  const meter::Record& r = d.record;
  const meter::WindowEnergy& w = r.window;
  o.add("id", r.meter.id);
  o.add("device", meter::text(r.meter.device));
  o.add("domain", meter::text(r.meter.domain));
  o.add("name", r.meter.name);
  o.add("host", d.host);
  o.add("rank", d.rank);
  o.add("counted", d.counted);
  o.add("in_total", d.in_total);
  o.add("energy_j", w.energy_j);
  o.add("measured_j", w.measured_j);
  o.add("estimated_j", w.estimated_j);
  o.add("bounds_j", std::array{w.low_j, w.high_j});
  o.add("interval_j", std::array{w.interval_low_j, w.interval_high_j});
  o.add("method", meter::text(r.method));
  o.add("coverage", w.coverage());
  o.add("covered_s", w.covered_s);
  o.add("samples", w.samples);
  o.add("mean_w", r.mean_power() ? std::optional(r.mean_power()->watts()) : std::nullopt);
  o.add("duration_s", w.duration_s);
  o.add("wraps", r.events.wraps);
  o.add("resets", r.events.resets);
  o.add("missed_reads", r.events.missed_reads);
  o.add("glitches", r.events.glitches);
  o.add("late_ticks", r.events.late_ticks);
  o.add("events", detail::events_json(r.events));
  o.add("issues", r.issues);
  o.add("provider", r.meter.provider);
  if (!d.mirror_of.empty()) o.add("mirror_of", d.mirror_of);
  if (!d.duplicate_of.empty()) o.add("duplicate_of", d.duplicate_of);
  o.add("provenance", JsonObject{[&](JsonWriter& p) {
          p.add("zone", r.meter.id);
          p.add("unit_j", r.meter.kind == meter::Kind::counter ? std::optional(r.meter.unit.joules(1)) : std::nullopt);
          p.add("scope", r.meter.scope);
          p.add("library", CO2LIB_VERSION);
          p.add("text", r.meter.provenance);
        }});
  o.add("meter", detail::info_json(r.meter));
}

void add_region(JsonWriter& o, const RegionFootprint& r) {
  o.add("name", r.name);
  o.add("count", r.count);
  o.add("duration_s", r.duration.count());
  o.add("inclusive_j", r.inclusive.joules());
  o.add("bounds_j", ends_of(r.inclusive.bounds, joules));
  o.add("interval_j", ends_of(r.inclusive.interval, joules));
  o.add("exclusive_j", joules_of(r.exclusive));
  o.add("union_j", joules_of(r.union_energy));
  o.add("least_j", joules_of(r.least));
  o.add("most_j", joules_of(r.most));
  o.add("operational", estimate_json(r.operational, grams));
  o.add("each", json_list(r.each, [](const RegionResult& one) {
          return JsonObject{[&one](JsonWriter& e) {
            e.add("id", one.id);
            e.add("parent", one.parent);
            e.add("thread", one.thread);
            e.add("start", format_utc(one.start));
            e.add("start_ns", one.start.time_since_epoch().count());
            e.add("duration_s", one.duration.count());
            e.add("energy", estimate_json(one.energy, joules));
            e.add("exclusive_j", joules_of(one.exclusive));
            e.add("carbon", estimate_json(one.carbon, grams));
          }};
        }));
}

void add_command(JsonWriter& o, const CommandFootprint& c) {
  o.add("text", c.text);
  o.add("status", c.status);
  o.add("cpu_s", c.cpu_time.count());
  o.add("energy", estimate_json(c.energy, joules));
  o.add("other_j", joules_of(c.other));
  o.add("idle_j", joules_of(c.idle));
}

void add_scope(JsonWriter& o, const ScopeFootprint& s) {
  o.add("scope", s.scope);
  o.add("group", s.group);
  o.add("own", estimate_json(s.own, joules));
  o.add("other", estimate_json(s.other, joules));
  o.add("idle", estimate_json(s.idle, joules));
}

void add_context(JsonWriter& o, const RunContext& c) {
  o.add("host", c.host);
  o.add("os", c.os);
  o.add("cpu_model", c.cpu_model);
  o.add("logical_cpus", c.logical_cpus);
  o.add("memory_bytes", c.memory_bytes);
  o.add("project", c.project);
  o.add("command", c.command);
  o.add("slurm_job_id", c.slurm_job_id);
  detail::add_hardware(o, c.hardware);
}

void add_machine(JsonWriter& o, const MachineFootprint& m) {
  o.add("host", m.host);
  o.add("basis", m.basis);
  o.add("reserved_s", m.reserved.count());
  o.add("cpu_share", m.cpu_share);
  o.add("lifetime_years", std::array{m.lifetime_low_years, m.lifetime_years, m.lifetime_high_years});
  o.add("hardware", estimate_json(m.hardware, grams));
  o.add("own", estimate_json(m.own, grams));
  o.add("parts", json_list(m.parts, [](const HardwarePart& part) {
          return JsonObject{[&part](JsonWriter& p) {
            p.add("id", part.id);
            p.add("name", part.name);
            p.add("quantity", part.quantity);
            p.add("value_g", part.value.grams());
            p.add("bounds_g", std::array{part.bounds.low.grams(), part.bounds.high.grams()});
            p.add("factors", part.factors);
            p.add("source", part.source);
          }};
        }));
}

void add_totals(JsonWriter& o, const meter::Totals& t) {
  add_part(o, "cpu", t.cpu);
  add_part(o, "dram", t.dram);
  add_part(o, "gpu", t.gpu);
  add_part(o, "platform", t.platform);
  add_part(o, "ram_model", t.ram_model);
  add_part(o, "total", t.total);
  o.add("issues", t.issues);
}

void add_price(JsonWriter& o, const Footprint& f) {
  o.add("facility", JsonObject{[&](JsonWriter& p) {
          p.add("pue", f.facility.pue);
          p.add("wue_l_per_kwh", f.facility.wue);
          p.add("energy_j", f.energy.value ? std::optional(f.facility_energy.joules()) : std::nullopt);
        }});
  o.add("operational", estimate_json(f.operational, grams));
  o.add("embodied", estimate_json(f.embodied, grams));
  if (!f.machines.empty()) {
    o.add("machines", json_list(f.machines, [](const MachineFootprint& machine) {
            return JsonObject{[&machine](JsonWriter& m) { add_machine(m, machine); }};
          }));
  }
  o.add("water", estimate_json(f.water, litres));
  o.add("location", f.location.empty() ? std::nullopt : std::optional(f.location));
  o.add("intensity", JsonObject{[&](JsonWriter& i) {
          i.add("source", f.intensity_source);
          i.add("priced_with", f.priced_with);
          i.add("mean_g_per_kwh", f.carbon_intensity ? std::optional(f.carbon_intensity->g_per_kwh()) : std::nullopt);
          if (f.origins.empty()) return;
          i.add("origins", json_list(f.origins, [](const CarbonOrigin& origin) {
                  return JsonObject{[&origin](JsonWriter& part) {
                    part.add("origin", origin.origin);
                    part.add("energy_j", origin.energy.joules());
                    part.add("operational_g", origin.operational.grams());
                  }};
                }));
        }});
}

}  // namespace

std::string Footprint::to_json() const {
  return JsonWriter::object([this](JsonWriter& o) {
    o.add("schema", detail::footprint_schema);
    o.add("run_id", run_id);
    o.add("library", CO2LIB_VERSION);
    o.add("complete", complete);
    o.add("start", format_utc(start));
    o.add("end", format_utc(end));
    o.add("start_ns", start.time_since_epoch().count());
    o.add("end_ns", end.time_since_epoch().count());
    o.add("duration_s", duration.count());
    o.add("suspended_s", suspended.count());
    o.add("downtime_s", downtime.count());
    o.add("segments", segments);
    o.add("energy", JsonObject{[this](JsonWriter& e) {
            add_estimate(e, energy, joules);
            e.add("kwh", energy.kwh());
          }});
    add_price(o, *this);
    o.add("methods", json_list(methods, [](const auto& method) {
            return JsonObject{[&method](JsonWriter& m) {
              m.add("method", meter::text(method.first));
              m.add("share", method.second);
            }};
          }));
    o.add("coverage", coverage);
    o.add("totals", JsonObject{[this](JsonWriter& t) { add_totals(t, totals); }});
    if (scope) {
      o.add("scope", JsonObject{[this](JsonWriter& s) { add_scope(s, *scope); }});
    } else {
      o.add("scope", nullptr);
    }
    if (command) {
      o.add("command", JsonObject{[this](JsonWriter& c) { add_command(c, *command); }});
    } else {
      o.add("command", nullptr);
    }
    o.add("devices", json_list(devices, [](const DeviceFootprint& device) {
            return JsonObject{[&device](JsonWriter& d) { add_device(d, device); }};
          }));
    o.add("regions", json_list(regions, [](const RegionFootprint& region) {
            return JsonObject{[&region](JsonWriter& r) { add_region(r, region); }};
          }));
    o.add("issues", issues);
    o.add("sources", sources);
    o.add("context", JsonObject{[this](JsonWriter& c) { add_context(c, context); }});
  });
}

}  // namespace co2lib::tracker
