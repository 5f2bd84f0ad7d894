// SPDX-License-Identifier: MIT
// Requests that differ: duality over classes, and a seeded stream served online over a replayed year.
#include <co2lib/adaptive/classes.hpp>

#include <cmath>

#include "adaptive/golden.hpp"
#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

namespace {

std::vector<RequestClass> kinds() {
  return {{"easy", {model("small", 1, 88), model("large", 4, 90)}},
          {"usual", {model("small", 1, 70), model("medium", 2, 80), model("large", 4, 84)}},
          {"hard", {model("small", 1.2, 40), model("medium", 2.4, 55), model("large", 4.5, 78)}}};
}

}  // namespace

TEST(AdaptiveClasses, SatisfyStrongDuality) {
  const std::vector<RequestClass> classes = kinds();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Draws draw(seed);
    const std::vector<double> c = series(draw, 7, 30, 500);
    std::vector<std::vector<double>> n;
    for (std::size_t k = 0; k < 3; ++k) n.push_back(series(draw, 7, 0.1, 5));
    double exposure = 0;
    double requests = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t t = 0; t < 7; ++t) exposure += n[k][t] * c[t], requests += n[k][t];
    }
    const double budget = exposure * draw(1.3, 4);
    const ClassesPlan p = plan_classes(kinds(), Slots(c), n, CarbonMass::from_grams(budget));
    double value = p.lambda_per_g * budget;  // of the dual at the plan's lambda
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t t = 0; t < 7; ++t) {
        double best = -INFINITY;
        for (const Model& m : classes[k].models) {
          best = std::max(best, m.accuracy - p.lambda_per_g * c[t] * m.energy.kwh());
        }
        value += n[k][t] * best;
      }
    }
    EXPECT_NEAR(p.accuracy * requests, value, 1e-9 * value) << seed;
    EXPECT_GE(p.right_sizing, 0);
    EXPECT_GE(p.because_of_carbon, -1e-9);
  }
  const auto low = refused([] {
    (void)plan_classes({kinds()[0]}, Slots(std::vector<double>{100.0}), {{2.0}}, CarbonMass::from_grams(199));
  });
  EXPECT_DOUBLE_EQ(low.detail("min_carbon_g"), 200);
}

TEST(AdaptiveClasses, LimitsOfLatencyDropModelsWhereTheQueueIsLong) {
  const std::vector<RequestClass> classes{kinds()[0], kinds()[2]};
  const Slots c(std::vector<double>{100, 100, 100});
  const std::vector<std::vector<double>> n{{1, 1, 1}, {1, 1, 1}};
  const CarbonMass all = CarbonMass::from_grams(1e4);
  // In slot 1 the queue of the hard class is long: its large model is beyond the limit.
  const std::vector<ClassLimits> limits{{},
                                        {.latency_limit = {Seconds(1)},
                                         .latency = {{Seconds(0.1), Seconds(0.2), Seconds(0.4)},
                                                     {Seconds(0.5), Seconds(1.0), Seconds(2.0)},
                                                     {Seconds(0.1), Seconds(0.2), Seconds(0.4)}},
                                         .accuracy_floor = {}}};
  const ClassesPlan p = plan_classes(classes, c, n, all, 1, limits);
  EXPECT_EQ(p.mixes[1][0].model, 2U);
  EXPECT_EQ(p.mixes[1][1].model, 1U);
  EXPECT_EQ(p.mixes[0][1].model, 1U);  // the other class has no limit
  EXPECT_DOUBLE_EQ(p.accuracy, (3 * 90 + 78 + 55 + 78) / 6.0);
  EXPECT_DOUBLE_EQ(p.agnostic_accuracy, p.accuracy);
  EXPECT_LT(p.accuracy, plan_classes(classes, c, n, all).accuracy);
  std::vector<ClassLimits> none = limits;
  none[1].latency_limit = {Seconds(0.3)};
  const auto low = refused([&] { (void)plan_classes(classes, c, n, all, 1, none); });
  EXPECT_EQ(low.code, "adaptive.infeasible");
  EXPECT_DOUBLE_EQ(low.detail("min_latency_s"), 0.5);
  EXPECT_EQ(refused([&] { (void)plan_classes(classes, c, n, all, 1, {limits[0]}); }).code, "adaptive.bad_input");
}

TEST(AdaptiveClasses, OnlineTheBudgetIsMetAndNearlyAllOfTheGainIsHad) {
  if (golden::traces().empty()) GTEST_SKIP() << "the traces are not here";
  for (const char* name :
       {"em_US-CAL-CISO_2022_hourly.csv", "em_US-TEX-ERCO_2022_hourly.csv", "em_GB_2022_hourly.csv"}) {
    const std::vector<RequestClass> classes = kinds();
    const Slots year(golden::trace(name, "lca"));
    Draws draw(11);
    std::vector<std::vector<double>> n(3, std::vector<double>(year.size()));
    double exposure = 0;
    double requests_in_all = 0;
    for (std::size_t t = 0; t < year.size(); ++t) {
      const double day = 4 + 3 * std::sin(static_cast<double>(t % 24) / 24 * 6.283);
      for (auto& kind : n) {
        kind[t] = std::floor(draw(0.5, 1.5) * day);
        exposure += kind[t] * year.g_per_kwh[t];
        requests_in_all += kind[t];
      }
    }
    const CarbonMass budget = CarbonMass::from_grams(2.2 * exposure);
    const ClassesPlan best = plan_classes(kinds(), year, n, budget);
    PacerOptions options{.horizon = std::chrono::hours(static_cast<long>(year.size()))};
    options.control.window = year.size();  // all that is past
    options.control.beyond = 1440;
    options.control.requests_per_slot = requests_in_all / static_cast<double>(year.size());
    Pacer pacer(classes, budget, options);
    double points = 0;
    double requests = 0;
    for (std::size_t t = 0; t < year.size(); ++t) {
      for (std::size_t k = 0; k < 3; ++k) {
        for (double i = 0; i < n[k][t]; ++i) {
          const std::size_t m = pacer.choose(UtcTime() + std::chrono::hours(static_cast<long>(t)),
                                             CarbonIntensity::from_g_per_kwh(year.g_per_kwh[t]), 1, k);
          points += classes[k].models[m].accuracy;
          ++requests;
        }
      }
    }
    EXPECT_NEAR(pacer.spent() / budget, 1, 0.005) << name;
    EXPECT_GE(points / requests - best.smallest_accuracy, 0.98 * (best.accuracy - best.smallest_accuracy)) << name;
    EXPECT_GT(best.because_of_carbon, 0) << name;
  }
}
