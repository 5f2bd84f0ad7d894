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
#include <utility>
#include <variant>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/units.hpp>

namespace co2lib::meter {

/// What is metered.
enum class Device { cpu, dram, gpu, platform, board, ram, npu };

/// Which part of it; decides what is added to what (zones.hpp).
enum class Domain { package, core, uncore, dram, psys, gpu, module, rail, model, other };

inline constexpr Domain all_domains[] = {Domain::package, Domain::core,   Domain::uncore, Domain::dram,  Domain::psys,
                                         Domain::gpu,     Domain::module, Domain::rail,   Domain::model, Domain::other};

/// How the samples become energy.
enum class Kind {
  counter,  ///< a cumulative counter: differences of integers
  power,    ///< watts: integrated over time
};

/// Why a read failed.
enum class Failure { no_permission, absent, io, lost, parse, blocked };

/// The range of a counter.
///
/// `unknown`: the counter may wrap, at a value that could not be read; `none`: 64 bits, it never wraps; otherwise the
/// largest difference the counter can show before it starts again (the modulus), in counter units.
class WrapRange {
 public:
  static constexpr WrapRange unknown() noexcept { return WrapRange(State::unknown, 0); }
  static constexpr WrapRange none() noexcept { return WrapRange(State::none, 0); }
  static constexpr WrapRange modulus(std::uint64_t counts) noexcept { return WrapRange(State::modulus, counts); }

  [[nodiscard]] constexpr bool is_unknown() const noexcept { return state_ == State::unknown; }
  [[nodiscard]] constexpr bool is_none() const noexcept { return state_ == State::none; }
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
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;

  static constexpr CounterUnit joule() noexcept { return {1, 1}; }
  static constexpr CounterUnit millijoule() noexcept { return {1, 1'000}; }
  static constexpr CounterUnit microjoule() noexcept { return {1, 1'000'000}; }

  /// Energy of a number of counts in J.
  [[nodiscard]] constexpr double joules(double counts) const noexcept {
    return counts * static_cast<double>(numerator) / static_cast<double>(denominator);
  }

  bool operator==(const CounterUnit&) const = default;
};

/// What a meter is and how its samples are read.
struct MeterInfo {
  std::string id;         ///< stable: zone path, GPU UUID, PCI address, `model.cpu_load`
  std::string parent{};   ///< id of the meter this one is a part of; empty if none
  std::string control{};  ///< control type of a powercap zone, or the library of a GPU: `intel-rapl`, `nvml`
  std::string name{};     ///< the platform's own name: `package-0`, `dram`, a GPU's model
  Device device = Device::cpu;
  Domain domain = Domain::other;
  std::string provider = "user";  ///< `powercap`, `perf_event`, `nvml`, `model.cpu_load`, `replay`, `user`, ...
  Kind kind = Kind::counter;
  CounterUnit unit = CounterUnit::microjoule();  ///< counters only
  WrapRange wrap = WrapRange::none();            ///< counters only
  std::optional<double> update_period_s{};       ///< how often the hardware refreshes the value
  std::optional<double> slack_s{};               ///< tolerance of the plausibility rule; default: the update period
  std::optional<double> p_max_w{};               ///< ceiling of the power; default by domain (counter.hpp)
  std::optional<double> accuracy{};              ///< relative half width at 95 %; default by provider (counter.hpp)
  /// Whose energy it is: `machine`, `module`, or of a division `process`, `container`, `other`, `idle` (share.hpp).
  std::string scope = "machine";
  /// Issue codes that hold for every value of the meter: `wrap_modulus_inferred`, `energy_filtering_possible`, ...
  std::vector<std::string> flags{};
  /// Ids of the meters that it stands in for: it is read and counted once all of them are found not to work.
  std::vector<std::string> stands_in_for{};
  std::string provenance{};  ///< model parameters, driver version, and what else a reader must know
};

/// One cumulative count.
struct Count {
  std::uint64_t value = 0;
};

/// A power in W. A model adds how far off it can be.
struct Watts {
  double value = 0;
  double low = value;   ///< lower end of a model's interval; equal to `value` for a sensor
  double high = value;  ///< upper end of a model's interval
  /// True if the value is the mean since the previous good sample of this meter (models that read cumulative CPU
  /// time): the step is then value * length, and not a trapezoid.
  bool mean_since_previous = false;
};

/// A read that did not succeed. It is counted and never becomes a number.
struct Failed {
  Failure why = Failure::io;
  std::string text{};
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

[[nodiscard]] constexpr std::string_view text(Device d) noexcept {
  constexpr std::string_view names[] = {"cpu", "dram", "gpu", "platform", "board", "ram", "npu"};
  return names[static_cast<std::size_t>(d)];
}
[[nodiscard]] constexpr std::string_view text(Domain d) noexcept {
  constexpr std::string_view names[] = {"package", "core",   "uncore", "dram",  "psys",
                                        "gpu",     "module", "rail",   "model", "other"};
  return names[static_cast<std::size_t>(d)];
}
[[nodiscard]] constexpr std::string_view text(Kind k) noexcept { return k == Kind::counter ? "counter" : "power"; }
[[nodiscard]] constexpr std::string_view text(Failure f) noexcept {
  constexpr std::string_view names[] = {"no_permission", "absent", "io", "lost", "parse", "blocked"};
  return names[static_cast<std::size_t>(f)];
}

}  // namespace co2lib::meter
