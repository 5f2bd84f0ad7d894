// SPDX-License-Identifier: MIT
// What an accumulator holds: the sums over the batches that were counted, and the batch that is being added. Private to
// preindex.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/preindex/accumulator.hpp>

#include "queue.hpp"

namespace co2lib::preindex {

/// One call of a layer in the batch: distances of each pair, and what is wrong with it.
struct Call {
  std::size_t layer = 0;
  std::size_t rows = 0;
  std::vector<double> values{};            // rows x (bins x distances)
  std::vector<std::uint8_t> zero_width{};  // rows x bins: 1 clean, 2 shifted, 3 both
  std::vector<std::uint8_t> bad{};         // rows: 1 clean, 2 shifted is not finite
};

/// Pairs of a call whose distances are to be computed, and where they go: calls move in memory, their values do not.
struct Part {
  View clean{};
  View shifted{};
  double* values = nullptr;
  std::uint8_t* zero_width = nullptr;
  std::uint8_t* bad = nullptr;
};

struct LayerState {
  std::vector<FixedSum> sums{};            // bins x distances
  std::vector<std::int64_t> zero_width{};  // per number of bins
};

struct ClassState {
  std::array<std::int64_t, 2> count{};  // per side
  std::array<std::vector<double>, 2> sum{};
  std::array<std::int64_t, 2> resque_count{};
  std::array<std::vector<double>, 2> resque_sum{};
};

struct PendingEmbedding {
  Rows rows{};
  std::vector<Label> labels{};
  bool given = false;
};

[[nodiscard]] inline std::size_t index_of(Side side) { return side == Side::clean ? 0 : 1; }

struct Accumulator::State {
  State(Options chosen, std::size_t class_count);

  Options options;
  std::size_t classes;
  std::vector<Layer> layers{};
  std::map<std::string, std::size_t, std::less<>> layer_ids{};
  std::vector<LayerState> sums{};
  std::size_t pairs = 0;
  std::size_t skipped = 0;
  std::map<Label, ClassState> by_class{};
  EmbeddingStore store;
  std::vector<Label> store_labels{};
  std::optional<ClusterResult> clustering{};  // of all processes; gone with the next batch
  std::size_t size;                           // bins x distances
  std::vector<FixedSum> sample_sums;
  std::vector<FixedSum> sample_squares;

  // The batch that is being added.
  std::vector<Call> calls{};
  std::unique_ptr<float[]> queue_copies{};  // kept, since touching new memory costs as much as a copy
  std::size_t queued = 0;                   // values of `queue_copies` in use
  std::size_t waiting = 0;                  // values whose distances were handed over since the last flush
  std::array<PendingEmbedding, 2> embeddings{};
  std::vector<std::unique_ptr<preindex::detail::PairDistances>> engines{};  // one per thread
  Queue<Part> queue;                                                        // last: its threads use the others

  std::atomic<int> users = 0;  // calls that read; -1: one that writes; see `InUse`

  [[nodiscard]] std::size_t kept() const;
  /// Embeddings that are there to be read.
  [[nodiscard]] std::size_t stored_rows() const;
  /// The side whose embeddings are clustered.
  [[nodiscard]] std::size_t stored_side() const;
  [[nodiscard]] bool batch_is_open() const;
  /// Throws preindex.bad_state if a batch is open.
  void require_no_batch(const char* doing) const;

  void compute(const Part& part, unsigned worker);
  void add_call(std::size_t layer, const View& clean, const View& shifted);
  void drop() noexcept;

  // The steps of `end_batch`, in this order.
  [[nodiscard]] std::size_t batch_rows() const;
  [[nodiscard]] std::vector<char> good_pairs(std::size_t rows) const;
  void check_zero_width(std::size_t rows, const std::vector<char>& good) const;
  void count_pairs(std::size_t rows, const std::vector<char>& good);
  void count_embeddings(std::size_t rows, const std::vector<char>& good);

 private:
  [[noreturn]] void bad_value(const std::string& what, Side side, std::size_t i) const;
  [[nodiscard]] std::vector<std::vector<const Call*>> calls_by_layer() const;
};

/// The time of a call that changes an accumulator (`Writing`) or reads it (`Reading`). Callers in Python run without
/// its lock: what would be a torn sum is an error.
template <bool writes>
class InUse {
 public:
  explicit InUse(std::atomic<int>& users) : users_(users) {
    int now = users_;
    do {
      if (writes ? now != 0 : now < 0) {
        throw Error("preindex.in_use",
                    "the accumulator is being used by another thread; give each thread its own, and merge them", {},
                    ErrorCategory::runtime);
      }
    } while (!users_.compare_exchange_weak(now, writes ? -1 : now + 1));
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() { users_ += writes ? 1 : -1; }

 private:
  std::atomic<int>& users_;
};

using Writing = InUse<true>;
using Reading = InUse<false>;

}  // namespace co2lib::preindex
