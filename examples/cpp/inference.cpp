// SPDX-License-Identifier: MIT
// A small network on two devices before it runs, and the parts of a shared step of a language model.
#include <cstdio>

#include <co2lib/inference.hpp>

int main() {
  using namespace co2lib;
  using namespace co2lib::inference;
  const Graph graph = parse_graph(R"({
    "nodes": [
      {"name": "conv", "op": "conv", "inputs": ["image"], "attrs": {"k": 3, "s": 2, "pad": 1, "cout": 16}},
      {"name": "relu", "op": "relu", "inputs": ["conv"]},
      {"name": "pool", "op": "global-avgpool", "inputs": ["relu"]},
      {"name": "fc", "op": "fc", "inputs": ["pool"], "attrs": {"cout": 10}}],
    "outputs": ["fc"],
    "shapes": {"image": [1, 3, 96, 96], "relu": [1, 16, 48, 48], "pool": [1, 16, 1, 1]}})");
  for (const char* name : {"rk3588_npu", "sim-mcu"}) {
    const Prediction p = Device::named(name).predict(graph, {.precision = "int8"});
    const auto mj = [](Energy e) { return e.joules() * 1e3; };
    std::printf("%s: %.3g ms, energy %.3g mJ (%.3g to %.3g), carbon %.3g ug at 300 g/kWh\n", name,
                p.latency.value->count() * 1e3, mj(*p.energy.value), mj(p.energy.interval->low),
                mj(p.energy.interval->high), p.carbon(CarbonIntensity::from_g_per_kwh(300)).value->grams() * 1e6);
    for (const KernelPrediction& k : p.kernels) {
      std::printf("  %s: %.3g us, %s\n", k.name.c_str(), k.latency_us.value, text(k.method).data());
    }
  }

  // One step of a batch, metered: three requests, one of them with its prompt.
  const llm::Coefficients coefficients{6e-11, 2.2e-13, 8e-11, 0.002, 0.0015};
  const llm::Request requests[]{{1, 17e9, 130e6}, {1, 19e9, 520e6}, {512, 8.6e12, 67e6}};
  double joules[3];
  const double idle =
      llm::split(coefficients, {.weight_bytes = 16e9, .layers = 32, .energy_j = 3.4, .idle_j = 0.4}, requests, joules);
  std::printf("of 3.4 J: %.3f, %.3f and %.3f J, idle %.1f J\n", joules[0], joules[1], joules[2], idle);
  return 0;
}
