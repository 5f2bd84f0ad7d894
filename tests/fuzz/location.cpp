// SPDX-License-Identifier: MIT
// Texts of locations: a place is found with a value in both scopes, or is `intensity.unknown_zone` with three others;
// neither case nor blanks around matter, and the place that answered is found by its own key.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/intensity/location.hpp>

#include "target.hpp"

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

CO2LIB_FUZZ_TARGET(location, data, size) {
  using namespace co2lib::intensity;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Place found = place(text);
    if (found.key.empty() || place(found.key) != found) __builtin_trap();
    for (const Scope scope : {Scope::lifecycle, Scope::direct}) {
      const FactorOptions options{.scope = scope};
      const Factor f = factor(text, options);
      if (!(f.g_per_kwh() >= 0) || f.year < 1990 || f.source.text.empty() || f.place != found.key) __builtin_trap();
      if (factor(swap_case(text), options) != f) __builtin_trap();
      if (factor(" " + std::string(text) + "\n", options) != f) __builtin_trap();
      if (factor(f.via, options).value != f.value) __builtin_trap();
      if (to_string(f).empty() || location_source(text, scope)->describe().name != found.key) __builtin_trap();
    }
  } catch (const co2lib::Error& error) {
    if (error.code() != "intensity.unknown_zone") __builtin_trap();
    if (std::get<std::vector<std::string>>(error.details().at("nearest")).size() != 3) __builtin_trap();
  }
  return 0;
}
