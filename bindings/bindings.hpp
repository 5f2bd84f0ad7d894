// SPDX-License-Identifier: MIT
// What every binding file includes: one registration function per room or domain.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pybind11/functional.h>
#include <pybind11/native_enum.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <co2lib/error.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace py = pybind11;

void register_errors(py::module_& m);
void register_units(py::module_& m);
void register_record(py::module_& m);
void register_rooms(py::module_& m);
void register_hub(py::module_& m);
void register_intensity(py::module_& m);
void register_meter(py::module_& m);
void register_preindex(py::module_& m);
void register_testing(py::module_& m);
void register_engine(py::module_& m);
void register_tracker(py::module_& m);

namespace co2lib::bindings {

/// The value of a room's result; its issue becomes an Error with the code `domain.code`.
template <class T>
T value_or_throw(Result<T> result, const std::string& domain) {
  if (result) return *std::move(result);
  const Issue& issue = result.issue();
  throw Error(domain + "." + issue.code, issue.subject.empty() ? issue.text : issue.subject + ": " + issue.text);
}

/// A domain's submodule `co2lib._core.<name>`.
inline py::module_ submodule(py::module_& m, const char* name, const char* doc) { return m.def_submodule(name, doc); }

}  // namespace co2lib::bindings
