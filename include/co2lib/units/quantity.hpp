// SPDX-License-Identifier: MIT
// Room `units`: one class per quantity, a double in one canonical unit, with the operators that mean something.
#pragma once

#include <chrono>
#include <compare>

#include <co2lib/numeric.hpp>

namespace co2lib {

/// Seconds as a double; what durations become when they meet a quantity.
using Seconds = std::chrono::duration<double>;

inline constexpr double joules_per_kwh = 3.6e6;        ///< exact, by definition
inline constexpr double joules_per_wh = 3600.0;        ///< exact, by definition
inline constexpr double grams_per_pound = 453.59237;   ///< of the international avoirdupois pound; exact
inline constexpr double bytes_per_gib = 1073741824.0;  ///< 1 GiB = 2^30 bytes

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
  static constexpr Energy from_joules(double x) noexcept { return Energy(x); }  ///< from J
  /// From uJ, as powercap counts.
  static constexpr Energy from_microjoules(double x) noexcept { return Energy(x / 1e6); }
  static constexpr Energy from_wh(double x) noexcept { return Energy(x * joules_per_wh); }    ///< from Wh
  static constexpr Energy from_kwh(double x) noexcept { return Energy(x * joules_per_kwh); }  ///< from kWh
  [[nodiscard]] constexpr double joules() const noexcept { return value_; }                   ///< in J
  [[nodiscard]] constexpr double wh() const noexcept { return value_ / joules_per_wh; }       ///< in Wh
  [[nodiscard]] constexpr double kwh() const noexcept { return value_ / joules_per_kwh; }     ///< in kWh

 private:
  friend class detail::Quantity<Energy>;
  constexpr explicit Energy(double joules) noexcept : Quantity(joules) {}
};

/// Power; canonical unit watt.
class Power : public detail::Quantity<Power> {
 public:
  constexpr Power() = default;
  static constexpr Power from_watts(double x) noexcept { return Power(x); }             ///< from W
  static constexpr Power from_milliwatts(double x) noexcept { return Power(x / 1e3); }  ///< from mW, as NVML gives
  static constexpr Power from_kilowatts(double x) noexcept { return Power(x * 1e3); }   ///< from kW
  [[nodiscard]] constexpr double watts() const noexcept { return value_; }              ///< in W
  [[nodiscard]] constexpr double kilowatts() const noexcept { return value_ / 1e3; }    ///< in kW

 private:
  friend class detail::Quantity<Power>;
  constexpr explicit Power(double watts) noexcept : Quantity(watts) {}
};

/// Mass of greenhouse gases in CO2 equivalents; canonical unit gram.
class CarbonMass : public detail::Quantity<CarbonMass> {
 public:
  constexpr CarbonMass() = default;
  static constexpr CarbonMass from_grams(double x) noexcept { return CarbonMass(x); }            ///< from g CO2e
  static constexpr CarbonMass from_kilograms(double x) noexcept { return CarbonMass(x * 1e3); }  ///< from kg CO2e
  /// From lb CO2e.
  static constexpr CarbonMass from_pounds(double x) noexcept { return CarbonMass(x * grams_per_pound); }
  /// From metric tonnes CO2e.
  static constexpr CarbonMass from_tonnes(double x) noexcept { return CarbonMass(x * 1e6); }
  [[nodiscard]] constexpr double grams() const noexcept { return value_; }            ///< in g CO2e
  [[nodiscard]] constexpr double kilograms() const noexcept { return value_ / 1e3; }  ///< in kg CO2e
  [[nodiscard]] constexpr double tonnes() const noexcept { return value_ / 1e6; }     ///< in metric tonnes CO2e

 private:
  friend class detail::Quantity<CarbonMass>;
  constexpr explicit CarbonMass(double grams) noexcept : Quantity(grams) {}
};

/// Carbon intensity of electricity; canonical unit g CO2e/kWh.
class CarbonIntensity : public detail::Quantity<CarbonIntensity> {
 public:
  constexpr CarbonIntensity() = default;
  /// From g CO2e/kWh.
  static constexpr CarbonIntensity from_g_per_kwh(double x) noexcept { return CarbonIntensity(x); }
  /// From kg CO2e/kWh.
  static constexpr CarbonIntensity from_kg_per_kwh(double x) noexcept { return CarbonIntensity(x * 1e3); }
  /// From lb CO2e/MWh, as WattTime gives.
  static constexpr CarbonIntensity from_lb_per_mwh(double x) noexcept {
    return CarbonIntensity(x * grams_per_pound / 1e3);
  }
  /// In g CO2e/kWh, the same number as kg/MWh.
  [[nodiscard]] constexpr double g_per_kwh() const noexcept { return value_; }
  [[nodiscard]] constexpr double kg_per_kwh() const noexcept { return value_ / 1e3; }  ///< in kg CO2e/kWh

 private:
  friend class detail::Quantity<CarbonIntensity>;
  constexpr explicit CarbonIntensity(double g_per_kwh) noexcept : Quantity(g_per_kwh) {}
};

/// A volume of water; canonical unit litre.
class Water : public detail::Quantity<Water> {
 public:
  constexpr Water() = default;
  static constexpr Water from_litres(double x) noexcept { return Water(x); }  ///< from litres
  [[nodiscard]] constexpr double litres() const noexcept { return value_; }   ///< in litres

 private:
  friend class detail::Quantity<Water>;
  constexpr explicit Water(double litres) noexcept : Quantity(litres) {}
};

/// Water used per energy (water usage effectiveness, WUE); canonical unit L/kWh of IT energy.
class WaterIntensity : public detail::Quantity<WaterIntensity> {
 public:
  constexpr WaterIntensity() = default;
  /// From L/kWh of IT energy.
  static constexpr WaterIntensity from_l_per_kwh(double x) noexcept { return WaterIntensity(x); }
  [[nodiscard]] constexpr double l_per_kwh() const noexcept { return value_; }  ///< in L/kWh of IT energy

 private:
  friend class detail::Quantity<WaterIntensity>;
  constexpr explicit WaterIntensity(double l_per_kwh) noexcept : Quantity(l_per_kwh) {}
};

/// Energy of a constant power over a time.
[[nodiscard]] constexpr Energy operator*(Power p, Seconds t) noexcept {
  return Energy::from_joules(p.watts() * t.count());
}
/// Energy of a constant power over a time.
[[nodiscard]] constexpr Energy operator*(Seconds t, Power p) noexcept { return p * t; }
/// Mean power of an energy over a time; infinite or NaN for a time of 0.
[[nodiscard]] constexpr Power operator/(Energy e, Seconds t) noexcept {
  return Power::from_watts(e.joules() / t.count());
}
/// How long an energy lasts at a power; infinite or NaN for a power of 0.
[[nodiscard]] constexpr Seconds operator/(Energy e, Power p) noexcept { return Seconds(e.joules() / p.watts()); }
/// Carbon of an energy at an intensity.
[[nodiscard]] constexpr CarbonMass operator*(Energy e, CarbonIntensity i) noexcept {
  return CarbonMass::from_grams(e.kwh() * i.g_per_kwh());
}
/// Carbon of an energy at an intensity.
[[nodiscard]] constexpr CarbonMass operator*(CarbonIntensity i, Energy e) noexcept { return e * i; }
/// Mean intensity of an energy with that carbon; infinite or NaN for an energy of 0.
[[nodiscard]] constexpr CarbonIntensity operator/(CarbonMass m, Energy e) noexcept {
  return CarbonIntensity::from_g_per_kwh(m.grams() / e.kwh());
}
/// Energy that emits that carbon at an intensity; infinite or NaN for an intensity of 0.
[[nodiscard]] constexpr Energy operator/(CarbonMass m, CarbonIntensity i) noexcept {
  return Energy::from_kwh(m.grams() / i.g_per_kwh());
}
/// Water that an energy uses.
[[nodiscard]] constexpr Water operator*(Energy e, WaterIntensity w) noexcept {
  return Water::from_litres(e.kwh() * w.l_per_kwh());
}
/// Water that an energy uses.
[[nodiscard]] constexpr Water operator*(WaterIntensity w, Energy e) noexcept { return e * w; }
/// Water per energy; infinite or NaN for an energy of 0.
[[nodiscard]] constexpr WaterIntensity operator/(Water w, Energy e) noexcept {
  return WaterIntensity::from_l_per_kwh(w.litres() / e.kwh());
}

}  // namespace co2lib
