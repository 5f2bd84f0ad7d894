// SPDX-License-Identifier: MIT
#include "tracker/setup.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/fallback.hpp>
#include <co2lib/intensity/live.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/meter/attribution.hpp>
#include <co2lib/meter/container.hpp>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/meter/share.hpp>
#include <co2lib/version.hpp>

#include "detail/environment.hpp"
#include "detail/utf8.hpp"
#include "meter/reader.hpp"
#include "tracker/hardware.hpp"

namespace co2lib::tracker::detail {

namespace {

using co2lib::detail::shown;

[[noreturn]] void bad(const std::string& option, const std::string& why) {
  throw Error("tracker.bad_config", fmt::format("{}: {}", option, why));
}

std::string random_uuid() {
  std::random_device device;
  std::uniform_int_distribution<unsigned> byte(0, 255);
  std::string text;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) {
    unsigned value = byte(device);
    if (i == 6) value = (value & 0x0fU) | 0x40U;
    if (i == 8) value = (value & 0x3fU) | 0x80U;
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  return text;
}

std::string operating_system() {
  utsname name{};
  if (::uname(&name) != 0) return {};
  return fmt::format("{}-{}-{}", name.sysname, name.release, name.machine);
}

/// The first of the variables that holds a number of at least 0: launchers write -1 where there are no ranks.
std::optional<int> first_number(std::span<const char* const> names) {
  for (const char* name : names) {
    if (name == nullptr) continue;
    const std::string text = co2lib::detail::environment(name).value_or("");
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && !text.empty() && value >= 0) return value;
  }
  return std::nullopt;
}

void check(const Options& o) {
  const auto period = [&](double x, const char* option) {  // in nanoseconds neither 0 nor beyond 64 bits
    if (!(x >= 1e-6 && x <= 1e9)) bad(option, "must be a number of seconds from 1e-6 to 1e9");
  };
  period(o.period_s, "period_s");
  period(o.power_period_s, "power_period_s");
  period(o.flush_s, "flush_s");
  if (!(o.pue >= 1) || !std::isfinite(o.pue)) throw Error("meter.bad_input", "pue: must be at least 1");
  if (!(o.wue >= 0) || !std::isfinite(o.wue)) throw Error("meter.bad_input", "wue: must be at least 0 L/kWh");
  if (o.tdp_w && !(*o.tdp_w > 0 && std::isfinite(*o.tdp_w))) bad("tdp_w", "must be above 0 W");
  if (o.ram_w && !(*o.ram_w >= 0 && std::isfinite(*o.ram_w))) bad("ram_w", "must be at least 0 W");
  if (o.idle_w && o.scope == meter::Scope::machine) bad("idle_w", "is used by the scopes process and container only");
  const auto per_domain = [&](const std::map<std::string, double>& values, const char* option, bool zero_too) {
    for (const auto& [domain, value] : values) {
      if (const auto known = parse<meter::Domain>(domain); !known) bad(option, known.issue().text);
      if (!(value > 0 || (zero_too && value == 0)) || !std::isfinite(value))
        bad(option, "must be above 0 for " + domain);
    }
  };
  per_domain(o.p_max_w, "p_max_w", false);
  per_domain(o.slack_s, "slack_s", true);
  if (o.resume && o.log.empty()) bad("resume", "needs the log of the run to continue; give `log`");
  if (const auto* constant = std::get_if<CarbonIntensity>(&o.intensity)) {
    if (!(constant->g_per_kwh() >= 0) || !std::isfinite(constant->g_per_kwh())) {
      bad("intensity", "an average carbon intensity is at least 0 g/kWh");
    }
  }
}

/// The domain a user's meter is counted in when it names none.
meter::Domain domain_of(meter::Device device) {
  switch (device) {
    case meter::Device::cpu:
      return meter::Domain::package;
    case meter::Device::dram:
      return meter::Domain::dram;
    case meter::Device::ram:
      return meter::Domain::model;
    case meter::Device::gpu:
    case meter::Device::npu:
      return meter::Domain::gpu;
    case meter::Device::platform:
    case meter::Device::board:
      return meter::Domain::psys;
  }
  return meter::Domain::other;
}

/// What this process reports: the machine if it owns it, else its GPUs alone; and with the scope `process` its own
/// share of CPU and memory in any case.
meter::Opening open_machine(const Options& o, bool owner, const Machine& machine) {
  meter::OpenOptions open{.host = o.host, .clock = o.clock, .tdp_w = o.tdp_w, .ram_w = o.ram_w};
  open.powercap_root = o.powercap_root;
  open.container_scope = o.scope == meter::Scope::container;
  open.divided = o.scope != meter::Scope::machine;
  open.gpus_only = !owner && o.scope != meter::Scope::process;
  open.modulus = o.modulus;
  open.meters = o.meters;
  open.gpus = o.gpus;
  for (const MeterChoice& choice : o.meters.value_or(std::vector<MeterChoice>())) {
    const auto* meter = std::get_if<std::shared_ptr<meter::Meter>>(&choice);
    if (meter != nullptr && *meter == nullptr) bad("meters", "one of them is null");
  }
  // Meters that a program gives are all that it wants, but for models of what they do not cover.
  const auto is_name = [](const MeterChoice& choice) { return std::holds_alternative<std::string>(choice); };
  const bool gpus_wanted = o.gpus && !o.gpus->empty();  // an error without their provider
  if (!o.meters || o.meters->empty() || gpus_wanted || std::any_of(o.meters->begin(), o.meters->end(), is_name)) {
    return meter::open_all(open, machine);
  }
  meter::Opening opening;
  for (const MeterChoice& choice : *o.meters) {
    auto meter = std::get<std::shared_ptr<meter::Meter>>(choice);
    const meter::Device device = meter->info().device;
    const bool gpu = device == meter::Device::gpu || device == meter::Device::npu;
    if (!open.gpus_only || gpu) opening.meters.push_back(std::move(meter));
  }
  return opening;
}

/// What the options say of a meter's domain.
void set_limits(meter::MeterInfo& info, const Options& o) {
  const bool given = info.domain == meter::Domain::other && is_given(info);
  const std::string domain(meter::text(given ? domain_of(info.device) : info.domain));
  if (const auto ceiling = o.p_max_w.find(domain); ceiling != o.p_max_w.end()) info.p_max_w = ceiling->second;
  if (const auto slack = o.slack_s.find(domain); slack != o.slack_s.end()) info.slack_s = slack->second;
}

/// A meter with the limits of the options, for those that go by what it says of itself.
class Limited final : public meter::Meter {
 public:
  Limited(std::shared_ptr<meter::Meter> meter, const Options& o) : meter_(std::move(meter)), info_(meter_->info()) {
    set_limits(info_, o);
  }
  [[nodiscard]] meter::MeterInfo info() const override { return info_; }
  meter::Reading sample(MonotonicTime now) override { return meter_->sample(now); }

 private:
  std::shared_ptr<meter::Meter> meter_;
  meter::MeterInfo info_;
};

meter::Opening open_scope(const Options& o, bool owner, const Machine& machine) {
  meter::Opening opening = open_machine(o, owner, machine);
  if (o.scope == meter::Scope::machine || opening.meters.empty()) return opening;
  const meter::ShareOptions share{.scope = o.scope, .pid = std::nullopt, .idle_w = o.idle_w, .host = o.host};
  std::vector<std::shared_ptr<meter::Meter>> all = std::move(opening.meters);
  all.insert(all.end(), opening.stand_ins.begin(), opening.stand_ins.end());
  opening.meters.clear();
  opening.stand_ins.clear();
  if (!o.p_max_w.empty() || !o.slack_s.empty()) {
    for (auto& m : all) m = std::make_shared<Limited>(std::move(m), o);
  }
  for (auto& m : meter::share_meters(all, share)) {
    const bool stands_in = !m->info().stands_in_for.empty();
    (stands_in ? opening.stand_ins : opening.meters).push_back(std::move(m));
  }
  return opening;
}

/// Gives a meter what the options say of its domain, and an id of its own.
meter::MeterInfo complete(meter::MeterInfo info, const Options& o, const std::set<std::string>& taken) {
  if (info.domain == meter::Domain::other && is_given(info)) info.domain = domain_of(info.device);
  if (!meter::is_share(info)) set_limits(info, o);  // a share follows the meter that it divides
  if (info.id.empty()) bad("meters", "a meter has no id");
  if (!taken.contains(info.id)) return info;
  if (!is_given(info)) bad("meters", fmt::format("the id '{}' is used twice; ids are unique", info.id));
  const std::string id = info.id;
  for (int n = 2; taken.contains(info.id); ++n) info.id = fmt::format("{}#{}", id, n);
  return info;
}

void add_meters(Setup& setup, const meter::Opening& opening) {
  std::set<std::string> taken;
  std::map<std::string, OpenMeter> by_id;
  const auto add = [&](const std::shared_ptr<meter::Meter>& m, std::vector<OpenMeter>& to) {
    OpenMeter open{.meter = m, .info = complete(m->info(), setup.options, taken)};
    open.quick = open.info.quick;
    open.cadence = open.info.kind;
    if (meter::is_share(open.info)) {  // read with the meter it divides, on the same thread
      if (const auto divided = by_id.find(open.info.parent); divided != by_id.end()) {
        open.quick = divided->second.quick;
        open.cadence = divided->second.cadence;
      }
    }
    taken.insert(open.info.id);
    by_id[open.info.id] = open;
    to.push_back(std::move(open));
  };
  for (const auto& m : opening.meters) add(m, setup.meters);
  for (const auto& m : opening.stand_ins) {
    if (!taken.contains(m->info().id)) add(m, setup.stand_ins);
  }
}

std::string named(std::string text, const std::string& key, const std::string& value) {
  const std::string placeholder = fmt::format("{{{}}}", key);
  for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at)) {
    text.replace(at, placeholder.size(), value);
    at += value.size();
  }
  return text;
}

/// `run.jsonl`, `run.2.jsonl`, `run.3.jsonl`, ...
std::filesystem::path numbered(const std::filesystem::path& file, int n) {
  if (n == 1) return file;
  std::filesystem::path name = file.stem();
  name += fmt::format(".{}", n);
  name += file.extension();
  return file.parent_path() / name;
}

constexpr const char* log_exists_help =
    "give another file, or log_exists: \"number\" takes the next free name, "
    "\"resume\" continues the run, \"overwrite\" replaces it";

/// Why the run may not be continued in this file, or replace it; nothing if it may.
std::optional<Error> take(ChosenLog& log, const Options& o, LogExists policy) {
  const auto refuse = [&](const std::string& why, const Run* run) {
    ErrorDetails details;
    if (run != nullptr) details.emplace("run_id", run->run_id);
    return Error("tracker.bad_log", fmt::format("{}: {}", log.file.string(), why), details, ErrorCategory::os);
  };
  std::optional<Run> earlier;
  try {
    earlier = load(log.file);
  } catch (const Error& error) {
    if (policy == LogExists::number) return refuse("is not a log of co2lib", nullptr);
    throw;
  }
  switch (policy) {
    case LogExists::resume:
      if (!o.run_id.empty() && o.run_id != earlier->run_id) {
        return refuse(fmt::format("holds run {}, not {}; {}", earlier->run_id, o.run_id, log_exists_help), &*earlier);
      }
      log.earlier = std::move(earlier);
      return std::nullopt;
    case LogExists::overwrite:
      log.writer->truncate();
      return std::nullopt;
    case LogExists::number:
      return refuse(fmt::format("holds run {} already", earlier->run_id), &*earlier);
    case LogExists::error:
      break;
  }
  return refuse(fmt::format("holds run {} already; {}", earlier->run_id, log_exists_help), &*earlier);
}

}  // namespace

Rank read_rank() {
  // What a launcher sets for its processes. Slurm comes last: a program that starts ranks inside of a job of Slurm, or
  // a batch script, hands Slurm's variables on to all of them.
  struct Launcher {
    std::array<const char*, 1> local;
    std::array<const char*, 2> rank;
    std::array<const char*, 1> size;
  };
  static constexpr Launcher launchers[] = {
      {{"LOCAL_RANK"}, {"RANK"}, {"LOCAL_WORLD_SIZE"}},
      {{"OMPI_COMM_WORLD_LOCAL_RANK"}, {"OMPI_COMM_WORLD_RANK", "PMIX_RANK"}, {"OMPI_COMM_WORLD_LOCAL_SIZE"}},
      {{"MPI_LOCALRANKID"}, {"PMI_RANK", "PMIX_RANK"}, {"MPI_LOCALNRANKS"}},
      {{"MV2_COMM_WORLD_LOCAL_RANK"}, {"MV2_COMM_WORLD_RANK", "PMI_RANK"}, {"MV2_COMM_WORLD_LOCAL_SIZE"}},
      {{"PALS_LOCAL_RANKID"}, {"PALS_RANKID", "PMI_RANK"}, {"PALS_LOCAL_SIZE"}},
      {{"FLUX_TASK_LOCAL_ID"}, {"FLUX_TASK_RANK"}, {}},
      {{"JSM_NAMESPACE_LOCAL_RANK"}, {"JSM_NAMESPACE_RANK"}, {"JSM_NAMESPACE_LOCAL_SIZE"}},
      {{"SLURM_LOCALID"}, {"SLURM_PROCID"}, {"SLURM_STEP_TASKS_PER_NODE"}},
  };
  static constexpr std::array alone_ranks{"RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"};
  Rank rank;
  std::optional<int> size;
  for (const Launcher& launcher : launchers) {
    const std::optional<int> local = first_number(launcher.local);
    if (!local) continue;
    if (!rank.local) rank.local = local;
    if (*local != *rank.local) continue;  // of another launcher around this one
    if (!rank.rank) rank.rank = first_number(launcher.rank);
    if (!size) size = first_number(launcher.size);
  }
  if (!rank.rank) rank.rank = rank.local ? rank.local : first_number(alone_ranks);
  if (!size) size = first_number(std::array{"WORLD_SIZE"});
  rank.alone = !rank.local || size == 1;
  return rank;
}

ChosenLog choose_log(const Options& o, const std::string& run_id, const Rank& rank, const std::string& host) {
  ChosenLog log;
  if (o.log.empty()) return log;
  std::string name = o.log.string();
  name = named(std::move(name), "rank", std::to_string(rank.rank.value_or(0)));
  name = named(std::move(name), "local_rank", std::to_string(rank.local.value_or(0)));
  name = named(std::move(name), "pid", std::to_string(::getpid()));
  name = named(std::move(name), "host", host);
  name = named(std::move(name), "run_id", run_id);
  std::string why;  // the first name could not be had
  constexpr int most_names = 10'000;
  for (int n = 1; n <= most_names; ++n) {
    log.file = numbered(name, n);
    log.writer = std::make_unique<LogWriter>();
    const LogWriter::Lock lock = log.writer->open(log.file);
    const LogExists policy = o.resume && n == 1 ? LogExists::resume : o.log_exists;
    const bool may_number = o.log_exists == LogExists::number;
    if (lock == LogWriter::Lock::taken) {
      const std::string busy = log.file.string() +
                               ": another process is writing this log; "
                               "a log takes one process. Give each rank its own with log=\"run-{rank}.jsonl\", "
                               "or log_exists=\"number\"";
      if (!may_number) throw Error("tracker.bad_log", busy, {}, ErrorCategory::os);
      if (why.empty()) why = "another process is writing it";
      continue;
    }
    if (lock == LogWriter::Lock::unavailable) {
      log.issues.push_back({"log_unlocked", shown(log.file.string()),
                            "its file system has no locks: see to it that no other process writes this log"});
    }
    if (log.writer->size() > 0) {
      if (const auto error = take(log, o, policy)) {
        if (!may_number) throw *error;
        if (why.empty()) why = std::string(error->what()).substr(log.file.string().size() + 2);
        continue;
      }
    }
    if (n > 1) {
      log.issues.push_back({"log_numbered", shown(log.file.string()),
                            fmt::format("the log of this run, for {} was taken: {}", shown(name), why)});
    }
    return log;
  }
  throw Error("tracker.bad_log", name + ": this name and the next 9999 are taken; give another", {}, ErrorCategory::os);
}

Setup make_setup(const Options& given) {
  check(given);
  Setup setup;
  setup.options = given;
  Options& o = setup.options;
  setup.clock = o.clock ? o.clock : std::make_shared<SystemClock>();
  RunSegment segment;
  segment.pricing.facility = {o.pue, o.wue};
  segment.pricing.location = o.location;
  if (const auto* constant = std::get_if<CarbonIntensity>(&o.intensity)) {
    segment.pricing.g_per_kwh = constant->g_per_kwh();
  } else if (const auto* source = std::get_if<std::shared_ptr<const intensity::IntensitySource>>(&o.intensity)) {
    if (*source == nullptr) bad("intensity", "the source is null");
    setup.source = *source;
    // A provider that does not answer leaves the energy with the next best price, and not with none.
    if (dynamic_cast<const intensity::LiveSource*>(source->get()) != nullptr) {
      setup.source = intensity::with_fallback(*source, {.location = o.location});
    }
    segment.pricing.intensity_text = (*source)->describe().name;
  }
  setup.price = choose_price(segment.pricing, setup.source);  // refuses a location in no table, now
  segment.pricing.location = setup.price.location;

  const Machine machine = read_machine(o.host);
  const Rank rank = read_rank();
  segment.boot_id = machine.boot_id;
  segment.machine_id = machine.machine_id;
  segment.pid = ::getpid();
  segment.rank = rank.rank;
  segment.is_rank = !rank.alone;
  segment.version = CO2LIB_VERSION;
  segment.context = {.host = machine.hostname,
                     .os = operating_system(),
                     .cpu_model = machine.cpu_model,
                     .logical_cpus = machine.logical_cpus,
                     .memory_bytes = machine.memory_bytes,
                     .project = o.project,
                     .command = o.command,
                     .slurm_job_id = co2lib::detail::environment("SLURM_JOB_ID").value_or(""),
                     .hardware = {}};
  segment.hardware = hardware_of(o);
  segment.context.hardware = hardware_at(o, machine, segment.hardware.kind);
  setup.run.run_id = o.run_id.empty() ? random_uuid() : o.run_id;
  setup.log = choose_log(o, setup.run.run_id, rank, machine.hostname);
  if (setup.log.earlier) {
    setup.run.run_id = setup.log.earlier->run_id;
    setup.run.segments = std::move(setup.log.earlier->segments);
    setup.run.issues = std::move(setup.log.earlier->issues);
  }
  segment.run_id = setup.run.run_id;
  segment.number = setup.run.segments.size();

  const bool owner = o.owner.value_or(rank.local.value_or(0) == 0);
  const meter::Opening opening = open_scope(o, owner, machine);
  add_meters(setup, opening);
  segment.gpus = opening.gpus;
  segment.issues = o.issues;
  add_issues(segment.issues, setup.price.issues);
  add_issues(segment.issues, setup.log.issues);
  add_issues(segment.issues, opening.issues);
  if (!owner && o.scope != meter::Scope::process) {
    const std::string who = rank.local ? fmt::format("local rank {}", *rank.local) : "owner = false";
    add_issue(segment.issues,
              {"not_owner", who,
               fmt::format("CPU, memory and board of the machine are reported by another process (local rank 0){}. "
                           "Merge the logs of all ranks: co2lib merge",
                           setup.meters.empty() ? ", and no GPU is visible to this one: it measures nothing itself"
                                                : "; this one reports its GPUs")});
  }
  for (const auto* list : {&setup.meters, &setup.stand_ins}) {
    for (const OpenMeter& m : *list) {
      segment.meters.emplace_back();
      segment.meters.back().info = m.info;
    }
  }
  setup.run.segments.push_back(std::move(segment));
  return setup;
}

}  // namespace co2lib::tracker::detail
