// SPDX-License-Identifier: MIT
// The tables of places (data/intensity): what a key is, and its rows. Private to src/intensity.
//
// A run asks for one place, so no table is read as a whole: its lines are found in the compiled-in text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/location.hpp>

namespace co2lib::intensity::grid {

/// The key of the row that stands for every place.
inline constexpr std::string_view world = "WORLD";

/// One value of `grid_factors`: of a place, a year and a scope.
struct Row {
  int year = 0;
  Scope scope = Scope::lifecycle;
  double g_per_kwh = 0;
  std::string gas;
  Basis basis = Basis::unknown;
  FactorMethod method = FactorMethod::published;
  Source source;  ///< its id is the place's key
};

/// The rows of one place and scope by year, oldest first. A row that cannot be read is `intensity.bad_value` naming
/// its line.
[[nodiscard]] std::vector<Row> rows(const std::string& key, Scope scope);

/// The place of a key written as the tables write it, or nothing if the tables do not know it.
[[nodiscard]] std::optional<Place> find(const std::string& key);

/// Every place, sorted by key.
[[nodiscard]] std::vector<Place> all();

}  // namespace co2lib::intensity::grid
