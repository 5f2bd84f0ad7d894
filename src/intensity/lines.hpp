// SPDX-License-Identifier: MIT
// What JSON lines of records and of forecasts share; private to src.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/intensity/record.hpp>

#include "detail/document.hpp"

namespace co2lib::intensity::detail {

/// A time with the digits that reading needs to get it back.
[[nodiscard]] std::string line_time(UtcTime time);
/// As `parse_time`, to the nanosecond.
[[nodiscard]] UtcTime time_of_line(std::string_view text);

/// The record of an object; see `parse_json_line`.
[[nodiscard]] Record record_of(const co2lib::detail::DocumentValue& object);

/// Replaces a file; `core.io` where that fails.
void write_text(const std::filesystem::path& file, std::string_view text);

/// Calls `run` with each line that is not blank; its refusals get the name and the line in front.
template <class F>
void each_line(std::string_view text, std::string_view name, F&& run) {
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      run(line);
    } catch (const Error& error) {
      throw Error(error.code(), std::string(name) + ":" + std::to_string(number) + ": " + error.what(),
                  {{"file", std::string(name)}, {"line", number}}, error.category());
    }
  }
}

}  // namespace co2lib::intensity::detail
