// SPDX-License-Identifier: MIT
// CPU time and memory as texts of /proc tell them; private to src/meter.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <unistd.h>

namespace co2lib::meter {

/// Clock ticks per second, the unit of CPU times in /proc.
inline double ticks_per_second() {
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return ticks > 0 ? ticks : 100;
}

/// CPU time of all CPUs since boot in clock ticks.
struct CpuTicks {
  std::uint64_t busy = 0;  ///< all but idle, iowait and what other guests of the host were given (steal)
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
    if (i != 3 && i != 4 && i != 7) ticks.busy += fields[i];
  }
  return ticks;
}

/// The number after `key` in a text of lines `key value`, such as /proc/meminfo; with no key the first line's number.
inline std::optional<double> number(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos || (start == 0 && !key.empty())) continue;
    line.remove_prefix(start);
    std::uint64_t value = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), value).ec == std::errc()) {
      return static_cast<double>(value);
    }
  }
  return std::nullopt;
}

/// What the fields after the last ')' of /proc/<pid>/stat say (proc(5)): a program may be called ") R 1".
struct ProcessStat {
  std::int64_t parent = 0;
  std::int64_t group = 0;
  std::int64_t session = 0;
  std::uint64_t threads = 0;
  std::uint64_t start = 0;  ///< clock ticks since boot; 0 if the text ends before it
  double own_s = 0;         ///< CPU time
  double waited_s = 0;      ///< of the children that it has waited for

  [[nodiscard]] double cpu_s() const noexcept { return own_s + waited_s; }
};

inline std::optional<ProcessStat> parse_process(std::string_view text) {
  const std::size_t close = text.rfind(')');
  if (close == std::string_view::npos) return std::nullopt;
  text.remove_prefix(close + 1);
  // 3: state, 4: ppid, pgrp, session ... 14-17: utime stime cutime cstime ... 20: num_threads ... 22: starttime
  constexpr std::size_t needed = 15;
  std::array<std::uint64_t, 20> fields{};
  std::size_t count = 0;
  while (count < fields.size()) {
    const std::size_t start = text.find_first_not_of(" \n");
    if (start == std::string_view::npos && count >= needed) break;
    if (start == std::string_view::npos) return std::nullopt;
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    if (count > 0) {  // the first is a letter; some are signed
      std::int64_t value = 0;
      if (std::from_chars(word.data(), word.data() + word.size(), value).ec != std::errc()) {
        if (count >= needed) break;
        return std::nullopt;
      }
      fields[count] = value < 0 ? 0 : static_cast<std::uint64_t>(value);
    }
    text.remove_prefix(word.size());
    ++count;
  }
  const auto seconds = [&](std::size_t i) {
    return (static_cast<double>(fields[i]) + static_cast<double>(fields[i + 1])) / ticks_per_second();
  };
  return ProcessStat{.parent = static_cast<std::int64_t>(fields[1]),
                     .group = static_cast<std::int64_t>(fields[2]),
                     .session = static_cast<std::int64_t>(fields[3]),
                     .threads = fields[17],
                     .start = fields[19],
                     .own_s = seconds(11),
                     .waited_s = seconds(13)};
}

}  // namespace co2lib::meter
