// SPDX-License-Identifier: MIT
// Environment variables are looked up here and nowhere else; private to src.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace co2lib::detail {

/// The value of an environment variable; nothing if it is not set, which is not the same as empty.
[[nodiscard]] inline std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): the library never sets one
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace co2lib::detail
