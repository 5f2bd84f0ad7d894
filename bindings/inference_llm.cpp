// SPDX-License-Identifier: MIT
// Large language models: closed forms, and the parts of a shared step.
#include "inference.hpp"

namespace co2lib::bindings::inference_domain {

namespace {

using RequestTuple = std::tuple<double, double, double>;

llm::Run run_of(double params_b, double tokens_b, double ci_kg_per_kwh, double pue, double devices,
                double system_power_w, double peak_tflops, double efficiency, std::optional<double> base_params_b,
                std::optional<double> actual_t) {
  return {.params_b = params_b,
          .base_params_b = base_params_b,
          .tokens_b = tokens_b,
          .ci_kg_per_kwh = ci_kg_per_kwh,
          .pue = pue,
          .devices = devices,
          .system_power_w = system_power_w,
          .peak_tflops = peak_tflops,
          .efficiency = efficiency,
          .actual_t = actual_t};
}

template <llm::RunFootprint (*function)(const llm::Run&)>
void bind_run(py::module_& m, const char* name, const char* doc) {
  m.def(
      name,
      [](double params_b, double tokens_b, double ci_kg_per_kwh, double pue, double devices, double system_power_w,
         double peak_tflops, double efficiency, std::optional<double> base_params_b, std::optional<double> actual_t) {
        return function(run_of(params_b, tokens_b, ci_kg_per_kwh, pue, devices, system_power_w, peak_tflops, efficiency,
                               base_params_b, actual_t));
      },
      py::kw_only(), py::arg("params_b"), py::arg("tokens_b"), py::arg("ci_kg_per_kwh"), py::arg("pue"),
      py::arg("devices"), py::arg("system_power_w"), py::arg("peak_tflops"), py::arg("efficiency"),
      py::arg("base_params_b") = std::nullopt, py::arg("actual_t") = std::nullopt, doc);
}

void bind_closed_forms(py::module_& m) {
  py::class_<llm::RunFootprint>(m, "LlmFootprint", "Operations, days, energy and carbon of a run.")
      .def_readonly("flops", &llm::RunFootprint::flops, "Operations in all.")
      .def_readonly("days", &llm::RunFootprint::days, "On all devices at once.")
      .def_readonly("energy_mwh", &llm::RunFootprint::energy_mwh, "Of the facility, PUE included, MWh.")
      .def_readonly("carbon_t", &llm::RunFootprint::carbon_t, "Operational carbon, t CO2e.")
      .def_readonly("delta", &llm::RunFootprint::delta, "carbon_t / actual_t - 1.");
  bind_run<llm::train>(m, "llm_train", "A training: 6 P D operations (LLMCarbon).");
  bind_run<llm::infer>(m, "llm_infer", "Inference over tokens: 2 P D operations (LLMCarbon).");
  py::class_<llm::Plan>(m, "LlmPlan", "How LLMCarbon lays a training out; for comparison only.")
      .def_readonly("tensor", &llm::Plan::tensor, "GPUs that share a layer.")
      .def_readonly("pipeline", &llm::Plan::pipeline, "Stages of the pipeline.")
      .def_readonly("gpus", &llm::Plan::gpus, "Of the whole run.")
      .def_readonly("batch", &llm::Plan::batch, "Sequences of one step.")
      .def_readonly("tflops_per_gpu", &llm::Plan::tflops_per_gpu, "Reached, 1e12 operations/s.");
  m.def("llm_plan", &llm::plan, py::kw_only(), py::arg("params_b"), py::arg("node_size"), py::arg("mem_gb"),
        "How LLMCarbon lays a training out: fits of published set-ups, for comparison only.");
  m.def(
      "transformer_params",
      [](double layers, double hidden, double vocab, double seq) {
        return llm::parameters({layers, hidden, vocab, seq});
      },
      py::kw_only(), py::arg("layers"), py::arg("hidden"), py::arg("vocab"), py::arg("seq"),
      "Parameters of a transformer, by layers, width, vocabulary and sequence.");
  m.def(
      "transformer_flops",
      [](double layers, double hidden, double vocab, double seq, double batch) {
        const llm::TransformerFlops f = llm::transformer_flops({layers, hidden, vocab, seq}, batch);
        return std::make_tuple(f.forward, f.train, f.train_recompute);
      },
      py::kw_only(), py::arg("layers"), py::arg("hidden"), py::arg("vocab"), py::arg("seq"), py::arg("batch") = 1.0,
      "(forward, train, train with recomputation).");
  py::class_<llm::DecodeStep>(m, "DecodeStep", "One step of decoding.")
      .def_readonly("flops", &llm::DecodeStep::flops, "Operations.")
      .def_readonly("bytes_weights", &llm::DecodeStep::bytes_weights, "Bytes of weights, read.")
      .def_readonly("bytes_kv", &llm::DecodeStep::bytes_kv, "Bytes of the KV cache, read.")
      .def_readonly("ai", &llm::DecodeStep::ai, "Operations over all bytes.");
  m.def(
      "decode",
      [](double params, double layers, double hidden, double kv_heads, double head_dim, double context, double w_bits,
         double kv_bits, double batch) {
        return llm::decode({params, layers, hidden, kv_heads, head_dim, context, w_bits, kv_bits, batch});
      },
      py::kw_only(), py::arg("params"), py::arg("layers"), py::arg("hidden"), py::arg("kv_heads"), py::arg("head_dim"),
      py::arg("context"), py::arg("w_bits"), py::arg("kv_bits"), py::arg("batch") = 1.0,
      "Work and traffic of one step of decoding, of all sequences.");
  m.def("prefill_flops", &llm::prefill_flops, py::kw_only(), py::arg("params"), py::arg("layers"), py::arg("hidden"),
        py::arg("tokens"), "Operations of reading a prompt of n tokens: 2 P n + 2 l h n (n + 1).");
  m.def("decode_linear_j", &llm::decode_linear_j, py::kw_only(), py::arg("a"), py::arg("b"), py::arg("c"),
        py::arg("prompt_tokens"), py::arg("new_tokens"),
        "The line a + b n + c n (p + n/2)/1000 J of n new tokens after a prompt of p tokens.");
  m.def("cpu_power_w", &llm::cpu_power_w, py::kw_only(), py::arg("a"), py::arg("b"), py::arg("c"), py::arg("d"),
        py::arg("load_percent"), "A processor's power under a load in percent: max(1, a ln(b (load + c)) + d), W.");
}

void bind_serving(py::module_& m) {
  py::class_<llm::Coefficients>(m, "LlmCoefficients", "J per unit of a serving step; none is negative.")
      .def(py::init([](double weight_bytes, double flops, double kv_bytes, double layers, double batch) {
             return llm::Coefficients{weight_bytes, flops, kv_bytes, layers, batch};
           }),
           py::kw_only(), py::arg("weight_bytes"), py::arg("flops"), py::arg("kv_bytes"), py::arg("layers"),
           py::arg("batch"))
      .def_readonly("weight_bytes", &llm::Coefficients::weight_bytes, "J per byte of weights read.")
      .def_readonly("flops", &llm::Coefficients::flops, "J per operation.")
      .def_readonly("kv_bytes", &llm::Coefficients::kv_bytes, "J per byte of the KV cache.")
      .def_readonly("layers", &llm::Coefficients::layers, "J per layer.")
      .def_readonly("batch", &llm::Coefficients::batch, "J per sequence.")
      .def(
          "__eq__", [](const llm::Coefficients& a, const llm::Coefficients& b) { return a == b; }, py::is_operator())
      .def(
          "step_energy_j",
          [](const llm::Coefficients& c, double weight_bytes, double flops, double kv_bytes, double layers,
             double batch) {
            return llm::step_energy_j(c, {weight_bytes, flops, kv_bytes, layers, batch});
          },
          py::kw_only(), py::arg("weight_bytes"), py::arg("flops"), py::arg("kv_bytes"), py::arg("layers"),
          py::arg("batch"), "The energy of a step in J.");
  m.def("parse_coefficients", &llm::parse_coefficients, py::arg("text"), py::arg("name") = "coefficients");
  m.def(
      "llm_split",
      [](const llm::Coefficients& c, const std::vector<RequestTuple>& given, double weight_bytes, double layers,
         double energy_j, double idle_j) {
        std::vector<llm::Request> requests;
        for (const auto& [tokens, flops, kv_bytes] : given) requests.push_back({tokens, flops, kv_bytes});
        std::vector<double> parts(requests.size());
        const double idle = llm::split(c, {weight_bytes, layers, energy_j, idle_j}, requests, parts);
        return std::make_tuple(parts, idle);
      },
      py::arg("coefficients"), py::arg("requests"), py::kw_only(), py::arg("weight_bytes"), py::arg("layers"),
      py::arg("energy_j"), py::arg("idle_j") = 0.0,
      "(J of each request, J idle) of a step that was measured; requests are (tokens, flops, kv_bytes).");
}

}  // namespace

void register_llm(py::module_& m) {
  bind_closed_forms(m);
  bind_serving(m);
}

}  // namespace co2lib::bindings::inference_domain
