// SPDX-License-Identifier: MIT
// Front door of the domain `meter`: how many joules did this use, and how was that measured?
//
//   for (const auto& sensor : co2lib::sensors()) fmt::print("{}\n", sensor);
#pragma once

#include <co2lib/error.hpp>
#include <co2lib/format.hpp>
#include <co2lib/meter/attribution.hpp>
#include <co2lib/meter/container.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/finding.hpp>
#include <co2lib/meter/gpu_option.hpp>
#include <co2lib/meter/gpu_select.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/models.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/meter/powercap_unit.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/meter/replay.hpp>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/meter/share.hpp>
#include <co2lib/meter/zones.hpp>

namespace co2lib {

using meter::sensors;

}  // namespace co2lib
