// SPDX-License-Identifier: MIT
#include "inference/walk.hpp"

#include <algorithm>
#include <array>

#include <co2lib/inference/refuse.hpp>

namespace co2lib::inference::detail {

namespace {

constexpr std::array<std::string_view, 23> computing_ops{
    "conv",    "dwconv",  "fc",      "matmul",         "bn",   "relu", "relu6",  "hswish", "swish",
    "sigmoid", "maxpool", "avgpool", "global-avgpool", "add",  "mul",  "concat", "split",  "channelshuffle",
    "se",      "norm",    "softmax", "embedding",      "other"};
constexpr std::array<std::string_view, 8> transparent_ops{"reshape",  "flatten",    "dropout", "identity",
                                                          "quantize", "dequantize", "input",   "output"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view op) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

}  // namespace

bool transparent(std::string_view op) { return among(transparent_ops, op); }
bool known_op(std::string_view op) { return among(computing_ops, op) || transparent(op); }
bool keeps_shape(std::string_view op) { return transparent(op) && op != "reshape" && op != "flatten"; }
std::string_view plain_op(std::string_view op) { return op == "relu6" ? std::string_view("relu") : op; }

Walk::Walk(const Graph& graph, const std::string& name)
    : seen_through_(graph.nodes.size(), outside),
      inputs_(graph.nodes.size()),
      consumers_(graph.nodes.size()),
      live_(graph.nodes.size(), false),
      output_(graph.nodes.size(), false) {
  resolve(graph, name);
  spread(graph);
}

std::size_t Walk::source(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? outside : seen_through_[found->second];
}

void Walk::resolve(const Graph& graph, const std::string& name) {
  const std::size_t count = graph.nodes.size();
  by_name_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes[i];
    const std::string here = name + ": nodes[" + std::to_string(i) + "]";
    if (node.name.empty()) bad_graph(here + ": the node has no name");
    if (!known_op(node.op)) {
      bad_graph(here + " (" + node.name + "): the op '" + node.op.substr(0, 60) +
                "' is not known; what has no mapping is 'other'");
    }
    if (!by_name_.emplace(node.name, i).second) bad_graph(here + ": the name '" + node.name + "' is used twice");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes[i];
    for (const std::string& input : node.inputs) {
      const auto found = by_name_.find(input);
      if (found == by_name_.end()) continue;
      if (found->second >= i) {
        bad_graph(name + ": nodes[" + std::to_string(i) + "] (" + node.name + "): the input '" + input +
                  "' is produced " + (found->second == i ? "by itself" : "later") +
                  "; nodes stand in topological order");
      }
    }
    seen_through_[i] = !transparent(node.op) ? i : node.inputs.empty() ? outside : source(node.inputs.front());
  }
  if (graph.outputs.empty()) bad_graph(name + ": outputs is empty; name the nodes that the model answers with");
  for (const std::string& output : graph.outputs) {
    if (!has(output)) bad_graph(name + ": the output '" + output + "' is produced by no node");
  }
}

void Walk::spread(const Graph& graph) {
  for (const std::string& output : graph.outputs) {
    const std::size_t node = source(output);
    if (node != outside) live_[node] = output_[node] = true;
  }
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    if (!live_[i]) continue;
    for (const std::string& input : graph.nodes[i].inputs) {
      const std::size_t from = source(input);
      inputs_[i].push_back(from);
      if (from != outside) live_[from] = true;
    }
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::size_t from : inputs_[i]) {
      if (from != outside) consumers_[from].push_back(i);
    }
  }
}

}  // namespace co2lib::inference::detail
