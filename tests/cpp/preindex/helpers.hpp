// SPDX-License-Identifier: MIT
// What the tests of preindex share: random data and the code of an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <co2lib/preindex.hpp>

namespace co2lib::preindex::test {

template <class F>
std::string code_of(const F& call) {
  try {
    (void)call();
  } catch (const Error& error) {
    return error.code();
  }
  return "no error";
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(engine_); }
  double normal() { return normal_(engine_); }

  /// Normal values around an offset.
  std::vector<float> vector(std::size_t n, double offset = 0, double scale = 1) {
    std::vector<float> out(n);
    for (float& x : out) x = static_cast<float>(offset + scale * normal());
    return out;
  }

  std::mt19937& engine() { return engine_; }

 private:
  std::mt19937 engine_;
  std::normal_distribution<double> normal_;
};

/// Embeddings of classes around centres of their own, and the labels.
struct Mixture {
  Rows rows;
  std::vector<Label> labels;
};

inline Mixture mixture(Random& random, std::size_t n, std::size_t width, std::size_t classes, double spread,
                       double offset = 0) {
  Matrix centres(classes, width);
  for (double& x : centres.values) x = offset + random.normal();
  Mixture m{Rows(n, width), {}};
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t c = i % classes;
    m.labels.emplace_back(static_cast<std::int64_t>(c));
    for (std::size_t j = 0; j < width; ++j) {
      m.rows.row(i)[j] = static_cast<float>(centres.row(c)[j] + spread * random.normal());
    }
  }
  return m;
}

}  // namespace co2lib::preindex::test
