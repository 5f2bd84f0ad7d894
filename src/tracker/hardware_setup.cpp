// SPDX-License-Identifier: MIT
// What a run notes at its start, so that the share of the hardware can be told of it.
#include <cmath>
#include <string>
#include <utility>
#include <variant>

#include <co2lib/embodied/bom.hpp>
#include <co2lib/error.hpp>
#include <co2lib/meter/container.hpp>

#include "detail/chassis.hpp"
#include "tracker/hardware.hpp"

namespace co2lib::tracker::detail {

namespace {

[[noreturn]] void bad_choice(const std::string& why) { throw Error("tracker.bad_config", "embodied: " + why); }

}  // namespace

HardwareChoice hardware_of(const Options& o) {
  HardwareChoice choice;
  if (const bool* wanted = std::get_if<bool>(&o.embodied)) {
    choice.kind = *wanted ? HardwareChoice::Kind::detected : HardwareChoice::Kind::off;
  } else if (const CarbonMass* mass = std::get_if<CarbonMass>(&o.embodied)) {
    choice.kind = HardwareChoice::Kind::mass;
    choice.kilograms = mass->kilograms();
    if (!(choice.kilograms >= 0 && choice.kilograms <= 1e15)) bad_choice("a mass is at least 0 and at most 1e15 kg");
  } else {
    // Read and looked up now, so that what is wrong with it is said before the run.
    embodied::BomFiles texts = embodied::read_bom(std::get<std::filesystem::path>(o.embodied));
    const embodied::BomFootprint whole = embodied::parse_bom(texts).footprint({.draws = 0, .ranks = false});
    if (!whole.value) bad_choice("the bill of materials has no value");
    choice.kind = HardwareChoice::Kind::bill;
    choice.file = std::move(texts.name);
    choice.files = std::move(texts.files);
  }
  return choice;
}

std::optional<MachineHardware> hardware_at(const Options& o, const Machine& machine, HardwareChoice::Kind kind) {
  if (kind == HardwareChoice::Kind::off) return std::nullopt;
  MachineHardware hardware{.sockets = machine.packages};
  if (kind == HardwareChoice::Kind::detected) {
    const co2lib::detail::Chassis chassis = co2lib::detail::read_chassis(o.host);
    hardware.hdd = chassis.hdd;
    hardware.ssd = chassis.ssd;
    hardware.is_server = chassis.is_server;
  }
  if (o.scope != meter::Scope::machine) hardware.scope_cpus = meter::read_container_limits(o.host).cpus;
  return hardware;
}

}  // namespace co2lib::tracker::detail
