// SPDX-License-Identifier: MIT
// CUDA_VISIBLE_DEVICES and the option `gpus`: only devices that are there are selected, each once; selecting again what
// was selected changes nothing; the option refuses what the variable ends at.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/meter/gpu_select.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(gpu_select, data, size) {
  using namespace co2lib::meter;
  static const std::vector<GpuDevice> devices{
      {0, "GPU-5a1c0000-aaaa", "A100", {"MIG-1111-a", "MIG-1111-b"}},
      {1, "GPU-5a1c0000-bbbb", "A100", {}},
      {3, "GPU-77", "H200", {"MIG-2"}},
      {12, "GPU-771", "H200", {}},
  };
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto check = [](const GpuSelection& selection) {
    if (std::set<int>(selection.selected.begin(), selection.selected.end()).size() != selection.selected.size()) {
      __builtin_trap();
    }
    for (const int index : selection.selected) {
      if (std::none_of(devices.begin(), devices.end(), [&](const GpuDevice& d) { return d.index == index; })) {
        __builtin_trap();
      }
    }
  };
  const GpuSelection seen = select_gpus(devices, std::nullopt, text, "PCI_BUS_ID");
  check(seen);
  if (co2lib::has_issue(seen.issues, "cuda_order_assumed")) __builtin_trap();
  if (select_gpus(devices, std::nullopt, text).selected != seen.selected) __builtin_trap();
  std::vector<GpuKey> keys;
  std::string list;
  for (const int index : seen.selected) {
    keys.emplace_back(index);
    list += (list.empty() ? "" : " ,") + std::to_string(index);
  }
  if (select_gpus(devices, keys).selected != seen.selected) __builtin_trap();
  if (select_gpus(devices, std::nullopt, list).selected != seen.selected) __builtin_trap();

  keys.clear();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    keys.emplace_back(std::string(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  try {
    const GpuSelection chosen = select_gpus(devices, keys);
    check(chosen);
    if (chosen.selected != seen.selected || co2lib::has_issue(seen.issues, "invalid_entry")) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (error.code() != "meter.bad_option") __builtin_trap();
    // An empty variable is no device; an empty entry is an error of the option.
    const bool blank = text.find_first_not_of(" \t") == std::string_view::npos;
    if (!blank && !co2lib::has_issue(seen.issues, "invalid_entry")) __builtin_trap();
  }
  return 0;
}
