// SPDX-License-Identifier: MIT
// CostForecast: epochs, kWh and gCO2e of a retraining, calibrated on past ones; and whether to retrain at all.
#pragma once

#include <array>
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
  std::string model{};             ///< name of the model family
  std::string dataset{};           ///< name of the data
  std::string protocol{};          ///< how it was retrained
  std::string machine{};           ///< on which it ran
  std::string time{};              ///< when it ended, UTC

  bool operator==(const CalibrationRun&) const = default;

  /// One line of a calibration file, without the line end.
  [[nodiscard]] std::string to_json() const;
};

/// Throws preindex.bad_cost for a cost that is infinite, NaN or negative, preindex.bad_option for such an index;
/// `which` names the run.
inline void check(const CalibrationRun& run, const std::string& which) {
  for (const auto& [name, cost] :
       {std::pair("epochs", run.epochs), std::pair("kwh", run.kwh), std::pair("gco2e", run.gco2e)}) {
    if (cost && (!std::isfinite(*cost) || *cost < 0)) {
      throw Error("preindex.bad_cost", which + ": " + name + " of " + numeric::text(*cost) +
                                           "; costs are finite and not negative, leave out one that is not known");
    }
  }
  if (!std::isfinite(run.x)) throw detail::bad_option("x", which + " with " + numeric::text(run.x), "a finite index");
}

/// Reads the lines of a calibration file, JSON; empty ones are skipped. Throws preindex.bad_calibration with `name` and
/// line for what is no run: no JSON object, an unknown field, no x, a cost that cannot be.
[[nodiscard]] std::vector<CalibrationRun> parse_runs(std::string_view text, const std::string& name);

/// `parse_runs` of a file; of a folder: of the files `*.jsonl` in it, in the order of their names, so that each process
/// may write one of its own. Throws preindex.bad_calibration, for a file that cannot be read too (OSError).
[[nodiscard]] std::vector<CalibrationRun> read_runs(const std::filesystem::path& file);

/// Appends a run to a calibration file, in one step, under a lock: processes may append to one file at once.
///
/// Throws preindex.bad_cost and preindex.bad_option for a run that could not be read again, preindex.bad_calibration
/// for a file that is none (a folder, another kind of file) or cannot be written (OSError).
void append_run(const std::filesystem::path& file, const CalibrationRun& run);

/// Forecasts of the costs that the runs know.
struct CostPrediction {
  double x = 0;                      ///< the index that it is for
  std::optional<Forecast> epochs{};  ///< none where too few runs know it
  std::optional<Forecast> kwh{};     ///< kWh; none where too few runs know it
  std::optional<Forecast> gco2e{};   ///< g CO2e; none where too few runs know it
  std::vector<Issue> issues{};       ///< of the runs, and of how they were used
};

/// How costs are forecast.
struct CostOptions {
  Model model = Model::automatic;                            ///< which curve
  double alpha = 0.2;                                        ///< 1 - confidence of the intervals, in (0, 1)
  std::map<std::string, std::string, std::less<>> select{};  ///< field -> value: use the runs of this group only
};

/// gCO2e from a forecast of kWh: times an intensity, plus the hardware's share. Value and interval are scaled; how
/// uncertain the intensity is stands apart from it. Throws preindex.bad_cost for a negative intensity or share, and for
/// a forecast of another cost.
[[nodiscard]] inline Forecast carbon_of(const Forecast& kwh, CarbonIntensity intensity, CarbonMass hardware = {}) {
  if (!(intensity.g_per_kwh() >= 0) || !std::isfinite(intensity.g_per_kwh()) || !(hardware.grams() >= 0) ||
      !std::isfinite(hardware.grams())) {
    throw Error("preindex.bad_cost", "intensity and hardware share are finite and not negative");
  }
  if (!kwh.cost.empty() && kwh.cost != "kwh") {
    throw Error("preindex.bad_cost",
                "a forecast of " + kwh.cost + " times an intensity is not a mass of carbon; give the forecast of kwh");
  }
  const auto grams = [&](double x) { return x * intensity.g_per_kwh() + hardware.grams(); };
  Forecast carbon = kwh;
  carbon.cost = "gco2e";
  carbon.value = grams(*kwh.value);
  carbon.interval = Interval<double>{grams(kwh.interval->low), grams(kwh.interval->high), kwh.interval->confidence};
  carbon.issues.push_back(
      {"derived_carbon", "gco2e", "kWh times an intensity that was given; its uncertainty is not in the interval"});
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
      check(run, "run " + std::to_string(i));
      forecast.runs_.push_back(run);
    }
    forecast.require_one_group();
    forecast.look_for_doubles();
    // Fails now rather than at the first prediction.
    const double x = forecast.runs_.empty() ? 0 : forecast.runs_.front().x;
    const CostPrediction test = forecast.predict(x);
    if (!test.epochs && !test.kwh && !test.gco2e) {
      std::string why;
      for (const Issue& issue : test.issues) {
        if (issue.code == "preindex.not_enough_calibration") why = " (" + issue.text + ")";
      }
      throw Error("preindex.not_enough_calibration",
                  std::to_string(forecast.runs_.size()) + " runs: no cost has 3 runs with more than one index" + why,
                  {{"runs", static_cast<std::int64_t>(forecast.runs_.size())}});
    }
    return forecast;
  }

  /// Forecasts every cost at an index; a cost without enough runs is absent, with an issue that says so.
  [[nodiscard]] CostPrediction predict(double x) const {
    CostPrediction prediction{.x = x, .issues = issues_};
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
        Forecast found = forecast(xs, ys, x, options_.model, options_.alpha);
        found.cost = name;
        return found;
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
    CostPrediction prediction = predict(*result.value);
    if (!runs_.empty() && runs_.front().config.empty()) {
      prediction.issues.push_back(
          {"unknown_config", "config",
           "the runs do not say how their indices were computed: "
           "they are only a guide to an index of the same configuration; store config_hash with each run"});
    }
    return prediction;
  }

  [[nodiscard]] const std::vector<CalibrationRun>& runs() const noexcept { return runs_; }  ///< those in use
  [[nodiscard]] const CostOptions& options() const noexcept { return options_; }            ///< as they were given

 private:
  /// Throws preindex.config_mismatch naming the fields in which the runs differ.
  void require_one_group() const {
    std::vector<std::string> differing;
    std::string text;
    for (const char* field : {"config", "model", "dataset", "protocol", "machine"}) {
      std::set<std::string> values;
      for (const CalibrationRun& run : runs_) values.insert(field_of(run, field));
      if (values.size() <= 1) continue;
      differing.emplace_back(field);
      text += (text.empty() ? "" : "; ") + std::string(field) + " (";
      std::size_t shown = 0;
      for (const std::string& value : values) {
        if (shown == 5) text += ", ...";
        if (++shown > 5) break;
        text += (shown > 1 ? ", '" : "'") + value + "'";
      }
      text += ")";
    }
    if (differing.empty()) return;
    throw Error(
        "preindex.config_mismatch",
        "the runs differ in: " + text + "; costs of one group do not predict those of another: select one group",
        {{"keys", differing}});
  }

  /// A run that is there twice counts as two independent ones: intervals become too narrow.
  void look_for_doubles() {
    std::size_t doubles = 0;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!(runs_[i] == runs_[j])) continue;
        ++doubles;
        break;
      }
    }
    if (doubles == 0) return;
    issues_.push_back({"duplicate_runs", "runs",
                       std::to_string(doubles) + " runs equal another one in everything; "
                                                 "where they are the same run, the interval is too narrow"});
  }

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
  std::vector<Issue> issues_{};
};

/// Costs by name; what is not known or not limited is absent.
struct Costs {
  std::optional<double> epochs{};  ///< may be a fraction
  std::optional<double> kwh{};     ///< energy of the training
  std::optional<double> gco2e{};   ///< operational carbon
};

/// Whether to retrain.
enum class Decision {
  not_needed,   ///< doing nothing is accurate enough
  no_forecast,  ///< there is none, or a cost with a budget has none
  over_budget,  ///< the lower end of an interval is above its budget
  retrain,      ///< all intervals fit their budgets
  uncertain,    ///< the interval straddles the budget, or the index lies outside of the runs
};
/// Texts of `Decision`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Decision) noexcept {
  return texts("not_needed", "no_forecast", "over_budget", "retrain", "uncertain");
}

/// What the report is made of. Accuracies are shares in [0, 1].
struct RetrainQuestion {
  std::optional<preindex::Result> index{};   ///< with components and configuration
  double x = 0;                              ///< the index, where there is no result
  std::optional<CostPrediction> forecast{};  ///< none: there is no calibration
  double accuracy = 0;                       ///< on a labelled sample of the shifted data: that of doing nothing
  double required_accuracy = 0;              ///< below it, something has to be done
  Costs budget{};                            ///< limits of this retraining
  Costs from_scratch{};                      ///< cost of training from scratch
  Costs index_cost{};                        ///< cost of having computed the index
  std::vector<std::pair<std::string, CostPrediction>>
      candidates{};  ///< shifts at which a calibration run could be made
};

/// Whether to retrain, with the reasons.
struct RetrainReport {
  Decision decision = Decision::no_forecast;  ///< the answer
  std::string reason{};                       ///< the decision rule in words
  std::string advice{};                       ///< for `uncertain`: which calibration run would help
  std::vector<Issue> issues{};                ///< of the forecast and the index
  RetrainQuestion question{};                 ///< what it answers

  [[nodiscard]] std::string to_json() const;  ///< JSON with stable keys
  [[nodiscard]] std::string to_text() const;  ///< several lines for people
};

namespace detail {

inline constexpr std::array<const char*, 3> cost_names{"epochs", "kWh", "gCO2e"};

[[nodiscard]] inline std::array<std::optional<double>, 3> values_of(const Costs& c) {
  return {c.epochs, c.kwh, c.gco2e};
}

[[nodiscard]] inline std::array<const Forecast*, 3> forecasts_of(const std::optional<CostPrediction>& p) {
  const auto one = [](const std::optional<Forecast>& f) { return f ? &*f : nullptr; };
  return p ? std::array{one(p->epochs), one(p->kwh), one(p->gco2e)} : std::array<const Forecast*, 3>{};
}

inline void check(const RetrainQuestion& question) {
  for (const double accuracy : {question.accuracy, question.required_accuracy}) {
    if (!(accuracy >= 0 && accuracy <= 1)) throw bad_option("accuracy", numeric::text(accuracy), "a share in [0, 1]");
  }
  for (const Costs& all : {question.budget, question.from_scratch, question.index_cost}) {
    for (const auto& cost : values_of(all)) {
      if (cost && !(*cost >= 0)) throw Error("preindex.bad_cost", "a cost or budget is negative or NaN");
    }
  }
  if (!std::isfinite(question.x)) throw bad_option("index", numeric::text(question.x), "a finite index");
  if (question.forecast && std::fabs(question.forecast->x - question.x) > 1e-9 * std::fabs(question.x)) {
    throw bad_option("forecast", "one that was made for the index " + numeric::text(question.forecast->x),
                     "one for the index " + numeric::text(question.x) + " of the report");
  }
}

/// What the forecasts say about the budgets.
struct Verdict {
  bool any = false;           ///< there is a forecast
  bool missing = false;       ///< a cost with a budget has none
  bool limited = false;       ///< there is a budget
  bool extrapolated = false;  ///< a forecast that the decision would rest on lies where no run is
  bool within = true;         ///< all upper ends are within their budgets
  std::string over{};         ///< costs whose lower end is above the budget
};

[[nodiscard]] inline Verdict verdict_of(const std::array<const Forecast*, 3>& forecasts,
                                        const std::array<std::optional<double>, 3>& budgets) {
  Verdict v;
  for (const auto& budget : budgets) v.limited |= budget.has_value();
  for (std::size_t i = 0; i < 3; ++i) {
    const Forecast* forecast = forecasts[i];
    v.any |= forecast != nullptr;
    v.missing |= budgets[i].has_value() && forecast == nullptr;
    if (forecast == nullptr || (v.limited && !budgets[i])) continue;
    v.extrapolated |= forecast->extrapolated;
    if (!budgets[i]) continue;
    if (forecast->interval->low > *budgets[i]) v.over += (v.over.empty() ? "" : ", ") + std::string(cost_names[i]);
    v.within = v.within && forecast->interval->high <= *budgets[i];
  }
  return v;
}

/// Says where training from scratch is cheaper than what retraining is forecast to cost.
inline void compare_with_scratch(RetrainReport& report, const std::array<const Forecast*, 3>& forecasts,
                                 const std::array<std::optional<double>, 3>& scratch) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!scratch[i] || forecasts[i] == nullptr || *scratch[i] >= *forecasts[i]->value) continue;
    const bool sure = *scratch[i] < forecasts[i]->interval->low;
    report.issues.push_back(
        {"from_scratch_cheaper", cost_names[i],
         "training from scratch costs " + numeric::text(*scratch[i]) + " " + cost_names[i] +
             ", retraining is forecast to cost " + numeric::text(*forecasts[i]->value) +
             (sure ? ": more at every point of the interval" : ", though the interval reaches lower")});
  }
}

/// Which calibration run would tell most about an answer that is uncertain.
[[nodiscard]] inline std::string advice_for(const RetrainQuestion& question) {
  const auto budgets = values_of(question.budget);
  std::string advice = "make a further calibration run at an index near " + numeric::text(question.x);
  std::optional<double> least;
  for (const auto& [name, candidate] : question.candidates) {
    // The first cost with a budget that has a forecast decides which candidate is cheapest.
    const auto forecasts = forecasts_of(candidate);
    for (std::size_t i = 0; i < 3; ++i) {
      if (!budgets[i] || forecasts[i] == nullptr) continue;
      if (!least || *forecasts[i]->value < *least) {
        least = *forecasts[i]->value;
        advice = "make a further calibration run at '" + name + "', the cheapest of the candidates";
      }
      break;
    }
  }
  return advice;
}

}  // namespace detail

/// Answers with the first rule that matches: not needed, no forecast, uncertain (extrapolated), over budget, retrain,
/// uncertain (docs/preindex.md, "From index to cost").
///
/// Throws preindex.bad_option for an accuracy outside of [0, 1] and for a forecast that was made for another index,
/// preindex.bad_cost for a negative budget.
[[nodiscard]] inline RetrainReport retrain_or_not(RetrainQuestion question) {
  if (question.index) {
    if (!question.index->value) throw Error("preindex.empty", "the result has no index: no embeddings were given");
    question.x = *question.index->value;
  }
  detail::check(question);
  RetrainReport report;
  const auto forecasts = detail::forecasts_of(question.forecast);
  if (question.forecast) add_issues(report.issues, question.forecast->issues);
  for (const Forecast* forecast : forecasts) {
    if (forecast != nullptr) add_issues(report.issues, forecast->issues);
  }
  if (question.index) add_issues(report.issues, question.index->issues);
  const detail::Verdict verdict = detail::verdict_of(forecasts, detail::values_of(question.budget));
  const auto decide = [&](Decision decision, std::string reason) {
    report.decision = decision;
    report.reason = std::move(reason);
  };
  if (question.accuracy >= question.required_accuracy) {
    decide(Decision::not_needed, "the accuracy on the shifted data is what is required, or better");
  } else if (!verdict.any || verdict.missing) {
    decide(Decision::no_forecast, verdict.any ? "a cost that has a budget has no forecast" : "there is no forecast");
  } else if (verdict.extrapolated) {
    decide(Decision::uncertain,
           "the index lies outside of the range of the calibration runs, where a forecast says nothing");
  } else if (!verdict.over.empty()) {
    decide(Decision::over_budget, "the lower end of the interval is above the budget: " + verdict.over);
  } else if (verdict.within) {
    decide(Decision::retrain,
           verdict.limited ? "the upper end of every interval is within its budget" : "no budget was given");
    if (!verdict.limited) report.issues.push_back({"no_budget", "budget", "without a budget every cost is accepted"});
  } else {
    decide(Decision::uncertain, "an interval straddles its budget, or is not bounded above");
  }
  if (report.decision == Decision::uncertain) report.advice = detail::advice_for(question);
  if (report.decision != Decision::not_needed) {
    detail::compare_with_scratch(report, forecasts, detail::values_of(question.from_scratch));
  }
  report.question = std::move(question);
  return report;
}

}  // namespace co2lib::preindex
