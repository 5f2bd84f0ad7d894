// SPDX-License-Identifier: MIT
// Texts of powercap zones: a number is read only from digits with an optional line end, and what the kernel's driver
// shows leads back to the counts it came from.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "meter/powercap.cpp"  // NOLINT(bugprone-suspicious-include): its parsers are private to it
#include "number.hpp"
#include "target.hpp"

namespace {

using namespace co2lib::meter;

void check_unit(std::uint64_t range_uj, std::uint32_t raw) {
  const auto unit = recover_powercap_unit(range_uj);
  if (!unit) return;
  if (powercap_range_uj(unit->unit_nj) != range_uj) __builtin_trap();
  if (unit->exact_unit && (unit->exact_unit->numerator < 1 || unit->exact_unit->denominator < 1)) __builtin_trap();
  if (unit->unit_nj < 1000) return;
  // What the kernel would show for this count.
  const std::uint64_t shown_uj = raw * static_cast<std::uint64_t>(unit->unit_nj) / 1000;  // the unit is below 2^32 nJ
  if (const auto back = powercap_raw_count(shown_uj, unit->unit_nj); back != raw) {
    // Beyond what 64 bits of nanojoules hold, nothing is recovered.
    if (back || shown_uj <= UINT64_MAX / 1000) __builtin_trap();
  }
}

}  // namespace

CO2LIB_FUZZ_TARGET(powercap, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_number<std::uint64_t>(text, parse_counter);
  if (const auto value = parse_counter(text)) check_unit(*value, static_cast<std::uint32_t>(*value * 2654435761U));
  (void)zone_domain(text, std::nullopt);
  (void)zone_domain(text, Domain::package);
  if (size >= 12) {
    std::uint64_t range = 0;
    std::uint32_t raw = 0;
    std::memcpy(&range, data, sizeof range);
    std::memcpy(&raw, data + sizeof range, sizeof raw);
    check_unit(range, raw);
    if (const auto real = powercap_range_uj(static_cast<std::int64_t>(range % 4'294'967'297U))) check_unit(*real, raw);
  }
  return 0;
}
