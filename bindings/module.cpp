// SPDX-License-Identifier: MIT
#include "bindings.hpp"

PYBIND11_MODULE(_core, m) {
  m.doc() = "The C++ core of co2lib.";
  register_errors(m);
  register_record(m);
  register_units(m);
  register_rooms(m);
  register_hub(m);
  register_intensity(m);
  register_meter(m);
  register_preindex(m);
  register_testing(m);
  register_engine(m);
  register_tracker(m);
}
