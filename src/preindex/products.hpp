// SPDX-License-Identifier: MIT
// Products of rows with centres in float32, with the vectors of the processor it runs on; private to preindex.
//
// What comes out differs in the last bits from processor to processor. It may only be used where a bound on the error
// decides what it can decide (lloyd.cpp).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace co2lib::preindex {

/// Columns that are summed in float32.
inline constexpr std::size_t product_columns = 512;

/// Centres are laid out in groups of 16 columns; what is missing in the last group must be 0.
[[nodiscard]] constexpr std::size_t padded_columns(std::size_t columns) { return (columns + 15) / 16 * 16; }

/// scores[i * k + c] += sum over j of (rows[i * stride + j] - mean[j]) * centres[c * padded_columns(columns) + j],
/// rounded as float32 operations in some order are.
struct ProductArgs {
  const float* rows;
  std::size_t count;
  std::ptrdiff_t stride;
  const float* mean;
  std::size_t columns;  ///< product_columns at most
  const float* centres;
  std::size_t k;
  double* scores;
};

struct ProductKernel {
  std::string_view name;
  void (*add)(const ProductArgs&);
};

/// Those that this processor can run, the fastest first.
[[nodiscard]] std::span<const ProductKernel> product_kernels();

}  // namespace co2lib::preindex
