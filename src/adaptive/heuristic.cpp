// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/heuristic.hpp>

#include <chrono>

#include <co2lib/adaptive/plan.hpp>

namespace co2lib::adaptive {

namespace {

constexpr std::size_t day_slots = 24;

std::vector<std::size_t> indices(Heuristic rule, const Slots& slots, std::size_t count) {
  if (slots.step != std::chrono::hours(1)) detail::bad_input("intensity: the heuristics are for hourly slots");
  if (rule == Heuristic::rank168) return rank168(slots.g_per_kwh, count);
  const bool midnight = !slots.start || std::chrono::floor<std::chrono::days>(*slots.start) == *slots.start;
  if (slots.size() % day_slots != 0 || !midnight) {
    detail::bad_input("intensity: equal_width needs whole UTC days; got " + std::to_string(slots.size()) + " hours" +
                      (slots.start ? " from " + format_utc(*slots.start) : ""));
  }
  std::vector<std::size_t> index;
  for (std::size_t t = 0; t < slots.size(); t += day_slots) {
    const auto day = equal_width(std::span(slots.g_per_kwh).subspan(t, day_slots), count);
    index.insert(index.end(), day.begin(), day.end());
  }
  return index;
}

}  // namespace

HeuristicResult heuristic(Heuristic rule, const std::vector<Model>& models, const Slots& slots) {
  const Hull h = hull(models);
  const std::vector<std::size_t> order = by_energy(models);
  detail::all_not_negative(slots.g_per_kwh, "intensity");
  HeuristicResult result;
  numeric::Sum points;
  numeric::Sum grams;
  numeric::Sum exposure;
  const std::vector<std::size_t> index = indices(rule, slots, models.size());
  for (std::size_t t = 0; t < slots.size(); ++t) {
    const Model& m = models[order[index[t]]];
    result.chosen.push_back(order[index[t]]);
    points += m.accuracy;
    grams += numeric::product(m.energy.kwh(), slots.g_per_kwh[t]);
    exposure += slots.g_per_kwh[t];
  }
  const auto n = static_cast<double>(slots.size());
  result.accuracy = points.value() / n;
  result.carbon = CarbonMass::from_grams(grams.value());
  const Model& smallest = models[order.front()];
  const double mean_c = exposure.value() / n;
  const auto efficiency = [&](double accuracy, double per_request) {
    return cee(accuracy, per_request, smallest.accuracy, smallest.energy.kwh() * mean_c);
  };
  result.cee_per_g = efficiency(result.accuracy, grams.value() / n);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Model& m = models[order[i]];
    std::optional<double>& improvement = result.improvement[m.name];
    if (detail::equal(m.energy.kwh() * mean_c, smallest.energy.kwh() * mean_c)) continue;
    const double own = efficiency(m.accuracy, m.energy.kwh() * mean_c);
    if (own != 0) improvement = result.cee_per_g / own - 1;
  }
  const double agnostic = agnostic_carbon_g(h, result.accuracy, exposure.value());
  if (agnostic > 0) result.extra_carbon = grams.value() / agnostic - 1;
  return result;
}

}  // namespace co2lib::adaptive
