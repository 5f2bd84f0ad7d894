// SPDX-License-Identifier: MIT
#include "intensity/providers/reading.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <co2lib/numeric.hpp>

#include "detail/utf8.hpp"
#include "intensity/providers/asking.hpp"

namespace co2lib::intensity::built_in {

namespace {

using Kind = DocumentValue::Kind;

/// A year of 5-minute values of the widest of these formats.
constexpr co2lib::detail::DocumentRules rules{.bytes = std::size_t{16} << 20, .depth = 32, .values = 2'000'000};

std::string_view remedy_of(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> remedies[] = {
      {"auth", "give a token that is valid"},
      {"forbidden", "ask for what the plan of this account includes"},
      {"no_coverage", "ask for another place, signal or provider"},
      {"no_data", "ask for another time or place"},
      {"bad_request", "check zone, times and settings"},
      {"rate_limited", "ask less often"},
      {"timeout", "try again later"},
      {"server", "try again later"},
      {"bad_body", "see what answers at this address: it is not as the provider documents it"},
      {"bad_value", "report it to the provider, and use another source for this time"},
      {"bad_time", "report it to the provider, and use another source for this time"},
      {"bad_unit", "report it to the provider, and use another source for this time"},
      {"overlap", "report it to the provider, and use another source for this time"},
      {"zone_mismatch", "check the spelling of the zone"},
      {"mixed_signals", "ask for what the provider publishes"},
      {"not_convertible", "ask for its carbon intensity instead"},
      {"unknown_fuel", "give factors that have it"},
  };
  for (const auto& [known, remedy] : remedies) {
    if (known == code) return remedy;
  }
  return "see docs/providers.md";
}

void hide(std::string& text, const std::string& secret) {
  if (secret.empty()) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
}

/// A text of the service for a message: without secrets, control characters and what is no UTF-8, 200 bytes at most.
std::string shown(std::string text, const ProviderSettings& settings) {
  text.resize(std::min<std::size_t>(text.size(), 4096));
  for (const std::string& secret : secrets_of(settings)) hide(text, secret);
  std::string line;
  std::string_view rest = text;
  while (!rest.empty() && line.size() < 200) {
    const std::size_t size = co2lib::detail::utf8_size(rest);
    const bool control = size == 1 && (static_cast<unsigned char>(rest.front()) < 0x20 || rest.front() == 0x7F);
    const bool blank = size == 0 || control || rest.front() == ' ';
    if (!blank) {
      if (line.size() + size > 200) break;
      line.append(rest, 0, size);
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

const HttpResponse& single(std::span<const HttpResponse> pages) {
  if (pages.size() != 1) detail::fail("bad_value", "this provider answers in one page; give one response");
  return pages.front();
}

Issue scope_assumed(const ProviderInfo& info) {
  return {
      "scope_assumed", std::string(info.id),
      "the provider does not say whether its values are lifecycle or direct; lifecycle was taken, set scope to say it"};
}

std::string_view trimmed(std::string_view endpoint) {
  while (endpoint.starts_with('/')) endpoint.remove_prefix(1);
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return endpoint;
}

void Reading::fail(std::string_view code, const std::string& why, ErrorDetails details) const {
  details.emplace("provider", std::string(info_.id));
  details.emplace("endpoint", std::string(endpoint_));
  details.emplace("status", std::int64_t{response_.status});
  const std::string message = fmt::format("{} {}, status {}: {}; {}", info_.id, endpoint_, response_.status,
                                          shown(why, query_.settings), remedy_of(code));
  throw Error(fmt::format("intensity.{}", code), message, std::move(details), category_of(code));
}

void Reading::check_status() const {
  const std::string_view code = code_of_status(response_.status, response_.body);
  if (!code.empty()) fail_status(code);
}

void Reading::fail_status(std::string_view code, ErrorDetails details) const {
  if (const auto wait = retry_after(response_)) details.emplace("retry_after_s", std::int64_t{wait->count()});
  const std::string said = service_text();
  fail(code, said.empty() ? "no text" : said, std::move(details));
}

void Reading::unknown_endpoint(std::string_view known) const {
  fail("bad_request", fmt::format("this is not an end point that is read; there are {}", known));
}

void Reading::not_convertible(std::string_view what) const {
  fail("not_convertible", fmt::format("{} has no value in g/kWh", what));
}

void Reading::check_plain() const {
  const std::string* const encoding = find_header(response_.headers, "Content-Encoding");
  if (response_.body.starts_with("\x1F\x8B") ||
      (encoding != nullptr && !encoding->empty() && *encoding != "identity")) {
    fail("bad_body",
         fmt::format("the body is compressed ({}), which was not asked for", encoding ? *encoding : "gzip"));
  }
}

DocumentValue Reading::json() const {
  if (response_.body.empty()) fail("bad_body", "the body is empty");
  check_plain();
  if (is_html()) fail("bad_body", "a web page in the place of JSON" + (is_silent() ? "" : ": " + service_text()));
  Result<DocumentValue> read = co2lib::detail::parse_json(response_.body, "body", rules);
  if (!read && is_silent()) fail("bad_body", "the body is not JSON");
  if (!read) fail("bad_body", read.issue().subject + ": " + read.issue().text);
  return *std::move(read);
}

DocumentValue Reading::map() const {
  DocumentValue value = json();
  if (value.kind != Kind::map) fail("bad_body", "the body is " + value.what() + ", not a map");
  return value;
}

bool Reading::is_html() const {
  const std::size_t first = response_.body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && response_.body[first] == '<';
}

std::string Reading::service_text() const {
  if (is_silent()) return {};
  if (!is_html()) {
    const Result<DocumentValue> read = co2lib::detail::parse_json(response_.body, "body", {.repeated_keys = true});
    const DocumentValue* said = read ? &*read : nullptr;
    for (int depth = 0; said != nullptr && said->kind == Kind::map && depth < 2; ++depth) {
      const DocumentValue* found = nullptr;
      for (const std::string_view name : {"message", "error", "detail", "title"}) {
        if (found == nullptr) found = said->find(name);
      }
      said = found;
    }
    if (said != nullptr && said->kind == Kind::scalar && !said->text.empty()) return said->text;
  }
  return response_.body;
}

const DocumentValue& Reading::field(const DocumentValue& in, std::string_view name) const {
  if (in.kind != Kind::map) {
    fail("bad_body", fmt::format("line {}: {} in the place of a map with '{}'", in.line, in.what(), name));
  }
  const DocumentValue* const found = in.find(name);
  if (found == nullptr) fail("bad_body", fmt::format("line {}: the field '{}' is missing", in.line, name));
  return *found;
}

const std::vector<DocumentValue>& Reading::list(const DocumentValue& in, std::string_view name) const {
  const DocumentValue& value = field(in, name);
  if (value.kind != Kind::list) {
    fail("bad_body", fmt::format("line {}: '{}' is {}, not a list", value.line, name, value.what()));
  }
  return value.items;
}

const DocumentValue& Reading::map(const DocumentValue& in, std::string_view name) const {
  const DocumentValue& value = field(in, name);
  if (value.kind != Kind::map) {
    fail("bad_body", fmt::format("line {}: '{}' is {}, not a map", value.line, name, value.what()));
  }
  return value;
}

const DocumentValue* Reading::optional(const DocumentValue& in, std::string_view name) const {
  const DocumentValue* const found = in.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

void Reading::wrong_type(const DocumentValue& in, const DocumentValue& value, std::string_view name,
                         std::string_view expected) const {
  fail("bad_value", fmt::format("line {}: '{}' is {}{}, not {}", in.line, name, value.plain ? "" : "the text ",
                                value.what(), expected));
}

std::optional<double> Reading::number(const DocumentValue& in, std::string_view name) const {
  const DocumentValue& value = field(in, name);
  if (value.is_null()) return std::nullopt;
  const std::optional<double> number = value.number();
  if (!number) wrong_type(in, value, name, "a number");
  return number;
}

std::string Reading::text(const DocumentValue& in, std::string_view name) const {
  const DocumentValue& value = field(in, name);
  if (value.kind != Kind::scalar || value.plain) wrong_type(in, value, name, "a text");
  return value.text;
}

bool Reading::flag(const DocumentValue& in, std::string_view name) const {
  const DocumentValue* const value = optional(in, name);
  if (value == nullptr) return false;
  const std::optional<bool> flag = value->boolean();
  if (!flag) wrong_type(in, *value, name, "true or false");
  return *flag;
}

UtcTime Reading::time(const DocumentValue& in, std::string_view name, bool offset_required) const {
  const std::string stamp = text(in, name);
  const Result<UtcTime> time = parse_utc(stamp, offset_required);
  if (!time) fail("bad_time", fmt::format("line {}: '{}' is '{}': {}", in.line, name, stamp, time.issue().text));
  return *time;
}

std::optional<UtcTime> Reading::optional_time(const DocumentValue& in, std::string_view name) const {
  return optional(in, name) == nullptr ? std::nullopt : std::optional(time(in, name));
}

void Reading::put_value(Record& record, std::optional<double> raw, std::string_view unit) const {
  record.raw_value = raw;
  record.raw_unit = std::string(unit);
  record.gas = gas_of(unit);
  record.value.reset();
  double value = 0;
  try {
    value = convert(raw.value_or(0), unit, "g/kWh");  // the unit of a missing value is checked too
  } catch (const Error& error) {
    fail(std::string_view(error.code()).substr(std::string_view("intensity.").size()), error.what());
  }
  if (!raw) return;
  if (!std::isfinite(value)) fail("bad_value", "the value at " + format_utc(record.start) + " is out of range");
  if (value < 0 && record.signal == Signal::average) {
    fail("bad_value", "the average intensity at " + format_utc(record.start) + " is negative");
  }
  if (value < 0) record.flags.emplace_back("negative");
  record.value = CarbonIntensity::from_g_per_kwh(value);
}

void Reading::put_interval(Record& record, UtcTime start, std::chrono::nanoseconds length) const {
  if (length <= length.zero() || length > std::chrono::hours(24 * 366)) {
    fail("bad_value", "the interval at " + format_utc(start) + " is not longer than 0, or longer than a year");
  }
  record.start = start;
  record.end = start + length;  // times end in 2200, their type in 2261
}

void Reading::check_zone(const std::string& answered) const {
  if (answered.empty()) fail("bad_value", "the zone of the answer is empty");
  if (query_.zone.empty() || answered == query_.zone) return;
  fail("zone_mismatch", fmt::format("asked for the zone '{}', and the answer is about '{}'", query_.zone, answered),
       {{"asked", query_.zone}, {"answered", answered.substr(0, 200)}});
}

void Reading::check_kind(const Record& record) const {
  const auto differ = [&](std::string_view what, std::string_view asked, std::string_view answered) {
    fail("mixed_signals", fmt::format("asked for the {} '{}', and the answer is '{}'", what, asked, answered));
  };
  if (query_.signal && *query_.signal != record.signal) {
    differ("signal", intensity::text(*query_.signal), intensity::text(record.signal));
  }
  if (query_.scope && *query_.scope != record.scope) {
    differ("scope", intensity::text(*query_.scope), intensity::text(record.scope));
  }
}

Record Reading::record() const {
  Record r;
  r.provider = std::string(info_.id);
  r.zone = query_.zone;
  r.origin = "live";
  r.source = {std::string(info_.id), std::string(info_.name), 0, std::string(info_.licence)};
  return r;
}

std::vector<Record> Reading::finished(std::vector<Record> records) const {
  std::erase_if(records, [&](const Record& r) {
    return (query_.start && r.end <= *query_.start) || (query_.end && r.start >= *query_.end);
  });
  return sorted(std::move(records));
}

std::vector<Record> Reading::sorted(std::vector<Record> records) const {
  numeric::stable_sort(records, [](const Record& a, const Record& b) {
    return std::tie(a.zone, a.start, a.end) < std::tie(b.zone, b.start, b.end);
  });
  std::vector<Record> kept;
  kept.reserve(records.size());
  for (Record& r : records) {
    r.source.id = std::string(info_.id) + (r.zone.empty() ? "" : ":" + r.zone);
    r.source.year = utc_year(r.start);
    if (kept.empty() || kept.back().zone != r.zone || kept.back().end <= r.start) {
      kept.push_back(std::move(r));
      continue;
    }
    Record& before = kept.back();
    const bool same_time = before.start == r.start && before.end == r.end;
    const bool ordered = before.updated_at && r.updated_at && *before.updated_at != *r.updated_at;
    if (same_time && ordered) {
      if (*r.updated_at > *before.updated_at) before = std::move(r);
    } else if (!same_time || before.value != r.value) {
      fail("overlap", fmt::format("two values for the time from {} to {}", format_utc(r.start),
                                  format_utc(std::min(before.end, r.end))));
    }
  }
  numeric::stable_sort(kept, [](const Record& a, const Record& b) { return a.start < b.start; });
  return kept;
}

std::vector<Record> Reading::some(std::vector<Record> records) const {
  records = finished(std::move(records));
  if (records.empty()) fail("no_data", "the answer has no record for the time asked for");
  return records;
}

}  // namespace co2lib::intensity::built_in
