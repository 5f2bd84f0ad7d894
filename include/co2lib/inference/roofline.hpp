// SPDX-License-Identifier: MIT
// Time and energy from a data sheet: the larger of arithmetic and traffic, and what both cost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <co2lib/inference/refuse.hpp>
#include <co2lib/names.hpp>

namespace co2lib::inference {

/// What a device can do. The defaults are those of a device without losses.
struct Roofline {
  double peak_ops = 0;              ///< operations/s; a multiply-accumulate counts as 2
  double bandwidth = 0;             ///< B/s to the memory
  double efficiency = 1;            ///< share of both that is reached, in (0, 1]
  double p_static_w = 0;            ///< W drawn whatever is computed
  double e_op_j = 0;                ///< J per operation
  double e_byte_j = 0;              ///< J per byte moved
  double t0_s = 0;                  ///< s before a kernel begins
  std::optional<double> limit_w{};  ///< W that the device cannot exceed; caps the energy

  bool operator==(const Roofline&) const = default;
};

/// Which side of the roof decides.
enum class Bound : std::uint8_t {
  compute,  ///< operations take longer
  memory,   ///< moving bytes takes longer
};
/// Texts of `Bound`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Bound) noexcept { return texts("compute", "memory"); }

/// What a kernel takes under a roofline.
struct RooflineResult {
  double time_s = 0;             ///< of the kernel, its start included
  double energy_j = 0;           ///< of the kernel, static power over its time included
  Bound bound = Bound::compute;  ///< which side decided
  bool power_capped = false;     ///< the limit was lower than what operations and bytes add up to
};

/// `t = max(ops/peak, bytes/bandwidth)/efficiency + t0`, `E = t P_static + ops e_op + bytes e_byte` (Williams,
/// Waterman, Patterson, CACM 2009, with a line for energy).
///
/// `inference.out_of_range` for a negative number, a peak or bandwidth of 0, an efficiency outside (0, 1].
[[nodiscard]] inline RooflineResult roofline(double ops, double bytes, const Roofline& device) {
  detail::not_negative(ops, "ops");
  detail::not_negative(bytes, "bytes");
  const double compute = ops / detail::positive(device.peak_ops, "peak_ops");
  const double memory = bytes / detail::positive(device.bandwidth, "bandwidth");
  RooflineResult r;
  r.time_s = std::max(compute, memory) / detail::share(device.efficiency, "efficiency") +
             detail::not_negative(device.t0_s, "t0_s");
  r.energy_j = r.time_s * detail::not_negative(device.p_static_w, "p_static_w") +
               ops * detail::not_negative(device.e_op_j, "e_op_j") +
               bytes * detail::not_negative(device.e_byte_j, "e_byte_j");
  r.bound = compute >= memory ? Bound::compute : Bound::memory;
  if (device.limit_w && r.energy_j > detail::positive(*device.limit_w, "limit_w") * r.time_s) {
    r.energy_j = *device.limit_w * r.time_s;
    r.power_capped = true;
  }
  return r;
}

}  // namespace co2lib::inference
