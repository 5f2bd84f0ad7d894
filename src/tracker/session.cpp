// SPDX-License-Identifier: MIT
#include "tracker/session.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <co2lib/intensity/price.hpp>
#include <co2lib/meter/attribution.hpp>

#include "detail/signals.hpp"
#include "detail/utf8.hpp"
#include "tracker/forks.hpp"

namespace co2lib::tracker::detail {

namespace {

using co2lib::detail::shown;

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Regions that were open at the stop and are named one by one.
constexpr std::size_t most_named = 100;

nanoseconds from_seconds(double seconds) { return nanoseconds(static_cast<std::int64_t>(std::llround(seconds * 1e9))); }

Cadence cadence_of(const Options& o) {
  return {
      .counters = from_seconds(o.period_s), .powers = from_seconds(o.power_period_s), .flush = from_seconds(o.flush_s)};
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Start and sampling
// ---------------------------------------------------------------------------------------------------------------------

Session::Session(Setup setup)
    : options_(std::move(setup.options)),
      clock_(std::move(setup.clock)),
      price_(std::move(setup.price)),
      feed_(std::move(setup.source)),
      run_(std::move(setup.run)),
      sampler_(clock_, std::move(setup.meters), std::move(setup.stand_ins), cadence_of(options_)),
      journal_(std::move(setup.log.writer), std::move(setup.log.file), run_.run_id,
               static_cast<std::int64_t>(run_.segments.size() - 1) * 1'000'000'000),
      settle_at_(most_regions_waiting) {
  RunSegment& s = segment();
  s.begin = clock_->monotonic();
  anchor_mono_ = s.begin;
  anchor_utc_ = clock_->utc();
  s.begin_utc = utc_of(s.begin);
  s.end = s.begin;
  s.end_utc = s.begin_utc;
  asleep_ = clock_->boottime() - s.begin;
  s.asleep = asleep_;
  if (!options_.command.empty()) {
    if (const auto busy = meter::read_cpu_time(options_.host)) busy_at_begin_s_ = busy->busy.count();
  }
  journal_.begin(s.begin, s.begin_utc, s);
  for (const Issue& issue : s.issues) journal_.issue(s.begin, s.begin_utc, issue);
  watch_forks(this);
}

Session::~Session() { forget_forks(this); }

void Session::begin_sampling() {
  sweep(What::all, patience);
  // After the first readings: what a disk or a listener takes would be time of the run that nobody measured.
  std::vector<Issue> known;
  {
    const std::lock_guard lock(mutex_);
    known = segment().issues;
  }
  for (const Issue& issue : known) {
    if (options_.on_log) options_.on_log("warning", co2lib::to_string(issue));
  }
  if (journal_.is_open()) write_out(options_.fsync);
  {
    const std::lock_guard lock(mutex_);
    RunSegment& s = segment();
    Frame frame{.mono = s.begin, .utc = s.begin_utc, .meters = {}, .price = {}};
    for (const LiveMeter& m : sampler_.meters()) frame.meters.push_back(m.point());
    s.frames.push_back(std::move(frame));
  }
  ask_ahead();
  const co2lib::detail::SignalsBlocked blocked;
  thread_ = std::make_unique<std::jthread>([self = shared_from_this()] { self->loop(); });
}

void Session::loop() {
  constexpr MonotonicTime never = MonotonicTime::max();
  const Cadence periods = sampler_.periods();
  const MonotonicTime start = segment().begin;
  const auto after = [&](nanoseconds period) { return period.count() > 0 ? start + period : never; };
  MonotonicTime next_counter = after(periods.counters);
  MonotonicTime next_power = after(periods.powers);
  // The first flushes of a log come early, so that a run that is killed soon shows what it had.
  nanoseconds flush_period =
      options_.log.empty() ? periods.flush : std::min<nanoseconds>(periods.flush, std::chrono::seconds(1));
  MonotonicTime next_flush = start + flush_period;

  while (clock_->wait_until(waiter_, std::min({next_counter, next_power, next_flush}))) {
    const MonotonicTime now = clock_->monotonic();
    const bool is_flush = now >= next_flush;
    const bool counters = now >= next_counter || is_flush;
    const bool powers = now >= next_power || is_flush;
    if (counters || powers) sweep(counters && powers ? What::all : counters ? What::counters : What::powers, patience);
    // Absolute deadlines; a tick that was missed is counted, not repeated.
    const auto advance = [&](MonotonicTime& next, nanoseconds period, std::optional<meter::Kind> kind) {
      if (next == never || now < next) return;
      const auto missed = (now - next) / period;
      next += (missed + 1) * period;
      if (missed > 0 && kind) {
        const std::lock_guard lock(mutex_);
        sampler_.add_late_ticks(*kind, missed);
      }
    };
    advance(next_counter, periods.counters, meter::Kind::counter);
    advance(next_power, periods.powers, meter::Kind::power);
    if (!is_flush) continue;
    const Step step = price_step();
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) break;
      check_clocks();
      flush(step);
    }
    feed_.catch_up();
    better_prices();
    ask_ahead();
    write_out(options_.fsync);
    if (flush_period < periods.flush) {  // 1, 2, 4, 8 s, then as was asked for
      flush_period = std::min(2 * flush_period, periods.flush);
      next_flush = start + flush_period;
    }
    advance(next_flush, flush_period, std::nullopt);
  }
  sweep(What::all, patience);
  const bool looks_again = [&] {
    const std::lock_guard lock(mutex_);
    return sampler_.has_still_counter();
  }();
  if (looks_again) sweep(What::all, patience);  // two looks that are alike are no proof that it stands still
  {
    const std::lock_guard lock(finished_mutex_);
    finished_ = true;
  }
  finished_changed_.notify_all();
}

bool Session::sweep(What what, milliseconds limit, Edge* edge) {
  const auto readings = sampler_.read(what, limit);
  const std::lock_guard lock(mutex_);
  if (readings && !stopped_) {
    take_in(*readings, edge);
    return true;
  }
  if (edge != nullptr) *edge = edge_now();
  const int at = sampler_.reading();
  if (!readings && at >= 0 && limit >= patience) note_blocked(static_cast<std::size_t>(at));
  return readings.has_value();
}

void Session::take_in(const Sampler::Sweep& readings, Edge* edge) {
  const MonotonicTime now = clock_->monotonic();
  const MonotonicTime offset = clock_->boottime() - now;
  const bool slept = offset - asleep_ > std::chrono::seconds(1);
  if (slept) {
    segment().suspended += Seconds(offset - asleep_);
    note({"suspended", "machine", "the machine slept during the run; that time is neither covered nor estimated"});
    asleep_ = offset;
  }
  for (const std::size_t blocked : sampler_.take(readings, slept)) note_blocked(blocked);
  if (edge != nullptr) *edge = sampler_.edge(readings, now);
  if (book_.waiting() > 0) settle(Settle::sure);
}

void Session::note_blocked(std::size_t meter) {
  note({"blocked", sampler_.meters()[meter].info().id,
        "the sensor did not answer within 1 s; "
        "it is left out until it does, and what it did not measure is estimated"});
}

void Session::note(Issue issue) {
  std::vector<Issue>& issues = segment().issues;
  const std::size_t before = issues.size();
  add_issue(issues, std::move(issue));
  if (issues.size() == before) return;
  const MonotonicTime now = clock_->monotonic();
  journal_.issue(now, utc_of(now), issues.back());
}

void Session::check_clocks() {
  const MonotonicTime now = clock_->monotonic();
  const UtcTime utc = clock_->utc();
  const MonotonicTime offset = clock_->boottime() - now;
  const auto step = utc - (anchor_utc_ + (now - anchor_mono_));
  // Sleep moves the wall clock too; what remains is a step.
  const auto unexplained = step - std::max(offset - asleep_, MonotonicTime::zero());
  static constexpr auto second = std::chrono::nanoseconds(std::chrono::seconds(1));
  const auto slept = std::chrono::duration_cast<nanoseconds>(segment().suspended);
  const bool explained_by_sleep = step > nanoseconds::zero() && step <= slept + second;
  if ((unexplained > second || unexplained < -second) && !explained_by_sleep) {
    note({"clock_step", "clock", "the wall clock was set during the run; times after it may be shifted"});
  }
  anchor_mono_ = now;
  anchor_utc_ = utc;
}

void Session::flush(const Step& step) {
  RunSegment& s = segment();
  sampler_.decide_roles();
  const MonotonicTime now = std::max(step.now, s.frames.back().mono);
  s.end = now;
  s.end_utc = utc_of(now);
  Frame frame{.mono = now, .utc = s.end_utc, .meters = {}, .price = step.price};
  s.meters.clear();
  for (const LiveMeter& m : sampler_.meters()) {
    frame.meters.push_back(m.point());
    s.meters.push_back(m.state());
  }
  for (const Issue& issue : step.issues) note(issue);
  if (step.is_open && now > s.frames.back().mono) open_prices_.push_back(s.frames.size());
  std::erase_if(open_prices_,
                [&](std::size_t f) { return f < s.frames.size() && now - s.frames[f].mono > PriceFeed::open_for; });
  s.frames.push_back(std::move(frame));
  settle(Settle::sure);
  sampler_.compact(book_);
  if (!journal_.is_open()) return;
  std::vector<std::pair<std::string, meter::Reading>> last;
  for (const LiveMeter& m : sampler_.meters()) last.emplace_back(m.info().id, m.last());
  journal_.totals(s, last);
}

void Session::write_out(bool synced, bool wait) {
  if (!journal_.is_open()) return;
  if (journal_.has_dropped()) {
    const std::lock_guard lock(mutex_);
    note({"log_lines_dropped", shown(journal_.file().string()),
          "too many lines waited to be written: "
          "regions and samples are missing in the log, totals are not"});
  }
  const std::optional<std::string> failure = journal_.write(synced, wait);
  if (journal_.is_gone()) {
    const std::lock_guard lock(mutex_);
    add_issue(segment().issues, {"log_removed", shown(journal_.file().string()),
                                 "the file was removed or cut while this run wrote it: "
                                 "the log is not whole, what the program itself reports is"});
  }
  if (!failure) return;
  {
    const std::lock_guard lock(mutex_);
    add_issue(segment().issues,
              {"log_write_failed", shown(journal_.file().string()), *failure + "; the lines are kept and tried again"});
  }
  if (!options_.on_log) return;
  try {
    options_.on_log("warning", fmt::format("{}: {}", shown(journal_.file().string()), *failure));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the issue says so; the sampling thread goes on
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What was measured so far, and the stop
// ---------------------------------------------------------------------------------------------------------------------

RunSegment Session::segment_copy(std::shared_ptr<const FramePrice> price) const {
  RunSegment s = run_.segments.back();
  const MonotonicTime now = clock_->monotonic();
  s.end = now;
  s.end_utc = utc_of(now);
  Frame frame{.mono = now, .utc = s.end_utc, .meters = {}, .price = std::move(price)};
  s.meters.clear();
  const std::vector<bool> silent = sampler_.silent_platforms();
  for (LiveMeter m : sampler_.meters()) {  // a copy each: an open suspect is settled in it only
    m.finish();
    if (silent[s.meters.size()]) m.give_up();
    frame.meters.push_back(m.point());
    s.meters.push_back(m.state());
  }
  s.frames.push_back(std::move(frame));
  return s;
}

Run Session::copy_run() {
  if (!forked_) {
    await_prices();
    better_prices();
    const Step step = price_step();
    const std::lock_guard lock(mutex_);
    settle(Settle::known);
    Run copy = run_;
    if (!stopped_) {
      copy.segments.back() = segment_copy(step.price);
      if (!step.price) {
        for (const Issue& issue : step.issues) add_issue(copy.segments.back().issues, issue);
      }
    }
    return copy;
  }
  Run copy = run_;
  if (!stopped_) copy.segments.back() = segment_copy(run_.segments.back().frames.back().price);
  add_issue(copy.segments.back().issues,
            {"forked", "process", "this is the parent's state at the fork; call start() to measure here"});
  return copy;
}

Footprint Session::snapshot() {
  {
    const std::lock_guard lock(mutex_);
    if (final_footprint_) return *final_footprint_;
  }
  if (!forked_) sweep(What::all, patience);
  return copy_run().footprint();
}

void Session::note_ended_command(int status, Seconds cpu_time) {
  CommandRecord command{.status = status, .cpu_s = cpu_time.count(), .busy_s = 0, .cpus = 0};
  if (const auto now = meter::read_cpu_time(options_.host); now && busy_at_begin_s_) {
    command.busy_s = std::max(0.0, now->busy.count() - *busy_at_begin_s_);
    command.cpus = now->cpus;
  }
  const std::lock_guard lock(mutex_);
  if (stopped_ || forked_) return;
  segment().command = command;
  const MonotonicTime now = clock_->monotonic();
  journal_.command(now, utc_of(now), command);
}

void Session::end_open_regions() {
  std::size_t named = 0;
  for (const std::uint64_t id : book_.open_ids()) {
    const bool mark = std::any_of(marks_.begin(), marks_.end(), [&](const auto& entry) { return entry.second == id; });
    const std::string name = book_.find_open(id)->name;
    book_.close(id, edge_now());
    if (!mark && named++ < most_named) {
      note({"region_open", name, "the region was open when the run ended, and was ended with it"});
    }
  }
  marks_.clear();
  stacks_.clear();
  on_stack_.clear();
}

Footprint Session::stop() {
  if (forked_) return snapshot();
  const std::lock_guard one_at_a_time(stopping_);
  {
    const std::lock_guard lock(mutex_);
    if (final_footprint_) return *final_footprint_;
  }
  waiter_.interrupt();
  sampler_.hurry(patience);
  if (thread_) {
    bool ended = false;
    {
      std::unique_lock lock(finished_mutex_);
      ended = co2lib::detail::wait_for(finished_changed_, lock, 2 * patience, [&] { return finished_; });
    }
    if (ended) {
      thread_->join();
    } else {
      // A sensor that we read holds the thread: go on without it, and drop what it reads later.
      const std::lock_guard lock(mutex_);
      const int at = sampler_.reading();
      if (at >= 0) {
        note_blocked(static_cast<std::size_t>(at));
      } else {
        note({"blocked", "sampler", "the sampling thread did not end in time and was left behind"});
      }
      thread_->detach();
    }
    thread_.reset();
  }
  sampler_.close();
  await_prices();
  const Step last_step = price_step();
  {
    const std::lock_guard lock(mutex_);
    end_open_regions();
    sampler_.finish();
    settle(Settle::all);
    if (sampler_.dies_undecided()) {
      note({"mirror_undecided", "package",
            "two dies grew alike for too short a time to tell whether they show one register: "
            "both are counted"});
    }
    check_clocks();
    flush(last_step);
    stopped_ = true;
  }
  better_prices();
  feed_.close();
  {
    const std::lock_guard lock(mutex_);
    segment().ended = true;
    journal_.end(segment().end, segment().end_utc);
  }
  write_out(options_.fsync);
  Footprint footprint = run_.footprint();
  journal_.close();
  const std::lock_guard lock(mutex_);
  final_footprint_ = std::move(footprint);
  return *final_footprint_;
}

bool Session::running() {
  if (forked_) return false;
  const std::lock_guard lock(mutex_);
  return !stopped_;
}

}  // namespace co2lib::tracker::detail
