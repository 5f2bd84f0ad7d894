// SPDX-License-Identifier: MIT
// The list of all readers, and what is opened by default.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/meter/zones.hpp>

#include "reader.hpp"

// All readers in order of preference: a new one is one file beside this one and one line here.
#define CO2LIB_METER_READERS(reader) reader(powercap) reader(nvml) reader(cpu_load) reader(cpu_constant) reader(ram)

namespace co2lib::meter {

#define CO2LIB_METER_DECLARE(name) Reader name##_reader();
CO2LIB_METER_READERS(CO2LIB_METER_DECLARE)
#undef CO2LIB_METER_DECLARE

namespace {

std::vector<Reader> readers() {
  return {
#define CO2LIB_METER_LIST(name) name##_reader(),
      CO2LIB_METER_READERS(CO2LIB_METER_LIST)
#undef CO2LIB_METER_LIST
  };
}

void check(const OpenOptions& options) {
  const auto positive = [](const std::optional<double>& value, const char* name, bool zero_too) {
    if (value && !(std::isfinite(*value) && (*value > 0 || (zero_too && *value == 0)))) {
      throw Error("meter.bad_option", std::string(name) + " must be a power above 0 W, not " + std::to_string(*value));
    }
  };
  positive(options.tdp_w, "tdp_w", false);
  positive(options.ram_w, "ram_w", true);
  if (!options.meters) return;
  const bool gpus_wanted = options.gpus && !options.gpus->empty();
  if (gpus_wanted && std::find(options.meters->begin(), options.meters->end(), MeterChoice(std::string("nvml"))) ==
                         options.meters->end()) {
    throw Error("meter.bad_option", "gpus: names GPUs, but meters leaves out their provider; add 'nvml' to meters");
  }
  for (const MeterChoice& choice : *options.meters) {
    const auto* name = std::get_if<std::string>(&choice);
    if (name == nullptr) {
      if (!std::get<std::shared_ptr<Meter>>(choice)) throw Error("meter.bad_option", "meters: a meter is null");
      continue;
    }
    std::vector<std::string> known;
    for (const Reader& reader : readers()) known.emplace_back(reader.provider);
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      std::string text = "meters: no provider is called '" + *name + "'; there are:";
      for (const std::string& provider : known) text += " " + provider;
      throw Error("meter.bad_option", text, {{"providers", known}});
    }
  }
}

/// What a set of meters covers, so that it is not modelled besides.
Covered coverage(const std::vector<std::shared_ptr<Meter>>& meters) {
  Covered covered;
  std::set<std::string> packages;  // by name: a second control type shows the same ones
  std::set<std::string> with_dram;
  std::vector<MeterInfo> infos;
  infos.reserve(meters.size());
  for (const auto& meter : meters) infos.push_back(meter->info());
  for (const MeterInfo& info : infos) {
    const bool platform =
        info.domain == Domain::psys || info.device == Device::board || info.device == Device::platform;
    if (platform || (info.device == Device::cpu && (info.domain == Domain::package || info.domain == Domain::model))) {
      covered.cpu = true;
    }
    if (info.device == Device::ram) covered.memory = 1;
    if (is_module(info)) {  // its power holds that of its CPU and memory
      covered.cpu = true;
      covered.memory = 1;
    }
    if (info.domain == Domain::package) packages.insert(info.name.empty() ? info.id : info.name);
  }
  for (const MeterInfo& info : infos) {
    if (info.domain != Domain::dram) continue;
    const auto parent =
        std::find_if(infos.begin(), infos.end(), [&](const MeterInfo& other) { return other.id == info.parent; });
    if (parent == infos.end()) {
      covered.memory = 1;  // a counter of its own, for all memory
    } else {
      with_dram.insert(parent->name.empty() ? parent->id : parent->name);
    }
  }
  if (!packages.empty()) {
    covered.memory =
        std::max(covered.memory, static_cast<double>(with_dram.size()) / static_cast<double>(packages.size()));
  } else {
    // A platform meter alone is the total, memory included.
    const bool platform = std::any_of(infos.begin(), infos.end(), [](const MeterInfo& info) {
      return info.domain == Domain::psys || info.device == Device::board || info.device == Device::platform;
    });
    const bool model = std::any_of(infos.begin(), infos.end(), [](const MeterInfo& info) {
      return info.domain == Domain::model && info.device == Device::cpu;
    });
    if (platform && !model) covered.memory = 1;
  }
  return covered;
}

struct Plan {
  std::vector<Finding> findings;
  std::vector<std::shared_ptr<Meter>> meters;
};

Plan make_plan(const OpenOptions& options) {
  check(options);
  const Context context{.options = options, .machine = read_machine(options.host)};
  const std::vector<Reader> all = readers();
  Plan plan;
  std::vector<Opened> opened(all.size());
  std::vector<bool> done(all.size(), false);
  const auto take = [&](std::size_t i, bool use) {
    if (!done[i]) opened[i] = all[i].open(context, coverage(plan.meters));
    done[i] = true;
    if (!use || opened[i].finding.used || opened[i].meters.empty()) return;
    opened[i].finding.used = true;
    plan.meters.insert(plan.meters.end(), opened[i].meters.begin(), opened[i].meters.end());
  };

  if (options.meters) {
    for (const MeterChoice& choice : *options.meters) {
      if (const auto* user = std::get_if<std::shared_ptr<Meter>>(&choice)) {
        plan.meters.push_back(*user);
        continue;
      }
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (std::get<std::string>(choice) != all[i].provider) continue;
        // Of several providers of the CPU the first that works is taken.
        const bool memory = std::string_view(all[i].provider) == "model.ram";
        const bool gpus = std::string_view(all[i].provider) == "nvml";
        const Covered covered = coverage(plan.meters);
        take(i, gpus || (memory ? covered.memory < 1 : !covered.cpu));
      }
    }
  } else {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].is_model) take(i, true);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool memory = std::string_view(all[i].provider) == "model.ram";
    const Covered covered = coverage(plan.meters);
    take(i, all[i].is_model && (memory ? covered.memory < 1 : !covered.cpu));
  }
  for (Opened& o : opened) plan.findings.push_back(std::move(o.finding));
  return plan;
}

}  // namespace

std::vector<Finding> findings(const OpenOptions& options) { return make_plan(options).findings; }

std::vector<Finding> sensors(const Host& host) { return findings({.host = host}); }

std::vector<std::shared_ptr<Meter>> open(const OpenOptions& options) { return make_plan(options).meters; }

}  // namespace co2lib::meter
