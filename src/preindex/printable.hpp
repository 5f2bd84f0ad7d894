// SPDX-License-Identifier: MIT
// What a parser says of bytes that are no text; private to preindex.
#pragma once

#include <string>
#include <string_view>

namespace co2lib::preindex {

/// A text with all but printable ASCII replaced: messages become texts of other languages, which must be Unicode.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

}  // namespace co2lib::preindex
