// SPDX-License-Identifier: MIT
// Answers of ENTSO-E: the laws of tests/fuzz/provider.hpp.
#include "provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return provider_fuzz::run("entsoe", {"api"}, "10Y1001A1001A83F", data, size);
}
