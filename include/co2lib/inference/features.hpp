// SPDX-License-Identifier: MIT
// What a predictor looks at: operations, bytes, the share of an array in use; nn-Meter's vectors and our own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference/kernel.hpp>
#include <co2lib/names.hpp>

namespace co2lib::inference {

/// Sizes as nn-Meter has them: square inputs, no padding, no groups. A kernel needs those that its vector names.
struct BaseShape {
  std::optional<double> hw{};    ///< edge of the input
  std::optional<double> cin{};   ///< channels of the input
  std::optional<double> cout{};  ///< channels of the output
  std::optional<double> k{};     ///< edge of the window
  std::optional<double> s{};     ///< stride
  std::vector<double> cins{};    ///< of a concat
};

/// How a concat of several inputs is written: as nn-Meter's builder does, or as its pretrained predictors expect it.
enum class ConcatStyle : std::uint8_t {
  builder,     ///< a vector for two inputs, as nn-Meter's builder writes it
  pretrained,  ///< a vector for up to four inputs, as its pretrained predictors read it
};
/// Texts of `ConcatStyle`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(ConcatStyle) noexcept { return texts("builder", "pretrained"); }

/// Operations and parameters by nn-Meter's formulas (commit cd8dab4): padding and groups ignored.
struct FlopsParams {
  double flops = 0;   ///< of one input; a multiply-accumulate counts as 2
  double params = 0;  ///< weights and biases
};

/// `params = COUT (K^2 CIN + 1)` of a conv, `CIN (K^2 + 1)` depthwise, `FLOPs = 2 (HW/S)^2 params`; of an fc both are
/// `(2 CIN + 1) COUT`, as in the source.
///
/// Other kernels are `inference.unknown_kernel`; a size that is missing or below 1 is `inference.out_of_range`.
[[nodiscard]] FlopsParams flops(std::string_view kernel, const BaseShape& shape);

/// nn-Meter's feature vector of a kernel; its order is in docs/inference.md, "Features". Errors as `flops`.
[[nodiscard]] std::vector<double> base_features(std::string_view kernel, const BaseShape& shape,
                                                ConcatStyle style = ConcatStyle::builder);

/// Work and traffic of one kernel.
struct Features {
  double ops = 0;        ///< a multiply-accumulate counts as 2
  double macs = 0;       ///< multiply-accumulates alone
  double bytes_w = 0;    ///< weights and biases
  double bytes_in = 0;   ///< activations read
  double bytes_out = 0;  ///< activations written
  double ai = 0;         ///< ops / bytes
  double util = 1;       ///< share of the device's array that the kernel can use
  int w_bits = 32;       ///< bits of a weight
  int a_bits = 32;       ///< bits of an activation

  bool operator==(const Features&) const = default;

  /// Weights, input and output together.
  [[nodiscard]] double bytes() const noexcept { return bytes_w + bytes_in + bytes_out; }

  /// w_bits, a_bits, ops/1e6, W/1e6, in/1e6, out/1e6, ai, util.
  [[nodiscard]] std::array<double, 8> vector() const noexcept {
    return {double(w_bits), double(a_bits), ops / 1e6, bytes_w / 1e6, bytes_in / 1e6, bytes_out / 1e6, ai, util};
  }
};

/// The features of a configuration.
///
/// `inference.unknown_kernel`; `inference.out_of_range` for a size, stride, group or output below 1, a negative pad,
/// bits outside 1 to 64, channels that the groups do not divide.
[[nodiscard]] Features features(const KernelConfig& config);

/// What our own profiles are trained on: base (with HW = sqrt(h w)), the eight of `Features::vector`, three derived
/// columns that a tree cannot form by itself, and the columns of layout, by which runtimes choose among algorithms
/// (docs/inference.md, "Features"). Errors as `features`.
///
/// A forest names the columns that it uses: a new column at the end leaves forests of older profiles as they are.
[[nodiscard]] std::vector<double> training_vector(const KernelConfig& config);

/// The names of `training_vector`, in its order; `inference.unknown_kernel`.
[[nodiscard]] std::vector<std::string> feature_names(std::string_view kernel);

}  // namespace co2lib::inference
