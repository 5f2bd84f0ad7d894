// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/meter/container.hpp>

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

/// The path of this process's group for a controller (empty: version 2), from the text of /proc/self/cgroup.
std::string group_path(std::string_view text, std::string_view controller) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string names = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const std::string wanted = controller.empty() ? ",," : "," + std::string(controller) + ",";
    if (names.find(wanted) != std::string::npos) return std::string(line.substr(second + 1));
  }
  return {};
}

/// The folders of a group and its ancestors below `root`, its own first.
///
/// A path that is not there (a group outside of what is mounted here, as in many containers) leaves the root alone,
/// which then is the container's own group.
std::vector<fs::path> chain(const fs::path& root, const std::string& path) {
  std::vector<fs::path> folders{root};
  std::error_code ignored;
  const fs::path relative = fs::path(path).relative_path();
  fs::path folder = root;
  if (path.find("..") != std::string::npos || !fs::is_directory(root / relative, ignored)) return folders;
  for (const fs::path& part : relative) {
    if (part.empty()) continue;
    folder /= part;
    folders.insert(folders.begin(), folder);
  }
  return folders;
}

void collect(const fs::path& folder, const std::string& prefix, std::initializer_list<const char*> names,
             CgroupFiles& files) {
  for (const char* name : names) {
    if (auto text = read_text(folder / name)) files.emplace(prefix + name, *std::move(text));
  }
}

}  // namespace

std::vector<CgroupFiles> read_cgroup(const Host& host) {
  const fs::path root = host.sysfs / "fs/cgroup";
  const auto membership = read_text(host.procfs / "self/cgroup");
  const std::string_view text = membership ? std::string_view(*membership) : std::string_view();
  std::vector<CgroupFiles> groups;
  std::error_code ignored;
  if (fs::exists(root / "cgroup.controllers", ignored)) {
    for (const fs::path& folder : chain(root, group_path(text, ""))) {
      collect(folder, "",
              {"cgroup.controllers", "cpu.max", "cpuset.cpus.effective", "memory.max", "cpu.stat", "memory.current"},
              groups.emplace_back());
    }
    return groups;
  }
  const auto add = [&](const std::string& controller, std::initializer_list<const char*> names) {
    std::size_t level = 0;
    for (const fs::path& folder : chain(root / controller, group_path(text, controller))) {
      if (level == groups.size()) groups.emplace_back();
      collect(folder, controller + "/", names, groups[level++]);
    }
  };
  add("cpu", {"cpu.cfs_quota_us", "cpu.cfs_period_us"});
  add("cpuset", {"cpuset.cpus"});
  add("memory", {"memory.limit_in_bytes", "memory.usage_in_bytes"});
  add("cpuacct", {"cpuacct.usage"});
  std::erase_if(groups, [](const CgroupFiles& files) { return files.empty(); });
  return groups;
}

ContainerLimits read_container_limits(const Host& host) {
  const Machine machine = read_machine(host);
  HostSize size{.memory_bytes = machine.memory_bytes};
  if (machine.logical_cpus) size.cpus = *machine.logical_cpus;
  return container_limits(read_cgroup(host), size);
}

}  // namespace co2lib::meter
