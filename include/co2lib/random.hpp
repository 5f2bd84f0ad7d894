// SPDX-License-Identifier: MIT
// Room `random`: numbers that depend on seed, index and name alone, never on the order in which they are drawn.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include <co2lib/numeric.hpp>

namespace co2lib::random {

/// FNV-1a, 64 bits, of the UTF-8 bytes.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

/// Philox4x32-10 (Salmon et al., SC 2011): four 32-bit words of a counter under a key.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                            std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

/// Draw `d` of the variable whose name has the hash `name`; in (0, 1), 52 bits.
[[nodiscard]] constexpr double draw(std::uint64_t seed, std::uint64_t d, std::uint64_t name) noexcept {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  const auto w = philox({low(d), high(d), low(name), high(name)}, {low(seed), high(seed)});
  return (static_cast<double>(w[0] >> 6U) * 0x1p26 + static_cast<double>(w[1] >> 6U) + 0.5) * 0x1p-52;
}

/// Draw `d` of the variable `name` with `seed`.
[[nodiscard]] constexpr double draw(std::uint64_t seed, std::uint64_t d, std::string_view name) noexcept {
  return draw(seed, d, fnv1a(name));
}

/// The standard normal quantile (Wichura, AS 241, PPND16); `p` in (0, 1). Relative error below 1e-15.
[[nodiscard]] inline double normal(double p) noexcept {
  // Horner's rule with rounded products, so that the bits do not depend on the compiler's flags.
  const auto poly = [](const std::array<double, 8>& c, double x) {
    double value = c[7];
    for (std::size_t i = 7; i-- > 0;) value = numeric::product(value, x) + c[i];
    return value;
  };
  static constexpr std::array<double, 8> a{3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                           1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                           3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr std::array<double, 8> b{1.0,
                                           4.2313330701600911252e+1,
                                           6.8718700749205790830e+2,
                                           5.3941960214247511077e+3,
                                           2.1213794301586595867e+4,
                                           3.9307895800092710610e+4,
                                           2.8729085735721942674e+4,
                                           5.2264952788528545610e+3};
  static constexpr std::array<double, 8> c{
      1.42343711074968357734e0, 4.63033784615654529590e0,  5.76949722146069140550e0,  3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array<double, 8> d{1.0,
                                           2.05319162663775882187e0,
                                           1.67638483018380384940e0,
                                           6.89767334985100004550e-1,
                                           1.48103976427480074590e-1,
                                           1.51986665636164571966e-2,
                                           5.47593808499534494600e-4,
                                           1.05075007164441684324e-9};
  static constexpr std::array<double, 8> e{
      6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,  2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> f{1.0,
                                           5.99832206555887937690e-1,
                                           1.36929880922735805310e-1,
                                           1.48753612908506148525e-2,
                                           7.86869131145613259100e-4,
                                           1.84631831751005468180e-5,
                                           1.42151175831644588870e-7,
                                           2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - numeric::product(q, q);
    return q * poly(a, r) / poly(b, r);
  }
  double r = std::sqrt(-std::log(q < 0 ? p : 1.0 - p));
  double z = 0;
  if (r <= 5.0) {
    r -= 1.6;
    z = poly(c, r) / poly(d, r);
  } else {
    r -= 5.0;
    z = poly(e, r) / poly(f, r);
  }
  return q < 0 ? -z : z;
}

// Inverse distribution functions: the value below which the share `u`, in (0, 1), of a distribution lies. `draw` gives
// such a u. NaN where u or the parameters are not what the text says: checked, because a draw of carbon must never be a
// number by mistake.

/// The triangular distribution: low <= mode <= high, all finite; `low` where low = high. Never outside [low, high].
[[nodiscard]] inline double triangular(double u, double low, double mode, double high) noexcept {
  if (!(u > 0 && u < 1 && low <= mode && mode <= high && std::isfinite(low) && std::isfinite(high))) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (low == high) return low;
  // a + sqrt(u (b - a)(m - a)) or b - sqrt((1 - u)(b - a)(b - m)), with b - a taken out of the root, so that neither
  // product over- or underflows.
  const double width = high - low;
  const double left = (mode - low) / width;
  const double x = u < left ? low + numeric::product(width, std::sqrt(u * left))
                            : high - numeric::product(width, std::sqrt((1.0 - u) * ((high - mode) / width)));
  return x < low ? low : x > high ? high : x;
}

/// The uniform distribution: low <= high, both finite. Never outside [low, high].
[[nodiscard]] inline double uniform(double u, double low, double high) noexcept {
  if (!(u > 0 && u < 1 && low <= high && std::isfinite(low) && std::isfinite(high))) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double x = low + numeric::product(u, high - low);
  return x > high ? high : x;
}

/// The lognormal distribution of a median >= 0 and a geometric standard deviation >= 1, both finite.
[[nodiscard]] inline double lognormal(double u, double median, double gsd) noexcept {
  if (!(u > 0 && u < 1 && median >= 0 && gsd >= 1 && std::isfinite(median) && std::isfinite(gsd))) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return median * std::exp(numeric::product(std::log(gsd), normal(u)));
}

}  // namespace co2lib::random
