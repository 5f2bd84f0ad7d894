// SPDX-License-Identifier: MIT
// Answers of WattTime: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_watttime, data, size) {
  return provider_fuzz::run("watttime",
                            {"v3/historical", "v3/forecast", "v3/forecast/historical", "v3/region-from-loc", "login"},
                            "CAISO_NORTH", data, size);
}
