// SPDX-License-Identifier: MIT
// CSV files of carbon intensity: only errors of this library are thrown, and what is read is in the order of time and
// does not overlap.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <co2lib/error.hpp>
#include <co2lib/intensity/trace.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(trace, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto trace = co2lib::intensity::parse_csv(text, {}, "fuzz");
    for (std::size_t i = 0; i < trace.size(); ++i) {
      const auto record = trace.record(i);
      if (!(record.start < record.end)) __builtin_trap();
      if (i > 0 && record.start < trace.record(i - 1).end) __builtin_trap();
    }
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("intensity.")) __builtin_trap();
  }
  return 0;
}
