// SPDX-License-Identifier: MIT
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/testing.hpp>

#include "tree.hpp"

using namespace co2lib;
using namespace co2lib::meter;
using namespace std::chrono_literals;

namespace {

using Meters = std::vector<std::shared_ptr<Meter>>;

Meters powercap(const FakeHost& machine, OpenOptions options = {}) {
  options.host = machine.host();
  options.meters = {{std::string("powercap")}};
  Meters meters = meter::open(options);
  std::erase_if(meters, [](const auto& m) { return m->info().provider != "powercap"; });
  return meters;
}

std::vector<std::string> ids(const Meters& meters) {
  std::vector<std::string> list;
  for (const auto& m : meters) list.push_back(m->info().id);
  return list;
}

std::uint64_t count_of(const Reading& reading) {
  const auto* count = std::get_if<Count>(&reading);
  if (count == nullptr) {
    ADD_FAILURE() << "no count: " << std::get<Failed>(reading).text;
    return 0;
  }
  return count->value;
}

/// The failure, or a name that is none if there is a value.
std::string failure_of(const Reading& reading) {
  const auto* failed = std::get_if<Failed>(&reading);
  return failed == nullptr ? "a value" : std::string(text(failed->why));
}

TEST(Powercap, FindsEveryZoneAtAnyDepth) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.name = "package-0", .energy_uj = "100"});
  machine.add_zone("intel-rapl:0:0", {.name = "core"});
  machine.add_zone("intel-rapl:0:1", {.name = "uncore"});
  machine.add_zone("intel-rapl:0:2", {.name = "dram", .max_energy_range_uj = "65712999613"});
  machine.add_zone("intel-rapl:0:2:0", {.name = "dimm"});
  for (int i = 1; i < 11; ++i)
    machine.add_zone("intel-rapl:" + std::to_string(i), {.name = "package-" + std::to_string(i)});
  machine.add_zone("intel-rapl:11", {.name = "psys"});
  machine.add_zone("intel-rapl-mmio:0", {.name = "package-0"});
  machine.add_zone("dtpm:0", {.name = "soc"});
  const Meters meters = powercap(machine);
  EXPECT_EQ(ids(meters),
            (std::vector<std::string>{"dtpm:0", "intel-rapl:0", "intel-rapl:0:0", "intel-rapl:0:1", "intel-rapl:0:2",
                                      "intel-rapl:0:2:0", "intel-rapl:1", "intel-rapl:2", "intel-rapl:3",
                                      "intel-rapl:4", "intel-rapl:5", "intel-rapl:6", "intel-rapl:7", "intel-rapl:8",
                                      "intel-rapl:9", "intel-rapl:10", "intel-rapl:11", "intel-rapl-mmio:0"}));
  const auto info = [&](const std::string& id) {
    return (*std::find_if(meters.begin(), meters.end(), [&](const auto& m) { return m->info().id == id; }))->info();
  };
  EXPECT_EQ(info("intel-rapl:0").domain, Domain::package);
  EXPECT_EQ(info("intel-rapl:0").wrap, WrapRange::modulus(262143328850));
  EXPECT_EQ(info("intel-rapl:0").unit, CounterUnit::microjoule());
  EXPECT_EQ(info("intel-rapl:0").kind, Kind::counter);
  EXPECT_EQ(info("intel-rapl:0:0").domain, Domain::core);
  EXPECT_EQ(info("intel-rapl:0:0").parent, "intel-rapl:0");
  EXPECT_EQ(info("intel-rapl:0:2").domain, Domain::dram);
  EXPECT_EQ(info("intel-rapl:0:2").device, Device::dram);
  EXPECT_EQ(info("intel-rapl:0:2:0").parent, "intel-rapl:0:2");
  EXPECT_EQ(info("intel-rapl:0:2:0").domain, Domain::other);
  EXPECT_EQ(info("intel-rapl:11").domain, Domain::psys);
  EXPECT_EQ(info("intel-rapl-mmio:0").control, "intel-rapl-mmio");
  EXPECT_EQ(info("intel-rapl-mmio:0").domain, Domain::package);
  EXPECT_EQ(info("dtpm:0").domain, Domain::other);
}

TEST(Powercap, FindsZonesWithoutTheLinksAndInAnotherFolder) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0");
  machine.add_zone("intel-rapl:0:0", {.name = "core"});
  std::filesystem::remove_all(machine.root() / "sys/class/powercap");
  EXPECT_TRUE(powercap(machine).empty());
  EXPECT_EQ(powercap(machine, {.powercap_root = machine.root() / "sys/devices/virtual/powercap"}).size(), 2U);
}

TEST(Powercap, AFolderIsOneZoneHoweverManyLinksLeadToIt) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.name = "package-0", .energy_uj = "100"});
  machine.add_zone("intel-rapl:0:0", {.name = "core"});
  const auto links = machine.root() / "sys/class/powercap";
  const auto zone = machine.root() / FakeHost::zone_folder("intel-rapl:0");
  std::filesystem::create_directory_symlink(zone, links / "a:0");          // found before the zone's own link
  std::filesystem::create_directory_symlink(links / "a:0", links / "b");   // a link to a link
  std::filesystem::create_directory_symlink("loop", links / "loop");       // leads nowhere
  std::filesystem::create_directory_symlink(zone, zone / "intel-rapl:7");  // leads back up
  std::ofstream(links / "notes:1") << "no folder\n";
  const Meters meters = powercap(machine);
  EXPECT_EQ(ids(meters), (std::vector<std::string>{"intel-rapl:0", "intel-rapl:0:0"}));
  EXPECT_EQ(meters[1]->info().parent, "intel-rapl:0");
  EXPECT_TRUE(meters[0]->info().provenance.starts_with(std::filesystem::canonical(zone).string() + ";"));
}

TEST(Powercap, MirroredDiesAreTwoMeters) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.name = "package-0-die-0", .energy_uj = "5"});
  machine.add_zone("intel-rapl:1", {.name = "package-0-die-1", .energy_uj = "5"});
  const Meters meters = powercap(machine);
  ASSERT_EQ(meters.size(), 2U);
  EXPECT_EQ(meters[1]->info().domain, Domain::package);
  EXPECT_EQ(meters[1]->info().name, "package-0-die-1");
}

TEST(Powercap, ReadsTheCounterAnew) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.energy_uj = "100"});
  const Meters meters = powercap(machine);
  ASSERT_EQ(meters.size(), 1U);
  EXPECT_EQ(count_of(meters[0]->sample(0s)), 100U);
  machine.set_energy("intel-rapl:0", 262143328850);
  EXPECT_EQ(count_of(meters[0]->sample(1s)), 262143328850U);
  machine.set_energy_text("intel-rapl:0", "18446744073709551615");  // no line end, largest number
  EXPECT_EQ(count_of(meters[0]->sample(2s)), 18446744073709551615U);
}

TEST(Powercap, TextThatIsNoNumberIsAFailedRead) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0");
  const Meters meters = powercap(machine);
  ASSERT_EQ(meters.size(), 1U);
  for (const char* bad :
       {"", "\n", "0xFFFFFFFF\n", "-1\n", "+1\n", " 1\n", "1 \n", "1\n\n", "1\r\n", "1.5\n", "1e3\n", "garbage\n",
        "18446744073709551616\n", "1\n2\n", "00000000000000000000000000000000000000001\n"}) {
    machine.set_energy_text("intel-rapl:0", bad);
    EXPECT_EQ(failure_of(meters[0]->sample(0s)), "parse") << bad;
  }
  machine.set_energy("intel-rapl:0", 7);
  EXPECT_EQ(count_of(meters[0]->sample(0s)), 7U);
}

TEST(Powercap, ExactUnitYieldsTheCountsOfTheRegister) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.energy_uj = std::to_string(4294967295ULL * 61035 / 1000)});
  machine.add_zone("intel-rapl:0:0", {.name = "dram", .energy_uj = "15300", .max_energy_range_uj = "65712999613"});
  const Meters meters = powercap(machine, {.modulus = Modulus::exact_unit});
  ASSERT_EQ(meters.size(), 2U);
  EXPECT_EQ(count_of(meters[0]->sample(0s)), 4294967295U);
  EXPECT_EQ(meters[0]->info().unit, (CounterUnit{1, 16384}));
  EXPECT_EQ(meters[0]->info().wrap, WrapRange::modulus(4294967296));
  machine.set_energy("intel-rapl:0", 262143328851);
  EXPECT_EQ(failure_of(meters[0]->sample(0s)), "parse") << "beyond 32 bits";
  // The unit of server DRAM is not known exactly: as the kernel shows it.
  EXPECT_EQ(count_of(meters[1]->sample(0s)), 15300U);
  EXPECT_EQ(meters[1]->info().unit, CounterUnit::microjoule());
  EXPECT_NE(meters[1]->info().provenance.find("kernel_max"), std::string::npos);
}

TEST(Powercap, AnUnreadableRangeFollowsFromASiblingOfTheSameKind) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0");
  machine.add_zone("intel-rapl:1", {.name = "package-1", .max_energy_range_uj = std::nullopt});
  machine.add_zone("intel-rapl:1:0", {.name = "dram", .max_energy_range_uj = std::nullopt});
  const Meters meters = powercap(machine);
  ASSERT_EQ(meters.size(), 3U);
  EXPECT_TRUE(meters[0]->info().flags.empty());
  EXPECT_EQ(meters[1]->info().wrap, WrapRange::modulus(262143328850));
  EXPECT_EQ(meters[1]->info().flags, std::vector<std::string>{"wrap_modulus_inferred"});
  EXPECT_TRUE(meters[2]->info().wrap.is_unknown()) << "no other DRAM zone";
}

TEST(Powercap, AnOddRangeOfASiblingInfersNothing) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.max_energy_range_uj = "262143328851"});
  machine.add_zone("intel-rapl:1", {.name = "package-1", .max_energy_range_uj = "garbage"});
  const Meters meters = powercap(machine);
  ASSERT_EQ(meters.size(), 2U);
  EXPECT_EQ(meters[0]->info().wrap, WrapRange::modulus(262143328851));
  EXPECT_TRUE(meters[1]->info().wrap.is_unknown());
}

// A file of /proc of a process that ends stands for a zone that vanishes: pread then fails as it does in /sys.
TEST(Powercap, AVanishedFileIsReopenedAtMostOncePerSecond) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  ASSERT_GT(child, 0);
  const std::filesystem::path score = "/proc/" + std::to_string(child) + "/oom_score_adj";
  if (!std::ofstream(score).put('7').flush()) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    GTEST_SKIP() << "oom_score_adj cannot be written here";
  }
  FakeHost machine;
  machine.add_zone("intel-rapl:0");
  const auto file = machine.root() / FakeHost::zone_folder("intel-rapl:0") / "energy_uj";
  std::filesystem::remove(file);
  std::filesystem::create_symlink(score, file);
  const Meters meters = powercap(machine);
  ASSERT_EQ(meters.size(), 1U);
  EXPECT_EQ(count_of(meters[0]->sample(10s)), 7U);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(failure_of(meters[0]->sample(11s)), "lost");
  std::filesystem::remove(file);
  machine.set_energy("intel-rapl:0", 9);
  EXPECT_EQ(failure_of(meters[0]->sample(11900ms)), "lost") << "too early to open it again";
  EXPECT_EQ(count_of(meters[0]->sample(12s)), 9U);
}

// A socket cannot be opened as a file, not even by root.
TEST(Powercap, APackageThatCannotBeOpenedIsNotForgotten) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0");
  machine.add_zone("intel-rapl:1", {.name = "package-1"});
  machine.add_zone("intel-rapl:1:0", {.name = "dram"});
  machine.add_zone("intel-rapl:2", {.name = "package-2"});
  machine.add_zone("intel-rapl-mmio:0", {.name = "package-2", .energy_uj = "7"});
  for (const char* id : {"intel-rapl:1", "intel-rapl:1:0", "intel-rapl:2"}) {
    const auto file = machine.root() / FakeHost::zone_folder(id) / "energy_uj";
    std::filesystem::remove(file);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(file.string().size(), sizeof address.sun_path);
    file.string().copy(address.sun_path, file.string().size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }
  const Meters meters = powercap(machine);
  EXPECT_EQ(ids(meters), (std::vector<std::string>{"intel-rapl:0", "intel-rapl-mmio:0", "intel-rapl:1"}))
      << "package-2 is read by another control type; a DRAM counter that is not read leaves its share to the model";
  EXPECT_EQ(failure_of(meters[2]->sample(0s)), "lost");
  for (const Finding& f : sensors(machine.host())) {
    if (f.provider != "powercap") continue;
    EXPECT_NE(f.reason.find("2 of 5 zones"), std::string::npos) << f.reason;
    EXPECT_EQ(f.meters.size(), 5U);
  }
}

TEST(Powercap, DamagedFilesAreNoNumbers) {
  const test::Tree machine("broken");
  const Meters meters = powercap(machine);
  std::vector<std::string> seen;
  for (const auto& m : meters) {
    const auto reading = m->sample(0s);
    seen.push_back(m->info().id + " " + (m->info().wrap.is_known() ? "range " : "no range ") +
                   (std::holds_alternative<Count>(reading) ? "count" : failure_of(reading)));
  }
  EXPECT_EQ(seen,
            (std::vector<std::string>{"dtpm:0 no range count", "intel-rapl:0 range parse", "intel-rapl:1 range parse",
                                      "intel-rapl:2 range parse",  // inferred from its siblings
                                      "intel-rapl:3 range count", "intel-rapl:3:0 no range count"}));
  EXPECT_EQ(meters[4]->info().flags, std::vector<std::string>{"wrap_modulus_inferred"});
}

TEST(Powercap, ReadsNothingThatIsNotThere) {
  FakeHost machine;
  machine.add_zone("intel-rapl:0", {.energy_uj = std::nullopt});
  EXPECT_TRUE(powercap(machine).empty());
  FakeHost bare;
  EXPECT_TRUE(powercap(bare).empty());
}

}  // namespace
