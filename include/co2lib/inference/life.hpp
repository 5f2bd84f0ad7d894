// SPDX-License-Identifier: MIT
// From one inference to a life: duty cycle, battery, embodied carbon, and when an option pays back its making.
//
// Numbers have their unit in their name; what is not finite or has no meaning is `inference.out_of_range`.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <co2lib/names.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::intensity {
class Trace;
}

namespace co2lib::inference {

/// When a device sleeps: in what is left of the period, or (as some sources count it) all of the time.
enum class Sleep : std::uint8_t {
  residual,  ///< in the time of the period that nothing else takes
  always,    ///< all of the period, besides what else it does
};
/// Texts of `Sleep`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Sleep) noexcept { return texts("residual", "always"); }

/// What happens besides inferences in a period: radio, boot, capture.
struct DutyEvent {
  double n = 0;     ///< how often
  double e_mj = 0;  ///< each
  double t_s = 0;   ///< each
};

/// A device that wakes, infers and sleeps.
struct DutyCycle {
  double period_s = 0;             ///< length of a period, > 0
  double n_inferences = 0;         ///< in a period
  double e_inf_mj = 0;             ///< energy of one inference
  double t_inf_s = 0;              ///< time of one inference
  double p_sleep_w = 0;            ///< power asleep
  double ci_g_per_kwh = 0;         ///< of the electricity that feeds it
  Sleep sleep = Sleep::residual;   ///< when it sleeps
  std::vector<DutyEvent> extra{};  ///< what else happens in a period, such as sending
  double p_idle_w = 0;             ///< awake, with nothing to do
  double t_idle_s = 0;             ///< in a period
  double efficiency = 1;           ///< of regulator and charger, in (0, 1]
};

/// Energy of a period by what it goes into, each after division by the efficiency: the parts add up to the total.
struct DutyEnergy {
  double inference_wh = 0;  ///< of the inferences
  double extra_wh = 0;      ///< of `DutyCycle::extra`
  double idle_wh = 0;       ///< awake, with nothing to do
  double sleep_wh = 0;      ///< asleep
  double total_wh = 0;      ///< sum of the parts
  double average_w = 0;     ///< mean power over the period
  double carbon_g = 0;      ///< of the total, at the intensity given

  /// Sleep takes more than half.
  [[nodiscard]] bool sleep_decides() const noexcept { return sleep_wh > total_wh / 2; }
};

/// `E = (N e_inf + sum n e + P_idle t_idle + P_sleep t_sleep)/efficiency`. A period that is shorter than what happens
/// in it is refused where the device sleeps in the rest.
[[nodiscard]] DutyEnergy duty_cycle(const DutyCycle& cycle);

/// Inferences until their energy has the carbon of making the device (no idle, sleep or losses); not rounded.
[[nodiscard]] double break_even(double embodied_kg, double e_inf_mj, double ci_g_per_kwh);

/// What supplies a device.
struct Battery {
  double battery_j = 0;                ///< energy in a full one
  double usable = 1;                   ///< in (0, 1]
  double efficiency = 1;               ///< in (0, 1]
  double self_discharge_per_year = 0;  ///< share; off by default
  double harvest_w = 0;                ///< mean power from outside; off by default
};

/// How long a battery lasts.
struct BatteryLife {
  double days = 0;   ///< of one battery; infinite where harvesting covers everything
  double count = 0;  ///< batteries over the years, the first included
};

/// `days = battery usable efficiency/(P 86400)`, `count = ceil(365 years/days - 1e-9)`.
[[nodiscard]] BatteryLife battery_life(const Battery& battery, double average_w, double years);

/// A device over its life. `embodied_kg` is without batteries.
struct Life {
  double embodied_kg = 0;                     ///< of the device when it is new
  double truncation = 1;                      ///< for a plain mass that covers a part of the product only
  double years = 0;                           ///< in use
  double annual_energy_kwh = 0;               ///< from the grid or the charger
  double ci_g_per_kwh = 0;                    ///< one for all years
  std::vector<double> ci_by_year{};           ///< g/kWh of each year, in the place of one; the last one goes on
  double battery_kg = 0;                      ///< each
  std::optional<double> battery_years{};      ///< life of one; without a value there is none
  double transport_kg = 0;                    ///< to the user, where `embodied_kg` lacks it
  double replacement_kg = 0;                  ///< each part that is replaced
  std::optional<double> replacement_years{};  ///< how often; the first one is in `embodied_kg`
  double eol_kg = 0;                          ///< end of life, where `embodied_kg` lacks it
};

/// The carbon of a device over its life, by what it goes into.
struct LifeFootprint {
  double embodied_kg = 0;        ///< times truncation
  double operational_kg = 0;     ///< of the energy of all years
  double batteries_kg = 0;       ///< of all batteries
  double transport_kg = 0;       ///< as given
  double replacements_kg = 0;    ///< of all replacements
  double eol_kg = 0;             ///< as given
  double total_kg = 0;           ///< sum of all of them
  double kg_per_year = 0;        ///< total over the years
  double operational_share = 0;  ///< of the total
};

/// `C = truncation C_emb + E_year sum(CI) + C_battery ceil(years/battery_years - 1e-9) + transport + replacements +
/// C_eol`.
[[nodiscard]] LifeFootprint lifetime(const Life& life);

/// The intensity of each whole year (365 days) of a series from its start, in g/kWh: what `Life::ci_by_year` takes.
///
/// `use_by_hour` places the energy: 24 weights, of the hours of a day in UTC; without it use is even. Shorter than a
/// year, which would be a season for a life, and more than 5 % of a year's weight without a value are
/// `inference.out_of_range`; below, the mean is that of the hours that are known.
[[nodiscard]] std::vector<double> intensity_by_year(const intensity::Trace& trace,
                                                    const std::vector<double>& use_by_hour = {});

/// A number with its ends.
struct Ranged {
  double value = 0;  ///< the best known
  double low = 0;    ///< lower end, <= value
  double high = 0;   ///< upper end, >= value

  bool operator==(const Ranged&) const = default;
};

/// What a lifetime is uncertain about; an absent one is the number of `Life`.
struct LifeRanges {
  std::optional<Ranged> embodied_kg{};        ///< in the place of `Life::embodied_kg`
  std::optional<Ranged> annual_energy_kwh{};  ///< in the place of `Life::annual_energy_kwh`
  std::optional<Ranged> ci_g_per_kwh{};       ///< in the place of `Life::ci_g_per_kwh`
};

/// The lifetime at the value and at both ends; a BOM's total contains its truncation, so one other than 1 beside a
/// range is refused.
struct LifeInterval {
  LifeFootprint value{};  ///< at all values
  LifeFootprint low{};    ///< at all lower ends
  LifeFootprint high{};   ///< at all upper ends
};
/// `lifetime` at the values and at both ends; `inference.out_of_range` for ends that do not enclose their value, a
/// range beside a truncation, or an intensity with a range beside those of each year.
[[nodiscard]] LifeInterval lifetime_interval(const Life& life, const LifeRanges& ranges);

/// One of two ways to serve the same use.
struct Option {
  Ranged embodied_kg{};        ///< of making it
  Ranged annual_energy_kwh{};  ///< of using it, a year
};

/// When a better option has paid back what it costs more to make.
struct Payback {
  std::optional<double> years{};       ///< absent where it never does
  double low_years = 0;                ///< 0: from the beginning
  std::optional<double> high_years{};  ///< absent where it may never do
  double saved_kg_per_year = 0;        ///< of operation, at the values
  double extra_embodied_kg = 0;        ///< of making the new one, more than the old one, at the values; below 0: less
};

/// `years = (C_new - C_old)/((E_old - E_new) CI)`, the ends from the ends of all five numbers.
[[nodiscard]] Payback payback(const Option& now, const Option& better, const Ranged& ci_g_per_kwh);

}  // namespace co2lib::inference
