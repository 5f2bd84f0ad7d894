// SPDX-License-Identifier: MIT
#include <co2lib/exchange/sci_ai.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <co2lib/numeric.hpp>

#include "exchange/parts.hpp"

namespace co2lib::exchange {

namespace {

constexpr std::array<std::string_view, 3> provider_units = {"flop", "training_token", "parameter"};

bool is_unit(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Whose activity it is; none: either's.
std::optional<Boundary> boundary_of(Activity activity) {
  if (activity == Activity::other) return std::nullopt;
  return activity == Activity::inference ? Boundary::consumer : Boundary::provider;
}

void check(const std::vector<Disclosure>& disclosures, std::string_view unit, double count, Boundary boundary,
           const SciAiOptions& options) {
  std::vector<std::string> missing;
  if (boundary == Boundary::provider && !options.basis) missing.emplace_back("basis");
  if (boundary == Boundary::provider && options.rationale.empty()) missing.emplace_back("rationale");
  if (!std::all_of(disclosures.begin(), disclosures.end(),
                   [](const Disclosure& d) { return d.activity.has_value(); })) {
    missing.emplace_back("activity");
  }
  need_all(missing);
  check_values(disclosures);
  if (!is_unit(unit)) {
    throw Error("exchange.bad_value", "unit: '" + std::string(unit) + "' is not a name of small letters, digits and _");
  }
  if (!std::isfinite(count) || count <= 0) {
    throw Error("exchange.bad_value", "count: the number of functional units must be finite and above 0");
  }
  for (const Disclosure& d : disclosures) {
    const auto own = boundary_of(*d.activity);
    if (!own || *own == boundary) continue;
    throw Error("exchange.mixed_boundary",
                fmt::format("{} is not of the {}, whose unit {} is; score the two apart", text(*d.activity),
                            text(boundary), unit),
                {{"activity", std::string(text(*d.activity))}, {"boundary", std::string(text(boundary))}});
  }
  for (const Disclosure& d : disclosures) {
    if (d.operational.value) continue;
    throw Error("exchange.no_value", "operational emissions are unknown, so there is no score", {},
                ErrorCategory::arithmetic);
  }
}

std::optional<double> sum_of(const std::vector<Disclosure>& disclosures,
                             std::optional<double> (*value)(const Disclosure&)) {
  numeric::Sum sum;
  for (const Disclosure& d : disclosures) {
    const auto one = value(d);
    if (!one) return std::nullopt;
    sum += *one;
  }
  return sum.value();
}

std::optional<Evidence> evidence_of_all(const std::vector<Disclosure>& disclosures) {
  for (const Disclosure& d : disclosures) {
    if (!d.evidence) return std::nullopt;
  }
  const auto first = disclosures.front().evidence;
  const bool same =
      std::all_of(disclosures.begin(), disclosures.end(), [&](const Disclosure& d) { return d.evidence == first; });
  return same ? first : Evidence::mixed;
}

std::optional<Interval<double>> interval_of(const std::vector<Disclosure>& disclosures, double count) {
  numeric::Sum low;
  numeric::Sum high;
  for (const Disclosure& d : disclosures) {
    if (!d.operational.interval || !d.embodied.interval) return std::nullopt;
    for (const Estimate<CarbonMass>* part : {&d.operational, &d.embodied}) {
      low += part->interval->low.grams();
      high += part->interval->high.grams();
    }
  }
  return Interval<double>{low.value() / count, high.value() / count, 0.95};
}

Json known(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }

}  // namespace

SciAi sci_ai(const std::vector<Disclosure>& disclosures, std::string_view unit, double count,
             const SciAiOptions& options) {
  if (disclosures.empty()) throw Error("exchange.bad_value", "disclosures: give at least one");
  const bool provides = std::find(provider_units.begin(), provider_units.end(), unit) != provider_units.end();
  const Boundary boundary = provides ? Boundary::provider : Boundary::consumer;
  check(disclosures, unit, count, boundary, options);
  SciAi score{.unit = std::string(unit),
              .boundary = boundary,
              .count = count,
              .basis = options.basis,
              .rationale = options.rationale,
              .disclosures = disclosures};
  score.operational_g = *sum_of(disclosures, [](const Disclosure& d) { return d.operational.grams(); });
  score.embodied_g = sum_of(disclosures, [](const Disclosure& d) { return d.embodied.grams(); });
  score.energy_kwh = sum_of(disclosures, [](const Disclosure& d) {
    return d.facility ? std::optional(d.facility->joules() / joules_per_kwh) : std::nullopt;
  });
  if (score.energy_kwh && *score.energy_kwh > 0) score.intensity_g_per_kwh = score.operational_g / *score.energy_kwh;
  score.evidence = evidence_of_all(disclosures);
  std::set<std::string> issues;
  for (const Disclosure& d : disclosures) issues.insert(d.issues.begin(), d.issues.end());
  if (score.embodied_g) {
    numeric::Sum total(score.operational_g);
    total += *score.embodied_g;
    score.g_per_unit = total.value() / count;
    score.interval = interval_of(disclosures, count);
  } else {
    issues.insert("embodied_unknown");
  }
  score.issues.assign(issues.begin(), issues.end());
  return score;
}

SciAi SciAi::stated_per(double units) const {
  if (!std::isfinite(units) || units <= 0) throw Error("exchange.bad_value", "per: must be finite and above 0");
  SciAi other = *this;
  other.per = units;
  return other;
}

std::string SciAi::to_json() const {
  Json document;
  document["schema"] = "co2lib-sci-ai/1";
  document["boundary"] = text(boundary);
  document["functional_unit"] = unit;
  document["functional_units"] = count;
  document["basis"] = basis ? Json(text(*basis)) : Json(nullptr);
  document["rationale"] = rationale.empty() ? Json(nullptr) : Json(rationale);
  document["sci_g_per_unit"] = known(g_per_unit);
  document["interval_g_per_unit"] = interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
  document["operational_g_per_unit"] = operational_g / count;
  document["embodied_g_per_unit"] = embodied_g ? Json(*embodied_g / count) : Json(nullptr);
  document["stated"]["g"] = g_per_unit ? Json(*g_per_unit * per) : Json(nullptr);
  document["stated"]["per"] = per;
  document["operational_g"] = operational_g;
  document["embodied_g"] = known(embodied_g);
  document["energy_kwh"] = known(energy_kwh);
  document["intensity_g_per_kwh"] = known(intensity_g_per_kwh);
  document["evidence"] = evidence ? Json(co2lib::text(*evidence)) : Json(nullptr);
  document["activities"] = Json::array();
  for (const Disclosure& d : disclosures) {
    Json one;
    one["activity"] = text(*d.activity);
    one["run_id"] = d.run_id ? Json(*d.run_id) : Json(nullptr);
    one["facility_j"] = d.facility ? Json(d.facility->joules()) : Json(nullptr);
    one["operational_g"] = known(d.operational.grams());
    one["embodied_g"] = known(d.embodied.grams());
    document["activities"].push_back(one);
  }
  document["issues"] = issues;
  return pretty(document);
}

std::string SciAi::to_text() const {
  if (!g_per_unit) {
    return fmt::format("no score: the embodied share is unknown; operational {:.3g} g CO2e per {}",
                       operational_g / count, unit);
  }
  int power = 0;
  double grams = *g_per_unit;
  if (unit == "parameter") {
    power = 9;
    grams *= 1e9;
  } else {
    while (grams > 0 && grams < 1 && power < 300) {
      power += 3;
      grams = *g_per_unit * std::pow(10.0, power);
    }
  }
  const std::string units = power > 0 ? fmt::format("10^{} {}s", power, unit) : unit;
  return fmt::format("{:.4g} g CO2e per {} ({})", grams, units, text(boundary));
}

double ratio(const SciAi& a, const SciAi& b) {
  if (a.unit != b.unit) {
    throw Error("exchange.mixed_units", "a score per " + a.unit + " and one per " + b.unit + " cannot be compared");
  }
  if (a.basis != b.basis) {
    throw Error("exchange.mixed_basis", "a gross and an effective score cannot be compared");
  }
  if (!a.g_per_unit || !b.g_per_unit || !(*b.g_per_unit > 0)) {
    throw Error("exchange.no_value", "there is no ratio: a score is unknown, or the second one is 0", {},
                ErrorCategory::arithmetic);
  }
  return *a.g_per_unit / *b.g_per_unit;
}

}  // namespace co2lib::exchange
