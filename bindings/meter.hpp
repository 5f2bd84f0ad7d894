// SPDX-License-Identifier: MIT
// What the binding files of the domain meter share, and meters written in Python for every binding that takes meters.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <co2lib/meter/gpu_select.hpp>
#include <co2lib/meter/meter.hpp>

#include "bindings.hpp"

namespace co2lib::bindings {

/// Makes a meter of what a Python user hands over; raises meter.bad_option for anything else.
///
/// A `co2lib.meter.Meter` (also a subclass written in Python), an object with `info()` and `sample(now_s)`, or a
/// callable without arguments that returns W and is taken as the power of the whole machine. Needs the GIL.
std::shared_ptr<meter::Meter> meter_from_python(const py::object& object);

/// The option `gpus` as Python users give it: a list of indices and UUID prefixes, or the word "none".
using PyGpus = std::optional<std::variant<std::string, std::vector<meter::GpuKey>>>;

/// What the option means; raises meter.bad_option for another word.
meter::GpuOption gpu_option(const PyGpus& gpus);

namespace meter_domain {

using namespace co2lib::meter;

py::dict info_dict(const MeterInfo& info);

void register_info(py::module_& m);
void register_readings(py::module_& m);
void register_contract(py::module_& m);
void register_attribution(py::module_& m);
void register_container(py::module_& m);
void register_gpus(py::module_& m);
void register_models(py::module_& m);
void register_powercap_unit(py::module_& m);
void register_sensors(py::module_& m);
void register_windows(py::module_& m);
void register_engines(py::module_& m);

}  // namespace meter_domain

}  // namespace co2lib::bindings
