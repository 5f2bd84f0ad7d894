// SPDX-License-Identifier: MIT
// The CPU time of the whole machine, as /proc/stat tells; private to src/meter.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace co2lib::meter {

/// CPU time of all CPUs since boot in clock ticks.
struct CpuTicks {
  std::uint64_t busy = 0;  ///< all but idle and iowait
  std::uint64_t all = 0;
};

/// The line `cpu` of /proc/stat: user nice system idle iowait irq softirq steal; guest time is part of user time.
inline std::optional<CpuTicks> parse_cpu_ticks(std::string_view text) {
  if (!text.starts_with("cpu ")) return std::nullopt;
  text = text.substr(4, text.find('\n') - 4);
  std::array<std::uint64_t, 8> fields{};
  std::size_t count = 0;
  while (count < fields.size()) {
    const std::size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fields[count]);
    if (error != std::errc() || (end != text.data() + text.size() && *end != ' ')) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    ++count;
  }
  if (count < 4) return std::nullopt;
  CpuTicks ticks;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i] > std::numeric_limits<std::uint64_t>::max() - ticks.all) return std::nullopt;  // no machine's times
    ticks.all += fields[i];
    if (i != 3 && i != 4) ticks.busy += fields[i];
  }
  return ticks;
}

}  // namespace co2lib::meter
