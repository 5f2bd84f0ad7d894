// SPDX-License-Identifier: MIT
#include "embodied/field_in.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace co2lib::embodied {

namespace {

/// A number, the id of a row, a factor, or a model with its density of defects.
void read_yield(Part& part, const Spot& spot, const std::string& name) {
  if (is_name(spot.value)) {
    part.fields["yield"] = RowId{spot.value.text};
    return;
  }
  if (spot.value.find("model") == nullptr) {
    part.fields["yield"] = factor_in(spot, "1", name);
    return;
  }
  for (const auto& [key, value] : spot.value.entries) {
    const Spot here = spot.at(value, key.text);
    if (key.text == "model") {
      part.fields["yield.model"] = text_in(here);
      (void)yield_model(text_in(here), here.place());
    } else if (key.text == "d0_per_cm2") {
      if (is_name(value)) {
        part.fields["yield.d0"] = RowId{value.text};
      } else {
        part.fields["yield.d0"] = factor_in(here, "1/cm2", name + ".d0");
      }
    } else if (key.text == "alpha") {
      part.fields["yield.alpha"] = factor_in(here, "1", name + ".alpha");
    } else {
      here.bad("the key is not known; known: model, d0_per_cm2, alpha");
    }
  }
}

}  // namespace

void read_field(Part& part, const ClassRule& rule, const Spot& spot, const std::string& key) {
  const auto found =
      std::find_if(rule.fields.begin(), rule.fields.end(), [&](const FieldRule& known) { return known.name == key; });
  if (found == rule.fields.end()) {
    std::string known;
    for (const FieldRule& other : rule.fields) known.append(known.empty() ? "" : ", ").append(other.name);
    spot.bad(fmt::format("the class {} has no such key; known: {}{}{}", rule.name, known, known.empty() ? "" : ", ",
                         fmt::join(part_keys, ", ")));
  }
  const std::string name = part.id + "." + key;
  switch (found->kind) {
    case FieldKind::number:
      if (found->row && is_name(spot.value)) {
        part.fields[key] = RowId{spot.value.text};
      } else {
        part.fields[key] = factor_in(spot, found->unit, name);
      }
      return;
    case FieldKind::integer:
      part.fields[key] = integer_in(spot, key == "layers" ? 1 : 0);
      return;
    case FieldKind::text:
      part.fields[key] = text_in(spot);
      return;
    case FieldKind::flag:
      part.fields[key] = flag_in(spot);
      return;
    case FieldKind::node: {
      const std::string text = text_in(spot);
      part.fields[key] = spot.value.number() ? fmt::format("{}nm", text) : text;
      return;
    }
    case FieldKind::fab_ci:
      if (is_name(spot.value)) {
        part.fields[key] = spot.value.text;
      } else {
        part.fields[key] = factor_in(spot, found->unit, name);
      }
      return;
    case FieldKind::yield:
      read_yield(part, spot, name);
      return;
  }
}

}  // namespace co2lib::embodied
