// SPDX-License-Identifier: MIT
// What the providers share that publish energy by fuel: their codes, and the intensity of a mix in a provider's answer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <co2lib/intensity/mix.hpp>

#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

/// A provider's code of a fuel and our name of it in set `ar5`; an empty name is storage.
struct FuelCode {
  std::string_view code;
  std::string_view fuel;
};

/// The factors of a question, by the provider's codes: the caller's own, or those of a set of the table of fuels.
class Mixer {
 public:
  Mixer(const Reading& in, std::span<const FuelCode> codes);

  /// Signal, scope, basis and factor set of the records.
  void label(Record& record) const;

  /// The value of a mix, and what was left out of it as flags. A mix of nothing has no value; a fuel without factor is
  /// `unknown_fuel`.
  void put_value(Record& record, const FuelEnergy& energy) const;

 private:
  const Reading& in_;
  FuelFactors factors_;
  FuelMixOptions options_;
  std::string set_;
};

}  // namespace co2lib::intensity::built_in
