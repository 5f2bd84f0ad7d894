// SPDX-License-Identifier: MIT
// Room `units`: quantities and their estimates as text, and back.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <system_error>

#include <co2lib/record.hpp>
#include <co2lib/units/quantity.hpp>
#include <co2lib/units/unit.hpp>

namespace co2lib {

namespace detail {

/// A unit in which a quantity is written: its size in the canonical unit, and its text, short where the kind of
/// quantity has been said already.
struct Scale {
  double size;
  std::string_view unit;
  std::string_view brief;
};

/// What the text of a quantity needs: its canonical unit and number, and its units from large to small.
template <class Q>
struct QuantityText;
template <>
struct QuantityText<Energy> {
  static constexpr std::string_view unit = "J";
  static constexpr std::array scales{Scale{3.6e9, "MWh", "MWh"}, Scale{3.6e6, "kWh", "kWh"}, Scale{3600, "Wh", "Wh"},
                                     Scale{1, "J", "J"}, Scale{1e-3, "mJ", "mJ"}};
  static constexpr Energy make(double x) { return Energy::from_joules(x); }
  static constexpr double read(Energy e) { return e.joules(); }
};
template <>
struct QuantityText<Power> {
  static constexpr std::string_view unit = "W";
  static constexpr std::array scales{Scale{1e3, "kW", "kW"}, Scale{1, "W", "W"}, Scale{1e-3, "mW", "mW"}};
  static constexpr Power make(double x) { return Power::from_watts(x); }
  static constexpr double read(Power p) { return p.watts(); }
};
template <>
struct QuantityText<CarbonMass> {
  static constexpr std::string_view unit = "g";
  static constexpr std::array scales{Scale{1e6, "t CO2e", "t"}, Scale{1e3, "kg CO2e", "kg"}, Scale{1, "g CO2e", "g"},
                                     Scale{1e-3, "mg CO2e", "mg"}};
  static constexpr CarbonMass make(double x) { return CarbonMass::from_grams(x); }
  static constexpr double read(CarbonMass m) { return m.grams(); }
};
template <>
struct QuantityText<CarbonIntensity> {
  static constexpr std::string_view unit = "g/kWh";
  static constexpr std::array scales{Scale{1, "g CO2e/kWh", "g/kWh"}};
  static constexpr CarbonIntensity make(double x) { return CarbonIntensity::from_g_per_kwh(x); }
  static constexpr double read(CarbonIntensity i) { return i.g_per_kwh(); }
};
template <>
struct QuantityText<Water> {
  static constexpr std::string_view unit = "L";
  static constexpr std::array scales{Scale{1, "L", "L"}, Scale{1e-3, "mL", "mL"}};
  static constexpr Water make(double x) { return Water::from_litres(x); }
  static constexpr double read(Water w) { return w.litres(); }
};
template <>
struct QuantityText<WaterIntensity> {
  static constexpr std::string_view unit = "L/kWh";
  static constexpr std::array scales{Scale{1, "L/kWh", "L/kWh"}};
  static constexpr WaterIntensity make(double x) { return WaterIntensity::from_l_per_kwh(x); }
  static constexpr double read(WaterIntensity w) { return w.l_per_kwh(); }
};
template <>
struct QuantityText<Seconds> {
  static constexpr std::string_view unit = "s";
  static constexpr std::array scales{Scale{3600, "h", "h"}, Scale{1, "s", "s"}, Scale{1e-3, "ms", "ms"},
                                     Scale{1e-6, "us", "us"}};
  static constexpr Seconds make(double x) { return Seconds(x); }
  static constexpr double read(Seconds t) { return t.count(); }
};

/// A number with at least `significant` digits and without an exponent where its size is usual (1e-6 to 1e15). With
/// `exact`, zeros at the end of a fraction are left out: `1.5`, else `1.500`.
inline std::string digits(double value, int significant, bool exact) {
  std::array<char, 64> buffer{};
  const auto write = [&](std::chars_format format, int precision) {
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
    return std::string(buffer.data(), error == std::errc() ? end : buffer.data());
  };
  if (!std::isfinite(value) || value == 0) return write(std::chars_format::general, significant);
  // The exponent after rounding: 9.996 is 10.0.
  const std::string rounded = write(std::chars_format::scientific, significant - 1);
  int exponent = 0;
  const std::size_t at = rounded.find('e') + 1;
  std::from_chars(rounded.data() + at + (rounded[at] == '+' ? 1 : 0), rounded.data() + rounded.size(), exponent);
  if (exponent < -6 || exponent >= 15) return write(std::chars_format::general, significant);
  std::string text = write(std::chars_format::fixed, std::max(0, significant - 1 - exponent));
  if (exact && text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

/// The largest unit in which the value, as it is shown, is at least 1, so that 999.96 Wh is "1 kWh"; else the smallest.
/// 0 has the canonical unit.
template <class Q>
const Scale& scale_of(double value, int significant) {
  const auto& scales = QuantityText<Q>::scales;
  const Scale* canonical = std::find_if(scales.begin(), scales.end(), [](const Scale& s) { return s.size == 1; });
  if (value == 0 || std::isnan(value)) return *canonical;
  for (const Scale& scale : scales) {
    const std::string shown = digits(std::fabs(value) / scale.size, significant, true);
    double size = std::fabs(value) / scale.size;
    if (std::isfinite(size)) std::from_chars(shown.data(), shown.data() + shown.size(), size);
    if (size >= 1) return scale;
  }
  return scales.back();
}

inline constexpr int quantity_digits = 4;
inline constexpr int estimate_digits = 3;  // its error is seldom below a percent

template <class Q>
std::string quantity_text(Q q) {
  const double value = QuantityText<Q>::read(q);
  const Scale& scale = scale_of<Q>(value, quantity_digits);
  return digits(value / scale.size, quantity_digits, true).append(" ").append(scale.unit);
}

/// The unit of an estimate, its interval included: that of its value, or of its larger end if that is 0 or unknown.
template <class Q>
const Scale& scale_of(const Estimate<Q>& e) {
  double value = e.value ? QuantityText<Q>::read(*e.value) : 0;
  if (value == 0 && e.interval) {
    const double low = QuantityText<Q>::read(e.interval->low);
    const double high = QuantityText<Q>::read(e.interval->high);
    value = std::fabs(low) > std::fabs(high) ? low : high;
  }
  return scale_of<Q>(value, estimate_digits);
}

}  // namespace detail

/// For people, in a unit of fitting size and with up to four significant digits: `1.25 kWh`.
[[nodiscard]] inline std::string to_string(Energy e) { return detail::quantity_text(e); }
[[nodiscard]] inline std::string to_string(Power p) { return detail::quantity_text(p); }  ///< `250 W`
/// `1.25 kg`, of CO2 equivalents.
[[nodiscard]] inline std::string to_string(CarbonMass m) { return detail::quantity_text(m); }
[[nodiscard]] inline std::string to_string(CarbonIntensity i) { return detail::quantity_text(i); }  ///< `56 g/kWh`
[[nodiscard]] inline std::string to_string(Water w) { return detail::quantity_text(w); }            ///< `1.8 L`
[[nodiscard]] inline std::string to_string(WaterIntensity w) { return detail::quantity_text(w); }   ///< `1.8 L/kWh`
template <>
inline constexpr bool has_text<Energy> = true;
template <>
inline constexpr bool has_text<Power> = true;
template <>
inline constexpr bool has_text<CarbonMass> = true;
template <>
inline constexpr bool has_text<CarbonIntensity> = true;
template <>
inline constexpr bool has_text<Water> = true;
template <>
inline constexpr bool has_text<WaterIntensity> = true;

/// The value of an estimate for people, with three significant digits: `1.13 Wh`; `unknown` where there is none.
template <class Q>
[[nodiscard]] std::string value_text(const Estimate<Q>& e) {
  if (!e.value) return "unknown";
  const detail::Scale& scale = detail::scale_of(e);
  return detail::digits(detail::QuantityText<Q>::read(*e.value) / scale.size, detail::estimate_digits, false)
      .append(" ")
      .append(scale.unit);
}

/// The interval of an estimate in the unit of its value: `0.510 to 2.20 Wh`; empty where there is none.
template <class Q>
[[nodiscard]] std::string interval_text(const Estimate<Q>& e) {
  if (!e.interval) return {};
  const detail::Scale& scale = detail::scale_of(e);
  const auto end = [&](Q q) {
    return detail::digits(detail::QuantityText<Q>::read(q) / scale.size, detail::estimate_digits, false);
  };
  return end(e.interval->low).append(" to ").append(end(e.interval->high)).append(" ").append(scale.brief);
}

/// An estimate for people: `1.13 Wh (0.510 to 2.20 Wh)`.
template <class Q>
[[nodiscard]] std::string to_string(const Estimate<Q>& e) {
  std::string text = value_text(e);
  if (e.interval) text += " (" + interval_text(e) + ")";
  return text;
}
template <class Q>
inline constexpr bool has_text<Estimate<Q>> = true;

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

}  // namespace co2lib
