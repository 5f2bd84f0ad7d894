// SPDX-License-Identifier: MIT
// The sums of a machine's meters. What belongs to which is decided in zones.hpp.
#pragma once

#include <optional>
#include <vector>

#include <co2lib/meter/record.hpp>
#include <co2lib/record.hpp>

namespace co2lib::meter {

/// A part of a total: its energy in J, absent where no meter of it has a value, with bounds and interval.
struct Part {
  std::optional<double> energy_j{};  ///< of the meters that have a value
  double low_j = 0;                  ///< sum of their hard bounds
  double high_j = 0;                 ///< sum of their hard bounds
  double interval_low_j = 0;         ///< sum of the lower ends of their intervals
  double interval_high_j = 0;        ///< sum of the upper ends of their intervals
  bool present = false;              ///< there is a meter for it
  bool incomplete = false;           ///< a meter of it has no value

  /// Adds a meter or a part; bounds and intervals add end to end (errors taken as fully correlated).
  void add(std::optional<double> energy, double low, double high, double interval_low, double interval_high) {
    present = true;
    low_j += low;
    high_j += high;
    interval_low_j += interval_low;
    interval_high_j += interval_high;
    if (!energy) {
      incomplete = true;
    } else {
      energy_j = energy_j.value_or(0) + *energy;
    }
  }
  /// Adds one meter's window.
  void add(const WindowEnergy& w) { add(w.energy_j, w.low_j, w.high_j, w.interval_low_j, w.interval_high_j); }
  /// Adds another part, such as that of another segment.
  void add(const Part& p) {
    if (!p.present) return;
    const bool was_incomplete = incomplete;
    add(p.energy_j, p.low_j, p.high_j, p.interval_low_j, p.interval_high_j);
    incomplete = was_incomplete || p.incomplete;
  }
};

/// The sums of a machine. `total = cpu + (dram or ram_model) + gpu`; `platform` stands beside and is never added.
struct Totals {
  Part cpu;                   ///< packages, or their model
  Part dram;                  ///< memory by a sensor
  Part gpu;                   ///< graphics and neural processors
  Part platform;              ///< the whole machine by a sensor of its own; never added
  Part ram_model;             ///< memory by a model
  Part total;                 ///< of the machine; the platform's where that is all there is
  std::vector<Issue> issues;  ///< `incomplete` and `platform_only`, of the sum itself
};

}  // namespace co2lib::meter
