// SPDX-License-Identifier: MIT
// The meters of a run: when they are read, by whom, and what their readings make of them; private to src/tracker.
//
// Reading and taking in are apart: a sweep reads sensors while it holds nothing but the sweep lock, which callers can
// give up on; its readings are taken in under the session's lock.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/zones.hpp>

#include "tracker/blocking_reader.hpp"
#include "tracker/live_meter.hpp"

namespace co2lib::tracker::detail {

/// Which meters a sweep reads, by their cadence.
enum class What { counters, powers, all };

/// How often meters are read.
struct Cadence {
  std::chrono::nanoseconds counters{};
  std::chrono::nanoseconds powers{};
  std::chrono::nanoseconds flush{};
};

class Sampler {
 public:
  Sampler(std::shared_ptr<Clock> clock, std::vector<OpenMeter> meters, std::vector<OpenMeter> stand_ins,
          const Cadence& cadence);

  // -------------------------------------------------------------------------------------------------------------------
  // Reading: guarded by the sweep lock
  // -------------------------------------------------------------------------------------------------------------------

  /// The readings of one sweep; holds the sweep lock while it lives.
  class Sweep {
   public:
    Sweep(Sweep&& other) noexcept : sampler_(std::exchange(other.sampler_, nullptr)) {}
    Sweep& operator=(Sweep&&) = delete;
    ~Sweep();

   private:
    friend class Sampler;
    explicit Sweep(Sampler* sampler) : sampler_(sampler) {}
    Sampler* sampler_;
  };

  /// Reads meters; nothing if another sweep held the sensors for longer than `patience`.
  [[nodiscard]] std::optional<Sweep> read(What what, std::chrono::milliseconds patience);
  /// The meter that is being read on its caller's thread; -1 if there is none.
  [[nodiscard]] int reading() const noexcept { return reading_.load(); }
  /// From now on no read takes longer than `limit`.
  void hurry(std::chrono::milliseconds limit) { blocking_.hurry(limit); }
  /// Nothing that may block is read after this.
  void close() { blocking_.close(); }

  // -------------------------------------------------------------------------------------------------------------------
  // Taking in: guarded by the session's lock
  // -------------------------------------------------------------------------------------------------------------------

  /// Takes the readings in; the numbers of the meters that were blocked. `after_suspend`: the machine slept meanwhile.
  std::vector<std::size_t> take(const Sweep&, bool after_suspend);
  /// The edge of a region that begins or ends with this sweep; `now` for what was not read.
  [[nodiscard]] Edge edge(const Sweep&, MonotonicTime now) const;

  [[nodiscard]] const std::vector<LiveMeter>& meters() const noexcept { return meters_; }
  /// What regions are settled by; `patient`: they wait until each counter has shown that it works, or does not.
  [[nodiscard]] const std::vector<MeterView>& views(bool patient);
  /// As if no reading came after this.
  [[nodiscard]] const std::vector<MeterView>& views_so_far();
  void add_late_ticks(meter::Kind cadence, std::int64_t ticks);
  void keep_edge(const Edge& edge);
  /// Merges what no region needs apart.
  void compact(const RegionBook& book);
  [[nodiscard]] std::size_t most_segments() const;
  /// Which meters belong to what, from all readings so far; `dies_undecided` if two dies may be mirrors or not.
  void decide_roles();
  [[nodiscard]] bool dies_undecided() const;
  /// There is a counter that can be read and has not moved so far.
  [[nodiscard]] bool has_still_counter() const;
  /// The platform meters that have shown nothing so far, of a machine whose CPUs nothing else shows: if this is the
  /// end, the models tell more than they do.
  [[nodiscard]] std::vector<bool> silent_platforms() const;
  /// No reading comes after this.
  void finish();

  /// Periods of the cadence, with what counters need that wrap; zero for a kind that no meter has.
  [[nodiscard]] Cadence periods() const;

 private:
  /// A lock that a caller can give up on. Waiters hold only `mutex_`, and only briefly, so fork() never waits for a
  /// sensor.
  class SweepLock {
   public:
    /// Waits at most `limit` of real time.
    bool acquire(std::chrono::milliseconds limit);
    void release();

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool busy_ = false;
  };
  /// What a stand-in does: it waits beside meters that have shown nothing yet, and is read when counters are, so that
  /// it holds the whole run if they never do; it sleeps once they work; it serves in place of those that do not.
  enum class Duty : std::uint8_t { waits, sleeps, serves };
  struct MirrorPair {
    std::size_t first = 0;
    std::size_t second = 0;
    meter::MirrorTest test;
  };

  [[nodiscard]] std::vector<meter::ZoneRole> roles_where(const std::vector<bool>& failed) const;
  void choose(What what);
  void assign_stand_ins();

  const std::shared_ptr<Clock> clock_;
  const Cadence cadence_;

  SweepLock sensors_;
  std::vector<MeterReader::Answer> readings_;  ///< guarded by `sensors_`, as the next three
  std::vector<bool> read_;                     ///< which meters this sweep reads
  std::vector<std::size_t> slots_;
  std::vector<MeterReader::Answer> answers_;
  std::vector<std::optional<std::size_t>> slot_of_;  ///< of what is read on the reader's thread, as it may block
  std::vector<Duty> duty_;                           ///< read under one of the locks, set under both
  std::atomic<int> reading_ = -1;
  MeterReader blocking_;

  std::vector<LiveMeter> meters_;  ///< guarded by the session's lock, as the rest
  std::vector<meter::MeterInfo> infos_;
  std::vector<meter::ZoneRole> roles_;
  std::vector<MirrorPair> pairs_;
  std::vector<MeterView> views_;
  bool any_idle_ = false;  ///< a stand-in does not serve
};

}  // namespace co2lib::tracker::detail
