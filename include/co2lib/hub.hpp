// SPDX-License-Identifier: MIT
// Domain `hub`: what model cards say about emissions.
//
//   co2lib::hub::write_block({.emissions = 25.4, .source = "co2lib"}).yaml;
//   // co2_eq_emissions:
//   //   emissions: 25.4
//   //   source: "co2lib"
#pragma once

#include <co2lib/hub/write.hpp>
