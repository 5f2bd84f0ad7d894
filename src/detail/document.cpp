// SPDX-License-Identifier: MIT
#include "detail/document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "detail/document_builder.hpp"
#include "detail/files.hpp"

namespace co2lib::detail {

// ---------------------------------------------------------------------------------------------------------------------
// Values
// ---------------------------------------------------------------------------------------------------------------------

namespace {

/// The text without its sign if it is `digits`, `digits.digits`, `.5` or `5.`, with or without an exponent; else empty.
std::string_view numeral(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  std::string_view rest = text;
  const auto digits = [&] {
    const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
    rest.remove_prefix(count);
    return count;
  };
  const bool zero_first = rest.size() > 1 && rest[0] == '0' && rest[1] >= '0' && rest[1] <= '9';
  std::size_t count = digits();
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    count += digits();
  }
  if (count == 0 || zero_first) return {};
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
    if (digits() == 0) return {};
  }
  return rest.empty() ? text : std::string_view();
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

bool DocumentValue::is_null() const {
  return kind == Kind::scalar && plain && is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

std::optional<double> DocumentValue::number() const {
  if (kind != Kind::scalar || !plain) return std::nullopt;
  const std::string_view digits = numeral(text);
  if (digits.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return text.starts_with('-') ? -value : value;
}

std::optional<std::int64_t> DocumentValue::integer() const {
  if (kind != Kind::scalar || !plain || numeral(text).empty()) return std::nullopt;
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<bool> DocumentValue::boolean() const {
  if (kind != Kind::scalar || !plain) return std::nullopt;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

const DocumentValue* DocumentValue::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const DocumentEntry& entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::string DocumentValue::where(std::string_view name) const {
  std::string place(name);
  for (const int number : {line, column}) {
    if (number > 0) place.append(place.empty() ? "line " : ":").append(std::to_string(number));
  }
  return place;
}

std::string DocumentValue::what() const {
  if (kind == Kind::list) return "a list";
  if (kind == Kind::map) return "a map";
  if (is_null()) return "null";
  std::string shown = "'";
  shown.append(text, 0, 60).append(text.size() > 60 ? "...'" : "'");
  return shown;
}

// ---------------------------------------------------------------------------------------------------------------------
// The tree as it grows
// ---------------------------------------------------------------------------------------------------------------------

namespace {

int depth_of(const DocumentValue& value) {
  if (value.kind == DocumentValue::Kind::scalar) return 0;
  int deepest = 0;
  for (const DocumentValue& item : value.items) deepest = std::max(deepest, depth_of(item));
  for (const DocumentEntry& entry : value.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

}  // namespace

void DocumentBuilder::refuse(int line, int column, std::string why, const char* code) const {
  DocumentValue place;
  place.line = line;
  place.column = column;
  throw DocumentRefused{{code != nullptr ? code : code_, place.where(name_), std::move(why)}};
}

void DocumentBuilder::check(std::string_view text) const {
  if (text.size() > rules_.bytes) {
    refuse(0, 0, fmt::format("has more than {} bytes; is it the right file?", rules_.bytes), "limit");
  }
  int line = 1;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t size = utf8_size(text.substr(i));
    const int column = static_cast<int>(i - begin) + 1;
    if (size == 0) refuse(line, column, "not UTF-8; save the file as UTF-8");
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      refuse(line, column, fmt::format("a control character (byte {}) stands here; remove it", c));
    }
    i += size;
    if (c == '\n') {
      ++line;
      begin = i;
    }
  }
}

void DocumentBuilder::count(const DocumentValue& value, const DocumentValue& place) {
  bytes_ += value.text.size() + value.tag.size();
  if (++values_ > rules_.values) {
    refuse(place.line, place.column, fmt::format("more than {} values; split the file", rules_.values), "limit");
  }
  // Only anchors that are used again and again make more of a text than it has.
  if (bytes_ > 2 * rules_.bytes) {
    refuse(place.line, place.column, "its aliases make it too large; write it without them", "limit");
  }
}

void DocumentBuilder::count_tree(const DocumentValue& tree, const DocumentValue& place) {
  count(tree, place);
  for (const DocumentValue& item : tree.items) count_tree(item, place);
  for (const DocumentEntry& entry : tree.entries) {
    count(entry.key, place);
    count_tree(entry.value, place);
  }
}

const DocumentValue& DocumentBuilder::place(DocumentValue value) {
  if (open_.empty()) {
    root_ = std::move(value);
    return root_;
  }
  Frame& frame = open_.back();
  if (frame.value.kind == DocumentValue::Kind::list) return frame.value.items.emplace_back(std::move(value));
  if (frame.key) {
    frame.value.entries.push_back({*std::move(frame.key), std::move(value)});
    frame.key.reset();
    return frame.value.entries.back().value;
  }
  if (value.kind != DocumentValue::Kind::scalar) {
    refuse(value.line, value.column, value.what() + " stands where a key is expected; a key is a text");
  }
  if (frame.keys.size() >= rules_.keys) {
    refuse(value.line, value.column, fmt::format("a map has more than {} keys", rules_.keys), "limit");
  }
  if (!frame.keys.insert(value.text).second && !rules_.repeated_keys) {
    const auto first = std::find_if(frame.value.entries.begin(), frame.value.entries.end(),
                                    [&](const DocumentEntry& entry) { return entry.key.text == value.text; });
    refuse(value.line, value.column,
           fmt::format("the key {} is there twice, first on line {}; keep one of them", value.what(), first->key.line));
  }
  return frame.key.emplace(std::move(value));
}

void DocumentBuilder::scalar(DocumentValue value) {
  count(value, value);
  place(std::move(value));
}

void DocumentBuilder::open(DocumentValue value) {
  count(value, value);
  if (static_cast<int>(open_.size()) >= rules_.depth) {
    refuse(value.line, value.column, fmt::format("lists and maps are nested deeper than {}", rules_.depth), "limit");
  }
  // Where a key is expected there can be no list and no map; said before it is read.
  if (expects_key()) {
    refuse(value.line, value.column, value.what() + " stands where a key is expected; a key is a text");
  }
  open_.push_back({std::move(value), std::nullopt, {}});
}

const DocumentValue& DocumentBuilder::close(bool merge) {
  DocumentValue value = std::move(open_.back().value);
  open_.pop_back();
  if (merge) merge_keys(value);
  return place(std::move(value));
}

void DocumentBuilder::again(const DocumentValue& tree, const DocumentValue& where) {
  if (static_cast<int>(open_.size()) + depth_of(tree) > rules_.depth) {
    refuse(where.line, where.column, fmt::format("lists and maps are nested deeper than {}", rules_.depth), "limit");
  }
  count_tree(tree, where);
  if (expects_key()) {
    DocumentValue key = tree;  // a key that is none or there twice is said to be here
    key.line = where.line;
    key.column = where.column;
    place(std::move(key));
  } else {
    place(tree);
  }
}

void DocumentBuilder::merge_keys(DocumentValue& map) {
  const auto is_merge = [](const DocumentEntry& entry) { return entry.key.plain && entry.key.text == "<<"; };
  if (std::none_of(map.entries.begin(), map.entries.end(), is_merge)) return;
  std::vector<DocumentEntry> own;
  std::vector<DocumentEntry> merges;
  std::unordered_set<std::string> keys;
  for (DocumentEntry& entry : map.entries) {
    if (!is_merge(entry)) keys.insert(entry.key.text);
    (is_merge(entry) ? merges : own).push_back(std::move(entry));
  }
  map.entries = std::move(own);
  const auto merge = [&](const DocumentValue& other) {
    if (other.kind != DocumentValue::Kind::map) {
      refuse(other.line, other.column, "<< merges a map or a list of maps, not " + other.what());
    }
    for (const DocumentEntry& entry : other.entries) {
      if (!keys.insert(entry.key.text).second) continue;  // the first one counts
      count(entry.key, entry.key);
      count_tree(entry.value, entry.key);
      map.entries.push_back(entry);
    }
  };
  for (const DocumentEntry& entry : merges) {
    if (entry.value.kind == DocumentValue::Kind::list) {
      for (const DocumentValue& item : entry.value.items) merge(item);
    } else {
      merge(entry.value);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Either format
// ---------------------------------------------------------------------------------------------------------------------

Result<DocumentValue> parse_document(std::string_view text, std::string_view name, const DocumentRules& rules) {
  if (name.ends_with(".json")) return parse_json(text, name, rules);
  std::string_view content = text;
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (content[first] == '{' || content[first] == '[')) {
    Result<DocumentValue> json = parse_json(text, name, rules);
    if (json || json.issue().code != "bad_json") return json;
  }
  return parse_yaml(text, name, rules);
}

Result<DocumentValue> read_document(const std::filesystem::path& file, const DocumentRules& rules) {
  const Result<std::string> text = read_file(file, rules.bytes);
  if (!text) return text.issue();
  return parse_document(*text, file.string(), rules);
}

}  // namespace co2lib::detail
