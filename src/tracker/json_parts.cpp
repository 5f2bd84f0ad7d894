// SPDX-License-Identifier: MIT
#include "tracker/json_parts.hpp"

namespace co2lib::tracker::detail {

namespace {

template <class Enum, std::size_t N>
Enum enum_of(const std::string& text, const Enum (&values)[N]) {
  for (const Enum v : values) {
    if (meter::text(v) == text) return v;
  }
  throw std::invalid_argument("'" + text + "' is not a name that is known here");
}

Json wrap_json(const meter::WrapRange& w) {
  if (w.is_none()) return "none";
  if (w.is_unknown()) return nullptr;
  return w.counts();
}

}  // namespace

Json info_json(const meter::MeterInfo& m) {
  return Json{{"id", m.id},
              {"parent", m.parent},
              {"control", m.control},
              {"name", m.name},
              {"device", std::string(meter::text(m.device))},
              {"domain", std::string(meter::text(m.domain))},
              {"provider", m.provider},
              {"kind", std::string(meter::text(m.kind))},
              {"unit_j", {m.unit.numerator, m.unit.denominator}},
              {"wrap_max", wrap_json(m.wrap)},
              {"flags", m.flags},
              {"update_period_s", maybe(m.update_period_s)},
              {"slack_s", maybe(m.slack_s)},
              {"p_max_w", maybe(m.p_max_w)},
              {"accuracy", maybe(m.accuracy)},
              {"scope", m.scope},
              {"stands_in_for", m.stands_in_for},
              {"provenance", m.provenance}};
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

Json issues_json(const std::vector<Issue>& issues) {
  Json list = Json::array();
  for (const Issue& i : issues) list.push_back(Json{{"code", i.code}, {"subject", i.subject}, {"text", i.text}});
  return list;
}

std::vector<Issue> issues_of(const Json& j) {
  std::vector<Issue> issues;
  for (const Json& i : j) {
    issues.push_back(
        {i.at("code").get<std::string>(), i.at("subject").get<std::string>(), i.at("text").get<std::string>()});
  }
  return issues;
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
  using meter::Device;
  using meter::Domain;
  meter::MeterInfo m;
  m.id = j.at("id").get<std::string>();
  m.parent = j.value("parent", std::string());
  m.control = j.value("control", std::string());
  m.name = j.value("name", std::string());
  m.device = enum_of(j.at("device").get<std::string>(), {Device::cpu, Device::dram, Device::gpu, Device::platform,
                                                         Device::board, Device::ram, Device::npu});
  m.domain = enum_of(j.at("domain").get<std::string>(),
                     {Domain::package, Domain::core, Domain::uncore, Domain::dram, Domain::psys, Domain::gpu,
                      Domain::module, Domain::rail, Domain::model, Domain::other});
  m.provider = j.at("provider").get<std::string>();
  m.kind = enum_of(j.at("kind").get<std::string>(), {meter::Kind::counter, meter::Kind::power});
  m.unit = {integer<std::int64_t>(j.at("unit_j").at(0), 1), integer<std::int64_t>(j.at("unit_j").at(1), 1)};
  const Json& wrap = j.at("wrap_max");
  m.wrap = wrap.is_null()     ? meter::WrapRange::unknown()
           : wrap.is_string() ? meter::WrapRange::none()
                              : meter::WrapRange::modulus(integer<std::uint64_t>(wrap, 1));
  m.flags = j.value("flags", std::vector<std::string>());
  m.update_period_s = maybe_number(j, "update_period_s");
  m.slack_s = maybe_number(j, "slack_s");
  m.p_max_w = maybe_number(j, "p_max_w");
  m.accuracy = maybe_number(j, "accuracy");
  if (m.accuracy && *m.accuracy > 1) throw std::invalid_argument("accuracy is above 1");
  m.scope = j.value("scope", std::string("machine"));
  m.stands_in_for = j.value("stands_in_for", std::vector<std::string>());
  m.provenance = j.value("provenance", std::string());
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
