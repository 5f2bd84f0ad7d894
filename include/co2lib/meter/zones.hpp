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
#include <co2lib/meter/totals.hpp>
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

/// The domain of a RAPL zone by its name and the domain of its parent, if it has one.
[[nodiscard]] inline Domain zone_domain(std::string_view name, std::optional<Domain> parent) noexcept {
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

/// Compares the growth of two zones read by read: mirrors show the same register, so what they grow by is one and the
/// same but for what the register gained between the two reads.
///
/// Two alike dies under one load may stay close for a while. So the growth must be so large that the difference that
/// the reads explain is less than a 500th of it (ours), and at least 10 J; until then nothing is decided.
class MirrorTest {
 public:
  /// What two zones are to each other.
  enum class Verdict {
    different,  ///< they are two registers, or nothing is known yet
    mirrored,   ///< they show the same register
    undecided,  ///< alike so far, but it could be chance
  };

  /// Takes a pair of good readings, the first of them at `time`, the second `apart` later. The register of a zone moves
  /// in steps of `meter`'s update period.
  void push(MonotonicTime time, std::uint64_t a, std::uint64_t b, MonotonicTime apart,
            const MeterInfo& meter) noexcept {
    if (reads_++ > 0 && time > time_) {
      const std::optional<std::uint64_t> grown_a = growth(a_, a, meter.wrap);
      const std::optional<std::uint64_t> grown_b = growth(b_, b, meter.wrap);
      const double most = meter.unit.joules(static_cast<double>(std::max(grown_a.value_or(0), grown_b.value_or(0))));
      const double seconds = Seconds(time - time_).count();
      if (!grown_a || !grown_b || most > numeric::product(p_max_w(meter), seconds + slack_s(meter))) {
        if (++odd_ == 1) return;  // a glitch of one of them; twice in a row it was reset, and begins anew
      } else {
        compare(*grown_a, *grown_b, most / seconds, apart, meter);
      }
    }
    odd_ = 0;
    time_ = time;
    a_ = a;
    b_ = b;
  }

  /// What the readings so far show.
  [[nodiscard]] Verdict verdict() const noexcept {
    if (differs_ || least_j_ < 10) return Verdict::different;
    return least_j_ >= 500 * explained_j_ ? Verdict::mirrored : Verdict::undecided;
  }

 private:
  void compare(std::uint64_t grown_a, std::uint64_t grown_b, double watts, MonotonicTime apart,
               const MeterInfo& meter) noexcept {
    grown_a_ += grown_a;
    grown_b_ += grown_b;
    const double moment_s = std::abs(Seconds(apart).count()) + meter.update_period_s.value_or(0);
    // The power at the moment of the reads may be twice the mean since the last ones.
    explained_j_ = std::max(explained_j_, 2 * watts * moment_s + 2 * meter.unit.joules(1));
    const std::uint64_t difference = grown_a_ > grown_b_ ? grown_a_ - grown_b_ : grown_b_ - grown_a_;
    differs_ = differs_ || meter.unit.joules(static_cast<double>(difference)) > explained_j_;
    least_j_ = meter.unit.joules(static_cast<double>(std::min(grown_a_, grown_b_)));
  }

  static std::optional<std::uint64_t> growth(std::uint64_t from, std::uint64_t to, const WrapRange& wrap) noexcept {
    if (to >= from) return to - from;
    if (wrap.is_known() && from - to <= wrap.counts()) return wrap.counts() - (from - to);
    return std::nullopt;
  }

  long reads_ = 0;
  int odd_ = 0;  ///< pairs in a row that no power explains
  MonotonicTime time_{};
  std::uint64_t a_ = 0;
  std::uint64_t b_ = 0;
  std::uint64_t grown_a_ = 0;
  std::uint64_t grown_b_ = 0;
  double explained_j_ = 0;  ///< the greatest difference that the time between two reads explains
  double least_j_ = 0;      ///< the lesser of the two growths
  bool differs_ = false;
};

/// True for two zones that are dies of one package.
[[nodiscard]] inline bool are_dies(const MeterInfo& a, const MeterInfo& b) noexcept {
  const auto first = detail::package_name(a.name);
  const auto second = detail::package_name(b.name);
  return a.domain == Domain::package && b.domain == Domain::package && a.control == b.control && first && second &&
         !first->die.empty() && !second->die.empty() && first->package == second->package;
}

/// What the counting of zones decides for one meter.
struct ZoneRole {
  bool counted = false;  ///< belongs to the CPU, DRAM or GPU part, also while its value is null
  bool in_total =
      false;  ///< belongs to the total: what is counted, or the platform and GPUs where that is all there is
  bool replaced = false;                      ///< by what stands in for it
  bool stands_by = false;                     ///< for a meter that works, so that it is not needed
  std::optional<std::size_t> mirror_of{};     ///< index of the meter that shows the same register
  std::optional<std::size_t> duplicate_of{};  ///< index of the meter of the first control type
};

/// True for a meter of the whole platform: psys, or what feeds a board.
[[nodiscard]] inline bool is_platform(const MeterInfo& info) noexcept {
  return info.domain == Domain::psys || (info.device == Device::board && info.domain != Domain::rail);
}

namespace detail {

/// The total is that of what is counted. Where nothing shows the CPU, it is that of the platform, and of the GPUs.
inline void decide_total(std::span<const MeterInfo> meters, std::vector<ZoneRole>& roles) {
  bool has_cpu = false;
  bool has_platform = false;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const MeterInfo& m = meters[i];
    const bool copy = roles[i].mirror_of.has_value() || roles[i].duplicate_of.has_value();
    const bool model = m.domain == Domain::model && m.device == Device::cpu && !roles[i].stands_by;
    has_cpu = has_cpu || model || (m.domain == Domain::package && !copy) || is_module(m);
    has_platform = has_platform || is_platform(m);
  }
  const bool platform_only = has_platform && !has_cpu;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    roles[i].in_total = platform_only ? is_platform(meters[i]) || (roles[i].counted && meters[i].domain == Domain::gpu)
                                      : roles[i].counted;
  }
}

/// Lets stand-ins be counted in place of what failed, with the shares of both.
template <class Failed>
void place_stand_ins(std::span<const MeterInfo> meters, std::vector<ZoneRole>& roles, Failed failed) {
  std::vector<std::size_t> replaced;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const auto& ids = meters[i].stands_in_for;
    if (ids.empty()) continue;
    replaced.clear();
    bool all_failed = true;
    for (std::size_t p = 0; p < meters.size(); ++p) {
      if (std::find(ids.begin(), ids.end(), meters[p].id) == ids.end()) continue;
      if (roles[p].mirror_of || roles[p].duplicate_of) continue;
      all_failed = all_failed && failed(p);
      replaced.push_back(p);
    }
    roles[i].stands_by = replaced.empty() || !all_failed;
    if (roles[i].stands_by) {
      roles[i].counted = false;
      continue;
    }
    const auto replace = [&](std::size_t p) {
      roles[p].counted = false;
      roles[p].replaced = true;
    };
    for (const std::size_t p : replaced) {
      replace(p);
      for (std::size_t share = 0; share < meters.size(); ++share) {
        if (meters[share].parent == meters[p].id && is_share(meters[share])) replace(share);
      }
    }
  }
}

}  // namespace detail

/// Decides for each meter whether it is counted. `mirrored(i, j)` tells whether the dies i < j are mirrors, `failed(i)`
/// whether a meter gave nothing that could be used, so that its stand-in is counted instead of it.
template <class Mirrored, class Failed>
[[nodiscard]] std::vector<ZoneRole> zone_roles(std::span<const MeterInfo> meters, Mirrored mirrored, Failed failed) {
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
    for (std::size_t j = 0; j < i && !roles[i].mirror_of && !roles[i].duplicate_of; ++j) {
      if (are_dies(meters[j], m) && !roles[j].mirror_of && mirrored(j, i)) roles[i].mirror_of = j;
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
  detail::place_stand_ins(meters, roles, failed);
  detail::decide_total(meters, roles);
  return roles;
}

/// The same where no meter has failed.
template <class Mirrored>
[[nodiscard]] std::vector<ZoneRole> zone_roles(std::span<const MeterInfo> meters, Mirrored mirrored) {
  return zone_roles(meters, mirrored, [](std::size_t) { return false; });
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

/// Adds up the energies of meters by their roles; `windows[i]` belongs to `meters[i]`.
[[nodiscard]] inline Totals add_up(std::span<const MeterInfo> meters, std::span<const WindowEnergy> windows,
                                   std::span<const ZoneRole> roles) {
  Totals totals;
  std::size_t packages = 0;
  std::size_t modules = 0;
  bool platform_only = false;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const MeterInfo& m = meters[i];
    if (m.domain == Domain::package && !roles[i].mirror_of && !roles[i].duplicate_of) ++packages;
    if (is_module(m)) ++modules;
    if (is_platform(m)) {
      totals.platform.add(windows[i]);
      platform_only = platform_only || roles[i].in_total;
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
                             "GPUs show the power of their modules, which hold the CPU; "
                             "the CPUs of other modules are left out, because which they are is unknown"});
  }
  if (platform_only) {
    totals.issues.push_back(
        {"platform_only", "total", "there is no package counter; the total is that of the whole platform"});
  }
  return totals;
}

/// One counter and its whole trace.
struct CounterTrace {
  MeterInfo meter;                     ///< what it is
  std::vector<CounterSample> samples;  ///< in the order of time
};

/// What the counters of a machine add up to.
struct ZoneResult {
  std::vector<Record> records;  ///< one per trace, in order
  std::vector<ZoneRole> roles;  ///< one per trace, in order
  Totals totals;                ///< of what counts
};

/// Runs the counter engine over every trace, finds copies and mirrors, and adds up; a window of none is each trace's
/// own. Records of copies and mirrors carry the issue `duplicate` or `mirrored`.
[[nodiscard]] inline ZoneResult integrate_zones(std::span<const CounterTrace> traces,
                                                std::optional<TimeWindow> window = std::nullopt) {
  ZoneResult result;
  std::vector<MeterInfo> meters;
  std::vector<WindowEnergy> windows;
  for (const CounterTrace& t : traces) {
    const Trace trace = integrate_counter(t.meter, t.samples);
    result.records.push_back(trace.record(window));
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
        test.push(a.time, *a.count, *other.count, MonotonicTime::zero(), meters[i]);
      }
    }
    return test.verdict() == MirrorTest::Verdict::mirrored;
  };
  result.roles = zone_roles(meters, mirrored);
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    add_role_issues(result.records[i], result.roles[i], meters);
  }
  result.totals = add_up(meters, windows, result.roles);
  return result;
}

}  // namespace co2lib::meter
