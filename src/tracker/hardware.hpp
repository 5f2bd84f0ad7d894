// SPDX-License-Identifier: MIT
// The share of a machine's hardware that belongs to a run; private to src/tracker.
//
// 1. Segments of one machine (of one boot) count it once: the union of their times, times the largest share of CPUs
//    among them.
// 2. A share of the CPUs is the same share of the machine, except of the GPUs that the run counts: those are its own.
// 3. All of it is computed from what the segments hold, so that a log gives what its tracker gave.
// 4. Of several machines values, bounds and intervals are added: the unknown life and the error of the model are the
//    same for all of them.
// 5. A machine of which nothing is known leaves the sum without a value; what is wrong is an issue of the estimate.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/host.hpp>
#include <co2lib/tracker/run.hpp>
#include <co2lib/tracker/tracker.hpp>

#include "tracker/evaluation.hpp"
#include "tracker/timeline.hpp"

namespace co2lib::tracker::detail {

/// What the option `embodied` asks for, checked; a bill of materials is read now, so that what is wrong with it is said
/// before the run.
[[nodiscard]] HardwareChoice hardware_of(const Options& o);

/// What the hardware's share needs of the machine besides `RunContext`; not read where nobody asks for it.
[[nodiscard]] std::optional<MachineHardware> hardware_at(const Options& o, const Machine& machine,
                                                         HardwareChoice::Kind kind);

class Hardware {
 public:
  void add(const RunSegment& segment, const Placed& placed, const SegmentResult& r);
  /// Fills `machines` and `embodied`; its sources come to those of the footprint.
  void write(Footprint& f) const;

  /// One machine, from all of its segments.
  struct Unit {
    std::string key;
    std::string host;
    std::vector<TimeSpan> times;
    double cpu_share = 0;
    bool divided = false;                       ///< a segment has the scope `process` or `container`
    std::optional<RunContext> context{};        ///< the first that tells of the hardware
    std::optional<HardwareChoice> choice{};     ///< the first that is not `off`
    std::map<std::string, std::string> gpus{};  ///< counted ones: id to name
  };

 private:
  std::vector<Unit> machines_;
};

}  // namespace co2lib::tracker::detail
