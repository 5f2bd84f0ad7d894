// SPDX-License-Identifier: MIT
// Regions: stretches of a program, what they are measured with, and what each of them used.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/curve.hpp>
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
  std::string name;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< id of the region it was opened in; 0: none
  std::int64_t thread = 0;
  UtcTime start{};
  Seconds duration{};
  Estimate<Energy> energy;
  std::optional<Energy> exclusive;  ///< without direct children of the same thread
  Estimate<CarbonMass> carbon;
};

/// A stretch of time on one thread; `parent` is the index of the region it was opened in.
struct RegionSpan {
  std::string name;
  MonotonicTime begin{};
  MonotonicTime end{};
  std::int64_t thread = 0;
  std::optional<std::size_t> parent{};
};

/// The energy of a region on one meter.
struct RegionEnergy {
  meter::WindowEnergy inclusive;
  std::optional<double> exclusive_j;  ///< without the direct children of the same thread
};

/// What regions used that lie on one curve.
struct RegionEnergies {
  std::vector<RegionEnergy> regions;  ///< in the order given
  std::optional<double> union_j;      ///< of the union of all their times; absent where a part of it has no value
};

/// Inclusive and exclusive energy of every region on one curve, by the tracker's own accounting. Exclusive energy
/// leaves out the direct children of the same thread (the union of their times, so that interleaved tasks are not taken
/// off twice). A region that ends before it begins is the error `meter.bad_window`.
[[nodiscard]] RegionEnergies region_energies(const meter::Curve& curve, std::span<const RegionSpan> regions);

}  // namespace co2lib::tracker
