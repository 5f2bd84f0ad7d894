// SPDX-License-Identifier: MIT
// A run as it is stored: what the log holds line by line, and what every footprint is computed from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/meter/curve.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/tracker/footprint.hpp>
#include <co2lib/units.hpp>

namespace co2lib::tracker {

/// The cumulative state of one meter at a flush.
struct MeterPoint {
  std::uint64_t counts = 0;  ///< counters: measured energy in counter units
  double joules = 0;         ///< power meters: measured energy and a model's interval
  double low_j = 0;
  double high_j = 0;
};

/// All meters at one flush.
struct Frame {
  MonotonicTime mono{};
  UtcTime utc{};
  std::vector<MeterPoint> meters;
  std::optional<double> g_per_kwh;  ///< mean intensity since the last flush, where it came from a source
};

/// A gap on the curve of a meter.
struct MeterGap {
  MonotonicTime begin{};
  MonotonicTime end{};
  double lower_j = 0;
};

/// Everything about a meter but the points in time.
struct MeterState {
  meter::MeterInfo info;
  std::optional<MonotonicTime> first;  ///< first sample, failed ones included
  MonotonicTime last{};
  MonotonicTime covered{};
  MonotonicTime reached_begin{};  ///< first good sample
  MonotonicTime reached_end{};    ///< last base; equal to reached_begin while nothing is covered
  bool any_good = false;
  std::uint64_t ambiguous = 0;
  std::int64_t samples = 0;
  std::vector<MeterGap> gaps;
  meter::Events events;
  std::optional<std::size_t> mirror_of;  ///< index of the meter it was found to mirror
};

/// One closed region.
struct RegionRecord {
  std::string name;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< 0: none
  std::int64_t thread = 0;
  MonotonicTime begin{};
  MonotonicTime end{};
  bool marker = false;
  meter::Part inclusive;  ///< of the counted meters
  std::optional<double> exclusive_j;
  std::optional<double> union_j;  ///< energy this region added to the union of its name
  std::vector<double> meters_j;   ///< what each meter gave to `inclusive` (0 if not counted)
};

/// The statistics of the regions of one name, added up as they close.
struct RegionStats {
  std::string name;
  std::int64_t count = 0;
  double seconds = 0;
  meter::Part inclusive;
  std::optional<double> exclusive_j = 0.0;
  std::optional<double> union_j = 0.0;
  std::optional<double> least_j;
  std::optional<double> most_j;
  std::vector<double> meters_j;

  void add(const RegionRecord& region);
};

/// What the options say about prices; text, so that it can be stored.
struct Pricing {
  Facility facility;
  std::string location;             ///< empty: unknown
  std::optional<double> g_per_kwh;  ///< a constant intensity
  std::string intensity_text;       ///< describes a series or source that is not stored
};

/// The part of a run that one process measured without interruption.
struct RunSegment {
  std::string boot_id;
  std::int64_t pid = 0;
  RunContext context;
  std::string version;
  MonotonicTime begin{};
  UtcTime begin_utc{};
  MonotonicTime end{};
  UtcTime end_utc{};
  bool ended = false;  ///< has its `end` line
  bool owner = true;   ///< reports the node's devices
  Seconds suspended{};
  std::vector<MeterState> meters;
  std::vector<Frame> frames;
  std::vector<RegionStats> regions;
  std::vector<Issue> issues;

  /// Adds a closed region to the statistics of its name.
  void add_region(const RegionRecord& region);
};

/// A run: one or more segments (resumed, or of several processes), and how to price it.
class Run {
 public:
  std::string run_id;
  Pricing pricing;
  std::vector<RunSegment> segments;
  /// The source to price with; if none, `pricing` tells.
  std::shared_ptr<const intensity::IntensitySource> source;
  std::vector<Issue> issues;  ///< found while reading: torn lines, unknown types, double counted devices

  /// Computes the footprint; deterministic: a log gives the footprint that its tracker gave.
  [[nodiscard]] Footprint footprint() const;
};

/// Reads a log (JSON Lines). Torn lines and unknown line types are skipped and reported as issues; a file that
/// cannot be read, or has no `run` line, throws `tracker.bad_log` naming file and line.
[[nodiscard]] Run load(const std::filesystem::path& file);

/// The same run priced with another source; its energy is unchanged bit for bit.
[[nodiscard]] Run reprice(Run run, std::shared_ptr<const intensity::IntensitySource> source);

/// Joins runs of several processes or nodes. A device that two of them measured at the same time (same boot and meter
/// id, or same GPU UUID) is counted once, by the longer measurement. Associative and independent of the order.
[[nodiscard]] Run merge(std::span<const Run> runs);

/// How the options price: the source, the location it stands for, and the remarks (`location_unknown`).
struct PriceChoice {
  std::shared_ptr<const intensity::IntensitySource> source;
  std::string location;  ///< empty if unknown
  std::vector<Issue> issues;
};

/// Precedence: a given intensity, else the location, else the world average with the issue `location_unknown`.
[[nodiscard]] PriceChoice choose_price(const Pricing& pricing,
                                       std::shared_ptr<const intensity::IntensitySource> source = nullptr);

}  // namespace co2lib::tracker
