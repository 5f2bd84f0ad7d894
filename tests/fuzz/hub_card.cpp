// SPDX-License-Identifier: MIT
// Cards of any kind: no exception but those that are said, laws of reading and updating hold.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/hub.hpp>

#include "target.hpp"

namespace {

void check(const co2lib::hub::Card& card) {
  using enum co2lib::hub::CardStatus;
  const bool certain = card.status == ok || card.status == ok_from_body;
  if (certain != card.grams.has_value()) __builtin_trap();
  if (card.grams && !(std::isfinite(*card.grams) && *card.grams >= 0)) __builtin_trap();
  if (card.low && card.high && *card.low > *card.high) __builtin_trap();
  if (card.completeness < 0 || card.completeness > 5) __builtin_trap();
}

}  // namespace

CO2LIB_FUZZ_TARGET(hub_card, data, size) {
  using namespace co2lib::hub;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Card card = read_card(text);
  check(card);
  check(read_metadata(text));
  const std::vector<std::string_view> one{text};
  if (read_cards(one, {.threads = 1, .thorough = true})[0] != card) __builtin_trap();
  CardRecord record;
  record.emissions = 12.25;
  try {
    const std::string once = update_card(text, record);
    const Card read = read_card(once);
    if (read.status != CardStatus::ok || read.grams != 12.25) __builtin_trap();
    if (update_card(once, record) != once) __builtin_trap();
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("hub.card_")) __builtin_trap();
  }
  return 0;
}
