// SPDX-License-Identifier: MIT
// RFC 4180: nothing crashes, and what was read is read again the same after it is written.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <co2lib/csv.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
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
    }
  }
  return 0;
}
