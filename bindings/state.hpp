// SPDX-License-Identifier: MIT
// Pickling and copying of plain values, by one list of fields per type.
//
// A type says its fields and a version once (`Fields`); its state is a tuple of plain Python objects, and
// `restore(kind, version, state)` makes it again. A version or a kind that is not known is refused: a state with fields
// in other places would be a wrong value.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pybind11/numpy.h>

#include <co2lib/names.hpp>

#include "bindings.hpp"

namespace co2lib::bindings {

/// The fields of a type: `static constexpr int version` and `static auto of(auto& value)`, a tuple of references.
template <class T>
struct Fields;

template <class T>
concept HasFields = requires(T& value) {
  Fields<T>::of(value);
};

namespace detail {

template <class T>
struct State {  // numbers, texts, and what pickles by itself
  static py::object get(const T& value) { return py::cast(value); }
  static T set(const py::handle& state) { return state.cast<T>(); }
};

template <class T>
py::object state_of(const T& value) {
  return State<T>::get(value);
}
template <class T>
T from_state(const py::handle& state) {
  return State<T>::set(state);
}

template <Named T>
struct State<T> {
  static py::object get(const T& value) { return py::str(std::string(text(value))); }
  static T set(const py::handle& state) {
    return parse<T>(state.cast<std::string>(), "the pickled state", "core.bad_value");
  }
};

template <class T>
struct State<std::optional<T>> {
  static py::object get(const std::optional<T>& value) { return value ? state_of(*value) : py::object(py::none()); }
  static std::optional<T> set(const py::handle& state) {
    if (state.is_none()) return std::nullopt;
    return from_state<T>(state);
  }
};

/// Numbers are arrays: a clustering has as many labels as there are samples.
template <class T>
requires std::is_arithmetic_v<T>
struct State<std::vector<T>> {
  static py::object get(const std::vector<T>& values) {
    return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
  }
  static std::vector<T> set(const py::handle& state) {
    const auto array = state.cast<py::array_t<T, py::array::c_style | py::array::forcecast>>();
    return {array.data(), array.data() + array.size()};
  }
};

template <class T>
struct State<std::vector<T>> {
  static py::object get(const std::vector<T>& values) {
    py::list out;
    for (const T& value : values) out.append(state_of(value));
    return out;
  }
  static std::vector<T> set(const py::handle& state) {
    std::vector<T> values;
    for (const py::handle item : state) values.push_back(from_state<T>(item));
    return values;
  }
};

template <class A, class B>
struct State<std::pair<A, B>> {
  static py::object get(const std::pair<A, B>& value) {
    return py::make_tuple(state_of(value.first), state_of(value.second));
  }
  static std::pair<A, B> set(const py::handle& state) {
    const auto both = state.cast<py::tuple>();
    return {from_state<A>(both[0]), from_state<B>(both[1])};
  }
};

/// Alternatives that Python tells apart by itself (an integer, a text), in this order.
template <class... T>
struct State<std::variant<T...>> {
  static py::object get(const std::variant<T...>& value) {
    return std::visit([](const auto& x) { return state_of(x); }, value);
  }
  static std::variant<T...> set(const py::handle& state) { return state.cast<std::variant<T...>>(); }
};

template <HasFields T>
struct State<T> {
  static py::object get(const T& value) {
    return std::apply([](const auto&... field) -> py::object { return py::make_tuple(state_of(field)...); },
                      Fields<T>::of(value));
  }
  static T set(const py::handle& state) {
    T value{};
    const auto items = state.cast<py::tuple>();
    const auto fields = Fields<T>::of(value);
    if (items.size() != std::tuple_size_v<std::remove_const_t<decltype(fields)>>) {
      throw py::value_error("another number of fields");
    }
    std::size_t i = 0;
    std::apply(
        [&](auto&... field) {
          ((field = from_state<std::remove_reference_t<decltype(field)>>(py::object(items[i++]))), ...);
        },
        fields);
    return value;
  }
};

}  // namespace detail

/// Makes values of a domain from their states; the kinds are those that `pickles` was called for.
class Restorer {
 public:
  explicit Restorer(std::string domain) : domain_(std::move(domain)) {}

  template <class T>
  void add(const std::string& kind) {
    kinds_[kind] = {Fields<T>::version, [](const py::handle& state) { return py::cast(detail::from_state<T>(state)); }};
  }

  [[nodiscard]] py::object restore(const std::string& kind, int version, const py::handle& state) const {
    const auto found = kinds_.find(kind);
    const auto bad = [&](const std::string& why) {
      return Error(domain_ + ".bad_state", "a stored " + kind + " cannot be read: " + why);
    };
    if (found == kinds_.end()) throw bad("this version of co2lib does not know it; update co2lib");
    const auto& [known, make] = found->second;
    if (version != known) {
      throw bad("it has the version " + std::to_string(version) + ", this co2lib reads " + std::to_string(known) +
                "; read it with the version that wrote it, or update co2lib");
    }
    try {
      return make(state);
    } catch (const py::builtin_exception& error) {
      throw bad(std::string("it is corrupt: ") + error.what());
    } catch (const py::error_already_set& error) {
      throw bad(std::string("it is corrupt: ") + error.what());
    }
  }

 private:
  struct Kind {
    int version = 0;
    std::function<py::object(const py::handle&)> make{};
  };
  std::string domain_;
  std::map<std::string, Kind> kinds_{};
};

/// Gives a class `__reduce__`, and with it pickle, copy and deepcopy. `module`: where its `restore` is found by name.
template <class T, class... Options>
void pickles(py::class_<T, Options...>& cls, const char* module, Restorer& restorer) {
  const auto kind = py::cast<std::string>(cls.attr("__name__"));
  restorer.add<T>(kind);
  cls.def("__reduce__", [kind, module](const py::object& self) {
    const py::object restore = py::module_::import(module).attr("restore");
    const py::object state = detail::state_of(self.cast<const T&>());
    // What was set from outside (`Result.cost`) goes along.
    const py::object further = py::getattr(self, "__dict__", py::none());
    return py::make_tuple(restore, py::make_tuple(kind, Fields<T>::version, state), further);
  });
}

}  // namespace co2lib::bindings
