// SPDX-License-Identifier: MIT
// Threads that live for one call; private to preindex.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace co2lib::preindex {

/// How many threads to use for `parts` independent parts.
[[nodiscard]] inline unsigned thread_count(unsigned wanted, std::size_t parts) {
  const unsigned most = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::clamp<std::size_t>(parts, 1, most));
}

/// Calls `work(part, worker)` for every part, on several threads, and `commit(part, worker)` for one after the other in
/// ascending order, so that what is summed there does not depend on the number of threads. The first exception ends it.
template <class Work, class Commit>
void in_order(std::size_t parts, unsigned threads, const Work& work, const Commit& commit) {
  if (threads <= 1 || parts <= 1) {
    for (std::size_t part = 0; part < parts; ++part) {
      work(part, 0U);
      commit(part, 0U);
    }
    return;
  }
  std::mutex mutex;
  std::condition_variable turned;
  std::size_t next = 0;
  std::size_t turn = 0;
  std::exception_ptr failure;
  const auto run = [&](unsigned worker) {
    try {
      for (;;) {
        std::size_t part = 0;
        {
          const std::lock_guard lock(mutex);
          if (failure || next == parts) return;
          part = next++;
        }
        work(part, worker);
        {
          std::unique_lock lock(mutex);
          turned.wait(lock, [&] { return failure || turn == part; });
          if (failure) return;
        }
        commit(part, worker);  // only the thread whose turn it is gets here
        {
          const std::lock_guard lock(mutex);
          ++turn;
        }
        turned.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      turned.notify_all();
    }
  };
  std::vector<std::thread> pool;
  const auto join = [&] {
    for (std::thread& thread : pool) thread.join();
  };
  try {
    for (unsigned worker = 1; worker < threads; ++worker) pool.emplace_back(run, worker);
  } catch (...) {
    // No further thread to be had: those that run, and this one, do the work.
  }
  run(0);
  join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace co2lib::preindex
