// SPDX-License-Identifier: MIT
#include "hint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

#include <co2lib/csv.hpp>

#include "grid.hpp"

namespace co2lib::intensity {

namespace {

/// Texts longer than this are compared by their beginning.
constexpr std::size_t compared = 64;

/// The letter without its accent, of the characters U+00C0 to U+017F in their order; a blank is a sign.
constexpr std::string_view plain_letters =
    "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(plain_letters.size() == 0x180 - 0xC0);

/// Words in lower case without accents, with one blank between them: every other sign counts as a blank, but an
/// apostrophe or a full stop as nothing.
std::string fold(std::string_view text) {
  std::string folded;
  bool blank = false;
  const auto add = [&](char c) {
    if (blank && !folded.empty()) folded += ' ';
    blank = false;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c ^ 0x20) : c;
  };
  for (std::size_t i = 0; i < text.size() && folded.size() < compared; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte >= 0xC3 && byte <= 0xC5 && next >= 0x80 && next < 0xC0) {
      const char letter = plain_letters[(byte - 0xC3U) * 0x40U + (next - 0x80U)];
      if (letter == ' ') {
        blank = true;
      } else {
        add(letter);
      }
      ++i;
    } else if ((byte == 0xCC || byte == 0xCD) && next >= 0x80) {
      ++i;  // an accent after its letter
    } else if (text.substr(i).starts_with("\u2019")) {
      i += 2;  // an apostrophe
    } else if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               byte >= 0x80) {
      add(text[i]);
    } else if (byte != '\'' && byte != '.') {
      blank = true;
    }
  }
  return folded;
}

/// A text as words and, to count edits in, without blanks; with the set of its characters, folded to 64.
struct Spelling {
  explicit Spelling(std::string_view text) : words(fold(text)) {
    for (const char c : words) {
      if (c == ' ') continue;
      letters += c;
      characters |= std::uint64_t{1} << (static_cast<unsigned char>(c) % 64);
    }
  }
  std::string words;
  std::string letters;
  std::uint64_t characters = 0;
};

/// Levenshtein distance of the letters, or any larger number than `limit` once it must be above it.
std::size_t distance(const Spelling& one, const Spelling& other, std::size_t limit) {
  const std::string_view a = one.letters;
  const std::string_view b = other.letters;
  const auto only = [](std::uint64_t x, std::uint64_t y) { return static_cast<std::size_t>(std::popcount(x & ~y)); };
  const std::size_t longer = std::max(a.size(), b.size()) - std::min(a.size(), b.size());
  const std::size_t strange = std::max(only(one.characters, other.characters), only(other.characters, one.characters));
  if (std::max(longer, strange) > limit) return limit + 1;
  std::array<std::size_t, compared + 2> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
  }
  return row[b.size()];
}

/// True if the words of one stand in the other one after the other.
bool has_words(const std::string& text, const std::string& words) {
  return words.size() >= 4 && (" " + text + " ").find(" " + words + " ") != std::string::npos;
}

/// How far a name is from what was written, in half edits: 0 the same; 1 its beginning (`Ger`, at least three letters);
/// 2 for an edit; 3 words of it, or it among other words (`Paris, France`).
std::size_t far(const Spelling& asked, const Spelling& name, std::size_t limit) {
  if (asked.letters == name.letters) return 0;
  if (asked.letters.size() >= 3 && name.letters.starts_with(asked.letters)) return 1;
  const std::size_t edits = 2 * distance(asked, name, limit / 2);
  return has_words(name.words, asked.words) || has_words(asked.words, name.words) ? std::min<std::size_t>(edits, 3)
                                                                                  : edits;
}

/// What a place may be called.
struct Called {
  std::string key;
  std::string name;
  std::string country;
  int kind = 0;                 ///< 0 a country, 1 a subdivision, 2 a cloud region: the order among equals
  std::vector<Spelling> names;  ///< its key and its names
  std::vector<Spelling> codes;  ///< compared as a whole only: two letters are near to everything
  std::optional<Spelling> region;
  std::string region_key;  ///< as it is written, without its provider
};

struct Names {
  std::vector<Called> places;
  std::vector<std::string> groups;  ///< letters of groups of countries
};

Names read_names() {
  Names all;
  std::multimap<std::string, std::string> others;
  if (const Result<const csv::Table*> table = csv::table("place_names")) {
    for (const csv::Row& row : (*table)->rows) {
      const Result<std::string_view> name = csv::field(**table, row, "name");
      const Result<std::string_view> place = csv::field(**table, row, "place");
      if (!name || !place) continue;
      if (place->empty()) {
        all.groups.push_back(Spelling(*name).letters);
      } else {
        others.emplace(*place, *name);
      }
    }
  }
  for (const Place& place : grid::all()) {
    Called c{.key = place.key,
             .name = place.name,
             .country = place.country,
             .kind = place.key.find(':') != std::string::npos ? 2
                     : place.subdivision.empty()              ? 0
                                                              : 1,
             .names = {Spelling(place.key), Spelling(place.name)},
             .codes = {},
             .region = {},
             .region_key = {}};
    const auto [first, last] = others.equal_range(place.key);
    for (auto other = first; other != last; ++other) {
      const bool code = other->second.find('-') == 2;  // FR-974
      (code ? c.codes : c.names).emplace_back(other->second);
    }
    if (c.kind == 1) c.codes.emplace_back(std::string_view(place.key).substr(3));
    if (c.kind == 2) {
      c.region_key = place.key.substr(place.key.find(':') + 1);
      c.region.emplace(c.region_key);
    }
    all.places.push_back(std::move(c));
  }
  return all;
}

/// The country of a text that begins like a subdivision: `US-XX`, `USA-CA`, `de-bayern`.
std::string country_in_front(std::string_view location) {
  const std::size_t dash = location.find('-');
  if (dash != 2 && dash != 3) return {};
  std::string code(location.substr(0, dash));
  for (char& c : code) c = c >= 'a' && c <= 'z' ? static_cast<char>(c ^ 0x20) : c;
  const std::optional<Place> country = grid::find(code);
  return country ? country->country : std::string();
}

}  // namespace

Hints hints_for(std::string_view location) {
  static const Names all = read_names();
  using Rank = std::tuple<std::size_t, bool, int, const Called*>;  // how far, otherwise written, kind, then by key
  const Spelling asked(location);
  const std::size_t colon = location.find(':');
  const Spelling asked_region(colon == std::string_view::npos ? location : location.substr(colon + 1));
  const std::string country = country_in_front(location);
  std::vector<Rank> ranked;
  for (const Called& called : all.places) {
    const std::size_t limit = ranked.size() < 3 ? 4 * compared : std::get<0>(ranked.back());
    std::size_t best = limit + 2;
    for (const Spelling& name : called.names) best = std::min(best, far(asked, name, limit + 1));
    if (called.kind < 2 && !country.empty() && called.country == country) {
      best = called.kind == 0 ? std::min<std::size_t>(best, 3) : best - (best > 1 ? 1 : 0);
    }
    for (const Spelling& code : called.codes) best = asked.letters == code.letters ? 0 : best;
    if (called.region) {
      // Another provider in front costs something, so that a region of the one that was written comes first.
      const std::size_t provider = colon == std::string_view::npos ? 0 : 1;
      best = std::min(best, far(asked_region, *called.region, limit) + provider);
    }
    if (best > limit) continue;
    const Rank rank{best, called.region_key != location, called.kind, &called};
    ranked.insert(std::upper_bound(ranked.begin(), ranked.end(), rank), rank);
    if (ranked.size() > 3) ranked.pop_back();
  }
  Hints hints;
  hints.group = std::find(all.groups.begin(), all.groups.end(), asked.letters) != all.groups.end();
  for (const Rank& rank : ranked) hints.nearest.push_back({std::get<3>(rank)->key, std::get<3>(rank)->name});
  return hints;
}

}  // namespace co2lib::intensity
