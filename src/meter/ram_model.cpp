// SPDX-License-Identifier: MIT
// The RAM model (docs/meter.md, "Models"), for memory without a counter.
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <co2lib/meter/container.hpp>
#include <co2lib/meter/models.hpp>
#include <co2lib/units.hpp>

#include "reader.hpp"

namespace co2lib::meter {

namespace {

Opened open_ram(const Context& context, const Covered& covered) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "model.ram";
  finding.method = "model";
  const double share = 1.0 - covered.memory;
  std::optional<std::uint64_t> bytes = context.machine.memory_bytes;
  bool limited = false;
  if (context.options.container_scope) {
    const ContainerLimits limits = read_container_limits(context.options.host);
    bytes = limits.memory_bytes;
    limited = limits.memory_limited;
  }
  Watts watts;
  std::string parameters;
  if (context.options.ram_w) {
    watts = {.value = *context.options.ram_w, .low = *context.options.ram_w, .high = *context.options.ram_w};
    parameters = "ram_w " + to_string(Power::from_watts(*context.options.ram_w));
  } else if (bytes) {
    const double gib = static_cast<double>(*bytes) / bytes_per_gib;
    watts = ram_power(gib);
    parameters =
        fmt::format("{} GiB{}", co2lib::detail::digits(gib, 3, true), limited ? " (limit of the container)" : "");
  } else {
    finding.availability = Availability::absent;
    finding.reason =
        "the size of the memory is unknown: no MemTotal in " + (context.options.host.procfs / "meminfo").string();
    finding.fix = "give ram_w";
    return opened;
  }
  if (share > 0 && share < 1) {
    watts = {.value = watts.value * share, .low = watts.low * share, .high = watts.high * share};
    parameters += ", the share of the packages without a DRAM counter";
  }
  finding.availability = Availability::available;
  finding.reason = context.options.ram_w
                       ? "memory power as given by ram_w"
                       : fmt::format("memory power from its size ({}); a model, with a wide interval", parameters);
  finding.value = fmt::format("{} ({} to {})", to_string(Power::from_watts(watts.value)),
                              to_string(Power::from_watts(watts.low)), to_string(Power::from_watts(watts.high)));
  finding.meters.push_back({.id = "model.ram",
                            .name = "RAM, " + parameters,
                            .device = Device::ram,
                            .domain = Domain::model,
                            .provider = "model.ram",
                            .kind = Kind::power,
                            .modelled = true,
                            .quick = true,
                            .provenance = fmt::format("model.ram: {}; constants of ours (docs/meter.md)", parameters)});
  opened.meters.push_back(make_meter(finding.meters.front(), [watts] { return Reading(watts); }));
  return opened;
}

}  // namespace

Reader ram_reader() {
  return {.provider = "model.ram", .open = open_ram, .measures = Reader::Measures::memory, .is_model = true};
}

}  // namespace co2lib::meter
