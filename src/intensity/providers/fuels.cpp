// SPDX-License-Identifier: MIT
#include "intensity/providers/fuels.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace co2lib::intensity::built_in {

namespace {

/// What a fuel of set `ar5` is called in the other sets. Sets that do not tell the sea from the land have one wind.
constexpr std::array<std::array<std::string_view, 3>, 10> names{{{"gas", "nat_gas", "Gas (Combined Cycle)"},
                                                                 {"biomass", "biopower", "Biomass"},
                                                                 {"solar", "solar_pv", "Solar"},
                                                                 {"unknown", "other", "Other"},
                                                                 {"coal", "Coal", ""},
                                                                 {"hydro", "Hydro", ""},
                                                                 {"nuclear", "Nuclear", ""},
                                                                 {"oil", "Oil", ""},
                                                                 {"wind", "Wind", ""},
                                                                 {"wind_offshore", "wind", "Wind"}}};

}  // namespace

Mixer::Mixer(const Reading& in, std::span<const FuelCode> codes) : in_(in) {
  const ProviderSettings& settings = in.query().settings;
  for (const FuelCode& code : codes) {
    if (code.fuel.empty()) options_.storage.emplace_back(code.code);
  }
  if (!settings.factors.empty()) {
    set_ = "caller";
    factors_.insert(settings.factors.begin(), settings.factors.end());
    return;
  }
  set_ = settings.factor_set.empty() ? "ar5" : settings.factor_set;
  const FuelFactors table = fuel_factors(set_, in.query().scope.value_or(Scope::lifecycle));
  for (const FuelCode& code : codes) {
    auto found = table.find(code.fuel);
    for (const auto& row : names) {
      if (row[0] != code.fuel) continue;
      for (const std::string_view name : row) {
        if (found == table.end()) found = table.find(name);
      }
    }
    if (found != table.end()) factors_.emplace(code.code, found->second);
  }
}

void Mixer::label(Record& record) const {
  record.scope = in_.query().scope.value_or(Scope::lifecycle);
  record.basis = Basis::production;
  record.factor_set = set_;
}

void Mixer::put_value(Record& record, const FuelEnergy& energy) const {
  try {
    FuelMix mix = fuel_mix(energy, factors_, options_);
    record.value = mix.value;
    record.flags = std::move(mix.flags);
  } catch (const Error& error) {
    if (error.code() == "intensity.no_data") return;
    in_.fail(std::string_view(error.code()).substr(std::string_view("intensity.").size()),
             fmt::format("{}: {}", format_utc(record.start), error.what()), error.details());
  }
}

}  // namespace co2lib::intensity::built_in
