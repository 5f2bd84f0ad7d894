// SPDX-License-Identifier: MIT
#include <co2lib/intensity/live.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/redact.hpp>

namespace co2lib::intensity {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t most_pages = 200;
/// Steps shorter than this do not make ranges shorter.
constexpr nanoseconds least_step = std::chrono::minutes(5);

using TimeSpan = std::pair<UtcTime, UtcTime>;

/// What of `[a, b)` no record covers; the records are sorted.
std::vector<TimeSpan> uncovered(std::span<const Record> records, UtcTime a, UtcTime b) {
  std::vector<TimeSpan> holes;
  for (const Record& r : records) {
    if (r.start > a) holes.emplace_back(a, std::min(r.start, b));
    a = std::max(a, r.end);
    if (a >= b) return holes;
  }
  if (a < b) holes.emplace_back(a, b);
  return holes;
}

UtcTime floor_to(UtcTime t, nanoseconds step) {
  const nanoseconds into = t.time_since_epoch() % step;
  return t - (into < into.zero() ? into + step : into);
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A token that was read from a file has a line end.
ProviderSettings clean(ProviderSettings settings) {
  if (settings.token) settings.token = trimmed(*settings.token);
  if (settings.token && settings.token->empty()) settings.token.reset();
  settings.user = trimmed(settings.user);
  settings.password = settings.password.substr(0, settings.password.find_last_not_of("\r\n") + 1);
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  return settings;
}

bool is_code(const Error& error, std::string_view code) {
  return error.code().starts_with("intensity.") && std::string_view(error.code()).substr(10) == code;
}

std::string text_of(double x) { return fmt::format("{}", x); }

}  // namespace

struct LiveSource::State {
  const Provider& provider;
  const LiveOptions options;
  const Transport transport;
  const std::shared_ptr<Clock> clock;
  CacheKey key;
  Cache learnt;  ///< in memory: what this source was told

  std::mutex asking;  ///< held while it asks; guards what follows
  std::string token;  ///< of a log-in
  MonotonicTime token_since{};
  std::string located;      ///< zone of the coordinates
  bool has_worked = false;  ///< an answer was good
  bool checked_zone = false;
  std::optional<Error> closed;  ///< nothing more is asked
  struct Stop {
    MonotonicTime until{};
    Error why;
  };
  std::map<std::string, Stop> stops;  ///< questions that are not asked again before a time

  std::mutex mutex;  ///< guards what follows, for moments
  std::optional<Error> failure;
  std::vector<Issue> remarks;

  State(const Provider& p, LiveOptions o, Transport t, std::shared_ptr<Clock> c)
      : provider(p), options(std::move(o)), transport(std::move(t)), clock(std::move(c)) {}

  [[nodiscard]] nanoseconds step() const { return std::max(provider.info().step, least_step); }

  [[nodiscard]] Query question() const {
    Query q;
    q.zone = options.zone.empty() ? located : options.zone;
    if (q.zone.empty()) {
      q.latitude = options.latitude;
      q.longitude = options.longitude;
      q.data_center = options.data_center;
    }
    q.now = clock->utc();
    q.signal = key.signal;
    q.scope = key.scope;
    q.settings = options.settings;
    return q;
  }

  [[nodiscard]] std::vector<std::string> secrets() const {
    return {options.settings.token.value_or(""), options.settings.user, options.settings.password, token};
  }

  /// The same error without secrets in its texts: a service may repeat what it was sent.
  [[nodiscard]] Error shown(const Error& error) const {
    const std::vector<std::string> hidden = secrets();
    ErrorDetails details = error.details();
    for (auto& [name, detail] : details) {
      if (auto* const text = std::get_if<std::string>(&detail)) *text = redact(*text, hidden);
    }
    return Error(error.code(), redact(error.what(), hidden), std::move(details), error.category());
  }

  [[nodiscard]] HttpResponse send(const HttpRequest& request) const {
    return fetch(transport, request, *clock, options.retry);
  }

  void log_in(Query& q) {
    if (!provider.info().needs_login) return;
    const std::chrono::seconds life = provider.info().token_life;
    const bool is_old = life.count() > 0 && clock->monotonic() - token_since >= life;
    if (token.empty() || is_old) {
      token.clear();
      const HttpRequest request = provider.login(q);
      token = provider.parse(request.endpoint, send(request), q).token;
      token_since = clock->monotonic();
    }
    q.settings.token = token;
  }

  /// Turns coordinates into a zone, where the provider wants that.
  void locate(Query& q) {
    if (!q.zone.empty() || (!q.latitude && q.data_center.empty())) return;
    const std::optional<HttpRequest> request = provider.locate(q);
    if (!request) return;
    located = provider.parse(request->endpoint, send(*request), q).zone;
    if (!located.empty()) {
      q.zone = located;
      q.latitude.reset();
      q.longitude.reset();
    }
  }

  /// Takes in what an answer says; false if it says nothing for this source.
  bool take(const Answer& answer, const Query& q) {
    std::vector<Record> good;
    bool others = false;
    const auto add = [&](const std::vector<Record>& records) {
      for (const Record& r : records) {
        if (!r.value) continue;
        if (r.signal != key.signal || r.scope != key.scope) {
          others = true;
          continue;
        }
        good.push_back(r);
        good.back().origin = "live";
      }
    };
    add(answer.forecast_records);
    const nanoseconds unsettled = provider.info().unsettled;
    add(unsettled.count() > 0 ? settled(answer.records, q, clock->utc(), unsettled) : answer.records);
    learnt.put(key, good);
    {
      const std::lock_guard lock(mutex);
      add_issues(remarks, answer.issues);
    }
    if (good.empty() && others) {
      detail::fail("mixed_signals", fmt::format("{} answers with another signal or scope than {}, {}", name(),
                                                text(key.signal), text(key.scope)));
    }
    return !good.empty();
  }

  void ask_once(Query q) {
    log_in(q);
    locate(q);
    bool any = false;
    std::optional<Error> without;  // a part of the time may be without data
    for (const HttpRequest& request : provider.requests(q)) {
      std::vector<HttpResponse> pages{send(request)};
      try {
        while (const auto next = provider.next_page(request, pages)) {
          if (pages.size() == most_pages) {
            detail::fail("bad_body", name() + ": the answer has more than 200 pages", {}, ErrorCategory::connection);
          }
          pages.push_back(send(*next));
        }
        any = take(provider.parse(request.endpoint, pages, q), q) || any;
      } catch (const Error& error) {
        if (!is_code(error, "no_data")) throw;
        without = error;
      }
    }
    if (any) return;
    if (without) throw *without;
    detail::fail("no_data", name() + ": the answer holds no value for the time asked for", {}, ErrorCategory::lookup);
  }

  /// Asks one question, unless it is known that this is in vain; what went wrong, if anything did.
  std::optional<Error> ask(const std::string& what, const Query& q) {
    const MonotonicTime now = clock->monotonic();
    std::erase_if(stops, [&](const auto& stop) { return stop.second.until <= now; });
    if (closed) return closed;
    if (const auto stop = stops.find(what); stop != stops.end()) return stop->second.why;
    const std::string kind = what.substr(0, what.find(':'));
    if (const auto stop = stops.find(kind); stop != stops.end()) return stop->second.why;
    try {
      for (bool again = false;; again = true) {
        try {
          ask_once(q);
          break;
        } catch (const Error& error) {
          const auto retry = error.details().find("retry");
          const auto* const how = retry == error.details().end() ? nullptr : std::get_if<std::string>(&retry->second);
          if (again || token.empty() || how == nullptr || *how != "login_once") throw;
          token.clear();
        }
      }
    } catch (const Error& error) {
      const Error said = shown(error);
      remember(what, kind, said);
      return said;
    } catch (const std::exception& error) {
      return Error("intensity.transport", name() + ": " + redact(error.what(), secrets()), {},
                   ErrorCategory::connection);
    }
    has_worked = true;
    return std::nullopt;
  }

  void remember(const std::string& what, const std::string& kind, const Error& error) {
    const MonotonicTime now = clock->monotonic();
    if (is_code(error, "auth") || is_code(error, "forbidden")) {
      // A plan may allow one question and not another.
      if (has_worked) {
        stops.insert_or_assign(kind, Stop{MonotonicTime::max(), error});
      } else {
        closed = error;
      }
    } else if (is_code(error, "no_data") || is_code(error, "no_coverage")) {
      stops.insert_or_assign(what, Stop{now + options.no_data_for, error});
    } else if (const auto after = error.details().find("retry_after_s"); after != error.details().end()) {
      if (const auto* const seconds = std::get_if<std::int64_t>(&after->second)) {
        stops.insert_or_assign(kind,
                               Stop{now + std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, 86'400)), error});
      }
    }
  }

  /// A zone that the provider does not know is not a lack of data: asked once, where the first answer had none.
  std::optional<Error> check_zone() {
    if (std::exchange(checked_zone, true) || has_worked || options.zone.empty()) return std::nullopt;
    try {
      const Query q = question();
      const std::optional<HttpRequest> request = provider.locate(q);
      if (request) static_cast<void>(provider.parse(request->endpoint, send(*request), q));
    } catch (const Error& error) {
      if (is_code(error, "unknown_zone") || is_code(error, "ambiguous_zone")) {
        closed = shown(error);
        return closed;
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the first error tells
    }
    return std::nullopt;
  }

  /// What is known of `[a, b)` and still valid.
  [[nodiscard]] std::vector<Record> valid(UtcTime a, UtcTime b) const {
    const UtcTime now = clock->utc();
    std::vector<Record> records = learnt.recall(key, a, b);
    std::erase_if(records, [&](const Record& r) {
      if (r.status != Status::forecast) return false;
      return r.end <= now || (r.generated_at && *r.generated_at + provider.info().forecast_period <= now);
    });
    return records;
  }

  /// The three questions that may be needed for `[a, b)`; what went wrong.
  std::optional<Error> learn(UtcTime a, UtcTime b) {
    const UtcTime now = clock->utc();
    std::optional<Error> error;
    const auto note = [&](std::optional<Error> what) {
      if (what && !error) error = std::move(what);
    };
    const bool present = b > floor_to(now, step());
    if (present && a <= now) {
      const UtcTime point = std::min(now, b - nanoseconds(1));
      if (!uncovered(valid(point, point + nanoseconds(1)), point, point + nanoseconds(1)).empty()) {
        note(ask("latest", question()));
        if (error && is_code(*error, "no_data")) {
          if (auto worse = check_zone()) error = std::move(worse);
        }
      }
    }
    const UtcTime past = std::min(b, now);
    if (const auto holes = uncovered(valid(a, b), a, past);
        a < past && !holes.empty() && (!present || now - holes.front().first > 2 * step())) {
      Query q = question();
      q.start = floor_to(holes.front().first, step());
      q.end = std::min(floor_to(holes.back().second - nanoseconds(1), step()) + step(), std::max(now, past));
      if (*q.start < *q.end) note(ask("range:" + format_utc(*q.start), q));
    }
    if (b - now > step() && provider.info().longest_horizon.count() > 0) {
      if (const auto holes = uncovered(valid(now, b), now, b); !holes.empty()) {
        Query q = question();
        q.horizon = std::min(std::chrono::ceil<std::chrono::hours>(b - now), provider.info().longest_horizon);
        note(ask("forecast:" + format_utc(floor_to(now, step())), q));
      }
    }
    const std::lock_guard lock(mutex);
    failure = error;
    return error;
  }

  [[nodiscard]] std::string name() const { return std::string(provider.info().id) + ":" + key.zone; }
};

LiveSource::LiveSource(const Provider& provider, LiveOptions options, Transport transport,
                       std::shared_ptr<Clock> clock) {
  options.settings = clean(std::move(options.settings));
  if (!transport) detail::fail("bad_value", "the transport of a live source is empty");
  if (!clock) clock = std::make_shared<SystemClock>();
  CacheKey key;
  key.provider = provider.info().id;
  key.zone = !options.zone.empty()                   ? options.zone
             : !options.data_center.empty()          ? options.data_center
             : options.latitude && options.longitude ? text_of(*options.latitude) + "," + text_of(*options.longitude)
                                                     : std::string();
  key.signal = options.signal.value_or(key.provider == "watttime" ? Signal::marginal : Signal::average);
  const bool direct = key.provider == "watttime" || key.provider == "neso_gb";
  key.scope = options.scope.value_or(direct ? Scope::direct : Scope::lifecycle);
  state_ = std::make_shared<State>(provider, std::move(options), std::move(transport), std::move(clock));
  state_->key = std::move(key);
  // A zone, token or signal that is missing is told now, before anything is asked.
  Query q = state_->question();
  if (provider.info().needs_login) {
    static_cast<void>(provider.login(q));
    q.settings.token = "checked";
  }
  static_cast<void>(provider.requests(q));
}

LiveSource::~LiveSource() = default;

Trace LiveSource::between(UtcTime a, UtcTime b) const {
  State& s = *state_;
  std::optional<Error> error;
  {
    const std::lock_guard one_at_a_time(s.asking);
    error = s.learn(a, b);
  }
  const std::vector<Record> records = s.learnt.recall(s.key, a, b);
  if (records.empty() && error) throw *error;
  return Trace::chained(records);
}

std::optional<Trace> LiveSource::known(UtcTime a, UtcTime b) const {
  return Trace::chained(state_->learnt.recall(state_->key, a, b));
}

std::optional<Forecast> LiveSource::own_forecast(UtcTime issued_at, std::chrono::hours horizon) const {
  const State& s = *state_;
  const UtcTime now = s.clock->utc();
  if (s.provider.info().longest_horizon.count() == 0 || issued_at > now || now - issued_at >= std::chrono::hours(1)) {
    return std::nullopt;
  }
  static_cast<void>(between(now, issued_at + horizon));
  std::vector<Record> records = s.learnt.recall(s.key, issued_at, issued_at + horizon);
  std::erase_if(records, [](const Record& r) { return r.status != Status::forecast; });
  if (records.empty()) return std::nullopt;
  for (Record& r : records) {  // of one issue: what was asked for now
    if (!r.generated_at) r.generated_at = issued_at;
  }
  const auto issue = records.back().generated_at;
  std::erase_if(records, [&](const Record& r) { return r.generated_at != issue; });
  return forecast_of(records);
}

Description LiveSource::describe() const {
  const State& s = *state_;
  const ProviderInfo& info = s.provider.info();
  return {s.name(),
          s.key.signal,
          s.key.scope,
          {{std::string(info.id), std::string(info.name), 0, std::string(info.licence)}}};
}

std::optional<Issue> LiveSource::failure() const {
  const std::lock_guard lock(state_->mutex);
  if (!state_->failure) return std::nullopt;
  return Issue{state_->failure->code(), state_->name(), state_->failure->what()};
}

std::vector<Issue> LiveSource::remarks() const {
  const std::lock_guard lock(state_->mutex);
  return state_->remarks;
}

CacheKey LiveSource::key() const { return state_->key; }

const std::shared_ptr<Cache>& LiveSource::cache() const noexcept { return state_->options.cache; }

const std::shared_ptr<Clock>& LiveSource::clock() const noexcept { return state_->clock; }

}  // namespace co2lib::intensity
