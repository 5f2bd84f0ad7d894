// SPDX-License-Identifier: MIT
// The retrain-or-not report as JSON and text.
#include <co2lib/preindex/cost.hpp>

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "detail/json.hpp"

namespace co2lib::preindex {

namespace {

using co2lib::detail::Json;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

/// A number of the report, in four digits.
std::string short_number(double x) { return fmt::format("{:.4g}", x); }

auto costs_json(const Costs& costs) {
  return JsonObject{[&costs](JsonWriter& o) {
    o.add("epochs", costs.epochs);
    o.add("kwh", costs.kwh);
    o.add("gco2e", costs.gco2e);
  }};
}

void add_forecast(JsonWriter& costs, const char* name, const std::optional<Forecast>& f) {
  if (!f) return costs.add(name, nullptr);
  costs.add(name, JsonObject{[&](JsonWriter& o) {
              o.add("point", f->value);
              o.add("lower", f->interval->low);
              o.add("upper", f->interval->high);  // null where it is infinite
              o.add("confidence", f->interval->confidence);
              o.add("bounded", f->bounded);
              o.add("extrapolated", f->extrapolated);
              o.add("model", text(f->model));
              o.add("runs", f->runs);
              o.add("range", std::array{f->lowest, f->highest});
            }});
}

}  // namespace

std::string RetrainReport::to_json() const {
  const RetrainQuestion& q = question;
  return JsonWriter::object([&](JsonWriter& out) {
    out.add("schema", "co2lib-retrain-report/1");
    out.add("decision", text(decision));
    out.add("reason", reason);
    if (!advice.empty()) out.add("advice", advice);
    if (q.index) {
      out.add("index", Json::parse(q.index->to_json()));
    } else {
      out.add("index", JsonObject{[&](JsonWriter& o) { o.add("value", q.x); }});
    }
    if (q.forecast) {
      out.add("forecast", JsonObject{[&](JsonWriter& o) {
                add_forecast(o, "epochs", q.forecast->epochs);
                add_forecast(o, "kwh", q.forecast->kwh);
                add_forecast(o, "gco2e", q.forecast->gco2e);
              }});
    } else {
      out.add("forecast", nullptr);
    }
    out.add("budget", costs_json(q.budget));
    out.add("from_scratch", costs_json(q.from_scratch));
    out.add("index_cost", costs_json(q.index_cost));
    out.add("accuracy_of_doing_nothing", q.accuracy);
    out.add("required_accuracy", q.required_accuracy);
    const double points = 100 * (q.required_accuracy - q.accuracy);
    if (q.forecast && points > 0) {
      const auto share = [&](const std::optional<Forecast>& f) {
        return f ? std::optional(*f->value / points) : std::nullopt;
      };
      out.add("cost_per_percentage_point", JsonObject{[&](JsonWriter& o) {
                o.add("epochs", share(q.forecast->epochs));
                o.add("kwh", share(q.forecast->kwh));
                o.add("gco2e", share(q.forecast->gco2e));
              }});
    } else {
      out.add("cost_per_percentage_point", nullptr);
    }
    out.add("issues", issues);
  });
}

std::string RetrainReport::to_text() const {
  const RetrainQuestion& q = question;
  std::string text = fmt::format("Decision: {} ({})\n", preindex::text(decision), reason);
  if (!advice.empty()) text += fmt::format("Advice: {}\n", advice);
  text += "Index: " + short_number(q.x);
  if (q.index) {
    text += fmt::format(" = {}, p {}", q.index->label, short_number(q.index->p));
    if (q.index->inv_ari) text += ", inv_ari " + short_number(*q.index->inv_ari);
    text += ", configuration " + q.index->config_hash;
  }
  text += fmt::format("\nAccuracy: {} % without retraining, {} % required\n", short_number(100 * q.accuracy),
                      short_number(100 * q.required_accuracy));
  const double points = 100 * (q.required_accuracy - q.accuracy);
  const auto line = [&](const char* name, const std::optional<Forecast>& f, const std::optional<double>& budget,
                        const std::optional<double>& scratch, const std::optional<double>& index_cost) {
    if (!f && !budget && !scratch && !index_cost) return;
    text += std::string(name) + ": ";
    if (f) {
      text += fmt::format("{} ({} to {} at {} %; {} runs at indices {} to {}{}", short_number(*f->value),
                          short_number(f->interval->low),
                          std::isfinite(f->interval->high) ? short_number(f->interval->high) : std::string("no bound"),
                          short_number(100 * f->interval->confidence), f->runs, short_number(f->lowest),
                          short_number(f->highest), f->extrapolated ? ", extrapolated)" : ")");
      if (points > 0) text += fmt::format(", {} per percentage point", short_number(*f->value / points));
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
  for (const Issue& issue : issues) text += fmt::format("Note: {}\n", co2lib::to_string(issue));
  return text;
}

}  // namespace co2lib::preindex
