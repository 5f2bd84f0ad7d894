// SPDX-License-Identifier: MIT
// Answers of CO2signal: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_co2signal, data, size) {
  return provider_fuzz::run("co2signal", {"latest"}, "FR", data, size);
}
