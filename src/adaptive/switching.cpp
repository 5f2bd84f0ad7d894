// SPDX-License-Identifier: MIT
// Backwards over the slots for the value of being in each model, then forwards along the decisions. A change costs the
// same whatever the two models are, so the best other model of a slot is one number: O(T K), not O(T K^2).
#include <co2lib/adaptive/switching.hpp>

#include <algorithm>
#include <cstdint>

namespace co2lib::adaptive {

namespace {

constexpr std::size_t most_models = 256;

/// What is decided for each slot and each model before it, in bytes.
struct Decisions {
  std::vector<std::uint8_t> to;
  std::size_t models;
  std::uint8_t& at(std::size_t slot, std::size_t from) { return to[slot * models + from]; }
};

std::size_t best_of(const std::vector<double>& value, const std::vector<std::size_t>& order) {
  std::size_t best = order.front();
  for (const std::size_t m : order) {  // by energy: of equals the smaller stays
    if (detail::below(value[best], value[m])) best = m;
  }
  return best;
}

}  // namespace

SwitchPlan switch_plan(const std::vector<Model>& models, const Slots& slots, double lambda, const SwitchOptions& o) {
  (void)hull(models, o.pue);  // refuses what is no list of models
  detail::not_negative(lambda, "lambda_per_g");
  const double kwh = detail::not_negative(o.cost.kwh(), "cost");
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  const std::vector<double> n = demand_of(slots.size(), o.demand);
  const std::size_t count = models.size();
  if (count > most_models) {
    detail::bad_input("models: switching plans take at most 256; leave those out that are not on the hull");
  }
  if (o.initial && *o.initial >= count) detail::bad_model("initial: it is not in the list");
  const std::vector<std::size_t> order = by_energy(models);
  const auto gain = [&](std::size_t t, std::size_t m) {
    return n[t] * (models[m].accuracy - lambda * slots.g_per_kwh[t] * models[m].energy.kwh() * o.pue);
  };
  Decisions decisions{std::vector<std::uint8_t>(slots.size() * count), count};
  std::vector<double> next(count, 0);  // the best from the slot after on, by the model of this one
  std::vector<double> value(count);
  std::size_t first = 0;
  for (std::size_t t = slots.size(); t-- > 0;) {
    const double price = lambda * slots.g_per_kwh[t] * kwh;
    for (std::size_t m = 0; m < count; ++m) value[m] = gain(t, m) + next[m];
    const std::size_t best = best_of(value, order);
    for (std::size_t m = 0; m < count; ++m) {
      const bool change = best != m && detail::below(value[m], value[best] - price);
      decisions.at(t, m) = static_cast<std::uint8_t>(change ? best : m);
      next[m] = change ? value[best] - price : value[m];
    }
    first = best;
  }
  SwitchPlan plan{.lambda_per_g = lambda};
  numeric::Sum points;
  numeric::Sum grams;
  numeric::Sum switching;
  double requests = 0;
  std::size_t now = o.initial.value_or(first);
  for (std::size_t t = 0; t < slots.size(); ++t) {
    const std::size_t m = t == 0 && !o.initial ? first : decisions.at(t, now);
    if (m != now) {
      ++plan.switches;
      switching += numeric::product(slots.g_per_kwh[t], kwh);
    }
    now = m;
    plan.models.push_back(m);
    points += numeric::product(n[t], models[m].accuracy);
    grams += numeric::product(n[t] * slots.g_per_kwh[t], models[m].energy.kwh() * o.pue);
    requests += n[t];
  }
  plan.accuracy = points.value() / requests;
  plan.switching = CarbonMass::from_grams(switching.value());
  plan.carbon = CarbonMass::from_grams(grams.value() + switching.value());
  plan.objective = points.value() - lambda * (grams.value() + switching.value());
  return plan;
}

SwitchPlan switch_plan_for_budget(const std::vector<Model>& models, const Slots& slots, CarbonMass budget,
                                  const SwitchOptions& options) {
  detail::not_negative(budget.grams(), "budget");
  const auto fits = [&](const SwitchPlan& p) { return detail::fits(p.carbon.grams(), budget.grams()); };
  SwitchPlan low = switch_plan(models, slots, 0, options);
  if (fits(low)) return low;
  double high = 1;
  SwitchPlan found = switch_plan(models, slots, high, options);
  for (int i = 0; i < 200 && !fits(found); ++i) {
    high *= 4;
    SwitchPlan tried = switch_plan(models, slots, high, options);
    if (tried.carbon.grams() == found.carbon.grams() && tried.switches == found.switches && i > 60) break;
    found = std::move(tried);
  }
  if (!fits(found)) {
    detail::infeasible("budget: " + numeric::text(budget.grams()) + " g is below the least carbon found, " +
                           numeric::text(found.carbon.grams()) + " g",
                       "min_carbon_g", found.carbon.grams());
  }
  double least = 0;
  for (int i = 0; i < 100 && high - least > 1e-12 * high; ++i) {
    const double middle = least + (high - least) / 2;
    SwitchPlan tried = switch_plan(models, slots, middle, options);
    if (fits(tried)) {
      high = middle;
      found = std::move(tried);
    } else {
      least = middle;
    }
  }
  return found;
}

}  // namespace co2lib::adaptive
