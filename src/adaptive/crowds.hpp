// SPDX-License-Identifier: MIT
// Slots by the models that they may use: limits of latency and accuracy drop models before anything is planned.
#pragma once

#include <vector>

#include <co2lib/adaptive/plan.hpp>

#include "steps.hpp"

namespace co2lib::adaptive::detail {

/// Slots that may use the same models, with their hull. Of the options the limits, latencies and PUE are read; throws
/// `adaptive.infeasible` for a slot without a model.
[[nodiscard]] std::vector<Crowd> crowds_of(const std::vector<Model>& models, const Slots& slots, const PlanOptions& o,
                                           const std::vector<double>& demand);

}  // namespace co2lib::adaptive::detail
