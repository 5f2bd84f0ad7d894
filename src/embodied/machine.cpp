// SPDX-License-Identifier: MIT
#include <co2lib/embodied/machine.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace co2lib::embodied {

namespace {

double kg(const Factors& factors, std::string_view id, std::string_view unit = "kg") { return factors.value(id, unit); }

/// GPUs of which a footprint is published, by the name that NVML gives them (unverified).
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> published_gpus{{
    {"NVIDIA H100 80GB HBM3", "gpu.pcf.hgx_h100_per_gpu"},
    {"NVIDIA A100-SXM4-40GB", "gpu.lca.a100_sxm_40"},
    {"NVIDIA B200", "gpu.pcf.hgx_b200_per_gpu"},
}};

}  // namespace

double interpolated_gpu(double node_nm, double area_cm2, double mem_gb, double tdp_w, double mem_kg_per_gb,
                        const Factors& factors) {
  checked(node_nm, "node_nm");
  checked(area_cm2, "area_cm2", true);
  checked(mem_gb, "mem_gb", true);
  checked(tdp_w, "tdp_w", true);
  checked(mem_kg_per_gb, "mem_kg_per_gb", true);
  const double die = kg(factors, "gpu.interp.cpa_7nm", "kg/cm2") *
                     std::pow(node_nm / 7, kg(factors, "gpu.interp.cpa_exponent", "1")) * area_cm2;
  return kg(factors, "gpu.interp.overhead", "1") *
         (die + kg(factors, "gpu.interp.ics") + mem_kg_per_gb * mem_gb +
          kg(factors, "gpu.interp.thermal", "kg/W") * tdp_w + kg(factors, "gpu.interp.fixed"));
}

double eserve_cooling(double tdp_w, std::string_view memory, const Factors& factors) {
  checked(tdp_w, "tdp_w", true);
  const bool module = memory == "hbm3" || memory == "hbm3e";
  return module ? kg(factors, "server.eserve.cooling_hbm3") * tdp_w / 700
                : kg(factors, "server.eserve.cooling_other") * tdp_w / 300;
}

double eserve_gpu(double mem_gb, double mem_kg_per_gb, double pcb_cm2, double psu_w, double cooling_kg, double soc_kg,
                  const Factors& factors) {
  checked(mem_gb, "mem_gb", true);
  checked(mem_kg_per_gb, "mem_kg_per_gb", true);
  checked(pcb_cm2, "pcb_cm2", true);
  checked(psu_w, "psu_w", true);
  checked(cooling_kg, "cooling_kg", true);
  checked(soc_kg, "soc_kg", true);
  return kg(factors, "server.eserve.overhead", "1") *
         (mem_gb * mem_kg_per_gb + kg(factors, "server.eserve.pcb", "kg/cm2") * pcb_cm2 +
          kg(factors, "server.eserve.power_delivery") * psu_w / 1100 + cooling_kg + soc_kg +
          kg(factors, "server.eserve.connector"));
}

double eserve_host(double ssd_gb, double mem_gb, double mem_kg_per_gb, const Factors& factors) {
  checked(ssd_gb, "ssd_gb", true);
  checked(mem_gb, "mem_gb", true);
  checked(mem_kg_per_gb, "mem_kg_per_gb", true);
  return kg(factors, "server.eserve.ssd", "kg/GB") * ssd_gb + kg(factors, "server.eserve.host_mainboard") +
         kg(factors, "server.eserve.host_peripheral_pcb", "kg/cm2") * 969.4 + mem_gb * mem_kg_per_gb +
         kg(factors, "server.eserve.host_cpu_die") + kg(factors, "server.eserve.host_psu") +
         kg(factors, "server.eserve.host_chassis") + kg(factors, "server.eserve.host_fans");
}

double rack_server(double cpus, double ram_gb, double hdd, double ssd, double gpus, const Factors& factors) {
  if (!(checked(cpus, "cpus") >= 1)) out_of_range("cpus must be at least 1");
  checked(ram_gb, "ram_gb", true);
  checked(hdd, "hdd", true);
  checked(ssd, "ssd", true);
  checked(gpus, "gpu", true);
  // 533 kg of 384 GB in the teardown behind the model; the row has it rounded.
  return kg(factors, "server.ccf.base") + std::max(0.0, ram_gb - 16) * 533 / 384 +
         kg(factors, "server.ccf.extra_cpu") * (cpus - 1) + kg(factors, "server.ccf.hdd") * hdd +
         kg(factors, "server.ccf.ssd") * ssd + kg(factors, "server.ccf.gpu") * gpus;
}

std::vector<std::pair<std::string, double>> chip_list(const std::vector<ChipListItem>& items, double days,
                                                      double lifetime_days) {
  checked(days, "days", true);
  checked(lifetime_days, "lifetime_days");
  std::vector<std::pair<std::string, double>> shares;
  for (const ChipListItem& item : items) {
    checked(item.unit, "unit", true);
    checked(item.factor_kg, "factor_kg", true);
    checked(item.count, "count", true);
    shares.emplace_back(item.name, item.unit * item.factor_kg * item.count / 1000 * days / lifetime_days);
  }
  return shares;
}

Bom machine(const MachineParts& parts) {
  if (parts.sockets < 1 || parts.hdd < 0 || parts.ssd < 0) {
    out_of_range("sockets must be at least 1, drives not negative");
  }
  Bom bom;
  bom.name = "machine";
  bom.lifetime_years = RowId{"server.lifetime"};
  const char* source = "Cloud Carbon Footprint methodology (commit b7a049c), after Teads; model error ours";
  Part server{.id = "server", .part_class = "manual", .source = source, .place = "server"};
  server.fields["carbon"] = Factor{.id = "model",
                                   .value = rack_server(parts.sockets, parts.ram_gb, parts.hdd, parts.ssd),
                                   .unit = "kg",
                                   .dist = Distribution::lognormal,
                                   .gsd = rack_server_gsd};
  bom.parts.push_back(std::move(server));
  std::map<std::string, int> counts;
  for (const std::string& gpu : parts.gpus) ++counts[gpu];
  int number = 0;
  for (const auto& [gpu, count] : counts) {
    const std::string_view wanted = gpu;
    const auto* known = std::find_if(published_gpus.begin(), published_gpus.end(),
                                     [wanted](const auto& entry) { return entry.first == wanted; });
    Part card{.id = "gpu" + std::to_string(number++), .part_class = "row", .quantity = static_cast<double>(count)};
    card.note = gpu;
    card.place = card.id;
    card.fields["factor"] = std::string(known == published_gpus.end() ? "gpu.generic_card" : known->second);
    bom.parts.push_back(std::move(card));
  }
  if (!parts.is_server) {
    bom.issues.push_back({"server_assumed", "server",
                          "the machine is not known to be a server and is taken for a rack server; give a bill of "
                          "materials or its mass of carbon"});
  }
  return bom;
}

}  // namespace co2lib::embodied
