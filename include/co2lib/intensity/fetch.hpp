// SPDX-License-Identifier: MIT
// fetch: a request that is repeated where that can help, over any transport.
//
// 1. A transport error (`intensity.transport`, `intensity.timeout`) and the statuses 408, 425, 429, 500, 502, 503 and
//    504 are repeated, three attempts in all.
// 2. Before attempt n + 1 it waits u * min(30 s, 1 s * 2^(n-1)), u from 0 to 1 by chance, so that many programs that
//    failed together do not come back together.
// 3. `Retry-After` takes the place of that wait up to 300 s; a service that asks for more is not asked again.
// 4. Redirects lead to the same host only, at most three of them, and never from https to http: what goes with a
//    request (a token) is for its host. A redirect that is not followed is the response.
#pragma once

#include <chrono>
#include <functional>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/http.hpp>

namespace co2lib::intensity {

/// How a request is repeated.
struct RetryOptions {
  int attempts = 3;  ///< requests in all, the first included
  std::chrono::nanoseconds first_wait =
      std::chrono::seconds(1);  ///< at most, before the second request; doubled each time
  std::chrono::nanoseconds longest_wait = std::chrono::seconds(30);    ///< most that is waited without `Retry-After`
  std::chrono::nanoseconds longest_asked = std::chrono::seconds(300);  ///< by `Retry-After`
  int redirects = 3;                                                   ///< that are followed
  std::function<double()> jitter{};                                    ///< u, from 0 to 1; default: by chance
};

/// How to wait, and what time it is.
struct Waits {
  std::function<bool(std::chrono::nanoseconds)> wait;  ///< false: given up, nothing more is tried
  std::function<UtcTime()> now;                        ///< the time, for `Retry-After` with a date
};

/// Waits on a clock; a waiter that is interrupted ends the wait. Both must outlive what is returned.
[[nodiscard]] Waits waits_on(Clock& clock, Waiter& waiter);

/// True for statuses that a later attempt may change.
[[nodiscard]] bool is_passing(int status) noexcept;

/// Sends a request until it is answered for good; the last response, whatever its status (`code_of_status`). Throws
/// what the transport threw at the last attempt.
[[nodiscard]] HttpResponse fetch(const Transport& transport, const HttpRequest& request, const Waits& waits,
                                 const RetryOptions& options = {});

/// As above, waiting on a clock.
[[nodiscard]] HttpResponse fetch(const Transport& transport, const HttpRequest& request, Clock& clock,
                                 const RetryOptions& options = {});

}  // namespace co2lib::intensity
