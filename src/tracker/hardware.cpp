// SPDX-License-Identifier: MIT
#include "tracker/hardware.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <co2lib/embodied/machine.hpp>
#include <co2lib/embodied/share.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/quantiles.hpp>
#include <co2lib/random.hpp>

#include "embodied/footprint.hpp"
#include "tracker/estimate.hpp"

namespace co2lib::tracker::detail {

namespace {

using embodied::Bom;
using embodied::BomFootprint;
using embodied::Part;
using Kind = HardwareChoice::Kind;

/// Draws of a machine: its interval is then within about 2 % of that of many more.
constexpr std::size_t draws = 4000;
/// As the other intervals of a footprint have.
constexpr double confidence = 0.95;

const char* no_score = "so there is no SCI score";

std::string count_of(int n, const char* one, const char* many) { return fmt::format("{} {}", n, n == 1 ? one : many); }

/// `2 sockets, 540 GB, 1 HDD, 4 SSDs`.
std::string text_of(const embodied::MachineParts& parts) {
  std::string text = fmt::format("{}, {:.3g} GB", count_of(parts.sockets, "socket", "sockets"), parts.ram_gb);
  if (parts.hdd > 0) text += ", " + count_of(parts.hdd, "HDD", "HDDs");
  if (parts.ssd > 0) text += ", " + count_of(parts.ssd, "SSD", "SSDs");
  return text;
}

/// The bill of materials of what was detected; nothing where that is too little.
std::optional<Bom> detected(const Hardware::Unit& unit, std::vector<Issue>& issues) {
  if (!unit.context || !unit.context->memory_bytes) {
    issues.push_back({"machine_unknown", unit.host,
                      unit.context
                          ? "the size of the memory could not be read"
                          : "the log does not say what hardware the machine has: it is of an earlier version"});
    issues.back().text += fmt::format("; the share of the hardware is unknown, {}", no_score);
    return std::nullopt;
  }
  const MachineHardware& known = *unit.context->hardware;
  const auto assume = [&](const std::optional<int>& number, int otherwise, const char* what) {
    if (!number) {
      issues.push_back({"hardware_assumed", unit.host, fmt::format("{}, because the machine does not tell", what)});
    }
    return number.value_or(otherwise);
  };
  embodied::MachineParts parts;
  parts.sockets = std::max(1, assume(known.sockets, 1, "one socket is assumed"));
  parts.ram_gb = static_cast<double>(*unit.context->memory_bytes) / 1e9;
  parts.hdd = assume(known.hdd, 0, "no disk is counted");
  parts.ssd = assume(known.ssd, 0, "no SSD is counted");
  for (const auto& [id, name] : unit.gpus) parts.gpus.push_back(name);
  parts.is_server = known.is_server.value_or(false);
  Bom bom = embodied::machine(parts);
  for (Part& part : bom.parts) {
    if (part.part_class != "row") part.note = text_of(parts);
  }
  return bom;
}

Bom of_mass(double kilograms) {
  Bom bom;
  Part part{.id = "machine", .part_class = "manual", .source = "given: the option embodied", .place = "embodied"};
  part.fields["carbon"] = embodied::Factor{.id = "machine.carbon", .value = kilograms, .unit = "kg"};
  bom.parts.push_back(std::move(part));
  return bom;
}

/// A service life where the bill says none.
void default_lifetime(Bom& bom, MachineFootprint& m) {
  if (bom.lifetime_years) return;
  bom.lifetime_years = embodied::RowId{"server.lifetime"};
  if (m.basis != "mass") {
    m.own.issues.push_back({"default_used", "lifetime_years", "left out; server.lifetime stands in with its range"});
  }
}

/// Rule 2.
void take_share(Bom& bom, double share, Kind kind) {
  for (Part& part : bom.parts) {
    if (kind != Kind::detected || part.part_class != "row") part.quantity *= share;
  }
}

void add_parts(MachineFootprint& m, const BomFootprint& whole) {
  std::map<std::string_view, const embodied::Factor*> rows;
  for (const embodied::FactorUse& use : whole.factors) rows[use.factor.id] = &use.factor;
  for (const embodied::PartFootprint& part : whole.parts) {
    HardwarePart p{.id = part.id,
                   .name = part.note,
                   .quantity = part.quantity,
                   .value = part.value,
                   .bounds = part.bounds,
                   .factors = part.factors,
                   .source = part.source};
    if (p.source.empty() && part.factors.size() == 1) {
      if (const auto row = rows.find(part.factors.front()); row != rows.end()) p.source = row->second->source;
    }
    m.parts.push_back(std::move(p));
  }
}

Interval<CarbonMass> interval_of(const std::vector<double>& kilograms) {
  const double tail = (1 - confidence) / 2;
  const auto [low, high] = *numeric::percentiles(kilograms, std::array{tail, 1 - tail});
  return {CarbonMass::from_kilograms(low), CarbonMass::from_kilograms(high), confidence};
}

/// The share of every draw of the hardware, each with a life of its own.
std::vector<double> shares_of(const BomFootprint& whole, const std::vector<double>& kilograms, Seconds reserved) {
  const embodied::Factor& life = *whole.lifetime;
  std::vector<double> shares(kilograms.size(), life.value);
  if (life.varies()) embodied::draw_block({.factor = life, .hash = random::fnv1a(life.id)}, whole.seed, 0, shares);
  for (std::size_t d = 0; d < shares.size(); ++d) {
    shares[d] = embodied::amortise(kilograms[d], reserved.count() / 3600, shares[d]);
  }
  return shares;
}

void compute(MachineFootprint& m, Bom bom, Kind kind) {
  default_lifetime(bom, m);
  take_share(bom, m.cpu_share, kind);
  BomFootprint whole = embodied::with_draws(bom, {.draws = draws, .ranks = false});
  const std::vector<double> kilograms = std::exchange(whole.draws_kg, {});  // `share` would make another interval
  Estimate<CarbonMass> own = embodied::share(whole, {.reserved = m.reserved});
  own.issues.insert(own.issues.begin(), m.own.issues.begin(), m.own.issues.end());
  m.own = std::move(own);
  m.own.interval = interval_of(shares_of(whole, kilograms, m.reserved));
  m.hardware = static_cast<const Estimate<CarbonMass>&>(whole);
  m.hardware.interval = interval_of(kilograms);
  m.hardware.issues.clear();  // those of `own`
  m.hardware.sources.clear();
  m.lifetime_years = whole.lifetime->value;
  m.lifetime_low_years = whole.lifetime->lower();
  m.lifetime_high_years = whole.lifetime->upper();
  add_source(m.own.sources, {whole.lifetime->id, whole.lifetime->source.empty() ? "given" : whole.lifetime->source,
                             whole.lifetime->year, whole.lifetime->licence});
  add_parts(m, whole);
}

MachineFootprint footprint_of(const Hardware::Unit& unit) {
  MachineFootprint m{.host = unit.host, .cpu_share = unit.cpu_share};
  for (const auto& [begin, end] : joined(unit.times)) m.reserved += Seconds(end - begin);
  if (!unit.choice) {
    m.own.issues.push_back(
        {"embodied_off", unit.host, fmt::format("the hardware's share was not wanted (embodied = off), {}", no_score)});
    return m;
  }
  const HardwareChoice& choice = *unit.choice;
  m.basis = choice.kind == Kind::detected ? "detected" : choice.kind == Kind::mass ? "mass" : choice.file;
  if (unit.divided && unit.cpu_share >= 1) {
    m.own.issues.push_back({"whole_machine", unit.host,
                            "the scope is not the machine, but no control group limits its CPUs: all of its hardware "
                            "is counted"});
  }
  try {
    if (choice.kind == Kind::mass) {
      compute(m, of_mass(choice.kilograms), choice.kind);
    } else if (choice.kind == Kind::bill) {
      compute(m, embodied::parse_bom({.name = choice.file, .files = choice.files}), choice.kind);
    } else if (std::optional<Bom> bom = detected(unit, m.own.issues)) {
      compute(m, *std::move(bom), choice.kind);
    }
  } catch (const Error& error) {  // a log with a bill that another version wrote, or tables that are not there
    m.own.issues.push_back({error.code(), m.basis, error.what()});
  }
  return m;
}

}  // namespace

void Hardware::add(const RunSegment& segment, const Placed& placed, const SegmentResult& r) {
  auto at = std::find_if(machines_.begin(), machines_.end(), [&](const Unit& u) { return u.key == placed.machine; });
  if (at == machines_.end()) {
    machines_.push_back({.key = placed.machine, .host = segment.context.host, .times = {}});
    at = machines_.end() - 1;
  }
  Unit& unit = *at;
  unit.times.emplace_back(placed.at(segment.begin), placed.at(segment.end));
  if (!unit.context && segment.context.hardware) unit.context = segment.context;
  if (!unit.choice && segment.hardware.kind != Kind::off) unit.choice = segment.hardware;
  double share = 1;
  if (segment.context.hardware && segment.context.hardware->scope_cpus) {
    const double cpus = *segment.context.hardware->scope_cpus;
    const double all = segment.context.logical_cpus.value_or(0);
    if (all > 0 && cpus > 0) share = std::min(1.0, cpus / all);
    unit.divided = true;
  }
  unit.cpu_share = std::max(unit.cpu_share, share);
  for (std::size_t i = 0; i < r.infos.size(); ++i) {
    const meter::MeterInfo& info = r.infos[i];
    if (info.device == meter::Device::gpu && info.domain == meter::Domain::gpu && r.roles[i].counted) {
      unit.gpus.try_emplace(info.id, info.name);
    }
  }
}

void Hardware::write(Footprint& f) const {
  bool known = true;
  for (const Unit& unit : machines_) {
    MachineFootprint m = footprint_of(unit);
    add_issues(f.embodied.issues, m.own.issues);
    for (const Source& s : m.own.sources) {
      add_source(f.embodied.sources, s);
      add_source(f.sources, s);
    }
    known = known && m.own.value;
    if (m.own.value) {
      if (!f.embodied.value) {
        f.embodied.value = m.own.value;
        f.embodied.bounds = m.own.bounds;
        f.embodied.interval = m.own.interval;
      } else {
        add_to(f.embodied, m.own);
      }
    }
    if (unit.choice) f.machines.push_back(std::move(m));
  }
  if (!known) {
    f.embodied.value.reset();
    f.embodied.bounds.reset();
    f.embodied.interval.reset();
  }
}

}  // namespace co2lib::tracker::detail
