// SPDX-License-Identifier: MIT
#include <co2lib/embodied/validation.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <co2lib/quantiles.hpp>

namespace co2lib::embodied {

namespace {

constexpr double tail = 0.05;             // outside each end of the interval
constexpr double normal_quantile = 0.95;  // of the constant's interval
constexpr std::size_t validation_draws = 4000;

/// The least k for which the mean relative error of k x is 0: n / sum(x / P).
double scale_of(const std::vector<FitDevice>& fit, double (*x)(const FitDevice&), std::size_t leave_out) {
  double sum = 0;
  double n = 0;
  for (std::size_t i = 0; i < fit.size(); ++i) {
    const double known = x(fit[i]);
    if (i == leave_out || std::isnan(known)) continue;
    sum += known / fit[i].published_kg;
    n += 1;
  }
  return n / sum;
}

std::size_t known(const std::vector<FitDevice>& devices, double (*x)(const FitDevice&)) {
  return static_cast<std::size_t>(
      std::count_if(devices.begin(), devices.end(), [&](const FitDevice& d) { return !std::isnan(x(d)); }));
}

/// exp(mean -+ z std) of ln P of the fit.
std::array<double, 2> constant_interval(const std::vector<FitDevice>& fit, std::size_t leave_out) {
  numeric::Moments moments;
  for (std::size_t i = 0; i < fit.size(); ++i) {
    if (i != leave_out) moments.push(std::log(fit[i].published_kg));
  }
  const double half = random::normal(normal_quantile) * moments.sample_sd();
  return {std::exp(moments.mean() - half), std::exp(moments.mean() + half)};
}

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct Predictor {
  const char* name;
  double (*x)(const FitDevice&);
};
constexpr Predictor predictors[] = {
    {"constant", [](const FitDevice&) { return 1.0; }},
    {"mass", [](const FitDevice& d) { return d.mass_kg.value_or(std::nan("")); }},
    {"sqrt_mass", [](const FitDevice& d) { return std::sqrt(d.mass_kg.value_or(std::nan(""))); }},
};

}  // namespace

Metrics metrics(std::span<const double> published, std::span<const double> predicted, std::span<const double> p5,
                std::span<const double> p95) {
  const std::size_t n = published.size();
  const bool intervals = !p5.empty() || !p95.empty();
  if (n == 0) out_of_range("published: the list is empty");
  if (predicted.size() != n || (intervals && (p5.size() != n || p95.size() != n))) {
    out_of_range("published, predicted, p5 and p95 must be equally long");
  }
  numeric::Sum error;
  numeric::Sum bias;
  numeric::Sum score;
  double inside = 0;
  std::vector<double> widths;
  for (std::size_t i = 0; i < n; ++i) {
    const double p = checked(published[i], "published");
    const double relative = (checked(predicted[i], "predicted", true) - p) / p;
    error += std::fabs(relative);
    bias += relative;
    if (!intervals) continue;
    checked(p5[i], "p5", true);
    if (!(checked(p95[i], "p95", true) >= p5[i])) out_of_range("p95 is below p5");
    inside += p5[i] <= p && p <= p95[i] ? 1 : 0;
    widths.push_back(p95[i] / p5[i]);
    score +=
        std::log(p95[i] / p5[i]) + (std::max(0.0, std::log(p5[i] / p)) + std::max(0.0, std::log(p / p95[i]))) / tail;
  }
  const auto count = static_cast<double>(n);
  Metrics result{.mape = error.value() / count, .bias = bias.value() / count};
  if (intervals) {
    result.coverage = inside / count;
    if (std::none_of(widths.begin(), widths.end(), [](double w) { return !std::isfinite(w); })) {
      result.median_width = *numeric::percentile(widths, 0.5);
      result.score = score.value() / count;
    }
  }
  return result;
}

Validation validate(const std::vector<ValidationDevice>& devices, const ValidationLimits& limits,
                    const std::optional<std::vector<FitDevice>>& given) {
  if (devices.empty()) out_of_range("devices: the list is empty");
  Validation result;
  std::vector<double> published;
  std::vector<FitDevice> own;
  for (const ValidationDevice& device : devices) {
    const BomFootprint fp =
        from_levels(device.levels).footprint({.seed = 1, .draws = validation_draws, .ranks = false});
    published.push_back(checked(device.published_kg, "published_kg"));
    own.push_back({device.published_kg, device.mass_kg});
    if (device.mass_kg) checked(*device.mass_kg, "mass_kg");
    result.predicted_kg.push_back(fp.value->kilograms());
    result.p5_kg.push_back(fp.interval->low.kilograms());
    result.p95_kg.push_back(fp.interval->high.kilograms());
  }
  result.model = metrics(published, result.predicted_kg, result.p5_kg, result.p95_kg);
  const Metrics& m = result.model;
  result.pass = m.mape <= limits.mape_max && std::fabs(m.bias) <= limits.bias_abs_max &&
                m.coverage >= limits.coverage_min && m.median_width && *m.median_width <= limits.median_width_max;
  const std::vector<FitDevice>& fit = given ? *given : own;
  for (const FitDevice& device : fit) {
    checked(device.published_kg, "fit.published_kg");
    if (device.mass_kg) checked(*device.mass_kg, "fit.mass_kg");
  }
  for (const Predictor& predictor : predictors) {
    if (known(fit, predictor.x) < 2 || known(own, predictor.x) == 0) continue;
    TrivialPredictor line{.name = predictor.name, .k = scale_of(fit, predictor.x, nobody)};
    std::vector<double> p;
    std::vector<double> v;
    std::vector<double> model;
    std::vector<double> low;
    std::vector<double> high;
    const bool interval = std::string_view(predictor.name) == "constant" && fit.size() >= 3;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double x = predictor.x(own[i]);
      if (std::isnan(x)) continue;
      const std::size_t leave_out = given ? nobody : i;
      p.push_back(own[i].published_kg);
      v.push_back(x * scale_of(fit, predictor.x, leave_out));
      model.push_back(result.predicted_kg[i]);
      if (!interval) continue;
      const auto ends = constant_interval(fit, leave_out);
      low.push_back(ends[0]);
      high.push_back(ends[1]);
    }
    const Metrics trivial = metrics(p, v, low, high);
    line.n = p.size();
    line.mape = trivial.mape;
    line.model_mape = metrics(p, model).mape;
    line.coverage = trivial.coverage;
    line.median_width = trivial.median_width;
    line.score = trivial.score;
    result.trivial.push_back(line);
  }
  return result;
}

}  // namespace co2lib::embodied
