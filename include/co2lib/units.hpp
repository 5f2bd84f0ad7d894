// SPDX-License-Identifier: MIT
// Room `units`: quantities, unit texts, and the SCI score.
//
// One class per quantity, a double in one canonical unit. Only meaningful operators exist:
//
//   co2lib::Energy e = co2lib::Energy::from_kwh(2);
//   co2lib::CarbonMass m = e * co2lib::CarbonIntensity::from_g_per_kwh(56);  // 112 g
//   e + m;                                                                   // does not compile
#pragma once

#include <co2lib/units/quantity.hpp>
#include <co2lib/units/sci.hpp>
#include <co2lib/units/text.hpp>
#include <co2lib/units/unit.hpp>
