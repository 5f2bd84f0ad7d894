// SPDX-License-Identifier: MIT
// The parts of the domain hub; bindings/hub.cpp calls them.
#pragma once

#include "bindings.hpp"

namespace co2lib::bindings {

void register_hub_cards(py::module_& m);
void register_hub_labels(py::module_& m);

}  // namespace co2lib::bindings
