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

/// What an option says, for people.
const char* said_of(std::string_view option) {
  static constexpr std::pair<std::string_view, const char*> sentences[] = {
      {"mode", "How activations become vectors: `cnn` or `vit`."},
      {"bins", "Numbers of bins, 2 to 4096; the first one is the index's."},
      {"distances", "Distances that are computed; the first one is the index's."},
      {"edge_rule", "How the edges of a histogram are rounded: `numpy1` or `numpy2`."},
      {"weights", "What a histogram's probabilities are made of: `density` or `count`."},
      {"degenerate", "What becomes of a vector with a bin of zero width: `count`, `nan` or `error`."},
      {"ari", "Which clustering the index takes."},
      {"embedding", "Name of the embedding layer, for the record; empty: the default one."},
      {"include", "Layers kept whatever their width; empty: those wider than there are classes."},
      {"exclude", "Layers that are never kept."},
      {"skip_short_names", "Whether names of one character are skipped, as the published code does."},
      {"repeated_calls", "What becomes of a module that is called more than once per pass: `mean` or `sum`."},
      {"nonfinite", "What becomes of a pair with a NaN or an infinity: `error` or `skip_pair`."},
      {"store", "Where the shifted embeddings are kept: `memory`, `file` or `recompute`."},
      {"s", "Noise-variance scaling; computed nowhere, an argument."},
      {"s_bar", "Offset of the noise-variance scaling; an argument too."},
      {"threads", "0: as many as the machine has; no result depends on it."},
  };
  for (const auto& [name, sentence] : sentences) {
    if (name == option) return sentence;
  }
  return "";
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
  (cls.def_property_readonly(
       field.name, [field](const Options& o) { return shown(o.*field.member); }, said_of(field.name)),
   ...);
}

}  // namespace

void register_options(py::module_& m) {
  py::class_<Options> options(m, "Options", "Every choice that PreIndex leaves open.");
  std::apply([&](const auto&... field) { bind_fields(options, field...); }, option_fields);
  pickles(options);
}

}  // namespace co2lib::bindings::preindex_domain
