// SPDX-License-Identifier: MIT
#include "steering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <co2lib/intensity/forecast.hpp>

namespace co2lib::adaptive::detail {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kept_slots = 192;  // the past that MPC's forecast needs
constexpr std::size_t forecast_past = 169;

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return sum;
}

}  // namespace

Steering::Steering(std::vector<RequestClass> classes, double budget_g, std::size_t slots, const ControlOptions& options)
    : classes_(std::move(classes)), budget_(not_negative(budget_g, "budget")), slots_(slots), options_(options) {
  if (classes_.empty()) bad_model("there are no classes of requests; give at least one");
  if (slots == 0) bad_input("horizon: there is no slot");
  if (options.window < 1 || options.window > 8784) bad_input("window: it must be 1 to 8784 slots");
  if (options.beyond > 87840) bad_input("beyond: it must be at most 87840 slots");
  positive(options.eta, "eta");
  if (options.lambda0_per_g) positive(*options.lambda0_per_g, "lambda0_per_g");
  if (options.requests_per_slot) positive(*options.requests_per_slot, "requests_per_slot");
  for (const RequestClass& x : classes_) hulls_.push_back(hull(x.models, options.pue));
  serving_ = hulls_;
  state.usable.resize(classes_.size());
  state.now.n.assign(classes_.size(), 0);
  if (options.method == Method::primal_dual) state.dual = options.lambda0_per_g;
  renew();
}

void Steering::renew() {
  policies_.clear();
  for (std::size_t k = 0; k < classes_.size(); ++k) {
    if (!state.usable[k].empty()) serving_[k] = hull(classes_[k].models, options_.pue, state.usable[k]);
    policies_.emplace_back(serving_[k], state.lambda);
  }
}

void Steering::use(std::size_t kind, std::vector<char> usable) {
  if (std::find(usable.begin(), usable.end(), 0) == usable.end()) usable.clear();
  if (usable == state.usable[kind]) return;
  state.usable[kind] = std::move(usable);
  serving_[kind] = hull(classes_[kind].models, options_.pue, state.usable[kind]);
  policies_[kind] = Policy(serving_[kind], state.lambda);
}

void Steering::add(Sample& sample, double c, double weight, std::span<const double> mix) const {
  if (!(weight > 0)) return;
  const double all = sum_of(mix);
  sample.c.resize(classes_.size());
  sample.n.resize(classes_.size());
  for (std::size_t k = 0; k < classes_.size(); ++k) {
    if (!(mix[k] > 0)) continue;
    sample.c[k].push_back(c);
    sample.n[k].push_back(classes_.size() == 1 ? weight : weight * (mix[k] / all));
  }
}

std::vector<const PastSlot*> Steering::window(std::size_t slot) const {
  std::vector<const PastSlot*> found;
  for (const PastSlot& p : state.past) {
    if (p.slot + options_.window >= slot && sum_of(p.n) > 0) found.push_back(&p);
  }
  return found;
}

/// The requests expected in so many slots.
double Steering::rest_requests(std::size_t slots) const {
  const auto count = static_cast<double>(slots);
  if (options_.requests_per_slot) return count * *options_.requests_per_slot;
  const std::size_t seen = state.slot.value_or(0);
  if (seen == 0 || !(state.requests > 0)) return count * (state.now_expected > 0 ? state.now_expected : 1);
  return count * (state.requests / static_cast<double>(seen));
}

/// How requests divide among classes, from the past; evenly where there is none.
std::vector<double> Steering::usual_mix() const {
  std::vector<double> mix(classes_.size(), 0);
  for (const PastSlot& p : state.past) {
    for (std::size_t k = 0; k < mix.size(); ++k) mix[k] += p.n[k];
  }
  if (!(sum_of(mix) > 0)) mix.assign(classes_.size(), 1);
  return mix;
}

void Steering::solve(const Sample& sample, double budget, bool strictly_above) {
  std::vector<Crowd> crowds;
  double least = 0;
  for (std::size_t k = 0; k < sample.c.size(); ++k) {
    if (sample.c[k].empty()) continue;
    crowds.emplace_back(hulls_[k], sample.c[k], sample.n[k]);
    least += crowds.back().least_carbon();
  }
  const bool enough = strictly_above ? below(least, budget) : fits(least, budget);
  state.tie_share = 0;
  if (!enough) {
    state.lambda = infinity;
    return;
  }
  const Filling f = fill(crowds, Limit::carbon, budget);
  state.lambda = f.lambda;
  state.tie_share = f.tie_share;
}

void Steering::pace(std::size_t slot, double c) {
  Sample sample;
  double requests = 0;
  for (const PastSlot* p : window(slot)) {
    const double n = sum_of(p->n);
    add(sample, p->c, n, p->n);
    requests += n;
  }
  if (!(requests > 0)) {
    requests = 1;
    add(sample, c, 1, usual_mix());
  }
  double left = budget_ - state.spent;
  double rest = rest_requests(slots_ - slot);
  if (options_.beyond > 0) {
    left += budget_ * (static_cast<double>(options_.beyond) / static_cast<double>(slots_));
    rest += rest_requests(options_.beyond);
  }
  solve(sample, left / rest * requests, true);
}

std::vector<double> Steering::forecast(std::size_t slot, double c) const {
  const std::size_t leads = std::min(mpc_leads, slots_ - slot - 1);
  std::vector<double> values;
  if (!state.expected.empty()) {
    for (std::size_t i = 0; i < leads; ++i) {
      const std::size_t at = slot + 1 + i;
      if (at < state.expected_from || at - state.expected_from >= state.expected.size()) break;
      values.push_back(state.expected[at - state.expected_from]);
    }
    return values;
  }
  if (slot < kept_slots || leads == 0 || state.past.size() + 1 < forecast_past) return values;
  std::vector<double> hours;
  hours.reserve(forecast_past);
  const std::size_t first = slot + 1 - forecast_past;
  for (const PastSlot& p : state.past) {
    if (p.slot >= first) hours.push_back(p.c);
  }
  hours.push_back(c);
  if (hours.size() != forecast_past) return values;  // an hour is missing: there is no forecast
  values.resize(leads);
  intensity::forecast_values(hours, hours.size(), intensity::Forecaster::blend, values);
  return values;
}

void Steering::predict(std::size_t slot, double c) {
  Sample sample;
  const std::vector<double> mix = usual_mix();
  const double usual = rest_requests(1);
  const double present = sees_demand ? state.now_expected : std::max(state.now_expected, usual);
  add(sample, c, present, mix);
  const std::vector<double> ahead = forecast(slot, c);
  for (const double x : ahead) add(sample, x, usual, mix);
  const auto left = static_cast<double>(slots_ - slot - 1 - ahead.size()) * usual;
  const std::vector<const PastSlot*> before = window(slot);
  double requests = 0;
  for (const PastSlot* p : before) requests += sum_of(p->n);
  for (const PastSlot* p : before) add(sample, p->c, left * (sum_of(p->n) / requests), p->n);
  if (before.empty()) add(sample, c, left, mix);
  solve(sample, budget_ - state.spent, false);
  state.tie_share = 0;  // argmax: what costs exactly lambda is not upgraded
}

void Steering::open(std::size_t slot, double c, double expected) {
  if (state.slot) close();
  state.slot = slot;
  state.now.slot = slot;
  state.now.c = c;
  state.now_expected = expected;
  const double before = state.lambda;
  const bool paced = options_.method == Method::pacing || (options_.method == Method::primal_dual && !state.dual);
  const bool any = expected > 0 || state.requests > 0;  // else there is nothing to plan for yet
  if (paced && any && slot >= state.next_solve) {
    pace(slot, c);
    state.next_solve = (slot / solve_every + 1) * solve_every;
    state.pacing_lambda = state.lambda;
  }
  if (paced && options_.beyond > 0 && state.spent >= budget_) {
    state.lambda = infinity;
    state.tie_share = 0;
  }
  if (options_.method == Method::mpc) predict(slot, c);
  if (options_.method == Method::primal_dual) {
    const double paced_lambda = state.pacing_lambda;
    if (!state.dual && slot >= window_slots && paced_lambda > 0 && !std::isinf(paced_lambda)) {
      state.dual = paced_lambda;
    }
    if (state.dual) {
      state.lambda = state.spent >= budget_ ? infinity : *state.dual;
      state.tie_share = 0;
    }
  }
  if (!(state.lambda == before)) renew();
}

void Steering::close() {
  const std::size_t slot = *state.slot;
  const double n = sum_of(state.now.n);
  state.requests += n;
  if (options_.method == Method::primal_dual && state.dual && n > 0 && budget_ > 0) {
    // The expected requests in all: those so far, and the rest.
    const double mean = options_.requests_per_slot.value_or(state.requests / static_cast<double>(slot + 1));
    const double all = state.requests + static_cast<double>(slots_ - slot - 1) * mean;
    const double part = budget_ * n / all;
    const double off = options_.eta * (state.now_g - part) / part;
    if (options_.update == Update::multiplicative) {
      state.dual = *state.dual * std::exp(std::clamp(off, -1.0, 1.0));
    } else {
      const double first = options_.lambda0_per_g.value_or(state.pacing_lambda);
      state.dual = std::max(0.0, *state.dual + off * first);
    }
  }
  state.past.push_back(state.now);
  while (!state.past.empty() && state.past.front().slot + std::max(kept_slots, options_.window) <= slot)
    state.past.pop_front();
  state.now.n.assign(classes_.size(), 0);
  state.now_g = 0;
}

Pick Steering::pick(std::size_t kind, double c) const noexcept {
  const Policy& policy = policies_[kind];
  const std::vector<double>& slopes = serving_[kind].slopes;
  Pick picked{.level = policy.level(c), .share = 0};
  if (state.tie_share > 0 && picked.level < slopes.size() && equal(c * state.lambda, slopes[picked.level])) {
    picked.share = state.tie_share;
  }
  return picked;
}

double Steering::rest_of_run() const {
  if (rest_g) return *rest_g;
  // Of the slots that the caller expects by their intensity, of the others by the mean of the window.
  const std::size_t slot = *state.slot;
  const double usual = rest_requests(1);
  double sum = 0;
  double mean = state.now.c;
  const std::vector<const PastSlot*> before = window(slot);
  if (!before.empty()) {
    mean = 0;
    for (const PastSlot* p : before) mean += p->c / static_cast<double>(before.size());
  }
  for (std::size_t at = slot + 1; at < slots_; ++at) {
    const bool known = at >= state.expected_from && at - state.expected_from < state.expected.size();
    sum += known ? state.expected[at - state.expected_from] : mean;
  }
  double least = 0;
  const std::vector<double> mix = usual_mix();
  for (std::size_t k = 0; k < hulls_.size(); ++k) least += hulls_[k].energy_kwh.front() * mix[k] / sum_of(mix);
  const double here = std::max(usual - sum_of(state.now.n), 0.0) * state.now.c;
  return (sum * usual + here) * least;
}

std::size_t Steering::model(std::size_t kind, std::size_t level, double c, double requests) const {
  const std::size_t preferred = serving_[kind].models[level];
  if (!options_.hard_stop) return preferred;
  return allowed(classes_[kind].models, preferred, budget_, state.spent, c * requests, rest_of_run(), options_.pue,
                 state.usable[kind]);
}

double Steering::charge(std::size_t kind, std::size_t model, double c, double requests) noexcept {
  const double grams = numeric::product(numeric::product(c, requests), energy_kwh(kind, model));
  // Compensated, so that receipts add up to it.
  const double with_rest = grams + state.spent_rest;
  const double sum = state.spent + with_rest;
  state.spent_rest = with_rest - (sum - state.spent);
  state.spent = sum;
  state.now_g += grams;
  state.now.n[kind] += requests;
  return grams;
}

}  // namespace co2lib::adaptive::detail
