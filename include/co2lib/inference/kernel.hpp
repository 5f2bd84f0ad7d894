// SPDX-License-Identifier: MIT
// A kernel: what a runtime executes as one unit, its shared name and its configuration; precisions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace co2lib::inference {

/// The name under which kernels share a predictor: `conv-bn-hswish` is `conv-bn-relu` (docs/inference.md, "Kernels").
///
/// Lower case; `relu6` counts as `relu`. Names without a shared one stay as they are; none is refused here.
[[nodiscard]] std::string kernel_name(std::string_view name);

/// The kernels that features are known for, by their shared names.
[[nodiscard]] const std::vector<std::string>& known_kernels();

/// One kernel with its sizes. Which fields a kernel reads is in docs/inference.md, "Features".
///
/// Sizes are counts of elements; of a `matmul` (m x k times k x n) `k` is the inner size.
struct KernelConfig {
  std::string kernel{};                                ///< any name; mapped by `kernel_name` where it is used
  std::int64_t h = 1;                                  ///< height of the input; of tokens their number
  std::optional<std::int64_t> w{};                     ///< width of the input; that of a square without a value
  std::int64_t cin = 0;                                ///< channels of the input
  std::int64_t cout = 0;                               ///< channels of the output
  std::int64_t k = 1;                                  ///< edge of the window
  std::int64_t s = 1;                                  ///< stride
  double pad = 0;                                      ///< at each side; a half where both sides differ by one
  std::int64_t dilation = 1;                           ///< distance of the window's taps
  std::int64_t groups = 1;                             ///< groups of a convolution
  bool bias = true;                                    ///< there is one
  int w_bits = 32;                                     ///< bits of a weight
  int a_bits = 32;                                     ///< bits of an activation
  std::optional<bool> integer{};                       ///< biases are 4 bytes; w_bits <= 8 without a value
  std::int64_t batch = 1;                              ///< inputs at once
  std::int64_t reduction = 4;                          ///< of `se`
  std::optional<std::array<std::int64_t, 2>> array{};  ///< rows and columns of the device's array of multipliers
  std::int64_t m = 0;                                  ///< rows of a matmul; tokens of an embedding
  std::int64_t n = 0;                                  ///< columns of a matmul; width of an embedding
  std::int64_t heads = 1;                              ///< independent products of a matmul
  std::vector<std::int64_t> cins{};                    ///< channels of the inputs of a concat

  bool operator==(const KernelConfig&) const = default;

  /// JSON: `kernel`, and every field that differs from its default.
  [[nodiscard]] std::string to_json() const;
};

/// Reads a configuration as `to_json` writes it; `inference.out_of_range` naming the field.
[[nodiscard]] KernelConfig parse_kernel(std::string_view text, const std::string& name = "kernel");

/// How weights and activations are stored.
struct Precision {
  std::string name{};    ///< `fp32`, `int8`, `w4a16`
  int w_bits = 32;       ///< bits of a weight
  int a_bits = 32;       ///< bits of an activation
  bool integer = false;  ///< arithmetic with integers, of which peaks differ

  bool operator==(const Precision&) const = default;

  /// The precision of the arithmetic, that of the wider operand: `int8` for 4-bit weights and 8-bit activations.
  [[nodiscard]] std::string arithmetic() const;
};

/// `fp32`, `fp16`, `bf16` (16 bits), `int8`, `int4` (4 bits both), or bits of weights and activations, as `w4a16`.
///
/// Anything else, and bits outside 1 to 64, is `inference.out_of_range`.
[[nodiscard]] Precision precision(std::string_view text);

/// The precision that a configuration's bits have.
[[nodiscard]] Precision precision_of(const KernelConfig& config);

/// The configuration with the bits of a precision.
[[nodiscard]] KernelConfig with_precision(KernelConfig config, const Precision& precision);

}  // namespace co2lib::inference
