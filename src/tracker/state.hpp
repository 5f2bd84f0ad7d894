// SPDX-License-Identifier: MIT
// What a running tracker holds; private to src/tracker.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/meter/zones.hpp>
#include <co2lib/tracker/tracker.hpp>

#include "tracker/log.hpp"
#include "tracker/reader.hpp"

namespace co2lib::tracker::detail {

/// A lock that a caller can give up on; only its own short mutex is held, so that fork needs not wait for sensors.
class SweepLock {
 public:
  /// Waits at most `limit` of real time.
  bool acquire(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (!co2lib::detail::wait_for(changed_, lock, limit, [&] { return !busy_; })) return false;
    busy_ = true;
    return true;
  }
  void release() {
    {
      const std::lock_guard lock(mutex_);
      busy_ = false;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;
};

/// The time of a region's edge, in general and on each meter (the time of its own reading there).
struct Edge {
  MonotonicTime at{};
  std::vector<MonotonicTime> meters{};  ///< empty: nothing was read, `at` for all

  [[nodiscard]] MonotonicTime on(std::size_t meter) const { return meters.empty() ? at : meters[meter]; }

  /// Moves each time that is before `other`'s up to it; true if there was one.
  bool raise_to(const Edge& other) {
    if (meters.empty()) meters.assign(other.meters.size(), at);
    bool raised = at < other.at;
    at = std::max(at, other.at);
    for (std::size_t i = 0; i < meters.size(); ++i) {
      raised = raised || meters[i] < other.on(i);
      meters[i] = std::max(meters[i], other.on(i));
    }
    return raised;
  }
};

/// The open regions of one name, and the union of their times.
///
/// Edges are read before the lock is taken. Of two threads, the one that read first may come second: the union begins
/// where the last one ended, at the earliest, and ends with the latest end.
struct NameUnion {
  std::int64_t open = 0;
  Edge begin{};
  Edge end{MonotonicTime::min()};
  std::uint64_t only = 0;  ///< the region whose own time is the union so far; 0 if there were several
};

struct OpenRegion {
  RegionRecord record;
  Edge begin;
  NameUnion* name = nullptr;  ///< of its name; stays for the run
  bool on_stack = false;
  std::thread::id stack_of{};  ///< whose stack
  // The union of the times of direct children on this thread, as it grows.
  std::int64_t open_children = 0;
  Edge children_begin;
  std::uint64_t only_child = 0;  ///< the child whose own time is the union so far; 0 if there were several
  double children_j = 0;
  bool children_unknown = false;
};

/// A closed region that waits for the curves to reach its end.
struct ClosedRegion {
  std::shared_ptr<OpenRegion> region;
  Edge end;
  bool closes_union = false;
  std::optional<std::pair<Edge, Edge>> union_edges;  ///< if the union of its name is more, or less, than it
  std::shared_ptr<OpenRegion> closes_children_of;
  std::optional<Edge> children_begin;
};

/// One meter while it runs.
struct LiveMeter {
  LiveMeter(std::shared_ptr<meter::Meter> meter_in, const meter::MeterInfo& info,
            std::optional<std::size_t> reader_slot_in);

  void take(MonotonicTime time, const meter::Reading& reading, bool after_suspend);
  void finish();
  [[nodiscard]] MeterPoint point() const;
  [[nodiscard]] const meter::Events& events() const;
  [[nodiscard]] bool settled_at(MonotonicTime time) const;

  std::shared_ptr<meter::Meter> meter;
  meter::MeterInfo info;
  /// Read with the counters or with the powers; a share is read with the meter it divides.
  meter::Kind cadence = info.kind;
  std::optional<std::size_t> reader_slot;  ///< read on the reader's thread, since its read may block
  meter::Curve curve;
  std::variant<meter::CounterEngine, meter::PowerEngine> engine;
  MeterState state;
  std::uint64_t counts = 0;
  numeric::Sum joules;
  numeric::Sum low_j;
  numeric::Sum high_j;
  MonotonicTime latest_edge{-1};
  meter::Reading last = meter::Failed{meter::Failure::absent, "not read yet"};

 private:
  void add(const meter::Segment& segment);
};

struct MirrorPair {
  std::size_t first = 0;
  std::size_t second = 0;
  meter::MirrorTest test;
};

/// Closed regions that wait for a reading, and lines that wait for a flush, before somebody sees to it.
constexpr std::size_t most_regions_waiting = 4096;
constexpr std::size_t most_lines_waiting = 4096;

/// A flush to come: its time, the mean intensity since the last one, and what went wrong finding it.
struct Step {
  MonotonicTime now{};
  std::optional<double> g_per_kwh;
  std::vector<Issue> issues;
};

/// Everything a run shares between its sampling thread, its callers and its regions.
struct State : std::enable_shared_from_this<State> {
  enum class What { counters, powers, all };

  explicit State(const Options& options);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void begin_sampling();
  Footprint stop();
  Footprint snapshot();
  Run copy_run();

  std::uint64_t open_region(std::string_view name, const RegionOptions& options, bool on_stack);
  bool close_region(std::uint64_t id) noexcept;
  bool cancel_region(std::uint64_t id) noexcept;
  bool restart_region(std::uint64_t id) noexcept;
  void mark(std::string_view name);
  RunForecast forecast(std::string_view name, long units_total);

  /// Reads meters and takes their readings in; false if another reader held the sensors for too long.
  bool sweep(What what, std::chrono::milliseconds patience, Edge* edge = nullptr);

  /// The time since the last flush and what its energy is priced with; asks the source without holding the lock.
  Step price_step();

  // Called with `mutex` held.
  Edge edge_now() const;
  std::int64_t thread_number();
  void settle(bool everything);
  void flush_locked(const Step& step);
  void compact();
  std::size_t most_segments() const;
  void note(Issue issue);
  void note_blocked(const LiveMeter& m);
  void check_clocks();
  std::shared_ptr<OpenRegion> take_open(std::uint64_t id);
  void close_locked(const std::shared_ptr<OpenRegion>& region, Edge end);
  void register_open(const std::shared_ptr<OpenRegion>& region);
  void evaluate(const Edge& begin, const Edge& end, meter::Part& total, std::vector<double>* per_meter) const;
  void update_roles();
  RunSegment segment_copy(std::optional<double> g_per_kwh) const;
  /// Writes the log; if another thread does so already, waits for it or leaves it to that.
  void write_out(bool synced, bool wait = true);

  const Options options;
  std::shared_ptr<Clock> clock;
  std::atomic<bool> forked = false;

  std::mutex mutex;
  Run run;  ///< earlier segments, then the one being measured
  std::vector<LiveMeter> meters;
  std::vector<meter::ZoneRole> roles;
  std::vector<MirrorPair> pairs;
  std::unordered_map<std::uint64_t, std::shared_ptr<OpenRegion>> open;
  std::deque<ClosedRegion> closed;
  std::map<std::string, NameUnion, std::less<>> unions;
  std::map<std::string, UnitForecast, std::less<>> forecasts;
  std::unordered_map<std::thread::id, std::vector<std::uint64_t>> stacks;
  std::unordered_map<std::thread::id, std::uint64_t> marks;
  std::unordered_map<std::thread::id, std::int64_t> threads;
  std::uint64_t next_region = 1;
  std::size_t read_at = most_regions_waiting;  ///< closed regions that make it worth reading the meters for them
  std::size_t write_at = most_lines_waiting;   ///< lines that make it worth writing them before the next flush
  std::size_t compact_at = 512;                ///< segments of a curve that make it worth merging them
  UtcTime anchor_utc{};
  MonotonicTime anchor_mono{};
  MonotonicTime asleep{};  ///< boottime - monotonic
  bool stopped = false;
  std::optional<Footprint> final_footprint;
  std::shared_ptr<const intensity::IntensitySource> frame_source;  ///< set if the frames carry their intensity
  LogWriter log;
  /// How many gaps of each meter had been found at the last but one flush, and at the last.
  std::pair<std::vector<std::size_t>, std::vector<std::size_t>> gaps_logged;

  SweepLock sensors;
  std::vector<MeterReader::Answer> readings;  ///< guarded by `sensors`, as the next two
  std::vector<std::size_t> slots;
  std::vector<MeterReader::Answer> answers;
  std::atomic<int> reading = -1;  ///< the meter that is being read on its caller's thread
  MeterReader reader;

  std::mutex writing;   ///< held by the thread that writes the log; locked before `mutex`
  std::mutex stopping;  ///< held by the thread that stops the run
  Waiter waiter;
  std::unique_ptr<std::jthread> thread;
  std::mutex finished_mutex;
  std::condition_variable finished_changed;
  bool finished = false;

 private:
  void loop();
};

}  // namespace co2lib::tracker::detail
