// SPDX-License-Identifier: MIT
#include <co2lib/host.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include <gtest/gtest.h>

namespace {

using namespace co2lib;
namespace fs = std::filesystem;

class HostTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "co2lib_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    host_ = {.sysfs = root_ / "sys", .procfs = root_ / "proc", .dev = root_ / "dev"};
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file, std::ios::binary) << text;
  }

  fs::path root_;
  Host host_;
};

TEST_F(HostTest, ReadsProcessorAndMemory) {
  std::string cpuinfo;
  for (int cpu = 0; cpu < 8; ++cpu) {
    cpuinfo += "processor\t: " + std::to_string(cpu) +
               "\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz\n"
               "physical id\t: " +
               std::to_string(cpu / 4) + "\ncore id\t\t: " + std::to_string(cpu % 2) +
               "\nflags\t\t: fpu sgx_lc sgx\n\n";
  }
  write("proc/cpuinfo", cpuinfo);
  write("proc/meminfo", "MemTotal:       16384256 kB\nMemFree:         1 kB\n");
  write("proc/sys/kernel/random/boot_id", "5a1c\n");
  write("proc/sys/kernel/hostname", "node-7\n");
  const Machine machine = read_machine(host_);
  EXPECT_EQ(machine.cpu_model, "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz");
  EXPECT_EQ(machine.cpu_vendor, "GenuineIntel");
  EXPECT_EQ(machine.logical_cpus, 8);
  EXPECT_EQ(machine.packages, 2);
  EXPECT_EQ(machine.physical_cores, 4);
  EXPECT_EQ(machine.memory_bytes, 16384256ULL * 1024);
  EXPECT_TRUE(machine.sgx);
  EXPECT_EQ(machine.boot_id, "5a1c");
  EXPECT_EQ(machine.hostname, "node-7");
}

TEST_F(HostTest, LeavesWhatIsNotThereWithoutAValue) {
  const Machine machine = read_machine(host_);
  EXPECT_EQ(machine.cpu_model, "");
  EXPECT_EQ(machine.logical_cpus, std::nullopt);
  EXPECT_EQ(machine.packages, std::nullopt);
  EXPECT_EQ(machine.physical_cores, std::nullopt);
  EXPECT_EQ(machine.memory_bytes, std::nullopt);
  EXPECT_FALSE(machine.sgx);
}

TEST_F(HostTest, OfArmAndVirtualMachinesHasNoPackages) {
  write("proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\nBogoMIPS\t: 108.00\n");
  const Machine machine = read_machine(host_);
  EXPECT_EQ(machine.logical_cpus, 2);
  EXPECT_EQ(machine.packages, std::nullopt);
  EXPECT_EQ(machine.physical_cores, std::nullopt);
}

TEST_F(HostTest, TakesNonsenseForUnknown) {
  write("proc/cpuinfo", "processor\nphysical id\t: many\n:::\n\n\nflags : xsgx sgx1\ncore id\t: 1\n");
  write("proc/meminfo", "MemTotal: much kB\n");
  const Machine machine = read_machine(host_);
  EXPECT_EQ(machine.logical_cpus, std::nullopt);
  EXPECT_EQ(machine.packages, std::nullopt);
  EXPECT_EQ(machine.memory_bytes, std::nullopt);
  EXPECT_FALSE(machine.sgx) << "only the word sgx counts";
}

TEST_F(HostTest, TakesAMemoryThatDoesNotFitForUnknown) {
  write("proc/meminfo", "MemTotal: 18446744073709551615 kB\n");
  EXPECT_EQ(read_machine(host_).memory_bytes, std::nullopt);
}

TEST_F(HostTest, ThisMachineHasAProcessorAndMemory) {
  const Machine machine = read_machine();
  EXPECT_GE(machine.logical_cpus.value_or(0), 1);
  EXPECT_GT(machine.memory_bytes.value_or(0), 0U);
}

TEST_F(HostTest, ReadTextGivesTheWholeFile) {
  write("file", "a\nb");
  EXPECT_EQ(*read_text(root_ / "file"), "a\nb");
  write("empty", "");
  EXPECT_EQ(*read_text(root_ / "empty"), "");
}

TEST_F(HostTest, ReadTextTellsAbsentFromForbiddenFromBroken) {
  const auto absent = read_text(root_ / "no/such");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.issue().code, "absent");
  EXPECT_EQ(absent.issue().subject, (root_ / "no/such").string());
  EXPECT_EQ(read_text(root_).issue().code, "io") << "a folder is not a file";
  write("file", "");
  EXPECT_EQ(read_text(root_ / "file/below").issue().code, "absent");
}

TEST_F(HostTest, ReadTextSaysNoPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  write("secret", "x");
  fs::permissions(root_ / "secret", fs::perms::none);
  EXPECT_EQ(read_text(root_ / "secret").issue().code, "no_permission");
}

TEST_F(HostTest, ReadTextStopsAtOneMebibyte) {
  write("large", std::string((1U << 20) + 100'000, 'x'));
  const auto text = read_text(root_ / "large");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), std::size_t{1} << 20);
}

}  // namespace
