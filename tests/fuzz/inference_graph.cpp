// SPDX-License-Identifier: MIT
// Graphs of any kind: read back as they were written, every live node in one kernel, features that are finite; or an
// error of the domain.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include <co2lib/inference.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(inference_graph, data, size) {
  using namespace co2lib;
  using namespace co2lib::inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Graph graph = parse_graph(text, "fuzz");
    if (parse_graph(graph.to_json()) != graph) __builtin_trap();
    const std::size_t alone = kernels(graph, rules("none")).size();
    for (const char* name : {"cpu", "gpu", "vpu"}) {
      std::size_t count = 0;
      std::set<std::string> seen;
      for (const GraphKernel& k : kernels(graph, rules(name))) {
        count += k.nodes.size();
        seen.insert(k.nodes.begin(), k.nodes.end());
        if (!k.config && k.missing.empty()) __builtin_trap();
        if (!k.config) continue;
        try {
          const Features f = features(*k.config);
          if (!(f.ops >= 0) || !(f.bytes() > 0) || !(f.util > 0 && f.util <= 1)) __builtin_trap();
        } catch (const Error& error) {
          if (!error.code().starts_with("inference.")) __builtin_trap();
        }
      }
      if (count != alone || seen.size() != alone) __builtin_trap();
    }
    const Prediction p = Device::named("sim-npu").predict(graph);
    if (!(p.latency.value->count() > 0) || p.to_json().empty()) __builtin_trap();
  } catch (const Error& error) {
    if (!error.code().starts_with("inference.") || std::string_view(error.what()).empty()) __builtin_trap();
  }
  try {
    const KernelConfig config = parse_kernel(text);
    if (parse_kernel(config.to_json()) != config) __builtin_trap();
    if (training_vector(config).size() != feature_names(config.kernel).size()) __builtin_trap();
  } catch (const Error& error) {
    if (!error.code().starts_with("inference.")) __builtin_trap();
  }
  return 0;
}
