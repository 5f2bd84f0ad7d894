// SPDX-License-Identifier: MIT
// From a bill of materials to its footprint: one model, evaluated at its modes, corners, swings and draws.
#include "embodied/footprint.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <co2lib/quantiles.hpp>

namespace co2lib::embodied {

namespace {

constexpr std::size_t most_draws = 100'000'000;

/// A file has one reading of the levels.
void check_readings(const Bom& bom) {
  const Part* first = nullptr;
  std::string reading;
  for (const Part& part : bom.parts) {
    if (part.part_class != "hsl") continue;
    const auto found = part.fields.find("reading");
    const auto* written = found == part.fields.end() ? nullptr : std::get_if<std::string>(&found->second);
    const std::string here = written == nullptr ? "tide" : *written;
    if (first != nullptr && here != reading) {
      throw Error("embodied.bad_bom",
                  fmt::format("{}: the reading is {}, that of {} is {}; a device has one reading of its levels",
                              part.place, here, first->place, reading));
    }
    first = &part;
    reading = here;
  }
}

Scope scope_of(const Part& part) {
  if (part.scope) return *part.scope;
  if (part.part_class == "manual") return Scope::complete;
  if (part.part_class == "row") {
    const auto found = part.fields.find("factor");
    if (found != part.fields.end()) {
      const auto* row = std::get_if<RowId>(&found->second);
      const auto* text = std::get_if<std::string>(&found->second);
      const std::string id = row != nullptr ? row->id : text != nullptr ? *text : "";
      if (id.starts_with("gpu.") || id.starts_with("server.")) return Scope::complete;
    }
  }
  return Scope::part;
}

/// Tables in the order of search: a later one of a list overrides an earlier one.
Factors tables_of(const Bom& bom, const FootprintOptions& options) {
  std::vector<std::shared_ptr<const FactorTable>> tables(options.factors.rbegin(), options.factors.rend());
  tables.insert(tables.end(), bom.tables.rbegin(), bom.tables.rend());
  return Factors(std::move(tables));
}

/// Lanes that keep all nodes in the fast caches.
std::size_t lanes_for(const Model& model) {
  return std::clamp<std::size_t>(65'536 / std::max<std::size_t>(model.size(), 1), 8, 256);
}

double spearman_of(const std::vector<double>& u, const std::vector<double>& ranks, double rank_sd) {
  // The quantile rises with u, so the ranks of the draws are those of u, found with one bucket for each draw.
  const std::size_t n = u.size();
  std::vector<std::uint32_t> begin(n + 1, 0);
  const auto bucket = [&](double x) { return std::min(n - 1, static_cast<std::size_t>(x * static_cast<double>(n))); };
  for (const double x : u) ++begin[bucket(x) + 1];
  for (std::size_t i = 0; i < n; ++i) begin[i + 1] += begin[i];
  std::vector<std::uint32_t> order(n);
  std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
  for (std::size_t i = 0; i < n; ++i) order[next[bucket(u[i])]++] = static_cast<std::uint32_t>(i);
  const double middle = 0.5 * (static_cast<double>(n) + 1);
  double sum = 0;
  double squares = 0;
  for (std::size_t b = 0; b < n; ++b) {
    const auto first = order.begin() + begin[b];
    const auto last = order.begin() + begin[b + 1];
    if (last - first > 1) std::sort(first, last, [&](std::uint32_t x, std::uint32_t y) { return u[x] < u[y]; });
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double rank = static_cast<double>(i + 1) - middle;
    sum += rank * (ranks[order[i]] - middle);
    squares += rank * rank;
  }
  return std::clamp(sum / (std::sqrt(squares) * rank_sd), -1.0, 1.0);
}

}  // namespace

Compiled::Compiled(const Bom& bom, const FootprintOptions& options)
    : tables(tables_of(bom, options)), build(tables, bom.ci_table.empty() ? options.ci_table : bom.ci_table) {
  check_readings(bom);
  std::vector<Node> listed;
  std::vector<Node> complete;
  for (const Part& part : bom.parts) {
    const Node piece = build.piece(part);
    const Node all = part.quantity == 1 ? piece : build.model.scale(piece, part.quantity);
    parts.push_back({all, scope_of(part), build.used(), build.ranged()});
    (parts.back().scope == Scope::part ? listed : complete).push_back(all);
  }
  truncation = options.truncation ? *options.truncation
                                  : bom.truncation.value_or(Factor{.id = "truncation", .value = 1, .unit = "1"});
  if (truncation.id.empty()) truncation.id = "truncation";
  truncation.unit = "1";
  check_factor(truncation, "truncation");
  if (!(truncation.lower() > 0)) out_of_range("truncation must be above 0");
  const bool has_listed = !listed.empty();
  Node sum = build.model.sum(std::move(listed));
  if (truncation.varies() || truncation.value != 1) {
    sum = build.model.multiply(sum, build.number(truncation, "truncation"));
  }
  if (bom.profile_gsd) {
    const Factor profile{
        .id = "profile", .value = 1, .unit = "1", .dist = Distribution::lognormal, .gsd = *bom.profile_gsd};
    check_factor(profile, "profile_gsd");
    sum = build.model.multiply(sum, build.number(profile, "profile_gsd"));
  }
  total = build.model.add(sum, build.model.sum(std::move(complete)));
  std::vector<Issue>& issues = build.issues;
  add_issues(issues, bom.issues);
  if (has_listed && (truncation.varies() || truncation.value != 1)) {
    add_issue(issues, {"truncation_applied", "truncation",
                       fmt::format("the sum of the listed parts is multiplied by {}; do not apply it again",
                                   numeric::text(truncation.value))});
  }
  if (bom.profile_gsd) {
    add_issue(issues, {"profile_applied", "profile",
                       fmt::format("a lognormal factor with gsd {} stands for the judgement of levels",
                                   numeric::text(*bom.profile_gsd))});
  }
  if (has_listed && !options.truncation && !bom.truncation) {
    add_issue(issues, {"truncation_absent", "truncation",
                       "the sum of what is listed, which is never everything; the row truncation.iot is 1.4 (1..2)"});
  }
}

std::vector<double> Compiled::draws(std::uint64_t seed, std::size_t count) const {
  if (count == 1 || count > most_draws) {
    out_of_range(fmt::format("draws is {}; use 0 for the bounds only, or between 2 and {}", count, most_draws));
  }
  const Model& model = build.model;
  const std::vector<Variable>& variables = model.variables();
  const std::size_t block = lanes_for(model);
  std::vector<double> inputs;
  std::vector<double> values;
  std::vector<double> totals(count);
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t lanes = std::min(block, count - first);
    inputs.resize(variables.size() * lanes);
    for (std::size_t v = 0; v < variables.size(); ++v) {
      draw_block(variables[v], seed, first, std::span(inputs).subspan(v * lanes, lanes));
    }
    model.evaluate(inputs, lanes, values);
    std::ranges::copy(Model::lanes_of(total, values, lanes), totals.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return totals;
}

Corners Compiled::corners() const {
  const Model& model = build.model;
  const std::vector<Variable>& variables = model.variables();
  const std::vector<Direction> directions = model.directions(total);
  std::vector<double> inputs(variables.size() * 3);
  for (std::size_t v = 0; v < variables.size(); ++v) {
    const Factor& f = variables[v].factor;
    if (directions[v].up && directions[v].down) {
      throw Error("embodied.not_monotone",
                  fmt::format("{}: the variable '{}' raises the total in one place and lowers it in another, so its "
                              "ends are not the bounds; give the two places names of their own with share",
                              variables[v].place, f.id));
    }
    inputs[v * 3] = f.value;
    inputs[v * 3 + 1] = directions[v].down ? f.upper() : f.lower();
    inputs[v * 3 + 2] = directions[v].down ? f.lower() : f.upper();
  }
  Corners result;
  std::vector<double> values;
  model.evaluate(inputs, 3, values);
  model.check_gas(values, 3);
  const auto triple = [&](Node node) {
    const auto lanes = Model::lanes_of(node, values, 3);
    return Triple{lanes[0], lanes[1], lanes[2]};
  };
  result.total = triple(total);
  if (!std::isfinite(result.total.high)) {
    out_of_range("the total is not finite: a number of the bill of materials is too large, or a yield is 0");
  }
  for (const CompiledPart& part : parts) result.parts.push_back(triple(part.node));
  return result;
}

std::vector<double> Compiled::swings() const {
  const Model& model = build.model;
  const std::vector<Variable>& variables = model.variables();
  const std::size_t count = 2 * variables.size();
  const std::size_t block = lanes_for(model);
  std::vector<double> ends(count);
  std::vector<double> inputs;
  std::vector<double> values;
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t lanes = std::min(block, count - first);
    inputs.resize(variables.size() * lanes);
    for (std::size_t v = 0; v < variables.size(); ++v) {
      std::fill_n(inputs.begin() + static_cast<std::ptrdiff_t>(v * lanes), lanes, variables[v].factor.value);
    }
    for (std::size_t i = 0; i < lanes; ++i) {
      const Factor& f = variables[(first + i) / 2].factor;
      inputs[(first + i) / 2 * lanes + i] = (first + i) % 2 == 0 ? f.lower() : f.upper();
    }
    model.evaluate(inputs, lanes, values);
    std::ranges::copy(Model::lanes_of(total, values, lanes), ends.begin() + static_cast<std::ptrdiff_t>(first));
  }
  std::vector<double> result(variables.size());
  for (std::size_t v = 0; v < result.size(); ++v) result[v] = ends[2 * v + 1] - ends[2 * v];
  return result;
}

std::vector<double> rank_correlations(const std::vector<std::uint64_t>& hashes, std::uint64_t seed,
                                      const std::vector<double>& result) {
  const std::vector<double> ranks = numeric::average_ranks(result);
  const double middle = 0.5 * (static_cast<double>(result.size()) + 1);
  double squares = 0;
  for (const double rank : ranks) squares += (rank - middle) * (rank - middle);
  std::vector<double> rho;
  std::vector<double> u(result.size());
  for (const std::uint64_t hash : hashes) {
    if (!(squares > 0)) {
      rho.push_back(0);
      continue;
    }
    uniform_block(hash, seed, 0, u);
    rho.push_back(spearman_of(u, ranks, std::sqrt(squares)));
  }
  return rho;
}

Moments moments_of(const std::vector<double>& draws) {
  numeric::Sum sum;
  for (const double x : draws) sum += x;
  const double mean = sum.value() / static_cast<double>(draws.size());
  numeric::Sum squares;
  for (const double x : draws) squares += (x - mean) * (x - mean);
  const auto [p5, p50, p95] = *numeric::percentiles(draws, std::array{0.05, 0.5, 0.95});
  return {mean, std::sqrt(squares.value() / static_cast<double>(draws.size() - 1)), p5, p50, p95};
}

namespace {

CarbonMass mass(double kg) { return CarbonMass::from_kilograms(kg); }

Interval<CarbonMass> range(const Triple& t) { return {mass(t.low), mass(t.high), 1.0}; }

void add_parts(BomFootprint& result, const Bom& bom, const Compiled& compiled, const Corners& corners) {
  double listed = 0;
  double complete = 0;
  double points = 0;
  for (std::size_t i = 0; i < bom.parts.size(); ++i) {
    (compiled.parts[i].scope == Scope::part ? listed : complete) += corners.parts[i].value;
  }
  const double factor = listed > 0 ? (corners.total.value - complete) / listed : 1;
  for (std::size_t i = 0; i < bom.parts.size(); ++i) {
    const Part& part = bom.parts[i];
    const CompiledPart& made = compiled.parts[i];
    const double whole = corners.parts[i].value * (made.scope == Scope::part ? factor : 1);
    const double share = corners.total.value > 0 ? whole / corners.total.value : 0;
    if (!made.ranged) points += share;
    result.parts.push_back({.id = part.id,
                            .part_class = part.part_class,
                            .scope = made.scope,
                            .quantity = part.quantity,
                            .value = mass(corners.parts[i].value),
                            .bounds = range(corners.parts[i]),
                            .share = share,
                            .factors = made.used,
                            .source = part.source,
                            .note = part.note});
  }
  result.points_share = points;
}

void add_factors(BomFootprint& result, const Compiled& compiled, bool ranks, double value) {
  const std::vector<Variable>& variables = compiled.build.model.variables();
  for (const Use& use : compiled.build.uses) {
    FactorUse entry{.factor = use.factor};
    if (!use.row && entry.factor.source.empty()) entry.factor.source = "given in the bill of materials";
    result.factors.push_back(std::move(entry));
    if (use.row) {
      add_source(result.sources, {use.factor.id, use.factor.source, use.factor.year, use.factor.licence});
    }
  }
  if (!ranks) return;
  std::map<std::string_view, std::size_t> at;
  for (std::size_t v = 0; v < variables.size(); ++v) at[variables[v].factor.id] = v;
  const std::vector<double> swings = compiled.swings();
  std::vector<double> rho;
  if (result.draws_kg.size() > 1) {
    std::vector<std::uint64_t> hashes;
    for (const Variable& v : variables) hashes.push_back(v.hash);
    rho = rank_correlations(hashes, result.seed, result.draws_kg);
  }
  double squares = 0;
  for (const double r : rho) squares += r * r;
  for (FactorUse& entry : result.factors) {
    const auto found = at.find(entry.factor.id);
    if (found == at.end()) continue;
    entry.swing_kg = swings[found->second];
    if (rho.empty()) continue;
    entry.rho = rho[found->second];
    if (squares > 0) entry.rho2_share = *entry.rho * *entry.rho / squares;
  }
  const auto moves = [&](const FactorUse& f) { return std::fabs(f.swing_kg) >= 1e-12 * value && f.swing_kg != 0; };
  numeric::stable_sort(result.factors, [&](const FactorUse& a, const FactorUse& b) {
    const double x = moves(a) ? std::fabs(a.swing_kg) : -1;
    const double y = moves(b) ? std::fabs(b.swing_kg) : -1;
    return x != y ? x > y : a.factor.id < b.factor.id;
  });
  int rank = 0;
  for (FactorUse& entry : result.factors) {
    if (moves(entry)) entry.rank = ++rank;
  }
}

}  // namespace

BomFootprint with_draws(const Bom& bom, const FootprintOptions& options) {
  const Compiled compiled(bom, options);
  const Corners corners = compiled.corners();
  BomFootprint result;
  result.name = bom.name;
  result.seed = options.seed;
  result.value = mass(corners.total.value);
  result.bounds = range(corners.total);
  result.truncation = compiled.truncation;
  if (bom.lifetime_years) {
    const RowId* row = std::get_if<RowId>(&*bom.lifetime_years);
    result.lifetime = row == nullptr
                          ? std::get<Factor>(*bom.lifetime_years)
                          : in_unit(compiled.tables.get(row->id, "lifetime_years"), "year", "lifetime_years");
  }
  if (options.draws > 0) result.draws_kg = compiled.draws(options.seed, options.draws);
  add_parts(result, bom, compiled, corners);
  add_factors(result, compiled, options.ranks, corners.total.value);
  result.issues = compiled.build.issues;
  return result;
}

BomFootprint Bom::footprint(const FootprintOptions& options) const {
  BomFootprint result = with_draws(*this, options);
  if (options.draws > 0) {
    const Moments m = moments_of(result.draws_kg);
    result.mean = mass(m.mean);
    result.std = mass(m.std);
    result.p50 = mass(m.p50);
    result.interval = Interval<CarbonMass>{mass(m.p5), mass(m.p95), 0.9};
  }
  return result;
}

std::vector<FactorUse> BomFootprint::ranked() const {
  std::vector<FactorUse> list;
  for (const FactorUse& entry : factors) {
    if (entry.rank > 0) list.push_back(entry);
  }
  return list;
}

}  // namespace co2lib::embodied
