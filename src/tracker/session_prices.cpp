// SPDX-License-Identifier: MIT
// What a running tracker prices its flushes and regions with; how it is asked is said in price_feed.hpp.
#include <algorithm>
#include <cmath>
#include <utility>

#include "tracker/session.hpp"

namespace co2lib::tracker::detail {

Session::Step Session::price_step() {
  Step step;
  MonotonicTime last{};
  UtcTime utc{};
  {
    const std::lock_guard lock(mutex_);
    step.now = clock_->monotonic();
    last = segment().frames.back().mono;
    utc = utc_of(step.now);
  }
  if (step.now <= last) return step;
  TimePrice price = feed_.price(utc - (step.now - last), utc);
  step.price = std::move(price.value);
  step.issues = std::move(price.issues);
  step.is_open = price.is_open;
  return step;
}

void Session::ask_ahead() {
  if (!feed_.is_apart()) return;
  MonotonicTime now{};
  UtcTime from{};
  UtcTime until{};
  {
    const std::lock_guard lock(mutex_);
    const std::vector<Frame>& frames = segment().frames;
    now = clock_->monotonic();
    // An open flush is that of the time since the one before it.
    const std::size_t first = open_prices_.empty() ? frames.size() - 1 : open_prices_.front() - 1;
    from = frames[first].utc;
    until = utc_of(now) + std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(options_.flush_s * 1e9)));
  }
  feed_.ask(from, until, now);
}

void Session::await_prices() {
  if (!feed_.is_apart()) return;
  bool is_open = false;
  {
    const std::lock_guard lock(mutex_);
    is_open = !open_prices_.empty();
  }
  if (is_open || price_step().is_open) feed_.wait(answer_patience);
}

void Session::better_prices() {
  const std::uint64_t answers = feed_.answers();
  struct Stretch {
    std::size_t frame;
    UtcTime begin;
    UtcTime end;
  };
  std::vector<Stretch> open;
  {
    const std::lock_guard lock(mutex_);
    if (answers == answers_seen_) return;
    answers_seen_ = answers;
    const std::vector<Frame>& frames = segment().frames;
    for (const std::size_t f : open_prices_) {
      open.push_back({f, frames[f].utc - (frames[f].mono - frames[f - 1].mono), frames[f].utc});
    }
  }
  std::vector<std::pair<std::size_t, TimePrice>> prices;  // asked for without the lock
  for (const Stretch& s : open) prices.emplace_back(s.frame, feed_.price(s.begin, s.end));
  const std::lock_guard lock(mutex_);
  std::vector<Frame>& frames = segment().frames;
  std::vector<std::size_t> bettered;
  for (auto& [f, price] : prices) {
    if (price.value && !(frames[f].price && *frames[f].price == *price.value)) {
      frames[f].price = std::move(price.value);
      bettered.push_back(f);
    }
    const bool is_old = frames.back().mono - frames[f].mono > PriceFeed::open_for;
    if (!price.is_open || is_old) std::erase(open_prices_, f);
  }
  if (!bettered.empty()) journal_.prices(clock_->monotonic(), utc_of(clock_->monotonic()), segment(), bettered);
}

std::vector<intensity::Record> Session::records_since(MonotonicTime begin) {
  const Step tail = price_step();
  std::vector<Frame> frames;
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    const RunSegment& s = segment();
    name = s.pricing.intensity_text;
    for (auto f = s.frames.rbegin(); f != s.frames.rend(); ++f) {
      frames.push_back({.mono = f->mono, .utc = f->utc, .meters = {}, .price = f->price});
      if (f->mono <= begin) break;
    }
    std::reverse(frames.begin(), frames.end());
    if (tail.now > frames.back().mono) {
      frames.push_back({.mono = tail.now, .utc = utc_of(tail.now), .meters = {}, .price = tail.price});
    }
  }
  return records_of(frames, name);
}

}  // namespace co2lib::tracker::detail
