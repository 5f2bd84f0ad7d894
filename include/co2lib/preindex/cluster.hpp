// SPDX-License-Identifier: MIT
// Clustering: class means, Lloyd's algorithm as scikit-learn runs it, and 1 - ARI: the damage to the class structure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/preindex/embedding.hpp>
#include <co2lib/preindex/index.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/preindex/reducer.hpp>
#include <co2lib/preindex/vector.hpp>
#include <co2lib/record.hpp>

namespace co2lib::preindex {

/// The label of a sample: an integer, or a text (ordered by code point).
using Label = std::variant<std::int64_t, std::string>;

/// The label as text, for messages and files.
[[nodiscard]] inline std::string to_string(const Label& label) {
  const auto* number = std::get_if<std::int64_t>(&label);
  return number != nullptr ? std::to_string(*number) : std::get<std::string>(label);
}

/// The distinct labels in ascending order and, per sample, the rank of its label among them.
struct Classes {
  std::vector<Label> labels{};        ///< ascending, each once
  std::vector<std::int32_t> index{};  ///< rank of each sample's label

  [[nodiscard]] std::size_t count() const noexcept { return labels.size(); }  ///< number of distinct labels
};

/// Ranks labels. Throws preindex.bad_option if integers and texts are mixed.
[[nodiscard]] inline Classes classes_of(std::span<const Label> labels) {
  Classes classes{{labels.begin(), labels.end()}, {}};
  std::sort(classes.labels.begin(), classes.labels.end());
  classes.labels.erase(std::unique(classes.labels.begin(), classes.labels.end()), classes.labels.end());
  if (!classes.labels.empty() && classes.labels.front().index() != classes.labels.back().index()) {
    throw detail::bad_option("labels", "a mix of integers and texts", "one of the two");
  }
  classes.index.reserve(labels.size());
  for (const Label& label : labels) {
    const auto at = std::lower_bound(classes.labels.begin(), classes.labels.end(), label);
    classes.index.push_back(static_cast<std::int32_t>(at - classes.labels.begin()));
  }
  return classes;
}

/// The contingency table of two labellings of the same samples. Throws preindex.unpaired, preindex.empty.
[[nodiscard]] inline Contingency contingency(std::span<const Label> truth, std::span<const Label> predicted) {
  if (truth.size() != predicted.size()) {
    throw Error("preindex.unpaired", std::to_string(truth.size()) + " labels on one side, " +
                                         std::to_string(predicted.size()) + " on the other");
  }
  const Classes a = classes_of(truth);
  const Classes b = classes_of(predicted);
  Contingency table(a.count(), b.count());
  for (std::size_t i = 0; i < truth.size(); ++i) ++table.row(static_cast<std::size_t>(a.index[i]))[b.index[i]];
  return table;
}

/// The adjusted Rand index of two labellings.
[[nodiscard]] inline double adjusted_rand(std::span<const Label> truth, std::span<const Label> predicted) {
  return adjusted_rand(contingency(truth, predicted));
}

/// Why Lloyd's algorithm stopped.
enum class Stop {
  strict,    ///< the labels did not change
  tol,       ///< the centres moved less than the tolerance
  max_iter,  ///< the limit of iterations
};
/// Texts of `Stop`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Stop) noexcept { return texts("strict", "tol", "max_iter"); }

/// When Lloyd's algorithm ends.
struct LloydOptions {
  double tolerance = 1e-4;   ///< times the mean variance of the features
  int max_iterations = 300;  ///< at most
  unsigned threads = 0;      ///< 0: as many as the machine has; the result does not depend on it
  std::uint64_t seed = 0;    ///< of k-means++
};

/// What a clustering found; `ari` and what hangs on it only where labels were given.
struct ClusterResult {
  std::vector<std::int32_t> labels{};  ///< cluster per sample of this process; cluster k started from centre k
  Matrix centres{};                    ///< K x D
  int iterations = 0;                  ///< number of M-steps
  Stop stop = Stop::strict;            ///< why it ended
  double inertia = 0;                  ///< sum of squared distances to the own centre
  double tol_abs = 0;                  ///< the tolerance in the units of the data, squared
  std::vector<Label> classes{};        ///< of the labels given, ascending
  Contingency contingency{};           ///< class x cluster
  std::optional<double> ari{};         ///< adjusted Rand index of classes and clusters
  std::optional<double> inv_ari{};     ///< 1 - ARI, in [0, 1.5]
  std::vector<Issue> issues{};         ///< `trivial_clustering` for one class or as many as samples
};

/// Lloyd's algorithm from given centres, with the rules and stopping criteria of scikit-learn.
///
/// Sums and centres in double; products in float32, near ties decided again in double, so that labels are those of a
/// double run. The same result for any number of threads, and for any split of the rows over the processes of
/// `reducer`, each of which gives its shard, possibly empty, and the same centres and options. Throws preindex.empty,
/// preindex.width_changed, preindex.nonfinite; preindex.rank_failed where another process threw.
[[nodiscard]] ClusterResult lloyd(const EmbeddingReader& data, const Matrix& centres, const LloydOptions& options = {},
                                  const Reducer& reducer = one_process());

/// k centres drawn by k-means++ (Arthur and Vassilvitskii 2007) with the generator of the room `random`.
[[nodiscard]] Matrix kmeans_plus_plus(const EmbeddingReader& data, std::size_t k, const LloydOptions& options = {},
                                      const Reducer& reducer = one_process());

/// Means of the rows of each class, in double; one row per class. `classes.labels` are those of all processes.
///
/// Throws preindex.unpaired, preindex.empty, preindex.nonfinite.
[[nodiscard]] Matrix class_means(const EmbeddingReader& data, const Classes& classes, unsigned threads = 0,
                                 const Reducer& reducer = one_process());

/// Clusters embeddings from centres, one per class, and compares with the labels of the samples.
[[nodiscard]] ClusterResult cluster(const EmbeddingReader& data, const Classes& classes, const Matrix& centres,
                                    const LloydOptions& options = {}, const Reducer& reducer = one_process());

/// 1 - ARI of a variant (docs/preindex.md, "The index"); embeddings N x D, pairs in the same order.
///
/// Throws preindex.unpaired, preindex.empty, preindex.nonfinite.
[[nodiscard]] ClusterResult inv_ari(const View& clean, const View& shifted, std::span<const Label> labels,
                                    Variant variant = Variant::noise_2, const LloydOptions& options = {});

}  // namespace co2lib::preindex
