// SPDX-License-Identifier: MIT
// Graphs, their kernels, and forests.
#include <pybind11/numpy.h>

#include "inference.hpp"

namespace co2lib::bindings::inference_domain {

namespace {

using Rows = py::array_t<double, py::array::c_style | py::array::forcecast>;

void bind_graph(py::module_& m) {
  py::class_<Node>(m, "Node", "One operator of a graph.")
      .def_readonly("name", &Node::name, "Unique in the graph.")
      .def_readonly("op", &Node::op, "`conv`, `relu`, `add`, ...: a shared name of docs/inference.md, \"Kernels\".")
      .def_readonly("inputs", &Node::inputs, "Names of nodes, graph inputs or constants, in the operator's order.")
      .def("__repr__", [](const Node& n) { return "<co2lib.inference.Node " + n.name + ", " + n.op + ">"; });
  py::class_<GraphKernel>(m, "GraphKernel", "A kernel of a model.")
      .def_readonly("name", &GraphKernel::name, "Its operators joined by '-'.")
      .def_readonly("kernel", &GraphKernel::kernel, "Whose features it has; empty for 'other'.")
      .def_readonly("nodes", &GraphKernel::nodes, "In the order of the chain.")
      .def_readonly("config", &GraphKernel::config, "None where shapes or attributes are missing.")
      .def_readonly("missing", &GraphKernel::missing, "Why there is no configuration.")
      .def("__repr__", [](const GraphKernel& k) { return "<co2lib.inference.GraphKernel " + k.name + ">"; });
  py::class_<Unmodelled>(m, "Unmodelled", "An operator without a mapping.")
      .def_readonly("node", &Unmodelled::node, "Its name in the graph.")
      .def_readonly("type", &Unmodelled::type, "What its framework calls it.")
      .def_readonly("share", &Unmodelled::share, "Of the output bytes of all live nodes.");
  py::class_<Graph>(m, "Graph", "The operators of a model in topological order, and the shapes of its tensors.")
      .def_readonly("nodes", &Graph::nodes, "In topological order.")
      .def_readonly("outputs", &Graph::outputs,
                    "Names of the nodes it answers with; what they do not need is not live.")
      .def_property_readonly(
          "shapes",
          [](const Graph& g) {
            return std::map<std::string, std::vector<std::int64_t>>(g.shapes.begin(), g.shapes.end());
          },
          "By the name of a node, graph input or constant.")
      .def_property_readonly(
          "unmodelled", [](const Graph& g) { return unmodelled(g); }, "The live operators without a mapping.")
      .def(
          "kernels", [](const Graph& g, const RulesArgument& given) { return kernels(g, rules_of(given)); },
          py::arg("rules") = "cpu", "What a runtime executes as one unit, in the order of emission.")
      .def("to_json", &Graph::to_json, "The description that `parse_graph` reads.")
      .def("__len__", [](const Graph& g) { return g.nodes.size(); })
      .def(
          "__eq__", [](const Graph& a, const Graph& b) { return a == b; }, py::is_operator())
      .def("__repr__",
           [](const Graph& g) { return "<co2lib.inference.Graph, " + std::to_string(g.nodes.size()) + " operators>"; })
      .def(py::pickle([](const Graph& g) { return py::make_tuple(g.to_json()); },
                      [](const py::tuple& t) { return parse_graph(t[0].cast<std::string>()); }));
  m.def("parse_graph", &parse_graph, py::arg("text"), py::arg("name") = "graph",
        py::call_guard<py::gil_scoped_release>(), "A graph from JSON; raises inference.bad_graph.");
  m.def("load_graph", &load_graph, py::arg("file"), py::call_guard<py::gil_scoped_release>(),
        "The same, of a file of at most 64 MiB.");
  m.def("rules", &rules, py::arg("name"), "The sequences of operators that cpu, gpu, vpu or none executes as one.");
}

void bind_forest(py::module_& m) {
  py::class_<Forest>(m, "Forest", "A regression forest, co2lib-forest/1; safe to use from several threads.")
      .def_readonly("kernel", &Forest::kernel, "For which it was trained.")
      .def_readonly("features", &Forest::features, "Names, in the order of the vectors that it takes.")
      .def_property_readonly(
          "target", [](const Forest& f) { return std::string(text(f.target)); }, "What it predicts.")
      .def_readonly("log", &Forest::log, "The trees predict the logarithm.")
      .def_property_readonly("trees", &Forest::trees, "Number of trees.")
      .def_property_readonly("nodes", &Forest::nodes, "Nodes of all trees, leaves included.")
      .def_property_readonly(
          "range",
          [](const Forest& f) {
            return std::map<std::string, std::pair<double, double>>(f.range.begin(), f.range.end());
          },
          "Least and greatest value of each feature in training; empty in a bare forest.")
      .def_readonly("residual", &Forest::residual, "5th and 95th percentile of true/predicted; None in a bare forest.")
      .def_property_readonly(
          "meta", [](const Forest& f) { return std::map<std::string, std::string>(f.meta.begin(), f.meta.end()); },
          "Device, processor, precision, date and so on, as texts.")
      .def(
          "predict", [](const Forest& f, const std::vector<double>& x) { return f.predict(x); }, py::arg("x"),
          "The prediction for one vector; another width is inference.bad_model.")
      .def(
          "predict_many",
          [](const Forest& f, const Rows& rows) {
            if (rows.ndim() != 2 || static_cast<std::size_t>(rows.shape(1)) != f.features.size()) {
              throw Error("inference.bad_model",
                          "rows: expected an array of n x " + std::to_string(f.features.size()) + " features");
            }
            const std::span<const double> values(rows.data(), static_cast<std::size_t>(rows.size()));
            std::vector<double> y;
            {
              py::gil_scoped_release release;  // the array is kept by the caller, the forest never changes
              y = f.predict_many(values);
            }
            return py::array_t<double>(static_cast<py::ssize_t>(y.size()), y.data());
          },
          py::arg("rows"), "The predictions for n x features values, as an array of n.")
      .def(
          "outside", [](const Forest& f, const std::vector<double>& x) { return f.outside(x); }, py::arg("x"),
          "A feature lies outside of what the forest was trained on.")
      .def("__repr__", [](const Forest& f) {
        return "<co2lib.inference.Forest " + f.kernel + ", " + std::string(text(f.target)) + ", " +
               std::to_string(f.trees()) + " trees>";
      });
  m.def("parse_forest", &parse_forest, py::arg("text"), py::arg("name") = "forest",
        py::call_guard<py::gil_scoped_release>(), "A forest from JSON; raises inference.bad_model.");
  m.def("load_forest", &load_forest, py::arg("file"), py::call_guard<py::gil_scoped_release>(),
        "The same, of a file of at most 1 GiB.");
}

}  // namespace

void register_graphs(py::module_& m) {
  bind_graph(m);
  bind_forest(m);
}

}  // namespace co2lib::bindings::inference_domain
