// SPDX-License-Identifier: MIT
// What a run will use in total, from the units (epochs, steps) it has done so far.
#pragma once

#include <cmath>
#include <optional>
#include <span>

#include <co2lib/error.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/units.hpp>

namespace co2lib::tracker {

/// The forecast of a run's total energy. `half_width` is that of the 95 % prediction interval, absent for one unit.
struct RunForecast {
  Energy total;                      ///< of all units, done and to come
  std::optional<Energy> half_width;  ///< of the 95 % interval around `total`; none for one unit
  long units_done = 0;               ///< units whose energy is known
  long units_total = 0;              ///< done and to come
};

/// Collects the energies of equal units and forecasts the total.
///
/// With k units done, the first is dropped as warm-up once k >= 3. With m used values of mean a and sample standard
/// deviation s and r units to go: total = sum + r a, half width = t(0.975, m - 1) s sqrt(r + r^2 / m).
class UnitForecast {
 public:
  /// Adds the energy of one more unit.
  void push(Energy unit) noexcept {
    ++count_;
    sum_ += unit.joules();
    all_.push(unit.joules());
    if (count_ > 1) without_first_.push(unit.joules());
  }

  [[nodiscard]] long count() const noexcept { return count_; }  ///< units done

  /// The forecast for `units_total` units in all; throws `meter.bad_input` if none is done or more are done.
  [[nodiscard]] RunForecast total(long units_total) const {
    if (count_ == 0 || units_total < count_) {
      throw Error("meter.bad_input", count_ == 0 ? "no unit is done yet; forecast after the first epoch or step"
                                                 : "units_total: fewer than the units already done");
    }
    const numeric::Moments& used = count_ >= 3 ? without_first_ : all_;
    const auto left = static_cast<double>(units_total - count_);
    const auto m = static_cast<double>(used.count());
    RunForecast f{.total = Energy::from_joules(sum_.value() + numeric::product(left, used.mean())),
                  .half_width = std::nullopt,
                  .units_done = count_,
                  .units_total = units_total};
    if (used.count() > 1) {
      const double t = *numeric::student_quantile(0.975, m - 1);
      f.half_width = Energy::from_joules(t * used.sample_sd() * std::sqrt(left + numeric::product(left, left) / m));
    }
    return f;
  }

 private:
  long count_ = 0;
  numeric::Sum sum_;
  numeric::Moments all_;
  numeric::Moments without_first_;
};

/// See `UnitForecast`; negative or non-finite energies are `meter.bad_input`.
[[nodiscard]] inline RunForecast forecast_total(std::span<const Energy> units, long units_total) {
  UnitForecast forecast;
  for (const Energy e : units) {
    if (!(e.joules() >= 0) || !std::isfinite(e.joules())) {
      throw Error("meter.bad_input", "unit_j: an energy is negative or not finite");
    }
    forecast.push(e);
  }
  return forecast.total(units_total);
}

}  // namespace co2lib::tracker
