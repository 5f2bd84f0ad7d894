// SPDX-License-Identifier: MIT
// Coverage: how much of a model an index speaks of.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/preindex/accumulator.hpp>

namespace co2lib::preindex {

/// Where the parameters of a model lie; one that several modules share is counted once.
struct Coverage {
  std::int64_t counted = 0;                         ///< in layers that count
  std::map<std::string, std::int64_t> elsewhere{};  ///< in modules of other kinds (`LSTM`, `Embedding`), by kind
};

/// Below this share a result carries the issue `unobserved_parameters`.
inline constexpr double full_coverage = 0.9;

/// Sets `observed_share`, and says on the result of what part of the model it does not speak.
inline void add_coverage(Result& result, const Coverage& coverage) {
  std::int64_t total = coverage.counted;
  std::vector<std::pair<std::int64_t, std::string>> kinds;
  for (const auto& [kind, number] : coverage.elsewhere) {
    total += number;
    kinds.emplace_back(-number, kind);
  }
  if (total == 0) return;
  const auto share = [&](std::int64_t number) { return static_cast<double>(number) / static_cast<double>(total); };
  const auto percent = [&](std::int64_t number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %%", 100 * share(number));
    return std::string(text.data());
  };
  result.observed_share = share(coverage.counted);
  if (*result.observed_share >= full_coverage) return;
  std::sort(kinds.begin(), kinds.end());
  std::string rest;
  for (std::size_t i = 0; i < std::min<std::size_t>(kinds.size(), 4); ++i) {
    rest += (i == 0 ? "" : ", ") + kinds[i].second + " " + percent(-kinds[i].first);
  }
  result.issues.push_back(
      {"unobserved_parameters", "layers",
       percent(coverage.counted) +
           " of the parameters lie in layers that count, the index says nothing of the others: " + rest});
}

}  // namespace co2lib::preindex
