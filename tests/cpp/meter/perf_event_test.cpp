// SPDX-License-Identifier: MIT
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <co2lib/meter.hpp>
#include <co2lib/tracker.hpp>

#include "meter/rapl.hpp"
#include "meter/reader.hpp"
#include "tree.hpp"

using namespace co2lib;
using namespace co2lib::meter;
using namespace co2lib::test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

/// The counters of a machine: by event and CPU.
class FakePerf final : public PerfCounters {
 public:
  using Key = std::pair<std::uint64_t, int>;

  int open(std::uint32_t type, std::uint64_t config, int cpu) override {
    ++opens;
    types.push_back(type);
    const auto error = open_errors.find({config, cpu});
    if (error != open_errors.end()) return -error->second;
    if (every_open_error != 0) return -every_open_error;
    const int fd = next_++;
    open_[fd] = {config, cpu};
    return fd;
  }
  std::variant<std::uint64_t, int> read(int fd) override {
    const Key key = open_.at(fd);
    const auto error = read_errors.find(key);
    if (error != read_errors.end()) return error->second;
    return counts[key];
  }
  void close(int fd) override { open_.erase(fd); }

  [[nodiscard]] std::size_t still_open() const { return open_.size(); }

  std::map<Key, std::uint64_t> counts;
  std::map<Key, int> open_errors;
  std::map<Key, int> read_errors;
  std::vector<std::uint32_t> types;
  int every_open_error = 0;
  int opens = 0;

 private:
  std::map<int, Key> open_;
  int next_ = 3;
};

constexpr std::uint64_t joule = std::uint64_t{1} << 32;

Plan plan(const Tree& machine, const std::shared_ptr<FakePerf>& perf, OpenOptions options = {}) {
  options.host = machine.host();
  return make_plan(options, perf);
}

Finding perf_finding(const Tree& machine, const std::shared_ptr<FakePerf>& perf) {
  return finding(plan(machine, perf).findings, "perf_event");
}

TEST(PerfEvent, HasOneMeterPerEventAndPackage) {
  const Tree machine("intel_2s");
  const auto perf = std::make_shared<FakePerf>();
  const Plan p = plan(machine, perf);
  EXPECT_EQ(ids(p.meters), (Names{"perf_event/package-0", "perf_event/package-1", "perf_event/package-0/dram",
                                  "perf_event/package-1/dram"}));
  EXPECT_EQ(perf->types.front(), 32U);
  const MeterInfo dram = p.meters[3]->info();
  EXPECT_EQ(dram.parent, "perf_event/package-1");
  EXPECT_EQ(dram.domain, Domain::dram);
  EXPECT_EQ(dram.device, Device::dram);
  EXPECT_EQ(dram.accuracy, 0.15);
  const MeterInfo package = p.meters[0]->info();
  EXPECT_EQ(package.name, "package-0");
  EXPECT_EQ(package.domain, Domain::package);
  EXPECT_EQ(package.unit, (CounterUnit{1, 4294967296}));
  EXPECT_TRUE(package.wrap.is_none());
  EXPECT_EQ(package.accuracy, 0.05);
  EXPECT_TRUE(finding(p.findings, "perf_event").used);
  const Finding powercap = finding(p.findings, "powercap");
  EXPECT_EQ(powercap.availability, Availability::available);
  EXPECT_FALSE(powercap.used) << "never both";
  EXPECT_THAT(powercap.reason, HasSubstr("excluded: perf_event measures the same"));
  EXPECT_FALSE(finding(p.findings, "model.cpu_load").used);
  EXPECT_FALSE(finding(p.findings, "model.ram").used);
}

TEST(PerfEvent, ATrackerSumsThePackagesAndTheirMemoryExactly) {
  const Tree machine("intel_2s");
  const auto perf = std::make_shared<FakePerf>();
  const auto clock = std::make_shared<ManualClock>();
  std::vector<MeterChoice> meters;
  for (const auto& m : plan(machine, perf).meters) meters.emplace_back(m);
  tracker::Tracker tracker({.meters = meters, .host = machine.host(), .clock = clock});
  ASSERT_TRUE(clock->wait_for_waiters(1));
  for (int second = 0; second < 10; ++second) {
    perf->counts[{2, 0}] += 100 * joule;
    perf->counts[{2, 20}] += 150 * joule + 1;
    perf->counts[{3, 0}] += 10 * joule;
    perf->counts[{3, 20}] += 20 * joule;
    clock->advance(1s);
  }
  const tracker::Footprint f = tracker.stop();
  EXPECT_EQ(f.totals.cpu.energy_j, 2500 + 10.0 / static_cast<double>(joule));
  EXPECT_EQ(f.totals.dram.energy_j, 300);
  EXPECT_EQ(f.energy.value->joules(), 2800 + 10.0 / static_cast<double>(joule));
  EXPECT_TRUE(f.totals.issues.empty());
}

TEST(PerfEvent, ScalesAreParsedExactlyOrNotAtAll) {
  const auto unit = [](const std::string& text) -> std::optional<CounterUnit> {
    Tree machine("intel_2s");
    machine.write("sys/bus/event_source/devices/power/events/energy-pkg.scale", text);
    const Plan p = plan(machine, std::make_shared<FakePerf>(), {.meters = {{"perf_event"}}});
    for (const auto& m : p.meters) {
      if (m->info().domain == Domain::package) return m->info().unit;
    }
    return std::nullopt;
  };
  EXPECT_EQ(unit("2.3283064365386963e-10\n"), (CounterUnit{1, std::int64_t{1} << 32}));
  EXPECT_EQ(unit("2.3283064365386962890625e-10"), (CounterUnit{1, std::int64_t{1} << 32}));
  EXPECT_EQ(unit("6.103515625e-05\n"), (CounterUnit{1, 16384}));
  EXPECT_EQ(unit("1\n"), (CounterUnit{1, 1}));
  EXPECT_EQ(unit("4\n"), (CounterUnit{4, 1}));
  for (const char* bad :
       {"", "\n", "2.3e-10\n", "0\n", "-1\n", "nan\n", "inf\n", "1e-300\n", "1e300\n", "1 J\n", "x\n"}) {
    EXPECT_EQ(unit(bad), std::nullopt) << bad;
  }
}

TEST(PerfEvent, WhatIsNoEventIsLeftOutAndNamed) {
  Tree machine("intel_2s");
  machine.write("sys/bus/event_source/devices/power/events/energy-ram", "event=3\n");
  machine.write("sys/bus/event_source/devices/power/events/energy-psys", "event=0x05\n");  // without scale and unit
  const auto perf = std::make_shared<FakePerf>();
  const Plan p = plan(machine, perf, {.meters = {{"perf_event"}}});
  EXPECT_EQ(ids(p.meters), (Names{"perf_event/package-0", "perf_event/package-1", "model.ram"}));
  EXPECT_THAT(finding(p.findings, "perf_event").reason, HasSubstr("energy-ram: event, scale or unit"));
  const Tree broken("broken");
  const Finding f = perf_finding(broken, perf);
  EXPECT_EQ(f.availability, Availability::failed);
  EXPECT_THAT(f.reason, HasSubstr("type holds no number"));
}

TEST(PerfEvent, NamesDiesAndCountsMirrorsOnce) {
  const Tree machine("intel_2_dies");
  const auto perf = std::make_shared<FakePerf>();
  const Plan p = plan(machine, perf, {.meters = {{"perf_event"}}});
  EXPECT_EQ(ids(p.meters), (Names{"perf_event/package-0-die-0", "perf_event/package-0-die-1",
                                  "perf_event/package-1-die-0", "perf_event/package-1-die-1", "model.ram"}));
  std::vector<CounterTrace> traces;
  for (std::size_t i = 0; i < 4; ++i) traces.push_back({p.meters[i]->info(), {}});
  for (int second = 0; second < 5; ++second) {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto reading = p.meters[i]->sample(std::chrono::seconds(second));
      traces[i].samples.push_back({std::chrono::seconds(second), std::get<Count>(reading).value});
    }
    for (const int cpu : {0, 24}) perf->counts[{2, cpu}] += 20 * joule;
    perf->counts[{2, 48}] += 30 * joule;
    perf->counts[{2, 72}] += 40 * joule;
  }
  const ZoneResult result = integrate_zones(traces);
  EXPECT_EQ(result.totals.cpu.energy_j, 4 * (20 + 30 + 40));
  EXPECT_EQ(result.roles[1].mirror_of, 0U);
}

TEST(PerfEvent, PsysIsAtTheTopAndASecondOneIsReportedOnly) {
  const Tree machine("sapphire_rapids");
  const auto perf = std::make_shared<FakePerf>();
  const Plan p = plan(machine, perf);
  const MeterInfo psys = by_id(p.meters, "perf_event/psys")->info();
  EXPECT_EQ(psys.domain, Domain::psys);
  EXPECT_EQ(psys.device, Device::platform);
  EXPECT_EQ(psys.parent, "");
  EXPECT_EQ(psys.flags, Names{"energy_filtering_possible"});
  EXPECT_EQ(by_id(p.meters, "perf_event/psys-1")->info().domain, Domain::other);
  EXPECT_THAT(finding(p.findings, "perf_event").reason, HasSubstr("sgx"));
}

TEST(PerfEvent, PartsOfAPackageAreItsChildren) {
  const Tree machine("laptop_mmio");
  const Plan p = plan(machine, std::make_shared<FakePerf>());
  EXPECT_EQ(ids(p.meters), (Names{"perf_event/package-0", "perf_event/package-0/core", "perf_event/package-0/uncore",
                                  "perf_event/psys", "model.ram"}));
  EXPECT_EQ(p.meters[1]->info().domain, Domain::core);
  EXPECT_EQ(p.meters[2]->info().domain, Domain::uncore);
}

TEST(PerfEvent, OnAmdPowercapSaysWhichDomainsThereAre) {
  Tree machine("amd_epyc");
  const auto perf = std::make_shared<FakePerf>();
  const Finding f = perf_finding(machine, perf);
  EXPECT_EQ(f.meters.size(), 2U);
  EXPECT_THAT(f.reason, HasSubstr("energy-ram is left out: powercap has no such zone"));
  EXPECT_THAT(f.reason, HasSubstr("power_core"));
  EXPECT_EQ(f.meters[0].accuracy, 0.15);
  std::filesystem::remove_all(machine.root() / "sys/class/powercap");
  EXPECT_EQ(perf_finding(machine, perf).meters.size(), 4U) << "without powercap nothing tells";
  const Tree intel("intel_2s");
  std::filesystem::remove_all(intel.root() / "sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/intel-rapl:0:0");
  std::filesystem::remove_all(intel.root() / "sys/devices/virtual/powercap/intel-rapl/intel-rapl:1/intel-rapl:1:0");
  EXPECT_EQ(perf_finding(intel, perf).meters.size(), 4U) << "on Intel the events are right";
}

TEST(PerfEvent, DeniedNamesParanoidAndTheCapability) {
  Tree machine("intel_2s");
  const auto perf = std::make_shared<FakePerf>();
  perf->every_open_error = EACCES;
  Finding f = perf_finding(machine, perf);
  EXPECT_EQ(f.availability, Availability::no_permission);
  EXPECT_THAT(f.reason, HasSubstr("perf_event_paranoid is 2"));
  EXPECT_THAT(f.reason, HasSubstr("neither CAP_PERFMON"));
  EXPECT_THAT(f.fix, HasSubstr("setcap cap_perfmon=ep"));
  EXPECT_THAT(f.fix, HasSubstr("PLATYPUS"));
  EXPECT_EQ(f.meters.size(), 4U);
  EXPECT_TRUE(finding(plan(machine, perf).findings, "powercap").used);
  perf->every_open_error = EPERM;
  machine.write("proc/self/status", "Name:\tx\nCapEff:\t0000004000000000\n");
  f = perf_finding(machine, perf);
  EXPECT_THAT(f.reason, HasSubstr("seccomp"));
  EXPECT_THAT(f.reason, Not(HasSubstr("neither")));
  machine.write("proc/self/cgroup", "0::/docker/abc\n");
  EXPECT_THAT(perf_finding(machine, perf).fix, HasSubstr("--cap-add PERFMON"));
}

TEST(PerfEvent, APackageThatCannotBeOpenedLeavesTheTotalIncomplete) {
  const Tree machine("intel_2s");
  const auto perf = std::make_shared<FakePerf>();
  perf->open_errors[{2, 20}] = ENODEV;
  // Powercap reads both packages: it is used.
  const Plan both = plan(machine, perf);
  EXPECT_TRUE(finding(both.findings, "powercap").used);
  EXPECT_THAT(finding(both.findings, "perf_event").reason, HasSubstr("excluded: powercap measures the same, and more"));
  std::filesystem::remove_all(machine.root() / "sys/class/powercap");
  const Plan alone = plan(machine, perf);
  EXPECT_THAT(finding(alone.findings, "perf_event").reason, HasSubstr("3 of 4 events"));
  const auto lost = by_id(alone.meters, "perf_event/package-1");
  EXPECT_EQ(shown(lost->sample(1s)), "lost");
  std::vector<MeterInfo> infos;
  std::vector<WindowEnergy> windows;
  for (const auto& m : alone.meters) {
    infos.push_back(m->info());
    windows.push_back({});
    if (m != lost) windows.back().energy_j = 100;
  }
  const Totals totals = add_up(infos, windows, zone_roles(infos, [](auto, auto) { return false; }));
  EXPECT_TRUE(has_issue(totals.issues, "incomplete"));
  perf->open_errors.clear();
  EXPECT_EQ(shown(lost->sample(1900ms)), "lost") << "opened again at most once per second";
  EXPECT_EQ(shown(lost->sample(2s)), "0");
}

TEST(PerfEvent, PowercapIsTakenWhereItAloneReadsTheMemory) {
  const Tree machine("intel_2s");
  const auto perf = std::make_shared<FakePerf>();
  perf->open_errors[{3, 0}] = perf->open_errors[{3, 20}] = ENOENT;
  const Plan p = plan(machine, perf);
  EXPECT_FALSE(finding(p.findings, "perf_event").used);
  EXPECT_TRUE(finding(p.findings, "powercap").used);
  EXPECT_FALSE(finding(p.findings, "model.ram").used);
  const Plan asked = plan(machine, perf, {.meters = {{"perf_event", "powercap"}}});
  EXPECT_TRUE(finding(asked.findings, "perf_event").used) << "the user's order holds";
  EXPECT_FALSE(finding(asked.findings, "powercap").used);
}

TEST(PerfEvent, AFailedReadIsNoNumberAndTheCounterIsOpenedAgain) {
  const Tree machine("laptop_mmio");
  const auto perf = std::make_shared<FakePerf>();
  {
    const Plan p = plan(machine, perf);
    const auto package = by_id(p.meters, "perf_event/package-0");
    perf->counts[{2, 0}] = 7 * joule;
    EXPECT_EQ(shown(package->sample(10s)), std::to_string(7 * joule));
    perf->read_errors[{2, 0}] = ENODEV;
    EXPECT_EQ(shown(package->sample(11s)), "lost");
    perf->read_errors.clear();
    const int opens = perf->opens;
    EXPECT_EQ(shown(package->sample(11500ms)), "lost");
    EXPECT_EQ(perf->opens, opens);
    EXPECT_EQ(shown(package->sample(12s)), std::to_string(7 * joule));
    EXPECT_EQ(perf->opens, opens + 1);
  }
  EXPECT_EQ(perf->still_open(), 0U);
}

// As seen on a virtual machine: the PMU without any event.
TEST(PerfEvent, APmuWithoutEventsIsAbsent) {
  const Tree machine("intel_2s");
  std::filesystem::remove_all(machine.root() / "sys/bus/event_source/devices/power/events");
  const Finding f = perf_finding(machine, std::make_shared<FakePerf>());
  EXPECT_EQ(f.availability, Availability::absent);
  EXPECT_THAT(f.reason, HasSubstr("virtual machine"));
}

// The system's own calls, on a counter that every kernel has: the clock of a CPU.
TEST(PerfEvent, TheSystemsCountersAreOpenedReadAndClosed) {
  const auto counters = system_perf_counters();
  constexpr std::uint32_t software = 1;
  constexpr std::uint64_t cpu_clock = 0;
  const int fd = counters->open(software, cpu_clock, 0);
  if (fd < 0) GTEST_SKIP() << "perf_event_open is refused here: errno " << -fd;
  EXPECT_EQ(::fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  const auto first = counters->read(fd);
  const auto second = counters->read(fd);
  EXPECT_GT(std::get<std::uint64_t>(second), std::get<std::uint64_t>(first));
  counters->close(fd);
  EXPECT_EQ(std::get<int>(counters->read(fd)), EBADF);
  EXPECT_LT(counters->open(software, cpu_clock, 1 << 20), 0) << "no such CPU";
}

TEST(PerfEvent, ATreeOfFilesIsNotThisKernel) {
  const Tree machine("intel_2s");
  const Finding f = finding(sensors(machine.host()), "perf_event");
  EXPECT_EQ(f.availability, Availability::absent);
  EXPECT_THAT(f.reason, HasSubstr("not of this kernel"));
}

TEST(PerfEvent, UnknownTopologyStillTellsPackagesApart) {
  const Tree machine("intel_2s");
  std::filesystem::remove_all(machine.root() / "sys/devices/system");
  const Plan p = plan(machine, std::make_shared<FakePerf>());
  EXPECT_EQ(p.meters[1]->info().name, "package-20");
}

}  // namespace
