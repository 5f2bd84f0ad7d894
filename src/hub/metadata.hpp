// SPDX-License-Identifier: MIT
// The block of emissions in the metadata of a card; private to src.
#pragma once

#include <string>
#include <string_view>

#include <co2lib/hub/card.hpp>

#include "detail/document.hpp"

namespace co2lib::hub {

/// The metadata as one tree, keys that repeat and tags included; the text is made valid UTF-8 and `\n` first.
[[nodiscard]] Result<co2lib::detail::DocumentValue> parse_metadata(std::string_view text, bool may_be_json, bool& json);

/// Reads the metadata into a card ; nothing of the text of the card.
void read_metadata_into(Card& card, std::string_view text, bool may_be_json);

}  // namespace co2lib::hub
