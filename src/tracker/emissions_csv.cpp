// SPDX-License-Identifier: MIT
// The columns of a CodeCarbon emissions.csv.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/location.hpp>
#include <co2lib/tracker/footprint.hpp>
#include <co2lib/version.hpp>

namespace co2lib::tracker {

namespace {

/// The place of a footprint, which may have been written by another version with other tables.
intensity::Place place_of(const std::string& location) {
  try {
    return location.empty() ? intensity::Place{} : intensity::place(location);
  } catch (const Error&) {
    return {.key = location, .name = {}, .country = {}, .country_name = {}, .subdivision = {}};
  }
}

std::string number(double x) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr};
}

}  // namespace

const std::vector<std::string>& csv_columns() {
  static const std::vector<std::string> columns = {"timestamp",
                                                   "project_name",
                                                   "run_id",
                                                   "experiment_id",
                                                   "duration",
                                                   "emissions",
                                                   "emissions_rate",
                                                   "cpu_power",
                                                   "gpu_power",
                                                   "ram_power",
                                                   "cpu_energy",
                                                   "gpu_energy",
                                                   "ram_energy",
                                                   "energy_consumed",
                                                   "water_consumed",
                                                   "country_name",
                                                   "country_iso_code",
                                                   "region",
                                                   "cloud_provider",
                                                   "cloud_region",
                                                   "os",
                                                   "python_version",
                                                   "codecarbon_version",
                                                   "cpu_count",
                                                   "cpu_model",
                                                   "gpu_count",
                                                   "gpu_model",
                                                   "longitude",
                                                   "latitude",
                                                   "ram_total_size",
                                                   "tracking_mode",
                                                   "cpu_utilization_percent",
                                                   "gpu_utilization_percent",
                                                   "ram_utilization_percent",
                                                   "ram_used_gb",
                                                   "on_cloud",
                                                   "pue",
                                                   "wue"};
  return columns;
}

std::vector<std::pair<std::string, std::string>> Footprint::csv_row(
    const std::map<std::string, std::string>& known) const {
  for (const auto& [name, value] : known) {
    if (std::find(csv_columns().begin(), csv_columns().end(), name) == csv_columns().end()) {
      throw Error("meter.bad_input",
                  fmt::format("'{}' is not a column of emissions.csv; csv_columns() lists them", name));
    }
  }
  std::map<std::string, std::string> v;
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(end));
  std::tm local{};
  if (localtime_r(&seconds, &local) != nullptr) {
    std::array<char, 32> buffer{};
    v["timestamp"] =
        std::string(buffer.data(), std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &local));
  }
  v["project_name"] = context.project;
  v["run_id"] = run_id;
  v["duration"] = number(duration.count());
  if (operational.value) {
    v["emissions"] = number(operational.value->kilograms());
    if (duration.count() > 0) v["emissions_rate"] = number(operational.value->kilograms() / duration.count());
  }
  meter::Part ram = totals.dram;
  ram.add(totals.ram_model);
  const auto part = [&](const meter::Part& p, const std::string& name) {
    if (!p.energy_j) return;
    v[name + "_energy"] = number(Energy::from_joules(*p.energy_j * facility.pue).kwh());
    if (duration.count() > 0) v[name + "_power"] = number(*p.energy_j / duration.count());
  };
  part(totals.cpu, "cpu");
  part(totals.gpu, "gpu");
  part(ram, "ram");
  if (energy.value) v["energy_consumed"] = number(facility_energy.kwh());
  if (water.value) v["water_consumed"] = number(water.value->litres());
  const intensity::Place place = place_of(location);
  const std::size_t colon = place.key.find(':');
  if (colon != std::string::npos) {
    v["cloud_provider"] = place.key.substr(0, colon);
    v["cloud_region"] = place.key.substr(colon + 1);
  } else if (place.key.find('-') != std::string::npos) {
    v["region"] = place.key;
  }
  v["country_iso_code"] = place.country;
  v["country_name"] = place.country_name;
  v["on_cloud"] = colon != std::string::npos ? "Y" : "N";
  v["os"] = context.os;
  v["codecarbon_version"] = "co2lib-" CO2LIB_VERSION;
  if (context.logical_cpus) v["cpu_count"] = std::to_string(*context.logical_cpus);
  v["cpu_model"] = context.cpu_model;
  std::int64_t gpus = 0;
  for (const DeviceFootprint& d : devices) {
    if (d.record.meter.device != meter::Device::gpu || !d.counted) continue;
    ++gpus;
    v["gpu_model"] = d.record.meter.name;
  }
  if (gpus > 0) v["gpu_count"] = std::to_string(gpus);
  if (context.memory_bytes) v["ram_total_size"] = number(static_cast<double>(*context.memory_bytes) / bytes_per_gib);
  v["tracking_mode"] = "machine";
  v["pue"] = number(facility.pue);
  v["wue"] = number(facility.wue);
  for (const auto& [name, value] : known) v[name] = value;
  std::vector<std::pair<std::string, std::string>> row;
  for (const std::string& column : csv_columns()) row.emplace_back(column, v[column]);
  return row;
}

}  // namespace co2lib::tracker
