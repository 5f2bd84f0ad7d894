// SPDX-License-Identifier: MIT
// Room `host`: where the machine is read from, and what CPU, memory and drives it has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/record.hpp>

namespace co2lib {

/// The roots of the machine's own file systems and settings. A folder can stand in for each (tests, containers).
struct Host {
  std::filesystem::path sysfs = "/sys";    ///< sensors: powercap, hwmon, NVMe
  std::filesystem::path procfs = "/proc";  ///< CPU times, processes, memory
  std::filesystem::path dev = "/dev";      ///< device files
  /// NVIDIA's management library, by name or path, opened when GPUs are looked for; empty: never.
  std::string nvml = "libnvidia-ml.so.1";
  std::filesystem::path etc = "/etc";  ///< settings of the system: its machine id
};

/// The processor and memory of a machine, as /proc and /sys tell; what could not be read has no value.
struct Machine {
  std::string cpu_model;                      ///< empty if unknown
  std::string cpu_vendor;                     ///< `GenuineIntel`, `AuthenticAMD`, ...; empty if unknown
  std::optional<int> logical_cpus;            ///< online logical processors
  std::optional<int> physical_cores;          ///< distinct (package, core) pairs
  std::optional<int> packages;                ///< sockets
  std::optional<std::uint64_t> memory_bytes;  ///< MemTotal
  bool sgx = false;                           ///< the CPU flag `sgx` is present (RAPL may be filtered)
  std::string boot_id;                        ///< changes with every boot; empty if unknown
  std::string hostname;                       ///< empty if unknown
  std::string machine_id;                     ///< of the installation (machine-id(5)); empty if unknown
};

/// Reads the machine once; never fails, what is missing stays without a value.
[[nodiscard]] Machine read_machine(const Host& host = {});

/// The text of a small file (at most 1 MiB), or the issue `absent`, `no_permission` or `io` naming it.
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& file);

}  // namespace co2lib
