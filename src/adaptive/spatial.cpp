// SPDX-License-Identifier: MIT
// Jobs are placed one after the other, each along the cheapest chain of moves that makes room for it (successive
// shortest paths). The nodes are the regions: moving from r to s costs what the cheapest job in r to move costs. Chains
// are found by Bellman-Ford, for moves may have negative costs; there is no negative circle, for what is placed is
// optimal for the jobs so far. A job that finds no place now never will: later ones only take room (matching theory).
#include <co2lib/adaptive/spatial.hpp>

#include <algorithm>

namespace co2lib::adaptive {

namespace {

constexpr double none = std::numeric_limits<double>::infinity();
constexpr auto nowhere = static_cast<std::size_t>(-1);

class Flow {
 public:
  Flow(std::vector<std::size_t> capacity, std::vector<std::vector<double>> cost)
      : capacity_(std::move(capacity)),
        cost_(std::move(cost)),
        load_(capacity_.size(), 0),
        region_(cost_.size(), nowhere) {}

  /// Places a job at the least total cost of all placed so far; false if there is no room.
  bool add(std::size_t job) {
    const std::size_t n = capacity_.size();
    std::vector<double> dist = cost_[job];
    std::vector<std::size_t> from(n, nowhere);  // the region that the last move of the chain leaves
    std::vector<std::size_t> mover(n, nowhere);
    for (std::size_t round = 0; round < n; ++round) {
      if (!relax(dist, from, mover)) break;
    }
    std::size_t end = nowhere;
    for (std::size_t r = 0; r < n; ++r) {
      if (load_[r] < capacity_[r] && dist[r] < none && (end == nowhere || dist[r] < dist[end])) end = r;
    }
    if (end == nowhere) return false;
    ++load_[end];
    for (std::size_t steps = 0; from[end] != nowhere && steps <= n; ++steps) {
      region_[mover[end]] = end;
      end = from[end];
    }
    region_[job] = end;
    return true;
  }

  [[nodiscard]] std::size_t region(std::size_t job) const { return region_[job]; }

 private:
  bool relax(std::vector<double>& dist, std::vector<std::size_t>& from, std::vector<std::size_t>& mover) const {
    bool changed = false;
    for (std::size_t job = 0; job < region_.size(); ++job) {
      const std::size_t r = region_[job];
      if (r == nowhere || !(dist[r] < none)) continue;
      for (std::size_t s = 0; s < dist.size(); ++s) {
        if (s == r || !(cost_[job][s] < none)) continue;
        const double moved = dist[r] + cost_[job][s] - cost_[job][r];
        if (!detail::below(moved, dist[s])) continue;
        dist[s] = moved, from[s] = r, mover[s] = job;
        changed = true;
      }
    }
    return changed;
  }

  std::vector<std::size_t> capacity_;
  std::vector<std::vector<double>> cost_;
  std::vector<std::size_t> load_;
  std::vector<std::size_t> region_;
};

}  // namespace

Assignment assign(const std::map<std::string, std::size_t>& capacity,
                  const std::vector<std::map<std::string, CarbonMass>>& cost) {
  if (cost.empty()) detail::bad_input("cost: there is no job");
  std::vector<std::string> names;
  std::vector<std::size_t> room;
  for (const auto& [name, jobs] : capacity) names.push_back(name), room.push_back(jobs);
  std::vector<std::vector<double>> costs;
  for (std::size_t job = 0; job < cost.size(); ++job) {
    std::vector<double>& row = costs.emplace_back(names.size(), none);
    for (const auto& [name, carbon] : cost[job]) {
      const std::string field = "cost[" + std::to_string(job) + "]." + name;
      const auto at = std::find(names.begin(), names.end(), name);
      if (at == names.end()) detail::bad_input(field + ": no capacity is given for this region");
      row[static_cast<std::size_t>(at - names.begin())] = detail::not_negative(carbon.grams(), field);
    }
  }
  Flow flow(room, costs);
  std::size_t placed = 0;
  for (std::size_t job = 0; job < cost.size(); ++job) placed += flow.add(job) ? 1 : 0;
  if (placed < cost.size()) {
    detail::infeasible(
        "capacity: of " + std::to_string(cost.size()) + " jobs only " + std::to_string(placed) + " have a place",
        "max_work", static_cast<double>(placed));
  }
  Assignment result;
  numeric::Sum total;
  for (std::size_t job = 0; job < cost.size(); ++job) {
    result.region.push_back(names[flow.region(job)]);
    total += costs[job][flow.region(job)];
  }
  result.total = CarbonMass::from_grams(total.value());
  return result;
}

Placement where(const std::map<std::string, intensity::Trace>& traces, UtcTime from, UtcTime to, const SpatialJob& job,
                const std::map<std::string, double>& pue) {
  if (!(from < to)) detail::bad_input("to: it is not after from");
  std::vector<CandidateRegion> regions;
  const intensity::Trace* first = nullptr;
  for (const auto& [name, trace] : traces) {
    if (trace.empty()) detail::bad_input("region '" + name + "': its trace is empty");
    if (first == nullptr) first = &trace;
    if (trace.signal() != first->signal() || trace.scope() != first->scope() ||
        trace.record(0).factor_set != first->record(0).factor_set) {
      throw Error("intensity.mixed_signals", "region '" + name +
                                                 "': its intensities are of another signal, scope or factor set than "
                                                 "those of '" +
                                                 traces.begin()->first + "'; compare like with like");
    }
    const auto mean = trace.mean(from, to);
    if (!mean) {
      detail::bad_input("region '" + name + "': nothing is known from " + format_utc(from) + " to " + format_utc(to));
    }
    const auto own = pue.find(name);
    regions.push_back({.name = name, .intensity = *mean, .pue = own == pue.end() ? 1 : own->second});
  }
  for (const auto& [name, value] : pue) {
    if (traces.find(name) == traces.end()) detail::bad_input("pue: '" + name + "' is not one of the regions");
  }
  return place(regions, job);
}

}  // namespace co2lib::adaptive
