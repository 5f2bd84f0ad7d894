// SPDX-License-Identifier: MIT
#include <co2lib/intensity/fallback.hpp>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include <co2lib/error.hpp>
#include <co2lib/intensity/climatology.hpp>
#include <co2lib/intensity/live.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds instant{1};
constexpr nanoseconds past_needed = std::chrono::days(7) + std::chrono::hours(1);

bool covers(const Record& r, UtcTime t) { return r.start <= t && t < r.end; }

/// How far the same hours of other days lie from their mean, as the 95 % width of a normal distribution: ours.
std::optional<RelativeError> spread(const Trace& trace, UtcTime now, CarbonIntensity mean) {
  numeric::Moments moments;
  const UtcTime hour = std::chrono::floor<std::chrono::hours>(now);
  for (int j = 1; j <= 7; ++j) {
    const UtcTime start = hour - std::chrono::days(j);
    if (const auto value = trace.mean(start, start + std::chrono::hours(1))) moments.push(value->g_per_kwh());
  }
  if (moments.count() < 2 || !(mean.g_per_kwh() > 0)) return std::nullopt;
  const double half = 1.96 * moments.sample_sd() / mean.g_per_kwh();
  return RelativeError{-std::min(1.0, half), half};
}

}  // namespace

Fallback::Fallback(const FallbackOptions& options)
    : signal_(options.signal.value_or(Signal::average)),
      scope_(options.scope.value_or(Scope::lifecycle)),
      stale_for_(options.stale_for) {
  if (!options.location.empty()) place_ = location_source(options.location, scope_);
  world_ = world_average(scope_);
}

bool Fallback::counts(const Record& r) const { return r.value && r.signal == signal_ && r.scope == scope_; }

std::optional<Record> Fallback::from_cache(UtcTime now, std::span<const Record> cache) const {
  const Record* newest = nullptr;
  for (const Record& r : cache) {
    if (!counts(r)) continue;
    if (covers(r, now)) {
      Record found = r;
      found.origin = "cache";
      return found;
    }
    if (r.end <= now && now - r.end <= stale_for_ && (newest == nullptr || newest->end < r.end)) newest = &r;
  }
  if (newest == nullptr) return std::nullopt;
  Record found = *newest;
  found.origin = "cache";
  found.flags.emplace_back("stale");
  found.start = newest->end;
  found.end = newest->end + stale_for_ + instant;
  for (const Record& r : cache) {
    if (counts(r) && r.start > now) found.end = std::min(found.end, r.start);
  }
  return found;
}

std::optional<Record> Fallback::from_climatology(UtcTime now, std::span<const Record> cache) const {
  std::vector<Record> known;
  for (const Record& r : cache) {
    if (counts(r) && r.start < now && r.end > now - past_needed) known.push_back(r);
  }
  if (known.empty()) return std::nullopt;
  const Trace trace = Trace::chained(known);
  const std::optional<CarbonIntensity> mean = climatology(trace, now);
  if (!mean) return std::nullopt;
  Record found = known.front();
  found.start = std::chrono::floor<std::chrono::hours>(now);
  found.end = found.start + std::chrono::hours(1);
  found.value = mean;
  found.status = Status::statistic;
  found.origin = "climatology";
  found.raw_value.reset();
  found.raw_unit.clear();
  found.generated_at.reset();
  found.updated_at.reset();
  found.error = spread(trace, now, *mean);
  found.flags = {"climatology"};
  return found;
}

std::optional<Record> Fallback::from_factors(UtcTime now) const {
  if (signal_ == Signal::marginal) return std::nullopt;
  Record found;
  if (place_) {
    found = place_->at(now);
    const bool is_world = std::find(found.flags.begin(), found.flags.end(), "world_average") != found.flags.end();
    if (!is_world) {
      found.origin = "annual_factor";
      found.flags.insert(found.flags.begin(), "annual_factor");
      if (!found.error) found.error = place_->relative_error();
    } else {
      found = Record{};
    }
  }
  if (found.origin.empty()) {
    found = world_->at(now);
    found.origin = "world_average";
    found.flags = {"world_average"};
    if (!found.error) found.error = world_->relative_error();
  }
  const auto year = std::chrono::year(utc_year(now));
  found.start = UtcTime(std::chrono::sys_days(year / 1 / 1));
  found.end = UtcTime(std::chrono::sys_days((year + std::chrono::years(1)) / 1 / 1));
  return found;
}

Record Fallback::at(UtcTime now, const LiveAnswer* live, std::span<const Record> cache) const {
  std::string issue;
  if (live != nullptr) {
    for (const Record& r : live->records) {
      if (!counts(r) || !covers(r, now)) continue;
      Record found = r;
      found.origin = "live";
      return found;
    }
    issue = live->error.empty() ? "intensity.no_data" : live->error;
  }
  std::optional<Record> found = from_cache(now, cache);
  if (!found) found = from_climatology(now, cache);
  if (!found) found = from_factors(now);
  if (!found) {
    detail::fail("no_data",
                 "no link of the fallback chain has a marginal intensity for " + format_utc(now) +
                     (issue.empty() ? "" : " (the live one: " + issue + ")"),
                 {}, ErrorCategory::lookup);
  }
  // A better link may answer later in the same interval.
  const auto until = [&](const Record& r) {
    if (counts(r) && r.start > now) found->end = std::min(found->end, r.start);
  };
  if (live != nullptr) std::for_each(live->records.begin(), live->records.end(), until);
  if (found->origin != "cache") std::for_each(cache.begin(), cache.end(), until);
  if (!issue.empty()) found->flags.push_back(issue);
  return *std::move(found);
}

Record fallback(UtcTime now, const LiveAnswer* live, std::span<const Record> cache, const FallbackOptions& options) {
  return Fallback(options).at(now, live, cache);
}

namespace {

class FallbackSource final : public IntensitySource {
 public:
  FallbackSource(std::shared_ptr<const IntensitySource> live, FallbackOptions options, std::shared_ptr<Clock> clock)
      : live_(std::move(live)),
        source_(dynamic_cast<const LiveSource*>(live_.get())),
        clock_(std::move(clock)),
        cache_(options.cache                            ? options.cache
               : source_ != nullptr && source_->cache() ? source_->cache()
                                                        : std::make_shared<Cache>()),
        links_(completed(options)),
        location_(options.location) {
    if (!clock_) clock_ = source_ != nullptr ? source_->clock() : std::make_shared<SystemClock>();
    if (source_ != nullptr) {
      key_ = source_->key();
    } else {
      key_ = {"", live_ ? live_->describe().name : location_, links_.signal(), links_.scope()};
    }
  }

  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override {
    LiveAnswer live;
    if (source_ != nullptr && is_cached(a, b)) {
      live.records = source_->known(a, b)->records();
    } else if (live_) {
      try {
        live.records = live_->between(a, b).records();
        if (live.records.empty()) live.error = "intensity.no_data";
        const std::lock_guard lock(mutex_);
        failure_.reset();
        learnt_.put(key_, live.records);
      } catch (const Error& error) {
        live.error = error.code();
        note({error.code(), live_->describe().name, error.what()});
      } catch (const std::exception& error) {
        live.error = "intensity.transport";
        note({live.error, live_->describe().name, error.what()});
      }
      cache_->put(key_, live.records);
    }
    return chain(a, b, live, cache_->find(key_, a - past_needed, b));
  }

  [[nodiscard]] std::optional<Trace> known(UtcTime a, UtcTime b) const override {
    // Before what was learnt: an answer that comes in between the two is put there first, and is not taken for old.
    const std::vector<Record> cached = cache_->recall(key_, a - past_needed, b);
    LiveAnswer live;
    if (live_) {
      const auto learnt = live_->known(a, b);
      live.records = learnt ? learnt->records() : learnt_.recall(key_, a, b);
      live.error = live_error();
    }
    try {
      return chain(a, b, live, cached);
    } catch (const Error&) {
      return Trace();  // a marginal signal that nobody knows
    }
  }

  [[nodiscard]] bool may_block() const noexcept override { return live_ != nullptr; }

  [[nodiscard]] std::optional<Issue> failure() const override {
    if (source_ != nullptr) return source_->failure();
    const std::lock_guard lock(mutex_);
    return failure_;
  }

  [[nodiscard]] Description describe() const override {
    Description d = live_ ? live_->describe() : Description{"fallback", links_.signal(), links_.scope(), {}};
    if (!live_ && !location_.empty()) d.name = location_;
    d.signal = links_.signal();
    d.scope = links_.scope();
    return d;
  }

 private:
  [[nodiscard]] FallbackOptions completed(FallbackOptions options) const {
    if (live_) {
      const Description d = live_->describe();
      if (!options.signal) options.signal = d.signal;
      if (!options.scope) options.scope = d.scope;
    }
    return options;
  }

  /// True if the cache answers for all of the time with what no newer answer can better.
  [[nodiscard]] bool is_cached(UtcTime a, UtcTime b) const {
    const UtcTime now = clock_->utc();
    for (const Record& r : cache_->find(key_, a, b)) {
      const bool current = r.end > now && (r.status != Status::forecast || !r.generated_at ||
                                           *r.generated_at + std::chrono::hours(1) > now);
      if (r.start > a || !r.value || !(current || r.status == Status::measured)) return false;
      a = std::max(a, r.end);
      if (a >= b || r.end > now) return true;  // of the time to come nothing newer is known
    }
    return a >= b;
  }

  [[nodiscard]] Trace chain(UtcTime a, UtcTime b, const LiveAnswer& live, const std::vector<Record>& cache) const {
    std::vector<Record> records;
    std::optional<Error> none;
    const bool asked = live_ != nullptr && (!live.records.empty() || !live.error.empty());
    for (UtcTime t = a; t < b;) {
      try {
        Record r = links_.at(t, asked ? &live : nullptr, cache);
        r.start = std::max(r.start, t);
        if (!records.empty()) r.start = std::max(r.start, records.back().end);
        t = r.end;
        records.push_back(std::move(r));
      } catch (const Error& error) {
        if (error.code() != "intensity.no_data") throw;
        none = error;
        UtcTime next = std::chrono::floor<std::chrono::hours>(t) + std::chrono::hours(1);
        for (const auto* list : {&live.records, &cache}) {
          for (const Record& r : *list) {
            if (r.start > t) next = std::min(next, r.start);
          }
        }
        t = next;
      }
    }
    if (records.empty() && none) throw *none;
    return Trace::chained(records);
  }

  void note(Issue issue) const {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(issue);
  }

  [[nodiscard]] std::string live_error() const {
    const std::optional<Issue> why = failure();
    return why ? why->code : std::string();
  }

  const std::shared_ptr<const IntensitySource> live_;
  const LiveSource* const source_;  ///< the same, where it is one of ours
  std::shared_ptr<Clock> clock_;
  const std::shared_ptr<Cache> cache_;
  const Fallback links_;
  const std::string location_;
  CacheKey key_;
  mutable Cache learnt_;      ///< what a source answered that keeps nothing itself
  mutable std::mutex mutex_;  ///< guards what follows
  mutable std::optional<Issue> failure_;
};

}  // namespace

std::shared_ptr<const IntensitySource> with_fallback(std::shared_ptr<const IntensitySource> live,
                                                     FallbackOptions options, std::shared_ptr<Clock> clock) {
  return std::make_shared<const FallbackSource>(std::move(live), std::move(options), std::move(clock));
}

}  // namespace co2lib::intensity
