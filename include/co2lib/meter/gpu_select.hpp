// SPDX-License-Identifier: MIT
// Which GPUs are measured: the option, else CUDA_VISIBLE_DEVICES, else all.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/meter/gpu_option.hpp>
#include <co2lib/record.hpp>

namespace co2lib::meter {

/// A GPU as the driver lists it.
struct GpuDevice {
  int index = 0;                         ///< in the driver's order (NVML: by PCI address)
  std::string uuid{};                    ///< `GPU-...`
  std::string name{};                    ///< model
  std::vector<std::string> mig_uuids{};  ///< `MIG-...` of its instances
};

/// The GPUs chosen, by driver index, in the order they were named.
struct GpuSelection {
  std::vector<int> selected;  ///< driver indices, each once
  std::vector<Issue> issues;  ///< `mig`, `invalid_entry`, `cuda_order_assumed`, `cuda_order_ambiguous`
};

namespace detail {

inline std::string_view trim_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// One entry looked up.
struct GpuMatch {
  int index = 0;
  bool by_integer = false;
  bool by_instance = false;
};

/// The device whose UUID alone starts with `prefix`.
inline std::optional<int> gpu_by_uuid(const std::vector<GpuDevice>& devices, std::string_view prefix) {
  std::optional<int> found;
  for (const GpuDevice& device : devices) {
    if (!std::string_view(device.uuid).starts_with(prefix)) continue;
    if (device.uuid == prefix) return device.index;
    if (found) return std::nullopt;
    found = device.index;
  }
  return found;
}

inline std::optional<GpuMatch> find_gpu(const std::vector<GpuDevice>& devices, std::string_view entry) {
  if (entry.starts_with("GPU-")) {
    if (const auto index = gpu_by_uuid(devices, entry)) return GpuMatch{.index = *index};
    return std::nullopt;
  }
  if (entry.starts_with("MIG-")) {
    std::optional<int> found;
    for (const GpuDevice& device : devices) {
      for (const std::string& instance : device.mig_uuids) {
        if (!std::string_view(instance).starts_with(entry)) continue;
        if (instance == entry) return GpuMatch{.index = device.index, .by_instance = true};
        if (found) return std::nullopt;
        found = device.index;
      }
    }
    if (!found && entry.starts_with("MIG-GPU-")) {  // MIG-GPU-<uuid>/<gpu instance>/<compute instance>: drivers < 470
      const std::string_view uuid = entry.substr(4, std::min(entry.find('/'), entry.size()) - 4);
      found = gpu_by_uuid(devices, uuid);
    }
    if (found) return GpuMatch{.index = *found, .by_instance = true};
    return std::nullopt;
  }
  int index = 0;
  const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), index);
  if (entry.empty() || error != std::errc() || end != entry.data() + entry.size() || index < 0) return std::nullopt;
  for (const GpuDevice& device : devices) {
    if (device.index == index) return GpuMatch{.index = index, .by_integer = true};
  }
  return std::nullopt;
}

}  // namespace detail

/// Chooses among `devices` (in the driver's order): `option` if given, else the text of `CUDA_VISIBLE_DEVICES`, else
/// all (docs/gpu.md, "Which GPUs"; CUDA programming guide, environment variables).
///
/// An entry of the option that is no device, or more than one, is the error `meter.bad_option`. In the variable the
/// first such entry ends the list (issue `invalid_entry`), as in CUDA. Selecting a MIG instance selects its board
/// (issue `mig`). A device named twice counts once. Integers of the variable follow CUDA's own order unless
/// `CUDA_DEVICE_ORDER` is `PCI_BUS_ID`: issue `cuda_order_assumed`, or `cuda_order_ambiguous` if models differ.
[[nodiscard]] inline GpuSelection select_gpus(const std::vector<GpuDevice>& devices, const GpuOption& option,
                                              std::optional<std::string_view> cuda_visible_devices = std::nullopt,
                                              std::optional<std::string_view> cuda_device_order = std::nullopt) {
  GpuSelection result;
  const auto choose = [&](const detail::GpuMatch& match) {
    if (match.by_instance) {
      add_issue(result.issues, {"mig", std::to_string(match.index),
                                "energy is known for the whole board only, not for a MIG instance"});
    }
    if (std::find(result.selected.begin(), result.selected.end(), match.index) == result.selected.end()) {
      result.selected.push_back(match.index);
    }
  };

  if (option) {
    for (const GpuKey& key : *option) {
      const std::string entry =
          std::holds_alternative<int>(key) ? std::to_string(std::get<int>(key)) : std::get<std::string>(key);
      const auto match = detail::find_gpu(devices, detail::trim_blanks(entry));
      if (!match) {
        std::vector<std::string> known;
        known.reserve(devices.size());
        for (const GpuDevice& device : devices) known.push_back(std::to_string(device.index) + " " + device.uuid);
        std::string text = "gpus: '" + entry + "' is not exactly one device. Use an index or a unique UUID prefix";
        text += known.empty() ? "; no GPU can be measured on this machine" : "; known:";
        for (const std::string& device : known) text += " " + device;
        throw Error("meter.bad_option", text, {{"entry", entry}, {"devices", known}});
      }
      choose(*match);
    }
    return result;
  }

  if (!cuda_visible_devices) {
    for (const GpuDevice& device : devices) choose({.index = device.index});
    return result;
  }
  std::string_view list = detail::trim_blanks(*cuda_visible_devices);
  if (list.empty()) return result;
  bool by_integer = false;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = detail::trim_blanks(list.substr(0, comma));
    const auto match = detail::find_gpu(devices, entry);
    if (!match) {
      add_issue(result.issues, {"invalid_entry", "CUDA_VISIBLE_DEVICES",
                                "'" + std::string(entry) + "' is not exactly one device and ends the list"});
      break;
    }
    choose(*match);
    by_integer = by_integer || match->by_integer;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  if (by_integer && devices.size() > 1 && cuda_device_order != "PCI_BUS_ID") {
    const bool one_model = std::all_of(devices.begin(), devices.end(),
                                       [&](const GpuDevice& device) { return device.name == devices.front().name; });
    std::string uuids;
    for (const int index : result.selected) {
      for (const GpuDevice& device : devices) {
        if (device.index == index) uuids += (uuids.empty() ? "" : ", ") + device.uuid;
      }
    }
    add_issue(result.issues, {one_model ? "cuda_order_assumed" : "cuda_order_ambiguous", "CUDA_VISIBLE_DEVICES",
                              "CUDA may number the devices otherwise than the driver; measured: " + uuids +
                                  ". Name devices by UUID, or set CUDA_DEVICE_ORDER=PCI_BUS_ID"});
  }
  return result;
}

}  // namespace co2lib::meter
