// SPDX-License-Identifier: MIT
// What a model card reports: read with every doubt named, and updated without touching the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/hub/write.hpp>
#include <co2lib/names.hpp>
#include <co2lib/record.hpp>

namespace co2lib::hub {

/// What became of the emissions of a card.
enum class CardStatus {
  ok,            ///< read from the metadata
  ok_from_body,  ///< the metadata is silent, the text of the card says it with a unit
  missing,       ///< nothing, null or a placeholder
  ambiguous,     ///< more than one honest reading; bounds where they can be given
  invalid,       ///< present and unreadable, negative, not finite or not a total
};
/// Texts of `CardStatus`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(CardStatus) noexcept { return texts("ok", "ok_from_body", "missing", "ambiguous", "invalid"); }

/// Where the unit of the emissions comes from.
enum class UnitSource {
  none,      ///< there are no grams
  assumed,   ///< no unit is written, so it is g
  written,   ///< beside the number
  declared,  ///< by a key `unit`
  body,      ///< by the text of the card
};
/// Texts of `UnitSource`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(UnitSource) noexcept { return texts("none", "default", "explicit", "declared", "body"); }

/// What is to be known about a reading; docs/hub.md, "Warnings", says what each means.
enum class CardWarning : std::uint8_t {
  byte_order_mark,                    ///< the file begins with a byte order mark
  front_matter_delimiter_whitespace,  ///< blanks follow the opening ---
  front_matter_unterminated,          ///< the metadata begin with --- and never end, so the Hub ignores them
  front_matter_not_at_top,            ///< the metadata do not stand at the top, so the Hub ignores them
  front_matter_not_a_map,             ///< the metadata are not a map of keys
  yaml_error,                         ///< the metadata are not YAML
  yaml_tag,                           ///< a YAML tag is ignored
  misspelt_key,                       ///< a key looks like co2_eq_emissions and is not
  duplicate_key,                      ///< a key is there more than once
  no_emissions_key,                   ///< there is no key emissions
  list_of_single_key_maps,            ///< the block is a list of single keys, a draft of the standard
  list_of_one,                        ///< the value is a list of one
  list_of_values,                     ///< the value is a list
  nested_map,                         ///< emissions is a map
  unit_key,                           ///< a key unit gives the unit, which other readers ignore
  unit_not_grams,                     ///< the unit is not g, and most readers ignore units
  unit_ambiguous,                     ///< the unit has two meanings
  key_with_space,                     ///< a key has blanks
  key_not_canonical,                  ///< a key is not written as the standard has it
  field_not_numeric,                  ///< a field that should be a number is not one, and is ignored
  not_a_number,                       ///< this is not a number
  not_finite,                         ///< this is not a finite number
  yaml11_octal,                       ///< a number with a leading zero is octal for some readers
  yaml11_sexagesimal,                 ///< a number with colons is a time for some readers
  emissions_is_string,                ///< readers get a text, not a number
  negative,                           ///< emissions cannot be negative
  out_of_range,                       ///< the number is too large
  zero_emissions,                     ///< 0 g is reported
  placeholder_value,                  ///< exactly 1 g is reported, which is often a placeholder
  placeholder_text,                   ///< a placeholder stands in the place of the value
  bound_not_value,                    ///< this is a bound, not a value
  approximate,                        ///< the value is said to be approximate
  trailing_note,                      ///< a note in parentheses is ignored
  uncertainty,                        ///< an uncertainty is given
  range,                              ///< this is a range, not a value
  trailing_text,                      ///< text follows the value that cannot be read
  thousands_separator,                ///< separators of thousands were dropped
  decimal_comma,                      ///< a comma was read as the decimal separator
  decimal_separator_ambiguous,        ///< the comma may part decimals or thousands
  bad_number,                         ///< the groups of digits do not fit
  ton_assumed_metric,                 ///< ton was read as the metric ton
  energy_not_emissions,               ///< this is an energy, not a mass of CO2e
  rate_not_total,                     ///< this is a rate, not a total
  carbon_or_co2,                      ///< carbon or CO2: the two differ by 44/12
  unknown_unit,                       ///< the unit is not known
  from_body_text,                     ///< the value comes from the text of the card
  body_unit_missing,                  ///< the text gives no unit: grams or kilograms
  multiple_body_values,               ///< the text gives different values
  body_mismatch,                      ///< the text says another value than the metadata
  suspected_kg_as_g,      ///< the text says 1000 times as much: the metadata may hold kilograms in the place of grams
  suspected_g_as_kg,      ///< the text says a thousandth: the metadata may be 1000 times too large
  implausible_intensity,  ///< emissions and energy do not fit: outside of 1 to 1500 g/kWh
  inherited_from_base_model,  ///< the value is that of the base model, not of this one
};
/// Texts of `CardWarning`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(CardWarning) noexcept {
  return texts("byte_order_mark", "front_matter_delimiter_whitespace", "front_matter_unterminated",
               "front_matter_not_at_top", "front_matter_not_a_map", "yaml_error", "yaml_tag", "misspelt_key",
               "duplicate_key", "no_emissions_key", "list_of_single_key_maps", "list_of_one", "list_of_values",
               "nested_map", "unit_key", "unit_not_grams", "unit_ambiguous", "key_with_space", "key_not_canonical",
               "field_not_numeric", "not_a_number", "not_finite", "yaml11_octal", "yaml11_sexagesimal",
               "emissions_is_string", "negative", "out_of_range", "zero_emissions", "placeholder_value",
               "placeholder_text", "bound_not_value", "approximate", "trailing_note", "uncertainty", "range",
               "trailing_text", "thousands_separator", "decimal_comma", "decimal_separator_ambiguous", "bad_number",
               "ton_assumed_metric", "energy_not_emissions", "rate_not_total", "carbon_or_co2", "unknown_unit",
               "from_body_text", "body_unit_missing", "multiple_body_values", "body_mismatch", "suspected_kg_as_g",
               "suspected_g_as_kg", "implausible_intensity", "inherited_from_base_model");
}

/// A set of warnings.
class CardWarnings {
 public:
  constexpr CardWarnings() = default;
  /// These.
  constexpr CardWarnings(std::initializer_list<CardWarning> warnings) {
    for (const CardWarning w : warnings) add(w);
  }
  constexpr void add(CardWarning warning) noexcept { bits_ |= bit(warning); }      ///< does nothing if it is there
  constexpr void add(CardWarnings others) noexcept { bits_ |= others.bits_; }      ///< adds all of them
  constexpr void remove(CardWarning warning) noexcept { bits_ &= ~bit(warning); }  ///< does nothing if it is not there
  /// True if it is in the set.
  [[nodiscard]] constexpr bool has(CardWarning warning) const noexcept { return (bits_ & bit(warning)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }  ///< true if nothing is in the set
  /// Bit i: warning i of the enumeration.
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

  /// Their codes, in the order of the enumeration.
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> list;
    for (const CardWarning w : all<CardWarning>()) {
      if (has(w)) list.emplace_back(text(w));
    }
    return list;
  }

  bool operator==(const CardWarnings&) const = default;

 private:
  static constexpr std::uint64_t bit(CardWarning w) noexcept { return std::uint64_t{1} << static_cast<unsigned>(w); }
  std::uint64_t bits_ = 0;
};

/// What a warning says to people.
[[nodiscard]] std::string_view explanation(CardWarning warning) noexcept;

/// What a model card reports. A number that is not certain is never in `grams`.
struct Card {
  CardStatus status = CardStatus::missing;                   ///< what became of the emissions
  std::optional<double> grams{};                             ///< g CO2e, at status `ok` and `ok_from_body`
  std::optional<double> low{};                               ///< g; bounds of what is ambiguous, or given with ±
  std::optional<double> high{};                              ///< g
  UnitSource unit_source = UnitSource::none;                 ///< where the unit of `grams` comes from
  std::optional<std::string> raw{};                          ///< the scalar as written; none for a map or list
  std::optional<std::string> source{};                       ///< who measured, as written
  std::optional<std::string> training_type{};                ///< as written: `fine-tuning`
  std::optional<std::string> geographical_location{};        ///< as written: `Paris, France`
  std::optional<std::string> hardware_used{};                ///< as written
  std::optional<double> energy_kwh{};                        ///< kWh
  std::optional<double> hours_used{};                        ///< h
  std::optional<bool> on_cloud{};                            ///< as written; none for another text than yes and no
  std::optional<std::string> cpu_model{};                    ///< as written
  std::optional<double> ram_gb{};                            ///< GB
  std::optional<std::string> cloud_provider{};               ///< as written
  std::optional<double> body_grams{};                        ///< g; the one mass that the text of the card states
  std::vector<std::pair<std::string, std::string>> extra{};  ///< other keys of the block, in order
  int completeness = 0;     ///< 0 to 5: emissions (at `ok`), source, training_type, location, hardware in the metadata
  CardWarnings warnings{};  ///< what is to be known about the reading

  bool operator==(const Card&) const = default;
};

/// Reads the text of a model card (README.md). Any text gives a card: nothing is thrown, printed, fetched or evaluated.
///
/// Limits: 64 MiB of text, 16 MiB of metadata, depth 100; beyond them `yaml_error`.
[[nodiscard]] Card read_card(std::string_view text);

/// Reads the metadata alone, as JSON (`cardData` of the Hub API) or YAML.
[[nodiscard]] Card read_metadata(std::string_view text);

/// How many cards are read.
struct CardsOptions {
  int threads = 1;        ///< 0: as many as the machine has
  bool thorough = false;  ///< parse the metadata also of cards that never mention emissions
};

/// Reads many cards, each as `read_card` does.
///
/// The metadata of a card in whose metadata `emission` never occurs (in any case) is not parsed unless `thorough`:
/// its warnings `yaml_error` and `front_matter_not_a_map` are then not known, every other field is the same.
[[nodiscard]] std::vector<Card> read_cards(std::span<const std::string_view> texts, const CardsOptions& options = {});

/// As `read_cards`, but each card is handed over as soon as it is read, with the index of its text: no list is kept.
///
/// `take` is called once for each text, in no order, by several threads at a time where `threads` is not 1. What it
/// throws ends the reading and is thrown here.
void read_cards(std::span<const std::string_view> texts, const std::function<void(std::size_t, Card&&)>& take,
                const CardsOptions& options = {});

/// What `update_card` may change besides the block.
struct UpdateOptions {
  bool update_body = false;  ///< also the first line of the text that states emissions
};

/// The card with the block of a record; every byte outside of the block stays as it is.
///
/// The old block is replaced; without one the new block becomes the last lines of the metadata; without metadata they
/// are put in front of the text. Line ends are those of the first line. Throws `hub.card_duplicate_key`,
/// `hub.card_front_matter_unterminated`, `hub.card_yaml_error` (metadata that does not parse, is no map, or in which
/// the block cannot be replaced alone: a map in brackets, an anchor), and what `write_block` throws.
[[nodiscard]] std::string update_card(std::string_view card, const CardRecord& record,
                                      const UpdateOptions& options = {});

/// As above, with a block that is written already: the `yaml` of `write_block`, or `Footprint::to_model_card()`.
[[nodiscard]] std::string update_card(std::string_view card, const CardBlock& block, const UpdateOptions& options = {});

}  // namespace co2lib::hub
