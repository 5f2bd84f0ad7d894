// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/custom_operator.h>

#include <co2lib/torch.hpp>

#include "show.hpp"

namespace co2lib::libtorch {
namespace {

namespace jit = ::torch::jit;

const jit::RegisterOperators operators({jit::Operator(
    "co2lib::probe(Tensor output, str layer) -> Tensor",
    [](jit::Stack& stack) {
      const std::string layer = jit::pop(stack).toStringRef();
      const at::Tensor output = jit::pop(stack).toTensor();
      show(layer, output);
      jit::push(stack, output);
    },
    // Not known to be pure: it is neither removed nor moved.
    c10::AliasAnalysisKind::CONSERVATIVE)});

[[nodiscard]] c10::Symbol probe_kind() { return c10::Symbol::fromQualString("co2lib::probe"); }

/// The layer whose `weight` a value is, by the chain of attributes it was read through; the model itself is "".
[[nodiscard]] std::optional<std::string> layer_of(const jit::Value* weight, const jit::Value* self) {
  const jit::Node* node = weight->node();
  if (node->kind() != c10::prim::GetAttr || node->s(c10::attr::name) != "weight") return std::nullopt;
  std::string name;
  for (const jit::Value* module = node->input(); module != self; module = module->node()->input()) {
    if (module->node()->kind() != c10::prim::GetAttr) return std::nullopt;
    name = module->node()->s(c10::attr::name) + (name.empty() ? "" : "." + name);
  }
  return name;
}

[[nodiscard]] bool is_layer(const jit::Node& node) {
  const std::string op = node.kind().toQualString();
  return op == "aten::linear" || op == "aten::conv1d" || op == "aten::conv2d" || op == "aten::conv3d" ||
         op.starts_with("aten::conv_transpose") || op == "aten::_convolution" || op == "aten::convolution";
}

void rewrite(jit::Graph& graph, jit::Block& block) {
  for (jit::Node* node : block.nodes()) {
    for (jit::Block* inner : node->blocks()) rewrite(graph, *inner);
    if (!is_layer(*node)) continue;
    const auto name = layer_of(node->namedInput("weight"), graph.inputs().at(0));
    if (!name) continue;
    const jit::WithInsertPoint after(node->next());
    jit::Value* layer = graph.insertConstant(*name);
    jit::Node* probe = graph.insertNode(graph.create(probe_kind(), {node->output(), layer}));
    probe->output()->setType(node->output()->type());
    node->output()->replaceAllUsesAfterNodeWith(probe, probe->output());
  }
}

[[nodiscard]] bool has_probe(const jit::Block& block) {
  return std::any_of(block.nodes().begin(), block.nodes().end(), [](const jit::Node* node) {
    return node->kind() == probe_kind() ||
           std::any_of(node->blocks().begin(), node->blocks().end(), [](const jit::Block* b) { return has_probe(*b); });
  });
}

}  // namespace

bool has_named_layers(const jit::Module& module) {
  const auto forward = module.find_method("forward");
  return forward && has_probe(*jit::toGraphFunction(forward->function()).graph()->block());
}

jit::Module with_named_layers(const jit::Module& module) {
  jit::Module copy = module.clone(/*inplace=*/true);  // its own graph, the same parameters
  const auto graph = jit::toGraphFunction(copy.get_method("forward").function()).graph();
  jit::Inline(*graph);
  rewrite(*graph, *graph->block());
  return copy;
}

}  // namespace co2lib::libtorch
