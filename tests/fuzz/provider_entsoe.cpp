// SPDX-License-Identifier: MIT
// Answers of ENTSO-E: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_entsoe, data, size) {
  return provider_fuzz::run("entsoe", {"api"}, "10Y1001A1001A83F", data, size);
}
