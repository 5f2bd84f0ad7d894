// SPDX-License-Identifier: MIT
// UTC texts: nothing crashes or overflows, and what was read is read again the same after it is written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <co2lib/clock.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(clock, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool offset_required : {true, false}) {
    const auto time = co2lib::parse_utc(text, offset_required);
    if (!time) {
      if (time.issue().code != "bad_time") __builtin_trap();
      continue;
    }
    const auto again = co2lib::parse_utc(co2lib::format_utc(*time));
    if (!again || *again != *time) __builtin_trap();
  }
  return 0;
}
