// SPDX-License-Identifier: MIT
// Submodules whose classes and functions are registered when one of them is first asked for.
#pragma once

#include <string>
#include <vector>

#include "bindings.hpp"

namespace co2lib::bindings {

/// What few programs need of a submodule; it is filled when it is asked for.
struct Rest {
  std::vector<std::string> names{};  ///< submodules that are declared before it
  void (*fill)(py::module_& m) = {};
};

/// A submodule `co2lib._core.<name>`: how it is filled, and what of others its signatures need.
struct Submodule {
  std::string name;
  const char* doc;
  void (*fill)(py::module_& m);
  std::vector<std::string> needs{};      ///< submodules that are filled before it
  std::vector<std::string> names{};      ///< submodules that are declared before it
  void (*declare)(py::module_& m) = {};  ///< the classes that others name, bare; called once, before `fill`
  Rest rest{};
};

/// Adds the submodules to `core`, empty: each has `__getattr__` and `__dir__`, which fill it when first called, after
/// those it needs.
///
/// So `import co2lib` costs the same however many domains there are. Imports, pickles and `help()` come through
/// these two functions and see no difference, whichever submodule is first.
void add_submodules(py::module_& core, const std::vector<Submodule>& submodules);

/// Fills a submodule, with its rest, whose objects are about to be given to Python by one that only names it. Needs the
/// GIL.
void use(const char* submodule);

/// The class of a `declare_` function, to define what it can do.
template <class Class>
Class declared(const py::module_& m, const char* name) {
  const py::object known = m.attr(name);
  return Class(known);
}

// What other domains name; in the binding files of the domain.
void declare_intensity(py::module_& m);
void declare_meter(py::module_& m);

// What few runs need.
void register_rest_of_tracker(py::module_& m);

}  // namespace co2lib::bindings
