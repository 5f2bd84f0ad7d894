// SPDX-License-Identifier: MIT
// Devices that exist as a formula only, for tests: sim-npu, sim-mcu, sim-gpu.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference/features.hpp>

namespace co2lib::inference {

/// `t = t0 + max(ops/(peak util), bytes/bandwidth)`, `E = p t + ops e_op + bytes e_byte`.
struct SimulatedDevice {
  std::string_view name;                ///< by which it is found
  double peak_ops = 0;                  ///< operations/s at full use of the array
  std::array<std::int64_t, 2> array{};  ///< rows and columns of multipliers
  double bandwidth = 0;                 ///< B/s
  double t0_s = 0;                      ///< before a kernel begins
  double p_w = 0;                       ///< static power
  double e_op_j = 0;                    ///< per operation
  double e_byte_j = 0;                  ///< per byte moved
};

/// The simulated devices (ours; docs/inference.md, "Simulated devices").
[[nodiscard]] std::span<const SimulatedDevice> simulated_devices() noexcept;

/// One of them; `inference.unknown_device`.
[[nodiscard]] const SimulatedDevice& simulated_device(std::string_view name);

/// What kernels take on a simulated device; totals are their sums.
struct Simulation {
  double latency_us = 0;                    ///< of all kernels, one after the other
  double energy_mj = 0;                     ///< of all kernels
  std::vector<double> kernel_latency_us{};  ///< of each, in the order given
  std::vector<double> kernel_energy_mj{};   ///< of each, in the order given
};

/// Runs kernels on a simulated device, with its array whatever the configurations say. The errors of `features`; no
/// kernel is `inference.out_of_range`.
[[nodiscard]] Simulation simulate(const SimulatedDevice& device, std::span<const KernelConfig> kernels);

}  // namespace co2lib::inference
