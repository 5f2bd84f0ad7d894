// SPDX-License-Identifier: MIT
// The text of /proc/stat: no time is invented, busy time is part of all time, and the mean load of any two texts lies
// between 0 and 1.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/meter/models.hpp>

#include "meter/cpu_time.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(procstat, data, size) {
  using namespace co2lib::meter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ticks = parse_cpu_ticks(text);
  if (!ticks) return 0;
  if (!text.starts_with("cpu ") || ticks->busy > ticks->all) __builtin_trap();
  if (const auto again = parse_cpu_ticks(std::string(text) + "\ncpu0 1 2 3 4\n"); !again || again->all != ticks->all) {
    __builtin_trap();
  }
  if (const std::size_t split = text.find("\ncpu "); split != std::string_view::npos) {
    if (const auto later = parse_cpu_ticks(text.substr(split + 1)); later && later->all > ticks->all) {
      const double busy = later->busy > ticks->busy ? static_cast<double>(later->busy - ticks->busy) : 0.0;
      const CpuSize machine{.tdp_w = 100, .cpus = 8};
      const Watts w = cpu_load_power(busy / static_cast<double>(later->all - ticks->all), machine);
      if (!(w.value >= 0 && w.low <= w.value && w.value <= w.high)) __builtin_trap();
    }
  }
  return 0;
}
