// SPDX-License-Identifier: MIT
// Hardware specification levels (Pirson and Bol, J. Cleaner Production 2021): a device as levels 0..3 of its blocks.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <co2lib/embodied/factor.hpp>

namespace co2lib::embodied {

/// Block (`casing`, `processing`, ...) to level 0..3.
using HslLevels = std::map<std::string, std::int64_t, std::less<>>;

/// Which numbers of a level: `tide` (fabrication and end of life) or `pb` (the original low, typical, high).
enum class HslReading : std::uint8_t {
  tide,  ///< fabrication and end of life
  pb,    ///< the original low, typical and high
};
/// Texts of `HslReading`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(HslReading) noexcept { return texts("tide", "pb"); }

/// Which end of the range of `pb` rows.
enum class HslCase : std::uint8_t {
  low,   ///< the low column
  mode,  ///< the typical column
  high,  ///< the high column
};
/// Texts of `HslCase`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(HslCase) noexcept { return texts("low", "mode", "high"); }

/// The sum of the rows of a device's levels in kg, without truncation and profile.
///
/// `eol` adds the end of life (tide). A level 0 without a row is nothing; another level without a row, an unknown
/// block, or the end of a range that is not known is `embodied.unknown_factor`.
[[nodiscard]] double hsl_total(const HslLevels& levels, HslReading reading = HslReading::tide, bool eol = true,
                               HslCase which = HslCase::mode, const Factors& factors = {});

}  // namespace co2lib::embodied
