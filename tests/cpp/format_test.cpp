// SPDX-License-Identifier: MIT
// Types of others, as a user has them, are declared before the header of co2lib is read and after it.
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace before {

struct Uuid {  // a range with a text, as boost::uuids::uuid
  const unsigned char* begin() const { return bytes; }
  const unsigned char* end() const { return bytes + 2; }
  unsigned char bytes[2] = {1, 2};
};
std::string to_string(const Uuid&) { return "never used"; }

struct Named {  // with a constrained formatter of the user's own
  static constexpr bool mine = true;
};
std::string to_string(const Named&) { return "never used"; }

template <class T>
concept Mine = T::mine;

}  // namespace before

template <before::Mine T>
struct fmt::formatter<T> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const T&, Context& context) const {
    return fmt::formatter<fmt::string_view>::format("mine", context);
  }
};

#include <co2lib/format.hpp>

#include <co2lib/intensity.hpp>
#include <co2lib/meter.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/tracker.hpp>
#include <co2lib/units.hpp>

#include <gtest/gtest.h>

namespace after {

struct WithText {};
std::string to_string(const WithText&) { return "text"; }
enum class Colour { red };
std::string to_string(Colour) { return "red"; }

/// Holds a quantity of co2lib and derives from one of its types: still the user's own.
template <class T>
struct Box : co2lib::Issue {
  T inside;
  static constexpr bool mine = true;
};

}  // namespace after

namespace {

using namespace co2lib;

TEST(Format, WritesQuantitiesAndIssues) {
  EXPECT_EQ(fmt::format("{}", Energy::from_kwh(2)), "2 kWh");
  EXPECT_EQ(fmt::format("{} and {}", CarbonMass::from_grams(1), Issue{"gap", "a", ""}), "1 g CO2e and gap (a)");
}

TEST(Format, WritesEveryTypeThatHasAText) {
  const auto formatted = [](const auto& value) { return fmt::format("{}", value) == to_string(value); };
  EXPECT_TRUE(formatted(Power::from_watts(1)) && formatted(CarbonIntensity()) && formatted(Water()));
  EXPECT_TRUE(formatted(WaterIntensity()) && formatted(exactly(Energy::from_kwh(2))));
  EXPECT_TRUE(formatted(Estimate<Seconds>{.value = Seconds(2)}));
  EXPECT_TRUE(formatted(meter::Finding{}) && formatted(tracker::Footprint{}));
  EXPECT_TRUE(formatted(intensity::Trace{}) && formatted(intensity::Priced{}) && formatted(intensity::Factor{}));
}

TEST(Format, PadsLikeText) {
  EXPECT_EQ(fmt::format("{:>8}|", Energy::from_joules(2)), "     2 J|");
  EXPECT_EQ(fmt::format("{:<8}|", Energy::from_joules(2)), "2 J     |");
}

TEST(Format, LeavesTheTypesOfOthersToThem) {
  EXPECT_EQ(fmt::format("{}", before::Uuid{}), "[1, 2]");
  EXPECT_EQ(fmt::format("{}", before::Named{}), "mine");
  EXPECT_EQ(fmt::format("{}", after::Box<Energy>{}), "mine");
  static_assert(!fmt::is_formattable<after::WithText>::value && !fmt::is_formattable<after::Colour>::value);
  EXPECT_EQ(fmt::format("{}", std::vector<Energy>{Energy::from_joules(1), Energy::from_joules(2)}), "[1 J, 2 J]");
}

TEST(Format, AgreesWithTheNumbersOfMessages) {
  for (const double x : {0.0, -0.0, 1.0, -2.5, 0.1, 1e-9, -1e-4, 9.999e-5, 123456789.0, 1e15, 1e16, 1.5e300, 5e-324}) {
    EXPECT_EQ(numeric::text(x), fmt::format("{}", x));
    EXPECT_EQ(numeric::text(-x), fmt::format("{}", -x));
  }
  for (const double x : {std::nan(""), HUGE_VAL, -HUGE_VAL}) EXPECT_EQ(numeric::text(x), fmt::format("{}", x));
}

TEST(Format, LeavesNumbersAndTextsToFmt) {
  static_assert(!HasText<int> && !HasText<double> && !HasText<std::string> && !HasText<const char*>);
  EXPECT_EQ(fmt::format("{:05.1f}", 2.25), "002.2");
}

}  // namespace
