// SPDX-License-Identifier: MIT
// How the JSON of a footprint names quantities; private to src/tracker.
#pragma once

#include <string_view>

#include <co2lib/units.hpp>

namespace co2lib::tracker::detail {

inline constexpr std::string_view footprint_schema = "co2lib-footprint/1";

/// How a quantity is written: the unit of its keys, and its number in that unit.
template <class Q>
struct JsonUnit {
  const char* name;
  double (*of)(Q);
  Q (*from)(double);
};

inline constexpr JsonUnit<Energy> joules{"j", [](Energy e) { return e.joules(); },
                                         [](double x) { return Energy::from_joules(x); }};
inline constexpr JsonUnit<CarbonMass> grams{"g", [](CarbonMass m) { return m.grams(); },
                                            [](double x) { return CarbonMass::from_grams(x); }};
inline constexpr JsonUnit<Water> litres{"l", [](Water w) { return w.litres(); },
                                        [](double x) { return Water::from_litres(x); }};

}  // namespace co2lib::tracker::detail
