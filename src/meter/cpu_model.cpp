// SPDX-License-Identifier: MIT
// The CPU models (docs/meter.md, "Models"): by the load of /proc/stat, or constant where that cannot be read.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/meter/attribution.hpp>
#include <co2lib/meter/models.hpp>

#include "cpu_time.hpp"
#include "reader.hpp"

namespace co2lib::meter {

namespace {

Result<CpuTicks> read_ticks(const Host& host) {
  const auto text = read_text(host.procfs / "stat");
  if (!text) return text.issue();
  if (const auto ticks = parse_cpu_ticks(*text)) return *ticks;
  return Issue{"parse", (host.procfs / "stat").string(), "has no line 'cpu' with the times of all CPUs"};
}

CpuSize cpu_size(const Context& context) {
  CpuSize size{.tdp_w = context.options.tdp_w, .cpus = context.machine.logical_cpus};
  if (!size.cpus && context.options.host.procfs == Host{}.procfs) {  // no /proc: ask the system
    const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
    if (online > 0) size.cpus = static_cast<int>(online);
  }
  return size;
}

std::string parameters(const CpuSize& size) {
  if (size.tdp_w) return "TDP " + to_string(Power::from_watts(*size.tdp_w));
  return fmt::format("{} logical CPUs, TDP unknown", size.cpus.value_or(0));
}

MeterInfo model_info(const char* id, const CpuSize& size) {
  return {.id = id,
          .name = parameters(size),
          .device = Device::cpu,
          .domain = Domain::model,
          .provider = id,
          .kind = Kind::power,
          .modelled = true,
          .quick = true,
          .provenance = fmt::format("{}: {}; constants of ours (docs/meter.md)", id, parameters(size))};
}

/// The mean load since the previous call; the baseline is read when it is made.
class CpuLoadMeter final : public Meter {
 public:
  CpuLoadMeter(MeterInfo info, Host host, CpuSize size, CpuTicks baseline)
      : info_(std::move(info)), host_(std::move(host)), size_(size), last_(baseline), mean_(cpu_constant_power(size)) {
    mean_.mean_since_previous = true;
  }

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime) override {
    const auto ticks = read_ticks(host_);
    if (!ticks) {
      const std::string& code = ticks.issue().code;
      const Failure why = code == "absent"          ? Failure::absent
                          : code == "no_permission" ? Failure::no_permission
                          : code == "parse"         ? Failure::parse
                                                    : Failure::io;
      return Failed{why, to_string(ticks.issue())};
    }
    // Idle and iowait may step back by a few ticks; a step without time keeps the previous mean.
    if (ticks->all > last_.all) {
      const double busy = ticks->busy > last_.busy ? static_cast<double>(ticks->busy - last_.busy) : 0.0;
      mean_ = cpu_load_power(busy / static_cast<double>(ticks->all - last_.all), size_);
      mean_.mean_since_previous = true;
      last_ = *ticks;
    }
    return mean_;
  }

 private:
  MeterInfo info_;
  Host host_;
  CpuSize size_;
  CpuTicks last_;
  Watts mean_;  // until the first tick passes: any load, with the interval of all
};

std::string watts_text(const Watts& w) {
  return fmt::format("{} ({} to {})", to_string(Power::from_watts(w.value)), to_string(Power::from_watts(w.low)),
                     to_string(Power::from_watts(w.high)));
}

bool known(const CpuSize& size) { return size.tdp_w || size.cpus; }

Opened open_cpu_load(const Context& context, const Covered&) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "model.cpu_load";
  finding.method = "model";
  const CpuSize size = cpu_size(context);
  const auto ticks = read_ticks(context.options.host);
  if (!ticks || !known(size)) {
    const bool denied = !ticks && ticks.issue().code == "no_permission";
    finding.availability = denied ? Availability::no_permission : Availability::absent;
    finding.reason =
        ticks ? "the number of CPUs is unknown" : fmt::format("{}: {}", ticks.issue().subject, ticks.issue().text);
    finding.fix = ticks ? "give tdp_w" : "mount /proc; until then the constant model is used";
    return opened;
  }
  finding.availability = Availability::available;
  finding.reason = fmt::format("CPU power from the load of {} and {}; a model, with a wide interval",
                               (context.options.host.procfs / "stat").string(), parameters(size));
  if (!size.tdp_w) finding.fix = "give tdp_w for a narrower interval";
  finding.meters.push_back(model_info("model.cpu_load", size));
  finding.value = watts_text(cpu_constant_power(size)) + " at an unknown load";
  opened.meters.push_back(std::make_shared<CpuLoadMeter>(finding.meters.front(), context.options.host, size, *ticks));
  return opened;
}

Opened open_cpu_constant(const Context& context, const Covered&) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "model.cpu_constant";
  finding.method = "model";
  const CpuSize size = cpu_size(context);
  if (!known(size)) {
    finding.availability = Availability::absent;
    finding.reason = "neither the TDP nor the number of CPUs is known";
    finding.fix = "give tdp_w";
    return opened;
  }
  const Watts watts = cpu_constant_power(size);
  finding.availability = Availability::available;
  finding.reason = fmt::format(
      "CPU power at half load, whatever the load is, from {}; "
      "for machines whose load cannot be read",
      parameters(size));
  finding.value = watts_text(watts);
  finding.meters.push_back(model_info("model.cpu_constant", size));
  opened.meters.push_back(make_meter(finding.meters.front(), [watts] { return Reading(watts); }));
  return opened;
}

}  // namespace

Result<MachineCpuTime> read_cpu_time(const Host& host) {
  const auto ticks = read_ticks(host);
  if (!ticks) return ticks.issue();
  const auto cpus = read_machine(host).logical_cpus;
  if (!cpus) return Issue{"absent", host.procfs.string(), "the number of CPUs is not known"};
  return MachineCpuTime{Seconds(static_cast<double>(ticks->busy) / ticks_per_second()), static_cast<double>(*cpus)};
}

Reader cpu_load_reader() { return {.provider = "model.cpu_load", .open = open_cpu_load, .is_model = true}; }
Reader cpu_constant_reader() { return {.provider = "model.cpu_constant", .open = open_cpu_constant, .is_model = true}; }

}  // namespace co2lib::meter
