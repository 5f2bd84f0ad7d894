// SPDX-License-Identifier: MIT
// Kernels of a graph: chains of operators that a rule allows (docs/inference.md, "Kernels").
//
// 1. Live nodes are visited in file order; an unassigned one begins a chain.
// 2. The chain grows by the only consumer of its last node, while the sequence is a prefix of a rule and everything
//    else the consumer reads is finished.
// 3. It is cut back to the longest sequence that is a rule; one node always is.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <utility>

#include <co2lib/inference/graph.hpp>
#include <co2lib/inference/refuse.hpp>

#include "inference/walk.hpp"

namespace co2lib::inference {

namespace {

using detail::outside;
using detail::Walk;

/// The rules as a tree of operators.
class RuleTree {
 public:
  explicit RuleTree(const Rules& rules) : states_(1) {
    for (const std::vector<std::string>& rule : rules) {
      if (rule.empty()) detail::out_of_range("rules: a rule has no operator");
      std::size_t at = 0;
      for (const std::string& op : rule) {
        if (!detail::known_op(op) || detail::transparent(op)) {
          detail::out_of_range("rules: '" + op.substr(0, 60) + "' is not an operator that a kernel can have");
        }
        at = child(at, detail::plain_op(op));
      }
      states_[at].whole = true;
    }
  }

  /// The state after one more operator; nothing if no rule goes on like that.
  [[nodiscard]] std::optional<std::size_t> next(std::size_t at, std::string_view op) const {
    const auto found = states_[at].next.find(op);
    if (found == states_[at].next.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] bool whole(std::size_t at) const { return states_[at].whole; }

 private:
  struct State {
    std::map<std::string, std::size_t, std::less<>> next;
    bool whole = false;
  };

  std::size_t child(std::size_t at, std::string_view op) {
    if (const std::optional<std::size_t> known = next(at, op)) return *known;
    states_.emplace_back();
    states_[at].next.emplace(op, states_.size() - 1);
    return states_.size() - 1;
  }

  std::vector<State> states_;
};

/// Extraction in progress: which kernel each node is in.
class Extraction {
 public:
  Extraction(const Graph& graph, const Rules& rules)
      : graph_(graph), walk_(graph, "graph"), tree_(rules), finished_(graph.nodes.size(), false) {}

  [[nodiscard]] std::vector<GraphKernel> run() {
    std::vector<GraphKernel> all;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!walk_.live(i) || finished_[i]) continue;
      const std::vector<std::size_t> chain = chain_from(i);
      for (const std::size_t node : chain) finished_[node] = true;
      all.push_back(kernel_of(chain));
    }
    return all;
  }

 private:
  [[nodiscard]] std::string_view op(std::size_t node) const { return detail::plain_op(graph_.nodes[node].op); }

  [[nodiscard]] bool can_follow(std::size_t last, std::size_t consumer) const {
    if (finished_[consumer]) return false;
    const auto& inputs = walk_.inputs(consumer);
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](std::size_t input) { return input == outside || input == last || finished_[input]; });
  }

  [[nodiscard]] std::vector<std::size_t> chain_from(std::size_t first) const {
    std::vector<std::size_t> chain{first};
    std::size_t allowed = 1;
    std::optional<std::size_t> state = tree_.next(0, op(first));
    while (state) {
      const std::size_t last = chain.back();
      const auto& consumers = walk_.consumers(last);
      if (walk_.output(last) || consumers.size() != 1 || !can_follow(last, consumers.front())) break;
      state = tree_.next(*state, op(consumers.front()));
      if (!state) break;
      chain.push_back(consumers.front());
      if (tree_.whole(*state)) allowed = chain.size();
    }
    chain.resize(allowed);
    return chain;
  }

  [[nodiscard]] GraphKernel kernel_of(const std::vector<std::size_t>& chain) const {
    GraphKernel k;
    for (const std::size_t node : chain) {
      k.name.append(k.name.empty() ? "" : "-").append(op(node));
      k.nodes.push_back(graph_.nodes[node].name);
    }
    if (op(chain.front()) == "other") {
      k.missing = "an operator without a mapping";
      return k;
    }
    k.kernel = kernel_name(k.name);
    k.config = detail::config_of(graph_, walk_, chain.front(), k.kernel, k.missing);
    if (k.config) k.kernel = k.config->kernel;
    return k;
  }

  const Graph& graph_;
  Walk walk_;
  RuleTree tree_;
  std::vector<bool> finished_;
};

/// Rules as texts, operators joined by `-`; `global-avgpool` is one operator.
Rules read_rules(std::initializer_list<std::string_view> texts) {
  Rules rules;
  for (const std::string_view text : texts) {
    std::vector<std::string>& ops = rules.emplace_back();
    if (text == "global-avgpool") {
      ops.emplace_back(text);
      continue;
    }
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('-', at), text.size());
      ops.emplace_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  return rules;
}

}  // namespace

const Rules& rules(std::string_view name) {
  // nn-Meter's detected fusion rules (microsoft/nn-Meter, commit cd8dab4).
  static const std::map<std::string_view, Rules> all{
      {"cpu",
       read_rules({"conv-relu",    "fc",      "maxpool", "global-avgpool",  "fc-relu", "concat",    "avgpool",
                   "conv-bn-relu", "bn-relu", "conv",    "se-relu",         "conv-bn", "dwconv-bn", "dwconv-bn-relu",
                   "add",          "hswish",  "se",      "conv-bn-bn-relu", "relu",    "add-relu",  "channelshuffle",
                   "split"})},
      {"gpu", read_rules({"conv-relu",
                          "fc",
                          "maxpool",
                          "global-avgpool",
                          "fc-relu",
                          "concat",
                          "avgpool",
                          "conv-bn-relu",
                          "bn-relu",
                          "conv",
                          "se-relu",
                          "conv-bn",
                          "dwconv-bn",
                          "conv-bn-add",
                          "dwconv-bn-relu",
                          "hswish",
                          "se",
                          "conv-bn-bn-relu",
                          "conv-bn-add-add-bn-relu",
                          "add-relu",
                          "relu",
                          "conv-bn-add-relu",
                          "conv-bn-add-bn-relu",
                          "add-add",
                          "conv-bn-add-add",
                          "add"})},
      {"vpu", read_rules({"conv-relu",
                          "relu",
                          "fc",
                          "maxpool",
                          "global-avgpool",
                          "concat",
                          "avgpool",
                          "conv-bn-relu",
                          "bn",
                          "conv",
                          "se-relu",
                          "conv-bn",
                          "dwconv-bn",
                          "dwconv-bn-relu",
                          "add",
                          "hswish",
                          "conv-bn-hswish",
                          "se",
                          "conv-bn-bn-relu",
                          "add-relu",
                          "channelshuffle",
                          "split"})},
      {"none", {}}};
  const auto found = all.find(name);
  if (found == all.end()) {
    detail::out_of_range("rules: '" + std::string(name.substr(0, 60)) +
                         "' is not known; use cpu, gpu, vpu, none, or a list of lists of operators");
  }
  return found->second;
}

std::vector<GraphKernel> kernels(const Graph& graph, const Rules& rules) { return Extraction(graph, rules).run(); }

void check_graph(const Graph& graph, const std::string& name) { const Walk walk(graph, name); }

std::vector<Unmodelled> unmodelled(const Graph& graph) {
  const Walk walk(graph, "graph");
  std::vector<Unmodelled> found;
  double total = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!walk.live(i)) continue;
    const Node& node = graph.nodes[i];
    const auto shape = graph.shapes.find(node.name);
    double bytes = std::nan("");
    if (shape != graph.shapes.end()) {
      double elements = 1;
      for (const std::int64_t x : shape->second) elements *= static_cast<double>(x);
      bytes = std::ceil(elements * node.attrs.a_bits.value_or(32) / 8);
      total += bytes;
    }
    if (node.op == "other") found.push_back({node.name, node.attrs.type, bytes});
  }
  for (Unmodelled& u : found) u.share = std::isnan(u.share) || total <= 0 ? 1 : u.share / total;
  return found;
}

}  // namespace co2lib::inference
