// SPDX-License-Identifier: MIT
// RAPL through perf_event: the kernel extends the counters to 64 bits, in units of 2^-32 J (docs/platforms.md, "Linux
// on bare metal").
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifdef __linux__
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif
#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/meter/container.hpp>
#include <co2lib/meter/zones.hpp>

#include "rapl.hpp"
#include "reader.hpp"
#include "sysfs.hpp"

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

#ifdef __linux__
class SystemPerfCounters final : public PerfCounters {
 public:
  int open(std::uint32_t type, std::uint64_t config, int cpu) override {
    perf_event_attr attributes{};
    attributes.type = type;
    attributes.size = sizeof attributes;
    attributes.config = config;
    const long fd = ::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : static_cast<int>(fd);
  }

  std::variant<std::uint64_t, int> read(int fd) override {
    std::uint64_t value = 0;
    ssize_t got = 0;
    do {
      got = ::read(fd, &value, sizeof value);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno;
    if (got != sizeof value) return EIO;  // the event is in an error state
    return value;
  }

  void close(int fd) override { ::close(fd); }
};

/// True if the file lies in a /sys of this kernel, and not in a tree of files that stands in for a machine.
bool on_sysfs(const fs::path& file) {
  struct statfs status {};
  return ::statfs(file.c_str(), &status) == 0 && static_cast<unsigned long>(status.f_type) == SYSFS_MAGIC;
}
#else
bool on_sysfs(const fs::path&) { return false; }
#endif

/// An event of one CPU; opened again at most once per second after it was lost.
class PerfMeter final : public Meter {
 public:
  PerfMeter(MeterInfo info, std::shared_ptr<PerfCounters> counters, std::uint32_t type, std::uint64_t config, int cpu)
      : info_(std::move(info)), counters_(std::move(counters)), type_(type), config_(config), cpu_(cpu) {
    open();
  }
  PerfMeter(const PerfMeter&) = delete;
  PerfMeter& operator=(const PerfMeter&) = delete;
  ~PerfMeter() override { close(); }

  /// 0, or the error of the last attempt to open it.
  [[nodiscard]] int error() const noexcept { return error_; }

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime now) override {
    if (fd_ < 0) {
      if (tried_ && now - *tried_ < std::chrono::seconds(1)) return failed();
      tried_ = now;
      open();
      if (fd_ < 0) return failed();
    }
    const auto value = counters_->read(fd_);
    if (const auto* count = std::get_if<std::uint64_t>(&value)) return Count{*count};
    error_ = std::get<int>(value);
    close();
    tried_ = now;
    return failed();
  }

 private:
  void open() {
    const int fd = counters_->open(type_, config_, cpu_);
    fd_ = std::max(fd, -1);
    error_ = std::max(-fd, 0);
  }
  void close() {
    if (fd_ >= 0) counters_->close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] Failed failed() const {
    return {failure_of(error_), fmt::format("perf_event_open of {}: {}", info_.id, std::strerror(error_))};
  }

  MeterInfo info_;
  std::shared_ptr<PerfCounters> counters_;
  std::uint32_t type_;
  std::uint64_t config_;
  int cpu_;
  int fd_ = -1;
  int error_ = 0;
  std::optional<MonotonicTime> tried_;
};

/// An event of the PMU `power`.
struct Event {
  const char* file;
  const char* name;  ///< as powercap calls the zone; the package's is made of its number
};

constexpr std::array<Event, 5> events{{{"energy-pkg", "package"},
                                       {"energy-cores", "core"},
                                       {"energy-gpu", "uncore"},
                                       {"energy-ram", "dram"},
                                       {"energy-psys", "psys"}}};

/// N of `event=0xNN`.
std::optional<std::uint64_t> parse_event(std::string_view text) noexcept {
  constexpr std::string_view prefix = "event=0x";
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The exact unit of a scale in J: a power of two, as all of today's are; nothing else is understood.
///
/// The kernel writes 2^-32 with all its digits, other writers with 17: the double nearest to both is 2^-32.
std::optional<CounterUnit> parse_scale(std::string_view text) noexcept {
  double scale = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scale);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(scale)) return std::nullopt;
  int exponent = 0;
  if (std::frexp(scale, &exponent) != 0.5 || exponent < -61 || exponent > 32) return std::nullopt;
  const int power = exponent - 1;
  return power < 0 ? CounterUnit{1, std::int64_t{1} << -power} : CounterUnit{std::int64_t{1} << power, 1};
}

/// The names of the packages (or dies) to which the CPUs of the PMU's mask belong, as powercap would call them.
std::vector<std::string> package_names(const fs::path& sysfs, const std::vector<int>& cpus) {
  struct Place {
    std::string package;
    std::string die;
  };
  std::vector<Place> places;
  for (const int cpu : cpus) {
    const fs::path topology = sysfs / "devices/system/cpu" / fmt::format("cpu{}", cpu) / "topology";
    Place place{first_line(topology / "physical_package_id"), first_line(topology / "die_id")};
    // A package that is not known is told from the others by its CPU.
    if (!detail::all_digits(place.package)) place = {std::to_string(cpu), ""};
    places.push_back(std::move(place));
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto dies = std::count_if(places.begin(), places.end(),
                                    [&](const Place& other) { return other.package == places[i].package; });
    std::string name = "package-" + places[i].package;
    if (dies > 1) name += "-die-" + (detail::all_digits(places[i].die) ? places[i].die : std::to_string(i));
    names.push_back(std::move(name));
  }
  return names;
}

/// Whether the effective capabilities of this process hold CAP_PERFMON or CAP_SYS_ADMIN.
bool has_capability(const Host& host) {
  const auto text = read_text(host.procfs / "self/status");
  const std::size_t at = text ? text->find("CapEff:") : std::string::npos;
  if (at == std::string::npos) return false;
  const std::uint64_t mask = std::strtoull(text->c_str() + at + 7, nullptr, 16);
  constexpr unsigned cap_sys_admin = 21;
  constexpr unsigned cap_perfmon = 38;
  return ((mask >> cap_sys_admin) & 1U) != 0 || ((mask >> cap_perfmon) & 1U) != 0;
}

std::string denial(const Context& context) {
  const Host& host = context.options.host;
  const std::string paranoid = first_line(host.procfs / "sys/kernel/perf_event_paranoid");
  std::string reason = "kernel.perf_event_paranoid is " + (paranoid.empty() ? "unknown" : paranoid);
  if (has_capability(host)) {
    reason += "; the capability is there, so that a security module or a seccomp filter refuses the call";
  } else {
    reason += " and the program has neither CAP_PERFMON (kernel 5.8+) nor CAP_SYS_ADMIN";
  }
  return reason;
}

std::string denial_fix(const Context& context) {
  if (in_container(context.options.host)) {
    return "start the container with --cap-add PERFMON, "
           "and a seccomp profile that allows perf_event_open";
  }
  return "setcap cap_perfmon=ep on the program (for Python: on the interpreter; "
         "kernels before 5.8: cap_sys_admin), or sysctl kernel.perf_event_paranoid=0. "
         "Who reads the counters can learn secrets of other programs (PLATYPUS side channel)";
}

/// An event of one CPU of the mask, described.
struct Source {
  MeterInfo info;
  std::uint64_t config;
  int cpu;
};

/// The PMU as its files show it.
struct Pmu {
  std::uint32_t type = 0;
  std::vector<Source> sources;
  std::vector<std::string> notes;  ///< what is not used, and why
};

/// Nothing if the files are not understood; `problem` then says which.
std::optional<Pmu> find_sources(const Context& context, const fs::path& folder, std::string& problem) {
  Pmu pmu;
  const auto type = read_number(folder / "type");
  const auto cpus = detail::parse_cpu_list(first_line(folder / "cpumask"));
  if (!type || *type > UINT32_MAX) {
    problem = (folder / "type").string() + " holds no number";
    return std::nullopt;
  }
  if (!cpus) {
    problem = (folder / "cpumask").string() + " holds no list of CPUs";
    return std::nullopt;
  }
  pmu.type = static_cast<std::uint32_t>(*type);
  const std::vector<std::string> packages = package_names(context.options.host.sysfs, *cpus);
  // Kernels before 5.17 list events on AMD that the processor does not have; powercap lists those it has.
  const std::set<Domain> listed = is_amd(context.machine) ? powercap_domains(context) : std::set<Domain>();
  for (const Event& event : events) {
    const fs::path file = folder / "events" / event.file;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) continue;
    const auto config = parse_event(first_line(file));
    const auto unit = parse_scale(first_line(file.string() + ".scale"));
    if (!config || !unit || first_line(file.string() + ".unit") != "Joules") {
      pmu.notes.push_back(file.string() + ": event, scale or unit is not understood");
      continue;
    }
    for (std::size_t i = 0; i < cpus->size(); ++i) {
      const bool top = std::string_view(event.name) == "psys";
      const bool package = std::string_view(event.name) == "package";
      // Powercap names a second psys, which is not another platform, by its package: reported, not counted.
      std::string name = package ? packages[i] : event.name;
      if (top && i > 0) name += "-" + packages[i].substr(packages[i].find('-') + 1);
      const std::string parent = package || top ? "" : "perf_event/" + packages[i];
      const Domain domain = zone_domain(name, parent.empty() ? std::nullopt : std::optional(Domain::package));
      if (!listed.empty() && !listed.contains(domain)) {
        if (i == 0) pmu.notes.push_back(std::string(event.file) + " is left out: powercap has no such zone");
        continue;
      }
      Source source{.info = {.id = fmt::format("{}/{}", parent.empty() ? "perf_event" : parent, name),
                             .parent = parent,
                             .control = "power",
                             .name = name,
                             .device = rapl_device(domain),
                             .domain = domain,
                             .provider = "perf_event",
                             .kind = Kind::counter,
                             .unit = *unit,
                             .wrap = WrapRange::none(),
                             .update_period_s = rapl_update_s,
                             .slack_s = rapl_slack_s,
                             .accuracy = rapl_accuracy(context.machine, domain),
                             .least_window_s = rapl_least_window_s,
                             .quick = true},
                    .config = *config,
                    .cpu = (*cpus)[i]};
      source.info.provenance = fmt::format("{} on CPU {}", file.string(), source.cpu);
      if (context.machine.sgx) source.info.flags.emplace_back("energy_filtering_possible");
      pmu.sources.push_back(std::move(source));
    }
  }
  return pmu;
}

/// What came of opening the events.
struct OpenEvents {
  std::vector<std::shared_ptr<PerfMeter>> meters;
  std::ptrdiff_t count = 0;  ///< of those that are open
  int error = 0;             ///< of a package before that of another; 0: all are open
  bool any_package = false;
  std::string not_opened;
};

OpenEvents open_events(const Pmu& pmu, const std::shared_ptr<PerfCounters>& counters) {
  OpenEvents tried;
  int package_error = 0;
  int other_error = 0;
  for (const Source& source : pmu.sources) {
    auto meter = std::make_shared<PerfMeter>(source.info, counters, pmu.type, source.config, source.cpu);
    const bool package = source.info.domain == Domain::package;
    if (meter->error() == 0) {
      ++tried.count;
      tried.any_package = tried.any_package || package;
    } else {
      int& error = package ? package_error : other_error;
      if (error == 0) error = meter->error();
      tried.not_opened += fmt::format("; {}: {}", source.info.id, std::strerror(meter->error()));
    }
    // A package that cannot be opened stays a meter whose reads fail, so that the total is not silently too small.
    if (meter->error() == 0 || package) tried.meters.push_back(std::move(meter));
  }
  tried.error = package_error != 0 ? package_error : other_error;
  return tried;
}

Opened open_perf_event(const Context& context, const Covered&) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "perf_event";
  finding.method = "counter";
  const fs::path folder = context.options.host.sysfs / "bus/event_source/devices/power";
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    finding.availability = Availability::absent;
    finding.reason = folder.string() +
                     " does not exist: no RAPL on this processor, a virtual machine, "
                     "or the kernel module rapl is not loaded";
    finding.fix = "modprobe rapl, if the processor is from Intel or AMD and this is not a virtual machine";
    return opened;
  }
  std::string problem;
  const std::optional<Pmu> pmu = find_sources(context, folder, problem);
  std::string notes;
  for (std::size_t i = 0; pmu && i < pmu->notes.size(); ++i) notes += "; " + pmu->notes[i];
  if (pmu && pmu->sources.empty() && pmu->notes.empty()) {
    finding.availability = Availability::absent;
    finding.reason = folder.string() +
                     " has no energy event: a virtual machine, to which the hypervisor passes none, "
                     "or a processor that the kernel does not know";
    finding.fix = "measure on the host; here the CPU is modelled (give tdp_w for a narrower interval)";
    return opened;
  }
  if (!pmu || pmu->sources.empty()) {
    finding.availability = Availability::failed;
    finding.reason = pmu ? fmt::format("{} has no energy event that can be used{}", folder.string(), notes) : problem;
    finding.fix = "report the files of this folder; until then powercap is used";
    return opened;
  }
  for (const Source& source : pmu->sources) finding.meters.push_back(source.info);
  if (fs::is_directory(context.options.host.sysfs / "bus/event_source/devices/power_core", ignored)) {
    notes += "; power_core counts single cores, which are part of the packages, and is not read";
  }

  std::shared_ptr<PerfCounters> counters = context.perf;
  if (counters == nullptr && on_sysfs(folder)) counters = system_perf_counters();
  if (counters == nullptr) {
    finding.availability = Availability::absent;
    finding.reason = folder.string() + " is not of this kernel's /sys: counters of another machine cannot be opened";
    finding.fix = "none; powercap is read from the files";
    return opened;
  }

  OpenEvents tried = open_events(*pmu, counters);
  const bool denied = tried.error == EACCES || tried.error == EPERM;
  if (tried.count == 0) {
    finding.availability = denied ? Availability::no_permission : Availability::failed;
    finding.reason = fmt::format("perf_event_open of {}: {}", folder.string(), std::strerror(tried.error));
    if (denied) finding.reason += ": " + denial(context);
    finding.reason += notes;
    finding.fix = denied ? denial_fix(context) : "look for the error in the kernel's log (dmesg); powercap may do";
    return opened;
  }
  for (auto& meter : tried.meters) {
    if (meter->error() == 0 || tried.any_package) opened.meters.push_back(std::move(meter));
  }
  finding.availability = Availability::available;
  finding.reason = fmt::format("{} of {} events of {}{}{}", tried.count, pmu->sources.size(), folder.string(),
                               tried.not_opened, notes);
  if (denied) finding.fix = denial_fix(context);
  if (context.machine.sgx) finding.reason += "; the CPU flag sgx is set: Intel may add noise (energy filtering)";
  finding.value = "counters that start at 0 J now";
  return opened;
}

}  // namespace

std::shared_ptr<PerfCounters> system_perf_counters() {
#ifdef __linux__
  return std::make_shared<SystemPerfCounters>();
#else
  return nullptr;
#endif
}

Reader perf_event_reader() {
  return {.provider = "perf_event", .open = open_perf_event, .platform_is_of_processors = true};
}

}  // namespace co2lib::meter
