// SPDX-License-Identifier: MIT
// What the energy of a run is priced with while it goes on; private to src/tracker.
//
// 1. A source that may block (a network, a user's function) is asked on a thread of its own, ahead of time. Flushes,
//    regions, snapshots and the stop take what is known; none of them asks it.
// 2. There is one question at a time. A source that does not come back is not asked again until it does, and nobody
//    waits for it: its thread is left behind at the end.
// 3. What was not known at a flush, or known by a lower link of a fallback chain only, is open: it is priced again when
//    an answer has come, up to an hour later.
// 4. A source that failed is asked again after 10 s, 20 s, and so on up to 5 minutes.
// 5. A source in memory (a number, a trace, a place) is asked where its answer is needed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/price.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

/// What a stretch of time is priced with.
struct TimePrice {
  std::shared_ptr<const FramePrice> value{};  ///< nothing: not known yet, or not at all
  std::vector<Issue> issues;                  ///< remarks of a source in memory, and failures
  bool is_open = false;                       ///< an answer that comes later may better it
};

class PriceFeed {
 public:
  /// How long a price can stay open.
  static constexpr std::chrono::hours open_for{1};

  /// Without a source nothing is priced.
  explicit PriceFeed(std::shared_ptr<const intensity::IntensitySource> source);
  ~PriceFeed();
  PriceFeed(const PriceFeed&) = delete;
  PriceFeed& operator=(const PriceFeed&) = delete;

  [[nodiscard]] bool has_source() const noexcept { return source_ != nullptr; }
  /// True for a source that is asked on the thread of its own.
  [[nodiscard]] bool is_apart() const noexcept { return is_apart_; }

  /// Asks for `[from, until)` on the thread of its own; waits for nothing. `now`: of the run's clock.
  void ask(UtcTime from, UtcTime until, MonotonicTime now);
  /// Waits until no question is open, at most `limit` of real time.
  void wait(std::chrono::milliseconds limit);
  /// Gives a source that keeps nothing itself (a function) up to 0.2 s to answer the last question before the next one;
  /// once, until it has come back.
  void catch_up();
  /// The price of `[a, b)` from what is known.
  [[nodiscard]] TimePrice price(UtcTime a, UtcTime b) const;
  /// How many answers came; open prices are worth another look when it has grown.
  [[nodiscard]] std::uint64_t answers() const;
  /// What the source is known to say for `[a, b)`, for regions; empty if it is not known.
  [[nodiscard]] intensity::Trace known(UtcTime a, UtcTime b) const;
  /// Asks nothing more; leaves a thread that a source holds to it.
  void close();

 private:
  struct Shared;
  const std::shared_ptr<const intensity::IntensitySource> source_;
  const bool is_apart_;
  const std::shared_ptr<Shared> shared_;  ///< none, if nothing is asked apart
};

/// What pricing says of a kilowatt-hour spread over a stretch of time, as a flush keeps it.
[[nodiscard]] FramePrice frame_price(const intensity::Priced& priced);

/// The prices of flushes as a trace: the parts of a flush one after the other in its time.
[[nodiscard]] std::vector<intensity::Record> records_of(std::span<const Frame> frames, const std::string& name);

}  // namespace co2lib::tracker::detail
