// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <co2lib/meter.hpp>
#include <co2lib/testing.hpp>

using namespace co2lib;
using namespace co2lib::meter;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace {

using Names = std::vector<std::string>;

Finding finding(const std::vector<Finding>& all, const std::string& provider) {
  for (const Finding& f : all) {
    if (f.provider == provider) return f;
  }
  ADD_FAILURE() << "no finding of " << provider;
  return {};
}

Names opened(OpenOptions options, const FakeHost& machine) {
  options.host = machine.host();
  Names names;
  for (const auto& m : meter::open(options)) names.push_back(m->info().id);
  return names;
}

/// A machine with `cpus` CPUs and 16 GiB, without counters.
void furnish(FakeHost& machine, int cpus = 8) {
  machine.set_cpus(cpus);
  machine.set_memory(16ULL << 30);
  machine.set_cpu_ticks(1000, 9000);
}

TEST(Sensors, CountersAreUsedWhereTheyCanBeRead) {
  FakeHost machine;
  furnish(machine);
  machine.add_zone("intel-rapl:0", {.energy_uj = "5000000"});
  machine.add_zone("intel-rapl:0:0", {.name = "dram"});
  const auto all = co2lib::sensors(machine.host());
  const Finding f = finding(all, "powercap");
  EXPECT_EQ(f.availability, Availability::available);
  EXPECT_TRUE(f.used);
  EXPECT_EQ(f.meters.size(), 2U);
  EXPECT_EQ(f.method, "counter");
  EXPECT_THAT(f.value, HasSubstr("package-0 5 J"));
  EXPECT_FALSE(finding(all, "model.cpu_load").used);
  EXPECT_EQ(finding(all, "model.cpu_load").availability, Availability::available);
  EXPECT_FALSE(finding(all, "model.ram").used) << "DRAM has a counter";
  EXPECT_EQ(opened({}, machine), (Names{"intel-rapl:0", "intel-rapl:0:0"}));
}

TEST(Sensors, WithoutCountersTheModelsStepIn) {
  FakeHost machine;
  furnish(machine);
  EXPECT_EQ(opened({}, machine), (Names{"model.cpu_load", "model.ram"}));
  std::filesystem::remove(machine.root() / "proc/stat");
  EXPECT_EQ(opened({}, machine), (Names{"model.cpu_constant", "model.ram"}));
  const auto all = sensors(machine.host());
  EXPECT_EQ(finding(all, "model.cpu_load").availability, Availability::absent);
  EXPECT_TRUE(finding(all, "model.cpu_constant").used);
}

TEST(Sensors, AnEmptyMachineHasNothingAndSaysWhy) {
  FakeHost machine;
  EXPECT_TRUE(opened({}, machine).empty());
  for (const Finding& f : sensors(machine.host())) {
    EXPECT_EQ(f.availability, Availability::absent) << f.provider;
    EXPECT_FALSE(f.reason.empty()) << f.provider;
    EXPECT_FALSE(f.fix.empty()) << f.provider;
    EXPECT_FALSE(f.used);
  }
}

TEST(Sensors, TheRamModelCoversPackagesWithoutDramCounter) {
  FakeHost machine;
  furnish(machine);
  machine.add_zone("intel-rapl:0");
  EXPECT_EQ(opened({}, machine), (Names{"intel-rapl:0", "model.ram"}));
  machine.add_zone("intel-rapl:0:0", {.name = "dram"});
  machine.add_zone("intel-rapl:1", {.name = "package-1"});
  EXPECT_EQ(opened({}, machine), (Names{"intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "model.ram"}));
  const auto meters = meter::open({.host = machine.host()});
  EXPECT_NEAR(std::get<Watts>(meters.back()->sample(0s)).value, ram_power(16).value / 2, 1e-12);
  EXPECT_THAT(meters.back()->info().provenance, HasSubstr("without a DRAM counter"));
  // A second control type shows the same packages; it changes nothing.
  machine.add_zone("intel-rapl-mmio:0", {.name = "package-0"});
  const auto more = meter::open({.host = machine.host()});
  EXPECT_NEAR(std::get<Watts>(more.back()->sample(0s)).value, ram_power(16).value / 2, 1e-12);
}

TEST(Sensors, APlatformCounterAloneIsNotModelledBesides) {
  FakeHost machine;
  furnish(machine);
  machine.add_zone("intel-rapl:0", {.name = "psys"});
  EXPECT_EQ(opened({}, machine), Names{"intel-rapl:0"});
}

TEST(Sensors, OptionsChooseProvidersAndUsersMeters) {
  FakeHost machine;
  furnish(machine);
  machine.add_zone("intel-rapl:0");
  EXPECT_EQ(opened({.meters = std::vector<MeterChoice>{}}, machine), (Names{"model.cpu_load", "model.ram"}));
  EXPECT_EQ(opened({.meters = {{"model.cpu_constant", "powercap"}}}, machine),
            (Names{"model.cpu_constant", "model.ram"}));
  const auto psu = make_meter({.id = "psu", .device = Device::platform, .domain = Domain::psys, .kind = Kind::power},
                              [] { return 200.0; });
  EXPECT_EQ(opened({.meters = {{psu}}}, machine), Names{"psu"});
  EXPECT_EQ(opened({.meters = {{psu, "powercap"}}}, machine), Names{"psu"});
  EXPECT_EQ(opened({.meters = {{"powercap", psu}}}, machine), (Names{"intel-rapl:0", "psu", "model.ram"}));
}

TEST(Sensors, WrongOptionsAreErrorsThatNameTheRemedy) {
  FakeHost machine;
  const auto message = [&](OpenOptions options) -> std::string {
    try {
      (void)opened(std::move(options), machine);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "meter.bad_option");
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message({.meters = {{"rapl"}}}), HasSubstr("powercap"));
  EXPECT_THAT(message({.meters = {{std::shared_ptr<Meter>()}}}), HasSubstr("null"));
  EXPECT_THAT(message({.gpus = {{0}}}), HasSubstr("no GPU can be measured"));
  EXPECT_EQ(message({.gpus = std::vector<GpuKey>{}}), "no error");
  EXPECT_THAT(message({.tdp_w = 0}), HasSubstr("tdp_w"));
  EXPECT_THAT(message({.ram_w = -1}), HasSubstr("ram_w"));
}

TEST(Sensors, UserKnowledgeReplacesTheModels) {
  FakeHost machine;
  furnish(machine);
  const auto meters = meter::open({.host = machine.host(), .tdp_w = 100, .ram_w = 12});
  ASSERT_EQ(meters.size(), 2U);
  machine.set_cpu_ticks(1025, 9075);
  EXPECT_NEAR(std::get<Watts>(meters[0]->sample(0s)).value, 40, 1e-9);
  const Watts ram = std::get<Watts>(meters[1]->sample(0s));
  EXPECT_EQ(ram.value, 12);
  EXPECT_EQ(ram.low, 12);
  EXPECT_THAT(meters[0]->info().provenance, HasSubstr("TDP 100 W"));
}

TEST(Sensors, TheContainersMemoryIsModelledOnlyOnRequest) {
  FakeHost machine;
  furnish(machine);
  machine.write("proc/self/cgroup", "0::/\n");
  machine.write("sys/fs/cgroup/cgroup.controllers", "memory\n");
  machine.write("sys/fs/cgroup/memory.max", std::to_string(8ULL << 30) + "\n");
  const auto watts = [&](bool container) {
    const auto meters = meter::open({.host = machine.host(), .container_scope = container});
    return std::get<Watts>(meters.back()->sample(0s)).value;
  };
  EXPECT_NEAR(watts(false), 16.0 / 3, 1e-9);
  EXPECT_NEAR(watts(true), 3, 1e-9);
}

TEST(CpuLoad, IsTheMeanSinceThePreviousRead) {
  FakeHost machine;
  furnish(machine);
  const auto meters = meter::open({.host = machine.host()});
  const auto read = [&] { return std::get<Watts>(meters[0]->sample(0s)); };
  const Watts first = read();  // not a tick has passed: any load
  EXPECT_EQ(first.value, cpu_constant_power({.cpus = 8}).value);
  EXPECT_EQ(first.high, cpu_load_power(1, {.cpus = 8}).high);
  EXPECT_TRUE(first.mean_since_previous);
  machine.set_cpu_ticks(1050, 9050);
  EXPECT_EQ(read().value, cpu_load_power(0.5, {.cpus = 8}).value);
  EXPECT_EQ(read().value, cpu_load_power(0.5, {.cpus = 8}).value) << "no tick: the previous mean";
  machine.set_cpu_ticks(1150, 9050);
  EXPECT_EQ(read().value, cpu_load_power(1, {.cpus = 8}).value);
  EXPECT_TRUE(read().mean_since_previous);
}

TEST(CpuLoad, ABadFileIsAFailedReadAndSpannedAfterwards) {
  FakeHost machine;
  furnish(machine);
  const auto meters = meter::open({.host = machine.host()});
  for (const char* bad : {"", "cpu\n", "cpu  1 2 3\n", "cpu  1 2 x 4\n", "intr 1 2 3 4\n", "cpu  1 2 3 -4\n"}) {
    machine.write("proc/stat", bad);
    EXPECT_EQ(std::get<Failed>(meters[0]->sample(0s)).why, Failure::parse) << bad;
  }
  std::filesystem::remove(machine.root() / "proc/stat");
  EXPECT_EQ(std::get<Failed>(meters[0]->sample(0s)).why, Failure::absent);
  machine.set_cpu_ticks(1025, 9075);
  EXPECT_EQ(std::get<Watts>(meters[0]->sample(0s)).value, cpu_load_power(0.25, {.cpus = 8}).value);
}

TEST(Findings, AnEmptyPowercapFolderInAContainerIsMasked) {
  FakeHost machine;
  furnish(machine);
  std::filesystem::create_directories(machine.root() / "sys/class/powercap");
  EXPECT_EQ(finding(sensors(machine.host()), "powercap").availability, Availability::absent);
  machine.write("proc/self/cgroup", "0::/docker/abc\n");
  const Finding f = finding(sensors(machine.host()), "powercap");
  EXPECT_EQ(f.availability, Availability::masked);
  EXPECT_THAT(f.reason, HasSubstr("masked by the container runtime"));
  EXPECT_THAT(f.fix, HasSubstr("CO2LIB_POWERCAP_ROOT"));
}

TEST(Findings, LinksThatLeadNowhereAreMasked) {
  FakeHost machine;
  furnish(machine);
  machine.add_zone("intel-rapl:0");
  std::filesystem::remove_all(machine.root() / "sys/devices/virtual/powercap/intel-rapl");
  EXPECT_EQ(finding(sensors(machine.host()), "powercap").availability, Availability::masked);
}

TEST(Findings, NoPowercapNamesTheLikelyReason) {
  FakeHost machine;
  furnish(machine);
  EXPECT_EQ(finding(sensors(machine.host()), "powercap").fix, "modprobe intel_rapl_msr");
  machine.set_cpus(2, "GenuineIntel", "fpu hypervisor");
  EXPECT_THAT(finding(sensors(machine.host()), "powercap").reason, HasSubstr("virtual machine"));
  machine.write("proc/version", "Linux version 5.15.167.4-microsoft-standard-WSL2\n");
  EXPECT_THAT(finding(sensors(machine.host()), "powercap").reason, HasSubstr("WSL2 has no CPU counter"));
  std::filesystem::remove(machine.root() / "proc/version");
  machine.set_cpus(2, "", "fp asimd");
  EXPECT_THAT(finding(sensors(machine.host()), "powercap").reason, HasSubstr("ARM"));
}

TEST(Findings, SgxIsNamed) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0");
  machine.set_cpus(2, "GenuineIntel", "fpu sgx");
  const Finding f = finding(sensors(machine.host()), "powercap");
  EXPECT_THAT(f.reason, HasSubstr("sgx"));
  EXPECT_EQ(f.meters.at(0).flags, std::vector<std::string>{"energy_filtering_possible"});
}

// Root may read everything, so that the check runs as another user in a child.
TEST(Findings, CountersThatOnlyRootReadsComeWithTheRemedy) {
  FakeHost machine;
  furnish(machine);
  machine.add_zone("intel-rapl:0", {.energy_uj = "5000000"});
  const auto file = machine.root() / FakeHost::zone_folder("intel-rapl:0") / "energy_uj";
  std::filesystem::permissions(file, std::filesystem::perms(0));
  const auto problem = [&]() -> std::string {
    const Finding f = finding(sensors(machine.host()), "powercap");
    if (f.availability != Availability::no_permission) return "availability " + std::string(text(f.availability));
    for (const char* part : {"(mode 0000, owner ", "kernel 5.10+: CVE-2020-8694", "intel-rapl:0/energy_uj"}) {
      if (f.reason.find(part) == std::string::npos) return std::string("no '") + part + "' in: " + f.reason;
    }
    for (const char* part :
         {"z /sys/devices/virtual/powercap/intel-rapl/*/energy_uj 0440 root <group> -", "*/*/energy_uj", "PLATYPUS"}) {
      if (f.fix.find(part) == std::string::npos) return std::string("no '") + part + "' in: " + f.fix;
    }
    if (f.meters.size() != 1 || f.used) return "the zone is not listed, or is used";
    if (opened({}, machine) != Names{"model.cpu_load", "model.ram"}) return "the models do not step in";
    return {};
  };
  if (::geteuid() != 0) {
    EXPECT_EQ(problem(), "");
    return;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const std::string text = problem();
    if (!text.empty()) ::write(2, text.data(), text.size());
    ::_exit(text.empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "this environment lets root change to no other user";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Findings, AreWrittenAsOneLine) {
  EXPECT_EQ(fmt::format("{}", Finding{.provider = "powercap",
                                      .availability = Availability::no_permission,
                                      .reason = "/x is not readable",
                                      .fix = "do y"}),
            "powercap: no permission: /x is not readable. Fix: do y");
  EXPECT_EQ(to_string(Finding{.provider = "p", .reason = "r", .used = true, .value = "5 J"}),
            "p: available: r; used; now 5 J");
}

TEST(Sensors, ThisMachineCanBeAsked) {
  const auto all = sensors();
  ASSERT_EQ(all.size(), 8U);
  for (const Finding& f : all) EXPECT_FALSE(f.reason.empty()) << f.provider;
  for (const auto& m : meter::open()) {
    const Reading reading = m->sample(SystemClock().monotonic());
    EXPECT_FALSE(std::holds_alternative<Failed>(reading)) << m->info().id;
  }
}

}  // namespace
