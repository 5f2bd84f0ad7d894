// SPDX-License-Identifier: MIT
// Answers of Energi Data Service: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_energidataservice, data, size) {
  return provider_fuzz::run("energidataservice", {"dataset/CO2Emis", "dataset/CO2EmisProg"}, "DK1", data, size);
}
