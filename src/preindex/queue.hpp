// SPDX-License-Identifier: MIT
// Work that threads begin while more of it is still being added; private to preindex.
//
// A batch of a small network is a few milliseconds of work, in many small calls. Threads that were started when all of
// it is there would each wait for the slowest, and for the copies that come before; these start as soon as there is
// enough for one more. They live for one batch, never longer: a thread that outlives a call is not there after a fork,
// which is how loaders start their workers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "detail/signals.hpp"

namespace co2lib::preindex {

/// Parts of work, done by up to `threads` threads of which the caller's own is number 0. In any order.
template <class Part>
class Queue {
 public:
  /// `work(part, worker)` is called from several threads, with `worker` below `threads`.
  Queue(unsigned threads, std::function<void(const Part&, unsigned)> work)
      : threads_(threads), work_(std::move(work)) {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() { drop(); }

  /// Hands work over; `wanted`: how many threads all that was added since the last `finish` is worth.
  void add(std::vector<Part> parts, std::size_t wanted) {
    {
      const std::lock_guard lock(mutex_);
      parts_.insert(parts_.end(), parts.begin(), parts.end());
    }
    changed_.notify_all();
    try {
      const co2lib::detail::SignalsBlocked blocked;
      while (pool_.size() + 1 < threads_ && pool_.size() + 1 < wanted) {
        pool_.emplace_back([this, worker = static_cast<unsigned>(pool_.size() + 1)] { run(worker); });
      }
    } catch (...) {
      threads_ = static_cast<unsigned>(pool_.size() + 1);  // no more threads can be started: these do the work
    }
  }

  /// Works along until nothing is left and all threads have ended; throws what work threw first.
  void finish() {
    end();
    run(0);
    join();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  /// Forgets the work that has not begun, and waits for the rest.
  void drop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      parts_.clear();
      ended_ = true;
    }
    changed_.notify_all();
    join();
    failure_ = nullptr;
  }

 private:
  void run(unsigned worker) {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ended_ || !parts_.empty(); });
      if (parts_.empty()) return;
      const Part part = parts_.front();
      parts_.pop_front();
      lock.unlock();
      try {
        work_(part, worker);
        lock.lock();
      } catch (...) {
        lock.lock();
        if (!failure_) failure_ = std::current_exception();
        parts_.clear();
      }
    }
  }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }

  void join() noexcept {
    for (std::thread& thread : pool_) thread.join();
    pool_.clear();
    ended_ = false;
  }

  unsigned threads_;
  std::function<void(const Part&, unsigned)> work_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<Part> parts_{};
  std::vector<std::thread> pool_{};
  std::exception_ptr failure_{};
  bool ended_ = false;
};

}  // namespace co2lib::preindex
