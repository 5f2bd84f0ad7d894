// SPDX-License-Identifier: MIT
// OpenMetrics: footprints as families, and families as text.
//
// The text follows OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec, "ABNF" and "Escaping"): metadata
// before the samples of a family, `_total` and `_info` on the samples alone, the unit at the end of the name, quotes,
// backslashes and line feeds escaped, `# EOF` last.
#include <co2lib/tracker/openmetrics.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/version.hpp>

#include "detail/utf8.hpp"

namespace co2lib::tracker {

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// Text
// ---------------------------------------------------------------------------------------------------------------------

/// `[a-zA-Z_][a-zA-Z0-9_]*`, of metrics with `:`.
bool is_metric_name(std::string_view name, bool colon) {
  const auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon && c == ':');
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') && std::all_of(name.begin(), name.end(), good);
}

[[noreturn]] void bad_metric(const std::string& subject, const std::string& text) {
  throw Error("tracker.bad_metric", co2lib::detail::shown(subject) + ": " + text);
}

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = co2lib::detail::utf8_size(text);
    if (size != 1) {
      out.append(size > 0 ? text.substr(0, size) : std::string_view("\xEF\xBF\xBD"));
    } else if (text.front() == '\n') {
      out += "\\n";
    } else {
      if (text.front() == '"' || text.front() == '\\') out += '\\';
      out += text.front();
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string metric_number(double x) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  std::string text(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void check_family(const MetricFamily& family) {
  if (!is_metric_name(family.name, true)) bad_metric(family.name, "not the name of a metric; letters, digits and '_'");
  for (const std::string_view suffix : {"_total", "_created", "_info"}) {
    if (family.name.ends_with(suffix)) {
      bad_metric(family.name, fmt::format("leave out '{}', which belongs to samples", suffix));
    }
  }
  if (!family.unit.empty()) {
    if (family.type == MetricType::info) bad_metric(family.name, "an info has no unit");
    if (!family.name.ends_with("_" + family.unit)) {
      bad_metric(family.name, fmt::format("must end in '_{}', its unit", co2lib::detail::shown(family.unit)));
    }
  }
  std::set<std::string_view> labels;
  for (const std::string& label : family.labels) {
    if (!is_metric_name(label, false) || label.starts_with("__")) {
      bad_metric(family.name, fmt::format("'{}' is not the name of a label; letters, digits and '_', not '__' in front",
                                          co2lib::detail::shown(label)));
    }
    if (!labels.insert(label).second) bad_metric(family.name, fmt::format("label '{}' is there twice", label));
  }
}

void check_sample(const MetricFamily& family, const MetricSample& sample) {
  if (sample.labels.size() != family.labels.size()) {
    bad_metric(family.name,
               fmt::format("a sample has {} labels, the family {}", sample.labels.size(), family.labels.size()));
  }
  if (family.type == MetricType::counter && !(sample.value >= 0 && std::isfinite(sample.value))) {
    bad_metric(family.name, "a counter is a finite number that is not negative");
  }
  if (family.type == MetricType::info && sample.value != 1) bad_metric(family.name, "the value of an info is 1");
}

void append_family(std::string& out, const MetricFamily& family) {
  out += fmt::format("# TYPE {} {}\n", family.name, co2lib::text(family.type));
  if (!family.unit.empty()) out += fmt::format("# UNIT {} {}\n", family.name, family.unit);
  if (!family.help.empty()) out += fmt::format("# HELP {} {}\n", family.name, escaped(family.help));
  const std::string name = family.sample_name();
  std::set<std::string> seen;
  for (const MetricSample& sample : family.samples) {
    check_sample(family, sample);
    std::string labels;
    for (std::size_t i = 0; i < sample.labels.size(); ++i) {
      labels += fmt::format("{}{}=\"{}\"", i > 0 ? "," : "", family.labels[i], escaped(sample.labels[i]));
    }
    if (!seen.insert(labels).second) bad_metric(family.name, fmt::format("{{{}}} is there twice", labels));
    out += name;
    if (!labels.empty()) out += fmt::format("{{{}}}", labels);
    out += fmt::format(" {}\n", metric_number(sample.value));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Footprints
// ---------------------------------------------------------------------------------------------------------------------

const std::vector<std::string> device_labels{"device", "domain", "provider", "method"};

MetricFamily family_of(std::string name, MetricType type, std::string unit, std::string help,
                       std::vector<std::string> labels = {}) {
  return {.name = std::move(name),
          .type = type,
          .unit = std::move(unit),
          .help = std::move(help),
          .labels = std::move(labels),
          .samples = {}};
}

using Labels = std::vector<std::string>;

/// What the meters of one set of labels add up to: several, where a run was resumed.
struct DeviceSums {
  std::optional<double> joules{};
  double missed = 0;
  double wraps = 0;
  double resets = 0;
  std::optional<double> coverage{};
  double seconds = 0;
};

std::map<Labels, DeviceSums> sums_of(const Footprint& footprint) {
  std::map<Labels, DeviceSums> sums;
  for (const DeviceFootprint& device : footprint.devices) {
    if (!device.in_total) continue;
    const meter::Record& record = device.record;
    const std::string where = footprint.where(device);
    DeviceSums& sum = sums[{where.empty() ? record.meter.id : where + ": " + record.meter.id,
                            std::string(meter::text(record.meter.domain)), record.meter.provider,
                            std::string(meter::text(record.method))}];
    if (record.window.energy_j) sum.joules = sum.joules.value_or(0) + *record.window.energy_j;
    sum.missed += static_cast<double>(record.events.missed_reads);
    sum.wraps += static_cast<double>(record.events.wraps);
    sum.resets += static_cast<double>(record.events.resets);
    if (const auto coverage = record.window.coverage()) {
      sum.coverage = std::min(*coverage, sum.coverage.value_or(1));
    }
    sum.seconds += record.window.duration_s;
  }
  return sums;
}

}  // namespace

std::string MetricFamily::sample_name() const {
  return name + (type == MetricType::counter ? "_total" : type == MetricType::info ? "_info" : "");
}

std::string to_openmetrics(std::span<const MetricFamily> families) {
  std::string out;
  std::set<std::string_view> names;
  for (const MetricFamily& family : families) {
    check_family(family);
    if (!names.insert(family.name).second) bad_metric(family.name, "the family is there twice");
    if (!family.samples.empty()) append_family(out, family);
  }
  return out + "# EOF\n";
}

struct OpenMetrics::State {
  std::mutex mutex{};
  std::map<std::pair<std::string, Labels>, double> highest{};
  std::map<Labels, std::pair<double, double>> last{};  ///< J and s of the reading before

  /// Adds a sample to the family of that name; a counter that fell keeps what it has shown.
  void add(std::vector<MetricFamily>& families, std::string_view name, Labels labels, std::optional<double> value) {
    if (!value) return;
    const auto family =
        std::find_if(families.begin(), families.end(), [&](const MetricFamily& f) { return f.name == name; });
    double shown = *value;
    if (family->type == MetricType::counter) {
      if (!std::isfinite(shown)) return;
      double& high = highest[{family->name, labels}];
      shown = high = std::max(high, shown);
    }
    family->samples.push_back({std::move(labels), shown});
  }
};

OpenMetrics::OpenMetrics() : state_(std::make_unique<State>()) {}
OpenMetrics::~OpenMetrics() = default;
OpenMetrics::OpenMetrics(OpenMetrics&&) noexcept = default;
OpenMetrics& OpenMetrics::operator=(OpenMetrics&&) noexcept = default;

std::vector<MetricFamily> OpenMetrics::series() {
  using enum MetricType;
  const std::vector<std::string> region{"region"};
  return {
      family_of("co2lib_energy_joules", counter, "joules", "IT energy used.", device_labels),
      family_of("co2lib_emissions_grams", counter, "grams", "Operational carbon in g CO2e, PUE included."),
      family_of("co2lib_device_emissions_grams", counter, "grams",
                "Each device's part of the operational carbon, by energy.", device_labels),
      family_of("co2lib_water_litres", counter, "litres", "Water of the IT energy."),
      family_of("co2lib_region_energy_joules", counter, "joules",
                "IT energy of the regions of a name that have ended; regions at the same time overlap.", region),
      family_of("co2lib_region_emissions_grams", counter, "grams",
                "Operational carbon of the regions of a name in g CO2e, PUE included.", region),
      family_of("co2lib_region_seconds", counter, "seconds", "Time in the regions of a name.", region),
      family_of("co2lib_regions", counter, "", "Regions of a name that have ended.", region),
      family_of("co2lib_missed_reads", counter, "", "Reads of the meter that failed.", device_labels),
      family_of("co2lib_counter_wraps", counter, "", "Times that the counter wrapped.", device_labels),
      family_of("co2lib_counter_resets", counter, "", "Times that the counter restarted.", device_labels),
      family_of("co2lib_power_watts", gauge, "watts", "Mean power since the last reading.", device_labels),
      family_of("co2lib_coverage_ratio", gauge, "ratio", "Part of the time that was measured.", device_labels),
      family_of("co2lib_carbon_intensity_grams_per_kwh", gauge, "grams_per_kwh", "Mean over the run's energy."),
      family_of("co2lib", info, "", "The run.", {"version", "run_id", "project", "host", "location", "priced_with"}),
  };
}

std::vector<MetricFamily> OpenMetrics::families(const Footprint& f) {
  std::vector<MetricFamily> found = series();
  const std::lock_guard lock(state_->mutex);
  const auto add = [&](std::string_view name, Labels labels, std::optional<double> value) {
    state_->add(found, name, std::move(labels), value);
  };
  const auto grams = f.operational.value ? std::optional(f.operational.value->grams()) : std::nullopt;
  const double all_j = f.energy.value ? f.energy.value->joules() : 0;
  for (const auto& [labels, sum] : sums_of(f)) {
    add("co2lib_energy_joules", labels, sum.joules);
    if (sum.joules && grams && all_j > 0) {
      add("co2lib_device_emissions_grams", labels, *grams * (*sum.joules / all_j));
    }
    add("co2lib_missed_reads", labels, sum.missed);
    add("co2lib_counter_wraps", labels, sum.wraps);
    add("co2lib_counter_resets", labels, sum.resets);
    add("co2lib_coverage_ratio", labels, sum.coverage);
    if (!sum.joules) continue;
    const auto [before_j, before_s] = std::exchange(state_->last[labels], {*sum.joules, sum.seconds});
    if (sum.seconds > before_s && *sum.joules >= before_j) {
      add("co2lib_power_watts", labels, (*sum.joules - before_j) / (sum.seconds - before_s));
    }
  }
  add("co2lib_emissions_grams", {}, grams);
  if (f.water.value) add("co2lib_water_litres", {}, f.water.value->litres());
  for (const RegionFootprint& r : f.regions) {
    if (r.inclusive.value) add("co2lib_region_energy_joules", {r.name}, r.inclusive.value->joules());
    if (r.operational.value) add("co2lib_region_emissions_grams", {r.name}, r.operational.value->grams());
    add("co2lib_region_seconds", {r.name}, r.duration.count());
    add("co2lib_regions", {r.name}, static_cast<double>(r.count));
  }
  if (f.carbon_intensity) add("co2lib_carbon_intensity_grams_per_kwh", {}, f.carbon_intensity->g_per_kwh());
  add("co2lib", {CO2LIB_VERSION, f.run_id, f.context.project, f.context.host, f.location, f.priced_with}, 1);
  return found;
}

std::string OpenMetrics::text(const Footprint& footprint, std::span<const MetricFamily> more) {
  std::vector<MetricFamily> all = families(footprint);
  all.insert(all.end(), more.begin(), more.end());
  return to_openmetrics(all);
}

}  // namespace co2lib::tracker
