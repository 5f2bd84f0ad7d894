// SPDX-License-Identifier: MIT
// CostForecast: epochs, kWh and gCO2e of a retraining, calibrated on past ones; and whether to retrain at all.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/preindex/accumulator.hpp>
#include <co2lib/preindex/forecast.hpp>
#include <co2lib/preindex/options.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::preindex {

/// A past retraining: its index and what it cost. A cost may be missing; texts that are not known are empty.
struct CalibrationRun {
  double x = 0;                    ///< the index before the retraining
  std::optional<double> epochs{};  ///< may be a fraction
  std::optional<double> kwh{};     ///< energy of the training, kWh
  std::optional<double> gco2e{};   ///< operational carbon, g CO2e
  std::string config{};            ///< `Result::config_hash`
  std::string model{};
  std::string dataset{};
  std::string protocol{};
  std::string machine{};
  std::string time{};

  bool operator==(const CalibrationRun&) const = default;

  /// One line of a calibration file, without the line end.
  [[nodiscard]] std::string to_json() const;
};

/// Reads a calibration file, JSON lines; empty lines are skipped. Throws preindex.bad_calibration with file and line.
[[nodiscard]] std::vector<CalibrationRun> read_runs(const std::filesystem::path& file);

/// Appends a run to a calibration file. Throws preindex.bad_calibration (OSError).
void append_run(const std::filesystem::path& file, const CalibrationRun& run);

/// Forecasts of the costs that the runs know.
struct CostPrediction {
  double x = 0;
  std::optional<Forecast> epochs{};
  std::optional<Forecast> kwh{};
  std::optional<Forecast> gco2e{};
  std::vector<Issue> issues{};
};

struct CostOptions {
  Model model = Model::automatic;
  double alpha = 0.2;
  std::map<std::string, std::string, std::less<>> select{};  ///< field -> value: use the runs of this group only
};

/// gCO2e from a forecast of kWh: times an intensity, plus the hardware's share. Value and interval are scaled; how
/// uncertain the intensity is stands apart from it. Throws preindex.bad_cost for a negative intensity or share.
[[nodiscard]] inline Forecast carbon_of(const Forecast& kwh, CarbonIntensity intensity, CarbonMass hardware = {}) {
  if (!(intensity.g_per_kwh() >= 0) || !std::isfinite(intensity.g_per_kwh()) || !(hardware.grams() >= 0) ||
      !std::isfinite(hardware.grams())) {
    throw Error("preindex.bad_cost", "intensity and hardware share are finite and not negative");
  }
  const auto grams = [&](double x) { return x * intensity.g_per_kwh() + hardware.grams(); };
  Forecast carbon = kwh;
  carbon.value = grams(*kwh.value);
  carbon.interval = Interval<double>{grams(kwh.interval->low), grams(kwh.interval->high), kwh.interval->confidence};
  carbon.issues.push_back({"derived_carbon", "gco2e",
                           "kWh times an intensity that was given; its uncertainty is not in "
                           "the interval"});
  return carbon;
}

/// What retraining will cost, from past retrainings of one model family, data set, protocol and machine.
class CostForecast {
 public:
  /// Throws preindex.config_mismatch naming the fields in which the runs differ, preindex.bad_cost, and
  /// preindex.not_enough_calibration if no cost has enough runs.
  [[nodiscard]] static CostForecast fit(const std::vector<CalibrationRun>& runs, CostOptions options = {}) {
    CostForecast forecast;
    forecast.options_ = std::move(options);
    for (const auto& [field, value] : forecast.options_.select) (void)field_of({}, field);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const CalibrationRun& run = runs[i];
      bool selected = true;
      for (const auto& [field, value] : forecast.options_.select) selected = selected && field_of(run, field) == value;
      if (!selected) continue;
      for (const auto* cost : {&run.epochs, &run.kwh, &run.gco2e}) {
        if (*cost && (!std::isfinite(**cost) || **cost < 0)) {
          throw Error("preindex.bad_cost", "run " + std::to_string(i) + ": a cost of " + std::to_string(**cost) +
                                               "; costs are finite and not negative");
        }
      }
      if (!std::isfinite(run.x)) throw preindex::detail::bad_option("x", "run " + std::to_string(i), "finite indices");
      forecast.runs_.push_back(run);
    }
    std::vector<std::string> differing;
    for (const char* field : {"config", "dataset", "protocol", "machine"}) {
      std::set<std::string> values;
      for (const CalibrationRun& run : forecast.runs_) values.insert(field_of(run, field));
      if (values.size() > 1) differing.emplace_back(field);
    }
    if (!differing.empty()) {
      std::string text;
      for (const std::string& field : differing) text += (text.empty() ? "" : ", ") + field;
      throw Error("preindex.config_mismatch",
                  "the runs differ in: " + text + "; costs of one are no guide to the other: select one group",
                  {{"keys", differing}});
    }
    // Fails now rather than at the first prediction.
    const double x = forecast.runs_.empty() ? 0 : forecast.runs_.front().x;
    const CostPrediction test = forecast.predict(x);
    if (!test.epochs && !test.kwh && !test.gco2e) {
      throw Error("preindex.not_enough_calibration",
                  std::to_string(forecast.runs_.size()) + " runs: no cost has 3 runs with more than one index" +
                      (test.issues.empty() ? "" : " (" + test.issues.front().text + ")"),
                  {{"runs", static_cast<std::int64_t>(forecast.runs_.size())}});
    }
    return forecast;
  }

  /// Forecasts every cost at an index; a cost without enough runs is absent, with an issue that says so.
  [[nodiscard]] CostPrediction predict(double x) const {
    CostPrediction prediction{.x = x};
    const auto one = [&](const char* name, std::optional<double> CalibrationRun::*cost) -> std::optional<Forecast> {
      std::vector<double> xs;
      std::vector<double> ys;
      for (const CalibrationRun& run : runs_) {
        if (!(run.*cost)) continue;
        xs.push_back(run.x);
        ys.push_back(*(run.*cost));
      }
      if (xs.empty()) return std::nullopt;
      try {
        return forecast(xs, ys, x, options_.model, options_.alpha);
      } catch (const Error& error) {
        if (error.code() != "preindex.not_enough_calibration") throw;
        prediction.issues.push_back({error.code(), name, error.what()});
        return std::nullopt;
      }
    };
    prediction.epochs = one("epochs", &CalibrationRun::epochs);
    prediction.kwh = one("kwh", &CalibrationRun::kwh);
    prediction.gco2e = one("gco2e", &CalibrationRun::gco2e);
    return prediction;
  }

  /// The same for a result. Throws preindex.config_mismatch if it was computed with other choices than the runs'
  /// indices, preindex.empty if it has no index.
  [[nodiscard]] CostPrediction predict(const preindex::Result& result) const {
    if (!result.value) throw Error("preindex.empty", "the result has no index: no embeddings were given");
    if (!runs_.empty() && !runs_.front().config.empty() && runs_.front().config != result.config_hash) {
      throw Error("preindex.config_mismatch",
                  "the index was computed with the configuration " + result.config_hash + ", those of the runs with " +
                      runs_.front().config,
                  {{"keys", std::vector<std::string>{"config"}}});
    }
    return predict(*result.value);
  }

  [[nodiscard]] const std::vector<CalibrationRun>& runs() const noexcept { return runs_; }
  [[nodiscard]] const CostOptions& options() const noexcept { return options_; }

 private:
  [[nodiscard]] static const std::string& field_of(const CalibrationRun& run, std::string_view field) {
    if (field == "config") return run.config;
    if (field == "model") return run.model;
    if (field == "dataset") return run.dataset;
    if (field == "protocol") return run.protocol;
    if (field == "machine") return run.machine;
    throw preindex::detail::bad_option("select", std::string(field), "config, model, dataset, protocol, machine");
  }

  CostOptions options_{};
  std::vector<CalibrationRun> runs_{};
};

/// Costs by name; what is not known or not limited is absent.
struct Costs {
  std::optional<double> epochs{};
  std::optional<double> kwh{};
  std::optional<double> gco2e{};
};

/// Whether to retrain.
enum class Decision { not_needed, no_forecast, over_budget, retrain, uncertain };

[[nodiscard]] inline std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::not_needed:
      return "not_needed";
    case Decision::no_forecast:
      return "no_forecast";
    case Decision::over_budget:
      return "over_budget";
    case Decision::retrain:
      return "retrain";
    case Decision::uncertain:
      return "uncertain";
  }
  return "?";
}

/// What the report is made of. Accuracies are shares in [0, 1].
struct RetrainQuestion {
  std::optional<preindex::Result> index{};  ///< with components and configuration
  double x = 0;                             ///< the index, where there is no result
  std::optional<CostPrediction> forecast{};
  double accuracy = 0;  ///< on a labelled sample of the shifted data: that of doing nothing
  double required_accuracy = 0;
  Costs budget{};        ///< limits of this retraining
  Costs from_scratch{};  ///< cost of training from scratch
  Costs index_cost{};    ///< cost of having computed the index
  std::vector<std::pair<std::string, CostPrediction>>
      candidates{};  ///< shifts at which a calibration run could be made
};

struct RetrainReport {
  Decision decision = Decision::no_forecast;
  std::string reason{};  ///< the decision rule in words
  std::string advice{};  ///< for `uncertain`: which calibration run would help
  std::vector<Issue> issues{};
  RetrainQuestion question{};

  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] std::string to_text() const;
};

/// Answers with the first rule that matches: not needed, no forecast, over budget, retrain, uncertain (spec 12.2).
///
/// Throws preindex.bad_option for an accuracy outside of [0, 1], preindex.bad_cost for a negative budget.
[[nodiscard]] inline RetrainReport retrain_or_not(RetrainQuestion question) {
  for (const double accuracy : {question.accuracy, question.required_accuracy}) {
    if (!(accuracy >= 0 && accuracy <= 1)) {
      throw preindex::detail::bad_option("accuracy", std::to_string(accuracy), "a share in [0, 1]");
    }
  }
  const auto costs = [](const Costs& c) { return std::array{c.epochs, c.kwh, c.gco2e}; };
  for (const Costs& all : {question.budget, question.from_scratch, question.index_cost}) {
    for (const auto& cost : costs(all)) {
      if (cost && !(*cost >= 0)) throw Error("preindex.bad_cost", "a cost or budget is negative or NaN");
    }
  }
  if (question.index && question.index->value) question.x = *question.index->value;
  RetrainReport report;
  constexpr std::array<const char*, 3> names{"epochs", "kWh", "gCO2e"};
  std::array<const Forecast*, 3> forecasts{};
  if (question.forecast) {
    const CostPrediction& f = *question.forecast;
    forecasts = {f.epochs ? &*f.epochs : nullptr, f.kwh ? &*f.kwh : nullptr, f.gco2e ? &*f.gco2e : nullptr};
    add_issues(report.issues, f.issues);
  }
  for (const Forecast* forecast : forecasts) {
    if (forecast != nullptr) add_issues(report.issues, forecast->issues);
  }
  if (question.index) add_issues(report.issues, question.index->issues);
  const auto budgets = costs(question.budget);
  bool any_forecast = false;
  bool missing = false;
  bool over = false;
  bool within = true;
  bool limited = false;
  std::string over_names;
  for (std::size_t i = 0; i < 3; ++i) {
    any_forecast |= forecasts[i] != nullptr;
    if (!budgets[i]) continue;
    limited = true;
    if (forecasts[i] == nullptr) {
      missing = true;
      continue;
    }
    if (forecasts[i]->interval->low > *budgets[i]) {
      over = true;
      over_names += (over_names.empty() ? "" : ", ") + std::string(names[i]);
    }
    within = within && forecasts[i]->interval->high <= *budgets[i];
  }
  if (question.accuracy >= question.required_accuracy) {
    report.decision = Decision::not_needed;
    report.reason = "the accuracy on the shifted data is what is required, or better";
  } else if (!any_forecast || missing) {
    report.decision = Decision::no_forecast;
    report.reason = any_forecast ? "a cost that has a budget has no forecast" : "there is no forecast";
  } else if (over) {
    report.decision = Decision::over_budget;
    report.reason = "the lower end of the interval is above the budget: " + over_names;
  } else if (within) {
    report.decision = Decision::retrain;
    report.reason = limited ? "the upper end of every interval is within its budget" : "no budget was given";
    if (!limited) report.issues.push_back({"no_budget", "budget", "without a budget every cost is accepted"});
  } else {
    report.decision = Decision::uncertain;
    report.reason = "an interval straddles its budget, or is not bounded above";
    report.advice = "make a further calibration run at an index near " + std::to_string(question.x);
    std::optional<double> least;
    for (const auto& [name, candidate] : question.candidates) {
      // The first cost with a budget that has a forecast decides which candidate is cheapest.
      const std::array all{&candidate.epochs, &candidate.kwh, &candidate.gco2e};
      for (std::size_t i = 0; i < 3; ++i) {
        if (!budgets[i] || !*all[i]) continue;
        if (!least || *(*all[i])->value < *least) {
          least = *(*all[i])->value;
          report.advice = "make a further calibration run at '" + name + "', the cheapest of the candidates";
        }
        break;
      }
    }
  }
  report.question = std::move(question);
  return report;
}

}  // namespace co2lib::preindex
