// SPDX-License-Identifier: MIT
// Where to run a job: regions compared by the carbon of the job and of its transfer.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/adaptive/refuse.hpp>
#include <co2lib/adaptive/slots.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// A region that can take a job.
struct CandidateRegion {
  std::string name{};              ///< by which results and messages name it
  CarbonIntensity intensity{};     ///< of the region while the job would run, >= 0
  double pue = 1;                  ///< >= 1
  std::optional<Energy> energy{};  ///< of the job there, if it is not the same everywhere
};

/// A job that can run elsewhere than its data are.
struct SpatialJob {
  std::string source{};                  ///< the region where its data are: no transfer
  Energy energy{};                       ///< of the job, IT energy, >= 0
  Energy transfer{};                     ///< to another region
  CarbonIntensity transfer_intensity{};  ///< of the network, >= 0
};

/// The carbon of a job by region.
struct Placement {
  std::map<std::string, CarbonMass> carbon{};  ///< by region: c PUE E, and the transfer
  std::string best{};                          ///< the least; ties by name
};

/// The carbon of a job in each region. Throws `adaptive.bad_input` naming the region and field.
///
/// Intensities of all regions must share signal, scope and factors: `where` checks that of traces.
[[nodiscard]] inline Placement place(std::span<const CandidateRegion> regions, const SpatialJob& job) {
  if (regions.empty()) detail::bad_input("regions: there is none; give at least one");
  detail::not_negative(job.energy.joules(), "energy_kwh");
  detail::not_negative(job.transfer.joules(), "transfer_kwh");
  detail::not_negative(job.transfer_intensity.g_per_kwh(), "transfer_intensity");
  Placement placement;
  bool known = false;
  for (const CandidateRegion& r : regions) {
    const std::string field = "region '" + r.name + "'.";
    detail::not_negative(r.intensity.g_per_kwh(), field + "c");
    const Energy energy = r.energy.value_or(job.energy);
    detail::not_negative(energy.joules(), field + "energy_kwh");
    if (!(r.pue >= 1) || !(r.pue < std::numeric_limits<double>::infinity())) {
      detail::bad_input(field + "pue: " + numeric::text(r.pue) + " is not a finite number >= 1");
    }
    CarbonMass carbon = energy * r.intensity * r.pue;
    if (r.name == job.source) {
      known = true;
    } else {
      carbon += job.transfer * job.transfer_intensity;
    }
    if (!placement.carbon.emplace(r.name, carbon).second) detail::bad_input(field + "name: it is given twice");
  }
  if (!known) detail::bad_input("source: '" + job.source + "' is not one of the regions");
  for (const auto& [name, carbon] : placement.carbon) {  // by name
    if (placement.best.empty() || detail::below(carbon.grams(), placement.carbon.at(placement.best).grams())) {
      placement.best = name;
    }
  }
  return placement;
}

/// `place` with the mean of each region's trace over [from, to). Throws `intensity.mixed_signals` if the traces differ
/// in signal, scope or factor set: that would decide by bookkeeping; `adaptive.bad_input` for a region without values
/// then.
[[nodiscard]] Placement where(const std::map<std::string, intensity::Trace>& traces, UtcTime from, UtcTime to,
                              const SpatialJob& job, const std::map<std::string, double>& pue = {});

/// Whole jobs to regions with room for so many each, at the least total carbon.
struct Assignment {
  std::vector<std::string> region{};  ///< by job
  CarbonMass total{};                 ///< of all jobs
};

/// Minimum-cost flow by successive shortest paths. `cost` is by job: region to carbon; a region that a job does not
/// name cannot take it. Throws `adaptive.infeasible` with `max_work`, the most jobs that have a place.
[[nodiscard]] Assignment assign(const std::map<std::string, std::size_t>& capacity,
                                const std::vector<std::map<std::string, CarbonMass>>& cost);

}  // namespace co2lib::adaptive
