// SPDX-License-Identifier: MIT
// The regions of a running tracker: their edges read from the sensors, their records asked for.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tracker/account.hpp"
#include "tracker/estimate.hpp"
#include "tracker/session.hpp"

namespace co2lib::tracker::detail {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t most_regions_doubted = 256;  ///< that wait for the first move of a counter

}  // namespace

Edge Session::edge_now() const {
  Edge edge;
  edge.at = clock_->monotonic();
  return edge;
}

std::int64_t Session::thread_number() {
  return threads_.try_emplace(std::this_thread::get_id(), static_cast<std::int64_t>(threads_.size()) + 1).first->second;
}

std::uint64_t Session::open_region(std::string_view name, const RegionOptions& region_options, bool on_stack) {
  if (forked_) return 0;
  if (options_.sync) options_.sync();
  Edge begin;
  if (!region_options.marker) sweep(What::counters, edge_patience, &begin);
  const std::lock_guard lock(mutex_);
  if (stopped_) return 0;
  if (region_options.marker) begin = edge_now();
  RegionRecord record;
  record.name = name;
  record.marker = region_options.marker;
  record.thread = region_options.thread.value_or(thread_number());
  std::vector<std::uint64_t>& stack = stacks_[std::this_thread::get_id()];
  record.parent = region_options.parent.value_or(stack.empty() ? 0 : stack.back());
  sampler_.keep_edge(begin);
  const std::uint64_t id = book_.open(std::move(record), std::move(begin));
  if (on_stack && !region_options.parent) {
    stack.push_back(id);
    on_stack_.emplace(id, std::this_thread::get_id());
  }
  return id;
}

void Session::forget_stack_entry(std::uint64_t id) {
  const auto entry = on_stack_.find(id);
  if (entry == on_stack_.end()) return;
  const auto stack = stacks_.find(entry->second);
  on_stack_.erase(entry);
  if (stack == stacks_.end()) return;
  std::erase(stack->second, id);
  if (stack->second.empty() && stacks_.size() > 64) stacks_.erase(stack);  // kept for the next region
}

bool Session::close_region(std::uint64_t id) noexcept {
  if (forked_ || id == 0) return false;
  bool done = false;
  try {
    std::string sync_error;
    try {
      if (options_.sync) options_.sync();
    } catch (const std::exception& error) {
      sync_error = error.what();
    } catch (...) {
      sync_error = "something that is not a std::exception";
    }
    std::unique_lock lock(mutex_);
    const RegionRecord* const record = book_.find_open(id);
    if (record == nullptr || stopped_) return false;
    if (!sync_error.empty()) {
      note({"sync_failed", record->name, "sync threw at its end, and the region was ended there: " + sync_error});
    }
    Edge end;
    if (record->marker) {
      end = edge_now();
    } else {
      lock.unlock();
      sweep(What::counters, edge_patience, &end);
      lock.lock();
    }
    if (stopped_) return false;
    sampler_.keep_edge(end);
    if (!book_.close(id, std::move(end))) return false;
    done = true;
    forget_stack_entry(id);
    settle(Settle::sure);
    compact_if_worth();
    lock.unlock();
    relieve();
  } catch (...) {  // NOLINT(bugprone-empty-catch): failure is reported by `done`
  }
  return done;
}

void Session::relieve() {
  bool crowded = false;
  {
    const std::lock_guard lock(mutex_);
    crowded = book_.waiting() > settle_at_;
  }
  if (crowded) {
    sweep(What::all, edge_patience);
    const std::lock_guard lock(mutex_);
    settle(Settle::sure);
    settle_at_ = std::max(most_regions_waiting, 2 * book_.waiting());
  }
  if (journal_.is_full()) write_out(false, false);
}

bool Session::cancel_region(std::uint64_t id) noexcept {
  if (forked_) return false;
  try {
    const std::lock_guard lock(mutex_);
    if (!book_.cancel(id)) return false;
    forget_stack_entry(id);
    return true;
  } catch (...) {
    return false;
  }
}

bool Session::restart_region(std::uint64_t id) noexcept {
  if (forked_) return false;
  try {
    bool marker = false;
    {
      const std::lock_guard lock(mutex_);
      const RegionRecord* const record = book_.find_open(id);
      if (record == nullptr) return false;
      marker = record->marker;
    }
    Edge begin;
    if (!marker) sweep(What::counters, edge_patience, &begin);
    const std::lock_guard lock(mutex_);
    if (marker) begin = edge_now();
    sampler_.keep_edge(begin);
    return book_.restart(id, std::move(begin));
  } catch (...) {
    return false;
  }
}

void Session::mark(std::string_view name) {
  if (forked_) return;
  std::uint64_t last = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = marks_.find(std::this_thread::get_id());
    if (found != marks_.end()) last = found->second;
  }
  if (last != 0) close_region(last);
  const std::uint64_t id = open_region(name, {.marker = true}, false);
  const std::lock_guard lock(mutex_);
  marks_[std::this_thread::get_id()] = id;
}

void Session::settle(Settle how) {
  if (book_.waiting() == 0) return;
  const bool patient = how == Settle::sure && book_.waiting() < most_regions_doubted;
  book_.settle(sampler_.views(patient), how == Settle::all, [&](const RegionRecord& r) {
    segment().regions.add(r);
    if (r.inclusive.energy_j) forecasts_[r.name].push(Energy::from_joules(*r.inclusive.energy_j));
    journal_.region(r.end, utc_of(r.end), r);
    if (r.id >= settled_.size() && settled_.size() < most_regions_waiting) {  // ids below the size keep their place
      settled_.resize(std::min<std::size_t>(most_regions_waiting, std::max<std::size_t>(64, 2 * (r.id + 1))));
    }
    settled_[r.id % settled_.size()] = r;
  });
}

void Session::compact_if_worth() {
  if (sampler_.most_segments() <= compact_at_) return;
  sampler_.compact(book_);
  // Regions that wait for a slow meter keep their segments: try again only when there are twice as many.
  compact_at_ = std::max<std::size_t>(512, 2 * sampler_.most_segments());
}

std::optional<RegionResult> Session::result(std::uint64_t id) {
  if (forked_ || id == 0) return std::nullopt;
  std::optional<RegionRecord> record;
  UtcTime start{};
  const auto look = [&] {
    if (settled_.empty()) return;
    const RegionRecord& kept = settled_[id % settled_.size()];
    if (kept.id != id) return;
    record = kept;
    start = utc_of(kept.begin);
  };
  {
    const std::lock_guard lock(mutex_);
    look();
    if (!record && !book_.is_waiting(id)) return std::nullopt;
  }
  if (!record) {
    sweep(What::all, patience);
    const std::lock_guard lock(mutex_);
    settle(Settle::sure);
    look();
    if (!record) {  // a meter keeps it waiting: what is known now
      record = book_.so_far(id, sampler_.views_so_far());
      if (record) start = utc_of(record->begin);
    }
  }
  if (!record) return std::nullopt;
  RegionResult result = to_result(*record, record->inclusive, start);
  const Facility facility{options_.pue, options_.wue};
  if (feed_.is_apart()) {
    PriceChoice known = price_;
    known.source = intensity::make_source(intensity::Trace::chained(records_since(record->begin)));
    SegmentPrice(std::move(known), facility).add_carbon(result, RunEnergy());
  } else {
    const auto shift = feed_.has_source() ? nanoseconds::zero() : price_shift(run_.segments.back());
    SegmentPrice(price_, facility, shift).add_carbon(result, RunEnergy());
  }
  return result;
}

RunForecast Session::forecast(std::string_view name, long units_total) {
  if (!forked_) sweep(What::all, patience);
  const std::lock_guard lock(mutex_);
  settle(Settle::known);
  const auto found = forecasts_.find(std::string(name));
  if (found == forecasts_.end()) {
    throw Error("meter.bad_input", fmt::format("region '{}' has not ended once; forecast after its first end", name));
  }
  return found->second.total(units_total);
}

}  // namespace co2lib::tracker::detail
