// SPDX-License-Identifier: MIT
// How many CPUs and how much memory a container may use: control groups (cgroup) v1 and v2.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/host.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>

namespace co2lib::meter {

/// The files of one control group: path relative to the group -> text (`cpu.max`; v1: `cpu/cpu.cfs_quota_us`).
using CgroupFiles = std::map<std::string, std::string, std::less<>>;

/// What the machine has; nothing where unknown.
struct HostSize {
  std::optional<double> cpus{};                 ///< online logical CPUs
  std::optional<std::uint64_t> memory_bytes{};  ///< MemTotal
};

/// What a container may use; nothing where neither a limit nor the machine is known.
struct ContainerLimits {
  int version = 2;                              ///< of the control groups, 1 or 2
  std::optional<double> cpus{};                 ///< may be fractional
  std::optional<std::uint64_t> memory_bytes{};  ///< of the limit, or MemTotal of the machine
  bool cpus_limited = false;                    ///< fewer than the machine has
  bool memory_limited = false;                  ///< less than the machine has
  std::vector<Issue> issues{};                  ///< `limit_unreadable`: a file whose text is no limit; it sets none
};

namespace detail {

inline std::string_view first_line(std::string_view text) noexcept {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

template <class T>
std::optional<T> whole_number(std::string_view text) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The CPUs of a list such as `0,18` or `0-3,8`, each once and in order; nothing if the text is not such a list.
inline std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  constexpr int most = 1'000'000;
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::pair<int, int>> ranges;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view range = text.substr(0, comma);
    const std::size_t dash = range.find('-');
    const auto first = whole_number<int>(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole_number<int>(range.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last > most) return std::nullopt;
    ranges.emplace_back(*first, *last);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::sort(ranges.begin(), ranges.end());
  std::vector<int> cpus;
  for (const auto& [first, last] : ranges) {
    for (int cpu = cpus.empty() ? first : std::max(first, cpus.back() + 1); cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace detail

/// The control group that is the whole job of a process, from the path of its own group: not the leaf of one task.
///
/// A SLURM job (`.../job_123/step_0/user/task_0` -> `.../job_123`), a Kubernetes pod (`...-pod<uid>.slice/...`,
/// `.../pod<uid>/...`), an LSF or PBS job (`.../job.123...`, `.../jobid/123...`), a container of LXC
/// (`/lxc.payload.name/...`), else the innermost systemd scope or service, which containers of Docker and Podman have
/// too; else the group itself.
[[nodiscard]] inline std::string job_group(std::string_view path) {
  std::size_t innermost_unit = 0;
  std::size_t begin = 0;
  std::string_view before;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    const auto numbered = [&](std::string_view prefix) {
      return part.starts_with(prefix) && part.size() > prefix.size() && part[prefix.size()] >= '0' &&
             part[prefix.size()] <= '9';
    };
    const bool kubernetes = path.find("kubepods") < begin;
    const std::size_t pod = part.find("-pod");
    const bool is_pod =
        kubernetes && (part.starts_with("pod") || (pod != std::string_view::npos && part.ends_with(".slice")));
    if (numbered("job_") || numbered("job.") || before == "jobid" || is_pod || part.starts_with("lxc.payload.")) {
      return std::string(path.substr(0, end));
    }
    if (part.ends_with(".scope") || part.ends_with(".service")) innermost_unit = end;
    before = part;
    begin = end + 1;
  }
  return std::string(innermost_unit > 0 ? path.substr(0, innermost_unit) : path);
}

namespace detail {

/// Limits while they are read: the smallest of each kind holds.
struct Smallest {
  ContainerLimits limits;

  void cpus(double number) {
    if (limits.cpus && number >= *limits.cpus) return;
    limits.cpus = number;
    limits.cpus_limited = true;
  }
  void quota(std::int64_t quota_us, std::int64_t period_us) {
    cpus(static_cast<double>(quota_us) / static_cast<double>(period_us));
  }
  void memory(std::uint64_t bytes) {
    if (limits.memory_bytes && bytes >= *limits.memory_bytes) return;
    limits.memory_bytes = bytes;
    limits.memory_limited = true;
  }
  void unreadable(std::string_view path, std::string_view text) {
    add_issue(limits.issues, {"limit_unreadable", std::string(path),
                              "'" + std::string(text.substr(0, 64)) + "' is not a limit; none is applied"});
  }
};

}  // namespace detail

/// The limits that a chain of control groups sets, from the process's own group to the root; the smallest limit holds.
///
/// CPUs: the least of `host.cpus`, the CPU set and quota / period. Memory: the least of `host.memory_bytes` and the
/// limit (v1: 2^62 and more is none). The groups are v2 if one has `cgroup.controllers`. A missing file sets no
/// limit, one that cannot be understood neither (issue `limit_unreadable`). No CPU on the host is the error
/// `meter.bad_input`.
[[nodiscard]] inline ContainerLimits container_limits(const std::vector<CgroupFiles>& groups, const HostSize& host) {
  if (host.cpus && !(*host.cpus > 0 && std::isfinite(*host.cpus))) {
    throw Error("meter.bad_input", "host.cpus must be above 0, not " + numeric::text(*host.cpus));
  }
  detail::Smallest least{.limits = {.cpus = host.cpus, .memory_bytes = host.memory_bytes}};
  const bool v2 = std::any_of(groups.begin(), groups.end(),
                              [](const CgroupFiles& files) { return files.contains("cgroup.controllers"); });
  least.limits.version = v2 ? 2 : 1;

  for (const CgroupFiles& files : groups) {
    const auto text_of = [&](std::string_view path) -> std::optional<std::string_view> {
      const auto found = files.find(path);
      if (found == files.end()) return std::nullopt;
      return detail::first_line(found->second);
    };

    const std::string_view cpuset_path = v2 ? "cpuset.cpus.effective" : "cpuset/cpuset.cpus";
    if (const auto text = text_of(cpuset_path); text && !text->empty()) {
      if (const auto cpus = detail::parse_cpu_list(*text)) {
        least.cpus(static_cast<double>(cpus->size()));
      } else {
        least.unreadable(cpuset_path, *text);
      }
    }

    if (v2) {
      if (const auto text = text_of("cpu.max")) {
        const std::size_t blank = text->find(' ');
        const std::string_view quota_text = text->substr(0, blank);
        const auto period_us =
            blank == std::string_view::npos ? 100'000 : detail::whole_number<std::int64_t>(text->substr(blank + 1));
        const auto quota_us = detail::whole_number<std::int64_t>(quota_text);
        if (quota_us && *quota_us > 0 && period_us && *period_us > 0) {
          least.quota(*quota_us, *period_us);
        } else if (quota_text != "max") {
          least.unreadable("cpu.max", *text);
        }
      }
    } else if (const auto text = text_of("cpu/cpu.cfs_quota_us")) {
      const auto quota_us = detail::whole_number<std::int64_t>(*text);
      const auto period_text = text_of("cpu/cpu.cfs_period_us").value_or("100000");
      const auto period_us = detail::whole_number<std::int64_t>(period_text);
      if (quota_us && *quota_us > 0 && period_us && *period_us > 0) {
        least.quota(*quota_us, *period_us);
      } else if (quota_us != -1) {
        least.unreadable("cpu/cpu.cfs_quota_us", *text);
      }
    }

    const std::string_view memory_path = v2 ? "memory.max" : "memory/memory.limit_in_bytes";
    if (const auto text = text_of(memory_path); text && *text != "max") {
      constexpr std::uint64_t none = std::uint64_t{1} << 62;
      if (const auto bytes = detail::whole_number<std::uint64_t>(*text)) {
        if (*bytes < none) least.memory(*bytes);
      } else {
        least.unreadable(memory_path, *text);
      }
    }
  }
  return least.limits;
}

/// As above for one group without ancestors.
[[nodiscard]] inline ContainerLimits container_limits(const CgroupFiles& files, const HostSize& host) {
  return container_limits(std::vector<CgroupFiles>{files}, host);
}

/// The limit files of this process's control group and its ancestors, its own first; empty if there are none.
[[nodiscard]] std::vector<CgroupFiles> read_cgroup(const Host& host = {});

/// What this process may use on this machine: `container_limits` of what `read_cgroup` and the machine say.
[[nodiscard]] ContainerLimits read_container_limits(const Host& host = {});

}  // namespace co2lib::meter
