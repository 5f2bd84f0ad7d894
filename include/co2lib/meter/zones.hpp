// SPDX-License-Identifier: MIT
// What is added to what: which meters overlap and are counted once, and the totals of a machine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::meter {

namespace detail {

/// P of `package-P` and `package-P-die-D`, and D if there is one.
struct PackageName {
  std::string_view package;
  std::string_view die;
};

inline bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

inline std::optional<PackageName> package_name(std::string_view name) noexcept {
  constexpr std::string_view prefix = "package-";
  constexpr std::string_view middle = "-die-";
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const std::size_t at = name.find(middle);
  const std::string_view package = name.substr(0, at);
  const std::string_view die = at == std::string_view::npos ? std::string_view() : name.substr(at + middle.size());
  if (!all_digits(package) || (at != std::string_view::npos && !all_digits(die))) return std::nullopt;
  return PackageName{package, die};
}

}  // namespace detail

/// The domain of a counter zone by its name, its control type and the domain of its parent, if it has one.
[[nodiscard]] inline Domain zone_domain(std::string_view control, std::string_view name,
                                        std::optional<Domain> parent) noexcept {
  if (control == "nvml" || control == "amdsmi" || control == "rocm_smi") return Domain::gpu;
  if (!parent && detail::package_name(name)) return Domain::package;
  if (parent == Domain::package && name == "core") return Domain::core;
  if (parent == Domain::package && name == "uncore") return Domain::uncore;
  if ((!parent || parent == Domain::package) && name == "dram") return Domain::dram;
  if (!parent && name == "psys") return Domain::psys;
  return Domain::other;
}

/// True for a GPU whose power is that of its module, with the module's CPU and memory (Grace Hopper).
[[nodiscard]] inline bool is_module(const MeterInfo& info) noexcept {
  return info.domain == Domain::gpu && info.scope == "module";
}

/// Compares two zones read by read: mirrors show the same register.
class MirrorTest {
 public:
  /// Takes a pair of good readings of one time.
  void push(std::uint64_t a, std::uint64_t b, const CounterUnit& unit, const WrapRange& wrap) noexcept {
    ++common_;
    std::uint64_t difference = a > b ? a - b : b - a;
    if (wrap.is_known() && difference <= wrap.counts()) difference = std::min(difference, wrap.counts() - difference);
    if (unit.joules(static_cast<double>(difference)) > 1.0) differs_ = true;
  }

  /// True if at least two readings were common, all within 1 J, and both zones measured at least 10 J.
  [[nodiscard]] bool mirrored(double measured_a_j, double measured_b_j) const noexcept {
    return common_ >= 2 && !differs_ && measured_a_j >= 10 && measured_b_j >= 10;
  }

 private:
  long common_ = 0;
  bool differs_ = false;
};

/// What the counting of zones decides for one meter.
struct ZoneRole {
  bool counted = false;                       ///< belongs to the CPU, DRAM or GPU part, also while its value is null
  std::optional<std::size_t> mirror_of{};     ///< index of the meter that shows the same register
  std::optional<std::size_t> duplicate_of{};  ///< index of the meter of the first control type
};

/// Decides for each meter whether it is counted. `mirrored(i, j)` tells whether the dies i < j are mirrors.
template <class Mirrored>
[[nodiscard]] std::vector<ZoneRole> zone_roles(std::span<const MeterInfo> meters, Mirrored mirrored) {
  std::vector<ZoneRole> roles(meters.size());
  const auto parent_of = [&](std::size_t i) -> std::optional<std::size_t> {
    if (meters[i].parent.empty()) return std::nullopt;
    for (std::size_t p = 0; p < meters.size(); ++p) {
      if (meters[p].id == meters[i].parent) return p;
    }
    return std::nullopt;
  };
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const MeterInfo& m = meters[i];
    if (m.domain != Domain::package) continue;
    for (std::size_t j = 0; j < meters.size() && !roles[i].duplicate_of; ++j) {
      if (m.control != "intel-rapl" && !m.control.empty() && meters[j].control == "intel-rapl" &&
          meters[j].domain == Domain::package && meters[j].name == m.name) {
        roles[i].duplicate_of = j;
      }
    }
    const auto name = detail::package_name(m.name);
    for (std::size_t j = 0; name && j < i && !roles[i].mirror_of && !roles[i].duplicate_of; ++j) {
      const auto other = detail::package_name(meters[j].name);
      if (meters[j].domain == Domain::package && meters[j].control == m.control && other && !name->die.empty() &&
          !other->die.empty() && other->package == name->package && !roles[j].mirror_of && mirrored(j, i)) {
        roles[i].mirror_of = j;
      }
    }
  }
  const bool module = std::any_of(meters.begin(), meters.end(), is_module);
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const Domain domain = meters[i].domain;
    const bool part = domain == Domain::package || domain == Domain::dram || domain == Domain::gpu ||
                      meters[i].device == Device::ram || (domain == Domain::model && meters[i].device == Device::cpu);
    bool copy = false;
    std::optional<std::size_t> at = i;
    for (std::size_t depth = 0; at && depth <= meters.size(); ++depth) {
      copy = copy || roles[*at].mirror_of.has_value() || roles[*at].duplicate_of.has_value();
      at = parent_of(*at);
    }
    // Where a meter is divided, the share of the scope is counted instead of it (share.hpp).
    const bool remainder = meters[i].scope == "other" || meters[i].scope == "idle";
    const bool divided = std::any_of(meters.begin(), meters.end(), [&](const MeterInfo& share) {
      return share.parent == meters[i].id && (share.scope == "process" || share.scope == "container");
    });
    const bool inside = module && domain != Domain::gpu;  // of a module whose power is counted as the GPU's
    roles[i].counted = part && !copy && !remainder && !divided && !inside;
  }
  return roles;
}

/// Marks the record of a copy or a mirror.
inline void add_role_issues(Record& record, const ZoneRole& role, std::span<const MeterInfo> meters) {
  if (role.mirror_of) {
    record.issues.push_back({"mirrored", record.meter.id, "shows the same register as " + meters[*role.mirror_of].id});
  }
  if (role.duplicate_of) {
    record.issues.push_back({"duplicate", record.meter.id, "is a copy of " + meters[*role.duplicate_of].id});
  }
}

/// A part of a total: its energy in J, absent where no meter of it has a value, with bounds and interval.
struct Part {
  std::optional<double> energy_j{};
  double low_j = 0;
  double high_j = 0;
  double interval_low_j = 0;
  double interval_high_j = 0;
  bool present = false;     ///< there is a meter for it
  bool incomplete = false;  ///< a meter of it has no value

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
  void add(const WindowEnergy& w) { add(w.energy_j, w.low_j, w.high_j, w.interval_low_j, w.interval_high_j); }
  void add(const Part& p) {
    if (!p.present) return;
    const bool was_incomplete = incomplete;
    add(p.energy_j, p.low_j, p.high_j, p.interval_low_j, p.interval_high_j);
    incomplete = was_incomplete || p.incomplete;
  }
};

/// The sums of a machine. `total = cpu + (dram or ram_model) + gpu`; `platform` stands beside and is never added.
struct Totals {
  Part cpu;
  Part dram;
  Part gpu;
  Part platform;
  Part ram_model;
  Part total;
  std::vector<Issue> issues;  ///< `incomplete` and `platform_only`, of the sum itself
};

/// Adds up the energies of meters by their roles; `windows[i]` belongs to `meters[i]`.
[[nodiscard]] inline Totals add_up(std::span<const MeterInfo> meters, std::span<const WindowEnergy> windows,
                                   std::span<const ZoneRole> roles) {
  Totals totals;
  bool has_cpu_model = false;
  std::size_t packages = 0;
  std::size_t modules = 0;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const MeterInfo& m = meters[i];
    if (m.domain == Domain::model && m.device == Device::cpu) has_cpu_model = true;
    if (m.domain == Domain::package && !roles[i].mirror_of && !roles[i].duplicate_of) ++packages;
    if (is_module(m)) ++modules;
    if (m.domain == Domain::psys || (m.device == Device::board && m.domain != Domain::rail)) {
      totals.platform.add(windows[i]);
    }
    if (!roles[i].counted) continue;
    if (m.device == Device::ram) {
      totals.ram_model.add(windows[i]);
    } else if (m.domain == Domain::dram) {
      totals.dram.add(windows[i]);
    } else if (m.domain == Domain::gpu) {
      totals.gpu.add(windows[i]);
    } else {
      totals.cpu.add(windows[i]);
    }
  }
  const bool platform_only = packages == 0 && !has_cpu_model && modules == 0 && totals.platform.present;
  if (platform_only) {
    totals.total.add(totals.platform);
  } else {
    totals.total.add(totals.cpu);
    totals.total.add(totals.dram);
    totals.total.add(totals.ram_model);
  }
  totals.total.add(totals.gpu);
  if (totals.total.incomplete) {
    totals.issues.push_back({"incomplete", "total", "a meter that belongs to the total has no value"});
  }
  if (modules > 0 && modules < packages) {
    totals.issues.push_back({"incomplete", "total",
                             "GPUs show the power of their modules, which hold the CPU; the CPUs of other modules are "
                             "left out, for which they are is unknown"});
  }
  if (platform_only) {
    totals.issues.push_back(
        {"platform_only", "total", "there is no package counter; the total is that of the whole platform"});
  }
  return totals;
}

/// One counter and its whole trace.
struct CounterTrace {
  MeterInfo meter;
  std::vector<CounterSample> samples;
};

/// What the counters of a machine add up to.
struct ZoneResult {
  std::vector<Record> records;  ///< one per trace, in order
  std::vector<ZoneRole> roles;
  Totals totals;
};

/// Runs the counter engine over every trace, finds copies and mirrors, and adds up; a window of none is each trace's
/// own. Records of copies and mirrors carry the issue `duplicate` or `mirrored`.
[[nodiscard]] inline ZoneResult integrate_zones(std::span<const CounterTrace> traces,
                                                std::optional<TimeWindow> window = std::nullopt) {
  ZoneResult result;
  std::vector<MeterInfo> meters;
  std::vector<Record> own_windows;
  std::vector<WindowEnergy> windows;
  for (const CounterTrace& t : traces) {
    const Trace trace = integrate_counter(t.meter, t.samples);
    result.records.push_back(trace.record(window));
    own_windows.push_back(trace.record());
    meters.push_back(t.meter);
    windows.push_back(result.records.back().window);
  }
  const auto mirrored = [&](std::size_t i, std::size_t j) {
    MirrorTest test;
    std::size_t b = 0;
    for (const CounterSample& a : traces[i].samples) {
      while (b < traces[j].samples.size() && traces[j].samples[b].time < a.time) ++b;
      if (b == traces[j].samples.size()) break;
      const CounterSample& other = traces[j].samples[b];
      if (a.count && other.time == a.time && other.count) {
        test.push(*a.count, *other.count, meters[i].unit, meters[i].wrap);
      }
    }
    return test.mirrored(own_windows[i].window.measured_j, own_windows[j].window.measured_j);
  };
  result.roles = zone_roles(meters, mirrored);
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    add_role_issues(result.records[i], result.roles[i], meters);
  }
  result.totals = add_up(meters, windows, result.roles);
  return result;
}

}  // namespace co2lib::meter
