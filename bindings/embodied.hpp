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

void register_factors(py::module_& m);
void register_bom(py::module_& m);
void register_formulas(py::module_& m);

}  // namespace co2lib::bindings::embodied_domain
