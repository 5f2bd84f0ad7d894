// SPDX-License-Identifier: MIT
// Every vector of tests/golden/inference.json, by its kind; those of llm.fit and llm.predict are Python's (SciPy fits).
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/inference.hpp>

#include "folders.hpp"

namespace co2lib::inference::golden {

namespace {

using Json = nlohmann::json;

double number(const Json& in, const char* key, double absent = std::nan("")) {
  const auto found = in.find(key);
  if (found == in.end() || found->is_null()) return absent;
  return found->is_string() ? std::numeric_limits<double>::infinity() : found->get<double>();
}

std::optional<double> number_if(const Json& in, const char* key) {
  const auto found = in.find(key);
  if (found == in.end() || found->is_null()) return std::nullopt;
  return number(in, key);
}

std::vector<double> numbers(const Json& list) {
  std::vector<double> values;
  for (const Json& x : list) values.push_back(x.get<double>());
  return values;
}

KernelConfig config(Json in) {
  in.erase("kind");
  return parse_kernel(in.dump());
}

BaseShape base_shape(const Json& in) {
  BaseShape shape{number_if(in, "hw"), number_if(in, "cin"), number_if(in, "cout"), number_if(in, "k"),
                  number_if(in, "s")};
  if (in.contains("cins")) shape.cins = numbers(in["cins"]);
  return shape;
}

Roofline roof(const Json& in) {
  return {.peak_ops = number(in, "peak_ops"),
          .bandwidth = number(in, "bandwidth"),
          .efficiency = number(in, "efficiency", 1),
          .p_static_w = number(in, "p_static_w", 0),
          .e_op_j = number(in, "e_op_j", 0),
          .e_byte_j = number(in, "e_byte_j", 0),
          .t0_s = number(in, "t0_s", 0)};
}

Json roof_answer(const RooflineResult& r) {
  return {{"time_s", r.time_s}, {"energy_j", r.energy_j}, {"bound", text(r.bound)}};
}

Json ask_flops(const Json& in) {
  const FlopsParams f = flops(in.at("kernel").get<std::string>(), base_shape(in));
  return {{"flops", f.flops}, {"params", f.params}};
}

Json ask_base(const Json& in) {
  const auto style = parse<ConcatStyle>(in.value("style", "builder"), "style", "inference.out_of_range");
  return {{"features", base_features(in.at("kernel").get<std::string>(), base_shape(in), style)}};
}

Json ask_ext(const Json& in) {
  const Features f = features(config(in));
  return {{"ops", f.ops},           {"macs", f.macs},           {"bytes_w", f.bytes_w},
          {"bytes_in", f.bytes_in}, {"bytes_out", f.bytes_out}, {"ai", f.ai},
          {"util", f.util},         {"vector", f.vector()}};
}

Json ask_simulated(const Json& in) {
  std::vector<KernelConfig> list;
  for (const Json& k : in.at("kernels")) list.push_back(config(k));
  const Simulation s = simulate(simulated_device(in.at("device").get<std::string>()), list);
  return {{"latency_us", s.latency_us}, {"energy_mj", s.energy_mj}, {"kernel_latency_us", s.kernel_latency_us}};
}

Json ask_duty(const Json& in) {
  DutyCycle cycle{.period_s = number(in, "period_s"),
                  .n_inferences = number(in, "n_inferences"),
                  .e_inf_mj = number(in, "e_inf_mj"),
                  .t_inf_s = number(in, "t_inf_s"),
                  .p_sleep_w = number(in, "p_sleep_w"),
                  .ci_g_per_kwh = number(in, "ci_g_per_kwh"),
                  .sleep = parse<Sleep>(in.value("sleep", "residual"), "sleep", "inference.out_of_range"),
                  .p_idle_w = number(in, "p_idle_w", 0),
                  .t_idle_s = number(in, "t_idle_s", 0),
                  .efficiency = number(in, "efficiency", 1)};
  if (in.contains("extra")) {
    for (const Json& e : in["extra"]) cycle.extra.push_back({number(e, "n"), number(e, "e_mj"), number(e, "t_s")});
  }
  const DutyEnergy d = duty_cycle(cycle);
  return {{"inference_wh", d.inference_wh}, {"extra_wh", d.extra_wh}, {"idle_wh", d.idle_wh},
          {"sleep_wh", d.sleep_wh},         {"total_wh", d.total_wh}, {"average_w", d.average_w},
          {"carbon_g", d.carbon_g}};
}

Json ask_break_even(const Json& in) {
  return {{"inferences", break_even(number(in, "embodied_kg"), number(in, "e_inf_mj"), number(in, "ci_g_per_kwh"))}};
}

Json ask_battery(const Json& in) {
  const BatteryLife b = battery_life({.battery_j = number(in, "battery_j"),
                                      .usable = number(in, "usable", 1),
                                      .efficiency = number(in, "efficiency", 1)},
                                     number(in, "average_w"), number(in, "years"));
  return {{"days", b.days}, {"count", b.count}};
}

Json ask_mcu(const Json& in) {
  const auto boards = in.value("boards", std::vector<std::string>());
  const McuSums s = mcu_sums(in.at("workload").get<std::string>(), boards);
  return {{"count", s.count}, {"sum_mj", s.sum_mj}, {"sum_us", s.sum_us}};
}

Json ask_sum(const Json& in) {
  numeric::Sum sum;
  for (const double x : numbers(in.at("values"))) sum += x;
  return {{"total", sum.value()}};
}

Json ask_run(const Json& in, llm::RunFootprint (*function)(const llm::Run&)) {
  const llm::RunFootprint f = function({.params_b = number(in, "params_b"),
                                        .base_params_b = number_if(in, "base_params_b"),
                                        .tokens_b = number(in, "tokens_b"),
                                        .ci_kg_per_kwh = number(in, "ci_kg_per_kwh"),
                                        .pue = number(in, "pue"),
                                        .devices = number(in, "devices"),
                                        .system_power_w = number(in, "system_power_w"),
                                        .peak_tflops = number(in, "peak_tflops"),
                                        .efficiency = number(in, "efficiency"),
                                        .actual_t = number_if(in, "actual_t")});
  Json answer{{"flops", f.flops}, {"days", f.days}, {"energy_mwh", f.energy_mwh}, {"carbon_t", f.carbon_t}};
  if (f.delta) answer["delta"] = *f.delta;
  return answer;
}

Json ask_plan(const Json& in) {
  const llm::Plan p = llm::plan(number(in, "params_b"), number(in, "node_size"), number(in, "mem_gb"));
  return {{"tensor", p.tensor},
          {"pipeline", p.pipeline},
          {"gpus", p.gpus},
          {"batch", p.batch},
          {"tflops_per_gpu", p.tflops_per_gpu}};
}

llm::Transformer transformer(const Json& in) {
  return {number(in, "layers"), number(in, "hidden"), number(in, "vocab"), number(in, "seq")};
}

Json ask_transformer(const Json& in) {
  const llm::TransformerFlops f = llm::transformer_flops(transformer(in), number(in, "batch", 1));
  return {{"forward", f.forward}, {"train", f.train}, {"train_recompute", f.train_recompute}};
}

Json ask_decode(const Json& in) {
  const llm::DecodeStep s = llm::decode({number(in, "params"), number(in, "layers"), number(in, "hidden"),
                                         number(in, "kv_heads"), number(in, "head_dim"), number(in, "context"),
                                         number(in, "w_bits"), number(in, "kv_bits"), number(in, "batch", 1)});
  Json answer{{"flops", s.flops}, {"bytes_weights", s.bytes_weights}, {"bytes_kv", s.bytes_kv}, {"ai", s.ai}};
  if (in.contains("device")) {
    answer.update(roof_answer(roofline(s.flops, s.bytes_weights + s.bytes_kv, roof(in["device"]))));
  }
  return answer;
}

Json ask_split(const Json& in) {
  std::vector<llm::Request> requests;
  for (const Json& r : in.at("requests")) {
    requests.push_back({number(r, "tokens"), number(r, "flops"), number(r, "kv_bytes")});
  }
  std::vector<double> parts(requests.size());
  const double idle =
      llm::split(llm::parse_coefficients(in.at("coefficients").dump()),
                 {number(in, "weight_bytes"), number(in, "layers"), number(in, "energy_j"), number(in, "idle_j", 0)},
                 requests, parts);
  return {{"energy_j", parts}, {"idle_j", idle}};
}

Json ask_metrics(const Json& in) {
  const auto truth = numbers(in.at("true"));
  const auto pred = numbers(in.at("pred"));
  const RegressionMetrics m = regression_metrics(truth, pred);
  return {{"rmse", m.rmse},   {"rmspe_percent", m.rmspe_percent},
          {"nrmse", m.nrmse}, {"acc5", m.acc5},
          {"acc10", m.acc10}, {"acc15", m.acc15}};
}

Json ask_lifetime(const Json& in) {
  const LifeFootprint f = lifetime({.embodied_kg = number(in, "embodied_kg"),
                                    .truncation = number(in, "truncation", 1),
                                    .years = number(in, "years"),
                                    .annual_energy_kwh = number(in, "annual_energy_kwh"),
                                    .ci_g_per_kwh = number(in, "ci_g_per_kwh"),
                                    .battery_kg = number(in, "battery_kg", 0),
                                    .battery_years = number_if(in, "battery_years"),
                                    .eol_kg = number(in, "eol_kg", 0)});
  return {{"embodied_kg", f.embodied_kg},   {"operational_kg", f.operational_kg},
          {"batteries_kg", f.batteries_kg}, {"total_kg", f.total_kg},
          {"kg_per_year", f.kg_per_year},   {"operational_share", f.operational_share}};
}

Json ask_kernels(const Json& in) {
  const Graph graph = parse_graph(in.at("graph").dump());
  const Rules given = in.at("rules").is_string() ? rules(in["rules"].get<std::string>()) : in["rules"].get<Rules>();
  Json names = Json::array();
  Json nodes = Json::array();
  for (const GraphKernel& k : kernels(graph, given)) {
    names.push_back(k.name);
    nodes.push_back(k.nodes);
  }
  return {{"kernels", names}, {"nodes", nodes}};
}

using Ask = std::function<Json(const Json&)>;
const std::map<std::string, Ask>& operations();

Json ask_monotone(const Json& in) {
  std::vector<double> results;
  for (const Json& value : in.at("values")) {
    Json given = in.at("base");
    given[in.at("vary").get<std::string>()] = value;
    results.push_back(operations().at(in.at("op"))(given).at(in.at("output").get<std::string>()));
  }
  bool up = true;
  bool down = true;
  bool same = true;
  for (std::size_t i = 1; i < results.size(); ++i) {
    up = up && results[i] > results[i - 1];
    down = down && results[i] < results[i - 1];
    same = same && results[i] == results[i - 1];
  }
  return {{"direction", same ? "constant" : up ? "increasing" : down ? "decreasing" : "none"}};
}

const std::map<std::string, Ask>& operations() {
  static const std::map<std::string, Ask> all{
      {"inference.kernel.canonical",
       [](const Json& in) -> Json {
         return {{"kernel", kernel_name(in.at("name").get<std::string>())}};
       }},
      {"inference.flops", ask_flops},
      {"inference.features.base", ask_base},
      {"inference.features.ext", ask_ext},
      {"inference.roofline",
       [](const Json& in) { return roof_answer(roofline(number(in, "ops"), number(in, "bytes"), roof(in))); }},
      {"inference.sim.device", ask_simulated},
      {"inference.duty_cycle", ask_duty},
      {"inference.break_even", ask_break_even},
      {"inference.battery.life", ask_battery},
      {"inference.mcu.table", ask_mcu},
      {"inference.table.sum", ask_sum},
      {"inference.llm.train", [](const Json& in) { return ask_run(in, llm::train); }},
      {"inference.llm.infer", [](const Json& in) { return ask_run(in, llm::infer); }},
      {"inference.llm.plan", ask_plan},
      {"inference.transformer.params",
       [](const Json& in) -> Json {
         return {{"params", llm::parameters(transformer(in))}};
       }},
      {"inference.transformer.flops", ask_transformer},
      {"inference.decode", ask_decode},
      {"inference.prefill",
       [](const Json& in) -> Json {
         return {{"flops", llm::prefill_flops(number(in, "params"), number(in, "layers"), number(in, "hidden"),
                                              number(in, "tokens"))}};
       }},
      {"inference.decode.linear",
       [](const Json& in) -> Json {
         return {{"energy_j", llm::decode_linear_j(number(in, "a"), number(in, "b"), number(in, "c"),
                                                   number(in, "prompt_tokens"), number(in, "new_tokens"))}};
       }},
      {"inference.llm.split", ask_split},
      {"inference.metrics.regression", ask_metrics},
      {"inference.forest.predict",
       [](const Json& in) -> Json {
         return {{"prediction", parse_forest(in.at("forest").dump()).predict(numbers(in.at("x")))}};
       }},
      {"inference.lifetime", ask_lifetime},
      {"inference.cpu.power",
       [](const Json& in) -> Json {
         return {{"power_w", llm::cpu_power_w(number(in, "a"), number(in, "b"), number(in, "c"), number(in, "d"),
                                              number(in, "load_percent"))}};
       }},
      {"inference.graph.kernels", ask_kernels},
      {"inference.property.monotone", ask_monotone}};
  return all;
}

/// The first difference; empty if there is none. Only the keys of `expected` are compared.
std::string difference(const Json& expected, const Json& actual, const Json& tolerance, const std::string& path) {
  const std::string differ = path + ": expected " + expected.dump() + ", got " + actual.dump();
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      if (!actual.is_object() || !actual.contains(key)) return path + "." + key + ": there is no such key";
      if (const std::string d = difference(value, actual[key], tolerance, path + "." + key); !d.empty()) return d;
    }
    return "";
  }
  if (expected.is_array()) {
    if (!actual.is_array() || actual.size() != expected.size()) return differ;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string d = difference(expected[i], actual[i], tolerance, path + "[" + std::to_string(i) + "]");
      if (!d.empty()) return d;
    }
    return "";
  }
  if (!expected.is_number()) return expected == actual ? "" : differ;
  if (!actual.is_number()) return differ;
  const double e = expected.get<double>();
  const double x = actual.get<double>();
  const bool exact = tolerance.is_null() || tolerance.is_string() || expected.is_number_integer();
  const double limit = exact ? 0 : std::max(tolerance.value("abs", 0.0), tolerance.value("rel", 0.0) * std::fabs(e));
  return std::fabs(x - e) <= limit ? "" : differ;
}

TEST(InferenceGolden, EveryVectorHolds) {
  const char* folder = std::getenv("CO2LIB_GOLDEN_DIR");
  std::ifstream file(
      std::filesystem::path(folder != nullptr ? folder : co2lib::tests::source_folder() + "/tests/golden") /
      "inference.json");
  const Json vectors = Json::parse(file).at("vectors");
  ASSERT_GE(vectors.size(), 80U);
  std::size_t asked = 0;
  for (const Json& vector : vectors) {
    const auto kind = vector.at("kind").get<std::string>();
    if (kind == "inference.llm.fit" || kind == "inference.llm.predict") continue;
    ++asked;
    Json answer;
    try {
      answer = operations().at(kind)(vector.at("input"));
    } catch (const Error& error) {
      answer = {{"error", error.code()}};
    }
    EXPECT_EQ(difference(vector.at("expected"), answer, vector.value("tolerance", Json()), vector.at("id")), "");
  }
  EXPECT_GE(asked, 73U);
}

}  // namespace

}  // namespace co2lib::inference::golden
