// SPDX-License-Identifier: MIT
// Texts of /proc/<pid>/stat and of lines `key value`: no CPU time is negative, what stands before the last ')' does not
// matter, and a number is found where its key begins a line.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "meter/cpu_time.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(process, data, size) {
  using namespace co2lib::meter;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto process = parse_process(text)) {
    if (!(process->cpu_s() >= 0) || !std::isfinite(process->cpu_s())) __builtin_trap();
    const auto named = parse_process("12 () R 1 (" + text);
    if (!named || named->parent != process->parent || named->cpu_s() != process->cpu_s()) __builtin_trap();
  } else if (parse_process(") S 1 1 1 0 -1 0 0 0 0 0 5 0 0 0 (" + text)) {
    if (text.find(')') != std::string::npos) __builtin_trap();
  }
  for (const std::string_view key : {"Pss:", "usage_usec", ""}) {
    const auto value = number(text, key);
    if (value && (!(*value >= 0) || text.find(key) == std::string::npos)) __builtin_trap();
    if (key.empty()) continue;
    const auto behind = number(text + "\n" + std::string(key) + " 7\n", key);
    if (!behind || *behind != value.value_or(7)) __builtin_trap();
  }
  return 0;
}
