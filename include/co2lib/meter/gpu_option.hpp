// SPDX-License-Identifier: MIT
// How GPUs are named; which are chosen then is in gpu_select.hpp.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace co2lib::meter {

/// A driver index or a prefix of a UUID (`GPU-5a1c`, `MIG-...`).
using GpuKey = std::variant<int, std::string>;

/// What the user asked for: nothing (the environment decides), or a list; an empty list is no GPU.
using GpuOption = std::optional<std::vector<GpuKey>>;

}  // namespace co2lib::meter
