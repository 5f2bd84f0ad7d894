// SPDX-License-Identifier: MIT
// The carbon of one piece of every class (docs/embodied.md, "Part classes").
#include "embodied/part_class.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace co2lib::embodied {

namespace {

[[noreturn]] void bad(const Part& part, const std::string& why) {
  throw Error("embodied.bad_bom", fmt::format("{}: {}", part.place, why));
}

std::string where(const Part& part, std::string_view field) { return fmt::format("{}.{}", part.place, field); }

const Field* find(const Part& part, std::string_view name) {
  const auto found = part.fields.find(name);
  return found == part.fields.end() ? nullptr : &found->second;
}

/// A field of a type; the default where it is absent.
template <class T>
T get(const Part& part, std::string_view name, T otherwise = {}) {
  const Field* field = find(part, name);
  if (field == nullptr) return otherwise;
  if (const T* value = std::get_if<T>(field)) return *value;
  bad(part, fmt::format("{} is of the wrong type", name));
}

/// A number, or the id of a row, as it is; null if absent.
std::optional<Factor> factor_of(const Build& build, const Part& part, std::string_view name, std::string_view unit) {
  const Field* field = find(part, name);
  if (field == nullptr) return std::nullopt;
  if (const Factor* factor = std::get_if<Factor>(field)) return *factor;
  if (const RowId* row = std::get_if<RowId>(field)) {
    return in_unit(build.tables().get(row->id, where(part, name)), unit, where(part, name));
  }
  bad(part, fmt::format("{} is not a number", name));
}

/// A number or row as an operand; nothing if the field is absent.
std::optional<Node> operand(Build& build, const Part& part, std::string_view name, std::string_view unit) {
  const Field* field = find(part, name);
  if (field == nullptr) return std::nullopt;
  if (const RowId* row = std::get_if<RowId>(field)) return build.row(row->id, unit, where(part, name));
  const Factor* factor = std::get_if<Factor>(field);
  if (factor == nullptr) bad(part, fmt::format("{} is not a number", name));
  return build.number(*factor, where(part, name));
}

Node needed(Build& build, const Part& part, std::string_view name, std::string_view unit) {
  const std::optional<Node> node = operand(build, part, name, unit);
  if (!node) bad(part, fmt::format("the field {} is missing", name));
  return *node;
}

/// Every point of the range lies in [low, high], where `open` leaves out the low end.
void check_range(const Part& part, std::string_view name, const Factor& factor, double low, double high, bool open) {
  const bool inside = factor.lower() >= low && !(open && factor.lower() == low) && factor.upper() <= high;
  if (inside && factor.dist != Distribution::lognormal) return;
  out_of_range(fmt::format("{}: the range of {} must lie in {}{}, {}], all of it", where(part, name), name,
                           open ? "(" : "[", numeric::text(low), numeric::text(high)));
}

/// Whether the words that the reader looks for stand in the boundary of the row of `cpa`.
bool says(const std::optional<Factor>& cpa, std::string_view words) {
  return cpa && cpa->boundary.find(words) != std::string::npos;
}

/// The yield of a die; `area` is that of the part.
Node logic_yield(Build& build, const Part& part, Node area) {
  if (find(part, "yield.model") != nullptr) {
    const YieldModel model = yield_model(get<std::string>(part, "yield.model"), where(part, "yield.model"));
    if (model == YieldModel::fixed) bad(part, "yield: a fixed yield is a number; write it in the place of the model");
    std::optional<Node> d0 = operand(build, part, "yield.d0", "1/cm2");
    if (!d0) {
      build.default_used(part, "yield.d0_per_cm2", "logic.d0.default");
      d0 = build.row("logic.d0.default", "1/cm2", where(part, "yield"));
    }
    std::optional<Node> alpha;
    if (const auto factor = factor_of(build, part, "yield.alpha", "1")) {
      if (!(factor->lower() > 0)) out_of_range(where(part, "yield.alpha") + ": alpha must be above 0");
      alpha = operand(build, part, "yield.alpha", "1");
    }
    return build.model.die_yield(model, area, *d0, alpha ? *alpha : build.model.constant(default_alpha));
  }
  if (const auto factor = factor_of(build, part, "yield", "1")) {
    check_range(part, "yield", *factor, 0, 1, true);
    return needed(build, part, "yield", "1");
  }
  build.default_used(part, "yield", "logic.yield.default");
  return build.row("logic.yield.default", "1", where(part, "yield"));
}

/// A quantity of the node: the rows of its two neighbours, or its own.
Node of_node(Build& build, const Part& part, const NodeRows& rows, std::string_view kind, std::string_view unit) {
  const Node low = build.row(fmt::format("logic.{}.{}", kind, rows.lower), unit, where(part, "node"));
  if (rows.weight == 0) return low;
  const Node high = build.row(fmt::format("logic.{}.{}", kind, rows.upper), unit, where(part, "node"));
  return build.model.between(low, high, rows.weight);
}

Node gas(Build& build, const Part& part, const NodeRows& rows) {
  const Node low = of_node(build, part, rows, "gpa95", "g/cm2");
  const Node high = of_node(build, part, rows, "gpa99", "g/cm2");
  std::optional<Node> abatement;
  if (const auto factor = factor_of(build, part, "abatement", "1")) {
    check_range(part, "abatement", *factor, 95, 99, false);
    abatement = operand(build, part, "abatement", "1");
  } else {
    build.default_used(part, "abatement", "logic.abatement.default");
    abatement = build.row("logic.abatement.default", "1", where(part, "abatement"));
  }
  return build.model.gas(low, high, *abatement);
}

Node fab_electricity(Build& build, const Part& part) {
  const Field* field = find(part, "fab_ci");
  if (field != nullptr && std::holds_alternative<Factor>(*field)) return needed(build, part, "fab_ci", "g/kWh");
  if (field == nullptr) build.default_used(part, "fab_ci", fmt::format("ci.{}.taiwan", build.ci_table(part)));
  const std::string name = field == nullptr ? "taiwan" : get<std::string>(part, "fab_ci");
  return build.row(fab_intensity(name, build.ci_table(part), build.tables(), where(part, "fab_ci")), "g/kWh",
                   where(part, "fab_ci"));
}

/// CI * EPA + GPA + MPA per cm2 of wafer, before the yield.
Node carbon_per_area(Build& build, const Part& part) {
  const bool own = find(part, "epa") != nullptr && find(part, "gpa") != nullptr && find(part, "mpa") != nullptr;
  const std::string node = get<std::string>(part, "node");
  if (node.empty() && !own) {
    bad(part, "the node is missing; give node, or cpa (such as logic.cpa.generic.28nm), or all of epa, gpa and mpa");
  }
  if (find(part, "gpa") != nullptr && find(part, "abatement") != nullptr) {
    bad(part, "abatement has no effect where gpa is given; leave one of them out");
  }
  NodeRows rows;
  if (!own) {
    rows = node_rows(node, get<bool>(part, "interpolate", false), build.tables(), where(part, "node"));
    if (rows.weight != 0) {
      add_issue(build.issues, {"interpolated", part.id,
                               fmt::format("no rows for {}; between {} and {}", node, rows.lower, rows.upper)});
    }
  }
  const auto quantity = [&](std::string_view name, std::string_view unit) {
    const std::optional<Node> given = operand(build, part, name, unit);
    return given ? *given : of_node(build, part, rows, name, unit);
  };
  const Node energy = build.model.multiply(fab_electricity(build, part), quantity("epa", "kWh/cm2"));
  const std::optional<Node> gases = operand(build, part, "gpa", "g/cm2");
  return build.model.sum({energy, gases ? *gases : gas(build, part, rows), quantity("mpa", "g/cm2")});
}

/// n K of packages in g; nothing where there are none.
std::optional<Node> packages(Build& build, const Part& part, double otherwise) {
  const auto count = factor_of(build, part, "packages", "1");
  if (!count && otherwise == 0) return std::nullopt;
  if (count && !count->varies() && count->value == 0) return std::nullopt;
  const std::optional<Node> given = operand(build, part, "packages", "1");
  std::optional<Node> each;
  if (find(part, "package") != nullptr) {
    const RowId* row = std::get_if<RowId>(find(part, "package"));
    const bool per_piece = row != nullptr && build.tables().get(row->id, where(part, "package")).unit.ends_with("IC");
    each = operand(build, part, "package", per_piece ? "g/IC" : "g");
  } else {
    build.default_used(part, "package", "logic.package.ic");
    each = build.row("logic.package.ic", "g/IC", where(part, "package"));
  }
  return given ? build.model.multiply(*given, *each) : *each;
}

Node kilograms(Build& build, Node grams, const std::optional<Node>& more) {
  return build.model.multiply(more ? build.model.add(grams, *more) : grams, build.model.constant(1e-3));
}

Node logic(Build& build, const Part& part) {
  const Node area = needed(build, part, "area", "cm2");
  const std::optional<Factor> cpa = factor_of(build, part, "cpa", "g/cm2");
  if (!cpa) {
    const Node per_area = build.model.divide(carbon_per_area(build, part), logic_yield(build, part, area));
    return kilograms(build, build.model.multiply(area, per_area), packages(build, part, 1));
  }
  for (const char* name : {"node", "epa", "gpa", "mpa", "abatement", "interpolate", "fab_ci"}) {
    if (find(part, name) != nullptr) bad(part, fmt::format("{} has no effect where cpa is given; leave one out", name));
  }
  const bool included = get<bool>(part, "yield_included", false) || says(cpa, "yield included");
  if (included && (find(part, "yield") != nullptr || find(part, "yield.model") != nullptr)) {
    bad(part, "the cpa holds the yield already; leave yield out");
  }
  Node fab = build.model.multiply(area, needed(build, part, "cpa", "g/cm2"));
  if (!included) fab = build.model.divide(fab, logic_yield(build, part, area));
  return kilograms(build, fab, packages(build, part, says(cpa, "package included") ? 0 : 1));
}

Node memory(Build& build, const Part& part) {
  const std::string process = get<std::string>(part, "process");
  if (process.empty() == (find(part, "factor") == nullptr)) {
    bad(part, "give one of process (the id of a row per GB, such as dram.generic) and factor");
  }
  const Node per_gb =
      process.empty() ? needed(build, part, "factor", "g/GB") : build.row(process, "g/GB", where(part, "process"));
  Node fab = build.model.multiply(needed(build, part, "capacity", "GB"), per_gb);
  if (const auto yield = factor_of(build, part, "yield", "1")) {
    check_range(part, "yield", *yield, 0, 1, true);
    if (yield->lower() < 1) {
      add_issue(build.issues,
                {"yield_twice", part.id, "factors of memory are per shipped GB and hold the yield; leave yield out"});
    }
    fab = build.model.divide(fab, needed(build, part, "yield", "1"));
  }
  return kilograms(build, fab, packages(build, part, 0));
}

Node board(Build& build, const Part& part) {
  const std::string model = get<std::string>(part, "model");
  const Node area = needed(build, part, "area", "cm2");
  const auto layers = get<std::int64_t>(part, "layers", 0);
  if (find(part, "layers") != nullptr && layers < 1) out_of_range(where(part, "layers") + ": must be at least 1");
  if (!model.empty() && model != "volume") {
    throw Error("embodied.unknown_model",
                fmt::format("{}: '{}' is not known; known: volume", where(part, "model"), model), {},
                ErrorCategory::lookup);
  }
  if (model.empty() && find(part, "thickness") != nullptr) {
    bad(part, "thickness has no effect without model: volume; leave it out");
  }
  if (model == "volume") {
    if (layers < 1) bad(part, "the field layers is missing");
    if (find(part, "factor") != nullptr) bad(part, "factor has no effect with model: volume; leave it out");
    const Node per_volume = build.row("pcb.volume", "kg/mm3", where(part, "model"));
    const Node thickness = build.model.scale(needed(build, part, "thickness", "cm"), 10);
    const Node volume = build.model.multiply(build.model.scale(area, 100.0 * static_cast<double>(layers)), thickness);
    return build.model.multiply(volume, per_volume);
  }
  if ((layers < 1) == (find(part, "factor") == nullptr)) bad(part, "give one of layers and factor");
  if (layers < 1) return build.model.multiply(area, needed(build, part, "factor", "kg/cm2"));
  const std::string place = where(part, "layers");
  const double v4 = in_unit(build.tables().get("pcb.fr4.4layer", place), "kg/cm2", place).value;
  const double v8 = in_unit(build.tables().get("pcb.fr4.8layer", place), "kg/cm2", place).value;
  const double t = (static_cast<double>(layers) - 4) / 4;
  const double line = v4 + t * (v8 - v4);
  const auto row = [&](const char* id) { return build.row(id, "kg/cm2", place); };
  if (layers < 4) return build.model.multiply(area, build.model.scale(row("pcb.fr4.4layer"), std::max(0.0, line / v4)));
  if (layers > 8) return build.model.multiply(area, build.model.scale(row("pcb.fr4.8layer"), line / v8));
  if (layers == 4) return build.model.multiply(area, row("pcb.fr4.4layer"));
  if (layers == 8) return build.model.multiply(area, row("pcb.fr4.8layer"));
  const Node four = build.model.scale(row("pcb.fr4.4layer"), 1 - t);
  const Node eight = build.model.scale(row("pcb.fr4.8layer"), t);
  return build.model.multiply(area, build.model.add(four, eight));
}

Node battery(Build& build, const Part& part) {
  const std::optional<Node> energy = operand(build, part, "energy", "kWh");
  const std::optional<Node> mass = operand(build, part, "mass", "kg");
  if (!energy && !mass) bad(part, "give the energy of the battery, such as 10 Wh, or its mass");
  const Node one = energy ? build.model.multiply(*energy, build.row(part.part_class, "kg/kWh", part.place))
                          : build.model.multiply(*mass, build.row("battery.liion.per_mass", "kg/kg", part.place));
  const std::optional<Node> replacements = operand(build, part, "replacements", "1");
  if (!replacements) return one;
  return build.model.multiply(one, build.model.add(build.model.constant(1), *replacements));
}

constexpr std::array<std::string_view, 12> blocks{"actuators", "casing",  "connectivity", "memory",
                                                  "others",    "pcb",     "power_supply", "processing",
                                                  "security",  "sensing", "transport",    "user_interface"};

Node hsl(Build& build, const Part& part) {
  const std::string block = get<std::string>(part, "block");
  const auto level = get<std::int64_t>(part, "level");
  const std::string name = get<std::string>(part, "reading", "tide");
  const auto reading = parse<HslReading>(name, where(part, "reading"), "embodied.unknown_model");
  if (std::find(blocks.begin(), blocks.end(), block) == blocks.end()) {
    throw Error("embodied.unknown_factor",
                fmt::format("{}: '{}' is not a block; known: {}", where(part, "block"), block, fmt::join(blocks, ", ")),
                {}, ErrorCategory::lookup);
  }
  const std::string stem = fmt::format("hsl.{}.{}.{}", text(reading), block, level);
  const std::string fab = reading == HslReading::tide ? stem + ".fab" : stem;
  if (level == 0 && build.tables().find(fab) == nullptr) return build.model.constant(0);
  const Node made = build.row(fab, "kg", where(part, "level"));
  if (reading == HslReading::pb) {
    if (find(part, "eol") != nullptr) bad(part, "eol has no effect with the reading pb; leave it out");
    return made;
  }
  if (!get<bool>(part, "eol", true)) return made;
  return build.model.add(made, build.row(stem + ".eol", "kg", where(part, "level")));
}

Node generic(Build& build, const Part& part) {
  const std::optional<Node> base = operand(build, part, "base", "kg");
  const std::optional<Node> per = operand(build, part, "per", "kg");
  if (!base && !per) bad(part, "give base, per, or both");
  if (!per) return *base;
  const std::optional<Node> amount = operand(build, part, "amount", "1");
  const Node more = build.model.multiply(*per, amount ? *amount : build.model.constant(0));
  return base ? build.model.add(*base, more) : more;
}

/// One piece of a row.
Node piece_of(Build& build, const Part& part, std::string_view id) { return build.row(id, "kg", part.place); }

/// A size times a row.
Node times(Build& build, const Part& part, const char* field, const char* unit, const std::string& id,
           const char* row_unit) {
  return build.model.multiply(needed(build, part, field, unit), build.row(id, row_unit, part.place));
}

using Make = Node (*)(Build& build, const Part& part);
struct Class {
  std::string_view name;
  Make make;
};
constexpr Class makers[] = {
    {"ic.logic", logic},
    {"ic.dram", memory},
    {"ic.nand", memory},
    {"storage.ssd", memory},
    {"storage.hdd", memory},
    {"pcb", board},
    {"passive.smd",
     [](Build& b, const Part& p) { return piece_of(b, p, "passive.smd." + get<std::string>(p, "package")); }},
    {"passive.semiconductor", [](Build& b, const Part& p) { return piece_of(b, p, "passive.semiconductor.small"); }},
    {"passive.crystal", [](Build& b, const Part& p) { return piece_of(b, p, "passive.crystal"); }},
    {"connector", [](Build& b, const Part& p) { return piece_of(b, p, "connector.generic"); }},
    {"battery.liion.nmc", battery},
    {"battery.liion.lfp", battery},
    {"material.steel", [](Build& b, const Part& p) { return times(b, p, "mass", "kg", p.part_class, "kg/kg"); }},
    {"material.aluminium", [](Build& b, const Part& p) { return times(b, p, "mass", "kg", p.part_class, "kg/kg"); }},
    {"material.abs", [](Build& b, const Part& p) { return times(b, p, "mass", "kg", p.part_class, "kg/kg"); }},
    {"material.generic_plastic",
     [](Build& b, const Part& p) { return times(b, p, "mass", "kg", p.part_class, "kg/kg"); }},
    {"display.lcd", [](Build& b, const Part& p) { return times(b, p, "area", "cm2", "display.lcd", "kg/cm2"); }},
    {"sensor.imager",
     [](Build& b, const Part& p) { return times(b, p, "area", "cm2", "sensor.imager.area", "kg/cm2"); }},
    {"sensor.mems", [](Build& b, const Part& p) { return times(b, p, "area", "cm2", "sensor.mems.area", "kg/cm2"); }},
    {"sensor.mic", [](Build& b, const Part& p) { return piece_of(b, p, "sensor.mic.electret"); }},
    {"transport.air",
     [](Build& b, const Part& p) {
       const Node per_mass = times(b, p, "distance", "km", "transport.air", "kg/(t*km)");
       return b.model.multiply(b.model.scale(needed(b, p, "mass", "kg"), 1e-3), per_mass);
     }},
    {"hsl", hsl},
    {"row", [](Build& b, const Part& p) { return piece_of(b, p, get<std::string>(p, "factor")); }},
    {"generic", generic},
    {"manual", [](Build& b, const Part& p) { return needed(b, p, "carbon", "kg"); }},
};

/// Fields that say how much of it there is; a plain number there is no factor that wants a source.
constexpr std::array<std::string_view, 11> sizes{"area",         "capacity", "mass",     "energy",
                                                 "distance",     "amount",   "packages", "thickness",
                                                 "replacements", "alpha",    "qty"};

}  // namespace

Node Build::piece(const Part& part) {
  used_.clear();
  ranged_ = false;
  for (const Class& known : makers) {
    if (known.name != part.part_class) continue;
    const ClassRule* rule = class_rule(part.part_class);
    if (rule != nullptr && rule->needs_source && part.source.empty()) {
      throw Error("embodied.missing_source",
                  fmt::format("{}: the class {} needs a source; say where the number is from", part.place, known.name));
    }
    return known.make(*this, part);
  }
  bad(part, fmt::format("'{}' is not a class; known: {}", part.part_class, known_classes()));
}

void Build::use(const Factor& factor, bool row) {
  if (std::find(used_.begin(), used_.end(), factor.id) == used_.end()) used_.push_back(factor.id);
  ranged_ = ranged_ || factor.varies();
  if (seen_.insert(factor.id).second) uses.push_back({factor, row});
}

Node Build::row(std::string_view id, std::string_view unit, const std::string& where) {
  return row(tables_.get(id, where), unit, where);
}

Node Build::row(const Factor& found, std::string_view unit, const std::string& where) {
  const Factor factor = in_unit(found, unit, where);
  use(factor, true);
  if (!factor.varies() && factor.dist == Distribution::point) {
    add_issue(issues, {"no_range", factor.id, "no range of this factor is known; it counts as exact"});
  }
  if (factor.unverified()) {
    add_issue(issues, {"unverified", factor.id, "not read in its primary source: " + factor.source});
  }
  if (factor.estimate()) {
    add_issue(issues, {"estimate", factor.id, "an estimate of this project; replace it with a number of your own"});
  }
  return model.factor(factor, where);
}

Node Build::number(const Factor& factor, const std::string& where) {
  const std::string_view field = std::string_view(where).substr(where.rfind('.') + 1);
  if (factor.varies() || std::find(sizes.begin(), sizes.end(), field) == sizes.end()) use(factor, false);
  return model.factor(factor, where);
}

void Build::default_used(const Part& part, std::string_view field, std::string_view row) {
  add_issue(issues, {"default_used", fmt::format("{}.{}", part.id, field),
                     fmt::format("left out; {} stands in with its range", row)});
}

}  // namespace co2lib::embodied
