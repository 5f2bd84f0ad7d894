// SPDX-License-Identifier: MIT
// A run as it is stored: what the log holds line by line, and what every footprint is computed from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
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

/// The part of the time since the last flush that one origin priced.
struct PricePart {
  std::string origin;  ///< `live`, `cache`, `climatology`, `trace`, ...
  double share = 1;    ///< of the time, 0 to 1
  double g_per_kwh = 0;

  bool operator==(const PricePart&) const = default;
};

/// What a source of intensities said for the time since the last flush.
struct FramePrice {
  double g_per_kwh = 0;                             ///< mean
  std::optional<intensity::RelativeError> error{};  ///< where the source knows it
  std::vector<PricePart> parts{};                   ///< none in logs of earlier versions
  std::vector<std::string> flags{};                 ///< remarks on the values: `stale`, `annual_factor`, ...

  bool operator==(const FramePrice&) const = default;
};

/// All meters at one flush.
struct Frame {
  MonotonicTime mono{};
  UtcTime utc{};
  std::vector<MeterPoint> meters;
  std::shared_ptr<const FramePrice> price{};  ///< where it came from a source; most frames have none
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
  double over_j = 0;  ///< what may come on top of the upper bound: readings were above the ceiling
  std::int64_t samples = 0;
  std::vector<MeterGap> gaps;
  meter::Events events;
  std::string failure;                   ///< what the last read that failed said
  std::optional<std::size_t> mirror_of;  ///< index of the meter it was found to mirror

  /// True for a meter that stood still as long as it was looked at.
  [[nodiscard]] bool failed() const noexcept { return events.frozen && covered <= MonotonicTime::zero(); }
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
  meter::Part inclusive;  ///< of what belongs to the total
  std::optional<double> exclusive_j;
  std::optional<double> union_j;  ///< energy this region added to the union of its name
  std::vector<double> meters_j;   ///< what each meter gave to `inclusive` (0 if it does not belong to the total)
};

/// The statistics of the regions of one name, added up as they close.
struct RegionStats {
  /// Regions of a name that are kept one by one, the newest.
  static constexpr std::size_t most_kept = 1000;

  std::string name;
  std::int64_t count = 0;
  double seconds = 0;
  meter::Part inclusive;
  std::optional<double> exclusive_j = 0.0;
  std::optional<double> union_j = 0.0;
  std::optional<double> least_j;
  std::optional<double> most_j;
  std::vector<double> meters_j;
  std::vector<RegionRecord> each;  ///< the newest in order of their end; up to twice `most_kept`

  /// Older regions that ended in one stretch of time, so that each is priced by its time still.
  struct Older {
    MonotonicTime begin{};
    MonotonicTime end{};
    std::optional<double> energy_j = 0.0;
  };
  std::vector<Older> older;
  MonotonicTime stretch = std::chrono::minutes(1);  ///< of `older`; longer where there are many

  void add(const RegionRecord& region);

 private:
  void forget(const RegionRecord& region);
};

/// The statistics of all names, in the order in which they came first.
class RegionTable {
 public:
  /// Adds a closed region to the statistics of its name.
  void add(const RegionRecord& region);
  [[nodiscard]] const std::vector<RegionStats>& rows() const noexcept { return rows_; }

 private:
  std::vector<RegionStats> rows_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// What the options say about prices: texts and numbers, so that the log can hold it.
struct Pricing {
  Facility facility;
  std::string location;             ///< empty: unknown
  std::optional<double> g_per_kwh;  ///< a constant intensity
  std::string intensity_text;       ///< describes a series or source that is not stored

  friend bool operator==(const Pricing& a, const Pricing& b) {
    return a.facility.pue == b.facility.pue && a.facility.wue == b.facility.wue && a.location == b.location &&
           a.g_per_kwh == b.g_per_kwh && a.intensity_text == b.intensity_text;
  }
};

/// A command that was run under the tracker, as it ended.
struct CommandRecord {
  std::optional<int> status;  ///< exit status as shells give it; none while it runs
  double cpu_s = 0;           ///< CPU time of the command and what it waited for
  double busy_s = 0;          ///< CPU time of all processes of the machine meanwhile
  double cpus = 0;            ///< logical CPUs of the machine; 0 if unknown
};

/// The hardware that a run has a share of, as the log holds it.
struct HardwareChoice {
  enum class Kind : std::uint8_t {
    detected,  ///< what the machine has, `RunContext::hardware`
    off,
    mass,  ///< of the whole machine
    bill,  ///< a bill of materials
  };
  Kind kind = Kind::detected;
  double kilograms = 0;                      ///< the mass
  std::string file{};                        ///< the name of the bill, a key of `files`
  std::map<std::string, std::string> files;  ///< the texts of the bill and of all that it imports

  bool operator==(const HardwareChoice&) const = default;
};

/// The part of a run that one process measured without interruption.
struct RunSegment {
  std::string run_id;      ///< of the run that it was measured in
  std::size_t number = 0;  ///< of the segment in that run
  std::string boot_id;
  std::string machine_id;
  std::int64_t pid = 0;
  std::optional<int> rank;  ///< in the whole job, where the launcher tells
  RunContext context;
  Pricing pricing;
  HardwareChoice hardware;
  std::string version;
  MonotonicTime begin{};
  UtcTime begin_utc{};
  MonotonicTime end{};
  UtcTime end_utc{};
  MonotonicTime asleep{};  ///< boot time minus monotonic time at the begin
  bool ended = false;      ///< has its `end` line
  Seconds suspended{};
  std::vector<MeterState> meters;
  std::vector<Frame> frames;
  RegionTable regions;
  std::vector<std::string> gpus;  ///< ids of all GPUs that can be seen from the process
  bool is_rank = false;           ///< one of several processes of a job on this machine
  std::optional<CommandRecord> command;
  std::vector<Issue> issues;
};

/// Mean power over a stretch of time.
struct PowerOverTime {
  UtcTime begin{};
  UtcTime end{};
  Power mean;
};

/// A run: one or more segments (resumed, or of several processes), each with how it is priced.
class Run {
 public:
  std::string run_id;
  std::vector<RunSegment> segments;
  /// The source to price all of it with; if none, each segment tells its own.
  std::shared_ptr<const intensity::IntensitySource> source;
  std::vector<Issue> issues;  ///< found while reading: torn lines, unknown types

  /// Computes the footprint; deterministic: a log gives the footprint that its tracker gave.
  [[nodiscard]] Footprint footprint() const;

  /// Mean power of what belongs to the total between two flushes, segment by segment. A stretch in which a meter of the
  /// total was not covered has none, and is left out.
  [[nodiscard]] std::vector<PowerOverTime> power() const;
};

/// Reads a log (JSON Lines). Torn lines and unknown line types are skipped and reported as issues; a file that
/// cannot be read, or has no `run` line, throws `tracker.bad_log` naming file and line.
[[nodiscard]] Run load(const std::filesystem::path& file);

/// The same run priced with another source; its energy is unchanged bit for bit.
[[nodiscard]] Run reprice(Run run, std::shared_ptr<const intensity::IntensitySource> source);

/// Joins runs of several processes or nodes, each priced as it was. A device that two of them measured at the same
/// time (one machine and meter, or one GPU's UUID) is counted once, by the longer measurement. Associative and
/// independent of the order. One machine is one boot id; without it, one host name and machine id.
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
