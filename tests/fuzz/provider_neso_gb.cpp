// SPDX-License-Identifier: MIT
// Answers of NESO: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("neso_gb",
                            {"intensity/{from}/{to}", "intensity/stats/{from}/{to}", "regional/regionid/{regionid}"},
                            "GB", data, size);
}
