// SPDX-License-Identifier: MIT
// Domain meter: its parts.
#include "meter.hpp"

#include <co2lib/meter/record.hpp>
#include <co2lib/meter/totals.hpp>

#include "registrar.hpp"

namespace co2lib::bindings {

void declare_meter(py::module_& m) {
  py::class_<meter::MeterInfo>(m, "MeterInfo", "What a meter is and how its samples are read.");
  py::class_<meter::Record>(m, "Record", "The result of one meter over one window.");
  py::class_<meter::Totals>(m, "Totals", "The sums of a machine.");
}

void register_meter(py::module_& m) {
  meter_domain::register_info(m);
  meter_domain::register_readings(m);
  meter_domain::register_contract(m);
  meter_domain::register_attribution(m);
  meter_domain::register_container(m);
  meter_domain::register_gpus(m);
  meter_domain::register_models(m);
  meter_domain::register_powercap_unit(m);
  meter_domain::register_sensors(m);
  meter_domain::register_windows(m);
  meter_domain::register_engines(m);
}

}  // namespace co2lib::bindings
