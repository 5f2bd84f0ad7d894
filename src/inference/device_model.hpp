// SPDX-License-Identifier: MIT
// What kinds of devices have in common: kernels in, numbers out. Private to the domain.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/inference/device.hpp>
#include <co2lib/inference/forest.hpp>

namespace co2lib::inference::detail {

/// One kernel's numbers.
struct KernelValue {
  Ranged latency_us{};
  std::optional<Ranged> energy_mj{};
  Method method = Method::fitted;
  bool extrapolated = false;
  std::optional<Bound> bound{};
  std::vector<std::string> flags{};
};

class DeviceModel {
 public:
  DeviceModel(std::string its_name, std::string its_processor)
      : name(std::move(its_name)), processor(std::move(its_processor)) {}
  virtual ~DeviceModel() = default;
  DeviceModel(const DeviceModel&) = delete;
  DeviceModel& operator=(const DeviceModel&) = delete;

  const std::string name;
  const std::string processor;

  /// The rules by which operators fuse in a precision.
  [[nodiscard]] virtual const Rules& rules(const std::string& precision) const = 0;

  /// The numbers of kernels, in their order. Their names are mapped by `kernel_name` here.
  [[nodiscard]] virtual std::vector<KernelValue> evaluate(std::span<const KernelConfig> kernels) const = 0;

  /// Ratios true/predicted of whole models; empty where none were measured.
  [[nodiscard]] virtual std::vector<double> ratios(Target, const std::string& precision) const {
    (void)precision;
    return {};
  }

  [[nodiscard]] virtual std::vector<std::string> precisions() const = 0;

  /// Adds what people must know about this device's numbers, and where they come from.
  virtual void describe(Prediction& prediction) const = 0;

  /// One inference of a workload; `inference.no_profile` unless the device is a table of workloads.
  [[nodiscard]] virtual Prediction workload(std::string_view name) const;
};

[[nodiscard]] std::shared_ptr<const DeviceModel> load_profile(const std::filesystem::path& folder);
[[nodiscard]] std::shared_ptr<const DeviceModel> roofline_model(const Accelerator& accelerator);
[[nodiscard]] std::shared_ptr<const DeviceModel> simulated_model(std::string_view name);
[[nodiscard]] std::shared_ptr<const DeviceModel> mcu_model(std::string_view board);
[[nodiscard]] std::shared_ptr<const DeviceModel> transferred_model(std::shared_ptr<const DeviceModel> from,
                                                                   std::span<const Measurement> measurements,
                                                                   const std::string& name);

/// The percentile p of values at rank (N+1)p, linear between ranks and held at the ends (NumPy's `weibull`).
[[nodiscard]] double weibull_percentile(std::vector<double> values, double p);

}  // namespace co2lib::inference::detail
