// SPDX-License-Identifier: MIT
// The lines of a card: metadata and text; private to src.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <co2lib/hub/card.hpp>

namespace co2lib::hub {

inline constexpr std::string_view block_key = "co2_eq_emissions";

/// A line and its end, `\n`, `\r\n` or `\r`, which the last one may lack.
struct Line {
  std::size_t begin = 0;
  std::size_t end = 0;   ///< without the line end
  std::size_t next = 0;  ///< where the next line begins
};

/// The line that begins at `at`.
[[nodiscard]] Line line_at(std::string_view text, std::size_t at);

/// The lines of a text.
[[nodiscard]] std::vector<Line> lines_of(std::string_view text);

/// Where metadata and text of a card are.
struct FrontMatter {
  bool there = false;
  bool unterminated = false;
  std::size_t begin = 0;  ///< of the metadata, behind the line `---`
  std::size_t end = 0;    ///< of the metadata, where the closing line begins
  std::size_t body = 0;   ///< where the text of the card begins
  CardWarnings warnings{};
};

[[nodiscard]] FrontMatter find_front_matter(std::string_view card);

}  // namespace co2lib::hub
