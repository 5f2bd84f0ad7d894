// SPDX-License-Identifier: MIT
// A fuzz target: CO2LIB_FUZZ_TARGET(units, data, size) { ... return 0; } in units.cpp. For libFuzzer it is the one
// target of a program; otherwise all targets are in one program, which replays their corpora (replay.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef CO2LIB_LIBFUZZER
#define CO2LIB_FUZZ_TARGET(name, data, size) \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
#else
#include <map>
#include <string>

namespace fuzz {

using Target = int (*)(const std::uint8_t* data, std::size_t size);

inline std::map<std::string, Target>& targets() {
  static std::map<std::string, Target> all;
  return all;
}

}  // namespace fuzz

#define CO2LIB_FUZZ_TARGET(name, data, size)                                                                      \
  static int fuzz_##name(const std::uint8_t* data, std::size_t size);                                             \
  [[maybe_unused]] static const bool fuzz_##name##_is_there = fuzz::targets().emplace(#name, fuzz_##name).second; \
  static int fuzz_##name(const std::uint8_t* data, std::size_t size)
#endif
