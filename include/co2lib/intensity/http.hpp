// SPDX-License-Identifier: MIT
// One HTTP request and its response, as values; a transport turns the one into the other. Nothing here opens a socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/record.hpp>

namespace co2lib::intensity {

/// A name and its value: of a query (not yet percent-encoded) or of a header.
struct HttpField {
  std::string name;     ///< as it is sent
  std::string value;    ///< as it is, without quotes
  bool secret = false;  ///< a token or password: sent, but never shown, logged or stored

  bool operator==(const HttpField&) const = default;
};

/// What is sent. `url` has neither query nor user info; `target` puts it together.
struct HttpRequest {
  std::string method = "GET";        ///< `GET`, or `POST`
  std::string url{};                 ///< scheme, host, port and path
  std::vector<HttpField> query{};    ///< in their order
  std::vector<HttpField> headers{};  ///< in their order
  std::string body{};                ///< of the request; empty: none
  std::string endpoint{};  ///< the provider's name of what is asked, for its parser and for messages; not sent
  std::chrono::milliseconds connect_timeout{5'000};  ///< until the connection stands
  std::chrono::milliseconds timeout{10'000};         ///< of the whole request
  std::size_t body_limit = std::size_t{16} << 20;    ///< bytes of the response's body
};

/// What came back.
struct HttpResponse {
  int status = 0;                    ///< of HTTP: 200
  std::vector<HttpField> headers{};  ///< in the order received; names as received
  std::string body{};                ///< decoded text; at most `body_limit` bytes
};

/// Sends one request and waits for its response, whatever its status; without one it throws `intensity.transport` or
/// `intensity.timeout`. It repeats nothing, follows redirects to the same host only, and can be called from any thread.
using Transport = std::function<HttpResponse(const HttpRequest&)>;

/// The value of the first header with this name, in any case of letters; null if there is none.
[[nodiscard]] const std::string* find_header(const std::vector<HttpField>& headers, std::string_view name);

/// Percent-encodes all but letters, digits, `-`, `.`, `_` and `~`: `+` becomes `%2B`, a space `%20`.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// The whole URL as it is sent, secrets and all: `url?name=value&...`, names and values percent-encoded.
[[nodiscard]] std::string target(const HttpRequest& request);

/// `GET https://host/path?zone=DE&api_key=***`: for people; secrets are `***`, headers are left out.
[[nodiscard]] std::string to_string(const HttpRequest& request);

/// The code that a status means, without its domain: 401 is `auth`, 404 is `no_coverage` if the body has the word
/// coverage, else `no_data`; a redirect that was not followed is `server`. Empty for 2xx, `transport` for 0.
///
/// What a provider means by it (a 403 that is a log-in that ran out) is in its parser.
[[nodiscard]] std::string_view code_of_status(int status, std::string_view body = {});

/// How long `Retry-After` of a response asks to wait: seconds, or a date, less `now` (without it less the response's
/// own `Date`), and 0 if that has passed. Nothing if there is no such header, or it cannot be read.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const HttpResponse& response,
                                                              std::optional<UtcTime> now = std::nullopt);

/// The kind of exception of a code of this domain, given without `intensity.`.
[[nodiscard]] ErrorCategory category_of(std::string_view code) noexcept;

}  // namespace co2lib::intensity

template <>
inline constexpr bool co2lib::has_text<co2lib::intensity::HttpRequest> = true;
