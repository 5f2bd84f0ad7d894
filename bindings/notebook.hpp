// SPDX-License-Identifier: MIT
// How a result shows itself in a notebook; the tables are made by Python modules of the package.
#pragma once

#include <string>

#include <pybind11/pybind11.h>

namespace co2lib::bindings {

/// Gives the class `name` of a module `_repr_html_`, the table that `function` of the Python module `maker` makes of
/// it, and `_repr_mimebundle_`: its text and that table.
inline void shown_as_table(const pybind11::module_& m, const char* name, const std::string& function,
                           const std::string& maker = "co2lib._html") {
  namespace py = pybind11;
  const py::object type = m.attr(name);
  type.attr("_repr_html_") = py::cpp_function(
      [function, maker](const py::object& self) {
        return py::str(py::module_::import(maker.c_str()).attr(function.c_str())(self));
      },
      py::name("_repr_html_"), py::is_method(type), "Its table, for notebooks.");
  type.attr("_repr_mimebundle_") = py::cpp_function(
      [](const py::object& self, const py::object&, const py::object&) {
        return py::dict(py::module_::import("co2lib._html").attr("bundle")(self));
      },
      py::name("_repr_mimebundle_"), py::is_method(type), py::arg("include") = py::none(),
      py::arg("exclude") = py::none(), "Its text and its table, for notebooks.");
}

}  // namespace co2lib::bindings
