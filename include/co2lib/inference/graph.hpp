// SPDX-License-Identifier: MIT
// A model as a graph of operators, and the kernels that a runtime makes of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference/kernel.hpp>

namespace co2lib::inference {

/// What an operator says of itself; what is absent has the default of `KernelConfig`.
struct Attributes {
  std::optional<std::int64_t> k{};          ///< edge of the window
  std::optional<std::int64_t> s{};          ///< stride
  std::optional<double> pad{};              ///< at each side; a half where both sides differ by one
  std::optional<std::int64_t> dilation{};   ///< distance of the window's taps
  std::optional<std::int64_t> groups{};     ///< groups of a convolution
  std::optional<std::int64_t> cout{};       ///< channels of the output
  std::optional<bool> bias{};               ///< there is one
  std::optional<int> w_bits{};              ///< bits of a weight
  std::optional<int> a_bits{};              ///< bits of an activation
  std::optional<bool> integer{};            ///< arithmetic with integers
  std::optional<std::int64_t> reduction{};  ///< of `se`
  std::string type{};                       ///< of an `other`: what its framework calls it
  std::string stands_for{};  ///< the operator that this one is counted in the place of (`gelu` as `swish`)

  bool operator==(const Attributes&) const = default;
};

/// One operator. `inputs` name other nodes, graph inputs or constants.
struct Node {
  std::string name{};                 ///< unique in the graph
  std::string op{};                   ///< `conv`, `relu`, `add`, ...: a shared name of docs/inference.md, "Kernels"
  std::vector<std::string> inputs{};  ///< names of nodes, graph inputs or constants, in the operator's order
  Attributes attrs{};                 ///< what it says of itself

  bool operator==(const Node&) const = default;
};

/// The operators of a model in topological order, the nodes it answers with, and the shapes of tensors.
///
/// A shape is [n, c, h, w], [n, c], or of tokens [n, s, c]; of the constant operand of a matmul [k, n]. Shapes and
/// attributes are needed for features only.
struct Graph {
  std::vector<Node> nodes{};           ///< in topological order
  std::vector<std::string> outputs{};  ///< names of the nodes it answers with; what they do not need is not live
  /// By the name of a node, graph input or constant.
  std::map<std::string, std::vector<std::int64_t>, std::less<>> shapes{};

  bool operator==(const Graph&) const = default;

  /// The description that `parse_graph` reads.
  [[nodiscard]] std::string to_json() const;
};

/// Reads the JSON description of docs/inference.md, "Graphs".
///
/// `inference.bad_graph` with the place: not JSON, an input that is produced later (so every cycle), a name used twice,
/// an unknown operator or attribute, an output that no node produces.
[[nodiscard]] Graph parse_graph(std::string_view text, const std::string& name = "graph");

/// As `parse_graph`, of a file of at most 64 MiB.
[[nodiscard]] Graph load_graph(const std::filesystem::path& file);

/// Checks names, operators and order of a graph made by hand; errors as `parse_graph`.
void check_graph(const Graph& graph, const std::string& name = "graph");

/// Sequences of operators that a runtime executes as one kernel.
using Rules = std::vector<std::vector<std::string>>;

/// `cpu`, `gpu`, `vpu` (nn-Meter's findings), or `none`: nothing fuses. Another name is `inference.out_of_range`.
[[nodiscard]] const Rules& rules(std::string_view name);

/// A kernel of a model.
struct GraphKernel {
  std::string name{};                    ///< its operators joined by `-`
  std::string kernel{};                  ///< the kernel whose features it has; empty for `other`
  std::vector<std::string> nodes{};      ///< in the order of the chain
  std::optional<KernelConfig> config{};  ///< absent where shapes or attributes are missing, and for `other`
  std::string missing{};                 ///< why there is no configuration
};

/// Splits the live nodes into kernels, in the order of emission (docs/inference.md, "Kernels"). Every live node that is
/// not transparent is in exactly one. The errors of `check_graph`; a rule with an unknown operator is
/// `inference.out_of_range`.
[[nodiscard]] std::vector<GraphKernel> kernels(const Graph& graph, const Rules& rules);

/// An operator without a mapping.
struct Unmodelled {
  std::string node{};  ///< its name in the graph
  std::string type{};  ///< what its framework calls it
  double share = 0;    ///< of the output bytes of all live nodes; 1 where its shape is unknown
};

/// The live operators without a mapping, in order.
[[nodiscard]] std::vector<Unmodelled> unmodelled(const Graph& graph);

}  // namespace co2lib::inference
