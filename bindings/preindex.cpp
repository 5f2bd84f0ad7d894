// SPDX-License-Identifier: MIT
// Domain preindex: arrays in are views, computation runs without the GIL.
#include "bindings.hpp"
#include "gil.hpp"

#include <pybind11/numpy.h>

#include <co2lib/preindex.hpp>

using namespace co2lib;
using namespace co2lib::preindex;

namespace {

using Table = std::map<int, std::map<std::string, double>>;
using Names = std::vector<std::string>;

[[noreturn]] void bad_array(const std::string& what, const py::array& array, const char* expected) {
  throw Error("preindex.bad_shape", what + ": expected " + expected + ", got an array of type " +
                                        py::str(array.dtype()).cast<std::string>() + " and shape " +
                                        py::str(array.attr("shape")).cast<std::string>());
}

std::ptrdiff_t element_stride(const py::array& a, py::ssize_t axis) {
  return static_cast<std::ptrdiff_t>(a.strides(axis) / a.itemsize());
}

bool whole_strides(const py::array& a) {
  for (py::ssize_t i = 0; i < a.ndim(); ++i) {
    if (a.strides(i) % a.itemsize() != 0) return false;
  }
  return reinterpret_cast<std::uintptr_t>(a.data()) % static_cast<std::uintptr_t>(a.itemsize()) == 0 &&
         a.dtype().attr("isnative").cast<bool>();
}

/// The array itself, or a copy where it cannot be read in place.
py::array readable(const py::array& a) {
  if (whole_strides(a)) return a;
  return a.attr("astype")(a.dtype().attr("newbyteorder")("=")).cast<py::array>();
}

/// A matrix of samples; other types than float32 and float64 are converted. Holds the array as long as the view.
struct Held {
  py::array array;
  View view;
};

Held rows_of(const py::array& given, const std::string& what) {
  py::array a = readable(given);
  const std::string kind = std::string(1, a.dtype().kind());
  const bool wide = kind == "f" && a.itemsize() == 8;
  if (!wide && !(kind == "f" && a.itemsize() == 4)) {
    if (kind != "f" && kind != "i" && kind != "u") bad_array(what, a, "numbers");
    a = a.attr("astype")("float32").cast<py::array>();
  }
  if (a.ndim() != 2) bad_array(what, a, "two axes: samples x values");
  const auto rows = static_cast<std::size_t>(a.shape(0));
  const auto columns = static_cast<std::size_t>(a.shape(1));
  if (wide) {
    return {a, View(static_cast<const double*>(a.data()), rows, columns, element_stride(a, 0), element_stride(a, 1))};
  }
  return {a, View(static_cast<const float*>(a.data()), rows, columns, element_stride(a, 0), element_stride(a, 1))};
}

using Floats = py::array_t<float, py::array::c_style | py::array::forcecast>;
using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

std::span<const float> vector_of(const Floats& a, const char* what) {
  if (a.ndim() != 1) bad_array(what, a, "one axis");
  return {a.data(), static_cast<std::size_t>(a.size())};
}

std::vector<Label> labels_of(const py::object& given) {
  const auto bad = [](std::size_t i, const py::handle& label) {
    if (label.is_none()) throw Error("preindex.bad_sample", "sample " + std::to_string(i) + " has no label");
    throw preindex::detail::bad_option("labels", py::repr(label).cast<std::string>(), "integers or texts");
  };
  std::vector<Label> labels;
  if (py::hasattr(given, "dtype") || py::hasattr(given, "__array__")) {
    const auto array = py::module_::import("numpy").attr("asarray")(given).cast<py::array>();
    if (array.ndim() != 1) bad_array("labels", array, "one axis");
    if (array.dtype().kind() == 'i' || array.dtype().kind() == 'u') {
      const auto numbers = py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>::ensure(array);
      labels.reserve(static_cast<std::size_t>(numbers.size()));
      for (py::ssize_t i = 0; i < numbers.size(); ++i) labels.emplace_back(numbers.data()[i]);
      return labels;
    }
    return labels_of(array.attr("tolist")());
  }
  for (const py::handle label : given) {
    if (py::isinstance<py::str>(label)) {
      labels.emplace_back(label.cast<std::string>());
    } else if (!py::isinstance<py::bool_>(label) && PyIndex_Check(label.ptr()) != 0) {
      labels.emplace_back(py::int_(py::reinterpret_borrow<py::object>(label)).cast<std::int64_t>());
    } else {
      bad(labels.size(), label);
    }
  }
  return labels;
}

py::list labels_list(const std::vector<Label>& labels) {
  py::list out;
  for (const Label& label : labels) std::visit([&](const auto& x) { out.append(x); }, label);
  return out;
}

/// An array that takes over the memory of a vector.
template <class T>
py::array_t<T> array_of(std::vector<T> values, std::vector<py::ssize_t> shape) {
  auto* owned = new std::vector<T>(std::move(values));
  const py::capsule owner(owned, [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(std::move(shape), owned->data(), owner);
}

template <class T>
py::array_t<T> array_of(BasicMatrix<T> matrix) {
  const std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(matrix.rows), static_cast<py::ssize_t>(matrix.columns)};
  return array_of(std::move(matrix.values), shape);
}

Matrix matrix_of(const Doubles& a, const char* what) {
  if (a.ndim() != 2) bad_array(what, a, "two axes");
  Matrix m(static_cast<std::size_t>(a.shape(0)), static_cast<std::size_t>(a.shape(1)));
  std::copy_n(a.data(), m.values.size(), m.values.begin());
  return m;
}

template <class Values>
std::map<int, std::map<std::string, typename Values::value_type>> table_of(const std::vector<int>& bins,
                                                                           const std::vector<Distance>& distances,
                                                                           const Values& values) {
  std::map<int, std::map<std::string, typename Values::value_type>> table;
  for (std::size_t b = 0; b < bins.size(); ++b) {
    for (std::size_t d = 0; d < distances.size(); ++d) {
      table[bins[b]][std::string(to_string(distances[d]))] = values[b * distances.size() + d];
    }
  }
  return table;
}

std::vector<std::string> names_of(const std::vector<Distance>& distances) {
  std::vector<std::string> names;
  for (const Distance d : distances) names.emplace_back(to_string(d));
  return names;
}

Side side_of(const std::string& name) { return parse<Side>("side", name); }

LloydOptions lloyd_options(double tolerance, int max_iterations, unsigned threads, std::uint64_t seed) {
  return {.tolerance = tolerance, .max_iterations = max_iterations, .threads = threads, .seed = seed};
}

/// A reducer written in Python: `sum` and `max` get arrays that they change in place.
class PyReducer : public Reducer {
 public:
  PyReducer() = default;

  [[nodiscard]] std::size_t rank() const override { PYBIND11_OVERRIDE_PURE(std::size_t, Reducer, rank, ); }
  [[nodiscard]] std::size_t size() const override { PYBIND11_OVERRIDE_PURE(std::size_t, Reducer, size, ); }
  void sum(std::span<std::int64_t> values) const override { call("sum", values); }
  void max(std::span<double> values) const override { call("max", values); }

 private:
  template <class T>
  void call(const char* name, std::span<T> values) const {
    bindings::unless_python_ends([&] {
      const py::gil_scoped_acquire acquired;
      const py::function method = py::get_override(static_cast<const Reducer*>(this), name);
      if (!method) throw py::type_error(std::string("a Reducer needs the method ") + name);
      // Not owned: the array is for the time of the call.
      method(py::array_t<T>({static_cast<py::ssize_t>(values.size())}, values.data(), py::none()));
    });
  }
};

}  // namespace

void register_preindex(py::module_& parent) {
  py::module_ m = bindings::submodule(parent, "preindex", "Domain preindex: shift as a forecast of retraining cost.");
  const Options defaults;

  py::class_<Options>(m, "Options", "Every choice that PreIndex leaves open.")
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

  py::class_<Distances>(m, "Distances", "Distances of one pair of vectors.")
      .def_property_readonly(
          "values", [](const Distances& d) { return table_of(d.bins, d.distances, d.values); },
          "{bins: {distance: value}}, natural logarithm.")
      .def(
          "at",
          [](const Distances& d, int bins, const std::string& name) {
            return d.at(bins, parse<Distance>("distance", name));
          },
          py::arg("bins"), py::arg("distance"))
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

  py::class_<ClusterResult>(m, "ClusterResult", "What a clustering found.")
      .def_property_readonly(
          "labels",
          [](const ClusterResult& r) { return array_of(r.labels, {static_cast<py::ssize_t>(r.labels.size())}); },
          "Cluster per sample, int32; cluster k started from centre k.")
      .def_property_readonly(
          "centres", [](const ClusterResult& r) { return array_of(r.centres); }, "K x D.")
      .def_readonly("iterations", &ClusterResult::iterations, "Number of M-steps.")
      .def_property_readonly(
          "stop", [](const ClusterResult& r) { return std::string(to_string(r.stop)); },
          "`strict`, `tol` or `max_iter`.")
      .def_readonly("inertia", &ClusterResult::inertia)
      .def_readonly("tol_abs", &ClusterResult::tol_abs)
      .def_property_readonly("classes", [](const ClusterResult& r) { return labels_list(r.classes); })
      .def_property_readonly(
          "contingency", [](const ClusterResult& r) { return array_of(r.contingency); }, "Class x cluster.")
      .def_readonly("ari", &ClusterResult::ari)
      .def_readonly("inv_ari", &ClusterResult::inv_ari, "1 - ARI.")
      .def_readonly("issues", &ClusterResult::issues);

  py::class_<Resque>(m, "Resque", "RESQUE's shift index.")
      .def_readonly("index", &Resque::index, "Mean of the angles: 0 same direction, 0.5 orthogonal, 1 opposite.")
      .def_property_readonly("classes", [](const Resque& r) { return labels_list(r.classes); })
      .def_readonly("angles", &Resque::angles, "Per class, ascending, as shares of pi.");

  py::class_<Forecast>(m, "Forecast", "A forecast cost with its interval.")
      .def_property_readonly(
          "value", [](const Forecast& f) { return *f.value; }, "The point forecast.")
      .def_property_readonly("lower", [](const Forecast& f) { return f.interval->low; })
      .def_property_readonly(
          "upper", [](const Forecast& f) { return f.interval->high; }, "inf where not bounded.")
      .def_property_readonly(
          "confidence", [](const Forecast& f) { return f.interval->confidence; }, "1 - alpha.")
      .def_readonly("bounded", &Forecast::bounded)
      .def_readonly("extrapolated", &Forecast::extrapolated)
      .def_property_readonly("model", [](const Forecast& f) { return std::string(to_string(f.model)); })
      .def_readonly("runs", &Forecast::runs)
      .def_property_readonly(
          "range", [](const Forecast& f) { return std::pair(f.lowest, f.highest); },
          "Smallest and largest index of the runs.")
      .def_property_readonly("issues", [](const Forecast& f) { return f.issues; })
      .def("__repr__", [](const Forecast& f) {
        return "<co2lib.preindex.Forecast " + py::repr(py::float_(*f.value)).cast<std::string>() + " (" +
               py::repr(py::float_(f.interval->low)).cast<std::string>() + " to " +
               py::repr(py::float_(f.interval->high)).cast<std::string>() + ")" +
               (f.extrapolated ? ", extrapolated>" : ">");
      });

  py::class_<LayerResult>(m, "LayerResult", "A layer of a result.")
      .def_readonly("name", &LayerResult::name)
      .def_readonly("width", &LayerResult::width)
      .def_readonly("kept", &LayerResult::kept)
      .def_readonly("zero_width", &LayerResult::zero_width, "Vectors with a bin of zero width, per number of bins.")
      .def("__repr__", [](const LayerResult& l) {
        return "<co2lib.preindex.LayerResult " + l.name + " (" + std::to_string(l.width) + (l.kept ? ", kept)>" : ")>");
      });

  py::class_<preindex::Result>(m, "Result", py::dynamic_attr(), "The index, its ingredients and how they came about.")
      .def_readonly("value", &preindex::Result::value, "PreIndex; None without embeddings.")
      .def_readonly("p", &preindex::Result::p)
      .def_readonly("se", &preindex::Result::se, "Standard error of p between samples; None for one pair.")
      .def_readonly("inv_ari", &preindex::Result::inv_ari)
      .def_readonly("pairs", &preindex::Result::pairs)
      .def_readonly("skipped", &preindex::Result::skipped)
      .def_property_readonly(
          "all_distances", [](const preindex::Result& r) { return table_of(r.bins, r.distances, r.all_p); },
          "{bins: {distance: p}}.")
      .def_property_readonly(
          "all_standard_errors", [](const preindex::Result& r) { return table_of(r.bins, r.distances, r.all_se); },
          "{bins: {distance: standard error}}.")
      .def_readonly("layers", &preindex::Result::layers)
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
      .def_readonly("cluster", &preindex::Result::cluster)
      .def_readonly("label", &preindex::Result::label)
      .def_property_readonly(
          "config",
          [](const preindex::Result& r) {
            return py::module_::import("json").attr("loads")(r.config).cast<py::dict>();
          },
          "Every choice, as a dict.")
      .def_readonly("config_hash", &preindex::Result::config_hash)
      .def_readonly("issues", &preindex::Result::issues)
      .def("to_json", &preindex::Result::to_json)
      .def_property(
          "cost", [](const py::object& self) { return self.attr("__dict__").attr("get")("_cost"); },
          [](const py::object& self, const py::object& cost) { self.attr("__dict__")["_cost"] = cost; },
          "What the passes cost: the footprint of the region `preindex` of a tracker that was handed in, or None.")
      .def_property(
          "layers_unseen",
          [](const py::object& self) { return self.attr("__dict__").attr("get")("_layers_unseen", py::list()); },
          [](const py::object& self, const Names& names) { self.attr("__dict__")["_layers_unseen"] = names; },
          "Candidate layers of a model that gave no output, and so do not count.")
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

  py::class_<Reducer, PyReducer>(m, "Reducer", "How processes that hold a shard each cluster together; to be derived.")
      .def(py::init<>())
      .def("rank", &Reducer::rank, "Number of this process.")
      .def("size", &Reducer::size, "Number of processes.")
      .def(
          "sum", [](const Reducer&, const py::array&) {}, py::arg("values"),
          "Replaces each value of the int64 array by its sum over the processes; here there is one.")
      .def(
          "max", [](const Reducer&, const py::array&) {}, py::arg("values"),
          "Replaces each value of the float64 array by its maximum over the processes.");

  py::class_<Accumulator>(m, "Accumulator", "Sums over pairs of samples, mergeable over shards.")
      .def(py::init<Options, std::size_t>(), py::arg("options"), py::arg("classes"))
      .def("layer", &Accumulator::layer, py::arg("name"), py::arg("width"))
      .def(
          "add_pairs",
          [](Accumulator& a, Accumulator::LayerId layer, const py::array& clean, const py::array& shifted) {
            const Held before = rows_of(clean, "clean");
            const Held after = rows_of(shifted, "shifted");
            const bindings::GilReleased released;  // the arrays are held by `before` and `after`
            a.add_pairs(layer, before.view, after.view);
          },
          py::arg("layer"), py::arg("clean"), py::arg("shifted"))
      .def(
          "add_embedding",
          [](Accumulator& a, const std::string& side, const py::array& rows, const py::object& labels) {
            const Held held = rows_of(rows, "rows");
            const std::vector<Label> given = labels_of(labels);
            const bindings::GilReleased released;
            a.add_embedding(side_of(side), held.view, given);
          },
          py::arg("side"), py::arg("rows"), py::arg("labels"))
      .def(
          "add_resque",
          [](Accumulator& a, const std::string& side, const py::array& rows, const py::object& labels) {
            const Held held = rows_of(rows, "rows");
            const std::vector<Label> given = labels_of(labels);
            const bindings::GilReleased released;
            a.add_resque(side_of(side), held.view, given);
          },
          py::arg("side"), py::arg("rows"), py::arg("labels"))
      .def("end_batch", &Accumulator::end_batch, py::call_guard<bindings::GilReleased>())
      .def("drop_batch", &Accumulator::drop_batch)
      .def("merge", &Accumulator::merge, py::arg("other"), py::call_guard<bindings::GilReleased>())
      .def("result", &Accumulator::result, py::call_guard<bindings::GilReleased>())
      .def("resque", &Accumulator::resque)
      .def("to_json", &Accumulator::to_json)
      .def_static("from_json", &Accumulator::from_json, py::arg("text"))
      .def_property_readonly("options", &Accumulator::options)
      .def_property_readonly("classes", &Accumulator::classes)
      .def_property_readonly("pairs", &Accumulator::pairs)
      .def_property_readonly(
          "layers",
          [](const Accumulator& a) {
            std::vector<std::tuple<std::string, std::size_t, bool>> layers;
            for (const Layer& l : a.layers()) layers.emplace_back(l.name, l.width, l.kept);
            return layers;
          },
          "(name, width, kept) of the layers, in the order in which they were seen.")
      .def_property_readonly("config", &Accumulator::config)
      .def_property_readonly("config_hash", &Accumulator::config_hash)
      .def_property_readonly("labels", [](const Accumulator& a) { return labels_list(a.labels()); })
      .def(
          "class_means",
          [](const Accumulator& a, const std::string& side) { return array_of(a.class_means(side_of(side))); },
          py::arg("side"))
      .def(
          "embeddings",
          [](const Accumulator& a) {
            const EmbeddingStore& store = a.embeddings();
            Rows rows(store.rows(), store.columns());
            store.read(0, store.rows(), rows.values.data());
            return array_of(std::move(rows));
          },
          "A copy of the stored embeddings.")
      .def("embedding_labels",
           [](const Accumulator& a) {
             const Classes classes = a.embedding_classes();
             std::vector<Label> labels;
             for (const std::int32_t c : classes.index) labels.push_back(classes.labels[static_cast<std::size_t>(c)]);
             return labels_list(labels);
           })
      .def(
          "pack",
          [](const Accumulator& a, const py::object& classes, const Accumulator::Widths& widths) {
            Accumulator::Packed packed = a.pack(labels_of(classes), widths);
            const auto integers = static_cast<py::ssize_t>(packed.integers.size());
            const auto doubles = static_cast<py::ssize_t>(packed.doubles.size());
            return std::pair(array_of(std::move(packed.integers), {integers}),
                             array_of(std::move(packed.doubles), {doubles}));
          },
          py::arg("classes"), py::arg("widths") = Accumulator::Widths{},
          "The sums as int64 and float64 arrays that add up over shards.")
      .def(
          "unpack",
          [](Accumulator& a, const py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>& integers,
             const Doubles& doubles, const py::object& classes, const Accumulator::Widths& widths) {
            a.unpack({{integers.data(), integers.data() + integers.size()},
                      {doubles.data(), doubles.data() + doubles.size()}},
                     labels_of(classes), widths);
          },
          py::arg("integers"), py::arg("doubles"), py::arg("classes"), py::arg("widths") = Accumulator::Widths{})
      .def_property_readonly("widths", &Accumulator::widths,
                             "Values per clean and shifted embedding and RESQUE vector seen so far.")
      .def("cluster", &Accumulator::cluster, py::arg("reducer"), py::call_guard<bindings::GilReleased>(),
           "Clusters the stored embeddings of all processes together, for result().");

  m.def(
      "sample_vectors",
      [](const py::array& given, const std::string& mode, bool convolution_1d) {
        const py::array a = readable(given);
        const std::string type = py::str(a.dtype().attr("name")).cast<std::string>();
        TensorView tensor{.data = a.data()};
        if (type == "float32") {
          tensor.dtype = DType::float32;
        } else if (type == "float64") {
          tensor.dtype = DType::float64;
        } else if (type == "float16") {
          tensor.dtype = DType::float16;
        } else if (type == "bfloat16") {
          tensor.dtype = DType::bfloat16;
        } else {
          bad_array("output", a, "float16, bfloat16, float32 or float64");
        }
        for (py::ssize_t i = 0; i < a.ndim(); ++i) {
          tensor.shape.push_back(static_cast<std::size_t>(a.shape(i)));
          tensor.strides.push_back(element_stride(a, i));
        }
        const Mode chosen = parse<Mode>("mode", mode);
        Rows rows = [&] {
          const bindings::GilReleased released;  // `a` holds the memory
          return sample_vectors(tensor, chosen, convolution_1d);
        }();
        return array_of(std::move(rows));
      },
      py::arg("output"), py::arg("mode"), py::arg("convolution_1d") = false);
  m.def(
      "histogram",
      [](const Floats& values, int bins, const std::string& edge_rule) {
        return histogram(vector_of(values, "values"), bins, parse<EdgeRule>("edge_rule", edge_rule));
      },
      py::arg("values"), py::arg("bins"), py::arg("edge_rule") = "numpy1");
  m.def(
      "edges",
      [](float low, float high, int bins, const std::string& edge_rule) {
        std::vector<float> out = edges(low, high, bins, parse<EdgeRule>("edge_rule", edge_rule));
        const auto size = static_cast<py::ssize_t>(out.size());
        return array_of(std::move(out), {size});
      },
      py::arg("low"), py::arg("high"), py::arg("bins"), py::arg("edge_rule") = "numpy1");
  m.def(
      "distances",
      [](const Floats& clean, const Floats& shifted, const Options& options) {
        return distances(vector_of(clean, "clean"), vector_of(shifted, "shifted"), options);
      },
      py::arg("clean"), py::arg("shifted"), py::arg("options"));
  m.def("combine", &combine, py::arg("p"), py::arg("inv_ari"), py::arg("s") = 0.0, py::arg("s_bar") = 0.0,
        py::arg("inv_ari_denominator") = std::nullopt);
  m.def(
      "adjusted_rand_table",
      [](const py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>& table) {
        if (table.ndim() != 2) bad_array("contingency", table, "two axes: classes x clusters");
        Contingency counts(static_cast<std::size_t>(table.shape(0)), static_cast<std::size_t>(table.shape(1)));
        std::copy_n(table.data(), counts.values.size(), counts.values.begin());
        return adjusted_rand(counts);
      },
      py::arg("contingency"));
  m.def(
      "adjusted_rand_labels",
      [](const py::object& truth, const py::object& predicted) {
        return adjusted_rand(labels_of(truth), labels_of(predicted));
      },
      py::arg("labels_true"), py::arg("labels_pred"));
  m.def(
      "class_means",
      [](const py::array& rows, const py::object& labels, unsigned threads) {
        const Held held = rows_of(rows, "rows");
        const std::vector<Label> given = labels_of(labels);
        Matrix means = [&] {
          const bindings::GilReleased released;
          return class_means(ViewReader(held.view), classes_of(given), threads);
        }();
        return array_of(std::move(means));
      },
      py::arg("rows"), py::arg("labels"), py::arg("threads") = 0U);
  m.def(
      "lloyd",
      [](const py::array& rows, const Doubles& centres, double tolerance, int max_iterations, unsigned threads,
         std::optional<const Reducer*> reducer) {
        const Held held = rows_of(rows, "rows");
        const Matrix start = matrix_of(centres, "centres");
        const bindings::GilReleased released;
        return lloyd(ViewReader(held.view), start, lloyd_options(tolerance, max_iterations, threads, 0),
                     reducer ? **reducer : one_process());
      },
      py::arg("rows"), py::arg("centres"), py::arg("tolerance") = 1e-4, py::arg("max_iterations") = 300,
      py::arg("threads") = 0U, py::arg("reducer") = std::nullopt);
  m.def(
      "inv_ari",
      [](const py::array& clean, const py::array& shifted, const py::object& labels, const std::string& variant,
         unsigned threads, std::uint64_t seed) {
        const Held before = rows_of(clean, "clean");
        const Held after = rows_of(shifted, "shifted");
        const std::vector<Label> given = labels_of(labels);
        const Variant chosen = parse<Variant>("variant", variant);
        const bindings::GilReleased released;
        return inv_ari(before.view, after.view, given, chosen, {.threads = threads, .seed = seed});
      },
      py::arg("clean"), py::arg("shifted"), py::arg("labels"), py::arg("variant") = "noise_2", py::arg("threads") = 0U,
      py::arg("seed") = 0U);
  m.def(
      "resque_shift",
      [](const py::array& clean, const py::object& labels_clean, const py::array& shifted,
         const py::object& labels_shifted) {
        const Held before = rows_of(clean, "clean");
        const Held after = rows_of(shifted, "shifted");
        const std::vector<Label> a = labels_of(labels_clean);
        const std::vector<Label> b = labels_of(labels_shifted);
        const bindings::GilReleased released;
        return resque_shift(before.view, a, after.view, b);
      },
      py::arg("clean"), py::arg("labels_clean"), py::arg("shifted"), py::arg("labels_shifted"));
  m.def(
      "resque_task",
      [](const py::array& rows, const py::object& labels, unsigned threads) {
        const Held held = rows_of(rows, "rows");
        const std::vector<Label> given = labels_of(labels);
        const bindings::GilReleased released;
        return resque_task(held.view, given, {.threads = threads});
      },
      py::arg("rows"), py::arg("labels"), py::arg("threads") = 0U);
  m.def(
      "default_embedding",
      [](const std::vector<std::tuple<std::string, std::size_t, bool>>& layers, const std::vector<bool>& convolution,
         const std::string& mode) {
        std::vector<Layer> table;
        for (const auto& [name, width, kept] : layers) table.push_back({name, width, kept});
        return default_embedding(table, convolution, parse<Mode>("mode", mode));
      },
      py::arg("layers"), py::arg("convolution"), py::arg("mode"));
  m.def(
      "unknown_layer",
      [](const std::string& use, const std::string& name,
         const std::vector<std::tuple<std::string, std::size_t, bool>>& layers) {
        std::vector<Layer> table;
        for (const auto& [layer, width, kept] : layers) table.push_back({layer, width, kept});
        throw unknown_layer(use, name, table);
      },
      py::arg("use"), py::arg("name"), py::arg("layers"), "Raises preindex.unknown_layer with the list of candidates.");
  m.def(
      "corrupt",
      [](const Floats& given, const std::string& name, double level, std::uint64_t seed, std::uint64_t item,
         bool quantise, bool clamp, bool wrap_u8) {
        if (given.ndim() != 3) bad_array("image", given, "three axes: channels x height x width");
        Image image{static_cast<std::size_t>(given.shape(0)),
                    static_cast<std::size_t>(given.shape(1)),
                    static_cast<std::size_t>(given.shape(2)),
                    {given.data(), given.data() + given.size()}};
        const std::vector<py::ssize_t> shape(given.shape(), given.shape() + 3);
        {
          const bindings::GilReleased released;
          image = corrupt(image, name, level,
                          {.seed = seed, .item = item, .quantise = quantise, .clamp = clamp, .wrap_u8 = wrap_u8});
        }
        return array_of(std::move(image.values), shape);
      },
      py::arg("image"), py::arg("name"), py::arg("level"), py::arg("seed") = 0U, py::arg("item") = 0U,
      py::arg("quantise") = true, py::arg("clamp") = true, py::arg("wrap_u8") = false);
  m.def(
      "to_u8",
      [](const Floats& values, bool wrap) {
        std::vector<std::uint8_t> out = to_u8({values.data(), static_cast<std::size_t>(values.size())}, wrap);
        return array_of(std::move(out), {values.shape(), values.shape() + values.ndim()});
      },
      py::arg("values"), py::arg("wrap") = false);
  m.def(
      "forecast",
      [](const std::vector<double>& x, const std::vector<double>& y, double x_new, const std::string& model,
         double alpha) { return forecast(x, y, x_new, parse<Model>("model", model), alpha); },
      py::arg("x"), py::arg("y"), py::arg("x_new"), py::arg("model") = "auto", py::arg("alpha") = 0.2);

  py::class_<CalibrationRun>(m, "CalibrationRun", "A past retraining: its index and what it cost.")
      .def(py::init([](double x, std::optional<double> epochs, std::optional<double> kwh, std::optional<double> gco2e,
                       const std::optional<Energy>& energy, const std::optional<CarbonMass>& carbon, std::string config,
                       std::string model, std::string dataset, std::string protocol, std::string machine,
                       std::string time) {
             if ((kwh && energy) || (gco2e && carbon)) {
               throw preindex::detail::bad_option("energy", "the same cost given twice", "one of number and quantity");
             }
             return CalibrationRun{.x = x,
                                   .epochs = epochs,
                                   .kwh = energy ? energy->kwh() : kwh,
                                   .gco2e = carbon ? carbon->grams() : gco2e,
                                   .config = std::move(config),
                                   .model = std::move(model),
                                   .dataset = std::move(dataset),
                                   .protocol = std::move(protocol),
                                   .machine = std::move(machine),
                                   .time = std::move(time)};
           }),
           py::arg("x"), py::kw_only(), py::arg("epochs") = std::nullopt, py::arg("kwh") = std::nullopt,
           py::arg("gco2e") = std::nullopt, py::arg("energy") = std::nullopt, py::arg("carbon") = std::nullopt,
           py::arg("config") = "", py::arg("model") = "", py::arg("dataset") = "", py::arg("protocol") = "",
           py::arg("machine") = "", py::arg("time") = "")
      .def_readonly("x", &CalibrationRun::x)
      .def_readonly("epochs", &CalibrationRun::epochs)
      .def_readonly("kwh", &CalibrationRun::kwh)
      .def_readonly("gco2e", &CalibrationRun::gco2e)
      .def_readonly("config", &CalibrationRun::config)
      .def_readonly("model", &CalibrationRun::model)
      .def_readonly("dataset", &CalibrationRun::dataset)
      .def_readonly("protocol", &CalibrationRun::protocol)
      .def_readonly("machine", &CalibrationRun::machine)
      .def_readonly("time", &CalibrationRun::time)
      .def("to_json", &CalibrationRun::to_json, "One line of a calibration file.")
      .def(
          "__eq__", [](const CalibrationRun& a, const CalibrationRun& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const CalibrationRun& r) { return "<co2lib.preindex.CalibrationRun " + r.to_json() + ">"; });
  m.def("read_runs", &read_runs, py::arg("file"));
  m.def("append_run", &append_run, py::arg("file"), py::arg("run"));

  py::class_<CostPrediction>(m, "CostPrediction", "Forecasts of the costs that the runs know.")
      .def_readonly("x", &CostPrediction::x)
      .def_readonly("epochs", &CostPrediction::epochs)
      .def_readonly("kwh", &CostPrediction::kwh)
      .def_readonly("gco2e", &CostPrediction::gco2e)
      .def_readonly("issues", &CostPrediction::issues)
      .def(
          "__getitem__",
          [](const CostPrediction& p, const std::string& name) {
            const auto& cost = name == "epochs" ? p.epochs : name == "kwh" ? p.kwh : p.gco2e;
            if ((name != "epochs" && name != "kwh" && name != "gco2e") || !cost) throw py::key_error(name);
            return *cost;
          },
          py::arg("name"), "The forecast of `epochs`, `kwh` or `gco2e`.")
      .def("keys", [](const CostPrediction& p) {
        std::vector<std::string> names;
        if (p.epochs) names.emplace_back("epochs");
        if (p.kwh) names.emplace_back("kwh");
        if (p.gco2e) names.emplace_back("gco2e");
        return names;
      });
  m.def("carbon_of", &carbon_of, py::arg("kwh"), py::arg("intensity"), py::arg("hardware") = CarbonMass{});

  py::class_<CostForecast>(m, "CostForecast", "What retraining will cost, from past retrainings.")
      .def_static(
          "fit",
          [](const std::vector<CalibrationRun>& runs, const std::string& model, double alpha,
             const std::map<std::string, std::string>& select) {
            return CostForecast::fit(
                runs,
                {.model = parse<Model>("model", model), .alpha = alpha, .select = {select.begin(), select.end()}});
          },
          py::arg("runs"), py::arg("model") = "auto", py::arg("alpha") = 0.2,
          py::arg("select") = std::map<std::string, std::string>{})
      .def("predict", py::overload_cast<double>(&CostForecast::predict, py::const_), py::arg("x"))
      .def("predict_result", py::overload_cast<const preindex::Result&>(&CostForecast::predict, py::const_),
           py::arg("result"))
      .def_property_readonly("runs", &CostForecast::runs);

  py::class_<Costs>(m, "Costs", "Costs by name; what is not known or not limited is None.")
      .def(py::init([](std::optional<double> epochs, std::optional<double> kwh, std::optional<double> gco2e) {
             return Costs{.epochs = epochs, .kwh = kwh, .gco2e = gco2e};
           }),
           py::kw_only(), py::arg("epochs") = std::nullopt, py::arg("kwh") = std::nullopt,
           py::arg("gco2e") = std::nullopt)
      .def_readonly("epochs", &Costs::epochs)
      .def_readonly("kwh", &Costs::kwh)
      .def_readonly("gco2e", &Costs::gco2e);
  py::class_<RetrainReport>(m, "RetrainReport", "Whether to retrain, and why.")
      .def_property_readonly(
          "decision", [](const RetrainReport& r) { return std::string(to_string(r.decision)); },
          "`not_needed`, `no_forecast`, `over_budget`, `retrain` or `uncertain`.")
      .def_readonly("reason", &RetrainReport::reason)
      .def_readonly("advice", &RetrainReport::advice)
      .def_readonly("issues", &RetrainReport::issues)
      .def("to_json", &RetrainReport::to_json)
      .def("__str__", &RetrainReport::to_text);
  m.def(
      "retrain_or_not",
      [](const std::optional<preindex::Result>& result, double x, const std::optional<CostPrediction>& prediction,
         double accuracy, double required_accuracy, const Costs& budget, const Costs& from_scratch,
         const Costs& index_cost, const std::map<std::string, CostPrediction>& candidates) {
        return retrain_or_not({.index = result,
                               .x = x,
                               .forecast = prediction,
                               .accuracy = accuracy,
                               .required_accuracy = required_accuracy,
                               .budget = budget,
                               .from_scratch = from_scratch,
                               .index_cost = index_cost,
                               .candidates = {candidates.begin(), candidates.end()}});
      },
      py::arg("result"), py::arg("x"), py::arg("forecast"), py::arg("accuracy"), py::arg("required_accuracy"),
      py::arg("budget"), py::arg("from_scratch"), py::arg("index_cost"), py::arg("candidates"));
}
