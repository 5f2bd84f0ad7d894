// SPDX-License-Identifier: MIT
// The list of all readers, and what is opened by default.
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/meter/zones.hpp>

#include "reader.hpp"

// All readers in order of preference: a new one is one file beside this one and one line here.
#define CO2LIB_METER_READERS(reader)                                                                                  \
  reader(perf_event) reader(powercap) reader(jetson) reader(hwmon) reader(nvml) reader(cpu_load) reader(cpu_constant) \
      reader(ram)

namespace co2lib::meter {

#define CO2LIB_METER_DECLARE(name) Reader name##_reader();
CO2LIB_METER_READERS(CO2LIB_METER_DECLARE)
#undef CO2LIB_METER_DECLARE

std::vector<Reader> all_readers() {
  return {
#define CO2LIB_METER_LIST(name) name##_reader(),
      CO2LIB_METER_READERS(CO2LIB_METER_LIST)
#undef CO2LIB_METER_LIST
  };
}

namespace {

using Measures = Reader::Measures;

/// The texts of a list, with what stands before each.
std::string listed(const std::vector<std::string>& names, const char* before) {
  std::string list;
  for (const std::string& name : names) list.append(before).append(name);
  return list;
}

void check(const OpenOptions& options, const std::vector<Reader>& readers) {
  const auto positive = [](const std::optional<double>& value, const char* name, bool zero_too) {
    if (value && !(std::isfinite(*value) && (*value > 0 || (zero_too && *value == 0)))) {
      throw Error("meter.bad_option", fmt::format("{} must be a power above 0 W, not {}", name, *value));
    }
  };
  positive(options.tdp_w, "tdp_w", false);
  positive(options.ram_w, "ram_w", true);
  if (!options.meters) return;
  const bool gpus_wanted = options.gpus && !options.gpus->empty();
  std::vector<std::string> known;
  std::vector<std::string> of_gpus;
  for (const Reader& reader : readers) {
    known.emplace_back(reader.provider);
    if (reader.measures == Measures::gpus) of_gpus.emplace_back(reader.provider);
  }
  const auto chosen = [&](const std::string& provider) {
    return std::find(options.meters->begin(), options.meters->end(), MeterChoice(provider)) != options.meters->end();
  };
  if (gpus_wanted && std::none_of(of_gpus.begin(), of_gpus.end(), chosen)) {
    throw Error("meter.bad_option", "gpus: names GPUs, but meters leaves out their provider; add '" +
                                        listed(of_gpus, "' or '").substr(std::string_view("' or '").size()) +
                                        "' to meters");
  }
  for (const MeterChoice& choice : *options.meters) {
    const auto* name = std::get_if<std::string>(&choice);
    if (name == nullptr) {
      if (!std::get<std::shared_ptr<Meter>>(choice)) throw Error("meter.bad_option", "meters: a meter is null");
      continue;
    }
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      throw Error("meter.bad_option",
                  fmt::format("meters: '{}' is not a provider; known: {}", *name, fmt::join(known, ", ")),
                  {{"providers", known}});
    }
  }
}

/// True for a meter that feeds the processors too, whatever else.
bool covers_platform(const MeterInfo& info) {
  return info.domain == Domain::psys || info.device == Device::board || info.device == Device::platform;
}

/// What a set of meters covers, so that it is not modelled besides. `divided`: a platform's meter covers nothing, since
/// its energy cannot be divided among programs.
Covered coverage(const std::vector<std::shared_ptr<Meter>>& meters, bool divided = false) {
  Covered covered;
  std::set<std::string> packages;  // by name: a second control type shows the same ones
  std::set<std::string> with_dram;
  std::vector<MeterInfo> infos;
  infos.reserve(meters.size());
  for (const auto& meter : meters) infos.push_back(meter->info());
  bool platform = false;
  bool model = false;
  for (const MeterInfo& info : infos) {
    platform = platform || (!divided && covers_platform(info));
    model = model || (info.device == Device::cpu && info.domain == Domain::model);
    if (info.device == Device::cpu && info.domain == Domain::package) covered.cpu = true;
    if (info.device == Device::ram) covered.memory = 1;
    if (is_module(info)) {  // its power holds that of its CPU and memory
      covered.cpu = true;
      covered.memory = 1;
    }
    if (info.domain == Domain::package) {
      const std::string& name = info.name.empty() ? info.id : info.name;
      packages.insert(name);
      // It holds its memory too.
      if (std::find(info.flags.begin(), info.flags.end(), "module_scope") != info.flags.end()) with_dram.insert(name);
    }
  }
  covered.cpu = covered.cpu || platform || model;
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
  } else if (platform && !model) {  // it alone is the total, memory included
    covered.memory = 1;
  }
  return covered;
}

/// What a meter is for, as to which of several providers measures it.
enum class Role { processor, platform, gpu };

bool is_gpu(const MeterInfo& info) { return info.device == Device::gpu || info.device == Device::npu; }

Role role_of(const MeterInfo& info, const Reader& reader) {
  if (is_gpu(info)) return Role::gpu;
  return covers_platform(info) && !reader.platform_is_of_processors ? Role::platform : Role::processor;
}

bool measures_platform(const std::vector<std::shared_ptr<Meter>>& meters) {
  return std::any_of(meters.begin(), meters.end(), [](const auto& meter) { return covers_platform(meter->info()); });
}

/// A model in the place of counters, should these not work.
class StandIn final : public Meter {
 public:
  StandIn(std::shared_ptr<Meter> model, std::vector<std::string> replaced)
      : model_(std::move(model)), replaced_(std::move(replaced)) {}
  [[nodiscard]] MeterInfo info() const override {
    MeterInfo info = model_->info();
    info.stands_in_for = replaced_;
    return info;
  }
  Reading sample(MonotonicTime now) override { return model_->sample(now); }

 private:
  std::shared_ptr<Meter> model_;
  std::vector<std::string> replaced_;
};

/// Lets the first unused model of `device` stand in for the sensors of which `is_of` is true.
template <class IsOf>
void add_stand_in(Plan& plan, const std::vector<Reader>& all, const std::vector<Opened>& opened, Device device,
                  IsOf is_of) {
  std::vector<std::string> sensors;
  for (const auto& meter : plan.meters) {
    const MeterInfo info = meter->info();
    if (!is_given(info) && is_of(info)) sensors.push_back(info.id);
  }
  const bool modelled = std::any_of(plan.meters.begin(), plan.meters.end(), [&](const auto& meter) {
    return meter->info().domain == Domain::model && meter->info().device == device;
  });
  if (sensors.empty() || modelled) return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].is_model || opened[i].finding.used || opened[i].meters.empty()) continue;
    if (opened[i].meters.front()->info().device != device) continue;
    plan.stand_ins.push_back(std::make_shared<StandIn>(opened[i].meters.front(), std::move(sensors)));
    return;
  }
}

/// How much of the processors a provider measures: packages that can be read, then the share of their memory.
std::pair<std::size_t, double> processor_reach(const std::vector<std::shared_ptr<Meter>>& meters,
                                               const Reader& reader) {
  std::set<std::string> packages;
  std::vector<std::shared_ptr<Meter>> readable;
  for (const auto& meter : meters) {
    const MeterInfo info = meter->info();
    if (role_of(info, reader) != Role::processor || std::holds_alternative<Failed>(meter->sample(MonotonicTime{0})))
      continue;
    if (info.domain == Domain::package) packages.insert(info.name);
    readable.push_back(meter);
  }
  return {packages.size(), packages.empty() ? 0 : coverage(readable).memory};
}

}  // namespace

namespace {

/// Lets models stand in for what measures the processors and the memory, should it not work.
void add_stand_ins(Plan& plan, const std::vector<Reader>& all, const std::vector<Opened>& opened) {
  const auto counts = [](Domain domain) {
    return [domain](const MeterInfo& info) { return info.domain == domain && info.kind == Kind::counter; };
  };
  const auto is_package = [](const auto& meter) { return meter->info().domain == Domain::package; };
  if (std::any_of(plan.meters.begin(), plan.meters.end(), is_package)) {
    add_stand_in(plan, all, opened, Device::cpu, counts(Domain::package));
    add_stand_in(plan, all, opened, Device::ram, counts(Domain::dram));
  } else {  // the platform is the total
    add_stand_in(plan, all, opened, Device::cpu, is_platform);
    add_stand_in(plan, all, opened, Device::ram, is_platform);
  }
}

/// What a process reports that leaves all but its GPUs to another one.
Plan gpus_alone(const Context& context, const std::vector<Reader>& all) {
  Plan plan;
  const auto& chosen = context.options.meters;
  for (std::size_t i = 0; chosen && i < chosen->size(); ++i) {
    if (const auto* user = std::get_if<std::shared_ptr<Meter>>(&(*chosen)[i])) {
      if (is_gpu((*user)->info())) plan.meters.push_back(*user);
    }
  }
  for (const Reader& reader : all) {
    const MeterChoice name{std::string(reader.provider)};
    if (reader.measures != Measures::gpus) continue;
    if (chosen && std::find(chosen->begin(), chosen->end(), name) == chosen->end()) continue;
    Opened opened = reader.open(context, {});
    opened.finding.used = !opened.meters.empty();
    plan.meters.insert(plan.meters.end(), opened.meters.begin(), opened.meters.end());
    plan.stand_ins.insert(plan.stand_ins.end(), opened.stand_ins.begin(), opened.stand_ins.end());
    plan.gpus.insert(plan.gpus.end(), opened.gpus.begin(), opened.gpus.end());
    plan.findings.push_back(std::move(opened.finding));
  }
  return plan;
}

/// Opens providers, each once, and decides whose meters are used.
class Planner {
 public:
  Planner(const Context& context, const std::vector<Reader>& all)
      : context_(context), all_(all), opened_(all.size()), done_(all.size(), false) {}

  /// The meters and providers that were asked for, in their order.
  void take_chosen(const std::vector<MeterChoice>& choices) {
    for (const MeterChoice& choice : choices) {
      if (const auto* user = std::get_if<std::shared_ptr<Meter>>(&choice)) {
        plan_.meters.push_back(*user);
        continue;
      }
      for (std::size_t i = 0; i < all_.size(); ++i) {
        if (std::get<std::string>(choice) != all_[i].provider) continue;
        // Of several providers of the CPU the first that works is taken.
        const bool memory = all_[i].measures == Measures::memory;
        const bool gpus = all_[i].measures == Measures::gpus;
        const Covered covered = covered_so_far();
        take(i, gpus || (memory ? covered.memory < 1 : !covered.cpu));
      }
    }
  }

  /// Of the providers of the processors the first that measures anything, unless a later one measures more packages,
  /// or as many and more of their memory; two would count the same energy twice. All that measures something else.
  void take_best() {
    std::optional<std::size_t> best;
    std::pair<std::size_t, double> best_reach{};
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i].is_model) continue;
      const auto& meters = open_reader(i).meters;
      const bool any = std::any_of(meters.begin(), meters.end(), [&](const auto& meter) {
        return role_of(meter->info(), all_[i]) == Role::processor;
      });
      const auto reach = processor_reach(meters, all_[i]);
      if (!any || (best && reach <= best_reach)) continue;
      best = i;
      best_reach = reach;
    }
    if (best) take(*best, true);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (!all_[i].is_model) take(i, false);
    }
    for (std::size_t i = 0; best && i < all_.size(); ++i) {
      Finding& finding = opened_[i].finding;
      if (all_[i].is_model || finding.used || finding.availability != Availability::available) continue;
      finding.reason += fmt::format("; excluded: {} measures the same", all_[*best].provider);
      finding.reason += i < *best ? ", and more of it" : "";
    }
  }

  /// Models of what nothing measures; then what stands in, and what was found: of all providers, or of those that were
  /// asked for.
  Plan finish(bool tells_all) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const bool memory = all_[i].measures == Measures::memory;
      if (!tells_all && !done_[i] && !all_[i].is_model && all_[i].measures != Measures::gpus) continue;
      const Covered covered = covered_so_far();
      Opened& from = open_reader(i);
      const bool wanted = all_[i].is_model && (memory ? covered.memory < 1 : !covered.cpu);
      if (wanted && !from.finding.used && !from.meters.empty()) {
        from.finding.used = true;
        plan_.meters.insert(plan_.meters.end(), from.meters.begin(), from.meters.end());
      }
    }
    add_stand_ins(plan_, all_, opened_);
    for (Opened& o : opened_) {
      if (o.finding.used) plan_.stand_ins.insert(plan_.stand_ins.end(), o.stand_ins.begin(), o.stand_ins.end());
      plan_.gpus.insert(plan_.gpus.end(), o.gpus.begin(), o.gpus.end());
      plan_.findings.push_back(std::move(o.finding));
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] Covered covered_so_far() const { return coverage(plan_.meters, context_.options.divided); }

  Opened& open_reader(std::size_t i) {
    if (!done_[i]) opened_[i] = all_[i].open(context_, covered_so_far());
    done_[i] = true;
    return opened_[i];
  }

  /// Takes a provider's meters: those of the processors if `processor`; its platform meters unless there are others.
  void take(std::size_t i, bool processor) {
    Opened& from = open_reader(i);
    const bool platform = !measures_platform(plan_.meters);
    if (from.finding.used) return;
    for (const auto& meter : from.meters) {
      const Role role = role_of(meter->info(), all_[i]);
      if (role == Role::processor ? !processor : role == Role::platform && !platform) continue;
      plan_.meters.push_back(meter);
      from.finding.used = true;
    }
  }

  const Context& context_;
  const std::vector<Reader>& all_;
  Plan plan_{};
  std::vector<Opened> opened_;
  std::vector<bool> done_;
};

}  // namespace

namespace {

Plan planned(const Context& context, const std::vector<Reader>& all, bool tells_all) {
  const OpenOptions& options = context.options;
  check(options, all);
  if (options.gpus_only) return gpus_alone(context, all);
  Planner planner(context, all);
  if (options.meters) {
    planner.take_chosen(*options.meters);
  } else {
    planner.take_best();
  }
  return planner.finish(tells_all);
}

}  // namespace

Plan make_plan(const OpenOptions& options, std::shared_ptr<PerfCounters> perf, const std::vector<Reader>& all) {
  return planned({.options = options, .machine = read_machine(options.host), .perf = std::move(perf)}, all, true);
}

std::vector<Finding> findings(const OpenOptions& options) { return make_plan(options).findings; }

std::vector<Finding> sensors(const Host& host) { return findings({.host = host}); }

std::vector<std::shared_ptr<Meter>> open(const OpenOptions& options) { return open_all(options).meters; }

Opening open_all(const OpenOptions& options) { return open_all(options, read_machine(options.host)); }

Opening open_all(const OpenOptions& options, const Machine& machine) {
  Plan plan = planned({.options = options, .machine = machine}, all_readers(), false);
  Opening opening{.meters = std::move(plan.meters),
                  .stand_ins = std::move(plan.stand_ins),
                  .gpus = std::move(plan.gpus),
                  .issues = {}};
  const auto wanted = [&](const std::string& provider) {
    return !options.meters ||
           std::find(options.meters->begin(), options.meters->end(), MeterChoice(provider)) != options.meters->end();
  };
  for (const Finding& finding : plan.findings) {
    if (wanted(finding.provider)) add_issues(opening.issues, finding.issues);
  }
  return opening;
}

}  // namespace co2lib::meter
