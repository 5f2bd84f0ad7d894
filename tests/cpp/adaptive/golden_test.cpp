// SPDX-License-Identifier: MIT
// Every vector of tests/golden/adaptive.json, by its kind.
#include "adaptive/golden.hpp"

#include <functional>
#include <variant>

#include <gtest/gtest.h>

namespace co2lib::adaptive::golden {

namespace {

CarbonMass grams(const Json& in, const char* key) { return CarbonMass::from_grams(number(in, key)); }

Json ask_hull(const Json& in) {
  const auto list = models(in);
  const Hull h = hull(list);
  return {{"hull", names(list, h.models)}, {"slopes", h.slopes}};
}

Json ask_budget_plan(const Json& in) {
  const Plan p = plan(models(in), slots(in), {.demand = demand(in), .budget = grams(in, "budget_g")});
  return {{"accuracy", p.accuracy},
          {"carbon_g", p.carbon.grams()},
          {"lambda_per_g", p.lambda_per_g},
          {"thresholds_g_per_kwh", p.thresholds_g_per_kwh()},
          {"agnostic_accuracy", p.agnostic_accuracy},
          {"saving_at_agnostic_accuracy", maybe(p.saving_at_agnostic_accuracy)}};
}

Json ask_accuracy_plan(const Json& in) {
  const Plan p = plan(models(in), slots(in), {.demand = demand(in), .accuracy = number(in, "accuracy")});
  return {{"carbon_g", p.carbon.grams()}, {"static_carbon_g", p.agnostic_carbon.grams()}, {"saving", maybe(p.saving)}};
}

Json ask_static_optimal(const Json& in) {
  const StaticOptimal s = static_optimal(models(in), slots(in), in.at("model").get<std::string>(), demand(in));
  return {{"ratio_of_intensity", maybe(s.ratio_of_intensity)},
          {"ratio_of_slopes", maybe(s.ratio_of_slopes)},
          {"optimal", s.optimal}};
}

Json ask_choose(const Json& in) {
  const auto list = models(in);
  const Policy policy(list, number(in, "lambda_per_g"));
  return {{"model", list[policy.choose(CarbonIntensity::from_g_per_kwh(number(in, "intensity")))].name}};
}

Json ask_equal_width(const Json& in) {
  return {{"index", equal_width(numbers(in.at("intensity")), in.at("count").get<std::size_t>())}};
}

Json ask_heuristic(const Json& in) {
  const HeuristicResult r = heuristic(parse<Heuristic>(in.at("rule").get<std::string>(), "rule", "adaptive.bad_input"),
                                      models(in), slots(in));
  Json improvement = Json::object();
  for (const auto& [name, x] : r.improvement) improvement[name] = maybe(x);
  return {{"accuracy", r.accuracy},
          {"carbon_g", r.carbon.grams()},
          {"cee_per_g", r.cee_per_g},
          {"improvement_over_static", improvement},
          {"extra_carbon_vs_agnostic", maybe(r.extra_carbon)}};
}

Json ask_cee(const Json& in) {
  return {{"cee_per_g", cee(number(in, "accuracy"), number(in, "carbon_g_per_request"), number(in, "smallest_accuracy"),
                            number(in, "smallest_carbon_g_per_request"))}};
}

Json ask_control(const Json& in) {
  const std::string method = in.at("method");
  ControlOptions options;
  if (method == "mpc48") options.method = Method::mpc;
  if (method == "primal_dual") {
    options.method = Method::primal_dual;
    options.update = Update::additive;
    options.eta = number(in, "eta", 0.01);
    if (in.contains("lambda0_per_g")) options.lambda0_per_g = number(in, "lambda0_per_g");
  }
  const Controlled c = control(models(in), slots(in), grams(in, "budget_g"), options, demand(in));
  return {{"accuracy", c.accuracy},
          {"spend_over_budget", c.spend_over_budget},
          {"share_of_gain", maybe(c.share_of_gain)},
          {"gap_closed", maybe(c.gap_closed)}};
}

Json ask_hard_stop(const Json& in) {
  const auto list = models(in);
  std::vector<std::size_t> preferred;
  for (const Json& name : in.at("preferred")) preferred.push_back(index_of(list, name.get<std::string>()));
  const Stopped s = hard_stop(list, slots(in), demand(in), grams(in, "budget_g"), preferred);
  return {{"chosen", names(list, s.chosen)}, {"carbon_g", s.carbon.grams()}};
}

Json ask_switch_plan(const Json& in) {
  const auto list = models(in);
  SwitchOptions options{.cost = Energy::from_kwh(number(in, "switch_kwh")), .demand = demand(in)};
  if (in.contains("initial")) options.initial = index_of(list, in["initial"].get<std::string>());
  const SwitchPlan p = switch_plan(list, slots(in), number(in, "lambda_per_g"), options);
  return {{"objective", p.objective}, {"models", names(list, p.models)}, {"switches", p.switches}};
}

Json ask_shift(const Json& in) {
  const double seconds = in.contains("duration_s") ? number(in, "duration_s") : number(in, "duration_h") * 3600;
  const auto mode = parse<ShiftMode>(in.at("mode").get<std::string>(), "mode", "adaptive.bad_input");
  const Shift s = shift(slots(in), {.power = Power::from_kilowatts(number(in, "power_kw")),
                                    .duration = std::chrono::round<std::chrono::nanoseconds>(Seconds(seconds)),
                                    .mode = mode});
  Json answer{{"grams", s.carbon.grams()},
              {"start_offset_s", Seconds(s.start).count()},
              {"start_now_grams", s.start_now.grams()}};
  if (mode == ShiftMode::interruptible) answer["slots"] = s.slots;
  if (s.start % std::chrono::hours(1) == std::chrono::nanoseconds(0))
    answer["start_slot"] = s.start / std::chrono::hours(1);
  return answer;
}

Json ask_shift_table(const Json& in) {
  const Slots whole(trace(in.at("trace"), in.at("column")));
  const ShiftTable t =
      shift_table(whole.g_per_kwh, {in.at("work_h").get<std::size_t>(), in.at("window_h").get<std::size_t>()},
                  in.at("first_slot").get<std::size_t>(), in.at("step_h").get<std::size_t>());
  Json ratio = Json::object();
  for (const ShiftRule rule : all<ShiftRule>())
    ratio[std::string(text(rule))] = t.ratio[static_cast<std::size_t>(rule)];
  return {{"windows", t.windows}, {"start_now_total_g", t.start_now.grams()}, {"ratio", ratio}};
}

Json ask_elastic(const Json& in) {
  std::vector<Level> levels;
  for (const Json& level : in.at("levels")) {
    levels.push_back(
        {Power::from_kilowatts(level.at("power_kw").get<double>()), level.at("throughput_per_h").get<double>()});
  }
  const Elastic e = elastic(slots(in), levels, number(in, "work"));
  return {{"grams", e.carbon.grams()}, {"hull_levels", e.hull_levels}};
}

SearchBounds bounds(const Json& in) { return {number(in, "upper"), number(in, "lower"), number(in, "switch_cost")}; }

Json ask_k_search_thresholds(const Json& in) {
  const SearchThresholds t = k_search_thresholds(in.at("k").get<std::size_t>(), bounds(in));
  return {{"alpha", t.alpha},
          {"alpha1", t.alpha1},
          {"run_thresholds", t.run},
          {"start_thresholds", t.start},
          {"next_start_threshold", t.next_start}};
}

Json ask_k_search(const Json& in) {
  const bool one = !in.at("units_per_slot").is_null();
  const std::vector<double> prices = slots(in).g_per_kwh;
  const auto k = in.at("k").get<std::size_t>();
  const SearchResult r = one ? k_search(prices, k, bounds(in)) : k_search_unlimited(prices, k, bounds(in));
  return {{"slots", r.slots},        {"amounts", r.amounts}, {"cost", r.cost},     {"optimum", r.optimum},
          {"ratio", maybe(r.ratio)}, {"alpha", r.alpha},     {"alpha1", r.alpha1}, {"within_alpha1", r.within_alpha1}};
}

Json ask_k_max_alpha(const Json& in) {
  const auto k = in.at("k").is_null() ? std::nullopt : std::optional(in.at("k").get<std::size_t>());
  return {{"alpha", k_max_alpha(k, bounds(in))}};
}

Json ask_conversion(const Json& in) {
  const Conversion c(bounds(in));
  return {{"alpha", c.alpha()}, {"phi", {c.phi(0), c.phi(0.25), c.phi(0.5), c.phi(0.75), c.phi(1)}}};
}

Json ask_suspend(const Json& in) {
  const SuspendTest t = suspend({.power = Power::from_kilowatts(number(in, "power_kw")),
                                 .left = Seconds(number(in, "hours") * 3600),
                                 .run = CarbonIntensity::from_g_per_kwh(number(in, "c_run")),
                                 .later = CarbonIntensity::from_g_per_kwh(number(in, "c_later")),
                                 .pause = CarbonIntensity::from_g_per_kwh(number(in, "c_pause")),
                                 .checkpoint = Energy::from_kwh(number(in, "checkpoint_kwh")),
                                 .restore = Energy::from_kwh(number(in, "restore_kwh")),
                                 .idle = Power::from_kilowatts(number(in, "idle_kw")),
                                 .paused = Seconds(number(in, "pause_h") * 3600)});
  return {{"run_now_g", t.run_now.grams()}, {"pause_g", t.after_pause.grams()}, {"pause", t.pause}};
}

Json ask_spatial(const Json& in) {
  std::vector<CandidateRegion> regions;
  for (const Json& r : in.at("regions")) {
    CandidateRegion region{.name = r.at("name"),
                           .intensity = CarbonIntensity::from_g_per_kwh(r.at("c").get<double>()),
                           .pue = number(r, "pue", 1)};
    if (r.contains("energy_kwh")) region.energy = Energy::from_kwh(number(r, "energy_kwh"));
    regions.push_back(region);
  }
  const Placement p =
      place(regions, {.source = in.at("source"),
                      .energy = Energy::from_kwh(number(in, "energy_kwh")),
                      .transfer = Energy::from_kwh(number(in, "transfer_kwh")),
                      .transfer_intensity = CarbonIntensity::from_g_per_kwh(number(in, "transfer_intensity"))});
  Json carbon = Json::object();
  for (const auto& [name, mass] : p.carbon) carbon[name] = mass.grams();
  return {{"grams", carbon}, {"best", p.best}};
}

Json ask_spatial_assign(const Json& in) {
  std::map<std::string, std::size_t> capacity;
  for (const auto& [name, jobs] : in.at("capacity").items()) capacity[name] = jobs.get<std::size_t>();
  std::vector<std::map<std::string, CarbonMass>> cost;
  for (const Json& job : in.at("cost")) {
    auto& row = cost.emplace_back();
    for (const auto& [name, g] : job.items()) row[name] = CarbonMass::from_grams(g.get<double>());
  }
  return {{"total", assign(capacity, cost).total.grams()}};
}

Json ask_evaluate(const Json& in) {
  const Comparison c = compare(grams(in, "carbon_algorithm"), grams(in, "carbon_agnostic"), grams(in, "carbon_optimum"),
                               grams(in, "budget_g"));
  return {{"gap_closed", maybe(c.gap_closed)},
          {"regret_g", c.regret.grams()},
          {"ratio", maybe(c.ratio)},
          {"violation", maybe(c.violation)}};
}

const std::map<std::string, std::function<Json(const Json&)>> kinds{
    {"hull", ask_hull},
    {"budget_plan", ask_budget_plan},
    {"accuracy_plan", ask_accuracy_plan},
    {"static_optimal", ask_static_optimal},
    {"choose", ask_choose},
    {"equal_width", ask_equal_width},
    {"heuristic", ask_heuristic},
    {"cee", ask_cee},
    {"control", ask_control},
    {"hard_stop", ask_hard_stop},
    {"switch_plan", ask_switch_plan},
    {"shift", ask_shift},
    {"shift_table", ask_shift_table},
    {"elastic", ask_elastic},
    {"k_search_thresholds", ask_k_search_thresholds},
    {"k_search", ask_k_search},
    {"k_max_alpha", ask_k_max_alpha},
    {"conversion", ask_conversion},
    {"suspend", ask_suspend},
    {"spatial", ask_spatial},
    {"spatial_assign", ask_spatial_assign},
    {"evaluate", ask_evaluate},
};

Json ask(const std::string& kind, const Json& in) {
  try {
    return kinds.at(kind)(in);
  } catch (const Error& error) {
    Json answer{{"error", error.code()}};
    for (const auto& [name, value] : error.details()) {
      if (const double* x = std::get_if<double>(&value)) answer[name] = *x;
    }
    return answer;
  }
}

class AdaptiveGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(AdaptiveGolden, EveryVectorOfTheKind) {
  std::size_t run = 0;
  for (const Json& vector : vectors()) {
    if (vector.at("kind") != "adaptive." + GetParam()) continue;
    if (vector.at("input").dump().find("\"trace\"") != std::string::npos && traces().empty()) continue;
    ++run;
    const Json tolerance = vector.contains("tolerance") ? vector["tolerance"] : Json();
    EXPECT_EQ(difference(vector.at("expected"), ask(GetParam(), vector.at("input")), tolerance), "") << vector.at("id");
  }
  if (run == 0) GTEST_SKIP() << "the traces are not here";
}

std::vector<std::string> all_kinds() {
  std::vector<std::string> names;
  for (const auto& [name, function] : kinds) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Kinds, AdaptiveGolden, ::testing::ValuesIn(all_kinds()),
                         [](const auto& kind) { return kind.param; });

TEST(AdaptiveGoldenFile, HasNoKindThatIsNotRun) {
  for (const Json& vector : vectors()) {
    EXPECT_TRUE(kinds.contains(vector.at("kind").get<std::string>().substr(std::string("adaptive.").size())));
  }
}

}  // namespace

}  // namespace co2lib::adaptive::golden
