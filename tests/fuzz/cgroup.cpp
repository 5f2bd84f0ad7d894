// SPDX-License-Identifier: MIT
// Limits of control groups: a text sets a limit above 0 and not above the machine, or none; the order of the groups and
// reading one twice do not matter; the path of a group never leaves its folder.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "meter/container.cpp"  // NOLINT(bugprone-suspicious-include): its parser is private to it
#include "target.hpp"

namespace {

using namespace co2lib::meter;

using Groups = std::vector<CgroupFiles>;

void same(const ContainerLimits& a, const ContainerLimits& b) {
  if (a.cpus != b.cpus || a.memory_bytes != b.memory_bytes || a.cpus_limited != b.cpus_limited) __builtin_trap();
}

void check(const CgroupFiles& one, const CgroupFiles& other) {
  const HostSize host{.cpus = 8, .memory_bytes = std::uint64_t{1} << 36};
  const ContainerLimits limits = container_limits(Groups{one, other}, host);
  if (!(limits.cpus && *limits.cpus > 0 && *limits.cpus <= 8)) __builtin_trap();
  if (!(limits.memory_bytes && *limits.memory_bytes <= *host.memory_bytes)) __builtin_trap();
  if (limits.cpus_limited != (*limits.cpus < 8)) __builtin_trap();
  same(limits, container_limits(Groups{other, one}, host));
  same(limits, container_limits(Groups{one, other, one}, host));
  const ContainerLimits bare = container_limits(Groups{one, other}, HostSize{});
  if (bare.cpus && !(*bare.cpus > 0)) __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(cgroup, data, size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t split = text.find('|');
  const std::string first = text.substr(0, split);
  const std::string second = split == std::string::npos ? std::string() : text.substr(split + 1);
  check({{"cgroup.controllers", "cpu memory"}, {"cpu.max", first}, {"memory.max", second}},
        {{"cpuset.cpus.effective", first}, {"memory.max", first}});
  check({{"cpu/cpu.cfs_quota_us", first}, {"cpu/cpu.cfs_period_us", second}, {"memory/memory.limit_in_bytes", first}},
        {{"cpuset/cpuset.cpus", second}});
  for (const char* controller : {"", "cpu", "memory"}) {
    const std::string path = group_path(text, controller);
    if (path.find('\n') != std::string::npos || (!path.empty() && text.find(path) == std::string::npos)) {
      __builtin_trap();
    }
  }
  return 0;
}
