// SPDX-License-Identifier: MIT
// What prices a segment, and the sums of all segments' prices; private to src/tracker.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <co2lib/intensity/price.hpp>
#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

/// What a run used over time, so that a stretch of it is priced by when the energy was used.
class RunEnergy {
 public:
  RunEnergy() = default;
  /// Sorted by start; those of gaps may overlap the steps between flushes.
  explicit RunEnergy(std::vector<intensity::EnergySample> samples);
  /// The samples cut to `[begin, end)`, moved by `shift`; none where there is no energy.
  [[nodiscard]] std::vector<intensity::EnergySample> within(UtcTime begin, UtcTime end,
                                                            std::chrono::nanoseconds shift) const;
  [[nodiscard]] const std::vector<intensity::EnergySample>& samples() const noexcept { return samples_; }

 private:
  std::vector<intensity::EnergySample> samples_;
  std::vector<UtcTime> latest_end_;  ///< of each sample and those before it
};

/// The mean intensity over a stretch of time; none where it is not known, and the issues say why.
struct MeanPrice {
  std::optional<CarbonIntensity> mean{};
  std::optional<intensity::RelativeError> error{};
  std::vector<Issue> issues{};
};

/// The price of one segment: its place or intensity, PUE and WUE.
class SegmentPrice {
 public:
  /// With `source`, if it is given; else with the intensities stored at its flushes, else with what its options say.
  SegmentPrice(const RunSegment& segment, std::shared_ptr<const intensity::IntensitySource> source);
  /// With a source that is known.
  SegmentPrice(PriceChoice choice, const Facility& facility, std::chrono::nanoseconds shift = {})
      : choice_(std::move(choice)), facility_(facility), shift_(shift) {}

  [[nodiscard]] const PriceChoice& choice() const noexcept { return choice_; }
  [[nodiscard]] std::string name() const;
  /// What answers for the time of the samples, in a line for people.
  [[nodiscard]] std::string line(std::span<const intensity::EnergySample> samples) const;
  [[nodiscard]] Account account(std::vector<intensity::EnergySample> samples) const;
  /// The carbon of an energy whose mean intensity is known: bounds from those of the energy, the interval widened by
  /// the source's error.
  [[nodiscard]] Estimate<CarbonMass> carbon(const Estimate<Energy>& energy, CarbonIntensity mean,
                                            const std::optional<intensity::RelativeError>& error) const;
  /// The mean intensity of what the run used in `[begin, end)`; of the time itself where it used nothing.
  [[nodiscard]] MeanPrice mean_over(UtcTime begin, UtcTime end, const RunEnergy& run) const;
  /// Prices a region by the intensity of its time; leaves it without carbon where that is unknown.
  MeanPrice add_carbon(RegionResult& region, const RunEnergy& run) const;

 private:
  PriceChoice choice_;
  std::string name_;  ///< of the source whose intensities were stored; empty: that of the choice
  Facility facility_;
  std::chrono::nanoseconds shift_{};  ///< of a wall clock that was not set
};

/// From the wall clock of a segment that was not set to the time that it is priced for, where annual factors price it.
[[nodiscard]] std::chrono::nanoseconds price_shift(const RunSegment& segment);

/// Adds up what the segments of a run cost.
class Bill {
 public:
  void add(const RunSegment& segment, const SegmentPrice& price, const Estimate<Energy>& energy,
           const std::vector<intensity::EnergySample>& samples);
  /// Writes carbon, water, facility and where the prices come from into a footprint whose energy is known.
  void write(Footprint& footprint) const;

 private:
  struct Item {
    const RunSegment* segment;
    PriceChoice choice;
    std::string source;
    std::string priced_with;
    Estimate<Energy> energy;
    Account account;
    Estimate<CarbonMass> carbon;
  };
  std::vector<Item> items_;
};

}  // namespace co2lib::tracker::detail
