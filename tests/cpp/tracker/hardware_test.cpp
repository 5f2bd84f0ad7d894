// SPDX-License-Identifier: MIT
// The share of the machine's hardware: what is detected, how it is amortised, what a log and a merge make of it.
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <co2lib/embodied.hpp>

#include "bench.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HardwareShare : public Bench {
 protected:
  HardwareShare() {
    std::string cpus;
    for (int i = 0; i < 8; ++i) {
      cpus += "processor : " + std::to_string(i) + "\nphysical id : " + std::to_string(i / 4) + "\n\n";
    }
    machine.write("proc/cpuinfo", cpus);
    machine.write("proc/meminfo", "MemTotal: 524288000 kB\n");
    machine.write("proc/sys/kernel/random/boot_id", "boot-1\n");
    machine.write("proc/sys/kernel/hostname", "node1\n");
    machine.write("sys/class/dmi/id/chassis_type", "23\n");
    drive("nvme0n1", "0");
    drive("sda", "1");
    drive("loop0", "0");
    drive("sdb", "0", "1");  // a stick
  }

  void drive(const std::string& name, const std::string& rotational, const std::string& removable = "0") {
    const std::string at = "sys/block/" + name;
    machine.write(at + "/queue/rotational", rotational + "\n");
    machine.write(at + "/removable", removable + "\n");
    machine.write(at + "/size", "1000\n");
  }
  Footprint after(std::chrono::nanoseconds time, const Options& o) {
    Tracker tracker(o);
    go(time);
    return tracker.stop();
  }
  static double kilograms(const Estimate<CarbonMass>& e) { return e.value ? e.value->kilograms() : -1; }
  /// Of four years of 8760 h.
  static constexpr double hour = 1.0 / (4 * 8760);
};

TEST_F(HardwareShare, IsTheMachineAmortisedByTimeInUse) {
  const Footprint f = after(1h, options());
  const double whole = embodied::rack_server(2, 524.288 * 1.024, 1, 1);
  ASSERT_EQ(f.machines.size(), 1U);
  const MachineFootprint& m = f.machines.front();
  EXPECT_EQ(m.host, "node1");
  EXPECT_EQ(m.basis, "detected");
  EXPECT_EQ(m.reserved, 1h);
  EXPECT_EQ(m.cpu_share, 1);
  EXPECT_NEAR(kilograms(m.hardware), whole, 1e-9 * whole);
  EXPECT_NEAR(kilograms(f.embodied), whole * hour, 1e-9);
  EXPECT_EQ(f.embodied.value, m.own.value);
  EXPECT_EQ(m.lifetime_low_years, 3);
  EXPECT_EQ(m.lifetime_high_years, 6);
  ASSERT_TRUE(f.embodied.interval && f.embodied.bounds);
  EXPECT_LT(f.embodied.bounds->low, f.embodied.interval->low);
  EXPECT_LT(f.embodied.interval->low, *f.embodied.value);
  EXPECT_GT(f.embodied.interval->high, *f.embodied.value);
  ASSERT_EQ(m.parts.size(), 1U);
  EXPECT_EQ(m.parts[0].name, "2 sockets, 537 GB, 1 HDD, 1 SSD");
  EXPECT_THAT(m.parts[0].source, HasSubstr("Cloud Carbon Footprint"));
  EXPECT_FALSE(has_issue(f.embodied.issues, "server_assumed"));
  EXPECT_FALSE(f.embodied.sources.empty());
  EXPECT_THAT(f.to_string(), HasSubstr("\nembodied "));
}

TEST_F(HardwareShare, SciTakesItAndHasNoScoreWithout) {
  const Footprint f = after(1h, options());
  EXPECT_NEAR(*f.sci(10), (f.operational.value->grams() + f.embodied.value->grams()) / 10, 1e-9);
  EXPECT_THROW((void)f.sci(0), Error);
  Options off = options();
  off.embodied = false;
  const Footprint without = after(1h, off);
  EXPECT_FALSE(without.embodied.value);
  EXPECT_TRUE(has_issue(without.embodied.issues, "embodied_off"));
  EXPECT_FALSE(without.sci(10));
  EXPECT_TRUE(without.machines.empty());
}

TEST_F(HardwareShare, OfALogIsThatOfItsTracker) {
  machine.write("sys/class/dmi/id/chassis_type", "1\n");
  Options o = logged();
  Tracker tracker(o);
  go(90min);
  const Footprint live = tracker.stop();
  const Footprint read = load(o.log).footprint();
  EXPECT_TRUE(has_issue(read.embodied.issues, "server_assumed"));
  EXPECT_EQ(live.embodied, read.embodied);
  EXPECT_EQ(live.machines, read.machines);
  EXPECT_EQ(live.to_json(), read.to_json());
  const Footprint back = Footprint::from_json(live.to_json());
  EXPECT_EQ(back.embodied, live.embodied);
  EXPECT_EQ(back.machines, live.machines);
}

TEST_F(HardwareShare, OfALogThatDoesNotSayIsUnknown) {
  Tracker tracker(options());
  go(1h);
  (void)tracker.stop();
  tracker::Run run = tracker.run();
  run.segments.front().context.hardware.reset();
  const Footprint f = run.footprint();
  EXPECT_FALSE(f.embodied.value);
  EXPECT_TRUE(has_issue(f.embodied.issues, "machine_unknown"));
  EXPECT_FALSE(f.sci(1));
}

TEST_F(HardwareShare, CountsABootOnceInAMerge) {
  Tracker tracker(options());
  go(1h);
  (void)tracker.stop();
  const tracker::Run run = tracker.run();
  tracker::Run rank = run;
  rank.run_id += "-2";
  rank.segments.front().run_id = rank.run_id;
  rank.segments.front().pid += 1;
  rank.segments.front().end += 30min;
  rank.segments.front().end_utc += 30min;
  const Footprint one = run.footprint();
  const Footprint both = merge(std::vector{run, rank}).footprint();
  ASSERT_EQ(both.machines.size(), 1U);
  EXPECT_EQ(both.machines[0].reserved, 90min);
  EXPECT_NEAR(kilograms(both.embodied), 1.5 * kilograms(one.embodied), 1e-9);

  tracker::Run other = rank;
  other.segments.front().boot_id = "boot-2";
  other.segments.front().context.host = "node2";
  const Footprint apart = merge(std::vector{run, other}).footprint();
  ASSERT_EQ(apart.machines.size(), 2U);
  EXPECT_NEAR(kilograms(apart.embodied), 2.5 * kilograms(one.embodied), 1e-9);
  EXPECT_NEAR(apart.embodied.bounds->high.grams(), 2.5 * one.embodied.bounds->high.grams(), 1e-6);
}

TEST_F(HardwareShare, OfAScopeIsTheLimitOfItsControlGroupAndItsGpusAreItsOwn) {
  Tracker tracker(options());
  go(1h);
  (void)tracker.stop();
  tracker::Run run = tracker.run();
  const double whole = kilograms(run.footprint().embodied);
  RunSegment& s = run.segments.front();
  s.context.hardware->scope_cpus = 2;
  EXPECT_NEAR(kilograms(run.footprint().embodied), whole / 4, 1e-9);
  EXPECT_EQ(run.footprint().machines[0].cpu_share, 0.25);

  MeterState gpu = s.meters.front();
  gpu.info = meter::MeterInfo{.id = "GPU-1", .name = "NVIDIA H100 80GB HBM3"};
  gpu.info.device = meter::Device::gpu;
  gpu.info.domain = meter::Domain::gpu;
  s.meters.push_back(gpu);
  for (Frame& frame : s.frames) frame.meters.push_back(frame.meters.front());
  const Footprint f = run.footprint();
  EXPECT_NEAR(kilograms(f.embodied), whole / 4 + 164 * hour, 1e-9);
  ASSERT_EQ(f.machines[0].parts.size(), 2U);
  EXPECT_EQ(f.machines[0].parts[1].name, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(f.machines[0].parts[1].factors, std::vector<std::string>{"gpu.pcf.hgx_h100_per_gpu"});
  EXPECT_FALSE(f.machines[0].parts[1].source.empty());

  s.context.hardware->scope_cpus = 8;
  EXPECT_TRUE(has_issue(run.footprint().embodied.issues, "whole_machine"));
}

TEST_F(HardwareShare, IsOfAMassOrABillWhereOneIsGiven) {
  Options mass = options();
  mass.embodied = CarbonMass::from_kilograms(1200);
  const Footprint of_mass = after(1h, mass);
  EXPECT_NEAR(kilograms(of_mass.embodied), 1200 * hour, 1e-9);
  EXPECT_EQ(of_mass.machines[0].basis, "mass");
  mass.embodied = CarbonMass::from_kilograms(-1);
  EXPECT_EQ(code_of([&] { Tracker{mass}; }), "tracker.bad_config");

  std::ofstream(folder / "soc.yaml") << "schema: carbon-bom/1\n"
                                        "parts: [{id: die, class: manual, carbon: 3, source: s}]\n";
  std::ofstream(folder / "board.yaml") << "schema: carbon-bom/1\nlifetime_years: 2\nimports: {soc: soc.yaml}\n"
                                          "parts: [{id: rest, class: manual, carbon: 5, source: s}]\n";
  Options bill = logged();
  bill.embodied = folder / "board.yaml";
  const Footprint of_bill = after(1h, bill);
  EXPECT_NEAR(kilograms(of_bill.embodied), 8.0 / (2 * 8760), 1e-9);
  EXPECT_EQ(of_bill.machines[0].basis, "board.yaml");
  std::filesystem::remove(folder / "soc.yaml");
  std::filesystem::remove(folder / "board.yaml");
  EXPECT_EQ(load(bill.log).footprint().to_json(), of_bill.to_json()) << "the log holds the texts";

  bill.embodied = folder / "none.yaml";
  bill.log = folder / "other.jsonl";
  EXPECT_EQ(code_of([&] { Tracker{bill}; }), "embodied.bad_bom") << "before the run, not after it";
}

TEST_F(HardwareShare, SaysWhatItAssumes) {
  machine.write("proc/cpuinfo", "processor : 0\n");
  const Footprint f = after(1h, options());
  EXPECT_TRUE(has_issue(f.embodied.issues, "hardware_assumed"));
  EXPECT_TRUE(f.embodied.value);
  machine.write("proc/meminfo", "\n");
  EXPECT_FALSE(after(1h, options()).embodied.value) << "a machine without memory is not known";
}

}  // namespace
}  // namespace co2lib::tracker
