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

/// A CSV text being read; every refusal names its file and line.
class File {
 public:
  File(std::string_view text, std::string_view name) : name_(name) {
    Result<csv::Table> parsed = csv::parse(text, std::string(name));
    if (!parsed) {
      detail::fail("bad_value", fmt::format("{}: {}: {}", name_, parsed.issue().subject, parsed.issue().text));
    }
    table = *std::move(parsed);
  }

  csv::Table table;

  [[noreturn]] void refuse(std::string_view code, const csv::Row& row, const std::string& why) const {
    detail::fail(code, fmt::format("{}:{}: {}", name_, row.line, why),
                 {{"file", name_}, {"line", static_cast<std::int64_t>(row.line)}});
  }

  /// Runs something and puts file and line in front of its refusal.
  template <class F>
  auto at(const csv::Row& row, F&& run) const {
    try {
      return run();
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}:{}: {}", name_, row.line, error.what()),
                  {{"file", name_}, {"line", static_cast<std::int64_t>(row.line)}}, error.category());
    }
  }

  /// A number of the file; an empty field is nullopt.
  [[nodiscard]] std::optional<double> number(const csv::Row& row, std::size_t column) const {
    Result<std::optional<double>> value = csv::number(table, row, column);
    if (!value) refuse("bad_value", row, value.issue().text);
    return *value;
  }

  /// An average intensity in g/kWh; a negative one is refused here, where the line is known.
  [[nodiscard]] std::optional<CarbonIntensity> intensity(const csv::Row& row, std::size_t column, Signal signal) const {
    const std::optional<double> value = number(row, column);
    if (!value) return std::nullopt;
    if (*value < 0 && signal == Signal::average) {
      refuse("bad_value", row, "an average intensity is not negative: " + row.fields[column]);
    }
    return CarbonIntensity::from_g_per_kwh(*value);
  }

  [[nodiscard]] UtcTime stamp(const csv::Row& row, const std::string& text, const std::string& iso,
                              bool offset_required) const {
    const Result<UtcTime> time = parse_utc(iso, offset_required);
    if (!time) refuse("bad_time", row, fmt::format("'{}' is not a time of this kind of file", text.substr(0, 64)));
    return *time;
  }

 private:
  std::string name_;
};

/// `YYYY-MM-DD HH:MM:SS`, UTC.
std::string iso_from_spaced(const std::string& text) {
  std::string iso = text;
  if (iso.size() == 19 && iso[10] == ' ') iso[10] = 'T';
  return iso;
}

/// `MM/DD/YYYY HH:MM:SS`, UTC, or, in files of European zones, `YYYY-MM-DD HH:MM:SS+00:00`.
std::string iso_from_carboncast(const std::string& text) {
  if (text.size() == 25 && text[10] == ' ') {
    std::string iso = text;
    iso[10] = 'T';
    return iso;
  }
  if (text.size() != 19 || text[2] != '/' || text[5] != '/' || text[10] != ' ') return {};
  return fmt::format("{}-{}-{}T{}", text.substr(6, 4), text.substr(0, 2), text.substr(3, 2), text.substr(11));
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
    if (starts[i] != starts[i - 1]) step = std::min(step, starts[i] - starts[i - 1]);
  }
  if (step == std::chrono::nanoseconds::max()) step = std::chrono::hours(1);
  for (TimedValue& v : values) v.end = v.start + step;
  for (Record& r : others) r.end = r.start + step;
}

void put_zone(Record& attributes, const CsvOptions& options) {
  if (attributes.zone.empty()) attributes.zone = options.zone.value_or("");
}

Trace electricity_maps(const File& file, const CsvOptions& options) {
  const std::vector<std::string>& header = file.table.header;
  Record attributes;
  attributes.scope = options.scope.value_or(Scope::lifecycle);
  attributes.basis = Basis::consumption;
  attributes.provider = "electricitymaps";
  attributes.gas = "CO2eq";
  const std::string_view mark = attributes.scope == Scope::lifecycle ? "(LCA)" : "(direct)";
  const auto column = std::find_if(header.begin(), header.end(),
                                   [&](const std::string& title) { return title.find(mark) != std::string::npos; });
  if (column == header.end()) {
    detail::fail("bad_value", fmt::format("{}: no column has '{}' in its title", file.table.name, mark));
  }
  const auto value = static_cast<std::size_t>(column - header.begin());
  const std::optional<std::size_t> zone = file.table.column("Zone Id");
  const std::optional<std::size_t> estimated = file.table.column("Data Estimated");
  std::vector<TimedValue> values;
  std::vector<Record> others;
  values.reserve(file.table.rows.size());
  for (const csv::Row& row : file.table.rows) {
    if (zone && attributes.zone.empty()) attributes.zone = row.fields[*zone];
    if (zone && row.fields[*zone] != attributes.zone) {
      file.refuse("mixed_signals", row,
                  fmt::format("the zone changes from '{}' to '{}'; read one zone per file", attributes.zone,
                              row.fields[*zone]));
    }
    const UtcTime start = file.stamp(row, row.fields[0], iso_from_spaced(row.fields[0]), false);
    const auto intensity = file.intensity(row, value, attributes.signal);
    if (attributes.source.year == 0) {
      attributes.source = {"electricitymaps", "Electricity Maps", utc_year(start), "ODbL-1.0"};
      if (!attributes.zone.empty()) attributes.source.id += ":" + attributes.zone;
    }
    if (estimated && row.fields[*estimated] == "false") {
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

Trace carboncast(const File& file, const CsvOptions& options) {
  const std::size_t time = *file.table.column("UTC time");
  const std::size_t value = *file.table.column("carbon_intensity");
  Record attributes;
  attributes.scope = options.scope.value_or(Scope::lifecycle);
  attributes.basis = Basis::production;
  attributes.provider = "carboncast";
  attributes.factor_set = "carboncast";
  put_zone(attributes, options);
  std::vector<TimedValue> values;
  values.reserve(file.table.rows.size());
  for (const csv::Row& row : file.table.rows) {
    const UtcTime start = file.stamp(row, row.fields[time], iso_from_carboncast(row.fields[time]), false);
    if (attributes.source.year == 0) attributes.source = {"carboncast", "CarbonCast", utc_year(start), "Apache-2.0"};
    values.push_back({start, start, file.intensity(row, value, attributes.signal)});
  }
  std::vector<Record> none;
  close_intervals(values, none);
  return Trace(std::move(attributes), values);
}

Trace own(const File& file, const CsvOptions& options) {
  const csv::Table& table = file.table;
  for (const std::string& title : table.header) {
    constexpr std::array<std::string_view, 6> known{"start", "end", "value", "unit", "signal", "scope"};
    if (std::find(known.begin(), known.end(), title) == known.end()) {
      detail::fail("bad_value",
                   fmt::format("{}: unknown column '{}'; the columns are start,end,value and perhaps unit,signal,scope",
                               table.name, title));
    }
  }
  const auto unit = table.column("unit");
  const auto signal = table.column("signal");
  const auto scope = table.column("scope");
  const auto need = [&](bool there, std::string_view code, std::string_view field, const std::string& holds) {
    if (there) return;
    detail::fail(code, fmt::format("{}: the file has no column '{}'; add it (each row holds {}), or give the option of "
                                   "that name where there is one. Such a file: start,end,value,unit,signal,scope and "
                                   "2026-01-05T04:00:00Z,2026-01-05T05:00:00Z,180,g/kWh,average,lifecycle",
                                   table.name, field, holds));
  };
  need(unit || options.unit, "bad_unit", "unit", "g/kWh, kg/MWh or another unit of mass per energy");
  need(signal || options.signal, "bad_value", "signal", known<Signal>());
  need(scope || options.scope, "bad_value", "scope", known<Scope>());
  std::vector<Record> records;
  records.reserve(table.rows.size());
  for (const csv::Row& row : table.rows) {
    Record r;
    const std::string& start = row.fields[*table.column("start")];
    const std::string& end = row.fields[*table.column("end")];
    r.start = file.stamp(row, start, start, true);
    r.end = file.stamp(row, end, end, true);
    if (!(r.start < r.end)) file.refuse("bad_time", row, "the interval must start before it ends");
    r.signal = options.signal.value_or(Signal::average);
    if (signal) {
      const auto read = parse<Signal>(row.fields[*signal]);
      if (!read) file.refuse("bad_value", row, "signal: " + read.issue().text);
      r.signal = *read;
    }
    r.scope = options.scope.value_or(Scope::lifecycle);
    if (scope) {
      const auto read = parse<Scope>(row.fields[*scope]);
      if (!read) file.refuse("bad_value", row, "scope: " + read.issue().text);
      r.scope = *read;
    }
    if ((options.signal && r.signal != *options.signal) || (options.scope && r.scope != *options.scope)) {
      file.refuse("mixed_signals", row,
                  fmt::format("the row is {}, {}, not what was asked for", text(r.signal), text(r.scope)));
    }
    const std::string& unit_text = unit ? row.fields[*unit] : *options.unit;
    const std::optional<double> raw = file.number(row, *table.column("value"));
    // The unit of a missing value is checked too.
    const CarbonIntensity value = file.at(row, [&] { return from_unit(raw.value_or(0), unit_text); });
    if (raw) r.value = value;
    if (r.value && r.value->g_per_kwh() < 0 && r.signal == Signal::average) {
      file.refuse("bad_value", row, "an average intensity is not negative: " + row.fields[*table.column("value")]);
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
  const File file(text, name);
  const csv::Table& table = file.table;
  try {
    if (table.header[0] == "Datetime (UTC)") return electricity_maps(file, options);
    if (table.column("UTC time") && table.column("carbon_intensity")) return carboncast(file, options);
    if (table.column("start") && table.column("end") && table.column("value")) return own(file, options);
  } catch (const Error& error) {
    // What the series as a whole refuses does not know its file.
    if (std::string_view(error.what()).starts_with(name)) throw;
    throw Error(error.code(), fmt::format("{}: {}", name, error.what()), error.details(), error.category());
  }
  std::string header;
  for (const std::string& title : table.header) header.append(header.empty() ? "" : ",").append(title);
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
