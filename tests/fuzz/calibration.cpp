// SPDX-License-Identifier: MIT
// Calibration files: only errors of this library are thrown, and what is read can be written and read again, the same.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/preindex/cost.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(calibration, data, size) {
  namespace preindex = co2lib::preindex;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto runs = preindex::parse_runs(text, "fuzz");
    std::string again;
    for (const preindex::CalibrationRun& run : runs) {
      if (!std::isfinite(run.x)) __builtin_trap();
      for (const auto& cost : {run.epochs, run.kwh, run.gco2e}) {
        if (cost && !(*cost >= 0 && std::isfinite(*cost))) __builtin_trap();
      }
      again += run.to_json() + "\n";
    }
    if (preindex::parse_runs(again, "again") != runs) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("preindex.")) __builtin_trap();
    for (const char c : std::string_view(error.what())) {
      if (c < ' ' || c > '~') __builtin_trap();
    }
  }
  return 0;
}
