// SPDX-License-Identifier: MIT
// IntensitySource: who answers "how many grams per kilowatt-hour, then?".
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <co2lib/intensity/forecast.hpp>
#include <co2lib/intensity/trace.hpp>

namespace co2lib::intensity {

/// An annual factor applied to an hour; the width is ours.
inline constexpr RelativeError annual_factor_error{-0.40, 0.40};
/// The world average applied to a place; the range of the newest country rows.
inline constexpr RelativeError world_average_error{-0.95, 1.85};

/// What a source is.
struct Description {
  std::string name;                 ///< `FRA`, `world_average`, `fixed`, a zone
  Signal signal = Signal::average;  ///< of all its values
  Scope scope = Scope::lifecycle;   ///< of all its values
  std::vector<Source> sources{};    ///< of all its values, as far as known before asking

  bool operator==(const Description&) const = default;
};

/// Answers with carbon intensities for times; immutable after construction and safe to call from several threads.
class IntensitySource {
 public:
  virtual ~IntensitySource() = default;

  /// The records that overlap `[a, b)`, a < b, all of one signal and scope. Time it knows nothing about is left
  /// uncovered, which pricing then reports; a failure is thrown as co2lib::Error.
  [[nodiscard]] virtual Trace between(UtcTime a, UtcTime b) const = 0;

  [[nodiscard]] virtual Description describe() const = 0;  ///< what it is; asks nobody

  /// What answers for the time `[a, b)`, in a line for people; the name, where the source has nothing to add.
  [[nodiscard]] virtual std::string line(UtcTime a, UtcTime b) const {
    static_cast<void>(a);
    static_cast<void>(b);
    return describe().name;
  }

  /// The error that all its values share; nullopt where none is known.
  [[nodiscard]] virtual std::optional<RelativeError> relative_error() const { return std::nullopt; }

  /// The whole series of a source that has one in memory, else null; pricing then needs no copy and may look beyond
  /// the window to fill gaps.
  [[nodiscard]] virtual const Trace* trace() const noexcept { return nullptr; }

  /// A forecast of its own, if it has one: of a provider, say. nullopt where it has none.
  [[nodiscard]] virtual std::optional<Forecast> own_forecast(UtcTime issued_at, std::chrono::hours horizon) const {
    static_cast<void>(issued_at);
    static_cast<void>(horizon);
    return std::nullopt;
  }

  /// Its own forecast; else, if all it knows are annual factors or fixed values, those (method `statistic`); else
  /// `blend` on what it answers for the time before. Throws as `intensity::forecast`.
  [[nodiscard]] Forecast forecast(UtcTime issued_at, std::chrono::hours horizon = std::chrono::hours(96)) const;

  /// True if asking may wait for something outside of the process: a network, a user's function. A tracker asks such a
  /// source on a thread of its own.
  [[nodiscard]] virtual bool may_block() const noexcept { return true; }

  /// What `between` would answer from what the source has learnt already, without waiting for anything; nullopt if it
  /// keeps nothing.
  [[nodiscard]] virtual std::optional<Trace> known(UtcTime a, UtcTime b) const {
    static_cast<void>(a);
    static_cast<void>(b);
    return std::nullopt;
  }

  /// What went wrong when the source was asked last, where that did not end the call; nothing if all went well.
  [[nodiscard]] virtual std::optional<Issue> failure() const { return std::nullopt; }

  /// The record in force at `t`; `intensity.out_of_range` if there is none.
  [[nodiscard]] Record at(UtcTime t) const {
    const Trace found = between(t, t + std::chrono::nanoseconds(1));
    if (found.empty()) {
      detail::fail("out_of_range", "the source '" + describe().name + "' has no record at " + format_utc(t));
    }
    return found.record(0);
  }
};

/// How values from a number or a function are labelled.
struct SourceOptions {
  std::string name{};                                             ///< default `fixed` or `function`
  Signal signal = Signal::average;                                ///< whose emissions
  Scope scope = Scope::lifecycle;                                 ///< what is counted
  std::chrono::nanoseconds resolution = std::chrono::minutes(5);  ///< a function is constant over steps of this (ours)
  std::optional<RelativeError> error{};                           ///< if the caller knows it
};

namespace detail {

class FixedSource final : public IntensitySource {
 public:
  FixedSource(CarbonIntensity value, SourceOptions options) : value_(value), options_(std::move(options)) {
    if (options_.name.empty()) options_.name = "fixed";
    static_cast<void>(between(UtcTime{}, UtcTime{std::chrono::hours(1)}));  // refuses a bad value now, not later
  }

  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override {
    Record record;
    record.start = a;
    record.end = b;
    record.value = value_;
    record.signal = options_.signal;
    record.scope = options_.scope;
    record.status = Status::statistic;
    record.origin = "fixed";
    record.source = source();
    return Trace({record});
  }

  [[nodiscard]] Description describe() const override {
    return {options_.name, options_.signal, options_.scope, {source()}};
  }

  [[nodiscard]] std::optional<RelativeError> relative_error() const override { return options_.error; }
  [[nodiscard]] bool may_block() const noexcept override { return false; }

 private:
  [[nodiscard]] Source source() const { return {options_.name, to_string(value_) + ", given by the caller", 0, ""}; }

  CarbonIntensity value_;
  SourceOptions options_;
};

class TraceSource final : public IntensitySource {
 public:
  TraceSource(Trace trace, std::optional<RelativeError> error) : trace_(std::move(trace)), error_(error) {}

  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override { return trace_.between(a, b); }
  [[nodiscard]] const Trace* trace() const noexcept override { return &trace_; }
  [[nodiscard]] std::optional<RelativeError> relative_error() const override { return error_; }
  [[nodiscard]] bool may_block() const noexcept override { return false; }

  [[nodiscard]] Description describe() const override {
    Description d{trace_.zone().empty() ? "trace" : trace_.zone(), trace_.signal(), trace_.scope(), {}};
    if (!trace_.source().id.empty()) d.sources.push_back(trace_.source());
    return d;
  }

 private:
  Trace trace_;
  std::optional<RelativeError> error_;
};

class FunctionSource final : public IntensitySource {
 public:
  FunctionSource(std::function<CarbonIntensity(UtcTime)> function, SourceOptions options)
      : function_(std::move(function)), options_(std::move(options)) {
    if (options_.name.empty()) options_.name = "function";
    if (!function_) fail("bad_value", "the function of an intensity source is empty");
    if (options_.resolution <= options_.resolution.zero()) {
      fail("bad_time", "the resolution of an intensity source must be longer than 0");
    }
  }

  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override {
    const auto step = options_.resolution;
    if (static_cast<double>((b - a).count()) / static_cast<double>(step.count()) > 1e7) {
      fail("bad_time", "more than 10 million values of a function were asked for; give it a coarser resolution");
    }
    Record attributes;
    attributes.signal = options_.signal;
    attributes.scope = options_.scope;
    attributes.origin = "function";
    attributes.source = source();
    std::vector<TimedValue> values;
    const auto into = a.time_since_epoch() % step;
    UtcTime t = a - (into < into.zero() ? into + step : into);
    for (; t < b; t += step) values.push_back({t, t + step, function_(t)});
    return Trace(std::move(attributes), values);
  }

  [[nodiscard]] Description describe() const override {
    return {options_.name, options_.signal, options_.scope, {source()}};
  }

  [[nodiscard]] std::optional<RelativeError> relative_error() const override { return options_.error; }

 private:
  [[nodiscard]] Source source() const { return {options_.name, "a function given by the caller", 0, ""}; }

  std::function<CarbonIntensity(UtcTime)> function_;
  SourceOptions options_;
};

}  // namespace detail

/// A source that always answers with one value; `intensity.bad_value` if it is negative or not finite.
[[nodiscard]] inline std::shared_ptr<const IntensitySource> make_source(CarbonIntensity value,
                                                                        SourceOptions options = {}) {
  return std::make_shared<detail::FixedSource>(value, std::move(options));
}

/// A source that replays a trace.
[[nodiscard]] inline std::shared_ptr<const IntensitySource> make_source(
    Trace trace, std::optional<RelativeError> error = std::nullopt) {
  return std::make_shared<detail::TraceSource>(std::move(trace), error);
}

/// A source that asks a function `(UtcTime) -> CarbonIntensity` at the start of each step of `options.resolution`.
/// The function is called from the threads that ask, also at the same time.
template <class F>
requires std::is_invocable_r_v<CarbonIntensity, const F&, UtcTime>
[[nodiscard]] std::shared_ptr<const IntensitySource> make_source(F function, SourceOptions options = {}) {
  return std::make_shared<detail::FunctionSource>(std::move(function), std::move(options));
}

}  // namespace co2lib::intensity
