// SPDX-License-Identifier: MIT
// Arguments that name themselves when they are of a wrong type: an error with a code, in one line, in the place of
// pybind11's list of signatures.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "bindings.hpp"

namespace co2lib::bindings {

/// A text as a template argument.
template <std::size_t N>
struct Name {
  char text[N]{};
  constexpr Name(const char (&given)[N]) { std::copy_n(given, N, text); }  // NOLINT(google-explicit-constructor)
};

/// A number of Python as a double: integers, floats, NumPy's; no text and no truth value.
template <Name domain, Name option>
struct Real {
  double value = 0;
};

/// A text.
template <Name domain, Name option>
struct Text {
  std::string value{};
};

[[noreturn]] inline void wrong_type(const char* domain, const char* option, const py::handle& given,
                                    const char* allowed) {
  throw Error(std::string(domain) + ".bad_option",
              std::string(option) + ": " + py::repr(given).cast<std::string>() + " is not allowed; use " + allowed,
              {{"option", std::string(option)}});
}

}  // namespace co2lib::bindings

namespace pybind11::detail {

template <co2lib::bindings::Name domain, co2lib::bindings::Name option>
struct type_caster<co2lib::bindings::Real<domain, option>> {
  using Type = co2lib::bindings::Real<domain, option>;
  PYBIND11_TYPE_CASTER(Type, const_name("typing.SupportsFloat"));

  bool load(handle given, bool) {
    const auto kind = str(type::handle_of(given).attr("__name__")).cast<std::string>();
    if (!given.is_none() && kind != "bool" && kind != "bool_" && !isinstance<str>(given) && !isinstance<bytes>(given)) {
      if (const auto number = reinterpret_steal<object>(PyNumber_Float(given.ptr()))) {
        value.value = PyFloat_AsDouble(number.ptr());
        return true;
      }
      PyErr_Clear();
    }
    co2lib::bindings::wrong_type(domain.text, option.text, given, "a number");
  }
  static handle cast(const Type& source, return_value_policy, handle) { return PyFloat_FromDouble(source.value); }
};

template <co2lib::bindings::Name domain, co2lib::bindings::Name option>
struct type_caster<co2lib::bindings::Text<domain, option>> {
  using Type = co2lib::bindings::Text<domain, option>;
  PYBIND11_TYPE_CASTER(Type, const_name("str"));

  bool load(handle given, bool) {
    make_caster<std::string> text;
    if (!isinstance<str>(given) || !text.load(given, false)) {
      PyErr_Clear();
      co2lib::bindings::wrong_type(domain.text, option.text, given, "a text");
    }
    value.value = cast_op<std::string>(text);
    return true;
  }
  static handle cast(const Type& source, return_value_policy policy, handle parent) {
    return make_caster<std::string>::cast(source.value, policy, parent);
  }
};

}  // namespace pybind11::detail
