// SPDX-License-Identifier: MIT
// What each request of a service used: a region of the tracker for each, shared among those in flight at the same time.
//
// A region's energy is that of the machine in its time, so two requests at once would count it twice. Time is therefore
// shared: while k requests are in flight, each gets 1/k of it. The parts of all requests then add up to what the
// machine used while there were any; what it used between them is nobody's, and stays in the tracker's total.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/tracker.hpp>
#include <co2lib/tracker/openmetrics.hpp>

namespace service {

/// What a request used; absent where it was not measured.
struct Used {
  std::optional<co2lib::Energy> energy{};
  std::optional<co2lib::CarbonMass> carbon{};  ///< by the tracker's intensity, PUE included
};

class RequestMeter {
 public:
  explicit RequestMeter(co2lib::Tracker& tracker) : tracker_(tracker) {}

  /// Runs `work` as a request, which is counted under the name that it returns. Any thread may call.
  template <class Work>
  Used measure(Work work) {
    const double begin = change(+1);
    const auto from = Clock::now();
    co2lib::Region region = tracker_.region("request");
    std::string name;
    try {
      name = work();
    } catch (...) {
      region.cancel();
      change(-1);
      throw;
    }
    region.end();
    const std::chrono::duration<double> time = Clock::now() - from;
    const double mine = change(-1) - begin;  // seconds
    Used used;
    if (const auto result = region.result(); result && time.count() > 0) {
      const double part = std::min(mine / time.count(), 1.0);
      if (result->energy.value) used.energy = *result->energy.value * part;
      if (result->carbon.value) used.carbon = *result->carbon.value * part;
    }
    const std::lock_guard lock(mutex_);
    Sum& sum = sums_[name];
    sum.requests += 1;
    sum.seconds += time.count();
    if (used.energy) sum.joules = sum.joules.value_or(0) + used.energy->joules();
    if (used.carbon) sum.grams = sum.grams.value_or(0) + used.carbon->grams();
    return used;
  }

  /// The run and the requests as OpenMetrics text.
  [[nodiscard]] std::string text() {
    using co2lib::tracker::MetricFamily;
    using co2lib::tracker::MetricType;
    const auto family = [](const char* name, const char* unit, const char* help) {
      return MetricFamily{
          .name = name, .type = MetricType::counter, .unit = unit, .help = help, .labels = {"model"}, .samples = {}};
    };
    std::vector<MetricFamily> more{
        family("service_requests", "", "Requests served."),
        family("service_request_seconds", "seconds", "Time in requests."),
        family("service_request_energy_joules", "joules", "The requests' part of the machine's energy."),
        family("service_request_emissions_grams", "grams", "The requests' part of the carbon in g CO2e.")};
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [name, sum] : sums_) {
        more[0].samples.push_back({{name}, sum.requests});
        more[1].samples.push_back({{name}, sum.seconds});
        if (sum.joules) more[2].samples.push_back({{name}, *sum.joules});
        if (sum.grams) more[3].samples.push_back({{name}, *sum.grams});
      }
    }
    return metrics_.text(tracker_.snapshot(), more);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Sum {
    double requests = 0;
    double seconds = 0;
    std::optional<double> joules{};
    std::optional<double> grams{};
  };

  /// One more or less in flight; returns the time in s that a request in flight throughout would have had so far.
  double change(int by) {
    const std::lock_guard lock(sharing_);
    const auto now = Clock::now();
    if (in_flight_ > 0) shared_ += std::chrono::duration<double>(now - last_).count() / in_flight_;
    last_ = now;
    in_flight_ += by;
    return shared_;
  }

  co2lib::Tracker& tracker_;
  co2lib::tracker::OpenMetrics metrics_;
  std::mutex sharing_;
  Clock::time_point last_{};
  int in_flight_ = 0;
  double shared_ = 0;
  std::mutex mutex_;
  std::map<std::string, Sum> sums_;
};

}  // namespace service
