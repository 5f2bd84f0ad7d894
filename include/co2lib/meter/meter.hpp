// SPDX-License-Identifier: MIT
// What a meter is: the contract between sensors, models, users' meters, replays and the engines.
//
// A meter yields raw counter values or watts. It never unwraps and never integrates: only `counter` and `power` do.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/names.hpp>
#include <co2lib/units.hpp>

namespace co2lib::meter {

using co2lib::text;

/// What is metered.
enum class Device {
  cpu,       ///< processors
  dram,      ///< memory, by a sensor
  gpu,       ///< graphics processors
  platform,  ///< a whole machine
  board,     ///< a single-board computer
  ram,       ///< memory, by a model
  npu,       ///< neural processors
};
/// Texts of `Device`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Device) noexcept {
  return texts("cpu", "dram", "gpu", "platform", "board", "ram", "npu");
}

/// Which part of it; decides what is added to what (zones.hpp).
enum class Domain {
  package,  ///< a processor with all that is on it
  core,     ///< the cores of a package
  uncore,   ///< the graphics of a package
  dram,     ///< memory
  psys,     ///< the whole platform, processors included
  gpu,      ///< a graphics processor or its module
  rail,     ///< a power rail of a board
  model,    ///< computed, not measured
  other,    ///< none of these; never added
};
/// Texts of `Domain`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Domain) noexcept {
  return texts("package", "core", "uncore", "dram", "psys", "gpu", "rail", "model", "other");
}

/// How the samples become energy.
enum class Kind {
  counter,  ///< a cumulative counter: differences of integers
  power,    ///< watts: integrated over time
};
/// Texts of `Kind`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Kind) noexcept { return texts("counter", "power"); }

/// Why a read failed.
enum class Failure {
  no_permission,  ///< it may not be read
  absent,         ///< there is no value, or not yet
  io,             ///< the system reported an error
  lost,           ///< the device was there and is gone
  parse,          ///< what was read is not a number in range
  blocked,        ///< it has not answered in time
};
/// Texts of `Failure`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Failure) noexcept {
  return texts("no_permission", "absent", "io", "lost", "parse", "blocked");
}

/// The range of a counter.
///
/// `unknown`: the counter may wrap, at a value that could not be read; `none`: 64 bits, it never wraps; otherwise the
/// largest difference the counter can show before it starts again (the modulus), in counter units.
class WrapRange {
 public:
  /// It may wrap, nobody knows where.
  static constexpr WrapRange unknown() noexcept { return WrapRange(State::unknown, 0); }
  static constexpr WrapRange none() noexcept { return WrapRange(State::none, 0); }  ///< 64 bits: it never wraps
  /// It starts again after that many counts, > 0.
  static constexpr WrapRange modulus(std::uint64_t counts) noexcept { return WrapRange(State::modulus, counts); }

  /// True if it may wrap at a value that is not known.
  [[nodiscard]] constexpr bool is_unknown() const noexcept { return state_ == State::unknown; }
  [[nodiscard]] constexpr bool is_none() const noexcept { return state_ == State::none; }  ///< true if it never wraps
  /// True if it wraps at `counts()`.
  [[nodiscard]] constexpr bool is_known() const noexcept { return state_ == State::modulus; }
  /// Only there if `is_known()`.
  [[nodiscard]] constexpr std::uint64_t counts() const noexcept { return counts_; }

  bool operator==(const WrapRange&) const = default;

 private:
  enum class State : std::uint8_t { unknown, none, modulus };
  constexpr WrapRange(State state, std::uint64_t counts) noexcept : state_(state), counts_(counts) {}
  State state_;
  std::uint64_t counts_;
};

/// Joules per count as an exact fraction: a microjoule is {1, 1000000}.
struct CounterUnit {
  std::int64_t numerator = 1;    ///< of the fraction, > 0
  std::int64_t denominator = 1;  ///< of the fraction, > 0

  static constexpr CounterUnit joule() noexcept { return {1, 1}; }               ///< for counters of J
  static constexpr CounterUnit millijoule() noexcept { return {1, 1'000}; }      ///< for counters of mJ (NVML)
  static constexpr CounterUnit microjoule() noexcept { return {1, 1'000'000}; }  ///< for counters of uJ (powercap)

  /// Energy of a number of counts in J.
  [[nodiscard]] constexpr double joules(double counts) const noexcept {
    return counts * static_cast<double>(numerator) / static_cast<double>(denominator);
  }

  bool operator==(const CounterUnit&) const = default;
};

/// The provider of a meter that a program gives and that names none.
inline constexpr std::string_view user_provider = "user";

/// What a meter is and how its samples are read.
///
/// Nothing is concluded from the name of a provider: what a sensor is like, its reader says here.
struct MeterInfo {
  std::string id;                 ///< stable: zone path, GPU UUID, PCI address, `model.cpu_load`
  std::string parent{};           ///< id of the meter this one is a part of; empty if none
  std::string control{};          ///< control type of a powercap zone, or the library of a GPU: `intel-rapl`, `nvml`
  std::string name{};             ///< the platform's own name: `package-0`, `dram`, a GPU's model
  Device device = Device::cpu;    ///< what is metered
  Domain domain = Domain::other;  ///< which part of it
  std::string provider{user_provider};  ///< `powercap`, `perf_event`, `nvml`, `model.cpu_load`, `replay`, `user`, ...
  Kind kind = Kind::counter;            ///< a counter, or power
  CounterUnit unit = CounterUnit::microjoule();  ///< counters only
  WrapRange wrap = WrapRange::none();            ///< counters only
  std::optional<double> update_period_s{};       ///< how often the hardware refreshes the value
  std::optional<double> slack_s{};               ///< tolerance of the plausibility rule; default: the update period
  std::optional<double> p_max_w{};               ///< ceiling of the power; default by domain (record.hpp)
  std::optional<double> accuracy{};              ///< relative half width at 95 %; default: 0, the value is exact
  std::optional<double> least_window_s{};  ///< a counter shows too few steps in less; default by device (record.hpp)
  bool modelled = false;                   ///< computed from utilisation or size, not measured
  bool quick = false;                      ///< a read takes microseconds and cannot hang
  /// Whose energy it is: `machine`, `module`, or of a division `process`, `container`, `other`, `idle` (share.hpp).
  std::string scope = "machine";
  /// Issue codes that hold for every value of the meter: `wrap_modulus_inferred`, `energy_filtering_possible`, ...
  std::vector<std::string> flags{};
  /// Ids of the meters that it stands in for: it is read and counted once all of them are found not to work.
  std::vector<std::string> stands_in_for{};
  std::string provenance{};  ///< model parameters, driver version, and what else a reader must know
};

/// A field of `MeterInfo`: its name in logs and in Python, where it is, and what it says in a few words.
template <class T>
struct MeterField {
  using Type = T;        ///< what the field holds
  const char* name;      ///< in logs and in Python
  T MeterInfo::*member;  ///< where it is
  const char* what;      ///< what it says, in a few words
};

namespace detail {
template <class T>
[[nodiscard]] constexpr MeterField<T> field(const char* name, T MeterInfo::*member, const char* what) noexcept {
  return {name, member, what};
}
}  // namespace detail

/// All fields of `MeterInfo`. The log, its reading, and Python's keywords, properties and dictionaries follow from
/// this.
inline constexpr std::tuple meter_fields{
    detail::field("id", &MeterInfo::id, "Stable: zone path, GPU UUID, PCI address."),
    detail::field("parent", &MeterInfo::parent, "Id of the meter this one is a part of; empty if none."),
    detail::field("control", &MeterInfo::control, "Control type of a powercap zone, or the library of a GPU."),
    detail::field("name", &MeterInfo::name, "The platform's own name."),
    detail::field("device", &MeterInfo::device, "cpu, dram, gpu, platform, board, ram or npu."),
    detail::field("domain", &MeterInfo::domain, "Which part of it; decides what is added to what."),
    detail::field("provider", &MeterInfo::provider, "What it is read with."),
    detail::field("kind", &MeterInfo::kind, "counter or power."),
    detail::field("unit", &MeterInfo::unit, "J per count, as (numerator, denominator)."),
    detail::field("wrap_max", &MeterInfo::wrap, "Counts until the counter starts again; 'none': never; None: unknown."),
    detail::field("flags", &MeterInfo::flags, "Issue codes that hold for every value of the meter."),
    detail::field("update_period_s", &MeterInfo::update_period_s, "How often the hardware refreshes the value."),
    detail::field("slack_s", &MeterInfo::slack_s, "By how much a counter's value can lag; None: the update period."),
    detail::field("p_max_w", &MeterInfo::p_max_w, "Ceiling of the power; None: that of the domain."),
    detail::field("accuracy", &MeterInfo::accuracy, "Relative half width at 95 %; None: 0."),
    detail::field("least_window_s", &MeterInfo::least_window_s,
                  "A counter shows too few steps in less; None: that of the device."),
    detail::field("modelled", &MeterInfo::modelled, "Computed from utilisation or size, not measured."),
    detail::field("quick", &MeterInfo::quick, "A read takes microseconds and cannot hang."),
    detail::field("scope", &MeterInfo::scope, "machine, module, or of a division process, container, other, idle."),
    detail::field("stands_in_for", &MeterInfo::stands_in_for,
                  "Ids of the meters that it is read in place of, should they not work."),
    detail::field("provenance", &MeterInfo::provenance,
                  "Model parameters, driver version, and what else a reader must know.")};

/// Calls `visit(name, field, what)` for every field of a `MeterInfo` or a `const MeterInfo`.
template <class Info, class Visit>
constexpr void for_each_field(Info& info, Visit visit) {
  std::apply([&](const auto&... field) { (visit(field.name, info.*field.member, field.what), ...); }, meter_fields);
}

/// True for a meter that a program gives: what it does not say of itself is not known.
[[nodiscard]] inline bool is_given(const MeterInfo& info) noexcept { return info.provider == user_provider; }

/// True for a meter that shows one part of another's energy: of this process or container, of others, or idle.
[[nodiscard]] inline bool is_share(const MeterInfo& info) noexcept {
  return !info.parent.empty() && info.modelled &&
         (info.scope == "process" || info.scope == "container" || info.scope == "other" || info.scope == "idle");
}

/// One cumulative count.
struct Count {
  std::uint64_t value = 0;  ///< raw, in counter units
};

/// A power in W. A model adds how far off it can be.
struct Watts {
  double value = 0;     ///< the best known
  double low = value;   ///< lower end of a model's interval; equal to `value` for a sensor
  double high = value;  ///< upper end of a model's interval
  /// True if the value is the mean since the previous good sample of this meter (models that read cumulative CPU
  /// time): the step is then value * length, and not a trapezoid.
  bool mean_since_previous = false;
};

/// A read that did not succeed. It is counted and never becomes a number.
struct Failed {
  Failure why = Failure::io;  ///< the reason, for programs
  std::string text{};         ///< the reason, for people; may be empty
};

/// What one read yields; the caller adds the monotonic time after the read.
using Reading = std::variant<Count, Watts, Failed>;

/// A source of samples of one physical domain. Sensors, models, replays and users' meters implement it.
class Meter {
 public:
  virtual ~Meter() = default;

  /// What this meter is; constant during its life.
  [[nodiscard]] virtual MeterInfo info() const = 0;

  /// Reads once. `now` is the monotonic time of the sweep that asks. A failure is a `Failed`; an exception is caught
  /// by the sampler and becomes one. Never called by two threads at a time.
  virtual Reading sample(MonotonicTime now) = 0;
};

/// A callable as a meter: `make_meter({.id = "psu", .kind = Kind::power}, [&] { return psu.read_watts(); })`.
///
/// The callable takes nothing or the monotonic time, and returns a `Reading`, a `Power` or `double` (W, kind power),
/// or an unsigned integer (a count, kind counter). What it throws becomes a failed read.
template <class F>
class FunctionMeter final : public Meter {
 public:
  /// `info` says what `function` returns.
  FunctionMeter(MeterInfo info, F function) : info_(std::move(info)), function_(std::move(function)) {}

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime now) override {
    if constexpr (std::is_invocable_v<F&, MonotonicTime>) {
      return reading(function_(now));
    } else {
      return reading(function_());
    }
  }

 private:
  template <class T>
  Reading reading(T value) const {
    if constexpr (std::is_same_v<T, Power>) {
      return Watts{value.watts()};
    } else if constexpr (std::is_floating_point_v<T>) {
      return Watts{static_cast<double>(value)};
    } else if constexpr (std::is_integral_v<T>) {
      static_assert(std::is_unsigned_v<T>, "a counter is unsigned; return a double for watts");
      return Count{value};
    } else {
      return Reading(std::move(value));
    }
  }

  MeterInfo info_;
  F function_;
};

/// See `FunctionMeter`.
template <class F>
[[nodiscard]] std::shared_ptr<Meter> make_meter(MeterInfo info, F function) {
  return std::make_shared<FunctionMeter<F>>(std::move(info), std::move(function));
}

}  // namespace co2lib::meter
