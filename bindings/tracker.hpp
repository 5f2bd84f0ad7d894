// SPDX-License-Identifier: MIT
// The parts of the binding of the domain `tracker`.
#pragma once

#include "bindings.hpp"

#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/tracker.hpp>

void bind_tracker_options(py::module_& m);
void bind_footprint(py::module_& m);
