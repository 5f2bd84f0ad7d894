// SPDX-License-Identifier: MIT
// Answers of EIA: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_eia, data, size) {
  return provider_fuzz::run("eia", {"electricity/rto/fuel-type-data/data"}, "CISO", data, size);
}
