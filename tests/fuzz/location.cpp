// SPDX-License-Identifier: MIT
// Texts of locations: a place is found with a value, or is `intensity.unknown_zone`; case does not matter, and the row
// that was used is found by its own name.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/error.hpp>
#include <co2lib/intensity/location.hpp>

namespace {

std::string swap_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace co2lib::intensity;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Factor f = factor(text);
    if (!(f.value.g_per_kwh() >= 0) || f.year < 1990 || f.via.empty() || f.source.text.empty()) __builtin_trap();
    if (factor(swap_case(text)) != f) __builtin_trap();
    if (!f.via.starts_with("world") && factor(f.via).value != f.value) __builtin_trap();
    if (to_string(f).empty()) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (error.code() != "intensity.unknown_zone") __builtin_trap();
  }
  return 0;
}
