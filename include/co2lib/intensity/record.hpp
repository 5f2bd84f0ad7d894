// SPDX-License-Identifier: MIT
// Record: the carbon intensity over one interval, with everything that is known about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/names.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {

using co2lib::text;

/// Whose emissions: all plants per energy of all plants, or the plant that answers one more kilowatt-hour.
enum class Signal : std::uint8_t {
  average,   ///< emissions of all plants over the energy of all plants
  marginal,  ///< emissions of the plant that answers one more kilowatt-hour
};
/// Texts of `Signal`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Signal) noexcept { return texts("average", "marginal"); }
/// What is counted: fuel chain, construction and operation, or the stack only.
enum class Scope : std::uint8_t {
  lifecycle,  ///< fuel chain, construction and operation
  direct,     ///< the stack only
};
/// Texts of `Scope`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Scope) noexcept { return texts("lifecycle", "direct"); }
/// Which electricity: what is used in the zone after imports and exports, or what its plants produce.
enum class Basis : std::uint8_t {
  unknown,      ///< the source does not say
  consumption,  ///< what is used in the zone, after imports and exports
  production,   ///< what the plants of the zone produce
};
/// Texts of `Basis`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Basis) noexcept { return texts("unknown", "consumption", "production"); }
/// Which accounting: the grid where the energy is used, or contracts. The library computes with `location` only.
enum class Method : std::uint8_t {
  location,  ///< the grid where the energy is used
  market,    ///< contracts and certificates; kept, never computed with
};
/// Texts of `Method`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Method) noexcept { return texts("location", "market"); }
/// How the value came about; `statistic` is an annual factor, a climatology or a world average.
enum class Status : std::uint8_t {
  measured,   ///< as published for its time
  estimated,  ///< filled in by its publisher
  forecast,   ///< made before its time
  statistic,  ///< an annual factor, a climatology or a world average
};
/// Texts of `Status`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Status) noexcept {
  return texts("measured", "estimated", "forecast", "statistic");
}

/// How far the truth can be from a value, as parts of it: {-0.4, 0.4} is from 60 % to 140 %.
struct RelativeError {
  double low = 0;   ///< >= -1: the truth is at least value (1 + low)
  double high = 0;  ///< the truth is at most value (1 + high)

  bool operator==(const RelativeError&) const = default;

  /// The interval of a quantity that scales with the value.
  template <class Q>
  [[nodiscard]] Interval<Q> around(Q value) const {
    return {value * (1 + low), value * (1 + high), 0.95};
  }
};

/// The carbon intensity over `[start, end)`, and how it is known. A missing value is nullopt; 0 is a value.
struct Record {
  UtcTime start{};                         ///< part of the interval
  UtcTime end{};                           ///< not part of the interval
  std::optional<CarbonIntensity> value{};  ///< none where it is missing
  Signal signal = Signal::average;         ///< whose emissions
  Scope scope = Scope::lifecycle;          ///< what is counted
  Basis basis = Basis::unknown;            ///< which electricity
  Method method = Method::location;        ///< which accounting
  Status status = Status::measured;        ///< how the value came about
  std::string provider{};                  ///< who published it: `electricitymaps`
  std::string zone{};                      ///< the provider's own key of the place: `SE-SE3`
  std::string origin{};                    ///< which link answered: `trace`, `live`, `annual_factor`, ...
  std::string factor_set{};                ///< the fuel factors it was computed with
  std::string gas{};                       ///< `CO2`, `CO2e` or `CO2eq`, as the unit text says
  std::optional<double> raw_value{};       ///< as received
  std::string raw_unit{};                  ///< as received
  std::optional<UtcTime> generated_at{};   ///< issue time of a forecast
  std::optional<UtcTime> updated_at{};     ///< when the publisher last changed it
  std::optional<RelativeError> error{};    ///< of the value, where it is known
  Source source{};                         ///< publication, year and licence
  std::vector<std::string> flags{};        ///< codes of remarks: `negative`, `old_factor`, ...

  bool operator==(const Record&) const = default;
};

}  // namespace co2lib::intensity
