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
