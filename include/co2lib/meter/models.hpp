// SPDX-License-Identifier: MIT
// Power models for what cannot be measured. All are wide on purpose; a counter beats them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include <co2lib/error.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::meter {

/// What the CPU models know of a processor: its thermal design power, or else the number of logical CPUs.
struct CpuSize {
  std::optional<double> tdp_w{};  ///< TDP of all packages together in W; preferred
  std::optional<int> cpus{};      ///< logical CPUs
};

namespace detail {

/// base + slope * u, never fused.
[[nodiscard]] inline double linear(double base, double slope, double u) noexcept {
  return base + numeric::product(slope, u);
}

inline void require_size(const CpuSize& cpu) {
  if (cpu.tdp_w && !(*cpu.tdp_w > 0 && std::isfinite(*cpu.tdp_w))) {
    throw Error("meter.bad_input", "tdp_w must be above 0 W, not " + numeric::text(*cpu.tdp_w));
  }
  if (!cpu.tdp_w && (!cpu.cpus || *cpu.cpus < 1)) {
    throw Error("meter.bad_input", "a CPU model needs tdp_w, or cpus of at least 1");
  }
}

}  // namespace detail

/// CPU power at a utilisation of 0..1 (clipped), with its interval.
///
/// With a TDP: `TDP*(0.2 + 0.8u)`, interval `[0.7*TDP*(0.1 + 0.9u), 1.3*TDP*(0.4 + 0.6u)]`. Without, for n logical
/// CPUs: `n*(0.75 + 3.0u)`, interval `[n*(0.44 + 1.1u), n*(3.0 + 5.6u)]` W. Rounded engineering choices of ours; the
/// figures per CPU span the SPECpower-based table of Cloud Carbon Footprint. Neither TDP nor CPUs, or a utilisation
/// that is not a number, is the error `meter.bad_input`.
[[nodiscard]] inline Watts cpu_load_power(double utilisation, const CpuSize& cpu) {
  detail::require_size(cpu);
  if (std::isnan(utilisation)) throw Error("meter.bad_input", "utilisation must be a number from 0 to 1");
  const double u = std::clamp(utilisation, 0.0, 1.0);
  if (cpu.tdp_w) {
    const double tdp = *cpu.tdp_w;
    return {.value = tdp * detail::linear(20, 80, u) / 100,
            .low = tdp * 7 * detail::linear(10, 90, u) / 1000,
            .high = tdp * 13 * detail::linear(40, 60, u) / 1000};
  }
  const double n = *cpu.cpus;
  return {.value = n * detail::linear(75, 300, u) / 100,
          .low = n * detail::linear(44, 110, u) / 100,
          .high = n * detail::linear(30, 56, u) / 10};
}

/// CPU power when the utilisation is unknown: the value of `cpu_load_power` at 0.5, from its lower end at 0 to its
/// upper end at 1. Errors as there.
[[nodiscard]] inline Watts cpu_constant_power(const CpuSize& cpu) {
  return {.value = cpu_load_power(0.5, cpu).value,
          .low = cpu_load_power(0.0, cpu).low,
          .high = cpu_load_power(1.0, cpu).high};
}

/// Power of `gib` GiB (2^30 bytes) of memory, with its interval.
///
/// Linear between (GiB, W) = (0,0) (8,3) (32,10) (128,30) (256,40) (1024,80) (4096,160), with the last slope beyond;
/// interval `[0.4 P, max(0.375 W * GiB, 1.6 P)]`. A rounded choice of ours. A negative or not finite size is the error
/// `meter.bad_input`.
[[nodiscard]] inline Watts ram_power(double gib) {
  if (!(gib >= 0) || !std::isfinite(gib)) {
    throw Error("meter.bad_input", "gib must be a number of at least 0, not " + numeric::text(gib));
  }
  struct Point {
    double gib;
    double watts;
  };
  constexpr std::array<Point, 7> curve{{{0, 0}, {8, 3}, {32, 10}, {128, 30}, {256, 40}, {1024, 80}, {4096, 160}}};
  std::size_t i = 1;
  while (i + 1 < curve.size() && gib > curve[i].gib) ++i;
  const Point& from = curve[i - 1];
  const Point& to = curve[i];
  const double rise = numeric::product(gib - from.gib, to.watts - from.watts) / (to.gib - from.gib);
  const double power = from.watts + rise;
  return {.value = power, .low = 0.4 * power, .high = std::max(0.375 * gib, 1.6 * power)};
}

}  // namespace co2lib::meter
