// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/meter/attribution.hpp>
#include <co2lib/meter/container.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/meter/share.hpp>

#include "cgroup.hpp"
#include "cpu_time.hpp"
#include "process_tree.hpp"

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

/// Seconds of CPU time, and memory in bytes, since they were counted first.
struct Usage {
  double busy_s = 0;    ///< of all processes
  double own_s = 0;     ///< of the scope
  double unseen_s = 0;  ///< that may be of the scope besides
  // Nothing where it could not be read: then memory is not divided.
  std::optional<double> memory{};   ///< of the machine; there if `used` is
  std::optional<double> used{};     ///< by all
  std::optional<double> own_mem{};  ///< by the scope
};

/// Reads what the scope and the whole machine use. One per set of shares; read once per sweep.
class UsageReader {
 public:
  explicit UsageReader(const ShareOptions& options)
      : host_(options.host), scope_(options.scope), pid_(options.pid.value_or(::getpid())) {
    if (scope_ == Scope::container) {
      group_ = find_cgroup_usage(host_);
    } else {
      tree_.emplace(host_, pid_);
    }
  }

  /// Whose use it is: the pid, or the path of the group.
  [[nodiscard]] std::string target() const {
    if (scope_ == Scope::process) return std::to_string(pid_);
    return group_ ? group_->path : "";
  }

  /// As of `now`; asked again with the same time it answers the same.
  Result<Usage> read(MonotonicTime now) {
    if (!last_ || *last_ != now) {
      value_ = fresh(now);
      last_ = now;
    }
    return value_;
  }

  /// What is wrong with the memory, if anything is.
  [[nodiscard]] std::optional<std::string> missing_memory(const Usage& usage) const {
    if (!usage.used) return (host_.procfs / "meminfo").string() + ": MemTotal and MemAvailable cannot be read";
    if (usage.own_mem) return std::nullopt;
    if (scope_ == Scope::container) return group_->memory.string() + ": holds no number that can be read";
    return (host_.procfs / std::to_string(pid_)).string() + ": Pss of smaps_rollup and VmRSS of status cannot be read";
  }

  [[nodiscard]] std::string subject() const {
    if (scope_ == Scope::container) return group_ ? group_->cpu.string() : "cgroup";
    return (host_.procfs / std::to_string(pid_) / "stat").string();
  }

 private:
  Result<Usage> fresh(MonotonicTime now) {
    Usage usage;
    const auto stat = read_text(host_.procfs / "stat");
    if (!stat) return stat.issue();
    const auto ticks = parse_cpu_ticks(*stat);
    if (!ticks) return Issue{"parse", (host_.procfs / "stat").string(), "has no line 'cpu' with the times of all CPUs"};
    usage.busy_s = static_cast<double>(ticks->busy) / ticks_per_second();
    if (const auto memory = read_text(host_.procfs / "meminfo")) {
      const auto total = number(*memory, "MemTotal:");
      const auto available = number(*memory, "MemAvailable:");
      if (total) usage.memory = *total * 1024;
      if (total && available) usage.used = std::max(0.0, *total - *available) * 1024;
    }
    if (scope_ == Scope::container) return of_group(usage);
    const auto use = tree_->read(now, usage.busy_s);
    if (!use) return use.issue();
    usage.own_s = use->cpu_s;
    usage.unseen_s = use->unseen_s;
    usage.own_mem = tree_->memory();
    return usage;
  }

  Result<Usage> of_group(Usage usage) {
    if (!group_) return Issue{"absent", "cgroup", "this process is in no control group that counts CPU time"};
    const auto cpu = read_text(group_->cpu);
    if (!cpu) return cpu.issue();
    const auto used = number(*cpu, group_->version == 2 ? "usage_usec" : "");
    if (!used) return Issue{"parse", group_->cpu.string(), "holds no CPU time"};
    usage.own_s = *used * (group_->version == 2 ? 1e-6 : 1e-9);
    if (const auto memory = read_text(group_->memory)) usage.own_mem = number(*memory, "");
    return usage;
  }

  Host host_;
  Scope scope_;
  std::int64_t pid_;
  std::optional<MonotonicTime> last_;
  Result<Usage> value_ = Issue{"absent", "cpu", "not read yet"};
  std::optional<ProcessTree> tree_;
  std::optional<CgroupUsage> group_;
};

/// Energy with the interval of the meter that measured it, summed since the start.
struct Measured {
  double joules = 0;
  double low = 0;
  double high = 0;
  /// What may have been used besides, unseen by the meter: in gaps, by wraps that may have been missed, above the
  /// ceiling. Nothing tells whose it is, so that all of it is in the upper bound of each part.
  double unseen = 0;
  double covered_s = 0;  ///< time in which it measured
};

/// The division of one machine meter, shared by that meter and its three shares. The lock is for readers that were
/// left behind while a sensor blocked.
class Division {
 public:
  Division(MeterInfo machine, std::shared_ptr<UsageReader> usage, double cpus, std::optional<double> idle_w)
      : machine_(std::move(machine)),
        counter_(machine_),
        power_(machine_),
        usage_(std::move(usage)),
        cpus_(cpus),
        idle_w_(idle_w) {}

  [[nodiscard]] bool memory() const { return machine_.device == Device::dram || machine_.device == Device::ram; }

  /// The machine's meter was read.
  void take(MonotonicTime now, const Reading& reading) {
    const std::lock_guard lock(mutex_);
    if (const auto* failed = std::get_if<Failed>(&reading)) {
      failed_ = *failed;
      return;
    }
    failed_.reset();
    taken_ = now;
    const auto add = [&](const Segment& s) {
      measured_.unseen += s.over_j + machine_.unit.joules(static_cast<double>(s.ambiguous));
      if (s.shape == Segment::Shape::gap) {  // its energy is estimated for the whole run (src/tracker/evaluation.cpp)
        measured_.unseen += std::max(s.joules, p_max_w(machine_) * s.seconds());
        return;
      }
      const double joules =
          s.shape == Segment::Shape::counter ? machine_.unit.joules(static_cast<double>(s.counts)) : s.joules;
      const bool own_interval = s.shape == Segment::Shape::mean || s.shape == Segment::Shape::line;
      const double a = accuracy(machine_);
      measured_.joules += joules;
      measured_.covered_s += s.seconds();
      measured_.low += (own_interval ? s.low_j : joules) * (1 - a);
      measured_.high += (own_interval ? s.high_j : joules) * (1 + a);
    };
    if (const auto* count = std::get_if<Count>(&reading)) {
      counter_.push({now, count->value}, add);
    } else {
      power_.push({now, std::get<Watts>(reading)}, add);
    }
  }

  /// Part 0, 1 or 2: the scope, others, idle; the mean power since the previous good answer.
  Reading part(std::size_t which, MonotonicTime now) {
    const std::lock_guard lock(mutex_);
    if (failed_) return *failed_;
    if (const auto reached = machine_.kind == Kind::counter ? counter_.reached() : power_.reached();
        !reached || *reached < taken_) {
      // The CPU time of now belongs to energy that is not known yet: the next good reading spans both.
      return Failed{Failure::io, "the last reading of " + machine_.id +
                                     " is in doubt (it fell or leapt); the next one tells what it was"};
    }
    if (!answered_ || *answered_ != now) {
      const auto usage = usage_->read(now);
      if (!usage)
        return Failed{usage.issue().code == "no_permission" ? Failure::no_permission : Failure::io,
                      to_string(usage.issue())};
      if (memory()) {
        if (const auto missing = usage_->missing_memory(*usage)) return Failed{Failure::io, *missing};
      }
      divide(now, *usage);
    }
    return answer_[which];
  }

 private:
  void divide(MonotonicTime now, const Usage& usage) {
    const bool first = !answered_;
    const double seconds = first ? 0 : Seconds(now - *answered_).count();
    if (!first) {
      left_busy_s_ += std::max(0.0, usage.busy_s - before_.busy_s);
      left_own_s_ += std::max(0.0, usage.own_s - before_.own_s);
      left_unseen_s_ += std::max(0.0, usage.unseen_s - before_.unseen_s);
    } else {
      done_ = measured_;
    }
    answered_ = now;
    before_ = usage;
    if (seconds <= 0) {
      answer_.fill(Watts{.value = 0, .mean_since_previous = true});
      return;
    }
    // A counter lags, CPU time comes in ticks: energy above the ceiling is carried to the next interval.
    const double whole = std::min(measured_.joules - done_.joules, p_max_w(machine_) * seconds);
    const double ratio = measured_.joules > done_.joules ? whole / (measured_.joules - done_.joules) : 1;
    const double low = (measured_.low - done_.low) * ratio;
    const double high = (measured_.high - done_.high) * ratio;
    const double unseen = measured_.unseen - done_.unseen;
    const double covered = std::min(1.0, (measured_.covered_s - done_.covered_s) / seconds);
    done_ = {done_.joules + whole, done_.low + low, done_.high + high, measured_.unseen, measured_.covered_s};

    AttributionInput in{.energy = Energy::from_joules(std::max(0.0, whole)), .duration = Seconds(seconds)};
    double tick_s = 0;
    double own_most_s = 0;  // of CPU time
    if (memory()) {
      in.cpus = 1;
      const double own = *usage.own_mem;
      const double used = std::max(*usage.used, own);
      const double machine = std::max({*usage.memory, used, 1.0});
      in.busy = Seconds(seconds * used / machine);
      in.targets.push_back({"own", Seconds(seconds * own / machine)});
    } else {
      in.cpus = cpus_;
      tick_s = 1 / ticks_per_second();
      const double capacity = cpus_ * seconds;
      const double own = std::min(left_own_s_, capacity);
      const double busy = std::clamp(left_busy_s_, own, capacity);  // the two are not read at one instant
      left_own_s_ -= own;
      left_busy_s_ = std::max(0.0, left_busy_s_ - busy);
      // What is carried may never be used up, so it may belong to this interval as well.
      own_most_s = std::min(busy, own + left_own_s_ + left_unseen_s_);
      left_unseen_s_ = std::max(0.0, left_unseen_s_ - (own_most_s - own));
      in.busy = Seconds(busy);
      in.targets.push_back({"own", Seconds(own)});
      if (idle_w_)
        in.idle_power = Power::from_watts(*idle_w_ * covered);  // of a gap there is no energy to take it from
    }
    const Attribution parts = attribute(in);
    const EnergyShare& own = parts.targets.front();
    const double tick_j = in.cpus > 0 ? whole * std::min(1.0, tick_s / (in.cpus * seconds)) : 0;
    const double widen_low = whole > 0 ? low / whole : 1;
    const double widen_high = whole > 0 ? high / whole : 1;
    const auto watts = [&](double joules, double from, double to) {
      return Watts{
          .value = joules / seconds,
          .low = std::clamp(from - tick_j, 0.0, joules) * std::min(1.0, widen_low) / seconds,
          .high =
              (std::clamp(to + tick_j, joules, std::max(joules, whole)) * std::max(1.0, widen_high) + unseen) / seconds,
          .mean_since_previous = true};
    };
    // The bounds of the share move against those of the remainder.
    const double used_most_j = in.busy.count() > 0 ? whole * std::min(1.0, own_most_s / in.busy.count()) : 0;
    const double high_j = std::max(own.bounds.high.joules(), used_most_j);
    const double used_j = in.busy.count() > 0 ? whole : 0;
    answer_[0] = watts(own.energy.joules(), own.bounds.low.joules(), high_j);
    answer_[1] =
        watts(parts.other.joules(), std::min(parts.other.joules(), used_j - high_j), used_j - own.bounds.high.joules());
    answer_[2] = watts(parts.idle.joules(), 0, parts.idle.joules());
  }

  std::mutex mutex_;
  MeterInfo machine_;
  CounterEngine counter_;
  PowerEngine power_;
  std::shared_ptr<UsageReader> usage_;
  double cpus_;
  std::optional<double> idle_w_;
  Measured measured_;
  Measured done_;          ///< divided already
  MonotonicTime taken_{};  ///< the last reading of the machine's meter
  std::optional<Failed> failed_ = Failed{Failure::absent, "the machine's meter was not read yet"};
  std::optional<MonotonicTime> answered_;
  Usage before_;
  double left_busy_s_ = 0;
  double left_own_s_ = 0;
  double left_unseen_s_ = 0;
  std::array<Watts, 3> answer_{};
};

/// Forwards the machine's meter and reports each reading to the division.
class ForwardingMeter final : public Meter {
 public:
  ForwardingMeter(std::shared_ptr<Meter> meter, std::shared_ptr<Division> division)
      : meter_(std::move(meter)), division_(std::move(division)) {}
  [[nodiscard]] MeterInfo info() const override { return meter_->info(); }
  Reading sample(MonotonicTime now) override {
    Reading reading = meter_->sample(now);
    division_->take(now, reading);
    return reading;
  }

 private:
  std::shared_ptr<Meter> meter_;
  std::shared_ptr<Division> division_;
};

class ShareMeter final : public Meter {
 public:
  ShareMeter(MeterInfo info, std::size_t which, std::shared_ptr<Division> division)
      : info_(std::move(info)), which_(which), division_(std::move(division)) {}
  [[nodiscard]] MeterInfo info() const override { return info_; }
  Reading sample(MonotonicTime now) override { return division_->part(which_, now); }

 private:
  MeterInfo info_;
  std::size_t which_;
  std::shared_ptr<Division> division_;
};

bool divisible(const MeterInfo& info, Scope scope) {
  if (info.scope != "machine") return false;
  const bool cpu = info.domain == Domain::package || (info.domain == Domain::model && info.device == Device::cpu);
  const bool memory = info.domain == Domain::dram || (info.device == Device::ram && scope == Scope::process);
  return cpu || memory;
}

}  // namespace

std::vector<std::shared_ptr<Meter>> share_meters(std::span<const std::shared_ptr<Meter>> meters,
                                                 const ShareOptions& options) {
  if (options.idle_w && !(*options.idle_w >= 0 && std::isfinite(*options.idle_w))) {
    throw Error("meter.bad_option", fmt::format("idle_w must be a power of at least 0 W, not {}", *options.idle_w));
  }
  std::vector<std::shared_ptr<Meter>> result(meters.begin(), meters.end());
  if (options.scope == Scope::machine) return result;
  result.clear();
  const auto usage = std::make_shared<UsageReader>(options);
  const std::string scope(text(options.scope));
  if (const auto first = usage->read(MonotonicTime{}); !first) {
    throw Error("meter.bad_option",
                fmt::format("scope '{}' cannot be measured here: {}. Make it readable, or use scope 'machine'", scope,
                            to_string(first.issue())),
                {{"subject", first.issue().subject}});
  }
  const Machine machine = read_machine(options.host);
  const double cpus = std::max(1, machine.logical_cpus.value_or(1));
  double packages = 0;
  for (const auto& meter : meters) {
    const MeterInfo info = meter->info();
    const bool counted = info.stands_in_for.empty() && info.device == Device::cpu;
    if (counted && divisible(info, options.scope)) ++packages;
  }
  const std::string target = usage->target();
  for (const auto& meter : meters) {
    const MeterInfo info = meter->info();
    if (!divisible(info, options.scope)) {
      result.push_back(meter);
      continue;
    }
    std::optional<double> idle_w;
    if (options.idle_w && info.device == Device::cpu)
      idle_w = *options.idle_w / std::max(1.0, info.stands_in_for.empty() ? packages : 1.0);
    auto division = std::make_shared<Division>(info, usage, cpus, idle_w);
    result.push_back(std::make_shared<ForwardingMeter>(meter, division));
    const std::array<std::pair<std::string, std::string>, 3> parts{
        {{scope, "this " + scope}, {"other", "other programs"}, {"idle", "idle"}}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string by = division->memory() ? "resident memory" : "CPU time";
      MeterInfo share{.id = fmt::format("{}#{}({})", info.id, parts[i].first, target),
                      .parent = info.id,
                      .control = {},
                      .name = fmt::format("{}: {}", info.name.empty() ? info.id : info.name, parts[i].second),
                      .device = info.device,
                      .domain = info.domain,
                      .provider = "model.share",
                      .kind = Kind::power,
                      .update_period_s = info.update_period_s,
                      // The division itself stays below the ceiling, but for rounding.
                      .p_max_w = p_max_w(info) * (1 + 1e-9),
                      .modelled = true,
                      .quick = true,
                      .scope = parts[i].first,
                      .flags = {},
                      .stands_in_for = info.stands_in_for,
                      .provenance = fmt::format("divided by {} of {} {}", by, scope, target)};
      result.push_back(std::make_shared<ShareMeter>(std::move(share), i, division));
    }
  }
  return result;
}

}  // namespace co2lib::meter
