// SPDX-License-Identifier: MIT
// Calls inside one process, each beside the raw operation it cannot do without.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "machine.hpp"

namespace co2lib::benchmarks {
namespace {

using Steady = std::chrono::steady_clock;

/// Times each call and reports the median and the 99th percentile in us.
class Calls {
 public:
  explicit Calls(benchmark::State& state) : state_(state) { seconds_.reserve(1U << 18U); }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  template <class F>
  void time(F&& call) {
    const auto begin = Steady::now();
    call();
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    seconds_.push_back(seconds);
    state_.SetIterationTime(seconds);
  }

  ~Calls() {
    if (seconds_.empty()) return;
    std::sort(seconds_.begin(), seconds_.end());
    const auto at = [&](double share) {
      return seconds_[static_cast<std::size_t>(share * static_cast<double>(seconds_.size() - 1))] * 1e6;
    };
    state_.counters["p50_us"] = at(0.5);
    state_.counters["p99_us"] = at(0.99);
  }

 private:
  benchmark::State& state_;
  std::vector<double> seconds_;
};

void clock_pair(benchmark::State& state) {
  Calls calls(state);
  for (auto _ : state) calls.time([] {});
}
BENCHMARK(clock_pair)->UseManualTime()->Iterations(200'000);

/// What two edges of a region over four counters cannot do without: eight reads of a kept descriptor, and the numbers.
void eight_preads(benchmark::State& state) {
  const FourZones machine;
  std::vector<int> files;
  for (const auto& file : machine.energy_files()) {
    files.push_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (files.back() < 0) throw std::runtime_error("cannot open " + file.string());
  }
  {
    Calls calls(state);
    for (auto _ : state) {
      calls.time([&] {
        for (int edge = 0; edge < 2; ++edge) {
          for (const int file : files) {
            char text[32];
            const auto length = ::pread(file, text, sizeof text, 0);
            std::uint64_t value = 0;
            std::from_chars(text, text + std::max<decltype(length)>(length, 0), value);
            benchmark::DoNotOptimize(value);
          }
        }
      });
    }
  }
  for (const int file : files) ::close(file);
}
BENCHMARK(eight_preads)->UseManualTime()->Iterations(100'000);

void region(benchmark::State& state) {
  FourZones machine;
  tracker::Tracker tracker(machine.options());
  machine.begin(tracker);
  Calls calls(state);
  for (auto _ : state) {
    calls.time([&] { const auto step = tracker.region("step"); });
  }
}
BENCHMARK(region)->UseManualTime()->Iterations(100'000);

void nested_region(benchmark::State& state) {
  FourZones machine;
  tracker::Tracker tracker(machine.options());
  machine.begin(tracker);
  const auto outer = tracker.region("epoch");
  Calls calls(state);
  for (auto _ : state) {
    calls.time([&] { const auto step = tracker.region("step"); });
  }
}
BENCHMARK(nested_region)->UseManualTime()->Iterations(100'000);

/// With a log, its writing included; the file is in the machine's temporary folder and not forced to disk.
void logged_region(benchmark::State& state) {
  FourZones machine;
  tracker::Options options = machine.options();
  options.log = machine.root() / "run.jsonl";
  options.fsync = false;
  tracker::Tracker tracker(options);
  machine.begin(tracker);
  Calls calls(state);
  for (auto _ : state) {
    calls.time([&] { const auto step = tracker.region("step"); });
  }
}
BENCHMARK(logged_region)->UseManualTime()->Iterations(100'000);

void marker_region(benchmark::State& state) {
  FourZones machine;
  tracker::Tracker tracker(machine.options());
  machine.begin(tracker);
  for (auto _ : state) {
    const auto step = tracker.region("step", {.marker = true});
  }
}
BENCHMARK(marker_region)->Iterations(1'000'000);

/// The clocks that a marker cannot do without.
void two_clocks(benchmark::State& state) {
  const SystemClock clock;
  for (auto _ : state) {
    benchmark::DoNotOptimize(clock.monotonic());
    benchmark::DoNotOptimize(clock.monotonic());
  }
}
BENCHMARK(two_clocks)->Iterations(1'000'000);

void snapshot(benchmark::State& state) {
  FourZones machine;
  tracker::Tracker tracker(machine.options());
  machine.begin(tracker);
  Calls calls(state);
  for (auto _ : state) {
    calls.time([&] { benchmark::DoNotOptimize(tracker.snapshot()); });
  }
}
BENCHMARK(snapshot)->UseManualTime()->Iterations(2'000);

void start(benchmark::State& state) {
  const FourZones machine;
  Calls calls(state);
  for (auto _ : state) {
    std::optional<tracker::Tracker> tracker;
    calls.time([&] { tracker.emplace(machine.options()); });
    tracker->stop();
  }
}
BENCHMARK(start)->UseManualTime()->Iterations(2'000);

void stop(benchmark::State& state) {
  const FourZones machine;
  Calls calls(state);
  for (auto _ : state) {
    tracker::Tracker tracker(machine.options());
    calls.time([&] { benchmark::DoNotOptimize(tracker.stop()); });
  }
}
BENCHMARK(stop)->UseManualTime()->Iterations(10'000);

}  // namespace
}  // namespace co2lib::benchmarks

BENCHMARK_MAIN();
