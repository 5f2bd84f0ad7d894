// SPDX-License-Identifier: MIT
// What shows in a whole process only; each subcommand prints one JSON object.
//
//   co2lib_whole first              the first start and stop of a process, in s
//   co2lib_whole background SECONDS CPU time of the sampling thread at 10 Hz over an idle stretch
//   co2lib_whole bare SECONDS       the same of a thread that only reads the four files
//   co2lib_whole day                24 simulated hours: heap, size of the log
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "machine.hpp"

namespace {

using namespace co2lib;
using namespace std::chrono_literals;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double heap_bytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

void first() {
  const benchmarks::FourZones machine;
  const auto options = machine.options();
  const auto begin = std::chrono::steady_clock::now();
  tracker::Tracker tracker(options);
  const double started = seconds_since(begin);
  tracker.stop();
  fmt::print("{{\"start_s\": {}, \"start_stop_s\": {}}}\n", started, seconds_since(begin));
}

/// Prints what an idle stretch uses.
void idle(double seconds) {
  std::this_thread::sleep_for(100ms);
  const double before = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const double used = cpu_seconds() - before;
  fmt::print("{{\"cpu_s\": {}, \"wall_s\": {}}}\n", used, seconds_since(begin));
}

void background(double seconds) {
  benchmarks::FourZones machine;
  auto options = machine.options();
  options.period_s = 0.1;
  tracker::Tracker tracker(options);
  machine.begin(tracker);
  idle(seconds);
}

/// The limit: a thread that wakes as often, reads the same four files and does nothing with them.
void bare(double seconds) {
  const benchmarks::FourZones machine;
  std::array<int, 4> files{};
  const auto paths = machine.energy_files();
  std::transform(paths.begin(), paths.end(), files.begin(),
                 [](const auto& file) { return open(file.c_str(), O_RDONLY | O_CLOEXEC); });
  std::mutex mutex;
  std::condition_variable woken;
  bool ended = false;
  std::thread reader([&] {
    std::unique_lock lock(mutex);
    auto next = std::chrono::steady_clock::now();
    while (!woken.wait_until(lock, next += 100ms, [&] { return ended; })) {
      for (const int file : files) {
        std::array<char, 32> text{};
        if (pread(file, text.data(), text.size(), 0) <= 0) std::abort();
      }
    }
  });
  idle(seconds);
  {
    const std::lock_guard lock(mutex);
    ended = true;
  }
  woken.notify_one();
  reader.join();
  for (const int file : files) close(file);
}

void day() {
  benchmarks::FourZones machine;
  auto options = machine.options();
  const auto clock = std::make_shared<ManualClock>();
  options.clock = clock;
  options.log = machine.root() / "run.jsonl";
  options.fsync = false;
  const double before = heap_bytes();
  tracker::Tracker tracker(options);
  double most = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const auto epoch = tracker.region("epoch");
    for (int part = 0; part < 6; ++part) {
      clock->wait_for_waiters(1);  // the thread that reads the meters: it takes every reading, however late it comes
      machine.use(500'000'000);
      clock->advance(10s);
    }
    most = std::max(most, heap_bytes() - before);
  }
  fmt::print("{{\"heap_bytes\": {}, \"log_bytes\": {}}}\n", most, std::filesystem::file_size(options.log));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "first") {
    first();
  } else if (what == "background" && argc > 2) {
    background(std::atof(argv[2]));
  } else if (what == "bare" && argc > 2) {
    bare(std::atof(argv[2]));
  } else if (what == "day") {
    day();
  } else {
    fmt::print(stderr, "usage: co2lib_whole first | background SECONDS | bare SECONDS | day\n");
    return 2;
  }
}
