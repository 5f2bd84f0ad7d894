// SPDX-License-Identifier: MIT
// The price of a flush as the log says it; private to src/tracker.
#pragma once

#include <memory>

#include <co2lib/tracker/run.hpp>

#include "tracker/json_parts.hpp"

namespace co2lib::tracker::detail {

/// What a price says beside its mean: `origin`, or `parts` ([origin, share, g/kWh] each), `error`, `flags`; an empty
/// object if that is nothing.
[[nodiscard]] Json price_json(const FramePrice& price);

/// The price of an object with `g_per_kwh` and `price`; null without the first.
[[nodiscard]] std::shared_ptr<const FramePrice> price_of(const Json& j);

}  // namespace co2lib::tracker::detail
