// SPDX-License-Identifier: MIT
// What the text of a card says about emissions and hardware; private to src.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/mass.hpp"

namespace co2lib::hub {

/// A value of emissions that the text states.
struct BodyMass {
  Reading reading;
  std::size_t begin = 0;  ///< of its line
  std::size_t end = 0;    ///< of its line, without the line end
};

struct Body {
  std::vector<BodyMass> masses;  ///< ok or ambiguous, in order
  std::optional<std::string> hardware_used;
  std::optional<std::string> geographical_location;
  std::optional<std::string> cloud_provider;
  std::optional<double> hours_used;  ///< h
  std::optional<double> energy_kwh;  ///< kWh
};

/// Reads lines such as `- **Carbon Emitted:** 3 kg`, outside of code blocks and HTML comments.
[[nodiscard]] Body read_body(std::string_view text);

}  // namespace co2lib::hub
