// SPDX-License-Identifier: MIT
// The fields of every class (docs/embodied.md, "Part classes").
#include "embodied/part_class.hpp"

#include <array>

namespace co2lib::embodied {

namespace {

using enum FieldKind;

constexpr std::array logic{
    FieldRule{.name = "area", .unit = "cm2", .required = true},
    FieldRule{.name = "node", .kind = node},
    FieldRule{.name = "fab_ci", .kind = fab_ci, .unit = "g/kWh"},
    FieldRule{.name = "abatement", .unit = "1", .row = true},
    FieldRule{.name = "interpolate", .kind = flag},
    FieldRule{.name = "epa", .unit = "kWh/cm2"},
    FieldRule{.name = "gpa", .unit = "g/cm2"},
    FieldRule{.name = "mpa", .unit = "g/cm2"},
    FieldRule{.name = "cpa", .unit = "g/cm2", .row = true},
    FieldRule{.name = "yield_included", .kind = flag},
    FieldRule{.name = "yield", .kind = FieldKind::yield, .unit = "1"},
    FieldRule{.name = "packages", .unit = "1"},
    FieldRule{.name = "package", .unit = "g", .row = true},
};
constexpr std::array memory{
    FieldRule{.name = "capacity", .unit = "GB", .required = true},
    FieldRule{.name = "process", .kind = text},
    FieldRule{.name = "factor", .unit = "g/GB", .row = true},
    FieldRule{.name = "yield", .unit = "1", .row = true},
    FieldRule{.name = "packages", .unit = "1"},
    FieldRule{.name = "package", .unit = "g", .row = true},
};
constexpr std::array board{
    FieldRule{.name = "area", .unit = "cm2", .required = true},
    FieldRule{.name = "layers", .kind = integer},
    FieldRule{.name = "factor", .unit = "kg/cm2", .row = true},
    FieldRule{.name = "model", .kind = text},
    FieldRule{.name = "thickness", .unit = "cm"},
};
constexpr std::array smd{FieldRule{.name = "package", .kind = text, .required = true}};
constexpr std::array battery{
    FieldRule{.name = "energy", .unit = "kWh"},
    FieldRule{.name = "mass", .unit = "kg"},
    FieldRule{.name = "replacements", .unit = "1"},
};
constexpr std::array mass{FieldRule{.name = "mass", .unit = "kg", .required = true}};
constexpr std::array area{FieldRule{.name = "area", .unit = "cm2", .required = true}};
constexpr std::array air{
    FieldRule{.name = "mass", .unit = "kg", .required = true},
    FieldRule{.name = "distance", .unit = "km", .required = true},
};
constexpr std::array hsl{
    FieldRule{.name = "block", .kind = text, .required = true},
    FieldRule{.name = "level", .kind = integer, .required = true},
    FieldRule{.name = "reading", .kind = text},
    FieldRule{.name = "eol", .kind = flag},
};
constexpr std::array row{FieldRule{.name = "factor", .kind = text, .required = true}};
constexpr std::array generic{
    FieldRule{.name = "base", .unit = "kg"},
    FieldRule{.name = "per", .unit = "kg"},
    FieldRule{.name = "amount", .unit = "1"},
};
constexpr std::array manual{FieldRule{.name = "carbon", .unit = "kg", .required = true}};

constexpr std::array classes{
    ClassRule{"ic.logic", logic},
    ClassRule{"ic.dram", memory},
    ClassRule{"ic.nand", memory},
    ClassRule{"storage.ssd", memory},
    ClassRule{"storage.hdd", memory},
    ClassRule{"pcb", board},
    ClassRule{"passive.smd", smd},
    ClassRule{"passive.semiconductor", {}},
    ClassRule{"passive.crystal", {}},
    ClassRule{"connector", {}},
    ClassRule{"battery.liion.nmc", battery},
    ClassRule{"battery.liion.lfp", battery},
    ClassRule{"material.steel", mass},
    ClassRule{"material.aluminium", mass},
    ClassRule{"material.abs", mass},
    ClassRule{"material.generic_plastic", mass},
    ClassRule{"display.lcd", area},
    ClassRule{"sensor.imager", area},
    ClassRule{"sensor.mems", area},
    ClassRule{"sensor.mic", {}},
    ClassRule{"transport.air", air},
    ClassRule{"hsl", hsl},
    ClassRule{"row", row},
    ClassRule{"generic", generic, true},
    ClassRule{"manual", manual, true},
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
