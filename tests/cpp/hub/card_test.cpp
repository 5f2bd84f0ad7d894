// SPDX-License-Identifier: MIT
// Cards: laws of reading and updating, and hostile texts.
#include <atomic>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/hub.hpp>

namespace {

using namespace co2lib::hub;

Card emissions(const std::string& value) { return read_card("---\nco2_eq_emissions: " + value + "\n---\n"); }
bool has(const Card& card, CardWarning warning) { return card.warnings.has(warning); }

TEST(HubCard, UnitsInNotesAreUnits) {
  EXPECT_EQ(emissions("\"5 (kg)\"").grams, 5000.0);
  EXPECT_EQ(emissions("\"5 (in kg)\"").grams, 5000.0);
  EXPECT_EQ(emissions("\"5 CO2e (kg)\"").grams, 5000.0);
  EXPECT_TRUE(has(emissions("\"5 kg (CO2e)\""), CardWarning::trailing_note));
  EXPECT_TRUE(has(emissions("\"5 kg (per hour)\""), CardWarning::rate_not_total));
  EXPECT_TRUE(has(emissions("\"5 (kWh)\""), CardWarning::energy_not_emissions));
}

TEST(HubCard, DoubtIsNeverANumber) {
  for (const char* value :
       {"\"1,234\"", "\"3 Mt\"", "\"5 Mg\"", "\"< 5\"", "\"1-2 kg\"", "\"3 kg C\"", "0123", "[1, 2]", "{a: 1}", "1:30",
        "\"\xD9\xA5 g\"", "yes", ".nan", "-1", "2024-01-01", "\"5 g for 2 runs\"", "0x1f", "\"5 mt CO2\""}) {
    const Card card = emissions(value);
    EXPECT_FALSE(card.grams) << value;
    EXPECT_EQ(card.unit_source, UnitSource::none) << value;
  }
}

TEST(HubCard, NumbersAsPeopleWriteThem) {
  EXPECT_EQ(emissions("\"12\xC2\xA0"
                      "345,6 g\"")
                .grams,
            12345.6);
  EXPECT_EQ(emissions("\"1'234'567 g\"").grams, 1234567.0);
  EXPECT_EQ(emissions("\"1.5 \xC3\x97 10^3 g\"").grams, 1500.0);
  EXPECT_EQ(emissions("\"1.5 x 10**-3 kg\"").grams, 1.5);
  EXPECT_EQ(emissions("\"\xE2\x88\x92"
                      "5 g\"")
                .status,
            CardStatus::invalid);
  EXPECT_EQ(emissions("\"about 5 g\"").grams, 5.0);
  EXPECT_EQ(emissions("\"approx. 5 g\"").grams, 5.0);
  EXPECT_DOUBLE_EQ(emissions("\"5 \xC2\xB5g\"").grams.value(), 5e-6);
  EXPECT_EQ(emissions("1_000").grams, 1000.0);
  EXPECT_EQ(emissions("1e400").status, CardStatus::invalid);
  EXPECT_EQ(emissions("1e-400").grams, 0.0);
  EXPECT_TRUE(has(emissions("1.0e+400"), CardWarning::out_of_range));
}

TEST(HubCard, OneExplanationForEachWarning) {
  for (const CardWarning warning : co2lib::all<CardWarning>()) EXPECT_FALSE(explanation(warning).empty());
}

TEST(HubCard, LineEndsDoNotMatter) {
  const std::string card = "---\nco2_eq_emissions:\n  emissions: 3 kg\n  source: x\n---\n- Hours used: 3\n";
  std::string windows;
  std::string old;
  for (const char c : card) {
    windows += c == '\n' ? "\r\n" : std::string(1, c);
    old += c == '\n' ? '\r' : c;
  }
  EXPECT_EQ(read_card(card), read_card(windows));
  EXPECT_EQ(read_card(card), read_card(old));
}

TEST(HubCard, WhereALineEndsDoesNotMatter) {
  const std::string front = "---\nlicense: mit\n---\n";
  for (const char* end : {"\n", "\r", "\r\n"}) {
    for (std::size_t size = 0; size < 600; ++size) {
      const std::string line(size, 'x');
      const Card card = read_card(front + line + end + line + "=" + end + "- Carbon emitted: 3 kg" + end +
                                  "Hours used: 2" + line + ":" + end + end + "Hardware: A100");
      ASSERT_EQ(card.body_grams, 3000.0) << size;
      ASSERT_EQ(card.hours_used, 2.0) << size;
      ASSERT_EQ(card.hardware_used, "A100") << size;
    }
  }
}

TEST(HubCard, TheKeyIsFoundWhereverItStands) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string before = "a: " + std::string(size, 'n') + "\n";
    for (const char* key : {"co2_eq_emissions: 5", "CO2_eq_Emissions: 5", "emission: 5", "a_EMISSION: 5"}) {
      const std::string text = "---\n" + before + key + "\n---\n";
      const std::string_view view = text;
      ASSERT_EQ(read_cards({&view, 1}, {.threads = 1}).front(), read_card(text)) << text;
    }
  }
}

TEST(HubCard, HostileTexts) {
  std::string bomb = "---\na0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + "," + before + "]\n";
  }
  bomb += "co2_eq_emissions: 5\n---\n";
  EXPECT_TRUE(has(read_card(bomb), CardWarning::yaml_error));
  EXPECT_EQ(read_card(bomb).status, CardStatus::invalid);
  EXPECT_EQ(emissions(std::string(100000, '[')).status, CardStatus::invalid);
  EXPECT_EQ(emissions("\"\xFF\xFE 5 g\"").status, CardStatus::invalid);
  EXPECT_EQ(read_card("---\nsource: \xFF\nco2_eq_emissions: 5\n---\n").grams, 5.0);
  const std::string long_text = "---\nco2_eq_emissions: 5\n---\n" + std::string(10'000'000, 'x');
  EXPECT_EQ(read_card(long_text).grams, 5.0);
  EXPECT_EQ(read_card(std::string("---\nco2_eq_emissions: 5\0\n---\n", 30)).status, CardStatus::invalid);
  EXPECT_EQ(emissions("\"</script> 5 g\"").grams, 5.0);  // tags are dropped, as the Hub shows it
  EXPECT_EQ(read_card("").status, CardStatus::missing);
  EXPECT_EQ(read_card("---").status, CardStatus::missing);
}

TEST(HubCard, ManyAreReadAsOne) {
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) {
    texts.push_back(i % 5 == 0 ? "---\nco2_eq_emissions: " + std::to_string(i) + " kg\n---\n# x\n"
                               : "---\nlicense: mit\ntags: [a, b]\n---\n- **Carbon Emitted:** 3 kg\n");
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto one = read_cards(views, {.threads = 1});
  EXPECT_EQ(one, read_cards(views, {.threads = 3}));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(one[i], read_card(texts[i]));
}

TEST(HubCard, CardsAreHandedOverOneByOne) {
  const std::string reports = "---\nco2_eq_emissions: 5\n---\n";
  const std::vector<std::string_view> views(1000, reports);
  for (const int threads : {1, 3}) {
    std::vector<int> times(views.size());
    read_cards(views, [&](std::size_t i, Card&& card) { times[i] += card.grams == 5.0 ? 1 : 2; }, {.threads = threads});
    EXPECT_EQ(times, std::vector<int>(views.size(), 1));
    std::atomic<int> taken{0};
    const auto full = [&](std::size_t i, Card&&) {
      ++taken;
      if (i == 70) throw std::length_error("the disk is full");
    };
    EXPECT_THROW(read_cards(views, full, {.threads = threads}), std::length_error);
    if (threads == 1) {
      EXPECT_EQ(taken, 71);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Updating
// ---------------------------------------------------------------------------------------------------------------------

CardRecord record() {
  CardRecord r;
  r.emissions = 12.25;
  r.source = "co2lib";
  return r;
}

std::string code_of(const std::string& card) {
  try {
    (void)update_card(card, record());
  } catch (const co2lib::Error& error) {
    return error.code();
  }
  return "no error";
}

TEST(HubUpdate, KeepsCommentsBlanksAndTheTextBehind) {
  const std::string before = "\xEF\xBB\xBF---\n# top\nco2_eq_emissions:\n  emissions: 9\n\n# inside\n  source: x\n\n";
  const std::string after = "# stays\ntags:\n- a\n---\n# T\xFF\n";
  EXPECT_EQ(update_card(before + after, record()),
            "\xEF\xBB\xBF---\n# top\nco2_eq_emissions:\n  emissions: 12.25\n  source: \"co2lib\"\n\n" + after);
}

TEST(HubUpdate, TwiceIsOnce) {
  for (const char* card : {"", "# T\n", "---\n---\n", "---\na: 1\n---\nx", "---\r\nco2_eq_emissions: 1\r\n---\r\n",
                           "---\n\"co2_eq_emissions\":\n- emissions: 1\n- source: x\nb: 2\n---\n"}) {
    const std::string once = update_card(card, record());
    EXPECT_EQ(update_card(once, record()), once) << card;
    EXPECT_EQ(read_card(once).grams, 12.25) << card;
  }
}

TEST(HubUpdate, LineEndsAreThoseOfTheMetadataAndNoneIsJoinedToAnother) {
  const std::string block = write_block(record()).yaml;
  const std::string mixed = "\r\r---\nlicense: mit\nco2_eq_emissions: 5\n\nF: 1\n---\n# x\r";
  EXPECT_EQ(update_card(mixed, record()), "\r\r---\nlicense: mit\n" + block + "\nF: 1\n---\n# x\r");
  const std::string old = "---\rco2_eq_emissions:\r  emissions: 5\r\n\nF: 1\r---\r";
  const std::string once = update_card(old, record());
  EXPECT_TRUE(once.ends_with("\n\nF: 1\r---\r"));
  EXPECT_EQ(update_card(once, record()), once);
}

TEST(HubUpdate, RefusesWhatCannotBeReplacedAlone) {
  EXPECT_EQ(code_of("---\n{co2_eq_emissions: 5, a: 1}\n---\n"), "hub.card_yaml_error");
  EXPECT_EQ(code_of("---\na: [\n---\n"), "hub.card_yaml_error");
  EXPECT_EQ(code_of("---\n- a\n---\n"), "hub.card_yaml_error");
  EXPECT_EQ(code_of("---\nco2_eq_emissions: &x\n  emissions: 5\nother: *x\n---\n"), "hub.card_yaml_error");
  EXPECT_EQ(code_of("---\na: 1\n"), "hub.card_front_matter_unterminated");
}

TEST(HubUpdate, TheTextLineOnlyIfAsked) {
  const std::string card = "---\na: 1\n---\n# T\n- **Carbon Emitted:** 3 kg\nend\n";
  EXPECT_NE(update_card(card, record()).find("3 kg"), std::string::npos);
  const std::string both = update_card(card, record(), {.update_body = true});
  EXPECT_TRUE(both.ends_with("# T\n- **Carbon Emitted:** 12.25 g CO2eq\nend\n"));
  EXPECT_FALSE(has(read_card(both), CardWarning::body_mismatch));
}

TEST(HubUpdate, ABlockAsItIsWritten) {
  const CardBlock block = write_block(record());
  EXPECT_EQ(update_card("# T\n", block), update_card("# T\n", record()));
  EXPECT_THROW((void)update_card("# T\n", CardBlock{"tags: []\n", {}}), co2lib::Error);
}

TEST(HubUpdate, WhateverStandsOutsideStays) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a: 1\n", "b:\n- x\n", "# c\n", "\n", "d: \"q\"\n", "e: |\n  t\n\n  u\n"};
  for (int i = 0; i < 2000; ++i) {
    std::string head;
    std::string tail;
    for (auto k = random() % 4; k > 0; --k) head += pieces[random() % 4 + (random() % 2)];
    for (auto k = random() % 3; k > 0; --k) tail += pieces[2 + random() % 2];
    const std::string block = write_block(record()).yaml;
    const std::string old = random() % 2 == 0 ? "co2_eq_emissions: 3\n" : "co2_eq_emissions:\n  emissions: 3\n";
    const std::string body = "---\n# T\n\ntext\n";
    std::string updated;
    try {
      updated = update_card("---\n" + head + old + tail + body, record());
    } catch (const co2lib::Error&) {
      continue;  // a key there twice
    }
    EXPECT_EQ(updated, "---\n" + head + block + tail + body);
  }
}

}  // namespace
