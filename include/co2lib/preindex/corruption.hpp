// SPDX-License-Identifier: MIT
// Corruptions of images: the shifts that PreIndex is studied with, drawn per item, so that no batch or thread matters.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/random.hpp>

namespace co2lib::preindex {

/// An image, channels x height x width, values in [0, 1].
struct Image {
  std::size_t channels = 0;     ///< 1, or 3 for colours
  std::size_t height = 0;       ///< rows
  std::size_t width = 0;        ///< columns
  std::vector<float> values{};  ///< channel by channel, row by row

  bool operator==(const Image&) const = default;
};

/// How an image is corrupted.
struct CorruptOptions {
  std::uint64_t seed = 0;  ///< of all random numbers
  std::uint64_t item = 0;  ///< number of the image in its data set: each has random numbers of its own
  bool quantise = true;    ///< round to the 256 values of an 8-bit image
  bool clamp = true;       ///< without `quantise`: cut at 0 and 1
  bool wrap_u8 = false;    ///< parity with the published chain: truncate, modulo 256
  /// Takes images with values outside of [0, 1], for which levels mean something else; without it they are an error.
  bool any_range = false;
};

/// Names that `corrupt` takes.
inline constexpr std::array<std::string_view, 6> corruption_names{"gauss", "salt_pepper", "blur",
                                                                  "shot",  "impulse",     "frost"};

/// The 8-bit step: round(255 x) of x cut at 0 and 1, in double; with `wrap` the published trunc(255 x) modulo 256, the
/// product in float32. Throws preindex.bad_sample for a NaN.
[[nodiscard]] inline std::vector<std::uint8_t> to_u8(std::span<const float> values, bool wrap) {
  std::vector<std::uint8_t> out;
  out.reserve(values.size());
  for (const float x : values) {
    if (!std::isfinite(x)) throw Error("preindex.bad_sample", "a value of the image is NaN or infinite");
    if (wrap) {
      // Exact in double, so that rounding it is the rounding of a float product.
      const auto scaled = static_cast<float>(numeric::product(255.0, static_cast<double>(x)));
      const double rest = std::fmod(std::trunc(static_cast<double>(scaled)), 256.0);
      out.push_back(static_cast<std::uint8_t>(rest < 0 ? rest + 256.0 : rest));
    } else {
      const double cut = std::clamp(static_cast<double>(x), 0.0, 1.0);
      out.push_back(static_cast<std::uint8_t>(std::floor(numeric::product(255.0, cut) + 0.5)));
    }
  }
  return out;
}

namespace detail {

/// One row or column of a Gaussian blur with sampled kernel; borders repeat the edge value, reflected again and again.
[[nodiscard]] inline std::vector<double> blur_line(const std::vector<double>& values,
                                                   const std::vector<double>& kernel) {
  const auto n = static_cast<std::ptrdiff_t>(values.size());
  const auto radius = static_cast<std::ptrdiff_t>(kernel.size()) - 1;
  const auto at = [&](std::ptrdiff_t i) {
    i %= 2 * n;
    if (i < 0) i += 2 * n;
    return values[static_cast<std::size_t>(i < n ? i : 2 * n - 1 - i)];
  };
  std::vector<double> out;
  out.reserve(values.size());
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    double sum = numeric::product(kernel[0], at(i));
    for (std::ptrdiff_t k = 1; k <= radius; ++k) {
      sum += numeric::product(kernel[static_cast<std::size_t>(k)], at(i - k) + at(i + k));
    }
    out.push_back(sum);
  }
  return out;
}

inline constexpr std::size_t frost_size = 256;

/// Periodic value noise in [-1, 1] on a lattice of this cell size, smoothed between the points.
[[nodiscard]] inline std::vector<double> value_noise(std::size_t cell) {
  const std::size_t points = frost_size / cell;
  std::vector<double> lattice(points * points);
  const std::uint64_t name = random::fnv1a("corruption.frost.texture." + std::to_string(cell));
  for (std::size_t i = 0; i < lattice.size(); ++i) lattice[i] = numeric::product(2.0, random::draw(0, i, name)) - 1.0;
  const auto smooth = [](double t) { return numeric::product(numeric::product(t, t), 3.0 - 2.0 * t); };
  std::vector<double> noise(frost_size * frost_size);
  for (std::size_t y = 0; y < frost_size; ++y) {
    const double v = smooth(static_cast<double>(y % cell) / static_cast<double>(cell));
    const std::size_t y0 = y / cell;
    const std::size_t y1 = (y0 + 1) % points;
    for (std::size_t x = 0; x < frost_size; ++x) {
      const double u = smooth(static_cast<double>(x % cell) / static_cast<double>(cell));
      const std::size_t x0 = x / cell;
      const std::size_t x1 = (x0 + 1) % points;
      const auto mix = [](double a, double b, double t) { return a + numeric::product(t, b - a); };
      noise[y * frost_size + x] = mix(mix(lattice[y0 * points + x0], lattice[y0 * points + x1], u),
                                      mix(lattice[y1 * points + x0], lattice[y1 * points + x1], u), v);
    }
  }
  return noise;
}

/// The frost texture before tint and cut; ours, because the published photographs are not.
[[nodiscard]] inline const std::vector<double>& frost_texture() {
  static const std::vector<double> texture = [] {
    std::vector<double> sum(frost_size * frost_size, 0.0);
    double amplitude = 1;
    for (std::size_t cell = 64; cell >= 4; cell /= 2, amplitude /= 2) {
      const std::vector<double> octave = value_noise(cell);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += numeric::product(amplitude, octave[i]);
    }
    double largest = 0;
    for (const double x : sum) largest = std::max(largest, std::fabs(x));
    const std::vector<double> ridges = value_noise(32);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const double ridge = 1.0 - 2.0 * std::fabs(ridges[i]);
      sum[i] = 0.58 + numeric::product(0.30, sum[i] / largest) + numeric::product(0.15, ridge);
    }
    return sum;
  }();
  return texture;
}

}  // namespace detail

/// The frost texture of a channel: 256 x 256, in [0, 1]; tinted for three channels.
[[nodiscard]] inline double frost_at(std::size_t channel, std::size_t channels, std::size_t y, std::size_t x) {
  const double tint = channels == 3 ? 0.03 * (static_cast<double>(channel) - 1.0) : 0.0;
  const std::size_t size = detail::frost_size;
  return std::clamp(detail::frost_texture()[y % size * size + x % size] + tint, 0.0, 1.0);
}

/// The last step of a corruption: 8-bit values, or cut at 0 and 1, as the options say. What an image that is compared
/// with a corrupted one must go through as well: else the rounding alone is a shift. Throws preindex.bad_sample.
[[nodiscard]] inline Image finished(Image image, const CorruptOptions& options) {
  if (options.wrap_u8 || options.quantise) {
    const std::vector<std::uint8_t> steps = to_u8(image.values, options.wrap_u8);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      image.values[i] = static_cast<float>(static_cast<double>(steps[i]) / 255.0);
    }
  } else if (options.clamp) {
    for (float& x : image.values) x = std::clamp(x, 0.0F, 1.0F);
  }
  return image;
}

namespace detail {

/// Throws preindex.bad_corruption for an unknown name or a level outside of its domain.
inline void check_corruption(std::string_view name, double level) {
  if (std::find(corruption_names.begin(), corruption_names.end(), name) == corruption_names.end()) {
    std::string known;
    for (const std::string_view one : corruption_names) known += (known.empty() ? "" : ", ") + std::string(one);
    throw Error("preindex.bad_corruption", "no corruption '" + std::string(name) + "'; use " + known);
  }
  const auto require = [&](bool good, const char* domain) {
    if (good) return;
    throw Error("preindex.bad_corruption",
                std::string(name) + ": a level of " + numeric::text(level) + " is not allowed; use " + domain);
  };
  if (name == "frost") {
    require(level >= 1 && level <= 10 && level == std::floor(level), "a severity, one of 1, 2, ... 10");
  } else if (name == "salt_pepper" || name == "impulse") {
    require(level >= 0 && level <= 1, "a probability in [0, 1]");
  } else {
    require(level >= 0 && level <= 1e6, "a finite number >= 0");
  }
}

/// Throws preindex.bad_shape for values that are no image, preindex.bad_sample for values that are not finite or,
/// unless asked for, outside of [0, 1] by more than rounding explains.
inline void check_image(const Image& image, bool any_range) {
  const std::size_t size = image.channels * image.height * image.width;
  if (image.values.size() != size || size == 0) {
    throw Error("preindex.bad_shape",
                "an image of " + std::to_string(image.values.size()) + " values is not channels x height x width");
  }
  float low = 0;
  float high = 1;
  for (const float x : image.values) {
    if (!std::isfinite(x)) throw Error("preindex.bad_sample", "a value of the image is NaN or infinite");
    low = std::min(low, x);
    high = std::max(high, x);
  }
  constexpr float rounding = 1e-5F;  // of resampling an image in float32
  if (any_range || (low >= -rounding && high <= 1 + rounding)) return;
  throw Error("preindex.bad_sample",
              "the image has values from " + numeric::text(low) + " to " + numeric::text(high) +
                  ", levels are for [0, 1]: divide 8-bit values by 255, "
                  "normalise after the corruption and not before it, or say any_range if that is what you want",
              {{"low", static_cast<double>(low)}, {"high", static_cast<double>(high)}});
}

}  // namespace detail

/// Corrupts an image with values in [0, 1]: `gauss`, `salt_pepper`, `blur`, `shot`, `impulse`, `frost`.
///
/// Deterministic in (image, name, level, seed, item). Throws preindex.bad_corruption for an unknown name or a level
/// outside of its domain, preindex.bad_sample for a value that is not finite or outside of [0, 1], preindex.bad_shape.
[[nodiscard]] inline Image corrupt(const Image& image, std::string_view name, double level,
                                   const CorruptOptions& options = {}) {
  detail::check_corruption(name, level);
  detail::check_image(image, options.any_range && name != "frost");  // frost is a mixture that is cut at 0 and 1
  const std::size_t pixels = image.height * image.width;
  const std::size_t size = image.channels * pixels;
  const std::uint64_t variable = random::fnv1a("corruption." + std::string(name) + "." + std::to_string(options.item));
  const auto uniform = [&](std::uint64_t d) { return random::draw(options.seed, d, variable); };
  std::vector<double> values(image.values.begin(), image.values.end());
  if (name == "gauss") {
    for (std::size_t i = 0; i < size; ++i) values[i] += numeric::product(level, random::normal(uniform(i)));
  } else if (name == "salt_pepper") {
    for (std::size_t p = 0; p < pixels; ++p) {
      const bool pepper = uniform(2 * p) < level / 2;
      const bool salt = uniform(2 * p + 1) < level / 2;
      if (!pepper && !salt) continue;
      for (std::size_t c = 0; c < image.channels; ++c) values[c * pixels + p] = salt ? 1.0 : 0.0;
    }
  } else if (name == "impulse") {
    // The published chain scales salt to 255 before the conversion, which wraps it to 1/255.
    const double salt = options.wrap_u8 ? 255.0 : 1.0;
    for (std::size_t i = 0; i < size; ++i) {
      if (uniform(2 * i) < level) values[i] = uniform(2 * i + 1) < 0.5 ? salt : 0.0;
    }
  } else if (name == "shot") {
    for (std::size_t i = 0; i < size; ++i) {
      const double rate = options.any_range ? values[i] : std::max(0.0, values[i]);
      if (rate < 0 || rate > 100) {
        throw Error("preindex.bad_sample",
                    "shot: a pixel of " + numeric::text(rate) + " is not a rate; scale to [0, 1]");
      }
      // Inversion: one uniform number per element.
      const double u = uniform(i);
      double term = std::exp(-rate);
      double below = term;
      int events = 0;
      while (u >= below && events < 1000) {
        ++events;
        term = term * rate / events;
        below += term;
      }
      values[i] += numeric::product(level, events);
    }
  } else if (name == "blur") {
    const auto radius = static_cast<std::size_t>(4 * level + 0.5);
    std::vector<double> kernel(radius + 1, 1.0);
    double total = 1;
    for (std::size_t k = 1; k <= radius; ++k) {
      const double x = static_cast<double>(k) / level;
      kernel[k] = std::exp(-0.5 * numeric::product(x, x));
      total += 2 * kernel[k];
    }
    for (double& weight : kernel) weight /= total;
    for (std::size_t c = 0; radius > 0 && c < image.channels; ++c) {
      double* channel = values.data() + c * pixels;
      for (std::size_t x = 0; x < image.width; ++x) {
        std::vector<double> column;
        for (std::size_t y = 0; y < image.height; ++y) column.push_back(channel[y * image.width + x]);
        column = detail::blur_line(column, kernel);
        for (std::size_t y = 0; y < image.height; ++y) channel[y * image.width + x] = column[y];
      }
      for (std::size_t y = 0; y < image.height; ++y) {
        double* row = channel + y * image.width;
        const std::vector<double> blurred = detail::blur_line({row, row + image.width}, kernel);
        std::copy(blurred.begin(), blurred.end(), row);
      }
    }
    const bool as_it_is = options.any_range && !options.clamp;
    for (double& x : values) x = as_it_is ? x : std::clamp(x, 0.0, 1.0);
  } else {
    static constexpr std::array<double, 10> keep{.98, .96, .94, .90, .88, .86, .84, .82, .80, .78};
    static constexpr std::array<double, 10> ice{.20, .22, .24, .26, .27, .28, .29, .30, .31, .32};
    const auto severity = static_cast<std::size_t>(level) - 1;
    const auto offset = [&](std::uint64_t d) {
      return static_cast<std::size_t>(uniform(d) * static_cast<double>(detail::frost_size));
    };
    const std::size_t top = offset(0);
    const std::size_t left = offset(1);
    for (std::size_t c = 0; c < image.channels; ++c) {
      for (std::size_t y = 0; y < image.height; ++y) {
        for (std::size_t x = 0; x < image.width; ++x) {
          double& value = values[c * pixels + y * image.width + x];
          value = std::clamp(numeric::product(keep[severity], value) +
                                 numeric::product(ice[severity], frost_at(c, image.channels, top + y, left + x)),
                             0.0, 1.0);
        }
      }
    }
  }
  Image out{image.channels, image.height, image.width, {}};
  out.values.reserve(size);
  for (const double x : values) out.values.push_back(static_cast<float>(x));
  return finished(std::move(out), options);
}

}  // namespace co2lib::preindex
