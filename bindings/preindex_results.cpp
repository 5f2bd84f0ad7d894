// SPDX-License-Identifier: MIT
// Domain preindex: what is computed: distances, clusterings, indices.
#include "preindex_state.hpp"

namespace co2lib::bindings::preindex_domain {

void register_results(py::module_& m) {
  py::class_<Distances> distances(m, "Distances", "Distances of one pair of vectors.");
  distances
      .def_property_readonly(
          "values", [](const Distances& d) { return table_of(d.bins, d.distances, d.values); },
          "{bins: {distance: value}}, natural logarithm.")
      .def(
          "at",
          [](const Distances& d, int bins, const std::string& name) {
            return d.at(bins, parse<Distance>("distance", name));
          },
          py::arg("bins"), py::arg("distance"),
          "The distance at this number of bins. Throws preindex.bad_option if it was not asked for.")
      .def_property_readonly(
          "counts_clean",
          [](const Distances& d) {
            std::map<int, std::vector<Count>> counts;
            for (std::size_t b = 0; b < d.bins.size(); ++b) counts[d.bins[b]] = d.clean[b];
            return counts;
          },
          "{bins: counts} before the shift.")
      .def_property_readonly(
          "counts_shifted",
          [](const Distances& d) {
            std::map<int, std::vector<Count>> counts;
            for (std::size_t b = 0; b < d.bins.size(); ++b) counts[d.bins[b]] = d.shifted[b];
            return counts;
          },
          "{bins: counts} after the shift.")
      .def_property_readonly(
          "zero_width",
          [](const Distances& d) {
            std::map<int, int> counts;
            for (std::size_t b = 0; b < d.bins.size(); ++b) counts[d.bins[b]] = d.zero_width[b];
            return counts;
          },
          "{bins: number of the two vectors with a bin of zero width}.");

  pickles(distances);

  py::class_<ClusterResult> cluster(m, "ClusterResult", "What a clustering found.");
  cluster
      .def_property_readonly(
          "labels",
          [](const ClusterResult& r) { return array_of(r.labels, {static_cast<py::ssize_t>(r.labels.size())}); },
          "Cluster per sample, int32; cluster k started from centre k.")
      .def_property_readonly(
          "centres", [](const ClusterResult& r) { return array_of(r.centres); }, "K x D.")
      .def_readonly("iterations", &ClusterResult::iterations, "Number of M-steps.")
      .def_property_readonly(
          "stop", [](const ClusterResult& r) { return std::string(text(r.stop)); }, "`strict`, `tol` or `max_iter`.")
      .def_readonly("inertia", &ClusterResult::inertia, "Sum of squared distances to the own centre.")
      .def_readonly("tol_abs", &ClusterResult::tol_abs, "The tolerance in the units of the data, squared.")
      .def_property_readonly(
          "classes", [](const ClusterResult& r) { return labels_list(r.classes); }, "Of the labels given, ascending.")
      .def_property_readonly(
          "contingency", [](const ClusterResult& r) { return array_of(r.contingency); }, "Class x cluster.")
      .def_readonly("ari", &ClusterResult::ari, "Adjusted Rand index of classes and clusters.")
      .def_readonly("inv_ari", &ClusterResult::inv_ari, "1 - ARI.")
      .def_readonly("issues", &ClusterResult::issues, "`trivial_clustering` for one class or as many as samples.");

  pickles(cluster);

  py::class_<Resque> resque(m, "Resque", "RESQUE's shift index.");
  resque.def_readonly("index", &Resque::index, "Mean of the angles: 0 same direction, 0.5 orthogonal, 1 opposite.")
      .def_property_readonly(
          "classes", [](const Resque& r) { return labels_list(r.classes); }, "Ascending.")
      .def_readonly("angles", &Resque::angles, "Per class, ascending, as shares of pi.");

  pickles(resque);

  py::class_<LayerResult> layer_class(m, "LayerResult", "A layer of a result.");
  layer_class.def_readonly("name", &LayerResult::name, "Name of the module.")
      .def_readonly("width", &LayerResult::width, "Values per sample after reduction.")
      .def_readonly("kept", &LayerResult::kept, "It counts in the index.")
      .def_readonly("zero_width", &LayerResult::zero_width, "Vectors with a bin of zero width, per number of bins.")
      .def("__repr__", [](const LayerResult& l) {
        return "<co2lib.preindex.LayerResult " + l.name + " (" + std::to_string(l.width) + (l.kept ? ", kept)>" : ")>");
      });

  pickles(layer_class);

  py::class_<preindex::Result> result(m, "Result", py::dynamic_attr(),
                                      "The index, its ingredients and how they came about.");
  result.def_readonly("value", &preindex::Result::value, "PreIndex; None without embeddings.")
      .def_readonly("p", &preindex::Result::p, "The first distance at the first number of bins.")
      .def_readonly("se", &preindex::Result::se, "Standard error of p between samples; None for one pair.")
      .def_readonly("inv_ari", &preindex::Result::inv_ari, "1 - ARI of the chosen variant.")
      .def_readonly("pairs", &preindex::Result::pairs, "Pairs of samples that count.")
      .def_readonly("skipped", &preindex::Result::skipped, "Pairs dropped by nonfinite = skip_pair.")
      .def_property_readonly(
          "all_distances", [](const preindex::Result& r) { return table_of(r.bins, r.distances, r.all_p); },
          "{bins: {distance: p}}.")
      .def_property_readonly(
          "all_standard_errors", [](const preindex::Result& r) { return table_of(r.bins, r.distances, r.all_se); },
          "{bins: {distance: standard error}}.")
      .def_readonly("layers", &preindex::Result::layers, "In the order in which they were first seen.")
      .def_property_readonly(
          "per_layer",
          [](const preindex::Result& r) {
            std::map<std::string, Table> tables;
            for (const LayerResult& layer : r.layers) {
              if (layer.kept) tables[layer.name] = table_of(r.bins, r.distances, layer.p);
            }
            return tables;
          },
          "{layer: {bins: {distance: mean}}} of the kept layers.")
      .def_readonly("cluster", &preindex::Result::cluster, "None without embeddings.")
      .def_readonly("label", &preindex::Result::label, "`preindex`, or `preindex(unscaled)` for s = 0 and s_bar = 0.")
      .def_property_readonly(
          "config",
          [](const preindex::Result& r) {
            return py::module_::import("json").attr("loads")(r.config).cast<py::dict>();
          },
          "Every choice, as a dict.")
      .def_readonly("config_hash", &preindex::Result::config_hash,
                    "Hash of the choices that make the index what it is: equal for the same index, whatever else was"
                    " asked for.")
      .def_readonly("issues", &preindex::Result::issues, "What a reader must know about these numbers.")
      .def("to_json", &preindex::Result::to_json, "JSON with stable keys; what is not known is null.")
      .def_property(
          "cost", [](const py::object& self) { return self.attr("__dict__").attr("get")("_cost"); },
          [](const py::object& self, const py::object& cost) { self.attr("__dict__")["_cost"] = cost; },
          "What the passes cost: the footprint of the region `preindex` of a tracker that was handed in, or None.")
      .def_readonly("layers_unseen", &preindex::Result::layers_unseen,
                    "Candidate layers of a model that gave no output, and so do not count.")
      .def_readonly("observed_share", &preindex::Result::observed_share,
                    "Share of the model's parameters that lie in layers that count; None where no model was looked at.")
      .def(
          "_look_at",
          [](preindex::Result& r, const Names& unseen, std::int64_t counted,
             const std::map<std::string, std::int64_t>& elsewhere, const std::vector<Issue>& issues) {
            r.layers_unseen = unseen;
            add_coverage(r, {.counted = counted, .elsewhere = elsewhere});
            add_issues(r.issues, issues);
          },
          py::arg("unseen"), py::arg("counted"), py::arg("elsewhere"), py::arg("issues"),
          "Adds what is known of the model: layers that gave no output, where its parameters lie, remarks.")
      .def("__float__",
           [](const preindex::Result& r) {
             if (!r.value) throw Error("preindex.empty", "the result has no index: no embeddings were given");
             return *r.value;
           })
      .def("__repr__", [](const preindex::Result& r) {
        return "<co2lib.preindex.Result " + r.label + " = " + py::repr(py::cast(r.value)).cast<std::string>() +
               ", p = " + py::repr(py::float_(r.p)).cast<std::string>() +
               ", inv_ari = " + py::repr(py::cast(r.inv_ari)).cast<std::string>() + ", " + std::to_string(r.pairs) +
               " pairs>";
      });
  pickles(result);
}

}  // namespace co2lib::bindings::preindex_domain
