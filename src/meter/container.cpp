// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <co2lib/meter/container.hpp>

#include "cgroup.hpp"

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
    const std::string names = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    const std::string wanted = controller.empty() ? ",," : fmt::format(",{},", controller);
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

/// Where a hierarchy of control groups can be seen.
struct Mount {
  fs::path folder;
  std::string root = "/";  ///< the group that lies at `folder`

  /// The folders of a group and of its ancestors that can be seen, its own first.
  [[nodiscard]] std::vector<fs::path> groups(const std::string& path) const {
    if (root == "/") return chain(folder, path);
    // A group outside of what is mounted (in a container often) leaves what is mounted, which is then the container's.
    return chain(folder, path.starts_with(root + "/") ? path.substr(root.size()) : "/");
  }
};

/// The first mount of version 2, or of a controller of version 1, that /proc/self/mountinfo names (proc(5)).
std::optional<Mount> find_mount(const Host& host, std::string_view text, std::string_view controller) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    // id parent device root point options [optional...] - type source options
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4) continue;
    const std::string options = fmt::format(",{},", dash[3]);
    const bool fits = controller.empty()
                          ? dash[1] == "cgroup2"
                          : dash[1] == "cgroup" && options.find(fmt::format(",{},", controller)) != std::string::npos;
    constexpr std::string_view sysfs = "/sys/";
    if (!fits || !words[4].starts_with(sysfs)) continue;
    Mount mount{host.sysfs / words[4].substr(sysfs.size()), std::string(words[3])};
    std::error_code ignored;
    if (fs::is_directory(mount.folder, ignored)) return mount;
  }
  return std::nullopt;
}

void collect(const fs::path& folder, const std::string& prefix, std::initializer_list<const char*> names,
             CgroupFiles& files) {
  for (const char* name : names) {
    if (auto text = read_text(folder / name)) files.emplace(prefix + name, *std::move(text));
  }
}

std::string text_or_none(const fs::path& file) {
  auto text = read_text(file);
  return text ? *std::move(text) : std::string();
}

/// Where the groups of this process lie.
class Hierarchies {
 public:
  explicit Hierarchies(const Host& host)
      : host_(host),
        root_(host.sysfs / "fs/cgroup"),
        membership_(text_or_none(host.procfs / "self/cgroup")),
        mounts_(text_or_none(host.procfs / "self/mountinfo")) {}

  [[nodiscard]] bool unified() const {
    std::error_code ignored;
    return fs::exists(root_ / "cgroup.controllers", ignored);
  }

  /// The folders of this process's group and its ancestors, its own first; of version 2, or of a controller of 1.
  [[nodiscard]] std::vector<fs::path> groups(std::string_view controller) const {
    return mount(controller).groups(group_path(membership_, controller));
  }

  /// The folder and path of the group that is this process's job; of its own if the job's cannot be seen.
  [[nodiscard]] std::pair<fs::path, std::string> job(std::string_view controller) const {
    const std::string own = group_path(membership_, controller);
    const std::string whole = job_group(own);
    const std::vector<fs::path> folders = groups(controller);
    // The ancestors come after the group itself, one for each part of the path that the job's leaves out.
    const auto deeper =
        static_cast<std::size_t>(std::count(own.begin() + static_cast<std::ptrdiff_t>(whole.size()), own.end(), '/'));
    if (deeper >= folders.size()) return {folders.back(), "/"};
    return {folders[deeper], folders.size() > 1 ? whole : own};
  }

 private:
  [[nodiscard]] Mount mount(std::string_view controller) const {
    return find_mount(host_, mounts_, controller)
        .value_or(Mount{.folder = controller.empty() ? root_ : root_ / controller});
  }

  const Host& host_;
  fs::path root_;
  std::string membership_;
  std::string mounts_;
};

}  // namespace

std::optional<CgroupUsage> find_cgroup_usage(const Host& host) {
  const Hierarchies all(host);
  CgroupUsage usage;
  if (all.unified()) {
    const auto [folder, path] = all.job("");
    usage = {.version = 2, .path = path, .cpu = folder / "cpu.stat", .memory = folder / "memory.current"};
  } else {
    const auto [folder, path] = all.job("cpuacct");
    usage = {.version = 1,
             .path = path,
             .cpu = folder / "cpuacct.usage",
             .memory = all.job("memory").first / "memory.usage_in_bytes"};
  }
  std::error_code ignored;
  if (!fs::exists(usage.cpu, ignored)) return std::nullopt;
  return usage;
}

std::vector<CgroupFiles> read_cgroup(const Host& host) {
  const Hierarchies all(host);
  std::vector<CgroupFiles> groups;
  if (all.unified()) {
    for (const fs::path& folder : all.groups("")) {
      collect(folder, "", {"cgroup.controllers", "cpu.max", "cpuset.cpus.effective", "memory.max"},
              groups.emplace_back());
    }
    return groups;
  }
  const auto add = [&](const std::string& controller, std::initializer_list<const char*> names) {
    std::size_t level = 0;
    for (const fs::path& folder : all.groups(controller)) {
      if (level == groups.size()) groups.emplace_back();
      collect(folder, controller + "/", names, groups[level++]);
    }
  };
  add("cpu", {"cpu.cfs_quota_us", "cpu.cfs_period_us"});
  add("cpuset", {"cpuset.cpus"});
  add("memory", {"memory.limit_in_bytes"});
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
