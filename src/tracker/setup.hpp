// SPDX-License-Identifier: MIT
// From options to what a session runs with: checked, meters opened, the log chosen; private to src/tracker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/tracker/tracker.hpp>

#include "tracker/live_meter.hpp"
#include "tracker/log.hpp"

namespace co2lib::tracker::detail {

/// What a launcher says of the process, from the environment (torchrun, SLURM, Open MPI, Intel MPI, MVAPICH, PALS).
struct Rank {
  std::optional<int> rank;   ///< in the whole job
  std::optional<int> local;  ///< on this machine
  bool alone = false;        ///< it is the only one of its machine
};
[[nodiscard]] Rank read_rank();

/// The log a run writes, opened.
struct ChosenLog {
  std::unique_ptr<LogWriter> writer;  ///< none: no log was asked for
  std::filesystem::path file;
  std::optional<Run> earlier;  ///< the run to continue
  std::vector<Issue> issues;
};
/// Opens the log of the options for this process alone. Throws `tracker.bad_log`.
[[nodiscard]] ChosenLog choose_log(const Options& options, const std::string& run_id, const Rank& rank,
                                   const std::string& host);

struct Setup {
  Options options;
  std::shared_ptr<Clock> clock;
  Run run;  ///< earlier segments, then that which begins; its times are not set
  std::vector<OpenMeter> meters;
  std::vector<OpenMeter> stand_ins;
  ChosenLog log;
  PriceChoice price;
  std::shared_ptr<const intensity::IntensitySource> source;  ///< if the flushes carry its intensity
};
/// Throws what the constructor of `Tracker` throws.
[[nodiscard]] Setup make_setup(const Options& options);

}  // namespace co2lib::tracker::detail
