// SPDX-License-Identifier: MIT
#include <co2lib/intensity/mix.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include <co2lib/csv.hpp>
#include <co2lib/error.hpp>
#include <co2lib/intensity/unit.hpp>
#include <co2lib/numeric.hpp>

#include "dense.hpp"

namespace co2lib::intensity {

namespace {

using detail::fail;

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void no_data(const std::string& message, ErrorDetails details = {}) {
  fail("no_data", message, std::move(details), ErrorCategory::lookup);
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Fuels
// ---------------------------------------------------------------------------------------------------------------------
FuelFactors fuel_factors(std::string_view set, Scope scope) {
  const csv::Table& table = **csv::table("fuels");
  const auto column = [&](std::string_view name) { return *table.column(name); };
  const std::size_t value = column(scope == Scope::lifecycle ? "lifecycle_median" : "direct");
  FuelFactors factors;
  std::vector<std::string> sets;
  for (const csv::Row& row : table.rows) {
    const std::string& name = row.fields[column("set")];
    if (!among(sets, name)) sets.push_back(name);
    if (name != set) continue;
    if (const auto number = *csv::number(table, row, value)) factors.emplace(row.fields[column("fuel")], *number);
  }
  if (factors.empty()) {
    std::string known;
    for (const std::string& name : sets) known.append(known.empty() ? "" : ", ").append(name);
    fail("bad_value", "there is no set of fuel factors '" + std::string(set.substr(0, 64)) + "'; known: " + known);
  }
  return factors;
}

FuelMix fuel_mix(const FuelEnergy& energy, const FuelFactors& factors, const FuelMixOptions& options) {
  FuelMix mix;
  const auto flag = [&](const char* name) {
    if (!among(mix.flags, name)) mix.flags.emplace_back(name);
  };
  for (const auto& [fuel, factor] : factors) {
    if (!(factor >= 0) || std::isinf(factor)) {
      fail("bad_value", "the factor of the fuel '" + fuel + "' is not a finite number >= 0");
    }
  }
  numeric::Sum total;
  numeric::Sum grams;
  for (const auto& [fuel, given] : energy) {
    if (given && !std::isfinite(*given)) {
      fail("bad_value",
           "the energy of the fuel '" + fuel + "' is not a finite number; what is unknown has none at all");
    }
    const auto factor = factors.find(fuel);
    if (among(options.exclude, fuel)) {
      flag("imports_excluded");
    } else if (!given) {
      flag("partial_mix");
    } else if (among(options.storage, fuel) && (*given < 0 || factor == factors.end())) {
      flag("storage_excluded");
    } else if (*given < 0) {
      flag("negative_clamped");
    } else if (*given > 0) {
      if (factor == factors.end()) {
        fail("unknown_fuel", "the fuel '" + fuel + "' has no factor; give one, or leave it out as unknown",
             {{"fuel", fuel}});
      }
      total += *given;
      grams += numeric::product(*given, factor->second);
    }
  }
  if (!(total.value() > 0)) no_data("the mix has no energy of any known fuel, so it has no intensity");
  const double value = grams.value() / total.value();
  if (!std::isfinite(value)) fail("bad_value", "the energies of the mix are out of range");
  mix.value = CarbonIntensity::from_g_per_kwh(value);
  return mix;
}

// ---------------------------------------------------------------------------------------------------------------------
// Flows
// ---------------------------------------------------------------------------------------------------------------------
namespace {

void check_power(double mw, const std::string& what) {
  if (!(mw >= 0) || std::isinf(mw)) fail("bad_value", what + " is not a finite number of MW >= 0");
}

/// The intensity of a production, which only one of 0 MW may lack.
double checked(double mw, const std::optional<CarbonIntensity>& intensity, const std::string& what) {
  check_power(mw, "the production of " + what);
  if (intensity && !std::isfinite(intensity->g_per_kwh())) {
    fail("bad_value", "the intensity of the production of " + what + " is not a finite number");
  }
  if (mw > 0 && !intensity) no_data("the intensity of the production of " + what + " is not known");
  return mw > 0 ? intensity->g_per_kwh() : 0;
}

/// Refuses a zone to which no production flows, over however many zones.
void check_reached(std::span<const ZoneProduction> zones, const std::vector<double>& from_to) {
  const std::size_t n = zones.size();
  std::vector<std::size_t> reached;
  std::vector<bool> is_reached(n, false);
  const auto reach = [&](std::size_t i) {
    if (!is_reached[i]) reached.push_back(i);
    is_reached[i] = true;
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (zones[i].production_mw > 0) reach(i);
  }
  for (std::size_t next = 0; next < reached.size(); ++next) {
    for (std::size_t i = 0; i < n; ++i) {
      if (from_to[reached[next] * n + i] > 0) reach(i);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_reached[i]) {
      no_data("no production reaches the zone '" + zones[i].zone + "', so what it uses has no intensity; leave it out",
              {{"zone", zones[i].zone}});
    }
  }
}

}  // namespace

std::vector<CarbonIntensity> flow_trace(std::span<const ZoneProduction> zones, std::span<const ZoneFlow> flows) {
  const std::size_t n = zones.size();
  std::map<std::string_view, std::size_t> place;
  std::vector<double> c(n);
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < n; ++i) {
    if (!place.emplace(zones[i].zone, i).second) fail("bad_value", "the zone '" + zones[i].zone + "' is there twice");
    c[i] = checked(zones[i].production_mw, zones[i].intensity, "the zone '" + zones[i].zone + "'");
    if (zones[i].production_mw > 0) {
      low = std::min(low, c[i]);
      high = std::max(high, c[i]);
    }
  }
  std::vector<double> from_to(n * n);
  for (const ZoneFlow& flow : flows) {
    check_power(flow.mw, "the flow from '" + flow.from + "' to '" + flow.to + "'");
    for (const std::string* zone : {&flow.from, &flow.to}) {
      if (!place.contains(*zone)) {
        fail("unknown_zone", "a flow names the zone '" + *zone + "', which is not among the zones", {{"zone", *zone}},
             ErrorCategory::lookup);
      }
    }
    if (flow.from != flow.to) from_to[place[flow.from] * n + place[flow.to]] += flow.mw;
  }
  if (n == 0) return {};
  check_reached(zones, from_to);

  // Each row divided by its zone's P + sum F, so that neither large nor small grids lose digits.
  std::vector<double> a(n * n);
  std::vector<double> b(n);
  for (std::size_t i = 0; i < n; ++i) {
    double through = zones[i].production_mw;
    for (std::size_t j = 0; j < n; ++j) through += from_to[j * n + i];
    if (std::isinf(through)) fail("bad_value", "the powers of the zone '" + zones[i].zone + "' are out of range");
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = (i == j ? 1.0 : 0.0) - from_to[j * n + i] / through;
    b[i] = zones[i].production_mw / through * c[i];
  }
  const auto solved = detail::solve(a, b);
  if (!solved) {
    no_data(
        "production reaches a zone only in traces too small to compute with; leave out the zones that produce "
        "next to nothing and exchange with each other only");
  }
  std::vector<CarbonIntensity> result;
  result.reserve(n);
  // A mean of the productions lies between them; the solve rounds.
  for (const double x : *solved) result.push_back(CarbonIntensity::from_g_per_kwh(std::clamp(x, low, high)));
  return result;
}

CarbonIntensity one_hop(double production_mw, std::optional<CarbonIntensity> production_intensity,
                        std::span<const Import> imports) {
  const double c = checked(production_mw, production_intensity, "the zone");
  numeric::Sum power;
  numeric::Sum product;
  power += production_mw;
  product += numeric::product(production_mw, c);
  for (const Import& import : imports) {
    check_power(import.mw, "an import");
    if (!std::isfinite(import.intensity.g_per_kwh())) fail("bad_value", "the intensity of an import is not finite");
    power += import.mw;
    product += numeric::product(import.mw, import.intensity.g_per_kwh());
  }
  if (!(power.value() > 0)) no_data("the zone neither produces nor imports, so what it uses has no intensity");
  const double x = product.value() / power.value();
  if (!std::isfinite(x)) fail("bad_value", "the powers are out of range");
  return CarbonIntensity::from_g_per_kwh(x);
}

}  // namespace co2lib::intensity
