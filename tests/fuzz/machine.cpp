// SPDX-License-Identifier: MIT
// Texts of /proc/cpuinfo and /proc/meminfo: counts are above 0, and no text crashes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host.cpp"  // NOLINT(bugprone-suspicious-include): its parsers are private to it
#include "target.hpp"

CO2LIB_FUZZ_TARGET(machine, data, size) {
  using co2lib::Machine;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Machine machine;
  co2lib::read_cpuinfo(text, machine);
  co2lib::read_meminfo(text, machine);
  for (const auto& count : {machine.logical_cpus, machine.physical_cores, machine.packages}) {
    if (count && *count < 1) __builtin_trap();
  }
  if (machine.physical_cores && !machine.packages) __builtin_trap();
  if (machine.memory_bytes && *machine.memory_bytes % 1024 != 0) __builtin_trap();
  if (machine.cpu_model.find('\n') != std::string::npos) __builtin_trap();
  Machine again;
  co2lib::read_cpuinfo(text, again);
  if (again.cpu_model != machine.cpu_model || again.logical_cpus != machine.logical_cpus) __builtin_trap();
  return 0;
}
