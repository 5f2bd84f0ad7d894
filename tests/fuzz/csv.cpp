// SPDX-License-Identifier: MIT
// RFC 4180: nothing crashes, and what was read is read again the same after it is written; a field is a finite number,
// missing or refused; lines of a key are whole lines that begin with it.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/csv.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(csv, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = co2lib::csv::parse_rows(text);
  if (!rows) {
    if (rows.issue().code != "bad_csv") __builtin_trap();
    return 0;
  }
  std::string written;
  std::size_t line = 0;
  for (const co2lib::csv::Row& row : *rows) {
    if (row.fields.empty() || row.line <= line) __builtin_trap();
    line = row.line;
    written += co2lib::csv::line(row.fields);
  }
  const auto again = co2lib::csv::parse_rows(written);
  if (!again || again->size() != rows->size()) __builtin_trap();
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if ((*again)[i].fields != (*rows)[i].fields) __builtin_trap();
  }
  if (const auto table = co2lib::csv::parse(text, "fuzz")) {
    for (const co2lib::csv::Row& row : table->rows) {
      if (row.fields.size() != table->header.size()) __builtin_trap();
      for (std::size_t i = 0; i < row.fields.size(); ++i) {
        const auto number = co2lib::csv::number(*table, row, i);
        if (number && *number && (row.fields[i].empty() || !std::isfinite(**number))) __builtin_trap();
        if (number && !*number && !row.fields[i].empty()) __builtin_trap();
        if (!number && number.issue().code != "bad_number") __builtin_trap();
        const auto whole = co2lib::csv::integer(*table, row, table->header[i]);
        if (whole && *whole && table->column(table->header[i]) == i && !number) __builtin_trap();
      }
    }
  }
  const std::string_view key = text.substr(0, text.find_first_of(",\r\n"));
  const std::string_view lines = co2lib::csv::lines_of(text, key);  // sorted or not: nothing outside of the text
  if (!lines.empty() && (lines.data() < text.data() || lines.data() + lines.size() > text.data() + text.size())) {
    __builtin_trap();
  }
  if (!lines.empty() && lines.data() != text.data() && lines.data()[-1] != '\n') __builtin_trap();
  return 0;
}
