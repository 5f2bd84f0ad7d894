// SPDX-License-Identifier: MIT
// Which share of the CPU's energy belongs to which process or container, with the remainder stated.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/host.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::meter {

/// CPU times of processes and machines come in ticks of this (USER_HZ of Linux, 100 on all its platforms).
inline constexpr Seconds clock_tick{0.01};

/// CPU time that one target (a process tree, a container) used in the interval.
struct CpuTime {
  std::string name;  ///< of the target, unique in the list
  Seconds used{0};   ///< in the interval, all its threads added
};

/// What `attribute` divides: one interval of the whole machine.
struct AttributionInput {
  Energy energy{};                    ///< measured CPU energy of the interval
  Seconds duration{0};                ///< length of the interval
  double cpus = 0;                    ///< logical CPUs of the machine
  Seconds busy{0};                    ///< CPU time of all processes, clipped to `cpus * duration`
  std::vector<CpuTime> targets{};     ///< CPU time of those asked for
  std::optional<Power> idle_power{};  ///< measured idle power of the machine; without it, idle is the unused CPU time
};

/// What `attribute` needs of the machine: the CPU time of all processes since boot, and the logical CPUs.
struct MachineCpuTime {
  Seconds busy{0};  ///< of all processes, user and system, idle and steal excluded
  double cpus = 0;  ///< online logical CPUs
};

/// Reads /proc/stat, at both ends of an interval; the issue `absent`, `no_permission`, `io` or `parse` names the file.
[[nodiscard]] Result<MachineCpuTime> read_cpu_time(const Host& host = {});

/// The share of one target. `bounds`: from its share of all CPU time to its share of the busy CPU time.
struct EnergyShare {
  std::string name;           ///< of the target
  Energy energy{};            ///< in proportion to its CPU time
  Interval<Energy> bounds{};  ///< hard, under the assumption that energy follows CPU time
};

/// The division of an energy: the targets, the other processes and idle; their sum is the energy given.
struct Attribution {
  std::vector<EnergyShare> targets;  ///< in the order given
  Energy other{};                    ///< of processes that are not targets
  Energy idle{};                     ///< of CPU time that nobody used, or of the idle power given
  std::vector<Issue> issues;         ///< `cpu_time_clipped`

  /// The sum of all parts.
  [[nodiscard]] Energy total() const {
    numeric::Sum sum(other.joules());
    sum += idle.joules();
    for (const EnergyShare& target : targets) sum += target.energy.joules();
    return Energy::from_joules(sum.value());
  }
};

/// Divides the CPU energy of an interval among targets by CPU time.
///
/// Without an idle power, a target's energy is its share of all CPU time of the machine, and unused CPU time is idle;
/// with one, idle energy is taken off first and the rest divided by busy CPU time. CPU times that exceed what the
/// machine can give are scaled down, with the issue `cpu_time_clipped`. A negative or not finite number, or no CPU, is
/// the error `meter.bad_input`.
[[nodiscard]] inline Attribution attribute(const AttributionInput& in) {
  const auto check = [](double x, const std::string& field) {
    if (!(x >= 0) || !std::isfinite(x)) {
      throw Error("meter.bad_input", field + " must be a number of at least 0, not " + numeric::text(x));
    }
  };
  const double energy = in.energy.joules();
  check(energy, "energy");
  check(in.duration.count(), "duration");
  check(in.busy.count(), "busy CPU time");
  if (!(in.cpus > 0) || !std::isfinite(in.cpus)) {
    throw Error("meter.bad_input", "cpus must be above 0, not " + numeric::text(in.cpus));
  }
  if (in.idle_power) check(in.idle_power->watts(), "idle power");
  numeric::Sum used_sum;
  for (const CpuTime& target : in.targets) {
    check(target.used.count(), "CPU time of '" + target.name + "'");
    used_sum += target.used.count();
  }

  Attribution result;
  const double capacity = in.cpus * in.duration.count();
  double busy = in.busy.count();
  double used = used_sum.value();
  double scale = 1;
  const auto clipped = [&](const std::string& text) { add_issue(result.issues, {"cpu_time_clipped", "cpu", text}); };
  if (busy > capacity) {
    busy = capacity;
    clipped("the busy CPU time is longer than the CPUs can give in this interval");
  }
  if (used > busy) {
    scale = busy / used;
    used = busy;
    clipped("the CPU time of the targets is longer than the busy CPU time");
  }

  // E * c / capacity, and 0 for an interval of no length.
  const auto share_of = [&](double whole, double part, double of) { return of > 0 ? whole * part / of : 0.0; };
  double idle = 0;
  double divided = 0;  // what is divided by CPU time, and by how much of it
  double by = 0;
  if (in.idle_power) {
    idle = busy > 0 ? std::min(in.idle_power->watts() * in.duration.count(), energy) : energy;
    divided = energy - idle;
    by = busy;
  } else {
    idle = capacity > 0 ? energy * (1.0 - busy / capacity) : energy;
    divided = energy;
    by = capacity;
  }
  result.idle = Energy::from_joules(idle);
  result.other = Energy::from_joules(share_of(divided, std::max(busy - used, 0.0), by));
  for (const CpuTime& target : in.targets) {
    const double cpu_time = target.used.count() * scale;
    const double joules = share_of(divided, cpu_time, by);
    const double low = std::min(joules, share_of(energy, cpu_time, capacity));
    const double high = std::max(joules, share_of(energy, cpu_time, busy));
    result.targets.push_back(
        {target.name, Energy::from_joules(joules), {Energy::from_joules(low), Energy::from_joules(high), 1.0}});
  }
  return result;
}

}  // namespace co2lib::meter
