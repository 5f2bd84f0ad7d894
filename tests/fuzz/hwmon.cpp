// SPDX-License-Identifier: MIT
// Texts of hwmon: a number is the one its text shows, and a label names a socket only if it says which.
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "meter/hwmon.cpp"  // NOLINT(bugprone-suspicious-include): its parsers are private to it
#include "number.hpp"
#include "target.hpp"

namespace {

using namespace co2lib::meter;

void check_label(std::string_view text) {
  const auto label = socket_label(std::string(text));
  if (!label) return;
  const std::string shown = label->what + " Power Socket " + label->socket;
  if (shown.size() != text.size() || label->socket.empty()) __builtin_trap();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    if (lower(shown[i]) != lower(text[i])) __builtin_trap();
  }
  const auto again = socket_label(shown);
  if (!again || again->what != label->what || again->socket != label->socket) __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(hwmon, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_number<std::int64_t>(text, parse_signed);
  check_label(text);
  return 0;
}
