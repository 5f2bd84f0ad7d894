// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/embodied.hpp>

namespace {

using namespace co2lib;
using namespace co2lib::embodied;

constexpr const char* header = "id,value,unit,low,high,boundary,year,region,source,licence\n";

/// The code and message of what is thrown.
template <class F>
std::string refused(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() + " " + error.what();
  }
  return "nothing was thrown";
}

std::string bad(const std::string& row) {
  return refused([&] { (void)parse_factors(header + row, "mine.csv"); });
}

TEST(EmbodiedFactor, EveryShippedRowIsWhole) {
  const FactorTable& all = shipped_factors();
  EXPECT_EQ(all.rows().size(), 145U + 30U + 56U + 34U + 193U + 53U);
  for (const Factor& row : all.rows()) {
    EXPECT_TRUE(parse_unit(row.unit)) << row.id;
    EXPECT_FALSE(row.source.empty() || row.licence.empty() || row.boundary.empty()) << row.id;
    EXPECT_LE(row.low.value_or(row.value), row.value) << row.id;
    EXPECT_GE(row.high.value_or(row.value), row.value) << row.id;
    EXPECT_EQ(row.dist == Distribution::triangular, row.low && row.high) << row.id;
  }
  EXPECT_EQ(device_footprints().rows().size(), 30U);
}

TEST(EmbodiedFactor, ARowThatIsLookedUpIsThatOfTheWholeTable) {
  const Factors f;
  for (const Factor& row : shipped_factors().rows()) {
    const Factor* found = f.find(row.id);
    ASSERT_NE(found, nullptr) << row.id;
    EXPECT_EQ(*found, row);
    EXPECT_EQ(f.find(row.id), found) << "it is parsed once";
  }
  for (const char* id : {"", "id", "logic", "logic.epa.7nm,", "zzz", "device.apple_watch_s8"}) {
    EXPECT_EQ(f.find(id), nullptr) << id;
  }
}

TEST(EmbodiedFactor, ThreadsThatAskForOneRowFirstGetOneRow) {
  std::array<const Factor*, 8> found{};
  {
    std::vector<std::jthread> threads;
    for (const Factor*& one : found) {
      threads.emplace_back([&one] {
        for (const Factor& row : shipped_factors().rows()) one = Factors().find(row.id);
      });
    }
  }
  for (const Factor* one : found) EXPECT_EQ(one, found.front());
}

TEST(EmbodiedFactor, SpotValues) {
  const Factors f;
  EXPECT_EQ(f.get("logic.epa.7nm").value, 2.15);
  EXPECT_EQ(f.get("ci.act2022.taiwan").value, 583);
  EXPECT_EQ(f.get("ci.act2023.iceland").value, 7.3);
  EXPECT_EQ(f.get("dram.act.lpddr4").value, 48);
  EXPECT_EQ(f.get("hdd.act.SkyHawk3TB").value, 3.04);
  EXPECT_EQ(f.get("ecochip.area_sram.28nm").value, 4.336197791);
  EXPECT_EQ(f.get("hsl.qty.memory.3.flash").high, 200);
  EXPECT_EQ(f.get("gpu.pcf.hgx_b200_per_gpu").value, 284.25);
  EXPECT_EQ(device_footprints().find("device.apple_watch_s8")->value, 27.72);
  double sum = 0;
  for (const Factor& row : shipped_factors().rows()) {
    if (row.id.starts_with("hsl.tide.") && row.id.ends_with(".fab")) sum += row.value;
  }
  EXPECT_NEAR(sum, 60.6811, 1e-9);
}

TEST(EmbodiedFactor, DerivedRowsAreWhatTheySay) {
  const Factors f;
  const auto v = [&](const char* id) { return f.get(id).value; };
  EXPECT_NEAR(v("pcb.fr4.4layer"), 0.328 / 35, 1e-4);
  EXPECT_NEAR(v("pcb.fr4.8layer"), 0.614 / 50, 1e-4);
  EXPECT_NEAR(v("sensor.imager.area"), (v("hsl.tide.sensing.3.fab") - v("hsl.tide.sensing.2.fab")) / 0.30, 1e-3);
  EXPECT_NEAR(v("sensor.mems.area"), v("hsl.tide.sensing.2.fab") / 0.03, 5e-3);
  EXPECT_NEAR(v("display.lcd"), (v("hsl.tide.user_interface.3.fab") - v("hsl.tide.user_interface.2.fab")) / 25, 5e-4);
  EXPECT_NEAR(v("actuator.relay_ssr"), v("hsl.tide.actuators.2.fab") / 2, 1e-12);
  EXPECT_NEAR(v("actuator.vibration_motor"), v("hsl.tide.actuators.1.fab") / 2, 1e-12);
  EXPECT_NEAR(v("transport.air"), 0.40 / (0.1e-3 * 6775), 1e-2);
  EXPECT_NEAR(v("gpu.pcf.hgx_h100_per_gpu"), v("gpu.pcf.hgx_h100_8") / 8, 1e-12);
  EXPECT_NEAR(v("gpu.pcf.hgx_b200_per_gpu"), v("gpu.pcf.hgx_b200_8") / 8, 1e-12);
  EXPECT_NEAR(v("server.ccf.dram"), 533.0 / 384, 1e-9);
  EXPECT_NEAR(v("logic.cpa.pb.90nm"), v("hsl.tide.processing.0.fab") / 0.10, 1e-9);
  EXPECT_NEAR(v("logic.cpa.pb.14nm"), (v("hsl.tide.processing.1.fab") - v("hsl.tide.processing.0.fab")) / 0.30, 1e-4);
}

TEST(EmbodiedFactor, GasesAt99PercentLieBelowThoseAt95) {
  for (const Factor& row : shipped_factors().rows()) {
    if (!row.id.starts_with("logic.gpa99.")) continue;
    const Factor& other = Factors().get("logic.gpa95." + row.id.substr(12));
    EXPECT_LT(row.value, other.value) << row.id;
    EXPECT_LT(*row.low, *other.low) << row.id;
    EXPECT_LT(*row.high, *other.high) << row.id;
  }
}

TEST(EmbodiedFactor, AnUnknownIdNamesTheNearest) {
  const std::string what = refused([] { (void)Factors().get("logic.epa.7mn"); });
  EXPECT_TRUE(what.starts_with("embodied.unknown_factor ")) << what;
  EXPECT_NE(what.find("logic.epa.7nm"), std::string::npos) << what;
}

TEST(EmbodiedFactor, BadRowsNameFileAndLine) {
  EXPECT_EQ(bad("x,1,kg,2,3,b,2020,,s,MIT\n"),
            "embodied.bad_factor mine.csv:2 (x): the range does not hold the value; low <= value <= high");
  EXPECT_TRUE(bad("x,one,kg,,,b,2020,,s,MIT\n").starts_with("embodied.bad_factor mine.csv:2"));
  EXPECT_TRUE(bad("x,nan,kg,,,b,2020,,s,MIT\n").starts_with("embodied.bad_factor mine.csv:2"));
  EXPECT_TRUE(bad("x,-1,kg,,,b,2020,,s,MIT\n").starts_with("embodied.bad_factor mine.csv:2"));
  EXPECT_TRUE(bad("x,1,kilo,,,b,2020,,s,MIT\n").starts_with("embodied.bad_unit mine.csv:2"));
  EXPECT_TRUE(bad("x,1,kg,,,b,2020,,,MIT\n").starts_with("embodied.missing_source mine.csv:2"));
  EXPECT_TRUE(bad("x,1,kg,,,b,2020,,s,\n").starts_with("embodied.bad_factor mine.csv:2"));
  EXPECT_TRUE(bad("x,1,kg,,,,2020,,s,MIT\n").starts_with("embodied.bad_factor mine.csv:2"));
  EXPECT_TRUE(bad("x,1,kg,,,b,2020,,s,MIT\nx,2,kg,,,b,2020,,s,MIT\n").starts_with("embodied.bad_factor mine.csv:3"));
  const std::string columns = refused([] { (void)parse_factors("id,value\nx,1\n", "mine.csv"); });
  EXPECT_TRUE(columns.starts_with("embodied.bad_factor mine.csv:1")) << columns;
}

TEST(EmbodiedFactor, ARowOfOneEndIsAPoint) {
  const FactorTable table = parse_factors(header + std::string("x,1,kg,0.5,,b,2020,,s,MIT\n"), "mine.csv");
  EXPECT_EQ(table.find("x")->dist, Distribution::point);
  EXPECT_EQ(table.find("x")->lower(), 1);
}

TEST(EmbodiedFactor, ALaterTableOverridesAnEarlierOne) {
  const auto table = [](const char* value) {
    return std::make_shared<const FactorTable>(
        parse_factors(header + std::string("material.steel,") + value + ",kg/kg,,,b,2020,,s,MIT\n", value));
  };
  const Bom bom = parse_bom(R"({"schema": "carbon-bom/1",
      "parts": [{"id": "a", "class": "material.steel", "mass": 1}]})");
  EXPECT_DOUBLE_EQ(*bom.footprint({.draws = 0}).kilograms(), 1.89);
  const BomFootprint own = bom.footprint({.draws = 0, .factors = {table("5"), table("7")}});
  EXPECT_DOUBLE_EQ(*own.kilograms(), 7);
  EXPECT_EQ(own.factors[0].factor.table, "7");
}

TEST(EmbodiedYield, KeepsItsDigitsForTinyDies) {
  for (const YieldModel model : all<YieldModel>()) {
    if (model == YieldModel::fixed) continue;
    EXPECT_EQ(die_yield(model, 0, 0.15), 1);
    EXPECT_EQ(die_yield(model, 1, 0), 1);
    if (model != YieldModel::moore) {
      EXPECT_DOUBLE_EQ(die_yield(model, 1e-300, 1), 1) << text(model);
    }
    double last = 1;
    for (double area = 1e-6; area < 50; area *= 3) {
      const double y = die_yield(model, area, 0.15);
      EXPECT_LT(y, last) << text(model) << " " << area;
      EXPECT_GT(y, 0);
      last = y;
    }
  }
  EXPECT_GT(die_yield(YieldModel::neg_binomial, 1, 0.15, 2), die_yield(YieldModel::neg_binomial, 1, 0.15, 20));
  EXPECT_TRUE(refused([] { (void)yield_model("weibull"); }).starts_with("embodied.unknown_model"));
}

}  // namespace
