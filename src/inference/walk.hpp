// SPDX-License-Identifier: MIT
// Names of a graph resolved to nodes: who is alive, who reads whom. Private to the domain.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <co2lib/inference/graph.hpp>

namespace co2lib::inference::detail {

/// No node: a graph input or a constant.
inline constexpr std::size_t outside = static_cast<std::size_t>(-1);

[[nodiscard]] bool known_op(std::string_view op);
/// Operators that compute nothing: consumers look through them to their first input.
[[nodiscard]] bool transparent(std::string_view op);
/// Transparent operators that keep the shape of their input.
[[nodiscard]] bool keeps_shape(std::string_view op);
/// `relu6` counts as `relu`.
[[nodiscard]] std::string_view plain_op(std::string_view op);

/// A graph that was checked, with its names resolved.
class Walk {
 public:
  /// Throws `inference.bad_graph`.
  Walk(const Graph& graph, const std::string& name);

  /// The node that a name stands for, transparent ones looked through; `outside` if there is none.
  [[nodiscard]] std::size_t source(std::string_view name) const;

  [[nodiscard]] bool live(std::size_t node) const { return live_[node]; }
  [[nodiscard]] bool output(std::size_t node) const { return output_[node]; }
  /// The sources of a live node's inputs, in order.
  [[nodiscard]] const std::vector<std::size_t>& inputs(std::size_t node) const { return inputs_[node]; }
  /// The live nodes that read a node, once for each of their inputs that is it.
  [[nodiscard]] const std::vector<std::size_t>& consumers(std::size_t node) const { return consumers_[node]; }
  /// True if a node of the graph has this name.
  [[nodiscard]] bool has(std::string_view name) const { return by_name_.contains(name); }
  /// The node of this name, transparent or not; null if there is none.
  [[nodiscard]] const Node* node(const Graph& graph, std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &graph.nodes[found->second];
  }

 private:
  void resolve(const Graph& graph, const std::string& name);
  void spread(const Graph& graph);

  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::vector<std::size_t> seen_through_{};  ///< of a node itself, of a transparent one its source
  std::vector<std::vector<std::size_t>> inputs_{};
  std::vector<std::vector<std::size_t>> consumers_{};
  std::vector<bool> live_{};
  std::vector<bool> output_{};
};

/// The configuration of a kernel that begins with this node; why there is none is left in `missing`.
[[nodiscard]] std::optional<KernelConfig> config_of(const Graph& graph, const Walk& walk, std::size_t node,
                                                    std::string_view kernel, std::string& missing);

}  // namespace co2lib::inference::detail
