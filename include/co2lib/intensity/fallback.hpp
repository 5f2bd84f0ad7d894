// SPDX-License-Identifier: MIT
// fallback: a value for every time, from the best link that has one, and the record says which.
//
//   live → cache → cache that ended at most 2 h ago (`stale`) → the same hour of the 7 days before (`climatology`)
//        → the annual factor of the place (`annual_factor`) → the average of the world (`world_average`)
//
// 1. Live and cache carry no flag, every later link does. `origin` is `live`, `cache` (stale too), `climatology`,
//    `annual_factor` or `world_average`.
// 2. A failed live link leaves its error code among the flags of the record (a code with a dot), a live answer without
//    a value for the time `intensity.no_data`.
// 3. Records without a value, and those of another signal or scope, do not count.
// 4. Factors are those of the year of the time. Without a location the annual factor is left out; the chain never
//    guesses one. A marginal signal ends after the climatology: an average factor is another quantity.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/cache.hpp>
#include <co2lib/intensity/location.hpp>
#include <co2lib/intensity/source.hpp>

namespace co2lib::intensity {

/// What the links after the live one stand on.
struct FallbackOptions {
  std::string location{};          ///< as in `factor`; empty: none. `intensity.unknown_zone` if it is in no table
  std::optional<Signal> signal{};  ///< default: that of the live source, else average
  std::optional<Scope> scope{};    ///< default: that of the live source, else lifecycle
  std::chrono::nanoseconds stale_for =
      std::chrono::hours(2);       ///< for how long after its end the newest answer still stands, with the flag `stale`
  std::shared_ptr<Cache> cache{};  ///< default: one in memory
};

/// What the live link said.
struct LiveAnswer {
  std::vector<Record> records{};  ///< it gave; may be empty
  std::string error{};            ///< code of what went wrong: `intensity.timeout`
};

/// The links after the live one, of one place, signal and scope.
class Fallback {
 public:
  explicit Fallback(const FallbackOptions& options);  ///< `intensity.unknown_zone` for a location that is in no table

  /// The record of the time `now`; its interval is the time for which the same link answers with the same value.
  /// `live` is nullptr where no provider is set up. `intensity.no_data` if no link has a value.
  [[nodiscard]] Record at(UtcTime now, const LiveAnswer* live, std::span<const Record> cache) const;

  [[nodiscard]] Signal signal() const noexcept { return signal_; }  ///< of all links
  [[nodiscard]] Scope scope() const noexcept { return scope_; }     ///< of all links

 private:
  [[nodiscard]] bool counts(const Record& r) const;
  [[nodiscard]] std::optional<Record> from_cache(UtcTime now, std::span<const Record> cache) const;
  [[nodiscard]] std::optional<Record> from_climatology(UtcTime now, std::span<const Record> cache) const;
  [[nodiscard]] std::optional<Record> from_factors(UtcTime now) const;

  Signal signal_;
  Scope scope_;
  std::chrono::nanoseconds stale_for_;
  std::shared_ptr<const IntensitySource> place_;
  std::shared_ptr<const IntensitySource> world_;
};

/// The record of a time by the chain; see above.
[[nodiscard]] Record fallback(UtcTime now, const LiveAnswer* live, std::span<const Record> cache,
                              const FallbackOptions& options = {});

/// A source that answers for every time: `live`, which may be null, with the links after it. What `live` answers is
/// kept in the cache; what another process put there and still holds is not asked for again.
///
/// `between` asks `live`; `known` waits for nothing. Errors of `live` are flags of the records, none is thrown; a
/// marginal signal without a value is `intensity.no_data`. `clock` says what is still valid; default: that of a live
/// source, else the system's.
[[nodiscard]] std::shared_ptr<const IntensitySource> with_fallback(std::shared_ptr<const IntensitySource> live,
                                                                   FallbackOptions options = {},
                                                                   std::shared_ptr<Clock> clock = nullptr);

}  // namespace co2lib::intensity
