// SPDX-License-Identifier: MIT
// Models, series and numbers that the tests of this domain share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/adaptive.hpp>
#include <co2lib/random.hpp>

namespace co2lib::adaptive::testing {

inline Model model(const std::string& name, double kwh, double accuracy) {
  return {.name = name, .energy = Energy::from_kwh(kwh), .accuracy = accuracy};
}

inline std::vector<Model> toy() { return {model("small", 1, 60), model("medium", 2, 80), model("large", 4, 90)}; }

inline std::vector<Model> resnets() {
  return {model("resnet18", 1.81, 69.758), model("resnet34", 3.66, 73.314), model("resnet50", 4.09, 76.130),
          model("resnet101", 7.80, 77.374), model("resnet152", 11.51, 78.312)};
}

/// Numbers in [0, 1) that depend on seed and name alone.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}
  double operator()() { return random::draw(seed_, next_++, "adaptive.tests"); }
  double operator()(double low, double high) { return low + (high - low) * (*this)(); }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>((*this)() * static_cast<double>(n)); }

 private:
  std::uint64_t seed_;
  std::uint64_t next_ = 0;
};

inline std::vector<double> series(Draws& draw, std::size_t n, double low, double high) {
  std::vector<double> values(n);
  for (double& x : values) x = draw(low, high);
  return values;
}

inline std::vector<Model> family(Draws& draw, std::size_t n) {
  std::vector<Model> models;
  for (std::size_t i = 0; i < n; ++i) models.push_back(model("m" + std::to_string(i), draw(0.5, 5), draw(50, 90)));
  return models;
}

/// The error of a call, and its details as numbers.
struct Refused {
  std::string code{};
  std::string text{};
  ErrorDetails details{};
  [[nodiscard]] double detail(const std::string& name) const { return std::get<double>(details.at(name)); }
};

template <class F>
Refused refused(const F& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.code(), error.what(), error.details()};
  }
  return {};
}

}  // namespace co2lib::adaptive::testing
