// SPDX-License-Identifier: MIT
// OpenMetrics: a run as the text that Prometheus and others scrape; docs/monitoring.md has the names.
//
//   co2lib::tracker::OpenMetrics metrics;  // keeps what counters have shown; one for each endpoint
//   response.set_content(metrics.text(tracker.snapshot()), co2lib::tracker::openmetrics_type);
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <co2lib/names.hpp>
#include <co2lib/tracker/footprint.hpp>

namespace co2lib::tracker {

/// The media type of the text, for the header `Content-Type`.
inline constexpr const char* openmetrics_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a metric is: a sum that never falls, a value, or labels alone.
enum class MetricType : std::uint8_t {
  counter,  ///< a sum that never falls
  gauge,    ///< a value that goes up and down
  info,     ///< labels alone; the value is 1
};
/// Texts of `MetricType`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(MetricType) noexcept { return texts("counter", "gauge", "info"); }

/// One value, with the values of its family's labels in their order.
struct MetricSample {
  std::vector<std::string> labels{};  ///< as many as the family has, in its order
  double value = 0;                   ///< in the family's unit; 1 for `info`

  bool operator==(const MetricSample&) const = default;
};

/// A metric: its name and what it means, and a sample for each set of labels.
struct MetricFamily {
  std::string name{};                   ///< `co2lib_energy_joules`, without the suffix of its type
  MetricType type = MetricType::gauge;  ///< what it is, and which suffix its samples have
  std::string unit{};                   ///< `joules`: the end of the name, after `_`; empty: none
  std::string help{};                   ///< a sentence
  std::vector<std::string> labels{};    ///< names; may be empty
  std::vector<MetricSample> samples{};  ///< one for each set of labels' values

  /// The name of the samples: that of the family with `_total` (counter) or `_info` (info).
  [[nodiscard]] std::string sample_name() const;
};

/// Families as OpenMetrics 1.0 text, `# EOF` included; those without samples are left out. What is not UTF-8 in labels
/// and help becomes U+FFFD.
///
/// Throws `tracker.bad_metric`: a name, label or unit that the standard does not allow, a family or a set of labels
/// that is there twice, a counter that is negative or no number, an info that is not 1, another number of labels.
[[nodiscard]] std::string to_openmetrics(std::span<const MetricFamily> families);

/// The footprints of one run as metrics, one after the other; the same names and numbers for every exporter.
///
///  1. Only devices that enter the total are shown: a sum over `device` is the total and counts nothing twice.
///  2. What has no value is left out; it is never 0.
///  3. A counter never falls: where a footprint corrects an earlier, larger value, the larger one stays until it is
///     passed.
///  4. Power is the mean since the reading before; at the first one, of the run so far.
///  5. A device's carbon is its part of the run's carbon by energy; a region's is priced by its own time.
///
/// Any thread may call.
class OpenMetrics {
 public:
  OpenMetrics();  ///< has no footprint yet
  ~OpenMetrics();
  OpenMetrics(OpenMetrics&&) noexcept;
  OpenMetrics& operator=(OpenMetrics&&) noexcept;
  OpenMetrics(const OpenMetrics&) = delete;
  OpenMetrics& operator=(const OpenMetrics&) = delete;

  /// All families without samples: names, types, units (J, g, L, W, g/kWh), labels.
  [[nodiscard]] static std::vector<MetricFamily> series();
  /// All families with the samples of this footprint; a family may have none.
  [[nodiscard]] std::vector<MetricFamily> families(const Footprint& footprint);
  /// The text, with more families of the caller's after them. Throws as `to_openmetrics`.
  [[nodiscard]] std::string text(const Footprint& footprint, std::span<const MetricFamily> more = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace co2lib::tracker
