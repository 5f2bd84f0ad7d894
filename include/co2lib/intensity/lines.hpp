// SPDX-License-Identifier: MIT
// Records as JSON lines: every attribute, and back the same bits.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/record.hpp>

namespace co2lib::intensity {

/// One record as one line of JSON, without a line end.
///
/// `start`, `end`, `g_per_kwh` (null is missing), `signal` and `scope` are always there; other attributes where they
/// are not those of a new `Record`. What `parse_json_line` would refuse, and a text that is not UTF-8, is refused as
/// there.
[[nodiscard]] std::string json_line(const Record& record);

/// The record of one line; the exact inverse of `json_line`.
///
/// A field that is missing, unknown, there twice or of a wrong type, and text that is no JSON object, are
/// `intensity.bad_value`; so are values that are not finite, a negative average and an `error` whose low exceeds its
/// high. Times without offset and an interval that does not start before it ends are `intensity.bad_time`.
[[nodiscard]] Record parse_json_line(std::string_view line);

/// The records of lines of JSON; lines with nothing but blanks are passed over. `name` stands for the file in messages:
/// a refusal names it and the line, also in its details.
[[nodiscard]] std::vector<Record> parse_json_lines(std::string_view text, std::string_view name = "JSON lines");

/// As `parse_json_lines`, from a file; one that cannot be read is `core.io` (OSError in Python).
[[nodiscard]] std::vector<Record> read_json_lines(const std::filesystem::path& file);

/// Writes records to a file, which is replaced; `core.io` (OSError in Python) where that fails.
void write_json_lines(const std::filesystem::path& file, std::span<const Record> records);

}  // namespace co2lib::intensity
