// SPDX-License-Identifier: MIT
// Room `csv`: RFC 4180 with line numbers, fields as numbers, the factor tables compiled in, and rows appended to files
// that others read.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <co2lib/record.hpp>

namespace co2lib::csv {

/// One record of a file and the line it starts on (counted from 1).
struct Row {
  std::size_t line = 0;             ///< counted from 1
  std::vector<std::string> fields;  ///< as many as the header has; quotes taken off
};

/// A header and its rows, every row as wide as the header.
struct Table {
  std::string name;                 ///< of the file, for messages
  std::vector<std::string> header;  ///< titles of the columns
  std::vector<Row> rows;            ///< without the header

  /// The place of a column, or nothing.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view title) const {
    const auto found = std::find(header.begin(), header.end(), title);
    if (found == header.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header.begin());
  }
};

namespace detail {

/// The place of the next comma or line feed from `i` on, or the end: eight characters at a time.
[[nodiscard]] inline std::size_t delimiter(std::string_view text, std::size_t i) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const auto zero_byte = [](std::uint64_t x) { return (x - ones) & ~x & (ones << 7); };  // exact in its lowest bit
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= text.size(); i += 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + i, 8);
      const std::uint64_t found = zero_byte(eight ^ (ones * ',')) | zero_byte(eight ^ (ones * '\n'));
      if (found != 0) return i + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (i < text.size() && text[i] != ',' && text[i] != '\n') ++i;
  return i;
}

}  // namespace detail

/// Reads RFC 4180 text row by row: quoted fields may hold commas, line ends and doubled quotes; CR LF or LF ends a row.
///
/// Blank lines are skipped, a byte order mark in front too. The text must outlive it.
class Scanner {
 public:
  /// Begins before the first row.
  explicit Scanner(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  /// Goes to the next row; false if there is none. An unterminated quote, or text after a closing quote, is the issue
  /// `bad_csv` naming the line.
  [[nodiscard]] Result<bool> next() {
    while (i_ < text_.size()) {
      fields_.clear();
      unquoted_.clear();
      line_ = next_line_;
      for (bool more = true; more;) {
        if (i_ < text_.size() && text_[i_] == '"') {
          if (std::optional<Issue> bad = quoted()) return *std::move(bad);
        } else {
          plain();
        }
        more = i_ < text_.size() && text_[i_] == ',';
        if (more) {
          ++i_;
        } else if (i_ < text_.size()) {
          ++i_;
          ++next_line_;
        }
      }
      if (fields_.size() > 1 || !fields_[0].empty()) return true;
    }
    return false;
  }

  /// The line that the row starts on, counted from 1.
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  /// The fields of the row, until the next one is read.
  [[nodiscard]] const std::vector<std::string_view>& fields() const noexcept { return fields_; }

 private:
  void plain() {
    const std::size_t end = detail::delimiter(text_, i_);
    std::string_view field = text_.substr(i_, end - i_);
    i_ = end;
    if ((i_ >= text_.size() || text_[i_] == '\n') && field.ends_with('\r')) field.remove_suffix(1);
    fields_.push_back(field);
  }

  std::optional<Issue> quoted() {
    const auto bad = [](std::size_t at, const char* why) {
      return Issue{"bad_csv", "line " + std::to_string(at), why};
    };
    const std::size_t opened = next_line_;
    std::size_t begin = ++i_;
    std::string* doubled = nullptr;  // the field without its doubled quotes, if it has any
    while (true) {
      if (i_ >= text_.size()) return bad(opened, "a quote is opened and never closed");
      if (text_[i_] == '\n') ++next_line_;
      if (text_[i_++] != '"') continue;
      if (i_ >= text_.size() || text_[i_] != '"') break;
      if (doubled == nullptr) doubled = &unquoted_.emplace_back();
      doubled->append(text_.substr(begin, i_ - begin));  // with one of the two
      begin = ++i_;
    }
    const std::string_view rest = text_.substr(begin, i_ - 1 - begin);
    fields_.push_back(doubled == nullptr ? rest : std::string_view(doubled->append(rest)));
    if (i_ < text_.size() && text_[i_] == '\r' && (i_ + 1 >= text_.size() || text_[i_ + 1] == '\n')) ++i_;
    if (i_ < text_.size() && text_[i_] != ',' && text_[i_] != '\n')
      return bad(next_line_, "text follows a closing quote");
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t i_ = 0;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;
};

/// Splits RFC 4180 text into rows, as `Scanner` reads them.
[[nodiscard]] inline Result<std::vector<Row>> parse_rows(std::string_view text) {
  std::vector<Row> rows;
  Scanner scanner(text);
  while (true) {
    const Result<bool> there = scanner.next();
    if (!there) return there.issue();
    if (!*there) return rows;
    rows.push_back({scanner.line(), {scanner.fields().begin(), scanner.fields().end()}});
  }
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

// ---------------------------------------------------------------------------------------------------------------------
// Fields
// ---------------------------------------------------------------------------------------------------------------------

/// The text of a row's field by its column; a table without that column is the issue `no_column` naming the table.
[[nodiscard]] inline Result<std::string_view> field(const Table& table, const Row& row, std::string_view column) {
  const std::optional<std::size_t> at = table.column(column);
  if (at && *at < row.fields.size()) return std::string_view(row.fields[*at]);
  std::string known;
  for (const std::string& title : table.header) known.append(known.empty() ? "" : ", ").append(title);
  return Issue{"no_column", table.name, "there is no column '" + std::string(column) + "'; its columns: " + known};
}

namespace detail {

template <class T>
[[nodiscard]] Result<std::optional<T>> read_number(std::string_view table, std::size_t line, std::string_view column,
                                                   std::string_view text) {
  if (text.empty()) return std::optional<T>();
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool good = error == std::errc() && end == text.data() + text.size();
  if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
  if (good) return std::optional<T>(value);
  return Issue{"bad_number", std::string(table) + ":" + std::to_string(line),
               "the field '" + std::string(column) + "' is '" + std::string(text.substr(0, 64)) + "'; expected a " +
                   (std::is_floating_point_v<T> ? "number" : "whole number") + ", or nothing for a missing value"};
}

}  // namespace detail

/// A field as a finite number; an empty field is nullopt, never 0. Anything else, blanks and a leading `+` among it, is
/// the issue `bad_number` whose subject is `<table>:<line>`; a table without the column is `no_column`.
[[nodiscard]] inline Result<std::optional<double>> number(const Table& table, const Row& row, std::string_view column) {
  const Result<std::string_view> text = field(table, row, column);
  return text ? detail::read_number<double>(table.name, row.line, column, *text) : text.issue();
}

/// The same for a column by its place, which saves the search where many rows are read.
[[nodiscard]] inline Result<std::optional<double>> number(const Table& table, const Row& row, std::size_t column) {
  return detail::read_number<double>(table.name, row.line, table.header.at(column), row.fields.at(column));
}

/// The same for a field that a `Scanner` gave; `table` and `column` are named in the issue.
[[nodiscard]] inline Result<std::optional<double>> number(std::string_view table, std::size_t line,
                                                          std::string_view column, std::string_view text) {
  return detail::read_number<double>(table, line, column, text);
}

/// A field as a whole number of at most 64 bits; otherwise as `number`.
[[nodiscard]] inline Result<std::optional<std::int64_t>> integer(const Table& table, const Row& row,
                                                                 std::string_view column) {
  const Result<std::string_view> text = field(table, row, column);
  return text ? detail::read_number<std::int64_t>(table.name, row.line, column, *text) : text.issue();
}

/// The lines whose first field is `key`, found by binary search: cheap in a long text of which few lines are wanted.
///
/// `text` is the table's text with its header line. Its lines are sorted by the bytes of their first field, which has
/// no quotes, and no field has a line end in it. No such line: an empty text.
[[nodiscard]] inline std::string_view lines_of(std::string_view text, std::string_view key) {
  const auto first_field = [](std::string_view rest) { return rest.substr(0, rest.find_first_of(",\r\n")); };
  const auto line_end = [&](std::size_t at) {
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
  };
  // The first line that is not `before` the key.
  const auto bound = [&](std::size_t low, auto before) {
    std::size_t high = text.size();  // both are beginnings of lines
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      std::size_t start = middle;
      while (start > low && text[start - 1] != '\n') --start;
      if (before(first_field(text.substr(start)))) {
        low = line_end(start);
      } else {
        high = start;
      }
    }
    return low;
  };
  const std::size_t begin = bound(line_end(0), [&](std::string_view field) { return field < key; });
  const std::size_t end = bound(begin, [&](std::string_view field) { return field <= key; });
  return text.substr(begin, end - begin);
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

/// The text of the table `name`, as it was compiled in; none of that name is the issue `unknown_table`.
[[nodiscard]] Result<std::string_view> table_text(std::string_view name);

/// The rows of the table `name` whose first field is `key`, found as by `lines_of` and without reading the others; no
/// such row is a table without rows.
[[nodiscard]] Result<Table> rows_of(std::string_view name, std::string_view key);

/// The names of all tables compiled in, each with its domain, in alphabetical order.
struct TableName {
  std::string domain;  ///< the folder of `data/` it is from
  std::string name;    ///< of the file, without `.csv`
};
[[nodiscard]] std::vector<TableName> table_names();  ///< Lists them

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
