// SPDX-License-Identifier: MIT
// A design space: a bill of materials with some of its fields varied, and which of the variants are worth building.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/embodied/bom.hpp>

namespace co2lib::embodied {

/// A field that is varied, and the values that it takes.
struct Axis {
  /// Id of a part and field (`soc.node`, `dram.capacity`, `radio.qty`), or `lifetime_years` or `truncation`.
  std::string field;
  /// As they stand in a file, JSON or YAML: `14nm`, `60 mm2`, `{value: 4, low: 3, high: 6}`; `null` leaves the field
  /// out. `qty` is the number of pieces in all, imports included.
  std::vector<std::string> values;

  bool operator==(const Axis&) const = default;
};

/// One variant.
struct DesignPoint {
  std::vector<std::size_t> choice{};               ///< of each axis which value
  CarbonMass value{};                              ///< at the modes
  Interval<CarbonMass> bounds{};                   ///< exact
  std::optional<Interval<CarbonMass>> interval{};  ///< p5..p95 of the draws; none without draws
  std::optional<double> figure{};                  ///< what `ExploreOptions::figure` gave; none without it
  bool on_front =
      false;  ///< no other variant has less carbon and no larger figure, or a smaller figure and no more carbon

  bool operator==(const DesignPoint&) const = default;
};

/// How a design space is explored.
struct ExploreOptions {
  std::uint64_t seed = 0;                                     ///< of the draws
  std::size_t draws = 0;                                      ///< of each variant; 0: bounds only
  std::string ci_table = "act2022";                           ///< for files that name none
  std::vector<std::shared_ptr<const FactorTable>> factors{};  ///< searched first; later ones override earlier ones
  std::optional<Seconds> reserved{};  ///< the share of a use that reserves it for a time, in the place of the whole
  /// What else is to be small: a delay, a price, minus an accuracy. It gets the choice of each axis.
  std::function<double(std::span<const std::size_t>)> figure{};
};

/// All variants: the last axis varies fastest.
struct Exploration {
  std::vector<Axis> axes{};           ///< in the order given
  std::vector<DesignPoint> points{};  ///< one for each combination of values
  std::size_t draws = 0;              ///< of each variant; 0: bounds only
  std::uint64_t seed = 0;             ///< of the draws
  std::vector<Issue> issues{};        ///< of any variant

  /// Numbers of the variants on the front, from the least carbon on.
  [[nodiscard]] std::vector<std::size_t> front() const;
  /// JSON with stable keys; masses in kg.
  [[nodiscard]] std::string to_json() const;

  bool operator==(const Exploration&) const = default;
};

/// Computes every combination of the values, with common random numbers: what two variants share has the same draws.
///
/// `embodied.bad_bom` names an axis of an unknown part or field, and a value that it cannot have;
/// `embodied.out_of_range` for no axis, an axis without values, and more than 10^7 combinations; else what `footprint`
/// and `share` throw.
[[nodiscard]] Exploration explore(const Bom& bom, const std::vector<Axis>& axes, const ExploreOptions& options = {});

}  // namespace co2lib::embodied
