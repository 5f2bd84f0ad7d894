// SPDX-License-Identifier: MIT
// Domain `exchange`: one footprint in the formats of others, and back.
//
//   const auto d = co2lib::exchange::disclosure_of(footprint_json, co2lib::exchange::Activity::training);
//   co2lib::exchange::cyclonedx({d}, {.model = "tiny-bert"});   // a CycloneDX ML-BOM
//   co2lib::exchange::read(bom)[0].operational.grams();          // the same grams
#pragma once

#include <co2lib/exchange/disclosure.hpp>
#include <co2lib/exchange/documents.hpp>
#include <co2lib/exchange/sci_ai.hpp>
