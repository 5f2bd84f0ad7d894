// SPDX-License-Identifier: MIT
// One field of a part, as a document writes it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "embodied/part_class.hpp"
#include "embodied/quantity_in.hpp"

namespace co2lib::embodied {

/// The keys that every class takes.
inline constexpr std::array<std::string_view, 6> part_keys{"id", "class", "qty", "scope", "source", "note"};

/// Sets the field `key`, which is none of `part_keys`. `embodied.bad_bom` for a key that the class does not have; what
/// `factor_in` and the like throw for its value.
void read_field(Part& part, const ClassRule& rule, const Spot& spot, const std::string& key);

}  // namespace co2lib::embodied
