// SPDX-License-Identifier: MIT
// Shared names of kernels, precisions. The configuration as JSON is in kernel_json.cpp.
#include <co2lib/inference/kernel.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <co2lib/inference/refuse.hpp>

namespace co2lib::inference {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> shared_names{{
    {"fc-relu", "fc"},
    {"max-pool", "maxpool"},
    {"avg-pool", "avgpool"},
    {"global-pool", "global-avgpool"},
    {"gap", "global-avgpool"},
    {"bn-relu", "bnrelu"},
    {"add-relu", "addrelu"},
    {"se-relu", "se"},
    {"channel_shuffle", "channelshuffle"},
    {"add-add", "add"},  // ours
}};

struct NamedBits {
  std::string_view name;
  int w_bits;
  int a_bits;
  bool integer;
};
constexpr std::array named_bits{
    NamedBits{"fp32", 32, 32, false}, NamedBits{"fp16", 16, 16, false}, NamedBits{"bf16", 16, 16, false},
    NamedBits{"int8", 8, 8, true},    NamedBits{"int4", 4, 4, true},
};

/// Takes a whole number from the front of a text; nothing if there is none.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::string kernel_name(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (std::size_t at = 0; (at = lower.find("relu6", at)) != std::string::npos; at += 4) lower.erase(at + 4, 1);
  if (lower.find("dwconv") != std::string::npos) return "dwconv-bn-relu";
  if (lower.find("conv") != std::string::npos) return "conv-bn-relu";
  for (const auto& [from, to] : shared_names) {
    if (lower == from) return std::string(to);
  }
  return lower;
}

const std::vector<std::string>& known_kernels() {
  static const std::vector<std::string> all{
      "conv-bn-relu", "dwconv-bn-relu", "fc",     "matmul", "maxpool", "avgpool",        "global-avgpool", "relu",
      "bn",           "bnrelu",         "hswish", "swish",  "sigmoid", "softmax",        "norm",           "add",
      "mul",          "addrelu",        "split",  "concat", "se",      "channelshuffle", "embedding"};
  return all;
}

std::string Precision::arithmetic() const {
  const int bits = std::max(w_bits, a_bits);
  if (bits > 16) return "fp32";
  if (bits > 8) return "fp16";
  return bits > 4 ? "int8" : "int4";
}

Precision precision(std::string_view text) {
  for (const NamedBits& p : named_bits) {
    if (p.name == text) return {std::string(p.name), p.w_bits, p.a_bits, p.integer};
  }
  std::string_view rest = text;
  if (rest.starts_with('w')) {
    rest.remove_prefix(1);
    const std::optional<int> w = take_number(rest);
    if (w && rest.starts_with('a')) {
      rest.remove_prefix(1);
      const std::optional<int> a = take_number(rest);
      if (a && rest.empty() && *w >= 1 && *w <= 64 && *a >= 1 && *a <= 64) {
        KernelConfig bits;
        bits.w_bits = *w;
        bits.a_bits = *a;
        return precision_of(bits);
      }
    }
  }
  detail::out_of_range("precision: '" + std::string(text.substr(0, 40)) +
                       "' is not known; use fp32, fp16, bf16, int8, int4, or bits of weights and activations, as "
                       "w4a16");
}

Precision precision_of(const KernelConfig& config) {
  const bool integer = config.integer.value_or(config.w_bits <= 8);
  for (const NamedBits& p : named_bits) {
    if (p.w_bits == config.w_bits && p.a_bits == config.a_bits) {
      return {std::string(p.name), p.w_bits, p.a_bits, integer};
    }
  }
  return {"w" + std::to_string(config.w_bits) + "a" + std::to_string(config.a_bits), config.w_bits, config.a_bits,
          integer};
}

KernelConfig with_precision(KernelConfig config, const Precision& precision) {
  config.w_bits = precision.w_bits;
  config.a_bits = precision.a_bits;
  config.integer = precision.integer == (precision.w_bits <= 8) ? std::nullopt : std::optional(precision.integer);
  return config;
}

}  // namespace co2lib::inference
