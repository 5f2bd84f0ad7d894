// SPDX-License-Identifier: MIT
// ACT v2 (facebookresearch/ACT, commit abc9fbb): its files and its arithmetic, defects and all.
//
// Kept on purpose: boards about 100 times too light, capacitors whose primary energy is priced as electricity, memory
// and `manual` divided by a yield, imports one level deep. Each is the issue `act_defect`.
#include <co2lib/embodied/act.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <co2lib/embodied/memory.hpp>

#include "detail/files.hpp"
#include "embodied/quantity_in.hpp"

namespace co2lib::embodied {

namespace {

using co2lib::detail::DocumentValue;
using Kind = DocumentValue::Kind;

constexpr double mj_per_kwh = 3.6;

void defect(std::vector<Issue>& issues, const std::string& id, const char* why) {
  add_issue(issues, {"act_defect", id, why});
}

/// The fields of one part, each known or refused.
class Entry {
 public:
  Entry(const Spot& spot, std::initializer_list<std::string_view> known) : spot_(spot) {
    if (spot.value.kind != Kind::map) spot.bad(fmt::format("expected a map, found {}", spot.value.what()));
    for (const auto& [key, value] : spot.value.entries) {
      if (std::find(known.begin(), known.end(), key.text) == known.end()) {
        spot.at(value, key.text).bad(fmt::format("the key is not known; known: {}", fmt::join(known, ", ")));
      }
    }
  }

  [[nodiscard]] std::string text(const char* key, std::string otherwise = {}) const {
    const DocumentValue* value = spot_.value.find(key);
    return value == nullptr ? std::move(otherwise) : text_in(spot_.at(*value, key));
  }
  [[nodiscard]] double number(const char* key, std::string_view unit, double otherwise) const {
    const DocumentValue* value = spot_.value.find(key);
    return value == nullptr ? otherwise : number_in(spot_.at(*value, key), unit);
  }
  [[nodiscard]] double needed(const char* key, std::string_view unit) const {
    if (spot_.value.find(key) == nullptr) spot_.bad(fmt::format("the field {} is missing", key));
    return number(key, unit, 0);
  }
  [[nodiscard]] const DocumentValue* find(const char* key) const { return spot_.value.find(key); }
  [[nodiscard]] const Spot& spot() const { return spot_; }

 private:
  const Spot& spot_;
};

std::string node_of(const Entry& entry) {
  const std::string process = entry.text("process");
  const DocumentValue* value = entry.find("process");
  return value != nullptr && value->number() ? fmt::format("{}nm", process) : process;
}

double silicon(const Spot& spot, const std::string& id, const std::string& ci_table, std::vector<Issue>& issues) {
  const Entry entry(spot, {"model", "area", "capacity", "carbon", "process", "n_ics", "fab_yield", "fab_ci", "gpa",
                           "category", "description", "name"});
  const std::string model = entry.text("model", "logic");
  const double packages = entry.number("n_ics", "1", 0);
  const double yield = checked_share(entry.number("fab_yield", "1", default_yield), "fab_yield");
  const double package_g = Factors().value("logic.package.ic", "g/IC");
  if (model == "logic") {
    LogicProcess process;
    process.node = node_of(entry);
    process.ci_table = ci_table;
    const DocumentValue* ci = entry.find("fab_ci");
    if (ci != nullptr && !is_name(*ci)) {
      process.fab_ci_g_per_kwh = number_in(spot.at(*ci, "fab_ci"), "g/kWh");
    } else {
      process.fab_ci = entry.text("fab_ci", "taiwan");
    }
    process.abatement_percent = entry.number("gpa", "1", default_abatement);
    return entry.needed("area", "cm2") * logic_cpa(process).total_g() / yield + packages * package_g;
  }
  if (model == "manual") {
    if (yield != 1) defect(issues, id, "ACT divides a given carbon and its package by the yield");
    return (entry.number("carbon", "g", 0) + packages * package_g) / yield;
  }
  if (yield != 1) defect(issues, id, "factors of memory are per shipped GB; ACT divides them by the yield again");
  return act_memory(model, entry.text("process"), entry.needed("capacity", "GB"), yield, packages).total_g();
}

double material(const Spot& spot, const std::string& id, const std::string& ci_table, std::vector<Issue>& issues) {
  const Entry entry(spot, {"category", "type", "weight", "area", "capacity", "layers", "quantity", "fab_ci",
                           "description", "name", "model", "thickness"});
  ActPart part;
  part.category = entry.text("category");
  part.type = entry.text("type", part.category == "capacitor" ? "generic" : "");
  part.weight_kg = entry.number("weight", "kg", 0);
  part.area_cm2 = entry.number("area", "cm2", 0);
  part.energy_kwh = entry.number("capacity", "kWh", 0);
  part.layers = static_cast<int>(entry.number("layers", "1", 0));
  part.quantity = entry.number("quantity", "1", 0);
  part.fab_ci = entry.text("fab_ci", "japan");
  part.ci_table = ci_table;
  if (part.category == "pcb") defect(issues, id, "ACT's boards are about 100 times below every other source");
  if (part.category == "capacitor") defect(issues, id, "ACT prices primary energy of capacitors as electricity");
  try {
    return act_part(part);
  } catch (const Error& error) {
    throw Error(error.code(), spot.place() + ": " + error.what(), error.details(), error.category());
  }
}

/// The parts of one file, without its imports; ACT has three maps.
void parts_of(const Spot& root, const std::string& prefix, const std::string& ci_table, ActFootprint& result) {
  for (const char* map : {"silicon", "materials", "passives"}) {
    const DocumentValue* listed = root.value.find(map);
    if (listed == nullptr || listed->is_null()) continue;
    const Spot spot = root.at(*listed, map);
    if (listed->kind != Kind::map) spot.bad(fmt::format("expected a map of names, found {}", listed->what()));
    for (const auto& [key, value] : listed->entries) {
      const std::string id = prefix + key.text;
      const bool known =
          std::any_of(result.parts_g.begin(), result.parts_g.end(), [&](const auto& part) { return part.first == id; });
      if (known) spot.at(value, key.text).bad(fmt::format("the name {} stands twice", id));
      const Spot here = spot.at(value, key.text);
      const double grams = std::string_view(map) == "silicon" ? silicon(here, id, ci_table, result.issues)
                                                              : material(here, id, ci_table, result.issues);
      result.parts_g.emplace_back(id, grams);
    }
  }
}

/// Reads a file and those it imports, by a function that finds their text.
template <class ReadFile>
ActFootprint read(std::string_view text, const std::string& name, const std::string& ci_table, ReadFile&& read_file) {
  const DocumentValue top = bom_document(text, name);
  const Spot root{top, name, ""};
  if (top.kind != Kind::map) root.bad(fmt::format("expected a map, found {}", top.what()));
  ActFootprint result;
  parts_of(root, "", ci_table, result);
  if (const DocumentValue* imports = top.find("imports"); imports != nullptr && !imports->is_null()) {
    const Spot spot = root.at(*imports, "imports");
    if (imports->kind != Kind::map) spot.bad(fmt::format("expected a map, found {}", imports->what()));
    for (const auto& [key, value] : imports->entries) {
      const Spot here = spot.at(value, key.text);
      const std::string file = text_in(here);
      const DocumentValue inner = bom_document(read_file(file, here), file);
      const Spot inner_root{inner, file, ""};
      if (inner.kind != Kind::map) inner_root.bad(fmt::format("expected a map, found {}", inner.what()));
      if (const DocumentValue* deeper = inner.find("imports"); deeper != nullptr && !deeper->entries.empty()) {
        defect(result.issues, key.text, "ACT drops the imports of an imported file");
      }
      parts_of(inner_root, key.text + ".", ci_table, result);
    }
  }
  double total = 0;
  for (const auto& [id, grams] : result.parts_g) total += grams;
  result.total_kg = total / 1000;
  return result;
}

}  // namespace

double act_operation(double power_w, double lifetime_years, double ci_g_per_kwh, double duty, double year_hours) {
  checked(power_w, "power_w", true);
  checked(lifetime_years, "lifetime_years", true);
  checked(ci_g_per_kwh, "ci_g_per_kwh", true);
  checked(duty, "duty", true);
  checked(year_hours, "year_hours");
  return power_w / 1000 * lifetime_years * year_hours * duty * ci_g_per_kwh;
}

double act_part(const ActPart& part, const Factors& factors) {
  checked(part.weight_kg, "weight_kg", true);
  checked(part.area_cm2, "area_cm2", true);
  checked(part.energy_kwh, "energy_kwh", true);
  checked(part.quantity, "quantity", true);
  if (part.category == "capacitor") {
    if (part.type == "generic") return factors.value("capacitor.act.generic", "g") * part.quantity;
    const Factor& energy = factors.get("capacitor.act." + part.type + "_energy", "type");
    return in_unit(energy, "MJ/kg").value / mj_per_kwh * part.weight_kg * part.quantity *
           in_unit(fab_intensity(part.fab_ci, part.ci_table, factors), "g/kWh").value;
  }
  if (part.category == "enclosure" || part.category == "frame") {
    const std::string type = part.type == "alumnimum" ? "aluminium" : part.type;  // ACT's spelling
    return in_unit(factors.get("material." + type, "type"), "kg/kg").value * part.weight_kg * 1000;
  }
  if (part.category == "battery") {
    return in_unit(factors.get("battery.liion." + part.chemistry, "chemistry"), "kg/kWh").value * part.energy_kwh *
           1000;
  }
  if (part.category == "pcb") {
    if (part.layers < 1) out_of_range("layers must be at least 1");
    const Factor* row = factors.find(fmt::format("pcb.act.{}layer", part.layers));
    const double kg_per_m2 =
        row != nullptr ? in_unit(*row, "kg/m2").value : factors.value("pcb.act.per_layer", "kg/m2") * part.layers;
    return kg_per_m2 * part.area_cm2 / 10'000 * 1000;
  }
  throw Error("embodied.bad_bom",
              fmt::format("category: '{}' is not known; known: capacitor, enclosure, frame, battery, "
                          "pcb",
                          part.category));
}

ActFootprint act_footprint(std::string_view text, const std::map<std::string, std::string>& files,
                           const std::string& ci_table, const std::string& name) {
  return read(text, name, ci_table, [&](const std::string& file, const Spot& spot) {
    const auto found = files.find(file);
    if (found == files.end()) spot.bad(fmt::format("there is no file '{}'", file));
    return std::string_view(found->second);
  });
}

ActFootprint load_act(const std::filesystem::path& file, const std::string& ci_table) {
  const std::string text = co2lib::detail::read_file_or_throw(file, "embodied.bad_bom");
  return read(text, file.string(), ci_table, [&](const std::string& name, const Spot& spot) {
    Result<std::string> found = co2lib::detail::read_file(file.parent_path() / name, bom_rules.bytes);
    if (!found) spot.bad(fmt::format("'{}': {}", name, found.issue().text));
    return *std::move(found);
  });
}

}  // namespace co2lib::embodied
