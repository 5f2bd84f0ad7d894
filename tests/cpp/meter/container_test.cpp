// SPDX-License-Identifier: MIT
#include <co2lib/meter/container.hpp>

#include <string>

#include <gtest/gtest.h>
#include <co2lib/testing.hpp>

using namespace co2lib;
using namespace co2lib::meter;

namespace {

constexpr HostSize big{.cpus = 64, .memory_bytes = 256ULL << 30};

TEST(Container, TheGroupOfAProcessIsThatOfItsWholeJob) {
  const std::string slurm = "/system.slice/slurmstepd.scope/job_123";
  const std::string pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12ab_34.slice";
  for (const auto& [path, group] : std::initializer_list<std::pair<std::string, std::string>>{
           {slurm + "/step_0/user/task_0", slurm},
           {slurm, slurm},
           {"/slurm/uid_1000/job_7/step_batch/task_0", "/slurm/uid_1000/job_7"},
           {pod + "/cri-containerd-0123.scope", pod},
           {"/kubepods/burstable/pod12ab-34/0123", "/kubepods/burstable/pod12ab-34"},
           {"/lsf/cluster/job.42.1.99/0", "/lsf/cluster/job.42.1.99"},
           {"/pbspro.service/jobid/77.head/x", "/pbspro.service/jobid/77.head"},
           {"/lxc.payload.box/init.scope", "/lxc.payload.box"},
           {"/system.slice/docker-0123.scope", "/system.slice/docker-0123.scope"},
           {"/user.slice/user-1000.slice/session-3.scope", "/user.slice/user-1000.slice/session-3.scope"},
           {"/user.slice/user-1000.slice/user@1000.service/app.slice/run-5.scope/inner",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/run-5.scope"},
           {"/system.slice/train.service/worker/1", "/system.slice/train.service"},
           {"/docker/0123", "/docker/0123"},
           {"/jobs/mine", "/jobs/mine"},
           {"/", "/"},
           {"", ""}}) {
    EXPECT_EQ(job_group(path), group) << path;
  }
}

TEST(Container, ReadsVersionTwo) {
  const ContainerLimits l = container_limits(CgroupFiles{{"cgroup.controllers", "cpu memory\n"},
                                                         {"cpu.max", "250000 100000\n"},
                                                         {"memory.max", "8589934592\n"},
                                                         {"cpuset.cpus.effective", "0-63\n"}},
                                             big);
  EXPECT_EQ(l.version, 2);
  EXPECT_EQ(l.cpus, 2.5);
  EXPECT_EQ(l.memory_bytes, 8589934592U);
  EXPECT_TRUE(l.cpus_limited);
  EXPECT_TRUE(l.memory_limited);
}

TEST(Container, ReadsVersionOne) {
  const ContainerLimits l = container_limits(CgroupFiles{{"cpu/cpu.cfs_quota_us", "150000\n"},
                                                         {"cpu/cpu.cfs_period_us", "50000\n"},
                                                         {"cpuset/cpuset.cpus", "0,2,4-5\n"},
                                                         {"memory/memory.limit_in_bytes", "1073741824\n"}},
                                             big);
  EXPECT_EQ(l.version, 1);
  EXPECT_EQ(l.cpus, 3);
  EXPECT_EQ(l.memory_bytes, 1073741824U);
}

TEST(Container, NoLimitIsTheMachine) {
  const CgroupFiles v2{{"cgroup.controllers", ""}, {"cpu.max", "max 100000\n"}, {"memory.max", "max\n"}};
  const CgroupFiles v1{{"cpu/cpu.cfs_quota_us", "-1\n"}, {"memory/memory.limit_in_bytes", "9223372036854771712\n"}};
  for (const CgroupFiles& files : {v2, v1, CgroupFiles{}}) {
    const ContainerLimits l = container_limits(files, big);
    EXPECT_EQ(l.cpus, 64);
    EXPECT_EQ(l.memory_bytes, 256ULL << 30);
    EXPECT_FALSE(l.cpus_limited);
    EXPECT_FALSE(l.memory_limited);
    EXPECT_TRUE(l.issues.empty());
  }
}

TEST(Container, TheSmallestLimitAlongTheAncestorsHolds) {
  const ContainerLimits l =
      container_limits({{{"cgroup.controllers", ""}, {"cpu.max", "800000 100000"}, {"memory.max", "1000"}},
                        {{"cpu.max", "200000 100000"}, {"memory.max", "5000"}},
                        {{"cpuset.cpus.effective", "0-5"}}},
                       big);
  EXPECT_EQ(l.cpus, 2);
  EXPECT_EQ(l.memory_bytes, 1000U);
}

TEST(Container, UnknownStaysUnknown) {
  const ContainerLimits l = container_limits(CgroupFiles{}, HostSize{});
  EXPECT_FALSE(l.cpus);
  EXPECT_FALSE(l.memory_bytes);
}

TEST(Container, WhatIsNoLimitSetsNoneAndSaysSo) {
  const ContainerLimits l = container_limits(
      CgroupFiles{
          {"cgroup.controllers", ""}, {"cpu.max", "0 100000"}, {"memory.max", "-5"}, {"cpuset.cpus.effective", "3-1"}},
      big);
  EXPECT_EQ(l.cpus, 64);
  EXPECT_EQ(l.issues.size(), 3U);
  EXPECT_TRUE(has_issue(l.issues, "limit_unreadable"));
  for (const char* text : {"garbage", "1-", "-3", "1,,2", "1,", "0-99999999"}) {
    EXPECT_FALSE(
        container_limits(CgroupFiles{{"cgroup.controllers", ""}, {"cpuset.cpus.effective", text}}, big).issues.empty())
        << text;
  }
}

TEST(CpuList, NamesEveryCpuOnceAndInOrder) {
  using Cpus = std::vector<int>;
  EXPECT_EQ(meter::detail::parse_cpu_list("0-3,8"), (Cpus{0, 1, 2, 3, 8}));
  EXPECT_EQ(meter::detail::parse_cpu_list("8,0-2,1-3,8\n"), (Cpus{0, 1, 2, 3, 8}));
  EXPECT_EQ(meter::detail::parse_cpu_list("7"), Cpus{7});
  for (const char* text :
       {"", "\n", ",", "1,", ",1", "1-", "-1", "3-1", "0x1", " 1", "1 ", "0-1000001", "99999999999"}) {
    EXPECT_FALSE(meter::detail::parse_cpu_list(text)) << text;
  }
  std::string often;  // of a list that repeats itself only as many CPUs as there are
  for (int i = 0; i < 1000; ++i) often += (i > 0 ? "," : "") + std::string("0-999999");
  EXPECT_EQ(meter::detail::parse_cpu_list(often)->size(), 1'000'000U);
}

TEST(Container, SaysTheNumberThatWasRefused) {
  const auto message = [](double cpus) -> std::string {
    try {
      (void)container_limits(CgroupFiles{}, {.cpus = cpus});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(-1e-9), "host.cpus must be above 0, not -1e-09");
  EXPECT_EQ(message(-0.25), "host.cpus must be above 0, not -0.25");
}

TEST(Container, RefusesAMachineWithoutCpus) { EXPECT_THROW((void)container_limits(CgroupFiles{}, {.cpus = 0}), Error); }

TEST(ContainerReader, CollectsTheGroupAndItsAncestorsOfVersionTwo) {
  FakeHost machine;
  machine.set_cpus(16);
  machine.set_memory(64ULL << 30);
  machine.write("proc/self/cgroup", "0::/a/b\n");
  machine.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  machine.write("sys/fs/cgroup/a/cgroup.controllers", "cpu memory\n");
  machine.write("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  machine.write("sys/fs/cgroup/a/b/cgroup.controllers", "cpu memory\n");
  machine.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/a/b/memory.max", "1048576\n");
  EXPECT_EQ(read_cgroup(machine.host()).size(), 3U);
  const ContainerLimits l = read_container_limits(machine.host());
  EXPECT_EQ(l.version, 2);
  EXPECT_EQ(l.cpus, 3);
  EXPECT_EQ(l.memory_bytes, 1048576U);
}

TEST(ContainerReader, ReadsTheRootWhereTheGroupIsOutsideOfWhatIsMounted) {
  FakeHost machine;
  machine.set_cpus(16);
  for (const char* path : {"0::/../other\n", "0::/kubepods/pod1/c1\n", "0::/\n"}) {
    machine.write("proc/self/cgroup", path);
    machine.write("sys/fs/cgroup/cgroup.controllers", "cpu\n");
    machine.write("sys/fs/cgroup/cpu.max", "400000 100000\n");
    EXPECT_EQ(read_container_limits(machine.host()).cpus, 4) << path;
  }
}

TEST(ContainerReader, CollectsEachControllerOfVersionOne) {
  FakeHost machine;
  machine.set_cpus(16);
  machine.set_memory(64ULL << 30);
  machine.write("proc/self/cgroup", "5:cpu,cpuacct:/x/y\n4:memory:/x\n1:name=systemd:/\n0::/\n");
  machine.write("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "50000\n");
  machine.write("sys/fs/cgroup/cpu/x/y/cpu.cfs_quota_us", "-1\n");
  machine.write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "4096\n");
  machine.write("sys/fs/cgroup/cpuset/cpuset.cpus", "0-7\n");
  const ContainerLimits l = read_container_limits(machine.host());
  EXPECT_EQ(l.version, 1);
  EXPECT_EQ(l.cpus, 2);
  EXPECT_EQ(l.memory_bytes, 4096U);
}

// A pod of Kubernetes whose groups are not in a namespace of their own: the paths are those of the host, of which only
// the pod's are mounted.
TEST(ContainerReader, FollowsTheMountsOfVersionTwo) {
  FakeHost machine;
  machine.set_cpus(16);
  machine.set_memory(64ULL << 30);
  machine.write("proc/self/cgroup", "0::/kubepods/pod1/c1/app\n");
  machine.write("proc/self/mountinfo",
                "20 1 0:18 / / rw,relatime - overlay overlay rw\n"
                "31 20 0:27 /kubepods/pod1/c1 /sys/fs/cgroup ro,nosuid,nodev,noexec - cgroup2 cgroup rw,nsdelegate\n");
  machine.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  machine.write("sys/fs/cgroup/cpu.max", "350000 100000\n");
  machine.write("sys/fs/cgroup/memory.max", "4294967296\n");
  machine.write("sys/fs/cgroup/app/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/app/memory.max", "1073741824\n");
  EXPECT_EQ(read_cgroup(machine.host()).size(), 2U);
  const ContainerLimits l = read_container_limits(machine.host());
  EXPECT_EQ(l.cpus, 3.5) << "the limit of the parent";
  EXPECT_EQ(l.memory_bytes, 1073741824U) << "the limit of its own";
  // With a name space the path is that below what is mounted.
  machine.write("proc/self/cgroup", "0::/\n");
  EXPECT_EQ(read_container_limits(machine.host()).memory_bytes, 4294967296U);
}

TEST(ContainerReader, FollowsTheMountsOfVersionOne) {
  FakeHost machine;
  machine.set_cpus(16);
  machine.set_memory(64ULL << 30);
  machine.write("proc/self/cgroup", "9:memory:/slurm/uid_1/job_7\n3:cpu,cpuacct:/slurm/uid_1/job_7\n0::/\n");
  machine.write("proc/self/mountinfo",
                "25 20 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                "30 20 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
                "33 20 0:29 /slurm /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                "broken line\n\n");
  machine.write("sys/fs/cgroup/unified/cgroup.controllers", "\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/slurm/uid_1/cpu.cfs_quota_us", "800000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/slurm/uid_1/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu,cpuacct/slurm/uid_1/job_7/cpu.cfs_quota_us", "-1\n");
  machine.write("sys/fs/cgroup/memory/uid_1/memory.limit_in_bytes", "2147483648\n");
  machine.write("sys/fs/cgroup/memory/uid_1/job_7/memory.limit_in_bytes", "9223372036854771712\n");
  const ContainerLimits l = read_container_limits(machine.host());
  EXPECT_EQ(l.version, 1);
  EXPECT_EQ(l.cpus, 8);
  EXPECT_EQ(l.memory_bytes, 2147483648U) << "the limit of the ancestor, for the job has none";
}

TEST(ContainerReader, AMachineWithoutControlGroupsHasNoLimits) {
  FakeHost machine;
  machine.set_cpus(2);
  EXPECT_TRUE(read_cgroup(machine.host()).empty());
  EXPECT_EQ(read_container_limits(machine.host()).cpus, 2);
}

}  // namespace
