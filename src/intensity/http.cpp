// SPDX-License-Identifier: MIT
#include <co2lib/intensity/http.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <initializer_list>

#include "detail/ascii.hpp"

namespace co2lib::intensity {

namespace {

using co2lib::detail::lower;

bool equal_names(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool contains_word(std::string_view text, std::string_view lower_word) {
  return std::search(text.begin(), text.end(), lower_word.begin(), lower_word.end(),
                     [](char x, char y) { return lower(x) == y; }) != text.end();
}

/// The whole of a text as a number without sign; nothing for any other text.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && !text.empty() && text.front() != '-' ? std::optional(value) : std::nullopt;
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that servers may send (RFC 9110, section 5.6.7).
std::optional<UtcTime> http_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const std::size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  std::string iso(text.substr(12, 4));
  const std::size_t number = month / 3 + 1;
  iso.append(number < 10 ? "-0" : "-").append(std::to_string(number)).append("-").append(text.substr(5, 2));
  iso.append("T").append(text.substr(17, 8)).append("Z");
  const Result<UtcTime> time = parse_utc(iso);
  return time ? std::optional(*time) : std::nullopt;
}

std::string with_query(const HttpRequest& request, bool show_secrets) {
  std::string line = request.url;
  char separator = line.find('?') == std::string::npos ? '?' : '&';
  for (const HttpField& item : request.query) {
    line += separator;
    line.append(percent_encoded(item.name)).append("=");
    line.append(item.secret && !show_secrets ? "***" : percent_encoded(item.value));
    separator = '&';
  }
  return line;
}

}  // namespace

const std::string* find_header(const std::vector<HttpField>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const HttpField& header) { return equal_names(header.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hexadecimal = "0123456789ABCDEF";
  constexpr std::string_view plain = "-._~";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append("%").append(1, hexadecimal[byte / 16]).append(1, hexadecimal[byte % 16]);
  }
  return out;
}

std::string target(const HttpRequest& request) { return with_query(request, true); }

std::string to_string(const HttpRequest& request) { return request.method + " " + with_query(request, false); }

std::string_view code_of_status(int status, std::string_view body) {
  if (status >= 200 && status < 300) return {};
  switch (status) {
    case 401:
      return "auth";
    case 403:
      return "forbidden";
    case 404:
      return contains_word(body, "coverage") ? "no_coverage" : "no_data";
    case 408:
      return "timeout";
    case 425:
      return "server";
    case 429:
      return "rate_limited";
    default:
      break;
  }
  if (status >= 400 && status < 500) return "bad_request";
  return status == 0 ? "transport" : "server";
}

std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, std::optional<UtcTime> now) {
  const std::string* const text = find_header(response.headers, "Retry-After");
  if (text == nullptr) return std::nullopt;
  if (const std::optional<int> seconds = digits(*text)) return std::chrono::seconds(*seconds);
  const std::optional<UtcTime> until = http_date(*text);
  if (!until) return std::nullopt;
  if (!now) {
    const std::string* const date = find_header(response.headers, "Date");
    if (date != nullptr) now = http_date(*date);
  }
  if (!now) return std::nullopt;
  return std::max(std::chrono::ceil<std::chrono::seconds>(*until - *now), std::chrono::seconds(0));
}

ErrorCategory category_of(std::string_view code) noexcept {
  const auto among = [&](std::initializer_list<std::string_view> codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
  };
  if (among({"unknown_zone", "ambiguous_zone", "zone_mismatch", "no_coverage", "no_data"})) {
    return ErrorCategory::lookup;
  }
  if (among({"auth", "no_credentials", "forbidden"})) return ErrorCategory::permission;
  if (among({"rate_limited", "server", "transport", "timeout", "bad_body", "network_disabled"})) {
    return ErrorCategory::connection;
  }
  return ErrorCategory::value;
}

}  // namespace co2lib::intensity
