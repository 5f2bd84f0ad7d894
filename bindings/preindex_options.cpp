// SPDX-License-Identifier: MIT
// Domain preindex: Options.
#include "preindex.hpp"

namespace co2lib::bindings {

template <>
struct Fields<preindex::Options> {
  static constexpr int version = 1;
  static auto of(auto& o) {
    return std::tie(o.mode, o.bins, o.distances, o.edge_rule, o.weights, o.degenerate, o.ari, o.embedding, o.include,
                    o.exclude, o.skip_short_names, o.repeated_calls, o.nonfinite, o.store, o.s, o.s_bar, o.threads);
  }
};

}  // namespace co2lib::bindings

namespace co2lib::bindings::preindex_domain {

void register_options(py::module_& m) {
  const Options defaults;
  py::class_<Options> options(m, "Options", "Every choice that PreIndex leaves open.");
  options
      .def(py::init([](const std::string& mode, const std::vector<int>& bins, const Names& distances,
                       const std::string& edge_rule, const std::string& weights, const std::string& degenerate,
                       const std::string& ari, const std::string& embedding, const Names& include, const Names& exclude,
                       bool skip_short_names, const std::string& repeated_calls, const std::string& nonfinite,
                       const std::string& store, double s, double s_bar, unsigned threads) {
             Options o{.mode = parse<Mode>("mode", mode),
                       .bins = bins,
                       .distances = {},
                       .edge_rule = parse<EdgeRule>("edge_rule", edge_rule),
                       .weights = parse<Weights>("weights", weights),
                       .degenerate = parse<Degenerate>("degenerate", degenerate),
                       .ari = parse<Variant>("ari", ari),
                       .embedding = embedding,
                       .include = include,
                       .exclude = exclude,
                       .skip_short_names = skip_short_names,
                       .repeated_calls = parse<RepeatedCalls>("repeated_calls", repeated_calls),
                       .nonfinite = parse<NonFinite>("nonfinite", nonfinite),
                       .store = parse<Store>("store", store),
                       .s = s,
                       .s_bar = s_bar,
                       .threads = threads};
             for (const std::string& name : distances) o.distances.push_back(parse<Distance>("distances", name));
             check(o);
             return o;
           }),
           py::kw_only(), py::arg("mode") = "cnn", py::arg("bins") = defaults.bins, py::arg("distances") = Names{"js"},
           py::arg("edge_rule") = "numpy1", py::arg("weights") = "density", py::arg("degenerate") = "count",
           py::arg("ari") = "noise_2", py::arg("embedding") = "", py::arg("include") = Names{},
           py::arg("exclude") = Names{}, py::arg("skip_short_names") = false, py::arg("repeated_calls") = "mean",
           py::arg("nonfinite") = "error", py::arg("store") = "memory", py::arg("s") = 0.0, py::arg("s_bar") = 0.0,
           py::arg("threads") = 0U)
      .def_property_readonly("mode", [](const Options& o) { return std::string(to_string(o.mode)); })
      .def_readonly("bins", &Options::bins)
      .def_property_readonly("distances", [](const Options& o) { return names_of(o.distances); })
      .def_property_readonly("edge_rule", [](const Options& o) { return std::string(to_string(o.edge_rule)); })
      .def_property_readonly("weights", [](const Options& o) { return std::string(to_string(o.weights)); })
      .def_property_readonly("degenerate", [](const Options& o) { return std::string(to_string(o.degenerate)); })
      .def_property_readonly("ari", [](const Options& o) { return std::string(to_string(o.ari)); })
      .def_readonly("embedding", &Options::embedding)
      .def_readonly("include", &Options::include)
      .def_readonly("exclude", &Options::exclude)
      .def_readonly("skip_short_names", &Options::skip_short_names)
      .def_property_readonly("repeated_calls",
                             [](const Options& o) { return std::string(to_string(o.repeated_calls)); })
      .def_property_readonly("nonfinite", [](const Options& o) { return std::string(to_string(o.nonfinite)); })
      .def_property_readonly("store", [](const Options& o) { return std::string(to_string(o.store)); })
      .def_readonly("s", &Options::s)
      .def_readonly("s_bar", &Options::s_bar)
      .def_readonly("threads", &Options::threads);
  pickles(options);
}

}  // namespace co2lib::bindings::preindex_domain
