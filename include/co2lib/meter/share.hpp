// SPDX-License-Identifier: MIT
// Whose energy is counted: the machine's, or the share of this process's tree or container, with the remainder stated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <co2lib/host.hpp>
#include <co2lib/meter/meter.hpp>

namespace co2lib::meter {

/// Whose energy a run counts.
enum class Scope {
  machine,    ///< all of it
  process,    ///< the share of a process and its descendants
  container,  ///< the share of this process's control group
};
/// Texts of `Scope`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Scope) noexcept { return texts("machine", "process", "container"); }

/// What `share_meters` divides by.
struct ShareOptions {
  Scope scope = Scope::process;       ///< whose share it is; not the machine
  std::optional<std::int64_t> pid{};  ///< root of the process tree; default: this process
  std::optional<double> idle_w{};     ///< measured idle power of all CPUs together; default: idle is unused CPU time
  Host host{};                        ///< where CPU time and memory are read
};

/// Divides CPU and memory meters of the whole machine: each is followed by three meters whose parent it is, the share
/// of the scope (`MeterInfo::scope` `process` or `container`), that of all other programs (`other`) and `idle`. The
/// three add up to what the machine's meter shows between two readings; only the first is counted (`zone_roles`).
///
/// CPU energy is divided by CPU time (`attribute`), the energy of memory by resident memory
/// (processes: proportional set size; containers: the group's use). Shares are estimates, of method `model`; their
/// interval goes from the share of all CPU time to the share of the busy one, a clock tick wider on both sides. CPU
/// time comes in clock ticks: what a reading cannot hold of it is carried to the next, so that sums stay right however
/// short the readings are apart. A container's RAM model is the container's already and is not divided. GPUs, boards
/// and what is not counted are returned as they are.
///
/// Throws `meter.bad_option` where the scope's CPU time cannot be read, and for an idle power below 0.
[[nodiscard]] std::vector<std::shared_ptr<Meter>> share_meters(std::span<const std::shared_ptr<Meter>> meters,
                                                               const ShareOptions& options = {});

}  // namespace co2lib::meter
