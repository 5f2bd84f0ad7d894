// SPDX-License-Identifier: MIT
// What the binding files of the domain inference share. Enumerations are texts in Python.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <co2lib/inference.hpp>

#include "bindings.hpp"

namespace co2lib::bindings::inference_domain {

using namespace co2lib::inference;

/// A rule set: its name, or sequences of operators.
using RulesArgument = std::variant<std::string, Rules>;

inline Rules rules_of(const RulesArgument& given) {
  if (const auto* name = std::get_if<std::string>(&given)) return rules(*name);
  return std::get<Rules>(given);
}

/// An enumerator of a text; what is not known is `inference.out_of_range`.
template <Named E>
E parse_or_refuse(const std::string& text, const char* field) {
  return parse<E>(text, field, "inference.out_of_range");
}

void register_kernels(py::module_& m);
void register_graphs(py::module_& m);
void register_devices(py::module_& m);
void register_life(py::module_& m);
void register_llm(py::module_& m);

}  // namespace co2lib::bindings::inference_domain
