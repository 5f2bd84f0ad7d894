// SPDX-License-Identifier: MIT
// Domain `intensity`: how many grams per kilowatt-hour, here, then?
//
//   using namespace co2lib::intensity;
//   Factor fra = factor("FRA");                                    // annual factor, newest year
//   Trace t = read_csv("em_GB_2022_hourly.csv");                   // an hourly series
//   Priced p = t.price(samples, {.gap = Gap::hold});               // grams of energy samples
//   auto source = make_source([](co2lib::UtcTime) { return co2lib::CarbonIntensity::from_g_per_kwh(50); });
#pragma once

#include <co2lib/intensity/location.hpp>  // factor, location_source, world_average
#include <co2lib/intensity/price.hpp>     // price, combine, reprice
#include <co2lib/intensity/source.hpp>    // IntensitySource, make_source
#include <co2lib/intensity/trace.hpp>     // Record, Trace, read_csv
#include <co2lib/intensity/unit.hpp>      // convert, parse_time
