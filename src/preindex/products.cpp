// SPDX-License-Identifier: MIT
// Eigen's product, which uses the vectors that the library was compiled for, and one for those of the processor it runs
// on: Eigen cannot choose at run time. Compiled with -ffp-contract=fast; products.hpp says why that is allowed here.
#include "products.hpp"

#include <cstring>
#include <vector>

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

namespace co2lib::preindex {

namespace {

void eigen(const ProductArgs& a) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Stride = Eigen::OuterStride<>;
  const auto count = static_cast<Eigen::Index>(a.count);
  const auto columns = static_cast<Eigen::Index>(a.columns);
  const auto k = static_cast<Eigen::Index>(a.k);
  const Eigen::Map<const RowMajor, 0, Stride> rows(a.rows, count, columns, Stride(a.stride));
  const Eigen::Map<const Eigen::RowVectorXf> mean(a.mean, columns);
  const Eigen::Map<const Eigen::MatrixXf, 0, Stride> centres(
      a.centres, columns, k, Stride(static_cast<Eigen::Index>(padded_columns(a.columns))));
  Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> scores(a.scores, count, k);
  const RowMajor centred = rows.rowwise() - mean;
  const RowMajor products = centred * centres;
  scores += products.cast<double>();
}

#if defined(__x86_64__)

// Functions for wider vectors than the library's may not call others: all of it is inlined into them.
#define CO2LIB_INLINE inline __attribute__((always_inline))

using Vector256 = float __attribute__((vector_size(32)));
using Vector512 = float __attribute__((vector_size(64)));

template <class V>
constexpr std::size_t lanes = sizeof(V) / sizeof(float);

/// The products of R rows and C centres, with all sums in registers.
template <class V, std::size_t R, std::size_t C>
CO2LIB_INLINE void tile(const float* rows, const float* centres, std::size_t n, double* scores, std::size_t k) {
  V sums[R][C] = {};
  for (std::size_t j = 0; j < n; j += lanes<V>) {
    V x[R];
    for (std::size_t r = 0; r < R; ++r) std::memcpy(&x[r], rows + r * n + j, sizeof(V));
    for (std::size_t c = 0; c < C; ++c) {
      V y;
      std::memcpy(&y, centres + c * n + j, sizeof(V));
      for (std::size_t r = 0; r < R; ++r) sums[r][c] += x[r] * y;
    }
  }
  for (std::size_t r = 0; r < R; ++r) {
    for (std::size_t c = 0; c < C; ++c) {
      float sum = 0;
      for (std::size_t l = 0; l < lanes<V>; ++l) sum += sums[r][c][l];
      scores[r * k + c] += static_cast<double>(sum);
    }
  }
}

/// The products of R rows and all centres, C of these at a time.
template <class V, std::size_t R, std::size_t C>
CO2LIB_INLINE void strip(const ProductArgs& a, std::size_t i) {
  alignas(V) float packed[R * product_columns];
  const std::size_t n = padded_columns(a.columns);
  for (std::size_t r = 0; r < R; ++r) {
    const float* x = a.rows + static_cast<std::ptrdiff_t>(i + r) * a.stride;
    float* out = packed + r * n;
    for (std::size_t j = 0; j < a.columns; ++j) out[j] = x[j] - a.mean[j];
    for (std::size_t j = a.columns; j < n; ++j) out[j] = 0;
  }
  double* scores = a.scores + i * a.k;
  std::size_t c = 0;
  for (; c + C <= a.k; c += C) tile<V, R, C>(packed, a.centres + c * n, n, scores + c, a.k);
  if (c + C / 2 <= a.k) {
    tile<V, R, C / 2>(packed, a.centres + c * n, n, scores + c, a.k);
    c += C / 2;
  }
  for (; c < a.k; ++c) tile<V, R, 1>(packed, a.centres + c * n, n, scores + c, a.k);
}

template <class V, std::size_t R, std::size_t C>
CO2LIB_INLINE void strips(const ProductArgs& a) {
  std::size_t i = 0;
  for (; i + R <= a.count; i += R) strip<V, R, C>(a, i);
  for (; i < a.count; ++i) strip<V, 1, C>(a, i);
}

// 16 registers: 10 sums, 2 rows, a centre; 32 registers: 20, 4 and 1.
__attribute__((target("avx2,fma"))) void avx2(const ProductArgs& args) { strips<Vector256, 2, 5>(args); }
__attribute__((target("avx512f"))) void avx512(const ProductArgs& args) { strips<Vector512, 4, 5>(args); }

#endif

std::vector<ProductKernel> find_kernels() {
  std::vector<ProductKernel> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) found.push_back({"avx512", avx512});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back({"avx2", avx2});
#endif
  found.push_back({"eigen", eigen});
  return found;
}

}  // namespace

std::span<const ProductKernel> product_kernels() {
  static const std::vector<ProductKernel> kernels = find_kernels();
  return kernels;
}

}  // namespace co2lib::preindex
