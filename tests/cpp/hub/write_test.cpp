// SPDX-License-Identifier: MIT
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <co2lib/hub.hpp>

namespace {

using co2lib::hub::CardBlock;
using co2lib::hub::CardRecord;
using co2lib::hub::write_block;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string block_with(CardRecord record) {
  record.emissions = 1.5;
  return write_block(record).yaml;
}

std::string code_of(const CardRecord& record) {
  try {
    (void)write_block(record);
  } catch (const co2lib::Error& error) {
    EXPECT_EQ(error.category(), co2lib::ErrorCategory::value);
    return error.code();
  }
  return "no error";
}

std::string emissions_text(double grams) {
  const std::string yaml = write_block({.emissions = grams}).yaml;
  const std::string head = "co2_eq_emissions:\n  emissions: ";
  EXPECT_TRUE(yaml.starts_with(head));
  EXPECT_TRUE(yaml.ends_with("\n"));
  return yaml.substr(head.size(), yaml.size() - head.size() - 1);
}

TEST(HubWrite, KeepsTheOrderOfTheFields) {
  CardRecord record;
  record.extra = {{"method", std::string("counter")}, {"epochs", 3.0}, {"rounded", false}};
  record.ram_total_size = 15.5;
  record.cpu_model = "EPYC";
  record.on_cloud = true;
  record.hours_used = 12.5;
  record.energy_consumed = 4.25;
  record.hardware_used = "1 x NVIDIA H200";
  record.geographical_location = "Paris, France";
  record.training_type = "fine-tuning";
  record.source = "co2lib";
  EXPECT_EQ(block_with(record),
            "co2_eq_emissions:\n"
            "  emissions: 1.5\n"
            "  source: \"co2lib\"\n"
            "  training_type: \"fine-tuning\"\n"
            "  geographical_location: \"Paris, France\"\n"
            "  hardware_used: \"1 x NVIDIA H200\"\n"
            "  energy_consumed: 4.25\n"
            "  hours_used: 12.5\n"
            "  on_cloud: true\n"
            "  cpu_model: \"EPYC\"\n"
            "  ram_total_size: 15.5\n"
            "  method: \"counter\"\n"
            "  epochs: 3.0\n"
            "  rounded: false\n");
}

TEST(HubWrite, NumbersAlwaysHaveADot) {
  EXPECT_EQ(emissions_text(0), "0.0");
  EXPECT_EQ(emissions_text(1), "1.0");
  EXPECT_EQ(emissions_text(1710), "1710.0");
  EXPECT_EQ(emissions_text(25.447577064303335), "25.447577064303335");
  EXPECT_EQ(emissions_text(0.1), "0.1");
  EXPECT_EQ(emissions_text(0.05), "0.05");
  EXPECT_EQ(emissions_text(1e-4), "0.0001");
  EXPECT_EQ(emissions_text(0.00012345), "0.00012345");
  EXPECT_EQ(emissions_text(123456789012345.6), "123456789012345.6");
  EXPECT_EQ(emissions_text(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(emissions_text(9.999e-5), "9.999e-05");
  EXPECT_EQ(emissions_text(1e-5), "1.0e-05");
  EXPECT_EQ(emissions_text(1e16), "1.0e+16");
  EXPECT_EQ(emissions_text(1.25e+100), "1.25e+100");
  EXPECT_EQ(emissions_text(5e-324), "5.0e-324");
  EXPECT_EQ(emissions_text(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(HubWrite, EveryNumberReadsBackToTheSameBits) {
  std::mt19937_64 bits(20260101);
  int tried = 0;
  while (tried < 20000) {
    const double x = std::bit_cast<double>(bits() >> 1U);
    if (!std::isfinite(x)) continue;
    ++tried;
    const std::string text = emissions_text(x);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), x) << text;
    ASSERT_NE(text.find('.'), std::string::npos) << text;
  }
}

TEST(HubWrite, EscapesWhatYamlWouldChange) {
  EXPECT_NE(block_with({.source = "say \"x\" \\ twice"}).find(R"(source: "say \"x\" \\ twice")"), std::string::npos);
  EXPECT_NE(block_with({.source = "a\nb\tc\rd"}).find(R"(source: "a\nb\tc\rd")"), std::string::npos);
  EXPECT_NE(block_with({.source = std::string("\0\x01\x1b\x7f", 4)}).find(R"(source: "\x00\x01\x1b\x7f")"),
            std::string::npos);
  EXPECT_NE(block_with({.source = "\xC2\x85|\xC2\x9F|\xE2\x80\xA8|\xE2\x80\xA9|\xEF\xBB\xBF"})
                .find(R"(source: "\x85|\x9f|\u2028|\u2029|\ufeff")"),
            std::string::npos);
  const std::string kept = "Z\xC3\xBCrich \xC2\xA0 \xF0\x9F\x8C\xB1 : # - {}";
  EXPECT_NE(block_with({.source = kept}).find("source: \"" + kept + "\""), std::string::npos);
}

TEST(HubWrite, InvalidUtf8BecomesTheReplacementCharacter) {
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_NE(block_with({.source = "a\xFF"
                                  "b"})
                .find("\"a" + replaced + "b\""),
            std::string::npos);
  EXPECT_NE(block_with({.source = "\xC3"}).find("\"" + replaced + "\""), std::string::npos);  // cut short
  EXPECT_NE(block_with({.source = "\xC0\x80"}).find("\"" + replaced + replaced + "\""), std::string::npos);  // overlong
  EXPECT_EQ(block_with({.source = "\xED\xA0\x80"}).find('\xED'), std::string::npos);  // surrogate
}

TEST(HubWrite, WarnsWhereTheFilterOfTheHubMisreads) {
  const auto misread = [](double grams) { return !write_block({.emissions = grams}).issues.empty(); };
  EXPECT_TRUE(misread(1e-5));
  EXPECT_TRUE(misread(9.99e-5));
  EXPECT_TRUE(misread(1e16));
  EXPECT_FALSE(misread(0));
  EXPECT_FALSE(misread(1e-4));
  EXPECT_FALSE(misread(9999999999999998.0));
  const CardBlock block = write_block({.emissions = 1e-5});
  ASSERT_EQ(block.issues.size(), 1U);
  EXPECT_EQ(block.issues[0].code, "hf_client_misreads");
  EXPECT_EQ(block.issues[0].subject, "emissions");
}

TEST(HubWrite, RefusesWhatIsNoAmount) {
  EXPECT_EQ(code_of({}), "hub.card_negative_emissions");
  EXPECT_EQ(code_of({.emissions = -1e-9}), "hub.card_negative_emissions");
  EXPECT_EQ(code_of({.emissions = infinity}), "hub.card_negative_emissions");
  EXPECT_EQ(code_of({.emissions = std::numeric_limits<double>::quiet_NaN()}), "hub.card_negative_emissions");
  EXPECT_EQ(code_of({.emissions = 1, .energy_consumed = infinity}), "hub.bad_value");
  EXPECT_EQ(code_of({.emissions = 1, .extra = {{"loss", -infinity}}}), "hub.bad_value");
}

TEST(HubWrite, QuotesKeysThatAreNotPlainWords) {
  EXPECT_NE(block_with({.extra = {{"gpu count", 2.0}}}).find("  \"gpu count\": 2.0\n"), std::string::npos);
  EXPECT_NE(block_with({.extra = {{"no", 1.0}}}).find("  \"no\": 1.0\n"), std::string::npos);
  EXPECT_NE(block_with({.extra = {{"1e5", 1.0}}}).find("  \"1e5\": 1.0\n"), std::string::npos);
  EXPECT_NE(block_with({.extra = {{"", 1.0}}}).find("  \"\": 1.0\n"), std::string::npos);
  EXPECT_NE(block_with({.extra = {{"a: b", 1.0}}}).find("  \"a: b\": 1.0\n"), std::string::npos);
}

TEST(HubWrite, RefusesExtraKeysThatMeanSomethingElse) {
  EXPECT_EQ(code_of({.emissions = 1, .extra = {{"emissions", 2.0}}}), "hub.bad_value");
  EXPECT_EQ(code_of({.emissions = 1, .extra = {{"Hardware-Used", std::string("x")}}}), "hub.bad_value");
  EXPECT_EQ(code_of({.emissions = 1, .extra = {{"Unit", std::string("kg")}}}), "hub.bad_value");
  EXPECT_EQ(code_of({.emissions = 1, .extra = {{"a", 1.0}, {"a", 2.0}}}), "hub.bad_value");
}

}  // namespace
