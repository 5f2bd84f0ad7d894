// SPDX-License-Identifier: MIT
// Design spaces: every combination once, the same numbers in all of them, and what is worth building.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/embodied.hpp>

namespace {

using namespace co2lib;
using namespace co2lib::embodied;

const std::string camera = R"(
schema: carbon-bom/1
lifetime_years: 4
parts:
  - {id: soc, class: ic.logic, area: 60 mm2, node: 14nm, yield: {model: murphy}}
  - {id: dram, class: ic.dram, capacity: 1 GB, process: dram.generic}
)";

std::string refused(const std::vector<Axis>& axes) {
  try {
    (void)explore(parse_bom(camera), axes);
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
  return "explored";
}

TEST(EmbodiedExplore, IsEachVariantOnItsOwn) {
  const std::vector<Axis> axes{{"soc.node", {"14nm", "7nm", "28nm"}},
                               {"dram.capacity", {"1 GB", "{value: 2, low: 1, high: 4}"}},
                               {"lifetime_years", {"3", "{value: 4, low: 3, high: 6}"}},
                               {"dram.qty", {"1", "2"}}};
  const ExploreOptions options{.seed = 3, .draws = 200, .reserved = std::chrono::hours(10)};
  const Exploration found = explore(parse_bom(camera), axes, options);
  ASSERT_EQ(found.points.size(), 24U);
  for (const DesignPoint& point : found.points) {
    std::string text = camera;
    const auto put = [&](const std::string& old, const std::string& value) {
      text.replace(text.find(old), old.size(), value);
    };
    put("14nm", axes[0].values[point.choice[0]]);
    put("1 GB", axes[1].values[point.choice[1]] + ", qty: " + axes[3].values[point.choice[3]]);
    put("years: 4", "years: " + axes[2].values[point.choice[2]]);
    const Estimate<CarbonMass> alone =
        share(parse_bom(text).footprint({.seed = 3, .draws = 200}), {.reserved = std::chrono::hours(10)});
    EXPECT_EQ(point.value, *alone.value) << text;
    EXPECT_EQ(point.bounds, *alone.bounds) << text;
    EXPECT_EQ(point.interval, alone.interval) << text;
  }
  EXPECT_EQ(found.points[1].choice, (std::vector<std::size_t>{0, 0, 0, 1})) << "the last axis varies fastest";
}

TEST(EmbodiedExplore, TheFrontIsWhatNoOtherBeats) {
  // Carbon rises with the memory; the figure falls with it, and not at all from 4 to 8 GB.
  const std::vector<double> delay{9, 5, 2, 2};
  const Exploration found = explore(parse_bom(camera), {{"dram.capacity", {"1", "2", "4", "8"}}},
                                    {.figure = [&](std::span<const std::size_t> choice) { return delay[choice[0]]; }});
  EXPECT_EQ(found.front(), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(found.points[3].on_front, false);
  const Exploration least = explore(parse_bom(camera), {{"soc.node", {"7nm", "14nm"}}});
  EXPECT_EQ(least.front(), (std::vector<std::size_t>{1})) << "without a figure the least carbon";
}

TEST(EmbodiedExplore, NullLeavesAFieldOut) {
  const Exploration found =
      explore(parse_bom(camera), {{"soc.yield", {"{model: murphy}", "0.9", "null"}}, {"truncation", {"null", "1.4"}}});
  const auto alone = [](const std::string& yield) {
    std::string text = camera;
    text.replace(text.find(", yield: {model: murphy}"), 24, yield);
    return *parse_bom(text).footprint({.draws = 0}).value;
  };
  EXPECT_EQ(found.points[0].value, alone(", yield: {model: murphy}"));
  EXPECT_EQ(found.points[2].value, alone(", yield: 0.9"));
  EXPECT_EQ(found.points[4].value, alone(""));
  EXPECT_NEAR(found.points[1].value.grams(), 1.4 * found.points[0].value.grams(), 1e-9);
}

TEST(EmbodiedExplore, RefusesWhatIsNoAxis) {
  EXPECT_EQ(refused({}), "embodied.out_of_range: axes: give at least one");
  EXPECT_TRUE(refused({{"soc.node", {}}}).starts_with("embodied.out_of_range: soc.node"));
  EXPECT_TRUE(refused({{"gpu.node", {"7nm"}}}).starts_with("embodied.bad_bom: gpu.node: no part has the id 'gpu'"));
  EXPECT_TRUE(
      refused({{"soc.nod", {"7nm"}}}).starts_with("embodied.bad_bom: axis:1: soc.nod: the class ic.logic has no"));
  EXPECT_TRUE(refused({{"soc.area", {"10 kg"}}}).starts_with("embodied.bad_unit: axis:1: soc.area: '10 kg'"));
  EXPECT_TRUE(refused({{"soc.area", {"1\nparts: []"}}}).starts_with("embodied.bad_bom: soc.area"));
  EXPECT_TRUE(refused({{"soc.class", {"pcb"}}}).starts_with("embodied.bad_bom: soc.class: the field class"));
  EXPECT_TRUE(refused({{"soc.area", {"1"}}, {"soc.area", {"2"}}}).starts_with("embodied.bad_bom: soc.area: the axis"));
  const std::vector<std::string> many(4000, "1");
  EXPECT_TRUE(refused({{"soc.area", many}, {"dram.capacity", many}}).starts_with("embodied.out_of_range: more than"));
}

}  // namespace
