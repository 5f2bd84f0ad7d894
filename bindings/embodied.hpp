// SPDX-License-Identifier: MIT
// What the binding files of the domain embodied share. Enumerations are texts in Python.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <co2lib/embodied.hpp>

#include "bindings.hpp"

namespace co2lib::bindings::embodied_domain {

using namespace co2lib::embodied;

using Tables = std::vector<std::shared_ptr<FactorTable>>;

/// Tables of a call, in their order.
inline std::vector<std::shared_ptr<const FactorTable>> tables_of(const Tables& tables) {
  return {tables.begin(), tables.end()};
}
/// For look-ups: a later table overrides an earlier one.
inline Factors factors_of(const Tables& tables) {
  return Factors(std::vector<std::shared_ptr<const FactorTable>>(tables.rbegin(), tables.rend()));
}

/// A member as Python pickles it: enumerations as their text, the rest by itself.
template <class T>
py::object pickled(const T& value) {
  if constexpr (Named<T>) {
    return py::str(std::string(text(value)));
  } else {
    return py::cast(value);
  }
}
template <class T>
void unpickle(T& value, const py::handle& state) {
  if constexpr (Named<T>) {
    value = parse<T>(state.cast<std::string>(), "the pickled state", "embodied.bad_state");
  } else {
    value = state.cast<T>();
  }
}

[[noreturn]] inline void bad_state(const py::handle& cls) {
  throw Error("embodied.bad_state",
              "a stored " + py::cast<std::string>(cls.attr("__name__")) +
                  " cannot be read: another version of co2lib wrote it; read it with that version");
}

/// pickle, copy and deepcopy of a plain type, and its equality, from the list of its members. The version changes with
/// the list, so that a state of another version is refused and not misread.
template <auto... members, class T, class... Options>
void pickles_as(py::class_<T, Options...>& cls, int version) {
  cls.def(py::pickle([version](const T& value) { return py::make_tuple(version, pickled(value.*members)...); },
                     [version, cls](const py::tuple& state) {
                       if (state.size() != sizeof...(members) + 1 || state[0].template cast<int>() != version)
                         bad_state(cls);
                       T value{};
                       std::size_t i = 1;
                       (unpickle(value.*members, state[i++]), ...);
                       return value;
                     }));
  if (!cls.attr("__dict__").contains("__eq__")) {
    cls.def(
        "__eq__", [](const T& a, const T& b) { return a == b; }, py::is_operator());
  }
}

void register_factors(py::module_& m);
void register_bom(py::module_& m);
void register_explore(py::module_& m);
void register_formulas(py::module_& m);

}  // namespace co2lib::bindings::embodied_domain
