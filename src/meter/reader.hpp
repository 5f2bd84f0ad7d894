// SPDX-License-Identifier: MIT
// What a reader of a provider must offer; private to src/, as is the plan of what is opened.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <co2lib/host.hpp>
#include <co2lib/meter/finding.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/sensors.hpp>

namespace co2lib::meter {

/// What has been opened so far covers; the readers after it fill the rest.
struct Covered {
  bool cpu = false;
  double memory = 0;  ///< share of the memory, 0..1
};

class PerfCounters;

/// What readers are given.
struct Context {
  OpenOptions options;
  Machine machine;
  std::shared_ptr<PerfCounters> perf{};  ///< tests: stands in for the system's
};

/// What a reader found, and its meters, of which those that can be read are open.
struct Opened {
  Finding finding;
  std::vector<std::shared_ptr<Meter>> meters;
  std::vector<std::shared_ptr<Meter>> stand_ins{};  ///< of these meters
  std::vector<std::string> gpus{};                  ///< ids of all GPUs that can be seen
};

/// A provider. `open` never throws for what is missing; it says so in the finding.
struct Reader {
  /// What it is asked for: of several providers of the processors one is taken, GPUs and memory have their own.
  enum class Measures : std::uint8_t { processors, gpus, memory };

  const char* provider;
  Opened (*open)(const Context& context, const Covered& covered);
  Measures measures = Measures::processors;
  /// Models are used for what nothing else covers, sensors whenever they are asked for.
  bool is_model = false;
  /// Its meter of the platform (psys) comes and goes with its meters of the processors.
  bool platform_is_of_processors = false;
};

/// All readers in order of preference (sensors.cpp).
[[nodiscard]] std::vector<Reader> all_readers();

/// Findings of all readers, and what is used.
struct Plan {
  std::vector<Finding> findings;
  std::vector<std::shared_ptr<Meter>> meters;
  std::vector<std::shared_ptr<Meter>> stand_ins{};
  std::vector<std::string> gpus{};
};

/// What `open` and `findings` are made of; `perf` replaces the system calls of perf_event. Tests bring readers of their
/// own.
[[nodiscard]] Plan make_plan(const OpenOptions& options, std::shared_ptr<PerfCounters> perf = nullptr,
                             const std::vector<Reader>& readers = all_readers());

/// As without `machine`, on one that has been read already.
[[nodiscard]] Opening open_all(const OpenOptions& options, const Machine& machine);

}  // namespace co2lib::meter
