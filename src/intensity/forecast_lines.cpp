// SPDX-License-Identifier: MIT
// A forecast as a line of JSON: the record of its attributes, and its steps as lists.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/intensity/forecast.hpp>
#include <co2lib/intensity/lines.hpp>
#include <co2lib/intensity/trace.hpp>

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

constexpr std::array<std::string_view, 9> keys_of_a_forecast{
    "method", "issued_at", "start", "step_s", "g_per_kwh", "half_widths", "climatology_from", "attributes", "issues"};
constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Refuses what is no forecast, in writing and in reading.
void check(const Forecast& f) {
  if (f.step < std::chrono::milliseconds(1) || f.step > std::chrono::days(31)) {
    fail("bad_time", "step_s: a step is 1 ms to 31 days long");
  }
  if (f.size() > 100'000) fail("bad_value", "g_per_kwh: a forecast has at most 100000 steps");
  for (const double x : f.g_per_kwh) {
    if (!std::isfinite(x) || (x < 0 && f.attributes.signal == Signal::average)) {
      fail("bad_value", "g_per_kwh: an average intensity is a finite number >= 0, and a forecast has no holes");
    }
  }
  if (!f.half_widths.empty() && f.half_widths.size() != f.size()) {
    fail("bad_value", "half_widths: one list for each step, or none at all");
  }
  for (const auto& widths : f.half_widths) {
    for (const auto& w : widths) {
      if (w && (!(*w >= 0) || std::isinf(*w))) fail("bad_value", "half_widths: finite numbers >= 0");
    }
  }
}

void text_field(std::string& out, std::string_view name, std::string_view value) {
  if (!co2lib::detail::is_utf8(value)) fail("bad_value", std::string(name) + ": the text is not UTF-8");
  out.append("\"").append(name).append("\":");
  append_string(out, value);
}

[[noreturn]] void refuse(std::string_view name, const DocumentValue& value, std::string_view wanted) {
  fail("bad_value", std::string(name) + ": expected " + std::string(wanted) + ", not " + value.what());
}

const DocumentValue& need(const DocumentValue& object, std::string_view name) {
  const DocumentValue* value = object.find(name);
  if (value == nullptr) fail("bad_value", std::string(name) + ": missing");
  return *value;
}

const std::string& text_of(std::string_view name, const DocumentValue& value) {
  if (value.kind != DocumentValue::Kind::scalar || value.plain) refuse(name, value, "a text");
  return value.text;
}

double number_of(std::string_view name, const DocumentValue& value) {
  const std::optional<double> number = value.number();
  if (!number) refuse(name, value, "a finite number");
  return *number;
}

const std::vector<DocumentValue>& list_of(std::string_view name, const DocumentValue& value) {
  if (value.kind != DocumentValue::Kind::list) refuse(name, value, "a list");
  return value.items;
}

UtcTime time_of(std::string_view name, const DocumentValue& value) {
  const std::string& written = text_of(name, value);
  try {
    return detail::time_of_line(written);
  } catch (const Error& error) {
    throw Error(error.code(), std::string(name) + ": " + error.what(), error.details(), error.category());
  }
}

std::array<std::optional<double>, 3> widths_of(const DocumentValue& value) {
  const auto& items = list_of("half_widths", value);
  if (items.size() != 3) refuse("half_widths", value, "a list of three numbers");
  std::array<std::optional<double>, 3> widths;
  for (std::size_t q = 0; q < 3; ++q) {
    if (!items[q].is_null()) widths[q] = number_of("half_widths", items[q]);
  }
  return widths;
}

void read_issues(const DocumentValue& value, std::vector<Issue>& issues) {
  for (const DocumentValue& item : list_of("issues", value)) {
    if (item.kind != DocumentValue::Kind::map || item.entries.size() != 3) refuse("issues", item, "an issue");
    issues.push_back({text_of("issues.code", need(item, "code")), text_of("issues.subject", need(item, "subject")),
                      text_of("issues.text", need(item, "text"))});
  }
}

/// The attributes as a record, which needs an interval: the forecast's first step.
Record record_of(const Forecast& f) {
  Record r = f.attributes;
  r.start = f.start;
  r.end = f.start + f.step;
  return r;
}

}  // namespace

std::string json_line(const Forecast& f) {
  check(f);
  std::string out = "{";
  text_field(out, "method", f.method);
  out += ',';
  text_field(out, "issued_at", detail::line_time(f.issued_at));
  out += ',';
  text_field(out, "start", detail::line_time(f.start));
  out += ",\"step_s\":";
  append_number(out, std::chrono::duration<double>(f.step).count());
  out += ",\"g_per_kwh\":[";
  for (std::size_t i = 0; i < f.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, f.g_per_kwh[i]);
  }
  out += ']';
  if (!f.half_widths.empty()) {
    out += ",\"half_widths\":[";
    for (std::size_t i = 0; i < f.size(); ++i) {
      for (std::size_t q = 0; q < 3; ++q) {
        out += q > 0 ? "," : i > 0 ? ",[" : "[";
        if (f.half_widths[i][q]) {
          append_number(out, *f.half_widths[i][q]);
        } else {
          out += "null";
        }
      }
      out += ']';
    }
    out += ']';
  }
  if (f.climatology_from != none) out += ",\"climatology_from\":" + std::to_string(f.climatology_from);
  out += ",\"attributes\":" + json_line(record_of(f));
  if (!f.issues.empty()) {
    out += ",\"issues\":[";
    for (std::size_t i = 0; i < f.issues.size(); ++i) {
      out += i > 0 ? ",{" : "{";
      text_field(out, "code", f.issues[i].code);
      out += ',';
      text_field(out, "subject", f.issues[i].subject);
      out += ',';
      text_field(out, "text", f.issues[i].text);
      out += '}';
    }
    out += ']';
  }
  return out + '}';
}

Forecast parse_forecast_line(std::string_view line) {
  constexpr co2lib::detail::DocumentRules rules{.bytes = std::size_t{16} << 20, .depth = 8, .values = 1'000'000};
  const Result<DocumentValue> parsed = co2lib::detail::parse_json(line, "", rules);
  if (!parsed) fail("bad_value", parsed.issue().text);
  if (parsed->kind != DocumentValue::Kind::map) fail("bad_value", "expected a JSON object, not " + parsed->what());
  for (const auto& entry : parsed->entries) {
    if (std::find(keys_of_a_forecast.begin(), keys_of_a_forecast.end(), entry.key.text) != keys_of_a_forecast.end())
      continue;
    fail("bad_value", "unknown field '" + entry.key.text.substr(0, 64) + "' of a forecast");
  }
  Forecast f;
  f.method = text_of("method", need(*parsed, "method"));
  f.issued_at = time_of("issued_at", need(*parsed, "issued_at"));
  f.start = time_of("start", need(*parsed, "start"));
  const double step = number_of("step_s", need(*parsed, "step_s"));
  if (!(step > 0 && step < 1e7)) fail("bad_time", "step_s: a step is 1 ms to 31 days long");
  f.step = std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(step));
  for (const DocumentValue& value : list_of("g_per_kwh", need(*parsed, "g_per_kwh"))) {
    f.g_per_kwh.push_back(number_of("g_per_kwh", value));
  }
  if (const DocumentValue* widths = parsed->find("half_widths")) {
    for (const DocumentValue& value : list_of("half_widths", *widths)) f.half_widths.push_back(widths_of(value));
  }
  if (const DocumentValue* from = parsed->find("climatology_from")) {
    const auto number = from->integer();
    if (!number || *number < 0) refuse("climatology_from", *from, "a step");
    f.climatology_from = static_cast<std::size_t>(*number);
  }
  const DocumentValue& attributes = need(*parsed, "attributes");
  if (attributes.kind != DocumentValue::Kind::map) refuse("attributes", attributes, "an object");
  f.attributes = detail::record_of(attributes);
  f.attributes.start = f.attributes.end = UtcTime{};
  if (const DocumentValue* issues = parsed->find("issues")) read_issues(*issues, f.issues);
  check(f);
  return f;
}

std::vector<Forecast> parse_forecasts(std::string_view text, std::string_view name) {
  std::vector<Forecast> forecasts;
  detail::each_line(text, name, [&](std::string_view line) { forecasts.push_back(parse_forecast_line(line)); });
  return forecasts;
}

std::vector<Forecast> read_forecasts(const std::filesystem::path& file) {
  return parse_forecasts(co2lib::detail::read_file_or_throw(file, "core.io"), file.string());
}

void write_forecasts(const std::filesystem::path& file, std::span<const Forecast> forecasts) {
  std::string text;
  for (const Forecast& f : forecasts) text.append(json_line(f)).append("\n");
  detail::write_text(file, text);
}

}  // namespace co2lib::intensity
