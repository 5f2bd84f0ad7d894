// SPDX-License-Identifier: MIT
// A prediction as JSON, and its carbon.
#include <co2lib/inference/prediction.hpp>

#include <cmath>

#include <co2lib/inference/refuse.hpp>

#include "detail/json.hpp"
#include "inference/kernel_json.hpp"

namespace co2lib::inference {

namespace {

using co2lib::detail::json_list;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

auto ranged_json(const Ranged& x) {
  return JsonObject{[x](JsonWriter& o) {
    o.add("value", x.value);
    o.add("low", x.low);
    o.add("high", x.high);
  }};
}

template <class Q, class Number>
void add_estimate(JsonWriter& o, const char* name, const Estimate<Q>& estimate, const Number& number) {
  o.add(name, JsonObject{[&](JsonWriter& e) {
          e.add("value", estimate.value ? std::optional(number(*estimate.value)) : std::nullopt);
          e.add("low", estimate.interval ? std::optional(number(estimate.interval->low)) : std::nullopt);
          e.add("high", estimate.interval ? std::optional(number(estimate.interval->high)) : std::nullopt);
          e.add("confidence", estimate.interval ? std::optional(estimate.interval->confidence) : std::nullopt);
        }});
}

auto prediction_kernel_json(const KernelPrediction& k) {
  return JsonObject{[&k](JsonWriter& o) {
    o.add("name", k.name);
    o.add("kernel", k.kernel);
    o.add("nodes", k.nodes);
    o.add("config", JsonObject{[&k](JsonWriter& c) { detail::write_kernel(c, k.config); }});
    o.add("latency_us", ranged_json(k.latency_us));
    if (k.energy_mj) {
      o.add("energy_mj", ranged_json(*k.energy_mj));
    } else {
      o.add("energy_mj", nullptr);
    }
    o.add("method", text(k.method));
    o.add("extrapolated", k.extrapolated);
    o.add("bound", k.bound ? std::optional(std::string(text(*k.bound))) : std::nullopt);
    o.add("flags", k.flags);
  }};
}

}  // namespace

Estimate<CarbonMass> Prediction::carbon(CarbonIntensity intensity, double pue) const {
  if (!(pue >= 1) || !std::isfinite(pue)) {
    detail::out_of_range("pue: " + numeric::text(pue) + " is below 1; a facility needs at least what its machines do");
  }
  detail::not_negative(intensity.g_per_kwh(), "intensity");
  Estimate<CarbonMass> mass{.issues = issues, .sources = sources};
  if (energy.value) mass.value = *energy.value * intensity * pue;
  if (energy.interval) {
    mass.interval = Interval<CarbonMass>{energy.interval->low * intensity * pue,
                                         energy.interval->high * intensity * pue, energy.interval->confidence};
  }
  return mass;
}

std::string Prediction::to_json() const {
  return JsonWriter::object([this](JsonWriter& o) {
    o.add("schema", "co2lib-prediction/1");
    o.add("device", device);
    o.add("processor", processor);
    o.add("precision", precision);
    add_estimate(o, "latency_s", latency, [](Seconds s) { return s.count(); });
    add_estimate(o, "energy_j", energy, [](Energy e) { return e.joules(); });
    o.add("methods", JsonObject{[this](JsonWriter& m) {
            for (const MethodShare& share : methods) m.add(text(share.method), share.energy_share);
          }});
    o.add("kernels", json_list(kernels, prediction_kernel_json));
    o.add("issues", issues);
    o.add("sources", sources);
  });
}

}  // namespace co2lib::inference
