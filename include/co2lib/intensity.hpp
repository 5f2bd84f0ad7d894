// SPDX-License-Identifier: MIT
// Domain `intensity`: how many grams per kilowatt-hour, here, then?
//
//   using namespace co2lib::intensity;
//   Factor fra = factor("FRA");                                    // annual factor, newest year
//   Trace t = read_csv("em_GB_2022_hourly.csv");                   // an hourly series
//   Priced p = t.price(samples, {.gap = Gap::hold});               // grams of energy samples
//   auto source = make_source([](co2lib::UtcTime) { return co2lib::CarbonIntensity::from_g_per_kwh(50); });
#pragma once

#include <co2lib/intensity/backtest.hpp>     // backtest, score
#include <co2lib/intensity/climatology.hpp>  // climatology
#include <co2lib/intensity/fallback.hpp>     // with_fallback, fallback
#include <co2lib/intensity/forecast.hpp>     // forecast, Forecast
#include <co2lib/intensity/hours.hpp>        // hourly_means
#include <co2lib/intensity/lines.hpp>        // JSON lines of records
#include <co2lib/intensity/live.hpp>         // electricity_maps, neso_gb, ...: providers asked over a network
#include <co2lib/intensity/location.hpp>     // factor, location_source, world_average
#include <co2lib/intensity/mix.hpp>          // fuel_mix, flow_trace
#include <co2lib/intensity/price.hpp>        // price, combine, reprice
#include <co2lib/intensity/record.hpp>       // Record
#include <co2lib/intensity/source.hpp>       // IntensitySource, make_source
#include <co2lib/intensity/trace.hpp>        // Trace, read_csv
#include <co2lib/intensity/unit.hpp>         // convert, parse_time
