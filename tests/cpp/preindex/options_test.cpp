// SPDX-License-Identifier: MIT
#include <co2lib/preindex/options.hpp>

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace co2lib::preindex;

TEST(PreindexOptions, TheListOfFieldsHasEveryFieldOfTheStructInItsOrder) {
  Options o;
  // Does not compile with a field more or less.
  auto& [mode, bins, distances, edge_rule, weights, degenerate, ari, embedding, include, exclude, skip_short_names,
         repeated_calls, nonfinite, store, s, s_bar, threads] = o;
  const std::vector<const void*> fields{
      &mode,      &bins,      &distances, &edge_rule, &weights,          &degenerate,
      &ari,       &embedding, &include,   &exclude,   &skip_short_names, &repeated_calls,
      &nonfinite, &store,     &s,         &s_bar,     &threads};
  std::vector<const void*> listed;
  std::set<std::string> names;
  std::apply(
      [&](const auto&... field) {
        (listed.push_back(&(o.*field.member)), ...);
        (names.insert(field.name), ...);
      },
      option_fields);
  EXPECT_EQ(listed, fields);
  EXPECT_EQ(names.size(), fields.size());
}

TEST(PreindexOptions, ShardsNeedNotAgreeOnWhereAndHowFastTheyAreComputed) {
  std::set<std::string> free;
  const auto look = [&](const auto& field) {
    if (!field.shared) free.insert(field.name);
  };
  std::apply([&](const auto&... field) { (look(field), ...); }, option_fields);
  EXPECT_EQ(free, (std::set<std::string>{"store", "threads"}));
}

}  // namespace
