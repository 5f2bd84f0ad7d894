// SPDX-License-Identifier: MIT
// Room `csv`: RFC 4180 with line numbers, the factor tables compiled in, and rows appended to files that others read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/record.hpp>

namespace co2lib::csv {

/// One record of a file and the line it starts on (counted from 1).
struct Row {
  std::size_t line = 0;
  std::vector<std::string> fields;
};

/// A header and its rows, every row as wide as the header.
struct Table {
  std::string name;
  std::vector<std::string> header;
  std::vector<Row> rows;

  /// The place of a column, or nothing.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view title) const {
    const auto found = std::find(header.begin(), header.end(), title);
    if (found == header.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header.begin());
  }
};

/// Splits RFC 4180 text into rows: quoted fields may hold commas, line ends and doubled quotes; CR LF or LF ends a row.
///
/// Blank lines are skipped, a byte order mark in front too. An unterminated quote, or text after a closing quote, is
/// the issue `bad_csv` naming the line.
[[nodiscard]] inline Result<std::vector<Row>> parse_rows(std::string_view text) {
  std::vector<Row> rows;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t line = 1;
  std::size_t i = 0;
  const auto bad = [&](std::size_t at, const char* why) { return Issue{"bad_csv", "line " + std::to_string(at), why}; };
  while (i < text.size()) {
    Row row;
    row.line = line;
    if (!rows.empty()) row.fields.reserve(rows.back().fields.size());
    bool row_ended = false;
    while (!row_ended) {
      std::string field;
      if (i < text.size() && text[i] == '"') {
        const std::size_t opened = line;
        ++i;
        while (true) {
          if (i >= text.size()) return bad(opened, "a quote is opened and never closed");
          if (text[i] == '"') {
            if (i + 1 < text.size() && text[i + 1] == '"') {
              field += '"';
              i += 2;
              continue;
            }
            ++i;
            break;
          }
          if (text[i] == '\n') ++line;
          field += text[i++];
        }
        const bool ended = i >= text.size() || text[i] == ',' || text[i] == '\n' ||
                           (text[i] == '\r' && (i + 1 >= text.size() || text[i + 1] == '\n'));
        if (!ended) return bad(line, "text follows a closing quote");
      } else {
        std::size_t end = i;  // find_first_of looks every character up in a string
        while (end < text.size() && text[end] != ',' && text[end] != '\n') ++end;
        field.assign(text.substr(i, end - i));
        i = end;
        if ((i >= text.size() || text[i] == '\n') && field.ends_with('\r')) field.pop_back();
      }
      row.fields.push_back(std::move(field));
      if (i < text.size() && text[i] == '\r') ++i;
      if (i < text.size() && text[i] == ',') {
        ++i;
        continue;
      }
      row_ended = true;
      if (i < text.size()) {
        ++i;
        ++line;
      }
    }
    if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(std::move(row));
  }
  return rows;
}

/// As `parse_rows`, with the first row as header. A row of another width is the issue `bad_csv` naming its line.
[[nodiscard]] inline Result<Table> parse(std::string_view text, std::string name = {}) {
  Result<std::vector<Row>> rows = parse_rows(text);
  if (!rows) return rows.issue();
  Table table;
  table.name = std::move(name);
  std::vector<Row> all = *std::move(rows);
  table.rows.reserve(all.size());
  for (Row& row : all) {
    if (table.header.empty()) {
      table.header = std::move(row.fields);
    } else if (row.fields.size() != table.header.size()) {
      return Issue{
          "bad_csv", "line " + std::to_string(row.line),
          std::to_string(row.fields.size()) + " fields where the header has " + std::to_string(table.header.size())};
    } else {
      table.rows.push_back(std::move(row));
    }
  }
  if (table.header.empty()) return Issue{"bad_csv", table.name, "the text has no header line"};
  return table;
}

/// A field as RFC 4180 writes it: quoted if it holds a comma, a quote or a line end, or begins like a byte order mark.
[[nodiscard]] inline std::string quote(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos && !field.starts_with("\xEF\xBB\xBF")) {
    return std::string(field);
  }
  std::string text = "\"";
  for (const char c : field) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

/// One line, with LF at its end.
[[nodiscard]] inline std::string line(const std::vector<std::string>& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) text.append(i == 0 ? "" : ",").append(quote(fields[i]));
  return text + '\n';
}

/// The table `name` of `data/`, compiled into the library; none of that name is the issue `unknown_table`.
[[nodiscard]] Result<const Table*> table(std::string_view name);

/// The names of all tables compiled in, each with its domain, in alphabetical order.
struct TableName {
  std::string domain;
  std::string name;
};
[[nodiscard]] std::vector<TableName> table_names();

/// What `append` did.
struct Appended {
  std::optional<std::filesystem::path> moved_to;  ///< where a file with another header was moved
};

/// Appends one row to a CSV file under `flock`, writing the header first into a new or empty file.
///
/// If the file has another header it is renamed to `<file>.bak` (then `.bak_0`, `.bak_1`, ...) and a new one is
/// begun; nothing is overwritten. A failure of the system is the issue `io` naming the file.
[[nodiscard]] Result<Appended> append(const std::filesystem::path& file, const std::vector<std::string>& header,
                                      const std::vector<std::string>& row);

}  // namespace co2lib::csv
