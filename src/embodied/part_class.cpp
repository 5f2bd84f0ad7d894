// SPDX-License-Identifier: MIT
// The fields of every class (docs/embodied.md, "Part classes").
#include "embodied/part_class.hpp"

#include <array>

namespace co2lib::embodied {

namespace {

constexpr std::array logic_fields{
    FieldRule{.name = "area", .unit = "cm2", .required = true},
    FieldRule{.name = "node", .kind = FieldKind::node},
    FieldRule{.name = "fab_ci", .kind = FieldKind::fab_ci, .unit = "g/kWh"},
    FieldRule{.name = "abatement", .unit = "1", .row = true},
    FieldRule{.name = "interpolate", .kind = FieldKind::flag},
    FieldRule{.name = "epa", .unit = "kWh/cm2"},
    FieldRule{.name = "gpa", .unit = "g/cm2"},
    FieldRule{.name = "mpa", .unit = "g/cm2"},
    FieldRule{.name = "cpa", .unit = "g/cm2", .row = true},
    FieldRule{.name = "yield_included", .kind = FieldKind::flag},
    FieldRule{.name = "yield", .kind = FieldKind::yield, .unit = "1"},
    FieldRule{.name = "packages", .unit = "1"},
    FieldRule{.name = "package", .unit = "g", .row = true},
};
constexpr std::array memory_fields{
    FieldRule{.name = "capacity", .unit = "GB", .required = true},
    FieldRule{.name = "process", .kind = FieldKind::text},
    FieldRule{.name = "factor", .unit = "g/GB", .row = true},
    FieldRule{.name = "yield", .unit = "1", .row = true},
    FieldRule{.name = "packages", .unit = "1"},
    FieldRule{.name = "package", .unit = "g", .row = true},
};
constexpr std::array board_fields{
    FieldRule{.name = "area", .unit = "cm2", .required = true},
    FieldRule{.name = "layers", .kind = FieldKind::integer},
    FieldRule{.name = "factor", .unit = "kg/cm2", .row = true},
    FieldRule{.name = "model", .kind = FieldKind::text},
    FieldRule{.name = "thickness", .unit = "cm"},
};
constexpr std::array smd_fields{FieldRule{.name = "package", .kind = FieldKind::text, .required = true}};
constexpr std::array battery_fields{
    FieldRule{.name = "energy", .unit = "kWh"},
    FieldRule{.name = "mass", .unit = "kg"},
    FieldRule{.name = "replacements", .unit = "1"},
};
constexpr std::array mass_fields{FieldRule{.name = "mass", .unit = "kg", .required = true}};
constexpr std::array area_fields{FieldRule{.name = "area", .unit = "cm2", .required = true}};
constexpr std::array air_fields{
    FieldRule{.name = "mass", .unit = "kg", .required = true},
    FieldRule{.name = "distance", .unit = "km", .required = true},
};
constexpr std::array hsl_fields{
    FieldRule{.name = "block", .kind = FieldKind::text, .required = true},
    FieldRule{.name = "level", .kind = FieldKind::integer, .required = true},
    FieldRule{.name = "reading", .kind = FieldKind::text},
    FieldRule{.name = "eol", .kind = FieldKind::flag},
};
constexpr std::array row_fields{FieldRule{.name = "factor", .kind = FieldKind::text, .required = true}};
constexpr std::array generic_fields{
    FieldRule{.name = "base", .unit = "kg"},
    FieldRule{.name = "per", .unit = "kg"},
    FieldRule{.name = "amount", .unit = "1"},
};
constexpr std::array manual_fields{FieldRule{.name = "carbon", .unit = "kg", .required = true}};

constexpr std::array classes{
    ClassRule{"ic.logic", logic_fields},
    ClassRule{"ic.dram", memory_fields},
    ClassRule{"ic.nand", memory_fields},
    ClassRule{"storage.ssd", memory_fields},
    ClassRule{"storage.hdd", memory_fields},
    ClassRule{"pcb", board_fields},
    ClassRule{"passive.smd", smd_fields},
    ClassRule{"passive.semiconductor", {}},
    ClassRule{"passive.crystal", {}},
    ClassRule{"connector", {}},
    ClassRule{"battery.liion.nmc", battery_fields},
    ClassRule{"battery.liion.lfp", battery_fields},
    ClassRule{"material.steel", mass_fields},
    ClassRule{"material.aluminium", mass_fields},
    ClassRule{"material.abs", mass_fields},
    ClassRule{"material.generic_plastic", mass_fields},
    ClassRule{"display.lcd", area_fields},
    ClassRule{"sensor.imager", area_fields},
    ClassRule{"sensor.mems", area_fields},
    ClassRule{"sensor.mic", {}},
    ClassRule{"transport.air", air_fields},
    ClassRule{"hsl", hsl_fields},
    ClassRule{"row", row_fields},
    ClassRule{"generic", generic_fields, true},
    ClassRule{"manual", manual_fields, true},
};

}  // namespace

const ClassRule* class_rule(std::string_view name) {
  for (const ClassRule& rule : classes) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

std::string known_classes() {
  std::string list;
  for (const ClassRule& rule : classes) list.append(list.empty() ? "" : ", ").append(rule.name);
  return list;
}

}  // namespace co2lib::embodied
