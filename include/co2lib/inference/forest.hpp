// SPDX-License-Identifier: MIT
// A regression forest, trained elsewhere, read from JSON and evaluated here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/names.hpp>
#include <co2lib/record.hpp>

namespace co2lib::inference {

/// What a forest predicts.
enum class Target : std::uint8_t {
  latency_us,  ///< time of a kernel, us
  energy_mj,   ///< energy of a kernel, mJ
};
/// Texts of `Target`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Target) noexcept { return texts("latency_us", "energy_mj"); }

/// The mean over regression trees, as scikit-learn's `RandomForestRegressor` predicts it.
///
/// Features are rounded to float32 first, as scikit-learn does inside; `x <= threshold` goes left.
class Forest {
 public:
  std::string kernel{};                 ///< for which it was trained
  std::vector<std::string> features{};  ///< names, in the order of the vectors that it takes
  Target target = Target::latency_us;   ///< what it predicts
  bool log = true;                      ///< the trees predict the logarithm
  /// Least and greatest value in training of each feature, and of columns that were the same in all rows and are
  /// therefore no feature; empty in a bare forest.
  std::map<std::string, std::pair<double, double>, std::less<>> range{};
  /// 5th and 95th percentile of true/predicted on the test split; absent in a bare forest.
  std::optional<std::pair<double, double>> residual{};
  std::map<std::string, std::string, std::less<>> meta{};  ///< device, processor, precision, date and so on, as texts

  /// The prediction for one vector of features; another width, and a value that is not finite, is
  /// `inference.bad_model`.
  [[nodiscard]] double predict(std::span<const double> x) const;

  /// The predictions for vectors that stand one after the other, `rows.size() / features.size()` of them.
  ///
  /// All go through one tree before the next, for the walk waits for memory: the same bits as one by one.
  [[nodiscard]] std::vector<double> predict_many(std::span<const double> rows) const;

  /// True if a feature with a known range lies outside of it.
  [[nodiscard]] bool outside(std::span<const double> x) const;

  /// True if a value lies within the ends of a range, all in single precision, as training saw them.
  [[nodiscard]] static bool inside(double x, const std::pair<double, double>& ends) noexcept;

  [[nodiscard]] std::size_t trees() const noexcept { return roots_.size(); }  ///< number of trees
  [[nodiscard]] std::size_t nodes() const noexcept { return nodes_.size(); }  ///< nodes of all trees, leaves included

 private:
  friend class ForestReader;

  /// A threshold in single precision: a feature in single precision is `<=` a double if and only if it is `<=` the
  /// greatest single that is not above it. A leaf leads to itself, whatever the features are.
  struct TreeNode {
    float threshold = 0;
    std::uint32_t feature = 0;
    std::uint32_t left = 0;   ///< in `nodes_`
    std::uint32_t right = 0;  ///< in `nodes_`; of a leaf its place in `values_`
  };

  void add_tree(std::uint32_t root, const float* rows, std::span<double> sums) const noexcept;

  std::vector<TreeNode> nodes_{};
  std::vector<double> values_{};
  std::vector<std::uint32_t> roots_{};
};

/// Reads a forest, `co2lib-forest/1` (docs/inference.md, "Profiles").
///
/// `inference.bad_model` with name and place: not JSON, no tree, an empty tree, arrays of unequal length, a feature
/// that is not in the list, a child that is not larger than its parent or outside the arrays (so there is no loop).
[[nodiscard]] Forest parse_forest(std::string_view text, const std::string& name = "forest");

/// As `parse_forest`, of a file of at most 1 GiB.
[[nodiscard]] Forest load_forest(const std::filesystem::path& file);

}  // namespace co2lib::inference
