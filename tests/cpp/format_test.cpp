// SPDX-License-Identifier: MIT
#include <co2lib/format.hpp>

#include <string>

#include <gtest/gtest.h>

#include <co2lib/units.hpp>

namespace elsewhere {

struct WithText {};
std::string to_string(const WithText&) { return "text"; }
struct WithoutText {};
enum class Colour { red };
std::string to_string(Colour) { return "red"; }
enum Plain { plain };
std::string to_string(Plain) { return "never used"; }

}  // namespace elsewhere

namespace {

using namespace co2lib;

TEST(Format, WritesQuantitiesAndIssues) {
  EXPECT_EQ(fmt::format("{}", Energy::from_kwh(2)), "2 kWh");
  EXPECT_EQ(fmt::format("{} and {}", CarbonMass::from_grams(1), Issue{"gap", "a", ""}), "1 g CO2e and gap (a)");
}

TEST(Format, PadsLikeText) {
  EXPECT_EQ(fmt::format("{:>8}|", Energy::from_joules(2)), "     2 J|");
  EXPECT_EQ(fmt::format("{:<8}|", Energy::from_joules(2)), "2 J     |");
}

TEST(Format, TakesWhateverHasAToStringOfItsOwnNamespace) {
  EXPECT_EQ(fmt::format("{} {}", elsewhere::WithText{}, elsewhere::Colour::red), "text red");
  static_assert(!format_detail::HasToString<elsewhere::WithoutText>);
}

TEST(Format, LeavesNumbersAndTextsToFmt) {
  static_assert(!format_detail::HasToString<int> && !format_detail::HasToString<double>);
  static_assert(!format_detail::HasToString<std::string> && !format_detail::HasToString<const char*>);
  static_assert(!format_detail::HasToString<elsewhere::Plain>, "a plain enumeration is a number");
  EXPECT_EQ(fmt::format("{:05.1f}", 2.25), "002.2");
}

}  // namespace
