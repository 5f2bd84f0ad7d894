// SPDX-License-Identifier: MIT
// Front door of the domain `tracker`: what is the footprint of this run?
//
//   co2lib::Tracker tracker({.location = "FRA"});
//   {
//     auto epoch = tracker.region("epoch");
//     train();
//   }
//   fmt::print("{}\n", tracker.stop());
#pragma once

#include <co2lib/error.hpp>
#include <co2lib/format.hpp>
#include <co2lib/tracker/footprint.hpp>
#include <co2lib/tracker/forecast.hpp>
#include <co2lib/tracker/region.hpp>
#include <co2lib/tracker/run.hpp>
#include <co2lib/tracker/tracker.hpp>

namespace co2lib {

using tracker::Footprint;
using tracker::Region;
using tracker::Tracker;

}  // namespace co2lib
