// SPDX-License-Identifier: MIT
// Sums that do not depend on the order of their terms: 128-bit integers, in units of 2^-64.
//
// Threads, batches, shards and processes bring their terms in any order, and doubles added in another order give other
// bits. So:
// 1. Each term is rounded once, half to even, to a multiple of 2^-64, and is an integer from then on. Next to the
//    distances that are added, which are of size 1 and known to 2^-53, a unit is nothing.
// 2. Integers are added, which is exact: the same terms give the same bits, however they were split and joined.
// 3. 63 bits are left for what is above the point: room for 2^15 terms of the largest size, or 2^63 of size 1.
// 4. A NaN has no integer. It sets a flag, and flags are joined by `or`, which has no order either.
// 5. A sum is read as two doubles, the nearest one and what is left, so that the difference of almost equal sums, as in
//    a variance, keeps its digits.
// 6. To other processes a sum goes as four limbs of 32 bits, because frameworks add integers of 64: the limbs are added
//    one by one, and carried only where they are read (`from_limbs`).
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace co2lib::preindex {

__extension__ using Int128 = __int128;  ///< a signed integer of 128 bits, which GCC and clang have

/// Adds doubles exactly, each rounded once (half to even) to a multiple of 2^-64. A nan sets a flag instead.
class FixedSum {
 public:
  FixedSum() = default;

  /// The magnitude of each term must be below 2^48, the number of terms below 2^15 times what remains of 2^63.
  FixedSum& operator+=(double x) noexcept {
    if (std::isnan(x)) {
      nan_ = true;
    } else {
      units_ += to_units(x);
    }
    return *this;
  }

  /// Adds another sum exactly; nan if one of them is.
  FixedSum& operator+=(const FixedSum& other) noexcept {
    units_ += other.units_;
    nan_ |= other.nan_;
    return *this;
  }

  bool operator==(const FixedSum&) const = default;

  [[nodiscard]] bool nan() const noexcept { return nan_; }  ///< a term was nan
  /// The sum in units of 2^-64; without meaning where a term was nan.
  [[nodiscard]] Int128 units() const noexcept { return units_; }

  /// The sum as the nearest double and what is left of it; nan if a term was.
  [[nodiscard]] std::array<double, 2> value() const noexcept {
    if (nan_) return {std::nan(""), std::nan("")};
    const auto high = static_cast<double>(units_);
    const auto low = static_cast<double>(units_ - static_cast<Int128>(high));
    return {std::ldexp(high, -64), std::ldexp(low, -64)};
  }

  /// Four 32-bit limbs, lowest first, the last one signed: sums of limbs of many shards are those of the sum.
  [[nodiscard]] std::array<std::int64_t, 4> limbs() const noexcept {
    std::array<std::int64_t, 4> out{};
    Int128 rest = units_;
    for (std::size_t i = 0; i < 3; ++i) {
      out[i] = static_cast<std::int64_t>(rest & 0xFFFFFFFF);
      rest >>= 32;
    }
    out[3] = static_cast<std::int64_t>(rest);
    return out;
  }

  /// From limbs, which may have grown beyond 32 bits by addition.
  [[nodiscard]] static FixedSum from_limbs(const std::array<std::int64_t, 4>& limbs, bool nan) noexcept {
    FixedSum sum;
    for (std::size_t i = 4; i-- > 0;) sum.units_ = sum.units_ * (Int128{1} << 32) + limbs[i];
    sum.nan_ = nan;
    return sum;
  }

 private:
  [[nodiscard]] static Int128 to_units(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const int exponent = static_cast<int>((bits >> 52U) & 0x7FFU);
    if (exponent == 0) return 0;  // subnormal: far below half a unit
    const auto fraction = static_cast<std::int64_t>((bits & 0xFFFFFFFFFFFFFU) | 0x10000000000000U);
    const int shift = exponent - 1075 + 64;
    Int128 units = 0;
    if (shift >= 0) {
      units = static_cast<Int128>(fraction) << (shift < 60 ? shift : 60);
    } else if (shift > -55) {
      const std::int64_t half = std::int64_t{1} << (-shift - 1);
      std::int64_t kept = fraction >> -shift;
      const std::int64_t rest = fraction & ((half << 1) - 1);
      if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
      units = kept;
    }
    return (bits >> 63U) != 0 ? -units : units;
  }

  Int128 units_ = 0;
  bool nan_ = false;
};

}  // namespace co2lib::preindex
