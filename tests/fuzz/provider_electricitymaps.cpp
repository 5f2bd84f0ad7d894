// SPDX-License-Identifier: MIT
// Answers of Electricity Maps: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("electricitymaps",
                            {"carbon-intensity/latest", "carbon-intensity/history", "carbon-intensity/past-range",
                             "carbon-intensity/forecast", "zones"},
                            "DE", data, size);
}
