// SPDX-License-Identifier: MIT
// The laws of plans: duality, enumeration, invariances, thresholds, and what is refused.
#include <co2lib/adaptive/plan.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

namespace {

Plan for_budget(const std::vector<Model>& models, const std::vector<double>& c, double grams,
                const std::vector<double>& demand = {}) {
  return plan(models, Slots(c), {.demand = demand, .budget = CarbonMass::from_grams(grams)});
}

/// A small case drawn at random, with a budget between the least and the most.
struct Case {
  std::vector<Model> models;
  std::vector<double> c;
  std::vector<double> n;
  double budget = 0;
  double requests = 0;
};

Case random_case(std::uint64_t seed, std::size_t slots) {
  Draws draw(seed);
  Case k;
  k.models = family(draw, 2 + draw.below(5));
  k.c = series(draw, slots, 20, 600);
  k.n = series(draw, slots, 0.5, 9);
  if (seed % 5 == 0) k.c[0] = 0;
  if (seed % 7 == 0 && slots > 1) k.n[slots - 1] = 0;
  const Hull h = hull(k.models);
  double least = 0;
  double most = 0;
  for (std::size_t t = 0; t < slots; ++t) {
    least += k.n[t] * k.c[t] * h.energy_kwh.front();
    most += k.n[t] * k.c[t] * h.energy_kwh.back();
    k.requests += k.n[t];
  }
  k.budget = draw(least, 1.1 * most);
  return k;
}

/// min over lambda of lambda B + sum of n max(a - lambda c e): the dual, over its kinks.
double dual(const Case& k) {
  std::vector<double> kinks{0};
  const Hull h = hull(k.models);
  for (const double slope : h.slopes) {
    for (std::size_t t = 0; t < k.c.size(); ++t) {
      if (k.c[t] > 0) kinks.push_back(slope / k.c[t]);
    }
  }
  double least = INFINITY;
  for (const double lambda : kinks) {
    double value = lambda * k.budget;
    for (std::size_t t = 0; t < k.c.size(); ++t) {
      double best = -INFINITY;
      for (const Model& m : k.models) best = std::max(best, m.accuracy - lambda * k.c[t] * m.energy.kwh());
      value += k.n[t] * best;
    }
    least = std::min(least, value);
  }
  return least;
}

}  // namespace

TEST(AdaptivePlan, SatisfiesStrongDuality) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Case k = random_case(seed, 1 + seed % 9);
    const Plan p = for_budget(k.models, k.c, k.budget, k.n);
    EXPECT_NEAR(p.accuracy * k.requests, dual(k), 1e-9 * dual(k)) << seed;
    EXPECT_LE(p.carbon.grams(), k.budget * (1 + 1e-12)) << seed;
    EXPECT_NEAR(p.carbon_under(Slots(k.c)).grams(), p.carbon.grams(), 1e-9 * p.carbon.grams()) << seed;
  }
}

TEST(AdaptivePlan, IsNotBeatenByAnyWholeChoice) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Case k = random_case(seed, 4);
    const Plan p = for_budget(k.models, k.c, k.budget, k.n);
    std::vector<std::size_t> choice(4, 0);
    while (true) {
      double carbon = 0;
      double points = 0;
      for (std::size_t t = 0; t < 4; ++t) {
        carbon += k.n[t] * k.c[t] * k.models[choice[t]].energy.kwh();
        points += k.n[t] * k.models[choice[t]].accuracy;
      }
      if (carbon <= k.budget) {
        ASSERT_LE(points / k.requests, p.accuracy * (1 + 1e-12)) << seed;
      }
      std::size_t t = 0;
      while (t < 4 && ++choice[t] == k.models.size()) choice[t++] = 0;
      if (t == 4) break;
    }
  }
}

TEST(AdaptivePlan, ForAnAccuracyIsTheInverseOfThatForABudget) {
  for (std::uint64_t seed = 1; seed < 100; ++seed) {
    const Case k = random_case(seed, 6);
    const Plan there = for_budget(k.models, k.c, k.budget, k.n);
    const Plan back = plan(k.models, Slots(k.c), {.demand = k.n, .accuracy = there.accuracy});
    EXPECT_NEAR(back.carbon.grams(), there.carbon.grams(), 1e-9 * there.carbon.grams() + 1e-9) << seed;
    const Plan priced = plan(k.models, Slots(k.c), {.demand = k.n, .price = there.lambda_per_g});
    EXPECT_LE(priced.carbon.grams(), there.carbon.grams() * (1 + 1e-9)) << seed;
  }
}

TEST(AdaptivePlan, ScalesWithTheIntensityAndForgetsOrder) {
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    Case k = random_case(seed, 7);
    const Plan p = for_budget(k.models, k.c, k.budget, k.n);
    Case scaled = k;
    for (double& c : scaled.c) c *= 3;
    const Plan three = for_budget(k.models, scaled.c, 3 * k.budget, k.n);
    EXPECT_NEAR(three.accuracy, p.accuracy, 1e-9) << seed;
    EXPECT_NEAR(three.lambda_per_g, p.lambda_per_g / 3, 1e-12 * p.lambda_per_g) << seed;
    std::reverse(k.models.begin(), k.models.end());
    std::reverse(k.c.begin(), k.c.end());
    std::reverse(k.n.begin(), k.n.end());
    const Plan reversed = for_budget(k.models, k.c, k.budget, k.n);
    EXPECT_NEAR(reversed.accuracy, p.accuracy, 1e-9) << seed;
    EXPECT_NEAR(reversed.lambda_per_g, p.lambda_per_g, 1e-12 * p.lambda_per_g) << seed;
  }
}

TEST(AdaptivePlan, IsTheSameWithAModelBelowTheHull) {
  std::vector<Model> models = toy();
  const Plan p = for_budget(models, {100, 200, 400}, 1100);
  models.push_back(model("on a chord", 3, 85));
  models.push_back(model("below", 3.5, 70));
  EXPECT_EQ(for_budget(models, {100, 200, 400}, 1100).accuracy, p.accuracy);
  EXPECT_EQ(for_budget(models, {100, 200, 400}, 1100).lambda_per_g, 0.05);
}

TEST(AdaptivePlan, AccuracyIsConcaveInTheBudget) {
  const Case k = random_case(3, 9);
  double last = -INFINITY;
  double last_step = INFINITY;
  const Hull h = hull(k.models);
  double exposure = 0;
  for (std::size_t t = 0; t < k.c.size(); ++t) exposure += k.n[t] * k.c[t];
  for (int i = 0; i <= 100; ++i) {
    const double e = h.energy_kwh.front() + (h.energy_kwh.back() - h.energy_kwh.front()) * i / 100;
    const double a = for_budget(k.models, k.c, e * exposure * (1 + 1e-13), k.n).accuracy;
    if (i > 0) {
      EXPECT_GE(a - last, -1e-9);
      EXPECT_LE(a - last, last_step + 1e-9);
      last_step = a - last;
    }
    last = a;
  }
}

TEST(AdaptivePlan, TheToyOfTheDocs) {
  const std::vector<double> c{100, 200, 400};
  EXPECT_DOUBLE_EQ(for_budget(toy(), c, 1200).accuracy, 60 + 50.0 / 3);
  const Plan p = for_budget(toy(), c, 1100);
  EXPECT_EQ(p.mix(0), (Mix{1, 2, 0.5}));
  EXPECT_EQ(p.mix(2), (Mix{0, 0, 0}));
  EXPECT_EQ(p.thresholds_g_per_kwh(), (std::vector<double>{400, 100}));
  ASSERT_EQ(p.singles.size(), 3U);
  EXPECT_EQ(p.singles[1].carbon, CarbonMass::from_grams(1400));
  EXPECT_EQ(for_budget(toy(), c, 1e6).lambda_per_g, 0);
  EXPECT_TRUE(for_budget(toy(), c, 1e6).thresholds_g_per_kwh().empty());
}

TEST(AdaptivePlan, RefusalsNameTheNearestThatIsFeasible) {
  const auto low = refused([] { (void)for_budget(toy(), {100, 200, 400}, 699); });
  EXPECT_EQ(low.code, "adaptive.infeasible");
  EXPECT_DOUBLE_EQ(low.detail("min_carbon_g"), 700);
  EXPECT_NO_THROW((void)for_budget(toy(), {100, 200, 400}, low.detail("min_carbon_g")));
  const auto high = refused([] { (void)plan(toy(), Slots(std::vector<double>{100.0}), {.accuracy = 90.5}); });
  EXPECT_DOUBLE_EQ(high.detail("max_accuracy"), 90);
  EXPECT_NO_THROW((void)plan(toy(), Slots(std::vector<double>{100.0}), {.accuracy = 90.0}));
}

TEST(AdaptivePlan, RefusesBadInputByFieldAndPosition) {
  const auto text = [](const auto& call) {
    const auto r = refused(call);
    return r.code + ": " + r.text;
  };
  EXPECT_NE(text([] {
              (void)for_budget(toy(), {1, NAN}, 10);
            }).find("bad_input: intensity[1] is missing"),
            std::string::npos);
  EXPECT_NE(text([] { (void)for_budget(toy(), {1, -2}, 10); }).find("bad_input: intensity[1]: -2"), std::string::npos);
  EXPECT_NE(text([] {
              (void)for_budget(toy(), {1, INFINITY}, 10);
            }).find("bad_input: intensity[1]"),
            std::string::npos);
  EXPECT_NE(text([] { (void)for_budget(toy(), {1, 2}, 10, {1, -1}); }).find("bad_input: demand[1]"), std::string::npos);
  EXPECT_NE(text([] { (void)for_budget(toy(), {1, 2}, 10, {0, 0}); }).find("bad_input: demand"), std::string::npos);
  EXPECT_NE(text([] { (void)for_budget(toy(), {1, 2}, -1); }).find("bad_input: budget"), std::string::npos);
  EXPECT_NE(text([] { (void)plan(toy(), Slots(std::vector<double>{1.0}), {}); }).find("exactly one of"),
            std::string::npos);
  EXPECT_NE(text([] { (void)plan(toy(), Slots(std::vector<double>{1.0}), {.price = 1.0, .pue = 0.9}); }).find("pue"),
            std::string::npos);
  EXPECT_NE(text([] { (void)for_budget({model("x", 1e300, 1)}, {1e300}, 1e308); }).find("beyond every number"),
            std::string::npos);
  EXPECT_NE(text([] {
              (void)for_budget({model("a", 1, 1), model("a", 2, 2)}, {1}, 1);
            }).find("bad_model: model 'a'"),
            std::string::npos);
}

TEST(AdaptivePlan, LimitsDropModelsPerSlot) {
  std::vector<Model> models = toy();
  models[0].latency = Seconds(0.01);
  models[1].latency = Seconds(0.02);
  models[2].latency = Seconds(0.04);
  const Slots slots(std::vector<double>{100, 200, 400});
  const Plan p = plan(models, slots, {.price = 0.0, .latency_limit = {Seconds(0.04), Seconds(0.03), Seconds(0.01)}});
  EXPECT_EQ(p.mix(0).model, 2U);
  EXPECT_EQ(p.mix(1).model, 1U);
  EXPECT_EQ(p.mix(2).model, 0U);
  const auto none = refused([&] { (void)plan(models, slots, {.price = 0.0, .latency_limit = {Seconds(0.005)}}); });
  EXPECT_EQ(none.code, "adaptive.infeasible");
  EXPECT_DOUBLE_EQ(none.detail("min_latency_s"), 0.01);
  const Plan floors = plan(models, slots, {.price = 1e9, .accuracy_floor = {0, 70, 85}});
  EXPECT_EQ(floors.mix(1).model, 1U);
  EXPECT_EQ(floors.mix(2).model, 2U);
}

TEST(AdaptivePlan, IdlePowerAndPueAreCountedButDoNotDecide) {
  const Slots slots(std::vector<double>{100, 200});
  const Plan p = plan(toy(), slots, {.price = 0.05, .pue = 1.5, .idle = Power::from_kilowatts(2)});
  EXPECT_DOUBLE_EQ(p.idle.grams(), 2 * 300 * 1.5);
  EXPECT_DOUBLE_EQ(p.carbon.grams(), 1.5 * (2 * 100 + 2 * 200));
}

TEST(AdaptivePlan, OfAForecastSaysSoAndWhatItsIntervalMeans) {
  intensity::Forecast f;
  f.g_per_kwh = {100, 200};
  f.half_widths.assign(2, {10.0, 50.0, 100.0});
  const Plan p = plan(toy(), Slots(f), {.price = 0.001});
  EXPECT_TRUE(p.slots.forecast);
  ASSERT_TRUE(p.carbon_interval);
  EXPECT_DOUBLE_EQ(p.carbon_interval->low.grams(), 4 * 200);
  EXPECT_DOUBLE_EQ(p.carbon_interval->high.grams(), 4 * 400);
}

TEST(AdaptiveStatic, AVertexIsOptimalExactlyWhenThePlanSavesNothing) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Draws draw(seed);
    const double spread = draw(1.01, 12);
    std::vector<double> c = series(draw, 30, 100, 100 * spread);
    c[0] = 100, c[1] = 100 * spread;
    for (const Model& m : resnets()) {
      const StaticOptimal s = static_optimal(resnets(), Slots(c), m.name);
      const Plan p = plan(resnets(), Slots(c), {.accuracy = m.accuracy});
      double single = 0;
      for (const double x : c) single += x * m.energy.kwh();
      EXPECT_EQ(s.optimal, p.carbon.grams() > single * (1 - 1e-10)) << seed << m.name;
    }
  }
  EXPECT_EQ(static_optimal(resnets(), Slots(std::vector<double>{1, 2}), "resnet34").ratio_of_slopes, 0);
  EXPECT_TRUE(std::isinf(static_optimal(toy(), Slots(std::vector<double>{0, 2}), "medium").ratio_of_intensity));
  EXPECT_TRUE(static_optimal(toy(), Slots(std::vector<double>{0, 2}), "large").optimal);
}

TEST(AdaptivePolicy, TakesTheBestAndOfEqualsTheSmaller) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draw(seed);
    const auto models = family(draw, 6);
    const double lambda = draw(0, 0.2);
    const Policy policy(models, lambda);
    for (int i = 0; i < 20; ++i) {
      const double c = draw(0, 800);
      double best = -INFINITY;
      for (const Model& m : models) best = std::max(best, m.accuracy - lambda * c * m.energy.kwh());
      const Model& chosen = models[policy.choose(CarbonIntensity::from_g_per_kwh(c))];
      EXPECT_NEAR(chosen.accuracy - lambda * c * chosen.energy.kwh(), best, 1e-9 * std::fabs(best) + 1e-9);
    }
  }
  const auto at = [](double lambda, double c) {
    return Policy(toy(), lambda).choose(CarbonIntensity::from_g_per_kwh(c));
  };
  EXPECT_EQ(at(0.05, 100), 1U);  // a threshold: not upgraded
  EXPECT_EQ(at(0.05, 99.999), 2U);
  EXPECT_EQ(at(0, 1e9), 2U);
  EXPECT_EQ(at(INFINITY, 1e-9), 0U);
  EXPECT_EQ(at(INFINITY, 0), 2U);
}

TEST(AdaptiveDiffusion, UpgradesTheShareRounded) {
  for (const double share : {0.1, 0.25, 1.0 / 3, 0.5, 0.9, 1.0}) {
    Diffusion one;
    Diffusion many;
    double upgraded = 0;
    for (int n = 1; n <= 1000; ++n) {
      upgraded += one.spread(share, 1);
      EXPECT_LE(std::fabs(upgraded - share * n), 0.5 + 1e-9);
    }
    EXPECT_EQ(many.spread(share, 1000), upgraded);
  }
}
