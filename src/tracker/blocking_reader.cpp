// SPDX-License-Identifier: MIT
#include "tracker/blocking_reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#ifdef __GLIBCXX__
#include <cxxabi.h>

#include "detail/signals.hpp"
#endif

namespace co2lib::tracker::detail {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

meter::Reading read_once(meter::Meter& meter, MonotonicTime now) {
  try {
    return meter.sample(now);
  } catch (const std::exception& error) {
    return meter::Failed{meter::Failure::io, error.what()};
#ifdef __GLIBCXX__
  } catch (abi::__forced_unwind&) {
    throw;  // the thread is being ended (Python does that while it shuts down), which must not be stopped
#endif
  } catch (...) {
    return meter::Failed{meter::Failure::io, "the meter threw something that is not a std::exception"};
  }
}

namespace {

/// A read is waited for in slices of time, for the reason that `co2lib::detail::wait_for` has.
constexpr milliseconds slice{50};
constexpr int most_slices = static_cast<int>(MeterReader::blocked_after / slice);
/// What a read gets while the run is stopped in a hurry.
constexpr int few_slices = 1;

}  // namespace

struct MeterReader::Shared : std::enable_shared_from_this<MeterReader::Shared> {
  /// One meter: idle, asked for a reading, or being read.
  struct Slot {
    std::shared_ptr<meter::Meter> meter;
    bool asked = false;
    bool busy = false;
    bool blocked = false;  ///< its thread is left to it
    int slices = 0;        ///< those of its read that ran out
    MonotonicTime now{};
    std::optional<Answer> answer;
  };

  explicit Shared(std::shared_ptr<Clock> clock_in) : clock(std::move(clock_in)) {}

  /// Starts a thread that reads until another one takes its place. Without one nothing is read, and the next question
  /// tries again.
  void start_thread() {
    const std::uint64_t mine = ++generation;
    const co2lib::detail::SignalsBlocked blocked;
    try {
      thread = std::thread([self = shared_from_this(), mine] { self->run(mine); });
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): `thread` says so
    }
  }

  /// True if the read has used up its slices; the first is not counted, since it may have been partly over.
  [[nodiscard]] bool is_over(const Slot& slot) const {
    const bool hurry = last_moment && steady_clock::now() >= *last_moment;
    return slot.slices > (hurry ? few_slices : most_slices);
  }

  Slot* next_asked() {
    for (Slot& slot : slots) {
      if (slot.asked && !slot.busy) return &slot;
    }
    return nullptr;
  }

  void run(std::uint64_t mine) {
    std::unique_lock lock(mutex);
    while (generation == mine && !closed) {
      Slot* const slot = next_asked();
      if (slot == nullptr) {
        work.wait(lock);
        continue;
      }
      slot->asked = false;
      slot->busy = true;
      slot->slices = 0;
      const std::shared_ptr<meter::Meter> meter = slot->meter;
      const MonotonicTime now = slot->now;
      lock.unlock();
      Answer answer{.reading = read_once(*meter, now)};
      answer.time = clock->monotonic();
      lock.lock();
      slot->busy = false;
      // A blocked meter's late answer has no usable time; drop it.
      if (!slot->blocked) slot->answer = std::move(answer);
      slot->blocked = false;
      if (next_asked() == nullptr) done.notify_all();
    }
  }

  const std::shared_ptr<Clock> clock;
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable done;
  std::vector<Slot> slots;
  std::uint64_t generation = 0;
  bool closed = false;
  std::optional<steady_clock::time_point> last_moment;
  std::thread thread;
};

MeterReader::MeterReader(std::shared_ptr<Clock> clock) : shared_(std::make_shared<Shared>(std::move(clock))) {}

MeterReader::~MeterReader() { close(); }

std::size_t MeterReader::add(std::shared_ptr<meter::Meter> meter) {
  shared_->slots.push_back({});
  shared_->slots.back().meter = std::move(meter);
  return shared_->slots.size() - 1;
}

void MeterReader::read(const std::vector<std::size_t>& wanted, MonotonicTime now, std::vector<Answer>& answers) {
  Shared& s = *shared_;
  answers.clear();
  std::unique_lock lock(s.mutex);
  if (!s.closed) {
    for (const std::size_t i : wanted) {
      Shared::Slot& slot = s.slots[i];
      if (slot.busy || slot.asked) continue;
      slot.answer.reset();
      slot.asked = true;
      slot.now = now;
    }
    if (!s.thread.joinable()) s.start_thread();
    s.work.notify_one();
  }
  const auto open = [&] {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](std::size_t i) { return (s.slots[i].asked || s.slots[i].busy) && !s.slots[i].blocked; });
  };
  while (open() && !s.closed && s.thread.joinable()) {
    if (s.done.wait_for(lock, slice) == std::cv_status::no_timeout) continue;
    const auto held = std::find_if(s.slots.begin(), s.slots.end(),
                                   [](const Shared::Slot& slot) { return slot.busy && !slot.blocked; });
    if (held == s.slots.end()) continue;  // the thread is about to begin
    ++held->slices;
    if (!s.is_over(*held)) continue;
    held->blocked = true;
    s.thread.detach();
    s.start_thread();
  }
  for (const std::size_t i : wanted) {
    Shared::Slot& slot = s.slots[i];
    if (slot.answer) {
      answers.push_back(std::move(*slot.answer));
      slot.answer.reset();
    } else {
      answers.push_back(
          {meter::Failed{meter::Failure::blocked, "the meter has not answered"}, s.clock->monotonic(), true});
    }
  }
}

void MeterReader::hurry(milliseconds limit) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->last_moment = steady_clock::now() + limit;
  }
  shared_->done.notify_all();
}

void MeterReader::close() {
  Shared& s = *shared_;
  std::thread thread;
  bool idle = true;
  {
    std::unique_lock lock(s.mutex);
    s.closed = true;
    s.work.notify_all();
    s.done.notify_all();
    thread = std::move(s.thread);
    for (const Shared::Slot& slot : s.slots) idle = idle && (!slot.busy || slot.blocked);
  }
  if (!thread.joinable()) return;
  if (idle) {
    thread.join();
  } else {
    thread.detach();
  }
}

}  // namespace co2lib::tracker::detail
