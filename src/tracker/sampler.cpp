// SPDX-License-Identifier: MIT
#include "tracker/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace co2lib::tracker::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

bool is_counter_of_a_package(const meter::MeterInfo& info) {
  return info.domain == meter::Domain::package && info.kind == meter::Kind::counter;
}

}  // namespace

bool Sampler::SweepLock::acquire(milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (!co2lib::detail::wait_for(changed_, lock, limit, [&] { return !busy_; })) return false;
  busy_ = true;
  return true;
}

void Sampler::SweepLock::release() {
  {
    const std::lock_guard lock(mutex_);
    busy_ = false;
  }
  changed_.notify_one();
}

Sampler::Sweep::~Sweep() {
  if (sampler_ != nullptr) sampler_->sensors_.release();
}

Sampler::Sampler(std::shared_ptr<Clock> clock, std::vector<OpenMeter> meters, std::vector<OpenMeter> stand_ins,
                 const Cadence& cadence)
    : clock_(std::move(clock)),
      cadence_(cadence),
      read_(meters.size() + stand_ins.size()),
      duty_(read_.size(), Duty::serves),
      blocking_(clock_),
      any_idle_(!stand_ins.empty()) {
  // A steady reading is no gap, however long the period that was asked for.
  constexpr auto least_gap = std::chrono::duration_cast<MonotonicTime>(Seconds(meter::default_max_gap_s));
  const MonotonicTime max_gap = std::max(least_gap, 5 * std::min(cadence.powers, cadence.flush) / 2);
  std::fill(duty_.begin() + static_cast<std::ptrdiff_t>(meters.size()), duty_.end(), Duty::waits);
  std::move(stand_ins.begin(), stand_ins.end(), std::back_inserter(meters));
  for (std::size_t i = 0; i < meters.size(); ++i) {
    slot_of_.push_back(meters[i].quick ? std::nullopt : std::optional(blocking_.add(meters[i].meter)));
    infos_.push_back(meters[i].info);
    meters_.emplace_back(std::move(meters[i]), max_gap);
  }
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    for (std::size_t j = i + 1; j < infos_.size(); ++j) {
      if (is_counter_of_a_package(infos_[i]) && is_counter_of_a_package(infos_[j])) pairs_.push_back({i, j, {}});
    }
  }
  readings_.assign(meters_.size(), {.reading = meter::Failed{}});
  decide_roles();
}

void Sampler::choose(What what) {
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    const bool counter = meters_[i].opened().cadence == meter::Kind::counter;
    read_[i] = what == What::all || (what == What::counters) == counter;
    if (duty_[i] == Duty::waits) read_[i] = what != What::powers;
    if (duty_[i] == Duty::sleeps) read_[i] = false;
  }
}

std::optional<Sampler::Sweep> Sampler::read(What what, milliseconds patience) {
  if (!sensors_.acquire(patience)) return std::nullopt;
  Sweep sweep(this);
  choose(what);
  const MonotonicTime before = clock_->monotonic();
  slots_.clear();
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    if (!read_[i]) continue;
    if (slot_of_[i]) {
      slots_.push_back(*slot_of_[i]);
      continue;
    }
    reading_ = static_cast<int>(i);
    readings_[i].reading = read_once(*meters_[i].opened().meter, before);
    readings_[i].time = clock_->monotonic();
  }
  reading_ = -1;
  if (slots_.empty()) return sweep;
  blocking_.read(slots_, before, answers_);
  std::size_t next = 0;
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    if (slot_of_[i] && read_[i]) readings_[i] = std::move(answers_[next++]);
  }
  return sweep;
}

std::vector<std::size_t> Sampler::take(const Sweep&, bool after_suspend) {
  std::vector<std::size_t> blocked;
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    if (!read_[i]) continue;
    if (readings_[i].blocked) blocked.push_back(i);
    meters_[i].take(readings_[i].time, readings_[i].reading, after_suspend);
  }
  for (MirrorPair& pair : pairs_) {
    const auto* a = std::get_if<meter::Count>(&readings_[pair.first].reading);
    const auto* b = std::get_if<meter::Count>(&readings_[pair.second].reading);
    if (!read_[pair.first] || !read_[pair.second] || a == nullptr || b == nullptr) continue;
    const MonotonicTime time = readings_[pair.first].time;
    pair.test.push(time, a->value, b->value, readings_[pair.second].time - time, infos_[pair.first]);
  }
  if (any_idle_) assign_stand_ins();
  return blocked;
}

void Sampler::assign_stand_ins() {
  any_idle_ = false;
  bool serves = false;
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    if (duty_[i] == Duty::serves) continue;
    bool all_failed = true;
    bool all_work = true;
    for (const std::string& id : infos_[i].stands_in_for) {
      const auto meter = std::find_if(meters_.begin(), meters_.end(), [&](const auto& m) { return m.info().id == id; });
      if (meter == meters_.end()) continue;
      all_failed = all_failed && meter->state().failed();
      all_work = all_work && meter->works();
    }
    duty_[i] = all_failed ? Duty::serves : all_work ? Duty::sleeps : Duty::waits;
    serves = serves || all_failed;
    any_idle_ = any_idle_ || !all_failed;
  }
  if (serves) decide_roles();
}

Edge Sampler::edge(const Sweep&, MonotonicTime now) const {
  Edge edge{.at = now, .meters = std::vector<MonotonicTime>(meters_.size(), now)};
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const bool good = !std::holds_alternative<meter::Failed>(readings_[i].reading);
    if (good && read_[i]) edge.meters[i] = readings_[i].time;
  }
  return edge;
}

const std::vector<MeterView>& Sampler::views(bool patient) {
  views_.clear();
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    views_.push_back(meters_[i].view(roles_[i].in_total, patient));
    if (duty_[i] != Duty::serves) views_.back().settled = MonotonicTime::max();  // nobody waits for it
  }
  return views_;
}

void Sampler::add_late_ticks(meter::Kind cadence, std::int64_t ticks) {
  for (LiveMeter& m : meters_) {
    if (m.opened().cadence == cadence) m.add_late_ticks(ticks);
  }
}

void Sampler::keep_edge(const Edge& edge) {
  for (std::size_t i = 0; i < meters_.size(); ++i) meters_[i].keep_edge(edge.on(i));
}

void Sampler::compact(const RegionBook& book) {
  for (std::size_t i = 0; i < meters_.size(); ++i) meters_[i].compact(book.needed_on(i));
}

std::size_t Sampler::most_segments() const {
  std::size_t most = 0;
  for (const LiveMeter& m : meters_) most = std::max(most, m.segments());
  return most;
}

const std::vector<MeterView>& Sampler::views_so_far() {
  const std::vector<bool> silent = silent_platforms();
  const std::vector<meter::ZoneRole> roles = roles_where(silent);
  static_cast<void>(views(false));
  for (std::size_t i = 0; i < meters_.size(); ++i) views_[i].in_total = roles[i].in_total;
  return views_;
}

std::vector<meter::ZoneRole> Sampler::roles_where(const std::vector<bool>& failed) const {
  const auto mirrored = [&](std::size_t i, std::size_t j) {
    const auto pair =
        std::find_if(pairs_.begin(), pairs_.end(), [&](const MirrorPair& p) { return p.first == i && p.second == j; });
    return pair != pairs_.end() && pair->test.verdict() == meter::MirrorTest::Verdict::mirrored;
  };
  return meter::zone_roles(infos_, mirrored, [&](std::size_t i) { return failed[i] || meters_[i].state().failed(); });
}

void Sampler::decide_roles() {
  roles_ = roles_where(std::vector<bool>(meters_.size(), false));
  for (std::size_t i = 0; i < meters_.size(); ++i) meters_[i].set_mirror_of(roles_[i].mirror_of);
}

bool Sampler::dies_undecided() const {
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const MirrorPair& p) {
    return p.test.verdict() == meter::MirrorTest::Verdict::undecided &&
           meter::are_dies(infos_[p.first], infos_[p.second]);
  });
}

bool Sampler::has_still_counter() const {
  return std::any_of(meters_.begin(), meters_.end(),
                     [](const LiveMeter& m) { return std::holds_alternative<meter::Count>(m.last()) && !m.works(); });
}

std::vector<bool> Sampler::silent_platforms() const {
  std::vector<bool> silent(meters_.size(), false);
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    if (duty_[i] != Duty::waits) continue;
    std::vector<std::size_t> replaced;
    for (std::size_t p = 0; p < meters_.size(); ++p) {
      const auto& ids = infos_[i].stands_in_for;
      if (std::find(ids.begin(), ids.end(), infos_[p].id) != ids.end()) replaced.push_back(p);
    }
    const bool all = std::all_of(replaced.begin(), replaced.end(),
                                 [&](std::size_t p) { return meter::is_platform(infos_[p]) && !meters_[p].works(); });
    for (const std::size_t p : replaced) silent[p] = silent[p] || all;
  }
  return silent;
}

void Sampler::finish() {
  for (LiveMeter& m : meters_) m.finish();
  const std::vector<bool> silent = silent_platforms();
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    if (silent[i]) meters_[i].give_up();
  }
  if (any_idle_) assign_stand_ins();
}

Cadence Sampler::periods() const {
  Cadence periods{.flush = cadence_.flush};
  auto counters = std::min<nanoseconds>(cadence_.counters, std::chrono::seconds(30));
  for (const LiveMeter& m : meters_) {
    (m.opened().cadence == meter::Kind::power ? periods.powers : periods.counters) = nanoseconds(1);
    if (!m.info().wrap.is_known()) continue;
    // A counter is read at least four times a turn, so that no wrap is missed.
    const double turn_s = m.info().unit.joules(static_cast<double>(m.info().wrap.counts())) / meter::p_max_w(m.info());
    counters = std::min(counters, nanoseconds(std::llround(std::clamp(turn_s / 4, 0.001, 1e9) * 1e9)));
  }
  if (periods.counters.count() > 0) periods.counters = counters;
  if (periods.powers.count() > 0) periods.powers = cadence_.powers;
  return periods;
}

}  // namespace co2lib::tracker::detail
