// SPDX-License-Identifier: MIT
// Models and regions at once: duality, one region as the plan, and what moving is worth.
#include <co2lib/adaptive/pairs.hpp>

#include <algorithm>
#include <cmath>

#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

namespace {

ServingRegion region(const std::string& name, std::vector<double> c) {
  return {.name = name, .intensity = Slots(std::move(c))};
}

}  // namespace

TEST(AdaptivePairs, OfOneRegionAreThePlan) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Draws draw(seed);
    const std::vector<double> c = series(draw, 30, 20, 500);
    const std::vector<double> n = series(draw, 30, 0, 5);
    double exposure = 0;
    for (std::size_t t = 0; t < c.size(); ++t) exposure += c[t] * n[t];
    const CarbonMass budget = CarbonMass::from_grams(exposure * draw(1.1, 4));
    const Plan one = plan(toy(), Slots(c), {.demand = n, .budget = budget});
    const PairsPlan p = plan_where(toy(), {region("a", c)}, budget, n);
    EXPECT_NEAR(p.accuracy, one.accuracy, 1e-9 * one.accuracy) << seed;
    EXPECT_NEAR(p.carbon / one.carbon, 1, 1e-9);
    EXPECT_NEAR(p.alone.at(0).value(), p.accuracy, 1e-9 * p.accuracy);
    double points = 0;
    double grams = 0;
    double requests = 0;
    for (std::size_t t = 0; t < c.size(); ++t) {
      const PairMix& mix = p.mixes[t];
      for (const auto& [m, share] :
           {std::pair(mix.pair.model, 1 - mix.share), std::pair(mix.upgraded.model, mix.share)}) {
        points += n[t] * share * toy()[m].accuracy;
        grams += n[t] * share * toy()[m].energy.kwh() * c[t];
      }
      requests += n[t];
    }
    EXPECT_NEAR(points / requests, p.accuracy, 1e-9 * p.accuracy);
    EXPECT_NEAR(grams, p.carbon.grams(), 1e-9 * grams);
  }
}

TEST(AdaptivePairs, SatisfyStrongDualityWithTransfersAndOtherEnergies) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Draws draw(seed);
    std::vector<ServingRegion> regions;
    for (const char* name : {"home", "north", "south"}) regions.push_back(region(name, series(draw, 12, 0, 600)));
    regions[1].transfer = Energy::from_kwh(draw(0, 1));
    regions[1].transfer_intensity = CarbonIntensity::from_g_per_kwh(300);
    regions[2].pue = 1.3;
    regions[2].energy = {Energy::from_kwh(0.7), Energy::from_kwh(2.5), Energy::from_kwh(3)};
    const std::vector<double> n = series(draw, 12, 0.1, 4);
    const auto cost = [&](std::size_t r, std::size_t m, std::size_t t) {
      const ServingRegion& at = regions[r];
      const Energy e = at.energy.empty() ? toy()[m].energy : at.energy[m];
      return at.intensity.g_per_kwh[t] * at.pue * e.kwh() + (at.transfer * at.transfer_intensity).grams();
    };
    double least = 0;
    double most = 0;
    for (std::size_t t = 0; t < 12; ++t) {
      double low = INFINITY;
      double high = INFINITY;
      for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t m = 0; m < 3; ++m) low = std::min(low, cost(r, m, t));
        high = std::min(high, cost(r, 2, t));
      }
      least += n[t] * low, most += n[t] * high;
    }
    const double budget = least + (most - least) * draw(0.1, 0.9);
    const PairsPlan p = plan_where(toy(), regions, CarbonMass::from_grams(budget), n);
    EXPECT_NEAR(p.least_carbon.grams(), least, 1e-9 * least);
    double dual = p.lambda_per_g * budget;
    double requests = 0;
    for (std::size_t t = 0; t < 12; ++t) {
      double best = -INFINITY;
      for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t m = 0; m < 3; ++m) best = std::max(best, toy()[m].accuracy - p.lambda_per_g * cost(r, m, t));
      }
      dual += n[t] * best, requests += n[t];
    }
    EXPECT_NEAR(p.accuracy * requests, dual, 1e-9 * dual) << seed;
    for (const auto& alone : p.alone) EXPECT_LE(alone.value_or(0), p.accuracy + 1e-9);
  }
}

TEST(AdaptivePairs, RefuseRegionsThatCannotBeCompared) {
  const CarbonMass budget = CarbonMass::from_grams(1e6);
  ServingRegion a = region("a", {1, 2});
  ServingRegion b = region("b", {3, 4});
  EXPECT_EQ(refused([&] { (void)plan_where(toy(), {}, budget); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)plan_where(toy(), {a, a}, budget); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([&] { (void)plan_where(toy(), {a, region("c", {1})}, budget); }).code, "adaptive.bad_input");
  a.intensity.basis = "average, lifecycle";
  b.intensity.basis = "average, direct";
  EXPECT_EQ(refused([&] { (void)plan_where(toy(), {a, b}, budget); }).code, "intensity.mixed_signals");
  b.intensity.basis.clear();
  const auto low = refused([&] { (void)plan_where(toy(), {a, b}, CarbonMass::from_grams(2)); });
  EXPECT_EQ(low.code, "adaptive.infeasible");
  EXPECT_DOUBLE_EQ(low.detail("min_carbon_g"), 3);
  EXPECT_EQ(plan_where(toy(), {a, b}, CarbonMass::from_grams(4)).alone.at(1), std::nullopt);
  b.pue = 0.5;
  EXPECT_EQ(refused([&] { (void)plan_where(toy(), {a, b}, budget); }).code, "adaptive.bad_input");
}
