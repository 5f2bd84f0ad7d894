// SPDX-License-Identifier: MIT
// Trace: a series of carbon intensities over half-open UTC intervals.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/record.hpp>
#include <co2lib/intensity/statistics.hpp>
#include <co2lib/intensity/unit.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

/// One interval and its value, without the attributes that a whole trace shares.
struct TimedValue {
  UtcTime start{};                         ///< part of the interval
  UtcTime end{};                           ///< not part of the interval
  std::optional<CarbonIntensity> value{};  ///< none where it is missing
};

struct EnergySample;
struct PriceOptions;
struct Priced;

namespace detail {

class Timeline;

inline std::string range_text(UtcTime start, UtcTime end) {
  return "[" + format_utc(start) + ", " + format_utc(end) + ")";
}

/// Everything but start, end, value and `raw_value` is equal.
inline bool same_attributes(const Record& a, const Record& b) {
  const auto rest = [](const Record& r) {
    return std::tie(r.signal, r.scope, r.basis, r.method, r.status, r.provider, r.zone, r.origin, r.factor_set, r.gas,
                    r.raw_unit, r.generated_at, r.updated_at, r.error, r.source, r.flags);
  };
  return rest(a) == rest(b);
}

}  // namespace detail

/// A sorted series of non-overlapping records of one signal and scope; immutable, 24 bytes per interval.
///
/// Attributes are held once; only records that differ from the first are kept whole. Where all records have one
/// `raw_unit`, their `raw_value` says no more than the value and is dropped. Two records for one interval: the
/// later `updated_at` wins, equal values merge. Constructors throw `intensity.overlap` (two values for one time),
/// `intensity.bad_value` (not finite; a negative average), `intensity.bad_time` (start not before end, or more than
/// 200 years in all) and `intensity.mixed_signals` (records of two signals, scopes, zones, bases or factor sets).
class Trace {
 public:
  /// A trace without records; pricing with it throws `intensity.no_data`.
  Trace() = default;

  /// Records in any order.
  explicit Trace(const std::vector<Record>& records) : Trace(records, false) {}

  /// Values in any order that share the attributes of `attributes` (its start, end and value are not used), and
  /// records with attributes of their own.
  Trace(Record attributes, std::span<const TimedValue> values, std::vector<Record> others = {})
      : attributes_(std::move(attributes)) {
    std::vector<Entry> entries;
    entries.reserve(values.size() + others.size());
    for (const TimedValue& v : values) entries.push_back({{v.start, v.end, checked(v.value)}, none});
    for (std::size_t i = 0; i < others.size(); ++i) {
      check_agreement(attributes_, others[i]);
      entries.push_back({{others[i].start, others[i].end, checked(others[i].value)}, i});
    }
    assemble(std::move(entries), others);
  }

  /// Equal steps from `start`; nullopt is a missing value. `step` is positive, otherwise `intensity.bad_time`.
  [[nodiscard]] static Trace regular(UtcTime start, std::chrono::nanoseconds step,
                                     std::span<const std::optional<CarbonIntensity>> values, Record attributes = {}) {
    if (step <= step.zero()) detail::fail("bad_time", "the step of a trace must be longer than 0");
    if (static_cast<double>(values.size()) * static_cast<double>(step.count()) > 200.0 * 366 * 86400 * 1e9) {
      detail::fail("bad_time", "the trace is longer than 200 years");
    }
    std::vector<TimedValue> timed;
    timed.reserve(values.size());
    for (const auto& value : values) {
      timed.push_back({start, start + step, value});
      start += step;
    }
    return Trace(std::move(attributes), timed);
  }

  /// Records of several providers, zones, bases or factor sets, as a fallback chain answers with; still of one signal
  /// and scope.
  [[nodiscard]] static Trace chained(const std::vector<Record>& records) { return Trace(records, true); }

  [[nodiscard]] std::size_t size() const noexcept { return cells_.size(); }  ///< number of records
  [[nodiscard]] bool empty() const noexcept { return cells_.empty(); }       ///< true without records

  /// The first start and the last end; not there if the trace is empty (`intensity.no_data`).
  [[nodiscard]] UtcTime start() const { return some().front().start; }
  /// The end of the last record; `intensity.no_data` if the trace is empty.
  [[nodiscard]] UtcTime end() const { return some().back().end; }

  [[nodiscard]] Signal signal() const noexcept { return attributes_.signal; }  ///< of all records
  [[nodiscard]] Scope scope() const noexcept { return attributes_.scope; }     ///< of all records
  /// Of the first record; those of a chained trace may differ.
  [[nodiscard]] const std::string& provider() const noexcept { return attributes_.provider; }
  /// Of the first record; those of a chained trace may differ.
  [[nodiscard]] const std::string& zone() const noexcept { return attributes_.zone; }
  /// Of the first record; those of a chained trace may differ.
  [[nodiscard]] const Source& source() const noexcept { return attributes_.source; }

  /// The record number `i`, counted from 0 in the order of time; beyond the last `intensity.out_of_range`.
  [[nodiscard]] Record record(std::size_t i) const {
    check_index(i);
    Record r = attributes_of(i);
    r.start = cells_[i].start;
    r.end = cells_[i].end;
    r.value = detail::from_cell(cells_[i].value);
    return r;
  }

  /// The interval and value of record number `i` alone; beyond the last `intensity.out_of_range`.
  [[nodiscard]] TimedValue timed(std::size_t i) const {
    check_index(i);
    return {cells_[i].start, cells_[i].end, detail::from_cell(cells_[i].value)};
  }

  /// All records, in the order of time.
  [[nodiscard]] std::vector<Record> records() const {
    std::vector<Record> all;
    all.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) all.push_back(record(i));
    return all;
  }

  /// The value in force at `t`, nullopt where it is missing; outside the trace `intensity.out_of_range`.
  [[nodiscard]] std::optional<CarbonIntensity> at(UtcTime t) const {
    if (t < start() || t >= end()) {
      detail::fail("out_of_range", format_utc(t) + " lies outside the trace " + detail::range_text(start(), end()) +
                                       "; values are never extrapolated");
    }
    const detail::Cell& cell = cells_[last_started(t)];
    return t < cell.end ? detail::from_cell(cell.value) : std::nullopt;
  }

  /// The records that overlap `[a, b)`, uncut; for `a == b` the one in force at `a`. None of them is an empty trace.
  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const {
    Trace part;
    part.attributes_ = attributes_;
    const auto first = std::partition_point(cells_.begin(), cells_.end(), [&](const auto& c) { return c.end <= a; });
    const auto last = std::partition_point(
        first, cells_.end(), [&](const detail::Cell& c) { return c.start < b || (a == b && c.start == a); });
    part.cells_.assign(first, last);
    const auto offset = static_cast<std::size_t>(first - cells_.begin());
    for (const auto& [index, record] : others_) {
      if (index >= offset && index < offset + part.cells_.size()) part.others_.emplace_back(index - offset, record);
    }
    return part;
  }

  /// The mean over `[a, b)` of the known values, each by the time that it covers; nullopt where none is known.
  [[nodiscard]] std::optional<CarbonIntensity> mean(UtcTime a, UtcTime b) const {
    numeric::Sum weighted;
    double length = 0;
    for (auto c = std::partition_point(cells_.begin(), cells_.end(), [&](const auto& x) { return x.end <= a; });
         c != cells_.end() && c->start < b; ++c) {
      if (std::isnan(c->value)) continue;
      const auto part = static_cast<double>((std::min(b, c->end) - std::max(a, c->start)).count());
      weighted += numeric::product(c->value, part);
      length += part;
    }
    return length > 0 ? detail::from_cell(weighted.value() / length) : std::nullopt;
  }

  /// Every value times `factor`, which is finite and not negative (`intensity.bad_value`).
  [[nodiscard]] Trace scaled(double factor) const {
    if (!(factor >= 0) || !std::isfinite(factor)) detail::fail("bad_value", "a trace is scaled by a number >= 0");
    Trace result = *this;
    for (detail::Cell& cell : result.cells_) cell.value *= factor;
    for (const detail::Cell& cell : result.cells_) {
      if (std::isinf(cell.value)) detail::fail("bad_value", "the scaled values are out of range");
    }
    return result;
  }

  /// Statistics over the known values, each interval counting once.
  [[nodiscard]] Statistics stats() const { return detail::statistics(cells_); }

  /// Prices energy samples; see `intensity::price`. Include <co2lib/intensity/price.hpp>.
  [[nodiscard]] Priced price(std::span<const EnergySample> samples, const PriceOptions& options) const;
  /// Prices energy samples with the default options.
  [[nodiscard]] Priced price(std::span<const EnergySample> samples) const;

 private:
  friend class detail::Timeline;

  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  struct Entry {
    detail::Cell cell;
    std::size_t other;  // place among the records with attributes of their own
  };

  Trace(const std::vector<Record>& records, bool chained) {
    if (records.empty()) return;
    attributes_ = records.front();
    const bool one_unit = std::all_of(records.begin(), records.end(),
                                      [&](const Record& r) { return r.raw_unit == attributes_.raw_unit; });
    if (one_unit) attributes_.raw_value.reset();
    std::vector<Entry> entries;
    std::vector<Record> others;
    entries.reserve(records.size());
    for (const Record& r : records) {
      check_agreement(attributes_, r, chained);
      entries.push_back({{r.start, r.end, checked(r.value)}, none});
      if (!detail::same_attributes(attributes_, r) || (!one_unit && attributes_.raw_value != r.raw_value)) {
        entries.back().other = others.size();
        others.push_back(r);
        if (one_unit) others.back().raw_value.reset();
      }
    }
    assemble(std::move(entries), others);
  }

  static double checked(const std::optional<CarbonIntensity>& value) {
    if (value && !std::isfinite(value->g_per_kwh())) {
      detail::fail("bad_value", "a carbon intensity is not a finite number; a missing value has no number at all");
    }
    return detail::to_cell(value);
  }

  static void check_agreement(const Record& a, const Record& b, bool chained = false) {
    const auto differ = [](std::string_view field, std::string_view x, std::string_view y) {
      detail::fail("mixed_signals", "records of one trace differ in " + std::string(field) + ": '" + std::string(x) +
                                        "' and '" + std::string(y) + "'; price them apart");
    };
    if (a.signal != b.signal) differ("signal", text(a.signal), text(b.signal));
    if (a.scope != b.scope) differ("scope", text(a.scope), text(b.scope));
    if (a.method == Method::market || b.method == Method::market) {
      detail::fail("mixed_signals",
                   "market-based values are reported beside a total and never priced; "
                   "give the location-based ones");
    }
    if (chained) return;
    if (a.zone != b.zone) differ("zone", a.zone, b.zone);
    if (a.basis != b.basis) differ("basis", text(a.basis), text(b.basis));
    if (a.factor_set != b.factor_set) differ("factor set", a.factor_set, b.factor_set);
  }

  void assemble(std::vector<Entry> entries, std::vector<Record>& others) {
    const auto before = [](const Entry& a, const Entry& b) {
      return std::tie(a.cell.start, a.cell.end) < std::tie(b.cell.start, b.cell.end);
    };
    if (!std::is_sorted(entries.begin(), entries.end(), before)) {
      numeric::stable_sort(entries, before);
    }
    check_agreement(attributes_, attributes_);
    if (!entries.empty() &&
        std::chrono::floor<std::chrono::hours>(entries.back().cell.end).time_since_epoch() -
                std::chrono::floor<std::chrono::hours>(entries.front().cell.start).time_since_epoch() >
            std::chrono::hours(200 * 366 * 24)) {
      detail::fail("bad_time", "the trace is longer than 200 years");
    }
    cells_.reserve(entries.size());
    const auto updated = [&](const Entry& e) {
      return e.other == none ? attributes_.updated_at : others[e.other].updated_at;
    };
    std::size_t kept_from = 0;  // entry whose record is the last of cells_
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const detail::Cell& cell = entries[i].cell;
      if (!(cell.start < cell.end)) {
        detail::fail("bad_time", "an interval must start before it ends: " + detail::range_text(cell.start, cell.end));
      }
      if (cell.value < 0 && attributes_.signal == Signal::average) {
        detail::fail("bad_value", "an average intensity is not negative, " + numeric::text(cell.value) + " g/kWh in " +
                                      detail::range_text(cell.start, cell.end));
      }
      if (!cells_.empty() && cell.start < cells_.back().end) {
        const detail::Cell& other = cells_.back();
        if (cell.start != other.start || cell.end != other.end) {
          detail::fail("overlap", "the intervals " + detail::range_text(other.start, other.end) + " and " +
                                      detail::range_text(cell.start, cell.end) + " overlap; keep one of them");
        }
        const auto old_time = updated(entries[kept_from]);
        const auto new_time = updated(entries[i]);
        const bool ordered = old_time && new_time && *old_time != *new_time;
        if (!ordered) {
          const bool equal = cell.value == other.value || (std::isnan(cell.value) && std::isnan(other.value));
          if (equal) continue;
          detail::fail("overlap", "two values for " + detail::range_text(cell.start, cell.end) +
                                      " and no updated_at to tell which is the later; keep one of them");
        }
        if (*new_time < *old_time) continue;
        if (!others_.empty() && others_.back().first == cells_.size() - 1) others_.pop_back();
        cells_.pop_back();
      }
      kept_from = i;
      if (entries[i].other != none) {
        others_.emplace_back(cells_.size(), others[entries[i].other]);
      } else if (cell.value < 0) {
        others_.emplace_back(cells_.size(), attributes_);
      }
      if (cell.value < 0) {
        std::vector<std::string>& flags = others_.back().second.flags;
        if (std::find(flags.begin(), flags.end(), "negative") == flags.end()) flags.push_back("negative");
      }
      cells_.push_back(cell);
    }
    attributes_.value.reset();
    attributes_.start = attributes_.end = UtcTime{};
  }

  void check_index(std::size_t i) const {
    if (i < cells_.size()) return;
    detail::fail("out_of_range",
                 "record " + std::to_string(i) + " of a trace of " + std::to_string(cells_.size()) + " records");
  }

  [[nodiscard]] const std::vector<detail::Cell>& some() const {
    if (cells_.empty()) {
      detail::fail("no_data", "the trace has no records", {}, ErrorCategory::lookup);
    }
    return cells_;
  }

  [[nodiscard]] const Record& attributes_of(std::size_t i) const {
    if (others_.empty()) return attributes_;
    const auto found = std::lower_bound(others_.begin(), others_.end(), i,
                                        [](const auto& other, std::size_t at) { return other.first < at; });
    return found != others_.end() && found->first == i ? found->second : attributes_;
  }

  /// The last cell that starts at or before `t`; `t` is not before the first start. O(1) where all steps are equal.
  [[nodiscard]] std::size_t last_started(UtcTime t) const {
    const auto step = (cells_.front().end - cells_.front().start).count();
    const auto guess =
        static_cast<std::uint64_t>((t - cells_.front().start).count()) / static_cast<std::uint64_t>(step);
    if (guess < cells_.size() && cells_[guess].start <= t && t < cells_[guess].end) return guess;
    const auto after = std::partition_point(cells_.begin(), cells_.end(), [&](const auto& c) { return c.start <= t; });
    return static_cast<std::size_t>(after - cells_.begin()) - 1;
  }

  Record attributes_;                                   // of every record that is not in others_
  std::vector<detail::Cell> cells_;                     // in the order of time
  std::vector<std::pair<std::size_t, Record>> others_;  // by place
};

/// `CISO: 8760 records [2022-01-01T00:00:00Z, 2023-01-01T00:00:00Z), average, lifecycle`
[[nodiscard]] inline std::string to_string(const Trace& trace) {
  std::string line = trace.zone().empty() ? "trace" : trace.zone();
  line += ": " + std::to_string(trace.size()) + (trace.size() == 1 ? " record" : " records");
  if (!trace.empty()) line += " " + detail::range_text(trace.start(), trace.end());
  return line.append(", ").append(text(trace.signal())).append(", ").append(text(trace.scope()));
}

/// What a CSV file does not say itself.
struct CsvOptions {
  std::optional<Scope> scope{};       ///< which column of an Electricity Maps file; default lifecycle
  std::optional<Signal> signal{};     ///< of our own CSV without a column `signal`
  std::optional<std::string> unit{};  ///< of our own CSV without a column `unit`
  std::optional<std::string> zone{};  ///< where the file names none
};

/// Reads carbon intensities from CSV text; `name` stands for the file in messages.
///
/// Known by their header line: Electricity Maps (`Datetime (UTC)`, stamps are starts), CarbonCast (`UTC time`,
/// `carbon_intensity`, stamps are starts) and our own (`start,end,value` and perhaps `unit,signal,scope`, times with
/// their offset). Where a file has starts only, an interval is as long as the shortest step, one hour if it has one
/// row. An empty cell is a missing value. Throws `intensity.bad_value` (another header, a text for a number),
/// `bad_unit`, `bad_time`, `overlap` and `mixed_signals`, naming the line.
[[nodiscard]] Trace parse_csv(std::string_view text, const CsvOptions& options = {}, std::string_view name = "CSV");

/// As `parse_csv`, from a file; one that cannot be read is `core.io` (OSError in Python).
[[nodiscard]] Trace read_csv(const std::filesystem::path& file, const CsvOptions& options = {});

}  // namespace co2lib::intensity

template <>
inline constexpr bool co2lib::has_text<co2lib::intensity::Trace> = true;
