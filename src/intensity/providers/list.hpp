// SPDX-License-Identifier: MIT
// The providers, one file each. A new one is a file beside this one, a line here and its name in `providers()`.
#pragma once

#include <co2lib/intensity/provider.hpp>

namespace co2lib::intensity::built_in {

const Provider& carbon_aware_sdk();
const Provider& co2signal();
const Provider& eia();
const Provider& electricitymaps();
const Provider& energidataservice();
const Provider& entsoe();
const Provider& neso_gb();
const Provider& watttime();

}  // namespace co2lib::intensity::built_in
