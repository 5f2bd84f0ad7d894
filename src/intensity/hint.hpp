// SPDX-License-Identifier: MIT
// What somebody may have meant who wrote a location that is none. Private to src/intensity.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace co2lib::intensity {

/// A place somebody may have meant.
struct Hint {
  std::string key;
  std::string name;
};

struct Hints {
  std::vector<Hint> nearest;  ///< three, the best first
  bool group = false;         ///< the text names a group of countries, such as the EU, which has no value of its own
};

/// The three places that are called most like a text: by key, English name, other names (table `place_names`), the code
/// of a subdivision without its country and of a cloud region without its provider.
[[nodiscard]] Hints hints_for(std::string_view location);

}  // namespace co2lib::intensity
