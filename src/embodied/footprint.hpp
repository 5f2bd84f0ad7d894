// SPDX-License-Identifier: MIT
// A bill of materials with its rows looked up, as one model; what `footprint` and `compare` evaluate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <co2lib/embodied/bom.hpp>

#include "embodied/part_class.hpp"

namespace co2lib::embodied {

struct Triple {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Kilograms at the modes and at the two corners.
struct Corners {
  Triple total{};
  std::vector<Triple> parts{};
};

struct CompiledPart {
  Node node{};
  Scope scope{};
  std::vector<std::string> used{};
  bool ranged = false;
};

struct Compiled {
  Compiled(const Bom& bom, const FootprintOptions& options);
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  /// Totals of the draws 0 .. count - 1, kg.
  [[nodiscard]] std::vector<double> draws(std::uint64_t seed, std::size_t count) const;
  [[nodiscard]] Corners corners() const;

  /// f(high) - f(low) of each variable, all others at their value; kg.
  [[nodiscard]] std::vector<double> swings() const;

  Factors tables;
  Build build;
  std::vector<CompiledPart> parts{};
  Factor truncation{};
  Node total{};
};

/// Spearman's correlation of the draws of each name with a result.
[[nodiscard]] std::vector<double> rank_correlations(const std::vector<std::uint64_t>& hashes, std::uint64_t seed,
                                                    const std::vector<double>& result);

struct Moments {
  double mean = 0;
  double std = 0;
  double p5 = 0;
  double p50 = 0;
  double p95 = 0;
};

/// The footprint of a bill with its draws, but without what describes them (`mean`, `std`, `p50`, `interval`).
[[nodiscard]] BomFootprint with_draws(const Bom& bom, const FootprintOptions& options);

/// Of at least two draws.
[[nodiscard]] Moments moments_of(const std::vector<double>& draws);

}  // namespace co2lib::embodied
