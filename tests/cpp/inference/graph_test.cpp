// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <co2lib/inference/graph.hpp>

#include <map>
#include <set>

#include "inference/helpers.hpp"

namespace co2lib::inference {

namespace {

using testing::code_of;

/// A graph of operators given as name, op and inputs.
Graph graph_of(std::vector<Node> nodes, std::vector<std::string> outputs) {
  return {.nodes = std::move(nodes), .outputs = std::move(outputs)};
}

std::vector<std::string> names(const std::vector<GraphKernel>& kernels) {
  std::vector<std::string> list;
  for (const GraphKernel& k : kernels) list.push_back(k.name);
  return list;
}

TEST(InferenceGraph, LooksThroughWhatComputesNothing) {
  const Graph g = graph_of({{"in", "input", {}},
                            {"c", "conv", {"in"}},
                            {"d", "dropout", {"c"}},
                            {"b", "bn", {"d"}},
                            {"f", "flatten", {"b"}},
                            {"r", "relu6", {"f"}}},
                           {"r"});
  EXPECT_EQ(names(kernels(g, rules("cpu"))), std::vector<std::string>{"conv-bn-relu"});
  EXPECT_EQ(names(kernels(g, rules("none"))), (std::vector<std::string>{"conv", "bn", "relu"}));
}

TEST(InferenceGraph, DeadNodesAreNeitherCountedNorConsumers) {
  const Graph g = graph_of({{"c", "conv", {"x"}}, {"b", "bn", {"c"}}, {"dead", "relu", {"c"}}}, {"b"});
  EXPECT_EQ(names(kernels(g, rules("cpu"))), std::vector<std::string>{"conv-bn"});
}

TEST(InferenceGraph, ATensorThatIsReadTwiceIsNotFused) {
  const Graph g = graph_of({{"c", "conv", {"x"}}, {"b", "bn", {"c"}}, {"a", "add", {"b", "b"}}}, {"a"});
  EXPECT_EQ(names(kernels(g, rules("gpu"))), (std::vector<std::string>{"conv-bn", "add"}));
}

TEST(InferenceGraph, OutputsEndAChain) {
  const Graph g = graph_of({{"c", "conv", {"x"}}, {"b", "bn", {"c"}}, {"r", "relu", {"b"}}}, {"b", "r"});
  EXPECT_EQ(names(kernels(g, rules("cpu"))), (std::vector<std::string>{"conv-bn", "relu"}));
}

TEST(InferenceGraph, WhatIsCutOffIsUnassignedAgain) {
  // conv-bn-add is a prefix of a rule and no rule itself under these.
  const Rules own{{"conv", "bn", "add", "relu"}, {"conv", "bn"}};
  const Graph g =
      graph_of({{"c", "conv", {"x"}}, {"b", "bn", {"c"}}, {"a", "add", {"b", "x"}}, {"s", "swish", {"a"}}}, {"s"});
  EXPECT_EQ(names(kernels(g, own)), (std::vector<std::string>{"conv-bn", "add", "swish"}));
  EXPECT_EQ(code_of([&] { (void)kernels(g, {{"conv", "flatten"}}); }), "inference.out_of_range");
  EXPECT_EQ(code_of([&] { (void)kernels(g, {{}}); }), "inference.out_of_range");
  EXPECT_EQ(code_of([] { (void)rules("tpu"); }), "inference.out_of_range");
}

TEST(InferenceGraph, EveryLiveNodeIsInExactlyOneKernel) {
  const std::vector<std::string> ops{"conv", "bn", "relu", "add", "dwconv", "relu6", "concat", "reshape", "se", "fc"};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto draw = [&, i = std::uint64_t{0}]() mutable { return random::draw(seed, i++, "graph"); };
    Graph g;
    for (int i = 0; i < 40; ++i) {
      Node node{.name = "n" + std::to_string(i), .op = ops[static_cast<std::size_t>(draw() * double(ops.size()))]};
      for (int k = 0; k < (node.op == "add" || node.op == "concat" ? 2 : 1); ++k) {
        const int at = i - 1 - static_cast<int>(draw() * 4);
        node.inputs.push_back(at < 0 ? "x" : "n" + std::to_string(at));
      }
      g.nodes.push_back(node);
    }
    g.outputs = {"n39", "n20"};
    const std::size_t alone = kernels(g, rules("none")).size();
    for (const char* name : {"cpu", "gpu", "vpu"}) {
      std::set<std::string> seen;
      std::size_t count = 0;
      for (const GraphKernel& k : kernels(g, rules(name))) {
        count += k.nodes.size();
        seen.insert(k.nodes.begin(), k.nodes.end());
      }
      EXPECT_EQ(count, alone) << seed << name;
      EXPECT_EQ(seen.size(), alone) << seed << name;
    }
  }
}

TEST(InferenceGraph, ConfigurationsFollowShapesAndAttributes) {
  const Graph g = parse_graph(R"({"nodes": [
    {"name": "c", "op": "conv", "inputs": ["x"], "attrs": {"k": 3, "s": 2, "pad": 1, "cout": 16, "w_bits": 8, "a_bits": 8}},
    {"name": "r", "op": "relu", "inputs": ["c"]},
    {"name": "fl", "op": "flatten", "inputs": ["r"]},
    {"name": "f", "op": "fc", "inputs": ["fl"], "attrs": {"cout": 10}},
    {"name": "t", "op": "fc", "inputs": ["tokens"], "attrs": {"cout": 64}},
    {"name": "qk", "op": "matmul", "inputs": ["q", "kt"], "attrs": {"w_bits": 8, "a_bits": 16}},
    {"name": "k2", "op": "concat", "inputs": ["c", "r"]},
    {"name": "e", "op": "embedding", "inputs": ["ids"], "attrs": {"cout": 32}}],
    "outputs": ["f", "t", "qk", "k2", "e"],
    "shapes": {"x": [2, 3, 32, 32], "c": [2, 16, 16, 16], "r": [2, 16, 16, 16], "fl": [2, 4096], "tokens": [1, 7, 48],
               "q": [1, 4, 7, 12], "kt": [1, 4, 12, 7], "ids": [1, 9]}})");
  std::map<std::string, KernelConfig> by_node;
  for (const GraphKernel& k : kernels(g, rules("none"))) {
    ASSERT_TRUE(k.config) << k.name << k.missing;
    by_node[k.nodes.front()] = *k.config;
  }
  EXPECT_EQ(by_node["c"].batch, 2);
  EXPECT_EQ(by_node["c"].cout, 16);
  EXPECT_EQ(by_node["c"].h, 32);
  EXPECT_EQ(by_node["c"].w_bits, 8);
  EXPECT_EQ(by_node["f"].cin, 4096);
  EXPECT_EQ(by_node["t"].kernel, "matmul");
  EXPECT_EQ(by_node["t"].m, 7);
  EXPECT_EQ(by_node["t"].k, 48);
  EXPECT_EQ(by_node["t"].n, 64);
  EXPECT_EQ(by_node["qk"].heads, 4);
  EXPECT_EQ(by_node["qk"].m, 7);
  EXPECT_EQ(by_node["qk"].k, 12);
  EXPECT_EQ(by_node["qk"].w_bits, 16);
  EXPECT_EQ(by_node["k2"].cins, (std::vector<std::int64_t>{16, 16}));
  EXPECT_EQ(by_node["e"].m, 9);
  EXPECT_EQ(by_node["e"].n, 32);
  for (const auto& [node, config] : by_node) EXPECT_GT(features(config).bytes(), 0) << node;
}

TEST(InferenceGraph, RefusesWhatIsNoGraph) {
  const std::vector<std::string> bad{
      "",
      "[]",
      R"({"nodes": [], "outputs": []})",
      R"({"nodes": [{"name": "a", "op": "relu", "inputs": ["b"]}, {"name": "b", "op": "relu", "inputs": ["a"]}], "outputs": ["b"]})",
      R"({"nodes": [{"name": "a", "op": "relu", "inputs": ["a"]}], "outputs": ["a"]})",
      R"({"nodes": [{"name": "a", "op": "relu"}, {"name": "a", "op": "relu"}], "outputs": ["a"]})",
      R"({"nodes": [{"name": "a", "op": "lstm"}], "outputs": ["a"]})",
      R"({"nodes": [{"name": "a", "op": "relu"}], "outputs": ["b"]})",
      R"({"nodes": [{"name": "a", "op": "relu", "attrs": {"stride": 2}}], "outputs": ["a"]})",
      R"({"nodes": [{"name": "a", "op": "relu"}], "outputs": ["a"], "shapes": {"a": [1, 0]}})",
      R"({"nodes": [{"name": "a", "op": "relu", "op": "bn"}], "outputs": ["a"]})",
  };
  for (const std::string& text : bad) {
    EXPECT_EQ(code_of([&] { (void)parse_graph(text); }), "inference.bad_graph") << text;
  }
  EXPECT_EQ(code_of([] { (void)load_graph("/nonexistent/graph.json"); }), "inference.bad_graph");
}

TEST(InferenceGraph, RoundTripsAsJson) {
  const Graph g = parse_graph(R"({"nodes": [{"name": "c", "op": "conv", "inputs": ["x"], "attrs": {"k": 3, "pad": 0.5,
    "bias": false, "integer": true}}, {"name": "o", "op": "other", "inputs": ["c"], "attrs": {"type": "aten::erf"}}],
    "outputs": ["o"], "shapes": {"x": [1, 3, 8, 8]}})");
  EXPECT_EQ(parse_graph(g.to_json()), g);
}

TEST(InferenceGraph, UnmodelledOperatorsHaveTheirShareOfTheBytes) {
  Graph g = graph_of({{"c", "conv", {"x"}}, {"o", "other", {"c"}}}, {"o"});
  g.shapes = {{"c", {1, 9, 10, 10}}, {"o", {1, 1, 10, 10}}};
  ASSERT_EQ(unmodelled(g).size(), 1U);
  EXPECT_DOUBLE_EQ(unmodelled(g)[0].share, 0.1);
  g.shapes.erase("o");
  EXPECT_DOUBLE_EQ(unmodelled(g)[0].share, 1);
}

}  // namespace

}  // namespace co2lib::inference
