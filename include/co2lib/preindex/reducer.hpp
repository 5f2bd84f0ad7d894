// SPDX-License-Identifier: MIT
// Reducer: how processes that hold a shard of the embeddings each cluster all of them together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace co2lib::preindex {

/// The two sums that the clustering exchanges between processes; the default is one process alone.
///
/// The rows of all processes are one data set, in the order of the ranks. Every process makes the same calls in the
/// same order, from the thread that called the clustering. What throws here is not told to the other processes; what
/// throws between the calls is.
class Reducer {
 public:
  Reducer() = default;
  Reducer(const Reducer&) = delete;
  Reducer& operator=(const Reducer&) = delete;
  virtual ~Reducer() = default;

  /// Number of this process, below `size()`.
  [[nodiscard]] virtual std::size_t rank() const { return 0; }
  /// Number of processes.
  [[nodiscard]] virtual std::size_t size() const { return 1; }

  /// Replaces every value by its sum over the processes. Only called for more than one process.
  virtual void sum(std::span<std::int64_t> values) const { (void)values; }
  /// Replaces every value by its maximum over the processes. Only called for more than one process.
  virtual void max(std::span<double> values) const { (void)values; }
};

/// One process alone.
[[nodiscard]] inline const Reducer& one_process() {
  static const Reducer alone;
  return alone;
}

}  // namespace co2lib::preindex
