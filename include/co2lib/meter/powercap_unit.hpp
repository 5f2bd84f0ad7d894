// SPDX-License-Identifier: MIT
// The unit and raw counts from which the kernel's RAPL driver makes the microjoules that it shows.
//
// The driver holds the energy unit as whole nanojoules u, shows energy_uj = floor(raw * u / 1000) and
// max_energy_range_uj = floor((2^32 - 1) * u / 1000) (Linux drivers/powercap/intel_rapl_common.c).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <co2lib/meter/meter.hpp>

namespace co2lib::meter {

/// How the counters of powercap zones are read.
enum class Modulus {
  kernel_max,  ///< microjoules as the kernel shows them, starting again at max_energy_range_uj
  exact_unit,  ///< the register's counts in its exact unit, starting again at 2^32, where that unit is known
};
/// Texts of `Modulus`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Modulus) noexcept { return texts("kernel_max", "exact_unit"); }

/// The counters of RAPL have 32 bits.
inline constexpr std::uint64_t rapl_counts = std::uint64_t{1} << 32;

/// What the range of a powercap zone tells about its counter.
struct PowercapUnit {
  std::int64_t unit_nj = 0;                    ///< the unit as the kernel holds it, in whole nJ
  std::optional<CounterUnit> exact_unit{};     ///< the unit of the hardware; unknown e.g. for Intel server DRAM
  std::uint64_t modulus_counts = rapl_counts;  ///< counts until the counter starts again
  std::optional<double> truncation_ppm{};      ///< by how much the kernel's text reads low, in parts per million
};

namespace detail {

/// The largest unit whose range fits 64 bits, in nJ.
inline constexpr std::uint64_t max_unit_nj = std::numeric_limits<std::uint64_t>::max() / (rapl_counts - 1);

}  // namespace detail

/// The range that the kernel shows for a unit of `unit_nj` nJ, in uJ; nothing if the unit is not between 1 nJ and
/// what fits 64 bits.
[[nodiscard]] constexpr std::optional<std::uint64_t> powercap_range_uj(std::int64_t unit_nj) noexcept {
  if (unit_nj < 1 || static_cast<std::uint64_t>(unit_nj) > detail::max_unit_nj) return std::nullopt;
  return (rapl_counts - 1) * static_cast<std::uint64_t>(unit_nj) / 1000;
}

/// Recovers the unit from `max_energy_range_uj`; nothing if no unit reproduces that range exactly.
///
/// The exact unit is 2^-k J where the kernel's is floor(10^9 / 2^k) nJ (k = 0..31), or 2^k uJ where it is
/// 1000 * 2^k nJ (Intel Atom); otherwise it is unknown.
[[nodiscard]] constexpr std::optional<PowercapUnit> recover_powercap_unit(std::uint64_t max_energy_range_uj) noexcept {
  if (max_energy_range_uj > std::numeric_limits<std::uint64_t>::max() / 1000 - rapl_counts) return std::nullopt;
  const std::uint64_t u = (max_energy_range_uj * 1000 + (rapl_counts - 1) / 2) / (rapl_counts - 1);
  const auto unit_nj = static_cast<std::int64_t>(u);
  if (powercap_range_uj(unit_nj) != max_energy_range_uj) return std::nullopt;
  PowercapUnit unit{.unit_nj = unit_nj};
  for (int k = 0; k < 32; ++k) {
    const std::int64_t power = std::int64_t{1} << k;
    if (unit_nj == 1'000'000'000 / power) {
      unit.exact_unit = CounterUnit{1, power};
      unit.truncation_ppm = static_cast<double>(1'000'000'000 - unit_nj * power) / 1000.0;
      break;
    }
    if (unit_nj == 1000 * power) {
      unit.exact_unit = CounterUnit{power, 1'000'000};
      unit.truncation_ppm = 0.0;
      break;
    }
  }
  return unit;
}

/// The 32-bit count that the text of `energy_uj` came from: the smallest that the kernel shows as this number.
///
/// Nothing if the count does not fit 32 bits, so that the text cannot be that of the zone, or if the unit is below
/// 1000 nJ, where several counts show as one number.
[[nodiscard]] constexpr std::optional<std::uint64_t> powercap_raw_count(std::uint64_t energy_uj,
                                                                        std::int64_t unit_nj) noexcept {
  if (unit_nj < 1000 || energy_uj > std::numeric_limits<std::uint64_t>::max() / 1000) return std::nullopt;
  const std::uint64_t nanojoules = energy_uj * 1000;
  const auto u = static_cast<std::uint64_t>(unit_nj);
  const std::uint64_t raw = nanojoules / u + (nanojoules % u != 0 ? 1 : 0);
  if (raw >= rapl_counts) return std::nullopt;
  return raw;
}

}  // namespace co2lib::meter
