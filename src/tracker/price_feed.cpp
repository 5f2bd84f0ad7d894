// SPDX-License-Identifier: MIT
#include "tracker/price_feed.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

#include <co2lib/error.hpp>
#include <co2lib/intensity/price.hpp>

#include "detail/signals.hpp"

namespace co2lib::tracker::detail {

namespace {

using intensity::Record;
using intensity::Trace;

constexpr std::chrono::seconds first_pause{10};
constexpr std::chrono::seconds longest_pause{300};

/// True for what a later answer of the source may better.
bool is_open(const FramePrice& price) {
  const bool lower = std::any_of(price.parts.begin(), price.parts.end(), [](const PricePart& p) {
    return p.origin == "climatology" || p.origin == "annual_factor" || p.origin == "world_average";
  });
  return lower || std::find(price.flags.begin(), price.flags.end(), "stale") != price.flags.end();
}

/// The price of a stretch of time from a trace that covers it.
TimePrice priced(UtcTime a, UtcTime b, const Trace& trace, const intensity::IntensitySource& source) {
  TimePrice found;
  // A kilowatt-hour that is spread over the time shows the mean intensity.
  const intensity::EnergySample probe{a, b, Energy::from_kwh(1)};
  intensity::Priced p = intensity::price(std::span(&probe, 1), trace);
  if (!p.error) p.error = source.relative_error();
  found.value = std::make_shared<const FramePrice>(frame_price(p));
  found.is_open = is_open(*found.value);
  return found;
}

}  // namespace

FramePrice frame_price(const intensity::Priced& p) {
  FramePrice price;
  price.g_per_kwh = p.mass.grams();
  price.error = p.error;
  for (const intensity::OriginLine& line : p.origins) {
    const double share = p.energy.kwh() > 0 ? line.energy.kwh() / p.energy.kwh() : 0;
    if (!(share > 0)) continue;
    price.parts.push_back({line.origin, share, line.mass.grams() / line.energy.kwh()});
  }
  if (price.parts.size() == 1) price.parts.front() = {price.parts.front().origin, 1, price.g_per_kwh};
  for (const Issue& issue : p.issues) {
    const bool failure = issue.code.find('.') != std::string::npos;  // those the run says in words
    if (!failure && std::find(price.flags.begin(), price.flags.end(), issue.code) == price.flags.end()) {
      price.flags.push_back(issue.code);
    }
  }
  return price;
}

std::vector<Record> records_of(std::span<const Frame> frames, const std::string& name) {
  std::vector<Record> records;
  Record r;
  r.source = {name, "intensity stored with the run", 0, ""};
  for (std::size_t f = 1; f < frames.size(); ++f) {
    const Frame& frame = frames[f];
    const auto length = frame.mono - frames[f - 1].mono;
    if (!frame.price || length <= MonotonicTime::zero()) continue;
    UtcTime begin = frame.utc - length;
    if (!records.empty() && begin < records.back().end) begin = records.back().end;
    if (begin >= frame.utc) continue;
    r.error = frame.price->error;
    r.flags = frame.price->flags;
    const auto add = [&](UtcTime end, const std::string& origin, double g_per_kwh) {
      if (begin >= end) return;
      r.start = begin;
      r.end = end;
      r.origin = origin;
      r.value = CarbonIntensity::from_g_per_kwh(g_per_kwh);
      records.push_back(r);
      begin = end;
    };
    const auto whole = static_cast<double>((frame.utc - begin).count());
    const UtcTime first = begin;
    double share = 0;
    for (std::size_t p = 0; p + 1 < frame.price->parts.size(); ++p) {
      const PricePart& part = frame.price->parts[p];
      share += part.share;
      const auto until =
          std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(whole * std::min(share, 1.0))));
      add(first + until, part.origin, part.g_per_kwh);
    }
    if (frame.price->parts.empty()) {
      add(frame.utc, "stored", frame.price->g_per_kwh);
    } else {
      add(frame.utc, frame.price->parts.back().origin, frame.price->parts.back().g_per_kwh);
    }
  }
  return records;
}

/// What the thread and its askers share; the thread may outlive the feed.
struct PriceFeed::Shared : std::enable_shared_from_this<PriceFeed::Shared> {
  explicit Shared(std::shared_ptr<const intensity::IntensitySource> s) : source(std::move(s)) {}

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [&] { return closed || question.has_value(); });
      if (closed) return;
      const auto [from, until] = *question;
      question.reset();
      busy = true;
      lock.unlock();
      std::vector<Record> found;
      std::optional<Issue> failed;
      try {
        found = source->between(from, until).records();
        const auto why = source->failure();
        if (why) failed = why;
      } catch (const Error& error) {
        failed = Issue{error.code(), "intensity", error.what()};
      } catch (const std::exception& error) {
        failed = Issue{"intensity_failed", "intensity", error.what()};
#ifdef __GLIBCXX__
      } catch (abi::__forced_unwind&) {
        throw;  // the thread is being ended (Python does that while it shuts down), which must not be stopped
#endif
      } catch (...) {
        failed = Issue{"intensity_failed", "intensity", "the source threw what is not a std::exception"};
      }
      lock.lock();
      busy = false;
      take(found, from, until);
      is_slow = false;
      if (failed) {
        pause = pause.count() == 0 ? first_pause : std::min(2 * pause, longest_pause);
        not_before = asked_at + pause;
        add_issue(failures, *failed);
      } else {
        pause = {};
        not_before = MonotonicTime::min();
      }
      ++answers;
      done.notify_all();
    }
  }

  /// Keeps what a source said that keeps nothing itself, for the time that it was asked for: a function may say
  /// something else for the rest of a record when it is asked again.
  void take(std::vector<Record>& found, UtcTime from, UtcTime until) {
    if (keeps) return;
    for (Record& r : found) {
      r.start = std::max(r.start, from);
      r.end = std::min(r.end, until);
      if (r.start >= r.end) continue;
      const auto first =
          std::partition_point(records.begin(), records.end(), [&](const Record& k) { return k.end <= r.start; });
      const auto last = std::partition_point(first, records.end(), [&](const Record& k) { return k.start < r.end; });
      std::vector<Record> pieces{r};  // what older answers said before and after it stays
      if (first != last && first->start < r.start) {
        pieces.insert(pieces.begin(), *first);
        pieces.front().end = r.start;
      }
      if (first != last && std::prev(last)->end > r.end) {
        pieces.push_back(*std::prev(last));
        pieces.back().start = r.end;
      }
      records.insert(records.erase(first, last), pieces.begin(), pieces.end());
    }
    std::erase_if(records, [&](const Record& r) { return r.end < from - open_for; });
  }

  /// True if the answers so far hold all of `[a, b)`.
  [[nodiscard]] bool holds(UtcTime a, UtcTime b) const {
    for (const Record& r : records) {
      if (r.start <= a && r.end > a) a = r.end;
    }
    return a >= b;
  }

  const std::shared_ptr<const intensity::IntensitySource> source;
  bool keeps = false;  ///< the source keeps what it has learnt (`known`)
  mutable std::mutex mutex;
  std::condition_variable work;
  std::condition_variable done;
  std::optional<std::pair<UtcTime, UtcTime>> question;
  bool busy = false;
  bool closed = false;
  bool is_slow = false;  ///< it was waited for in vain, and has not come back since
  std::vector<Record> records;
  std::vector<Issue> failures;
  std::chrono::seconds pause{};
  MonotonicTime asked_at{};
  MonotonicTime not_before = MonotonicTime::min();
  std::uint64_t answers = 0;
  std::thread thread;
};

PriceFeed::PriceFeed(std::shared_ptr<const intensity::IntensitySource> source)
    : source_(std::move(source)),
      is_apart_(source_ && source_->may_block()),
      shared_(is_apart_ ? std::make_shared<Shared>(source_) : nullptr) {
  if (shared_) shared_->keeps = source_->known(UtcTime{}, UtcTime{std::chrono::nanoseconds(1)}).has_value();
}

PriceFeed::~PriceFeed() { close(); }

void PriceFeed::ask(UtcTime from, UtcTime until, MonotonicTime now) {
  if (!shared_ || from >= until) return;
  Shared& s = *shared_;
  const std::lock_guard lock(s.mutex);
  if (s.closed || now < s.not_before || s.holds(from, until)) return;
  s.question = s.question ? std::pair(std::min(s.question->first, from), std::max(s.question->second, until))
                          : std::pair(from, until);
  s.asked_at = now;
  if (!s.thread.joinable()) {
    const co2lib::detail::SignalsBlocked blocked;
    try {
      s.thread = std::thread([shared = shared_] { shared->run(); });
    } catch (const std::system_error& error) {
      add_issue(s.failures,
                {"intensity_failed", "intensity", std::string("no thread to ask the source on: ") + error.what()});
    }
  }
  s.work.notify_one();
}

void PriceFeed::wait(std::chrono::milliseconds limit) {
  if (!shared_) return;
  Shared& s = *shared_;
  std::unique_lock lock(s.mutex);
  co2lib::detail::wait_for(s.done, lock, limit,
                           [&] { return s.closed || !s.thread.joinable() || (!s.busy && !s.question); });
}

void PriceFeed::catch_up() {
  if (!shared_ || shared_->keeps) return;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->is_slow) return;
  }
  wait(std::chrono::milliseconds(200));
  const std::lock_guard lock(shared_->mutex);
  shared_->is_slow = shared_->busy;
}

Trace PriceFeed::known(UtcTime a, UtcTime b) const {
  if (shared_->keeps) return source_->known(a, b).value_or(Trace());
  const std::lock_guard lock(shared_->mutex);
  const auto& records = shared_->records;
  std::vector<Record> found;
  std::copy_if(records.begin(), records.end(), std::back_inserter(found),
               [&](const Record& r) { return r.start < b && r.end > a; });
  return Trace::chained(found);
}

TimePrice PriceFeed::price(UtcTime a, UtcTime b) const {
  TimePrice found;
  if (!source_ || a >= b) return found;
  try {
    if (shared_) {
      found = priced(a, b, known(a, b), *source_);
    } else {
      const intensity::EnergySample probe{a, b, Energy::from_kwh(1)};
      const intensity::Priced p = intensity::price(std::span(&probe, 1), *source_);
      FramePrice price = frame_price(p);
      price.flags.clear();  // said as issues
      found.value = std::make_shared<const FramePrice>(std::move(price));
      found.issues = p.issues;
    }
  } catch (const Error& error) {
    if (!shared_) found.issues.push_back({error.code(), "intensity", error.what()});
    found.is_open = is_apart_;
  } catch (const std::exception& error) {
    if (!shared_) found.issues.push_back({"intensity_failed", "intensity", error.what()});
    found.is_open = is_apart_;
  }
  if (shared_) {
    const std::lock_guard lock(shared_->mutex);
    add_issues(found.issues, shared_->failures);
  }
  return found;
}

std::uint64_t PriceFeed::answers() const {
  if (!shared_) return 0;
  const std::lock_guard lock(shared_->mutex);
  return shared_->answers;
}

void PriceFeed::close() {
  if (!shared_) return;
  Shared& s = *shared_;
  std::thread thread;
  bool idle = false;
  {
    const std::lock_guard lock(s.mutex);
    s.closed = true;
    s.question.reset();
    idle = !s.busy;
    thread = std::move(s.thread);
    s.work.notify_all();
    s.done.notify_all();
  }
  if (!thread.joinable()) return;
  if (idle) {
    thread.join();
  } else {
    thread.detach();
  }
}

}  // namespace co2lib::tracker::detail
