// SPDX-License-Identifier: MIT
// Answers of EIA: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("eia", {"electricity/rto/fuel-type-data/data"}, "CISO", data, size);
}
