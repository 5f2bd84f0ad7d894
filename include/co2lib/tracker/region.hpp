// SPDX-License-Identifier: MIT
// Regions: stretches of a program, how they are measured, and what each of them used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <co2lib/clock.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::tracker {

/// How a region is measured.
struct RegionOptions {
  /// Store two timestamps only; energy is interpolated on the curve, with bounds. Default: counters are read at both
  /// edges.
  bool marker = false;
  /// The enclosing region's id (0: none). Default: the innermost open region of this thread.
  std::optional<std::uint64_t> parent{};
  /// The line of execution the region belongs to. Default: this thread.
  std::optional<std::int64_t> thread{};
};

/// What one region used: energy of the run's scope, and its carbon, PUE included, by the intensity of its time.
struct RegionResult {
  std::string name;                 ///< that it was opened with
  std::uint64_t id = 0;             ///< from 1, unique in the run's segment
  std::uint64_t parent = 0;         ///< id of the region it was opened in; 0: none
  std::int64_t thread = 0;          ///< the line of execution it belongs to; threads count up from 1
  UtcTime start{};                  ///< of its begin, wall time
  Seconds duration{};               ///< suspend excluded
  Estimate<Energy> energy;          ///< inclusive: with the regions inside of it
  std::optional<Energy> exclusive;  ///< without direct children of the same thread
  Estimate<CarbonMass> carbon;      ///< operational, of `energy`
};

}  // namespace co2lib::tracker
