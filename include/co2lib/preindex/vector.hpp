// SPDX-License-Identifier: MIT
// Views of arrays that stay where they are, and the vector of a sample: what is left of a layer's output.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/preindex/options.hpp>

namespace co2lib::preindex {

/// A matrix as Eigen has it: Matrix, Map, Block, row- or column-major.
template <class M>
concept EigenLike = requires(const M& m) {
  { m.data() } -> std::convertible_to<const typename M::Scalar*>;
  { m.rows() } -> std::convertible_to<std::ptrdiff_t>;
  { m.cols() } -> std::convertible_to<std::ptrdiff_t>;
  { m.rowStride() } -> std::convertible_to<std::ptrdiff_t>;
  { m.colStride() } -> std::convertible_to<std::ptrdiff_t>;
}
&&(std::same_as<std::remove_const_t<typename M::Scalar>, float> ||
   std::same_as<std::remove_const_t<typename M::Scalar>, double>);

/// Rows x columns of float or double that belong to somebody else; one sample per row. Strides count elements.
struct View {
  const float* floats = nullptr;     ///< null where `doubles` is not
  const double* doubles = nullptr;   ///< null where `floats` is not
  std::size_t rows = 0;              ///< number of rows: samples
  std::size_t columns = 0;           ///< number of columns: values per sample
  std::ptrdiff_t row_stride = 0;     ///< from one row to the next
  std::ptrdiff_t column_stride = 1;  ///< from one column to the next

  View() = default;
  /// Rows that lie one after the other.
  View(const float* data, std::size_t row_count, std::size_t column_count)
      : View(data, row_count, column_count, static_cast<std::ptrdiff_t>(column_count)) {}
  /// Rows and columns at these distances.
  View(const float* data, std::size_t row_count, std::size_t column_count, std::ptrdiff_t stride,
       std::ptrdiff_t inner_stride = 1)
      : floats(data), rows(row_count), columns(column_count), row_stride(stride), column_stride(inner_stride) {}
  /// Rows that lie one after the other.
  View(const double* data, std::size_t row_count, std::size_t column_count)
      : View(data, row_count, column_count, static_cast<std::ptrdiff_t>(column_count)) {}
  /// Rows and columns at these distances.
  View(const double* data, std::size_t row_count, std::size_t column_count, std::ptrdiff_t stride,
       std::ptrdiff_t inner_stride = 1)
      : doubles(data), rows(row_count), columns(column_count), row_stride(stride), column_stride(inner_stride) {}

  /// An Eigen matrix, map or block, without a copy.
  template <EigenLike M>
  View(const M& m)  // NOLINT(google-explicit-constructor): matrices are accepted wherever views are
      : rows(static_cast<std::size_t>(m.rows())),
        columns(static_cast<std::size_t>(m.cols())),
        row_stride(static_cast<std::ptrdiff_t>(m.rowStride())),
        column_stride(static_cast<std::ptrdiff_t>(m.colStride())) {
    if constexpr (std::same_as<std::remove_const_t<typename M::Scalar>, float>) {
      floats = m.data();
    } else {
      doubles = m.data();
    }
  }

  /// True if the values of a row are float32 and lie side by side, so that they can be read in place.
  [[nodiscard]] bool rows_in_place() const noexcept {
    return floats != nullptr && (column_stride == 1 || columns <= 1);
  }

  /// The values of a row in place; only where `rows_in_place()`.
  [[nodiscard]] std::span<const float> row(std::size_t i) const noexcept {
    return {floats + static_cast<std::ptrdiff_t>(i) * row_stride, columns};
  }

  /// One value, rounded to float32.
  [[nodiscard]] float at(std::size_t i, std::size_t j) const noexcept {
    const std::ptrdiff_t at =
        static_cast<std::ptrdiff_t>(i) * row_stride + static_cast<std::ptrdiff_t>(j) * column_stride;
    return floats != nullptr ? floats[at] : static_cast<float>(doubles[at]);
  }

  /// Copies a row, rounded to float32, into `out` of `columns` values.
  void copy_row(std::size_t i, float* out) const noexcept {
    if (rows_in_place()) {
      const std::span<const float> values = row(i);
      std::copy(values.begin(), values.end(), out);
      return;
    }
    for (std::size_t j = 0; j < columns; ++j) out[j] = at(i, j);
  }

  /// The rows [begin, end).
  [[nodiscard]] View slice(std::size_t begin, std::size_t end) const noexcept {
    View part = *this;
    const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(begin) * row_stride;
    if (part.floats != nullptr) part.floats += offset;
    if (part.doubles != nullptr) part.doubles += offset;
    part.rows = end - begin;
    return part;
  }
};

/// Rows x columns of T that belong to the matrix, row by row.
template <class T>
struct BasicMatrix {
  std::size_t rows = 0;     ///< number of rows
  std::size_t columns = 0;  ///< number of columns
  std::vector<T> values{};  ///< row by row

  BasicMatrix() = default;
  /// All values are 0.
  BasicMatrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count) {}

  /// Its first value; the others follow.
  [[nodiscard]] T* row(std::size_t i) noexcept { return values.data() + i * columns; }
  /// Its first value; the others follow.
  [[nodiscard]] const T* row(std::size_t i) const noexcept { return values.data() + i * columns; }
  /// All of it, valid as long as the matrix.
  [[nodiscard]] View view() const noexcept requires std::same_as<T, float> || std::same_as<T, double> {
    return {values.data(), rows, columns};
  }

  bool operator==(const BasicMatrix&) const = default;
};

using Rows = BasicMatrix<float>;     ///< float32, as embeddings are kept
using Matrix = BasicMatrix<double>;  ///< float64, as sums are kept

/// The type of a tensor's elements.
enum class DType {
  float32,   ///< IEEE single precision
  float64,   ///< IEEE double precision
  float16,   ///< IEEE half precision
  bfloat16,  ///< the upper half of a float32
};

/// A tensor that belongs to somebody else, batch axis first; strides count elements and may be negative or 0.
struct TensorView {
  const void* data = nullptr;             ///< its first element
  DType dtype = DType::float32;           ///< type of the elements
  std::vector<std::size_t> shape{};       ///< batch axis first
  std::vector<std::ptrdiff_t> strides{};  ///< empty: C order
};

namespace detail {

/// The float32 with the same value as a half.
[[nodiscard]] inline float widen_half(std::uint16_t h) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000U) << 16U;
  const std::uint32_t exponent = (h >> 10U) & 0x1FU;
  const std::uint32_t fraction = h & 0x3FFU;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23U) | (fraction << 13U));
}

[[nodiscard]] inline float widen_bfloat(std::uint16_t b) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(b) << 16U);
}

[[nodiscard]] inline double element(const TensorView& t, std::ptrdiff_t at) noexcept {
  switch (t.dtype) {
    case DType::float32:
      return static_cast<double>(static_cast<const float*>(t.data)[at]);
    case DType::float64:
      return static_cast<const double*>(t.data)[at];
    case DType::float16:
      return static_cast<double>(widen_half(static_cast<const std::uint16_t*>(t.data)[at]));
    case DType::bfloat16:
      return static_cast<double>(widen_bfloat(static_cast<const std::uint16_t*>(t.data)[at]));
  }
  return 0;
}

[[nodiscard]] inline std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (const std::size_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + ")";
}

/// Calls `visit(offset)` for every element of the axes from `first` on, in C order.
template <class F>
void for_each_offset(const TensorView& t, const std::vector<std::ptrdiff_t>& strides, std::size_t first,
                     std::ptrdiff_t base, const F& visit) {
  std::size_t count = 1;
  for (std::size_t a = first; a < t.shape.size(); ++a) count *= t.shape[a];
  if (count == 0) return;
  if (first == t.shape.size()) return visit(base);
  std::vector<std::size_t> index(t.shape.size(), 0);
  const std::size_t last = t.shape.size() - 1;
  for (std::ptrdiff_t at = base;;) {
    for (std::size_t i = 0; i < t.shape[last]; ++i) visit(at + static_cast<std::ptrdiff_t>(i) * strides[last]);
    std::size_t axis = last;
    do {
      if (axis == first) return;
      --axis;
      at += strides[axis];
      if (++index[axis] < t.shape[axis]) break;
      at -= static_cast<std::ptrdiff_t>(t.shape[axis]) * strides[axis];
      index[axis] = 0;
    } while (true);
  }
}

/// A sum in eight lanes, added up in a fixed order: the k-th value goes to lane k mod 8.
///
/// Compilers turn the lanes into vector registers without leave to reorder anything, so every machine and every memory
/// layout gives the same bits.
class LaneSum {
 public:
  static constexpr std::size_t lanes = 8;

  void add(double x) noexcept { sums_[next_++ % lanes] += x; }

  /// All values of an array; as the first call only, or after a multiple of eight values.
  void add(const float* values, std::size_t count) noexcept {
    std::array<double, lanes> sums = sums_;
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += static_cast<double>(values[i + lane]);
    }
    sums_ = sums;
    for (; i < count; ++i) add(static_cast<double>(values[i]));
  }

  [[nodiscard]] double value() const noexcept {
    const auto& s = sums_;
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
  }

 private:
  std::array<double, lanes> sums_{};
  std::size_t next_ = 0;
};

/// True if the axes from `first` on lie in memory one after the other.
[[nodiscard]] inline bool is_dense(const TensorView& t, const std::vector<std::ptrdiff_t>& strides, std::size_t first) {
  std::ptrdiff_t expected = 1;
  for (std::size_t a = t.shape.size(); a-- > first;) {
    if (t.shape[a] != 1 && strides[a] != expected) return false;
    expected *= static_cast<std::ptrdiff_t>(t.shape[a]);
  }
  return true;
}

}  // namespace detail

/// The vectors of the samples of a layer's raw output: float32, one row per sample.
///
/// `cnn`: the mean over all axes after the channels, summed in double (in eight lanes) and rounded once; a 2-D output
/// as it is. `vit`: everything after the batch axis in C order. Throws preindex.bad_shape for a 3-D output in mode
/// `cnn` unless `convolution_1d` says that it is one of a 1-D convolution, and preindex.empty for a vector without
/// values.
[[nodiscard]] inline Rows sample_vectors(const TensorView& output, Mode mode, bool convolution_1d = false) {
  const std::size_t axes = output.shape.size();
  if (axes < 2) {
    throw Error("preindex.bad_shape", "an output of shape " + detail::shape_text(output.shape) +
                                          " has no axis after the batch; give (samples, values, ...)");
  }
  if (mode == Mode::cnn && axes == 3 && !convolution_1d) {
    throw Error("preindex.bad_shape",
                "an output of shape " + detail::shape_text(output.shape) + " has tokens, no channels; use mode 'vit'");
  }
  if (!output.strides.empty() && output.strides.size() != axes) {
    throw Error("preindex.bad_shape", "an output with " + std::to_string(axes) + " axes and " +
                                          std::to_string(output.strides.size()) + " strides");
  }
  std::vector<std::ptrdiff_t> strides = output.strides;
  if (strides.empty()) {
    strides.assign(axes, 1);
    for (std::size_t a = axes - 1; a > 0; --a) {
      strides[a - 1] = strides[a] * static_cast<std::ptrdiff_t>(output.shape[a]);
    }
  }
  std::size_t rest = 1;
  for (std::size_t a = 2; a < axes; ++a) rest *= output.shape[a];
  const std::size_t width = mode == Mode::cnn ? output.shape[1] : output.shape[1] * rest;
  if (width == 0 || rest == 0) {
    throw Error("preindex.empty", "an output of shape " + detail::shape_text(output.shape) + " holds no values");
  }
  Rows rows(output.shape[0], width);
  const bool quick = output.dtype == DType::float32 && detail::is_dense(output, strides, 2);
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const std::ptrdiff_t sample = static_cast<std::ptrdiff_t>(i) * strides[0];
    float* out = rows.row(i);
    if (mode == Mode::vit || rest == 1) {
      detail::for_each_offset(output, strides, 1, sample,
                              [&](std::ptrdiff_t at) { *out++ = static_cast<float>(detail::element(output, at)); });
      continue;
    }
    for (std::size_t c = 0; c < width; ++c) {
      const std::ptrdiff_t channel = sample + static_cast<std::ptrdiff_t>(c) * strides[1];
      detail::LaneSum sum;
      if (quick) {
        sum.add(static_cast<const float*>(output.data) + channel, rest);
      } else {
        detail::for_each_offset(output, strides, 2, channel,
                                [&](std::ptrdiff_t at) { sum.add(detail::element(output, at)); });
      }
      *out++ = static_cast<float>(sum.value() / static_cast<double>(rest));
    }
  }
  return rows;
}

}  // namespace co2lib::preindex
