// SPDX-License-Identifier: MIT
// Results whose class a signature names by a text, so that the class need not be registered before the function is.
#pragma once

#include <cstddef>
#include <utility>

#include <pybind11/pybind11.h>

namespace co2lib::bindings {

/// A text as a template argument.
template <std::size_t Size>
struct TypeName {
  char text[Size]{};
  consteval TypeName(const char (&from)[Size]) {  // NOLINT: a text is one
    for (std::size_t i = 0; i < Size; ++i) text[i] = from[i];
  }
};

/// An object of the type `name`, such as `list[co2lib._core.tracker.Run]`; whoever makes one has registered its class.
/// As an argument it is any object until `as` looks.
template <TypeName name>
class Named : public pybind11::object {
 public:
  using object::object;
  static bool check_(pybind11::handle given) { return static_cast<bool>(given); }  // NOLINT: pybind11's name
  template <class T>
  static Named of(T&& value) {
    return Named(pybind11::cast(std::forward<T>(value)));
  }

  /// As an argument: the object behind it. One of another class is none of this overload.
  template <class T>
  const T& as() const {
    if (!pybind11::isinstance<T>(*this)) throw pybind11::reference_cast_error();
    return cast<const T&>();
  }

 private:
  explicit Named(pybind11::object&& made) : object(std::move(made)) {}
};

}  // namespace co2lib::bindings

template <co2lib::bindings::TypeName named>
struct pybind11::detail::handle_type_name<co2lib::bindings::Named<named>> {
  static constexpr auto name = const_name(named.text);
};
