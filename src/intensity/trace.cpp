// SPDX-License-Identifier: MIT
#include <co2lib/intensity/trace.hpp>

#include <array>
#include <system_error>

#include <fmt/format.h>

#include <co2lib/csv.hpp>
#include <co2lib/error.hpp>

#include "detail/files.hpp"

namespace co2lib::intensity {

namespace {

/// A CSV text read row by row; every refusal names its file and line.
class File {
 public:
  File(std::string_view text, std::string_view name) : name_(name), scanner_(text) {
    if (!read()) detail::fail("bad_value", fmt::format("{}: {}: the text has no header line", name_, name_));
    for (const std::string_view title : scanner_.fields()) header_.emplace_back(title);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }

  /// The place of a column, or nothing.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view title) const {
    const auto found = std::find(header_.begin(), header_.end(), title);
    if (found == header_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header_.begin());
  }

  /// Goes to the next row, which is as wide as the header; false after the last.
  bool next() {
    if (!read()) return false;
    const std::size_t width = scanner_.fields().size();
    if (width == header_.size()) return true;
    detail::fail("bad_value", fmt::format("{}: line {}: {} fields where the header has {}", name_, scanner_.line(),
                                          width, header_.size()));
  }

  /// A field of the row, until the next.
  [[nodiscard]] std::string_view field(std::size_t column) const { return scanner_.fields()[column]; }

  [[noreturn]] void refuse(std::string_view code, const std::string& why) const {
    const std::size_t line = scanner_.line();
    detail::fail(code, fmt::format("{}:{}: {}", name_, line, why),
                 {{"file", name_}, {"line", static_cast<std::int64_t>(line)}});
  }

  /// Runs something and puts file and line in front of its refusal.
  template <class F>
  auto at(F&& run) const {
    try {
      return run();
    } catch (const Error& error) {
      const std::size_t line = scanner_.line();
      throw Error(error.code(), fmt::format("{}:{}: {}", name_, line, error.what()),
                  {{"file", name_}, {"line", static_cast<std::int64_t>(line)}}, error.category());
    }
  }

  /// A number of the file; an empty field is nullopt.
  [[nodiscard]] std::optional<double> number(std::size_t column) const {
    Result<std::optional<double>> value = csv::number(name_, scanner_.line(), header_[column], field(column));
    if (!value) refuse("bad_value", value.issue().text);
    return *value;
  }

  /// An average intensity in g/kWh; a negative one is refused here, where the line is known.
  [[nodiscard]] std::optional<CarbonIntensity> intensity(std::size_t column, Signal signal) const {
    const std::optional<double> value = number(column);
    if (!value) return std::nullopt;
    if (*value < 0 && signal == Signal::average) {
      refuse("bad_value", fmt::format("an average intensity is not negative: {}", field(column)));
    }
    return CarbonIntensity::from_g_per_kwh(*value);
  }

  /// The time of a field, which `iso` is in the form of ISO 8601.
  [[nodiscard]] UtcTime stamp(std::string_view field, std::string_view iso, bool offset_required) const {
    const Result<UtcTime> time = parse_utc(iso, offset_required);
    if (!time) refuse("bad_time", fmt::format("'{}' is not a time of this kind of file", field.substr(0, 64)));
    return *time;
  }

 private:
  bool read() {
    const Result<bool> there = scanner_.next();
    if (!there) {
      detail::fail("bad_value", fmt::format("{}: {}: {}", name_, there.issue().subject, there.issue().text));
    }
    return *there;
  }

  std::string name_;
  csv::Scanner scanner_;
  std::vector<std::string> header_;
};

/// A time in the form of ISO 8601, without an allocation; empty for a text of another form.
class IsoText {
 public:
  /// `YYYY-MM-DD HH:MM:SS`, UTC; another text as it is.
  static IsoText from_spaced(std::string_view text) {
    IsoText iso;
    iso.add(text);
    if (text.size() == 19 && text[10] == ' ') iso.text_[10] = 'T';
    return iso;
  }

  /// `MM/DD/YYYY HH:MM:SS`, UTC, or, in files of European zones, `YYYY-MM-DD HH:MM:SS+00:00`.
  static IsoText from_carboncast(std::string_view text) {
    IsoText iso;
    if (text.size() == 25 && text[10] == ' ') {
      iso.add(text);
      iso.text_[10] = 'T';
    } else if (text.size() == 19 && text[2] == '/' && text[5] == '/' && text[10] == ' ') {
      for (const std::string_view part :
           {text.substr(6, 4), std::string_view("-"), text.substr(0, 2), std::string_view("-"), text.substr(3, 2),
            std::string_view("T"), text.substr(11)}) {
        iso.add(part);
      }
    }
    return iso;
  }

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  void add(std::string_view part) {  // what is longer than any time is cut, and refused as it is
    part = part.substr(0, text_.size() - size_);
    std::copy(part.begin(), part.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
  }

  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

// Times reach from 1677 to 2262: what is longer than half of that, or ends later, is as long or late as can be said.
std::chrono::nanoseconds between(UtcTime early, UtcTime late) {
  const bool far = early < UtcTime{} && late > UtcTime::max() + early.time_since_epoch();
  return far ? std::chrono::nanoseconds::max() : late - early;
}
UtcTime after(UtcTime start, std::chrono::nanoseconds step) {
  return start > UtcTime{} && step > UtcTime::max() - start ? UtcTime::max() : start + step;
}

/// Ends of intervals that are known by their starts only: as long as the shortest step, one hour if there is no step.
void close_intervals(std::vector<TimedValue>& values, std::vector<Record>& others) {
  std::vector<UtcTime> starts;
  starts.reserve(values.size() + others.size());
  for (const TimedValue& v : values) starts.push_back(v.start);
  for (const Record& r : others) starts.push_back(r.start);
  std::sort(starts.begin(), starts.end());
  auto step = std::chrono::nanoseconds::max();
  for (std::size_t i = 1; i < starts.size(); ++i) {
    if (starts[i] != starts[i - 1]) step = std::min(step, between(starts[i - 1], starts[i]));
  }
  if (step == std::chrono::nanoseconds::max()) step = std::chrono::hours(1);
  for (TimedValue& v : values) v.end = after(v.start, step);
  for (Record& r : others) r.end = after(r.start, step);
}

void put_zone(Record& attributes, const CsvOptions& options) {
  if (attributes.zone.empty()) attributes.zone = options.zone.value_or("");
}

Trace electricity_maps(File& file, const CsvOptions& options) {
  const std::vector<std::string>& header = file.header();
  Record attributes;
  attributes.scope = options.scope.value_or(Scope::lifecycle);
  attributes.basis = Basis::consumption;
  attributes.provider = "electricitymaps";
  attributes.gas = "CO2eq";
  const std::string_view mark = attributes.scope == Scope::lifecycle ? "(LCA)" : "(direct)";
  const auto column = std::find_if(header.begin(), header.end(),
                                   [&](const std::string& title) { return title.find(mark) != std::string::npos; });
  if (column == header.end()) {
    detail::fail("bad_value", fmt::format("{}: no column has '{}' in its title", file.name(), mark));
  }
  const auto value = static_cast<std::size_t>(column - header.begin());
  const std::optional<std::size_t> zone = file.column("Zone Id");
  const std::optional<std::size_t> estimated = file.column("Data Estimated");
  std::vector<TimedValue> values;
  std::vector<Record> others;
  while (file.next()) {
    if (zone && attributes.zone.empty()) attributes.zone = file.field(*zone);
    if (zone && file.field(*zone) != attributes.zone) {
      file.refuse("mixed_signals", fmt::format("the zone changes from '{}' to '{}'; read one zone per file",
                                               attributes.zone, file.field(*zone)));
    }
    const std::string_view stamp = file.field(0);
    const UtcTime start = file.stamp(stamp, IsoText::from_spaced(stamp).view(), false);
    const auto intensity = file.intensity(value, attributes.signal);
    if (attributes.source.year == 0) {
      attributes.source = {"electricitymaps", "Electricity Maps", utc_year(start), "ODbL-1.0"};
      if (!attributes.zone.empty()) attributes.source.id += ":" + attributes.zone;
    }
    if (estimated && file.field(*estimated) == "false") {
      values.push_back({start, start, intensity});
    } else {
      Record r = attributes;
      r.start = start;
      r.value = intensity;
      r.status = Status::estimated;
      others.push_back(std::move(r));
    }
  }
  put_zone(attributes, options);
  for (Record& r : others) r.zone = attributes.zone;
  close_intervals(values, others);
  return Trace(std::move(attributes), values, std::move(others));
}

Trace carboncast(File& file, const CsvOptions& options) {
  const std::size_t time = *file.column("UTC time");
  const std::size_t value = *file.column("carbon_intensity");
  Record attributes;
  attributes.scope = options.scope.value_or(Scope::lifecycle);
  attributes.basis = Basis::production;
  attributes.provider = "carboncast";
  attributes.factor_set = "carboncast";
  put_zone(attributes, options);
  std::vector<TimedValue> values;
  while (file.next()) {
    const std::string_view stamp = file.field(time);
    const UtcTime start = file.stamp(stamp, IsoText::from_carboncast(stamp).view(), false);
    if (attributes.source.year == 0) attributes.source = {"carboncast", "CarbonCast", utc_year(start), "Apache-2.0"};
    values.push_back({start, start, file.intensity(value, attributes.signal)});
  }
  std::vector<Record> none;
  close_intervals(values, none);
  return Trace(std::move(attributes), values);
}

Trace own(File& file, const CsvOptions& options) {
  for (const std::string& title : file.header()) {
    constexpr std::array<std::string_view, 6> known{"start", "end", "value", "unit", "signal", "scope"};
    if (std::find(known.begin(), known.end(), title) == known.end()) {
      detail::fail("bad_value",
                   fmt::format("{}: unknown column '{}'; the columns are start,end,value and perhaps unit,signal,scope",
                               file.name(), title));
    }
  }
  const auto unit = file.column("unit");
  const auto signal = file.column("signal");
  const auto scope = file.column("scope");
  const auto need = [&](bool there, std::string_view code, std::string_view field, const std::string& holds) {
    if (there) return;
    detail::fail(code, fmt::format("{}: the file has no column '{}'; add it (each row holds {}), or give the option of "
                                   "that name where there is one. Such a file: start,end,value,unit,signal,scope and "
                                   "2026-01-05T04:00:00Z,2026-01-05T05:00:00Z,180,g/kWh,average,lifecycle",
                                   file.name(), field, holds));
  };
  need(unit || options.unit, "bad_unit", "unit", "g/kWh, kg/MWh or another unit of mass per energy");
  need(signal || options.signal, "bad_value", "signal", known<Signal>());
  need(scope || options.scope, "bad_value", "scope", known<Scope>());
  std::vector<Record> records;
  const std::size_t from = *file.column("start");
  const std::size_t to = *file.column("end");
  const std::size_t number = *file.column("value");
  while (file.next()) {
    Record r;
    r.start = file.stamp(file.field(from), file.field(from), true);
    r.end = file.stamp(file.field(to), file.field(to), true);
    if (!(r.start < r.end)) file.refuse("bad_time", "the interval must start before it ends");
    r.signal = options.signal.value_or(Signal::average);
    if (signal) {
      const auto read = parse<Signal>(file.field(*signal));
      if (!read) file.refuse("bad_value", "signal: " + read.issue().text);
      r.signal = *read;
    }
    r.scope = options.scope.value_or(Scope::lifecycle);
    if (scope) {
      const auto read = parse<Scope>(file.field(*scope));
      if (!read) file.refuse("bad_value", "scope: " + read.issue().text);
      r.scope = *read;
    }
    if ((options.signal && r.signal != *options.signal) || (options.scope && r.scope != *options.scope)) {
      file.refuse("mixed_signals",
                  fmt::format("the row is {}, {}, not what was asked for", text(r.signal), text(r.scope)));
    }
    const std::string unit_text(unit ? file.field(*unit) : std::string_view(*options.unit));
    const std::optional<double> raw = file.number(number);
    // The unit of a missing value is checked too.
    const CarbonIntensity value = file.at([&] { return from_unit(raw.value_or(0), unit_text); });
    if (raw) r.value = value;
    if (r.value && r.value->g_per_kwh() < 0 && r.signal == Signal::average) {
      file.refuse("bad_value", fmt::format("an average intensity is not negative: {}", file.field(number)));
    }
    r.gas = gas_of(unit_text);
    r.raw_unit = unit_text;
    put_zone(r, options);
    records.push_back(std::move(r));
  }
  return Trace(records);
}

}  // namespace

Trace parse_csv(std::string_view text, const CsvOptions& options, std::string_view name) {
  File file(text, name);
  try {
    if (file.header()[0] == "Datetime (UTC)") return electricity_maps(file, options);
    if (file.column("UTC time") && file.column("carbon_intensity")) return carboncast(file, options);
    if (file.column("start") && file.column("end") && file.column("value")) return own(file, options);
  } catch (const Error& error) {
    // What the series as a whole refuses does not know its file.
    if (std::string_view(error.what()).starts_with(name)) throw;
    throw Error(error.code(), fmt::format("{}: {}", name, error.what()), error.details(), error.category());
  }
  std::string header;
  for (const std::string& title : file.header()) header.append(header.empty() ? "" : ",").append(title);
  detail::fail("bad_value",
               fmt::format("{}: the header '{}' is not one of the three known: "
                           "Electricity Maps (Datetime (UTC),...), CarbonCast (...,UTC time,carbon_intensity,...), "
                           "ours (start,end,value,unit,signal,scope)",
                           name, header.substr(0, 200)));
}

Trace read_csv(const std::filesystem::path& file, const CsvOptions& options) {
  return parse_csv(co2lib::detail::read_file_or_throw(file, "core.io"), options, file.string());
}

}  // namespace co2lib::intensity
