// SPDX-License-Identifier: MIT
#include <co2lib/intensity/mix.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/error.hpp>

using namespace co2lib;
using namespace co2lib::intensity;

namespace {

CarbonIntensity g(double x) { return CarbonIntensity::from_g_per_kwh(x); }

template <class F>
std::string code_of(F&& run) {
  try {
    static_cast<void>(run());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

std::string code_of_flow(const std::vector<ZoneProduction>& zones, const std::vector<ZoneFlow>& flows) {
  return code_of([&] { return flow_trace(zones, flows); });
}

}  // namespace

TEST(FuelMix, TakesTheFirstRuleThatFits) {
  const FuelFactors factors{{"gas", 490}, {"battery", 300}, {"solar", 48}};
  const FuelMixOptions options{.storage = {"battery", "pumped"}, .exclude = {"imports"}};
  const FuelMix mix = fuel_mix({{"gas", 400},
                                {"solar", -3},
                                {"battery", -50},
                                {"pumped", 10},
                                {"coal", std::nullopt},
                                {"imports", std::nullopt},
                                {"peat", 0}},
                               factors, options);
  EXPECT_EQ(mix.value, g(490));
  EXPECT_EQ(mix.flags,
            (std::vector<std::string>{"storage_excluded", "partial_mix", "imports_excluded", "negative_clamped"}));
  EXPECT_EQ(fuel_mix({{"gas", 1}, {"battery", 1}}, factors, options).value, g(395));  // discharges, has a factor
}

TEST(FuelMix, IsAMeanAndScalesWithNeither) {
  const FuelFactors same{{"a", 300}, {"b", 300}, {"c", 300}};
  EXPECT_NEAR(fuel_mix({{"a", 0.1}, {"b", 7e9}, {"c", 3}}, same).value.g_per_kwh(), 300, 1e-12);
  const FuelFactors factors{{"a", 100}, {"b", 700}};
  EXPECT_EQ(fuel_mix({{"a", 1}, {"b", 2}}, factors).value, fuel_mix({{"a", 1024}, {"b", 2048}}, factors).value);
}

TEST(FuelMix, Refusals) {
  const FuelFactors factors{{"gas", 490}};
  EXPECT_EQ(code_of([&] { return fuel_mix({{"gas", 0}}, factors); }), "intensity.no_data");
  EXPECT_EQ(code_of([&] { return fuel_mix({}, factors); }), "intensity.no_data");
  EXPECT_EQ(code_of([&] { return fuel_mix({{"gas", -1}}, factors); }), "intensity.no_data");
  EXPECT_EQ(code_of([&] { return fuel_mix({{"peat", 1}}, factors); }), "intensity.unknown_fuel");
  EXPECT_EQ(code_of([&] { return fuel_mix({{"gas", NAN}}, factors); }), "intensity.bad_value");
  EXPECT_EQ(code_of([&] { return fuel_mix({{"gas", 1}}, {{"gas", -1}}); }), "intensity.bad_value");
  EXPECT_EQ(code_of([&] { return fuel_factors("ar6"); }), "intensity.bad_value");
}

TEST(FuelMix, SetsOfTheTable) {
  EXPECT_EQ(fuel_factors("carboncast").at("nat_gas"), 490);
  EXPECT_EQ(fuel_factors("ar5", Scope::direct).at("coal"), 760);
  EXPECT_FALSE(fuel_factors("ar5", Scope::direct).contains("biomass_cofiring"));
}

TEST(FlowTrace, OfTwoZonesThatExchange) {
  const auto x = flow_trace(std::vector<ZoneProduction>{{"A", 100, g(500)}, {"B", 50, g(50)}},
                            std::vector<ZoneFlow>{{"A", "B", 20}, {"B", "A", 10}});
  EXPECT_NEAR(x[0].g_per_kwh(), 470, 1e-12);
  EXPECT_NEAR(x[1].g_per_kwh(), 170, 1e-12);
}

TEST(FlowTrace, WithOneIntensityGivesThatOne) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> power(0, 1000);
  std::vector<ZoneProduction> zones;
  std::vector<ZoneFlow> flows;
  for (int i = 0; i < 40; ++i) zones.push_back({std::to_string(i), power(random), g(123.456)});
  for (int i = 0; i < 300; ++i) {
    flows.push_back({std::to_string(random() % 40), std::to_string(random() % 40), power(random)});
  }
  for (const CarbonIntensity x : flow_trace(zones, flows)) EXPECT_EQ(x, g(123.456));
}

TEST(FlowTrace, SatisfiesItsEquationAndKnowsNoOrder) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> power(0, 1000);
  std::vector<ZoneProduction> zones;
  std::vector<ZoneFlow> flows;
  for (int i = 0; i < 30; ++i) {
    const bool plants = i % 3 != 0;
    zones.push_back(
        {std::to_string(i), plants ? power(random) : 0, plants ? std::optional(g(power(random))) : std::nullopt});
  }
  for (int i = 0; i < 200; ++i) {
    flows.push_back({std::to_string(random() % 30), std::to_string(random() % 30), power(random)});
  }
  for (int i = 0; i < 30; ++i) flows.push_back({"1", std::to_string(i), 1});  // all are reached
  const auto x = flow_trace(zones, flows);
  for (std::size_t i = 0; i < zones.size(); ++i) {
    double in = zones[i].production_mw;
    double grams = in > 0 ? in * zones[i].intensity->g_per_kwh() : 0;
    for (const ZoneFlow& flow : flows) {
      if (flow.to != zones[i].zone) continue;
      in += flow.mw;
      grams += flow.mw * x[std::stoul(flow.from)].g_per_kwh();
    }
    EXPECT_NEAR(x[i].g_per_kwh(), grams / in, 1e-9);
  }
  std::vector<ZoneProduction> other = zones;
  std::reverse(other.begin(), other.end());
  std::reverse(flows.begin(), flows.end());
  const auto y = flow_trace(other, flows);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_NEAR(y[29 - i].g_per_kwh(), x[i].g_per_kwh(), 1e-9);
}

TEST(FlowTrace, OfZonesThatOnlyPassPowerOn) {
  const auto x = flow_trace(std::vector<ZoneProduction>{{"A", 10, g(300)}, {"B", 0, std::nullopt}, {"C", 0, {}}},
                            std::vector<ZoneFlow>{{"A", "B", 5}, {"B", "C", 5}, {"C", "C", 1e300}});
  EXPECT_EQ(x[1], g(300));
  EXPECT_EQ(x[2], g(300));
  EXPECT_TRUE(flow_trace({}, {}).empty());
}

TEST(FlowTrace, Refusals) {
  const ZoneProduction a{"A", 100, g(500)};
  EXPECT_EQ(code_of_flow({a, {"B", 0, {}}}, {}), "intensity.no_data");
  EXPECT_EQ(code_of_flow({a, {"B", 0, {}}, {"C", 0, {}}}, {{"B", "C", 5}, {"C", "B", 5}}), "intensity.no_data");
  EXPECT_EQ(code_of_flow({a, {"B", 1, {}}}, {}), "intensity.no_data");
  EXPECT_EQ(code_of_flow({a, {"B", 1e-200, g(1)}, {"C", 0, {}}}, {{"B", "C", 1e9}, {"C", "B", 1e9}}),
            "intensity.no_data");
  EXPECT_EQ(code_of_flow({a, a}, {}), "intensity.bad_value");
  EXPECT_EQ(code_of_flow({{"A", -1, g(1)}}, {}), "intensity.bad_value");
  EXPECT_EQ(code_of_flow({{"A", 1, g(INFINITY)}}, {}), "intensity.bad_value");
  EXPECT_EQ(code_of_flow({a}, {{"A", "A", NAN}}), "intensity.bad_value");
  EXPECT_EQ(code_of_flow({a}, {{"A", "B", 1}}), "intensity.unknown_zone");
}

TEST(OneHop, IsTheFlowTraceOfZonesThatImportNothing) {
  const std::vector<Import> imports{{6014, g(335.73)}, {0, g(900)}, {100, g(0)}};
  const CarbonIntensity x = one_hop(11294, g(330.62), imports);
  const auto traced = flow_trace(
      std::vector<ZoneProduction>{
          {"here", 11294, g(330.62)}, {"a", 9000, g(335.73)}, {"b", 1, g(900)}, {"c", 100, g(0)}},
      std::vector<ZoneFlow>{{"a", "here", 6014}, {"b", "here", 0}, {"c", "here", 100}});
  EXPECT_NEAR(x.g_per_kwh(), traced[0].g_per_kwh(), 1e-9);
  EXPECT_EQ(code_of([] { return one_hop(0, {}, {}); }), "intensity.no_data");
  EXPECT_EQ(code_of([] { return one_hop(1, {}, {}); }), "intensity.no_data");
  EXPECT_EQ(code_of([] { return one_hop(-1, g(1), {}); }), "intensity.bad_value");
}
