// SPDX-License-Identifier: MIT
// ACT v2's own rules and files (commit abc9fbb), so that its users get its numbers; its defects stay in here.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/embodied/factor.hpp>

namespace co2lib::embodied {

/// power * lifetime * duty * CI; g. ACT's year has 8766 hours.
[[nodiscard]] double act_operation(double power_w, double lifetime_years, double ci_g_per_kwh, double duty = 1,
                                   double year_hours = 8766);

/// A part of ACT's maps `materials` and `passives`.
struct ActPart {
  std::string category{};            ///< capacitor, enclosure, frame, battery, pcb
  std::string type = "generic";      ///< of a capacitor: generic, mlcc, tec; of an enclosure the material; else ignored
  double weight_kg = 0;              ///< of an enclosure, a frame, or a capacitor with a type
  double area_cm2 = 0;               ///< of a circuit board
  double energy_kwh = 0;             ///< of a battery
  std::string chemistry = "nmc";     ///< or lfp
  int layers = 0;                    ///< of a circuit board
  double quantity = 0;               ///< pieces of a capacitor
  std::string fab_ci = "japan";      ///< a name of the table `ci_table`
  std::string ci_table = "act2022";  ///< or `act2023`
};

/// The carbon of a part in g. `embodied.bad_bom` for another category, `embodied.unknown_factor` for another type.
[[nodiscard]] double act_part(const ActPart& part, const Factors& factors = {});

/// A footprint by ACT's rules.
struct ActFootprint {
  double total_kg = 0;                                    ///< all parts, their quantities included
  std::vector<std::pair<std::string, double>> parts_g{};  ///< name and g, in the order of the file
  std::vector<Issue> issues{};                            ///< `act_defect` where a number rests on one of ACT's defects

  bool operator==(const ActFootprint&) const = default;
};

/// Reads an ACT file (YAML or JSON text) with the files it imports by name.
///
/// `embodied.bad_bom`, `embodied.bad_unit`, `embodied.unknown_factor`, `embodied.out_of_range` name file and field.
[[nodiscard]] ActFootprint act_footprint(std::string_view text, const std::map<std::string, std::string>& files = {},
                                         const std::string& ci_table = "act2022", const std::string& name = "bom");

/// As `act_footprint`, of a file; imports are read beside it.
[[nodiscard]] ActFootprint load_act(const std::filesystem::path& file, const std::string& ci_table = "act2022");

}  // namespace co2lib::embodied
