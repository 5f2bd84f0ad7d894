// SPDX-License-Identifier: MIT
// A footprint as lines of text.
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <co2lib/tracker/footprint.hpp>

namespace co2lib::tracker {

namespace {

/// `detected, 1.31 t CO2e (0.6..3 t), 4 years (3 to 6), 50 % of its CPUs`.
std::string hardware_text(const MachineFootprint& m) {
  std::string text = fmt::format("{}: {} over {:.3g} years ({:.3g} to {:.3g})", m.basis, co2lib::to_string(m.hardware),
                                 m.lifetime_years, m.lifetime_low_years, m.lifetime_high_years);
  if (m.cpu_share < 1) text += fmt::format(", {:.3g} % of its CPUs", m.cpu_share * 100);
  return text;
}

}  // namespace

std::string Footprint::where(const DeviceFootprint& device) const {
  const auto differs = [&](const auto& member) {
    return std::any_of(devices.begin(), devices.end(), [&](const DeviceFootprint& d) {
      return std::invoke(member, d) != std::invoke(member, devices.front());
    });
  };
  const bool hosts = differs(&DeviceFootprint::host);
  const bool ranks = differs(&DeviceFootprint::rank);
  std::string text = hosts || ranks ? device.host : std::string();
  if (ranks && device.rank) text += fmt::format("{}rank {}", text.empty() ? "" : ", ", *device.rank);
  return text;
}

std::string Footprint::to_string() const {
  std::string text;
  std::size_t width = 12;
  for (const DeviceFootprint& d : devices) {
    width = std::max(width, 2 + (d.record.meter.name.empty() ? d.record.meter.id : d.record.meter.name).size());
  }
  for (const RegionFootprint& r : regions) width = std::max(width, 2 + r.name.size());
  width = std::min<std::size_t>(width, 32);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<{}} {}\n", name, width, value);
  };
  line("energy", co2lib::to_string(energy));
  for (const DeviceFootprint& d : devices) {
    const meter::Record& r = d.record;
    std::string value = co2lib::to_string(r.energy());
    if (const auto mean = r.mean_power()) value += ", mean " + co2lib::to_string(*mean);
    value += fmt::format(", {} ({})", meter::text(r.method), r.meter.provider);
    if (!d.in_total) value += ", not in the total";
    if (const std::string place = where(d); !place.empty()) value += ", " + place;
    line(fmt::format("  {}", r.meter.name.empty() ? r.meter.id : r.meter.name), value);
  }
  line("operational", co2lib::to_string(operational));
  if (embodied.value) line("embodied", co2lib::to_string(embodied));
  for (const MachineFootprint& m : machines) {
    if (m.own.value) line("  " + (m.host.empty() ? "machine" : m.host), hardware_text(m));
  }
  if (water.value) line("water", co2lib::to_string(water));
  std::string grid = priced_with;
  if (carbon_intensity) grid += ", " + co2lib::to_string(*carbon_intensity);
  if (origins.size() > 1) {
    const double joules = energy.value ? energy.value->joules() : 0;
    std::string parts;
    for (const CarbonOrigin& o : origins) {
      const double share = joules > 0 ? o.energy.joules() / joules * 100 : 0;
      parts += fmt::format("{}{:.3g} % {}", parts.empty() ? "" : ", ", share, o.origin);
    }
    grid += " (" + parts + ")";
  }
  if (facility.pue != 1) grid += fmt::format(", PUE {}", facility.pue);
  line("priced with", grid);
  line("duration", fmt::format("{:.4g} s", duration.count()));
  if (coverage) line("coverage", fmt::format("{:.4g} %", *coverage * 100));
  for (const RegionFootprint& r : regions) {
    std::string value = co2lib::to_string(r.inclusive);
    if (r.operational.value) value += ", " + co2lib::to_string(*r.operational.value);
    if (r.count > 1) value += fmt::format(", {} times", r.count);
    line(fmt::format("  {}", r.name), value);
  }
  for (const Issue& issue : issues) line("note", co2lib::to_string(issue));
  for (const Issue& issue : embodied.issues) line("note", co2lib::to_string(issue));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace co2lib::tracker
