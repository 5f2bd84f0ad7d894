// SPDX-License-Identifier: MIT
// Steering: the rules of online control on plain slots; without clock and lock.
//
//  1. A slot is opened with its intensity: now the price of carbon may change, and at no other time.
//  2. Each call picks a vertex of its class's hull by that price. Where its price per point is 1 / lambda itself, the
//     share that the last solve took at that price is upgraded, by error diffusion over the whole run. Without it a
//     constant intensity would leave a part of the budget unspent.
//  3. A slot that is closed enters the window, with the requests it had. State is O(window).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/adaptive/control.hpp>
#include <co2lib/adaptive/pacer.hpp>
#include <co2lib/adaptive/policy.hpp>

#include "steps.hpp"

namespace co2lib::adaptive::detail {

/// What a slot was: its intensity and the requests of each class.
struct PastSlot {
  std::size_t slot = 0;
  double c = 0;
  std::vector<double> n{};
};

/// Everything that changes; what is saved.
struct SteeringState {
  std::optional<std::size_t> slot{};  ///< the one that is open
  std::size_t next_solve = 0;         ///< of pacing
  double spent = 0;                   ///< g
  double spent_rest = 0;              ///< what rounding has left out of it
  double requests = 0;                ///< in closed slots
  double acc = 0.5;                   ///< of error diffusion
  double lambda = 0;
  double tie_share = 0;
  std::optional<double> dual{};  ///< lambda of primal-dual once it runs
  double pacing_lambda = 0;      ///< of the last solve of pacing
  PastSlot now{};
  double now_g = 0;                         ///< spent in the open slot
  double now_expected = 0;                  ///< requests of the open slot, as far as known when it was opened
  std::deque<PastSlot> past{};              ///< the last 192, of which 168 are the window
  std::size_t expected_from = 0;            ///< slot of the first of `expected`
  std::vector<double> expected{};           ///< g/kWh, given by the caller
  std::vector<std::vector<char>> usable{};  ///< by class: 0 for models that must not serve now; empty: all may
};

/// Which vertex, and which share of the requests goes one further.
struct Pick {
  std::size_t level = 0;
  double share = 0;
};

class Steering {
 public:
  Steering(std::vector<RequestClass> classes, double budget_g, std::size_t slots, const ControlOptions& options);

  /// Opens a slot after the last one, which is closed; `expected` requests are known of it (at least those of a call).
  void open(std::size_t slot, double c, double expected);

  [[nodiscard]] Pick pick(std::size_t kind, double c) const noexcept;
  /// The model of a vertex, made smaller by the hard stop if need be.
  [[nodiscard]] std::size_t model(std::size_t kind, std::size_t level, double c, double requests) const;
  /// From now on these models of a class may serve: plans are made with all, choices with these. At least one.
  void use(std::size_t kind, std::vector<char> usable);
  /// Enters requests served; returns the grams.
  double charge(std::size_t kind, std::size_t model, double c, double requests) noexcept;

  [[nodiscard]] const std::vector<RequestClass>& classes() const noexcept { return classes_; }
  [[nodiscard]] double budget() const noexcept { return budget_; }
  [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
  [[nodiscard]] const ControlOptions& options() const noexcept { return options_; }
  [[nodiscard]] double energy_kwh(std::size_t kind, std::size_t model) const {
    return classes_[kind].models[model].energy.kwh() * options_.pue;
  }

  SteeringState state;
  bool sees_demand = false;        ///< a slot is opened with all its requests, not with those of its first call
  std::optional<double> rest_g{};  ///< the exact least carbon of later slots, where it is known

  /// Makes the policies of `state.lambda` anew; after a restore.
  void renew();

 private:
  /// Slots as a sample: intensity, weight, and the mix of classes by the requests of a slot.
  struct Sample {
    std::vector<std::vector<double>> c;  ///< by class
    std::vector<std::vector<double>> n;
  };
  void close();
  void add(Sample& sample, double c, double weight, std::span<const double> mix) const;
  [[nodiscard]] std::vector<const PastSlot*> window(std::size_t slot) const;
  [[nodiscard]] double rest_requests(std::size_t slots) const;
  [[nodiscard]] std::vector<double> usual_mix() const;
  void solve(const Sample& sample, double budget, bool strictly_above);
  void pace(std::size_t slot, double c);
  void predict(std::size_t slot, double c);
  [[nodiscard]] std::vector<double> forecast(std::size_t slot, double c) const;
  [[nodiscard]] double rest_of_run() const;

  std::vector<RequestClass> classes_;
  double budget_;
  std::size_t slots_;
  ControlOptions options_;
  std::vector<Hull> hulls_;    ///< of all models, for plans
  std::vector<Hull> serving_;  ///< of those that may serve now
  std::vector<Policy> policies_;
};

}  // namespace co2lib::adaptive::detail
