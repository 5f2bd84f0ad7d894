// SPDX-License-Identifier: MIT
#include "meter/process_tree.hpp"

#include <chrono>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include <co2lib/testing.hpp>

namespace co2lib::meter {
namespace {

using namespace std::chrono_literals;

/// A /proc in which processes come and go. Times in CPU-seconds.
class Tree : public ::testing::Test {
 protected:
  struct Process {
    std::int64_t parent = 1;
    double own_s = 0;
    double waited_s = 0;
    std::uint64_t start = 5;
    std::int64_t session = 100;
  };

  static std::uint64_t ticks(double seconds) {
    return static_cast<std::uint64_t>(seconds * static_cast<double>(::sysconf(_SC_CLK_TCK)) + 0.5);
  }
  void set(std::int64_t pid, const Process& p) {
    const std::string folder = "proc/" + std::to_string(pid) + "/";
    machine.write(folder + "stat", std::to_string(pid) + " (x) S " + std::to_string(p.parent) + " 100 " +
                                       std::to_string(p.session) + " 0 -1 0 0 0 0 0 " + std::to_string(ticks(p.own_s)) +
                                       " 0 " + std::to_string(ticks(p.waited_s)) + " 0 20 0 1 0 " +
                                       std::to_string(p.start) + "\n");
  }
  void end(std::int64_t pid) { std::filesystem::remove_all(machine.root() / "proc" / std::to_string(pid)); }
  void children(std::int64_t pid, const std::string& list) {
    const std::string id = std::to_string(pid);
    machine.write("proc/" + id + "/task/" + id + "/children", list);
  }
  ProcessTree::Use look(std::chrono::nanoseconds after, double busy_s = 0) {
    now += after;
    const auto use = tree.read(now, busy_s);
    EXPECT_TRUE(use);
    return use ? *use : ProcessTree::Use{};
  }

  FakeHost machine;
  MonotonicTime now = 100s;
  static constexpr std::int64_t root = 4000001;
  ProcessTree tree{machine.host(), root};
};

TEST_F(Tree, WhatWasUsedBeforeDoesNotCount) {
  set(root, {.own_s = 7, .waited_s = 3});
  EXPECT_EQ(look(0s).cpu_s, 0);
  set(root, {.own_s = 8, .waited_s = 3});
  EXPECT_NEAR(look(1s).cpu_s, 1, 1e-9);
}

TEST_F(Tree, AChildThatNobodyWaitsForIsKeptAndWhatItMayHaveUsedLastIsUnseen) {
  set(root, {});
  look(0s);
  set(4000002, {.parent = root, .own_s = 2, .start = 50});
  look(1s, 2);
  end(4000002);  // it used another 0.5 s that nobody saw
  const auto use = look(1s, 2.5);
  EXPECT_NEAR(use.cpu_s, 2, 1e-9);
  EXPECT_NEAR(use.unseen_s, 0.5, 1e-9);
  set(root, {.own_s = 1});
  EXPECT_NEAR(look(1s, 3.5).cpu_s, 3, 1e-9) << "later use of others is not set off against it";
}

TEST_F(Tree, OfAChildThatWasWaitedForNothingIsCountedTwice) {
  set(root, {});
  look(0s);
  set(4000002, {.parent = root, .own_s = 2, .start = 50});
  look(1s, 2);
  end(4000002);
  set(root, {.waited_s = 2.5});
  const auto use = look(1s, 2.5);
  EXPECT_NEAR(use.cpu_s, 2.5, 1e-9);
  EXPECT_EQ(use.unseen_s, 0);
}

TEST_F(Tree, AChildOfBeforeTheStartThatIsWaitedForCountsFromTheStart) {
  set(root, {});
  set(4000002, {.parent = root, .own_s = 5});
  EXPECT_EQ(look(0s).cpu_s, 0);
  set(4000002, {.parent = root, .own_s = 6});
  look(1s, 1);
  end(4000002);
  set(root, {.waited_s = 6.25});
  EXPECT_NEAR(look(1s, 1.25).cpu_s, 1.25, 1e-9);
}

TEST_F(Tree, OfSeveralOfWhichSomeWereWaitedForTheTruthIsInside) {
  set(root, {});
  look(0s);
  set(4000002, {.parent = root, .own_s = 2, .start = 50});
  set(4000003, {.parent = root, .own_s = 3, .start = 51});
  look(1s, 5);
  end(4000002);
  end(4000003);
  set(root, {.waited_s = 2});  // the first was waited for
  const auto use = look(1s, 5);
  EXPECT_LE(use.cpu_s, 5 + 1e-9);
  EXPECT_GE(use.cpu_s + use.unseen_s, 5 - 1e-9);
}

TEST_F(Tree, AnOrphanStaysAMemberAndItsChildrenToo) {
  set(root, {});
  look(0s);
  set(4000002, {.parent = root, .start = 50});
  set(4000003, {.parent = 4000002, .own_s = 1, .start = 51});
  look(1s, 1);
  end(4000002);
  set(4000003, {.parent = 1, .own_s = 2, .start = 51});
  set(4000004, {.parent = 4000003, .own_s = 1, .start = 90});
  EXPECT_NEAR(look(1s, 3).cpu_s, 3, 1e-9);
}

TEST_F(Tree, AProcessThatLostItsParentBeforeItWasSeenIsAdopted) {
  set(1, {.parent = 0, .start = 1, .session = 1});
  set(root, {});
  look(0s);
  set(4000009, {.parent = 1, .own_s = 1, .start = 77});
  EXPECT_NEAR(look(1s, 1).cpu_s, 1, 1e-9);
}

TEST_F(Tree, SiblingsAndStrangersAreNotAdopted) {
  set(1, {.parent = 0, .start = 1});  // the first process of a container, in our session
  set(root, {.parent = 1});
  look(0s);
  set(4000009, {.parent = 1, .own_s = 1, .start = 77});                  // a sibling
  set(4000010, {.parent = 1, .own_s = 1, .start = 78, .session = 999});  // of another session
  EXPECT_EQ(look(1s, 2).cpu_s, 0);
}

TEST_F(Tree, WhatADaemonUsesMayBeOurs) {
  constexpr std::int64_t shell = 4000000;
  set(shell, {.parent = 1, .start = 1});
  set(4000010, {.parent = 1, .own_s = 50, .start = 2, .session = 4000010});  // was there before
  set(root, {.parent = shell});
  look(0s);
  const std::int64_t daemon = 4000020;
  set(daemon, {.parent = 1, .own_s = 1, .start = 60, .session = 4000019});  // its leader has ended
  set(4000021, {.parent = daemon, .own_s = 0.5, .start = 61, .session = 4000019});
  set(4000022, {.parent = shell, .own_s = 9, .start = 62});                        // a sibling of ours
  set(4000023, {.parent = 4000010, .own_s = 9, .start = 63, .session = 4000023});  // a login
  set(4000010, {.parent = 1, .own_s = 60, .start = 2, .session = 4000010});
  auto use = look(1s, 30);
  EXPECT_EQ(use.cpu_s, 0);
  EXPECT_NEAR(use.unseen_s, 1.5, 1e-9);
  end(4000021);  // after another 0.25 s, which the daemon has not waited for
  set(daemon, {.parent = 1, .own_s = 2, .start = 60, .session = 4000019});
  use = look(1s, 31.25);
  EXPECT_NEAR(use.unseen_s, 2.75, 1e-9);
  set(daemon, {.parent = 1, .own_s = 3, .start = 60, .session = 4000019});
  EXPECT_NEAR(look(1s, 40).unseen_s, 3.75, 1e-9) << "while they are seen, what no process accounts for is not theirs";
}

TEST_F(Tree, ChildrenAreFoundBetweenTheSearches) {
  set(root, {});
  look(0s);
  set(4000002, {.parent = root, .own_s = 0.25, .start = 50});
  children(root, "4000002 ");
  EXPECT_NEAR(look(100ms).cpu_s, 0.25, 1e-9);
}

TEST_F(Tree, AMemberThatIgnoresItsChildrenMayHaveHadAnyOfWhatIsNotSeen) {
  set(root, {});
  machine.write("proc/4000001/status", "Name:\tx\nSigIgn:\t0000000000010000\n");
  set(7, {.parent = 0, .own_s = 0, .start = 1, .session = 7});
  look(0s, 0);
  set(7, {.parent = 0, .own_s = 1, .start = 1, .session = 7});
  set(root, {.own_s = 1});
  const auto use = look(100ms, 3.5);  // 1 s is ours, 1 s another's, 1.5 s nobody's that is there
  EXPECT_NEAR(use.cpu_s, 1, 1e-9);
  EXPECT_NEAR(use.unseen_s, 1.5, 1e-9);
}

TEST_F(Tree, ANumberThatIsGivenAgainIsAnotherProcess) {
  set(root, {});
  look(0s);
  set(4000002, {.parent = root, .own_s = 3, .start = 50});
  look(1s, 3);
  set(4000002, {.parent = root, .own_s = 1, .start = 99});
  EXPECT_NEAR(look(1s, 4).cpu_s, 4, 1e-9);
}

TEST_F(Tree, WithoutItsRootThereIsNoAnswer) {
  EXPECT_FALSE(tree.read(now, 0));
  set(root, {});
  look(0s);
  end(root);
  EXPECT_FALSE(tree.read(now + 1s, 0));
}

}  // namespace
}  // namespace co2lib::meter
