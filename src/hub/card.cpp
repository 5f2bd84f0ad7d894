// SPDX-License-Identifier: MIT
// A whole card: metadata, then the text, then what they say of each other.
#include <co2lib/hub/card.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "hub/body.hpp"
#include "hub/front_matter.hpp"
#include "hub/metadata.hpp"
#include "hub/plain.hpp"

namespace co2lib::hub {

namespace {

using enum CardWarning;

constexpr std::size_t text_limit = std::size_t{64} << 20;

/// Two masses are one: they differ by no more than rounding.
bool same(double a, double b) { return std::fabs(a - b) <= 1e-12 * std::max(std::fabs(a), std::fabs(b)); }

/// Does the text agree with the metadata, or with it in the wrong unit?
CardWarnings cross_check(double grams, const Reading& body) {
  const double stated = *body.grams;
  const auto agrees = [&](double c) { return std::fabs(stated - c) <= std::max(0.02 * c, body.half_digit); };
  if (agrees(grams)) return {};
  if (agrees(1000.0 * grams)) return {suspected_kg_as_g};
  if (agrees(grams / 1000.0)) return {suspected_g_as_kg};
  return {body_mismatch};
}

/// Bounds of all readings together.
void widen(Card& card, const Reading& reading) {
  const auto low = reading.grams ? reading.grams : reading.low;
  const auto high = reading.grams ? reading.grams : reading.high;
  if (low) card.low = card.low ? std::min(*card.low, *low) : *low;
  if (high) card.high = card.high ? std::max(*card.high, *high) : *high;
}

/// What the text says where the metadata says nothing.
void take_body(Card& card, const std::vector<const Reading*>& certain, const std::vector<const Reading*>& doubtful) {
  if (certain.empty() && doubtful.empty()) return;
  card.warnings.add(from_body_text);
  if (certain.empty()) {
    card.status = CardStatus::ambiguous;
    bool open_low = false;
    bool open_high = false;
    for (const Reading* reading : doubtful) {
      widen(card, *reading);
      open_low = open_low || !reading->low;
      open_high = open_high || !reading->high;
      card.warnings.add(reading->warnings);
    }
    if (open_low) card.low.reset();
    if (open_high) card.high.reset();
    return;
  }
  const Reading& first = *certain.front();
  const bool agree = std::all_of(certain.begin(), certain.end(),
                                 [&](const Reading* reading) { return same(*reading->grams, *first.grams); });
  if (!agree) {
    card.status = CardStatus::ambiguous;
    card.warnings.add(multiple_body_values);
    for (const Reading* reading : certain) widen(card, *reading);
    return;
  }
  card.status = CardStatus::ok_from_body;
  card.grams = first.grams;
  card.low = first.low;
  card.high = first.high;
  card.unit_source = UnitSource::body;
  card.warnings.add(first.warnings);
}

void read_text_of(Card& card, std::string_view text) {
  const Body body = read_body(text);
  std::vector<const Reading*> certain;
  std::vector<const Reading*> doubtful;
  for (const BodyMass& mass : body.masses) {
    (mass.reading.grams ? certain : doubtful).push_back(&mass.reading);
  }
  const bool one = !certain.empty() && std::all_of(certain.begin(), certain.end(), [&](const Reading* reading) {
    return same(*reading->grams, *certain.front()->grams);
  });
  if (one) card.body_grams = certain.front()->grams;
  if (card.status == CardStatus::missing) {
    take_body(card, certain, doubtful);
  } else if (card.status == CardStatus::ok && one) {
    card.warnings.add(cross_check(*card.grams, *certain.front()));
  } else if (card.status == CardStatus::ok && !certain.empty()) {
    card.warnings.add(multiple_body_values);
  }
  const auto fill = [](auto& field, const auto& value) {
    if (!field) field = value;
  };
  fill(card.hardware_used, body.hardware_used);
  fill(card.geographical_location, body.geographical_location);
  fill(card.hours_used, body.hours_used);
  fill(card.energy_kwh, body.energy_kwh);
  fill(card.cloud_provider, body.cloud_provider);
}

/// What the metadata alone says of itself; before the text adds to it.
void judge_metadata(Card& card) {
  card.completeness = static_cast<int>(card.status == CardStatus::ok) + static_cast<int>(card.source.has_value()) +
                      static_cast<int>(card.training_type.has_value()) +
                      static_cast<int>(card.geographical_location.has_value()) +
                      static_cast<int>(card.hardware_used.has_value());
  if (card.status == CardStatus::ok && card.energy_kwh && *card.energy_kwh > 0) {
    const double intensity = *card.grams / *card.energy_kwh;
    if (intensity < 1 || intensity > 1500) card.warnings.add(implausible_intensity);
  }
}

/// True if the letters of `emission` stand in the text, in any case. (Horspool 1980: the last letter of a window says
/// how far the next one is.)
bool mentions_emissions(std::string_view text) {
  static constexpr std::string_view word = "emission";
  static constexpr auto steps = [] {
    std::array<unsigned char, 256> far{};
    far.fill(static_cast<unsigned char>(word.size()));
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const auto step = static_cast<unsigned char>(word.size() - 1 - i);
      far[static_cast<unsigned char>(word[i])] = step;
      far[static_cast<unsigned char>(word[i] - 'a' + 'A')] = step;
    }
    return far;
  }();
  const auto alike = [](char a, char b) { return (a | 0x20) == b; };
  for (std::size_t at = 0; at + word.size() <= text.size();) {
    const std::string_view window = text.substr(at, word.size());
    if (std::equal(window.begin(), window.end(), word.begin(), alike)) return true;
    at += steps[static_cast<unsigned char>(window.back())];
  }
  return false;
}

Card read(std::string_view text, bool thorough) {
  Card card;
  if (text.size() > text_limit) {
    card.warnings.add(yaml_error);
    const bool named = text.substr(0, text_limit).find(block_key) != std::string_view::npos;
    card.status = named ? CardStatus::invalid : CardStatus::missing;
    return card;
  }
  const FrontMatter front = find_front_matter(text);
  card.warnings.add(front.warnings);
  if (front.there) {
    const std::string_view metadata = text.substr(front.begin, front.end - front.begin);
    if (thorough || mentions_emissions(metadata)) read_metadata_into(card, metadata, false);
  }
  judge_metadata(card);
  read_text_of(card, text.substr(front.body));
  return card;
}

}  // namespace

Card read_card(std::string_view text) { return read(text, true); }

Card read_metadata(std::string_view text) {
  Card card;
  read_metadata_into(card, text, true);
  judge_metadata(card);
  return card;
}

std::vector<Card> read_cards(std::span<const std::string_view> texts, const CardsOptions& options) {
  std::vector<Card> cards(texts.size());
  read_cards(
      texts, [&](std::size_t i, Card&& card) { cards[i] = std::move(card); }, options);
  return cards;
}

void read_cards(std::span<const std::string_view> texts, const std::function<void(std::size_t, Card&&)>& take,
                const CardsOptions& options) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // guards `failure`
  std::exception_ptr failure;
  constexpr std::size_t chunk = 64;
  const auto work = [&] {
    try {
      for (std::size_t begin = next.fetch_add(chunk); begin < texts.size(); begin = next.fetch_add(chunk)) {
        const std::size_t end = std::min(begin + chunk, texts.size());
        for (std::size_t i = begin; i < end; ++i) take(i, read(texts[i], options.thorough));
      }
    } catch (...) {
      next = texts.size();
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const auto machine = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t wanted = options.threads > 0 ? static_cast<std::size_t>(options.threads) : machine;
  const std::size_t threads = std::min(wanted, texts.size() / chunk + 1);
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace co2lib::hub
