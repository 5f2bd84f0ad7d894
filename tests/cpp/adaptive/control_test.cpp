// SPDX-License-Identifier: MIT
// Controllers and the pacer: budgets, ties, saved states, threads.
#include <co2lib/adaptive/control.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <co2lib/adaptive/pacer.hpp>
#include <co2lib/adaptive/plan.hpp>

#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

namespace {

const UtcTime start = intensity::parse_time("2026-01-01T00:00:00Z");
UtcTime hour(std::size_t t) { return start + std::chrono::hours(static_cast<long>(t)); }
CarbonIntensity g(double x) { return CarbonIntensity::from_g_per_kwh(x); }

/// A series with days and weeks in it.
std::vector<double> grid(std::size_t n, std::uint64_t seed = 1) {
  Draws draw(seed);
  std::vector<double> c(n);
  for (std::size_t t = 0; t < n; ++t) {
    c[t] = 250 + 120 * std::sin(static_cast<double>(t % 24) / 24 * 6.283) + 40 * std::sin(static_cast<double>(t) / 50) +
           draw(-30, 30);
  }
  return c;
}

double budget_of(const std::vector<double>& c, double kwh) {
  double sum = 0;
  for (const double x : c) sum += x * kwh;
  return sum;
}

}  // namespace

TEST(AdaptiveControl, PacingAtAConstantIntensityIsTheAgnosticMix) {
  const std::vector<double> c(2000, 321.5);
  const double budget = budget_of(c, 2.9);
  const Controlled did = control(toy(), Slots(c), CarbonMass::from_grams(budget));
  EXPECT_NEAR(did.spend_over_budget, 1, 4 * 321.5 * 24 / budget);
  EXPECT_NEAR(did.accuracy, agnostic_accuracy(hull(toy()), budget, budget_of(c, 1)), 0.05);
}

TEST(AdaptiveControl, EveryMethodKeepsNearTheBudgetAndBelowTheOptimum) {
  const std::vector<double> c = grid(3000);
  for (const Method method : all<Method>()) {
    const CarbonMass budget = CarbonMass::from_grams(budget_of(c, 5));
    const Controlled did = control(resnets(), Slots(c), budget, {.method = method});
    EXPECT_NEAR(did.spend_over_budget, 1, 0.03) << text(method);
    const double best = plan(resnets(), Slots(c), {.budget = std::max(did.carbon, budget)}).accuracy;
    EXPECT_LE(did.accuracy, best + 1e-9) << text(method);
    EXPECT_GT(*did.share_of_gain, 0.9) << text(method);
  }
}

TEST(AdaptiveControl, TheHardStopNeverBreaksAFeasibleBudget) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<double> c = grid(400, seed);
    Draws draw(seed);
    const std::vector<double> n = series(draw, c.size(), 0, 5);
    double exposure = 0;
    for (std::size_t t = 0; t < c.size(); ++t) exposure += c[t] * n[t];
    const double budget = exposure * draw(1.0, 4.0);
    const Controlled did = control(toy(), Slots(c), CarbonMass::from_grams(budget),
                                   {.method = Method::primal_dual, .lambda0_per_g = 1e-9, .hard_stop = true}, n);
    EXPECT_LE(did.carbon.grams(), budget * (1 + 1e-9)) << seed;
  }
}

TEST(AdaptivePacer, DecidesAsTheControllerOverASeries) {
  const std::vector<double> c = grid(800);
  const CarbonMass budget = CarbonMass::from_grams(budget_of(c, 5));
  for (const Method method : all<Method>()) {
    ControlOptions options{.method = method};
    if (method == Method::primal_dual) options.lambda0_per_g = 0.001;
    const Controlled did = control(resnets(), Slots(c), budget, options);
    Pacer pacer(resnets(), budget, {.horizon = std::chrono::hours(800), .control = options});
    for (std::size_t t = 0; t < c.size(); ++t) {
      const std::size_t m = pacer.choose(hour(t), g(c[t]));
      ASSERT_EQ(resnets()[m].energy.kwh(), did.energy_kwh[t]) << text(method) << t;
    }
    EXPECT_DOUBLE_EQ(pacer.spent().grams(), did.carbon.grams());
    EXPECT_EQ(pacer.requests(), 800);
  }
}

TEST(AdaptivePacer, GoesOnBitForBitAfterARestore) {
  const std::vector<double> c = grid(500);
  const CarbonMass budget = CarbonMass::from_grams(budget_of(c, 5));
  for (const Method method : all<Method>()) {
    for (const std::size_t cut : {0U, 1U, 100U, 333U}) {
      const PacerOptions options{.horizon = std::chrono::hours(500), .control = {.method = method}};
      Pacer whole(resnets(), budget, options);
      Pacer part(resnets(), budget, options);
      for (std::size_t t = 0; t < c.size(); ++t) {
        if (t == cut) part = Pacer::restore(resnets(), part.save());
        for (int call = 0; call < 3; ++call) {
          ASSERT_EQ(part.choose(hour(t), g(c[t] + call)), whole.choose(hour(t), g(c[t] + call))) << t;
        }
        if (t == cut + 20) part = Pacer::restore(resnets(), part.save());
      }
      EXPECT_EQ(part.save(), whole.save());
    }
  }
}

TEST(AdaptivePacer, RefusesWhatIsNoStateOfItsModels) {
  Pacer pacer(toy(), CarbonMass::from_grams(1e6));
  (void)pacer.choose(start, g(100));
  const std::string state = pacer.save();
  EXPECT_EQ(refused([&] { (void)Pacer::restore(resnets(), state); }).code, "adaptive.bad_state");
  EXPECT_EQ(refused([&] { (void)Pacer::restore(toy(), "{}"); }).code, "adaptive.bad_state");
  EXPECT_EQ(refused([&] { (void)Pacer::restore(toy(), "no json"); }).code, "adaptive.bad_state");
  for (std::size_t cut = 0; cut < state.size(); cut += 7) {
    EXPECT_EQ(refused([&] { (void)Pacer::restore(toy(), state.substr(0, cut)); }).code, "adaptive.bad_state");
  }
}

TEST(AdaptivePacer, RefusesBadCalls) {
  Pacer pacer(toy(), CarbonMass::from_grams(1e6), {.horizon = std::chrono::hours(10)});
  EXPECT_EQ(refused([&] { (void)pacer.choose(start, g(-1)); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)pacer.choose(start, g(NAN)); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)pacer.choose(start, g(1), -1); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)pacer.choose(start, g(1), 1, 1); }).code, "adaptive.bad_input");
  (void)pacer.choose(start, g(1));
  EXPECT_EQ(refused([&] { (void)pacer.choose(hour(10), g(1)); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)pacer.choose(start - std::chrono::hours(1), g(1)); }).code, "adaptive.bad_input");
  (void)pacer.choose(hour(5), g(1));
  EXPECT_NO_THROW((void)pacer.choose(hour(4), g(1)));  // a thread that is late counts in the latest hour
  EXPECT_EQ(refused([] { Pacer(toy(), CarbonMass::from_grams(-1)); }).code, "adaptive.bad_input");
}

TEST(AdaptivePacer, ServesNoModelAboveItsLimitOfLatency) {
  Pacer pacer(toy(), CarbonMass::from_grams(1e9), {.horizon = std::chrono::hours(48)});
  EXPECT_EQ(pacer.choose(start, g(100)), 2U);
  pacer.limit_latency(0, Seconds(1), {Seconds(0.1), Seconds(0.5), Seconds(1.5)});
  EXPECT_EQ(pacer.choose(start, g(100)), 1U);
  EXPECT_EQ(pacer.choose(hour(30), g(100)), 1U);  // after a new price too
  const auto refusal = refused([&] { pacer.limit_latency(0, Seconds(0.05), {Seconds(0.1), Seconds(1), Seconds(2)}); });
  EXPECT_EQ(refusal.code, "adaptive.infeasible");
  EXPECT_DOUBLE_EQ(refusal.detail("min_latency_s"), 0.1);
  EXPECT_EQ(pacer.choose(hour(30), g(100)), 1U);  // the refusal changed nothing
  Pacer again = Pacer::restore(toy(), pacer.save());
  EXPECT_EQ(again.choose(hour(31), g(100)), 1U);
  EXPECT_EQ(again.save(), (pacer.choose(hour(31), g(100)), pacer.save()));
  pacer.limit_latency(0, Seconds(1), {Seconds(0.1), Seconds(0.2), Seconds(0.3)});
  EXPECT_EQ(pacer.choose(hour(31), g(100)), 2U);
  EXPECT_EQ(refused([&] { pacer.limit_latency(1, Seconds(1), {}); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { pacer.limit_latency(0, Seconds(1), {Seconds(1)}); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] {
              pacer.limit_latency(0, Seconds(1), {Seconds(NAN), Seconds(0), Seconds(0)});
            }).code,
            "adaptive.bad_input");
}

TEST(AdaptivePacer, StopsHardWithinTheModelsThatMayServe) {
  Pacer pacer(toy(), CarbonMass::from_grams(1), {.horizon = std::chrono::hours(1), .control = {.hard_stop = true}});
  pacer.limit_latency(0, Seconds(1), {Seconds(2), Seconds(1), Seconds(1)});
  EXPECT_EQ(pacer.choose(start, g(100)), 1U);  // the smallest that may
}

TEST(AdaptivePacer, KeepsReceiptsThatAddUp) {
  std::string folder = (std::filesystem::temp_directory_path() / "pacer.XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::filesystem::path file = std::filesystem::path(folder) / "receipts.jsonl";
  std::vector<Model> models = toy();
  models[0].interval = Interval<Energy>{models[0].energy * 0.5, models[0].energy * 2};
  Pacer pacer(models, CarbonMass::from_grams(1e6), {.horizon = std::chrono::hours(48), .control = {.pue = 1.2}});
  pacer.keep_receipts(std::make_shared<ReceiptBook>(file));
  std::atomic<int> calls{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const std::string user = "user " + std::to_string(i);
        for (std::size_t k = 0; k < 300; ++k, ++calls) {
          (void)pacer.choose(hour(k / 10), g(100.1 + static_cast<double>(k % 7)), 1 + static_cast<double>(k % 3), 0,
                             user);
        }
      });
    }
  }
  pacer.keep_receipts(nullptr);
  const double kept = pacer.spent().grams();
  (void)pacer.choose(hour(40), g(100));  // no longer
  const Receipts read = read_receipts(file);
  EXPECT_EQ(read.skipped, 0U);
  EXPECT_EQ(read.receipts.size(), static_cast<std::size_t>(calls.load()));
  const auto sums = sum_receipts(read.receipts, {});
  EXPECT_NEAR(sums.at(0).carbon.grams() / kept, 1, 1e-12);
  EXPECT_EQ(sum_receipts(read.receipts, {ReceiptKey::user}).size(), 4U);
  for (const Receipt& r : read.receipts) {
    EXPECT_EQ(r.rejected.size(), 2U);
    EXPECT_EQ(std::count(r.rejected.begin(), r.rejected.end(), r.model), 0);
    EXPECT_NEAR((r.energy * r.intensity).grams() / r.carbon.grams(), 1, 1e-12);
    EXPECT_EQ(r.interval.has_value(), r.model == "small");
    if (r.interval) {
      EXPECT_NEAR(r.interval->high / r.carbon, 2, 1e-12);
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(AdaptivePacer, APolicyServesManyThreads) {
  const Policy policy(resnets(), 0.001);
  std::atomic<std::size_t> differ{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 2000; ++k) {
          const CarbonIntensity now = g(static_cast<double>(k));
          const std::size_t m = policy.choose(now);
          const Policy own(resnets(), 0.001);
          if (k % 100 == 0 && own.choose(now) != m) ++differ;
        }
      });
    }
  }
  EXPECT_EQ(differ, 0U);
}

TEST(AdaptivePacer, TakesCallsFromManyThreads) {
  Pacer pacer(toy(), CarbonMass::from_grams(1e5), {.horizon = std::chrono::hours(48)});
  std::atomic<int> calls{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::size_t k = 0; k < 2000; ++k, ++calls) {
          (void)pacer.choose(hour(k / 50), g(100 + static_cast<double>(k % 7)));
          if (k % 500 == 0) (void)pacer.save();
          if (k % 300 == 0) pacer.limit_latency(0, Seconds(1), {Seconds(0), Seconds(1), Seconds(k % 600 == 0 ? 2 : 1)});
        }
      });
    }
  }
  EXPECT_EQ(pacer.requests(), calls.load());
}

TEST(AdaptivePacer, SharesOneBudgetAmongClassesOfRequests) {
  const std::vector<double> c = grid(2000);
  const std::vector<RequestClass> classes{{"easy", {model("s", 1, 80), model("l", 4, 82)}},
                                          {"hard", {model("s", 1, 40), model("l", 4, 85)}}};
  const double budget = budget_of(c, 2 * 2.5);
  Pacer pacer(classes, CarbonMass::from_grams(budget), {.horizon = std::chrono::hours(2000)});
  std::array<int, 2> large{};
  for (std::size_t t = 0; t < c.size(); ++t) {
    for (std::size_t kind = 0; kind < 2; ++kind) large[kind] += pacer.choose(hour(t), g(c[t]), 1, kind) == 1 ? 1 : 0;
  }
  EXPECT_NEAR(pacer.spent().grams() / budget, 1, 0.02);
  EXPECT_GT(large[1], 10 * large[0]);  // what is gained decides: 15 times the points per g
}
