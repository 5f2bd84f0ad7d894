// SPDX-License-Identifier: MIT
#include <co2lib/embodied/hsl.hpp>

#include <fmt/format.h>

#include <co2lib/embodied/bom.hpp>

#include "embodied/part_class.hpp"

namespace co2lib::embodied {

namespace {

Part hsl_part(const std::string& block, std::int64_t level, HslReading reading) {
  Part part{.id = block, .part_class = "hsl", .place = block};
  part.fields["block"] = block;
  part.fields["level"] = level;
  part.fields["reading"] = std::string(text(reading));
  return part;
}

}  // namespace

double hsl_total(const HslLevels& levels, HslReading reading, bool eol, HslCase which, const Factors& factors) {
  double total = 0;
  for (const auto& [block, level] : levels) {
    Part part = hsl_part(block, level, reading);
    if (reading == HslReading::tide) part.fields["eol"] = eol;
    Build build(factors, "act2022");
    (void)build.piece(part);  // checks block and level
    for (const Use& use : build.uses) {
      const Factor& row = use.factor;
      const std::optional<double>& end = which == HslCase::low ? row.low : row.high;
      if (reading == HslReading::tide || which == HslCase::mode) {
        total += row.value;
      } else if (end) {
        total += *end;
      } else {
        throw Error("embodied.unknown_factor",
                    fmt::format("{}: the row {} has no {} end; use the mode", block, row.id, text(which)), {},
                    ErrorCategory::lookup);
      }
    }
  }
  return total;
}

Bom from_levels(const HslLevels& levels) {
  Bom bom;
  for (const auto& [block, level] : levels) bom.parts.push_back(hsl_part(block, level, HslReading::tide));
  Factor truncation = Factors().get("truncation.iot");
  truncation.id = "truncation";
  bom.truncation = std::move(truncation);
  bom.profile_gsd = 1.35;  // ours, for the judgement of levels
  return bom;
}

}  // namespace co2lib::embodied
