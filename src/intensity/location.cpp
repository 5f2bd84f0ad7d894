// SPDX-License-Identifier: MIT
// A location is resolved to a place (grid::find), the place to the rows that answer for it (choose), and a year to one
// of them (Choice::of). `factor` and the sources differ in nothing but who says the year.
#include <co2lib/intensity/location.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/intensity/price.hpp>

#include "grid.hpp"
#include "hint.hpp"

namespace co2lib::intensity {

namespace {

/// A location as the tables would write it: without blanks around, cloud regions in lower case, the rest in upper case.
std::string key_of(std::string_view location) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = std::min(location.find_first_not_of(blanks), location.size());
  std::string key(location.substr(first, location.find_last_not_of(blanks) + 1 - first));
  const bool lower = key.find(':') != std::string::npos;
  for (char& c : key) {
    if (lower ? (c >= 'A' && c <= 'Z') : (c >= 'a' && c <= 'z')) c = static_cast<char>(c ^ 0x20);
  }
  return key;
}

/// At most 64 bytes of a text, cut between two characters.
std::string beginning(std::string_view text) {
  std::size_t size = std::min<std::size_t>(text.size(), 64);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return std::string(text.substr(0, size));
}

[[noreturn]] void refuse(std::string_view location) {
  const std::string shown = beginning(location);
  const Hints hints = hints_for(location);
  std::vector<std::string> nearest;
  std::string places;
  for (const Hint& hint : hints.nearest) {
    nearest.push_back(hint.key);
    places += fmt::format("{}{} ({})", places.empty() ? "" : ", ", hint.key, hint.name);
  }
  std::string message = fmt::format("the location '{}' is in no table; nearest: {}. ", shown, places);
  if (hints.group) {
    message += fmt::format("'{}' is a group of countries, which differ too much for one value: name the one. ", shown);
  }
  message +=
      "A location is a country such as FRA or FR (ISO 3166-1), "
      "a subdivision such as US-WY (ISO 3166-2) or a cloud region such as aws:eu-north-1; "
      "`co2lib intensity --list` lists them";
  throw Error("intensity.unknown_zone", message, {{"location", shown}, {"nearest", std::move(nearest)}},
              ErrorCategory::lookup);
}

Place resolve(std::string_view location) {
  std::optional<Place> found = grid::find(key_of(location));
  if (!found) refuse(location);
  return *std::move(found);
}

constexpr int old_after_years = 5;

/// What answers for a place in one scope.
struct Choice {
  std::string place;            ///< asked for; `world_average` where no place is known
  std::vector<grid::Row> rows;  ///< of one place, oldest first, at least one
  std::string flag;             ///< `wider_place`, `world_average` or nothing

  [[nodiscard]] const std::string& via() const { return rows.front().source.id; }
  [[nodiscard]] bool is_world() const { return via() == grid::world; }

  /// The newest row of `year` or before, or the oldest if all are newer; without a year the newest.
  [[nodiscard]] const grid::Row& of(std::optional<int> year) const {
    const grid::Row* found = &rows.front();
    for (const grid::Row& row : rows) {
      if (!year || row.year <= *year) found = &row;
    }
    return *found;
  }

  [[nodiscard]] RelativeError error() const { return is_world() ? world_average_error : annual_factor_error; }

  /// The row as a record of the year priced, `[start, end)`.
  [[nodiscard]] Record record(const grid::Row& row, UtcTime start, UtcTime end) const {
    Record r;
    r.start = start;
    r.end = end;
    r.value = CarbonIntensity::from_g_per_kwh(row.g_per_kwh);
    r.scope = row.scope;
    r.basis = row.basis;
    r.status = Status::statistic;
    r.zone = place;
    r.origin = is_world() ? "world_average" : "annual_factor";
    r.gas = row.gas;
    r.source = row.source;
    if (!flag.empty()) r.flags.push_back(flag);
    if (row.method == FactorMethod::estimate) r.flags.emplace_back("estimated_factor");
    if (!is_world() && utc_year(start) - row.year > old_after_years) r.flags.emplace_back("old_factor");
    return r;
  }

  [[nodiscard]] Factor factor(std::optional<int> year) const {
    const grid::Row& row = of(year);
    Factor f;
    f.value = CarbonIntensity::from_g_per_kwh(row.g_per_kwh);
    f.year = row.year;
    f.scope = row.scope;
    f.basis = row.basis;
    f.method = row.method;
    f.gas = row.gas;
    f.place = place == "world_average" ? "" : place;
    f.via = via();
    f.source = row.source;
    f.error = error();
    return f;
  }
};

Choice choose(const Place& place, Scope scope) {
  Choice choice{place.key, grid::rows(place.key, scope), ""};
  if (choice.rows.empty() && place.subdivision != place.key) choice.rows = grid::rows(place.subdivision, scope);
  if (choice.rows.empty() && !place.country.empty()) {
    choice.rows = grid::rows(place.country, scope);
    if (!place.subdivision.empty()) choice.flag = "wider_place";
  }
  if (choice.rows.empty()) {
    choice.rows = grid::rows(std::string(grid::world), scope);
    choice.flag = "world_average";
  }
  if (choice.rows.empty()) {
    detail::fail("no_data", fmt::format("the tables have no {} value of the world", text(scope)), {},
                 ErrorCategory::lookup);
  }
  return choice;
}

Choice world_choice(Scope scope) {
  Choice choice = choose(*grid::find(std::string(grid::world)), scope);
  choice.place = choice.flag = "world_average";
  return choice;
}

UtcTime new_year(int year) { return UtcTime(std::chrono::sys_days(std::chrono::year(year) / 1 / 1)); }

/// Annual factors by the UTC year of the time priced.
class FactorSource final : public IntensitySource {
 public:
  FactorSource(Choice choice, Scope scope) : choice_(std::move(choice)), scope_(scope) {}

  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override {
    std::vector<Record> records;
    if (!(a < b)) return Trace(records);
    const int first = utc_year(a);
    const int last = utc_year(b - std::chrono::nanoseconds(1));
    for (int year = first; year <= last; ++year) {
      records.push_back(
          choice_.record(choice_.of(year), year == first ? a : new_year(year), year == last ? b : new_year(year + 1)));
    }
    return Trace::chained(records);
  }

  [[nodiscard]] bool may_block() const noexcept override { return false; }
  [[nodiscard]] Description describe() const override {
    Description d{choice_.place, Signal::average, scope_, {}};
    for (const grid::Row& row : choice_.rows) add_source(d.sources, row.source);
    return d;
  }

  [[nodiscard]] std::string line(UtcTime a, UtcTime b) const override {
    std::string lines;
    std::optional<int> before;
    for (int year = utc_year(a); year <= utc_year(std::max(a, b - std::chrono::nanoseconds(1))); ++year) {
      const Factor f = choice_.factor(year);
      if (f.year != before) lines.append(lines.empty() ? "" : "; ").append(intensity::line(f));
      before = f.year;
    }
    return lines;
  }

  [[nodiscard]] std::optional<RelativeError> relative_error() const override { return choice_.error(); }

 private:
  Choice choice_;
  Scope scope_;
};

/// The row of a year, with the remarks that pricing with it would make.
Factor factor_of(const Choice& choice, std::optional<int> year) {
  if (year && (*year < 1000 || *year > 9999)) {
    detail::fail("bad_value", fmt::format("the year is {}; give all four digits", *year));
  }
  Factor f = choice.factor(year);
  // Years that no time of this library reaches have the remarks of the last one that it does.
  const UtcTime priced = new_year(std::clamp(year.value_or(utc_year(SystemClock().utc())), 1700, 2200));
  const Record record = choice.record(choice.of(year), priced, priced + std::chrono::nanoseconds(1));
  for (const std::string& flag : record.flags) f.issues.push_back(detail::remark(flag, record, priced));
  return f;
}

}  // namespace

Factor factor(std::string_view location, const FactorOptions& options) {
  return factor_of(choose(resolve(location), options.scope), options.year);
}

Factor world_factor(const FactorOptions& options) { return factor_of(world_choice(options.scope), options.year); }

Place place(std::string_view location) { return resolve(location); }

std::vector<Place> places() { return grid::all(); }

std::vector<std::string> locations() {
  std::vector<std::string> keys;
  for (Place& place : grid::all()) keys.push_back(std::move(place.key));
  return keys;
}

std::shared_ptr<const IntensitySource> location_source(std::string_view location, Scope scope) {
  return std::make_shared<FactorSource>(choose(resolve(location), scope), scope);
}

std::shared_ptr<const IntensitySource> world_average(Scope scope) {
  return std::make_shared<FactorSource>(world_choice(scope), scope);
}

}  // namespace co2lib::intensity
