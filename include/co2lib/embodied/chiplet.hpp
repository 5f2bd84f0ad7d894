// SPDX-License-Identifier: MIT
// Chiplets by the rules of ECO-CHIP (Sudarshan et al., HPCA 2024; commit fe998d9): plain numbers, no ranges.
//
// Areas are given at 7 nm and scaled to the node of the chiplet. The waste of a wafer's edge jumps at every whole die,
// so there is no exact interval; enter a result in a bill of materials as `manual`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <co2lib/embodied/factor.hpp>

namespace co2lib::embodied {

/// One chiplet: `type` is logic, analog or sram; `node_nm` 7, 10, 14, 22 or 28.
struct Chiplet {
  std::string type = "logic";
  int node_nm = 7;
  double area_mm2 = 0;  ///< at 7 nm
};

/// The system around it, for design and operation.
struct ChipletSystem {
  std::optional<double> system_area_mm2{};  ///< unscaled, of all chiplets; default: this chiplet alone
  double system_power_w = 0;
  double num_iter = 1;   ///< iterations of the design
  double num_parts = 1;  ///< over which the design is spread
  double lifetime_h = 0;
  double wafer_mm = 300;  ///< ECO-CHIP's code has 450
};

struct ChipletCarbon {
  double manufacturing_kg = 0;
  double design_kg = 0;
  double operation_kg = 0;
  double area_scaled_mm2 = 0;
  double yield = 0;

  bool operator==(const ChipletCarbon&) const = default;
};

/// `embodied.unknown_model` for another type, `embodied.unknown_factor` for another node, `embodied.out_of_range` for
/// what is negative or does not fit on the wafer.
[[nodiscard]] ChipletCarbon chiplet_carbon(const Chiplet& chiplet, const ChipletSystem& system = {},
                                           const Factors& factors = {});

/// Carbon of a package with redistribution layers, and of the routers between the chiplets.
struct RdlPackage {
  double interposer_mm2 = 0;
  double package_kg = 0;
  double router_kg = 0;

  [[nodiscard]] double total_kg() const noexcept { return package_kg + router_kg; }

  bool operator==(const RdlPackage&) const = default;
};

[[nodiscard]] RdlPackage rdl_package(const std::vector<Chiplet>& chiplets, double rdl_layers = 6, double num_beol = 8,
                                     const Factors& factors = {});

}  // namespace co2lib::embodied
