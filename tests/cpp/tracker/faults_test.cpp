// SPDX-License-Identifier: MIT
// What goes wrong around a run: sensors, disks, signals, forks, threads. docs/faults.md says what is expected.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <co2lib/testing.hpp>
#include <co2lib/tracker.hpp>

#include "tracker/log.hpp"

#if defined(__SANITIZE_THREAD__)
#define CO2LIB_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CO2LIB_TSAN 1
#endif
#endif

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

meter::MeterInfo package(const std::string& id = "package-0") {
  meter::MeterInfo info{.id = id};
  info.control = "intel-rapl";
  info.name = id;
  info.domain = meter::Domain::package;
  info.provider = "powercap";
  info.accuracy = 0.05;
  info.least_window_s = 0.1;
  return info;
}

class Faults : public ::testing::Test {
 protected:
  Faults() : clock(std::make_shared<ManualClock>()), cpu(FakeMeter::counter(clock, package(), 100)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "co2lib-faults-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~Faults() override {
    for (const auto& mounted : mounts) ::umount2(mounted.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  Options options(std::vector<MeterChoice> meters) {
    Options o;
    o.intensity = CarbonIntensity::from_g_per_kwh(100);
    o.meters = std::move(meters);
    o.clock = clock;
    o.fsync = false;
    return o;
  }
  Options options() { return options({cpu}); }

  void go(std::chrono::nanoseconds step) {
    clock->wait_for_waiters(1);
    ASSERT_TRUE(clock->advance(step));
  }
  /// A file system of 64 kB in the test's folder; empty if it cannot be mounted.
  std::filesystem::path small_disk() {
    const auto disk = folder / "disk";
    std::filesystem::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) return {};
    mounts.push_back(disk);
    return disk;
  }
  static const DeviceFootprint& device(const Footprint& f, const std::string& id) {
    for (const DeviceFootprint& d : f.devices) {
      if (d.record.meter.id == id) return d;
    }
    throw std::out_of_range(id);
  }
  static const RegionFootprint& region(const Footprint& f, const std::string& name) {
    for (const RegionFootprint& r : f.regions) {
      if (r.name == name) return r;
    }
    throw std::out_of_range(name);
  }
  static bool blocked(const Footprint& f, const std::string& id) {
    return std::any_of(f.issues.begin(), f.issues.end(),
                       [&](const Issue& i) { return i.code == "blocked" && i.subject == id; });
  }

  std::shared_ptr<ManualClock> clock;
  std::shared_ptr<FakeMeter> cpu;
  std::filesystem::path folder;
  std::vector<std::filesystem::path> mounts;
};

// ---------------------------------------------------------------------------------------------------------------------
// Sensors that block
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Faults, AMeterThatBlocksInItsFirstReadHoldsUpNobody) {
  auto stuck = FakeMeter::counter(clock, package("stuck"), 50);
  stuck->block();
  Tracker tracker(options({stuck, cpu}));
  {
    const Region epoch = tracker.region("epoch");
    go(10s);
  }
  const Footprint so_far = tracker.snapshot();
  EXPECT_TRUE(blocked(so_far, "stuck"));
  EXPECT_EQ(device(so_far, "package-0").record.window.energy_j, 1000) << "the other meter goes on";
  const Footprint f = tracker.stop();
  EXPECT_TRUE(blocked(f, "stuck"));
  EXPECT_FALSE(blocked(f, "package-0"));
  EXPECT_FALSE(device(f, "stuck").record.window.energy_j) << "nothing read is unknown, and no number";
  EXPECT_TRUE(has_issue(f.totals.issues, "incomplete"));
  EXPECT_EQ(region(f, "epoch").count, 1);
  EXPECT_EQ(stuck->samples(), 1U) << "it is not asked again before it has answered";
  stuck->release();
}

TEST_F(Faults, AMeterThatBlocksAtAnEdgeIsSkippedAndComesBack) {
  auto other = FakeMeter::counter(clock, package("package-1"), 50);
  Tracker tracker(options({cpu, other}));
  go(10s);
  other->block();
  {
    const Region first = tracker.region("first");  // the caller's own read blocks
    clock->advance(500ms);
  }
  const std::size_t asked = other->samples();
  for (int i = 0; i < 100; ++i) const Region again = tracker.region("again");
  EXPECT_EQ(other->samples(), asked);
  go(4s);
  other->release();
  // The read that hung returns at some time; then the meter is asked again.
  for (int i = 0; i < 5000 && other->samples() == asked; ++i) {
    const Region probe = tracker.region("probe");
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_GT(other->samples(), asked);
  go(5500ms);
  const Footprint f = tracker.stop();
  EXPECT_TRUE(blocked(f, "package-1"));
  EXPECT_NEAR(*region(f, "first").inclusive.joules(), 0.5 * 150, 1e-6);
  EXPECT_EQ(device(f, "package-0").record.window.energy_j, 2000);
  EXPECT_EQ(device(f, "package-1").record.window.measured_j, 1000) << "the next good difference spans the hole";
  EXPECT_EQ(device(f, "package-1").record.window.coverage(), 1.0);
}

TEST_F(Faults, StopAndDestructionLeaveEveryBlockedMeterBehind) {
  std::vector<std::shared_ptr<FakeMeter>> stuck;
  std::vector<MeterChoice> meters{cpu};
  for (const char* id : {"a", "b", "c"}) {
    stuck.push_back(FakeMeter::counter(clock, package(id), 1));
    meters.emplace_back(stuck.back());
  }
  {
    Tracker tracker(options(meters));
    go(5s);
    for (const auto& m : stuck) m->block();
    const Footprint f = tracker.stop();
    for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(blocked(f, id)) << id;
    EXPECT_EQ(device(f, "package-0").record.window.energy_j, 500);
    tracker.start();  // each of them blocks at once
    EXPECT_TRUE(blocked(tracker.snapshot(), "a"));
  }
  for (const auto& m : stuck) m->release();
}

TEST_F(Faults, APipeInPlaceOfACounterBlocksNothing) {
  FakeHost host;
  host.add_zone("intel-rapl:0");
  host.add_zone("intel-rapl:1", {.name = "package-1"});
  const std::filesystem::path energy = host.root() / FakeHost::zone_folder("intel-rapl:1") / "energy_uj";
  std::filesystem::remove(energy);
  ASSERT_EQ(::mkfifo(energy.c_str(), 0600), 0);
  Options o = options({"powercap"});
  o.host = host.host();
  for (const bool written : {false, true}) {
    const int writer = written ? ::open(energy.c_str(), O_RDWR | O_CLOEXEC) : -1;
    Tracker tracker(o);
    go(2s);
    const Footprint f = tracker.stop();
    EXPECT_EQ(f.devices.size(), 2U);
    EXPECT_TRUE(has_issue(f.issues, "missed_reads"));
    EXPECT_FALSE(has_issue(f.issues, "blocked"));
    if (writer >= 0) ::close(writer);
  }
}

TEST_F(Faults, AProcessThatStandsStillBlocksNoMeter) {
#ifdef CO2LIB_TSAN
  GTEST_SKIP() << "the thread sanitizer cannot follow a thread that a forked child starts";
#endif
  auto* const reading =
      static_cast<std::atomic<bool>*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(reading), MAP_FAILED);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto slow = meter::make_meter({.id = "slow", .kind = meter::Kind::power}, [&]() -> Power {
      if (!reading->exchange(true)) std::this_thread::sleep_for(200ms);
      return Power::from_watts(10);
    });
    Options o;
    o.intensity = CarbonIntensity::from_g_per_kwh(100);
    o.meters = std::vector<MeterChoice>{slow};
    Tracker tracker(o);
    const Footprint f = tracker.stop();
    ::_exit(blocked(f, "slow") || has_issue(f.issues, "missed_reads") ? 1 : 0);
  }
  while (!*reading) ::usleep(50);
  ::usleep(20'000);
  ASSERT_EQ(::kill(child, SIGSTOP), 0);
  ::usleep(1'500'000);  // longer than a meter has time
  ASSERT_EQ(::kill(child, SIGCONT), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::munmap(reading, 4096);
}

// ---------------------------------------------------------------------------------------------------------------------
// Sensors that throw or say nonsense
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Faults, WhateverAMeterThrowsIsAMissedRead) {
  struct NoException {};
  for (const int what : {0, 1, 2}) {
    std::atomic<bool> broken = false;
    auto odd = meter::make_meter({.id = "odd", .kind = meter::Kind::power}, [&]() -> Power {
      if (broken && what == 0) throw 42;
      if (broken && what == 1) throw NoException{};
      if (broken && what == 2) throw std::bad_alloc();
      return Power::from_watts(10);
    });
    Tracker tracker(options({odd}));
    go(5s);
    broken = true;
    { const Region at_an_edge = tracker.region("edge"); }
    go(1s);
    broken = false;
    go(4s);
    const Footprint f = tracker.stop();
    EXPECT_NEAR(*f.energy.joules(), 100, 1e-9) << what;
    EXPECT_TRUE(has_issue(f.issues, "missed_reads"));
  }
}

TEST_F(Faults, AMeterThatThrowsInInfoIsAnErrorOfTheConstructor) {
  struct Broken final : meter::Meter {
    [[nodiscard]] meter::MeterInfo info() const override { throw std::runtime_error("no info"); }
    meter::Reading sample(MonotonicTime) override { return meter::Failed{}; }
  };
  EXPECT_THROW(Tracker tracker(options({std::make_shared<Broken>()})), std::runtime_error);
}

TEST_F(Faults, NonsenseIsNeverEnergy) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::array<meter::Reading, 8> nonsense{
      meter::Watts{std::numeric_limits<double>::quiet_NaN()},
      meter::Watts{infinity},
      meter::Watts{-infinity},
      meter::Watts{-5},
      meter::Watts{1e300},
      meter::Count{std::numeric_limits<std::uint64_t>::max()},
      meter::Failed{meter::Failure::lost, "gone"},
      meter::Watts{10, std::numeric_limits<double>::quiet_NaN(), infinity},
  };
  for (std::size_t n = 0; n < nonsense.size(); ++n) {
    for (const meter::Kind kind : {meter::Kind::power, meter::Kind::counter}) {
      int reads = 0;
      std::uint64_t count = 0;
      meter::MeterInfo info{.id = "odd", .kind = kind};
      auto odd = meter::make_meter(info, [&]() -> meter::Reading {
        ++reads;
        count += kind == meter::Kind::counter ? 10'000'000U : 0U;  // 10 W at 1 Hz
        if (reads % 7 == 3) return nonsense[n];
        if (kind == meter::Kind::power) return meter::Watts{10};
        return meter::Count{count};
      });
      Tracker tracker(options({odd}));
      go(20s);
      const Footprint f = tracker.stop();
      ASSERT_TRUE(f.energy.joules());
      EXPECT_NEAR(*f.energy.joules(), 200, 30) << "reading " << n << ", kind " << meter::text(kind);
      EXPECT_GE(f.energy.bounds->low.joules(), 0);
      EXPECT_LE(f.energy.bounds->low.joules(), *f.energy.joules() + 1e-9);
      EXPECT_GE(f.energy.bounds->high.joules(), *f.energy.joules() - 1e-9);
      EXPECT_TRUE(std::isfinite(f.energy.interval->high.joules()));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Kill, signals
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Faults, AHundredKillsLoseAtMostOneFlushEachAndResumeIsExact) {
#ifdef CO2LIB_TSAN
  GTEST_SKIP() << "the thread sanitizer cannot follow a thread that a forked child starts";
#endif
  // The victims tell here how many simulated seconds they have completed.
  auto* const done = static_cast<std::atomic<std::int64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(done), MAP_FAILED);
  constexpr std::int64_t flush_s = 5;
  std::mt19937 random(1);
  for (int run_number = 0; run_number < 10; ++run_number) {
    Options o;
    o.intensity = CarbonIntensity::from_g_per_kwh(100);
    o.log = folder / ("killed" + std::to_string(run_number) + ".jsonl");
    o.flush_s = flush_s;
    o.fsync = false;
    o.resume = true;
    UtcTime begin = ManualClock().utc();
    double logged_j = 0;
    std::int64_t segments = 0;
    const auto start = [&] {
      clock = std::make_shared<ManualClock>(begin);
      o.clock = clock;
      o.meters = std::vector<MeterChoice>{FakeMeter::counter(clock, package(), 100)};
    };
    for (int kill = 0; kill < 10; ++kill) {
      *done = -1;
      const pid_t victim = ::fork();
      ASSERT_GE(victim, 0);
      if (victim == 0) {
        start();
        Tracker tracker(o);
        *done = 0;
        while (true) {
          const Region step = tracker.region("three seconds");
          for (int s = 0; s < 3; ++s) {
            clock->wait_for_waiters(1);
            clock->advance(1s);
            ++*done;
          }
        }
      }
      // Some die at once, some in the middle of their first lines, most while they run.
      const auto wanted = static_cast<std::int64_t>(random() % 20) - 1;
      while (*done < wanted) ::usleep(50);
      ::usleep(static_cast<useconds_t>(random() % 500));
      ::kill(victim, SIGKILL);
      int status = 0;
      ASSERT_EQ(::waitpid(victim, &status, 0), victim);
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

      tracker::Run run;
      try {
        run = load(o.log);
      } catch (const Error&) {
        // Only if it died before its first line was written.
        ASSERT_EQ(segments, 0);
        ASSERT_LT(*done, 0);
        std::filesystem::remove(o.log);
        continue;
      }
      if (static_cast<std::int64_t>(run.segments.size()) == segments) {
        ASSERT_LT(*done, 0) << "a run that began has its line";
        continue;
      }
      ASSERT_EQ(static_cast<std::int64_t>(run.segments.size()), ++segments);
      const RunSegment& s = run.segments.back();
      const auto length = std::chrono::duration_cast<std::chrono::seconds>(s.end - s.begin).count();
      ASSERT_GE(length, std::max<std::int64_t>(*done, 0) / flush_s * flush_s) << "more than one flush is lost";
      logged_j += static_cast<double>(length) * 100;
      begin = s.end_utc + 1000s;
      const Footprint f = run.footprint();
      ASSERT_EQ(f.energy.joules().value_or(0), logged_j) << "after kill " << kill;
      ASSERT_EQ(f.segments, segments);
      ASSERT_FALSE(f.complete);
    }
    EXPECT_GT(segments, 5);
    // Whoever resumes at last goes on where the log ends.
    start();
    Tracker tracker(o);
    go(25s);
    const Footprint f = tracker.stop();
    EXPECT_EQ(f.energy.joules(), logged_j + 2500);
    EXPECT_EQ(f.segments, segments + 1);
    EXPECT_EQ(f.to_json(), load(o.log).footprint().to_json());
    const RegionFootprint& steps = region(f, "three seconds");
    EXPECT_NEAR(*steps.inclusive.joules(), 300.0 * static_cast<double>(steps.count), 1e-6);
  }
  ::munmap(done, 4096);
}

TEST_F(Faults, TheLibraryHandlesNoSignal) {
  const auto handlers = [] {
    std::vector<void (*)(int)> all;
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction action {};
      if (::sigaction(signal, nullptr, &action) == 0) all.push_back(action.sa_handler);
    }
    return all;
  };
  const auto before = handlers();
  Tracker tracker(options());
  go(1s);
  EXPECT_EQ(handlers(), before);
  tracker.stop();
  EXPECT_EQ(handlers(), before);
}

TEST_F(Faults, TerminationBySignalLeavesAReadableLog) {
#ifdef CO2LIB_TSAN
  GTEST_SKIP() << "the thread sanitizer cannot follow a thread that a forked child starts";
#endif
  for (const int signal : {SIGTERM, SIGINT}) {
    Options o = options();
    o.log = folder / (std::to_string(signal) + ".jsonl");
    const pid_t victim = ::fork();
    ASSERT_GE(victim, 0);
    if (victim == 0) {
      ::signal(signal, SIG_DFL);
      const auto time = std::make_shared<ManualClock>();
      o.clock = time;
      o.meters = std::vector<MeterChoice>{FakeMeter::counter(time, package(), 100)};
      Tracker tracker(o);
      const Region open = tracker.region("open");
      time->wait_for_waiters(1);
      time->advance(25s);
      ::raise(signal);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(victim, &status, 0), victim);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    const Footprint f = load(o.log).footprint();
    EXPECT_FALSE(f.complete);
    EXPECT_EQ(f.energy.joules(), 2000);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Disks
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Faults, AFullFileSystemLosesNothingAndTheLogGoesOnWhenThereIsSpace) {
  const auto disk = small_disk();
  if (disk.empty()) GTEST_SKIP() << "only root can mount a small disk";
  Options o = options();
  o.log = disk / "run.jsonl";
  std::vector<std::string> said;
  o.on_log = [&](std::string_view, std::string_view text) { said.emplace_back(text); };
  Tracker tracker(o);
  go(15s);
  {  // fill what is left, in the middle of a page
    std::ofstream filler(disk / "filler", std::ios::binary);
    const std::string block(1024, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  for (int i = 0; i < 10; ++i) {
    const Region step = tracker.region("a step with a name that takes some room in the log");
    go(10s);
  }
  const Footprint full = tracker.snapshot();
  EXPECT_EQ(full.energy.joules(), 11500);
  ASSERT_TRUE(has_issue(full.issues, "log_write_failed"));
  for (const Issue& issue : full.issues) {
    if (issue.code == "log_write_failed") {
      EXPECT_EQ(issue.subject, o.log.string());
      EXPECT_THAT(issue.text, HasSubstr("No space left"));
    }
  }
  EXPECT_FALSE(said.empty());
  EXPECT_NO_THROW((void)load(o.log)) << "what was written before stays readable";
  std::filesystem::remove(disk / "filler");
  go(15s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.energy.joules(), 13000);
  const Footprint stored = load(o.log).footprint();
  EXPECT_TRUE(stored.complete);
  EXPECT_EQ(stored.energy.joules(), 13000);
  EXPECT_EQ(region(stored, "a step with a name that takes some room in the log").count, 10) << "kept and tried again";
}

TEST_F(Faults, LinesThatHaveNoPlaceAreDroppedAndTheTotalsStay) {
  const auto disk = small_disk();
  if (disk.empty()) GTEST_SKIP() << "only root can mount a small disk";
  Options o = options();
  o.log = disk / "run.jsonl";
  std::ofstream(disk / "filler") << std::string(56 * 1024, 'x');
  Tracker tracker(o);
  constexpr int count = 52'000;
  for (int i = 0; i < count; ++i) const Region step = tracker.region("step", {.marker = true});
  go(25s);
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  go(10s);
  const Footprint f = tracker.stop();
  EXPECT_TRUE(has_issue(f.issues, "log_write_failed"));
  EXPECT_TRUE(has_issue(f.issues, "log_lines_dropped"));
  EXPECT_EQ(region(f, "step").count, count);
  const Footprint stored = load(o.log).footprint();
  EXPECT_TRUE(stored.complete);
  EXPECT_EQ(stored.energy.joules(), 3500);
  EXPECT_TRUE(has_issue(stored.issues, "log_lines_dropped"));
  EXPECT_FALSE(has_issue(stored.issues, "bad_line"));
  EXPECT_LT(region(stored, "step").count, count);
  EXPECT_GT(region(stored, "step").count, count / 4);
}

TEST_F(Faults, ALogThatIsTakenAwayIsSaid) {
  for (const bool removed : {false, true}) {
    Options o = options();
    o.log = folder / (removed ? "removed.jsonl" : "cut.jsonl");
    Tracker tracker(o);
    go(10s);
    ASSERT_TRUE(clock->wait_for_waiters(1));
    EXPECT_FALSE(has_issue(tracker.snapshot().issues, "log_removed"));
    removed ? static_cast<void>(std::filesystem::remove(o.log)) : std::filesystem::resize_file(o.log, 10);
    go(10s);
    const Footprint f = tracker.stop();
    EXPECT_TRUE(has_issue(f.issues, "log_removed"));
    EXPECT_EQ(f.energy.joules(), 2000) << "what the program itself reports is whole";
  }
}

TEST_F(Faults, WhoIsToldOfAFullDiskMayStopTheRunOrThrow) {
  for (const bool throws : {false, true}) {
    Options o = options();
    o.log = "/dev/full";
    o.flush_s = throws ? 5 : 1e6;
    Tracker* told = nullptr;
    bool was_told = false;
    o.on_log = [&](std::string_view, std::string_view) {
      if (told == nullptr) return;  // the first line, in the constructor
      was_told = true;
      if (throws) throw std::runtime_error("no");
      std::exchange(told, nullptr)->stop();
    };
    Tracker tracker(o);
    told = &tracker;
    for (int i = 0; i < 5000 && !was_told; ++i) {
      const std::uint64_t id = tracker.begin("step", {.marker = true});
      ASSERT_TRUE(tracker.end(id)) << "the region has ended, whatever its lines";
    }
    EXPECT_TRUE(was_told);
    EXPECT_EQ(tracker.running(), throws);
    if (throws) go(6s);  // the sampling thread is told too
    told = nullptr;
    EXPECT_TRUE(has_issue(tracker.stop().issues, "log_write_failed"));
  }
}

TEST_F(Faults, WhereverAWriteIsCutEveryLineIsWrittenOnce) {
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  for (const std::size_t length : {std::size_t{3}, std::size_t{40'000}}) {
    const std::vector<std::string> lines{std::string(length, 'a'), std::string(length, 'b'), std::string(length, 'c')};
    const std::size_t size = 3 * (length + 1);
    const std::size_t step = length > 3 ? 1999 : 1;
    for (std::size_t limit = 0; limit <= size; limit += step) {
      const auto file = folder / (std::to_string(length) + "-" + std::to_string(limit));
      detail::LogWriter log;
      log.open(file);
      for (const std::string& line : lines) log.add(line);
      std::deque<detail::LogLine> waiting = log.take();
      const rlimit small{.rlim_cur = limit, .rlim_max = usual.rlim_max};
      ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
      const auto failure = log.write(waiting, false);
      ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
      ASSERT_EQ(failure.has_value(), limit < size) << limit;
      log.put_back(std::move(waiting));
      waiting = log.take();
      ASSERT_FALSE(log.write(waiting, false));
      ASSERT_TRUE(waiting.empty());
      std::ifstream in(file);
      std::vector<std::string> whole;
      for (std::string line; std::getline(in, line);) {
        if (line.size() == length) whole.push_back(line);
      }
      ASSERT_EQ(whole, lines) << length << " bytes a line, cut at " << limit;
    }
  }
}

TEST_F(Faults, ManyRegionsBetweenTwoFlushesAreWrittenInBetween) {
  Options o = options();
  o.log = folder / "run.jsonl";
  o.flush_s = 1e6;
  Tracker tracker(o);
  for (int i = 0; i < 6000; ++i) const Region step = tracker.region("step");
  const Footprint so_far = load(o.log).footprint();
  EXPECT_GT(region(so_far, "step").count, 4000) << "a kill would lose the rest only";
  const Footprint f = tracker.stop();
  EXPECT_EQ(region(f, "step").count, 6000);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(Faults, ALimitOfTheFileSizeIsAFullDiskAndKillsNobody) {
#ifdef CO2LIB_TSAN
  GTEST_SKIP() << "the thread sanitizer cannot follow a thread that a forked child starts";
#endif
  Options o = options();
  o.log = folder / "run.jsonl";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_DFL);
    const auto time = std::make_shared<ManualClock>();
    o.clock = time;
    o.meters = std::vector<MeterChoice>{FakeMeter::counter(time, package(), 100)};
    unsigned wrong = 0;
    {
      Tracker tracker(o);
      const rlimit small{.rlim_cur = std::filesystem::file_size(o.log) + 100, .rlim_max = RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &small);
      time->wait_for_waiters(1);
      time->advance(25s);
      const Footprint f = tracker.stop();  // writes on this thread, where SIGXFSZ would end the process
      if (f.energy.joules() != 2500) wrong |= 1U;
      if (!has_issue(f.issues, "log_write_failed")) wrong |= 2U;
    }
    sigset_t pending;
    ::sigpending(&pending);
    if (sigismember(&pending, SIGXFSZ) != 0) wrong |= 4U;
    ::_exit(static_cast<int>(wrong));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(load(o.log).footprint().complete);
}

TEST_F(Faults, ALogThatCannotBeWrittenIsRefusedWithFileAndRemedy) {
  const auto refusal = [&](const std::filesystem::path& log, bool resume = false) {
    Options o = options();
    o.log = log;
    o.resume = resume;
    try {
      Tracker tracker(o);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "tracker.bad_log");
      EXPECT_EQ(error.category(), ErrorCategory::os);
      EXPECT_THAT(error.what(), HasSubstr(log.string()));
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_THAT(refusal(folder), HasSubstr("give a file in a writable folder"));
  EXPECT_THAT(refusal(folder / "absent" / "run.jsonl"), HasSubstr("give a file in a writable folder"));
  std::ofstream(folder / "text.txt") << "dear diary\n";
  EXPECT_THAT(refusal(folder / "text.txt"), HasSubstr("is this a log of co2lib?"));
  EXPECT_THAT(refusal(folder / "text.txt", true), HasSubstr("is this a log of co2lib?"));
  std::ifstream untouched(folder / "text.txt");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(untouched), {}), "dear diary\n") << "never overwritten";

  const auto fixed = folder / "fixed";
  std::filesystem::create_directory(fixed);
  if (::geteuid() != 0) {
    std::filesystem::permissions(fixed, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_THAT(refusal(fixed / "run.jsonl"), HasSubstr("give a file in a writable folder"));
    std::filesystem::permissions(fixed, std::filesystem::perms::owner_all);
    std::ofstream(folder / "secret.jsonl") << "{}\n";
    std::filesystem::permissions(folder / "secret.jsonl", std::filesystem::perms::none);
    EXPECT_THAT(refusal(folder / "secret.jsonl"), HasSubstr("Permission denied"));
  } else if (::mount(fixed.c_str(), fixed.c_str(), nullptr, MS_BIND, nullptr) == 0) {  // root ignores modes
    mounts.push_back(fixed);
    ASSERT_EQ(::mount(nullptr, fixed.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const std::string text = refusal(fixed / "run.jsonl");
    EXPECT_THAT(text, HasSubstr("Read-only file system"));
    EXPECT_THAT(text, HasSubstr("give a file in a writable folder"));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Threads, memory
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(Faults, SixtyFourThreadsNestRegions) {
  Options o = options();
  o.clock = nullptr;
  o.period_s = 0.001;
  o.flush_s = 0.005;
  o.log = folder / "threads.jsonl";
  std::atomic<std::uint64_t> count = 0;
  o.meters = std::vector<MeterChoice>{meter::make_meter(package(), [&] { return count += 10; })};
  Tracker tracker(o);
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 4; ++i) {
        const Region outer = tracker.region("outer");
        const Region middle = tracker.region("middle", {.marker = i % 2 == 0});
        Region inner = tracker.region("inner");
        if (t % 16 == 0) (void)tracker.snapshot();
        if (i == 3) {
          inner.cancel();
        } else {
          inner.restart();
        }
      }
    });
  }
  for (std::thread& t : threads) t.join();
  const Footprint f = tracker.stop();
  EXPECT_EQ(region(f, "outer").count, 256);
  EXPECT_EQ(region(f, "middle").count, 256);
  EXPECT_EQ(region(f, "inner").count, 192);
  const double all = *f.energy.joules();
  for (const char* name : {"outer", "middle", "inner"}) {
    EXPECT_LE(region(f, name).union_energy->joules(), all * (1 + 1e-9)) << name;
    EXPECT_GE(region(f, name).exclusive->joules(), -1e-9 * all) << name;
  }
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

/// Bytes that are allocated now; 0 where the allocator does not tell (sanitizers).
std::size_t allocated() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  return ::mallinfo2().uordblks;
#else
  return 0;
#endif
}

TEST_F(Faults, ADayOfSamplesTakesBoundedMemoryAndLog) {
  // Real sensors' files, so that no thread but the sampler runs: one counter at 1 Hz for a day, and the load model at
  // 10 Hz for two hours, of which the growth of a day follows.
  FakeHost host;
  host.add_zone("intel-rapl:0");
  host.set_cpus(2);
  host.set_cpu_ticks(100, 100);
  for (const bool fast : {false, true}) {
    Options o = options({fast ? "model.cpu_load" : "powercap"});
    o.host = host.host();
    o.log = folder / (fast ? "fast.jsonl" : "slow.jsonl");
    Tracker tracker(o);
    go(60s);
    const std::size_t before = allocated();
    const int hours = fast ? 2 : 24;
    for (int h = 0; h < hours; ++h) {
      const Region hour = tracker.region("hour");
      go(1h);
    }
    const std::size_t after = allocated();
    const std::size_t grown = after > before ? (after - before) * 24 / static_cast<std::size_t>(hours) : 0;
    EXPECT_LT(grown, std::size_t{4} << 20U) << (fast ? "10 Hz" : "1 Hz");
    const auto log = std::filesystem::file_size(o.log) * 24 / static_cast<std::size_t>(hours);
    EXPECT_LT(log, std::size_t{8} << 20U) << (fast ? "10 Hz" : "1 Hz");
    tracker.stop();
  }
}

TEST_F(Faults, ManyMarkersBetweenTwoReadingsTakeBoundedMemory) {
  Options o = options();
  o.period_s = 1e6;
  Tracker tracker(o);
  go(1s);
  { const Region first = tracker.region("step", {.marker = true}); }
  const std::size_t before = allocated();
  const std::size_t read = cpu->samples();
  for (int i = 0; i < 50'000; ++i) {
    const Region step = tracker.region("step", {.marker = true});
    clock->advance(1us);
  }
  EXPECT_LT(allocated(), before + (std::size_t{3} << 20U));
  EXPECT_GT(cpu->samples(), read) << "it is read for them";
  EXPECT_LT(cpu->samples(), read + 20);
  const Footprint f = tracker.stop();
  EXPECT_EQ(region(f, "step").count, 50'001);
  EXPECT_NEAR(*region(f, "step").inclusive.joules(), 50'000 * 1e-6 * 100, 1e-5);
}

TEST_F(Faults, ASensorThatFailsAllDayDoesNotFillTheDisk) {
  // A counter that restarts every minute: 60 gaps an hour.
  Options o = options();
  o.period_s = 5;
  o.log = folder / "gaps.jsonl";
  Tracker tracker(o);
  std::array<std::uintmax_t, 2> size{};
  for (auto& at : size) {
    for (int minute = 0; minute < 120; ++minute) {
      go(1min);
      cpu->reset();
    }
    at = std::filesystem::file_size(o.log);
  }
  EXPECT_LT(size[1] - size[0], size[0] * 5 / 4) << "the log grows with time, not with its square";
  const Footprint f = tracker.stop();
  EXPECT_GT(device(f, "package-0").record.events.resets, 200);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

}  // namespace
}  // namespace co2lib::tracker
