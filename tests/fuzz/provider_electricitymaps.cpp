// SPDX-License-Identifier: MIT
// Answers of Electricity Maps: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_electricitymaps, data, size) {
  return provider_fuzz::run("electricitymaps",
                            {"carbon-intensity/latest", "carbon-intensity/history", "carbon-intensity/past-range",
                             "carbon-intensity/forecast", "zones"},
                            "DE", data, size);
}
