// SPDX-License-Identifier: MIT
// The tracker's accounting of regions, for regions on a curve of one's own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/curve.hpp>
#include <co2lib/meter/record.hpp>

namespace co2lib::tracker {

/// A stretch of time on one thread; `parent` is the index of the region it was opened in.
struct RegionSpan {
  std::string name;                     ///< for the caller; regions are told apart by their index
  MonotonicTime begin{};                ///< on the clock of the curve
  MonotonicTime end{};                  ///< not before `begin`
  std::int64_t thread = 0;              ///< the line of execution it belongs to
  std::optional<std::size_t> parent{};  ///< none: it is in no other region
};

/// The energy of a region on one meter.
struct RegionEnergy {
  meter::WindowEnergy inclusive;      ///< with the regions inside of it
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
