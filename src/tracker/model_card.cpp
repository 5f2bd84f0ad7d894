// SPDX-License-Identifier: MIT
// The `co2_eq_emissions` block of a footprint.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/hub.hpp>
#include <co2lib/tracker/footprint.hpp>
#include <co2lib/version.hpp>

namespace co2lib::tracker {

std::string Footprint::to_model_card(const CardOptions& options) const {
  if (!operational.value) {
    throw Error("tracker.no_value",
                "the run has no known emissions, so its card block cannot be written; see its issues", {},
                ErrorCategory::arithmetic);
  }
  std::string hardware = options.hardware_used;
  if (hardware.empty()) {
    hardware = context.cpu_model;
    std::vector<std::pair<std::string, int>> gpus;
    for (const DeviceFootprint& d : devices) {
      if (d.record.meter.device != meter::Device::gpu || !d.counted) continue;
      const auto same =
          std::find_if(gpus.begin(), gpus.end(), [&](const auto& g) { return g.first == d.record.meter.name; });
      if (same == gpus.end()) {
        gpus.emplace_back(d.record.meter.name, 1);
      } else {
        ++same->second;
      }
    }
    for (const auto& [name, count] : gpus) {
      hardware += fmt::format("{}{} x {}", hardware.empty() ? "" : ", ", count, name);
    }
  }
  std::string method;
  for (const auto& [m, share] : methods) {
    if (!method.empty()) method += ", ";
    method += meter::text(m);
  }
  hub::CardRecord record;
  record.emissions = operational.value->grams();
  record.source = "co2lib";
  const auto set = [](std::optional<std::string>& field, const std::string& value) {
    if (!value.empty()) field = value;
  };
  set(record.training_type, options.training_type);
  set(record.geographical_location, options.geographical_location.empty() ? location : options.geographical_location);
  set(record.hardware_used, hardware);
  if (options.embodied && embodied.value) record.extra.emplace_back("embodied_emissions", embodied.value->grams());
  if (!method.empty()) record.extra.emplace_back("method", method);
  record.extra.emplace_back("co2lib_version", std::string(CO2LIB_VERSION));
  return hub::write_block(record).yaml;
}

}  // namespace co2lib::tracker
