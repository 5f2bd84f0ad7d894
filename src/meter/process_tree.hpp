// SPDX-License-Identifier: MIT
// The CPU time and memory of a process and of all that come from it; private to src/meter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/host.hpp>
#include <co2lib/record.hpp>

#include "cpu_time.hpp"

namespace co2lib::meter {

/// Follows a tree of processes.
///
/// 1. A process is known by its pid and start time, and stays a member when its parent ends before it.
/// 2. A parent that waits for a child takes over what the child used. So of children that ended, what their parent grew
///    by counts; where that is less than they were seen to use, nobody waited for them, and the rest is added.
/// 3. Children are looked for at every read in /proc/<pid>/task/*/children, and once a second among all processes: then
///    one that lost its parent before it was seen is adopted, if it is of the session and a process group of ours.
/// 4. Processes that end between two looks and are waited for by nobody are not seen. Where there is a sign of such
///    (rule 2, an adoption, a member that ignores SIGCHLD), the CPU time of the machine that no process seen accounts
///    for may be theirs: `unseen_s`.
/// 5. Daemons leave the session, and init or an ancestor of ours becomes their parent. Whose they are cannot be told:
///    what such processes use that began after the first look is `unseen_s` too.
class ProcessTree {
 public:
  ProcessTree(Host host, std::int64_t pid) : host_(std::move(host)), root_(pid) {}

  /// CPU time since the first look, in s.
  struct Use {
    double cpu_s = 0;
    double unseen_s = 0;  ///< what it may have used besides
  };

  /// Looks now; `busy_s` is the CPU time of all processes of the machine since boot. An issue if the root cannot be
  /// read.
  Result<Use> read(MonotonicTime now, double busy_s);

  /// Proportional set size of all members in bytes, else resident size; at most a second old.
  [[nodiscard]] std::optional<double> memory() const noexcept { return memory_; }

 private:
  struct Member {
    ProcessStat last;
    double before_s = 0;  ///< what it had used when the tree was first looked at
    bool alive = true;
  };
  using Processes = std::map<std::int64_t, ProcessStat>;

  [[nodiscard]] std::optional<ProcessStat> stat_of(std::int64_t pid) const;
  [[nodiscard]] Processes all_processes() const;
  [[nodiscard]] std::vector<std::int64_t> children_of(std::int64_t pid) const;
  [[nodiscard]] std::optional<double> memory_of(std::int64_t pid) const;
  [[nodiscard]] bool ignores_children(std::int64_t pid) const;

  void add(std::int64_t pid, const ProcessStat& stat);
  void refresh(const Processes* all);
  void discover(const Processes* all);
  void adopt(const Processes& all);
  [[nodiscard]] std::set<std::int64_t> strays(const Processes& all) const;
  void settle_ended();
  void account_for_unseen(const Processes& all, double busy_s);
  [[nodiscard]] double total_s() const;

  Host host_;
  std::int64_t root_;
  std::map<std::int64_t, Member> members_;
  std::map<std::int64_t, double> waited_before_;  ///< of the members at the last look
  double gone_s_ = 0;                             ///< of members that ended and that nobody waited for
  double most_s_ = 0;
  double unseen_s_ = 0;
  bool sign_ = false;      ///< since the last account, that something was not seen
  bool watchful_ = false;  ///< a member ignores SIGCHLD: every look is at all processes
  std::optional<MonotonicTime> searched_;
  std::set<std::pair<std::int64_t, std::uint64_t>> here_before_;  ///< pid and start of those there at the first look
  Processes others_;                                              ///< at the last account
  std::set<std::int64_t> strays_;                                 ///< of them
  double busy_at_account_ = 0;
  double own_at_account_ = 0;
  std::optional<double> memory_;
};

}  // namespace co2lib::meter
