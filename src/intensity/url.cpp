// SPDX-License-Identifier: MIT
#include "intensity/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "detail/ascii.hpp"

namespace co2lib::intensity::detail {

namespace {

using co2lib::detail::lower;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8U | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? digits[bits >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

std::optional<Authority> authority_of(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Authority a;
  for (const char c : url.substr(0, colon)) a.scheme += lower(c);
  if (a.scheme != "http" && a.scheme != "https") return std::nullopt;
  a.port = a.scheme == "http" ? 80 : 443;
  url.remove_prefix(colon + 3);
  std::string_view host = url.substr(0, std::min(url.find_first_of("/?#\\"), url.size()));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  const std::size_t bracket = host.rfind(']');  // of an IPv6 address
  const std::size_t port = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (port != std::string_view::npos) {
    const std::string_view digits = host.substr(port + 1);
    if (!digits.empty()) {
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), a.port);
      if (error != std::errc() || end != digits.data() + digits.size() || a.port <= 0 || a.port > 65535) {
        return std::nullopt;
      }
    }
    host = host.substr(0, port);
  }
  for (const char c : host) a.host += lower(c);
  if (a.host.empty()) return std::nullopt;
  return a;
}

std::string resolved(std::string_view url, std::string_view location) {
  location = location.substr(0, std::min(location.find('#'), location.size()));
  url = url.substr(0, std::min(url.find('#'), url.size()));
  const std::size_t colon = location.find(':');
  if (colon != std::string_view::npos && is_scheme(location.substr(0, colon)) && location.find_first_of("/?") > colon) {
    return std::string(location);
  }
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(location);
  if (location.starts_with("//")) return std::string(url.substr(0, scheme + 1)).append(location);
  const std::size_t path = std::min(url.find_first_of("/?", scheme + 3), url.size());
  const std::size_t query = std::min(url.find('?', path), url.size());
  if (location.empty()) return std::string(url);
  if (location.front() == '/') return std::string(url.substr(0, path)).append(location);
  if (location.front() == '?') return std::string(url.substr(0, query)).append(location);
  const std::size_t folder = url.substr(0, query).rfind('/');
  if (folder == std::string_view::npos || folder < path)
    return std::string(url.substr(0, path)).append("/").append(location);
  return std::string(url.substr(0, folder + 1)).append(location);
}

}  // namespace co2lib::intensity::detail
