// SPDX-License-Identifier: MIT
// Submodules whose classes and functions are registered when one of them is first asked for.
#pragma once

#include <string>
#include <vector>

#include "bindings.hpp"

namespace co2lib::bindings {

/// A submodule `co2lib._core.<name>`: how it is filled, and whose classes its signatures need.
struct Submodule {
  std::string name;
  const char* doc;
  void (*fill)(py::module_& m);
  std::vector<std::string> needs{};
};

/// Adds the submodules to `core`, empty: each has `__getattr__` and `__dir__`, which fill it when first called, after
/// those it needs.
///
/// So `import co2lib` costs the same however many domains there are. Imports, pickles and `help()` come through
/// these two functions and see no difference, whichever submodule is first.
void add_submodules(py::module_& core, const std::vector<Submodule>& submodules);

}  // namespace co2lib::bindings
