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
  double low_j = 0;          ///< power meters: sum of the lower ends of a model's interval, J
  double high_j = 0;         ///< power meters: sum of the upper ends, J
};

/// The part of the time since the last flush that one origin priced.
struct PricePart {
  std::string origin;    ///< `live`, `cache`, `climatology`, `trace`, ...
  double share = 1;      ///< of the time, 0 to 1
  double g_per_kwh = 0;  ///< mean of that part

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
  MonotonicTime mono{};  ///< of the flush
  UtcTime utc{};         ///< of the flush
  /// One for each meter of the segment, in its order.
  std::vector<MeterPoint> meters;
  std::shared_ptr<const FramePrice> price{};  ///< where it came from a source; most frames have none
};

/// A gap on the curve of a meter.
struct MeterGap {
  MonotonicTime begin{};  ///< last good reading before it
  MonotonicTime end{};    ///< first good reading after it
  double lower_j = 0;     ///< energy that it holds at least: what the counter showed after a fall
};

/// Everything about a meter but the points in time.
struct MeterState {
  meter::MeterInfo info;                 ///< what it is
  std::optional<MonotonicTime> first;    ///< first sample, failed ones included
  MonotonicTime last{};                  ///< last sample, failed ones included
  MonotonicTime covered{};               ///< time of accepted steps
  MonotonicTime reached_begin{};         ///< first good sample
  MonotonicTime reached_end{};           ///< last base; equal to reached_begin while nothing is covered
  bool any_good = false;                 ///< there was a good sample
  std::uint64_t ambiguous = 0;           ///< energy of the wraps that may have been missed, in counter units
  double over_j = 0;                     ///< what may come on top of the upper bound: readings were above the ceiling
  std::int64_t samples = 0;              ///< accepted power samples; 0 for counters
  std::vector<MeterGap> gaps;            ///< in the order of time; together with `covered` they fill the curve
  meter::Events events;                  ///< what happened to its samples
  std::string failure;                   ///< what the last read that failed said
  std::optional<std::size_t> mirror_of;  ///< index of the meter it was found to mirror

  /// True for a meter that stood still as long as it was looked at.
  [[nodiscard]] bool failed() const noexcept { return events.frozen && covered <= MonotonicTime::zero(); }
};

/// One closed region.
struct RegionRecord {
  std::string name;                   ///< by which the statistics are kept
  std::uint64_t id = 0;               ///< from 1, unique in the segment
  std::uint64_t parent = 0;           ///< 0: none
  std::int64_t thread = 0;            ///< the line of execution it belongs to
  MonotonicTime begin{};              ///< monotonic
  MonotonicTime end{};                ///< monotonic
  bool marker = false;                ///< it was made by `mark`
  meter::Part inclusive;              ///< of what belongs to the total
  std::optional<double> exclusive_j;  ///< without direct children of the same thread; none where a part has no value
  std::optional<double> union_j;      ///< energy this region added to the union of its name
  std::vector<double> meters_j;       ///< what each meter gave to `inclusive` (0 if it does not belong to the total)
};

/// The statistics of the regions of one name, added up as they close.
struct RegionStats {
  /// Regions of a name that are kept one by one, the newest.
  static constexpr std::size_t most_kept = 1000;

  std::string name;                         ///< by which regions are put together
  std::int64_t count = 0;                   ///< number of closed regions
  double seconds = 0;                       ///< sum of their lengths
  meter::Part inclusive;                    ///< sum over the regions, of what belongs to the total
  std::optional<double> exclusive_j = 0.0;  ///< sum over the regions; none where one has no value
  std::optional<double> union_j = 0.0;      ///< of the union of their times; none where a part has no value
  std::optional<double> least_j;            ///< of one region; none until one has a value
  std::optional<double> most_j;             ///< of one region; none until one has a value
  std::vector<double> meters_j;             ///< what each meter gave to `inclusive`
  std::vector<RegionRecord> each;           ///< the newest in order of their end; up to twice `most_kept`

  /// Older regions that ended in one stretch of time, so that each is priced by its time still.
  struct Older {
    MonotonicTime begin{};                 ///< of the earliest of them
    MonotonicTime end{};                   ///< of the latest of them
    std::optional<double> energy_j = 0.0;  ///< sum of them, inclusive; none where one has no value
  };
  std::vector<Older> older;                         ///< in the order of time
  MonotonicTime stretch = std::chrono::minutes(1);  ///< of `older`; longer where there are many

  void add(const RegionRecord& region);  ///< adds a closed region of this name

 private:
  void forget(const RegionRecord& region);
};

/// The statistics of all names, in the order in which they came first.
class RegionTable {
 public:
  /// Adds a closed region to the statistics of its name.
  void add(const RegionRecord& region);
  [[nodiscard]] const std::vector<RegionStats>& rows() const noexcept { return rows_; }  ///< one for each name

 private:
  std::vector<RegionStats> rows_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// What the options say about prices: texts and numbers, so that the log can hold it.
struct Pricing {
  Facility facility;                ///< PUE and WUE
  std::string location;             ///< empty: unknown
  std::optional<double> g_per_kwh;  ///< a constant intensity
  std::string intensity_text;       ///< describes a series or source that is not stored

  /// Field by field.
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
  /// Where it comes from.
  enum class Kind : std::uint8_t {
    detected,  ///< what the machine has, `RunContext::hardware`
    off,       ///< not wanted
    mass,      ///< of the whole machine
    bill,      ///< a bill of materials
  };
  Kind kind = Kind::detected;                ///< where it comes from
  double kilograms = 0;                      ///< the mass
  std::string file{};                        ///< the name of the bill, a key of `files`
  std::map<std::string, std::string> files;  ///< the texts of the bill and of all that it imports

  bool operator==(const HardwareChoice&) const = default;
};

/// The part of a run that one process measured without interruption.
struct RunSegment {
  std::string run_id;                    ///< of the run that it was measured in
  std::size_t number = 0;                ///< of the segment in that run
  std::string boot_id;                   ///< of the kernel, which tells boots apart; empty if unknown
  std::string machine_id;                ///< of the system; empty if unknown
  std::int64_t pid = 0;                  ///< of the process
  std::optional<int> rank;               ///< in the whole job, where the launcher tells
  RunContext context;                    ///< the machine and the program
  Pricing pricing;                       ///< how it is priced
  HardwareChoice hardware;               ///< whose share the run has
  std::string version;                   ///< of the co2lib that measured it
  MonotonicTime begin{};                 ///< monotonic
  UtcTime begin_utc{};                   ///< wall time
  MonotonicTime end{};                   ///< monotonic, of the last line known
  UtcTime end_utc{};                     ///< wall time, of the last line known
  MonotonicTime asleep{};                ///< boot time minus monotonic time at the begin
  bool ended = false;                    ///< has its `end` line
  Seconds suspended{};                   ///< time asleep in between
  std::vector<MeterState> meters;        ///< read in it, in the order of `Frame::meters`
  std::vector<Frame> frames;             ///< one for each flush
  RegionTable regions;                   ///< closed in it
  std::vector<std::string> gpus;         ///< ids of all GPUs that can be seen from the process
  bool is_rank = false;                  ///< one of several processes of a job on this machine
  std::optional<CommandRecord> command;  ///< that was run under the tracker; none if there was none
  std::vector<Issue> issues;             ///< found while it was measured
};

/// Mean power over a stretch of time.
struct PowerOverTime {
  UtcTime begin{};  ///< wall time
  UtcTime end{};    ///< wall time
  Power mean;       ///< energy of the stretch over its length
};

/// A run: one or more segments (resumed, or of several processes), each with how it is priced.
class Run {
 public:
  std::string run_id;                ///< of the run; those of merged runs are joined by `+`
  std::vector<RunSegment> segments;  ///< in the order in which they began
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
  std::shared_ptr<const intensity::IntensitySource> source;  ///< that prices the run
  std::string location;                                      ///< empty if unknown
  std::vector<Issue> issues;                                 ///< `location_unknown`, and what the source says
};

/// Precedence: a given intensity, else the location, else the world average with the issue `location_unknown`.
[[nodiscard]] PriceChoice choose_price(const Pricing& pricing,
                                       std::shared_ptr<const intensity::IntensitySource> source = nullptr);

}  // namespace co2lib::tracker
