// SPDX-License-Identifier: MIT
// JSON in, through the events of nlohmann/json: it calls itself for no depth, and copies no number through a double.
#include <algorithm>
#include <cstddef>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "detail/document.hpp"
#include "detail/document_builder.hpp"

namespace co2lib::detail {

namespace {

using Json = nlohmann::json;

/// Reads a text and keeps the line of the last character that is no blank. nlohmann tells no places, but reads one
/// character at a time, and at most one beyond a token: so this is the line of the token that it has just read.
class LineIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineIterator(const char* at, std::pair<int, int>* lines) : at_(at), lines_(lines) {}
  reference operator*() const { return *at_; }
  LineIterator& operator++() {
    if (*at_ == '\n') ++lines_->first;
    if (*at_ != '\n' && *at_ != ' ' && *at_ != '\t' && *at_ != '\r') lines_->second = lines_->first;
    ++at_;
    return *this;
  }
  LineIterator operator++(int) {
    const LineIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const LineIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::pair<int, int>* lines_;  // where it is, and the one that is kept
};

/// The events of nlohmann's parser, whose names these are.
class JsonReader {
 public:
  JsonReader(DocumentBuilder& builder, std::string_view text, const int& line)
      : builder_(builder), text_(text), line_(line) {}

  bool null() { return scalar("", true); }
  bool boolean(bool value) { return scalar(value ? "true" : "false", true); }
  bool number_integer(Json::number_integer_t value) { return scalar(std::to_string(value), true); }
  bool number_unsigned(Json::number_unsigned_t value) { return scalar(std::to_string(value), true); }
  bool number_float(Json::number_float_t, const std::string& written) { return scalar(written, true); }
  bool string(std::string& value) { return scalar(std::move(value), false); }
  bool binary(Json::binary_t&) { return false; }  // not in texts
  bool key(std::string& value) { return scalar(std::move(value), false); }
  bool start_object(std::size_t) { return open(DocumentValue::Kind::map); }
  bool start_array(std::size_t) { return open(DocumentValue::Kind::list); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string&, const std::exception& error) {
    const std::string_view read = text_.substr(0, std::min(position == 0 ? 0 : position - 1, text_.size()));
    const auto line = static_cast<int>(std::count(read.begin(), read.end(), '\n')) + 1;
    const std::size_t begin = read.rfind('\n') + 1;  // npos + 1 is 0
    // [json.exception.parse_error.101] parse error at line 1, column 2: what is wrong
    std::string why = error.what();
    if (const std::size_t at = why.find("column "); at != std::string::npos) {
      if (const std::size_t colon = why.find(": ", at); colon != std::string::npos) why.erase(0, colon + 2);
    }
    builder_.refuse(line, static_cast<int>(read.size() - begin) + 1, "not JSON: " + why);
  }

 private:
  [[nodiscard]] DocumentValue value(DocumentValue::Kind kind) const {
    DocumentValue value;
    value.kind = kind;
    value.line = line_;
    value.flow = kind != DocumentValue::Kind::scalar;
    return value;
  }

  bool scalar(std::string text, bool plain) {
    DocumentValue v = value(DocumentValue::Kind::scalar);
    v.text = std::move(text);
    v.plain = plain;
    builder_.scalar(std::move(v));
    return true;
  }

  bool open(DocumentValue::Kind kind) {
    builder_.open(value(kind));
    return true;
  }

  bool close() {
    builder_.close(false);
    return true;
  }

  DocumentBuilder& builder_;
  std::string_view text_;
  const int& line_;
};

}  // namespace

Result<DocumentValue> parse_json(std::string_view text, std::string_view name, const DocumentRules& rules) {
  DocumentBuilder builder(name, rules, "bad_json");
  try {
    builder.check(text);
    std::pair<int, int> lines{1, 1};
    JsonReader reader(builder, text, lines.second);
    const LineIterator begin(text.data(), &lines);
    const LineIterator end(text.data() + text.size(), &lines);
    if (!Json::sax_parse(begin, end, &reader)) builder.refuse(lines.second, 0, "not JSON");
    return builder.take();
  } catch (const DocumentRefused& refused) {
    return refused.issue;
  } catch (const std::exception& error) {
    return Issue{"bad_json", std::string(name), error.what()};
  }
}

}  // namespace co2lib::detail
