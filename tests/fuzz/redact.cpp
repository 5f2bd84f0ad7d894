// SPDX-License-Identifier: MIT
// URLs: nothing crashes, what is redacted stays as it is when redacted again, and a planted secret never comes through.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/intensity/redact.hpp>

#include "intensity/url.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(redact, data, size) {
  using namespace co2lib::intensity;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string once = redact(text);
  if (redact(once) != once) __builtin_trap();
  if (text.find_first_of("&;#?=") == std::string::npos &&
      redact("https://h/?a=" + text + "&ToKen=PLANTED").find("PLANTED") != std::string::npos) {
    __builtin_trap();
  }
  const auto host = detail::authority_of(text);
  if (host && (host->host.empty() || host->port < 1 || host->port > 65535)) __builtin_trap();
  static_cast<void>(detail::resolved(text, text));
  static_cast<void>(detail::resolved("https://a/b?c", text));
  return 0;
}
