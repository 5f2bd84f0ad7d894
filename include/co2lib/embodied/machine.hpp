// SPDX-License-Identifier: MIT
// Servers and GPUs: models calibrated to published footprints, rules of thumb, and the machine at hand.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/embodied/bom.hpp>

namespace co2lib::embodied {

/// Geometric standard deviations of the models' errors (ours).
inline constexpr double interpolated_gpu_gsd = 1.2;
inline constexpr double eserve_gsd = 1.4;       ///< of a server by `eserve_host`
inline constexpr double rack_server_gsd = 1.6;  ///< of a server by `rack_server`

/// A GPU by its figures, calibrated to the HGX H100 footprint of its maker; kg.
///
/// 1.10086 * (2.52 (node/7)^-0.54732 A + 13.636 + m GB + 0.041071 TDP + 10.475); node nm, area cm2, memory GB with
/// `mem_kg_per_gb` (HBM; GDDR6 0.4265625, unverified), TDP W.
[[nodiscard]] double interpolated_gpu(double node_nm, double area_cm2, double mem_gb, double tdp_w,
                                      double mem_kg_per_gb = 0.853125, const Factors& factors = {});

/// EServe's cooling in kg: `hbm3` and `hbm3e` modules 6.5 per 700 W, other boards 23.63 per 300 W.
[[nodiscard]] double eserve_cooling(double tdp_w, std::string_view memory, const Factors& factors = {});

/// EServe's GPU in kg from its board (cm2), power (W), cooling and die.
[[nodiscard]] double eserve_gpu(double mem_gb, double mem_kg_per_gb, double pcb_cm2, double psu_w, double cooling_kg,
                                double soc_kg, const Factors& factors = {});

/// EServe's host in kg.
[[nodiscard]] double eserve_host(double ssd_gb, double mem_gb, double mem_kg_per_gb, const Factors& factors = {});

/// A rack server in kg by Cloud Carbon Footprint: counts of sockets, drives and GPUs, memory in GB.
[[nodiscard]] double rack_server(double cpus = 1, double ram_gb = 16, double hdd = 0, double ssd = 0, double gpus = 0,
                                 const Factors& factors = {});

/// One kind of chip of LLMCarbon's list: area cm2 or memory GB of one piece, kg per unit, pieces.
struct ChipListItem {
  std::string name;      ///< of the kind of chip
  double unit = 0;       ///< area, cm2, or memory, GB, of one piece
  double factor_kg = 0;  ///< kg CO2e per cm2 or GB
  double count = 0;      ///< pieces
};

/// Each item's share of a run in t: unit * factor * count * days / lifetime_days.
[[nodiscard]] std::vector<std::pair<std::string, double>> chip_list(const std::vector<ChipListItem>& items, double days,
                                                                    double lifetime_days);

/// A machine as its sensors name it.
struct MachineParts {
  int sockets = 1;                  ///< of processors
  double ram_gb = 16;               ///< of main memory
  int hdd = 0;                      ///< disks with platters
  int ssd = 0;                      ///< other drives
  std::vector<std::string> gpus{};  ///< the name of each, as NVML gives it
  bool is_server = true;            ///< false: a rack server all the same, with the issue `server_assumed`
};

/// The bill of materials of a machine: the rack server and, for each GPU, the row of its name or `gpu.generic_card`.
///
/// Its lifetime is `server.lifetime`. The issue `server_assumed` if it is not known to be a server.
[[nodiscard]] Bom machine(const MachineParts& parts);

}  // namespace co2lib::embodied
