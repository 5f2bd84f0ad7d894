// SPDX-License-Identifier: MIT
#include "tracker/json_parts.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace co2lib::tracker::detail {

namespace {

template <class E>
E enum_of(const Json& j) {
  const Result<E> value = parse<E>(j.get<std::string>());
  if (!value) throw std::invalid_argument(value.issue().text);
  return *value;
}

/// A field of `MeterInfo` in JSON; its name there differs in one case.
std::string key_of(std::string_view field) { return field == "unit" ? "unit_j" : std::string(field); }

template <class T>
Json field_json(const T& value) {
  if constexpr (Named<T>) {
    return std::string(text(value));
  } else {
    return value;
  }
}
Json field_json(const std::optional<double>& value) { return maybe(value); }
Json field_json(const meter::CounterUnit& u) { return {u.numerator, u.denominator}; }
Json field_json(const meter::WrapRange& w) {
  if (w.is_none()) return "none";
  if (w.is_unknown()) return nullptr;
  return w.counts();
}

template <Named E>
void read_field(const Json& j, E& value) {
  value = enum_of<E>(j);
}
void read_field(const Json& j, std::string& value) { value = j.get<std::string>(); }
void read_field(const Json& j, bool& value) { value = j.get<bool>(); }
void read_field(const Json& j, std::vector<std::string>& value) { value = j.get<std::vector<std::string>>(); }
void read_field(const Json& j, std::optional<double>& value) {
  value = j.is_null() ? std::nullopt : std::optional(number(j, 0));
}
void read_field(const Json& j, meter::CounterUnit& value) {
  value = {integer<std::int64_t>(j.at(0), 1), integer<std::int64_t>(j.at(1), 1)};
}
void read_field(const Json& j, meter::WrapRange& value) {
  value = j.is_null()     ? meter::WrapRange::unknown()
          : j.is_string() ? meter::WrapRange::none()
                          : meter::WrapRange::modulus(integer<std::uint64_t>(j, 1));
}

/// What version 0.1 concluded from the name of a provider, and its meters did not say in a log. Nothing else looks at
/// these names: readers say it of their meters.
void complete_from_provider(meter::MeterInfo& m) {
  const bool rapl = m.provider == "powercap" || m.provider == "perf_event";
  const bool monitor = m.provider == "hwmon" || m.provider == "ina3221";
  const bool gpu = m.device == meter::Device::gpu;
  m.modelled = m.provider.starts_with("model.");
  if (rapl && !gpu) m.least_window_s = 0.1;
  if (monitor && !gpu && !m.slack_s && !m.update_period_s) m.slack_s = 0.1;
  if (m.accuracy) return;
  if (rapl) m.accuracy = m.domain == meter::Domain::dram ? 0.15 : 0.05;
  if (m.provider == "nvml") m.accuracy = m.kind == meter::Kind::counter ? 0.05 : 0.25;
  if (monitor) m.accuracy = 0.05;
}

}  // namespace

Json info_json(const meter::MeterInfo& m) {
  Json j = Json::object();
  meter::for_each_field(
      m, [&](std::string_view field, const auto& value, const char*) { j[key_of(field)] = field_json(value); });
  return j;
}

Json events_json(const meter::Events& e) {
  Json j = Json::object();
  const auto count = [&](const char* name, std::int64_t n) {
    if (n != 0) j[name] = n;
  };
  const auto flag = [&](const char* name, bool set) {
    if (set) j[name] = true;
  };
  count("wraps", e.wraps);
  count("resets", e.resets);
  count("missed_reads", e.missed_reads);
  count("glitches", e.glitches);
  count("late_ticks", e.late_ticks);
  flag("out_of_order", e.out_of_order);
  flag("reset_unconfirmed", e.reset_unconfirmed);
  flag("implausible_rate", e.implausible_rate);
  flag("wrap_ambiguous", e.wrap_ambiguous);
  flag("wrap_modulus_unknown", e.wrap_modulus_unknown);
  flag("frozen", e.frozen);
  return j;
}

std::vector<Issue> issues_of(const Json& j) {
  std::vector<Issue> issues;
  for (const Json& i : j) {
    issues.push_back(
        {i.at("code").get<std::string>(), i.at("subject").get<std::string>(), i.at("text").get<std::string>()});
  }
  return issues;
}

void add_hardware(co2lib::detail::JsonWriter& context, const std::optional<MachineHardware>& hardware) {
  if (!hardware) return;
  context.add("hardware", co2lib::detail::JsonObject{[&](co2lib::detail::JsonWriter& o) {
                o.add("sockets", hardware->sockets);
                o.add("hdd", hardware->hdd);
                o.add("ssd", hardware->ssd);
                o.add("is_server", hardware->is_server);
                o.add("scope_cpus", hardware->scope_cpus);
              }});
}

std::optional<MachineHardware> hardware_of(const Json& context) {
  if (!context.contains("hardware") || context.at("hardware").is_null()) return std::nullopt;
  const Json& j = context.at("hardware");
  MachineHardware hardware{.sockets = maybe_integer<int>(j, "sockets"),
                           .hdd = maybe_integer<int>(j, "hdd"),
                           .ssd = maybe_integer<int>(j, "ssd")};
  if (j.contains("is_server") && !j.at("is_server").is_null()) hardware.is_server = j.at("is_server").get<bool>();
  hardware.scope_cpus = maybe_number(j, "scope_cpus");
  return hardware;
}

std::string shown(const Json& j) { return j.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 64); }

double number(const Json& j, double low) {
  if (j.is_number()) {
    const auto value = j.get<double>();
    if (value >= low && value <= most) return value;
  }
  throw std::invalid_argument(shown(j) + " is not a number in its range");
}

std::optional<double> maybe_number(const Json& j, const char* key, double low) {
  if (!j.contains(key) || j.at(key).is_null()) return std::nullopt;
  return number(j.at(key), low);
}

/// Times in a log lie within 31 years of uptime, so that sums and differences of them never overflow.
MonotonicTime time_of(const Json& j) {
  return MonotonicTime(integer<std::int64_t>(j, 0, std::int64_t{1'000'000'000'000'000'000}));
}

meter::MeterInfo info_of(const Json& j) {
  constexpr std::string_view needed[] = {"id", "device", "domain", "provider", "kind", "unit", "wrap_max"};
  const bool says_all = j.contains("modelled");
  meter::MeterInfo m;
  meter::for_each_field(m, [&](std::string_view field, auto& value, const char*) {
    const std::string key = key_of(field);
    const bool optional = std::find(std::begin(needed), std::end(needed), field) == std::end(needed);
    if (optional && !j.contains(key)) return;
    // Version 0.1 had a domain that no sensor of its own gave, counted like `other`.
    if (!says_all && field == "domain" && j.at(key) == "module") return;
    read_field(j.at(key), value);
  });
  if (!says_all) complete_from_provider(m);
  if (m.accuracy && *m.accuracy > 1) throw std::invalid_argument("accuracy is above 1");
  return m;
}

meter::Events events_of(const Json& j) {
  meter::Events e;
  e.wraps = integer_or(j, "wraps", std::int64_t{0});
  e.resets = integer_or(j, "resets", std::int64_t{0});
  e.missed_reads = integer_or(j, "missed_reads", std::int64_t{0});
  e.glitches = integer_or(j, "glitches", std::int64_t{0});
  e.late_ticks = integer_or(j, "late_ticks", std::int64_t{0});
  e.out_of_order = j.value("out_of_order", false);
  e.reset_unconfirmed = j.value("reset_unconfirmed", false);
  e.implausible_rate = j.value("implausible_rate", false);
  e.wrap_ambiguous = j.value("wrap_ambiguous", false);
  e.wrap_modulus_unknown = j.value("wrap_modulus_unknown", false);
  e.frozen = j.value("frozen", false);
  return e;
}

UtcTime utc_of(const Json& j) {
  const Result<UtcTime> t = parse_utc(j.get<std::string>());
  if (!t) throw std::invalid_argument(t.issue().text);
  return *t;
}

}  // namespace co2lib::tracker::detail
