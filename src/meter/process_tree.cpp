// SPDX-License-Identifier: MIT
#include "process_tree.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

/// Threads of all members beyond which children are looked for once a second only.
constexpr std::uint64_t most_threads = 256;

std::optional<std::int64_t> pid_of(const std::string& name) {
  std::int64_t pid = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (bad != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

template <class Use>
void for_each_entry(const fs::path& folder, Use use) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) use(at->path());
}

}  // namespace

std::optional<ProcessStat> ProcessTree::stat_of(std::int64_t pid) const {
  const auto text = read_text(host_.procfs / std::to_string(pid) / "stat");
  return text ? parse_process(*text) : std::nullopt;
}

ProcessTree::Processes ProcessTree::all_processes() const {
  Processes all;
  for_each_entry(host_.procfs, [&](const fs::path& folder) {
    const auto pid = pid_of(folder.filename().string());
    if (!pid) return;
    if (const auto stat = stat_of(*pid)) all.emplace(*pid, *stat);
  });
  return all;
}

std::vector<std::int64_t> ProcessTree::children_of(std::int64_t pid) const {
  std::vector<std::int64_t> children;
  for_each_entry(host_.procfs / std::to_string(pid) / "task", [&](const fs::path& thread) {
    const auto text = read_text(thread / "children");
    if (!text) return;
    const char* at = text->c_str();
    for (char* end = nullptr;; at = end) {
      const long long child = std::strtoll(at, &end, 10);
      if (end == at) break;
      children.push_back(child);
    }
  });
  return children;
}

std::optional<double> ProcessTree::memory_of(std::int64_t pid) const {
  const fs::path folder = host_.procfs / std::to_string(pid);
  std::optional<double> kib;
  if (const auto rollup = read_text(folder / "smaps_rollup")) kib = number(*rollup, "Pss:");
  if (!kib) {
    if (const auto status = read_text(folder / "status")) kib = number(*status, "VmRSS:");
  }
  return kib ? std::optional(*kib * 1024) : std::nullopt;
}

/// True if the kernel forgets the children of this process when they end, and with them what they used (signal(7)).
bool ProcessTree::ignores_children(std::int64_t pid) const {
  const auto status = read_text(host_.procfs / std::to_string(pid) / "status");
  if (!status) return false;
  constexpr std::string_view key = "SigIgn:";
  const std::size_t at = status->find(key);
  if (at == std::string::npos) return false;
  constexpr unsigned sigchld = 17;
  return ((std::strtoull(status->c_str() + at + key.size(), nullptr, 16) >> (sigchld - 1)) & 1U) != 0;
}

void ProcessTree::add(std::int64_t pid, const ProcessStat& stat) {
  Member member{.last = stat};
  // What was there before the first look counts from the moment that it is found.
  if (!searched_ || here_before_.contains({pid, stat.start})) member.before_s = stat.cpu_s();
  members_[pid] = member;
  waited_before_[pid] = stat.waited_s;
}

void ProcessTree::refresh(const Processes* all) {
  for (auto& [pid, member] : members_) {
    std::optional<ProcessStat> stat;
    if (all == nullptr) {
      stat = stat_of(pid);
    } else if (const auto found = all->find(pid); found != all->end()) {
      stat = found->second;
    }
    member.alive = stat && stat->start == member.last.start;
    if (!member.alive) continue;
    const std::int64_t parent = stat->parent;
    // The parent it began with is the one that may have waited for it.
    const bool orphaned = parent != member.last.parent && !members_.contains(parent);
    if (orphaned) sign_ = true;
    member.last = *stat;
  }
}

void ProcessTree::discover(const Processes* all) {
  std::uint64_t threads = 0;
  for (const auto& [pid, member] : members_) threads += member.last.threads;
  if (all == nullptr && threads > most_threads) return;
  std::multimap<std::int64_t, std::int64_t> by_parent;
  for (const auto& [pid, stat] : all == nullptr ? Processes() : *all) by_parent.emplace(stat.parent, pid);
  std::vector<std::int64_t> left;
  for (const auto& [pid, member] : members_) {
    if (member.alive) left.push_back(pid);
  }
  while (!left.empty()) {
    const std::int64_t parent = left.back();
    left.pop_back();
    std::vector<std::int64_t> children;
    if (all == nullptr) {
      children = children_of(parent);
    } else {
      const auto [first, last] = by_parent.equal_range(parent);
      for (auto child = first; child != last; ++child) children.push_back(child->second);
    }
    for (const std::int64_t child : children) {
      if (const auto known = members_.find(child); known != members_.end() && known->second.alive) continue;
      const auto stat = all == nullptr ? stat_of(child) : std::optional(all->at(child));
      if (!stat) continue;
      if (members_.contains(child)) settle_ended();  // its number was given again
      add(child, *stat);
      left.push_back(child);
    }
  }
}

void ProcessTree::adopt(const Processes& all) {
  const auto root = members_.find(root_);
  if (root == members_.end()) return;
  std::set<std::int64_t> groups;
  for (const auto& [pid, member] : members_) groups.insert(member.last.group);
  for (const auto& [pid, stat] : all) {
    if (members_.contains(pid) || here_before_.contains({pid, stat.start})) continue;
    if (stat.session != root->second.last.session || !groups.contains(stat.group)) continue;
    // A child of somebody in our own session is a sibling of ours, and no orphan.
    const auto parent = all.find(stat.parent);
    if (parent != all.end() && parent->second.session == stat.session) continue;
    add(pid, stat);
    sign_ = true;
  }
}

/// The processes of rule 5, and what comes from them.
std::set<std::int64_t> ProcessTree::strays(const Processes& all) const {
  const auto root = all.find(root_);
  std::set<std::int64_t> strays;
  if (!searched_ || root == all.end()) return strays;
  std::set<std::int64_t> heirs{1};  // of orphans: init, or an ancestor that asked for them
  for (auto at = root; at != all.end() && at->second.parent > 0; at = all.find(at->second.parent)) {
    if (!heirs.insert(at->second.parent).second) break;
  }
  std::multimap<std::int64_t, std::int64_t> by_parent;
  std::vector<std::int64_t> left;
  for (const auto& [pid, stat] : all) {
    by_parent.emplace(stat.parent, pid);
    if (members_.contains(pid) || here_before_.contains({pid, stat.start}) || !heirs.contains(stat.parent)) continue;
    const bool led_by_nobody_else = stat.session == pid || !all.contains(stat.session);
    if (stat.session != root->second.session && led_by_nobody_else) left.push_back(pid);
  }
  while (!left.empty()) {
    const std::int64_t pid = left.back();
    left.pop_back();
    if (members_.contains(pid) || !strays.insert(pid).second) continue;
    const auto [first, last] = by_parent.equal_range(pid);
    for (auto child = first; child != last; ++child) left.push_back(child->second);
  }
  return strays;
}

void ProcessTree::settle_ended() {
  std::map<std::int64_t, double> lost;  // what ended members had used, by who could have waited for them
  constexpr std::int64_t nobody = -1;
  for (const auto& [pid, member] : members_) {
    if (member.alive) continue;
    std::int64_t heir = member.last.parent;
    for (std::size_t steps = 0; steps <= members_.size(); ++steps) {
      const auto found = members_.find(heir);
      if (found == members_.end() || steps == members_.size()) {
        heir = nobody;
        break;
      }
      if (found->second.alive) break;
      heir = found->second.last.parent;
    }
    lost[heir] += member.last.cpu_s();
    gone_s_ -= member.before_s;  // who waited for it took that over too
  }
  const double tick_s = 1 / ticks_per_second();
  for (const auto& [heir, lost_s] : lost) {
    const double grown_s = heir == nobody ? 0 : std::max(0.0, members_.at(heir).last.waited_s - waited_before_[heir]);
    if (heir != nobody && grown_s + tick_s >= lost_s) continue;
    gone_s_ += std::max(0.0, lost_s - grown_s);
    unseen_s_ += grown_s;  // which of them were waited for is not known: it may all be of others
    sign_ = true;
  }
  for (auto at = members_.begin(); at != members_.end();) {
    if (at->second.alive) {
      waited_before_[at->first] = at->second.last.waited_s;
      ++at;
    } else {
      waited_before_.erase(at->first);
      at = members_.erase(at);
    }
  }
}

void ProcessTree::account_for_unseen(const Processes& all, double busy_s) {
  const std::set<std::int64_t> left_us = strays(all);
  // Of one that has ended, the last is not seen either.
  const bool stray_ended = std::any_of(strays_.begin(), strays_.end(), [&](std::int64_t pid) {
    const auto now = all.find(pid);
    return now == all.end() || now->second.start != others_.at(pid).start;
  });
  double others_s = 0;
  double strays_s = 0;
  Processes others;
  for (const auto& [pid, stat] : all) {
    if (members_.contains(pid)) continue;
    others.emplace(pid, stat);
    const auto before = others_.find(pid);
    const bool same = before != others_.end() && before->second.start == stat.start;
    (left_us.contains(pid) ? strays_s : others_s) += std::max(0.0, stat.cpu_s() - (same ? before->second.cpu_s() : 0));
  }
  const double own_s = total_s();
  if ((sign_ || stray_ended) && searched_) {
    strays_s = std::max(strays_s, busy_s - busy_at_account_ - (own_s - own_at_account_) - others_s);
  }
  unseen_s_ += strays_s;
  sign_ = watchful_;
  strays_ = left_us;
  others_ = std::move(others);
  busy_at_account_ = busy_s;
  own_at_account_ = own_s;
}

double ProcessTree::total_s() const {
  double sum = gone_s_;
  for (const auto& [pid, member] : members_) sum += member.last.cpu_s() - member.before_s;
  return sum;
}

Result<ProcessTree::Use> ProcessTree::read(MonotonicTime now, double busy_s) {
  const fs::path file = host_.procfs / std::to_string(root_) / "stat";
  const auto text = read_text(file);
  if (!text) return text.issue();
  const auto root = parse_process(*text);
  if (!root) return Issue{"parse", file.string(), "has not the fields of a process"};
  const bool first = !searched_;
  if (first) add(root_, *root);
  bool whole = first || watchful_ || now - *searched_ >= std::chrono::seconds(1);
  for (int pass = 0; pass < 2; ++pass) {
    const std::optional<Processes> all = whole ? std::optional(all_processes()) : std::nullopt;
    const Processes* const seen = all ? &*all : nullptr;
    refresh(seen);
    discover(seen);
    if (seen != nullptr && !first) adopt(*seen);
    settle_ended();
    if (seen == nullptr) {
      if (!sign_) break;
      whole = true;  // something was not seen: look at the whole machine to say how much it can be
      continue;
    }
    watchful_ = std::any_of(members_.begin(), members_.end(),
                            [&](const auto& member) { return ignores_children(member.first); });
    account_for_unseen(*seen, busy_s);
    if (first) {
      for (const auto& [pid, stat] : *seen) here_before_.emplace(pid, stat.start);
    }
    searched_ = now;
    memory_ = memory_of(root_);
    for (auto member = members_.begin(); memory_ && member != members_.end(); ++member) {
      if (member->first != root_) *memory_ += memory_of(member->first).value_or(0);  // none: it has ended
    }
    break;
  }
  most_s_ = std::max(most_s_, total_s());
  return Use{most_s_, unseen_s_};
}

}  // namespace co2lib::meter
