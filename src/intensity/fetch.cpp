// SPDX-License-Identifier: MIT
#include <co2lib/intensity/fetch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <co2lib/error.hpp>

#include "intensity/url.hpp"

namespace co2lib::intensity {

namespace {

using std::chrono::nanoseconds;

double by_chance() {
  static std::mutex mutex;
  static std::mt19937_64 generator(std::random_device{}());
  const std::lock_guard lock(mutex);
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

/// True for what a later attempt may change.
bool may_pass(const Error& error) {
  if (const auto retry = error.details().find("retry"); retry != error.details().end()) return false;
  return error.code() == "intensity.transport" || error.code() == "intensity.timeout";
}

/// Where a redirect leads, if it may be followed.
std::optional<std::string> next_url(const HttpRequest& request, const HttpResponse& response) {
  static constexpr std::array statuses{301, 302, 303, 307, 308};
  if (std::find(statuses.begin(), statuses.end(), response.status) == statuses.end()) return std::nullopt;
  if (request.method != "GET") return std::nullopt;
  const std::string* const location = find_header(response.headers, "location");
  if (location == nullptr) return std::nullopt;
  const std::string from = target(request);
  const std::string to = detail::resolved(from, *location);
  const auto old_host = detail::authority_of(from);
  const auto new_host = detail::authority_of(to);
  if (!old_host || !new_host || old_host->host != new_host->host) return std::nullopt;
  const bool to_https =
      old_host->scheme == "http" && new_host->scheme == "https" && old_host->port == 80 && new_host->port == 443;
  if (!to_https && *old_host != *new_host) return std::nullopt;
  return to;
}

HttpResponse send(const Transport& transport, const HttpRequest& request, int redirects) {
  HttpResponse response = transport(request);
  HttpRequest next = request;
  for (int n = 0; n < redirects; ++n) {
    std::optional<std::string> url = next_url(next, response);
    if (!url) break;
    next.url = *std::move(url);  // the query of a redirect is part of its URL
    next.query.clear();
    response = transport(next);
  }
  return response;
}

/// The wait before the next attempt; nothing if there is none.
std::optional<nanoseconds> wait_after(const HttpResponse* response, int attempt, const Waits& waits,
                                      const RetryOptions& options) {
  if (attempt >= options.attempts) return std::nullopt;
  if (response != nullptr) {
    if (!is_passing(response->status)) return std::nullopt;
    if (const auto asked = retry_after(*response, waits.now ? std::optional(waits.now()) : std::nullopt)) {
      return *asked <= options.longest_asked ? std::optional<nanoseconds>(*asked) : std::nullopt;
    }
  }
  double seconds = std::chrono::duration<double>(options.first_wait).count() * std::exp2(attempt - 1);
  seconds = std::min(seconds, std::chrono::duration<double>(options.longest_wait).count());
  seconds *= std::clamp(options.jitter ? options.jitter() : by_chance(), 0.0, 1.0);
  return nanoseconds(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

}  // namespace

Waits waits_on(Clock& clock, Waiter& waiter) {
  return {[&](nanoseconds time) { return clock.wait_until(waiter, clock.monotonic() + time); },
          [&] { return clock.utc(); }};
}

bool is_passing(int status) noexcept {
  static constexpr std::array statuses{408, 425, 429, 500, 502, 503, 504};
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

HttpResponse fetch(const Transport& transport, const HttpRequest& request, const Waits& waits,
                   const RetryOptions& options) {
  for (int attempt = 1;; ++attempt) {
    std::optional<HttpResponse> response;
    std::optional<Error> failure;
    try {
      response = send(transport, request, options.redirects);
    } catch (const Error& error) {
      if (!may_pass(error)) throw;
      failure = error;
    }
    const auto wait = wait_after(response ? &*response : nullptr, attempt, waits, options);
    if (!wait || !waits.wait(*wait)) {
      if (failure) throw *failure;
      return *std::move(response);
    }
  }
}

HttpResponse fetch(const Transport& transport, const HttpRequest& request, Clock& clock, const RetryOptions& options) {
  Waiter waiter;
  return fetch(transport, request, waits_on(clock, waiter), options);
}

}  // namespace co2lib::intensity
