// SPDX-License-Identifier: MIT
// Answers of the Carbon Aware SDK: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_carbon_aware_sdk, data, size) {
  return provider_fuzz::run("carbon_aware_sdk",
                            {"emissions/bylocation", "emissions/forecasts/current",
                             "emissions/average-carbon-intensity", "emissions/bylocations"},
                            "eastus", data, size);
}
