// SPDX-License-Identifier: MIT
// What the binding files of the domain tracker share.
#pragma once

#include "bindings.hpp"

#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/tracker.hpp>

namespace co2lib::bindings::tracker_domain {

using namespace co2lib::tracker;

void register_options(py::module_& m);
void register_footprint(py::module_& m);
void register_openmetrics(py::module_& m);

}  // namespace co2lib::bindings::tracker_domain
