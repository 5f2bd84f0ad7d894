// SPDX-License-Identifier: MIT
// Domain preindex: functions on arrays; computation runs without the GIL.
#include "gil.hpp"
#include "preindex.hpp"

namespace co2lib::bindings::preindex_domain {

namespace {

Image image_of(const Floats& given) {
  if (given.ndim() != 3) bad_array("image", given, "three axes: channels x height x width");
  return {static_cast<std::size_t>(given.shape(0)),
          static_cast<std::size_t>(given.shape(1)),
          static_cast<std::size_t>(given.shape(2)),
          {given.data(), given.data() + given.size()}};
}

py::array_t<float> array_of(Image image) {
  const std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(image.channels), static_cast<py::ssize_t>(image.height),
                                       static_cast<py::ssize_t>(image.width)};
  return preindex_domain::array_of(std::move(image.values), shape);
}

}  // namespace

void register_functions(py::module_& m) {
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
        return preindex_domain::array_of(std::move(rows));
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
         bool quantise, bool clamp, bool wrap_u8, bool any_range) {
        Image image = image_of(given);
        {
          const bindings::GilReleased released;
          image = corrupt(image, name, level,
                          {.seed = seed,
                           .item = item,
                           .quantise = quantise,
                           .clamp = clamp,
                           .wrap_u8 = wrap_u8,
                           .any_range = any_range});
        }
        return array_of(std::move(image));
      },
      py::arg("image"), py::arg("name"), py::arg("level"), py::arg("seed") = 0U, py::arg("item") = 0U,
      py::arg("quantise") = true, py::arg("clamp") = true, py::arg("wrap_u8") = false, py::arg("any_range") = false);
  m.def(
      "finished",
      [](const Floats& given, bool quantise, bool clamp, bool wrap_u8) {
        return array_of(finished(image_of(given), {.quantise = quantise, .clamp = clamp, .wrap_u8 = wrap_u8}));
      },
      py::arg("image"), py::arg("quantise") = true, py::arg("clamp") = true, py::arg("wrap_u8") = false);
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
}

}  // namespace co2lib::bindings::preindex_domain
