// SPDX-License-Identifier: MIT
// The four distances between the histograms of a sample before and after the shift (AIES 2024).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/histogram.hpp>
#include <co2lib/preindex/options.hpp>

namespace co2lib::preindex {

namespace detail {

/// Two doubles that move together: both histograms of a pair are sorted by one network.
#if defined(__GNUC__)
typedef double Two __attribute__((vector_size(16)));  // NOLINT(modernize-use-using): the attribute needs it
inline void order(Two& a, Two& b) noexcept {
#if defined(__SSE2__)
  const Two low = _mm_min_pd(a, b);
  b = _mm_max_pd(a, b);
#else
  const Two low = a < b ? a : b;
  b = a < b ? b : a;
#endif
  a = low;
}
#else
struct Two {
  double values[2];
  double& operator[](int i) { return values[i]; }
  double operator[](int i) const { return values[i]; }
};
inline void order(Two& a, Two& b) noexcept {
  for (int s = 0; s < 2; ++s) {
    if (b[s] < a[s]) std::swap(a[s], b[s]);
  }
}
#endif

/// Batcher's odd-even merge sort of n = 2^m elements: no branch depends on the values.
inline void sort_network(Two* x, int n) noexcept {
  for (int p = 1; p < n; p *= 2) {
    for (int start = 0; start < n; start += 2 * p) {
      Two* block = x + start;  // two sorted halves of p elements
      for (int i = 0; i < p; ++i) order(block[i], block[i + p]);
      for (int k = p / 2; k >= 1; k /= 2) {
        for (int j = k; j + k < 2 * p; j += 2 * k) {
          for (int i = j; i < j + k; ++i) order(block[i], block[i + k]);
        }
      }
    }
  }
}

/// Distances of vector pairs; keeps its buffers from pair to pair. One per thread.
class PairDistances {
 public:
  enum class Outcome { ok, clean_not_finite, shifted_not_finite };

  explicit PairDistances(const Options& options)
      : options_(options), clean_(options.bins, options.edge_rule), shifted_(options.bins, options.edge_rule) {
    const auto most = static_cast<std::size_t>(*std::max_element(options.bins.begin(), options.bins.end()));
    p_.resize(most);
    q_.resize(most);
    sorted_.resize(most);
  }

  /// Number of values that `compute` writes: bins x distances, in the order of the options.
  [[nodiscard]] std::size_t size() const noexcept { return options_.bins.size() * options_.distances.size(); }

  /// Computes all distances of a pair of `n` > 0 values each.
  Outcome compute(const float* clean, const float* shifted, std::size_t n, double* out) {
    if (!clean_.fill(clean, n)) return Outcome::clean_not_finite;
    if (!shifted_.fill(shifted, n)) return Outcome::shifted_not_finite;
    for (std::size_t b = 0; b < options_.bins.size(); ++b, out += options_.distances.size()) {
      if (options_.weights == Weights::density && options_.degenerate == Degenerate::nan &&
          (clean_.binning(b).zero_width || shifted_.binning(b).zero_width)) {
        for (std::size_t d = 0; d < options_.distances.size(); ++d) {
          // The published sum of kl drops every term that is not finite.
          out[d] = options_.distances[d] == Distance::kl ? 0.0 : std::numeric_limits<double>::quiet_NaN();
        }
        continue;
      }
      clean_.probabilities(b, n, options_.weights, p_.data());
      shifted_.probabilities(b, n, options_.weights, q_.data());
      between(options_.bins[b], out);
    }
    return Outcome::ok;
  }

  [[nodiscard]] const Histograms& clean() const noexcept { return clean_; }
  [[nodiscard]] const Histograms& shifted() const noexcept { return shifted_; }

 private:
  void between(int bins, double* out) noexcept {
    bool logarithms = false;
    for (const Distance d : options_.distances) logarithms |= d == Distance::js || d == Distance::kl;
    double js = 0;
    double kl = 0;
    if (logarithms) {
      for (int k = 0; k < bins; ++k) {
        const double p = p_[static_cast<std::size_t>(k)];
        const double q = q_[static_cast<std::size_t>(k)];
        if (p > 0 && q > 0) {
          const double ln_p = std::log(p);
          const double ln_q = std::log(q);
          const double ln_m = std::log(0.5 * (p + q));
          js += numeric::product(p, ln_p - ln_m) + numeric::product(q, ln_q - ln_m);
          kl += numeric::product(p, ln_p - ln_q);
        } else {
          js += numeric::product(p + q, std::numbers::ln2);
        }
      }
    }
    for (std::size_t d = 0; d < options_.distances.size(); ++d) {
      switch (options_.distances[d]) {
        case Distance::js:
          out[d] = 0.5 * js;
          break;
        case Distance::kl:
          out[d] = kl;
          break;
        case Distance::bhattacharyya:
          out[d] = bhattacharyya(bins);
          break;
        case Distance::wasserstein:
          out[d] = wasserstein(bins);
          break;
      }
    }
  }

  [[nodiscard]] double bhattacharyya(int bins) noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(bins); ++k) p_sqrt(k, sum);
    return 1.0 - sum;
  }

  void p_sqrt(std::size_t k, double& sum) const noexcept {
    const double product = p_[k] * q_[k];
    if (product > 0) sum += std::sqrt(product);
  }

  [[nodiscard]] double wasserstein(int bins) noexcept {
    const auto n = static_cast<std::size_t>(bins);
    double sum = 0;
    if ((bins & (bins - 1)) == 0) {
      for (std::size_t k = 0; k < n; ++k) sorted_[k] = Two{p_[k], q_[k]};
      sort_network(sorted_.data(), bins);
      for (std::size_t k = 0; k < n; ++k) sum += std::fabs(sorted_[k][0] - sorted_[k][1]);
    } else {
      std::sort(p_.begin(), p_.begin() + bins);
      std::sort(q_.begin(), q_.begin() + bins);
      for (std::size_t k = 0; k < n; ++k) sum += std::fabs(p_[k] - q_[k]);
    }
    return sum / bins;
  }

  Options options_;
  Histograms clean_;
  Histograms shifted_;
  std::vector<double> p_{};
  std::vector<double> q_{};
  std::vector<Two> sorted_{};
};

}  // namespace detail

/// Distances of one pair of vectors, for every number of bins and every distance that was asked for.
struct Distances {
  std::vector<int> bins{};                    ///< numbers of bins
  std::vector<Distance> distances{};          ///< which distances
  std::vector<double> values{};               ///< bins x distances; natural logarithm
  std::vector<std::vector<Count>> clean{};    ///< counts, per number of bins
  std::vector<std::vector<Count>> shifted{};  ///< counts, per number of bins
  std::vector<int> zero_width{};              ///< vectors (0..2) with a bin of zero width, per number of bins

  /// The distance at this number of bins. Throws preindex.bad_option if it was not asked for.
  [[nodiscard]] double at(int bin_count, Distance distance) const {
    for (std::size_t b = 0; b < bins.size(); ++b) {
      for (std::size_t d = 0; d < distances.size(); ++d) {
        if (bins[b] == bin_count && distances[d] == distance) return values[b * distances.size() + d];
      }
    }
    throw detail::bad_option("distance", std::string(text(distance)) + " at " + std::to_string(bin_count) + " bins",
                             "what the options asked for");
  }
};

/// The distances between the histograms of a vector before and after the shift.
///
/// Each vector is binned over its own range. Throws preindex.unpaired for different lengths, preindex.empty,
/// preindex.nonfinite, preindex.zero_width (with `Degenerate::error`), preindex.bad_option.
[[nodiscard]] inline Distances distances(std::span<const float> clean, std::span<const float> shifted,
                                         const Options& options = {}) {
  check(options);
  if (clean.size() != shifted.size()) {
    throw Error("preindex.unpaired", "the clean vector has " + std::to_string(clean.size()) +
                                         " values, the shifted one " + std::to_string(shifted.size()));
  }
  if (clean.empty()) throw detail::empty_vector();
  detail::PairDistances engine(options);
  Distances result{.bins = options.bins, .distances = options.distances};
  result.values.resize(engine.size());
  switch (engine.compute(clean.data(), shifted.data(), clean.size(), result.values.data())) {
    case detail::PairDistances::Outcome::clean_not_finite:
      throw detail::not_finite("the clean vector");
    case detail::PairDistances::Outcome::shifted_not_finite:
      throw detail::not_finite("the shifted vector");
    case detail::PairDistances::Outcome::ok:
      break;
  }
  for (std::size_t b = 0; b < options.bins.size(); ++b) {
    const auto& [p, q] = std::tie(engine.clean(), engine.shifted());
    const int zero = static_cast<int>(p.binning(b).zero_width) + static_cast<int>(q.binning(b).zero_width);
    if (zero > 0 && options.weights == Weights::density && options.degenerate == Degenerate::error) {
      throw Error("preindex.zero_width", std::string(p.binning(b).zero_width ? "the clean" : "the shifted") +
                                             " vector has a bin of zero width at " + std::to_string(options.bins[b]) +
                                             " bins; use degenerate = count or weights = count");
    }
    result.zero_width.push_back(zero);
    result.clean.emplace_back(p.counts(b), p.counts(b) + options.bins[b]);
    result.shifted.emplace_back(q.counts(b), q.counts(b) + options.bins[b]);
  }
  return result;
}

}  // namespace co2lib::preindex
