// SPDX-License-Identifier: MIT
// Footprints and comparisons as JSON; masses in kg.
#include <co2lib/embodied/compare.hpp>

#include "detail/json.hpp"

namespace co2lib::embodied {

using co2lib::detail::json_list;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

namespace {

std::optional<double> kg_of(const std::optional<CarbonMass>& mass) {
  return mass ? std::optional(mass->kilograms()) : std::nullopt;
}

void add_range(JsonWriter& o, const char* name, const std::optional<Interval<CarbonMass>>& range) {
  if (!range) {
    o.add(name, nullptr);
    return;
  }
  o.add(name, JsonObject{[&](JsonWriter& r) {
          r.add("low", range->low.kilograms());
          r.add("high", range->high.kilograms());
          r.add("confidence", range->confidence);
        }});
}

void add_factor(JsonWriter& o, const Factor& f) {
  o.add("id", f.id);
  o.add("value", f.value);
  o.add("unit", f.unit);
  o.add("low", f.low);
  o.add("high", f.high);
  o.add("dist", text(f.dist));
  o.add("gsd", f.dist == Distribution::lognormal ? std::optional(f.gsd) : std::nullopt);
  o.add("boundary", f.boundary);
  o.add("year", f.year > 0 ? std::optional(f.year) : std::nullopt);
  o.add("region", f.region);
  o.add("source", f.source);
  o.add("licence", f.licence);
  o.add("table", f.table);
}

auto part_json(const PartFootprint& p) {
  return JsonObject{[&p](JsonWriter& o) {
    o.add("id", p.id);
    o.add("class", p.part_class);
    o.add("scope", text(p.scope));
    o.add("qty", p.quantity);
    o.add("value_kg", p.value.kilograms());
    add_range(o, "bounds_kg", p.bounds);
    o.add("share", p.share);
    o.add("factors", p.factors);
    o.add("source", p.source);
    o.add("note", p.note);
  }};
}

auto use_json(const FactorUse& f) {
  return JsonObject{[&f](JsonWriter& o) {
    add_factor(o, f.factor);
    o.add("swing_kg", f.swing_kg);
    o.add("rank", f.rank > 0 ? std::optional(f.rank) : std::nullopt);
    o.add("rho", f.rho);
    o.add("rho2_share", f.rho2_share);
  }};
}

auto spread_json(const Spread& s) {
  return JsonObject{[&s](JsonWriter& o) {
    o.add("mean", s.mean);
    o.add("p5", s.p5);
    o.add("p50", s.p50);
    o.add("p95", s.p95);
  }};
}

auto driver_json(const Driver& d) {
  return JsonObject{[&d](JsonWriter& o) {
    o.add("name", d.name);
    o.add("shared", d.shared);
    o.add("rho", d.rho);
  }};
}

}  // namespace

std::string BomFootprint::to_json() const {
  return JsonWriter::object([this](JsonWriter& o) {
    o.add("schema", "co2lib-embodied/1");
    o.add("name", name);
    o.add("value_kg", kg_of(value));
    add_range(o, "bounds_kg", bounds);
    add_range(o, "interval_kg", interval);
    o.add("mean_kg", kg_of(mean));
    o.add("std_kg", kg_of(std));
    o.add("p50_kg", kg_of(p50));
    o.add("draws", draws_kg.size());
    o.add("seed", seed);
    o.add("truncation", JsonObject{[this](JsonWriter& t) { add_factor(t, truncation); }});
    if (lifetime) {
      o.add("lifetime_years", JsonObject{[this](JsonWriter& t) { add_factor(t, *lifetime); }});
    } else {
      o.add("lifetime_years", nullptr);
    }
    o.add("points_share", points_share);
    o.add("parts", json_list(parts, part_json));
    o.add("factors", json_list(factors, use_json));
    o.add("issues", issues);
  });
}

std::string Comparison::to_json() const {
  return JsonWriter::object([this](JsonWriter& o) {
    o.add("schema", "co2lib-embodied-comparison/1");
    o.add("a_kg", value_a.kilograms());
    o.add("b_kg", value_b.kilograms());
    o.add("p_a_lower", p_a_lower);
    o.add("verdict", text(verdict));
    o.add("difference_kg", spread_json(difference_kg));
    o.add("ratio", spread_json(ratio));
    o.add("drivers", json_list(drivers, driver_json));
    o.add("draws", draws);
    o.add("seed", seed);
    o.add("issues", issues);
  });
}

}  // namespace co2lib::embodied
