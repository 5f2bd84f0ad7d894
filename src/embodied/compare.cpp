// SPDX-License-Identifier: MIT
// Two bills of materials on the same draws.
#include <co2lib/embodied/compare.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "embodied/footprint.hpp"

namespace co2lib::embodied {

namespace {

/// The name of a variable whose cause is this bill's own: name and distribution, so that the order of the two bills
/// does not matter.
std::string own_name(const Factor& f) {
  return fmt::format("{}|{}|{}|{}|{}|{}", f.id, f.value, f.lower(), f.upper(), text(f.dist), f.gsd);
}

struct Names {
  std::map<std::uint64_t, Driver> drivers;  ///< by the hash of their draws
};

/// Gives the same draws to what both have, own ones to numbers that only have a name in common.
Names share_draws(Compiled& a, Compiled& b) {
  Names names;
  std::map<std::string_view, std::size_t> in_b;
  const auto& other = b.build.model.variables();
  for (std::size_t v = 0; v < other.size(); ++v) in_b[other[v].factor.id] = v;
  std::vector<bool> met(other.size(), false);
  const auto& mine = a.build.model.variables();
  const auto rows_of = [](const Compiled& c) {
    std::map<std::string_view, bool> rows;
    for (const Use& use : c.build.uses) rows[use.factor.id] = use.row;
    return rows;
  };
  const auto rows_a = rows_of(a);
  for (std::size_t v = 0; v < mine.size(); ++v) {
    const auto found = in_b.find(mine[v].factor.id);
    bool shared = found != in_b.end();
    if (shared) {
      const Factor& theirs = other[found->second].factor;
      const auto row = rows_a.find(mine[v].factor.id);
      const bool one_cause =
          (row != rows_a.end() && row->second) || mine[v].factor.id == "truncation" || mine[v].factor.id == "profile";
      shared = same_variable(mine[v].factor, theirs) || one_cause;
      met[found->second] = true;
      if (!shared) {
        const std::string name = own_name(theirs);
        names.drivers[random::fnv1a(name)] = {theirs.id + " (B)", false, 0};
        b.build.model.draw_as(found->second, random::fnv1a(name));
        a.build.model.draw_as(v, random::fnv1a(own_name(mine[v].factor)));
      }
    }
    const bool split = found != in_b.end() && !shared;
    names.drivers[mine[v].hash] = {mine[v].factor.id + (split ? " (A)" : ""), shared, 0};
  }
  for (std::size_t v = 0; v < other.size(); ++v) {
    if (!met[v]) names.drivers[other[v].hash] = {other[v].factor.id, false, 0};
  }
  return names;
}

Spread spread_of(const std::vector<double>& draws) {
  const Moments m = moments_of(draws);
  return {m.mean, m.p5, m.p50, m.p95};
}

}  // namespace

Comparison compare(const Bom& first, const Bom& second, const FootprintOptions& options) {
  if (options.draws < 2) out_of_range("draws: a comparison needs at least 2");
  Compiled a(first, options);
  Compiled b(second, options);
  const Names names = share_draws(a, b);
  Comparison result;
  result.draws = options.draws;
  result.seed = options.seed;
  result.value_a = CarbonMass::from_kilograms(a.corners().total.value);
  result.value_b = CarbonMass::from_kilograms(b.corners().total.value);
  const std::vector<double> of_a = a.draws(options.seed, options.draws);
  const std::vector<double> of_b = b.draws(options.seed, options.draws);
  std::vector<double> difference(of_a.size());
  std::vector<double> ratio(of_a.size());
  double lower = 0;
  bool defined = true;
  for (std::size_t d = 0; d < of_a.size(); ++d) {
    difference[d] = of_a[d] - of_b[d];
    defined = defined && of_b[d] > 0;
    ratio[d] = of_a[d] / of_b[d];
    lower += of_a[d] < of_b[d] ? 1 : of_a[d] == of_b[d] ? 0.5 : 0;
  }
  result.p_a_lower = lower / static_cast<double>(of_a.size());
  result.verdict = result.p_a_lower >= 0.95   ? Verdict::a_lower
                   : result.p_a_lower <= 0.05 ? Verdict::b_lower
                                              : Verdict::undecided;
  result.difference_kg = spread_of(difference);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  result.ratio = defined ? spread_of(ratio) : Spread{nan, nan, nan, nan};
  std::vector<std::uint64_t> hashes;
  for (const auto& [hash, driver] : names.drivers) hashes.push_back(hash);
  const std::vector<double> rho = rank_correlations(hashes, options.seed, difference);
  std::size_t i = 0;
  for (const auto& [hash, driver] : names.drivers) {
    result.drivers.push_back(driver);
    result.drivers.back().rho = rho[i++];
  }
  numeric::stable_sort(result.drivers, [](const Driver& x, const Driver& y) {
    return std::fabs(x.rho) != std::fabs(y.rho) ? std::fabs(x.rho) > std::fabs(y.rho) : x.name < y.name;
  });
  add_issues(result.issues, a.build.issues);
  add_issues(result.issues, b.build.issues);
  return result;
}

}  // namespace co2lib::embodied
