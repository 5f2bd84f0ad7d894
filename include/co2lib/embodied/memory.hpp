// SPDX-License-Identifier: MIT
// Memory and storage by ACT's rules (ACT v2, commit abc9fbb): per shipped GB, and divided by a yield all the same.
#pragma once

#include <string>
#include <string_view>

#include <co2lib/embodied/logic.hpp>

namespace co2lib::embodied {

/// A device by ACT's rules: what the fab, and what its packages emit; g.
struct DeviceCarbon {
  double fab_g = 0;      ///< of the device, g
  double package_g = 0;  ///< of its packages, g

  [[nodiscard]] double total_g() const noexcept { return fab_g + package_g; }  ///< of both, g
};

/// ACT's memory: capacity * factor / yield + 150 g per package. `device` is dram, ssd (also `flash`) or hdd, `process`
/// a product without its prefix. ACT divides factors that hold the yield by it again; a bill of materials does not.
///
/// `embodied.unknown_model` for another device, `embodied.unknown_factor` for another process,
/// `embodied.out_of_range` for a negative capacity or a yield outside (0, 1].
[[nodiscard]] DeviceCarbon act_memory(std::string_view device, std::string_view process, double capacity_gb,
                                      double yield = default_yield, double packages = 0, const Factors& factors = {});

}  // namespace co2lib::embodied
