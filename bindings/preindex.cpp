// SPDX-License-Identifier: MIT
// Domain preindex: its parts, and the function that makes values from their pickled states.
#include "preindex.hpp"

namespace co2lib::bindings::preindex_domain {

Restorer& restorer() {
  static Restorer one("preindex");
  return one;
}

}  // namespace co2lib::bindings::preindex_domain

namespace co2lib::bindings {

void register_preindex(py::module_& m) {
  preindex_domain::register_options(m);
  preindex_domain::register_results(m);
  preindex_domain::register_accumulator(m);
  preindex_domain::register_cost(m);
  preindex_domain::register_functions(m);
  m.def(
      "restore",
      [](const std::string& kind, int version, const py::object& state) {
        return preindex_domain::restorer().restore(kind, version, state);
      },
      py::arg("kind"), py::arg("version"), py::arg("state"), "Makes a value of this domain from its pickled state.");
}

}  // namespace co2lib::bindings
