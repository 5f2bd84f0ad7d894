// SPDX-License-Identifier: MIT
// Devices of the tables: rooflines of data sheets, simulated devices, microcontrollers that were measured.
#include <map>

#include <fmt/format.h>

#include <co2lib/inference/features.hpp>
#include <co2lib/inference/refuse.hpp>
#include <co2lib/inference/simulate.hpp>

#include "inference/device_model.hpp"

namespace co2lib::inference::detail {

namespace {

constexpr double roofline_factor = 3;  ///< divided and multiplied by: the interval of a roofline

Ranged within_factor(double x, double factor) { return {x, x / factor, x * factor}; }

const char* rules_of(ProcessorKind kind) {
  return kind == ProcessorKind::gpu ? "gpu" : kind == ProcessorKind::npu ? "vpu" : "cpu";
}

class RooflineModel final : public DeviceModel {
 public:
  explicit RooflineModel(const Accelerator& accelerator)
      : DeviceModel(accelerator.name, std::string(text(accelerator.kind))), accelerator_(accelerator) {}

  [[nodiscard]] const Rules& rules(const std::string&) const override {
    return inference::rules(rules_of(accelerator_.kind));
  }

  [[nodiscard]] std::vector<KernelValue> evaluate(std::span<const KernelConfig> kernels) const override {
    std::map<std::string, Roofline> known;  // by arithmetic
    std::vector<KernelValue> values;
    for (const KernelConfig& config : kernels) {
      const Precision precision = precision_of(config);
      auto roof = known.find(precision.arithmetic());
      if (roof == known.end()) roof = known.emplace(precision.arithmetic(), accelerator_.roofline(precision)).first;
      const Features f = features(config);
      const RooflineResult r = inference::roofline(f.ops, f.bytes(), roof->second);
      KernelValue& v = values.emplace_back();
      v.latency_us = within_factor(r.time_s * 1e6, roofline_factor);
      v.energy_mj = within_factor(r.energy_j * 1e3, roofline_factor);
      v.method = Method::roofline;
      v.bound = r.bound;
      if (r.power_capped) v.flags.emplace_back("power_capped");
    }
    return values;
  }

  [[nodiscard]] std::vector<std::string> precisions() const override {
    std::vector<std::string> names;
    if (!accelerator_.bandwidth) return names;
    for (const auto& [precision, peak] : accelerator_.peaks) names.push_back(precision);
    return names;
  }

  void describe(Prediction& p) const override {
    add_issue(p.issues, {"data_sheet", name,
                         "a roofline of data-sheet values with this project's coefficients of energy (unverified): the "
                         "interval is a factor of 3 both ways; profile the device for a narrower one"});
    if (!accelerator_.tdp_w) {
      add_issue(p.issues, {"static_power_unknown", name,
                           "the table has no power limit of this device: power that is drawn whatever is computed is "
                           "not in the energy"});
    }
    for (const Source& source : accelerator_.sources) add_source(p.sources, source);
    add_source(p.sources, {"energy",
                           "coefficients of energy per operation and byte: estimates of this project after "
                           "Horowitz, ISSCC 2014; unverified",
                           2014, "project-estimate"});
  }

 private:
  const Accelerator accelerator_;
};

class SimulatedModel final : public DeviceModel {
 public:
  explicit SimulatedModel(const SimulatedDevice& device)
      : DeviceModel(std::string(device.name), "simulated"), device_(device) {}

  [[nodiscard]] const Rules& rules(const std::string&) const override { return inference::rules("cpu"); }

  [[nodiscard]] std::vector<KernelValue> evaluate(std::span<const KernelConfig> kernels) const override {
    const Simulation s = simulate(device_, kernels);
    std::vector<KernelValue> values;
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      KernelValue& v = values.emplace_back();
      v.latency_us = within_factor(s.kernel_latency_us[i], 1);
      v.energy_mj = within_factor(s.kernel_energy_mj[i], 1);
      v.method = Method::simulated;
    }
    return values;
  }

  [[nodiscard]] std::vector<std::string> precisions() const override { return {"fp32", "fp16", "int8", "int4"}; }

  void describe(Prediction& p) const override {
    add_issue(p.issues, {"simulated", name, "this device exists as a formula only, for tests"});
  }

 private:
  const SimulatedDevice& device_;
};

class McuModel final : public DeviceModel {
 public:
  explicit McuModel(std::string_view board) : DeviceModel(std::string(board), "mcu") {}

  [[nodiscard]] const Rules& rules(const std::string&) const override { return inference::rules("cpu"); }

  [[nodiscard]] std::vector<KernelValue> evaluate(std::span<const KernelConfig>) const override {
    no_profile(fmt::format(
        "{} has measured workloads only, and a data sheet does not predict a microcontroller: the library of kernels "
        "decides. Predict one of the workloads, or profile the board (docs/inference.md, \"Profiles\")",
        name));
  }

  [[nodiscard]] std::vector<std::string> precisions() const override { return {}; }

  void describe(Prediction& p) const override {
    add_issue(p.issues, {"no_interval", name, "the source prints no spread: there is no interval"});
  }

  [[nodiscard]] Prediction workload(std::string_view workload) const override {
    const McuRow& row = mcu_row(name, workload);
    Prediction p{.device = name, .processor = processor, .precision = "int8", .sources = row.sources};
    if (row.time_us) p.latency.value = Seconds(*row.time_us / 1e6);
    if (row.energy_mj) p.energy.value = Energy::from_joules(*row.energy_mj / 1000);
    p.methods.push_back({Method::measured, 1});
    if (row.implausible_power) {
      add_issue(p.issues, {"implausible_power", name,
                           fmt::format("{} mJ in {} s: time or energy of '{}' cannot be right, for the board draws ten "
                                       "times as much on another workload",
                                       *row.energy_mj, *row.time_us / 1e6, row.workload)});
    }
    add_issue(p.issues, {"two_runs", name, "time and energy were measured in different runs"});
    describe(p);
    p.latency.issues = p.energy.issues = p.issues;
    p.latency.sources = p.energy.sources = p.sources;
    return p;
  }
};

}  // namespace

std::shared_ptr<const DeviceModel> roofline_model(const Accelerator& accelerator) {
  return std::make_shared<RooflineModel>(accelerator);
}
std::shared_ptr<const DeviceModel> simulated_model(std::string_view name) {
  return std::make_shared<SimulatedModel>(simulated_device(name));
}
std::shared_ptr<const DeviceModel> mcu_model(std::string_view board) { return std::make_shared<McuModel>(board); }

}  // namespace co2lib::inference::detail
