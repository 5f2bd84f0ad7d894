// SPDX-License-Identifier: MIT
// Which of a job's processes this one is, by the variables of its launcher.
#include <cstdlib>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tracker/setup.hpp"

namespace co2lib::tracker::detail {
namespace {

using Variables = std::map<std::string, std::string>;

class Launchers : public testing::Test {
 protected:
  Launchers() {
    for (const char* name : {"LOCAL_RANK", "RANK", "LOCAL_WORLD_SIZE", "WORLD_SIZE", "SLURM_LOCALID", "SLURM_PROCID",
                             "SLURM_STEP_TASKS_PER_NODE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_RANK",
                             "OMPI_COMM_WORLD_LOCAL_SIZE", "PMIX_RANK", "PMI_RANK", "MPI_LOCALRANKID"}) {
      ::unsetenv(name);
    }
  }
  ~Launchers() override { set({}); }

  Rank set(const Variables& variables) {
    for (const auto& [name, value] : set_) ::unsetenv(name.c_str());
    set_ = variables;
    for (const auto& [name, value] : set_) ::setenv(name.c_str(), value.c_str(), 1);
    return read_rank();
  }

 private:
  Variables set_;
};

TEST_F(Launchers, WithoutOneAProcessIsAlone) {
  const Rank rank = set({});
  EXPECT_FALSE(rank.rank || rank.local);
  EXPECT_TRUE(rank.alone);
  EXPECT_FALSE(set({{"LOCAL_RANK", "-1"}, {"RANK", "first"}}).rank) << "-1 and texts are no ranks";
}

TEST_F(Launchers, TheInnermostOfTwoIsAsked) {
  // mpirun in a batch script, which is task 0 of Slurm for all that it starts.
  const Variables batch{{"SLURM_LOCALID", "0"}, {"SLURM_PROCID", "0"}, {"SLURM_STEP_TASKS_PER_NODE", "1"}};
  for (const std::string local : {"0", "1"}) {
    Variables mpirun{{"OMPI_COMM_WORLD_LOCAL_RANK", local}, {"OMPI_COMM_WORLD_RANK", "1" + local}};
    mpirun.emplace("OMPI_COMM_WORLD_LOCAL_SIZE", "2");
    mpirun.insert(batch.begin(), batch.end());
    const Rank rank = set(mpirun);
    EXPECT_EQ(rank.local, std::stoi(local));
    EXPECT_EQ(rank.rank, 10 + std::stoi(local));
    EXPECT_FALSE(rank.alone);
  }
  // torchrun as the one task of a node.
  Variables torchrun{{"LOCAL_RANK", "3"}, {"RANK", "7"}, {"LOCAL_WORLD_SIZE", "4"}};
  torchrun.insert(batch.begin(), batch.end());
  EXPECT_EQ(set(torchrun).rank, 7);
  EXPECT_FALSE(set(torchrun).alone);
}

TEST_F(Launchers, ARankIsTakenFromAnotherOnlyWhereBothMeanOneProcess) {
  EXPECT_EQ(set({{"LOCAL_RANK", "1"}, {"SLURM_LOCALID", "1"}, {"SLURM_PROCID", "5"}}).rank, 5);
  EXPECT_EQ(set({{"LOCAL_RANK", "1"}, {"SLURM_LOCALID", "0"}, {"SLURM_PROCID", "0"}}).rank, 1);
  EXPECT_EQ(set({{"PMI_RANK", "6"}}).rank, 6) << "of a launcher that says no local rank";
}

}  // namespace
}  // namespace co2lib::tracker::detail
