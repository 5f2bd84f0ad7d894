// SPDX-License-Identifier: MIT
#include "grid.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <co2lib/csv.hpp>

namespace co2lib::intensity::grid {

namespace {

/// The value of a table's room, or its issue as this domain's error.
template <class T>
T needed(Result<T> result) {
  if (!result) detail::fail("bad_value", fmt::format("the table {}: {}", result.issue().subject, result.issue().text));
  return *std::move(result);
}

std::string text(const csv::Table& table, const csv::Row& row, std::string_view column) {
  return std::string(needed(csv::field(table, row, column)));
}

template <class E>
E named(const csv::Table& table, const csv::Row& row, std::string_view column) {
  const Result<E> named = parse<E>(needed(csv::field(table, row, column)));
  if (named) return *named;
  detail::fail("bad_value", fmt::format("the table {}:{}: {}: {}", table.name, row.line, column, named.issue().text));
}

template <class T>
T value(const csv::Table& table, const csv::Row& row, Result<std::optional<T>> field, std::string_view column) {
  const std::optional<T> known = needed(std::move(field));
  if (known) return *known;
  detail::fail("bad_value", fmt::format("the table {}:{}: {} is empty", table.name, row.line, column));
}

/// Text and licence of a source.
Source source_of(const std::string& id, const std::string& key, int year) {
  const csv::Table table = needed(csv::rows_of("grid_sources", id));
  if (table.rows.empty()) detail::fail("bad_value", fmt::format("the table grid_sources has no '{}'", id));
  return {key, text(table, table.rows[0], "source"), year, text(table, table.rows[0], "licence")};
}

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_code(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// The line of a text that begins with `start`; empty if there is none.
std::string_view line_with(std::string_view text, const std::string& start) {
  const std::size_t at = text.find('\n' + start);
  if (at == std::string_view::npos) return {};
  return text.substr(at + 1, text.find('\n', at + 1) - at);
}

Place country_of(const csv::Table& table, const csv::Row& row) {
  Place place;
  place.key = place.country = text(table, row, "iso3");
  place.name = place.country_name = text(table, row, "name");
  return place;
}

std::optional<Place> country(const std::string& iso3) {
  const csv::Table table = needed(csv::rows_of("countries", iso3));
  if (table.rows.empty()) return std::nullopt;
  return country_of(table, table.rows[0]);
}

/// The country of an alpha-2 code, which follows the alpha-3 code in its line.
std::optional<Place> country_by_alpha2(std::string_view alpha2) {
  const std::string_view text = needed(csv::table_text("countries"));
  const std::string wanted = fmt::format(",{},", alpha2);
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    if (at >= 4 && text[at - 4] == '\n') return country(std::string(text.substr(at - 3, 3)));
  }
  return std::nullopt;
}

/// A subdivision: of a country that has some in the table it must be one of them, of another one it may be any.
std::optional<Place> subdivision(const std::string& key) {
  const std::optional<Place> parent = country_by_alpha2(std::string_view(key).substr(0, 2));
  if (!parent) return std::nullopt;
  Place place = *parent;
  place.key = place.subdivision = key;
  const csv::Table own = needed(csv::rows_of("grid_factors", key));
  if (!own.rows.empty()) {
    place.name = text(own, own.rows[0], "name");
    return place;
  }
  place.name.clear();
  const bool has_subdivisions = !line_with(needed(csv::table_text("grid_factors")), key.substr(0, 3)).empty();
  if (has_subdivisions || !is_code(std::string_view(key).substr(3), 1, 3)) return std::nullopt;
  // An overseas territory, say, is a country of its own here: that of which it is a part says nothing about it.
  if (!csv::lines_of(needed(csv::table_text("place_names")), key).empty()) return std::nullopt;
  return place;
}

std::optional<Place> cloud_region_of(const csv::Table& table, const csv::Row& row) {
  std::optional<Place> place = country(text(table, row, "iso3"));
  if (!place) return std::nullopt;
  place->key = fmt::format("{}:{}", text(table, row, "provider"), text(table, row, "region"));
  place->name = text(table, row, "place");
  place->subdivision = text(table, row, "subdivision");
  return place;
}

std::optional<Place> cloud_region(std::string key) {
  const std::string_view text = needed(csv::table_text("cloud_regions"));
  key[key.find(':')] = ',';
  const std::string_view line = line_with(text, key + ",");
  if (line.empty()) return std::nullopt;
  const std::string header(text.substr(0, text.find('\n')));
  const csv::Table table = needed(csv::parse((header + '\n').append(line), "cloud_regions"));
  return cloud_region_of(table, table.rows.at(0));
}

}  // namespace

std::vector<Row> rows(const std::string& key, Scope scope) {
  const csv::Table table = needed(csv::rows_of("grid_factors", key));
  std::vector<Row> found;
  for (const csv::Row& line : table.rows) {
    if (named<Scope>(table, line, "scope") != scope) continue;
    Row row;
    row.scope = scope;
    row.year = static_cast<int>(value(table, line, csv::integer(table, line, "year"), "year"));
    row.g_per_kwh = value(table, line, csv::number(table, line, "g_per_kwh"), "g_per_kwh");
    row.gas = text(table, line, "gas");
    row.basis = named<Basis>(table, line, "basis");
    row.method = named<FactorMethod>(table, line, "method");
    row.source = source_of(text(table, line, "source"), key, row.year);
    found.push_back(std::move(row));
  }
  return found;
}

std::optional<Place> find(const std::string& key) {
  if (key == world) return Place{.key = key, .name = "World", .country = {}, .country_name = {}, .subdivision = {}};
  if (key.find(':') != std::string::npos) return cloud_region(key);
  if (is_code(key, 2, 3)) return key.size() == 2 ? country_by_alpha2(key) : country(key);
  if (key.size() > 3 && is_letter(key[0]) && is_letter(key[1]) && key[2] == '-') return subdivision(key);
  return std::nullopt;
}

std::vector<Place> all() {
  std::map<std::string, Place> places;
  const csv::Table& factors = *needed(csv::table("grid_factors"));
  const csv::Table& regions = *needed(csv::table("cloud_regions"));
  for (const csv::Row& row : regions.rows) {
    if (auto place = cloud_region_of(regions, row)) places.emplace(place->key, *std::move(place));
  }
  for (const csv::Row& row : factors.rows) {
    const std::string key = text(factors, row, "place");
    if (places.contains(key)) continue;
    // Rows under an alpha-2 code (`AU`) are of no place of their own: that is another way to write `AUS`.
    if (auto place = find(key); place && place->key == key) places.emplace(key, *std::move(place));
  }
  std::vector<Place> sorted;
  for (auto& [key, place] : places) sorted.push_back(std::move(place));
  return sorted;
}

}  // namespace co2lib::intensity::grid
