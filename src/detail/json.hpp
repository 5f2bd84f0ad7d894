// SPDX-License-Identifier: MIT
// JSON out: stable key order, floats as the shortest text that reads back to the same double; private to src.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <co2lib/record.hpp>

namespace co2lib::detail {

using Json = nlohmann::ordered_json;

/// What an error says, without the parser's own code in front: `[json.exception.out_of_range.403] key 'v' not found`.
inline std::string said_by(const std::exception& error) {
  const std::string_view text(error.what());
  const std::size_t end = text.starts_with("[json.exception.") ? text.find("] ") : std::string_view::npos;
  return std::string(end == std::string_view::npos ? text : text.substr(end + 2));
}

inline void append_number(std::string& out, double x) {
  if (!std::isfinite(x)) {
    out += "null";
    return;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  out += text;
  // Stay a float on the way back, also in readers that tell 1 from 1.0.
  if (text.find_first_of(".eE") == std::string_view::npos) out += ".0";
}

inline void append_string(std::string& out, std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

inline void append_json(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.items()) {
        if (!first) out += ',';
        first = false;
        append_string(out, key);
        out += ':';
        append_json(out, item);
      }
      out += '}';
      return;
    }
    case Json::value_t::array: {
      out += '[';
      bool first = true;
      for (const Json& item : value) {
        if (!first) out += ',';
        first = false;
        append_json(out, item);
      }
      out += ']';
      return;
    }
    case Json::value_t::number_float:
      append_number(out, value.get<double>());
      return;
    default:
      out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

[[nodiscard]] inline std::string to_text(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

/// Members that `fill` adds to an object.
template <class Fill>
struct JsonObject {
  Fill fill;
};
template <class Fill>
JsonObject(Fill) -> JsonObject<Fill>;

/// Elements that `fill` adds to a list.
template <class Fill>
struct JsonList {
  Fill fill;
};
template <class Fill>
JsonList(Fill) -> JsonList<Fill>;

/// JSON as it is written, front to back: nothing is kept but the text. The one way out for logs, footprints, states and
/// reports; a tree (`Json`) may be a part of it.
///
/// An optional without a value, and a number that is not finite, is null.
class JsonWriter {
 public:
  /// The text of an object.
  template <class Fill>
  [[nodiscard]] static std::string object(const Fill& fill) {
    JsonWriter out;
    out.put(JsonObject{[&fill](JsonWriter& o) { fill(o); }});
    return std::move(out.text_);
  }

  /// A member of an object.
  template <class T>
  void add(std::string_view name, const T& value) {
    comma();
    append_string(text_, name);
    text_ += ':';
    put(value);
  }
  /// An element of a list.
  template <class T>
  void add(const T& value) {
    comma();
    put(value);
  }

 private:
  void comma() {
    if (text_.back() != '{' && text_.back() != '[') text_ += ',';
  }

  template <class Fill>
  void put(const JsonObject<Fill>& o) {
    text_ += '{';
    o.fill(*this);
    text_ += '}';
  }
  template <class Fill>
  void put(const JsonList<Fill>& l) {
    text_ += '[';
    l.fill(*this);
    text_ += ']';
  }
  void put(std::nullptr_t) { text_ += "null"; }
  void put(double x) { append_number(text_, x); }
  template <std::same_as<bool> B>
  void put(B x) {
    text_ += x ? "true" : "false";
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) void put(T x) { text_ += std::to_string(x); }
  void put(std::string_view text) { append_string(text_, text); }
  void put(const char* text) { append_string(text_, text); }
  void put(const std::string& text) { append_string(text_, text); }
  template <std::same_as<Json> J>  // and nothing that converts to it
  void put(const J& tree) {
    append_json(text_, tree);
  }
  template <class T>
  void put(const std::optional<T>& x) {
    x ? put(*x) : put(nullptr);
  }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& list) {
    put(std::span<const T>(list));
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put(std::span<const T>(list));
  }
  template <class T>
  void put(std::span<T> list) {
    put(JsonList{[list](JsonWriter& l) {
      for (const auto& x : list) l.add(x);
    }});
  }
  void put(const Issue& issue) {
    put(JsonObject{[&issue](JsonWriter& o) {
      o.add("code", issue.code);
      o.add("subject", issue.subject);
      o.add("text", issue.text);
    }});
  }
  void put(const Source& source) {
    put(JsonObject{[&source](JsonWriter& o) {
      o.add("id", source.id);
      o.add("text", source.text);
      o.add("year", source.year);
      o.add("licence", source.licence);
    }});
  }

  std::string text_;
};

/// The elements of a range, each as `of` makes it; both must live as long as the list.
template <class Range, class Of>
[[nodiscard]] auto json_list(const Range& range, const Of& of) {
  return JsonList{[&range, &of](JsonWriter& l) {
    for (const auto& x : range) l.add(of(x));
  }};
}

}  // namespace co2lib::detail
