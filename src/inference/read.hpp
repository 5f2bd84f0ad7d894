// SPDX-License-Identifier: MIT
// Fields of JSON documents, refused with their place; private to the domain.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference/refuse.hpp>

#include "detail/document.hpp"

namespace co2lib::inference::detail {

using Document = co2lib::detail::DocumentValue;

/// A map of a document. `code` is the error of everything that is wrong in it.
class FieldReader {
 public:
  FieldReader(const Document& value, std::string_view file, const char* code)
      : value_(value), file_(file), code_(code) {
    if (value.kind != Document::Kind::map) refuse(value, "expected an object, got " + value.what());
  }

  [[noreturn]] void refuse(const Document& at, const std::string& why) const {
    throw Error(code_, at.where(file_) + ": " + why);
  }

  /// Refuses keys that are not in the list.
  void only(std::initializer_list<std::string_view> keys) const {
    for (const auto& entry : value_.entries) {
      if (std::find(keys.begin(), keys.end(), entry.key.text) != keys.end()) continue;
      std::string known;
      for (const std::string_view key : keys) known.append(known.empty() ? "" : ", ").append(key);
      refuse(entry.key, "'" + entry.key.text.substr(0, 60) + "' is not known here; known: " + known);
    }
  }

  /// The value of a key; null if it is absent or null.
  [[nodiscard]] const Document* find(std::string_view key) const {
    const Document* found = value_.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  [[nodiscard]] const Document& need(std::string_view key) const {
    if (const Document* found = find(key)) return *found;
    refuse(value_, std::string(key) + " is missing");
  }

  [[nodiscard]] std::string text(const Document& at, std::string_view key) const {
    if (at.kind != Document::Kind::scalar || at.plain)
      refuse(at, std::string(key) + ": expected a text, got " + at.what());
    return at.text;
  }
  [[nodiscard]] std::string text(std::string_view key) const { return text(need(key), key); }
  [[nodiscard]] std::string text_or(std::string_view key, std::string absent) const {
    const Document* found = find(key);
    return found != nullptr ? text(*found, key) : std::move(absent);
  }

  [[nodiscard]] double number(const Document& at, std::string_view key) const {
    const std::optional<double> x = at.number();
    if (!x) refuse(at, std::string(key) + ": expected a finite number, got " + at.what());
    return *x;
  }
  [[nodiscard]] double number(std::string_view key) const { return number(need(key), key); }
  [[nodiscard]] std::optional<double> number_if(std::string_view key) const {
    const Document* found = find(key);
    return found != nullptr ? std::optional(number(*found, key)) : std::nullopt;
  }

  [[nodiscard]] std::int64_t integer(const Document& at, std::string_view key) const {
    const std::optional<std::int64_t> x = at.integer();
    if (!x) refuse(at, std::string(key) + ": expected a whole number, got " + at.what());
    return *x;
  }
  [[nodiscard]] std::optional<std::int64_t> integer_if(std::string_view key) const {
    const Document* found = find(key);
    return found != nullptr ? std::optional(integer(*found, key)) : std::nullopt;
  }
  /// A whole number that fits an int.
  [[nodiscard]] std::optional<int> small_if(std::string_view key) const {
    const std::optional<std::int64_t> x = integer_if(key);
    if (!x) return std::nullopt;
    if (*x < std::numeric_limits<int>::min() || *x > std::numeric_limits<int>::max()) {
      refuse(need(key), std::string(key) + ": " + std::to_string(*x) + " is out of range");
    }
    return static_cast<int>(*x);
  }

  [[nodiscard]] std::optional<bool> boolean_if(std::string_view key) const {
    const Document* found = find(key);
    if (found == nullptr) return std::nullopt;
    const std::optional<bool> x = found->boolean();
    if (!x) refuse(*found, std::string(key) + ": expected true or false, got " + found->what());
    return x;
  }

  [[nodiscard]] const std::vector<Document>& list(const Document& at, std::string_view key) const {
    if (at.kind != Document::Kind::list) refuse(at, std::string(key) + ": expected a list, got " + at.what());
    return at.items;
  }
  [[nodiscard]] const std::vector<Document>& list(std::string_view key) const { return list(need(key), key); }
  [[nodiscard]] std::vector<std::string> texts(const Document& at, std::string_view key) const {
    std::vector<std::string> all;
    for (const Document& item : list(at, key)) all.push_back(text(item, key));
    return all;
  }
  [[nodiscard]] std::vector<double> numbers(const Document& at, std::string_view key) const {
    std::vector<double> all;
    for (const Document& item : list(at, key)) all.push_back(number(item, key));
    return all;
  }
  [[nodiscard]] std::vector<std::int64_t> integers(const Document& at, std::string_view key) const {
    std::vector<std::int64_t> all;
    for (const Document& item : list(at, key)) all.push_back(integer(item, key));
    return all;
  }

  [[nodiscard]] const Document& value() const noexcept { return value_; }
  [[nodiscard]] std::string_view file() const noexcept { return file_; }

 private:
  const Document& value_;
  std::string_view file_;
  const char* code_;
};

/// The tree of a JSON text; what is wrong with it is the error `code`.
[[nodiscard]] inline Document read_json(std::string_view text, std::string_view name, const char* code,
                                        const co2lib::detail::DocumentRules& rules = {}) {
  auto document = co2lib::detail::parse_json(text, name, rules);
  if (document) return *std::move(document);
  throw Error(code, (document.issue().subject.empty() ? std::string(name) : document.issue().subject) + ": " +
                        document.issue().text);
}

}  // namespace co2lib::inference::detail
