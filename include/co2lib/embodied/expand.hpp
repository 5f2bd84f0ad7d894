// SPDX-License-Identifier: MIT
// The parts behind a level: what Pirson and Bol say a block of a level consists of, with the factors of this library.
#pragma once

#include <cstdint>
#include <string_view>

#include <co2lib/embodied/bom.hpp>

namespace co2lib::embodied {

/// The parts of a block at a level, from the rows whose ids begin with `hsl.qty.BLOCK.LEVEL`, sizes with their ranges.
///
/// Dies are `logic.cpa.generic` of the next class of node, memories `dram.generic` and `nand.generic` of the capacity.
/// Pieces have no range. What has no factor here (solder, cables, coils, switches, road transport) is left out, each
/// with the issue `not_expanded`; so the sum is less than the row of the level, and was checked against nothing. An
/// unknown block or a level without such rows is `embodied.unknown_factor`.
[[nodiscard]] Bom expand_hsl(std::string_view block, std::int64_t level, const Factors& factors = {});

}  // namespace co2lib::embodied
