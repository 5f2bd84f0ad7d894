// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;
using co2lib::preindex::test::Random;

using Values = std::vector<double>;

TEST(PreindexForecast, CoversAsOftenAsItSays) {
  // The simulation of the specification: y = 5 + 20 x + 2 N(0, 1).
  for (const Model model : {Model::linear, Model::isotonic, Model::automatic}) {
    for (const int n : {12, 25}) {
      Random random(static_cast<std::uint32_t>(n));
      const int sets = 2000;
      int covered = 0;
      for (int set = 0; set < sets; ++set) {
        Values x;
        Values y;
        for (int i = 0; i < n + 1; ++i) {
          x.push_back(random.uniform());
          y.push_back(std::max(0.0, 5 + 20 * x.back() + 2 * random.normal()));
        }
        const double new_x = x.back();
        const double truth = y.back();
        x.pop_back();
        y.pop_back();
        const Forecast f = forecast(x, y, new_x, model, 0.2);
        EXPECT_TRUE(f.bounded);
        covered += f.interval->low <= truth && truth <= f.interval->high ? 1 : 0;
      }
      EXPECT_GE(covered, 0.75 * sets) << text(model) << " " << n;
      EXPECT_LE(covered, 0.90 * sets) << text(model) << " " << n;
    }
  }
}

TEST(PreindexForecast, DoesNotDependOnTheOrderOfTheRuns) {
  Random random(5);
  Values x{0.1, 0.3, 0.3, 0.5, 0.9, 0.7};
  Values y{1, 3, 2, 5, 8, 6};
  const Forecast f = forecast(x, y, 0.6);
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = x.size(); i > 1; --i) {
      const auto j = static_cast<std::size_t>(random.integer(0, static_cast<int>(i) - 1));
      std::swap(x[i - 1], x[j]);
      std::swap(y[i - 1], y[j]);
    }
    const Forecast g = forecast(x, y, 0.6);
    EXPECT_EQ(g.value, f.value);
    EXPECT_EQ(g.interval, f.interval);
  }
}

TEST(PreindexForecast, SaysWhereItHasNoBound) {
  const Forecast f = forecast(Values{0.1, 0.5, 0.9}, Values{1, 2, 3}, 2.0);
  EXPECT_FALSE(f.bounded);
  EXPECT_TRUE(f.extrapolated);
  EXPECT_EQ(f.interval->low, 0);
  EXPECT_EQ(f.interval->high, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(co2lib::has_issue(f.issues, "unbounded"));
  EXPECT_TRUE(co2lib::has_issue(f.issues, "extrapolated"));
  EXPECT_TRUE(forecast(Values{0.1, 0.5, 0.8, 0.9}, Values{1, 2, 3, 4}, 0.5).bounded);
  // Alphas at the ends of their range leave ranks outside of 1..n.
  EXPECT_FALSE(forecast(Values{0.1, 0.5, 0.9}, Values{1, 2, 3}, 0.5, Model::linear, 1 - 1e-12).bounded);
}

TEST(PreindexForecast, ChoosesTheModelThatForgetsLess) {
  const Values x{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(forecast(x, Values{0, 1, 2, 3, 4, 5, 6, 7}, 3).model, Model::linear);
  EXPECT_EQ(forecast(x, Values{0, 0, 0, 0, 9, 9, 9, 9}, 3).model, Model::isotonic);
  // Two distinct indices, one of them once: without it there is no line.
  EXPECT_EQ(forecast(Values{1, 1, 2}, Values{1, 1, 2}, 2).model, Model::isotonic);
  EXPECT_EQ(code_of([] {
              return forecast(Values{1, 1, 2}, Values{1, 1, 2}, 2, Model::linear);
            }),
            "preindex.not_enough_calibration");
}

TEST(PreindexForecast, RefusesBadRuns) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto code = [](const Values& x, const Values& y, double alpha = 0.2) {
    return code_of([&] { return forecast(x, y, 0.5, Model::automatic, alpha); });
  };
  EXPECT_EQ(code({1, 2}, {1, 2}), "preindex.not_enough_calibration");
  EXPECT_EQ(code({1, 1, 1}, {1, 2, 3}), "preindex.not_enough_calibration");
  EXPECT_EQ(code({1, 2, 3}, {1, 2, nan}), "preindex.bad_cost");
  EXPECT_EQ(code({1, 2, 3}, {1, 2, -1}), "preindex.bad_cost");
  EXPECT_EQ(code({1, 2, nan}, {1, 2, 3}), "preindex.bad_option");
  EXPECT_EQ(code({1, 2, 3}, {1, 2}), "preindex.unpaired");
  EXPECT_EQ(code({1, 2, 3}, {1, 2, 3}, 0), "preindex.bad_option");
  EXPECT_EQ(code({1, 2, 3}, {1, 2, 3}, 1), "preindex.bad_option");
}

}  // namespace
