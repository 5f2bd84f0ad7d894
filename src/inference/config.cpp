// SPDX-License-Identifier: MIT
// The configuration of a kernel from the shapes and attributes of its first operator.
#include <array>
#include <string>

#include "inference/walk.hpp"

namespace co2lib::inference::detail {

namespace {

using Shape = std::vector<std::int64_t>;

/// A product of sizes, held at a number that no real tensor has.
std::int64_t product(std::int64_t a, std::int64_t b) {
  constexpr double most = 4e18;
  return static_cast<double>(a) * static_cast<double>(b) < most ? a * b : static_cast<std::int64_t>(most);
}

std::int64_t elements(const Shape& shape) {
  std::int64_t all = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) all = product(all, shape[i]);
  return all;
}

/// Reads a node; the first thing that is missing is kept.
class ConfigReader {
 public:
  ConfigReader(const Graph& graph, const Walk& walk, const Node& node, std::string_view kernel)
      : graph_(graph), walk_(walk), node_(node), op_(plain_op(node.op)) {
    config.kernel = kernel;
    const Attributes& a = node.attrs;
    config.k = a.k.value_or(1);
    config.s = a.s.value_or(1);
    config.pad = a.pad.value_or(0);
    config.dilation = a.dilation.value_or(1);
    config.groups = a.groups.value_or(1);
    config.cout = a.cout.value_or(0);
    config.bias = a.bias.value_or(true);
    config.w_bits = a.w_bits.value_or(32);
    config.a_bits = a.a_bits.value_or(32);
    config.integer = a.integer;
    config.reduction = a.reduction.value_or(4);
  }

  KernelConfig config;
  std::string missing;

  [[nodiscard]] bool read() {
    if (op_ == "concat") return concat();
    const Shape* in = input(0);
    if (in == nullptr) return false;
    config.batch = in->front();
    if (op_ == "embedding") return embedding(*in);
    if (op_ == "matmul") return matmul(*in);
    if (op_ == "fc") return fc(*in);
    if (!spread(*in)) return false;
    if (op_ == "conv") return outputs();
    if (op_ == "dwconv") config.groups = config.cout = config.cin;
    return true;
  }

 private:
  bool lack(std::string what) {
    if (missing.empty()) missing = node_.name + ": " + std::move(what);
    return false;
  }

  /// The shape of a tensor; those that keep theirs are looked through.
  [[nodiscard]] const Shape* shape(std::string_view name) const {
    while (true) {
      const auto found = graph_.shapes.find(name);
      if (found != graph_.shapes.end()) return found->second.empty() ? nullptr : &found->second;
      const Node* node = walk_.node(graph_, name);
      if (node == nullptr || !keeps_shape(node->op) || node->inputs.empty()) return nullptr;
      name = node->inputs.front();
    }
  }

  [[nodiscard]] const Shape* input(std::size_t i) {
    if (i >= node_.inputs.size()) {
      lack("it has no input " + std::to_string(i + 1));
      return nullptr;
    }
    const Shape* found = shape(node_.inputs[i]);
    if (found == nullptr) lack("shapes has no '" + node_.inputs[i] + "'");
    return found;
  }

  /// h, w and cin of an input.
  [[nodiscard]] bool spread(const Shape& in) {
    if (in.size() < 2 || in.size() > 4) return lack("a shape has " + std::to_string(in.size()) + " dimensions");
    config.h = in.size() == 4 ? in[2] : in.size() == 3 ? in[1] : 1;
    config.w = in.size() == 4 ? in[3] : 1;
    config.cin = in.size() == 3 ? in[2] : in[1];
    if (config.w == config.h) config.w = std::nullopt;
    return true;
  }

  [[nodiscard]] bool outputs() {
    if (config.cout > 0) return true;
    const Shape* out = shape(node_.name);
    if (out == nullptr) return lack("attrs has no cout, and shapes has no '" + node_.name + "'");
    config.cout = out->size() == 3 ? (*out)[2] : out->size() > 1 ? (*out)[1] : 0;
    return true;
  }

  [[nodiscard]] bool fc(const Shape& in) {
    if (!outputs()) return false;
    if (in.size() == 3) {
      config.kernel = "matmul";
      config.m = in[1];
      config.k = in[2];
      config.n = config.cout;
      config.cout = 0;
      return true;
    }
    if (in.size() == 4 && (in[2] != 1 || in[3] != 1)) return lack("a fc reads [n, c] or tokens [n, s, c]");
    config.cin = in.size() > 1 ? in[1] : 1;
    return true;
  }

  [[nodiscard]] bool matmul(const Shape& in) {
    if (in.size() < 2 || in.size() > 4) return lack("a matmul reads [n, c], [n, s, c] or [n, heads, s, c]");
    config.m = in.size() == 2 ? 1 : in[in.size() - 2];
    config.k = in.back();
    const bool constant = node_.inputs.size() < 2 || (!walk_.has(node_.inputs[1]) && constant_shape(node_.inputs[1]));
    if (!constant) {
      const Shape* other = input(1);
      if (other == nullptr) return false;
      if (in.size() == 4) config.heads = in[1];
      config.n = other->back();
      config.w_bits = config.a_bits;
      config.cout = 0;
      return true;
    }
    if (in.size() == 4) config.m = product(config.m, in[1]);  // each head by the same constant
    if (config.cout > 0) {
      config.n = config.cout;
    } else if (node_.inputs.size() > 1) {
      config.n = graph_.shapes.find(node_.inputs[1])->second.back();
    } else {
      return lack("attrs has no cout, and there is no second operand");
    }
    config.cout = 0;
    return true;
  }

  /// A constant operand is [k, n].
  [[nodiscard]] bool constant_shape(std::string_view name) const {
    const auto found = graph_.shapes.find(name);
    return found == graph_.shapes.end() ? config.cout > 0 : found->second.size() == 2;
  }

  [[nodiscard]] bool embedding(const Shape& in) {
    config.m = elements(in);
    config.n = config.cout;
    config.cout = 0;
    if (config.n > 0) return true;
    const Shape* out = shape(node_.name);
    if (out == nullptr) return lack("attrs has no cout, and shapes has no '" + node_.name + "'");
    config.n = out->back();
    return true;
  }

  /// Inputs of one height and width have their channels; others (joined along another axis) count as elements.
  [[nodiscard]] bool concat() {
    bool alike = true;
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
      const Shape* in = input(i);
      if (in == nullptr || !spread(*in)) return false;
      shapes.push_back({in->front(), config.cin, config.h, config.w.value_or(config.h)});
      alike = alike && shapes.back()[2] == shapes.front()[2] && shapes.back()[3] == shapes.front()[3];
    }
    if (shapes.empty()) return lack("a concat without inputs");
    for (const Shape& in : shapes) config.cins.push_back(alike ? in[1] : elements(in));
    config.batch = shapes.front()[0];
    config.h = alike ? shapes.front()[2] : 1;
    config.w = alike ? std::optional(shapes.front()[3]) : std::nullopt;
    if (config.w == config.h) config.w = std::nullopt;
    config.cin = 0;
    return true;
  }

  const Graph& graph_;
  const Walk& walk_;
  const Node& node_;
  std::string_view op_;
};

}  // namespace

std::optional<KernelConfig> config_of(const Graph& graph, const Walk& walk, std::size_t node, std::string_view kernel,
                                      std::string& missing) {
  ConfigReader reader(graph, walk, graph.nodes[node], kernel);
  if (reader.read()) return std::move(reader.config);
  missing = std::move(reader.missing);
  return std::nullopt;
}

}  // namespace co2lib::inference::detail
