// SPDX-License-Identifier: MIT
#include "detail/chassis.hpp"

#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace co2lib::detail {

namespace {

/// The first line of a file of /sys.
std::string_view line_of(std::string_view text) { return text.substr(0, text.find('\n')); }

/// 0 where it is not a number.
int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
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
      return text && line_of(*text) == what;
    };
    if (says("removable", "1") || says("size", "0")) continue;
    ++(says("queue/rotational", "1") ? hdd : ssd);
  }
  if (error) return;
  chassis.hdd = hdd;
  chassis.ssd = ssd;
}

}  // namespace

Chassis read_chassis(const Host& host) {
  Chassis chassis;
  read_drives(host.sysfs / "block", chassis);
  if (const auto text = read_text(host.sysfs / "class/dmi/id/chassis_type")) {
    // SMBIOS 3.6, table 17: 1 is other, 2 unknown; 17 a main server chassis, 23 rack mount, 25 multi-system, 28 blade,
    // 29 blade enclosure.
    const int type = number(*text);
    if (type > 2) chassis.is_server = type == 17 || type == 23 || type == 25 || type == 28 || type == 29;
  }
  return chassis;
}

}  // namespace co2lib::detail
