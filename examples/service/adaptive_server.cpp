// SPDX-License-Identifier: MIT
// A service that adapts: two classifiers, a day of the grid replayed hour by hour, a budget of carbon for it.
//
// Each request is served by the model that the pacer chooses for the intensity now; the tracker meters it. Both models
// stay in memory: a switch changes which one the next request gets, and those in flight end with theirs. At the end it
// prints what was served beside every baseline. `adaptive_server receipts.jsonl` keeps a receipt of each request.
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <co2lib/adaptive.hpp>
#include <co2lib/tracker.hpp>

#include "classifiers.hpp"
#include "http.hpp"
#include "request_meter.hpp"

namespace {

using namespace co2lib;

constexpr std::size_t hours = 24;
constexpr std::size_t clients = 4;
constexpr std::size_t requests_each = 8;  // per hour
constexpr std::size_t requests = clients * requests_each;

/// g/kWh of a day with much sun. Yesterday was alike, and is the forecast; whole hours are given to one model, so that
/// what is left of the budget may be that of one hour.
std::vector<double> sunny(double most, double least) {
  std::vector<double> day(hours);
  for (std::size_t h = 0; h < hours; ++h) {
    const double sun = std::sin((static_cast<double>(h) - 6) / 12 * 3.14159265);
    day[h] = most - (most - least) * std::max(sun, 0.0) + 2 * static_cast<double>(h);
  }
  return day;
}

/// Joules of one request of a model, by the tracker: as many as there is time for in 0.3 s.
Energy energy_of(Tracker& tracker, const service::Named& model, const std::vector<service::Labelled>& examples) {
  Region region = tracker.region("calibrate " + model.name);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  std::size_t count = 0;
  std::size_t right = 0;
  for (; std::chrono::steady_clock::now() < end; ++count) {
    const service::Labelled& one = examples[count % examples.size()];
    right += model.classifier->classify(one.picture) == one.label ? 1U : 0U;
  }
  region.end();
  const auto result = region.result();
  if (!result || !result->energy.value || right > count) {
    throw std::runtime_error("the energy of a request is unknown; `co2lib sensors` says why");
  }
  return *result->energy.value / static_cast<double>(count);
}

double accuracy_of(const service::Named& model, const std::vector<service::Labelled>& examples) {
  std::size_t right = 0;
  for (const service::Labelled& one : examples) right += model.classifier->classify(one.picture) == one.label ? 1U : 0U;
  return 100 * static_cast<double>(right) / static_cast<double>(examples.size());
}

/// What was served, hour by hour.
class Ledger {
 public:
  struct Hour {
    std::array<std::size_t, 2> served{};
    double joules = 0;  ///< metered
  };
  void add(std::size_t hour, std::size_t model, const service::Used& used) {
    const std::lock_guard lock(mutex_);
    ++hours_[hour].served[model];
    if (used.energy) hours_[hour].joules += used.energy->joules();
  }
  [[nodiscard]] std::array<Hour, hours> all() const {
    const std::lock_guard lock(mutex_);
    return hours_;
  }

 private:
  mutable std::mutex mutex_;
  std::array<Hour, hours> hours_{};
};

std::vector<adaptive::Model> measured(Tracker& tracker, const std::vector<service::Named>& classifiers,
                                      const std::vector<service::Labelled>& test) {
  std::vector<adaptive::Model> models;
  for (const service::Named& one : classifiers) {
    models.push_back({.name = one.name, .energy = energy_of(tracker, one, test), .accuracy = accuracy_of(one, test)});
    std::printf("%s: %s per request, %.1f %% right\n", one.name.c_str(), to_string(models.back().energy).c_str(),
                models.back().accuracy);
  }
  return models;
}

/// What clients saw.
struct Seen {
  std::atomic<std::size_t> right{0};
  std::atomic<std::size_t> failed{0};
};

void replay(int port, std::atomic<std::size_t>& hour, const std::vector<service::Labelled>& test, Seen& seen) {
  const auto client = [&](std::size_t which) {
    httplib::Client http("127.0.0.1", port);
    for (std::size_t i = 0; i < requests_each; ++i) {
      const service::Labelled& one = test[(hour * requests + which * requests_each + i) % test.size()];
      const auto answer = http.Post("/classify", service::body_of(one.picture), "application/octet-stream");
      if (!answer || answer->status != 200) {
        ++seen.failed;
      } else if (answer->body == std::to_string(one.label)) {
        ++seen.right;
      }
    }
  };
  for (std::size_t h = 0; h < hours; ++h) {
    hour = h;
    std::vector<std::jthread> threads;
    for (std::size_t which = 0; which < clients; ++which) threads.emplace_back(client, which);
  }
}

/// Prints the day; returns whether both models served.
bool print(const adaptive::Plan& plan, const adaptive::Pacer& pacer, const Ledger& ledger, const Seen& seen,
           const std::vector<double>& day) {
  std::array<std::size_t, 2> served{};
  double joules = 0;
  double grams = 0;
  std::printf("hour  g/kWh  %s / %s\n", plan.models[0].name.c_str(), plan.models[1].name.c_str());
  const auto all = ledger.all();
  for (std::size_t h = 0; h < hours; ++h) {
    std::printf("%4zu %6.0f  %3zu / %3zu\n", h, day[h], all[h].served[0], all[h].served[1]);
    for (std::size_t m = 0; m < 2; ++m) served[m] += all[h].served[m];
    joules += all[h].joules;
    grams += (Energy::from_joules(all[h].joules) * CarbonIntensity::from_g_per_kwh(day[h])).grams();
  }
  std::printf("\n%s\n", to_string(adaptive::report(plan)).c_str());
  const double count = static_cast<double>(hours * requests);
  std::printf("served: %zu requests by %s, %zu by %s, %zu failed\n", served[0], plan.models[0].name.c_str(), served[1],
              plan.models[1].name.c_str(), seen.failed.load());
  std::printf("accuracy: %.1f %% of the answers were right; the models promise %.1f %%\n",
              100 * static_cast<double>(seen.right) / count,
              (static_cast<double>(served[0]) * plan.models[0].accuracy +
               static_cast<double>(served[1]) * plan.models[1].accuracy) /
                  count);
  std::printf("carbon: %s charged of a budget of %s; metered with everything around it %s, %s\n",
              to_string(pacer.spent()).c_str(), to_string(pacer.budget()).c_str(),
              to_string(Energy::from_joules(joules)).c_str(), to_string(CarbonMass::from_grams(grams)).c_str());
  return served[0] > 0 && served[1] > 0;
}

const UtcTime midnight = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1));

adaptive::PacerOptions day_of_requests() {
  adaptive::PacerOptions options{.horizon = std::chrono::hours(hours), .start = midnight};
  options.control.method = adaptive::Method::mpc;
  options.control.requests_per_slot = static_cast<double>(requests);
  options.control.hard_stop = true;
  return options;
}

/// All that a request needs.
struct App {
  const std::vector<service::Named>& classifiers;
  adaptive::Pacer& pacer;
  service::RequestMeter& meter;
  Ledger& ledger;
  const std::vector<double>& day;
  std::optional<adaptive::ReceiptBook>& book;
  std::atomic<std::size_t> hour{0};  ///< of the replayed day; a service takes the clock and a live source

  void classify(const httplib::Request& request, httplib::Response& response) {
    const auto picture = service::picture_of(request);
    if (!picture) {
      response.status = 400;
      return;
    }
    const std::size_t now = hour;
    const auto time = midnight + std::chrono::hours(static_cast<long>(now));
    const auto intensity = CarbonIntensity::from_g_per_kwh(day[now]);
    const adaptive::Decision decision = pacer.decide(time, intensity);
    const service::Named& model = classifiers[decision.model];
    int label = 0;
    const service::Used used = meter.measure([&] {
      label = model.classifier->classify(*picture);
      return model.name;
    });
    ledger.add(now, decision.model, used);
    if (book) {
      book->add({.time = time,
                 .model = model.name,
                 .rejected = {classifiers[1 - decision.model].name},
                 .energy = decision.energy,
                 .intensity = intensity,
                 .carbon = decision.carbon});
    }
    service::set_headers(response, used);
    response.set_header("X-Model", model.name);
    response.set_content(std::to_string(label), "text/plain");
  }
};

}  // namespace

int main(int count, char** arguments) try {
  Tracker tracker(tracker::Options{.intensity = CarbonIntensity::from_g_per_kwh(300)});
  const std::vector<service::Named> classifiers = service::train(service::pictures(3000, 1));
  const std::vector<service::Labelled> test = service::pictures(400, 2);
  const std::vector<adaptive::Model> models = measured(tracker, classifiers, test);

  const std::vector<double> day = sunny(420, 90);
  const std::vector<double> demand(hours, static_cast<double>(requests));
  double exposure = 0;  // requests x g/kWh
  for (const double c : day) exposure += c * static_cast<double>(requests);
  const CarbonMass budget = CarbonMass::from_grams(exposure * (models[0].energy.kwh() + models[1].energy.kwh()) / 2);
  const adaptive::Plan plan = adaptive::plan(models, adaptive::Slots(day), {.demand = demand, .budget = budget});

  adaptive::Pacer pacer(models, budget, day_of_requests());
  pacer.expect(midnight, sunny(424, 92));  // yesterday
  std::optional<adaptive::ReceiptBook> book;
  if (count > 1) book.emplace(arguments[1]);
  Ledger ledger;
  Seen seen;
  service::RequestMeter meter(tracker);
  App app{classifiers, pacer, meter, ledger, day, book};
  httplib::Server server;
  server.Post("/classify", [&](const auto& request, auto& response) { app.classify(request, response); });
  server.Get("/metrics", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(meter.text(), tracker::openmetrics_type);
  });
  {
    const service::Listening listening(server);
    replay(listening.port(), app.hour, test, seen);
  }
  const bool both = print(plan, pacer, ledger, seen, day);
  const double spent = pacer.spent() / budget;
  if (seen.failed > 0 || !both || !(spent > 0.85 && spent < 1.02)) {
    std::printf("not as it should be: spent %.3f of the budget\n", spent);
    return 1;
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
