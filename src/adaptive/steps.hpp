// SPDX-License-Identifier: MIT
// The one solver behind every plan: upgrades along concave hulls, the cheapest per point first.
//
// The approach, and why:
//  1. Upgrade (slot, j) from vertex j to j + 1 costs n c (e_j+1 - e_j) g for n (a_j+1 - a_j) points: c / slope_j g per
//     point. Taking upgrades by that price until the limit is reached is the optimum of the linear program, for slopes
//     fall, so that j comes before j + 1 by itself (the fractional knapsack; Dantzig 1957).
//  2. c is sorted once. For each j the prices are c divided by one number: nothing else needs sorting.
//  3. Sums of n and of n c over the sorted slots give what all upgrades up to a price cost, in K look-ups. So the price
//     at which the limit is passed is found by bisection on the bits of a double, 63 steps whatever T is.
//  4. Upgrades at that very price (within 1e-12) are taken one by one, earlier slots first, the last in part.
//  5. Several hulls (models that some slots may not use, classes of requests) are several crowds with one price.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <co2lib/adaptive/model.hpp>

namespace co2lib::adaptive::detail {

/// Slots that choose from one hull, by ascending intensity; those without requests are left out.
class Crowd {
 public:
  /// `slots` names them, by default 0, 1, ...
  Crowd(Hull hull, std::span<const double> c, std::span<const double> n, std::span<const std::size_t> slots = {});

  Hull hull;
  std::vector<double> c{};
  std::vector<double> n{};
  std::vector<std::size_t> slot{};
  std::vector<double> carbon{};    ///< sums of n c over the first 0, 1, ... of them
  std::vector<double> requests{};  ///< sums of n

  [[nodiscard]] std::size_t upgrades() const noexcept { return hull.slopes.size(); }
  /// How many slots have an upgrade j of a price below, or not above, this one.
  [[nodiscard]] std::size_t below(std::size_t j, double price) const;
  [[nodiscard]] std::size_t up_to(std::size_t j, double price) const;
  [[nodiscard]] double least_carbon() const { return hull.energy_kwh.front() * carbon.back(); }
};

/// One upgrade of one slot.
struct Upgrade {
  std::size_t crowd = 0;
  std::size_t j = 0;
  std::size_t at = 0;  ///< position in the crowd
  std::size_t slot = 0;
  double price = 0;  ///< g/kWh per (points/kWh): g per point
};

/// What was taken.
struct Filling {
  double lambda = 0;                               ///< points per g; 0 where all are taken
  double carbon = 0;                               ///< g
  double points = 0;                               ///< requests x accuracy
  double requests = 0;                             ///< in all
  std::vector<std::vector<std::size_t>> counts;    ///< by crowd and j: the first of the crowd that took the upgrade
  std::vector<Upgrade> taken;                      ///< besides these, at the price 1 / lambda
  std::optional<std::pair<Upgrade, double>> part;  ///< the one taken in part, and which
  double tie_share = 0;                            ///< of the requests of all upgrades at the price 1 / lambda
};

enum class Limit : char { carbon, points };

/// Takes upgrades until the carbon (g, in all) or the points (requests x accuracy, in all) reach the limit.
///
/// A limit below what no upgrade needs gives no upgrade; it is the caller's to refuse it.
[[nodiscard]] Filling fill(std::span<const Crowd> crowds, Limit what, double limit);

/// Takes every upgrade with c below slope / lambda.
[[nodiscard]] Filling fill_at(std::span<const Crowd> crowds, double lambda);

}  // namespace co2lib::adaptive::detail
