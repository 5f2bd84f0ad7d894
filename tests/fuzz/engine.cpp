// SPDX-License-Identifier: MIT
// Recorded samples, read from bytes: whatever a sensor said, no energy is negative or out of its bounds, failed reads
// inside the window change nothing but their count, and the parts of a split window add up.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/power.hpp>

#include "target.hpp"

namespace {

using namespace co2lib;
using namespace co2lib::meter;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool more() const { return left_ > 0; }
  template <class T>
  T take() {
    T value{};
    const std::size_t n = left_ < sizeof value ? left_ : sizeof value;
    std::memcpy(&value, data_, n);
    data_ += n;
    left_ -= n;
    return value;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

bool near(double a, double b) { return std::fabs(a - b) <= 1e-9 * (std::fabs(a) + std::fabs(b)) + 1e-9; }

void check_window(const WindowEnergy& w) {
  if (!(w.measured_j >= 0) || !(w.low_j >= 0) || !(w.high_j >= w.low_j * (1 - 1e-9))) __builtin_trap();
  if (w.energy_j) {
    const double slack = 1e-9 * *w.energy_j + 1e-9;
    if (!(*w.energy_j >= w.low_j - slack && *w.energy_j <= w.high_j + slack)) __builtin_trap();
  }
  if (w.coverage() && !(*w.coverage() >= 0 && *w.coverage() <= 1)) __builtin_trap();
}

template <class Run>
void check_trace(const Trace& trace, const Run& with_failures) {
  const MonotonicTime a = trace.window.begin;
  const MonotonicTime b = trace.window.end;
  const WindowEnergy whole = trace.curve.over(a, b);
  check_window(whole);
  const Trace failed = with_failures();
  const WindowEnergy same = failed.curve.over(a, b);
  if (same.measured_j != whole.measured_j || same.high_j != whole.high_j) __builtin_trap();
  if (failed.events.missed_reads < trace.events.missed_reads) __builtin_trap();
  const MonotonicTime middle = a + (b - a) / 2;
  const WindowEnergy left = trace.curve.over(a, middle);
  const WindowEnergy right = trace.curve.over(middle, b);
  check_window(left);
  check_window(right);
  if (!near(left.measured_j + right.measured_j, whole.measured_j)) __builtin_trap();
  (void)trace.record();
}

}  // namespace

CO2LIB_FUZZ_TARGET(engine, data, size) {
  Bytes in(data, size);
  const auto kind = in.take<std::uint8_t>();
  MeterInfo info{.id = "fuzz"};
  info.domain = Domain::package;
  MonotonicTime time = std::chrono::seconds(1000);
  const auto step = [&] {
    return std::chrono::microseconds(in.take<std::uint32_t>() >> (in.take<std::uint8_t>() % 32));
  };
  if (kind % 2 == 0) {
    info.kind = Kind::counter;
    const auto range = in.take<std::uint64_t>() >> (in.take<std::uint8_t>() % 64);
    if (kind % 8 == 2) info.wrap = WrapRange::unknown();
    if (kind % 8 >= 4 && range > 0) info.wrap = WrapRange::modulus(range);
    std::vector<CounterSample> samples;
    std::uint64_t count = in.take<std::uint64_t>();
    while (in.more() && samples.size() < 64) {
      const auto what = in.take<std::uint8_t>();
      time += step();
      if (what % 8 == 1) count = in.take<std::uint64_t>();
      count += in.take<std::uint32_t>();
      samples.push_back({time, what % 8 == 0 ? std::nullopt : std::optional(count)});
    }
    if (samples.empty()) return 0;
    check_trace(integrate_counter(info, samples), [&] {
      std::vector<CounterSample> more;
      for (const CounterSample& s : samples) {
        more.push_back(s);
        more.push_back({s.time, std::nullopt});
      }
      return integrate_counter(info, more);
    });
  } else {
    info.kind = Kind::power;
    std::vector<PowerSample> samples;
    while (in.more() && samples.size() < 64) {
      const auto what = in.take<std::uint8_t>();
      time += step();
      const double watts = what % 8 == 1 ? in.take<double>() : in.take<std::uint16_t>() / 32.0;
      samples.push_back({time, what % 8 == 0
                                   ? std::nullopt
                                   : std::optional(Watts{.value = watts, .mean_since_previous = what % 16 > 7})});
    }
    if (samples.empty()) return 0;
    check_trace(integrate_power(info, samples), [&] {
      std::vector<PowerSample> more;
      for (const PowerSample& s : samples) {
        more.push_back(s);
        more.push_back({s.time, std::nullopt});
      }
      return integrate_power(info, more);
    });
  }
  return 0;
}
