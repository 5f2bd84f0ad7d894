// SPDX-License-Identifier: MIT
#include <co2lib/intensity/lines.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/intensity/unit.hpp>

#include "detail/document.hpp"
#include "detail/files.hpp"
#include "detail/json.hpp"
#include "detail/utf8.hpp"
#include "lines.hpp"

namespace co2lib::intensity {

namespace {

using co2lib::detail::append_number;
using co2lib::detail::append_string;
using co2lib::detail::DocumentValue;
using detail::fail;

constexpr std::array<std::string_view, 20> keys_of_a_line{
    "start",    "end",          "g_per_kwh",  "signal", "scope",      "basis", "method",
    "status",   "provider",     "zone",       "origin", "factor_set", "gas",   "raw_value",
    "raw_unit", "generated_at", "updated_at", "error",  "source",     "flags"};

/// Refuses what is no record, in writing and in reading.
void check(const Record& r) {
  if (!(r.start < r.end)) fail("bad_time", "start: the interval must start before it ends");
  if (r.value && !std::isfinite(r.value->g_per_kwh())) {
    fail("bad_value", "g_per_kwh: not a finite number; a missing value is null");
  }
  if (r.value && r.value->g_per_kwh() < 0 && r.signal == Signal::average) {
    fail("bad_value", "g_per_kwh: an average intensity is not negative");
  }
  if (r.raw_value && !std::isfinite(*r.raw_value)) fail("bad_value", "raw_value: not a finite number");
  if (r.error && !(std::isfinite(r.error->low) && std::isfinite(r.error->high) && r.error->low <= r.error->high)) {
    fail("bad_value", "error: two finite numbers are needed, the low one first");
  }
}

class Line {
 public:
  void text(std::string_view name, std::string_view value) {
    key(name);
    quoted(name, value);
  }

  void number(std::string_view name, std::optional<double> value) {
    key(name);
    if (value) {
      append_number(out_, *value);
    } else {
      out_ += "null";
    }
  }

  void key(std::string_view name) {
    out_ += out_.back() == '{' ? "\"" : ",\"";
    out_.append(name).append("\":");
  }

  void quoted(std::string_view name, std::string_view value) {
    if (!co2lib::detail::is_utf8(value)) fail("bad_value", std::string(name) + ": the text is not UTF-8");
    append_string(out_, value);
  }

  void raw(std::string_view text) { out_ += text; }
  void raw(double value) { append_number(out_, value); }

  [[nodiscard]] std::string finish() && { return std::move(out_) + '}'; }

 private:
  std::string out_ = "{";
};

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Times: as format_utc writes them; what is finer than a millisecond has nine digits
// ---------------------------------------------------------------------------------------------------------------------
std::string detail::line_time(UtcTime time) {
  const auto fraction = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  if (fraction % 1'000'000 == 0) return format_utc(time);
  std::string digits = std::to_string(1'000'000'000 + fraction);
  digits.front() = '.';
  std::string text = format_utc(UtcTime(std::chrono::floor<std::chrono::seconds>(time)));
  return text.insert(text.size() - 1, digits);
}

UtcTime detail::time_of_line(std::string_view text) {
  const UtcTime time = parse_time(text);  // cut to milliseconds
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return time;
  std::int64_t beyond = 0;
  std::int64_t scale = 100'000;
  for (std::size_t i = point + 4; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, scale /= 10) {
    beyond += (text[i] - '0') * scale;
  }
  return time + std::chrono::nanoseconds(beyond);
}

// ---------------------------------------------------------------------------------------------------------------------
// Out
// ---------------------------------------------------------------------------------------------------------------------
std::string json_line(const Record& r) {
  check(r);
  Line line;
  line.text("start", detail::line_time(r.start));
  line.text("end", detail::line_time(r.end));
  line.number("g_per_kwh", r.value ? std::optional(r.value->g_per_kwh()) : std::nullopt);
  line.text("signal", text(r.signal));
  line.text("scope", text(r.scope));
  if (r.basis != Basis::unknown) line.text("basis", text(r.basis));
  if (r.method != Method::location) line.text("method", text(r.method));
  if (r.status != Status::measured) line.text("status", text(r.status));
  for (const auto& [name, value] :
       {std::pair("provider", &r.provider), std::pair("zone", &r.zone), std::pair("origin", &r.origin),
        std::pair("factor_set", &r.factor_set), std::pair("gas", &r.gas)}) {
    if (!value->empty()) line.text(name, *value);
  }
  if (r.raw_value) line.number("raw_value", r.raw_value);
  if (!r.raw_unit.empty()) line.text("raw_unit", r.raw_unit);
  if (r.generated_at) line.text("generated_at", detail::line_time(*r.generated_at));
  if (r.updated_at) line.text("updated_at", detail::line_time(*r.updated_at));
  if (r.error) {
    line.key("error");
    line.raw("[");
    line.raw(r.error->low);
    line.raw(",");
    line.raw(r.error->high);
    line.raw("]");
  }
  if (r.source != Source{}) {
    Line source;
    source.text("id", r.source.id);
    source.text("text", r.source.text);
    source.key("year");
    source.raw(std::to_string(r.source.year));
    source.text("licence", r.source.licence);
    line.key("source");
    line.raw(std::move(source).finish());
  }
  if (!r.flags.empty()) {
    line.key("flags");
    for (std::size_t i = 0; i < r.flags.size(); ++i) {
      line.raw(i == 0 ? "[" : ",");
      line.quoted("flags", r.flags[i]);
    }
    line.raw("]");
  }
  return std::move(line).finish();
}

// ---------------------------------------------------------------------------------------------------------------------
// In
// ---------------------------------------------------------------------------------------------------------------------
namespace {

/// The fields of an object; each refusal names its field.
class Fields {
 public:
  explicit Fields(const DocumentValue& object) : object_(object) {}

  [[nodiscard]] const DocumentValue* find(std::string_view name) const { return object_.find(name); }

  [[nodiscard]] const DocumentValue& need(std::string_view name) const {
    const DocumentValue* value = find(name);
    if (value == nullptr) fail("bad_value", std::string(name) + ": missing");
    return *value;
  }

  [[noreturn]] static void refuse(std::string_view name, const DocumentValue& value, std::string_view wanted) {
    fail("bad_value", std::string(name) + ": expected " + std::string(wanted) + ", not " + value.what());
  }

  [[nodiscard]] static const std::string& text(std::string_view name, const DocumentValue& value) {
    if (value.kind != DocumentValue::Kind::scalar || value.plain) refuse(name, value, "a text");
    return value.text;
  }

  [[nodiscard]] static double number(std::string_view name, const DocumentValue& value) {
    const std::optional<double> number = value.number();
    if (!number) refuse(name, value, "a finite number");
    return *number;
  }

  [[nodiscard]] static UtcTime time(std::string_view name, const DocumentValue& value) {
    const std::string& written = text(name, value);
    try {
      return detail::time_of_line(written);
    } catch (const Error& error) {
      throw Error(error.code(), std::string(name) + ": " + error.what(), error.details(), error.category());
    }
  }

  [[nodiscard]] std::string text_or_empty(std::string_view name) const {
    const DocumentValue* value = find(name);
    return value == nullptr ? std::string() : text(name, *value);
  }

  [[nodiscard]] std::optional<UtcTime> maybe_time(std::string_view name) const {
    const DocumentValue* value = find(name);
    return value == nullptr ? std::nullopt : std::optional(time(name, *value));
  }

  template <Named E>
  void choose(std::string_view name, E& into, bool needed = false) const {
    const DocumentValue* value = needed ? &need(name) : find(name);
    if (value == nullptr) return;
    const Result<E> chosen = parse<E>(text(name, *value));
    if (!chosen) refuse(name, *value, "one of " + co2lib::known<E>());
    into = *chosen;
  }

 private:
  const DocumentValue& object_;
};

Source source_of(const DocumentValue& value) {
  if (value.kind != DocumentValue::Kind::map) Fields::refuse("source", value, "an object");
  for (const auto& entry : value.entries) {
    const std::string& key = entry.key.text;
    if (key != "id" && key != "text" && key != "year" && key != "licence") {
      fail("bad_value", "source: unknown field '" + key + "'; known: id, text, year, licence");
    }
  }
  const Fields fields(value);
  Source source{fields.text_or_empty("id"), fields.text_or_empty("text"), 0, fields.text_or_empty("licence")};
  if (const DocumentValue* year = fields.find("year")) {
    const auto number = year->integer();
    if (!number || *number < -32767 || *number > 32767) Fields::refuse("source.year", *year, "a year");
    source.year = static_cast<int>(*number);
  }
  return source;
}

}  // namespace

namespace detail {

Record record_of(const DocumentValue& object) {
  const Fields fields(object);
  Record r;
  r.start = Fields::time("start", fields.need("start"));
  r.end = Fields::time("end", fields.need("end"));
  if (const DocumentValue& value = fields.need("g_per_kwh"); !value.is_null()) {
    r.value = CarbonIntensity::from_g_per_kwh(Fields::number("g_per_kwh", value));
  }
  fields.choose("signal", r.signal, true);
  fields.choose("scope", r.scope, true);
  fields.choose("basis", r.basis);
  fields.choose("method", r.method);
  fields.choose("status", r.status);
  r.provider = fields.text_or_empty("provider");
  r.zone = fields.text_or_empty("zone");
  r.origin = fields.text_or_empty("origin");
  r.factor_set = fields.text_or_empty("factor_set");
  r.gas = fields.text_or_empty("gas");
  if (const DocumentValue* raw = fields.find("raw_value")) r.raw_value = Fields::number("raw_value", *raw);
  r.raw_unit = fields.text_or_empty("raw_unit");
  r.generated_at = fields.maybe_time("generated_at");
  r.updated_at = fields.maybe_time("updated_at");
  if (const DocumentValue* error = fields.find("error")) {
    if (error->kind != DocumentValue::Kind::list || error->items.size() != 2) {
      Fields::refuse("error", *error, "a list of two numbers");
    }
    r.error = RelativeError{Fields::number("error", error->items[0]), Fields::number("error", error->items[1])};
  }
  if (const DocumentValue* source = fields.find("source")) r.source = source_of(*source);
  if (const DocumentValue* flags = fields.find("flags")) {
    if (flags->kind != DocumentValue::Kind::list) Fields::refuse("flags", *flags, "a list of texts");
    for (const DocumentValue& flag : flags->items) r.flags.push_back(Fields::text("flags", flag));
  }
  for (const auto& entry : object.entries) {
    if (std::find(keys_of_a_line.begin(), keys_of_a_line.end(), entry.key.text) != keys_of_a_line.end()) continue;
    std::string names;
    for (const std::string_view name : keys_of_a_line) names.append(names.empty() ? "" : ", ").append(name);
    fail("bad_value", "unknown field '" + entry.key.text.substr(0, 64) + "'; known: " + names);
  }
  check(r);
  return r;
}

}  // namespace detail

Record parse_json_line(std::string_view line) {
  const Result<DocumentValue> parsed = co2lib::detail::parse_json(line, "");
  if (!parsed) fail("bad_value", parsed.issue().text);
  if (parsed->kind != DocumentValue::Kind::map) fail("bad_value", "expected a JSON object, not " + parsed->what());
  return detail::record_of(*parsed);
}

std::vector<Record> parse_json_lines(std::string_view text, std::string_view name) {
  std::vector<Record> records;
  detail::each_line(text, name, [&](std::string_view line) { records.push_back(parse_json_line(line)); });
  return records;
}

std::vector<Record> read_json_lines(const std::filesystem::path& file) {
  return parse_json_lines(co2lib::detail::read_file_or_throw(file, "core.io"), file.string());
}

void write_json_lines(const std::filesystem::path& file, std::span<const Record> records) {
  std::string text;
  for (const Record& r : records) text.append(json_line(r)).append("\n");
  detail::write_text(file, text);
}

void detail::write_text(const std::filesystem::path& file, std::string_view text) {
  errno = 0;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (stream) return;
  const int error = errno;
  throw Error("core.io",
              file.string() + ": cannot be written" + (error == 0 ? "" : std::string(": ") + std::strerror(error)),
              {{"file", file.string()}}, ErrorCategory::os);
}

}  // namespace co2lib::intensity
