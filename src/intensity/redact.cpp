// SPDX-License-Identifier: MIT
#include <co2lib/intensity/redact.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include <co2lib/intensity/http.hpp>

#include "intensity/url.hpp"

namespace co2lib::intensity {

namespace {

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return detail::same_word(name, one); });
}

/// `a=1&token=x;b` with the values of secret names replaced.
void append_pairs(std::string& out, std::string_view pairs) {
  while (true) {
    const std::size_t end = std::min(pairs.find_first_of("&;"), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_secret_parameter(pair.substr(0, equals))) {
      out.append(pair.substr(0, equals + 1)).append(redacted);
    } else {
      out.append(pair);
    }
    if (end == pairs.size()) return;
    out += pairs[end];
    pairs.remove_prefix(end + 1);
  }
}

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + redacted.size())) {
    text.replace(at, what.size(), redacted);
  }
}

}  // namespace

bool is_secret_header(std::string_view name) {
  static constexpr std::array<std::string_view, 7> names{
      "auth-token", "authorization", "proxy-authorization", "x-blobr-key", "x-api-key", "cookie", "set-cookie"};
  return is_one_of(name, names);
}

bool is_secret_parameter(std::string_view name) {
  static constexpr std::array<std::string_view, 4> names{"api_key", "securitytoken", "token", "key"};
  return is_one_of(detail::percent_decoded(name), names);
}

std::string redact(std::string_view url) {
  std::string out;
  out.reserve(url.size());
  // User info: before the last @ of what stands between `//`, or the beginning, and the path.
  const std::size_t path_or_query = std::min(url.find_first_of("?#"), url.size());
  std::size_t begin = url.substr(0, path_or_query).find("//");
  begin = begin == std::string_view::npos ? 0 : begin + 2;
  const std::size_t end = std::min(url.find_first_of("/?#\\", begin), url.size());
  const std::size_t at = url.substr(begin, end - begin).rfind('@');
  out.append(url.substr(0, begin));
  if (at != std::string_view::npos) {
    out.append(redacted).append("@");
    begin += at + 1;
  }
  url.remove_prefix(begin);
  const std::size_t query = std::min(url.find_first_of("?#"), url.size());
  out.append(url.substr(0, query));
  url.remove_prefix(query);
  while (!url.empty()) {
    out += url.front();
    url.remove_prefix(1);
    const std::size_t next = std::min(url.find_first_of("?#"), url.size());
    append_pairs(out, url.substr(0, next));
    url.remove_prefix(next);
  }
  return out;
}

std::string redact(std::string_view text, std::span<const std::string> secrets) {
  std::vector<std::string> forms;
  for (const std::string& secret : secrets) {
    if (secret.size() < 4) continue;
    forms.push_back(secret);
    forms.push_back(percent_encoded(secret));
    forms.push_back(detail::base64(secret));
  }
  // The longest first: one secret may be part of another.
  std::sort(forms.begin(), forms.end(), [](const std::string& a, const std::string& b) {
    return a.size() > b.size() || (a.size() == b.size() && a < b);
  });
  std::string out(text);
  for (const std::string& form : forms) replace_all(out, form);
  return out;
}

}  // namespace co2lib::intensity
