// SPDX-License-Identifier: MIT
// A new block in the place of the old one. What cannot be replaced alone is refused: the result is read back.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/hub/card.hpp>

#include "hub/body.hpp"
#include "hub/front_matter.hpp"
#include "hub/metadata.hpp"

namespace co2lib::hub {

namespace {

[[noreturn]] void cannot_update(const std::string& why) { throw Error("hub.card_yaml_error", why); }

/// True for the line of the key: plain or quoted, at column 0.
bool is_key_line(std::string_view line) {
  for (const std::string_view quote : {"", "\"", "'"}) {
    const std::string key = std::string(quote) + std::string(block_key) + std::string(quote);
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find_first_not_of(" \t", key.size());
    if (colon != std::string_view::npos && line[colon] == ':') return true;
  }
  return false;
}

std::string with_line_ends(std::string_view text, std::string_view end) {
  std::string lines;
  for (const char c : text) {
    if (c == '\n') {
      lines += end;
    } else {
      lines += c;
    }
  }
  return lines;
}

/// How often the key stands in the metadata; throws where they are no map.
std::size_t count_keys(std::string_view metadata) {
  bool json = false;
  const auto tree = parse_metadata(metadata, false, json);
  if (!tree) {
    cannot_update("the metadata of the card is not YAML (" + tree.issue().subject + ": " + tree.issue().text +
                  "); repair it, then write the block");
  }
  if (tree->is_null()) return 0;
  if (tree->kind != co2lib::detail::DocumentValue::Kind::map) {
    cannot_update("the metadata of the card is " + tree->what() + ", not a map of keys; repair it first");
  }
  return static_cast<std::size_t>(std::count_if(tree->entries.begin(), tree->entries.end(),
                                                [](const auto& entry) { return entry.key.text == block_key; }));
}

/// The old block: from the line of the key to where what follows begins.
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Place find_block(std::string_view card, const FrontMatter& front) {
  Place place{front.end, front.end};
  bool inside = false;
  for (std::size_t at = front.begin; at < front.end;) {
    const Line line = line_at(card, at);
    const std::string_view content = card.substr(line.begin, line.end - line.begin);
    if (!inside) {
      if (is_key_line(content)) {
        place = {line.begin, line.next};
        inside = true;
      }
    } else if (content.find_first_not_of(" \t") != std::string_view::npos) {
      const char first = content.front();
      if (first == ' ' || first == '\t' || first == '-') {
        place.end = line.next;
      } else if (first != '#') {
        break;
      }
    }
    at = line.next;
  }
  return place;
}

std::string replace_body(std::string_view card, double grams) {
  const FrontMatter front = find_front_matter(card);
  const std::vector<BodyMass> masses = read_body(card.substr(front.body)).masses;
  if (masses.empty()) return std::string(card);
  const std::size_t begin = front.body + masses.front().begin;
  const std::size_t end = front.body + masses.front().end;
  std::string text(card.substr(0, begin));
  text.append("- **Carbon Emitted:** ").append(detail::yaml_number(grams)).append(" g CO2eq");
  return text.append(card.substr(end));
}

/// The line end in front of a place; "\n" where there is none.
std::string_view end_before(std::string_view card, std::size_t at) {
  const std::string_view before = card.substr(0, at);
  for (const std::string_view end : {"\r\n", "\r"}) {
    if (before.ends_with(end)) return end;
  }
  return "\n";
}

std::string put(std::string_view card, const std::string& block, double grams, const UpdateOptions& options) {
  const FrontMatter front = find_front_matter(card);
  if (front.unterminated) {
    throw Error("hub.card_front_matter_unterminated",
                "the metadata of the card begin with --- and never end; put --- on a line of its own behind them");
  }
  const std::size_t start = front.warnings.has(CardWarning::byte_order_mark) ? 3 : 0;
  std::string updated;
  if (!front.there) {
    const std::string_view end = end_before(card, line_at(card, start).next);
    const std::string lines = with_line_ends(block, end);
    updated.append(card.substr(0, start)).append("---").append(end).append(lines).append("---").append(end);
    updated.append(card.substr(start));
  } else {
    const std::size_t keys = count_keys(card.substr(front.begin, front.end - front.begin));
    if (keys > 1) {
      throw Error("hub.card_duplicate_key",
                  "co2_eq_emissions is there more than once; remove all but one, then write the block");
    }
    const Place place = find_block(card, front);
    if (keys == 1 && place.begin == place.end) {
      cannot_update("co2_eq_emissions does not begin a line of the metadata; write it as a key of its own line first");
    }
    const std::string_view rest = card.substr(place.end);
    // As the line above the metadata; but \r would be one line end with the \n of an empty line behind it.
    std::string_view end = end_before(card, front.begin);
    if (end == "\r" && rest.starts_with('\n')) end = "\n";
    updated.append(card.substr(0, place.begin)).append(with_line_ends(block, end)).append(rest);
  }
  if (options.update_body) updated = replace_body(updated, grams);
  const Card read = read_card(updated);
  if (read.status != CardStatus::ok || read.grams != grams || read.warnings.has(CardWarning::emissions_is_string)) {
    cannot_update(
        "the block cannot be replaced alone (an anchor in it, or a map in brackets); write the metadata as "
        "plain lines first");
  }
  return updated;
}

}  // namespace

std::string update_card(std::string_view card, const CardRecord& record, const UpdateOptions& options) {
  return put(card, write_block(record).yaml, *record.emissions, options);
}

std::string update_card(std::string_view card, const CardBlock& block, const UpdateOptions& options) {
  const Card read = read_metadata(block.yaml);
  if (!block.yaml.starts_with(block_key) || !block.yaml.ends_with('\n') || read.status != CardStatus::ok) {
    throw Error(
        "hub.bad_value",
        "the block is not one of write_block or Footprint.to_model_card(): co2_eq_emissions with emissions in g");
  }
  return put(card, block.yaml, *read.grams, options);
}

}  // namespace co2lib::hub
