// SPDX-License-Identifier: MIT
// Accumulator: everything the index needs of a stream of pairs, in one pass, mergeable over shards bit for bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/preindex/cluster.hpp>
#include <co2lib/preindex/distance.hpp>
#include <co2lib/preindex/embedding.hpp>
#include <co2lib/preindex/fixed.hpp>
#include <co2lib/preindex/layer.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/preindex/resque.hpp>
#include <co2lib/preindex/vector.hpp>
#include <co2lib/record.hpp>

namespace co2lib::preindex {

/// A layer of a result. Values are bins x distances, in the order of the options.
struct LayerResult {
  std::string name;                        ///< name of the module
  std::size_t width = 0;                   ///< values per sample after reduction
  bool kept = false;                       ///< it counts in the index
  std::vector<double> p{};                 ///< means over the pairs; empty if not kept
  std::vector<std::int64_t> zero_width{};  ///< vectors with a bin of zero width, both sides, per number of bins
};

/// The index, its ingredients and how they came about.
struct Result {
  std::optional<double> value{};                ///< PreIndex; absent without embeddings
  double p = 0;                                 ///< the first distance at the first number of bins
  std::optional<double> se{};                   ///< its standard error between samples; absent for one pair
  std::optional<double> inv_ari{};              ///< 1 - ARI of the chosen variant
  std::size_t pairs = 0;                        ///< pairs of samples that count
  std::size_t skipped = 0;                      ///< pairs dropped by nonfinite = skip_pair
  std::vector<int> bins{};                      ///< numbers of bins, as in the options
  std::vector<Distance> distances{};            ///< as in the options
  std::vector<double> all_p{};                  ///< bins x distances; nan with degenerate = nan
  std::vector<std::optional<double>> all_se{};  ///< bins x distances
  std::vector<LayerResult> layers{};            ///< in the order in which they were first seen
  std::optional<ClusterResult> cluster{};       ///< none without embeddings
  std::string label{};                          ///< `preindex`, or `preindex(unscaled)` for s = 0 and s_bar = 0
  std::string config{};                         ///< every choice, JSON
  /// Hash of the choices that make the index what it is: equal for the same index, whatever else was asked for.
  std::string config_hash{};
  std::vector<std::string> layers_unseen{};  ///< candidate layers of a model that gave no output
  /// Share of the model's parameters that lie in layers that count; absent where no model was looked at.
  std::optional<double> observed_share{};
  std::vector<Issue> issues{};  ///< what a reader must know about these numbers

  [[nodiscard]] std::string to_json() const;  ///< JSON with stable keys; what is not known is null
};

/// Sums over pairs of samples.
///
/// Distance sums, p and its standard error do not depend on batch size, order, threads or sharding, bit for bit. A
/// batch counts when `end_batch` returns; if it throws, the batch is dropped as a whole and the rest stays. Two threads
/// may not use one accumulator at once: preindex.in_use.
class Accumulator {
 public:
  using LayerId = std::size_t;  ///< position in `layers()`
  /// Values per clean and per shifted embedding, per clean and per shifted RESQUE vector.
  using Widths = std::array<std::size_t, 4>;

  /// `classes`: number of distinct labels; layers that are not wider do not count. Throws preindex.bad_option.
  Accumulator(Options options, std::size_t classes);
  Accumulator(Accumulator&&) noexcept;
  Accumulator& operator=(Accumulator&&) noexcept;
  ~Accumulator();

  /// The layer of this name, entered into the table when first seen. Throws preindex.width_changed.
  LayerId layer(std::string_view name, std::size_t width);

  /// Vectors of the same samples before and after the shift; once per call of the module in the batch.
  ///
  /// A layer that is not kept is ignored. Throws preindex.unpaired, preindex.width_changed.
  void add_pairs(LayerId layer, const View& clean, const View& shifted);

  /// Embeddings of the samples of the batch, flattened; labels in the same order. Copied.
  void add_embedding(Side side, const View& rows, std::span<const Label> labels);

  /// Vectors for RESQUE's shift index; the sides need not be paired. Counted at once.
  void add_resque(Side side, const View& rows, std::span<const Label> labels);

  /// Counts the batch.
  ///
  /// Throws preindex.unpaired (rows or labels differ, a layer gave no output in this batch), preindex.nonfinite,
  /// preindex.zero_width, preindex.unknown_layer, preindex.no_layer.
  void end_batch();

  /// Drops what was added since the last `end_batch`.
  void drop_batch() noexcept;

  /// Adds another shard. Throws preindex.config_mismatch with the keys that differ.
  void merge(const Accumulator& other);

  /// The result so far. Throws preindex.empty without pairs, preindex.no_layer, preindex.class_sets.
  [[nodiscard]] Result result() const;

  /// RESQUE's shift index of what `add_resque` counted.
  [[nodiscard]] Resque resque() const;

  /// The state without stored embeddings, versioned JSON; its size does not depend on the number of pairs. Throws
  /// preindex.bad_state while a batch is open.
  [[nodiscard]] std::string to_json() const;
  /// Reads a state. Throws preindex.bad_state for a corrupt or a newer one.
  [[nodiscard]] static Accumulator from_json(std::string_view text);
  /// Gives a state the embeddings that it was read without: those of `embeddings()`, with their labels.
  void restore_embeddings(const View& rows, std::span<const Label> labels);

  [[nodiscard]] const Options& options() const noexcept;  ///< as they were given
  /// Number of classes of the model, which decides which layers are kept.
  [[nodiscard]] std::size_t classes() const noexcept;
  [[nodiscard]] std::size_t pairs() const noexcept;                 ///< so far
  [[nodiscard]] const std::vector<Layer>& layers() const noexcept;  ///< seen so far

  /// Every choice that two shards must share, JSON, and its hash.
  [[nodiscard]] std::string config() const;
  [[nodiscard]] std::string config_hash() const;  ///< of `config`

  /// The exact parts as integers that add up over shards (limbs of 32 bits in int64), and the sums in double.
  ///
  /// Embedding sums are laid out for the classes given, which must contain those seen, in their order, and for the
  /// widths given, where they are greater than those seen: a shard without samples has seen none.
  struct Packed {
    std::vector<std::int64_t> integers{};  ///< exact sums
    std::vector<double> doubles{};         ///< sums in double
  };
  /// For a sum over shards.
  [[nodiscard]] Packed pack(std::span<const Label> classes, const Widths& widths = {}) const;
  /// Replaces the sums by those of `packed`, which was added up over shards packed for the same classes and widths. The
  /// stored embeddings stay those of this shard, see `cluster`.
  void unpack(const Packed& packed, std::span<const Label> classes, const Widths& widths = {});

  /// Clusters the stored embeddings of all processes of `reducer` together, for `result`, which does so by itself where
  /// this shard has all pairs. Every process calls it, after `unpack`. Nothing is done unless embeddings of all pairs
  /// are stored. Throws preindex.class_sets, and as `lloyd`.
  void cluster(const Reducer& reducer);

  /// Values per embedding and per RESQUE vector seen so far; 0: none.
  [[nodiscard]] Widths widths() const;

  /// The classes seen so far, ascending.
  [[nodiscard]] std::vector<Label> labels() const;

  /// Means of the embeddings of each class on a side, ascending; for the initial centres.
  [[nodiscard]] Matrix class_means(Side side) const;

  /// The stored embeddings and, row by row, their classes as ranks in `labels()`.
  [[nodiscard]] const EmbeddingStore& embeddings() const noexcept;
  [[nodiscard]] Classes embedding_classes() const;  ///< classes of the stored embeddings, row by row

 private:
  [[nodiscard]] ClusterResult clustered(const Reducer& reducer) const;
  void add_clustering(Result& result) const;

  struct State;
  std::unique_ptr<State> state_;
};

/// The layer whose output is clustered unless the caller names one; ours: the last kept convolution in `cnn`, or else
/// the last kept layer. `convolution` holds, layer by layer, whether it is one. Throws preindex.no_layer.
[[nodiscard]] inline std::string default_embedding(const std::vector<Layer>& layers,
                                                   const std::vector<bool>& convolution, Mode mode) {
  for (const bool only_convolutions : {mode == Mode::cnn, false}) {
    for (std::size_t i = layers.size(); i-- > 0;) {
      if (layers[i].kept && (!only_convolutions || (i < convolution.size() && convolution[i]))) return layers[i].name;
    }
  }
  throw Error("preindex.no_layer",
              "no layer is kept, so none can be clustered; candidates and their widths: " + detail::candidates(layers));
}

}  // namespace co2lib::preindex
