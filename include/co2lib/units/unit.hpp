// SPDX-License-Identifier: MIT
// Room `units`: what the text of a unit means, and conversion between units.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include <co2lib/numeric.hpp>
#include <co2lib/record.hpp>

namespace co2lib {

/// The meaning of a unit text: an exact rational scale to the base units J, s, g, m, B, op, A, pc and their exponents.
///
/// Watt is J/s, so power and energy per time are one quantity; a litre is dm3. All exponents of a plain number are 0.
struct Unit {
  /// The base units, of which `exponents` has one place each.
  enum Base : std::size_t {
    joule,       ///< energy; power is joule per second
    second,      ///< time
    gram,        ///< mass, of CO2 equivalents too
    metre,       ///< length; area and volume are its powers
    byte,        ///< memory
    operation,   ///< arithmetic
    ampere,      ///< electric current, for charges of batteries
    piece,       ///< what is counted: chips, devices
    base_count,  ///< how many there are
  };

  std::int64_t numerator = 1;                       ///< one of this unit is numerator / denominator of the base units
  std::int64_t denominator = 1;                     ///< always positive
  std::array<std::int8_t, base_count> exponents{};  ///< of the base units, in the order of `Base`

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
inline constexpr Exponents number_unit{};
inline constexpr Exponents energy_unit{1, 0, 0, 0, 0, 0, 0, 0};
inline constexpr Exponents power_unit{1, -1, 0, 0, 0, 0, 0, 0};
inline constexpr Exponents time_unit{0, 1, 0, 0, 0, 0, 0, 0};
inline constexpr Exponents mass_unit{0, 0, 1, 0, 0, 0, 0, 0};
inline constexpr Exponents length_unit{0, 0, 0, 1, 0, 0, 0, 0};
inline constexpr Exponents volume_unit{0, 0, 0, 3, 0, 0, 0, 0};
inline constexpr Exponents data_unit{0, 0, 0, 0, 1, 0, 0, 0};
inline constexpr Exponents operation_unit{0, 0, 0, 0, 0, 1, 0, 0};
inline constexpr Exponents current_unit{0, 0, 0, 0, 0, 0, 1, 0};
inline constexpr Exponents piece_unit{0, 0, 0, 0, 0, 0, 0, 1};
inline constexpr std::int64_t kilo = 1000;
inline constexpr std::int64_t mega = 1000 * kilo;
inline constexpr std::int64_t giga = 1000 * mega;
inline constexpr std::int64_t tera = 1000 * giga;
inline constexpr std::int64_t peta = 1000 * tera;
inline constexpr std::int64_t exa = 1000 * peta;

// Spelling is exact: `MW` is a megawatt, `mW` a milliwatt, `kwh` nothing. Scales are in lowest terms.
inline constexpr UnitSymbol unit_symbols[] = {
    {"nJ", 1, giga, energy_unit},
    {"uJ", 1, mega, energy_unit},
    {"mJ", 1, kilo, energy_unit},
    {"J", 1, 1, energy_unit},
    {"kJ", kilo, 1, energy_unit},
    {"MJ", mega, 1, energy_unit},
    {"GJ", giga, 1, energy_unit},
    {"mWh", 18, 5, energy_unit},
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
    {"day", 86400, 1, time_unit},
    {"year", 8760 * 3600, 1, time_unit},
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
    {"km", kilo, 1, length_unit},
    {"mL", 1, mega, volume_unit},
    {"L", 1, kilo, volume_unit},
    {"B", 1, 1, data_unit},
    {"kB", kilo, 1, data_unit},
    {"MB", mega, 1, data_unit},
    {"GB", giga, 1, data_unit},
    {"TB", tera, 1, data_unit},
    {"PB", peta, 1, data_unit},
    {"EB", exa, 1, data_unit},
    {"KiB", 1LL << 10, 1, data_unit},
    {"MiB", 1LL << 20, 1, data_unit},
    {"GiB", 1LL << 30, 1, data_unit},
    {"TiB", 1LL << 40, 1, data_unit},
    {"PiB", 1LL << 50, 1, data_unit},
    {"EiB", 1LL << 60, 1, data_unit},
    {"op", 1, 1, operation_unit},
    {"uA", 1, mega, current_unit},
    {"mA", 1, kilo, current_unit},
    {"A", 1, 1, current_unit},
    {"pc", 1, 1, piece_unit},
    {"IC", 1, 1, piece_unit},  // an integrated circuit is a piece
    {"1", 1, 1, number_unit},
};

// What may follow a symbol of mass, with or without a space: it names the gas that is weighed, not another unit.
inline constexpr std::string_view gas_words[] = {"CO2eq", "CO2e", "CO2"};

/// A symbol that other texts write their own way, as a whole.
struct UnitAlias {
  std::string_view text;
  std::string_view meaning;
  std::string_view gas;
};
inline constexpr UnitAlias unit_aliases[] = {
    {"lbs_co2_per_mwh", "lb/MWh", "CO2"},  // WattTime
    {"W\u00b7s", "W*s", ""},
};

/// The gas word at the end of a symbol of mass; empty if there is none.
constexpr std::string_view gas_word(std::string_view symbol) noexcept {
  for (const std::string_view gas : gas_words) {
    if (symbol.size() > gas.size() && symbol.ends_with(gas)) return gas;
  }
  return {};
}

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
  why.append("; units are written exactly, for example J, kWh, W, s, g, kg, lb, g/kWh, g CO2e/kWh, kg/m2");
  return Issue{"bad_unit", std::string(text), std::move(why)};
}

/// Reads `factor (*|/ factor)*`, a factor being a symbol with or without an exponent, or a product in brackets.
class UnitReader {
 public:
  explicit UnitReader(std::string_view text) : text_(text), rest_(text) {}

  Result<Unit> read() {
    if (text_.empty()) return bad_unit(text_, "the unit is empty");
    for (const UnitAlias& alias : unit_aliases) {
      if (text_ == alias.text) rest_ = alias.meaning;
    }
    if (!product(1, 0)) return bad_unit(text_, std::move(why_));
    if (!rest_.empty()) return bad_unit(text_, "a bracket is closed that was never opened");
    return unit_;
  }

 private:
  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }

  bool product(int power, int depth) {
    if (depth > 4) return fail("brackets are nested too deep");
    int sign = power;
    while (true) {
      if (!factor(sign, depth)) return false;
      if (rest_.empty() || rest_.front() == ')') return true;
      if (rest_.front() == '(') return fail("a bracket must follow * or /");
      sign = rest_.front() == '/' ? -power : power;
      rest_.remove_prefix(1);
    }
  }

  bool factor(int power, int depth) {
    if (rest_.starts_with('(')) {
      rest_.remove_prefix(1);
      if (!product(power, depth + 1)) return false;
      if (rest_.empty()) return fail("a bracket is opened and never closed");
      rest_.remove_prefix(1);
      return rest_.empty() || rest_.find_first_of("*/)") == 0 || fail("text follows a closing bracket");
    }
    const std::string_view name = rest_.substr(0, rest_.find_first_of("*/()"));
    rest_.remove_prefix(name.size());
    const UnitSymbol* found = symbol(name);
    if (found == nullptr) found = mass_of_gas(name);
    int exponent = 1;
    if (found == nullptr && name.size() > 1 && name.back() >= '1' && name.back() <= '9') {
      exponent = name.back() - '0';
      found = symbol(name.substr(0, name.size() - 1));
      if (found != nullptr && found->exponents == number_unit) found = nullptr;  // `12` is no power of 1
    }
    if (found == nullptr) return fail(std::string("unknown unit '").append(name).append("'"));
    return multiply_into(unit_, *found, power * exponent) || fail("the unit is out of range");
  }

  /// The symbol of mass before a gas word: `kg` of `kgCO2e` and of `kg CO2e`.
  static const UnitSymbol* mass_of_gas(std::string_view name) noexcept {
    const std::string_view gas = gas_word(name);
    if (gas.empty()) return nullptr;
    name.remove_suffix(gas.size());
    if (name.ends_with(' ')) name.remove_suffix(1);
    const UnitSymbol* found = symbol(name);
    return found != nullptr && found->exponents == mass_unit ? found : nullptr;
  }

  static const UnitSymbol* symbol(std::string_view name) noexcept {
    for (const UnitSymbol& symbol : unit_symbols) {
      if (symbol.text == name) return &symbol;
    }
    return nullptr;
  }

  std::string_view text_;
  std::string_view rest_;
  Unit unit_;
  std::string why_;
};

}  // namespace detail

/// Reads a unit text such as `g/kWh`, `kg CO2e`, `lbCO2/MWh`, `mm2`, `kg/(t*km)` or `1/h`.
///
/// Symbols are spelt exactly and may carry an exponent of one digit; they are joined by `*` and `/`, read from left to
/// right, and a product in brackets counts as one symbol. `CO2`, `CO2e` or `CO2eq` may follow a symbol of mass and
/// changes nothing. `1` is the unit of a plain number; a `year` has 8760 hours; an `IC` is a piece, `pc`. An unknown
/// symbol is the issue `bad_unit`.
[[nodiscard]] inline Result<Unit> parse_unit(std::string_view text) { return detail::UnitReader(text).read(); }

/// The gas that a unit text names after its mass (`CO2`, `CO2e`, `CO2eq`); empty if it names none or is not a unit.
[[nodiscard]] inline std::string gas_of(std::string_view unit) {
  if (!parse_unit(unit)) return {};
  for (const detail::UnitAlias& alias : detail::unit_aliases) {
    if (unit == alias.text) return std::string(alias.gas);
  }
  const std::size_t at = unit.find("CO2");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = unit.substr(at);
  return std::string(rest.substr(0, rest.find_first_of("*/()")));
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

}  // namespace co2lib
