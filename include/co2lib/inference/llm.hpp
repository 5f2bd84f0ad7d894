// SPDX-License-Identifier: MIT
// Large language models: closed forms of training and inference, and the energy of one request in a shared batch.
//
// Numbers have their unit in their name; what is negative, or zero where it divides, is `inference.out_of_range`.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference/roofline.hpp>

namespace co2lib::inference::llm {

// ---------------------------------------------------------------------------------------------------------------------
// Closed forms
// ---------------------------------------------------------------------------------------------------------------------

/// Sizes of a transformer: layers, hidden width, vocabulary, sequence.
struct Transformer {
  double layers = 0;  ///< number of blocks
  double hidden = 0;  ///< width
  double vocab = 0;   ///< tokens of the vocabulary
  double seq = 0;     ///< tokens of one sequence
};

namespace detail {
inline void check(const Transformer& t) {
  using inference::detail::not_negative;
  using inference::detail::positive;
  positive(t.layers, "layers");
  positive(t.hidden, "hidden");
  not_negative(t.vocab, "vocab");
  not_negative(t.seq, "seq");
}
}  // namespace detail

/// Parameters: `12 l h^2 (1 + 13/(12 h) + (V + s)/(12 l h))` (Narayanan et al., SC 2021, equation 2).
[[nodiscard]] inline double parameters(const Transformer& t) {
  detail::check(t);
  return 12 * t.layers * t.hidden * t.hidden *
         (1 + 13 / (12 * t.hidden) + (t.vocab + t.seq) / (12 * t.layers * t.hidden));
}

/// Operations of one pass over a batch.
struct TransformerFlops {
  double forward = 0;          ///< of one pass
  double train = 0;            ///< forward and backward: three times `forward`
  double train_recompute = 0;  ///< with activations computed anew: `96 B s l h^2 (1 + s/(6h) + V/(16 l h))`
};

/// `forward = 24 B s l h^2 (1 + s/(6h)) + 2 B s h V` (Narayanan et al., SC 2021, equation 3 without recomputation).
[[nodiscard]] inline TransformerFlops transformer_flops(const Transformer& t, double batch = 1) {
  detail::check(t);
  inference::detail::positive(batch, "batch");
  const double tokens = batch * t.seq;
  const double h2 = t.hidden * t.hidden;
  TransformerFlops f;
  f.forward = 24 * tokens * t.layers * h2 * (1 + t.seq / (6 * t.hidden)) + 2 * tokens * t.hidden * t.vocab;
  f.train = 3 * f.forward;
  f.train_recompute = 96 * tokens * t.layers * h2 * (1 + t.seq / (6 * t.hidden) + t.vocab / (16 * t.layers * t.hidden));
  return f;
}

/// A run over many tokens on many devices.
struct Run {
  double params_b = 0;                    ///< 1e9 parameters
  std::optional<double> base_params_b{};  ///< of a mixture of experts: those that count for operations
  double tokens_b = 0;                    ///< 1e9 tokens
  double ci_kg_per_kwh = 0;               ///< of the electricity
  double pue = 1;                         ///< facility energy / IT energy, >= 1
  double devices = 1;                     ///< number of devices
  double system_power_w = 0;              ///< of one device, with its share of the server
  double peak_tflops = 0;                 ///< of one device
  double efficiency = 1;                  ///< share of the peak that is reached
  std::optional<double> actual_t{};       ///< reported t CO2e, to compare with
};

/// What a run takes by closed forms.
struct RunFootprint {
  double flops = 0;               ///< operations in all
  double days = 0;                ///< on all devices at once
  double energy_mwh = 0;          ///< of the facility, PUE included
  double carbon_t = 0;            ///< t CO2e, operational
  std::optional<double> delta{};  ///< carbon_t / actual_t - 1
};

namespace detail {
[[nodiscard]] inline RunFootprint run(const Run& r, double flops_per_parameter) {
  using inference::detail::not_negative;
  using inference::detail::positive;
  const double params =
      positive(r.base_params_b ? *r.base_params_b : r.params_b, r.base_params_b ? "base_params_b" : "params_b") * 1e9;
  RunFootprint f;
  f.flops = flops_per_parameter * params * (positive(r.tokens_b, "tokens_b") * 1e9);
  const double speed = positive(r.devices, "devices") * positive(r.peak_tflops, "peak_tflops") *
                       inference::detail::share(r.efficiency, "efficiency") * 1e12;
  f.days = f.flops / speed / 86400;
  if (!(r.pue >= 1) || !std::isfinite(r.pue)) inference::detail::out_of_range("pue: it must be at least 1");
  f.energy_mwh = not_negative(r.system_power_w, "system_power_w") * r.devices * f.days * 24 * r.pue / 1e6;
  f.carbon_t = f.energy_mwh * not_negative(r.ci_kg_per_kwh, "ci_kg_per_kwh");
  if (r.actual_t) f.delta = f.carbon_t / positive(*r.actual_t, "actual_t") - 1;
  return f;
}
}  // namespace detail

/// A training: `6 P D` operations (Faiz et al., LLMCarbon, ICLR 2024).
[[nodiscard]] inline RunFootprint train(const Run& run) { return detail::run(run, 6); }

/// An inference over tokens: `2 P D` operations (Faiz et al., LLMCarbon, ICLR 2024).
[[nodiscard]] inline RunFootprint infer(const Run& run) { return detail::run(run, 2); }

/// How LLMCarbon lays a training out: fits of published set-ups, for comparison only.
struct Plan {
  double tensor = 0;          ///< GPUs that share a layer
  double pipeline = 0;        ///< stages
  double gpus = 0;            ///< of the whole run
  double batch = 0;           ///< sequences of one step
  double tflops_per_gpu = 0;  ///< reached
};

/// LLMCarbon's plan, reproduced as it is (commit dbd96b7); `round` is half to even.
[[nodiscard]] inline Plan plan(double params_b, double node_size, double mem_gb) {
  using inference::detail::positive;
  positive(params_b, "params_b");
  positive(node_size, "node_size");
  const double cap = 0.03 * positive(mem_gb, "mem_gb");
  const double n = 1e9 * params_b;
  Plan p;
  const bool one_node = params_b < node_size * cap;
  p.tensor = one_node ? std::ceil(params_b / cap) : node_size;
  p.pipeline = one_node ? 1 : std::ceil(params_b / (node_size * cap));
  const double m = p.tensor * p.pipeline;
  p.gpus = std::nearbyint((-2.12910565e-21 * n * n + 4.39684339e-9 * n + 799.173057) / m) * m;
  if (mem_gb != 80) p.gpus = std::nearbyint(p.gpus * 2.5);
  if (mem_gb == 40) p.gpus *= 2;  // sic
  const double q = p.pipeline;
  p.batch = q == 1 ? 512 : 8 * std::nearbyint((-0.429439186 * q * q + 52.1376002 * q + 1437.37095) / 8);
  p.batch = std::max(p.batch, p.gpus);
  p.tflops_per_gpu = q == 1 ? -8.82079068e-20 * n * n + 1.68591116e-9 * n + 133.954735
                            : -5.60233749e-23 * n * n + 8.45435587e-11 * n + 134.546129;
  if (mem_gb != 80) p.tflops_per_gpu *= (1 - 7.76 / 33.46) * 125 / 312;
  return p;
}

/// One step of decoding.
struct Decode {
  double params = 0;    ///< that are read for a token
  double layers = 0;    ///< number of blocks
  double hidden = 0;    ///< width
  double kv_heads = 0;  ///< heads of keys and values
  double head_dim = 0;  ///< width of a head
  double context = 0;   ///< tokens that are in the cache
  double w_bits = 16;   ///< bits of a weight
  double kv_bits = 16;  ///< bits of a value of the cache
  double batch = 1;     ///< sequences at once
};

/// Work and traffic of a step of decoding.
struct DecodeStep {
  double flops = 0;          ///< operations
  double bytes_weights = 0;  ///< read
  double bytes_kv = 0;       ///< of the cache, read
  double ai = 0;             ///< flops over all bytes
};

/// `b (2 P + 4 l h c)` operations; `P w_bits/8` bytes of weights and `2 b l n_kv d_head c kv_bits/8` of cache.
[[nodiscard]] inline DecodeStep decode(const Decode& d) {
  using inference::detail::not_negative;
  using inference::detail::positive;
  DecodeStep r;
  r.flops = positive(d.batch, "batch") *
            (2 * positive(d.params, "params") +
             4 * positive(d.layers, "layers") * positive(d.hidden, "hidden") * not_negative(d.context, "context"));
  r.bytes_weights = d.params * positive(d.w_bits, "w_bits") / 8;
  r.bytes_kv = 2 * d.batch * d.layers * positive(d.kv_heads, "kv_heads") * positive(d.head_dim, "head_dim") *
               d.context * positive(d.kv_bits, "kv_bits") / 8;
  r.ai = r.flops / (r.bytes_weights + r.bytes_kv);
  return r;
}

/// Operations of reading a prompt of n tokens: `2 P n + 2 l h n (n + 1)`.
[[nodiscard]] inline double prefill_flops(double params, double layers, double hidden, double tokens) {
  using inference::detail::not_negative;
  using inference::detail::positive;
  positive(params, "params");
  return 2 * params * not_negative(tokens, "tokens") +
         2 * positive(layers, "layers") * positive(hidden, "hidden") * tokens * (tokens + 1);
}

/// The line `a + b n + c n (p + n/2)/1000` J of n new tokens after a prompt of p, fitted for one device and model.
[[nodiscard]] inline double decode_linear_j(double a, double b, double c, double prompt_tokens, double new_tokens) {
  using inference::detail::not_negative;
  not_negative(prompt_tokens, "prompt_tokens");
  not_negative(new_tokens, "new_tokens");
  const double energy = a + b * new_tokens + c * new_tokens * (prompt_tokens + new_tokens / 2) / 1000;
  return not_negative(energy, "energy of a + b n + c n (p + n/2)/1000");
}

/// A processor's power under a load: `max(1, a ln(b (load + c)) + d)` W, load in percent.
[[nodiscard]] inline double cpu_power_w(double a, double b, double c, double d, double load_percent) {
  for (const double x : {a, b, c, d}) {
    if (!std::isfinite(x)) inference::detail::out_of_range("a, b, c and d must be finite");
  }
  if (!(load_percent >= 0 && load_percent <= 100)) {
    inference::detail::out_of_range("load_percent: it must lie in 0 to 100");
  }
  const double inside = b * (load_percent + c);
  return inside <= 0 ? 1 : std::max(1.0, a * std::log(inside) + d);
}

// ---------------------------------------------------------------------------------------------------------------------
// Serving: a step of a batch, and each request's part of it
// ---------------------------------------------------------------------------------------------------------------------

/// J per unit: `E = a W + b F + c K + d L + e B` of one step; one set for a device and a precision, none negative.
struct Coefficients {
  double weight_bytes = 0;  ///< a, per byte of weights read
  double flops = 0;         ///< b, per operation
  double kv_bytes = 0;      ///< c, per byte of the KV cache
  double layers = 0;        ///< d, per layer
  double batch = 0;         ///< e, per sequence

  bool operator==(const Coefficients&) const = default;
};

/// Reads fitted coefficients from JSON: an object with the five names, or one that has it as `coefficients`.
/// `inference.bad_model`.
[[nodiscard]] Coefficients parse_coefficients(std::string_view text, const std::string& name = "coefficients");

/// One step of a batch.
struct Step {
  double weight_bytes = 0;  ///< of a mixture of experts: of the experts in use
  double flops = 0;         ///< operations of all sequences
  double kv_bytes = 0;      ///< of the KV cache, of all sequences
  double layers = 0;        ///< blocks that are passed
  double batch = 0;         ///< sequences
};

/// The energy of a step in J.
[[nodiscard]] inline double step_energy_j(const Coefficients& c, const Step& s) {
  using inference::detail::not_negative;
  return not_negative(c.weight_bytes, "weight_bytes") * not_negative(s.weight_bytes, "weight_bytes") +
         not_negative(c.flops, "flops") * not_negative(s.flops, "flops") +
         not_negative(c.kv_bytes, "kv_bytes") * not_negative(s.kv_bytes, "kv_bytes") +
         not_negative(c.layers, "layers") * not_negative(s.layers, "layers") +
         not_negative(c.batch, "batch") * not_negative(s.batch, "batch");
}

/// What one request does in a step.
struct Request {
  double tokens = 0;    ///< processed in the step
  double flops = 0;     ///< its own operations
  double kv_bytes = 0;  ///< its own traffic of the KV cache
};

/// A step that was measured.
struct MeasuredStep {
  double weight_bytes = 0;  ///< read once for all requests
  double layers = 0;        ///< blocks that are passed
  double energy_j = 0;      ///< of the whole step, idle included
  double idle_j = 0;        ///< what the device would have drawn anyway; at most `energy_j`
};

/// Writes the part of each request, in J, into `parts` (as long as `requests`) and returns what is idle.
///
/// `u = (a W + d L) t/sum(t) + b F + c K + e`, part = (E - idle) u/sum(u); a request without tokens gets 0. Without any
/// token all is idle. What is read once for all is shared by tokens. Parts and idle add up to E; a part never falls
/// with more tokens. Nothing is allocated. No request, a negative number, idle above E: `inference.out_of_range`.
inline double split(const Coefficients& c, const MeasuredStep& step, std::span<const Request> requests,
                    std::span<double> parts) {
  using inference::detail::not_negative;
  using inference::detail::out_of_range;
  if (requests.empty() || parts.size() != requests.size()) out_of_range("requests: give at least one, and a part each");
  not_negative(step.idle_j, "idle_j");
  if (step.idle_j > not_negative(step.energy_j, "energy_j")) out_of_range("idle_j is above energy_j");
  const double shared =
      not_negative(c.weight_bytes, "coefficients.weight_bytes") * not_negative(step.weight_bytes, "weight_bytes") +
      not_negative(c.layers, "coefficients.layers") * not_negative(step.layers, "layers");
  not_negative(c.flops, "coefficients.flops");
  not_negative(c.kv_bytes, "coefficients.kv_bytes");
  not_negative(c.batch, "coefficients.batch");
  double tokens = 0;
  for (const Request& r : requests) {
    tokens += not_negative(r.tokens, "requests.tokens");
    not_negative(r.flops, "requests.flops");
    not_negative(r.kv_bytes, "requests.kv_bytes");
  }
  if (!(tokens <= 1.7976931348623157e308)) out_of_range("requests.tokens: their sum is not finite");
  if (tokens == 0) {
    std::fill(parts.begin(), parts.end(), 0.0);
    return step.energy_j;
  }
  double total = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& r = requests[i];
    parts[i] = r.tokens > 0 ? shared * (r.tokens / tokens) + c.flops * r.flops + c.kv_bytes * r.kv_bytes + c.batch : 0;
    total += parts[i];
  }
  const double energy = step.energy_j - step.idle_j;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    parts[i] = energy * (total > 0 ? parts[i] / total : requests[i].tokens / tokens);
  }
  return step.idle_j;
}

}  // namespace co2lib::inference::llm
