// SPDX-License-Identifier: MIT
// The classes of parts: which fields each takes, and its carbon as operations.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/embodied/bom.hpp>

#include "embodied/model.hpp"

namespace co2lib::embodied {

/// What a field of a part may be.
enum class FieldKind : std::uint8_t {
  number,   ///< in `unit`; with `row`, also the id of a row
  integer,  ///< a plain whole number
  text,
  flag,
  node,    ///< `7nm`, or a number of nm
  fab_ci,  ///< a name, or a number in g/kWh
  yield,   ///< a number, the id of a row, or a model
};

struct FieldRule {
  std::string_view name;
  FieldKind kind = FieldKind::number;
  std::string_view unit{};
  bool required = false;
  bool row = false;
  bool positive = false;  ///< 0 is not allowed
};

struct ClassRule {
  std::string_view name;
  std::span<const FieldRule> fields;
  bool needs_source = false;
};

/// The rule of a class; null if there is none.
[[nodiscard]] const ClassRule* class_rule(std::string_view name);

/// All classes, for messages: `ic.logic, ic.dram, ...`.
[[nodiscard]] std::string known_classes();

/// A factor as a part uses it.
struct Use {
  Factor factor;
  bool row = false;  ///< a row of a table; else a number of the bill of materials
};

/// What building the parts of one bill of materials gathers.
class Build {
 public:
  Build(const Factors& tables, std::string ci_table) : tables_(tables), ci_table_(std::move(ci_table)) {}

  /// The carbon of one piece in kg.
  Node piece(const Part& part);

  Model model;
  std::vector<Use> uses;  ///< each id once
  std::vector<Issue> issues;

  /// The ids that the last part used, and whether one of them has a range.
  [[nodiscard]] const std::vector<std::string>& used() const noexcept { return used_; }
  [[nodiscard]] bool ranged() const noexcept { return ranged_; }

  /// A row in a unit, as the variable of its id.
  Node row(std::string_view id, std::string_view unit, const std::string& where);
  /// A row that was looked up already.
  Node row(const Factor& found, std::string_view unit, const std::string& where);
  /// A number of the bill of materials.
  Node number(const Factor& factor, const std::string& where);

  [[nodiscard]] const Factors& tables() const noexcept { return tables_; }
  [[nodiscard]] const std::string& ci_table(const Part& part) const {
    return part.ci_table.empty() ? ci_table_ : part.ci_table;
  }

  /// Notes that a default stood in for a field.
  void default_used(const Part& part, std::string_view field, std::string_view row);

 private:
  void use(const Factor& factor, bool row);

  const Factors& tables_;
  std::string ci_table_;
  std::set<std::string, std::less<>> seen_;
  std::vector<std::string> used_;
  bool ranged_ = false;
};

}  // namespace co2lib::embodied
