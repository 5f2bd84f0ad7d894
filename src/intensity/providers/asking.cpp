// SPDX-License-Identifier: MIT
#include "intensity/providers/asking.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include <co2lib/numeric.hpp>

namespace co2lib::intensity::built_in {

namespace {

std::string base64(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= text.size() ? letters[bits >> (18U - 6U * k) & 63U] : '=';
    }
  }
  return out;
}

UtcTime floor_to(UtcTime time, std::chrono::nanoseconds step) {
  const auto into = time.time_since_epoch() % step;
  return time - (into < into.zero() ? into + step : into);
}

}  // namespace

std::string basic_credentials(const std::string& user, const std::string& password) {
  return base64(user + ":" + password);
}

std::vector<std::string> secrets_of(const ProviderSettings& settings) {
  std::vector<std::string> secrets;
  if (settings.token) secrets.push_back(*settings.token);
  if (!settings.user.empty() || !settings.password.empty()) {
    secrets.push_back(basic_credentials(settings.user, settings.password));
    secrets.push_back(settings.password);
    secrets.push_back(settings.user);
  }
  const std::size_t plain = secrets.size();
  for (std::size_t i = 0; i < plain; ++i) secrets.push_back(percent_encoded(secrets[i]));
  std::erase(secrets, std::string());
  // The longest first: a short one can be a part of it.
  numeric::stable_sort(secrets, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return secrets;
}

std::string whole_seconds(UtcTime time) { return format_utc(std::chrono::floor<std::chrono::seconds>(time)); }

std::string plain_number(double value) {
  if (value == 0) return "0";  // never -0
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

Asking::Asking(const ProviderInfo& info, const Query& query) : info_(info), query_(query) {
  if (query.start.has_value() != query.end.has_value()) fail("bad_time", "give start and end, or none of them");
  if (query.start && !(*query.start < *query.end)) {
    fail("bad_time", fmt::format("the interval from {} to {} does not start before it ends", format_utc(*query.start),
                                 format_utc(*query.end)));
  }
  for (const auto& time : {query.start, query.end, query.now}) {
    if (time && (utc_year(*time) < 1700 || utc_year(*time) > 2200))
      fail("bad_time", "a time lies outside 1700 to 2200");
  }
  if (query.horizon && query.horizon->count() < 0) fail("bad_time", "the horizon of a forecast is not negative");
  if (query.horizon) {
    what_ = query.start ? Ask::past_forecasts : Ask::forecast;
  } else if (query.start) {
    what_ = Ask::range;
  }
  for (const auto& coordinate : {query.latitude, query.longitude}) {
    if (coordinate && !std::isfinite(*coordinate)) fail("bad_value", "a coordinate is not a finite number");
  }
  if (query.latitude.has_value() != query.longitude.has_value()) {
    fail("unknown_zone", "give latitude and longitude, or none of them");
  }
}

void Asking::fail(std::string_view code, const std::string& why) const {
  throw Error(fmt::format("intensity.{}", code), fmt::format("{}: {}", info_.id, why),
              {{"provider", std::string(info_.id)}}, category_of(code));
}

std::string Asking::base() const {
  const std::string_view base = settings().base_url.empty() ? info_.base_url : settings().base_url;
  if (base.empty()) fail("bad_value", "the service runs on a host of your own; set base_url to its address");
  return std::string(base.substr(0, base.find_last_not_of('/') + 1));
}

const std::string& Asking::zone() const {
  if (query_.zone.empty()) {
    fail("unknown_zone", fmt::format("no place was given; set zone to its {}", info_.zone));
  }
  return query_.zone;
}

const std::string& Asking::token() const {
  if (!settings().token || settings().token->empty()) {
    fail("no_credentials", info_.needs_login ? "log in first with user and password, or give a token"
                                             : "no token or key was given, and the service answers nobody without one");
  }
  return *settings().token;
}

UtcTime Asking::now() const {
  if (!query_.now) fail("bad_time", "it must be told the time of asking; set now, or start and end");
  return *query_.now;
}

std::chrono::hours Asking::horizon() const {
  if (info_.longest_horizon.count() == 0) fail("no_coverage", "it has no forecasts; ask for start and end");
  return std::min(*query_.horizon, info_.longest_horizon);
}

void Asking::only(Signal signal) const {
  if (!query_.signal || *query_.signal == signal) return;
  fail("no_coverage", fmt::format("it publishes the {} signal only; ask for that one", text(signal)));
}

void Asking::only(Scope scope) const {
  if (!query_.scope || *query_.scope == scope) return;
  fail("no_coverage", fmt::format("it publishes {} emissions only; ask for that scope", text(scope)));
}

Span Asking::widened(Span span, std::chrono::nanoseconds step) const {
  const UtcTime end = floor_to(span.end, step);
  return {floor_to(span.start, step), end < span.end ? end + step : end};
}

std::vector<Span> Asking::chunks(Span span, std::chrono::nanoseconds most, std::chrono::nanoseconds step) const {
  auto length = settings().chunk.value_or(most);
  if (length < step) fail("bad_value", "chunk is shorter than one record of this provider");
  length -= length % step;
  if ((span.end - span.start) / length >= 100'000) fail("bad_time", "this needs more than 100,000 requests");
  std::vector<Span> parts;
  for (UtcTime t = span.start; t < span.end;) {
    const UtcTime next = span.end - t > length ? t + length : span.end;
    parts.push_back({t, next});
    t = next;
  }
  return parts;
}

HttpRequest Asking::get(std::string_view endpoint, std::string url) const {
  HttpRequest request;
  request.url = std::move(url);
  request.endpoint = std::string(endpoint);
  return request;
}

}  // namespace co2lib::intensity::built_in
