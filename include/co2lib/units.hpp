// SPDX-License-Identifier: MIT
// Room `units`: quantities, unit texts, and the SCI score.
//
// One class per quantity, a double in one canonical unit. Only meaningful operators exist:
//
//   co2lib::Energy e = co2lib::Energy::from_kwh(2);
//   co2lib::CarbonMass m = e * co2lib::CarbonIntensity::from_g_per_kwh(56);  // 112 g
//   e + m;                                                                   // does not compile
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>

namespace co2lib {

/// Seconds as a double; what durations become when they meet a quantity.
using Seconds = std::chrono::duration<double>;

inline constexpr double joules_per_kwh = 3.6e6;
inline constexpr double joules_per_wh = 3600.0;
inline constexpr double grams_per_pound = 453.59237;
inline constexpr double bytes_per_gib = 1073741824.0;

namespace detail {

/// What all quantities can do: sums, scaling, the ratio of two of a kind, order.
template <class Derived>
class Quantity {
 public:
  constexpr Quantity() = default;

  friend constexpr Derived operator+(Derived a, Derived b) noexcept { return make(a.value_ + b.value_); }
  friend constexpr Derived operator-(Derived a, Derived b) noexcept { return make(a.value_ - b.value_); }
  friend constexpr Derived operator-(Derived a) noexcept { return make(-a.value_); }
  friend constexpr Derived operator*(Derived a, double x) noexcept { return make(a.value_ * x); }
  friend constexpr Derived operator*(double x, Derived a) noexcept { return make(x * a.value_); }
  friend constexpr Derived operator/(Derived a, double x) noexcept { return make(a.value_ / x); }
  friend constexpr double operator/(Derived a, Derived b) noexcept { return a.value_ / b.value_; }
  friend constexpr Derived& operator+=(Derived& a, Derived b) noexcept { return a = a + b; }
  friend constexpr Derived& operator-=(Derived& a, Derived b) noexcept { return a = a - b; }
  friend constexpr Derived& operator*=(Derived& a, double x) noexcept { return a = a * x; }
  friend constexpr Derived& operator/=(Derived& a, double x) noexcept { return a = a / x; }
  friend constexpr bool operator==(Derived a, Derived b) noexcept { return a.value_ == b.value_; }
  friend constexpr std::partial_ordering operator<=>(Derived a, Derived b) noexcept { return a.value_ <=> b.value_; }

 protected:
  // Rounded, so that `a * x + b` has the same bits whether or not the machine can fuse it.
  constexpr explicit Quantity(double value) noexcept : value_(numeric::rounded(value)) {}
  double value_ = 0;

 private:
  static constexpr Derived make(double value) noexcept { return Derived(value); }
};

}  // namespace detail

/// An amount of energy; canonical unit joule. 1 kWh = 3.6e6 J exactly.
class Energy : public detail::Quantity<Energy> {
 public:
  constexpr Energy() = default;
  static constexpr Energy from_joules(double x) noexcept { return Energy(x); }
  static constexpr Energy from_microjoules(double x) noexcept { return Energy(x / 1e6); }
  static constexpr Energy from_wh(double x) noexcept { return Energy(x * joules_per_wh); }
  static constexpr Energy from_kwh(double x) noexcept { return Energy(x * joules_per_kwh); }
  [[nodiscard]] constexpr double joules() const noexcept { return value_; }
  [[nodiscard]] constexpr double wh() const noexcept { return value_ / joules_per_wh; }
  [[nodiscard]] constexpr double kwh() const noexcept { return value_ / joules_per_kwh; }

 private:
  friend class detail::Quantity<Energy>;
  constexpr explicit Energy(double joules) noexcept : Quantity(joules) {}
};

/// Power; canonical unit watt.
class Power : public detail::Quantity<Power> {
 public:
  constexpr Power() = default;
  static constexpr Power from_watts(double x) noexcept { return Power(x); }
  static constexpr Power from_milliwatts(double x) noexcept { return Power(x / 1e3); }
  static constexpr Power from_kilowatts(double x) noexcept { return Power(x * 1e3); }
  [[nodiscard]] constexpr double watts() const noexcept { return value_; }
  [[nodiscard]] constexpr double kilowatts() const noexcept { return value_ / 1e3; }

 private:
  friend class detail::Quantity<Power>;
  constexpr explicit Power(double watts) noexcept : Quantity(watts) {}
};

/// Mass of greenhouse gases in CO2 equivalents; canonical unit gram.
class CarbonMass : public detail::Quantity<CarbonMass> {
 public:
  constexpr CarbonMass() = default;
  static constexpr CarbonMass from_grams(double x) noexcept { return CarbonMass(x); }
  static constexpr CarbonMass from_kilograms(double x) noexcept { return CarbonMass(x * 1e3); }
  static constexpr CarbonMass from_pounds(double x) noexcept { return CarbonMass(x * grams_per_pound); }
  static constexpr CarbonMass from_tonnes(double x) noexcept { return CarbonMass(x * 1e6); }
  [[nodiscard]] constexpr double grams() const noexcept { return value_; }
  [[nodiscard]] constexpr double kilograms() const noexcept { return value_ / 1e3; }
  [[nodiscard]] constexpr double tonnes() const noexcept { return value_ / 1e6; }

 private:
  friend class detail::Quantity<CarbonMass>;
  constexpr explicit CarbonMass(double grams) noexcept : Quantity(grams) {}
};

/// Carbon intensity of electricity; canonical unit g CO2e/kWh.
class CarbonIntensity : public detail::Quantity<CarbonIntensity> {
 public:
  constexpr CarbonIntensity() = default;
  static constexpr CarbonIntensity from_g_per_kwh(double x) noexcept { return CarbonIntensity(x); }
  static constexpr CarbonIntensity from_kg_per_kwh(double x) noexcept { return CarbonIntensity(x * 1e3); }
  static constexpr CarbonIntensity from_lb_per_mwh(double x) noexcept {
    return CarbonIntensity(x * grams_per_pound / 1e3);
  }
  [[nodiscard]] constexpr double g_per_kwh() const noexcept { return value_; }
  [[nodiscard]] constexpr double kg_per_kwh() const noexcept { return value_ / 1e3; }

 private:
  friend class detail::Quantity<CarbonIntensity>;
  constexpr explicit CarbonIntensity(double g_per_kwh) noexcept : Quantity(g_per_kwh) {}
};

/// A volume of water; canonical unit litre.
class Water : public detail::Quantity<Water> {
 public:
  constexpr Water() = default;
  static constexpr Water from_litres(double x) noexcept { return Water(x); }
  [[nodiscard]] constexpr double litres() const noexcept { return value_; }

 private:
  friend class detail::Quantity<Water>;
  constexpr explicit Water(double litres) noexcept : Quantity(litres) {}
};

/// Water used per energy (water usage effectiveness, WUE); canonical unit L/kWh of IT energy.
class WaterIntensity : public detail::Quantity<WaterIntensity> {
 public:
  constexpr WaterIntensity() = default;
  static constexpr WaterIntensity from_l_per_kwh(double x) noexcept { return WaterIntensity(x); }
  [[nodiscard]] constexpr double l_per_kwh() const noexcept { return value_; }

 private:
  friend class detail::Quantity<WaterIntensity>;
  constexpr explicit WaterIntensity(double l_per_kwh) noexcept : Quantity(l_per_kwh) {}
};

[[nodiscard]] constexpr Energy operator*(Power p, Seconds t) noexcept {
  return Energy::from_joules(p.watts() * t.count());
}
[[nodiscard]] constexpr Energy operator*(Seconds t, Power p) noexcept { return p * t; }
[[nodiscard]] constexpr Power operator/(Energy e, Seconds t) noexcept {
  return Power::from_watts(e.joules() / t.count());
}
[[nodiscard]] constexpr Seconds operator/(Energy e, Power p) noexcept { return Seconds(e.joules() / p.watts()); }
[[nodiscard]] constexpr CarbonMass operator*(Energy e, CarbonIntensity i) noexcept {
  return CarbonMass::from_grams(e.kwh() * i.g_per_kwh());
}
[[nodiscard]] constexpr CarbonMass operator*(CarbonIntensity i, Energy e) noexcept { return e * i; }
[[nodiscard]] constexpr CarbonIntensity operator/(CarbonMass m, Energy e) noexcept {
  return CarbonIntensity::from_g_per_kwh(m.grams() / e.kwh());
}
[[nodiscard]] constexpr Energy operator/(CarbonMass m, CarbonIntensity i) noexcept {
  return Energy::from_kwh(m.grams() / i.g_per_kwh());
}
[[nodiscard]] constexpr Water operator*(Energy e, WaterIntensity w) noexcept {
  return Water::from_litres(e.kwh() * w.l_per_kwh());
}
[[nodiscard]] constexpr Water operator*(WaterIntensity w, Energy e) noexcept { return e * w; }
[[nodiscard]] constexpr WaterIntensity operator/(Water w, Energy e) noexcept {
  return WaterIntensity::from_l_per_kwh(w.litres() / e.kwh());
}

// ---------------------------------------------------------------------------------------------------------------------
// Unit texts
// ---------------------------------------------------------------------------------------------------------------------

/// The meaning of a unit text: an exact rational scale to the base units J, s, g, m, B, op, L and their exponents.
///
/// Watt is J/s, so power and energy per time are one quantity; mass is always of greenhouse gases here.
struct Unit {
  enum Base : std::size_t { joule, second, gram, metre, byte, operation, base_count };

  std::int64_t numerator = 1;    ///< one of this unit is numerator / denominator of the base units
  std::int64_t denominator = 1;  ///< always positive
  std::array<std::int8_t, base_count> exponents{};

  bool operator==(const Unit&) const = default;

  /// True if both are units of one quantity, so that a conversion exists.
  [[nodiscard]] bool same_quantity(const Unit& other) const noexcept { return exponents == other.exponents; }
};

namespace detail {

struct UnitSymbol {
  std::string_view text;
  std::int64_t numerator;
  std::int64_t denominator;
  std::array<std::int8_t, Unit::base_count> exponents;
};

using Exponents = std::array<std::int8_t, Unit::base_count>;
inline constexpr Exponents energy_unit{1, 0, 0, 0, 0, 0};
inline constexpr Exponents power_unit{1, -1, 0, 0, 0, 0};
inline constexpr Exponents time_unit{0, 1, 0, 0, 0, 0};
inline constexpr Exponents mass_unit{0, 0, 1, 0, 0, 0};
inline constexpr Exponents length_unit{0, 0, 0, 1, 0, 0};
inline constexpr Exponents volume_unit{0, 0, 0, 3, 0, 0};
inline constexpr Exponents data_unit{0, 0, 0, 0, 1, 0};
inline constexpr Exponents operation_unit{0, 0, 0, 0, 0, 1};
inline constexpr std::int64_t kilo = 1000;
inline constexpr std::int64_t mega = 1000 * kilo;
inline constexpr std::int64_t giga = 1000 * mega;
inline constexpr std::int64_t tera = 1000 * giga;

// Spelling is exact: `MW` is a megawatt, `mW` a milliwatt, `kwh` nothing.
inline constexpr UnitSymbol unit_symbols[] = {
    {"nJ", 1, giga, energy_unit},
    {"uJ", 1, mega, energy_unit},
    {"mJ", 1, kilo, energy_unit},
    {"J", 1, 1, energy_unit},
    {"kJ", kilo, 1, energy_unit},
    {"MJ", mega, 1, energy_unit},
    {"GJ", giga, 1, energy_unit},
    {"Wh", 3600, 1, energy_unit},
    {"kWh", 3600 * kilo, 1, energy_unit},
    {"MWh", 3600 * mega, 1, energy_unit},
    {"GWh", 3600 * giga, 1, energy_unit},
    {"uW", 1, mega, power_unit},
    {"mW", 1, kilo, power_unit},
    {"W", 1, 1, power_unit},
    {"kW", kilo, 1, power_unit},
    {"MW", mega, 1, power_unit},
    {"ns", 1, giga, time_unit},
    {"us", 1, mega, time_unit},
    {"ms", 1, kilo, time_unit},
    {"s", 1, 1, time_unit},
    {"min", 60, 1, time_unit},
    {"h", 3600, 1, time_unit},
    {"d", 86400, 1, time_unit},
    {"ug", 1, mega, mass_unit},
    {"mg", 1, kilo, mass_unit},
    {"g", 1, 1, mass_unit},
    {"kg", kilo, 1, mass_unit},
    {"t", mega, 1, mass_unit},
    {"lb", 45359237, 100000, mass_unit},
    {"nm", 1, giga, length_unit},
    {"um", 1, mega, length_unit},
    {"mm", 1, kilo, length_unit},
    {"cm", 1, 100, length_unit},
    {"m", 1, 1, length_unit},
    {"mL", 1, mega, volume_unit},
    {"L", 1, kilo, volume_unit},
    {"B", 1, 1, data_unit},
    {"kB", kilo, 1, data_unit},
    {"MB", mega, 1, data_unit},
    {"GB", giga, 1, data_unit},
    {"TB", tera, 1, data_unit},
    {"KiB", 1LL << 10, 1, data_unit},
    {"MiB", 1LL << 20, 1, data_unit},
    {"GiB", 1LL << 30, 1, data_unit},
    {"TiB", 1LL << 40, 1, data_unit},
    {"op", 1, 1, operation_unit},
};

/// Multiplies two factors of a rational; false if the result does not fit.
inline bool multiply_into(std::int64_t& target, std::int64_t factor) noexcept {
  return !__builtin_mul_overflow(target, factor, &target);
}

/// unit *= symbol^power, in lowest terms; false if the scale or an exponent does not fit.
inline bool multiply_into(Unit& unit, const UnitSymbol& symbol, int power) noexcept {
  for (int i = 0; i < (power < 0 ? -power : power); ++i) {
    std::int64_t up = power < 0 ? symbol.denominator : symbol.numerator;
    std::int64_t down = power < 0 ? symbol.numerator : symbol.denominator;
    const std::int64_t first = std::gcd(up, unit.denominator);
    const std::int64_t second = std::gcd(down, unit.numerator);
    up /= first;
    unit.denominator /= first;
    down /= second;
    unit.numerator /= second;
    if (!multiply_into(unit.numerator, up) || !multiply_into(unit.denominator, down)) return false;
  }
  for (std::size_t i = 0; i < unit.exponents.size(); ++i) {
    const int exponent = unit.exponents[i] + power * symbol.exponents[i];
    if (exponent < -100 || exponent > 100) return false;
    unit.exponents[i] = static_cast<std::int8_t>(exponent);
  }
  return true;
}

inline Issue bad_unit(std::string_view text, std::string why) {
  why.append("; units are written exactly, for example J, kWh, W, s, g, kg, lb, g/kWh, lb/MWh, kg/m2");
  return Issue{"bad_unit", std::string(text), std::move(why)};
}

}  // namespace detail

/// Reads a unit text such as `g/kWh`, `lb/MWh`, `mm2` or `W*s`.
///
/// Symbols are spelt exactly and may carry an exponent of one digit; they are joined by `*` and `/`, read from left to
/// right. An unknown symbol is the issue `bad_unit`.
[[nodiscard]] inline Result<Unit> parse_unit(std::string_view text) {
  Unit unit;
  if (text.empty()) return detail::bad_unit(text, "the unit is empty");
  int sign = 1;
  std::string_view rest = text;
  while (true) {
    const std::size_t end = rest.find_first_of("*/");
    std::string_view name = rest.substr(0, end);
    int power = 1;
    if (!name.empty() && name.back() >= '1' && name.back() <= '9') {
      power = name.back() - '0';
      name.remove_suffix(1);
    }
    const detail::UnitSymbol* found = nullptr;
    for (const detail::UnitSymbol& symbol : detail::unit_symbols) {
      if (symbol.text == name) found = &symbol;
    }
    if (found == nullptr) return detail::bad_unit(text, std::string("unknown unit '").append(name).append("'"));
    if (!detail::multiply_into(unit, *found, sign * power)) return detail::bad_unit(text, "the unit is out of range");
    if (end == std::string_view::npos) return unit;
    sign = rest[end] == '/' ? -1 : 1;
    rest.remove_prefix(end + 1);
  }
}

/// Converts `value` from one unit to another of the same quantity, with one multiplication and one division by exact
/// numbers. Units of different quantities are the issue `bad_unit`.
[[nodiscard]] inline Result<double> convert(double value, const Unit& from, const Unit& to) {
  if (!from.same_quantity(to)) {
    return Issue{"bad_unit", "", "the two units measure different quantities; no conversion exists"};
  }
  Unit ratio = from;
  const detail::UnitSymbol inverse{"", to.denominator, to.numerator, {}};
  if (!detail::multiply_into(ratio, inverse, 1)) {
    return numeric::product(value * (static_cast<double>(from.numerator) / static_cast<double>(from.denominator)),
                            static_cast<double>(to.denominator) / static_cast<double>(to.numerator));
  }
  if (ratio.denominator == 1) return numeric::product(value, static_cast<double>(ratio.numerator));
  if (ratio.numerator == 1) return value / static_cast<double>(ratio.denominator);
  return value * static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator);
}

/// Converts between unit texts: `convert(937, "lb/MWh", "g/kWh")` is 425.01605069.
[[nodiscard]] inline Result<double> convert(double value, std::string_view from, std::string_view to) {
  const Result<Unit> a = parse_unit(from);
  if (!a) return a.issue();
  const Result<Unit> b = parse_unit(to);
  if (!b) return b.issue();
  Result<double> result = convert(value, *a, *b);
  if (!result) {
    std::string why = "'";
    why.append(from).append("' and '").append(to).append("' measure different quantities");
    return Issue{"bad_unit", std::string(from), std::move(why)};
  }
  return result;
}

// ---------------------------------------------------------------------------------------------------------------------
// Quantities as text
// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

/// The canonical unit of a quantity as text.
template <class Q>
struct QuantityText;
template <>
struct QuantityText<Energy> {
  static constexpr std::string_view unit = "J";
  static constexpr Energy make(double x) { return Energy::from_joules(x); }
};
template <>
struct QuantityText<Power> {
  static constexpr std::string_view unit = "W";
  static constexpr Power make(double x) { return Power::from_watts(x); }
};
template <>
struct QuantityText<CarbonMass> {
  static constexpr std::string_view unit = "g";
  static constexpr CarbonMass make(double x) { return CarbonMass::from_grams(x); }
};
template <>
struct QuantityText<CarbonIntensity> {
  static constexpr std::string_view unit = "g/kWh";
  static constexpr CarbonIntensity make(double x) { return CarbonIntensity::from_g_per_kwh(x); }
};
template <>
struct QuantityText<Water> {
  static constexpr std::string_view unit = "L";
  static constexpr Water make(double x) { return Water::from_litres(x); }
};
template <>
struct QuantityText<WaterIntensity> {
  static constexpr std::string_view unit = "L/kWh";
  static constexpr WaterIntensity make(double x) { return WaterIntensity::from_l_per_kwh(x); }
};

/// At least four significant digits, without an exponent for usual sizes.
inline std::string four_digits(double value) {
  std::array<char, 64> buffer{};
  const double size = std::fabs(value);
  const auto [end, error] =
      size >= 9999.5 && size < 1e15
          ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 0)
          : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 4);
  return std::string(buffer.data(), error == std::errc() ? end : buffer.data());
}

inline std::string with_unit(double value, std::string_view unit) {
  return four_digits(value).append(" ").append(unit);
}

/// A unit and the size from which it is used, both in the canonical unit.
struct Scale {
  double from;
  double factor;
  std::string_view unit;
};

inline std::string scaled(double value, const Scale* scales, std::size_t count) {
  for (std::size_t i = 0; i + 1 < count; ++i) {
    // Compared as it is shown, so that 999.96 Wh is "1 kWh" and not "1000 Wh".
    const std::string shown = four_digits(std::fabs(value) / scales[i].factor);
    double size = std::fabs(value) / scales[i].factor;
    if (std::isfinite(size)) std::from_chars(shown.data(), shown.data() + shown.size(), size);
    if (size >= scales[i].from / scales[i].factor) return with_unit(value / scales[i].factor, scales[i].unit);
  }
  return with_unit(value / scales[count - 1].factor, scales[count - 1].unit);
}

}  // namespace detail

/// For people, in a unit of fitting size and with four significant digits: `1.25 kWh`.
[[nodiscard]] inline std::string to_string(Energy e) {
  constexpr detail::Scale scales[] = {{3.6e9, 3.6e9, "MWh"}, {3.6e6, 3.6e6, "kWh"}, {3600, 3600, "Wh"}, {0, 1, "J"}};
  return detail::scaled(e.joules(), scales, std::size(scales));
}
[[nodiscard]] inline std::string to_string(Power p) {
  constexpr detail::Scale scales[] = {{1e3, 1e3, "kW"}, {1, 1, "W"}, {1e-3, 1e-3, "mW"}, {0, 1, "W"}};
  return detail::scaled(p.watts(), scales, std::size(scales));
}
[[nodiscard]] inline std::string to_string(CarbonMass m) {
  constexpr detail::Scale scales[] = {{1e6, 1e6, "t CO2e"},    {1e3, 1e3, "kg CO2e"},   {1, 1, "g CO2e"},
                                      {1e-3, 1e-3, "mg CO2e"}, {1e-6, 1e-6, "ug CO2e"}, {0, 1, "g CO2e"}};
  return detail::scaled(m.grams(), scales, std::size(scales));
}
[[nodiscard]] inline std::string to_string(CarbonIntensity i) { return detail::with_unit(i.g_per_kwh(), "g CO2e/kWh"); }
[[nodiscard]] inline std::string to_string(Water w) {
  constexpr detail::Scale scales[] = {{1, 1, "L"}, {1e-3, 1e-3, "mL"}, {0, 1, "L"}};
  return detail::scaled(w.litres(), scales, std::size(scales));
}
[[nodiscard]] inline std::string to_string(WaterIntensity w) { return detail::with_unit(w.l_per_kwh(), "L/kWh"); }

/// Reads a number and a unit, `5kg` or `1.5 kWh`, as the quantity asked for; else the issue `bad_unit`.
template <class Q>
[[nodiscard]] Result<Q> parse(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) {
    return detail::bad_unit(
        text, "expected a number and a unit of the quantity in " + std::string(detail::QuantityText<Q>::unit));
  }
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const Result<double> canonical = convert(value, unit, detail::QuantityText<Q>::unit);
  if (!canonical) return canonical.issue();
  if (!std::isfinite(*canonical)) return detail::bad_unit(text, "the number is out of range");
  return detail::QuantityText<Q>::make(*canonical);
}

// ---------------------------------------------------------------------------------------------------------------------
// Software carbon intensity
// ---------------------------------------------------------------------------------------------------------------------

/// Software carbon intensity in g CO2e per functional unit: (E * I + M) / R.
///
/// `energy` includes idle reserve and PUE; `intensity` is location-based; `embodied` is the share M; `functional_units`
/// is R > 0, otherwise the issue `bad_value`. Source: SCI specification 1.1 (ISO/IEC 21031:2024).
[[nodiscard]] inline Result<double> sci(Energy energy, CarbonIntensity intensity, CarbonMass embodied,
                                        double functional_units) {
  if (!(functional_units > 0) || !std::isfinite(functional_units)) {
    return Issue{"bad_value", "functional_units", "must be above 0"};
  }
  return (energy * intensity + embodied).grams() / functional_units;
}

/// The share of hardware's embodied carbon that a piece of software reserves: M = TE * (TiR / EL) * (RR / ToR).
///
/// `total` is TE, `reserved` and `lifespan` are TiR and EL, `resources` of `total_resources` are RR and ToR. EL and ToR
/// are above 0, the others not negative; otherwise the issue `bad_value`. Source: as `sci`.
[[nodiscard]] inline Result<CarbonMass> sci_embodied(CarbonMass total, Seconds reserved, Seconds lifespan,
                                                     double resources, double total_resources) {
  const auto bad = [](const char* what, const char* why) { return Issue{"bad_value", what, why}; };
  if (!(lifespan.count() > 0) || !std::isfinite(lifespan.count())) return bad("lifespan", "must be above 0");
  if (!(total_resources > 0) || !std::isfinite(total_resources)) return bad("total_resources", "must be above 0");
  if (!(reserved.count() >= 0) || !std::isfinite(reserved.count())) return bad("time_reserved", "must not be negative");
  if (!(resources >= 0) || !std::isfinite(resources)) return bad("resources_reserved", "must not be negative");
  if (!(total.grams() >= 0) || !std::isfinite(total.grams())) return bad("total_embodied", "must not be negative");
  return total * (reserved.count() / lifespan.count()) * (resources / total_resources);
}

}  // namespace co2lib
