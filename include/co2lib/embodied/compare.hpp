// SPDX-License-Identifier: MIT
// Two bills of materials against each other, with common random numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <co2lib/embodied/bom.hpp>

namespace co2lib::embodied {

/// What can be said of two bills of materials.
enum class Verdict : std::uint8_t {
  a_lower,    ///< A has less carbon in at least 95 % of the draws
  b_lower,    ///< B has less carbon in at least 95 % of the draws
  undecided,  ///< the ranges do not tell
};
/// Texts of `Verdict`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Verdict) noexcept { return texts("a_lower", "b_lower", "undecided"); }

/// A statistic over the draws: mean, 5th, 50th and 95th percentile.
struct Spread {
  double mean = 0;  ///< of the draws
  double p5 = 0;    ///< 5th percentile
  double p50 = 0;   ///< median
  double p95 = 0;   ///< 95th percentile

  bool operator==(const Spread&) const = default;
};

/// A factor that makes the difference.
struct Driver {
  std::string name;     ///< id of the factor; with (A) or (B) where only one of them has it, or the two differ
  bool shared = false;  ///< it stands in both
  double rho = 0;       ///< Spearman correlation of its draws with the difference

  bool operator==(const Driver&) const = default;
};

/// Two bills of materials beside each other.
struct Comparison {
  CarbonMass value_a{};                  ///< of A, at the modes
  CarbonMass value_b{};                  ///< of B, at the modes
  double p_a_lower = 0;                  ///< share of the draws with the smaller total for A, ties counted half
  Verdict verdict = Verdict::undecided;  ///< what the draws say
  Spread difference_kg{};                ///< A - B
  Spread ratio{};                        ///< A / B; NaN where B can be 0
  std::vector<Driver> drivers{};         ///< by |rho|
  std::size_t draws = 0;                 ///< number of draws
  std::uint64_t seed = 0;                ///< of the draws
  std::vector<Issue> issues{};           ///< of both bills

  bool operator==(const Comparison&) const = default;

  [[nodiscard]] std::string to_json() const;  ///< JSON with stable keys; masses in kg
};

/// Draws both with the same numbers: what they share (a row, a name written in both) has the same value in both.
///
/// A number of their own that has a part's id and field in both but another range is not shared. `a_lower` if
/// P(A < B) >= 0.95, `b_lower` if it is <= 0.05, else `undecided`. Equal bills compare as 0.5 with a difference of
/// exactly 0. Needs at least 2 draws, else `embodied.out_of_range`.
[[nodiscard]] Comparison compare(const Bom& a, const Bom& b, const FootprintOptions& options = {});

}  // namespace co2lib::embodied
