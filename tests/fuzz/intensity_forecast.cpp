// SPDX-License-Identifier: MIT
// JSON lines of forecasts: only errors of this library are thrown, and what is read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/error.hpp>
#include <co2lib/intensity/forecast.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(intensity_forecast, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto forecasts = co2lib::intensity::parse_forecasts(text, "fuzz");
    std::string again;
    for (const auto& f : forecasts) again += co2lib::intensity::json_line(f) + "\n";
    if (co2lib::intensity::parse_forecasts(again, "again") != forecasts) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("intensity.bad_")) __builtin_trap();
    if (!std::string_view(error.what()).starts_with("fuzz:")) __builtin_trap();
  }
  return 0;
}
