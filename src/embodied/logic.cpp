// SPDX-License-Identifier: MIT
#include <co2lib/embodied/logic.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <co2lib/embodied/memory.hpp>

namespace co2lib::embodied {

namespace {

/// The number before `nm`, above 0; nothing for any other text.
std::optional<double> nanometres(std::string_view node) {
  if (!node.ends_with("nm")) return std::nullopt;
  node.remove_suffix(2);
  double value = 0;
  const auto [end, error] = std::from_chars(node.data(), node.data() + node.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != node.data() + node.size() || !(value > 0)) return std::nullopt;
  return value;
}

/// Nodes with a row of their energy, ascending.
std::vector<double> known_nodes(const Factors& factors) {
  constexpr std::string_view prefix = "logic.epa.";
  std::vector<double> nodes;
  for (const Factor& row : factors.all()) {
    if (!row.id.starts_with(prefix)) continue;
    if (const auto nm = nanometres(std::string_view(row.id).substr(prefix.size()))) nodes.push_back(*nm);
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

std::string node_text(double nm) { return numeric::text(nm) + "nm"; }

}  // namespace

NodeRows node_rows(std::string_view node, bool interpolate, const Factors& factors, const std::string& where) {
  const std::string name(node);
  if (factors.find("logic.epa." + name) != nullptr) return {name, name, 0};
  const std::vector<double> nodes = known_nodes(factors);
  const std::optional<double> nm = nanometres(node);
  const auto above = nm ? std::lower_bound(nodes.begin(), nodes.end(), *nm) : nodes.end();
  if (interpolate && above != nodes.end() && above != nodes.begin()) {
    const double low = *(above - 1);
    return {node_text(low), node_text(*above), (std::log(*nm) - std::log(low)) / (std::log(*above) - std::log(low))};
  }
  std::vector<std::string> near;
  if (nm && above != nodes.begin() && !nodes.empty()) near.push_back(node_text(*(above - 1)));
  if (nm && above != nodes.end()) near.push_back(node_text(*above));
  if (!nm) {
    for (const double known : nodes) near.push_back(node_text(known));
  }
  std::string why = fmt::format("{}: no rows for the node '{}'; {}: {}", where, node.substr(0, 60),
                                nm ? "the nearest" : "written as a number and nm; known", fmt::join(near, ", "));
  if (nm && near.size() == 2) why += ", or set interpolate to true";
  throw Error("embodied.unknown_factor", why, {{"nearest", std::move(near)}}, ErrorCategory::lookup);
}

const Factor& fab_intensity(std::string_view name, std::string_view table, const Factors& factors,
                            const std::string& where) {
  const std::string in_table = fmt::format("ci.{}.{}", table, name);
  if (const Factor* row = factors.find(in_table)) return *row;
  if (const Factor* row = factors.find(fmt::format("ci.source.{}", name))) return *row;
  return factors.get(in_table, where);
}

CarbonPerArea logic_cpa(const LogicProcess& process, const Factors& factors) {
  const bool all = process.epa_kwh_per_cm2 && process.gpa_g_per_cm2 && process.mpa_g_per_cm2;
  if (process.node.empty() && !all) {
    throw Error("embodied.bad_bom", "node: give a node such as 7nm, or all of epa, gpa and mpa");
  }
  if (!(process.abatement_percent >= 95 && process.abatement_percent <= 99)) {
    out_of_range(fmt::format("abatement is {} %; it must lie in [95, 99]", numeric::text(process.abatement_percent)));
  }
  NodeRows rows;
  if (!process.node.empty() && !all) rows = node_rows(process.node, process.interpolate, factors);
  const auto row = [&](const char* kind, const char* unit) {
    const double low = factors.value(fmt::format("logic.{}.{}", kind, rows.lower), unit);
    if (rows.weight == 0) return low;
    const double high = factors.value(fmt::format("logic.{}.{}", kind, rows.upper), unit);
    return std::exp(std::log(low) + rows.weight * (std::log(high) - std::log(low)));
  };
  const auto given = [](double x, const char* field) { return checked(x, field, true); };
  const double ci = process.fab_ci_g_per_kwh
                        ? given(*process.fab_ci_g_per_kwh, "fab_ci")
                        : in_unit(fab_intensity(process.fab_ci, process.ci_table, factors), "g/kWh").value;
  CarbonPerArea result;
  result.energy_g = ci * (process.epa_kwh_per_cm2 ? given(*process.epa_kwh_per_cm2, "epa") : row("epa", "kWh/cm2"));
  result.gas_g = process.gpa_g_per_cm2
                     ? given(*process.gpa_g_per_cm2, "gpa")
                     : detail::gas_at(row("gpa95", "g/cm2"), row("gpa99", "g/cm2"), process.abatement_percent);
  result.materials_g = process.mpa_g_per_cm2 ? given(*process.mpa_g_per_cm2, "mpa") : row("mpa", "g/cm2");
  return result;
}

DeviceCarbon act_memory(std::string_view device, std::string_view process, double capacity_gb, double yield,
                        double packages, const Factors& factors) {
  checked(capacity_gb, "capacity_gb", true);
  checked(packages, "packages", true);
  checked_share(yield, "yield");
  std::string product(process);
  std::replace(product.begin(), product.end(), ' ', '_');
  if (product == "SkyWalk3TB") product = "SkyHawk3TB";  // ACT's spelling
  const Factor* row = nullptr;
  if (device == "dram") {
    row = &factors.get("dram.act." + product, "process");
  } else if (device == "ssd" || device == "flash") {
    row = factors.find("nand.act." + product);
    if (row == nullptr) row = &factors.get("ssd.act." + product, "process");
  } else if (device == "hdd") {
    row = &factors.get("hdd.act." + product, "process");
  } else {
    throw Error("embodied.unknown_model", fmt::format("device: '{}' is not known; known: dram, ssd, hdd", device), {},
                ErrorCategory::lookup);
  }
  return {capacity_gb * in_unit(*row, "g/GB").value / yield, packages * factors.value("logic.package.ic", "g/IC")};
}

}  // namespace co2lib::embodied
