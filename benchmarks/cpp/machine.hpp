// SPDX-License-Identifier: MIT
// The machine that the benchmarks measure on: four RAPL zones as files.
#pragma once

#include <array>
#include <filesystem>

#include <co2lib/testing.hpp>
#include <co2lib/tracker.hpp>

namespace co2lib::benchmarks {

class FourZones {
 public:
  FourZones() {
    machine_.set_cpus(16);
    machine_.set_memory(64ULL << 30);
    machine_.set_cpu_ticks(1000, 9000);
    machine_.add_zone("intel-rapl:0", {.name = "package-0", .energy_uj = "123456789012"});
    machine_.add_zone("intel-rapl:0:0", {.name = "dram", .energy_uj = "23456789012"});
    machine_.add_zone("intel-rapl:1", {.name = "package-1", .energy_uj = "123456789013"});
    machine_.add_zone("intel-rapl:1:0", {.name = "dram", .energy_uj = "23456789013"});
  }

  [[nodiscard]] tracker::Options options() const {
    tracker::Options o;
    o.location = "FRA";
    o.host = machine_.host();
    o.meters = std::vector<meter::MeterChoice>{std::string("powercap")};
    return o;
  }

  [[nodiscard]] std::array<std::filesystem::path, 4> energy_files() const {
    std::array<std::filesystem::path, 4> files;
    const std::array<const char*, 4> zones{"intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"};
    for (std::size_t i = 0; i < files.size(); ++i) {
      files[i] = machine_.root() / FakeHost::zone_folder(zones[i]) / "energy_uj";
    }
    return files;
  }

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return machine_.root(); }

 private:
  FakeHost machine_;
};

}  // namespace co2lib::benchmarks
