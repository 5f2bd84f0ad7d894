// SPDX-License-Identifier: MIT
// Threads that live for one call; private to preindex.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "detail/signals.hpp"

namespace co2lib::preindex {

/// How many threads to use for `parts` independent parts.
[[nodiscard]] inline unsigned thread_count(unsigned wanted, std::size_t parts) {
  const unsigned most = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::clamp<std::size_t>(parts, 1, most));
}

/// Calls `run(worker)` on this thread and up to `threads` - 1 others, and waits for all. `run` must not throw.
template <class Run>
void on_threads(unsigned threads, const Run& run) {
  std::vector<std::thread> pool;
  try {
    const co2lib::detail::SignalsBlocked blocked;
    for (unsigned worker = 1; worker < threads; ++worker) pool.emplace_back(run, worker);
  } catch (...) {
    // No more threads can be started: those that run, and this one, do the work.
  }
  run(0U);
  for (std::thread& thread : pool) thread.join();
}

/// Calls `work(part, worker)` for every part, on several threads, in any order, and after each `commit(worker)`, one at
/// a time: what it sums must not depend on the order, as integers do not. The first exception ends it.
template <class Work, class Commit>
void for_parts(std::size_t parts, unsigned threads, const Work& work, const Commit& commit) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  on_threads(parts > 1 ? threads : 1, [&](unsigned worker) {
    try {
      for (std::size_t part = next++; part < parts; part = next++) {
        work(part, worker);
        const std::lock_guard lock(mutex);
        commit(worker);
      }
    } catch (...) {
      next = parts;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

/// The same with nothing to commit.
template <class Work>
void for_parts(std::size_t parts, unsigned threads, const Work& work) {
  for_parts(parts, threads, work, [](unsigned) {});
}

}  // namespace co2lib::preindex
