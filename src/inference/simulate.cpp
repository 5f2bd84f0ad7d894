// SPDX-License-Identifier: MIT
#include <co2lib/inference/simulate.hpp>

#include <algorithm>

#include <co2lib/inference/refuse.hpp>

namespace co2lib::inference {

namespace {

constexpr std::array<SimulatedDevice, 3> devices{{
    {"sim-npu", 4e12, {64, 64}, 8e9, 20e-6, 0.5, 3e-13, 4e-11},
    {"sim-mcu", 2e8, {1, 1}, 2e8, 50e-6, 0.02, 8e-11, 2e-11},
    {"sim-gpu", 2e12, {32, 16}, 30e9, 40e-6, 2.0, 1.2e-12, 5e-11},
}};

}  // namespace

std::span<const SimulatedDevice> simulated_devices() noexcept { return devices; }

const SimulatedDevice& simulated_device(std::string_view name) {
  std::string known;
  for (const SimulatedDevice& device : devices) {
    if (device.name == name) return device;
    known.append(known.empty() ? "" : ", ").append(device.name);
  }
  detail::unknown_device("'" + std::string(name.substr(0, 60)) + "' is not a simulated device; known: " + known);
}

Simulation simulate(const SimulatedDevice& device, std::span<const KernelConfig> kernels) {
  if (kernels.empty()) detail::out_of_range("kernels: there is none");
  Simulation result;
  numeric::Sum latency;
  numeric::Sum energy;
  for (KernelConfig config : kernels) {
    config.array = device.array;
    const Features f = features(config);
    const double t = device.t0_s + std::max(f.ops / (device.peak_ops * f.util), f.bytes() / device.bandwidth);
    const double e = device.p_w * t + f.ops * device.e_op_j + f.bytes() * device.e_byte_j;
    result.kernel_latency_us.push_back(t * 1e6);
    result.kernel_energy_mj.push_back(e * 1e3);
    latency += result.kernel_latency_us.back();
    energy += result.kernel_energy_mj.back();
  }
  result.latency_us = latency.value();
  result.energy_mj = energy.value();
  return result;
}

}  // namespace co2lib::inference
