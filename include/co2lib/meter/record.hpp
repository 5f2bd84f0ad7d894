// SPDX-License-Identifier: MIT
// The result record of one meter over one window, and the defaults for what a meter does not say of itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::meter {

/// How an energy was obtained.
enum class Method {
  counter,   ///< differences of a cumulative counter
  integral,  ///< power integrated over time
  model,     ///< computed from utilisation or size
};
/// Texts of `Method`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Method) noexcept { return texts("counter", "integral", "model"); }

/// What happened to the samples of a meter; counts are those of the whole trace.
struct Events {
  std::int64_t wraps = 0;             ///< steps in which the counter started again at its range
  std::int64_t resets = 0;            ///< falls of a counter that are no wrap; the steps across them are gaps
  std::int64_t missed_reads = 0;      ///< reads that failed
  std::int64_t glitches = 0;          ///< readings that were dropped because the next ones showed them to be wrong
  std::int64_t late_ticks = 0;        ///< reads that came too late for the period asked for
  bool out_of_order = false;          ///< there were readings whose time did not advance; they were left out
  bool reset_unconfirmed = false;     ///< the counter fell at its last reading, so that nothing tells wrap from reset
  bool implausible_rate = false;      ///< the counter rose faster than the ceiling `p_max_w` allows
  bool wrap_ambiguous = false;        ///< a step was long enough for further wraps; the smallest number is counted
  bool wrap_modulus_unknown = false;  ///< the counter fell, and its range could not be read; a gap
  bool frozen = false;                ///< it stood still for longer than it can while it works

  bool operator==(const Events&) const = default;
};

/// Energy of one meter in one window, in J and s; what `Record` and regions are made of.
struct WindowEnergy {
  std::optional<double> energy_j;     ///< measured + estimated; none where nothing was covered
  double measured_j = 0;              ///< accepted steps only
  std::optional<double> estimated_j;  ///< fill for uncovered time; none where nothing was covered
  double low_j = 0;                   ///< hard bounds
  double high_j = 0;                  ///< hard bounds
  double interval_low_j = 0;          ///< bounds widened by sensor or model error
  double interval_high_j = 0;         ///< upper end of it
  double covered_s = 0;               ///< time of accepted steps in the window
  double duration_s = 0;              ///< of the window
  std::int64_t samples = 0;           ///< accepted power samples; 0 for counters

  /// Covered time over the time of the window; none for a window of length zero.
  [[nodiscard]] std::optional<double> coverage() const {
    return duration_s > 0 ? std::optional(std::min(1.0, covered_s / duration_s)) : std::nullopt;
  }
};

/// The result of one meter over one window.
struct Record {
  MeterInfo meter;                  ///< what it is
  Method method = Method::counter;  ///< how the energy was obtained
  WindowEnergy window;              ///< the numbers
  Events events;                    ///< what happened to its samples, of the whole trace
  std::vector<Issue> issues;        ///< subject: the meter's id

  /// Mean power: energy over duration, never a mean of powers.
  [[nodiscard]] std::optional<Power> mean_power() const {
    if (!window.energy_j || window.duration_s <= 0) return std::nullopt;
    return Power::from_watts(*window.energy_j / window.duration_s);
  }

  /// The energy with its bounds and interval (95 %).
  [[nodiscard]] Estimate<Energy> energy() const {
    Estimate<Energy> e;
    if (window.energy_j) e.value = Energy::from_joules(*window.energy_j);
    e.bounds = Interval<Energy>{Energy::from_joules(window.low_j), Energy::from_joules(window.high_j), 1.0};
    e.interval =
        Interval<Energy>{Energy::from_joules(window.interval_low_j), Energy::from_joules(window.interval_high_j), 0.95};
    e.issues = issues;
    return e;
  }
};

/// The ceiling of a meter's power in W: its own, else the default of its domain (ours, above what devices of the class
/// are sold with in 2026: package, core and uncore 1000, dram and rail 500, GPUs 15000 for boards of eight, platforms
/// 20000, others 1500).
[[nodiscard]] inline double p_max_w(const MeterInfo& info) noexcept {
  if (info.p_max_w) return *info.p_max_w;
  if (info.device == Device::board || info.device == Device::platform) return info.domain == Domain::rail ? 500 : 20000;
  switch (info.domain) {
    case Domain::package:
    case Domain::core:
    case Domain::uncore:
      return 1000;
    case Domain::dram:
    case Domain::rail:
      return 500;
    case Domain::psys:
      return 20000;
    case Domain::gpu:
      return 15000;
    default:
      return 1500;
  }
}

/// The time in s by which a counter's value can lag: its own slack, else its update period, else 0.2 for GPUs and 0.005
/// for others (ours, unverified).
[[nodiscard]] inline double slack_s(const MeterInfo& info) noexcept {
  if (info.slack_s) return *info.slack_s;
  if (info.update_period_s) return *info.update_period_s;
  return info.device == Device::gpu ? 0.2 : 0.005;
}

/// The relative half width of a meter at 95 %: what it says of itself, else 0.
[[nodiscard]] inline double accuracy(const MeterInfo& info) noexcept { return info.accuracy.value_or(0); }

/// The shortest window in s in which a counter shows enough of its steps: its own, else 0.2 for GPUs (ours,
/// unverified).
[[nodiscard]] inline double least_window_s(const MeterInfo& info) noexcept {
  if (info.least_window_s) return *info.least_window_s;
  return info.device == Device::gpu ? 0.2 : 0;
}

/// `model` for what is computed, else by the kind of samples.
[[nodiscard]] inline Method method_of(const MeterInfo& info) noexcept {
  if (info.modelled) return Method::model;
  return info.kind == Kind::counter ? Method::counter : Method::integral;
}

/// Builds the record of a meter from the energy of a window and the events of the trace.
[[nodiscard]] inline Record make_record(const MeterInfo& info, const WindowEnergy& window, const Events& events) {
  Record r{.meter = info, .method = method_of(info), .window = window, .events = events, .issues = {}};
  const auto flag = [&](bool set, const char* code, const char* text) {
    if (set) r.issues.push_back({code, info.id, text});
  };
  flag(events.missed_reads > 0, "missed_reads", "reads failed; the next good difference spans the hole");
  // A counter that does not work has no energy with a hole in it, but none.
  const bool unusable = events.frozen && !window.energy_j;
  flag(window.duration_s > 0 && window.covered_s < window.duration_s && !unusable, "gap",
       "part of the window is not covered by readings and is estimated within bounds");
  flag(events.resets > 0, "reset", "the counter restarted; the step across it is a gap");
  flag(events.reset_unconfirmed, "reset_unconfirmed", "the counter fell at its last reading");
  flag(events.glitches > 0, "glitch", "implausible readings were dropped; where they are true, give p_max_w");
  flag(events.implausible_rate, "implausible_rate", "the counter rose faster than the ceiling allows; see p_max_w");
  flag(events.frozen, "frozen",
       "it stood still for longer than a device in use can, or for the whole of a short run: "
       "that time has no value. Where the device may show the same for long, "
       "give its update_period_s");
  flag(events.wrap_ambiguous, "wrap_ambiguous",
       "the counter may have wrapped more often between two reads; "
       "the smallest number of wraps is reported");
  flag(events.wrap_modulus_unknown, "wrap_modulus_unknown",
       "the counter fell and its range is unreadable; make max_energy_range_uj readable");
  for (const std::string& code : info.flags) {
    r.issues.push_back(
        {code, info.id,
         code == "wrap_modulus_inferred"       ? "the counter's range was computed from a known unit"
         : code == "energy_filtering_possible" ? "the CPU may add noise to its counters (SGX)"
         : code == "module_scope"              ? "the power of the module: its CPU and memory are in it"
         : code == "mig"                       ? "the energy of the whole board, not of a MIG instance"
         : code == "gpu_unmeasured" ? "this GPU gives neither energy nor power: what it uses is unknown, and left out"
         : code == "invalid_entry"
             ? "CUDA_VISIBLE_DEVICES has an entry that is not exactly one device; the list ends there"
         : code == "cuda_order_assumed" || code == "cuda_order_ambiguous"
             ? "CUDA may number the GPUs otherwise; name them by UUID or set CUDA_DEVICE_ORDER=PCI_BUS_ID"
             : ""});
  }
  flag(events.out_of_order, "out_of_order", "readings whose time did not advance were left out");
  flag(events.late_ticks > 0, "late_ticks", "the sampler woke too late; energies are unaffected for counters");
  flag(r.method == Method::integral && window.samples < 20, "short_window",
       "fewer than 20 power samples in the window; measure longer");
  return r;
}

}  // namespace co2lib::meter
