// SPDX-License-Identifier: MIT
// A meter of your own, a log, and the same run priced for another grid.
#include <chrono>
#include <filesystem>
#include <thread>

#include <co2lib/intensity.hpp>
#include <co2lib/tracker.hpp>

int main() {
  using namespace co2lib;
  const auto log = std::filesystem::temp_directory_path() / "co2lib-own-meter.jsonl";
  std::filesystem::remove(log);

  // Anything that answers with watts is a meter: here a supply of 180 W.
  auto supply = meter::make_meter(
      {.id = "supply", .device = meter::Device::platform, .kind = meter::Kind::power, .accuracy = 0.02},
      [] { return Power::from_watts(180); });

  tracker::Options options;
  options.location = "gcp:europe-west9";
  options.log = log;
  options.meters = std::vector<tracker::MeterChoice>{supply};
  Tracker tracker(options);
  {
    auto work = tracker.region("work");
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  fmt::print("{}\n\n", tracker.stop());

  const auto norway = intensity::location_source("NOR");
  const Footprint elsewhere = tracker::reprice(tracker::load(log), norway).footprint();
  fmt::print("in Norway: {}\n", elsewhere.operational.value.value());
  std::filesystem::remove(log);
}
