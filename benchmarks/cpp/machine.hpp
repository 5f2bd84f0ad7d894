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
    for (std::size_t i = 0; i < zones.size(); ++i) {
      machine_.add_zone(zones[i], {.name = i % 2 != 0 ? "dram" : i == 0 ? "package-0" : "package-1"});
    }
    use(0);
  }

  /// Moves every counter on, each by something else, for equal ones would count once; not while a thread reads them.
  void use(std::uint64_t energy_uj) {
    for (std::size_t i = 0; i < zones.size(); ++i) {
      used_uj_[i] += energy_uj / (i + 1);
      machine_.set_energy(zones[i],
                          (123'456'789'012 + i + used_uj_[i]) % 262'143'328'850);  // where the kernel wraps it
    }
  }

  /// Lets every counter move once while the tracker looks, as those of any machine do within a second. Before, a model
  /// stands in for them, whose file is read each time too.
  void begin(tracker::Tracker& tracker) {
    use(1'000'000);
    const auto region = tracker.region("first");
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
    for (std::size_t i = 0; i < files.size(); ++i) {
      files[i] = machine_.root() / FakeHost::zone_folder(zones[i]) / "energy_uj";
    }
    return files;
  }

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return machine_.root(); }

 private:
  static constexpr std::array<const char*, 4> zones{"intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"};

  FakeHost machine_;
  std::array<std::uint64_t, zones.size()> used_uj_{};
};

}  // namespace co2lib::benchmarks
