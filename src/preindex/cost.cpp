// SPDX-License-Identifier: MIT
// The retrain-or-not report as JSON and text.
#include <co2lib/preindex/cost.hpp>

#include <array>
#include <cmath>
#include <cstdio>

#include "detail/json.hpp"

namespace co2lib::preindex {

namespace {

using co2lib::detail::Json;

Json optional(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }

std::string short_number(double x) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", x);
  return text.data();
}

Json costs_json(const Costs& costs) {
  return Json{{"epochs", optional(costs.epochs)}, {"kwh", optional(costs.kwh)}, {"gco2e", optional(costs.gco2e)}};
}

Json forecast_json(const std::optional<Forecast>& f) {
  if (!f) return nullptr;
  return Json{{"point", optional(f->value)},
              {"lower", f->interval->low},
              {"upper", f->interval->high},  // null where it is infinite
              {"confidence", f->interval->confidence},
              {"bounded", f->bounded},
              {"extrapolated", f->extrapolated},
              {"model", std::string(to_string(f->model))},
              {"runs", f->runs},
              {"range", std::array{f->lowest, f->highest}}};
}

}  // namespace

std::string RetrainReport::to_json() const {
  const RetrainQuestion& q = question;
  Json issue_list = Json::array();
  for (const Issue& issue : issues) {
    issue_list.push_back({{"code", issue.code}, {"subject", issue.subject}, {"text", issue.text}});
  }
  Json out{{"schema", "co2lib-retrain-report/1"}, {"decision", std::string(to_string(decision))}, {"reason", reason}};
  if (!advice.empty()) out["advice"] = advice;
  out["index"] = q.index ? Json::parse(q.index->to_json()) : Json{{"value", q.x}};
  Json forecast = nullptr;
  if (q.forecast) {
    forecast = Json{{"epochs", forecast_json(q.forecast->epochs)},
                    {"kwh", forecast_json(q.forecast->kwh)},
                    {"gco2e", forecast_json(q.forecast->gco2e)}};
  }
  out["forecast"] = std::move(forecast);
  out["budget"] = costs_json(q.budget);
  out["from_scratch"] = costs_json(q.from_scratch);
  out["index_cost"] = costs_json(q.index_cost);
  out["accuracy_of_doing_nothing"] = q.accuracy;
  out["required_accuracy"] = q.required_accuracy;
  Json per_point = nullptr;
  const double points = 100 * (q.required_accuracy - q.accuracy);
  if (q.forecast && points > 0) {
    const auto share = [&](const std::optional<Forecast>& f) { return f ? Json(*f->value / points) : Json(nullptr); };
    per_point = Json{
        {"epochs", share(q.forecast->epochs)}, {"kwh", share(q.forecast->kwh)}, {"gco2e", share(q.forecast->gco2e)}};
  }
  out["cost_per_percentage_point"] = std::move(per_point);
  out["issues"] = std::move(issue_list);
  return co2lib::detail::to_text(out);
}

std::string RetrainReport::to_text() const {
  const RetrainQuestion& q = question;
  std::string text = "Decision: " + std::string(to_string(decision)) + " (" + reason + ")\n";
  if (!advice.empty()) text += "Advice: " + advice + "\n";
  text += "Index: " + short_number(q.x);
  if (q.index) {
    text += " = " + q.index->label + ", p " + short_number(q.index->p);
    if (q.index->inv_ari) text += ", inv_ari " + short_number(*q.index->inv_ari);
    text += ", configuration " + q.index->config_hash;
  }
  text += "\nAccuracy: " + short_number(100 * q.accuracy) + " % without retraining, " +
          short_number(100 * q.required_accuracy) + " % required\n";
  const double points = 100 * (q.required_accuracy - q.accuracy);
  const auto line = [&](const char* name, const std::optional<Forecast>& f, const std::optional<double>& budget,
                        const std::optional<double>& scratch, const std::optional<double>& index_cost) {
    if (!f && !budget && !scratch && !index_cost) return;
    text += std::string(name) + ": ";
    if (f) {
      text += short_number(*f->value) + " (" + short_number(f->interval->low) + " to " +
              (std::isfinite(f->interval->high) ? short_number(f->interval->high) : std::string("no bound")) + " at " +
              short_number(100 * f->interval->confidence) + " %; " + std::to_string(f->runs) + " runs at indices " +
              short_number(f->lowest) + " to " + short_number(f->highest) + (f->extrapolated ? ", extrapolated)" : ")");
      if (points > 0) text += ", " + short_number(*f->value / points) + " per percentage point";
    } else {
      text += "no forecast";
    }
    if (budget) text += "; budget " + short_number(*budget);
    if (scratch) text += "; from scratch " + short_number(*scratch);
    if (index_cost) text += "; the index itself " + short_number(*index_cost);
    text += "\n";
  };
  const CostPrediction none;
  const CostPrediction& f = q.forecast ? *q.forecast : none;
  line("Epochs", f.epochs, q.budget.epochs, q.from_scratch.epochs, q.index_cost.epochs);
  line("kWh", f.kwh, q.budget.kwh, q.from_scratch.kwh, q.index_cost.kwh);
  line("gCO2e", f.gco2e, q.budget.gco2e, q.from_scratch.gco2e, q.index_cost.gco2e);
  for (const Issue& issue : issues) text += "Note: " + co2lib::to_string(issue) + "\n";
  return text;
}

}  // namespace co2lib::preindex
