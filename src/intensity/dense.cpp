// SPDX-License-Identifier: MIT
#include "dense.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>

namespace co2lib::intensity::detail {

std::optional<std::vector<double>> solve(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<Eigen::Index>(b.size());
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::PartialPivLU<Matrix> lu(Eigen::Map<const Matrix>(a.data(), n, n));
  constexpr double least_pivot = 1e-13;  // beside the ones of the diagonal
  if (n > 0 && !(lu.matrixLU().diagonal().cwiseAbs().minCoeff() > least_pivot)) return std::nullopt;
  std::vector<double> x(b.size());
  Eigen::Map<Eigen::VectorXd> result(x.data(), n);
  result = lu.solve(Eigen::Map<const Eigen::VectorXd>(b.data(), n));
  if (!result.allFinite()) return std::nullopt;
  return x;
}

std::optional<std::array<double, features>> solve_definite(const std::array<double, features * features>& a,
                                                           const std::array<double, features>& b) {
  using Matrix = Eigen::Matrix<double, features, features>;
  using Vector = Eigen::Matrix<double, features, 1>;
  // The upper half row by row is the lower half column by column.
  const Eigen::LDLT<Matrix, Eigen::Lower> ldlt{Matrix(Eigen::Map<const Matrix>(a.data()))};
  if (ldlt.info() != Eigen::Success || !ldlt.isPositive()) return std::nullopt;
  std::array<double, features> x{};
  Eigen::Map<Vector> result(x.data());
  result = ldlt.solve(Eigen::Map<const Vector>(b.data()));
  if (!result.allFinite()) return std::nullopt;
  return x;
}

}  // namespace co2lib::intensity::detail
