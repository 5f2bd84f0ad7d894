// SPDX-License-Identifier: MIT
// Answers of NESO: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(provider_neso_gb, data, size) {
  return provider_fuzz::run("neso_gb",
                            {"intensity/{from}/{to}", "intensity/stats/{from}/{to}", "regional/regionid/{regionid}"},
                            "GB", data, size);
}
