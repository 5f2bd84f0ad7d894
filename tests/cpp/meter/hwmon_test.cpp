// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <co2lib/meter.hpp>
#include <co2lib/tracker.hpp>

#include "tree.hpp"

using namespace co2lib;
using namespace co2lib::meter;
using namespace co2lib::test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace {

Finding hwmon(const Tree& machine) { return finding(sensors(machine.host()), "hwmon"); }

constexpr const char* average =
    "sys/devices/pci0000:00/0000:00:01.3/0000:0c:00.0/hwmon/hwmon3/power1_average";  // of the amdgpu machine
constexpr const char* instant = "sys/devices/pci0000:00/0000:00:01.1/0000:03:00.0/hwmon/hwmon4/power1_input";

/// An environment variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

class AmdGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("ROCR_VISIBLE_DEVICES");
    ::unsetenv("HIP_VISIBLE_DEVICES");
  }

  [[nodiscard]] Names gpus(OpenOptions options = {}) const {
    Names names;
    for (const auto& m : opened(machine, std::move(options))) {
      if (m->info().device == Device::gpu) names.push_back(m->info().id);
    }
    return names;
  }

  Tree machine{"amdgpu"};
};

TEST_F(AmdGpu, BoardsAreCountedByTheirPciAddress) {
  const Meters meters = opened(machine);
  EXPECT_EQ(ids(meters), (Names{"intel-rapl:0", "intel-rapl:0:0", "0000:03:00.0", "0000:0c:00.0", "model.ram"}));
  const MeterInfo info = by_id(meters, "0000:0c:00.0")->info();
  EXPECT_EQ(info.domain, Domain::gpu);
  EXPECT_EQ(info.kind, Kind::power);
  EXPECT_EQ(info.provider, "hwmon");
  EXPECT_EQ(accuracy(info), 0.05);
  std::vector<MeterInfo> infos;
  for (const auto& m : meters) infos.push_back(m->info());
  EXPECT_TRUE(zone_roles(infos, [](auto, auto) { return false; })[2].counted);
}

TEST_F(AmdGpu, WattsAreExact) {
  const auto board = by_id(opened(machine), "0000:0c:00.0");
  EXPECT_EQ(std::get<Watts>(board->sample(0s)).value, 249.9);
  machine.write(average, "1\n");
  EXPECT_EQ(std::get<Watts>(board->sample(0s)).value, 1e-6);
}

TEST_F(AmdGpu, ATrackerIntegratesThem) {
  const auto clock = std::make_shared<ManualClock>();
  tracker::Options options;
  options.host = machine.host();
  options.clock = clock;
  tracker::Tracker tracker(options);
  ASSERT_TRUE(clock->wait_for_waiters(1));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    machine.set_energy("intel-rapl:0", 1000000 + i * 5'000'000);
    clock->advance(100ms);
  }
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(*f.totals.gpu.energy_j, (249.9 + 31) * 10, 1e-9);
  EXPECT_EQ(f.totals.cpu.energy_j, 500);
  EXPECT_TRUE(f.totals.issues.empty());
}

TEST_F(AmdGpu, TheProcessorsOwnIsReportedOnly) {
  std::filesystem::remove_all(machine.root() / "sys/class/powercap");
  const Meters meters = opened(machine);
  const MeterInfo info = by_id(meters, "0000:0e:00.0")->info();
  EXPECT_EQ(info.device, Device::cpu);
  EXPECT_EQ(info.domain, Domain::other);
  EXPECT_THAT(info.provenance, HasSubstr("integrated"));
  EXPECT_NO_THROW((void)by_id(meters, "model.cpu_load")) << "it does not stand for the CPU";
}

TEST_F(AmdGpu, TheVariablesOfRocmSelectInPciOrder) {
  {
    const Variable rocr("ROCR_VISIBLE_DEVICES", "1");
    EXPECT_EQ(gpus(), Names{"0000:0c:00.0"});
    const Variable hip("HIP_VISIBLE_DEVICES", "0");
    EXPECT_EQ(gpus(), Names{"0000:0c:00.0"}) << "0 of those that ROCR leaves";
    EXPECT_THAT(hwmon(machine).reason, HasSubstr("1 AMD GPUs are not selected"));
  }
  {
    const Variable rocr("ROCR_VISIBLE_DEVICES", "GPU-77aa,7,1");
    EXPECT_EQ(gpus(), Names{"0000:03:00.0"});
    EXPECT_THAT(hwmon(machine).reason, HasSubstr("names a device that is not there"));
  }
  const Variable none("HIP_VISIBLE_DEVICES", "");
  EXPECT_EQ(gpus(), Names{});
}

TEST_F(AmdGpu, TheOptionGpusNamesOthersOrNone) {
  EXPECT_EQ(gpus({.gpus = std::vector<GpuKey>{}}), Names{});
  const Tree arc("intel_gpu");
  for (const auto& m : opened(arc, {.gpus = std::vector<GpuKey>{}})) EXPECT_NE(m->info().device, Device::gpu);
}

TEST_F(AmdGpu, AReadThatFailsIsNoPower) {
  const auto board = by_id(opened(machine), "0000:03:00.0");
  for (const char* bad : {"", "garbage\n", "0xFFFFFFFF\n", "31.5\n", "31000000 uW\n"}) {
    machine.write(instant, bad);
    EXPECT_EQ(shown(board->sample(0s)), "parse") << bad;
  }
  // All ones of 32 bits is a number, of 4295 W: above the ceiling, which the engine drops.
  machine.write(instant, "4294967295\n");
  const double watts = std::get<Watts>(board->sample(0s)).value;
  EXPECT_GT(watts, p_max_w(board->info()));
}

TEST_F(AmdGpu, UnknownChipsAreNamedAndNotMeasured) {
  const Finding f = hwmon(machine);
  EXPECT_EQ(f.availability, Availability::available);
  EXPECT_TRUE(f.used);
  EXPECT_EQ(f.method, "integral");
  EXPECT_THAT(f.reason, HasSubstr("not known what they are part of: corsairpsu"));
  EXPECT_THAT(f.value, HasSubstr("249.9 W"));
  std::filesystem::remove_all(machine.root() / "sys/class/hwmon");
  EXPECT_EQ(hwmon(machine).availability, Availability::absent);
}

TEST(IntelGpu, CardsAreCountersAndTheChipIsAPart) {
  Tree machine("intel_gpu");
  const Meters meters = opened(machine);
  EXPECT_EQ(ids(meters), (Names{"intel-rapl:0", "0000:03:00.0", "0000:07:00.0", "0000:07:00.0/pkg", "model.ram"}));
  const MeterInfo arc = meters[1]->info();
  EXPECT_EQ(arc.domain, Domain::gpu);
  EXPECT_EQ(arc.kind, Kind::counter);
  EXPECT_EQ(arc.unit, CounterUnit::microjoule());
  EXPECT_TRUE(arc.wrap.is_none());
  EXPECT_EQ(slack_s(arc), 0.1);
  EXPECT_EQ(meters[3]->info().parent, "0000:07:00.0");
  EXPECT_EQ(meters[3]->info().domain, Domain::other);
  EXPECT_EQ(shown(meters[2]->sample(0s)), "8000000");
  const Finding f = hwmon(machine);
  EXPECT_EQ(f.method, "counter");
  const auto integrated =
      std::find_if(f.meters.begin(), f.meters.end(), [](const MeterInfo& m) { return m.id == "0000:00:02.0"; });
  ASSERT_NE(integrated, f.meters.end());
  EXPECT_EQ(integrated->device, Device::cpu) << "part of the package";
  EXPECT_EQ(integrated->domain, Domain::other);
  // A card that counts its chip only.
  std::filesystem::remove(machine.root() / "sys/class/hwmon/hwmon2/energy1_input");
  EXPECT_EQ(shown(by_id(opened(machine), "0000:07:00.0")->sample(0s)), "6000000");
}

TEST(IntelGpu, ACounterThatFallsAndLeapsGivesNoTerawatts) {
  Tree machine("intel_gpu");
  const auto card = by_id(opened(machine), "0000:03:00.0");
  std::vector<CounterSample> samples;
  const auto read = [&](int second, const std::string& text) {
    machine.write("sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0/hwmon/hwmon1/energy1_input", text);
    const Reading reading = card->sample(std::chrono::seconds(second));
    samples.push_back({std::chrono::seconds(second), std::get<Count>(reading).value});
  };
  read(0, "500000000000\n");
  read(1, "500100000000\n");
  read(2, "200000000\n");
  read(3, "500300000000\n");
  read(4, "500400000000\n");
  const Record record = integrate_counter(card->info(), samples).record();
  EXPECT_EQ(record.window.energy_j, 400);
  EXPECT_EQ(record.events.glitches, 1);
}

TEST(Grace, TheSocketHoldsItsMemoryAndTheModuleStandsBeside) {
  const Tree machine("grace_hopper");
  const Meters meters = opened(machine);
  EXPECT_EQ(ids(meters), (Names{"hwmon/module-0", "hwmon/grace-0", "hwmon/cpu-0", "hwmon/sysio-0"}));
  const MeterInfo module = meters[0]->info();
  EXPECT_EQ(module.domain, Domain::psys);
  EXPECT_EQ(module.scope, "module");
  const MeterInfo grace = meters[1]->info();
  EXPECT_EQ(grace.domain, Domain::package);
  EXPECT_EQ(grace.name, "package-0");
  EXPECT_EQ(grace.parent, "hwmon/module-0");
  EXPECT_EQ(grace.flags, Names{"module_scope"}) << "so that no memory is modelled";
  EXPECT_EQ(grace.update_period_s, 0.05);
  EXPECT_EQ(meters[2]->info().domain, Domain::core);
  EXPECT_EQ(meters[2]->info().parent, "hwmon/grace-0");
  EXPECT_EQ(meters[3]->info().domain, Domain::other);
  EXPECT_EQ(std::get<Watts>(meters[1]->sample(0s)).value, 150.25);
  std::vector<MeterInfo> infos;
  for (const auto& m : meters) infos.push_back(m->info());
  const auto roles = zone_roles(infos, [](auto, auto) { return false; });
  EXPECT_FALSE(roles[0].counted);
  EXPECT_TRUE(roles[1].counted);
  EXPECT_FALSE(roles[2].counted);
  EXPECT_FALSE(roles[3].counted);
}

TEST(Grace, TheCpuRailStandsForTheSocketWhereThatHasNoMeter) {
  const Tree machine("grace_hopper");
  std::filesystem::remove(machine.root() / "sys/class/hwmon/hwmon2");
  const Meters meters = opened(machine);
  EXPECT_EQ(by_id(meters, "hwmon/cpu-0")->info().domain, Domain::package);
  EXPECT_NO_THROW((void)by_id(meters, "model.ram")) << "the rail does not feed the memory";
}

TEST(AcpiPowerMeter, WithoutALabelItIsTheWholeMachine) {
  Tree machine("intel_2s");
  machine.write("sys/class/hwmon/hwmon0/name", "power_meter\n");
  machine.write("sys/class/hwmon/hwmon0/power1_average", "420000000\n");
  machine.write("sys/class/hwmon/hwmon1/name", "power_meter\n");
  machine.write("sys/class/hwmon/hwmon1/power1_average", "12000000\n");
  machine.write("sys/class/hwmon/hwmon1/power1_is_battery", "1\n");
  const Meters meters = opened(machine);
  EXPECT_EQ(meters.size(), 5U) << "a battery is no meter of the machine";
  EXPECT_EQ(meters[4]->info().domain, Domain::psys);
  EXPECT_EQ(meters[4]->info().device, Device::platform);
  EXPECT_EQ(shown(meters[4]->sample(0s)), "420 W");
}

TEST(Hwmon, DamagedFilesAreNoNumbers) {
  const Tree machine("broken");
  const Finding f = hwmon(machine);
  EXPECT_THAT(f.reason, HasSubstr("0 of 2 sensors"));
  EXPECT_THAT(f.reason, HasSubstr("amdgpu 0000:04:00.0 shows no power"));
  for (const auto& m : opened(machine)) {
    if (m->info().provider != "hwmon") continue;
    const bool no_file = m->info().id == "0000:04:00.0";
    EXPECT_EQ(shown(m->sample(0s)), no_file ? "absent" : "parse") << m->info().id;
  }
}

}  // namespace
