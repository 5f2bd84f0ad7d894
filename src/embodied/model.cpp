// SPDX-License-Identifier: MIT
#include "embodied/model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <fmt/format.h>

namespace co2lib::embodied {

Node Model::push(Operation operation) {
  operations_.push_back(operation);
  return static_cast<Node>(operations_.size() - 1);
}

Node Model::constant(double value) { return push({.kind = Kind::constant, .number = value}); }

Node Model::factor(const Factor& factor, const std::string& place) {
  const auto [known, fresh] = seen_.try_emplace(factor.id, factor, place);
  if (!fresh && !same_variable(known->second.first, factor)) {
    throw Error("embodied.bad_factor",
                fmt::format("{}: '{}' is one variable with that of {}, but their values or ranges differ; give them "
                            "the same, or another name with share",
                            place, factor.id, known->second.second));
  }
  if (!factor.varies()) return constant(factor.value);
  const auto [at, unseen] = by_name_.try_emplace(factor.id, variables_.size());
  if (unseen) variables_.push_back({factor, random::fnv1a(factor.id), place});
  return push({.kind = Kind::variable, .first = static_cast<std::uint32_t>(at->second)});
}

Node Model::add(Node a, Node b) { return push({.kind = Kind::add, .a = a, .b = b}); }
Node Model::multiply(Node a, Node b) { return push({.kind = Kind::multiply, .a = a, .b = b}); }
Node Model::divide(Node a, Node b) { return push({.kind = Kind::divide, .a = a, .b = b}); }

Node Model::sum(std::vector<Node> terms) {
  const auto first = static_cast<std::uint32_t>(terms_.size());
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  return push({.kind = Kind::sum, .first = first, .count = static_cast<std::uint32_t>(terms.size())});
}

Node Model::between(Node a, Node b, double weight) {
  return push({.kind = Kind::between, .a = a, .b = b, .number = weight});
}

Node Model::gas(Node gpa95, Node gpa99, Node abatement) {
  return push({.kind = Kind::gas, .a = gpa95, .b = gpa99, .c = abatement});
}

Node Model::die_yield(YieldModel model, Node area, Node d0, Node alpha) {
  return push({.kind = Kind::yield, .model = model, .a = area, .b = d0, .c = alpha});
}

std::vector<Direction> Model::directions(Node root) const {
  constexpr std::uint8_t up = 1;
  constexpr std::uint8_t down = 2;
  std::vector<std::uint8_t> mask(operations_.size(), 0);
  std::vector<Direction> result(variables_.size());
  mask[static_cast<std::size_t>(root)] = up;
  for (std::size_t i = static_cast<std::size_t>(root) + 1; i-- > 0;) {
    const std::uint8_t here = mask[i];
    if (here == 0) continue;
    const Operation& op = operations_[i];
    const auto same_way = [&](Node n) { mask[static_cast<std::size_t>(n)] |= here; };
    const auto other_way = [&](Node n) {
      mask[static_cast<std::size_t>(n)] |= static_cast<std::uint8_t>(((here & up) << 1U) | ((here & down) >> 1U));
    };
    switch (op.kind) {
      case Kind::constant:
        break;
      case Kind::variable:
        result[op.first].up |= (here & up) != 0;
        result[op.first].down |= (here & down) != 0;
        break;
      case Kind::sum:
        for (std::uint32_t t = 0; t < op.count; ++t) same_way(terms_[op.first + t]);
        break;
      case Kind::add:
      case Kind::multiply:
      case Kind::between:
        same_way(op.a);
        same_way(op.b);
        break;
      case Kind::divide:
        same_way(op.a);
        other_way(op.b);
        break;
      case Kind::gas:
        same_way(op.a);
        same_way(op.b);
        other_way(op.c);
        break;
      case Kind::yield:
        other_way(op.a);
        other_way(op.b);
        if (op.model == YieldModel::neg_binomial) other_way(op.c);
        break;
    }
  }
  return result;
}

void Model::run(const Operation& op, double* out, const double* values, std::span<const double> inputs,
                std::size_t lanes) const {
  const auto at = [&](Node n) { return values + static_cast<std::size_t>(n) * lanes; };
  const double* a = at(op.a);
  const double* b = at(op.b);
  const double* c = at(op.c);
  switch (op.kind) {
    case Kind::constant:
      std::fill_n(out, lanes, op.number);
      break;
    case Kind::variable:
      std::copy_n(inputs.data() + op.first * lanes, lanes, out);
      break;
    case Kind::add:
      for (std::size_t i = 0; i < lanes; ++i) out[i] = a[i] + b[i];
      break;
    case Kind::multiply:
      for (std::size_t i = 0; i < lanes; ++i) out[i] = a[i] * b[i];
      break;
    case Kind::divide:
      for (std::size_t i = 0; i < lanes; ++i) out[i] = a[i] / b[i];
      break;
    case Kind::sum:
      std::fill_n(out, lanes, 0.0);
      for (std::uint32_t t = 0; t < op.count; ++t) {
        const double* x = at(terms_[op.first + t]);
        for (std::size_t i = 0; i < lanes; ++i) out[i] += x[i];
      }
      break;
    case Kind::between:
      for (std::size_t i = 0; i < lanes; ++i) {
        const double x = std::log(a[i]);
        out[i] = std::exp(x + op.number * (std::log(b[i]) - x));
      }
      break;
    case Kind::gas:
      for (std::size_t i = 0; i < lanes; ++i) out[i] = detail::gas_at(a[i], b[i], c[i]);
      break;
    case Kind::yield:
      for (std::size_t i = 0; i < lanes; ++i) out[i] = detail::yield_at(op.model, a[i] * b[i], c[i]);
      break;
  }
}

void Model::evaluate(std::span<const double> inputs, std::size_t lanes, std::vector<double>& values) const {
  values.resize(operations_.size() * lanes);
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    run(operations_[i], values.data() + i * lanes, values.data(), inputs, lanes);
  }
}

void Model::check_gas(const std::vector<double>& values, std::size_t lanes) const {
  for (const Operation& op : operations_) {
    if (op.kind != Kind::gas) continue;
    if (operations_[static_cast<std::size_t>(op.c)].kind == Kind::constant) continue;
    const auto low = lanes_of(op.a, values, lanes);
    const auto high = lanes_of(op.b, values, lanes);
    for (std::size_t i = 0; i < lanes; ++i) {
      if (high[i] <= low[i]) continue;
      throw Error("embodied.not_monotone",
                  "abatement: a row of gases at 99 % lies above that at 95 %, so the bounds are not at the ends of the "
                  "abatement; correct the rows, or give the abatement as a number");
    }
  }
}

namespace {

/// The uniform draw of the first two words of Philox, as `random::draw` makes it.
constexpr double uniform_of(std::uint32_t w0, std::uint32_t w1) noexcept {
  return (static_cast<double>(w0 >> 6U) * 0x1p26 + static_cast<double>(w1 >> 6U) + 0.5) * 0x1p-52;
}

void uniform_scalar(std::uint64_t hash, std::uint64_t seed, std::uint64_t first, std::span<double> out) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t d = first + i;
    const auto w = random::philox({low(d), high(d), low(hash), high(hash)}, {low(seed), high(seed)});
    out[i] = uniform_of(w[0], w[1]);
  }
}

#if defined(__x86_64__)

// random::philox with a draw in each lane of 64 bits. A product takes the lower half of its lanes, so what stands in
// the upper halves of the words never matters. Several vectors go through the rounds together: one waits for its
// products.

constexpr long long philox_m0 = 0xD2511F53;
constexpr long long philox_m1 = 0xCD9E8D57;

__attribute__((target("avx2"))) void uniform_avx2(std::uint64_t hash, std::uint64_t seed, std::uint64_t first,
                                                  std::span<double> out) {
  constexpr std::size_t vectors = 3;
  constexpr std::size_t width = 4 * vectors;
  const __m256i m0 = _mm256_set1_epi64x(philox_m0);
  const __m256i m1 = _mm256_set1_epi64x(philox_m1);
  const __m256i two52 = _mm256_set1_epi64x(0x4330000000000000);  // 2^52, whose last bits count ones
  std::size_t i = 0;
  for (; i + width <= out.size(); i += width) {
    __m256i c0[vectors];
    __m256i c1[vectors];
    __m256i c2[vectors];
    __m256i c3[vectors];
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto d = static_cast<long long>(first + i + 4 * v);
      c0[v] = _mm256_add_epi64(_mm256_set1_epi64x(d), _mm256_set_epi64x(3, 2, 1, 0));
      c1[v] = _mm256_srli_epi64(c0[v], 32);
      c2[v] = _mm256_set1_epi64x(static_cast<long long>(hash));
      c3[v] = _mm256_srli_epi64(c2[v], 32);
    }
    auto k0 = static_cast<std::uint32_t>(seed);
    auto k1 = static_cast<std::uint32_t>(seed >> 32U);
    for (int round = 0; round < 10; ++round) {
      const __m256i key0 = _mm256_set1_epi64x(static_cast<long long>(k0));
      const __m256i key1 = _mm256_set1_epi64x(static_cast<long long>(k1));
      for (std::size_t v = 0; v < vectors; ++v) {
        const __m256i p0 = _mm256_mul_epu32(c0[v], m0);
        const __m256i p1 = _mm256_mul_epu32(c2[v], m1);
        c0[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c1[v]), key0);
        c2[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c3[v]), key1);
        c1[v] = p1;
        c3[v] = p0;
      }
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    for (std::size_t v = 0; v < vectors; ++v) {
      // (w0 >> 6) * 2^26 + (w1 >> 6) has 52 bits: all of it is exact.
      const __m256i w0 = _mm256_srli_epi64(_mm256_slli_epi64(c0[v], 32), 38);
      const __m256i w1 = _mm256_srli_epi64(_mm256_slli_epi64(c1[v], 32), 38);
      const __m256i whole = _mm256_or_si256(_mm256_or_si256(_mm256_slli_epi64(w0, 26), w1), two52);
      const __m256d x = _mm256_sub_pd(_mm256_castsi256_pd(whole), _mm256_castsi256_pd(two52));
      const __m256d u = _mm256_mul_pd(_mm256_add_pd(x, _mm256_set1_pd(0.5)), _mm256_set1_pd(0x1p-52));
      _mm256_storeu_pd(out.data() + i + 4 * v, u);
    }
  }
  uniform_scalar(hash, seed, first + i, out.subspan(i));
}

__attribute__((target("avx512f"))) void uniform_avx512(std::uint64_t hash, std::uint64_t seed, std::uint64_t first,
                                                       std::span<double> out) {
  constexpr std::size_t vectors = 4;
  constexpr std::size_t width = 8 * vectors;
  const __m512i m0 = _mm512_set1_epi64(philox_m0);
  const __m512i m1 = _mm512_set1_epi64(philox_m1);
  const __m512i two52 = _mm512_set1_epi64(0x4330000000000000);
  std::size_t i = 0;
  for (; i + width <= out.size(); i += width) {
    __m512i c0[vectors];
    __m512i c1[vectors];
    __m512i c2[vectors];
    __m512i c3[vectors];
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto d = static_cast<long long>(first + i + 8 * v);
      c0[v] = _mm512_add_epi64(_mm512_set1_epi64(d), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
      c1[v] = _mm512_srli_epi64(c0[v], 32);
      c2[v] = _mm512_set1_epi64(static_cast<long long>(hash));
      c3[v] = _mm512_srli_epi64(c2[v], 32);
    }
    auto k0 = static_cast<std::uint32_t>(seed);
    auto k1 = static_cast<std::uint32_t>(seed >> 32U);
    for (int round = 0; round < 10; ++round) {
      const __m512i key0 = _mm512_set1_epi64(static_cast<long long>(k0));
      const __m512i key1 = _mm512_set1_epi64(static_cast<long long>(k1));
      for (std::size_t v = 0; v < vectors; ++v) {
        const __m512i p0 = _mm512_mul_epu32(c0[v], m0);
        const __m512i p1 = _mm512_mul_epu32(c2[v], m1);
        c0[v] = _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p1, 32), c1[v]), key0);
        c2[v] = _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p0, 32), c3[v]), key1);
        c1[v] = p1;
        c3[v] = p0;
      }
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    for (std::size_t v = 0; v < vectors; ++v) {
      const __m512i w0 = _mm512_srli_epi64(_mm512_slli_epi64(c0[v], 32), 38);
      const __m512i w1 = _mm512_srli_epi64(_mm512_slli_epi64(c1[v], 32), 38);
      const __m512i whole = _mm512_or_si512(_mm512_or_si512(_mm512_slli_epi64(w0, 26), w1), two52);
      const __m512d x = _mm512_sub_pd(_mm512_castsi512_pd(whole), _mm512_castsi512_pd(two52));
      const __m512d u = _mm512_mul_pd(_mm512_add_pd(x, _mm512_set1_pd(0.5)), _mm512_set1_pd(0x1p-52));
      _mm512_storeu_pd(out.data() + i + 8 * v, u);
    }
  }
  uniform_scalar(hash, seed, first + i, out.subspan(i));
}

#endif

/// random::triangular with one root of what the branch needs; the same bits. Inlined into functions for different
/// instructions; the file is compiled without fused products.
__attribute__((always_inline)) inline void triangular_lanes(double low, double mode, double high, double* out,
                                                            std::size_t count) {
  const double width = high - low;
  const double left = (mode - low) / width;
  const double right = (high - mode) / width;
  for (std::size_t i = 0; i < count; ++i) {
    const double u = out[i];
    const bool below = u < left;
    const double root = width * std::sqrt((below ? u : 1.0 - u) * (below ? left : right));
    const double x = below ? low + root : high - root;
    out[i] = x < low ? low : x > high ? high : x;
  }
}

void triangular_plain(double low, double mode, double high, std::span<double> out) {
  triangular_lanes(low, mode, high, out.data(), out.size());
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void triangular_avx2(double low, double mode, double high, std::span<double> out) {
  triangular_lanes(low, mode, high, out.data(), out.size());
}
__attribute__((target("avx512f"))) void triangular_avx512(double low, double mode, double high, std::span<double> out) {
  triangular_lanes(low, mode, high, out.data(), out.size());
}
#endif

}  // namespace

Instructions instructions() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return Instructions::avx512;
  if (__builtin_cpu_supports("avx2")) return Instructions::avx2;
#endif
  return Instructions::plain;
}

void uniform_block(std::uint64_t hash, std::uint64_t seed, std::uint64_t first, std::span<double> out,
                   [[maybe_unused]] Instructions with) {
#if defined(__x86_64__)
  switch (with) {
    case Instructions::avx512:
      return uniform_avx512(hash, seed, first, out);
    case Instructions::avx2:
      return uniform_avx2(hash, seed, first, out);
    case Instructions::plain:
      break;
  }
#endif
  uniform_scalar(hash, seed, first, out);
}

void draw_block(const Variable& variable, std::uint64_t seed, std::uint64_t first, std::span<double> out,
                Instructions with) {
  const Factor& f = variable.factor;
  uniform_block(variable.hash, seed, first, out, with);
  if (f.dist == Distribution::triangular) {
#if defined(__x86_64__)
    switch (with) {
      case Instructions::avx512:
        return triangular_avx512(*f.low, f.value, *f.high, out);
      case Instructions::avx2:
        return triangular_avx2(*f.low, f.value, *f.high, out);
      case Instructions::plain:
        break;
    }
#endif
    triangular_plain(*f.low, f.value, *f.high, out);
  } else if (f.dist == Distribution::uniform) {
    const double low = *f.low;
    const double high = *f.high;
    for (double& u : out) {
      const double x = low + u * (high - low);
      u = x > high ? high : x;
    }
  } else if (f.dist == Distribution::lognormal) {  // as random::lognormal, with one logarithm for all
    const double spread = std::log(f.gsd);
    for (double& u : out) u = f.value * std::exp(numeric::product(spread, random::normal(u)));
  } else {
    for (double& u : out) u = f.at(u);
  }
}

}  // namespace co2lib::embodied
