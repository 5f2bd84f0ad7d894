// SPDX-License-Identifier: MIT
// JSON lines of carbon intensities: only errors of this library are thrown, and what is read is written and read back
// the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/error.hpp>
#include <co2lib/intensity/lines.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(intensity_lines, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto records = co2lib::intensity::parse_json_lines(text, "fuzz");
    std::string again;
    for (const auto& r : records) again += co2lib::intensity::json_line(r) + "\n";
    if (co2lib::intensity::parse_json_lines(again, "again") != records) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("intensity.bad_")) __builtin_trap();
    if (!std::string_view(error.what()).starts_with("fuzz:")) __builtin_trap();
  }
  return 0;
}
