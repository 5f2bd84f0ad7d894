// SPDX-License-Identifier: MIT
// Domain embodied: how much carbon is in this hardware, and which share of it is mine?
//
//   auto bom = co2lib::embodied::load("camera.yaml");           // JSON or YAML
//   auto fp = bom.footprint({.seed = 1});                        // value, bounds, p5..p95, parts, factors with sources
//   auto mine = co2lib::embodied::share(fp, {.reserved = std::chrono::hours(3), .lifetime_years = 4});
#pragma once

#include <co2lib/embodied/act.hpp>
#include <co2lib/embodied/bom.hpp>
#include <co2lib/embodied/chiplet.hpp>
#include <co2lib/embodied/compare.hpp>
#include <co2lib/embodied/expand.hpp>
#include <co2lib/embodied/explore.hpp>
#include <co2lib/embodied/factor.hpp>
#include <co2lib/embodied/hsl.hpp>
#include <co2lib/embodied/logic.hpp>
#include <co2lib/embodied/machine.hpp>
#include <co2lib/embodied/memory.hpp>
#include <co2lib/embodied/share.hpp>
#include <co2lib/embodied/validation.hpp>
