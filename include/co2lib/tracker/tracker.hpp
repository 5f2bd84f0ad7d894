// SPDX-License-Identifier: MIT
// The tracker: meters a program while it runs, from any number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/host.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/meter/share.hpp>
#include <co2lib/names.hpp>
#include <co2lib/tracker/footprint.hpp>
#include <co2lib/tracker/forecast.hpp>
#include <co2lib/tracker/region.hpp>
#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker {

using co2lib::text;

using meter::MeterChoice;

/// A carbon intensity: a constant, or a source (series, provider, lambda through `intensity::make_source`).
using IntensityChoice =
    std::variant<std::monostate, CarbonIntensity, std::shared_ptr<const intensity::IntensitySource>>;

/// The hardware of which a run gets its share: what this machine has (true), none (false), the carbon of making the
/// whole machine, or a bill of materials (a file of `co2lib::embodied`).
using EmbodiedChoice = std::variant<bool, CarbonMass, std::filesystem::path>;

/// What to do with a log that is there already, or that another process is writing.
enum class LogExists {
  error,      ///< refuse: `tracker.bad_log`
  number,     ///< take the next free name (`run.2.jsonl`), and say so: issue `log_numbered`
  resume,     ///< continue the run in it
  overwrite,  ///< replace it, if it is a log that no other process is writing
};
/// Texts of `LogExists`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(LogExists) noexcept { return texts("error", "number", "resume", "overwrite"); }

/// How a tracker measures and prices. Every field has a default that suits a training run.
struct Options {
  std::string location{};          ///< country, subdivision or cloud region: `FRA`, `US-WY`, `gcp:us-central1`
  IntensityChoice intensity{};     ///< wins over `location`
  double pue = 1.0;                ///< facility energy / IT energy, at least 1
  double wue = 0.0;                ///< L of water per kWh of IT energy; 0: not reported
  EmbodiedChoice embodied = true;  ///< the machine's hardware, amortised over its life by time in use
  /// JSON Lines file, for this process alone; none: nothing is written. `{rank}`, `{local_rank}`, `{host}`, `{pid}` and
  /// `{run_id}` in the name are filled in.
  std::filesystem::path log{};
  LogExists log_exists = LogExists::error;  ///< what is done with a log that exists
  std::string run_id{};                     ///< default: a random UUID
  bool resume = false;          ///< continue the run of `run_id` in `log`; with `LogExists::number` if it can be
  double period_s = 1.0;        ///< between reads of counters
  double power_period_s = 0.1;  ///< between reads of power that is integrated
  double flush_s = 10.0;        ///< between lines of totals; what a kill can cost
  bool fsync = true;            ///< flushed lines reach the disk
  std::optional<std::vector<MeterChoice>> meters{};  ///< default: what this machine has; empty: models only
  meter::GpuOption gpus{};                           ///< indices or UUID prefixes; empty: none; default: all visible
  meter::Scope scope = meter::Scope::machine;        ///< whose CPU and memory energy is counted
  std::optional<double> idle_w{};                    ///< idle power of the CPUs in W, taken off before a scope's share
  std::optional<double> tdp_w{};                     ///< of the CPU, for the load model
  std::optional<double> ram_w{};                     ///< replaces the RAM model
  meter::Modulus modulus = meter::Modulus::kernel_max;  ///< of powercap counters, or their exact unit
  std::map<std::string, double> p_max_w{};  ///< ceilings in W by domain (`package`, `gpu`, ...), for its meters
  std::map<std::string, double> slack_s{};  ///< lag of counters in s by domain
  /// Whether this process reports CPU, memory and board of the machine. Default: local rank 0 does. GPUs are reported
  /// by every process that sees them, and count once in a merge.
  std::optional<bool> owner{};
  std::string project{};  ///< a name for reports
  std::string command{};  ///< the command that is run under the tracker, for reports; see `ended`
  /// Runs before every region edge (wait for a GPU). What it throws at a region's end is the issue `sync_failed`.
  std::function<void()> sync{};
  std::function<void(std::string_view level, std::string_view text)> on_log{};  ///< default: silent
  Host host{};                                                                  ///< where the machine is read
  std::filesystem::path powercap_root{};  ///< default: class/powercap under the host's sysfs
  std::shared_ptr<Clock> clock{};         ///< default: the system's
  std::vector<Issue> issues{};            ///< what the footprint must say of where these options come from
};

class Tracker;

namespace detail {
class Session;
}

/// An open region; ends at the end of its scope. Movable, not copyable; may outlive its tracker.
class [[nodiscard]] Region {
 public:
  Region() = default;
  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  /// Ends the region now; later calls do nothing.
  void end() noexcept;
  /// Ends the region, if it is open still, and returns what it used. Absent if it was not measured: cancelled, opened
  /// after the stop, or in a forked child; and once 4096 regions have ended since. Reads the meters if need be.
  [[nodiscard]] std::optional<RegionResult> result();
  /// Forgets the region: it enters no statistics.
  void cancel() noexcept;
  /// Begins the region anew, as if it had been opened now.
  void restart() noexcept;
  /// The region's id; 0 if it is not open.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

 private:
  friend class Tracker;
  Region(std::shared_ptr<detail::Session> session, std::uint64_t id) noexcept;
  std::shared_ptr<detail::Session> session_;
  std::uint64_t id_ = 0;
  std::uint64_t ended_ = 0;
};

/// Meters the machine from construction to `stop()`.
///
/// All functions may be called from any thread. Nothing is printed; no file is written but the log asked for; one
/// thread runs while the tracker does. After `fork` the child's tracker is inert: it answers with the parent's state
/// and the issue `forked`, until `start()` begins a new run there.
class Tracker {
 public:
  /// Starts. Throws `tracker.bad_config`, `meter.bad_input`, `meter.bad_option`, `intensity.unknown_zone` or
  /// `tracker.bad_log`; a missing sensor is not an error.
  explicit Tracker(Options options = {});
  /// Stops, if `stop()` was not called; never throws.
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;

  /// Opens a region; names may repeat.
  [[nodiscard]] Region region(std::string_view name, const RegionOptions& options = {});

  /// Opens a region and returns its id; for callers that cannot hold a `Region`.
  std::uint64_t begin(std::string_view name, const RegionOptions& options = {});
  /// Ends a region by its id and returns what it used, as `Region::result`; absent for an id that is not open.
  std::optional<RegionResult> end(std::uint64_t id);
  /// Ends, forgets or begins anew a region by its id; an id that is not open does nothing and returns false.
  bool close(std::uint64_t id) noexcept;
  bool cancel(std::uint64_t id) noexcept;   ///< as `close`, without entering the statistics
  bool restart(std::uint64_t id) noexcept;  ///< lets the region begin now; what it used before is not counted

  /// Ends this thread's last mark and begins a stretch `name`, in marker mode, that lasts until the next mark or stop.
  void mark(std::string_view name);

  /// What a region used that has ended, by its id; as `Region::result`.
  [[nodiscard]] std::optional<RegionResult> result(std::uint64_t id);

  /// The command of `Options::command` has ended: its exit status, as shells give it, and its CPU time.
  void ended(int status, Seconds cpu_time);

  /// The footprint so far; the run goes on. Reads all meters once.
  [[nodiscard]] Footprint snapshot();

  /// The run so far, as the log holds it.
  [[nodiscard]] Run run();

  /// Ends the run and returns its footprint; a second call returns the same again. Waits for no sensor: a meter that
  /// blocks is left behind after 1 s, with the issue `blocked`.
  Footprint stop();

  /// Begins a new run with the same options after `stop()` or in a forked child; `tracker.running` while one runs.
  void start();

  /// True from start to stop.
  [[nodiscard]] bool running() const noexcept;

  /// The forecast of the run's total from the regions of one name done so far, as parts of `units_total`.
  [[nodiscard]] RunForecast forecast(std::string_view region_name, long units_total);

  /// The run's id.
  [[nodiscard]] std::string run_id() const;
  /// The file of the log, which may be numbered; empty if there is none.
  [[nodiscard]] std::filesystem::path log() const;

 private:
  Options options_;
  std::shared_ptr<detail::Session> session_;
};

}  // namespace co2lib::tracker
