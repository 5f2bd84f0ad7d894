// SPDX-License-Identifier: MIT
// Intensity of a mix of fuels, and of what zones use once their exchanges are traced.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

/// What each fuel gave, in one unit for all (MWh, MW or percent); nullopt is unknown, which is not 0.
using FuelEnergy = std::map<std::string, std::optional<double>, std::less<>>;

/// g CO2e per kWh of each fuel.
using FuelFactors = std::map<std::string, double, std::less<>>;

/// Which fuels are no source of emissions of their own.
struct FuelMixOptions {
  std::vector<std::string> storage{};  ///< fuels that store: batteries, pumped hydro
  std::vector<std::string> exclude{};  ///< imports of unknown origin
};

/// The mean intensity of a mix, and what was left out of it.
struct FuelMix {
  CarbonIntensity value{};           ///< of what is left, per kWh of it
  std::vector<std::string> flags{};  ///< `imports_excluded`, `partial_mix`, `storage_excluded`, `negative_clamped`

  bool operator==(const FuelMix&) const = default;
};

/// The factors of one set of the table `fuels` (`ar5`, `srren2011`, `carboncast`, `neso_gb`): of the lifecycle the
/// medians. Fuels without a value in that scope are left out. An unknown set is `intensity.bad_value`.
[[nodiscard]] FuelFactors fuel_factors(std::string_view set, Scope scope = Scope::lifecycle);

/// c = sum E_f k_f / sum E_f over the fuels f, with the factors k_f of one set.
///
/// For each fuel the first rule that fits: what is excluded is left out (flag `imports_excluded`); what is unknown is
/// left out (`partial_mix`); storage that charges (negative) or has no factor is left out (`storage_excluded`); what is
/// negative counts as 0 (`negative_clamped`); what is not 0 and has no factor is `intensity.unknown_fuel`, naming it.
/// Where nothing is left, or all of it is 0, there is no intensity: `intensity.no_data`. Energies and factors that are
/// not finite, and negative factors, are `intensity.bad_value`. Fuels count in the order of their names, so that the
/// order in which they are given changes no bit.
[[nodiscard]] FuelMix fuel_mix(const FuelEnergy& energy, const FuelFactors& factors,
                               const FuelMixOptions& options = {});

/// What the plants of a zone produce. Where they produce nothing, no intensity is needed.
struct ZoneProduction {
  std::string zone{};                          ///< its key, unique
  double production_mw = 0;                    ///< of its plants, >= 0
  std::optional<CarbonIntensity> intensity{};  ///< of its plants; none: unknown
};

/// Power that flows from one zone to another.
struct ZoneFlow {
  std::string from{};  ///< its key
  std::string to{};    ///< its key
  double mw = 0;       ///< >= 0
};

/// The intensity x of what each zone uses, where every zone mixes what it produces and what flows in:
/// (P_i + sum_j F_ji) x_i - sum_j F_ji x_j = P_i c_i.
///
/// In the order of `zones`; one dense solve. Flows between the same two zones add up; one from a zone to itself changes
/// nothing. Negative or infinite powers, a zone given twice and intensities that are not finite are
/// `intensity.bad_value`; a flow of a zone that is not among `zones` is `intensity.unknown_zone`. A zone that no
/// production reaches, and production of unknown intensity, are `intensity.no_data`, naming the zone.
[[nodiscard]] std::vector<CarbonIntensity> flow_trace(std::span<const ZoneProduction> zones,
                                                      std::span<const ZoneFlow> flows);

/// Power that flows in, of known intensity.
struct Import {
  double mw = 0;                ///< >= 0
  CarbonIntensity intensity{};  ///< of what the neighbour uses
};

/// One zone of `flow_trace` where the intensities of its neighbours are known: (P c + sum F_j x_j) / (P + sum F_j).
/// Throws as `flow_trace`.
[[nodiscard]] CarbonIntensity one_hop(double production_mw, std::optional<CarbonIntensity> production_intensity,
                                      std::span<const Import> imports);

}  // namespace co2lib::intensity
