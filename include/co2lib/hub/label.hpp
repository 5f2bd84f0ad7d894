// SPDX-License-Identifier: MIT
// Efficiency labels A to E, one model or a population, and how sure a letter is where the inputs have intervals.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/hub/preset.hpp>
#include <co2lib/hub/rating.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/quantiles.hpp>
#include <co2lib/random.hpp>
#include <co2lib/record.hpp>

namespace co2lib::hub {

/// Values of metrics by name; what is missing is left out, or NaN.
using MetricValues = std::map<std::string, double, std::less<>>;

/// Intervals of metrics by name.
using MetricIntervals = std::map<std::string, Interval<double>, std::less<>>;

/// What decides a label besides preset and values.
struct LabelOptions {
  LabelTask task = LabelTask::inference;  ///< of `fischer2022`
  MetricValues reference{};               ///< of `fischer2022`: the reference model, same task and environment
  std::optional<CompoundMode> mode{};     ///< default: that of the preset
};

/// One metric of a label.
struct MetricLabel {
  std::string name;               ///< of the preset
  std::string unit;               ///< of the value
  std::optional<double> value{};  ///< of the model; none if it is missing
  std::optional<double> index{};  ///< value against the reference; none without a value
  std::optional<int> rating{};    ///< 0 (A) to 4 (E); none without an index

  bool operator==(const MetricLabel&) const = default;
};

/// A label and what it is made of.
struct Label {
  std::string preset;                  ///< its name
  std::optional<char> letter{};        ///< none if nothing is rated
  std::optional<double> mean{};        ///< the weighted mean of the ratings
  std::vector<MetricLabel> metrics{};  ///< in the order of the preset

  bool operator==(const Label&) const = default;
};

namespace detail {

inline std::optional<double> value_of(const MetricValues& values, std::string_view name) {
  auto found = values.find(name);
  // The study's columns spell it without the second i.
  if (found == values.end() && name == "size_efficiency") found = values.find("size_efficency");
  if (found == values.end() && name == "datasets_size_efficiency") found = values.find("datasets_size_efficency");
  if (found == values.end() || std::isnan(found->second)) return std::nullopt;
  return found->second;
}

/// The index of `fischer2022`: a division by zero gives 0.
inline std::optional<double> forgiving_index(std::optional<double> value, std::optional<double> reference,
                                             bool higher) {
  if (!value || !reference) return std::nullopt;
  const double top = higher ? *value : *reference;
  const double bottom = higher ? *reference : *value;
  return bottom == 0 ? 0.0 : top / bottom;
}

inline bool in_task(const Preset& preset, const LabelMetric& metric, LabelTask task) {
  return !preset.own_reference || !metric.only_for || *metric.only_for == task;
}

}  // namespace detail

/// The label of one model; ratings of missing metrics are left out, their weights too (not in `fischer2022`).
///
/// Throws `hub.bad_reference` for a metric whose reference is missing or not above 0 (not in `fischer2022`).
[[nodiscard]] inline Label label_one(const MetricValues& values, const Preset& preset,
                                     const LabelOptions& options = {}) {
  Label label{.preset = preset.name};
  std::vector<int> ratings;
  std::vector<double> weights;
  for (const LabelMetric& metric : preset.metrics) {
    if (!detail::in_task(preset, metric, options.task)) continue;
    MetricLabel one{.name = metric.name, .unit = metric.unit, .value = detail::value_of(values, metric.name)};
    if (preset.own_reference) {
      one.index =
          detail::forgiving_index(one.value, detail::value_of(options.reference, metric.name), metric.higher_is_better);
    } else if (one.value) {
      one.index = index_of(one.value, metric.reference.value_or(std::numeric_limits<double>::quiet_NaN()),
                           metric.higher_is_better);
    }
    if (one.index && metric.boundaries) one.rating = rating(*one.index, *metric.boundaries, preset.upper_cap);
    if (!one.rating && preset.missing_is_worst) one.rating = 4;
    if (one.rating) {
      ratings.push_back(*one.rating);
      weights.push_back(metric.weight);
    }
    label.metrics.push_back(std::move(one));
  }
  if (ratings.empty()) return label;
  const Compound all = compound(ratings, weights, options.mode.value_or(preset.mode));
  label.mean = all.mean;
  label.letter = letter_of(all.rating);
  return label;
}

// ---------------------------------------------------------------------------------------------------------------------
// Boundaries from a population
// ---------------------------------------------------------------------------------------------------------------------

/// One model of a population.
struct LabelRow {
  std::string id;                         ///< for the caller
  MetricValues values{};                  ///< by metric
  LabelTask task = LabelTask::inference;  ///< of `fischer2022`
  std::string environment{};              ///< of `fischer2022`: rows are compared with the reference of theirs
};

/// The rows of the reference model that each row is compared with; null where there is none.
[[nodiscard]] inline std::vector<const LabelRow*> references_of(const std::vector<LabelRow>& rows,
                                                                std::string_view reference_model) {
  std::map<std::pair<LabelTask, std::string>, const LabelRow*> known;
  for (const LabelRow& row : rows) {
    if (row.id == reference_model) known.emplace(std::pair(row.task, row.environment), &row);
  }
  std::vector<const LabelRow*> found;
  for (const LabelRow& row : rows) {
    const auto at = known.find(std::pair(row.task, row.environment));
    found.push_back(at == known.end() ? nullptr : at->second);
  }
  return found;
}

namespace detail {

inline Boundaries fitted_boundaries(std::vector<double> indices, const LabelMetric& metric) {
  if (metric.root_in_fit) {
    for (double& index : indices) index = std::sqrt(index);
  }
  Boundaries boundaries{};
  for (std::size_t k = 0; k < boundaries.size(); ++k) {
    const Result<double> value = numeric::percentile(indices, metric.percents[k] / 100.0);
    if (!value) throw Error("hub.bad_value", metric.name + ": " + value.issue().text);
    boundaries[k] = *value;
  }
  return boundaries;
}

/// Inference first, then training, whose boundaries replace those of the metrics that both have: as coded in 2022.
inline Preset fit_by_task(Preset preset, const std::vector<LabelRow>& rows) {
  const std::vector<const LabelRow*> references = references_of(rows, preset.reference_model);
  for (const LabelTask task : all<LabelTask>()) {
    for (LabelMetric& metric : preset.metrics) {
      if (!in_task(preset, metric, task)) continue;
      std::vector<double> indices;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].task != task || references[i] == nullptr) continue;
        const auto index = forgiving_index(value_of(rows[i].values, metric.name),
                                           value_of(references[i]->values, metric.name), metric.higher_is_better);
        if (index) indices.push_back(*index);
      }
      if (!indices.empty()) metric.boundaries = fitted_boundaries(std::move(indices), metric);
    }
  }
  return preset;
}

}  // namespace detail

/// A preset with the reference and the boundaries of a population.
///
/// The reference is the first row whose id is `reference`; where it lacks a metric, the median of the rows that have
/// it. Only rows with a value enter a percentile; a metric that no row has has no boundaries and is not rated. Throws
/// `hub.bad_reference` if no row has that id. For `fischer2022`, `reference` is the model to compare with in each
/// environment.
[[nodiscard]] inline Preset fit(const std::vector<LabelRow>& rows, Preset preset, std::string_view reference) {
  const auto first = std::find_if(rows.begin(), rows.end(), [&](const LabelRow& row) { return row.id == reference; });
  if (first == rows.end()) {
    throw Error("hub.bad_reference", "reference '" + std::string(reference) + "': no row of the table has this id");
  }
  preset.population = rows.size();
  preset.population_name = "the table given";
  preset.population_date.clear();
  preset.reference_model = reference;
  if (preset.own_reference) return detail::fit_by_task(std::move(preset), rows);
  for (LabelMetric& metric : preset.metrics) {
    std::vector<double> values;
    for (const LabelRow& row : rows) {
      if (const auto value = detail::value_of(row.values, metric.name)) values.push_back(*value);
    }
    metric.reference.reset();
    metric.boundaries.reset();
    if (values.empty()) continue;
    metric.reference = detail::value_of(first->values, metric.name);
    if (!metric.reference) metric.reference = *numeric::percentile(values, 0.5);
    for (double& value : values) value = *index_of(value, *metric.reference, metric.higher_is_better);
    metric.boundaries = detail::fitted_boundaries(std::move(values), metric);
  }
  return preset;
}

// ---------------------------------------------------------------------------------------------------------------------
// How sure a letter is
// ---------------------------------------------------------------------------------------------------------------------

/// The probability of each letter, and the letters that it cannot be told from.
struct LetterProbabilities {
  std::array<double, 5> probability{};  ///< of A to E
  std::string verdict{};                ///< `A`, or `A/B undecided`; empty if nothing is rated
  double confidence = 0.95;             ///< what the letters of the verdict have together, at least

  bool operator==(const LetterProbabilities&) const = default;
};

/// How letters are drawn.
struct ProbabilityOptions {
  std::size_t draws = 10000;  ///< models drawn
  std::uint64_t seed = 0;     ///< of the draws
  double confidence = 0.95;   ///< of the letters of a verdict together, in (0, 1)
};

namespace detail {

/// A draw from the interval: each half is that of a normal distribution (of the logarithm where the interval is above
/// 0) whose middle is the value. Ours.
inline double drawn(double value, const Interval<double>& interval, double z, double sigma) {
  const bool logarithmic = interval.low > 0;
  const double middle = logarithmic ? std::log(value) : value;
  const double low = logarithmic ? std::log(interval.low) : interval.low;
  const double high = logarithmic ? std::log(interval.high) : interval.high;
  const double x = middle + numeric::product(z / sigma, z < 0 ? middle - low : high - middle);
  return logarithmic ? std::exp(x) : std::max(x, 0.0);
}

inline std::string verdict_of(const std::array<double, 5>& probability, double confidence) {
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  numeric::stable_sort(order, [&](std::size_t a, std::size_t b) { return probability[a] > probability[b]; });
  double sum = 0;
  std::size_t count = 0;
  while (count < order.size() && sum < confidence) sum += probability[order[count++]];
  order.resize(count);
  std::sort(order.begin(), order.end());
  std::string text;
  for (const std::size_t k : order) text.append(text.empty() ? "" : "/").push_back("ABCDE"[k]);
  return count > 1 ? text + " undecided" : text;
}

}  // namespace detail

/// The probability of each letter if the values are known within intervals.
///
/// Each draw takes every metric with an interval from it, independently of the others; quotients by the emissions
/// (`size_efficiency`) follow the emissions of the same draw, unless they have an interval of their own. Intervals hold
/// the value; those that touch 0 or go below are drawn on a plain scale, draws below 0 being 0, the others on the
/// logarithm. The letters are those of `label_one`. Throws `hub.bad_value` for an interval that is not finite, does
/// not hold its value, or has no confidence in (0, 1), and for no draws.
[[nodiscard]] inline LetterProbabilities letter_probabilities(const MetricValues& values,
                                                              const MetricIntervals& intervals, const Preset& preset,
                                                              const LabelOptions& options = {},
                                                              const ProbabilityOptions& how = {}) {
  const auto refuse = [](const std::string& what) { throw Error("hub.bad_value", what); };
  if (how.draws == 0 || !(how.confidence > 0 && how.confidence < 1)) {
    refuse("draws and confidence: need at least one draw, and a confidence in (0, 1)");
  }
  struct Uncertain {
    std::string name;
    double value;
    Interval<double> interval;
    double sigma;
    std::uint64_t hash;
  };
  std::vector<Uncertain> uncertain;
  for (const auto& [name, interval] : intervals) {
    const auto value = detail::value_of(values, name);
    if (!value) continue;
    if (!std::isfinite(interval.low) || !std::isfinite(interval.high) || interval.low > *value ||
        interval.high < *value || !(interval.confidence > 0 && interval.confidence < 1)) {
      refuse(name + ": the interval must be finite, hold the value, and have a confidence in (0, 1)");
    }
    uncertain.push_back(
        {name, *value, interval, random::normal(0.5 + interval.confidence / 2), random::fnv1a("hub.label." + name)});
  }
  LetterProbabilities result{.confidence = how.confidence};
  std::array<std::size_t, 5> counts{};
  const auto grams = detail::value_of(values, "co2_eq_emissions");
  for (std::size_t d = 0; d < how.draws; ++d) {
    MetricValues drawn = values;
    for (const Uncertain& one : uncertain) {
      const double z = random::normal(random::draw(how.seed, d, one.hash));
      drawn[one.name] = detail::drawn(one.value, one.interval, z, one.sigma);
    }
    for (const LabelMetric& metric : preset.metrics) {
      const auto value = detail::value_of(values, metric.name);
      if (!metric.per_gram || !value || !grams || intervals.contains(metric.name)) continue;
      const double other = drawn["co2_eq_emissions"];
      if (other != *grams) {
        drawn[metric.name] = other > 0 ? *value * (*grams / other) : std::numeric_limits<double>::infinity();
      }
    }
    const Label label = label_one(drawn, preset, options);
    if (!label.letter) return result;
    ++counts[static_cast<std::size_t>(*label.letter - 'A')];
  }
  for (std::size_t k = 0; k < counts.size(); ++k) {
    result.probability[k] = static_cast<double>(counts[k]) / static_cast<double>(how.draws);
  }
  result.verdict = detail::verdict_of(result.probability, how.confidence);
  return result;
}

}  // namespace co2lib::hub
