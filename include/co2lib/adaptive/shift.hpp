// SPDX-License-Identifier: MIT
// When to run a job whose time is free: offline, over intensities that are known or forecast.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/adaptive/slots.hpp>
#include <co2lib/clock.hpp>
#include <co2lib/names.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// Whether a job may be interrupted.
enum class ShiftMode : std::uint8_t {
  contiguous,     ///< in one piece
  interruptible,  ///< in as many pieces as there are slots
};
/// Texts of `ShiftMode`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(ShiftMode) noexcept { return texts("contiguous", "interruptible"); }

/// A job whose time is free, and the window it may run in.
struct ShiftOptions {
  Power power = Power::from_kilowatts(1);                     ///< of the job while it runs, >= 0
  std::chrono::nanoseconds duration = std::chrono::hours(1);  ///< of work, > 0
  ShiftMode mode = ShiftMode::contiguous;                     ///< whether it may be interrupted
  std::optional<UtcTime> earliest{};                          ///< default: the start of the slots
  std::optional<UtcTime> deadline{};  ///< by which it must have ended; default: the end of the slots
  /// Power by slot of the job, instead of `power` and `duration`: whole slots, contiguous only.
  std::vector<Power> profile{};
};

/// A stretch of time in which the job runs, from the beginning of the window.
struct Stretch {
  std::chrono::nanoseconds begin{};  ///< from the beginning of the window
  std::chrono::nanoseconds end{};    ///< from the beginning of the window; not part of it

  bool operator==(const Stretch&) const = default;
};

/// When a job runs, and what that saves.
struct Shift {
  CarbonMass carbon{};                  ///< of the job in these slots
  std::chrono::nanoseconds start{};     ///< after the beginning of the window
  std::optional<UtcTime> start_time{};  ///< where the slots have a time
  std::optional<UtcTime> end_time{};    ///< when its last stretch ends; none without times
  std::vector<Stretch> runs{};          ///< one for a contiguous job; neighbours are joined
  std::vector<std::size_t> slots{};     ///< in which it runs, ascending
  CarbonMass start_now{};               ///< from the earliest start without pause
  CarbonMass saved{};                   ///< start_now - carbon
  bool forecast = false;                ///< from a forecast
  /// Carbon of this choice under the ends of the forecast's 90 % intervals.
  std::optional<Interval<CarbonMass>> interval{};
  std::optional<Interval<CarbonMass>> start_now_interval{};  ///< the same for starting now
};

/// The least carbon of a job inside the window [earliest, deadline); ties to the earliest.
///
/// Contiguous: O(T), by prefix sums; intensity is constant in a slot, so the optimum begins or ends on the edge of one.
/// Interruptible: the cheapest slots, exactly as long as the job, the last one in part. Throws `adaptive.bad_input` for
/// a duration that is not above 0, a negative power, times outside the slots; `adaptive.infeasible` with `max_work`
/// (h).
[[nodiscard]] Shift shift(const Slots& slots, const ShiftOptions& options = {});

/// A level at which an elastic job can run.
struct Level {
  Power power{};                ///< while it runs at this level, >= 0
  double throughput_per_h = 0;  ///< work per hour
};

/// At which level an elastic job runs, slot by slot.
struct Elastic {
  CarbonMass carbon{};                     ///< of all the work
  std::vector<std::size_t> hull_levels{};  ///< 0 is paused, then positions in `levels` from 1
  /// By slot: the level, and the share of the slot one hull level further up.
  struct Use {
    std::size_t level = 0;  ///< position in `hull_levels`
    std::size_t upper = 0;  ///< position in `hull_levels`; `level` where the whole slot is at it
    double share = 0;       ///< of the slot at `upper`, in [0, 1]
  };
  std::vector<Use> uses{};  ///< by slot
};

/// The least carbon of `work` done at levels of power and throughput that may change with each slot; paused is implied.
///
/// The plan's dual with (power, throughput) for (energy, accuracy); equals the greedy of CarbonScaler (Hanafy et al.,
/// SIGMETRICS 2024) where throughput per power falls. Throws `adaptive.bad_input`, `adaptive.infeasible` with
/// `max_work`.
[[nodiscard]] Elastic elastic(const Slots& slots, const std::vector<Level>& levels, double work);

/// Whether to suspend a job that runs.
struct Suspend {
  Power power{};            ///< of the job
  Seconds left{};           ///< of work
  CarbonIntensity run{};    ///< while it would go on now
  CarbonIntensity later{};  ///< while it would run after the pause
  CarbonIntensity pause{};  ///< during the pause
  Energy checkpoint{};      ///< to save it, now
  Energy restore{};         ///< to go on, later
  Power idle{};             ///< during the pause
  Seconds paused{};         ///< length of the pause
};
/// What suspending a job costs.
struct SuspendTest {
  CarbonMass run_now{};      ///< carbon of going on now
  CarbonMass after_pause{};  ///< carbon of pausing and going on later, checkpoint, restore and idle power included
  bool pause = false;        ///< pausing emits less
};

/// pause iff P h c_run > P h c_later + E_checkpoint c_run + E_restore c_later + P_idle h_pause c_pause. Throws
/// `adaptive.bad_input` for a negative number or no work left.
[[nodiscard]] inline SuspendTest suspend(const Suspend& s) {
  detail::positive(s.left.count(), "hours");
  detail::not_negative(s.power.watts(), "power_kw");
  detail::not_negative(s.idle.watts(), "idle_kw");
  detail::not_negative(s.paused.count(), "pause_h");
  detail::not_negative(s.checkpoint.joules(), "checkpoint_kwh");
  detail::not_negative(s.restore.joules(), "restore_kwh");
  detail::not_negative(s.run.g_per_kwh(), "c_run");
  detail::not_negative(s.later.g_per_kwh(), "c_later");
  detail::not_negative(s.pause.g_per_kwh(), "c_pause");
  SuspendTest test;
  test.run_now = s.power * s.left * s.run;
  test.after_pause =
      s.power * s.left * s.later + s.checkpoint * s.run + s.restore * s.later + s.idle * s.paused * s.pause;
  test.pause = detail::below(test.after_pause.grams(), test.run_now.grams());
  return test;
}

namespace detail {

/// Of `values` the `count` smallest, ties to the earliest; ascending positions.
[[nodiscard]] std::vector<std::size_t> cheapest(std::span<const double> values, std::size_t count);

/// The start of the `count` neighbours with the least sum; ties (within 1e-12) to the earliest.
[[nodiscard]] std::size_t cheapest_window(std::span<const double> values, std::size_t count);

}  // namespace detail

}  // namespace co2lib::adaptive
