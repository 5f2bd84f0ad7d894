// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;

std::vector<CalibrationRun> runs() {
  std::vector<CalibrationRun> out;
  for (const double x : {0.1, 0.25, 0.4, 0.55, 0.8, 0.95}) out.push_back({.x = x, .epochs = 12 - 10 * x + 0.1 * x * x});
  return out;
}

bool has(const std::vector<co2lib::Issue>& issues, const std::string& code) {
  return std::any_of(issues.begin(), issues.end(), [&](const co2lib::Issue& i) { return i.code == code; });
}

RetrainReport report(double x, Costs budget, Costs scratch = {}) {
  return retrain_or_not({.x = x,
                         .forecast = CostForecast::fit(runs()).predict(x),
                         .accuracy = 0.5,
                         .required_accuracy = 0.9,
                         .budget = budget,
                         .from_scratch = scratch});
}

TEST(PreindexCost, DecidesNothingWhereNoRunLies) {
  for (const double x : {0.0999, 0.9501, 2.0}) {
    EXPECT_EQ(report(x, {.epochs = 0.001}).decision, Decision::uncertain);
    EXPECT_EQ(report(x, {.epochs = 1000}).decision, Decision::uncertain);
    EXPECT_EQ(report(x, {}).decision, Decision::uncertain);
    EXPECT_TRUE(has(report(x, {}).issues, "extrapolated"));
  }
  EXPECT_EQ(report(0.5, {.epochs = 1000}).decision, Decision::retrain);
  EXPECT_EQ(report(0.5, {.epochs = 0.001}).decision, Decision::over_budget);
  // Only the costs that have a budget decide.
  auto both = runs();
  for (std::size_t i = 0; i < both.size(); ++i) {
    if (i + 2 < both.size()) both[i].kwh = 1 + both[i].x;
  }
  const CostPrediction forecast = CostForecast::fit(both).predict(0.9);
  const auto decided = [&](Costs budget) {
    return retrain_or_not({.x = 0.9, .forecast = forecast, .accuracy = 0.5, .required_accuracy = 0.9, .budget = budget})
        .decision;
  };
  EXPECT_EQ(decided({.epochs = 1000}), Decision::retrain);
  EXPECT_EQ(decided({.kwh = 1000}), Decision::uncertain);
}

TEST(PreindexCost, SaysWhereTrainingFromScratchIsCheaper) {
  EXPECT_TRUE(has(report(0.2, {.epochs = 100}, {.epochs = 1}).issues, "from_scratch_cheaper"));
  EXPECT_FALSE(has(report(0.2, {.epochs = 100}, {.epochs = 50}).issues, "from_scratch_cheaper"));
  EXPECT_FALSE(has(report(0.2, {.epochs = 100}, {.kwh = 0}).issues, "from_scratch_cheaper"));
}

TEST(PreindexCost, IsAReportOfOneIndex) {
  const CostPrediction forecast = CostForecast::fit(runs()).predict(0.5);
  EXPECT_EQ(code_of([&] { return retrain_or_not({.x = 0.2, .forecast = forecast}); }), "preindex.bad_option");
  Result without;
  EXPECT_EQ(code_of([&] { return retrain_or_not({.index = without, .forecast = forecast}); }), "preindex.empty");
}

TEST(PreindexCost, DoesNotMixModelsAndSaysWhatIsThereTwice) {
  auto mixed = runs();
  for (CalibrationRun& run : mixed) run.model = run.x < 0.5 ? "small" : "large";
  EXPECT_EQ(code_of([&] { return CostForecast::fit(mixed); }), "preindex.config_mismatch");
  EXPECT_EQ(CostForecast::fit(mixed, {.select = {{"model", "small"}}}).runs().size(), 3U);
  auto twice = runs();
  twice.push_back(twice[2]);
  EXPECT_TRUE(has(CostForecast::fit(twice).predict(0.5).issues, "duplicate_runs"));
  EXPECT_FALSE(has(CostForecast::fit(runs()).predict(0.5).issues, "duplicate_runs"));
}

TEST(PreindexCost, TakesCarbonOfEnergyOnly) {
  auto both = runs();
  for (CalibrationRun& run : both) run.kwh = run.x;
  const CostPrediction forecast = CostForecast::fit(both).predict(0.5);
  const auto intensity = co2lib::CarbonIntensity::from_g_per_kwh(100);
  EXPECT_NEAR(*carbon_of(*forecast.kwh, intensity).value, 50, 1e-9);
  EXPECT_EQ(code_of([&] { return carbon_of(*forecast.epochs, intensity); }), "preindex.bad_cost");
}

class PreindexRuns : public testing::Test {
 protected:
  PreindexRuns() : folder(std::filesystem::temp_directory_path() / ("co2lib_runs_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder);
  }
  ~PreindexRuns() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
};

TEST_F(PreindexRuns, AreWrittenOnlyAsTheyCanBeRead) {
  const auto file = folder / "runs.jsonl";
  for (const CalibrationRun& run : runs()) append_run(file, run);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(code_of([&] { return append_run(file, {.x = nan}), 0; }), "preindex.bad_option");
  EXPECT_EQ(code_of([&] { return append_run(file, {.kwh = -1}), 0; }), "preindex.bad_cost");
  EXPECT_EQ(code_of([&] { return append_run(file, {.kwh = 1 / 0.0}), 0; }), "preindex.bad_cost");
  EXPECT_EQ(code_of([&] { return append_run(file, {.model = "\xFF"}), 0; }), "preindex.bad_option");
  EXPECT_EQ(read_runs(file), runs());
  EXPECT_EQ(code_of([&] { return append_run(folder, {}), 0; }), "preindex.bad_calibration");
  EXPECT_EQ(code_of([&] { return read_runs(folder / "none"); }), "preindex.bad_calibration");
  EXPECT_EQ(read_runs(folder), runs());
}

TEST_F(PreindexRuns, AreWrittenByThreadsAtOnce) {
  const auto file = folder / "runs.jsonl";
  std::vector<std::thread> writers;
  for (int k = 0; k < 3; ++k) {
    writers.emplace_back([&, k] {
      for (int i = 0; i < 20; ++i) append_run(file, {.x = static_cast<double>(i), .epochs = k});
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(read_runs(file).size(), 60U);
}

TEST(PreindexCoverage, SaysOfWhatAnIndexDoesNotSpeak) {
  Result result;
  add_coverage(result, {.counted = 20, .elsewhere = {{"LSTM", 70}, {"Embedding", 10}}});
  EXPECT_DOUBLE_EQ(*result.observed_share, 0.2);
  ASSERT_EQ(result.issues.size(), 1U);
  EXPECT_EQ(result.issues[0].code, "unobserved_parameters");
  EXPECT_NE(result.issues[0].text.find("LSTM 70.0 %, Embedding 10.0 %"), std::string::npos);
  Result whole;
  add_coverage(whole, {.counted = 95, .elsewhere = {{"BatchNorm2d", 5}}});
  EXPECT_TRUE(whole.issues.empty());
  add_coverage(whole, {});
  EXPECT_DOUBLE_EQ(*whole.observed_share, 0.95);
}

}  // namespace
