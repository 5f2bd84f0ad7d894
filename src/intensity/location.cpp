// SPDX-License-Identifier: MIT
#include <co2lib/intensity/location.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include <co2lib/clock.hpp>
#include <co2lib/csv.hpp>
#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

namespace {

/// One row of a factor table; a value is absent where the row has none in that scope.
struct Row {
  std::string via;
  int year = 0;
  std::optional<double> lifecycle{};  // g/kWh
  std::optional<double> direct{};
  Basis basis = Basis::unknown;
  Source source{};

  [[nodiscard]] const std::optional<double>& value(Scope scope) const {
    return scope == Scope::lifecycle ? lifecycle : direct;
  }
};

/// A place of the tables, and where the look-up goes on if it has no row of the scope asked.
struct Place {
  std::vector<std::string> names;
  std::vector<Row> rows;
  std::string parent;
};

std::string changed(std::string_view text, char from, char to) {
  std::string result(text);
  for (char& c : result) {
    if (c >= from && c <= to) c = static_cast<char>(c ^ 0x20);
  }
  return result;
}
std::string lower(std::string_view text) { return changed(text, 'A', 'Z'); }
std::string upper(std::string_view text) { return changed(text, 'a', 'z'); }

/// Reads the fields of an embedded table by column name.
class Reader {
 public:
  explicit Reader(const char* name) {
    const Result<const csv::Table*> found = csv::table(name);
    if (!found) detail::fail("bad_value", "the table " + std::string(name) + ": " + to_string(found.issue()));
    table_ = *found;
  }

  [[nodiscard]] const std::vector<csv::Row>& rows() const { return table_->rows; }

  [[nodiscard]] const std::string& text(const csv::Row& row, std::string_view column) const {
    const auto at = table_->column(column);
    if (!at) detail::fail("bad_value", "the table " + table_->name + " has no column " + std::string(column));
    return row.fields[*at];
  }

  [[nodiscard]] std::optional<double> number(const csv::Row& row, std::string_view column) const {
    const std::string& field = text(row, column);
    if (field.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value)) {
      detail::fail("bad_value", table_->name + ".csv:" + std::to_string(row.line) + ": " + std::string(column) +
                                    " is '" + field + "', not a number");
    }
    return value;
  }

  /// via, year, source and licence; the value comes from the column `g_per_kwh` if the table has a column `scope`.
  [[nodiscard]] Row factor(const csv::Row& row, std::string via, Basis basis) const {
    Row result;
    result.via = std::move(via);
    result.year = static_cast<int>(number(row, "year").value_or(0));
    result.basis = basis;
    result.source = {result.via, text(row, "source"), result.year, text(row, "licence")};
    if (table_->column("scope")) {
      (text(row, "scope") == "direct" ? result.direct : result.lifecycle) = number(row, "g_per_kwh");
    }
    return result;
  }

 private:
  const csv::Table* table_ = nullptr;
};

using Atlas = std::map<std::string, Place, std::less<>>;

/// What the tables say of one place, or of all (no key). A table that cannot name the place is not even parsed: a run
/// asks for one country, and reading all tables would be most of its start.
Atlas read_tables(std::string_view only = {}) {
  Atlas atlas;
  const auto wanted = [&](std::string_view key) { return only.empty() || key == only; };
  const auto add = [&](const std::string& key, const std::string& name) -> Place& {
    Place& place = atlas[key];
    if (!name.empty() && std::find(place.names.begin(), place.names.end(), name) == place.names.end()) {
      place.names.push_back(name);
    }
    return place;
  };
  const bool all = only.empty();
  const bool region = only.find(':') != std::string_view::npos;
  const bool subdivision_of_country = !region && only.find('-') != std::string_view::npos;

  if (all || !(region || subdivision_of_country)) {
    const Reader countries("country_intensity");
    for (const csv::Row& row : countries.rows()) {
      const std::string& iso3 = countries.text(row, "iso3");
      if (!wanted(iso3)) continue;
      add(iso3, countries.text(row, "name")).rows.push_back(countries.factor(row, iso3, Basis::production));
    }
  }
  if (all || subdivision_of_country || only == "USA") {
    const Reader states("us_states");
    for (const csv::Row& row : states.rows()) {
      const std::string& code = states.text(row, "code");
      const std::string key = code == "US" ? "USA" : code;
      if (!wanted(key)) continue;
      Place& place = add(key, states.text(row, "name"));
      place.rows.push_back(states.factor(row, code, Basis::production));
      if (code != "US") place.parent = "USA";
    }
  }
  if (all || subdivision_of_country) {
    const Reader provinces("canada_provinces");
    for (const csv::Row& row : provinces.rows()) {
      const std::string& code = provinces.text(row, "code");
      if (!wanted(code)) continue;
      Row factor = provinces.factor(
          row, code, provinces.text(row, "basis") == "consumption" ? Basis::consumption : Basis::production);
      factor.lifecycle = provinces.number(row, "g_per_kwh_lifecycle");
      factor.direct = provinces.number(row, "g_per_kwh_direct");
      Place& place = add(code, provinces.text(row, "name"));
      place.rows.push_back(std::move(factor));
      place.parent = "CAN";
    }
  }
  // Of a country or subdivision, regions say only that it exists and where the subdivision lies.
  if (all || region || !atlas.contains(only)) {
    const Reader regions("cloud_regions");
    for (const csv::Row& row : regions.rows()) {
      const std::string& iso3 = regions.text(row, "iso3");
      const std::string& subdivision = regions.text(row, "subdivision");
      const std::string key = regions.text(row, "provider") + ":" + regions.text(row, "region");
      if (wanted(key)) add(key, regions.text(row, "place")).parent = subdivision.empty() ? iso3 : subdivision;
      if (wanted(iso3)) add(iso3, "");
      if (!subdivision.empty() && wanted(subdivision)) add(subdivision, "").parent = iso3;
    }
  }
  if (all || region) {
    const Reader own("gcp_regions");
    for (const csv::Row& row : own.rows()) {
      const std::string key = own.text(row, "provider") + ":" + own.text(row, "region");
      if (!wanted(key)) continue;
      Place& place = add(key, own.text(row, "location"));
      place.rows.push_back(own.factor(row, key, Basis::unknown));
      if (place.parent.empty()) {
        place.parent = own.text(row, own.text(row, "subdivision").empty() ? "iso3" : "subdivision");
      }
    }
  }
  return atlas;
}

const Atlas& atlas() {
  static const Atlas read = read_tables();
  return read;
}

/// The place of this key, null if no table names it; what was found stays where it is.
const Place* find(const std::string& key) {
  if (key.empty()) return nullptr;
  static std::mutex mutex;
  static Atlas found;
  const std::lock_guard lock(mutex);
  auto at = found.find(key);
  if (at == found.end()) {
    Atlas one = read_tables(key);
    if (one.empty()) return nullptr;
    at = found.insert(one.extract(one.begin())).position;
  }
  return &at->second;
}

const Place& world() {
  static const Place read = [] {
    const Reader table("world");
    Place place;
    for (const csv::Row& row : table.rows()) {
      place.rows.push_back(table.factor(row, table.text(row, "id"), Basis::production));
    }
    return place;
  }();
  return read;
}

/// Texts longer than this are compared by their beginning.
constexpr std::size_t compared = 64;

/// A text in lower case and the set of its characters, folded to 64.
struct Spelling {
  explicit Spelling(std::string_view given) : text(lower(given.substr(0, compared))) {
    for (const char c : text) characters |= std::uint64_t{1} << (static_cast<unsigned char>(c) % 64);
  }
  std::string text;
  std::uint64_t characters = 0;
};

/// Levenshtein distance, or any larger number than `limit` once it must be above it.
std::size_t distance(const Spelling& one, const Spelling& other, std::size_t limit) {
  const std::string_view a = one.text;
  const std::string_view b = other.text;
  const auto only = [](std::uint64_t x, std::uint64_t y) { return static_cast<std::size_t>(std::popcount(x & ~y)); };
  const std::size_t longer = std::max(a.size(), b.size()) - std::min(a.size(), b.size());
  const std::size_t strange = std::max(only(one.characters, other.characters), only(other.characters, one.characters));
  if (std::max(longer, strange) > limit) return limit + 1;
  std::array<std::size_t, compared + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
  }
  return row[b.size()];
}

/// What a place may be called: its key, its names, and a region without its provider.
struct Called {
  const std::string* key;
  std::vector<Spelling> names;  ///< the key first
  std::optional<Spelling> region;
};

const std::vector<Called>& all_called() {
  static const std::vector<Called> result = [] {
    std::vector<Called> all;
    for (const auto& [key, place] : atlas()) {
      Called called{&key, {Spelling(key)}, {}};
      for (const std::string& name : place.names) called.names.emplace_back(name);
      if (const std::size_t colon = key.find(':'); colon != std::string::npos) {
        called.region.emplace(std::string_view(key).substr(colon + 1));
      }
      all.push_back(std::move(called));
    }
    return all;
  }();
  return result;
}

/// The keys of the three places called most like the text.
std::vector<std::string> nearest_to(std::string_view location) {
  using Rank = std::tuple<std::size_t, bool, std::string_view>;  // distance, then what begins like the text
  const Spelling asked(location);
  const bool with_provider = asked.text.find(':') != std::string::npos;
  std::vector<Rank> ranked;
  for (const Called& called : all_called()) {
    const std::size_t limit = ranked.size() < 3 ? 2 * compared : std::get<0>(ranked.back());
    std::size_t best = limit + 1;
    for (const Spelling& name : called.names) best = std::min(best, distance(asked, name, limit));
    if (!with_provider && called.region) best = std::min(best, distance(asked, *called.region, limit));
    if (best > limit) continue;
    Rank rank{best, !called.names.front().text.starts_with(asked.text), *called.key};
    ranked.insert(std::upper_bound(ranked.begin(), ranked.end(), rank), rank);
    if (ranked.size() > 3) ranked.pop_back();
  }
  std::vector<std::string> keys;
  for (const Rank& rank : ranked) keys.emplace_back(std::get<2>(rank));
  return keys;
}

[[noreturn]] void refuse(std::string_view location) {
  const std::vector<std::string> nearest = nearest_to(location);
  std::string message = "the location '" + std::string(location.substr(0, 64)) + "' is in no table; nearest:";
  for (std::size_t i = 0; i < nearest.size(); ++i) message.append(i == 0 ? " " : ", ").append(nearest[i]);
  message +=
      ". A location is a country such as FRA (ISO 3166-1 alpha-3), a subdivision such as US-WY (ISO 3166-2) or a cloud "
      "region such as aws:eu-north-1";
  throw Error("intensity.unknown_zone", message,
              {{"location", std::string(location.substr(0, 64))}, {"nearest", nearest}}, ErrorCategory::lookup);
}

/// The rows of one place and scope, by year.
struct Choice {
  std::vector<const Row*> rows;
  bool world = false;

  /// The newest row of `year` or before, or the oldest if all are newer; without a year the newest.
  [[nodiscard]] const Row& of(std::optional<int> year) const {
    const Row* found = rows.front();
    for (const Row* row : rows) {
      if (!year || row->year <= *year) found = row;
    }
    return *found;
  }

  [[nodiscard]] RelativeError error() const { return world ? world_average_error : annual_factor_error; }
};

bool collect(Choice& choice, const Place& place, Scope scope) {
  for (const Row& row : place.rows) {
    if (row.value(scope)) choice.rows.push_back(&row);
  }
  numeric::stable_sort(choice.rows, [](const Row* a, const Row* b) { return a->year < b->year; });
  return !choice.rows.empty();
}

Choice world_choice(Scope scope) {
  Choice choice;
  choice.world = true;
  if (!collect(choice, world(), scope)) {
    detail::fail("no_data", "the table world has no " + std::string(text(scope)) + " row", {}, ErrorCategory::lookup);
  }
  return choice;
}

/// The key of a location as the tables write it.
std::string key_of(std::string_view location) {
  std::string key = location.find(':') == std::string_view::npos ? upper(location) : lower(location);
  if (find(key) == nullptr) refuse(location);
  return key;
}

Choice choose(const std::string& key, Scope scope) {
  for (const Place* place = find(key); place != nullptr; place = find(place->parent)) {
    Choice choice;
    if (collect(choice, *place, scope)) return choice;
  }
  return world_choice(scope);
}

constexpr int old_after_years = 5;

bool is_old(const Choice& choice, const Row& row, int year) {
  return !choice.world && year - row.year > old_after_years;
}

Factor make_factor(const Choice& choice, const FactorOptions& options, const std::string& subject) {
  const Row& row = choice.of(options.year);
  Factor f;
  f.value = CarbonIntensity::from_g_per_kwh(*row.value(options.scope));
  f.year = row.year;
  f.scope = options.scope;
  f.basis = row.basis;
  f.via = row.via;
  f.source = row.source;
  f.error = choice.error();
  const int year = options.year ? *options.year : utc_year(SystemClock().utc());
  if (is_old(choice, row, year)) {
    f.issues.push_back({"old_factor", subject,
                        "the factor is of " + std::to_string(row.year) + ", " + std::to_string(year - row.year) +
                            " years before " + std::to_string(year)});
  }
  if (choice.world) {
    f.issues.push_back({"world_average", subject,
                        "no table has a " + std::string(text(options.scope)) +
                            " value for the place; the world average stands for it"});
  }
  return f;
}

/// Annual factors by the UTC year of the time priced.
class FactorSource final : public IntensitySource {
 public:
  FactorSource(std::string name, Choice choice, Scope scope)
      : name_(std::move(name)), choice_(std::move(choice)), scope_(scope) {}

  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override {
    using std::chrono::sys_days;
    std::vector<Record> records;
    if (!(a < b)) return Trace(records);
    const int first = utc_year(a);
    const int last = utc_year(b - std::chrono::nanoseconds(1));
    for (int year = first; year <= last; ++year) {
      const Row& row = choice_.of(year);
      Record r;
      r.start = year == first ? a : UtcTime(sys_days(std::chrono::year(year) / 1 / 1));
      r.end = year == last ? b : UtcTime(sys_days(std::chrono::year(year + 1) / 1 / 1));
      r.value = CarbonIntensity::from_g_per_kwh(*row.value(scope_));
      r.scope = scope_;
      r.basis = row.basis;
      r.status = Status::statistic;
      r.zone = name_;
      r.origin = choice_.world ? "world_average" : "annual_factor";
      r.source = row.source;
      if (choice_.world) r.flags.push_back("world_average");
      if (is_old(choice_, row, year)) r.flags.push_back("old_factor");
      records.push_back(std::move(r));
    }
    return Trace::chained(records);
  }

  [[nodiscard]] Description describe() const override {
    Description d{name_, Signal::average, scope_, {}};
    for (const Row* row : choice_.rows) add_source(d.sources, row->source);
    return d;
  }

  [[nodiscard]] std::optional<RelativeError> relative_error() const override { return choice_.error(); }

 private:
  std::string name_;
  Choice choice_;
  Scope scope_;
};

}  // namespace

Factor factor(std::string_view location, const FactorOptions& options) {
  const std::string key = key_of(location);
  return make_factor(choose(key, options.scope), options, key);
}

Factor world_factor(const FactorOptions& options) { return make_factor(world_choice(options.scope), options, ""); }

std::vector<std::string> locations() {
  std::vector<std::string> keys;
  for (const auto& [key, place] : atlas()) keys.push_back(key);
  return keys;
}

std::shared_ptr<const IntensitySource> location_source(std::string_view location, Scope scope) {
  std::string key = key_of(location);
  Choice choice = choose(key, scope);
  return std::make_shared<FactorSource>(std::move(key), std::move(choice), scope);
}

std::shared_ptr<const IntensitySource> world_average(Scope scope) {
  return std::make_shared<FactorSource>("world_average", world_choice(scope), scope);
}

}  // namespace co2lib::intensity
