// SPDX-License-Identifier: MIT
// A device, and what a model costs on it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference/graph.hpp>
#include <co2lib/inference/hardware.hpp>
#include <co2lib/inference/prediction.hpp>

namespace co2lib::inference {

namespace detail {
class DeviceModel;
}

/// How a model is predicted.
struct PredictOptions {
  std::string precision{};       ///< `int8` and so on; empty: the bits that the operators have themselves
  std::optional<Rules> rules{};  ///< which operators fuse; without a value those of the device
};

/// One kernel that was measured on another device.
struct Measurement {
  KernelConfig config{};              ///< what was run
  double latency_us = 0;              ///< median of its runs, > 0
  std::optional<double> energy_mj{};  ///< of one run; none where it was not measured
};

/// A device that predicts: a profile, a row of the hardware tables, a formula. Copies share what was loaded; every call
/// may be made from several threads at once.
class Device {
 public:
  /// A profile: a folder with `device.json` and its forests, each read when it is first asked
  /// (docs/inference.md, "Profiles").
  ///
  /// `inference.bad_model` naming file and field, also for a profile without device, firmware, runtime, clocks or date.
  [[nodiscard]] static Device load(const std::filesystem::path& folder);

  /// A row of the hardware tables: `h100_sxm` (data sheet, roofline) or `rp2350` (measured workloads), or a simulated
  /// device. `inference.unknown_device` naming those that are known.
  [[nodiscard]] static Device named(std::string_view name);

  /// A device known by its data sheet only, of the user's own.
  [[nodiscard]] static Device of(const Accelerator& accelerator);

  [[nodiscard]] const std::string& name() const;  ///< of the device: `h100_sxm`, or that of the profile
  /// What of it is meant: the processor of a profile, or the kind of the table's row.
  [[nodiscard]] const std::string& processor() const;

  /// The texts of the precisions it can predict; empty for tables of whole workloads.
  [[nodiscard]] std::vector<std::string> precisions() const;

  /// The rules by which its runtime fuses operators in a precision.
  [[nodiscard]] const Rules& rules(const std::string& precision = {}) const;

  /// What one inference of a model takes: kernels run one after the other and add up.
  ///
  /// `inference.no_profile` for a precision or kernel that nothing is known about; `inference.bad_graph` where a shape
  /// or attribute is missing; `inference.unmodelled` where operators without a mapping write more than 5 % of all
  /// output bytes; `inference.out_of_range`.
  [[nodiscard]] Prediction predict(const Graph& graph, const PredictOptions& options = {}) const;

  /// The same for kernels; none is `inference.out_of_range`.
  [[nodiscard]] Prediction predict(std::span<const KernelConfig> kernels, const PredictOptions& options = {}) const;

  /// One inference of a workload of the measured tables (`kws-s`); `inference.no_profile` where it was not measured.
  [[nodiscard]] Prediction predict_workload(std::string_view workload) const;

  /// Another device, from what is known of this one and a few kernels measured there (8 or more; 30 suffice).
  ///
  /// Several forms are fitted (this device's predictions, scaled; a roofline with an array of multipliers; both
  /// together), and that with the least error on kernels left out is taken (docs/inference.md, "Transfer"). Its
  /// intervals are those errors. `inference.out_of_range` for fewer, or for a time or energy that is not positive.
  [[nodiscard]] Device transfer(std::span<const Measurement> measurements, const std::string& name) const;

 private:
  explicit Device(std::shared_ptr<const detail::DeviceModel> model) : model_(std::move(model)) {}

  std::shared_ptr<const detail::DeviceModel> model_;
};

/// The names that `Device::named` knows.
[[nodiscard]] std::vector<std::string> device_names();

}  // namespace co2lib::inference
