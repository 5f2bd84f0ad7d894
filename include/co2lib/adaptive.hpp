// SPDX-License-Identifier: MIT
// Domain `adaptive`: which model, when, where, for the least carbon?
//
//   using namespace co2lib::adaptive;
//   auto models = read_models("models.yaml");                                     // name, energy per request, accuracy
//   Plan p = plan(models, trace, {.budget = co2lib::CarbonMass::from_kilograms(5)});
//   Policy policy = p.policy();                                                   // policy.choose(intensity) -> model
//   Pacer pacer(models, co2lib::CarbonMass::from_kilograms(5));                   // pacer.choose(now, intensity)
//   Shift s = shift(trace, {.duration = std::chrono::hours(3)});                  // when to start a job
//   std::string text = to_string(report(p));                                      // beside every baseline
#pragma once

#include <co2lib/adaptive/classes.hpp>    // plan_classes: requests that differ
#include <co2lib/adaptive/control.hpp>    // control, hard_stop: online rules over a series
#include <co2lib/adaptive/evaluate.hpp>   // report, evaluate: beside every baseline
#include <co2lib/adaptive/heuristic.hpp>  // equal_width, rank168, cee: a reconstruction of Jung 2024
#include <co2lib/adaptive/model.hpp>      // Model, hull, read_models
#include <co2lib/adaptive/online.hpp>     // shift_online, shift_table
#include <co2lib/adaptive/pacer.hpp>      // Pacer: a controller in a service
#include <co2lib/adaptive/pairs.hpp>
#include <co2lib/adaptive/plan.hpp>       // plan, static_optimal
#include <co2lib/adaptive/policy.hpp>     // Policy, Diffusion
#include <co2lib/adaptive/receipt.hpp>    // Receipt, ReceiptBook
#include <co2lib/adaptive/search.hpp>     // k_search, k_max_alpha, Conversion
#include <co2lib/adaptive/shift.hpp>      // shift, elastic, suspend
#include <co2lib/adaptive/slots.hpp>      // Slots: what a plan is made for
#include <co2lib/adaptive/spatial.hpp>    // place, where, assign
#include <co2lib/adaptive/switching.hpp>  // switch_plan
