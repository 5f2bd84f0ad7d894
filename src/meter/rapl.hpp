// SPDX-License-Identifier: MIT
// What the two readers of RAPL share, powercap and perf_event; and the seam of perf_event's system calls. Private to
// src/meter.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include <co2lib/host.hpp>
#include <co2lib/meter/meter.hpp>

#include "reader.hpp"

namespace co2lib::meter {

/// The registers are refreshed about every millisecond; the plausibility rule allows five.
inline constexpr double rapl_update_s = 0.001;
inline constexpr double rapl_slack_s = 0.005;
/// In less a counter shows too few of its steps.
inline constexpr double rapl_least_window_s = 0.1;

[[nodiscard]] inline bool is_amd(const Machine& machine) {
  return machine.cpu_vendor == "AuthenticAMD" || machine.cpu_vendor == "HygonGenuine";
}

/// Relative half width: package 5 % on Intel, 15 % on AMD; DRAM 15 % (ours, unverified).
[[nodiscard]] inline double rapl_accuracy(const Machine& machine, Domain domain) {
  return is_amd(machine) || domain == Domain::dram ? 0.15 : 0.05;
}

[[nodiscard]] inline Device rapl_device(Domain domain) noexcept {
  if (domain == Domain::dram) return Device::dram;
  if (domain == Domain::psys) return Device::platform;
  return Device::cpu;
}

/// The domains of which powercap shows a zone, readable or not.
[[nodiscard]] std::set<Domain> powercap_domains(const Context& context);

/// The system calls of perf_event, which tests replace.
class PerfCounters {
 public:
  virtual ~PerfCounters() = default;
  /// Opens the counter `config` of the PMU `type` on one CPU, for all processes. A descriptor, or a negative errno.
  [[nodiscard]] virtual int open(std::uint32_t type, std::uint64_t config, int cpu) = 0;
  /// The count of a descriptor, or an errno.
  [[nodiscard]] virtual std::variant<std::uint64_t, int> read(int fd) = 0;
  virtual void close(int fd) = 0;
};

/// Those of the system; null where there are none.
[[nodiscard]] std::shared_ptr<PerfCounters> system_perf_counters();

}  // namespace co2lib::meter
