// SPDX-License-Identifier: MIT
#include <co2lib/embodied/chiplet.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include <fmt/format.h>

namespace co2lib::embodied {

namespace {

constexpr double gpu_core_watts = 10;   // of a core of the machine that designs
constexpr double grid_g_per_kwh = 700;  // ECO-CHIP's, of design and operation
constexpr double assembly_yield = 0.99;
constexpr double router_mm2 = 0.33;  // at 14 nm
constexpr double spacing_mm = 0.5;   // between chiplets

double row(const Factors& factors, std::string_view table, int node, std::string_view unit) {
  return in_unit(factors.get(fmt::format("ecochip.{}.{}nm", table, node), "node_nm"), unit).value;
}

void check(const Chiplet& chiplet) {
  checked(chiplet.area_mm2, "area_mm2");
  if (chiplet.type != "logic" && chiplet.type != "analog" && chiplet.type != "sram") {
    throw Error("embodied.unknown_model",
                fmt::format("type: '{}' is not known; known: logic, analog, sram", chiplet.type), {},
                ErrorCategory::lookup);
  }
}

double scaled(const Chiplet& chiplet, const Factors& factors) {
  return chiplet.area_mm2 * row(factors, "area_" + chiplet.type, chiplet.node_nm, "1");
}

double yield_of(double area_mm2, double d0) { return std::pow(1 + d0 * area_mm2 / 100 / 10, -10); }

/// The sides of a floor plan by recursive bisection.
std::array<double, 2> plan(std::vector<double> areas, std::size_t axis) {
  if (areas.size() == 1) {
    const double v = std::sqrt(areas[0] / 2);
    return axis == 0 ? std::array{2 * v, v} : std::array{v, 2 * v};
  }
  std::sort(areas.begin(), areas.end());
  std::array<std::vector<double>, 2> sides;
  std::array<double, 2> sums{};
  for (const double area : areas) {
    const std::size_t side = sums[1] < sums[0] ? 1 : 0;
    sides[side].push_back(area);
    sums[side] += area;
  }
  const auto left = plan(sides[0], 1 - axis);
  const auto right = plan(sides[1], 1 - axis);
  std::array<double, 2> size{};
  size[axis] = left[axis] + right[axis] + spacing_mm;
  size[1 - axis] = std::max(left[1 - axis], right[1 - axis]);
  return size;
}

}  // namespace

ChipletCarbon chiplet_carbon(const Chiplet& chiplet, const ChipletSystem& system, const Factors& factors) {
  check(chiplet);
  const double whole = checked(system.system_area_mm2.value_or(chiplet.area_mm2), "system_area_mm2");
  checked(system.system_power_w, "system_power_w", true);
  checked(system.num_iter, "num_iter", true);
  checked(system.num_parts, "num_parts");
  checked(system.lifetime_h, "lifetime_h", true);
  const double d = checked(system.wafer_mm, "wafer_mm");
  const int node = chiplet.node_nm;
  const double cpa = row(factors, "cpa", node, "g/mm2");
  ChipletCarbon result;
  const double area = scaled(chiplet, factors);
  result.area_scaled_mm2 = area;
  result.yield = yield_of(area, row(factors, "d0", node, "1/cm2"));
  const double dies = std::numbers::pi * d * (d / (4 * area) - 1 / std::sqrt(2 * area));
  if (!(dies >= 1)) out_of_range("area_mm2: not one die fits on the wafer");
  const double waste = (std::numbers::pi * d * d / 4 - std::floor(dies) * area) * cpa / dies;
  result.manufacturing_kg = (area * cpa / result.yield + waste) / 1000;
  result.design_kg = area * row(factors, "transistors", node, "1/mm2") / 8 /
                     row(factors, "gates_per_core_hour", node, "1/h") * gpu_core_watts / 1000 * grid_g_per_kwh *
                     system.num_iter / system.num_parts / 1000;
  const double power = system.system_power_w * chiplet.area_mm2 / whole;
  const double dynamic = row(factors, "dyn_ratio", node, "1");
  result.operation_kg = system.lifetime_h / 1000 * power * row(factors, "power_" + chiplet.type, node, "1") * 0.667 *
                        0.1 * (0.2 * dynamic + 1 - dynamic) * grid_g_per_kwh / 1000;
  return result;
}

RdlPackage rdl_package(const std::vector<Chiplet>& chiplets, double rdl_layers, double num_beol,
                       const Factors& factors) {
  if (chiplets.empty() || chiplets.size() > 10'000) out_of_range("chiplets: give between 1 and 10 000");
  checked(rdl_layers, "rdl_layers", true);
  checked(num_beol, "num_beol");
  std::vector<double> areas;
  std::vector<double> routers;
  bool one_node = true;
  for (const Chiplet& chiplet : chiplets) {
    check(chiplet);
    areas.push_back(scaled(chiplet, factors));
    const std::string table = "area_" + chiplet.type;
    routers.push_back(router_mm2 / row(factors, table, 14, "1") * row(factors, table, chiplet.node_nm, "1"));
    one_node = one_node && chiplet.node_nm == chiplets[0].node_nm;
  }
  RdlPackage result;
  const auto size = plan(areas, 0);
  result.interposer_mm2 = size[0] * size[1];
  const double s = result.interposer_mm2;
  result.package_kg = s * row(factors, "cpa", 65, "g/mm2") / yield_of(s, row(factors, "d0", 65, "1/cm2")) *
                      row(factors, "beol_ratio", 65, "1") * rdl_layers / num_beol / assembly_yield / 1000;
  double sum = 0;
  for (const double r : routers) sum += r;
  for (std::size_t i = 0; i < chiplets.size(); ++i) {
    const int node = chiplets[i].node_nm;
    const double yield = yield_of(one_node ? sum : routers[i], row(factors, "d0", node, "1/cm2"));
    result.router_kg += routers[i] * row(factors, "cpa", node, "g/mm2") / yield / assembly_yield / 1000;
  }
  return result;
}

}  // namespace co2lib::embodied
