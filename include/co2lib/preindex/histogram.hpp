// SPDX-License-Identifier: MIT
// Histograms of single vectors over their own range, with NumPy's edges bit for bit.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/options.hpp>

namespace co2lib::preindex {

using Count = std::int64_t;  ///< of samples in a bin

namespace detail {

/// Smallest and largest value of a vector; `finite` is false if any value is NaN or infinite.
struct Range {
  float low = 0;
  float high = 0;
  bool finite = true;
};

[[nodiscard]] inline Range range_of(const float* values, std::size_t n) noexcept {
  constexpr std::size_t lanes = 16;
  Range range{values[0], values[0], true};
  std::uint32_t not_finite = 0;
  std::size_t i = 0;
  if (n >= lanes) {
    // Independent lanes: a single running minimum would be one long chain of dependent instructions.
    std::array<float, lanes> low{};
    std::array<float, lanes> high{};
    std::array<std::uint32_t, lanes> bad{};
    std::copy_n(values, lanes, low.begin());
    std::copy_n(values, lanes, high.begin());
    for (; i + lanes <= n; i += lanes) {
      for (std::size_t k = 0; k < lanes; ++k) {
        const float v = values[i + k];
        low[k] = v < low[k] ? v : low[k];
        high[k] = v > high[k] ? v : high[k];
        bad[k] |= (std::bit_cast<std::uint32_t>(v) & 0x7F800000U) == 0x7F800000U ? 1U : 0U;
      }
    }
    for (std::size_t k = 0; k < lanes; ++k) {
      range.low = std::min(range.low, low[k]);
      range.high = std::max(range.high, high[k]);
      not_finite |= bad[k];
    }
  }
  for (; i < n; ++i) {
    const float v = values[i];
    range.low = v < range.low ? v : range.low;
    range.high = v > range.high ? v : range.high;
    not_finite |= (std::bit_cast<std::uint32_t>(v) & 0x7F800000U) == 0x7F800000U ? 1U : 0U;
  }
  range.finite = not_finite == 0;
  return range;
}

/// The bins + 1 edges over [low, high]; a constant is widened by 0.5 on both sides.
inline void bin_edges(float low, float high, int bins, EdgeRule rule, float* edges) noexcept {
  if (rule == EdgeRule::numpy1) {
    double a = static_cast<double>(low);
    double b = static_cast<double>(high);
    if (a == b) {
      a -= 0.5;
      b += 0.5;
    }
    const double step = (b - a) / bins;
    for (int k = 0; k < bins; ++k) edges[k] = static_cast<float>(numeric::product(k, step) + a);
    edges[bins] = static_cast<float>(b);
    return;
  }
  if (low == high) {
    low -= 0.5F;
    high += 0.5F;
  }
  const float step = (high - low) / static_cast<float>(bins);
  for (int k = 0; k < bins; ++k) {
    // In double the product of two floats is exact; rounding it to float is the rounding of a float product.
    const auto product = static_cast<float>(numeric::product(static_cast<double>(k), static_cast<double>(step)));
    edges[k] = product + low;
  }
  edges[bins] = high;
}

[[nodiscard]] inline bool has_zero_width(const float* edges, int bins) noexcept {
  int bad = 0;
  for (int k = 0; k < bins; ++k) bad |= edges[k + 1] > edges[k] ? 0 : 1;
  return bad != 0;
}

/// Bin k takes v if edges[k] <= v < edges[k+1]; the last one is closed. For bins wider than zero.
inline void count_values(const float* values, std::size_t n, const float* edges, int bins, std::uint32_t* counts) {
  constexpr std::size_t block = 256;
  std::array<std::int32_t, block> guess;
  const float low = edges[0];
  const float range = edges[bins] - low;
  const float last = static_cast<float>(bins - 1);
  // A guess in float32 is at most one bin off; where it could overflow or vanish it is made in double.
  const bool narrow = range > 1e-30F && range < 1e30F;
  const float scale = static_cast<float>(bins) / range;
  const double wide_scale = bins / (static_cast<double>(edges[bins]) - static_cast<double>(low));
  std::fill_n(counts, bins, 0U);
  for (std::size_t start = 0; start < n; start += block) {
    const std::size_t m = std::min(block, n - start);
    const float* v = values + start;
    if (narrow) {
      for (std::size_t i = 0; i < m; ++i) {
        float t = (v[i] - low) * scale;
        t = t < last ? t : last;
        guess[i] = static_cast<std::int32_t>(t);
      }
    } else {
      for (std::size_t i = 0; i < m; ++i) {
        const double t = (static_cast<double>(v[i]) - static_cast<double>(low)) * wide_scale;
        guess[i] = static_cast<std::int32_t>(std::min(t, static_cast<double>(last)));
      }
    }
    for (std::size_t i = 0; i < m; ++i) {
      int k = guess[i];
      k += static_cast<int>(v[i] >= edges[k + 1]) - static_cast<int>(v[i] < edges[k]);
      ++counts[k < bins ? k : bins - 1];
    }
  }
}

/// The same where bins may be empty intervals: the largest k with edges[k] <= v, at most bins - 1.
inline void count_values_by_search(const float* values, std::size_t n, const float* edges, int bins,
                                   std::uint32_t* counts) {
  std::fill_n(counts, bins, 0U);
  for (std::size_t i = 0; i < n; ++i) {
    const auto k = std::upper_bound(edges, edges + bins + 1, values[i]) - edges - 1;
    ++counts[std::clamp<std::ptrdiff_t>(k, 0, bins - 1)];
  }
}

/// Edges and counts of one vector for several numbers of bins; one pass serves those that divide by powers of two.
class Histograms {
 public:
  struct Binning {
    int bins = 0;
    std::size_t parent = 0;  ///< index of the binning that this one is nested in; its own if none
    std::size_t offset = 0;  ///< of its counts; its edges start at offset + index
    bool zero_width = false;
  };

  Histograms(const std::vector<int>& bins, EdgeRule rule) : rule_(rule), order_(bins.size()) {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
      if (bins[i] < 2 || bins[i] > 4096) throw bad_option("bins", std::to_string(bins[i]), "2..4096");
      binnings_.push_back({bins[i], i, offset, false});
      offset += static_cast<std::size_t>(bins[i]);
      order_[i] = i;
    }
    numeric::stable_sort(order_, [&](std::size_t a, std::size_t b) { return bins[a] > bins[b]; });
    for (std::size_t i = 0; i < order_.size(); ++i) {
      Binning& own = binnings_[order_[i]];
      for (std::size_t j = 0; j < i; ++j) {
        const Binning& wider = binnings_[order_[j]];
        const int ratio = wider.bins / own.bins;
        if (wider.bins % own.bins == 0 && (ratio & (ratio - 1)) == 0) {
          own.parent = wider.parent;
          break;
        }
      }
    }
    counts_.resize(offset);
    edges_.resize(offset + bins.size());
  }

  /// Fills edges and counts; false, and nothing else, if a value is NaN or infinite. `n` > 0.
  bool fill(const float* values, std::size_t n) {
    const Range range = range_of(values, n);
    if (!range.finite) return false;
    const bool constant = range.low == range.high;
    for (const std::size_t i : order_) {
      Binning& own = binnings_[i];
      float* edges = edges_.data() + own.offset + i;
      std::uint32_t* counts = counts_.data() + own.offset;
      if (own.parent != i) {
        const Binning& parent = binnings_[own.parent];
        const int ratio = parent.bins / own.bins;
        const float* fine = edges_.data() + parent.offset + own.parent;
        for (int k = 0; k <= own.bins; ++k) edges[k] = fine[k * ratio];
        own.zero_width = parent.zero_width && has_zero_width(edges, own.bins);
        if (!constant) {
          const std::uint32_t* finer = counts_.data() + parent.offset;
          for (int k = 0; k < own.bins; ++k) {
            std::uint32_t sum = 0;
            for (int j = 0; j < ratio; ++j) sum += finer[k * ratio + j];
            counts[k] = sum;
          }
          continue;
        }
      } else {
        bin_edges(range.low, range.high, own.bins, rule_, edges);
        own.zero_width = has_zero_width(edges, own.bins);
      }
      if (constant) {
        std::fill_n(counts, own.bins, 0U);
        const auto k = std::upper_bound(edges, edges + own.bins + 1, range.low) - edges - 1;
        counts[own.zero_width ? own.bins / 2 : static_cast<int>(std::min<std::ptrdiff_t>(k, own.bins - 1))] =
            static_cast<std::uint32_t>(n);
      } else if (own.zero_width) {
        count_values_by_search(values, n, edges, own.bins, counts);
      } else {
        count_values(values, n, edges, own.bins, counts);
      }
    }
    return true;
  }

  [[nodiscard]] const Binning& binning(std::size_t i) const noexcept { return binnings_[i]; }
  [[nodiscard]] const std::uint32_t* counts(std::size_t i) const noexcept {
    return counts_.data() + binnings_[i].offset;
  }
  [[nodiscard]] const float* edges(std::size_t i) const noexcept { return edges_.data() + binnings_[i].offset + i; }

  /// Probabilities of binning i, which has `n` values: its counts as weights, or divided by the widths of the bins.
  void probabilities(std::size_t i, std::size_t n, Weights weights, double* out) const noexcept {
    const int bins = binnings_[i].bins;
    const std::uint32_t* c = counts(i);
    if (weights == Weights::count || binnings_[i].zero_width) {
      for (int k = 0; k < bins; ++k) out[k] = static_cast<double>(c[k]) / static_cast<double>(n);
      return;
    }
    const float* e = edges(i);
    double sum = 0;
    for (int k = 0; k < bins; ++k) {
      out[k] = static_cast<double>(c[k]) / static_cast<double>(e[k + 1] - e[k]);
    }
    for (int k = 0; k < bins; ++k) sum += out[k];
    for (int k = 0; k < bins; ++k) out[k] /= sum;
  }

 private:
  EdgeRule rule_;
  std::vector<std::size_t> order_;  // binnings, finest first
  std::vector<Binning> binnings_{};
  std::vector<std::uint32_t> counts_{};
  std::vector<float> edges_{};
};

[[nodiscard]] inline Error empty_vector() { return {"preindex.empty", "a vector without values has no histogram"}; }

}  // namespace detail

/// The counts of one vector over its own range, as NumPy's `histogram` gives them.
///
/// `bins` in 2..4096. Throws preindex.bad_option, preindex.empty, preindex.nonfinite.
[[nodiscard]] inline std::vector<Count> histogram(std::span<const float> values, int bins,
                                                  EdgeRule rule = EdgeRule::numpy1) {
  detail::Histograms histograms({bins}, rule);
  if (values.empty()) throw detail::empty_vector();
  if (!histograms.fill(values.data(), values.size())) throw detail::not_finite("histogram");
  return {histograms.counts(0), histograms.counts(0) + bins};
}

/// The bins + 1 edges of `histogram` for a vector with this range.
[[nodiscard]] inline std::vector<float> edges(float low, float high, int bins, EdgeRule rule = EdgeRule::numpy1) {
  if (bins < 2 || bins > 4096) throw detail::bad_option("bins", std::to_string(bins), "2..4096");
  if (!std::isfinite(low) || !std::isfinite(high)) throw detail::not_finite("edges");
  std::vector<float> out(static_cast<std::size_t>(bins) + 1);
  detail::bin_edges(low, high, bins, rule, out.data());
  return out;
}

}  // namespace co2lib::preindex
