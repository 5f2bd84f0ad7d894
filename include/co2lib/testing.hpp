// SPDX-License-Identifier: MIT
// Fakes for tests, of this library and of programs that use it: a clock that is moved by hand, a scripted meter, and a
// machine made of files.
//
//   co2lib::ManualClock clock;
//   auto psu = co2lib::FakeMeter::counter(clock, {.id = "psu"});
//   psu->set_power(100);
//   clock.advance(10s);   // 1000 J more on the counter; every thread that waited on the clock has had its turn
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/host.hpp>
#include <co2lib/meter/meter.hpp>

namespace co2lib {

/// A clock that stands still until it is moved.
///
/// `advance` gives every thread that waits on the clock its turn, one after the other in the order of their deadlines,
/// and returns when the last of them waits again or has ended: a test with a sampling thread is deterministic.
class ManualClock final : public Clock {
  struct State;

 public:
  /// How long `advance` and `wait_for_waiters` wait, in real time, for threads that do not come back.
  static constexpr std::chrono::seconds real_limit{5};

  /// Starts at a wall time (default: 2025-01-01 UTC) and a monotonic time (default: 1000 s).
  explicit ManualClock(UtcTime utc = UtcTime(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)),
                       MonotonicTime monotonic = std::chrono::seconds(1000))
      : state_(std::make_shared<State>()) {
    state_->monotonic = monotonic.count();
    state_->utc_offset = utc.time_since_epoch().count() - monotonic.count();
  }

  [[nodiscard]] MonotonicTime monotonic() const noexcept override { return MonotonicTime(state_->monotonic.load()); }

  [[nodiscard]] MonotonicTime boottime() const noexcept override {
    return monotonic() + std::chrono::nanoseconds(state_->suspended.load());
  }

  [[nodiscard]] UtcTime utc() const noexcept override {
    return UtcTime(boottime() + std::chrono::nanoseconds(state_->utc_offset.load()));
  }

  bool wait_until(Waiter& waiter, MonotonicTime deadline) override {
    const std::shared_ptr<State> state = state_;
    const std::thread::id self = std::this_thread::get_id();
    std::list<Waiting>::iterator entry;
    {
      const std::lock_guard lock(state->mutex);
      if (waiter.interrupted()) {
        state->settled(self);
        return false;
      }
      if (deadline <= monotonic()) return true;
      watch_this_thread(state);
      entry = state->waiting.insert(state->waiting.end(), Waiting{&waiter, deadline, self, false});
      state->settled(self);
    }
    {
      std::unique_lock lock(waiter.mutex_);
      waiter.changed_.wait(lock, [&] { return waiter.interrupted_ || entry->woken; });
    }
    const std::lock_guard lock(state->mutex);
    state->waiting.erase(entry);
    const bool interrupted = waiter.interrupted();
    if (interrupted) state->settled(self);
    state->changed.notify_all();
    return !interrupted;
  }

  /// Moves all three times forward by `step` (at least 0), waking on the way every thread whose deadline is reached.
  ///
  /// False if a thread that was woken neither waited again nor ended within `limit` of real time (it is then no longer
  /// waited for); the clock has moved all the same. A thread that finds its waiter interrupted counts as gone.
  bool advance(std::chrono::nanoseconds step, std::chrono::nanoseconds limit = real_limit) {
    if (step < std::chrono::nanoseconds::zero()) {
      throw Error("core.bad_input", "ManualClock::advance: monotonic time never goes back; use step_utc");
    }
    const std::lock_guard one_at_a_time(state_->advancing);
    std::unique_lock lock(state_->mutex);
    state_->settled(std::this_thread::get_id());
    const std::int64_t target = state_->monotonic.load() + step.count();
    bool all_settled = state_->wait_settled(lock, limit);
    while (state_->wake_next(target)) all_settled = state_->wait_settled(lock, limit) && all_settled;
    state_->monotonic = target;
    return all_settled;
  }

  /// Steps the wall clock alone, forward or back, as an administrator or NTP does.
  void step_utc(std::chrono::nanoseconds step) noexcept { state_->utc_offset += step.count(); }

  /// The machine sleeps: boot time and wall time move on, monotonic time does not.
  void suspend(std::chrono::nanoseconds length) noexcept { state_->suspended += length.count(); }

  /// Waits, in real time, until at least `count` threads wait on the clock; false if they do not within `limit`.
  bool wait_for_waiters(std::size_t count, std::chrono::nanoseconds limit = real_limit) {
    std::unique_lock lock(state_->mutex);
    return detail::wait_for(state_->changed, lock, limit, [&] { return state_->waiting.size() >= count; });
  }

  /// Number of threads that wait on the clock now.
  [[nodiscard]] std::size_t waiters() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.size();
  }

  /// While it lives, `advance` does not wait for the thread that made it: for one that blocks in something else.
  class Absence {
   public:
    explicit Absence(const ManualClock& clock) : state_(clock.state_) {
      const std::lock_guard lock(state_->mutex);
      was_running_ = state_->running.contains(std::this_thread::get_id());
      state_->settled(std::this_thread::get_id());
    }
    Absence(const Absence&) = delete;
    Absence& operator=(const Absence&) = delete;
    ~Absence() {
      const std::lock_guard lock(state_->mutex);
      if (was_running_) state_->running.insert(std::this_thread::get_id());
    }

   private:
    std::shared_ptr<State> state_;
    bool was_running_ = false;
  };

 private:
  struct Waiting {
    Waiter* waiter;
    MonotonicTime deadline;
    std::thread::id thread;
    bool woken;  // guarded by the waiter's mutex
  };

  // Shared with the threads that waited once, which may outlive the clock.
  struct State {
    std::atomic<std::int64_t> monotonic{0};
    std::atomic<std::int64_t> suspended{0};
    std::atomic<std::int64_t> utc_offset{0};
    std::mutex advancing;
    std::mutex mutex;
    std::condition_variable changed;
    std::list<Waiting> waiting;
    std::set<std::thread::id> running;  // woken by advance and not yet back

    void settled(std::thread::id thread) {
      running.erase(thread);
      changed.notify_all();
    }

    bool wait_settled(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds limit) {
      const bool ok = detail::wait_for(changed, lock, limit, [&] { return running.empty(); });
      if (!ok) running.clear();
      return ok;
    }

    // Wakes the thread with the earliest deadline up to `target`; among equal ones the first to wait.
    bool wake_next(std::int64_t target) {
      Waiting* next = nullptr;
      for (Waiting& w : waiting) {
        if (w.deadline.count() > target || (next != nullptr && w.deadline >= next->deadline)) continue;
        const std::lock_guard waiter_lock(w.waiter->mutex_);
        if (!w.woken && !w.waiter->interrupted_) next = &w;
      }
      if (next == nullptr) return false;
      monotonic = std::max(monotonic.load(), next->deadline.count());
      running.insert(next->thread);
      const std::lock_guard waiter_lock(next->waiter->mutex_);
      next->woken = true;
      next->waiter->changed_.notify_all();
      return true;
    }
  };

  // A thread that ends has left for good: its clocks hear of it before it can be joined.
  static void watch_this_thread(const std::shared_ptr<State>& state) {
    struct Seen {
      std::vector<std::weak_ptr<State>> clocks;
      ~Seen() {
        for (const std::weak_ptr<State>& clock : clocks) {
          if (const auto alive = clock.lock()) {
            const std::lock_guard lock(alive->mutex);
            alive->settled(std::this_thread::get_id());
          }
        }
      }
    };
    thread_local Seen seen;
    std::erase_if(seen.clocks, [](const std::weak_ptr<State>& clock) { return clock.expired(); });
    for (const std::weak_ptr<State>& clock : seen.clocks) {
      if (clock.lock() == state) return;
    }
    seen.clocks.push_back(state);
  }

  std::shared_ptr<State> state_;
};

/// A meter that does what it is told: plays a script, follows a power, fails, throws or blocks.
///
/// All functions may be called from any thread while another one samples.
class FakeMeter final : public meter::Meter {
 public:
  /// Yields the readings of `script` one after the other, then `Failed{lost}`.
  FakeMeter(meter::MeterInfo info, std::vector<meter::Reading> script)
      : info_(std::move(info)), script_(script.begin(), script.end()) {}

  /// A cumulative counter that follows the power set with `set_power`, exactly at the times of `clock`.
  ///
  /// `start` is its first count; it wraps at `info.wrap` and counts in `info.unit` (default: uJ). A clock given by
  /// reference must outlive the meter.
  [[nodiscard]] static std::shared_ptr<FakeMeter> counter(std::shared_ptr<const Clock> clock, meter::MeterInfo info,
                                                          double power_w = 0, std::uint64_t start = 0) {
    info.kind = meter::Kind::counter;
    return std::shared_ptr<FakeMeter>(new FakeMeter(std::move(clock), std::move(info), power_w, start));
  }
  [[nodiscard]] static std::shared_ptr<FakeMeter> counter(const Clock& clock, meter::MeterInfo info, double power_w = 0,
                                                          std::uint64_t start = 0) {
    return counter(borrowed(clock), std::move(info), power_w, start);
  }

  /// A meter of watts that shows the power set with `set_power`; the clock as for `counter`.
  [[nodiscard]] static std::shared_ptr<FakeMeter> power(std::shared_ptr<const Clock> clock, meter::MeterInfo info,
                                                        double power_w = 0) {
    info.kind = meter::Kind::power;
    return std::shared_ptr<FakeMeter>(new FakeMeter(std::move(clock), std::move(info), power_w, 0));
  }
  [[nodiscard]] static std::shared_ptr<FakeMeter> power(const Clock& clock, meter::MeterInfo info, double power_w = 0) {
    return power(borrowed(clock), std::move(info), power_w);
  }

  [[nodiscard]] meter::MeterInfo info() const override { return info_; }

  meter::Reading sample(MonotonicTime) override {
    std::unique_lock lock(mutex_);
    ++samples_;
    if (blocked_) {
      // A thread that hangs in a sensor must not hold up a ManualClock.
      std::optional<ManualClock::Absence> absence;
      if (const auto* manual = dynamic_cast<const ManualClock*>(clock_.get())) absence.emplace(*manual);
      in_block_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !blocked_; });
      in_block_ = false;
    }
    if (throws_) throw std::runtime_error(*throws_);
    if (failure_) return *failure_;
    if (clock_ == nullptr) {
      if (script_.empty()) return meter::Failed{meter::Failure::lost, "the script has ended"};
      meter::Reading reading = std::move(script_.front());
      script_.pop_front();
      return reading;
    }
    if (info_.kind == meter::Kind::power) return meter::Watts{power_w_};
    follow();
    return meter::Count{count()};
  }

  /// The power from now on, in W.
  void set_power(double watts) {
    const std::lock_guard lock(mutex_);
    follow();
    power_w_ = watts;
  }

  /// Every read fails until `recover`.
  void fail(meter::Failure why, std::string text = "told to fail") {
    const std::lock_guard lock(mutex_);
    failure_ = meter::Failed{why, std::move(text)};
  }

  /// Every read throws until `recover`.
  void throw_error(std::string text = "told to throw") {
    const std::lock_guard lock(mutex_);
    throws_ = std::move(text);
  }

  /// Ends `fail` and `throw_error`.
  void recover() {
    const std::lock_guard lock(mutex_);
    failure_.reset();
    throws_.reset();
  }

  /// The counter starts again from `start`, as after a reload of its driver.
  void reset(std::uint64_t start = 0) {
    const std::lock_guard lock(mutex_);
    follow();
    energy_j_ = 0;
    start_ = start;
  }

  /// Every read blocks until `release`.
  void block() {
    const std::lock_guard lock(mutex_);
    blocked_ = true;
  }

  /// Ends `block`.
  void release() {
    const std::lock_guard lock(mutex_);
    blocked_ = false;
    changed_.notify_all();
  }

  /// Waits, in real time, until a thread is blocked in `sample`; false if none is within `limit`.
  bool wait_blocked(std::chrono::nanoseconds limit = ManualClock::real_limit) {
    std::unique_lock lock(mutex_);
    return detail::wait_for(changed_, lock, limit, [&] { return in_block_; });
  }

  /// How often it was sampled.
  [[nodiscard]] std::size_t samples() const {
    const std::lock_guard lock(mutex_);
    return samples_;
  }

  /// The true energy since it was made (or reset), in J; counters and powers that follow a clock only.
  [[nodiscard]] double energy_j() {
    const std::lock_guard lock(mutex_);
    follow();
    return energy_j_;
  }

 private:
  FakeMeter(std::shared_ptr<const Clock> clock, meter::MeterInfo info, double power_w, std::uint64_t start)
      : info_(std::move(info)), clock_(std::move(clock)), power_w_(power_w), start_(start), at_(clock_->monotonic()) {}

  static std::shared_ptr<const Clock> borrowed(const Clock& clock) {
    return std::shared_ptr<const Clock>(std::shared_ptr<void>(), &clock);
  }

  void follow() {
    if (clock_ == nullptr) return;
    const MonotonicTime now = clock_->monotonic();
    energy_j_ += power_w_ * Seconds(now - at_).count();
    at_ = now;
  }

  // Whole counts; the small addend keeps a sum of decimal steps from falling just short of a count.
  [[nodiscard]] std::uint64_t count() const {
    const double counts =
        energy_j_ * static_cast<double>(info_.unit.denominator) / static_cast<double>(info_.unit.numerator);
    const std::uint64_t total = start_ + static_cast<std::uint64_t>(std::floor(counts + 1e-3));
    return info_.wrap.is_known() ? total % info_.wrap.counts() : total;
  }

  meter::MeterInfo info_;
  std::shared_ptr<const Clock> clock_;
  std::deque<meter::Reading> script_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  double power_w_ = 0;
  double energy_j_ = 0;
  std::uint64_t start_ = 0;
  MonotonicTime at_{0};
  std::optional<meter::Failed> failure_;
  std::optional<std::string> throws_;
  bool blocked_ = false;
  bool in_block_ = false;
  std::size_t samples_ = 0;
};

/// A powercap zone of a `FakeHost`. A field without a value is a file that is not there.
struct FakeZone {
  std::string name = "package-0";
  std::optional<std::string> energy_uj = "0";                       ///< the text of the file, without line end
  std::optional<std::string> max_energy_range_uj = "262143328850";  ///< most Intel packages
};

/// A machine made of files in a temporary folder, removed with the object: /sys, /proc and /dev for a `Host`.
///
/// Made empty; its functions add to it. Zones lie in `sys/devices/virtual/powercap` with links in `sys/class/powercap`,
/// as the kernel lays them out.
class FakeHost {
 public:
  FakeHost() {
    std::string pattern = (std::filesystem::temp_directory_path() / "co2lib-fake-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error("core.io", "no temporary folder can be made at " + pattern, {}, ErrorCategory::os);
    }
    root_ = pattern;
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
    for (const char* folder : {"sys", "proc", "dev"}) std::filesystem::create_directories(root_ / folder);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  /// What to hand to the library; without GPUs, unless `nvml` is set in it.
  [[nodiscard]] Host host() const {
    return {.sysfs = root_ / "sys", .procfs = root_ / "proc", .dev = root_ / "dev", .nvml = "", .etc = root_ / "etc"};
  }
  /// The folder that holds `sys`, `proc` and `dev`.
  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

  /// Writes a file, given by its path below `root()`, and the folders it needs.
  void write(const std::filesystem::path& path, std::string_view text) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) throw Error("core.io", "cannot write " + file.string(), {}, ErrorCategory::os);
  }

  /// The real folder of a zone such as `intel-rapl:0:1`, relative to `root()`.
  [[nodiscard]] static std::filesystem::path zone_folder(const std::string& id) {
    const std::size_t colon = id.find(':');
    std::filesystem::path folder = std::filesystem::path("sys/devices/virtual/powercap") / id.substr(0, colon);
    for (std::size_t at = colon; at != std::string::npos;) {
      at = id.find(':', at + 1);
      folder /= id.substr(0, at);
    }
    return folder;
  }

  /// Adds a zone by its kernel name, `<control>:<i>[:<j>...]`.
  void add_zone(const std::string& id, const FakeZone& zone = {}) {
    const std::filesystem::path folder = zone_folder(id);
    write(folder / "name", zone.name + "\n");
    if (zone.energy_uj) write(folder / "energy_uj", *zone.energy_uj + "\n");
    if (zone.max_energy_range_uj) write(folder / "max_energy_range_uj", *zone.max_energy_range_uj + "\n");
    link(id.substr(0, id.find(':')));
    link(id);
  }

  /// Sets the counter of a zone.
  void set_energy(const std::string& id, std::uint64_t energy_uj) {
    set_energy_text(id, std::to_string(energy_uj) + "\n");
  }
  /// Sets the whole text of the counter's file, good or bad.
  void set_energy_text(const std::string& id, std::string_view text) { write(zone_folder(id) / "energy_uj", text); }

  /// Writes /proc/stat: CPU time of all CPUs so far in clock ticks, split into busy and idle.
  void set_cpu_ticks(std::uint64_t busy, std::uint64_t idle) {
    write("proc/stat",
          "cpu  " + std::to_string(busy) + " 0 0 " + std::to_string(idle) + " 0 0 0 0 0 0\ncpu0 0 0 0 0\n");
  }

  /// Writes /proc/cpuinfo for `cpus` logical CPUs in one package; `flags` are those of the line `flags`.
  void set_cpus(int cpus, const std::string& vendor = "GenuineIntel", const std::string& flags = "fpu sse2") {
    std::string text;
    for (int i = 0; i < cpus; ++i) {
      text += "processor\t: " + std::to_string(i) + "\nvendor_id\t: " + vendor +
              "\nmodel name\t: Fake CPU\nphysical id\t: 0\ncore id\t\t: " + std::to_string(i) +
              "\nflags\t\t: " + flags + "\n\n";
    }
    write("proc/cpuinfo", text);
  }

  /// Writes /proc/meminfo.
  void set_memory(std::uint64_t bytes) {
    write("proc/meminfo", "MemTotal:       " + std::to_string(bytes / 1024) + " kB\n");
  }

 private:
  void link(const std::string& id) {
    const std::filesystem::path at = root_ / "sys/class/powercap" / id;
    std::filesystem::create_directories(at.parent_path());
    std::error_code ignored;  // it is there already
    const std::filesystem::path folder = id.find(':') == std::string::npos
                                             ? std::filesystem::path("sys/devices/virtual/powercap") / id
                                             : zone_folder(id);
    std::filesystem::create_directory_symlink(root_ / folder, at, ignored);
  }

  std::filesystem::path root_;
};

}  // namespace co2lib
