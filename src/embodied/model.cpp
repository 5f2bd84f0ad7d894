// SPDX-License-Identifier: MIT
#include "embodied/model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

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

/// Inlined into the functions below, each for its instructions; the bits are the same.
__attribute__((always_inline)) inline void uniform_lanes(std::uint64_t hash, std::uint64_t seed, std::uint64_t first,
                                                         std::span<double> out) {
  // random::philox for a few draws at once, one lane each, which compilers turn into vector instructions.
  constexpr std::size_t width = 64;
  std::uint32_t c0[width];
  std::uint32_t c1[width];
  std::uint32_t c2[width];
  std::uint32_t c3[width];
  for (std::size_t begin = 0; begin < out.size(); begin += width) {
    for (std::size_t i = 0; i < width; ++i) {
      const std::uint64_t d = first + begin + i;
      c0[i] = static_cast<std::uint32_t>(d);
      c1[i] = static_cast<std::uint32_t>(d >> 32U);
      c2[i] = static_cast<std::uint32_t>(hash);
      c3[i] = static_cast<std::uint32_t>(hash >> 32U);
    }
    auto k0 = static_cast<std::uint32_t>(seed);
    auto k1 = static_cast<std::uint32_t>(seed >> 32U);
    for (int round = 0; round < 10; ++round) {
      for (std::size_t i = 0; i < width; ++i) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c0[i];
        const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c2[i];
        const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32U) ^ c1[i] ^ k0;
        const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32U) ^ c3[i] ^ k1;
        c1[i] = static_cast<std::uint32_t>(p1);
        c3[i] = static_cast<std::uint32_t>(p0);
        c0[i] = n0;
        c2[i] = n2;
      }
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    const std::size_t count = std::min(width, out.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      // As signed numbers of 26 bits: their conversion is one instruction for several of them.
      const double high = static_cast<double>(static_cast<std::int32_t>(c0[i] >> 6U));
      const double low = static_cast<double>(static_cast<std::int32_t>(c1[i] >> 6U));
      out[begin + i] = (high * 0x1p26 + low + 0.5) * 0x1p-52;
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void uniform_avx2(std::uint64_t hash, std::uint64_t seed, std::uint64_t first,
                                                  std::span<double> out) {
  uniform_lanes(hash, seed, first, out);
}
#endif

}  // namespace

void uniform_block(std::uint64_t hash, std::uint64_t seed, std::uint64_t first, std::span<double> out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    uniform_avx2(hash, seed, first, out);
    return;
  }
#endif
  uniform_lanes(hash, seed, first, out);
}

void draw_block(const Variable& variable, std::uint64_t seed, std::uint64_t first, std::span<double> out) {
  const Factor& f = variable.factor;
  uniform_block(variable.hash, seed, first, out);
  if (f.dist == Distribution::triangular) {
    // random::triangular with both branches computed; the file is compiled without fused products.
    const double low = *f.low;
    const double high = *f.high;
    const double width = high - low;
    const double left = (f.value - low) / width;
    const double right = (high - f.value) / width;
    for (double& u : out) {
      const double below = low + width * std::sqrt(u * left);
      const double above = high - width * std::sqrt((1.0 - u) * right);
      const double x = u < left ? below : above;
      u = x < low ? low : x > high ? high : x;
    }
  } else if (f.dist == Distribution::uniform) {
    const double low = *f.low;
    const double high = *f.high;
    for (double& u : out) {
      const double x = low + u * (high - low);
      u = x > high ? high : x;
    }
  } else {
    for (double& u : out) u = f.at(u);
  }
}

}  // namespace co2lib::embodied
