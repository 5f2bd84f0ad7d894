// SPDX-License-Identifier: MIT
// ManualClock: a clock that is moved by hand.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>

namespace co2lib {

/// A clock that stands still until it is moved.
///
/// `advance` gives every thread that waits on the clock its turn, one after the other in the order of their deadlines,
/// and returns when the last of them waits again or has ended: a test with a sampling thread is deterministic.
class ManualClock final : public Clock {
  struct State;

 public:
  /// How long `advance` and `wait_for_waiters` wait, in real time, for threads that do not come back.
  static constexpr std::chrono::seconds real_limit{5};

  /// Starts at a wall time (default: 2025-01-01 UTC) and a monotonic time (default: 1000 s).
  explicit ManualClock(UtcTime utc = UtcTime(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)),
                       MonotonicTime monotonic = std::chrono::seconds(1000))
      : state_(std::make_shared<State>()) {
    state_->monotonic = monotonic.count();
    state_->utc_offset = utc.time_since_epoch().count() - monotonic.count();
  }

  [[nodiscard]] MonotonicTime monotonic() const noexcept override { return MonotonicTime(state_->monotonic.load()); }

  [[nodiscard]] MonotonicTime boottime() const noexcept override {
    return monotonic() + std::chrono::nanoseconds(state_->suspended.load());
  }

  [[nodiscard]] UtcTime utc() const noexcept override {
    return UtcTime(boottime() + std::chrono::nanoseconds(state_->utc_offset.load()));
  }

  bool wait_until(Waiter& waiter, MonotonicTime deadline) override {
    const std::shared_ptr<State> state = state_;
    const std::thread::id self = std::this_thread::get_id();
    std::list<Waiting>::iterator entry;
    {
      const std::lock_guard lock(state->mutex);
      if (waiter.interrupted()) {
        state->settled(self);
        return false;
      }
      if (deadline <= monotonic()) return true;
      watch_this_thread(state);
      entry = state->waiting.insert(state->waiting.end(), Waiting{&waiter, deadline, self, false});
      state->settled(self);
    }
    {
      std::unique_lock lock(waiter.mutex_);
      waiter.changed_.wait(lock, [&] { return waiter.interrupted_ || entry->woken; });
    }
    const std::lock_guard lock(state->mutex);
    state->waiting.erase(entry);
    const bool interrupted = waiter.interrupted();
    if (interrupted) state->settled(self);
    state->changed.notify_all();
    return !interrupted;
  }

  /// Moves all three times forward by `step` (at least 0), waking on the way every thread whose deadline is reached.
  ///
  /// False if a thread that was woken neither waited again nor ended within `limit` of real time (it is then no longer
  /// waited for); the clock has moved all the same. A thread that finds its waiter interrupted counts as gone.
  bool advance(std::chrono::nanoseconds step, std::chrono::nanoseconds limit = real_limit) {
    if (step < std::chrono::nanoseconds::zero()) {
      throw Error("core.bad_input", "ManualClock::advance: monotonic time never goes back; use step_utc");
    }
    const std::lock_guard one_at_a_time(state_->advancing);
    std::unique_lock lock(state_->mutex);
    state_->settled(std::this_thread::get_id());
    const std::int64_t target = state_->monotonic.load() + step.count();
    bool all_settled = state_->wait_settled(lock, limit);
    while (state_->wake_next(target)) all_settled = state_->wait_settled(lock, limit) && all_settled;
    state_->monotonic = target;
    return all_settled;
  }

  /// Steps the wall clock alone, forward or back, as an administrator or NTP does.
  void step_utc(std::chrono::nanoseconds step) noexcept { state_->utc_offset += step.count(); }

  /// The machine sleeps: boot time and wall time move on, monotonic time does not.
  void suspend(std::chrono::nanoseconds length) noexcept { state_->suspended += length.count(); }

  /// Waits, in real time, until at least `count` threads wait on the clock; false if they do not within `limit`.
  bool wait_for_waiters(std::size_t count, std::chrono::nanoseconds limit = real_limit) {
    std::unique_lock lock(state_->mutex);
    return detail::wait_for(state_->changed, lock, limit, [&] { return state_->waiting.size() >= count; });
  }

  /// Number of threads that wait on the clock now.
  [[nodiscard]] std::size_t waiters() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.size();
  }

  /// While it lives, `advance` does not wait for the thread that made it: for one that blocks in something else.
  class Absence {
   public:
    /// Begins the absence of this thread.
    explicit Absence(const ManualClock& clock) : state_(clock.state_) {
      const std::lock_guard lock(state_->mutex);
      was_running_ = state_->running.contains(std::this_thread::get_id());
      state_->settled(std::this_thread::get_id());
    }
    Absence(const Absence&) = delete;
    Absence& operator=(const Absence&) = delete;
    ~Absence() {
      const std::lock_guard lock(state_->mutex);
      if (was_running_) state_->running.insert(std::this_thread::get_id());
    }

   private:
    std::shared_ptr<State> state_;
    bool was_running_ = false;
  };

 private:
  struct Waiting {
    Waiter* waiter;
    MonotonicTime deadline;
    std::thread::id thread;
    bool woken;  // guarded by the waiter's mutex
  };

  // Shared with the threads that waited once, which may outlive the clock.
  struct State {
    std::atomic<std::int64_t> monotonic{0};
    std::atomic<std::int64_t> suspended{0};
    std::atomic<std::int64_t> utc_offset{0};
    std::mutex advancing;
    std::mutex mutex;
    std::condition_variable changed;
    std::list<Waiting> waiting;
    std::set<std::thread::id> running;  // woken by advance and not yet back

    void settled(std::thread::id thread) {
      running.erase(thread);
      changed.notify_all();
    }

    bool wait_settled(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds limit) {
      const bool ok = detail::wait_for(changed, lock, limit, [&] { return running.empty(); });
      if (!ok) running.clear();
      return ok;
    }

    // Wakes the thread with the earliest deadline up to `target`; among equal ones the first to wait.
    bool wake_next(std::int64_t target) {
      Waiting* next = nullptr;
      for (Waiting& w : waiting) {
        if (w.deadline.count() > target || (next != nullptr && w.deadline >= next->deadline)) continue;
        const std::lock_guard waiter_lock(w.waiter->mutex_);
        if (!w.woken && !w.waiter->interrupted_) next = &w;
      }
      if (next == nullptr) return false;
      monotonic = std::max(monotonic.load(), next->deadline.count());
      running.insert(next->thread);
      const std::lock_guard waiter_lock(next->waiter->mutex_);
      next->woken = true;
      next->waiter->changed_.notify_all();
      return true;
    }
  };

  // A thread that ends has left for good: its clocks hear of it before it can be joined.
  static void watch_this_thread(const std::shared_ptr<State>& state) {
    struct Seen {
      std::vector<std::weak_ptr<State>> clocks;
      ~Seen() {
        for (const std::weak_ptr<State>& clock : clocks) {
          if (const auto alive = clock.lock()) {
            const std::lock_guard lock(alive->mutex);
            alive->settled(std::this_thread::get_id());
          }
        }
      }
    };
    thread_local Seen seen;
    std::erase_if(seen.clocks, [](const std::weak_ptr<State>& clock) { return clock.expired(); });
    for (const std::weak_ptr<State>& clock : seen.clocks) {
      if (clock.lock() == state) return;
    }
    seen.clocks.push_back(state);
  }

  std::shared_ptr<State> state_;
};

}  // namespace co2lib
