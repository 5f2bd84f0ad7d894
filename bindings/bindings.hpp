// SPDX-License-Identifier: MIT
// What every binding file includes: one registration function per room or domain (module.cpp lists them).
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

namespace co2lib::bindings {

namespace py = pybind11;

/// The value of a room's result; its issue becomes an Error with the code `domain.code`.
template <class T>
T value_or_throw(Result<T> result, const std::string& domain) {
  if (result) return *std::move(result);
  const Issue& issue = result.issue();
  throw Error(domain + "." + issue.code, issue.subject.empty() ? issue.text : issue.subject + ": " + issue.text);
}

// Rooms, registered by `import co2lib`.
void register_errors(py::module_& m);
void register_record(py::module_& m);
void register_units(py::module_& m);
void register_rooms(py::module_& m);

// Registered when first used; `m` is the submodule `co2lib._core.<name>`.
void register_adaptive(py::module_& m);
void register_numeric(py::module_& m);
void register_random(py::module_& m);
void register_embodied(py::module_& m);
void register_exchange(py::module_& m);
void register_hub(py::module_& m);
void register_inference(py::module_& m);
void register_intensity(py::module_& m);
void register_meter(py::module_& m);
void register_preindex(py::module_& m);
void register_testing(py::module_& m);
void register_tracker(py::module_& m);

}  // namespace co2lib::bindings
