// SPDX-License-Identifier: MIT
// What one forecast and a backtest share; private to src.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <co2lib/intensity/forecast.hpp>
#include <co2lib/intensity/hours.hpp>

#include "forecaster.hpp"

namespace co2lib::intensity::detail {

/// Refuses a time that is not the start of an hour; `what` is the field.
void check_hour(UtcTime t, std::string_view what);

/// Refuses a missing hour among `hours[from .. to)`.
void check_known(std::span<const double> hours, UtcTime start, std::size_t from, std::size_t to);

/// Refuses an issue that knows too little.
void check_enough(std::size_t known, Forecaster method, std::size_t horizon, UtcTime issued_at);

/// Drops missing hours at both ends.
void trim(Hours& hours);

/// Fits at `issue`, and before it every 168 h as far back as forecasts from `earliest` on need it.
void fit_until(Model& model, std::size_t issue, std::size_t earliest);

/// What a forecast has of the series it was made from.
[[nodiscard]] Record attributes_of(const Trace& trace);

}  // namespace co2lib::intensity::detail
