// SPDX-License-Identifier: MIT
// What holds for every tree that src/detail/document reads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "detail/document.hpp"

/// The values of a tree; traps where it breaks a law or a rule.
inline std::size_t walk(const co2lib::detail::DocumentValue& value, const co2lib::detail::DocumentRules& rules,
                        int depth = 0) {
  using Kind = co2lib::detail::DocumentValue::Kind;
  std::size_t count = 1;
  if (value.line < 1 || value.column < 0 || value.what().empty()) __builtin_trap();
  if (value.kind != Kind::scalar && (!value.text.empty() || ++depth > rules.depth)) __builtin_trap();
  if (value.kind != Kind::list && !value.items.empty()) __builtin_trap();
  if (value.kind != Kind::map && !value.entries.empty()) __builtin_trap();
  if (!rules.tags && !value.tag.empty()) __builtin_trap();
  if (const auto whole = value.integer()) {
    if (!value.number() || *value.number() != static_cast<double>(*whole)) __builtin_trap();
  }
  if (static_cast<int>(value.number().has_value()) + static_cast<int>(value.boolean().has_value()) +
          static_cast<int>(value.is_null()) >
      1) {
    __builtin_trap();
  }
  for (const auto& item : value.items) count += walk(item, rules, depth);
  for (const auto& entry : value.entries) {
    if (entry.key.kind != Kind::scalar || value.find(entry.key.text) == nullptr) __builtin_trap();
    if (!rules.repeated_keys && value.find(entry.key.text) != &entry.value) __builtin_trap();
    count += 1 + walk(entry.value, rules, depth);
  }
  return count;
}

/// An issue has a known code and says its place.
inline void check_issue(const co2lib::Issue& issue, std::string_view bad) {
  if (issue.code != bad && issue.code != "limit") __builtin_trap();
  if (!issue.subject.starts_with("name") || issue.text.empty()) __builtin_trap();
}
