// SPDX-License-Identifier: MIT
// What a machine is built of besides processor and memory, for the share of its hardware.
#pragma once

#include <optional>

#include <co2lib/host.hpp>

namespace co2lib::detail {

/// What a machine has besides processor and memory, as /sys tells; what could not be read has no value.
struct Chassis {
  std::optional<int> hdd;         ///< disks with platters; fixed drives only
  std::optional<int> ssd;         ///< other fixed drives
  std::optional<bool> is_server;  ///< by the type that its firmware gives; virtual machines give none
};

/// Reads it anew; never fails. A few small files for each drive.
[[nodiscard]] Chassis read_chassis(const Host& host = {});

}  // namespace co2lib::detail
