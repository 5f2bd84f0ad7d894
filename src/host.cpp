// SPDX-License-Identifier: MIT
#include <co2lib/host.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace co2lib {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// Calls `use(key, value)` for every `key : value` line.
template <class Use>
void for_each_entry(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      use(std::string_view(), std::string_view());
    } else {
      use(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
  }
}

void read_cpuinfo(std::string_view text, Machine& machine) {
  int processors = 0;
  int package = -1;
  std::set<int> packages;
  std::set<std::pair<int, int>> cores;
  for_each_entry(text, [&](std::string_view key, std::string_view value) {
    if (key == "processor") {
      ++processors;
      package = -1;
    } else if (key == "model name" && machine.cpu_model.empty()) {
      machine.cpu_model = value;
    } else if (key == "vendor_id" && machine.cpu_vendor.empty()) {
      machine.cpu_vendor = value;
    } else if (key == "physical id") {
      package = number<int>(value).value_or(-1);
      if (package >= 0) packages.insert(package);
    } else if (key == "core id" && package >= 0) {
      if (const auto core = number<int>(value)) cores.emplace(package, *core);
    } else if (key == "flags" && !machine.sgx) {
      machine.sgx = (" " + std::string(value) + " ").find(" sgx ") != std::string::npos;
    }
  });
  if (processors > 0) machine.logical_cpus = processors;
  if (!packages.empty()) machine.packages = static_cast<int>(packages.size());
  if (!cores.empty()) machine.physical_cores = static_cast<int>(cores.size());
}

void read_meminfo(std::string_view text, Machine& machine) {
  for_each_entry(text, [&](std::string_view key, std::string_view value) {
    if (key == "MemTotal") {
      const auto kib = number<std::uint64_t>(value);
      if (kib && *kib <= UINT64_MAX / 1024) machine.memory_bytes = *kib * 1024;
    }
  });
}

/// Block devices of these names are drives; others are made of drives (dm-, md), of memory or files (ram, zram, loop),
/// of the network (nbd, rbd), or hold what can be taken out (sr, fd).
bool is_drive(std::string_view name) {
  for (const std::string_view prefix : {"sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dasd"}) {
    if (!name.starts_with(prefix)) continue;
    return name.find("boot") == std::string_view::npos && name.find("rpmb") == std::string_view::npos;
  }
  return false;
}

void read_drives(const std::filesystem::path& block, Chassis& chassis) {
  std::error_code error;
  std::filesystem::directory_iterator entry(block, error);
  if (error) return;
  int hdd = 0;
  int ssd = 0;
  for (const std::filesystem::directory_iterator end; entry != end; entry.increment(error)) {
    const std::filesystem::path& drive = entry->path();
    if (!is_drive(drive.filename().string())) continue;
    const auto says = [&](const char* file, std::string_view what) {
      const auto text = read_text(drive / file);
      return text && trim(*text) == what;
    };
    if (says("removable", "1") || says("size", "0")) continue;
    ++(says("queue/rotational", "1") ? hdd : ssd);
  }
  if (error) return;
  chassis.hdd = hdd;
  chassis.ssd = ssd;
}

}  // namespace

Result<std::string> read_text(const std::filesystem::path& file) {
  // O_NONBLOCK: a FIFO or a device in place of the file is a failure and no wait.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const auto failed = [&](int error) {
    const char* code = error == ENOENT || error == ENOTDIR ? "absent"
                       : error == EACCES || error == EPERM ? "no_permission"
                                                           : "io";
    return Issue{code, file.string(), std::strerror(error)};
  };
  if (fd < 0) return failed(errno);
  std::string text;
  std::array<char, 16384> buffer;
  while (text.size() < (1U << 20)) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      ::close(fd);
      return failed(error);
    }
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

Chassis read_chassis(const Host& host) {
  Chassis chassis;
  read_drives(host.sysfs / "block", chassis);
  if (const auto text = read_text(host.sysfs / "class/dmi/id/chassis_type")) {
    // SMBIOS 3.6, table 17: 1 is other, 2 unknown; 17 a main server chassis, 23 rack mount, 25 multi-system, 28 blade,
    // 29 blade enclosure.
    const int type = number<int>(trim(*text)).value_or(0);
    if (type > 2) chassis.is_server = type == 17 || type == 23 || type == 25 || type == 28 || type == 29;
  }
  return chassis;
}

Machine read_machine(const Host& host) {
  Machine machine;
  if (const auto text = read_text(host.procfs / "cpuinfo")) read_cpuinfo(*text, machine);
  if (const auto text = read_text(host.procfs / "meminfo")) read_meminfo(*text, machine);
  if (const auto text = read_text(host.procfs / "sys/kernel/random/boot_id")) machine.boot_id = trim(*text);
  if (const auto text = read_text(host.procfs / "sys/kernel/hostname")) machine.hostname = trim(*text);
  if (const auto text = read_text(host.etc / "machine-id")) machine.machine_id = trim(*text);
  return machine;
}

}  // namespace co2lib
