// SPDX-License-Identifier: MIT
// Answers of the Carbon Aware SDK: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("carbon_aware_sdk",
                            {"emissions/bylocation", "emissions/forecasts/current",
                             "emissions/average-carbon-intensity", "emissions/bylocations"},
                            "eastus", data, size);
}
