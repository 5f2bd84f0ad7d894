// SPDX-License-Identifier: MIT
// Answers of Energi Data Service: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("energidataservice", {"dataset/CO2Emis", "dataset/CO2EmisProg"}, "DK1", data, size);
}
