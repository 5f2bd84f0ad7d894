// SPDX-License-Identifier: MIT
// How fast predictions are, as JSON: extraction of 1000 and 10 000 nodes, and the parts of a step of 64 requests, in
// us of CPU time; with FOREST ROWS, two files, also 200 predictions of a forest. co2lib_inference [FOREST ROWS]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <co2lib/inference.hpp>

namespace {

using namespace co2lib::inference;

double cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

/// The least of seven times `rounds` calls, each, in us.
double time_of(int rounds, const std::function<void()>& call) {
  double best = INFINITY;
  for (int i = 0; i < 7; ++i) {
    const double begin = cpu_us();
    for (int k = 0; k < rounds; ++k) call();
    best = std::min(best, (cpu_us() - begin) / rounds);
  }
  return best;
}

/// A residual network of so many operators.
Graph chain(std::size_t count) {
  Graph g;
  std::string last = "x";
  for (std::size_t i = 0; i + 4 <= count; i += 4) {
    const std::string n = std::to_string(i);
    g.nodes.push_back({"c" + n, "conv", {last}});
    g.nodes.push_back({"b" + n, "bn", {"c" + n}});
    g.nodes.push_back({"a" + n, "add", {"b" + n, last}});
    g.nodes.push_back({"r" + n, "relu", {"a" + n}});
    last = "r" + n;
  }
  g.outputs = {last};
  return g;
}

std::size_t kept = 0;  // so that no call is left out

}  // namespace

int main(int count, char** arguments) {
  std::vector<double> extraction;
  for (const std::size_t nodes : {std::size_t{1000}, std::size_t{10'000}}) {
    const Graph graph = chain(nodes);
    extraction.push_back(time_of(5, [&] { kept += kernels(graph, rules("gpu")).size(); }));
  }
  std::vector<llm::Request> requests(64);
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i] = {double(i % 5), 1e10 * double(i), 1e8 * double(i)};
  std::vector<double> parts(requests.size());
  const llm::Coefficients coefficients{6e-11, 2.2e-13, 8e-11, 0.002, 0.0015};
  const double split = time_of(10'000, [&] {
    kept += llm::split(coefficients, {16e9, 32, 3.4, 0.4}, requests, parts) > 0 ? 1U : 0U;
  });
  std::printf("{\"extract_1000_us\": %.3f, \"extract_10000_us\": %.3f, \"split_64_us\": %.4f", extraction[0],
              extraction[1], split);
  if (count > 2) {
    const Forest forest = load_forest(arguments[1]);
    std::ifstream file(arguments[2]);
    std::vector<double> rows;
    for (double x = 0; file >> x;) rows.push_back(x);
    const double many = time_of(5, [&] { kept += forest.predict_many(rows).size(); });
    const double one = time_of(2, [&] {
      for (std::size_t i = 0; i < rows.size(); i += forest.features.size()) {
        kept += forest.predict(std::span(rows).subspan(i, forest.features.size())) > 0 ? 1U : 0U;
      }
    });
    std::printf(", \"forest_us\": %.3f, \"forest_one_by_one_us\": %.3f", many, one);
  }
  std::printf("}\n");
  return kept == 0 ? 1 : 0;
}
