// SPDX-License-Identifier: MIT
// Answers of CO2signal: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("co2signal", {"latest"}, "FR", data, size);
}
