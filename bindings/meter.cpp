// SPDX-License-Identifier: MIT
// Domain meter: its parts.
#include "meter.hpp"

namespace co2lib::bindings {

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
