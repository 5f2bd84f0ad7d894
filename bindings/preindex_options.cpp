// SPDX-License-Identifier: MIT
// Domain preindex: Options, all of it from the list `option_fields` and the defaults of the C++ struct.
#include "preindex.hpp"

#include <type_traits>

namespace co2lib::bindings {

template <>
struct Fields<preindex::Options> {
  static constexpr int version = 1;
  static auto of(auto& o) {
    return std::apply([&](const auto&... field) { return std::tie(o.*field.member...); }, preindex::option_fields);
  }
};

}  // namespace co2lib::bindings

namespace co2lib::bindings::preindex_domain {

namespace {

/// A field as Python has it: choices by their names.
template <class T>
auto shown(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(text(value));
  } else if constexpr (std::is_same_v<T, std::vector<Distance>>) {
    return names_of(value);
  } else {
    return value;
  }
}

template <class T>
using Shown = decltype(shown(std::declval<const T&>()));

template <class T>
T taken(const char* name, Shown<T> given) {
  if constexpr (std::is_enum_v<T>) {
    return parse<T>(name, given);
  } else if constexpr (std::is_same_v<T, std::vector<Distance>>) {
    std::vector<Distance> chosen;
    for (const std::string& one : given) chosen.push_back(parse<Distance>(name, one));
    return chosen;
  } else {
    return given;
  }
}

template <class... T>
void bind_fields(py::class_<Options>& cls, const OptionField<T>&... field) {
  const Options defaults;
  cls.def(py::init([field...](Shown<T>... given) {
            Options o;
            ((o.*field.member = taken<T>(field.name, std::move(given))), ...);
            check(o);
            return o;
          }),
          py::kw_only(), (py::arg(field.name) = shown(defaults.*field.member))...);
  (cls.def_property_readonly(field.name, [field](const Options& o) { return shown(o.*field.member); }), ...);
}

}  // namespace

void register_options(py::module_& m) {
  py::class_<Options> options(m, "Options", "Every choice that PreIndex leaves open.");
  std::apply([&](const auto&... field) { bind_fields(options, field...); }, option_fields);
  pickles(options);
}

}  // namespace co2lib::bindings::preindex_domain
