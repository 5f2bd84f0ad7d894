// SPDX-License-Identifier: MIT
// Bills of materials of any kind: a footprint whose parts, bounds and draws agree, or an error of the domain that names
// the file.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <co2lib/embodied.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(bom, data, size) {
  using namespace co2lib;
  using namespace co2lib::embodied;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    // It may import itself, which is a circle, and one good file.
    const ParseOptions options{.name = "fuzz",
                               .files = {{"fuzz", std::string(text)},
                                         {"part.yaml", "schema: carbon-bom/1\nparts: [{id: a, class: connector}]\n"}}};
    const Bom bom = parse_bom(text, options);
    if (bom.parts.size() > 2000) return 0;
    const BomFootprint fp = bom.footprint({.seed = 1, .draws = 8});
    const double low = fp.bounds->low.kilograms();
    const double high = fp.bounds->high.kilograms();
    if (!(low >= 0 && low <= *fp.kilograms() * (1 + 1e-9) && *fp.kilograms() <= high * (1 + 1e-9))) __builtin_trap();
    if (!std::isfinite(high) || fp.parts.size() != bom.parts.size() || fp.draws_kg.size() != 8) __builtin_trap();
    for (const double x : fp.draws_kg) {
      if (!(x >= 0)) __builtin_trap();
    }
    if (fp.to_json().empty()) __builtin_trap();
  } catch (const Error& error) {
    if (!error.code().starts_with("embodied.") || std::string_view(error.what()).empty()) __builtin_trap();
  }
  try {
    (void)act_footprint(text, {{"part.yaml", "silicon: {a: {area: 1 mm2, process: 7nm}}"}}, "act2022", "fuzz");
  } catch (const Error& error) {
    if (!error.code().starts_with("embodied.")) __builtin_trap();
  }
  return 0;
}
