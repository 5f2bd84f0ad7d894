// SPDX-License-Identifier: MIT
// Graphs as JSON, in and out.
#include <co2lib/inference/graph.hpp>

#include "detail/files.hpp"
#include "detail/json.hpp"
#include "inference/read.hpp"

namespace co2lib::inference {

namespace {

using detail::Document;
using detail::FieldReader;

constexpr const char* bad = "inference.bad_graph";

Attributes read_attributes(const Document& value, std::string_view file) {
  const FieldReader fields(value, file, bad);
  fields.only({"k", "s", "pad", "dilation", "groups", "cout", "bias", "w_bits", "a_bits", "integer", "reduction",
               "type", "stands_for"});
  return {.k = fields.integer_if("k"),
          .s = fields.integer_if("s"),
          .pad = fields.number_if("pad"),
          .dilation = fields.integer_if("dilation"),
          .groups = fields.integer_if("groups"),
          .cout = fields.integer_if("cout"),
          .bias = fields.boolean_if("bias"),
          .w_bits = fields.small_if("w_bits"),
          .a_bits = fields.small_if("a_bits"),
          .integer = fields.boolean_if("integer"),
          .reduction = fields.integer_if("reduction"),
          .type = fields.text_or("type", ""),
          .stands_for = fields.text_or("stands_for", "")};
}

Node read_node(const Document& value, std::string_view file) {
  const FieldReader fields(value, file, bad);
  fields.only({"name", "op", "inputs", "attrs"});
  Node node{.name = fields.text("name"), .op = fields.text("op")};
  if (const Document* inputs = fields.find("inputs")) node.inputs = fields.texts(*inputs, "inputs");
  if (const Document* attrs = fields.find("attrs")) node.attrs = read_attributes(*attrs, file);
  return node;
}

auto attributes_json(const Attributes& a) {
  return co2lib::detail::JsonObject{[&a](co2lib::detail::JsonWriter& o) {
    const auto add = [&](const char* key, const auto& x) {
      if (x) o.add(key, *x);
    };
    add("k", a.k);
    add("s", a.s);
    add("pad", a.pad);
    add("dilation", a.dilation);
    add("groups", a.groups);
    add("cout", a.cout);
    add("bias", a.bias);
    add("w_bits", a.w_bits);
    add("a_bits", a.a_bits);
    add("integer", a.integer);
    add("reduction", a.reduction);
    if (!a.type.empty()) o.add("type", a.type);
    if (!a.stands_for.empty()) o.add("stands_for", a.stands_for);
  }};
}

auto node_json(const Node& node) {
  return co2lib::detail::JsonObject{[&node](co2lib::detail::JsonWriter& o) {
    o.add("name", node.name);
    o.add("op", node.op);
    o.add("inputs", node.inputs);
    if (node.attrs != Attributes()) o.add("attrs", attributes_json(node.attrs));
  }};
}

}  // namespace

Graph parse_graph(std::string_view text, const std::string& name) {
  // A node takes some 25 values at most: the limit on bytes is met before that on values.
  const Document document =
      detail::read_json(text, name, bad, {.bytes = std::size_t{1} << 26, .depth = 64, .values = 4'000'000});
  const FieldReader fields(document, name, bad);
  fields.only({"nodes", "outputs", "shapes", "name", "source"});
  Graph graph;
  for (const Document& node : fields.list("nodes")) graph.nodes.push_back(read_node(node, name));
  graph.outputs = fields.texts(fields.need("outputs"), "outputs");
  if (const Document* shapes = fields.find("shapes")) {
    const FieldReader each(*shapes, name, bad);
    for (const auto& entry : shapes->entries) {
      std::vector<std::int64_t> shape = each.integers(entry.value, entry.key.text);
      for (const std::int64_t x : shape) {
        if (x < 1 || x > (std::int64_t{1} << 40)) {
          each.refuse(entry.value, "the shape of '" + entry.key.text.substr(0, 60) + "' has the size " +
                                       std::to_string(x) + "; sizes are fixed numbers from 1");
        }
      }
      graph.shapes.emplace(entry.key.text, std::move(shape));
    }
  }
  check_graph(graph, name);
  return graph;
}

Graph load_graph(const std::filesystem::path& file) {
  const auto text = co2lib::detail::read_file(file, std::size_t{1} << 26);
  if (!text) throw Error(bad, file.string() + ": " + text.issue().text);
  return parse_graph(*text, file.string());
}

std::string Graph::to_json() const {
  using co2lib::detail::JsonObject;
  using co2lib::detail::JsonWriter;
  return JsonWriter::object([this](JsonWriter& o) {
    o.add("nodes", co2lib::detail::json_list(nodes, node_json));
    o.add("outputs", outputs);
    if (shapes.empty()) return;
    o.add("shapes", JsonObject{[this](JsonWriter& s) {
            for (const auto& [name, shape] : shapes) s.add(name, shape);
          }});
  });
}

}  // namespace co2lib::inference
