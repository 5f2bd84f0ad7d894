// SPDX-License-Identifier: MIT
// What this machine can measure with, and the meters a tracker opens.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/host.hpp>
#include <co2lib/meter/finding.hpp>
#include <co2lib/meter/gpu_option.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/powercap_unit.hpp>

namespace co2lib::meter {

/// A provider by name (`perf_event`, `powercap`, `hwmon`, `model.cpu_load`, ...) or a user's meter.
using MeterChoice = std::variant<std::string, std::shared_ptr<Meter>>;

/// What is opened. Every field has a default.
struct OpenOptions {
  /// Providers in order of preference, and users' meters; none: what this machine has; empty: models only. What no
  /// meter covers (CPU, memory) is modelled.
  std::optional<std::vector<MeterChoice>> meters{};
  /// NVIDIA GPUs by index or UUID prefix; default: those of `CUDA_VISIBLE_DEVICES`, else all; empty: none, and NVML is
  /// not even opened. One that is not there is the error `meter.bad_option`.
  GpuOption gpus{};
  Host host{};                            ///< where the machine is read
  std::shared_ptr<Clock> clock{};         ///< for meters that need the time; default: the system's
  std::optional<double> tdp_w{};          ///< TDP of the CPUs in W, for the CPU models
  std::optional<double> ram_w{};          ///< power of the memory in W, replaces the RAM model
  Modulus modulus = Modulus::kernel_max;  ///< of powercap counters
  bool container_scope = false;           ///< the RAM model covers the container's memory, not the machine's
  bool divided = false;    ///< for a share of it: what a platform's meter covers is modelled all the same
  bool gpus_only = false;  ///< another process of this machine reports all but the GPUs
  std::filesystem::path powercap_root{};  ///< folder of the powercap zones; default: `host.sysfs`/class/powercap
};

/// Every provider this version knows, in order of preference, as found on the machine; never throws for what is
/// missing.
[[nodiscard]] std::vector<Finding> sensors(const Host& host = {});

/// As `sensors`, for these options: `used` says what `open` would open. Errors as there.
[[nodiscard]] std::vector<Finding> findings(const OpenOptions& options);

/// Opens the meters of this machine: for the CPU the first that works of perf_event, powercap and hwmon (a later one if
/// it reads more packages, or as many and more of their memory; never two), else the load model, else the constant
/// model; for memory its counters, else the RAM model, for the share of packages that have none; every GPU that is
/// selected; one platform meter (psys, ACPI, a Jetson's board).
///
/// What a user's or a sensor's platform meter (`Domain::psys`) covers is not modelled. Wrong options are the error
/// `meter.bad_option`; a missing sensor is none.
[[nodiscard]] std::vector<std::shared_ptr<Meter>> open(const OpenOptions& options = {});

/// What `open` gives, and what a tracker needs besides.
struct Opening {
  std::vector<std::shared_ptr<Meter>> meters;  ///< read and counted from the start
  /// Read and counted only once the meters that they stand in for are found not to work (`stands_in_for`).
  std::vector<std::shared_ptr<Meter>> stand_ins;
  std::vector<std::string> gpus;  ///< ids of all GPUs that can be seen from here, selected or not
  std::vector<Issue> issues;      ///< what a footprint must say, beside what its meters say
};

/// As `open`.
[[nodiscard]] Opening open_all(const OpenOptions& options = {});

}  // namespace co2lib::meter
