// SPDX-License-Identifier: MIT
// The JSON of a footprint (schema `co2lib-footprint/1`), and back: nothing of it is lost on the way.
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/tracker/footprint.hpp>
#include <co2lib/version.hpp>

#include "tracker/json_parts.hpp"

namespace co2lib::tracker {

namespace {

using detail::info_json;
using detail::issues_json;
using detail::issues_of;
using detail::Json;
using detail::maybe;
using detail::maybe_number;
using detail::number;

constexpr std::string_view schema = "co2lib-footprint/1";
constexpr double least = -detail::most;

// ---------------------------------------------------------------------------------------------------------------------
// Out
// ---------------------------------------------------------------------------------------------------------------------

Json part_json(const meter::Part& p) {
  if (!p.present) return nullptr;
  return Json{{"energy_j", maybe(p.energy_j)},
              {"bounds_j", {p.low_j, p.high_j}},
              {"interval_j", {p.interval_low_j, p.interval_high_j}},
              {"incomplete", p.incomplete}};
}

Json record_json(const DeviceFootprint& d) {
  const meter::Record& r = d.record;
  const meter::WindowEnergy& w = r.window;
  Json j{{"id", r.meter.id},
         {"device", std::string(meter::text(r.meter.device))},
         {"domain", std::string(meter::text(r.meter.domain))},
         {"name", r.meter.name},
         {"host", d.host},
         {"rank", maybe(d.rank)},
         {"counted", d.counted},
         {"in_total", d.in_total},
         {"energy_j", maybe(w.energy_j)},
         {"measured_j", w.measured_j},
         {"estimated_j", maybe(w.estimated_j)},
         {"bounds_j", {w.low_j, w.high_j}},
         {"interval_j", {w.interval_low_j, w.interval_high_j}},
         {"method", std::string(meter::text(r.method))},
         {"coverage", maybe(w.coverage())},
         {"covered_s", w.covered_s},
         {"samples", w.samples},
         {"mean_w", r.mean_power() ? Json(r.mean_power()->watts()) : Json(nullptr)},
         {"duration_s", w.duration_s},
         {"wraps", r.events.wraps},
         {"resets", r.events.resets},
         {"missed_reads", r.events.missed_reads},
         {"glitches", r.events.glitches},
         {"late_ticks", r.events.late_ticks},
         {"events", detail::events_json(r.events)},
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
  j["meter"] = info_json(r.meter);
  return j;
}

Json sources_json(const std::vector<Source>& sources) {
  Json list = Json::array();
  for (const Source& s : sources) {
    list.push_back(Json{{"id", s.id}, {"text", s.text}, {"year", s.year}, {"licence", s.licence}});
  }
  return list;
}

/// How a quantity is written: the unit of its keys, and its number in that unit.
template <class Q>
struct Unit {
  const char* name;
  double (*of)(Q);
  Q (*from)(double);
};

constexpr Unit<Energy> joules{"j", [](Energy e) { return e.joules(); },
                              [](double x) { return Energy::from_joules(x); }};
constexpr Unit<CarbonMass> grams{"g", [](CarbonMass m) { return m.grams(); },
                                 [](double x) { return CarbonMass::from_grams(x); }};
constexpr Unit<Water> litres{"l", [](Water w) { return w.litres(); }, [](double x) { return Water::from_litres(x); }};

template <class Q>
Json estimate_json(const Estimate<Q>& e, const Unit<Q>& unit) {
  Json j;
  const std::string u = unit.name;
  j["value_" + u] = e.value ? Json(unit.of(*e.value)) : Json(nullptr);
  j["bounds_" + u] = e.bounds ? Json{unit.of(e.bounds->low), unit.of(e.bounds->high)} : Json(nullptr);
  j["interval_" + u] = e.interval ? Json{unit.of(e.interval->low), unit.of(e.interval->high)} : Json(nullptr);
  if (!e.issues.empty()) j["issues"] = issues_json(e.issues);
  if (!e.sources.empty()) j["sources"] = sources_json(e.sources);
  return j;
}

Json energy_json(const std::optional<Energy>& e) { return e ? Json(e->joules()) : Json(nullptr); }

Json region_json(const RegionFootprint& r) {
  Json j{{"name", r.name}, {"count", r.count}, {"duration_s", r.duration.count()}};
  j["inclusive_j"] = maybe(r.inclusive.joules());
  j["bounds_j"] =
      r.inclusive.bounds ? Json{r.inclusive.bounds->low.joules(), r.inclusive.bounds->high.joules()} : Json(nullptr);
  j["interval_j"] = r.inclusive.interval ? Json{r.inclusive.interval->low.joules(), r.inclusive.interval->high.joules()}
                                         : Json(nullptr);
  j["exclusive_j"] = energy_json(r.exclusive);
  j["union_j"] = energy_json(r.union_energy);
  j["least_j"] = energy_json(r.least);
  j["most_j"] = energy_json(r.most);
  Json each = Json::array();
  for (const RegionResult& one : r.each) {
    each.push_back(Json{{"id", one.id},
                        {"parent", one.parent},
                        {"thread", one.thread},
                        {"start", format_utc(one.start)},
                        {"start_ns", one.start.time_since_epoch().count()},
                        {"duration_s", one.duration.count()},
                        {"energy", estimate_json(one.energy, joules)},
                        {"exclusive_j", energy_json(one.exclusive)},
                        {"carbon", estimate_json(one.carbon, grams)}});
  }
  j["each"] = std::move(each);
  return j;
}

Json command_json(const CommandFootprint& c) {
  return Json{{"text", c.text},
              {"status", maybe(c.status)},
              {"cpu_s", c.cpu_time.count()},
              {"energy", estimate_json(c.energy, joules)},
              {"other_j", energy_json(c.other)},
              {"idle_j", energy_json(c.idle)}};
}

Json context_json(const RunContext& c) {
  return Json{{"host", c.host},
              {"os", c.os},
              {"cpu_model", c.cpu_model},
              {"logical_cpus", maybe(c.logical_cpus)},
              {"memory_bytes", maybe(c.memory_bytes)},
              {"project", c.project},
              {"command", c.command},
              {"slurm_job_id", c.slurm_job_id}};
}

// ---------------------------------------------------------------------------------------------------------------------
// In
// ---------------------------------------------------------------------------------------------------------------------

/// Two numbers that are an interval's ends.
template <class Q>
std::optional<Interval<Q>> interval_of(const Json& j, const std::string& key, double confidence, const Unit<Q>& unit) {
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
Estimate<Q> estimate_of(const Json& j, const Unit<Q>& unit) {
  if (!j.is_object()) throw std::invalid_argument(detail::shown(j) + " is not an estimate");
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
          .slurm_job_id = j.at("slurm_job_id").get<std::string>()};
}

meter::Method method_named(const std::string& name) {
  for (const meter::Method m : {meter::Method::counter, meter::Method::integral, meter::Method::model}) {
    if (meter::text(m) == name) return m;
  }
  throw std::invalid_argument("'" + name + "' is not a method; known: counter, integral, model");
}

UtcTime time_at(const Json& j, const char* exact, const char* text) {
  if (!j.contains(exact)) return detail::utc_of(j.at(text));
  return UtcTime(
      std::chrono::nanoseconds(detail::integer<std::int64_t>(j.at(exact), std::numeric_limits<std::int64_t>::min())));
}

/// The elements of a field that is a list.
const Json& list(const Json& j) {
  if (!j.is_array()) throw std::invalid_argument(detail::shown(j) + " is not a list");
  return j;
}

/// Reads one field of the footprint; whatever is wrong with it is an error that names it.
template <class Read>
void read_field(const Json& j, const char* field, Read read) {
  try {
    read(j.at(field));
  } catch (const std::exception& error) {
    throw Error("tracker.bad_json", std::string("footprint: ") + field + ": " + error.what() +
                                        "; give the text of Footprint::to_json of this version");
  }
}

}  // namespace

std::string Footprint::to_json() const {
  Json j;
  j["schema"] = std::string(schema);
  j["run_id"] = run_id;
  j["library"] = CO2LIB_VERSION;
  j["complete"] = complete;
  j["start"] = format_utc(start);
  j["end"] = format_utc(end);
  j["start_ns"] = start.time_since_epoch().count();
  j["end_ns"] = end.time_since_epoch().count();
  j["duration_s"] = duration.count();
  j["suspended_s"] = suspended.count();
  j["downtime_s"] = downtime.count();
  j["segments"] = segments;
  j["energy"] = estimate_json(energy, joules);
  j["energy"]["kwh"] = energy.kwh() ? Json(*energy.kwh()) : Json(nullptr);
  j["facility"] = Json{{"pue", facility.pue},
                       {"wue_l_per_kwh", facility.wue},
                       {"energy_j", energy.value ? Json(facility_energy.joules()) : Json(nullptr)}};
  j["operational"] = estimate_json(operational, grams);
  j["embodied"] = estimate_json(embodied, grams);
  j["water"] = estimate_json(water, litres);
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
                            {"group", scope->group},
                            {"own", estimate_json(scope->own, joules)},
                            {"other", estimate_json(scope->other, joules)},
                            {"idle", estimate_json(scope->idle, joules)}}
                     : Json(nullptr);
  j["command"] = command ? command_json(*command) : Json(nullptr);
  j["devices"] = Json::array();
  for (const DeviceFootprint& d : devices) j["devices"].push_back(record_json(d));
  j["regions"] = Json::array();
  for (const RegionFootprint& r : regions) j["regions"].push_back(region_json(r));
  j["issues"] = issues_json(issues);
  j["sources"] = sources_json(sources);
  j["context"] = context_json(context);
  return co2lib::detail::to_text(j);
}

Footprint Footprint::from_json(std::string_view text) {
  const Json j = Json::parse(text, nullptr, false);
  if (!j.is_object() || !j.contains("schema") || j.at("schema") != schema) {
    throw Error("tracker.bad_json",
                "footprint: not JSON of the schema " + std::string(schema) + "; give the text of Footprint::to_json");
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
  read("water", [&](const Json& v) { f.water = estimate_of(v, litres); });
  read("location", [&](const Json& v) { f.location = v.is_null() ? "" : v.get<std::string>(); });
  read("intensity", [&](const Json& v) {
    f.intensity_source = v.at("source").get<std::string>();
    f.priced_with = v.value("priced_with", f.intensity_source);
    const auto mean = maybe_number(v, "mean_g_per_kwh", least);
    if (mean) f.carbon_intensity = CarbonIntensity::from_g_per_kwh(*mean);
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
