// SPDX-License-Identifier: MIT
// What `co2lib._core` is made of: rooms, registered by the import, and submodules, registered when first used.
#include "bindings.hpp"
#include "collector.hpp"
#include "registrar.hpp"

PYBIND11_MODULE(_core, m) {
  using namespace co2lib::bindings;
  m.doc() = "The C++ core of co2lib.";
  const CollectorRests rests;
  register_errors(m);
  register_record(m);
  register_units(m);
  register_rooms(m);
  add_submodules(
      m, {
             {"numeric", "Room numeric.", register_numeric},
             {"random", "Room random: numbers that depend on seed, index and name alone.", register_random},
             {"adaptive", "Domain adaptive: which model, when, where.", register_adaptive, {"intensity"}},
             {"embodied", "Domain embodied: carbon in the hardware.", register_embodied},
             {"exchange", "Domain exchange: a footprint in the formats of others.", register_exchange},
             {"hub", "Domain hub: model cards.", register_hub},
             {"inference", "Domain inference: what a model costs on a device.", register_inference, {"intensity"}},
             {"intensity", "Domain intensity.", register_intensity, {}, {}, declare_intensity},
             {"meter", "Domain meter.", register_meter, {}, {}, declare_meter},
             {"preindex", "Domain preindex: shift as a forecast of retraining cost.", register_preindex},
             {"testing", "Fakes.", register_testing, {"meter"}},
             {"tracker",
              "The domain tracker.",
              register_tracker,
              {},
              {},
              {},
              {{"intensity", "meter"}, register_rest_of_tracker}},
         });
}
