// SPDX-License-Identifier: MIT
// Domain `hub`: what model cards say about emissions.
//
//   co2lib::hub::write_block({.emissions = 25.4, .source = "co2lib"}).yaml;
//   // co2_eq_emissions:
//   //   emissions: 25.4
//   //   source: "co2lib"
//   co2lib::hub::read_card(readme).grams;          // 25.4, or none and why
//   co2lib::hub::label_one({{"co2_eq_emissions", 50.0}}, co2lib::hub::preset("castano2023")).letter;  // 'A'
#pragma once

#include <co2lib/hub/card.hpp>
#include <co2lib/hub/label.hpp>
#include <co2lib/hub/preset.hpp>
#include <co2lib/hub/rating.hpp>
#include <co2lib/hub/report_class.hpp>
#include <co2lib/hub/stars.hpp>
#include <co2lib/hub/write.hpp>
