// SPDX-License-Identifier: MIT
// What the binding files of the domain preindex share: arrays in are views, labels are integers or texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "state.hpp"

#include <pybind11/numpy.h>

#include <co2lib/preindex.hpp>

namespace co2lib::bindings::preindex_domain {

using namespace co2lib::preindex;

using Table = std::map<int, std::map<std::string, double>>;
using Names = std::vector<std::string>;

[[noreturn]] inline void bad_array(const std::string& what, const py::array& array, const char* expected) {
  throw Error("preindex.bad_shape", what + ": expected " + expected + ", got an array of type " +
                                        py::str(array.dtype()).cast<std::string>() + " and shape " +
                                        py::str(array.attr("shape")).cast<std::string>());
}

inline std::ptrdiff_t element_stride(const py::array& a, py::ssize_t axis) {
  return static_cast<std::ptrdiff_t>(a.strides(axis) / a.itemsize());
}

inline bool whole_strides(const py::array& a) {
  for (py::ssize_t i = 0; i < a.ndim(); ++i) {
    if (a.strides(i) % a.itemsize() != 0) return false;
  }
  return reinterpret_cast<std::uintptr_t>(a.data()) % static_cast<std::uintptr_t>(a.itemsize()) == 0 &&
         a.dtype().attr("isnative").cast<bool>();
}

/// The array itself, or a copy where it cannot be read in place.
inline py::array readable(const py::array& a) {
  if (whole_strides(a)) return a;
  return a.attr("astype")(a.dtype().attr("newbyteorder")("=")).cast<py::array>();
}

/// A matrix of samples; other types than float32 and float64 are converted. Holds the array as long as the view.
struct Held {
  py::array array;
  View view;
};

inline Held rows_of(const py::array& given, const std::string& what) {
  py::array a = readable(given);
  // A type of its own that NumPy does not know by itself.
  if (py::str(a.dtype().attr("name")).cast<std::string>() == "bfloat16")
    a = a.attr("astype")("float32").cast<py::array>();
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

inline std::span<const float> vector_of(const Floats& a, const char* what) {
  if (a.ndim() != 1) bad_array(what, a, "one axis");
  return {a.data(), static_cast<std::size_t>(a.size())};
}

/// The integer of a label; throws if it has more than 64 bits.
inline Label integer_label(const py::object& label) {
  const auto number = py::reinterpret_steal<py::int_>(PyNumber_Index(label.ptr()));
  if (!number) throw py::error_already_set();
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow != 0) {
    throw preindex::detail::bad_option("labels", py::repr(number).cast<std::string>(), "integers of 64 bits, or texts");
  }
  return static_cast<std::int64_t>(value);
}

inline std::vector<Label> labels_of(const py::object& given) {
  if (py::isinstance<py::str>(given) || !py::hasattr(given, "__iter__")) {
    throw preindex::detail::bad_option("labels", py::repr(given).cast<std::string>(), "one integer or text per sample");
  }
  if (py::hasattr(given, "dtype") || py::hasattr(given, "__array__")) {
    const auto array = py::module_::import("numpy").attr("asarray")(given).cast<py::array>();
    if (array.ndim() != 1) bad_array("labels", array, "one axis");
    if (array.dtype().kind() == 'i' || (array.dtype().kind() == 'u' && array.itemsize() < 8)) {
      const auto numbers = py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>::ensure(array);
      return {numbers.data(), numbers.data() + numbers.size()};
    }
    return labels_of(array.attr("tolist")());
  }
  std::vector<Label> labels;
  for (const py::handle item : given) {
    const auto label = py::reinterpret_borrow<py::object>(item);
    if (label.is_none())
      throw Error("preindex.bad_sample", "sample " + std::to_string(labels.size()) + " has no label");
    // NumPy's bool has an index too.
    const bool boolean = py::str(py::type::of(label).attr("__name__")).cast<std::string>().starts_with("bool");
    if (py::isinstance<py::str>(label)) {
      Py_ssize_t length = 0;
      const char* text = PyUnicode_AsUTF8AndSize(label.ptr(), &length);
      if (text == nullptr) {
        PyErr_Clear();
        throw preindex::detail::bad_option("labels", py::repr(label).cast<std::string>(), "texts that are Unicode");
      }
      labels.emplace_back(std::string(text, static_cast<std::size_t>(length)));
    } else if (!boolean && PyIndex_Check(label.ptr()) != 0) {
      labels.push_back(integer_label(label));
    } else {
      throw preindex::detail::bad_option("labels", py::repr(label).cast<std::string>(), "integers or texts");
    }
  }
  return labels;
}

inline py::list labels_list(const std::vector<Label>& labels) {
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

inline Matrix matrix_of(const Doubles& a, const char* what) {
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
      table[bins[b]][std::string(text(distances[d]))] = values[b * distances.size() + d];
    }
  }
  return table;
}

inline std::vector<std::string> names_of(const std::vector<Distance>& distances) {
  std::vector<std::string> names;
  for (const Distance d : distances) names.emplace_back(text(d));
  return names;
}

inline Side side_of(const std::string& name) { return parse<Side>("side", name); }

inline LloydOptions lloyd_options(double tolerance, int max_iterations, unsigned threads, std::uint64_t seed) {
  return {.tolerance = tolerance, .max_iterations = max_iterations, .threads = threads, .seed = seed};
}

/// Makes values of this domain from their states.
[[nodiscard]] Restorer& restorer();

void register_options(py::module_& m);
void register_results(py::module_& m);
void register_accumulator(py::module_& m);
void register_functions(py::module_& m);
void register_cost(py::module_& m);

template <class T, class... Options>
void pickles(py::class_<T, Options...>& cls) {
  bindings::pickles(cls, "co2lib.preindex._state", restorer());
}

}  // namespace co2lib::bindings::preindex_domain

namespace co2lib::bindings {

template <class T>
struct Fields<preindex::BasicMatrix<T>> {
  static constexpr int version = 1;
  static auto of(auto& m) { return std::tie(m.rows, m.columns, m.values); }
};

template <class Q>
struct Fields<Interval<Q>> {
  static constexpr int version = 1;
  static auto of(auto& i) { return std::tie(i.low, i.high, i.confidence); }
};

}  // namespace co2lib::bindings
