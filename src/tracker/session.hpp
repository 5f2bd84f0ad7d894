// SPDX-License-Identifier: MIT
// A running tracker: it owns the meters, the regions and the log, and the thread that reads; private to src/tracker.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <co2lib/intensity/source.hpp>
#include <co2lib/tracker/tracker.hpp>

#include "tracker/journal.hpp"
#include "tracker/price_feed.hpp"
#include "tracker/regions.hpp"
#include "tracker/sampler.hpp"
#include "tracker/setup.hpp"

namespace co2lib::tracker::detail {

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(Setup setup);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void begin_sampling();
  Footprint stop();
  Footprint snapshot();
  Run copy_run();
  void note_ended_command(int status, Seconds cpu_time);

  /// What `sync` throws comes out.
  std::uint64_t open_region(std::string_view name, const RegionOptions& options, bool on_stack);
  bool close_region(std::uint64_t id) noexcept;
  bool cancel_region(std::uint64_t id) noexcept;
  bool restart_region(std::uint64_t id) noexcept;
  void mark(std::string_view name);
  std::optional<RegionResult> result(std::uint64_t id);
  RunForecast forecast(std::string_view name, long units_total);

  [[nodiscard]] bool running();
  [[nodiscard]] bool forked() const noexcept { return forked_; }
  [[nodiscard]] const std::string& run_id() const noexcept { return run_.run_id; }
  [[nodiscard]] const std::filesystem::path& log_file() const noexcept { return journal_.file(); }

 private:
  friend struct Forks;

  /// How long a caller waits for sensors that another thread is reading, and for the sampling thread to end.
  static constexpr std::chrono::milliseconds patience{1000};
  /// How long a region's edge waits: beyond it the edge is a time only.
  static constexpr std::chrono::milliseconds edge_patience{50};
  /// How long a snapshot or the stop waits for an answer about the intensity that is on its way.
  static constexpr std::chrono::milliseconds answer_patience{300};
  /// Closed regions that may wait for a reading. As many that were settled can be asked for.
  static constexpr std::size_t most_regions_waiting = 4096;

  /// A flush to come: its time, the price of the time since the last one, and what went wrong finding it.
  struct Step {
    MonotonicTime now{};
    std::shared_ptr<const FramePrice> price{};
    std::vector<Issue> issues{};
    bool is_open = false;  ///< a later answer may better the price
  };

  void loop();
  /// Reads meters and takes their readings in; false if another reader held the sensors for too long.
  bool sweep(What what, std::chrono::milliseconds patience, Edge* edge = nullptr);
  /// The time since the last flush and what its energy is priced with, as far as that is known.
  Step price_step();
  /// Prices flushes again that were open, if more is known by now.
  void better_prices();
  /// Asks ahead for the time from the first open flush to the next one.
  void ask_ahead();
  /// Gives an answer that is on its way a moment, if it would better a price.
  void await_prices();
  /// What a region is priced with that may reach beyond the last flush.
  [[nodiscard]] std::vector<intensity::Record> records_since(MonotonicTime begin);
  /// Writes the log; if another thread does so already, waits for it or leaves it to that.
  void write_out(bool synced, bool wait = true);
  /// Closed regions and lines that became too many are seen to before the next reading and flush.
  void relieve();

  // With the lock held.
  [[nodiscard]] Edge edge_now() const;
  /// To the millisecond, as the log says it, so that a log gives its run's footprint bit for bit.
  [[nodiscard]] UtcTime utc_of(MonotonicTime time) const {
    return std::chrono::floor<std::chrono::milliseconds>(anchor_utc_ + (time - anchor_mono_));
  }
  [[nodiscard]] RunSegment& segment() { return run_.segments.back(); }
  std::int64_t thread_number();
  void take_in(const Sampler::Sweep& sweep, Edge* edge);
  /// Which regions are counted: those of which all is sure; those that only wait for a counter to show that it works;
  /// all.
  enum class Settle : std::uint8_t { sure, known, all };
  void settle(Settle how);
  void flush(const Step& step);
  void compact_if_worth();
  void note(Issue issue);
  void note_blocked(std::size_t meter);
  void check_clocks();
  void end_open_regions();
  void forget_stack_entry(std::uint64_t id);
  [[nodiscard]] RunSegment segment_copy(std::shared_ptr<const FramePrice> price) const;

  const Options options_;
  const std::shared_ptr<Clock> clock_;
  const PriceChoice price_;
  PriceFeed feed_;
  std::atomic<bool> forked_ = false;

  std::mutex mutex_;  ///< guards all that follows, but for what has a lock of its own
  Run run_;           ///< earlier segments, then the one being measured
  Sampler sampler_;   ///< reads under its own lock
  RegionBook book_;
  Journal journal_;  ///< has locks of its own
  std::unordered_map<std::string, UnitForecast> forecasts_;
  std::unordered_map<std::thread::id, std::vector<std::uint64_t>> stacks_;  ///< open regions by the thread they are on
  std::unordered_map<std::uint64_t, std::thread::id> on_stack_;
  std::unordered_map<std::thread::id, std::uint64_t> marks_;
  std::unordered_map<std::thread::id, std::int64_t> threads_;
  std::vector<RegionRecord> settled_;  ///< the newest, at their id modulo the size
  std::size_t settle_at_;              ///< waiting regions that make it worth reading the meters for them
  std::size_t compact_at_ = 512;       ///< segments of a curve that make it worth merging them
  std::optional<double> busy_at_begin_s_;
  std::vector<std::size_t> open_prices_;  ///< flushes that may be priced better, by number
  std::uint64_t answers_seen_ = 0;
  UtcTime anchor_utc_{};
  MonotonicTime anchor_mono_{};
  MonotonicTime asleep_{};  ///< boot time minus monotonic time
  bool stopped_ = false;
  std::optional<Footprint> final_footprint_;

  std::mutex stopping_;  ///< held by the thread that stops the run
  Waiter waiter_;
  std::unique_ptr<std::jthread> thread_;
  std::mutex finished_mutex_;  ///< guards `finished_`
  std::condition_variable finished_changed_;
  bool finished_ = false;
};

}  // namespace co2lib::tracker::detail
