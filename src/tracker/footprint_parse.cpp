// SPDX-License-Identifier: MIT
// A footprint from its JSON, schema `co2lib-footprint/1`; footprint_json.cpp writes it.
#include <chrono>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/tracker/footprint.hpp>

#include "tracker/json_parts.hpp"
#include "tracker/json_units.hpp"

namespace co2lib::tracker {

namespace {

using detail::footprint_schema;
using detail::grams;
using detail::issues_of;
using detail::joules;
using detail::Json;
using detail::JsonUnit;
using detail::litres;
using detail::maybe_number;
using detail::number;

constexpr double least = -detail::most;

/// Two numbers that are an interval's ends.
template <class Q>
std::optional<Interval<Q>> interval_of(const Json& j, const std::string& key, double confidence,
                                       const JsonUnit<Q>& unit) {
  if (!j.contains(key) || j.at(key).is_null()) return std::nullopt;
  return Interval<Q>{unit.from(number(j.at(key).at(0), least)), unit.from(number(j.at(key).at(1), least)), confidence};
}

std::vector<Source> sources_of(const Json& j) {
  std::vector<Source> sources;
  for (const Json& s : j) {
    sources.push_back({s.at("id").get<std::string>(), s.at("text").get<std::string>(), s.at("year").get<int>(),
                       s.at("licence").get<std::string>()});
  }
  return sources;
}

template <class Q>
Estimate<Q> estimate_of(const Json& j, const JsonUnit<Q>& unit) {
  if (!j.is_object()) throw std::invalid_argument(detail::excerpt(j) + " is not an estimate");
  const std::string u = unit.name;
  Estimate<Q> e;
  if (const auto value = maybe_number(j, ("value_" + u).c_str(), least)) e.value = unit.from(*value);
  e.bounds = interval_of(j, "bounds_" + u, 1.0, unit);
  e.interval = interval_of(j, "interval_" + u, 0.95, unit);
  if (j.contains("issues")) e.issues = issues_of(j.at("issues"));
  if (j.contains("sources")) e.sources = sources_of(j.at("sources"));
  return e;
}

std::optional<Energy> energy_of(const Json& j, const char* key) {
  const auto value = maybe_number(j, key, least);
  return value ? std::optional(Energy::from_joules(*value)) : std::nullopt;
}

meter::Part part_of(const Json& j) {
  meter::Part p;
  if (j.is_null()) return p;
  p.present = true;
  p.energy_j = maybe_number(j, "energy_j", least);
  p.low_j = number(j.at("bounds_j").at(0), least);
  p.high_j = number(j.at("bounds_j").at(1), least);
  p.interval_low_j = number(j.at("interval_j").at(0), least);
  p.interval_high_j = number(j.at("interval_j").at(1), least);
  p.incomplete = j.at("incomplete").get<bool>();
  return p;
}

DeviceFootprint device_of(const Json& j) {
  DeviceFootprint d;
  meter::Record& r = d.record;
  r.meter = detail::info_of(j.at("meter"));
  r.method = meter::method_of(r.meter);
  r.events = detail::events_of(j.at("events"));
  r.issues = issues_of(j.at("issues"));
  meter::WindowEnergy& w = r.window;
  w.energy_j = maybe_number(j, "energy_j", least);
  w.measured_j = number(j.at("measured_j"), least);
  w.estimated_j = maybe_number(j, "estimated_j", least);
  w.low_j = number(j.at("bounds_j").at(0), least);
  w.high_j = number(j.at("bounds_j").at(1), least);
  w.interval_low_j = number(j.at("interval_j").at(0), least);
  w.interval_high_j = number(j.at("interval_j").at(1), least);
  w.covered_s = number(j.at("covered_s"));
  w.duration_s = number(j.at("duration_s"));
  w.samples = detail::integer<std::int64_t>(j.at("samples"));
  d.counted = j.at("counted").get<bool>();
  d.in_total = j.at("in_total").get<bool>();
  d.host = j.at("host").get<std::string>();
  d.rank = detail::maybe_integer<int>(j, "rank");
  d.mirror_of = j.value("mirror_of", std::string());
  d.duplicate_of = j.value("duplicate_of", std::string());
  return d;
}

RegionFootprint region_of(const Json& j) {
  RegionFootprint r;
  r.name = j.at("name").get<std::string>();
  r.count = detail::integer<std::int64_t>(j.at("count"));
  r.duration = Seconds(number(j.at("duration_s")));
  r.inclusive.value = energy_of(j, "inclusive_j");
  r.inclusive.bounds = interval_of(j, "bounds_j", 1.0, joules);
  r.inclusive.interval = interval_of(j, "interval_j", 0.95, joules);
  r.exclusive = energy_of(j, "exclusive_j");
  r.union_energy = energy_of(j, "union_j");
  r.least = energy_of(j, "least_j");
  r.most = energy_of(j, "most_j");
  if (j.contains("operational")) r.operational = estimate_of(j.at("operational"), grams);
  for (const Json& e : j.at("each")) {
    RegionResult one;
    one.name = r.name;
    one.id = detail::integer<std::uint64_t>(e.at("id"));
    one.parent = detail::integer<std::uint64_t>(e.at("parent"));
    one.thread = detail::integer<std::int64_t>(e.at("thread"), std::numeric_limits<std::int64_t>::min());
    one.start = UtcTime(std::chrono::nanoseconds(
        detail::integer<std::int64_t>(e.at("start_ns"), std::numeric_limits<std::int64_t>::min())));
    one.duration = Seconds(number(e.at("duration_s")));
    one.energy = estimate_of(e.at("energy"), joules);
    one.exclusive = energy_of(e, "exclusive_j");
    one.carbon = estimate_of(e.at("carbon"), grams);
    r.each.push_back(std::move(one));
  }
  return r;
}

CommandFootprint command_of(const Json& j) {
  CommandFootprint c;
  c.text = j.at("text").get<std::string>();
  c.status = detail::maybe_integer<int>(j, "status");
  c.cpu_time = Seconds(number(j.at("cpu_s")));
  c.energy = estimate_of(j.at("energy"), joules);
  c.other = energy_of(j, "other_j");
  c.idle = energy_of(j, "idle_j");
  return c;
}

RunContext context_of(const Json& j) {
  return {.host = j.at("host").get<std::string>(),
          .os = j.at("os").get<std::string>(),
          .cpu_model = j.at("cpu_model").get<std::string>(),
          .logical_cpus = detail::maybe_integer<int>(j, "logical_cpus"),
          .memory_bytes = detail::maybe_integer<std::uint64_t>(j, "memory_bytes"),
          .project = j.at("project").get<std::string>(),
          .command = j.at("command").get<std::string>(),
          .slurm_job_id = j.at("slurm_job_id").get<std::string>(),
          .hardware = detail::hardware_of(j)};
}

HardwarePart hardware_part_of(const Json& j) {
  const Json& bounds = j.at("bounds_g");
  return {.id = j.at("id").get<std::string>(),
          .name = j.at("name").get<std::string>(),
          .quantity = number(j.at("quantity")),
          .value = grams.from(number(j.at("value_g"))),
          .bounds = {grams.from(number(bounds.at(0))), grams.from(number(bounds.at(1))), 1.0},
          .factors = j.at("factors").get<std::vector<std::string>>(),
          .source = j.at("source").get<std::string>()};
}

MachineFootprint machine_of(const Json& j) {
  const Json& years = j.at("lifetime_years");
  MachineFootprint m{.host = j.at("host").get<std::string>(),
                     .basis = j.at("basis").get<std::string>(),
                     .reserved = Seconds(number(j.at("reserved_s"))),
                     .cpu_share = number(j.at("cpu_share")),
                     .lifetime_years = number(years.at(1)),
                     .lifetime_low_years = number(years.at(0)),
                     .lifetime_high_years = number(years.at(2)),
                     .hardware = estimate_of(j.at("hardware"), grams),
                     .own = estimate_of(j.at("own"), grams)};
  for (const Json& part : j.at("parts")) m.parts.push_back(hardware_part_of(part));
  return m;
}

meter::Method method_named(const std::string& name) {
  for (const meter::Method m : {meter::Method::counter, meter::Method::integral, meter::Method::model}) {
    if (meter::text(m) == name) return m;
  }
  throw std::invalid_argument(fmt::format("'{}' is not a method; known: counter, integral, model", name));
}

UtcTime time_at(const Json& j, const char* exact, const char* text) {
  if (!j.contains(exact)) return detail::utc_of(j.at(text));
  return UtcTime(
      std::chrono::nanoseconds(detail::integer<std::int64_t>(j.at(exact), std::numeric_limits<std::int64_t>::min())));
}

/// The elements of a field that is a list.
const Json& list(const Json& j) {
  if (!j.is_array()) throw std::invalid_argument(detail::excerpt(j) + " is not a list");
  return j;
}

/// Reads one field of the footprint; whatever is wrong with it is an error that names it.
template <class Read>
void read_field(const Json& j, const char* field, Read read) {
  try {
    read(j.at(field));
  } catch (const std::exception& error) {
    throw Error("tracker.bad_json",
                fmt::format("footprint: {}: {}; give the text of Footprint::to_json of this version", field,
                            co2lib::detail::said_by(error)));
  }
}

}  // namespace

Footprint Footprint::from_json(std::string_view text) {
  const Json j = Json::parse(text, nullptr, false);
  if (!j.is_object() || !j.contains("schema") || j.at("schema") != footprint_schema) {
    throw Error(
        "tracker.bad_json",
        fmt::format("footprint: not JSON of the schema {}; give the text of Footprint::to_json", footprint_schema));
  }
  Footprint f;
  const auto read = [&](const char* field, auto take) { read_field(j, field, take); };
  read("run_id", [&](const Json& v) { f.run_id = v.get<std::string>(); });
  read("complete", [&](const Json& v) { f.complete = v.get<bool>(); });
  read("start", [&](const Json&) { f.start = time_at(j, "start_ns", "start"); });
  read("end", [&](const Json&) { f.end = time_at(j, "end_ns", "end"); });
  read("duration_s", [&](const Json& v) { f.duration = Seconds(number(v)); });
  read("suspended_s", [&](const Json& v) { f.suspended = Seconds(number(v)); });
  read("downtime_s", [&](const Json& v) { f.downtime = Seconds(number(v)); });
  read("segments", [&](const Json& v) { f.segments = detail::integer<std::int64_t>(v); });
  read("energy", [&](const Json& v) { f.energy = estimate_of(v, joules); });
  read("facility", [&](const Json& v) {
    f.facility = {number(v.at("pue"), 1), number(v.at("wue_l_per_kwh"))};
    f.facility_energy = energy_of(v, "energy_j").value_or(Energy{});
  });
  read("operational", [&](const Json& v) { f.operational = estimate_of(v, grams); });
  read("embodied", [&](const Json& v) { f.embodied = estimate_of(v, grams); });
  if (j.contains("machines")) {
    read("machines", [&](const Json& v) {
      for (const Json& m : list(v)) f.machines.push_back(machine_of(m));
    });
  }
  read("water", [&](const Json& v) { f.water = estimate_of(v, litres); });
  read("location", [&](const Json& v) { f.location = v.is_null() ? "" : v.get<std::string>(); });
  read("intensity", [&](const Json& v) {
    f.intensity_source = v.at("source").get<std::string>();
    f.priced_with = v.value("priced_with", f.intensity_source);
    const auto mean = maybe_number(v, "mean_g_per_kwh", least);
    if (mean) f.carbon_intensity = CarbonIntensity::from_g_per_kwh(*mean);
    if (!v.contains("origins")) return;
    for (const Json& o : list(v.at("origins"))) {
      f.origins.push_back({o.at("origin").get<std::string>(), Energy::from_joules(number(o.at("energy_j"), least)),
                           CarbonMass::from_grams(number(o.at("operational_g"), least))});
    }
  });
  read("methods", [&](const Json& v) {
    for (const Json& m : list(v))
      f.methods.emplace_back(method_named(m.at("method").get<std::string>()), number(m.at("share")));
  });
  read("coverage", [&](const Json& v) { f.coverage = v.is_null() ? std::nullopt : std::optional(number(v)); });
  read("totals", [&](const Json& v) {
    f.totals = {.cpu = part_of(v.at("cpu")),
                .dram = part_of(v.at("dram")),
                .gpu = part_of(v.at("gpu")),
                .platform = part_of(v.at("platform")),
                .ram_model = part_of(v.at("ram_model")),
                .total = part_of(v.at("total")),
                .issues = issues_of(v.at("issues"))};
  });
  read("scope", [&](const Json& v) {
    if (v.is_null()) return;
    f.scope = {.scope = v.at("scope").get<std::string>(),
               .group = v.at("group").get<std::string>(),
               .own = estimate_of(v.at("own"), joules),
               .other = estimate_of(v.at("other"), joules),
               .idle = estimate_of(v.at("idle"), joules)};
  });
  read("command", [&](const Json& v) {
    if (!v.is_null()) f.command = command_of(v);
  });
  read("devices", [&](const Json& v) {
    for (const Json& d : list(v)) f.devices.push_back(device_of(d));
  });
  read("regions", [&](const Json& v) {
    for (const Json& r : list(v)) f.regions.push_back(region_of(r));
  });
  read("issues", [&](const Json& v) { f.issues = issues_of(v); });
  read("sources", [&](const Json& v) { f.sources = sources_of(v); });
  read("context", [&](const Json& v) { f.context = context_of(v); });
  return f;
}

}  // namespace co2lib::tracker
