// SPDX-License-Identifier: MIT
#include <co2lib/units.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace {

using namespace co2lib;
using namespace std::chrono_literals;

constexpr double infinity = std::numeric_limits<double>::infinity();

// ---------------------------------------------------------------------------------------------------------------------
// Only meaningful operators exist
// ---------------------------------------------------------------------------------------------------------------------
template <class A, class B>
concept CanAdd = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept CanSubtract = requires(A a, B b) {
  a - b;
};
template <class A, class B>
concept CanMultiply = requires(A a, B b) {
  a* b;
};
template <class A, class B>
concept CanDivide = requires(A a, B b) {
  a / b;
};
template <class A, class B>
concept CanEqual = requires(A a, B b) {
  a == b;
};
template <class A, class B>
concept CanOrder = requires(A a, B b) {
  a < b;
};
template <class A, class B>
concept CanAccumulate = requires(A a, B b) {
  a += b;
};

/// True if A and B mix in no sum, difference or comparison.
template <class A, class B>
constexpr bool never_mix =
    !CanAdd<A, B> && !CanAdd<B, A> && !CanSubtract<A, B> && !CanSubtract<B, A> && !CanEqual<A, B> && !CanEqual<B, A> &&
    !CanOrder<A, B> && !CanOrder<B, A> && !CanAccumulate<A, B> && !CanAccumulate<B, A>;

template <class Q>
constexpr bool keeps_apart_from_numbers =
    never_mix<Q, double>&& never_mix<Q, int>&& never_mix<Q, Seconds> && !std::is_convertible_v<double, Q> &&
    !std::is_convertible_v<Q, double> && !std::is_constructible_v<Q, double> && !std::is_constructible_v<double, Q> &&
    !std::is_assignable_v<Q&, double> && !CanMultiply<Q, Q> && !CanDivide<double, Q>;

template <class Q>
constexpr bool is_a_quantity =
    CanAdd<Q, Q>&& CanSubtract<Q, Q>&& CanEqual<Q, Q>&& CanOrder<Q, Q>&& CanMultiply<Q, double>&&
        CanMultiply<double, Q>&& CanDivide<Q, double>&& std::is_same_v<decltype(Q() / Q()), double>&&
            std::is_same_v<decltype(Q() + Q()), Q>&& std::is_trivially_copyable_v<Q> &&
    sizeof(Q) == sizeof(double) && std::is_nothrow_default_constructible_v<Q>;

static_assert(is_a_quantity<Energy> && is_a_quantity<Power> && is_a_quantity<CarbonMass>);
static_assert(is_a_quantity<CarbonIntensity> && is_a_quantity<Water> && is_a_quantity<WaterIntensity>);
static_assert(keeps_apart_from_numbers<Energy> && keeps_apart_from_numbers<Power>);
static_assert(keeps_apart_from_numbers<CarbonMass> && keeps_apart_from_numbers<CarbonIntensity>);
static_assert(keeps_apart_from_numbers<Water> && keeps_apart_from_numbers<WaterIntensity>);

static_assert(never_mix<Energy, Power> && never_mix<Energy, CarbonMass> && never_mix<Energy, CarbonIntensity>);
static_assert(never_mix<Energy, Water> && never_mix<Energy, WaterIntensity> && never_mix<Power, CarbonMass>);
static_assert(never_mix<Power, CarbonIntensity> && never_mix<Power, Water> && never_mix<Power, WaterIntensity>);
static_assert(never_mix<CarbonMass, CarbonIntensity> && never_mix<CarbonMass, Water>);
static_assert(never_mix<CarbonMass, WaterIntensity> && never_mix<CarbonIntensity, Water>);
static_assert(never_mix<CarbonIntensity, WaterIntensity> && never_mix<Water, WaterIntensity>);

static_assert(!CanMultiply<Energy, Power> && !CanMultiply<Energy, CarbonMass> && !CanMultiply<Energy, Seconds>);
static_assert(!CanMultiply<Power, CarbonIntensity> && !CanMultiply<CarbonMass, CarbonIntensity>);
static_assert(!CanMultiply<CarbonIntensity, WaterIntensity> && !CanDivide<Energy, CarbonIntensity>);
static_assert(!CanDivide<Energy, CarbonMass> && !CanDivide<Power, Energy> && !CanDivide<Power, Seconds>);

static_assert(std::is_same_v<decltype(Energy() * CarbonIntensity()), CarbonMass>);
static_assert(std::is_same_v<decltype(CarbonIntensity() * Energy()), CarbonMass>);
static_assert(std::is_same_v<decltype(CarbonMass() / Energy()), CarbonIntensity>);
static_assert(std::is_same_v<decltype(CarbonMass() / CarbonIntensity()), Energy>);
static_assert(std::is_same_v<decltype(Power() * Seconds()), Energy>);
static_assert(std::is_same_v<decltype(Energy() / Seconds()), Power>);
static_assert(std::is_same_v<decltype(Energy() / Power()), Seconds>);
static_assert(std::is_same_v<decltype(Energy() * WaterIntensity()), Water>);
static_assert(std::is_same_v<decltype(Water() / Energy()), WaterIntensity>);

// Quantities are constants where their inputs are.
static_assert(Energy::from_kwh(1) == Energy::from_joules(3.6e6));
static_assert((Energy::from_kwh(2) * CarbonIntensity::from_g_per_kwh(56)).grams() == 112);

TEST(Quantity, StartsAtZeroAndKeepsTheLawsOfSums) {
  EXPECT_EQ(Energy().joules(), 0.0);
  const Energy a = Energy::from_joules(3);
  const Energy b = Energy::from_joules(5);
  EXPECT_EQ(a + b, b + a);
  EXPECT_EQ((a - b).joules(), -2.0);
  EXPECT_EQ((-a).joules(), -3.0);
  EXPECT_EQ((a * 2).joules(), 6.0);
  EXPECT_EQ(2 * a, a * 2);
  EXPECT_EQ((a / 2).joules(), 1.5);
  EXPECT_EQ(b / a, 5.0 / 3.0);
  Energy sum = a;
  sum += b;
  EXPECT_EQ(sum.joules(), 8.0);
  sum -= a;
  EXPECT_EQ(sum, b);
  sum *= 3;
  EXPECT_EQ(sum.joules(), 15.0);
  sum /= 5;
  EXPECT_EQ(sum, a);
  EXPECT_LT(a, b);
  EXPECT_GE(b, a);
}

TEST(Quantity, ThatIsNotANumberIsUnordered) {
  const Energy nan = Energy::from_joules(std::nan(""));
  EXPECT_NE(nan, nan);
  EXPECT_FALSE(nan < Energy());
  EXPECT_FALSE(nan >= Energy());
}

TEST(Quantity, ConstantsAreExact) {
  EXPECT_EQ(Energy::from_kwh(1).joules(), 3.6e6);
  EXPECT_EQ(Energy::from_wh(1).joules(), 3600.0);
  EXPECT_EQ(Energy::from_microjoules(5e6).joules(), 5.0);
  EXPECT_EQ(Power::from_milliwatts(1500).watts(), 1.5);
  EXPECT_EQ(Power::from_kilowatts(2).watts(), 2000.0);
  EXPECT_EQ(CarbonMass::from_pounds(1).grams(), 453.59237);
  EXPECT_EQ(CarbonMass::from_tonnes(2).kilograms(), 2000.0);
  EXPECT_EQ(CarbonMass::from_kilograms(3).tonnes(), 0.003);
  EXPECT_DOUBLE_EQ(CarbonIntensity::from_lb_per_mwh(1000).g_per_kwh(), 453.59237);
  EXPECT_EQ(CarbonIntensity::from_kg_per_kwh(0.5).g_per_kwh(), 500.0);
  EXPECT_EQ(CarbonIntensity::from_g_per_kwh(500).kg_per_kwh(), 0.5);
}

TEST(Quantity, ProductsAndQuotientsBelongTogether) {
  const Energy energy = Power::from_watts(250) * 2h;
  EXPECT_EQ(energy.wh(), 500.0);
  EXPECT_EQ(2h * Power::from_watts(250), energy);
  EXPECT_EQ((energy / 30min).watts(), 1000.0);
  EXPECT_EQ(energy / Power::from_watts(250), Seconds(7200));
  const CarbonMass mass = energy * CarbonIntensity::from_g_per_kwh(400);
  EXPECT_EQ(mass.grams(), 200.0);
  EXPECT_EQ((mass / energy).g_per_kwh(), 400.0);
  EXPECT_EQ((mass / CarbonIntensity::from_g_per_kwh(400)).kwh(), 0.5);
  const Water water = energy * WaterIntensity::from_l_per_kwh(1.8);
  EXPECT_EQ(water.litres(), 0.9);
  EXPECT_EQ((water / energy).l_per_kwh(), 1.8);
  EXPECT_EQ(WaterIntensity::from_l_per_kwh(1.8) * energy, water);
}

// ---------------------------------------------------------------------------------------------------------------------
// Unit texts
// ---------------------------------------------------------------------------------------------------------------------
struct Conversion {
  double value;
  const char* from;
  const char* to;
  double expected;
};

class Convert : public testing::TestWithParam<Conversion> {};

TEST_P(Convert, Gives) {
  const Conversion& c = GetParam();
  const Result<double> there = convert(c.value, c.from, c.to);
  ASSERT_TRUE(there) << to_string(there.issue());
  EXPECT_DOUBLE_EQ(*there, c.expected);
  const Result<double> back = convert(*there, c.to, c.from);
  ASSERT_TRUE(back);
  EXPECT_DOUBLE_EQ(*back, c.value);
}

INSTANTIATE_TEST_SUITE_P(
    Units, Convert,
    testing::Values(Conversion{937, "lb/MWh", "g/kWh", 425.01605069}, Conversion{1, "kWh", "J", 3.6e6},
                    Conversion{1, "W*h", "J", 3600}, Conversion{1, "J/s", "W", 1}, Conversion{1, "mW", "uW", 1000},
                    Conversion{1, "GiB", "B", 1073741824}, Conversion{1, "L", "cm3", 1000},
                    Conversion{1, "m3", "L", 1000}, Conversion{1, "m2", "mm2", 1e6},
                    Conversion{1.5, "kg/cm2", "g/mm2", 15}, Conversion{2, "d", "h", 48},
                    Conversion{1, "t/MWh", "g/kWh", 1000}, Conversion{1, "L/kWh", "mL/Wh", 1},
                    Conversion{3, "kWh/d", "W", 125}, Conversion{1, "nJ/op", "J/op", 1e-9},
                    Conversion{1, "kg", "lb", 1 / 0.45359237}, Conversion{1, "min", "ns", 6e10},
                    Conversion{1, "um3", "m3", 1e-18}, Conversion{2, "year", "h", 17520}, Conversion{1, "day", "d", 1},
                    Conversion{1000, "mWh", "Wh", 1}, Conversion{1, "mWh", "J", 3.6}, Conversion{1, "km", "cm", 1e5},
                    Conversion{1, "PB", "TB", 1000}, Conversion{1, "EB", "B", 1e18}, Conversion{1, "EiB", "PiB", 1024},
                    Conversion{1, "EiB", "B", 0x1p60}, Conversion{1, "A", "uA", 1e6}, Conversion{2, "mA", "A", 0.002},
                    Conversion{12, "g/IC", "g/pc", 12}, Conversion{3, "1", "1", 3},
                    Conversion{1, "1/h", "1/year", 8760}, Conversion{1, "1/mm2", "1/cm2", 100},
                    Conversion{1, "kg/(t*km)", "g/(kg*m)", 0.001}, Conversion{1, "kg/(t*km)", "kg/t/km", 1},
                    Conversion{1, "(kg)", "g", 1000}, Conversion{1, "W*(s/min)", "W*(s/h)", 60},
                    Conversion{1, "J/(s/(m/(s)))", "W*m/s", 1}));

TEST(ParseUnit, ReadsEverySymbolOfTheTable) {
  for (const auto& symbol : detail::unit_symbols) {
    const Result<Unit> unit = parse_unit(symbol.text);
    ASSERT_TRUE(unit) << symbol.text;
    EXPECT_EQ(static_cast<double>(unit->numerator) / static_cast<double>(unit->denominator),
              static_cast<double>(symbol.numerator) / static_cast<double>(symbol.denominator));
    EXPECT_EQ(unit->exponents, symbol.exponents) << symbol.text;
    EXPECT_EQ(std::gcd(unit->numerator, unit->denominator), 1) << symbol.text;
  }
}

TEST(ParseUnit, ReadsProductsAndQuotientsFromLeftToRight) {
  EXPECT_EQ(*parse_unit("g/m2/s"), *parse_unit("g/s/m2"));
  EXPECT_EQ(*parse_unit("W*s"), *parse_unit("J"));
  EXPECT_EQ(*parse_unit("J/s*s"), *parse_unit("J"));
  EXPECT_EQ(*parse_unit("m*m"), *parse_unit("m2"));
  EXPECT_EQ(*parse_unit("m1"), *parse_unit("m"));
  EXPECT_EQ(*parse_unit("kg/(t*km)"), *parse_unit("kg/t/km"));
  EXPECT_EQ(*parse_unit("kg/(t/km)"), *parse_unit("kg/t*km"));
  EXPECT_EQ(*parse_unit("kg/(t/(km*s))"), *parse_unit("kg/t*km*s"));
  EXPECT_EQ(*parse_unit("(J/s)*(s)"), *parse_unit("J"));
  EXPECT_TRUE(parse_unit("g/kWh")->same_quantity(*parse_unit("lb/MWh")));
  EXPECT_FALSE(parse_unit("g/kWh")->same_quantity(*parse_unit("g/kW")));
}

TEST(ParseUnit, ReadsTheGasAfterAMassWhereverTheMassStands) {
  for (const char* text : {"gCO2", "g CO2", "gCO2e", "g CO2e", "gCO2eq", "g CO2eq", "(gCO2e)"}) {
    EXPECT_EQ(*parse_unit(text), *parse_unit("g")) << text;
  }
  EXPECT_EQ(*parse_unit("kgCO2e/MWh"), *parse_unit("g/kWh"));
  EXPECT_EQ(*parse_unit("kWh/kg CO2"), *parse_unit("kWh/kg"));
  EXPECT_EQ(*parse_unit("lbs_co2_per_mwh"), *parse_unit("lb/MWh"));
  EXPECT_EQ(*parse_unit("W\u00b7s"), *parse_unit("J"));
  EXPECT_EQ(gas_of("kgCO2eq/(t*km)"), "CO2eq");
  EXPECT_EQ(gas_of("kWh/kg CO2"), "CO2");
  EXPECT_EQ(gas_of("(gCO2e)/kWh"), "CO2e");
  EXPECT_EQ(gas_of("lbs_co2_per_mwh"), "CO2");
  for (const char* text : {"", "g", "CO2e", "kWhCO2e", "kgCO2/furlong"}) EXPECT_EQ(gas_of(text), "") << text;
}

class BadUnit : public testing::TestWithParam<const char*> {};

TEST_P(BadUnit, IsAnIssueThatNamesIt) {
  const Result<Unit> unit = parse_unit(GetParam());
  ASSERT_FALSE(unit) << "read: " << GetParam();
  EXPECT_EQ(unit.issue().code, "bad_unit");
  EXPECT_EQ(unit.issue().subject, GetParam());
  EXPECT_NE(unit.issue().text.find("g/kWh"), std::string::npos) << "the remedy is missing: " << unit.issue().text;
}

INSTANTIATE_TEST_SUITE_P(Units, BadUnit,
                         testing::Values("", " ", "kwh", "KWh", "kWh ", " kWh", "k Wh", "*", "/", "/s", "s/", "s**2",
                                         "m0", "m12", "m-1", "m^2", "2", "CO2e", "gco2e", "g  CO2e", "g CO2e ",
                                         "gCO2e2", "kWhCO2e", "1CO2", "W//s", "\xC2\xB5J", "TiB9", "TB2", "g/kWh/",
                                         "Day", "years", "y", "yr", "Km", "KM", "ic", "PC", "a", "Ah", "Mwh", "kA",
                                         "PIB", "Eib", "12", "11", "1.", "g/2", "kg/1000", "()", "(", ")", "kg/()",
                                         "kg/(t*km", "kg/t*km)", "kg/(t*km))", "kg/((t*km)", "(t)km", "t(km)",
                                         "(t)(km)", "(t*km)2", "kg/(t*)", "kg/(*km)", "kg(t)", "(((((((kg)))))))",
                                         "m9*m9*m9*m9*m9*m9*m9*m9*m9*m9*m9*m9"));

TEST(ParseUnit, SaysOutOfRangeInsteadOfOverflowing) {
  std::string text = "nm9";
  for (int i = 0; i < 40; ++i) text += "*nm9";
  const Result<Unit> unit = parse_unit(text);
  ASSERT_FALSE(unit);
  EXPECT_NE(unit.issue().text.find("out of range"), std::string::npos);
}

TEST(Convert, RefusesUnitsOfDifferentQuantities) {
  const Result<double> refused = convert(1, "kWh", "kg");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.issue().code, "bad_unit");
  EXPECT_NE(refused.issue().text.find("'kWh' and 'kg'"), std::string::npos);
  EXPECT_EQ(convert(1, "kWh", "kwh").issue().subject, "kwh");
  EXPECT_EQ(convert(1, *parse_unit("s"), *parse_unit("m")).issue().code, "bad_unit");
}

TEST(Convert, GivesTheValueItselfForTheSameUnit) {
  for (const char* unit : {"J", "lb/MWh", "nm2", "kWh/d", "KiB"}) {
    EXPECT_EQ(*convert(0.1, unit, unit), 0.1) << unit;
  }
  EXPECT_EQ(*convert(0.1, "m2*nm", "m2*nm"), 0.1);
}

TEST(Convert, HoldsWhereTheExactRatioDoesNotFit) {
  // 3.6e12 J / 1e-9 J leaves 64 bits; what is left is one rounding more.
  const Result<double> result = convert(2, "GWh", "nJ");
  ASSERT_TRUE(result);
  EXPECT_DOUBLE_EQ(*result, 7.2e21);
  EXPECT_DOUBLE_EQ(*convert(7.2e21, "nJ", "GWh"), 2.0);
}

// ---------------------------------------------------------------------------------------------------------------------
// Quantities as text
// ---------------------------------------------------------------------------------------------------------------------
TEST(ToString, ChoosesAUnitOfFittingSize) {
  EXPECT_EQ(to_string(Energy::from_kwh(1.25)), "1.25 kWh");
  EXPECT_EQ(to_string(Energy::from_kwh(1234)), "1.234 MWh");
  EXPECT_EQ(to_string(Energy::from_wh(12.345)), "12.35 Wh");
  EXPECT_EQ(to_string(Energy::from_joules(12)), "12 J");
  EXPECT_EQ(to_string(Energy()), "0 J");
  EXPECT_EQ(to_string(Energy::from_joules(-7200)), "-2 Wh");
  EXPECT_EQ(to_string(Power::from_watts(1500)), "1.5 kW");
  EXPECT_EQ(to_string(Power::from_watts(0.25)), "250 mW");
  EXPECT_EQ(to_string(Power()), "0 W");
  EXPECT_EQ(to_string(CarbonMass::from_grams(2.5e6)), "2.5 t CO2e");
  EXPECT_EQ(to_string(CarbonMass::from_grams(1500)), "1.5 kg CO2e");
  EXPECT_EQ(to_string(CarbonMass::from_grams(0.012)), "12 mg CO2e");
  EXPECT_EQ(to_string(CarbonMass::from_grams(0.000142)), "0.142 mg CO2e");
  EXPECT_EQ(to_string(CarbonIntensity::from_g_per_kwh(56.04)), "56.04 g CO2e/kWh");
  EXPECT_EQ(to_string(Water::from_litres(0.5)), "500 mL");
  EXPECT_EQ(to_string(WaterIntensity::from_l_per_kwh(1.8)), "1.8 L/kWh");
}

TEST(ToString, IsRoundedBeforeTheUnitIsChosenAndHasNoExponentForUsualSizes) {
  EXPECT_EQ(to_string(Energy::from_wh(999.96)), "1 kWh");
  EXPECT_EQ(to_string(Energy::from_joules(3599.9)), "1 Wh");
  EXPECT_EQ(to_string(CarbonMass::from_grams(999.99)), "1 kg CO2e");
  EXPECT_EQ(to_string(CarbonMass::from_tonnes(12345)), "12345 t CO2e");
  EXPECT_EQ(to_string(CarbonIntensity::from_g_per_kwh(12345)), "12345 g CO2e/kWh");
  EXPECT_EQ(to_string(Power::from_watts(0.99999)), "1 W");
}

TEST(ToString, StaysInTheSmallestUnitWithoutAnExponent) {
  EXPECT_EQ(to_string(CarbonMass::from_grams(9.662e-7)), "0.0009662 mg CO2e");
  EXPECT_EQ(to_string(Energy::from_joules(0.0361)), "36.1 mJ");
  EXPECT_EQ(to_string(Energy::from_joules(2.5e-7)), "0.00025 mJ");
  EXPECT_EQ(to_string(Power::from_watts(1e-5)), "0.01 mW");
  EXPECT_EQ(to_string(Water::from_litres(-2e-4)), "-0.2 mL");
  EXPECT_EQ(to_string(Water::from_litres(1e-12)), "1e-09 mL");
  EXPECT_EQ(to_string(WaterIntensity::from_l_per_kwh(0.00001234)), "0.00001234 L/kWh");
}

TEST(ToString, WritesAnEstimateInOneUnitWithThreeDigits) {
  const auto energy = [](double low, std::optional<double> value, double high) {
    const auto joules = [](double x) { return Energy::from_joules(x); };
    return to_string(Estimate<Energy>{.value = value ? std::optional(joules(*value)) : std::nullopt,
                                      .interval = Interval<Energy>{joules(low), joules(high)}});
  };
  EXPECT_EQ(energy(1836, 4075.2, 7920), "1.13 Wh (0.510 to 2.20 Wh)");
  EXPECT_EQ(energy(0, 12.1, 27.92), "12.1 J (0 to 27.9 J)");
  EXPECT_EQ(energy(9.996, 9.996, 9.996), "10.0 J (10.0 to 10.0 J)");
  EXPECT_EQ(energy(0.02, 3599.9, 1e7), "1.00 Wh (0.00000556 to 2778 Wh)");
  EXPECT_EQ(energy(0, 0, 7200), "0 Wh (0 to 2.00 Wh)");
  EXPECT_EQ(energy(-7200, 0, 10), "0 Wh (-2.00 to 0.00278 Wh)");
  EXPECT_EQ(energy(0, 0, 0), "0 J (0 to 0 J)");
  EXPECT_EQ(energy(5, std::nullopt, 7200), "unknown (0.00139 to 2.00 Wh)");
  EXPECT_EQ(to_string(Estimate<Energy>{}), "unknown");
  EXPECT_EQ(to_string(Estimate<Energy>{.value = Energy::from_kwh(1.2345)}), "1.23 kWh");
}

TEST(ToString, NamesTheGasOnceInAnEstimate) {
  const Estimate<CarbonMass> mass{
      .value = CarbonMass::from_grams(1.11e-5),
      .interval = Interval<CarbonMass>{CarbonMass::from_grams(9.662e-7), CarbonMass::from_grams(3.02e-5)}};
  EXPECT_EQ(to_string(mass), "0.0111 mg CO2e (0.000966 to 0.0302 mg)");
  const Estimate<CarbonIntensity> grid{.value = CarbonIntensity::from_g_per_kwh(384.4),
                                       .interval = Interval<CarbonIntensity>{CarbonIntensity::from_g_per_kwh(231),
                                                                             CarbonIntensity::from_g_per_kwh(538)}};
  EXPECT_EQ(to_string(grid), "384 g CO2e/kWh (231 to 538 g/kWh)");
}

TEST(ToString, WritesTheEstimateOfATime) {
  const Estimate<Seconds> time{.value = Seconds(0.00125), .interval = Interval<Seconds>{Seconds(0.001), Seconds(2)}};
  EXPECT_EQ(to_string(time), "1.25 ms (1.00 to 2000 ms)");
  EXPECT_EQ(*time.seconds(), 0.00125);
  EXPECT_EQ(to_string(Estimate<Seconds>{.value = Seconds(5400)}), "1.50 h");
  EXPECT_EQ(to_string(Estimate<Seconds>{.value = Seconds(3e-7)}), "0.300 us");
  EXPECT_EQ(Estimate<Seconds>{}.seconds(), std::nullopt);
  EXPECT_EQ(*Estimate<std::chrono::milliseconds>{.value = 1500ms}.seconds(), 1.5);
}

TEST(ToString, SaysWhatIsNotFinite) {
  EXPECT_EQ(to_string(Energy::from_joules(infinity)), "inf MWh");
  EXPECT_EQ(to_string(Energy::from_joules(std::nan(""))), "nan J");
}

TEST(Parse, ReadsANumberAndAUnit) {
  EXPECT_EQ(parse<CarbonMass>("5kg")->grams(), 5000.0);
  EXPECT_EQ(parse<Energy>("1.5 kWh")->kwh(), 1.5);
  EXPECT_EQ(parse<Energy>("-2e3   J")->joules(), -2000.0);
  EXPECT_EQ(parse<Power>("15 mW")->watts(), 0.015);
  EXPECT_EQ(parse<CarbonIntensity>("1000 lb/MWh")->g_per_kwh(), 453.59237);
  EXPECT_EQ(parse<Water>("500 mL")->litres(), 0.5);
  EXPECT_EQ(parse<WaterIntensity>("1.8 L/kWh")->l_per_kwh(), 1.8);
}

/// What `to_string` has rounded to four digits, `parse` reads; and then the text stays.
template <class Q>
void expect_read_back(Q (*make)(double)) {
  for (const double sign : {1.0, -1.0}) {
    for (int exponent = -12; exponent <= 18; ++exponent) {
      for (const double digits : {1.0, 1.5, 3.6, 9.9996, 1.2345678}) {
        const Q q = make(sign * digits * std::pow(10.0, exponent));
        const Result<Q> read = parse<Q>(to_string(q));
        ASSERT_TRUE(read) << to_string(q) << ": " << to_string(read.issue());
        EXPECT_NEAR(*read / q, 1, 5e-4) << to_string(q);
        EXPECT_EQ(to_string(*read), to_string(q));
        EXPECT_TRUE(parse<Q>(value_text(Estimate<Q>{.value = q}))) << to_string(q);
      }
    }
  }
  EXPECT_EQ(*parse<Q>(to_string(Q())), Q());
}

TEST(Parse, ReadsEveryTextThatIsWritten) {
  expect_read_back(Energy::from_joules);
  expect_read_back(Power::from_watts);
  expect_read_back(CarbonMass::from_grams);
  expect_read_back(CarbonIntensity::from_g_per_kwh);
  expect_read_back(Water::from_litres);
  expect_read_back(WaterIntensity::from_l_per_kwh);
  for (const auto& scale : detail::QuantityText<CarbonMass>::scales) {  // of an interval: `(0.51 to 2.2 mg)`
    EXPECT_TRUE(parse<CarbonMass>("1 " + std::string(scale.brief)));
  }
  EXPECT_EQ(*parse<Seconds>(value_text(Estimate<Seconds>{.value = Seconds(5400)})), Seconds(5400));
}

TEST(Parse, ReadsTheGasOfAMass) {
  EXPECT_EQ(parse<CarbonIntensity>("56 g CO2e/kWh")->g_per_kwh(), 56.0);
  EXPECT_EQ(parse<CarbonIntensity>("56 kgCO2e/MWh")->g_per_kwh(), 56.0);
  EXPECT_EQ(parse<CarbonIntensity>("1000 lbs_co2_per_mwh")->g_per_kwh(), 453.59237);
  EXPECT_EQ(parse<CarbonMass>("5kgCO2eq")->grams(), 5000.0);
  EXPECT_FALSE(parse<Energy>("5 kgCO2e"));
}

TEST(Parse, RefusesWhatIsNotThatQuantity) {
  for (const char* text : {"", "kWh", "5", "5 kg", "five kWh", "1,5 kWh", "nan J", "inf J", "1e999 J", " 5 J", "5 J ",
                           "0x5 J", "+5 J", "5 \tJ", "1e308 GWh"}) {
    const Result<Energy> energy = parse<Energy>(text);
    ASSERT_FALSE(energy) << text;
    EXPECT_EQ(energy.issue().code, "bad_unit") << text;
    EXPECT_NE(energy.issue().text, "") << text;
  }
  EXPECT_NE(parse<Energy>("5 kg").issue().text.find("kg"), std::string::npos);
}

// ---------------------------------------------------------------------------------------------------------------------
// SCI
// ---------------------------------------------------------------------------------------------------------------------
TEST(Sci, IsEnergyTimesIntensityPlusEmbodiedPerUnit) {
  const Result<double> score =
      sci(Energy::from_kwh(2), CarbonIntensity::from_g_per_kwh(50), CarbonMass::from_grams(20), 10);
  ASSERT_TRUE(score);
  EXPECT_EQ(*score, 12.0);
}

TEST(Sci, RefusesANumberOfUnitsThatIsNotAboveZero) {
  for (const double units : {0.0, -1.0, infinity, std::nan("")}) {
    const Result<double> score = sci(Energy::from_kwh(2), CarbonIntensity(), CarbonMass(), units);
    ASSERT_FALSE(score);
    EXPECT_EQ(score.issue().code, "bad_value");
    EXPECT_EQ(score.issue().subject, "functional_units");
  }
}

}  // namespace
