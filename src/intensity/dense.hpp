// SPDX-License-Identifier: MIT
// Dense linear systems; private to src. Eigen stays in dense.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace co2lib::intensity::detail {

/// x with A x = b, A square, row by row, with a dominant diagonal of ones; nullopt where it is singular in doubles.
[[nodiscard]] std::optional<std::vector<double>> solve(const std::vector<double>& a, const std::vector<double>& b);

inline constexpr std::size_t features = 12;

/// x with A x = b, A symmetric and positive definite (its upper half is read); nullopt where it is not.
[[nodiscard]] std::optional<std::array<double, features>> solve_definite(
    const std::array<double, features * features>& a, const std::array<double, features>& b);

}  // namespace co2lib::intensity::detail
