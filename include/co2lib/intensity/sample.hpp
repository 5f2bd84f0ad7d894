// SPDX-License-Identifier: MIT
// Energy over time, as it is priced.
#pragma once

#include <co2lib/clock.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

/// Energy used over `[start, end)`, evenly spread inside.
struct EnergySample {
  UtcTime start{};  ///< part of the interval
  UtcTime end{};    ///< not part of the interval
  Energy energy{};  ///< of the interval, IT energy

  bool operator==(const EnergySample&) const = default;
};

}  // namespace co2lib::intensity
