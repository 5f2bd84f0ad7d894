// SPDX-License-Identifier: MIT
// What the binding files of the domain tracker share.
#pragma once

#include "bindings.hpp"

#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/tracker.hpp>

namespace co2lib::bindings::tracker_domain {

using namespace co2lib::tracker;

/// Options by name; raises tracker.bad_config, naming the option, what was given and what it takes.
Options options_from(const py::kwargs& values);

// Of every run.
void register_option_kinds(py::module_& m);
void register_footprint(py::module_& m);

// The rest.
void register_options(py::module_& m);
void register_parts(py::module_& m);
void register_openmetrics(py::module_& m);

}  // namespace co2lib::bindings::tracker_domain
