// SPDX-License-Identifier: MIT
#include "steps.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>

namespace co2lib::adaptive::detail {

Crowd::Crowd(Hull given, std::span<const double> intensities, std::span<const double> demand,
             std::span<const std::size_t> slots)
    : hull(std::move(given)) {
  std::vector<std::pair<double, std::size_t>> order;
  order.reserve(intensities.size());
  for (std::size_t i = 0; i < intensities.size(); ++i) {
    if (demand[i] > 0) order.emplace_back(intensities[i], i);
  }
  std::sort(order.begin(), order.end());
  c.reserve(order.size()), n.reserve(order.size()), slot.reserve(order.size());
  carbon.reserve(order.size() + 1), requests.reserve(order.size() + 1);
  numeric::Sum grams;
  numeric::Sum count;
  carbon.push_back(0), requests.push_back(0);
  for (const auto& [value, i] : order) {
    c.push_back(value), n.push_back(demand[i]), slot.push_back(slots.empty() ? i : slots[i]);
    grams += numeric::product(value, demand[i]);
    count += demand[i];
    carbon.push_back(grams.value()), requests.push_back(count.value());
  }
}

std::size_t Crowd::below(std::size_t j, double price) const {
  const double slope = hull.slopes[j];
  const auto end = std::partition_point(c.begin(), c.end(), [&](double x) { return x / slope < price; });
  return static_cast<std::size_t>(end - c.begin());
}

std::size_t Crowd::up_to(std::size_t j, double price) const {
  const double slope = hull.slopes[j];
  const auto end = std::partition_point(c.begin(), c.end(), [&](double x) { return x / slope <= price; });
  return static_cast<std::size_t>(end - c.begin());
}

namespace {

/// One upgrade's size for the limit.
double step_of(const Crowd& crowd, std::size_t j, Limit what) {
  return what == Limit::carbon ? crowd.hull.energy_kwh[j + 1] - crowd.hull.energy_kwh[j]
                               : crowd.hull.accuracy[j + 1] - crowd.hull.accuracy[j];
}

double start_of(std::span<const Crowd> crowds, Limit what) {
  numeric::Sum sum;
  for (const Crowd& x : crowds) {
    sum += what == Limit::carbon ? x.least_carbon() : numeric::product(x.hull.accuracy.front(), x.requests.back());
  }
  return sum.value();
}

/// Carbon or points of the counted upgrades, and of the first vertices.
double total(std::span<const Crowd> crowds, const Filling& f, Limit what) {
  numeric::Sum sum(start_of(crowds, what));
  const auto add = [&](const Crowd& x, std::size_t j, double amount) {
    sum += numeric::product(step_of(x, j, what), amount);
  };
  for (std::size_t i = 0; i < crowds.size(); ++i) {
    const Crowd& x = crowds[i];
    for (std::size_t j = 0; j < x.upgrades(); ++j) {
      add(x, j, what == Limit::carbon ? x.carbon[f.counts[i][j]] : x.requests[f.counts[i][j]]);
    }
  }
  const auto single = [&](const Upgrade& u, double share) {
    const Crowd& x = crowds[u.crowd];
    const double amount = what == Limit::carbon ? numeric::product(x.n[u.at], x.c[u.at]) : x.n[u.at];
    add(x, u.j, numeric::product(amount, share));
  };
  for (const Upgrade& u : f.taken) single(u, 1);
  if (f.part) single(f.part->first, f.part->second);
  return sum.value();
}

template <class Count>
void count(std::span<const Crowd> crowds, Filling& f, const Count& of) {
  f.counts.resize(crowds.size());
  for (std::size_t i = 0; i < crowds.size(); ++i) {
    f.counts[i].resize(crowds[i].upgrades());
    for (std::size_t j = 0; j < crowds[i].upgrades(); ++j) f.counts[i][j] = of(crowds[i], j);
  }
}

void finish(std::span<const Crowd> crowds, Filling& f) {
  f.carbon = total(crowds, f, Limit::carbon);
  f.points = total(crowds, f, Limit::points);
  for (const Crowd& x : crowds) f.requests += x.requests.back();
}

/// The least price whose upgrades, with all cheaper ones, pass the room above the first vertices; none if all fit.
std::optional<double> passing_price(std::span<const Crowd> crowds, Limit what, double room) {
  const auto used = [&](double price) {
    double sum = 0;
    for (const Crowd& x : crowds) {
      for (std::size_t j = 0; j < x.upgrades(); ++j) {
        const std::size_t m = x.up_to(j, price);
        sum += step_of(x, j, what) * (what == Limit::carbon ? x.carbon[m] : x.requests[m]);
      }
    }
    return sum;
  };
  double top = 0;
  for (const Crowd& x : crowds) {
    if (x.upgrades() > 0 && !x.c.empty()) top = std::max(top, x.c.back() / x.hull.slopes.back());
  }
  if (fits(used(top), room)) return std::nullopt;
  if (!fits(used(0.0), room)) return 0.0;
  // Doubles that are not negative are in the order of their bits.
  auto low = std::bit_cast<std::uint64_t>(0.0);
  auto high = std::bit_cast<std::uint64_t>(top);
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (fits(used(std::bit_cast<double>(middle)), room) ? low : high) = middle;
  }
  return std::bit_cast<double>(high);
}

/// All upgrades whose price is this one, earlier slots first, then lower vertices.
std::vector<Upgrade> at_price(std::span<const Crowd> crowds, double low, double high) {
  std::vector<Upgrade> ties;
  for (std::size_t i = 0; i < crowds.size(); ++i) {
    const Crowd& x = crowds[i];
    for (std::size_t j = 0; j < x.upgrades(); ++j) {
      for (std::size_t at = x.below(j, low); at < x.c.size() && x.c[at] / x.hull.slopes[j] <= high; ++at) {
        ties.push_back({i, j, at, x.slot[at], x.c[at] / x.hull.slopes[j]});
      }
    }
  }
  std::sort(ties.begin(), ties.end(), [](const Upgrade& a, const Upgrade& b) {
    return std::tie(a.slot, a.crowd, a.j) < std::tie(b.slot, b.crowd, b.j);
  });
  return ties;
}

}  // namespace

Filling fill(std::span<const Crowd> crowds, Limit what, double limit) {
  Filling f;
  const double start = start_of(crowds, what);
  const std::optional<double> price = passing_price(crowds, what, limit - start);
  if (!price) {
    count(crowds, f, [](const Crowd& x, std::size_t) { return x.c.size(); });
    finish(crowds, f);
    return f;
  }
  const double low = *price * (1 - same);
  const double high = *price * (1 + same);
  count(crowds, f, [&](const Crowd& x, std::size_t j) { return x.below(j, low); });
  numeric::Sum used(total(crowds, f, what));
  double all = 0;
  double done = 0;
  bool full = false;
  for (const Upgrade& u : at_price(crowds, low, high)) {
    const Crowd& x = crowds[u.crowd];
    all += x.n[u.at];
    if (full) continue;
    const double amount = step_of(x, u.j, what) * x.n[u.at] * (what == Limit::carbon ? x.c[u.at] : 1);
    if (fits(used.value() + amount, limit)) {
      used += amount;
      done += x.n[u.at];
      f.taken.push_back(u);
      continue;
    }
    full = true;
    const double share = std::clamp((limit - used.value()) / amount, 0.0, 1.0);
    f.lambda = u.price > 0 ? 1 / u.price : std::numeric_limits<double>::infinity();
    done += x.n[u.at] * share;
    if (share > 0) f.part = {u, share};
  }
  f.tie_share = all > 0 ? done / all : 0;
  finish(crowds, f);
  return f;
}

Filling fill_at(std::span<const Crowd> crowds, double lambda) {
  Filling f;
  f.lambda = lambda;
  const double limit = 1 / lambda * (1 - same);  // infinite for lambda = 0, 0 for an infinite one
  count(crowds, f, [&](const Crowd& x, std::size_t j) {
    return lambda == 0 ? x.c.size() : std::max(x.below(j, limit), x.up_to(j, 0));
  });
  finish(crowds, f);
  return f;
}

}  // namespace co2lib::adaptive::detail
