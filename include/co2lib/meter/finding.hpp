// SPDX-License-Identifier: MIT
// What a machine offers to measure with, and how to get what it withholds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <co2lib/meter/meter.hpp>
#include <co2lib/record.hpp>

namespace co2lib::meter {

/// Whether a provider can be used.
enum class Availability {
  available,      ///< it can be read
  absent,         ///< the hardware, driver or file is not there
  no_permission,  ///< it is there, but may not be read
  masked,         ///< it is hidden by the container's runtime
  failed,         ///< it is there, but does not answer as it should
};
/// Texts of `Availability`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Availability) noexcept {
  return texts("available", "absent", "no_permission", "masked", "failed");
}

/// One provider as found on this machine: what is there, what is not, why, and the exact remedy.
struct Finding {
  std::string provider;         ///< `powercap`, `model.cpu_load`, ...
  Availability availability{};  ///< whether it can be used
  std::string reason{};         ///< the path, mode, owner, error text
  std::string fix{};            ///< one command or action; empty if nothing is to be done
  /// What it measures; also while not permitted, as far as known. A GPU that cannot be read has the failure (`absent`,
  /// `no_permission`, `lost`, `io`) among its flags.
  std::vector<MeterInfo> meters{};
  bool used = false;            ///< a tracker with default options on this machine uses it
  std::string method{};         ///< `counter`, `integral` or `model`
  std::string value{};          ///< what it reads now, as text; empty if nothing can be read
  std::vector<Issue> issues{};  ///< what a footprint must say that was measured like this, beside what its meters say
};

/// `powercap: no permission: /sys/... (mode 0400, owner root). Fix: ...`
[[nodiscard]] inline std::string to_string(const Finding& f) {
  std::string line = f.provider + ": ";
  for (const char c : text(f.availability)) line += c == '_' ? ' ' : c;
  if (!f.reason.empty()) line += ": " + f.reason;
  if (f.availability == Availability::available) line += f.used ? "; used" : "; not used";
  if (!f.value.empty()) line += "; now " + f.value;
  if (!f.fix.empty()) line += ". Fix: " + f.fix;
  return line;
}

}  // namespace co2lib::meter

template <>
inline constexpr bool co2lib::has_text<co2lib::meter::Finding> = true;
