// SPDX-License-Identifier: MIT
// Index, rating and compound of efficiency labels (Fischer, Jakobs, Mücke and Morik 2022, doi
// 10.1007/978-3-031-23618-1_3). The order of operations is part of the definition: letters change at ties.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/names.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::hub {

/// b0 >= b1 >= b2 >= b3: an index above b0 is rated 0.
using Boundaries = std::array<double, 4>;

/// How several ratings become one.
enum class CompoundMode {
  mean_half_even,        ///< the weighted mean, halves to the even neighbour: the study
  optimistic_mean,       ///< rounded down
  pessimistic_mean,      ///< rounded up
  optimistic_median,     ///< the weighted median, halves down
  pessimistic_median,    ///< halves up
  median_as_coded_2022,  ///< that of the code of 2022, which may stop one element early
  best,                  ///< the least rating of all
  worst,                 ///< the greatest rating of all
  majority,              ///< the most frequent, without weights; the better one of two
};
/// Texts of `CompoundMode`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(CompoundMode) noexcept {
  return texts("mean_half_even", "optimistic_mean", "pessimistic_mean", "optimistic_median", "pessimistic_median",
               "median_as_coded_2022", "best", "worst", "majority");
}

/// The weighted mean of ratings and what the mode makes of it, 0 (A) to 4 (E).
struct Compound {
  double mean = 0;  ///< weighted mean of the ratings
  int rating = 0;   ///< what the mode makes of it

  bool operator==(const Compound&) const = default;
};

/// The index of a value against a reference: v / r where more is better, else r / v; infinite for v = 0.
///
/// None for a value that is missing or NaN. Throws `hub.bad_reference` for a reference that is not above 0 and finite.
[[nodiscard]] inline std::optional<double> index_of(std::optional<double> value, double reference,
                                                    bool higher_is_better) {
  if (!value || std::isnan(*value)) return std::nullopt;
  if (!std::isfinite(reference) || reference <= 0) {
    throw Error("hub.bad_reference",
                "reference " + numeric::text(reference) + ": must be a finite number above 0; give another reference");
  }
  if (higher_is_better) return *value / reference;
  return *value == 0 ? std::numeric_limits<double>::infinity() : reference / *value;
}

/// The rating 0 to 4 of an index: the first k with index > b_k, else 4; an index on a boundary is in the worse class.
///
/// Above `upper_cap`, if there is one, it is 4. Throws `hub.bad_value` for NaN, or boundaries that rise.
[[nodiscard]] inline int rating(double index, const Boundaries& boundaries, std::optional<double> upper_cap = {}) {
  if (std::isnan(index)) throw Error("hub.bad_value", "index: is NaN; leave missing values out");
  for (std::size_t k = 0; k < boundaries.size(); ++k) {
    if (std::isnan(boundaries[k]) || (k > 0 && boundaries[k] > boundaries[k - 1])) {
      throw Error("hub.bad_value", "boundaries: must be four numbers that do not rise");
    }
  }
  if (upper_cap && index > *upper_cap) return 4;
  for (std::size_t k = 0; k < boundaries.size(); ++k) {
    if (index > boundaries[k]) return static_cast<int>(k);
  }
  return 4;
}

namespace detail {

/// Ratings in rising order (stable) and the cumulated weights.
struct Cumulated {
  std::vector<int> ratings;
  std::vector<double> weights;
};

inline Cumulated cumulate(std::span<const int> ratings, std::span<const double> shares) {
  std::vector<std::pair<int, double>> pairs;
  for (std::size_t i = 0; i < ratings.size(); ++i) pairs.emplace_back(ratings[i], shares[i]);
  numeric::stable_sort(pairs, [](const auto& a, const auto& b) { return a.first < b.first; });
  Cumulated sorted;
  double sum = 0;
  for (const auto& [rating, share] : pairs) {
    sum += share;
    sorted.ratings.push_back(rating);
    sorted.weights.push_back(sum);
  }
  return sorted;
}

inline int median_rating(const Cumulated& c, bool up) {
  for (std::size_t k = 0; k < c.ratings.size(); ++k) {
    const bool last = k + 1 == c.ratings.size();
    if (!last && std::fabs(c.weights[k] - 0.5) <= 1e-12) {
      const int sum = c.ratings[k] + c.ratings[k + 1];
      return up ? (sum + 1) / 2 : sum / 2;
    }
    if (last || c.weights[k] > 0.5) return c.ratings[k];
  }
  return 4;
}

inline int median_as_coded(const Cumulated& c) {
  for (std::size_t k = 0; k < c.ratings.size(); ++k) {
    const bool last = k + 1 == c.ratings.size();
    if (!last && c.weights[k] == 0.5) return (c.ratings[k] + c.ratings[k + 1]) / 2;
    if (last || c.weights[k] > 0.5 || c.weights[k + 1] > 0.5) return c.ratings[k];
  }
  return 4;
}

inline int most_frequent(std::span<const int> ratings) {
  std::array<int, 5> counts{};
  for (const int r : ratings) ++counts[static_cast<std::size_t>(r)];
  return static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin());
}

}  // namespace detail

/// Several ratings as one; `weights` of the same length, above 0.
///
/// Each weight is divided by their sum, each product is rounded, and the products are added from left to right: the sum
/// divided at the end gives other letters at ties. Throws `hub.bad_value` for no ratings, ratings outside 0 to 4,
/// lists of unequal length, or weights that are not finite and above 0.
[[nodiscard]] inline Compound compound(std::span<const int> ratings, std::span<const double> weights,
                                       CompoundMode mode = CompoundMode::mean_half_even) {
  if (ratings.empty() || ratings.size() != weights.size()) {
    throw Error("hub.bad_value", "ratings and weights: need the same number of them, at least one");
  }
  double total = 0;
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    if (ratings[i] < 0 || ratings[i] > 4) throw Error("hub.bad_value", "ratings: must be 0 to 4");
    if (!std::isfinite(weights[i]) || weights[i] <= 0) throw Error("hub.bad_value", "weights: must be above 0");
    total += weights[i];
  }
  std::vector<double> shares;
  double mean = 0;
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    shares.push_back(weights[i] / total);
    mean += numeric::product(ratings[i], shares.back());
  }
  Compound result{.mean = mean, .rating = 0};
  switch (mode) {
    case CompoundMode::mean_half_even: {
      const double floor = std::floor(mean);
      const double rest = mean - floor;
      const int whole = static_cast<int>(floor);
      result.rating = rest > 0.5 || (rest == 0.5 && whole % 2 == 1) ? whole + 1 : whole;
      break;
    }
    case CompoundMode::optimistic_mean:
      result.rating = static_cast<int>(std::floor(mean + 1e-9));
      break;
    case CompoundMode::pessimistic_mean:
      result.rating = static_cast<int>(std::ceil(mean - 1e-9));
      break;
    case CompoundMode::optimistic_median:
      result.rating = detail::median_rating(detail::cumulate(ratings, shares), false);
      break;
    case CompoundMode::pessimistic_median:
      result.rating = detail::median_rating(detail::cumulate(ratings, shares), true);
      break;
    case CompoundMode::median_as_coded_2022:
      result.rating = detail::median_as_coded(detail::cumulate(ratings, shares));
      break;
    case CompoundMode::best:
      result.rating = *std::min_element(ratings.begin(), ratings.end());
      break;
    case CompoundMode::worst:
      result.rating = *std::max_element(ratings.begin(), ratings.end());
      break;
    case CompoundMode::majority:
      result.rating = detail::most_frequent(ratings);
      break;
  }
  return result;
}

/// The letter of a rating: A for 0 to E for 4.
[[nodiscard]] inline char letter_of(int rating) { return "ABCDE"[std::clamp(rating, 0, 4)]; }

}  // namespace co2lib::hub
