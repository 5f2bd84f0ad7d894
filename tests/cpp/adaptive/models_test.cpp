// SPDX-License-Identifier: MIT
// Models files, hulls, heuristics, reports.
#include <co2lib/adaptive/model.hpp>

#include <fstream>

#include <co2lib/adaptive/evaluate.hpp>
#include <co2lib/adaptive/heuristic.hpp>

#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

TEST(AdaptiveModels, AreReadFromYamlAndJson) {
  const auto models = parse_models(R"(
- name: small
  energy_kwh: 1.5e-6
  accuracy: 60
- {name: large, energy: 4 Wh, accuracy: 90.5, latency_s: 0.02, energy_interval_kwh: [0.003, 0.005]}
)");
  ASSERT_EQ(models.size(), 2U);
  EXPECT_DOUBLE_EQ(models[0].energy.kwh(), 1.5e-6);
  EXPECT_DOUBLE_EQ(models[1].energy.wh(), 4);
  EXPECT_EQ(models[1].latency, Seconds(0.02));
  EXPECT_DOUBLE_EQ(models[1].interval->high.kwh(), 0.005);
  const auto json = parse_models(R"([{"name": "x", "energy_kwh": 1, "accuracy": -3}])", "m.json");
  EXPECT_EQ(json[0].accuracy, -3);
}

TEST(AdaptiveModels, RefusalsNameTheFileTheLineAndTheField) {
  const auto text = [](const char* file) {
    const auto r = refused([&] { (void)parse_models(file, "m.yaml"); });
    return r.code + " " + r.text;
  };
  EXPECT_EQ(text("- {name: a, energy_kwh: 1, accuracy: 2}\n- {name: a, energy_kwh: 2, accuracy: 3}\n"),
            "adaptive.bad_model m.yaml:2:3: model 'a' is given twice; names must differ");
  EXPECT_NE(text("- name: a\n  energy_kwh: lots\n  accuracy: 2\n").find("m.yaml:2:15: energy_kwh: expected a number"),
            std::string::npos);
  EXPECT_NE(text("- name: a\n  energy_kwh: -1\n  accuracy: 2\n").find("m.yaml:1:3: model 'a': energy -1"),
            std::string::npos);
  EXPECT_NE(text("- name: a\n  energy: 3 kg\n  accuracy: 2\n").find("energy: "), std::string::npos);
  EXPECT_NE(text("- name: a\n  energy_kwh: 1\n  acuracy: 2\n").find("'acuracy' is not a field"), std::string::npos);
  EXPECT_NE(text("- {name: a, accuracy: 1}\n").find("energy_kwh"), std::string::npos);
  EXPECT_NE(text("name: a\n").find("adaptive.bad_file m.yaml:1:1: expected a list"), std::string::npos);
  EXPECT_NE(text("[]").find("bad_model"), std::string::npos);
  EXPECT_NE(text("- {name: a").find("adaptive.bad_file"), std::string::npos);
  EXPECT_EQ(refused([] { (void)read_models("/does/not/exist.yaml"); }).code, "adaptive.bad_file");
}

TEST(AdaptiveHull, MixesAreOnItAndNoModelIsAbove) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draw(seed);
    const auto models = family(draw, 1 + draw.below(9));
    const Hull h = hull(models);
    for (const Model& m : models) {
      if (m.energy.kwh() < h.energy_kwh.front()) ADD_FAILURE() << seed;
      EXPECT_LE(m.accuracy, h.accuracy_at(m.energy.kwh()) + 1e-9) << seed;
    }
    for (std::size_t j = 1; j < h.slopes.size(); ++j) EXPECT_LT(h.slopes[j], h.slopes[j - 1]);
    for (std::size_t j = 0; j < h.size(); ++j) {
      EXPECT_DOUBLE_EQ(h.energy_at(h.accuracy[j]), h.energy_kwh[j]);
      EXPECT_EQ(h.accuracy[j], models[h.models[j]].accuracy);
    }
  }
  EXPECT_EQ(refused([] { (void)hull({}); }).code, "adaptive.bad_model");
}

TEST(AdaptiveHeuristic, TwoLevelsWaitAndRemember) {
  const std::vector<double> c{300, 90, 200, 310, 80, 80, 320, 50};
  EXPECT_EQ(two_levels(c, 100, 250), (std::vector<bool>{false, true, true, false, true, true, false, true}));
  EXPECT_EQ(two_levels(c, 100, 250, 3), (std::vector<bool>{false, true, true, true, true, true, false, false}));
  EXPECT_EQ(refused([&] { (void)two_levels(c, 2, 1); }).code, "adaptive.bad_input");
}

TEST(AdaptiveHeuristic, NeverBeatsThePlanWithItsCarbon) {
  Draws draw(7);
  const Slots slots(series(draw, 240, 60, 500));
  for (const Heuristic rule : all<Heuristic>()) {
    const HeuristicResult r = heuristic(rule, resnets(), slots);
    EXPECT_LE(r.accuracy, plan(resnets(), slots, {.budget = r.carbon}).accuracy + 1e-9) << text(rule);
  }
  EXPECT_EQ(refused([] { (void)heuristic(Heuristic::equal_width, toy(), Slots(std::vector<double>(25, 1.0))); }).code,
            "adaptive.bad_input");
}

TEST(AdaptiveReport, HasEveryBaselineAndRefusesToDoWithout) {
  Draws draw(3);
  const Slots slots(series(draw, 24 * 80, 60, 500));
  double exposure = 0;
  for (const double c : slots.g_per_kwh) exposure += c;
  const CarbonMass budget = CarbonMass::from_grams(2.5 * exposure);
  Report r = report(plan(toy(), slots, {.budget = budget}));
  for (const RowKind kind : all<RowKind>()) EXPECT_NO_THROW((void)r.row(kind)) << text(kind);
  EXPECT_NEAR(*r.carbon.gap_closed, 1, 1e-9);
  EXPECT_NEAR(*r.gap_in_accuracy, 1, 1e-9);
  ASSERT_TRUE(r.saving_interval);
  EXPECT_LT(r.saving_interval->low, *r.saving);
  EXPECT_GT(r.saving_interval->high, *r.saving);
  EXPECT_EQ(r.cee_improvement.size(), 2U);
  EXPECT_NE(to_string(r).find("in sample"), std::string::npos);
  const Report served = evaluate(toy(), slots, budget, {.method = Method::pacing});
  EXPECT_LT(*served.gap_in_accuracy, 1);
  std::erase_if(r.rows, [](const ReportRow& row) { return row.kind == RowKind::agnostic_same_carbon; });
  EXPECT_EQ(refused([&] { (void)to_string(r); }).code, "adaptive.bad_input");
}

TEST(AdaptiveReport, ComparisonsThatHaveNoMeaningHaveNoValue) {
  const auto g = [](double x) { return CarbonMass::from_grams(x); };
  EXPECT_FALSE(compare(g(5), g(3), g(3), g(1)).gap_closed);
  EXPECT_FALSE(compare(g(5), g(3), g(0), g(1)).ratio);
  EXPECT_FALSE(compare(g(5), g(3), g(1), g(0)).violation);
  EXPECT_EQ(compare(g(0), g(3), g(0), g(0)).violation, 0);
  EXPECT_EQ(refused([&] { (void)compare(g(-1), g(1), g(1), g(1)); }).code, "adaptive.bad_input");
  EXPECT_EQ(refused([] { (void)cee(1, 2, 1, 2); }).code, "adaptive.undefined");
}
