// SPDX-License-Identifier: MIT
// What processes do together without ever waiting for one that has failed; private to preindex.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/preindex/fixed.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/preindex/reducer.hpp>

namespace co2lib::preindex {

/// The processes of a reducer. Work that may fail in one of them goes through `all`, before the next reduction.
class Together {
 public:
  explicit Together(const Reducer& reducer) : reducer_(reducer), size_(reducer.size()) {}

  [[nodiscard]] bool alone() const noexcept { return size_ <= 1; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t rank() const { return alone() ? 0 : reducer_.rank(); }

  /// Does this process' part of the work; returns the sum of the integers that it returns, if it does. Throws in every
  /// process if it failed in one: there what was thrown, in the others preindex.rank_failed with its text.
  template <class Work>
  auto all(const Work& work) const {
    constexpr bool counts = !std::is_void_v<decltype(work())>;
    if (alone()) return work();
    std::array<std::int64_t, 2> failed_and_sum{};
    std::exception_ptr failure;
    std::string text;
    try {
      if constexpr (counts) {
        failed_and_sum[1] = work();
      } else {
        work();
      }
    } catch (const Error& error) {
      failure = std::current_exception();
      text = error.what() + fmt::format(" [{}]", error.code());
    } catch (const std::exception& error) {
      failure = std::current_exception();
      text = error.what();
    }
    failed_and_sum[0] = failure ? 1 : 0;
    reducer_.sum(failed_and_sum);
    if (failed_and_sum[0] != 0) fail(failure, text);
    if constexpr (counts) return failed_and_sum[1];
  }

  void sum(std::span<std::int64_t> values) const {
    if (!alone() && !values.empty()) reducer_.sum(values);
  }
  void max(std::span<double> values) const {
    if (!alone() && !values.empty()) reducer_.max(values);
  }

  /// What each process gave, in the order of the ranks; `values` have the same length in all of them.
  [[nodiscard]] std::vector<std::int64_t> gather(std::span<const std::int64_t> values) const {
    std::vector<std::int64_t> out(size_ * values.size(), 0);
    std::copy(values.begin(), values.end(), out.begin() + static_cast<std::ptrdiff_t>(rank() * values.size()));
    sum(out);
    return out;
  }

 private:
  /// Tells all processes what the first of those that failed says.
  [[noreturn]] void fail(const std::exception_ptr& failure, std::string text) const {
    std::vector<std::int64_t> lengths(size_, 0);
    if (failure) lengths[rank()] = static_cast<std::int64_t>(text.size()) + 1;
    reducer_.sum(lengths);
    const auto first = std::find_if(lengths.begin(), lengths.end(), [](std::int64_t n) { return n > 0; });
    const auto who = static_cast<std::size_t>(first - lengths.begin());
    std::vector<std::int64_t> bytes(static_cast<std::size_t>(*first), 0);
    if (who == rank()) std::copy(text.begin(), text.end(), bytes.begin());
    reducer_.sum(bytes);
    if (failure) std::rethrow_exception(failure);
    text.clear();
    for (const std::int64_t byte : bytes) {
      if (byte != 0) text.push_back(static_cast<char>(byte));
    }
    throw Error("preindex.rank_failed", fmt::format("rank {} failed: {}", who, text),
                {{"rank", static_cast<std::int64_t>(who)}}, ErrorCategory::runtime);
  }

  const Reducer& reducer_;
  std::size_t size_;
};

/// Values >= 0 as whole multiples of a unit that all processes share: their sums do not depend on who has which value.
class Portions {
 public:
  /// Throws preindex.nonfinite unless all values are finite.
  Portions(std::span<const double> values, const Together& processes, const char* what) {
    double most = 0;
    for (const double x : values) most = std::max(most, x);
    processes.max({&most, 1});
    if (!(most <= 1e300)) throw detail::not_finite(what);
    // 52 bits of the greatest value.
    if (most > 0) exponent_ = std::ilogb(most) - 51;
  }

  [[nodiscard]] std::int64_t of(double x) const { return std::llrint(std::ldexp(x, -exponent_)); }
  [[nodiscard]] double value(Int128 portions) const { return std::ldexp(static_cast<double>(portions), exponent_); }

  /// The sum over this process.
  [[nodiscard]] Int128 sum(std::span<const double> values) const {
    Int128 total = 0;
    for (const double x : values) total += of(x);
    return total;
  }

 private:
  int exponent_ = 0;
};

/// Two integers that add up over processes, and what they stand for.
[[nodiscard]] inline std::array<std::int64_t, 2> limbs_of(Int128 x) {
  return {static_cast<std::int64_t>(x & 0xFFFFFFFF), static_cast<std::int64_t>(x >> 32)};
}
[[nodiscard]] inline Int128 from_limbs(std::int64_t low, std::int64_t high) {
  return static_cast<Int128>(high) * (Int128{1} << 32) + low;
}

}  // namespace co2lib::preindex
