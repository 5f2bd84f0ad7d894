// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/evaluate.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <co2lib/adaptive/heuristic.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/quantiles.hpp>
#include <co2lib/random.hpp>

#include "steps.hpp"

namespace co2lib::adaptive {

namespace {

using detail::Crowd;

/// What was served in each slot: mean accuracy and energy (kWh, PUE included) per request.
struct Served {
  std::vector<double> accuracy;
  std::vector<double> energy;
};

struct Totals {
  double points = 0;
  double grams = 0;
  double requests = 0;
  double exposure = 0;  ///< requests x g/kWh

  [[nodiscard]] double accuracy() const { return points / requests; }
};

Totals totals(const Served& served, const Slots& slots, const std::vector<double>& n, std::size_t from,
              std::size_t to) {
  numeric::Sum points;
  numeric::Sum grams;
  numeric::Sum requests;
  numeric::Sum exposure;
  for (std::size_t t = from; t < to; ++t) {
    points += numeric::product(n[t], served.accuracy[t]);
    grams += numeric::product(numeric::product(n[t], slots.g_per_kwh[t]), served.energy[t]);
    requests += n[t];
    exposure += numeric::product(n[t], slots.g_per_kwh[t]);
  }
  return {points.value(), grams.value(), requests.value(), exposure.value()};
}

Served served_by(const Plan& p) {
  Served s;
  for (const Mix& m : p.mixes) {
    const Model& low = p.models[m.model];
    const Model& high = p.models[m.upgraded];
    s.accuracy.push_back(low.accuracy + m.share * (high.accuracy - low.accuracy));
    s.energy.push_back((low.energy.kwh() + m.share * (high.energy.kwh() - low.energy.kwh())) * p.pue);
  }
  return s;
}

/// The plan made on the curve of the day before, for each day; scored with the day itself.
Totals by_yesterday(const Plan& p) {
  const auto day = static_cast<std::size_t>(std::chrono::hours(24) / p.slots.step);
  Slots curve = p.slots;
  for (std::size_t t = day; t < curve.size(); ++t) curve.g_per_kwh[t] = p.slots.g_per_kwh[t - day];
  const Crowd crowd(p.hull, curve.g_per_kwh, p.demand);
  const double budget = std::max(p.budget.value_or(p.carbon).grams(), crowd.least_carbon());
  const Plan other =
      plan(p.models, curve, {.demand = p.demand, .budget = CarbonMass::from_grams(budget), .pue = p.pue});
  return totals(served_by(other), p.slots, p.demand, 0, p.slots.size());
}

double optimum_g(const Plan& p, double accuracy) {
  const Crowd crowd(p.hull, p.slots.g_per_kwh, p.demand);
  return detail::fill({&crowd, 1}, detail::Limit::points, accuracy * crowd.requests.back()).carbon;
}

double optimum_accuracy(const Plan& p, double grams) {
  const Crowd crowd(p.hull, p.slots.g_per_kwh, p.demand);
  const detail::Filling f = detail::fill({&crowd, 1}, detail::Limit::carbon, grams);
  return f.points / f.requests;
}

void add_vertices(Report& r, const Plan& p, double exposure) {
  for (std::size_t j = 0; j < p.hull.size(); ++j) {
    const std::string& name = p.models[p.hull.models[j]].name;
    r.vertices.push_back({name, static_optimal(p.models, p.slots, name, p.demand),
                          saving(optimum_g(p, p.hull.accuracy[j]), p.hull.energy_kwh[j] * exposure)});
  }
  constexpr std::size_t parts = 200;
  const double low = p.hull.accuracy.front();
  const double high = p.hull.accuracy.back();
  for (std::size_t i = 1; i < parts; ++i) {
    const double a = low + (high - low) * static_cast<double>(i) / parts;
    const auto found = saving(optimum_g(p, a), agnostic_carbon_g(p.hull, a, exposure));
    if (found && (!r.best_saving || *found > *r.best_saving)) r.best_saving = found;
  }
}

/// The saving over the agnostic mix of equal accuracy with whole weeks drawn again and again.
std::optional<Interval<double>> bootstrap(const Plan& p, const Served& served, const ReportOptions& o) {
  const auto week = static_cast<std::size_t>(std::chrono::hours(168) / p.slots.step);
  const std::size_t weeks = week > 0 ? p.slots.size() / week : 0;
  if (weeks < 8 || o.resamples < 20) return std::nullopt;
  std::vector<Totals> of_week;
  for (std::size_t w = 0; w < weeks; ++w) {
    of_week.push_back(totals(served, p.slots, p.demand, w * week, (w + 1) * week));
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < o.resamples; ++i) {
    Totals sum;
    for (std::size_t k = 0; k < weeks; ++k) {
      const double u = random::draw(o.seed, i * weeks + k, "adaptive.weeks");
      const Totals& w = of_week[std::min(static_cast<std::size_t>(u * static_cast<double>(weeks)), weeks - 1)];
      sum.points += w.points, sum.grams += w.grams, sum.requests += w.requests, sum.exposure += w.exposure;
    }
    if (!(sum.requests > 0)) continue;
    if (const auto s = saving(sum.grams, agnostic_carbon_g(p.hull, sum.accuracy(), sum.exposure))) {
      values.push_back(*s);
    }
  }
  if (values.empty()) return std::nullopt;
  const auto [low, high] = *numeric::percentiles(values, std::array{0.025, 0.975});
  return Interval<double>{low, high, 0.95};
}

void add_efficiency(Report& r, const Plan& p, const Totals& t) {
  const std::vector<std::size_t> order = by_energy(p.models);
  const Model& smallest = p.models[order.front()];
  const double mean_c = t.exposure / t.requests * p.pue;
  const auto of = [&](double accuracy, double grams) -> std::optional<double> {
    const double least = smallest.energy.kwh() * mean_c;
    if (detail::equal(grams, least)) return std::nullopt;
    return cee(accuracy, grams, smallest.accuracy, least);
  };
  const auto own = of(t.accuracy(), t.grams / t.requests);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Model& m = p.models[order[i]];
    const auto single = of(m.accuracy, m.energy.kwh() * mean_c);
    std::optional<double>& improvement = r.cee_improvement[m.name];
    if (own && single && *single != 0) improvement = *own / *single - 1;
  }
}

/// Sensitivity to the energies of the models, for a plan's decisions.
std::optional<Interval<CarbonMass>> energy_interval(const Plan& p) {
  Plan low = p;
  Plan high = p;
  for (std::size_t m = 0; m < p.models.size(); ++m) {
    if (!p.models[m].interval) return std::nullopt;
    low.models[m].energy = p.models[m].interval->low;
    high.models[m].energy = p.models[m].interval->high;
  }
  return Interval<CarbonMass>{low.carbon_under(p.slots), high.carbon_under(p.slots), 0.95};
}

Report report_on(const Plan& p, const Served& served, const std::string& name, const ReportOptions& o) {
  Report r;
  const Totals t = totals(served, p.slots, p.demand, 0, p.slots.size());
  const auto add = [&](RowKind kind, const std::string& title, double accuracy, double grams) {
    std::optional<double> spend;
    if (p.budget && p.budget->grams() > 0) spend = grams / p.budget->grams();
    r.rows.push_back({kind, title, accuracy, CarbonMass::from_grams(grams), spend});
  };
  const double spent = std::max(t.grams, p.least_carbon.grams());
  const double agnostic_a = agnostic_accuracy(p.hull, spent, t.exposure);
  const double agnostic_g = agnostic_carbon_g(p.hull, t.accuracy(), t.exposure);
  add(RowKind::policy, name, t.accuracy(), t.grams);
  add(RowKind::optimum, "offline optimum at this carbon", optimum_accuracy(p, spent), spent);
  add(RowKind::agnostic_same_carbon, "carbon-agnostic mix at this carbon", agnostic_a,
      std::min(spent, p.hull.energy_kwh.back() * t.exposure));
  add(RowKind::agnostic_same_accuracy, "carbon-agnostic mix of this accuracy", t.accuracy(), agnostic_g);
  const Totals yesterday = by_yesterday(p);
  add(RowKind::yesterday, "the plan for yesterday's curve", yesterday.accuracy(), yesterday.grams);
  for (const Baseline& single : p.singles) add(RowKind::single, single.name, single.accuracy, single.carbon.grams());
  add_vertices(r, p, t.exposure);
  r.carbon =
      compare(CarbonMass::from_grams(t.grams), CarbonMass::from_grams(agnostic_g),
              CarbonMass::from_grams(optimum_g(p, t.accuracy())), p.budget.value_or(CarbonMass::from_grams(t.grams)));
  const double best = r.rows[1].accuracy;
  if (detail::below(agnostic_a, best)) r.gap_in_accuracy = (t.accuracy() - agnostic_a) / (best - agnostic_a);
  r.saving = saving(t.grams, agnostic_g);
  r.saving_interval = bootstrap(p, served, o);
  add_efficiency(r, p, t);
  r.idle = p.idle;
  r.tuned_on = o.tuned_on;
  r.in_sample = o.tuned_on.empty();
  r.forecast = p.slots.forecast;
  return r;
}

}  // namespace

Comparison compare(CarbonMass algorithm, CarbonMass agnostic, CarbonMass optimum, CarbonMass budget) {
  const double c = detail::not_negative(algorithm.grams(), "carbon_algorithm");
  const double a = detail::not_negative(agnostic.grams(), "carbon_agnostic");
  const double best = detail::not_negative(optimum.grams(), "carbon_optimum");
  const double b = detail::not_negative(budget.grams(), "budget_g");
  Comparison result;
  if (!detail::equal(a, best)) result.gap_closed = (a - c) / (a - best);
  result.regret = algorithm - optimum;
  if (best > 0) result.ratio = c / best;
  if (b > 0 || c == 0) result.violation = b > 0 ? std::max(0.0, c / b - 1) : 0.0;
  return result;
}

const ReportRow& Report::row(RowKind kind) const {
  for (const ReportRow& r : rows) {
    if (r.kind == kind) return r;
  }
  detail::bad_input("report: there is no row '" + std::string(text(kind)) +
                    "'; a comparison without the carbon-agnostic mix is refused");
}

Report report(const Plan& p, const ReportOptions& o) {
  if (o.controller) {
    if (!p.budget) detail::bad_input("controller: it needs a budget");
    return evaluate(p.models, p.slots, *p.budget, *o.controller, p.demand, o);
  }
  Report r = report_on(p, served_by(p), "this plan", o);
  r.lambda_per_g = p.lambda_per_g;
  r.thresholds_g_per_kwh = p.thresholds_g_per_kwh();
  r.energy_interval = energy_interval(p);
  if (o.decided_on) {
    PlanOptions options{.demand = p.demand, .pue = p.pue};
    options.price = p.lambda_per_g;
    r.decided_on_other = plan(p.models, *o.decided_on, options).carbon_under(p.slots);
  }
  if (r.forecast) {
    r.notes.emplace_back("made on a forecast: the intensities that come decide what it is worth");
  } else if (r.in_sample) {
    r.notes.emplace_back("in sample: planned with the intensities that it is scored with, which nobody knows ahead");
  }
  return r;
}

Report evaluate(const std::vector<Model>& models, const Slots& slots, CarbonMass budget,
                const ControlOptions& controller, const std::vector<double>& demand, const ReportOptions& options) {
  const Plan p = plan(models, slots, {.demand = demand, .budget = budget, .pue = controller.pue});
  const Controlled run = control(models, slots, budget, controller, demand);
  const Served served{run.accuracy_by_slot, run.energy_kwh};
  Report r = report_on(p, served, "controller " + std::string(text(controller.method)), options);
  r.lambda_per_g = p.lambda_per_g;
  r.thresholds_g_per_kwh = p.thresholds_g_per_kwh();
  r.notes.emplace_back(r.in_sample
                           ? "lambda and thresholds are those of the offline optimum, which nobody knows ahead; "
                             "the controller saw one slot after the other"
                           : "tuned on " + options.tuned_on);
  return r;
}

}  // namespace co2lib::adaptive
