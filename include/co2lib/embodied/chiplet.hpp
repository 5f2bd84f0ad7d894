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
  std::string type = "logic";  ///< logic, analog or sram
  int node_nm = 7;             ///< 7, 10, 14, 22 or 28
  double area_mm2 = 0;         ///< at 7 nm
};

/// The system around it, for design and operation.
struct ChipletSystem {
  std::optional<double> system_area_mm2{};  ///< unscaled, of all chiplets; default: this chiplet alone
  double system_power_w = 0;                ///< while in use, of all chiplets
  double num_iter = 1;                      ///< iterations of the design
  double num_parts = 1;                     ///< over which the design is spread
  double lifetime_h = 0;                    ///< hours in use
  double wafer_mm = 300;                    ///< ECO-CHIP's code has 450
};

/// What one chiplet emits by ECO-CHIP's model.
struct ChipletCarbon {
  double manufacturing_kg = 0;  ///< of the die, its yield and what is lost at the wafer's edge included
  double design_kg = 0;         ///< of the design, spread over `num_parts`
  double operation_kg = 0;      ///< of its part of the power over the lifetime, at ECO-CHIP's 700 g/kWh
  double area_scaled_mm2 = 0;   ///< area at its own node
  double yield = 0;             ///< of the die, in (0, 1]

  bool operator==(const ChipletCarbon&) const = default;
};

/// `embodied.unknown_model` for another type, `embodied.unknown_factor` for another node, `embodied.out_of_range` for
/// what is negative or does not fit on the wafer.
[[nodiscard]] ChipletCarbon chiplet_carbon(const Chiplet& chiplet, const ChipletSystem& system = {},
                                           const Factors& factors = {});

/// Carbon of a package with redistribution layers, and of the routers between the chiplets.
struct RdlPackage {
  double interposer_mm2 = 0;  ///< of the floor plan
  double package_kg = 0;      ///< of the redistribution layers
  double router_kg = 0;       ///< of the routers between the chiplets

  [[nodiscard]] double total_kg() const noexcept { return package_kg + router_kg; }  ///< of both

  bool operator==(const RdlPackage&) const = default;
};

/// By ECO-CHIP's model, at a node of 65 nm for the package. Throws as `chiplet_carbon`; `embodied.out_of_range` for no
/// chiplet or more than 10 000.
[[nodiscard]] RdlPackage rdl_package(const std::vector<Chiplet>& chiplets, double rdl_layers = 6, double num_beol = 8,
                                     const Factors& factors = {});

}  // namespace co2lib::embodied
