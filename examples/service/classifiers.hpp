// SPDX-License-Identifier: MIT
// Small pictures and two ways to say what is on them: a cheap one and a better one, as services have them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace service {

inline constexpr std::size_t kinds = 10;
inline constexpr std::size_t side = 12;
using Picture = std::array<float, side * side>;

struct Labelled {
  Picture picture{};
  int label = 0;
};

/// Pictures of ten shapes, each moved by up to two pixels and under noise. They depend on `seed` alone.
std::vector<Labelled> pictures(std::size_t count, std::uint64_t seed);

/// Any number of threads may call `classify`.
class Classifier {
 public:
  virtual ~Classifier() = default;
  Classifier() = default;
  Classifier(const Classifier&) = delete;
  Classifier& operator=(const Classifier&) = delete;
  [[nodiscard]] virtual int classify(const Picture& picture) const = 0;
};

struct Named {
  std::string name{};
  std::shared_ptr<const Classifier> classifier{};
};

/// The models of the service, the cheapest first: in classifiers.cpp without any library, in torch_classifiers.cpp two
/// networks of LibTorch.
std::vector<Named> train(const std::vector<Labelled>& examples);

}  // namespace service
