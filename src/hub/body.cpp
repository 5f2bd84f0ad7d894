// SPDX-License-Identifier: MIT
#include "hub/body.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "hub/front_matter.hpp"
#include "hub/number.hpp"
#include "hub/plain.hpp"

namespace co2lib::hub {

namespace {

enum class Label { emissions, hardware, hours, provider, region, energy };

/// Longer ones first where one begins another.
constexpr std::array<std::pair<std::string_view, Label>, 23> labels = {{
    {"carbon emitted", Label::emissions},
    {"carbon emissions", Label::emissions},
    {"carbon emission", Label::emissions},
    {"co2 emitted", Label::emissions},
    {"co2eq emissions", Label::emissions},
    {"co2eq emission", Label::emissions},
    {"co2e emissions", Label::emissions},
    {"co2e emission", Label::emissions},
    {"co2 emissions", Label::emissions},
    {"co2 emission", Label::emissions},
    {"co\xE2\x82\x82 emitted", Label::emissions},
    {"co\xE2\x82\x82"
     "eq emissions",
     Label::emissions},
    {"co\xE2\x82\x82"
     "eq emission",
     Label::emissions},
    {"co\xE2\x82\x82"
     "e emissions",
     Label::emissions},
    {"co\xE2\x82\x82"
     "e emission",
     Label::emissions},
    {"co\xE2\x82\x82 emissions", Label::emissions},
    {"co\xE2\x82\x82 emission", Label::emissions},
    {"hardware type", Label::hardware},
    {"hardware", Label::hardware},
    {"hours used", Label::hours},
    {"cloud provider", Label::provider},
    {"compute region", Label::region},
    {"energy consumed", Label::energy},
}};

/// More than any label has, with `co_2` for `co2`.
constexpr std::size_t longest_label = 32;

/// The line without marks of Markdown and tags.
std::string bare_line(std::string_view line) {
  std::string bare;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '*' || line[i] == '`') continue;
    if (line[i] == '_' && i + 1 < line.size() && line[i + 1] == '_') {
      ++i;
      continue;
    }
    bare += line[i];
  }
  return without_tags(bare);
}

std::string_view without_bullet(std::string_view line) {
  line = trimmed(line);
  std::size_t size = 0;
  if (line.starts_with('-') || line.starts_with('+')) {
    size = 1;
  } else if (line.starts_with("\xE2\x80\xA2")) {
    size = 3;
  } else {
    while (size < line.size() && line[size] >= '0' && line[size] <= '9') ++size;
    size = size > 0 && size < line.size() && (line[size] == '.' || line[size] == ')') ? size + 1 : 0;
  }
  return trimmed(line.substr(size));
}

struct Statement {
  Label label = Label::emissions;
  std::string_view note;
  std::string_view value;
};

/// `label (note): value`.
std::optional<Statement> statement(std::string_view line) {
  std::string small = lower(line.substr(0, longest_label));
  const std::size_t shortened = small.starts_with("co_2") ? 1 : 0;
  if (shortened > 0) small.erase(2, 1);
  for (const auto& [name, label] : labels) {
    if (name.empty() || !small.starts_with(name)) continue;
    std::string_view rest = trimmed(line.substr(name.size() + shortened));
    Statement found{.label = label, .note = {}, .value = {}};
    if (rest.starts_with('(')) {
      int depth = 0;
      std::size_t end = 0;
      for (; end < rest.size(); ++end) {
        if (rest[end] == '(') ++depth;
        if (rest[end] == ')' && --depth == 0) break;
      }
      if (end == rest.size()) return std::nullopt;
      found.note = rest.substr(1, end - 1);
      rest = trimmed(rest.substr(end + 1));
    }
    if (!rest.starts_with(':') && !rest.starts_with('=')) continue;
    found.value = trimmed(rest.substr(1));
    return found;
  }
  return std::nullopt;
}

std::optional<double> leading_energy(std::string_view plain) {
  const auto number = read_number(plain);
  if (!number || !number->value || *number->value < 0) return std::nullopt;
  const std::string unit = lower(trimmed(plain.substr(number->size)));
  for (const auto& [name, kwh] : {std::pair<std::string_view, double>{"kwh", 1}, {"wh", 1e-3}, {"mwh", 1e3}}) {
    const bool ends = unit.size() == name.size() ||
                      (unit.size() > name.size() && !(unit[name.size()] >= 'a' && unit[name.size()] <= 'z'));
    if (unit.starts_with(name) && ends && !trimmed(std::string_view(unit).substr(name.size())).starts_with('/')) {
      return *number->value * kwh;
    }
  }
  return std::nullopt;
}

void set_text(std::optional<std::string>& field, std::string_view value) {
  if (!field) field = std::string(value);
}

void read_emissions(Body& body, const Statement& s, const std::string& plain, const Line& line) {
  DefaultUnit unit = declared_unit(s.note, UnitSource::body);
  const bool declared = !s.note.empty() && unit.known;
  if (!declared) unit = {};
  Reading reading = read_text(s.value, unit);
  if (reading.status != CardStatus::ok && reading.status != CardStatus::ambiguous) return;
  reading.warnings.remove(CardWarning::emissions_is_string);
  // Whether a unit decided it: another default gives another value.
  DefaultUnit kilograms = unit;
  kilograms.factor = 1000;
  const Reading other = declared ? reading : read_text(s.value, kilograms);
  const auto differs = [](const std::optional<double>& a, const std::optional<double>& b) { return a != b; };
  const bool unitless = !declared &&
                        (differs(reading.grams, other.grams) || differs(reading.low, other.low) ||
                         differs(reading.high, other.high) || reading.grams == 0.0) &&
                        !plain.empty() && (reading.unit_source != UnitSource::written);
  if (unitless) {
    const Reading first = reading;
    reading = {.status = CardStatus::ambiguous, .warnings = first.warnings};
    reading.warnings.add(CardWarning::body_unit_missing);
    reading.low = first.grams ? first.grams : first.low;
    reading.high = other.grams ? other.grams : other.high;
  }
  if (reading.status == CardStatus::ok) reading.unit_source = UnitSource::body;
  body.masses.push_back({reading, line.begin, line.end});
}

void read_line(Body& body, std::string_view text, const Line& line) {
  const std::string_view raw = text.substr(line.begin, line.end - line.begin);
  const std::string bare = bare_line(raw);
  const auto s = statement(without_bullet(bare));
  if (!s) return;
  const std::string plain = plain_value(s->value);
  if (is_placeholder(plain)) return;
  const std::string value = valid_utf8(s->value);
  switch (s->label) {
    case Label::emissions:
      read_emissions(body, *s, plain, line);
      break;
    case Label::hardware:
      set_text(body.hardware_used, value);
      break;
    case Label::provider:
      set_text(body.cloud_provider, value);
      break;
    case Label::region:
      set_text(body.geographical_location, value);
      break;
    case Label::hours:
      if (!body.hours_used) {
        const auto number = read_number(plain);
        if (number && number->value && *number->value >= 0) body.hours_used = number->value;
      }
      break;
    case Label::energy:
      if (!body.energy_kwh) body.energy_kwh = leading_energy(plain);
      break;
  }
}

/// A code fence: its character and length; none if the line is no fence.
std::pair<char, std::size_t> fence(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return {' ', 0};
  const char mark = line[indent];
  if (mark != '`' && mark != '~') return {' ', 0};
  const std::size_t count = std::min(line.find_first_not_of(mark, indent), line.size()) - indent;
  if (count < 3) return {' ', 0};
  return {mark, count};
}

/// True for the line that ends a code block.
bool closes(std::string_view line, char mark, std::size_t count) {
  const auto [closing, size] = fence(line);
  const std::size_t begin = line.find(mark);
  return closing == mark && size >= count && line.find_first_not_of(mark, begin) == line.find_first_of(" \t", begin);
}

/// The text with comments and code blocks as blanks, line ends and places kept. Whichever opens first wins. One pass:
/// no place is looked for again before it is reached.
std::string visible(std::string_view text) {
  std::string shown(text);
  const auto hide = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (shown[i] != '\n' && shown[i] != '\r') shown[i] = ' ';
    }
  };
  std::size_t comment = text.find("<!--");
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    const auto [mark, count] = fence(text.substr(line.begin, line.end - line.begin));
    if (count > 0) {
      std::size_t end = text.size();
      for (std::size_t next = line.next; next < text.size();) {
        const Line inner = line_at(text, next);
        if (closes(text.substr(inner.begin, inner.end - inner.begin), mark, count)) {
          end = inner.end;
          break;
        }
        next = inner.next;
      }
      hide(line.begin, end);
      at = end == text.size() ? end : line_at(text, end).next;
      if (comment < at) comment = text.find("<!--", at);
      continue;
    }
    at = line.next;
    while (comment < line.end) {  // all that begin on this line
      const std::size_t close = text.find("-->", comment + 4);
      const std::size_t end = close == std::string_view::npos ? text.size() : close + 3;
      hide(comment, end);
      comment = text.find("<!--", end);
      // What stands behind the last one is looked at as a line of its own.
      if (end >= line.end)
        at = end < text.size() && (text[end] == '\n' || text[end] == '\r') ? line_at(text, end).next : end;
    }
  }
  return shown;
}

}  // namespace

Body read_body(std::string_view text) {
  Body body;
  const bool hidden = text.find("<!--") != std::string_view::npos || text.find("```") != std::string_view::npos ||
                      text.find("~~~") != std::string_view::npos;
  const std::string shown = hidden ? visible(text) : std::string();
  const std::string_view look = hidden ? std::string_view(shown) : text;
  // From one line that may state something to the next: it has a colon or an equals sign.
  std::size_t colon = look.find(':');
  std::size_t equals = look.find('=');
  for (std::size_t at = 0; colon != equals;) {  // unless both are nowhere
    const std::size_t sign = std::min(colon, equals);
    const std::size_t before = look.substr(at, sign - at).find_last_of("\r\n");
    Line line = line_at(look, sign);
    line.begin = before == std::string_view::npos ? at : at + before + 1;
    read_line(body, look, line);
    at = line.next;
    if (colon < at) colon = look.find(':', at);
    if (equals < at) equals = look.find('=', at);
  }
  return body;
}

}  // namespace co2lib::hub
