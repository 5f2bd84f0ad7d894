// SPDX-License-Identifier: MIT
// What the tests of the tracker stand on: a clock moved by hand, a counter that follows a power, a folder for logs.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/testing.hpp>
#include <co2lib/tracker.hpp>

namespace co2lib::tracker {

class Bench : public ::testing::Test {
 protected:
  Bench() : clock(std::make_shared<ManualClock>()), cpu(FakeMeter::counter(*clock, package(), 100, 5'000'000)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "co2lib-bench-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~Bench() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  static meter::MeterInfo package(const std::string& id = "package-0", const std::string& name = "package-0") {
    meter::MeterInfo info{.id = id};
    info.control = "intel-rapl";
    info.name = name;
    info.domain = meter::Domain::package;
    info.provider = "powercap";
    info.accuracy = 0.05;
    info.least_window_s = 0.1;
    info.wrap = meter::WrapRange::modulus(262143328850);
    return info;
  }

  Options options() {
    Options o;
    o.intensity = CarbonIntensity::from_g_per_kwh(100);
    o.meters = std::vector<MeterChoice>{cpu};
    o.clock = clock;
    o.host = machine.host();
    o.fsync = false;
    return o;
  }
  Options logged(const std::string& name = "run.jsonl") {
    Options o = options();
    o.log = folder / name;
    return o;
  }
  /// Moves the clock once the sampling thread waits for it.
  void go(std::chrono::nanoseconds step, std::size_t waiters = 1) {
    ASSERT_TRUE(clock->wait_for_waiters(waiters));
    ASSERT_TRUE(clock->advance(step));
  }
  static const RegionFootprint& region(const Footprint& f, const std::string& name) {
    for (const RegionFootprint& r : f.regions) {
      if (r.name == name) return r;
    }
    throw std::out_of_range(name);
  }
  static std::string code_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return "no error";
  }

  std::shared_ptr<ManualClock> clock;
  std::shared_ptr<FakeMeter> cpu;
  FakeHost machine;
  std::filesystem::path folder;
};

}  // namespace co2lib::tracker
