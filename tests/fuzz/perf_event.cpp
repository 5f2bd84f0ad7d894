// SPDX-License-Identifier: MIT
// Texts of the PMU `power` and lists of CPUs: an event is the number its text shows, a scale is a power of two that
// leads back to its text, and a list holds only CPUs that its text can name.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "meter/perf_event.cpp"  // NOLINT(bugprone-suspicious-include): its parsers are private to it
#include "target.hpp"

namespace {

using namespace co2lib::meter;

void check_event(std::string_view text) {
  const auto event = parse_event(text);
  if (!event) return;
  char shown[32];
  std::snprintf(shown, sizeof shown, "event=0x%llx", static_cast<unsigned long long>(*event));
  if (parse_event(shown) != event || parse_event(std::string(text) + " ")) __builtin_trap();
}

void check_scale(std::string_view text) {
  const auto unit = parse_scale(text);
  if (!unit) return;
  if (unit->numerator < 1 || unit->denominator < 1) __builtin_trap();
  if (unit->numerator != 1 && unit->denominator != 1) __builtin_trap();
  const double scale = static_cast<double>(unit->numerator) / static_cast<double>(unit->denominator);
  int exponent = 0;
  if (std::frexp(scale, &exponent) != 0.5) __builtin_trap();
  char shown[40];
  std::snprintf(shown, sizeof shown, "%.17g", scale);
  const auto again = parse_scale(shown);
  if (!again || again->numerator != unit->numerator || again->denominator != unit->denominator) __builtin_trap();
}

void check_list(std::string_view text) {
  const auto cpus = detail::parse_cpu_list(text);
  if (!cpus) return;
  if (cpus->empty()) __builtin_trap();
  for (const int cpu : *cpus) {
    if (cpu < 0 || cpu > 1'000'000) __builtin_trap();
  }
  std::string shown;
  for (const int cpu : *cpus) shown += (shown.empty() ? "" : ",") + std::to_string(cpu);
  if (cpus->size() <= 64 && detail::parse_cpu_list(shown) != cpus) __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(perf_event, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_event(text);
  check_scale(text);
  check_list(text);
  return 0;
}
