// SPDX-License-Identifier: MIT
#include "exchange/parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>

#include <co2lib/clock.hpp>
#include <co2lib/csv.hpp>

#include "detail/document.hpp"

namespace co2lib::exchange {

std::string decimal_text(double x) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::fixed).ptr;
  std::string text(buffer.data(), end);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::optional<double> decimal_value(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

namespace {

template <class Q, class Read>
void add_estimate(std::vector<std::pair<std::string, std::string>>& list, const std::string& name,
                  const Estimate<Q>& estimate, const Read& read) {
  const auto both = [&](const Interval<Q>& i) { return decimal_text(read(i.low)) + ' ' + decimal_text(read(i.high)); };
  if (estimate.value) list.emplace_back(name, decimal_text(read(*estimate.value)));
  if (estimate.bounds) list.emplace_back(name + ":bounds", both(*estimate.bounds));
  if (estimate.interval) list.emplace_back(name + ":interval95", both(*estimate.interval));
}

std::string source_text(const Source& source) {
  const Json list = Json::array({source.id, source.text, source.year, source.licence});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> evidence_of(const Disclosure& d) {
  std::vector<std::pair<std::string, std::string>> list;
  const auto add = [&](const char* name, const std::optional<std::string>& text) {
    if (text) list.emplace_back(name, *text);
  };
  const auto add_number = [&](const std::string& name, const std::optional<double>& number) {
    if (number) list.emplace_back(name, decimal_text(*number));
  };
  if (d.activity) list.emplace_back("activity", text(*d.activity));
  add("run_id", d.run_id);
  if (d.complete) list.emplace_back("complete", *d.complete ? "true" : "false");
  add("start", d.start);
  add("end", d.end);
  add_number("duration_s", d.duration_s);
  if (d.evidence) list.emplace_back("energy:evidence", text(*d.evidence));
  for (const auto& [method, share] : d.methods) add_number("energy:share:" + method, share);
  add_number("energy:coverage", d.coverage);
  add_estimate(list, "energy:it_j", d.energy, [](Energy e) { return e.joules(); });
  add_number("facility:pue", d.pue);
  if (d.facility) add_number("facility:j", d.facility->joules());
  add_estimate(list, "operational:g", d.operational, [](CarbonMass m) { return m.grams(); });
  add_estimate(list, "embodied:g", d.embodied, [](CarbonMass m) { return m.grams(); });
  add_estimate(list, "water:l", d.water, [](Water w) { return w.litres(); });
  add_number("intensity:g_per_kwh", d.intensity_g_per_kwh);
  add("intensity:source", d.intensity_source);
  add("location", d.location);
  for (const std::string& hardware : d.hardware) list.emplace_back("hardware", hardware);
  for (const auto& [unit, count] : d.counts) add_number("count:" + unit, count);
  for (const std::string& issue : d.issues) list.emplace_back("issue", issue);
  for (const Source& source : d.sources) list.emplace_back("source", source_text(source));
  return list;
}

Json parse_tree(std::string_view text) {
  // Read twice: once for what nlohmann/json takes in silence (a key twice, any depth), once for the order of keys.
  // Json keeps the order of keys by looking through them: no format has maps of more than a few dozen.
  const co2lib::detail::DocumentRules rules{
      .bytes = std::size_t{64} << 20, .depth = 100, .values = std::size_t{1} << 24, .keys = 1000};
  const auto checked = co2lib::detail::parse_json(text, "", rules);
  if (!checked) {
    throw Error("exchange.bad_document", "the document cannot be read: " + checked.issue().subject + ": " +
                                             checked.issue().text + "; give it as JSON");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Json tree = Json::parse(text.begin(), text.end(), nullptr, false);
  if (tree.is_discarded()) {
    throw Error("exchange.bad_document", "the document is not JSON, or has a number that no double can hold");
  }
  return tree;
}

namespace {

void append_pretty(std::string& out, const Json& value, std::size_t indent) {
  const bool object = value.is_object();
  if ((!object && !value.is_array()) || value.empty()) {
    co2lib::detail::append_json(out, value);
    return;
  }
  out += object ? '{' : '[';
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(indent + 2, ' ');
    if (object) {
      co2lib::detail::append_string(out, key);
      out += ": ";
    }
    append_pretty(out, item, indent + 2);
  }
  out += '\n';
  out.append(indent, ' ');
  out += object ? '}' : ']';
}

}  // namespace

std::string pretty(const Json& tree) {
  std::string out;
  append_pretty(out, tree, 0);
  return out + '\n';
}

std::string created_text(std::string_view given, const char* field) {
  if (given.empty()) {
    return format_utc(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  }
  const auto time = parse_utc(given);
  if (!time) {
    throw Error("exchange.bad_value",
                std::string(field) + ": '" + std::string(given) + "' is not a time in UTC; write 2026-03-01T08:00:00Z");
  }
  return format_utc(std::chrono::floor<std::chrono::seconds>(*time));
}

void need_all(const std::vector<std::string>& missing) {
  if (missing.empty()) return;
  std::string names;
  for (const std::string& name : missing) names.append(names.empty() ? "" : ", ").append(name);
  throw Error("exchange.missing_field", "the format needs what no run can know: " + names + "; give them",
              {{"fields", missing}});
}

double facility_joules(const Disclosure& d) {
  if (!d.facility) {
    throw Error("exchange.no_value",
                "the energy of the facility is unknown (IT energy times PUE), and an entry without energy does not "
                "exist in this format; see the issues of the footprint",
                {}, ErrorCategory::arithmetic);
  }
  return d.facility->joules();
}

void check_values(const std::vector<Disclosure>& disclosures) {
  if (disclosures.empty()) throw Error("exchange.bad_value", "disclosures: give at least one");
  const auto check = [](const char* name, std::optional<double> x) {
    if (x && (!std::isfinite(*x) || *x < 0)) {
      throw Error("exchange.bad_value", std::string(name) + ": must be finite and from 0 on");
    }
  };
  for (const Disclosure& d : disclosures) {
    check("energy", d.energy.joules());
    check("facility", d.facility ? std::optional(d.facility->joules()) : std::nullopt);
    check("operational", d.operational.grams());
    check("embodied", d.embodied.grams());
    check("duration", d.duration_s);
    for (const auto& [unit, count] : d.counts) {
      if (!std::isfinite(count) || count <= 0) {
        throw Error("exchange.bad_value", "counts: " + unit + " must be finite and above 0");
      }
    }
  }
}

namespace {

std::optional<std::string> country_name(std::string_view code) {
  const auto field = [](const csv::Table& table, const csv::Row& row, std::string_view name) {
    const auto value = csv::field(table, row, name);
    return value ? std::string(*value) : std::string();
  };
  const auto table = csv::table("countries");
  if (!table) return std::nullopt;
  for (const csv::Row& row : (*table)->rows) {
    if (field(**table, row, code.size() == 2 ? "iso2" : "iso3") == code) return field(**table, row, "name");
  }
  return std::nullopt;
}

}  // namespace

Place place_of(std::string_view location) {
  Place place;
  const std::size_t colon = location.find(':');
  if (colon != std::string_view::npos) {
    const auto rows = csv::rows_of("cloud_regions", location.substr(0, colon));
    if (!rows) return place;
    for (const csv::Row& row : rows->rows) {
      const auto region = csv::field(*rows, row, "region");
      if (!region || *region != location.substr(colon + 1)) continue;
      place.provider = std::string(location.substr(0, colon));
      const auto iso3 = csv::field(*rows, row, "iso3");
      const auto subdivision = csv::field(*rows, row, "subdivision");
      if (iso3) place.country = country_name(*iso3);
      if (subdivision && !subdivision->empty()) place.subdivision = std::string(*subdivision);
    }
    return place;
  }
  const std::size_t dash = location.find('-');
  if (dash == 2) {
    place.country = country_name(location.substr(0, 2));
    if (place.country) place.subdivision = std::string(location);
    return place;
  }
  if (location.size() == 2 || location.size() == 3) place.country = country_name(location);
  place.is_country = place.country.has_value();
  return place;
}

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(name));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> text_member(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

void add_warning(Disclosure& d, std::string_view code) {
  if (std::find(d.warnings.begin(), d.warnings.end(), code) == d.warnings.end()) d.warnings.emplace_back(code);
  std::sort(d.warnings.begin(), d.warnings.end());
}

}  // namespace co2lib::exchange
