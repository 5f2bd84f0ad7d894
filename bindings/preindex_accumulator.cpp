// SPDX-License-Identifier: MIT
// Domain preindex: Accumulator and Reducer; computation runs without the GIL.
#include "gil.hpp"
#include "preindex.hpp"

namespace co2lib::bindings::preindex_domain {

namespace {

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

void register_accumulator(py::module_& m) {
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
      .def("layer", &Accumulator::layer, py::arg("name"), py::arg("width"),
           "The layer of this name, entered into the table when first seen. Throws preindex.width_changed.")
      .def(
          "add_pairs",
          [](Accumulator& a, Accumulator::LayerId layer, const py::array& clean, const py::array& shifted) {
            const Held before = rows_of(clean, "clean");
            const Held after = rows_of(shifted, "shifted");
            const bindings::GilReleased released;  // the arrays are held by `before` and `after`
            a.add_pairs(layer, before.view, after.view);
          },
          py::arg("layer"), py::arg("clean"), py::arg("shifted"),
          "Vectors of the same samples before and after the shift; once per call of the module in the "
          "batch.")
      .def(
          "add_embedding",
          [](Accumulator& a, const std::string& side, const py::array& rows, const py::object& labels) {
            const Held held = rows_of(rows, "rows");
            const std::vector<Label> given = labels_of(labels);
            const bindings::GilReleased released;
            a.add_embedding(side_of(side), held.view, given);
          },
          py::arg("side"), py::arg("rows"), py::arg("labels"),
          "Embeddings of the samples of the batch, flattened; labels in the same order. Copied.")
      .def(
          "add_resque",
          [](Accumulator& a, const std::string& side, const py::array& rows, const py::object& labels) {
            const Held held = rows_of(rows, "rows");
            const std::vector<Label> given = labels_of(labels);
            const bindings::GilReleased released;
            a.add_resque(side_of(side), held.view, given);
          },
          py::arg("side"), py::arg("rows"), py::arg("labels"),
          "Vectors for RESQUE's shift index; the sides need not be paired. Counted at once.")
      .def("end_batch", &Accumulator::end_batch, py::call_guard<bindings::GilReleased>(), "Counts the batch.")
      .def("drop_batch", &Accumulator::drop_batch, "Drops what was added since the last `end_batch`.")
      .def("merge", &Accumulator::merge, py::arg("other"), py::call_guard<bindings::GilReleased>(),
           "Adds another shard. Throws preindex.config_mismatch with the keys that differ.")
      .def("result", &Accumulator::result, py::call_guard<bindings::GilReleased>(),
           "The result so far. Throws preindex.empty without pairs, preindex.no_layer, preindex.class_sets.")
      .def("resque", &Accumulator::resque, "RESQUE's shift index of what `add_resque` counted.")
      .def("to_json", &Accumulator::to_json,
           "The state without stored embeddings, versioned JSON; its size does not depend on the number of "
           "pairs.")
      .def_static("from_json", &Accumulator::from_json, py::arg("text"),
                  "Reads a state. Throws preindex.bad_state for a corrupt or a newer one.")
      .def(
          "restore_embeddings",
          [](Accumulator& a, const py::array& rows, const py::object& labels) {
            const Held held = rows_of(rows, "rows");
            const std::vector<Label> given = labels_of(labels);
            a.restore_embeddings(held.view, given);
          },
          py::arg("rows"), py::arg("labels"),
          "Gives a state the embeddings that it was read without: those of `embeddings()`, with their "
          "labels.")
      .def_property_readonly("options", &Accumulator::options, "As they were given.")
      .def_property_readonly("classes", &Accumulator::classes,
                             "Number of classes of the model, which decides which layers are kept.")
      .def_property_readonly("pairs", &Accumulator::pairs, "So far.")
      .def_property_readonly(
          "layers",
          [](const Accumulator& a) {
            std::vector<std::tuple<std::string, std::size_t, bool>> layers;
            for (const Layer& l : a.layers()) layers.emplace_back(l.name, l.width, l.kept);
            return layers;
          },
          "(name, width, kept) of the layers, in the order in which they were seen.")
      .def_property_readonly("config", &Accumulator::config, "Every choice that two shards must share, JSON.")
      .def_property_readonly("config_hash", &Accumulator::config_hash, "Of `config`.")
      .def_property_readonly(
          "labels", [](const Accumulator& a) { return labels_list(a.labels()); }, "The classes seen so far, ascending.")
      .def(
          "class_means",
          [](const Accumulator& a, const std::string& side) { return array_of(a.class_means(side_of(side))); },
          py::arg("side"), "Means of the embeddings of each class on a side, ascending; for the initial centres.")
      .def(
          "embeddings",
          [](const Accumulator& a) {
            const EmbeddingStore& store = a.embeddings();
            Rows rows(store.rows(), store.columns());
            store.read(0, store.rows(), rows.values.data());
            return array_of(std::move(rows));
          },
          "A copy of the stored embeddings.")
      .def(
          "embedding_labels",
          [](const Accumulator& a) {
            const Classes classes = a.embedding_classes();
            std::vector<Label> labels;
            for (const std::int32_t c : classes.index) labels.push_back(classes.labels[static_cast<std::size_t>(c)]);
            return labels_list(labels);
          },
          "The classes of the stored embeddings, row by row.")
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
          py::arg("integers"), py::arg("doubles"), py::arg("classes"), py::arg("widths") = Accumulator::Widths{},
          "Replaces the sums by those of `packed`, which was added up over shards packed for the same "
          "classes and widths.")
      .def_property_readonly("widths", &Accumulator::widths,
                             "Values per clean and shifted embedding and RESQUE vector seen so far.")
      .def("cluster", &Accumulator::cluster, py::arg("reducer"), py::call_guard<bindings::GilReleased>(),
           "Clusters the stored embeddings of all processes together, for result().");
}

}  // namespace co2lib::bindings::preindex_domain
