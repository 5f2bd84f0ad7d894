// SPDX-License-Identifier: MIT
// A report as text.
#include <string>

#include <fmt/format.h>

#include <co2lib/adaptive/evaluate.hpp>

namespace co2lib::adaptive {

namespace {

std::string percent(const std::optional<double>& x) { return x ? fmt::format("{:+.2f} %", *x * 100) : "-"; }

void add_condition(std::string& text, const Report& r) {
  text +=
      "Can adapting help? Always serving one model is optimal while max c / min c is not above the ratio of\n"
      "the slopes on its two sides:\n";
  for (const Vertex& v : r.vertices) {
    const auto& c = v.condition;
    text += fmt::format("  {:<24} max c / min c {:>8.2f}, slopes {:>8}: {}", v.model, c.ratio_of_intensity,
                        c.ratio_of_slopes ? fmt::format("{:.2f}", *c.ratio_of_slopes) : "inf",
                        c.optimal ? "nothing to gain" : "can gain");
    if (!c.optimal && v.saving) text += fmt::format(", at most {:.3f} % of its carbon", *v.saving * 100);
    text += '\n';
  }
  if (r.best_saving) {
    text += fmt::format("  At best, at any accuracy: {:.2f} % of the carbon of the carbon-agnostic mix.\n",
                        *r.best_saving * 100);
  }
}

void add_rows(std::string& text, const Report& r) {
  std::size_t width = 12;
  for (const ReportRow& row : r.rows) width = std::max(width, row.name.size() + 7);
  text += fmt::format("\n{:<{}}  {:>9}  {:>14}  {:>12}\n", "", width, "accuracy", "carbon", "spend/budget");
  for (const ReportRow& row : r.rows) {
    const std::string name = row.kind == RowKind::single ? "always " + row.name : row.name;
    text += fmt::format("{:<{}}  {:>9.3f}  {:>14}  {:>12}\n", name, width, row.accuracy, co2lib::to_string(row.carbon),
                        row.spend_over_budget ? fmt::format("{:.4f}", *row.spend_over_budget) : "-");
  }
}

void add_comparison(std::string& text, const Report& r) {
  text += fmt::format("\nSaving over the carbon-agnostic mix of equal accuracy: {}", percent(r.saving));
  if (r.saving_interval) {
    text += fmt::format(" (95 % of resampled weeks: {:+.2f} to {:+.2f} %)", r.saving_interval->low * 100,
                        r.saving_interval->high * 100);
  }
  text += fmt::format("\nOf what the offline optimum saves: {}; in accuracy at equal carbon: {}; regret {}",
                      percent(r.carbon.gap_closed), percent(r.gap_in_accuracy), co2lib::to_string(r.carbon.regret));
  if (r.carbon.violation && *r.carbon.violation > 1e-12) {
    text += fmt::format("; budget broken by {:.3f} %", *r.carbon.violation * 100);
  }
  text += "\nCarbon-emission efficiency (a reconstructed metric) against each single model:";
  for (const auto& [name, x] : r.cee_improvement) text += fmt::format(" {} {};", name, percent(x));
  if (!r.cee_improvement.empty()) text.back() = '\n';
  if (r.cee_improvement.empty()) text += " there is one model\n";
}

void add_rest(std::string& text, const Report& r) {
  text += fmt::format("lambda {:.6g} points/g; next larger model below", r.lambda_per_g);
  for (const double t : r.thresholds_g_per_kwh) text += fmt::format(" {:.4g}", t);
  text += r.thresholds_g_per_kwh.empty() ? " any intensity\n" : " g/kWh\n";
  if (r.idle.grams() > 0) text += fmt::format("Idle power, besides: {}\n", co2lib::to_string(r.idle));
  if (r.energy_interval) {
    text += fmt::format("Energies at the ends of their intervals: {} to {}\n",
                        co2lib::to_string(r.energy_interval->low), co2lib::to_string(r.energy_interval->high));
  }
  if (r.decided_on_other) {
    text +=
        fmt::format("Decided on the other signal, scored with this one: {}\n", co2lib::to_string(*r.decided_on_other));
  }
  for (const std::string& note : r.notes) text += "Note: " + note + '\n';
}

}  // namespace

std::string to_string(const Report& r) {
  (void)r.row(RowKind::agnostic_same_carbon);
  (void)r.row(RowKind::agnostic_same_accuracy);
  std::string text;
  add_condition(text, r);
  add_rows(text, r);
  add_comparison(text, r);
  add_rest(text, r);
  return text;
}

}  // namespace co2lib::adaptive
