// SPDX-License-Identifier: MIT
#include <co2lib/embodied/expand.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace co2lib::embodied {

namespace {

/// What an item of the table is here: `field` takes its size in `unit`; an empty one takes pieces.
struct Meaning {
  std::string_view item;
  std::string_view part_class;
  std::string_view field{};
  std::string_view unit{};
  std::string_view more{};  ///< a text field and its value, `factor=actuator.relay_ssr`
};

constexpr std::array meanings{
    Meaning{"vibration_motor", "row", "", "", "factor=actuator.vibration_motor"},
    Meaning{"relay_ssr", "row", "", "", "factor=actuator.relay_ssr"},
    Meaning{"driver_transistor", "passive.semiconductor"},
    Meaning{"transistor", "passive.semiconductor"},
    Meaning{"diode", "passive.semiconductor"},
    Meaning{"led", "passive.semiconductor"},
    Meaning{"crystal", "passive.crystal"},
    Meaning{"rc", "passive.smd", "", "", "package=0402"},
    Meaning{"abs", "material.abs", "mass", "kg"},
    Meaning{"steel", "material.steel", "mass", "kg"},
    Meaning{"steel_shield", "material.steel", "mass", "kg"},
    Meaning{"aluminium", "material.aluminium", "mass", "kg"},
    Meaning{"fr4", "pcb", "area", "cm2"},
    Meaning{"li_ion", "battery.liion.nmc", "mass", "kg"},
    Meaning{"sensor", "sensor.mems", "area", "cm2"},
    Meaning{"imager", "sensor.imager", "area", "cm2"},
    Meaning{"lcd", "display.lcd", "area", "cm2"},
    Meaning{"microphone", "sensor.mic"},
};

/// The class of node of a die, by what its row says of it; empty if it is no die.
std::string_view die_class(std::string_view boundary) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> nodes{
      {{"0.25 um die", "logic.cpa.generic.ge90nm"},
       {"0.13 um die", "logic.cpa.generic.ge90nm"},
       {"90 nm die", "logic.cpa.generic.ge90nm"},
       {"22 nm die", "logic.cpa.generic.28nm"},
       {"14 nm die", "logic.cpa.generic.14nm"}}};
  for (const auto& [words, row] : nodes) {
    if (boundary.find(words) != std::string_view::npos) return row;
  }
  return {};
}

Factor size(const Factor& row, std::string_view unit, const std::string& name) {
  Factor f = in_unit(row, unit, row.id);
  f.id = name;
  f.source.clear();
  return f;
}

/// `57 nm die; 32 / 128 / 512 MB`: low, value, high.
std::optional<Factor> capacity(const Factor& row, const std::string& name) {
  const std::size_t at = row.boundary.rfind(';');
  std::array<double, 3> found{};
  const char* begin = row.boundary.data() + (at == std::string::npos ? 0 : at + 1);
  const char* end = row.boundary.data() + row.boundary.size();
  for (double& x : found) {
    while (begin != end && (*begin == ' ' || *begin == '/')) ++begin;
    const auto [next, error] = std::from_chars(begin, end, x);
    if (error != std::errc()) return std::nullopt;
    begin = next;
  }
  const Result<double> unit = convert(1, std::string_view(begin, end).substr(begin == end ? 0 : 1), "GB");
  if (!unit) return std::nullopt;
  return Factor{.id = name,
                .value = found[1] * *unit,
                .unit = "GB",
                .low = found[0] * *unit,
                .high = found[2] * *unit,
                .dist = Distribution::triangular};
}

/// The part of a row; nothing if there is no factor for it.
std::optional<Part> part_of(const Factor& row, const std::string& id) {
  const std::string_view item = std::string_view(row.id).substr(row.id.rfind('.') + 1);
  Part part{.id = id, .part_class = {}, .place = row.id};
  part.note = row.boundary;
  if (item == "dram" || item == "flash") {
    const std::optional<Factor> size_gb = capacity(row, id + ".capacity");
    if (!size_gb) return std::nullopt;
    part.part_class = item == "dram" ? "ic.dram" : "ic.nand";
    part.fields["capacity"] = *size_gb;
    part.fields["process"] = std::string(item == "dram" ? "dram.generic" : "nand.generic");
    return part;
  }
  const auto* known = std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& m) { return m.item == item; });
  if (known == meanings.end()) {
    const std::string_view die = die_class(row.boundary);
    if (die.empty()) return std::nullopt;
    part.part_class = "ic.logic";
    part.fields["area"] = size(row, "cm2", id + ".area");
    part.fields["cpa"] = RowId{std::string(die)};
    return part;
  }
  part.part_class = known->part_class;
  if (!known->field.empty()) {
    part.fields[std::string(known->field)] = size(row, known->unit, fmt::format("{}.{}", id, known->field));
  } else if (row.unit == "pc") {
    part.quantity = std::round(row.value);
  }
  if (part.part_class == "pcb") {
    part.fields["layers"] = std::int64_t{row.boundary.find("8 layers") != std::string::npos ? 8 : 4};
  }
  if (const std::size_t equal = known->more.find('='); equal != std::string_view::npos) {
    part.fields[std::string(known->more.substr(0, equal))] = std::string(known->more.substr(equal + 1));
  }
  return part;
}

/// A level of the block `transport` is one way of a mass.
std::optional<Part> flight(const std::vector<Factor>& rows, const std::string& stem) {
  Part part{.id = "transport.plane", .part_class = "transport.air", .place = stem};
  for (const Factor& row : rows) {
    if (row.id == stem + "plane") part.fields["distance"] = size(row, "km", "transport.plane.distance");
    if (row.id == stem + "mass") part.fields["mass"] = size(row, "kg", "transport.plane.mass");
  }
  return part.fields.size() == 2 ? std::optional(std::move(part)) : std::nullopt;
}

}  // namespace

Bom expand_hsl(std::string_view block, std::int64_t level, const Factors& factors) {
  const std::string stem = fmt::format("hsl.qty.{}.{}.", block, level);
  std::vector<Factor> rows;
  for (Factor& row : factors.all()) {
    if (row.id.starts_with(stem)) rows.push_back(std::move(row));
  }
  if (rows.empty()) (void)factors.get(stem.substr(0, stem.size() - 1), "expand_hsl");  // names the nearest
  Bom bom;
  bom.name = fmt::format("{} {}", block, level);
  if (block == "transport") {
    if (std::optional<Part> part = flight(rows, stem)) bom.parts.push_back(*std::move(part));
  }
  for (const Factor& row : rows) {
    const std::string item = row.id.substr(row.id.rfind('.') + 1);
    if (block == "transport" && (item == "plane" || item == "mass")) continue;
    if (std::optional<Part> part = part_of(row, fmt::format("{}.{}", block, item))) {
      bom.parts.push_back(*std::move(part));
    } else if (row.value > 0) {
      bom.issues.push_back({"not_expanded", row.id, "there is no factor for it here, so it is left out of the sum"});
    }
  }
  return bom;
}

}  // namespace co2lib::embodied
