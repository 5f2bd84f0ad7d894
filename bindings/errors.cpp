// SPDX-License-Identifier: MIT
// co2lib::Error becomes the Python exception of its category; bound once for all domains.
#include "bindings.hpp"

namespace co2lib::bindings {

namespace {

const char* python_class(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::value:
      return "BadValueError";
    case ErrorCategory::lookup:
      return "NotFoundError";
    case ErrorCategory::permission:
      return "NotPermittedError";
    case ErrorCategory::connection:
      return "ProviderError";
    case ErrorCategory::os:
      return "SystemFailureError";
    case ErrorCategory::arithmetic:
      return "NoSolutionError";
    case ErrorCategory::runtime:
      return "WrongStateError";
    case ErrorCategory::missing_extra:
      return "MissingExtraError";
  }
  return "Error";
}

/// A text that may hold the name of a file, which need not be UTF-8. An exception while one is translated would end up
/// as that of the translation.
py::str text_of(const std::string& text, const char* how) {
  PyObject* decoded = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), how);
  if (decoded == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

/// Details keep such a name as `os.fsdecode` gives it.
py::object detail_of(const std::string& text) { return text_of(text, "surrogateescape"); }
py::object detail_of(const std::vector<std::string>& texts) {
  py::list list;
  for (const std::string& text : texts) list.append(detail_of(text));
  return list;
}
template <class T>
py::object detail_of(const T& value) {
  return py::cast(value);
}

}  // namespace

void register_errors(py::module_&) {
  py::register_exception_translator([](std::exception_ptr pointer) {
    if (!pointer) return;
    try {
      std::rethrow_exception(pointer);
    } catch (const Error& error) {
      // The classes are Python's own (co2lib/_errors.py), so that Python code raises the very same ones.
      const py::object cls = py::module_::import("co2lib._errors").attr(python_class(error.category()));
      py::dict details;
      for (const auto& [name, value] : error.details()) {
        std::visit([&, &key = name](const auto& x) { details[py::str(key)] = detail_of(x); }, value);
      }
      const py::object instance = cls(error.code(), text_of(error.what(), "backslashreplace"), details);
      PyErr_SetObject(cls.ptr(), instance.ptr());
    }
  });
}

}  // namespace co2lib::bindings
