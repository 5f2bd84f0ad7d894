// SPDX-License-Identifier: MIT
// URLs as far as requests need them; private to src/intensity.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace co2lib::intensity::detail {

/// Equal, but for the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

/// `%XX` as its byte; what is no such code stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

/// The parts of `http://user@host:port/path?query` that decide who is asked.
struct Authority {
  std::string scheme;  ///< in lower case
  std::string host;    ///< in lower case, without user info
  int port = 0;        ///< that of the scheme, where none is written

  bool operator==(const Authority&) const = default;
};
/// nullopt for what is not `http://` or `https://` with a host.
[[nodiscard]] std::optional<Authority> authority_of(std::string_view url);

/// Where `location`, the header of a redirect, leads to from `url`; without fragment.
[[nodiscard]] std::string resolved(std::string_view url, std::string_view location);

}  // namespace co2lib::intensity::detail
