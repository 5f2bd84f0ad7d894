// SPDX-License-Identifier: MIT
// The boards that NVML lists, with their MIG instances; private to src/meter.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/meter/gpu_select.hpp>

#include "nvml.hpp"

namespace co2lib::meter::nvml {

/// A board that the library lists.
struct Board {
  GpuDevice device;
  Device handle = nullptr;
  bool mig = false;  ///< MIG mode is on
  bool vgpu = false;
};

struct Boards {
  std::vector<Board> boards;
  /// GPUs that are listed and could not be opened: index and return code.
  std::vector<std::pair<unsigned, int>> refused;
  int code = ok;  ///< of the count
};

[[nodiscard]] Boards list_boards(const Library& library);

/// Adds MIG instances that are named in full and that the list of their board does not show, as older drivers do.
void add_named_instances(const Library& library, const GpuOption& option, const std::optional<std::string>& cuda,
                         std::vector<Board>& boards);

}  // namespace co2lib::meter::nvml
