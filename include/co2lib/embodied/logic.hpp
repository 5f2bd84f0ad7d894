// SPDX-License-Identifier: MIT
// Logic dies: yield, carbon per area, wafers. Plain numbers; bills of materials put ranges on them.
//
// Carbon per cm2 of good die (ACT, Gupta et al., ISCA 2022): CPA = (CI * EPA + GPA + MPA) / Y, with the electricity CI
// of the fab, its energy EPA, gases GPA and materials MPA per cm2 of wafer, and the yield Y.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>

#include <co2lib/embodied/factor.hpp>

namespace co2lib::embodied {

/// How the yield of a die follows from its area and the density of defects. `fixed` is a number.
enum class YieldModel : std::uint8_t {
  fixed,         ///< a number
  poisson,       ///< exp(-A D)
  murphy,        ///< ((1 - exp(-A D)) / (A D))^2
  rectangular,   ///< (1 - exp(-2 A D)) / (2 A D)
  seeds,         ///< 1 / (1 + A D)
  neg_binomial,  ///< (1 + A D / alpha)^-alpha
  moore,         ///< exp(-sqrt(A D))
};
/// Texts of `YieldModel`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(YieldModel) noexcept {
  return texts("fixed", "poisson", "murphy", "rectangular", "seeds", "neg_binomial", "moore");
}

/// The model of a name; `embodied.unknown_model` (a LookupError in Python) names what is known.
[[nodiscard]] inline YieldModel yield_model(std::string_view name, const std::string& where = "model") {
  const Result<YieldModel> model = parse<YieldModel>(name);
  if (!model) throw Error("embodied.unknown_model", where + ": " + model.issue().text, {}, ErrorCategory::lookup);
  return *model;
}

inline constexpr double default_d0_per_cm2 = 0.15;  ///< defects per cm2 where none are given
inline constexpr double default_alpha = 10;         ///< clustering of defects where none is given
inline constexpr double default_yield = 0.875;      ///< ACT's, where none is given
inline constexpr double default_package_g = 150;    ///< ACT's, per package
inline constexpr double default_abatement = 97;     ///< of the gases, percent, as ACT has it

namespace detail {

/// (1 - exp(-x)) / x, 1 at 0.
inline double decay(double x) noexcept { return x > 0 ? -std::expm1(-x) / x : 1.0; }

/// Yield at x = area * defect density, without checks; 1 for `fixed`.
inline double yield_at(YieldModel model, double x, double alpha) noexcept {
  switch (model) {
    case YieldModel::poisson:
      return std::exp(-x);
    case YieldModel::murphy:
      return numeric::product(decay(x), decay(x));
    case YieldModel::rectangular:
      return decay(2 * x);
    case YieldModel::seeds:
      return 1 / (1 + x);
    case YieldModel::neg_binomial:
      return std::exp(numeric::product(-alpha, std::log1p(x / alpha)));
    case YieldModel::moore:
      return std::exp(-std::sqrt(x));
    case YieldModel::fixed:
      break;
  }
  return 1;
}

/// GPA at an abatement in [95, 99] from those at its ends.
inline double gas_at(double gpa95, double gpa99, double abatement) noexcept {
  const double w = (abatement - 95) / 4;
  return numeric::product(1 - w, gpa95) + numeric::product(w, gpa99);
}

}  // namespace detail

/// The yield of a die of `area_cm2` with `d0_per_cm2` defects per cm2 (docs/embodied.md, "Yield").
///
/// `alpha` is the clustering of `neg_binomial`. 1 at no area or no defects. `embodied.out_of_range` for negative area
/// or density, or `alpha` not above 0; `fixed` has no formula and is `embodied.unknown_model`.
[[nodiscard]] inline double die_yield(YieldModel model, double area_cm2, double d0_per_cm2 = default_d0_per_cm2,
                                      double alpha = default_alpha) {
  if (model == YieldModel::fixed) {
    throw Error("embodied.unknown_model", "model: a fixed yield is a number; give it in the place of a model", {},
                ErrorCategory::lookup);
  }
  checked(area_cm2, "area_cm2", true);
  checked(d0_per_cm2, "d0_per_cm2", true);
  checked(alpha, "alpha");
  const double yield = detail::yield_at(model, area_cm2 * d0_per_cm2, alpha);
  if (!(yield > 0)) out_of_range("the yield is 0; the die is too large for so many defects");
  return yield;
}

/// What a wafer costs per cm2: a node of the tables, or numbers that replace its rows.
struct LogicProcess {
  std::string node{};                            ///< `7nm`
  std::optional<double> epa_kwh_per_cm2{};       ///< in place of the node's row
  std::optional<double> gpa_g_per_cm2{};         ///< gases emitted, g CO2e; in place of the node's row
  std::optional<double> mpa_g_per_cm2{};         ///< materials, g CO2e; in place of the node's row
  std::string fab_ci = "taiwan";                 ///< a name of the table `ci_table`, or a technology (`coal`)
  std::optional<double> fab_ci_g_per_kwh{};      ///< in place of the name
  std::string ci_table = "act2022";              ///< or `act2023`
  double abatement_percent = default_abatement;  ///< of the gases, in [95, 99]
  bool interpolate = false;                      ///< between the two nodes around one that has no row
};

/// Carbon per cm2 of processed wafer, before yield; g/cm2.
struct CarbonPerArea {
  double energy_g = 0;     ///< of the electricity of the fab
  double gas_g = 0;        ///< of the gases that are not abated
  double materials_g = 0;  ///< of the materials

  [[nodiscard]] double total_g() const noexcept { return energy_g + gas_g + materials_g; }  ///< sum of the three

  bool operator==(const CarbonPerArea&) const = default;
};

/// The two nodes that stand in for one, and how far it lies between them in the logarithm of the node.
struct NodeRows {
  std::string lower{};  ///< `7nm`
  std::string upper{};  ///< the larger one
  double weight = 0;    ///< of `upper`, in [0, 1]; 0 where the node has rows of its own
};

/// The rows of a node; `embodied.unknown_factor` names the nearest known nodes (detail `nearest`).
[[nodiscard]] NodeRows node_rows(std::string_view node, bool interpolate, const Factors& factors = {},
                                 const std::string& where = "node");

/// The row of a fab's electricity: `ci.<table>.<name>`, else `ci.source.<name>`; else `embodied.unknown_factor`.
[[nodiscard]] const Factor& fab_intensity(std::string_view name, std::string_view table, const Factors& factors = {},
                                          const std::string& where = "fab_ci");

/// Carbon per cm2 of wafer at the modes of all factors.
///
/// `embodied.unknown_factor` for an unknown node or name; `embodied.out_of_range` for an abatement outside [95, 99] or
/// a negative number; `embodied.bad_bom` if neither a node nor all three numbers are given.
[[nodiscard]] CarbonPerArea logic_cpa(const LogicProcess& process, const Factors& factors = {});

/// What a die and its packages emit, g.
struct LogicDie {
  double fab_g = 0;      ///< of the die, with its yield
  double package_g = 0;  ///< of its packages
};
/// A die of `area_cm2`: area * CPA / yield, and its packages. `embodied.out_of_range` for what is negative, or a yield
/// outside (0, 1].
[[nodiscard]] inline LogicDie logic_die(double area_cm2, const CarbonPerArea& cpa, double yield = default_yield,
                                        double packages = 1, double package_g = default_package_g) {
  return {checked(area_cm2, "area_cm2", true) * cpa.total_g() / checked_share(yield, "yield"),
          checked(packages, "packages", true) * checked(package_g, "package_g", true)};
}

/// Dies per wafer, not rounded: pi d^2/(4 A) - pi d/sqrt(2 A), `die_mm2` > 0 and the wafer's diameter in mm.
[[nodiscard]] inline double dies_per_wafer(double die_mm2, double wafer_mm = 300) {
  checked(die_mm2, "die_mm2");
  checked(wafer_mm, "wafer_mm");
  const double n =
      std::numbers::pi * wafer_mm * wafer_mm / (4 * die_mm2) - std::numbers::pi * wafer_mm / std::sqrt(2 * die_mm2);
  if (!(n >= 1)) out_of_range("die_mm2: not one die fits on the wafer");
  return n;
}

/// Wafer area that a good die takes, edge and saw street included.
struct EffectiveArea {
  double effective_mm2 = 0;   ///< with its part of the wafer's edge
  double dies_per_wafer = 0;  ///< not rounded, of dies with their saw street
  double yield = 0;           ///< of Moore's model

  bool operator==(const EffectiveArea&) const = default;
};

/// pi (d/2)^2 / (n Y) of dies with half a saw street (`kerf_mm`) around; it replaces A / Y, no further yield applies.
[[nodiscard]] inline EffectiveArea effective_area(double die_mm2, double kerf_mm = 0.2, double wafer_mm = 300,
                                                  double d0_per_cm2 = 0.1) {
  checked(die_mm2, "die_mm2");
  checked(kerf_mm, "kerf_mm", true);
  const double side = std::sqrt(die_mm2) + kerf_mm;
  const double area = side * side;
  EffectiveArea result;
  result.dies_per_wafer = dies_per_wafer(area, wafer_mm);
  result.yield = die_yield(YieldModel::moore, area / 100, d0_per_cm2);
  result.effective_mm2 = std::numbers::pi * (wafer_mm / 2) * (wafer_mm / 2) / (result.dies_per_wafer * result.yield);
  return result;
}

}  // namespace co2lib::embodied
