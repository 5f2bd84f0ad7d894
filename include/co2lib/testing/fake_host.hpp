// SPDX-License-Identifier: MIT
// FakeHost: a machine made of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <co2lib/error.hpp>
#include <co2lib/host.hpp>

namespace co2lib {

/// A powercap zone of a `FakeHost`. A field without a value is a file that is not there.
struct FakeZone {
  std::string name = "package-0";                                   ///< the text of the file `name`, without line end
  std::optional<std::string> energy_uj = "0";                       ///< the text of the file, without line end
  std::optional<std::string> max_energy_range_uj = "262143328850";  ///< most Intel packages
};

/// A machine made of files in a temporary folder, removed with the object: /sys, /proc and /dev for a `Host`.
///
/// Made empty; its functions add to it. Zones lie in `sys/devices/virtual/powercap` with links in `sys/class/powercap`,
/// as the kernel lays them out.
class FakeHost {
 public:
  /// Makes the folder, with sys, proc and dev in it; `core.io` if that cannot be.
  FakeHost() {
    std::string pattern = (std::filesystem::temp_directory_path() / "co2lib-fake-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error("core.io", "no temporary folder can be made at " + pattern, {}, ErrorCategory::os);
    }
    root_ = pattern;
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
    for (const char* folder : {"sys", "proc", "dev"}) std::filesystem::create_directories(root_ / folder);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  /// What to hand to the library; without GPUs, unless `nvml` is set in it.
  [[nodiscard]] Host host() const {
    return {.sysfs = root_ / "sys", .procfs = root_ / "proc", .dev = root_ / "dev", .nvml = "", .etc = root_ / "etc"};
  }
  /// The folder that holds `sys`, `proc` and `dev`.
  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

  /// Writes a file, given by its path below `root()`, and the folders it needs.
  void write(const std::filesystem::path& path, std::string_view text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) throw Error("core.io", "cannot write " + file.string(), {}, ErrorCategory::os);
  }

  /// The real folder of a zone such as `intel-rapl:0:1`, relative to `root()`.
  [[nodiscard]] static std::filesystem::path zone_folder(const std::string& id) {
    const std::size_t colon = id.find(':');
    std::filesystem::path folder = std::filesystem::path("sys/devices/virtual/powercap") / id.substr(0, colon);
    for (std::size_t at = colon; at != std::string::npos;) {
      at = id.find(':', at + 1);
      folder /= id.substr(0, at);
    }
    return folder;
  }

  /// Adds a zone by its kernel name, `<control>:<i>[:<j>...]`.
  void add_zone(const std::string& id, const FakeZone& zone = {}) {
    const std::filesystem::path folder = zone_folder(id);
    write(folder / "name", zone.name + "\n");
    if (zone.energy_uj) write(folder / "energy_uj", *zone.energy_uj + "\n");
    if (zone.max_energy_range_uj) write(folder / "max_energy_range_uj", *zone.max_energy_range_uj + "\n");
    link(id.substr(0, id.find(':')));
    link(id);
  }

  /// Sets the counter of a zone.
  void set_energy(const std::string& id, std::uint64_t energy_uj) {
    set_energy_text(id, std::to_string(energy_uj) + "\n");
  }
  /// Sets the whole text of the counter's file, good or bad.
  void set_energy_text(const std::string& id, std::string_view text) { write(zone_folder(id) / "energy_uj", text); }

  /// Writes /proc/stat: CPU time of all CPUs so far in clock ticks, split into busy and idle.
  void set_cpu_ticks(std::uint64_t busy, std::uint64_t idle) {
    write("proc/stat",
          "cpu  " + std::to_string(busy) + " 0 0 " + std::to_string(idle) + " 0 0 0 0 0 0\ncpu0 0 0 0 0\n");
  }

  /// Writes /proc/cpuinfo for `cpus` logical CPUs in one package; `flags` are those of the line `flags`.
  void set_cpus(int cpus, const std::string& vendor = "GenuineIntel", const std::string& flags = "fpu sse2") {
    std::string text;
    for (int i = 0; i < cpus; ++i) {
      text += "processor\t: " + std::to_string(i) + "\nvendor_id\t: " + vendor +
              "\nmodel name\t: Fake CPU\nphysical id\t: 0\ncore id\t\t: " + std::to_string(i) +
              "\nflags\t\t: " + flags + "\n\n";
    }
    write("proc/cpuinfo", text);
  }

  /// Writes /proc/meminfo.
  void set_memory(std::uint64_t bytes) {
    write("proc/meminfo", "MemTotal:       " + std::to_string(bytes / 1024) + " kB\n");
  }

 private:
  void link(const std::string& id) {
    const std::filesystem::path at = root_ / "sys/class/powercap" / id;
    std::filesystem::create_directories(at.parent_path());
    std::error_code ignored;  // it is there already
    const std::filesystem::path folder = id.find(':') == std::string::npos
                                             ? std::filesystem::path("sys/devices/virtual/powercap") / id
                                             : zone_folder(id);
    std::filesystem::create_directory_symlink(root_ / folder, at, ignored);
  }

  std::filesystem::path root_;
};

}  // namespace co2lib
