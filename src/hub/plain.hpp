// SPDX-License-Identifier: MIT
// Texts of cards made plain enough to be compared: valid UTF-8, no tags, one kind of blank; private to src.
#pragma once

#include <string>
#include <string_view>

namespace co2lib::hub {

/// Signs that have no ASCII letter of their own, as `plain_value` writes them.
namespace sign {
inline constexpr char en_dash = '\x01';
inline constexpr char em_dash = '\x02';
inline constexpr char plus_minus = '\x03';
inline constexpr char at_most = '\x04';
inline constexpr char at_least = '\x05';
}  // namespace sign

/// The text with what is no UTF-8 as U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// Lower case of ASCII letters.
[[nodiscard]] std::string lower(std::string_view text);

/// Without blanks, tabs and line ends at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Without HTML tags: `<`, an optional `/`, a letter, at most 40 characters, `>`.
[[nodiscard]] std::string without_tags(std::string_view text);

/// A value as the readers of numbers take it.
///
/// Tags are gone; a run of white space of any kind is one blank; none is left at the ends. Typographic signs have one
/// form: U+2212 is `-`, quotes that part thousands are `'`, `µ` is `u`, `×` is `*`, `≈` is `~`, the subscript of CO₂ is
/// `2`, others are those of `sign`. Whatever else is not ASCII is byte 0x7F, a decimal digit among it byte 0x1A.
[[nodiscard]] std::string plain_value(std::string_view text);
inline constexpr char foreign_digit = '\x1a';

/// True for a text that stands where a value is missing (`TBD`, `[More Information Needed]`); takes a `plain_value`.
[[nodiscard]] bool is_placeholder(std::string_view plain);

}  // namespace co2lib::hub
