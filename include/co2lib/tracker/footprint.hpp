// SPDX-License-Identifier: MIT
// The footprint of a run: energy per device, carbon, water, and how all of it was obtained.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/record.hpp>
#include <co2lib/intensity/sample.hpp>
#include <co2lib/meter/record.hpp>
#include <co2lib/meter/totals.hpp>
#include <co2lib/record.hpp>
#include <co2lib/tracker/region.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {
class IntensitySource;  // intensity/source.hpp
}

namespace co2lib::tracker {

/// The building around the machine: PUE (facility energy / IT energy, at least 1) and WUE (L per kWh of IT energy).
struct Facility {
  double pue = 1.0;  ///< facility energy / IT energy, at least 1
  double wue = 0.0;  ///< L of water per kWh of IT energy, >= 0; 0: not known
};

/// The part of an energy that one kind of intensity priced.
struct CarbonOrigin {
  std::string origin;      ///< `live`, `cache`, `climatology`, `annual_factor`, `world_average`, `trace`, `fixed`, ...
  Energy energy;           ///< IT energy
  CarbonMass operational;  ///< PUE included
  bool operator==(const CarbonOrigin&) const = default;
};

/// Carbon and water of an energy series.
struct Account {
  Energy it_energy;                       ///< of the samples, without PUE
  Energy facility_energy;                 ///< it_energy * PUE
  std::optional<CarbonMass> operational;  ///< absent, with the issue `incomplete`, where a part could not be priced
  /// Over the energy; none where a part could not be priced, or there is no energy.
  std::optional<CarbonIntensity> mean_intensity;
  std::optional<intensity::RelativeError> error;  ///< of the intensities, where their source knows it
  std::vector<CarbonOrigin> origins;              ///< they sum to `operational`
  Water water;                                    ///< of the IT energy, by WUE; 0 where WUE is not given
  std::vector<Issue> issues;                      ///< `incomplete`, and what the source says of its values
  std::vector<Source> sources;                    ///< of the intensities
};

/// Prices an energy series: emissions = PUE * sum of energy * intensity, energy spread evenly inside each sample.
///
/// Energy outside the source's time is not priced: no emissions then, and the issue `incomplete`. Throws
/// `meter.bad_input` for PUE < 1 or WUE < 0, and what the intensity domain throws for bad energies and times.
[[nodiscard]] Account account(std::span<const intensity::EnergySample> samples,
                              const intensity::IntensitySource& source, const Facility& facility = {});

/// The records of one meter, with its place in the totals.
struct DeviceFootprint {
  meter::Record record;      ///< the energy, how it was measured, and what happened meanwhile
  bool counted = false;      ///< belongs to the CPU, DRAM or GPU part of the totals
  bool in_total = false;     ///< belongs to the total: counted, or the platform where that is all there is
  std::string host;          ///< the machine; empty if unknown
  std::optional<int> rank;   ///< of the process that measured it, where its launcher told
  std::string mirror_of;     ///< id of the meter it mirrors; empty if none
  std::string duplicate_of;  ///< id of the meter it copies; empty if none
};

/// How the energy of CPU and memory was divided: the scope's share, which the totals count, and the remainder.
struct ScopeFootprint {
  std::string scope;     ///< `process` or `container`
  std::string group;     ///< whose share it is: the pid, or the path of the control group
  Estimate<Energy> own;  ///< counted
  /// Of other processes.
  Estimate<Energy> other, idle;  ///< of nobody
};

/// The statistics of all regions of one name; energies are those of the run's scope in J.
struct RegionFootprint {
  std::string name;                    ///< by which regions are put together
  std::int64_t count = 0;              ///< number of regions
  Seconds duration{};                  ///< sum over the regions
  Estimate<Energy> inclusive;          ///< sum over the regions; regions of other threads may overlap them
  std::optional<Energy> exclusive;     ///< without direct children of the same thread
  std::optional<Energy> union_energy;  ///< energy of the union of their times
  /// Of one region.
  std::optional<Energy> least, most;  ///< of one region
  Estimate<CarbonMass> operational;   ///< of `inclusive`, by the intensities of the regions' own times; PUE included
  std::vector<RegionResult> each;     ///< the regions one by one, the newest first; at most the newest 1000
};

/// A command that was run under the tracker, and its share of the CPU's energy by CPU time.
///
/// The share's bounds go from the command's part of all CPU time to its part of the busy CPU time, a clock tick of each
/// CPU wider; its interval is widened by the error of the CPU's meter or model.
struct CommandFootprint {
  std::string text;           ///< the command line
  std::optional<int> status;  ///< exit status as shells give it; none while it runs
  Seconds cpu_time{};         ///< of the command and what it waited for
  Estimate<Energy> energy;    ///< no value where the CPU's energy or CPU time is unknown
  /// Of the CPU's energy: that of other processes.
  std::optional<Energy> other, idle;  ///< of the CPU's energy: that of nobody
};

/// What else of a machine the carbon of its hardware depends on; nothing where it is unknown.
struct MachineHardware {
  std::optional<int> sockets{};        ///< of the mainboard
  std::optional<int> hdd{};            ///< disks with platters; fixed drives only
  std::optional<int> ssd{};            ///< other fixed drives
  std::optional<bool> is_server{};     ///< by the type of chassis that the firmware gives
  std::optional<double> scope_cpus{};  ///< CPUs that the control group may use; none for the scope `machine`
  bool operator==(const MachineHardware&) const = default;
};

/// The machine and program a run was on, for reports and CSV rows.
struct RunContext {
  std::string host;                           ///< name of the machine
  std::string os;                             ///< kernel and version
  std::string cpu_model;                      ///< as /proc/cpuinfo names it; empty if unknown
  std::optional<int> logical_cpus;            ///< online CPUs; none if unknown
  std::optional<std::uint64_t> memory_bytes;  ///< MemTotal; none if unknown
  std::string project;                        ///< as the options name it; empty if they do not
  std::string command;                        ///< the command line of `co2lib run`; empty if there is none
  std::string slurm_job_id;                   ///< of the job the process is part of; empty if it is not
  std::optional<MachineHardware> hardware{};  ///< none in logs of earlier versions
};

/// A part of the hardware of a machine, over its whole life.
struct HardwarePart {
  std::string id{};               ///< in the bill of materials: `server`, `gpu0`
  std::string name{};             ///< what it is: `2 sockets, 512 GB, 4 SSDs`, a GPU's model
  double quantity = 1;            ///< pieces that the run has a share of; of a part of the CPUs that part of a server
  CarbonMass value{};             ///< of that quantity
  Interval<CarbonMass> bounds{};  ///< ends of all it is computed from taken together
  std::vector<std::string> factors{};  ///< ids of the rows and numbers it is computed from
  std::string source{};                ///< where its number is from; empty: its factors have sources of their own
  bool operator==(const HardwarePart&) const = default;
};

/// The carbon of making a machine, and the run's part: hardware * reserved / lifetime (docs/tracker.md, "The hardware's
/// share").
struct MachineFootprint {
  std::string host{};                 ///< empty if unknown
  std::string basis{};                ///< `detected`, `mass`, or the name of the bill of materials
  Seconds reserved{};                 ///< the union of the times of its processes, suspend excluded
  double cpu_share = 1;               ///< CPUs of the scope / CPUs of the machine, the largest of its processes
  double lifetime_years = 0;          ///< the value; 0 where nothing could be computed
  double lifetime_low_years = 0;      ///< with the high end of `own`
  double lifetime_high_years = 0;     ///< with the low end of `own`
  Estimate<CarbonMass> hardware{};    ///< all of `parts`; 95 % of the draws
  Estimate<CarbonMass> own{};         ///< the run's share; 95 % of the draws
  std::vector<HardwarePart> parts{};  ///< what the hardware is made of; none where it is one mass, or unknown
  bool operator==(const MachineFootprint&) const = default;
};

/// What a run used. Every number says how it was obtained and how far off it can be.
struct Footprint {
  std::string run_id;         ///< one for all its segments
  UtcTime start{};            ///< of the first segment, wall time
  UtcTime end{};              ///< of the last segment, wall time
  Seconds duration{};         ///< time in which any of it was measured, suspend excluded; parallel ranks are not added
  Seconds suspended{};        ///< time asleep, neither covered nor estimated
  Seconds downtime{};         ///< time between the segments of a resumed run
  std::int64_t segments = 1;  ///< stretches measured without interruption, by one process each

  Estimate<Energy> energy;           ///< IT energy of all counted devices
  Energy facility_energy;            ///< energy * PUE; 0 where energy is unknown
  Estimate<CarbonMass> operational;  ///< PUE included
  Estimate<CarbonMass> embodied;     ///< share of the hardware; its issues say what it rests on, or why it is unknown
  Estimate<Water> water;             ///< no value where WUE is not given
  Facility facility;                 ///< where segments differ: weighted by their energy

  meter::Totals totals;                                   ///< of the devices, by kind
  std::vector<DeviceFootprint> devices;                   ///< every meter, counted or not
  std::vector<MachineFootprint> machines;                 ///< what `embodied` is the sum of; none if it was not wanted
  std::vector<RegionFootprint> regions;                   ///< by name, in the order in which they came first
  std::optional<ScopeFootprint> scope;                    ///< none for the scope `machine`
  std::optional<CommandFootprint> command;                ///< none unless a command was run
  std::vector<std::pair<meter::Method, double>> methods;  ///< methods of the total with their share of its energy
  std::optional<double> coverage;                         ///< least coverage of the counted devices

  std::string location;          ///< key of the place, such as `FRA`; empty if unknown; several are joined by ", "
  std::string intensity_source;  ///< the place, series or provider the carbon was priced with
  std::string priced_with;       ///< the same with what answered: `CN-BJ by CHN 2025, published`; joined by "; "
  std::optional<CarbonIntensity> carbon_intensity;  ///< mean over the energy
  std::vector<CarbonOrigin> origins;                ///< what priced which part of it; they sum to `operational`

  std::vector<Issue> issues;    ///< what a reader must know about these numbers
  std::vector<Source> sources;  ///< of all intensities and hardware factors
  RunContext context;           ///< of the first segment
  bool complete = false;        ///< the run was stopped; false for a snapshot or a run that was killed

  /// JSON of schema `co2lib-footprint/1`: stable key order, floats as shortest text that reads back to the same double.
  [[nodiscard]] std::string to_json() const;
  /// Reads what `to_json` wrote; `tracker.bad_json` names the field that is wrong.
  [[nodiscard]] static Footprint from_json(std::string_view text);

  /// What a model card says besides the numbers.
  struct CardOptions {
    std::string training_type{};          ///< `pre-training` or `fine-tuning`; left out if empty
    std::string geographical_location{};  ///< default: the run's location
    std::string hardware_used{};          ///< default: the CPU and GPU models
    bool embodied = false;                ///< add the embodied share as `embodied_emissions`
  };
  /// The `co2_eq_emissions` block of a Hugging Face model card, in grams. Throws `tracker.no_value` where the emissions
  /// are unknown.
  [[nodiscard]] std::string to_model_card(const CardOptions& options) const;
  /// With the default options.
  [[nodiscard]] std::string to_model_card() const { return to_model_card(CardOptions{}); }

  /// The columns of a CodeCarbon emissions.csv row in their order (38), empty where unknown. `known` fills or replaces
  /// columns by name. Energies in kWh with PUE, emissions in kg, powers in W.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> csv_row(
      const std::map<std::string, std::string>& known = {}) const;

  /// Software carbon intensity in g CO2e per functional unit. Absent where energy, intensity or the hardware's share is
  /// unknown; the issues of these say why. Throws `meter.bad_input` unless `functional_units` > 0.
  [[nodiscard]] std::optional<double> sci(double functional_units) const;

  /// Where a device of a merged run is: `node1, rank 3`; empty where all are at one place.
  [[nodiscard]] std::string where(const DeviceFootprint& device) const;
  /// Several lines of text for a terminal.
  [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] inline std::string to_string(const Footprint& f) { return f.to_string(); }  ///< `Footprint::to_string`

/// The 38 columns of a CodeCarbon emissions.csv.
[[nodiscard]] const std::vector<std::string>& csv_columns();

}  // namespace co2lib::tracker

template <>
inline constexpr bool co2lib::has_text<co2lib::tracker::Footprint> = true;
