// SPDX-License-Identifier: MIT
#include <co2lib/embodied/factor.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include <co2lib/csv.hpp>

#include "detail/files.hpp"

namespace co2lib::embodied {

namespace {

constexpr std::array columns{"id", "value", "unit", "low", "high", "boundary", "year", "region", "source", "licence"};

/// The tables of `data/embodied/` that a look-up searches.
constexpr std::array tables{"logic_nodes", "fab_intensity", "memory", "iot_parts", "hsl_blocks", "gpu_server"};

[[noreturn]] void bad_row(const std::string& where, const std::string& why) {
  throw Error("embodied.bad_factor", where.empty() ? why : where + ": " + why);
}

/// Edit distance, no further than it matters.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// The ids that an unknown one was most likely meant to be.
std::vector<std::string> nearest(std::string_view id, const std::vector<Factor>& all) {
  const std::string_view wanted = id.substr(0, 100);
  std::vector<std::tuple<std::size_t, std::string>> order;
  order.reserve(all.size());
  for (const Factor& factor : all) order.emplace_back(distance(wanted, factor.id), factor.id);
  const std::size_t count = std::min<std::size_t>(3, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(std::get<1>(order[i]));
  return ids;
}

Factor row_of(const csv::Table& table, const csv::Row& row) {
  const std::string where = fmt::format("{}:{}", table.name, row.line);
  const auto number = [&](std::string_view column) {
    const Result<std::optional<double>> found = csv::number(table, row, column);
    if (!found) bad_row(where, found.issue().text);
    return *found;
  };
  Factor factor;
  factor.id = row.fields[0];
  if (factor.id.empty()) bad_row(where, "the row has no id");
  const std::string here = where + " (" + factor.id + ")";
  const std::optional<double> value = number("value");
  if (!value) bad_row(here, "the row has no value");
  factor.value = *value;
  factor.unit = row.fields[2];
  if (const Result<Unit> unit = parse_unit(factor.unit); !unit) {
    throw Error("embodied.bad_unit", here + ": " + unit.issue().text);
  }
  factor.low = number("low");
  factor.high = number("high");
  factor.boundary = row.fields[5];
  if (factor.boundary.empty()) bad_row(here, "the row has no boundary; say which life-cycle stages it holds");
  if (!row.fields[6].empty()) {
    const Result<std::optional<std::int64_t>> year = csv::integer(table, row, "year");
    if (!year || **year < 1900 || **year > 2200) bad_row(here, "the year is '" + row.fields[6] + "'");
    factor.year = static_cast<int>(**year);
  }
  factor.region = row.fields[7];
  factor.source = row.fields[8];
  if (factor.source.empty()) {
    throw Error("embodied.missing_source", here + ": the row has no source; name the report or paper it is from");
  }
  factor.licence = row.fields[9];
  if (factor.licence.empty()) bad_row(here, "the row has no licence; a published fact is 'fact-cited'");
  factor.table = table.name;
  factor.line = static_cast<int>(row.line);
  if (factor.low && factor.high) factor.dist = Distribution::triangular;
  check_factor(factor, here);
  return factor;
}

FactorTable table_of(const csv::Table& table) {
  if (table.header.size() != columns.size() || !std::equal(columns.begin(), columns.end(), table.header.begin())) {
    bad_row(table.name + ":1", fmt::format("the columns must be {}", fmt::join(columns, ",")));
  }
  FactorTable result;
  for (const csv::Row& row : table.rows) result.add(row_of(table, row));
  return result;
}

/// The rows of the shipped tables by id: where their lines are, and each row parsed when it is asked for first.
///
/// A footprint asks for a few of several hundred. No lock, which a fork could leave locked: of two threads that parse
/// a row at once, one throws its own away.
class Rows {
 public:
  Rows() {
    lines_.reserve(1024);
    for (const char* name : tables) {
      const Result<std::string_view> text = csv::table_text(name);
      if (!text) continue;  // the library works without a table; its rows are unknown then
      const std::string_view header = text->substr(0, text->find('\n') + 1);
      std::size_t number = 2;
      for (std::size_t at = header.size(); at < text->size(); ++number) {
        const std::size_t end = std::min(text->find('\n', at), text->size() - 1) + 1;
        const std::string_view line = text->substr(at, end - at);
        lines_.try_emplace(line.substr(0, line.find(',')), line, header, name, number);
        at = end;
      }
    }
  }
  ~Rows() {
    for (const auto& [id, line] : lines_) delete line.parsed.load();
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  [[nodiscard]] const Factor* find(std::string_view id) {
    const auto found = lines_.find(id);
    if (found == lines_.end()) return nullptr;
    Line& line = found->second;
    if (const Factor* known = line.parsed.load(std::memory_order_acquire)) return known;
    auto fresh = std::make_unique<const Factor>(parse(line));
    const Factor* other = nullptr;
    return line.parsed.compare_exchange_strong(other, fresh.get(), std::memory_order_acq_rel) ? fresh.release() : other;
  }

 private:
  struct Line {
    Line(std::string_view line, std::string_view columns, const char* name, std::size_t nth)
        : text(line), header(columns), table(name), number(nth) {}
    std::string_view text;
    std::string_view header;
    const char* table;
    std::size_t number;
    std::atomic<const Factor*> parsed{};
  };

  static Factor parse(const Line& line) {
    Result<csv::Table> table = csv::parse(std::string(line.header).append(line.text), line.table);
    if (!table) bad_row(line.table, table.issue().subject + ": " + table.issue().text);
    csv::Row row = table->rows.at(0);
    row.line = line.number;
    return row_of(*table, row);
  }

  std::unordered_map<std::string_view, Line> lines_{};
};

FactorTable shipped(const char* name) {
  const Result<const csv::Table*> table = csv::table(name);
  if (!table) return {};  // the library works without a table; its rows are unknown then
  return table_of(**table);
}

}  // namespace

void check_factor(const Factor& factor, const std::string& where) {
  const bool exponent = factor.id.ends_with("exponent");
  if (!std::isfinite(factor.value) || (factor.value < 0 && !exponent)) {
    bad_row(where, "the value is " + numeric::text(factor.value) + "; it must be finite and not negative");
  }
  for (const std::optional<double>& end : {factor.low, factor.high}) {
    if (end && (!std::isfinite(*end) || (*end < 0 && !exponent))) {
      bad_row(where, "an end of the range is " + numeric::text(*end) + "; it must be finite and not negative");
    }
  }
  if ((factor.low && *factor.low > factor.value) || (factor.high && *factor.high < factor.value)) {
    bad_row(where, "the range does not hold the value; low <= value <= high");
  }
  if (factor.dist == Distribution::lognormal) {
    if (!(factor.gsd > 1) || !std::isfinite(factor.gsd)) bad_row(where, "a lognormal needs gsd, above 1");
    if (factor.low || factor.high) bad_row(where, "a lognormal has gsd in the place of low and high");
  } else if (factor.dist != Distribution::point && !(factor.low && factor.high)) {
    bad_row(where, std::string("a ") + std::string(text(factor.dist)) + " distribution needs low and high");
  }
}

void FactorTable::add(Factor factor) {
  if (const Factor* first = find(factor.id)) {
    bad_row(fmt::format("{}:{}", factor.table, factor.line),
            fmt::format("the id {} stands on line {} already", factor.id, first->line));
  }
  by_id_.emplace(factor.id, rows_.size());
  rows_.push_back(std::move(factor));
}

const Factor* FactorTable::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &rows_[found->second];
}

FactorTable parse_factors(std::string_view text, const std::string& name) {
  const Result<csv::Table> table = csv::parse(text, name);
  if (!table) bad_row(name, table.issue().subject + ": " + table.issue().text);
  return table_of(*table);
}

FactorTable read_factors(const std::filesystem::path& file) {
  const Result<std::string> text = co2lib::detail::read_file(file, std::size_t{1} << 26);
  if (!text) bad_row(file.string(), text.issue().text);
  return parse_factors(*text, file.string());
}

const FactorTable& shipped_factors() {
  static const FactorTable all = [] {
    FactorTable merged;
    for (const char* name : tables) {
      const FactorTable one = shipped(name);
      for (const Factor& row : one.rows()) merged.add(row);
    }
    return merged;
  }();
  return all;
}

const FactorTable& device_footprints() {
  static const FactorTable all = shipped("device_footprints");
  return all;
}

const Factor* Factors::find(std::string_view id) const {
  for (const auto& table : tables_) {
    if (const Factor* found = table->find(id)) return found;
  }
  static Rows shipped_rows;
  return shipped_rows.find(id);
}

const Factor& Factors::get(std::string_view id, const std::string& where) const {
  if (const Factor* found = find(id)) return *found;
  std::vector<std::string> near = nearest(id, all());
  std::string message = where.empty() ? "" : where + ": ";
  message += fmt::format("no table has '{}'; the nearest: {} (co2lib factors lists all)", id.substr(0, 100),
                         fmt::join(near, ", "));
  throw Error("embodied.unknown_factor", message, {{"nearest", std::move(near)}}, ErrorCategory::lookup);
}

double Factors::value(std::string_view id, std::string_view unit) const { return in_unit(get(id), unit).value; }

std::vector<Factor> Factors::all() const {
  std::vector<Factor> rows;
  std::set<std::string, std::less<>> seen;
  const auto take = [&](const FactorTable& table) {
    for (const Factor& row : table.rows()) {
      if (seen.insert(row.id).second) rows.push_back(row);
    }
  };
  for (const auto& table : tables_) take(*table);
  take(shipped_factors());
  return rows;
}

Factor in_unit(const Factor& factor, std::string_view unit, const std::string& where) {
  if (factor.unit == unit) return factor;
  Factor result = factor;
  const auto change = [&](double x) {
    const Result<double> converted = convert(x, factor.unit, unit);
    if (!converted) {
      throw Error("embodied.bad_unit",
                  (where.empty() ? "" : where + ": ") +
                      fmt::format("{} is in {}, which is not a unit of {}", factor.id, factor.unit, unit));
    }
    return *converted;
  };
  result.value = change(factor.value);
  if (factor.low) result.low = change(*factor.low);
  if (factor.high) result.high = change(*factor.high);
  result.unit = unit;
  return result;
}

}  // namespace co2lib::embodied
