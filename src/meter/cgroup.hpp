// SPDX-License-Identifier: MIT
// Where the CPU time and the memory of this process's control group are counted; private to src/meter.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <co2lib/host.hpp>

namespace co2lib::meter {

/// The files of one group: `cpu.stat` (us) and `memory.current`, or `cpuacct.usage` (ns) and `memory.usage_in_bytes`.
struct CgroupUsage {
  int version = 2;
  std::string path;  ///< of the group, from the root of what is visible here
  std::filesystem::path cpu;
  std::filesystem::path memory;
};

/// The files of the group that is this process's job (`job_group`); nothing if its CPU time is not counted. A group
/// stays where it is while a process runs, unless a supervisor moves it: then the old group goes on being read.
[[nodiscard]] std::optional<CgroupUsage> find_cgroup_usage(const Host& host);

}  // namespace co2lib::meter
