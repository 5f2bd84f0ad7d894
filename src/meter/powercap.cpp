// SPDX-License-Identifier: MIT
// Linux powercap RAPL: the energy counters of Intel and AMD processors (docs/meter.md, "Linux powercap").
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include <co2lib/meter/powercap_unit.hpp>
#include <co2lib/meter/zones.hpp>

#include "rapl.hpp"
#include "reader.hpp"
#include "sysfs.hpp"

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

/// One zone; with `unit_nj` it yields the counts from which the kernel made the microjoules.
class PowercapMeter final : public Meter {
 public:
  PowercapMeter(MeterInfo info, std::unique_ptr<PolledFile> file, std::optional<std::int64_t> unit_nj)
      : info_(std::move(info)), file_(std::move(file)), unit_nj_(unit_nj) {}

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime now) override {
    Reading reading = file_->count(now);
    if (unit_nj_) {
      if (const auto* shown = std::get_if<Count>(&reading)) {
        const auto raw = powercap_raw_count(shown->value, *unit_nj_);
        if (!raw) return Failed{Failure::parse, info_.id + ": above the range of the counter"};
        return Count{*raw};
      }
    }
    return reading;
  }

 private:
  MeterInfo info_;
  std::unique_ptr<PolledFile> file_;
  std::optional<std::int64_t> unit_nj_;
};

/// A zone as the files show it.
struct Zone {
  fs::path folder;  ///< canonical
  std::string id;   ///< `intel-rapl:0:1`
  std::string name;
  std::string parent;
  Domain domain = Domain::other;
  std::optional<std::uint64_t> range_uj;
  bool range_inferred = false;

  [[nodiscard]] std::string control() const { return id.substr(0, id.find(':')); }
};

/// Which folder it is, whatever links lead there.
using FolderId = std::pair<dev_t, ino_t>;

std::optional<FolderId> folder_id(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return FolderId(status.st_dev, status.st_ino);
}

/// Finds the real folders of all zones at and below `folder`; links are followed, each folder is taken once.
void walk(const fs::path& folder, bool is_link, int depth, std::set<FolderId>& seen, std::vector<Zone>& zones) {
  const auto itself = folder_id(folder);
  if (!itself || !seen.insert(*itself).second) return;
  std::error_code error;
  const fs::path real = is_link ? fs::canonical(folder, error) : folder;
  if (error) return;
  // The zone's name in the kernel is the name of its real folder, whatever the link is called.
  const std::string id = real.filename().string();
  if (id.find(':') != std::string::npos && fs::exists(real / "energy_uj", error)) {
    Zone zone{.folder = real, .id = id, .name = first_line(real / "name"), .parent = {}, .range_uj = {}};
    zone.range_uj = read_number(real / "max_energy_range_uj");
    if (zone.range_uj == 0U) zone.range_uj.reset();
    zones.push_back(std::move(zone));
  }
  if (depth == 0) return;
  for (fs::directory_iterator it(real, error), end; !error && it != end; it.increment(error)) {
    const std::string child = it->path().filename().string();
    // Below a zone, `device`, `subsystem` and `power` lead elsewhere.
    std::error_code ignored;
    if (child.find(':') != std::string::npos) walk(it->path(), it->is_symlink(ignored), depth - 1, seen, zones);
  }
}

/// Orders `intel-rapl:2` before `intel-rapl:10`, and a parent before its children.
bool before(const Zone& a, const Zone& b) {
  const auto key = [](const Zone& zone) {
    std::vector<long> numbers;
    for (std::size_t at = zone.id.find(':'); at != std::string::npos; at = zone.id.find(':', at + 1)) {
      numbers.push_back(std::strtol(zone.id.c_str() + at + 1, nullptr, 10));
    }
    return std::pair(zone.control(), numbers);
  };
  return key(a) < key(b);
}

bool lies_in(const Zone& zone, const Zone& outer) {
  const std::string& folder = zone.folder.native();
  const std::string& around = outer.folder.native();
  return folder.size() > around.size() && folder[around.size()] == '/' && folder.starts_with(around);
}

std::vector<Zone> find_zones(const fs::path& root) {
  std::vector<Zone> zones;
  std::set<FolderId> seen;
  // In the order of their names: the link to the control type, `intel-rapl`, leads to all of its zones, so that theirs
  // need not be followed.
  for (const fs::path& entry : entries(root)) walk(entry, true, 16, seen, zones);
  std::sort(zones.begin(), zones.end(), before);
  for (Zone& zone : zones) {
    const Zone* parent = nullptr;  // the innermost that it lies in; of the order above, so its domain is known
    for (const Zone& other : zones) {
      if (!lies_in(zone, other)) continue;
      if (parent == nullptr || lies_in(other, *parent)) parent = &other;
    }
    if (parent != nullptr) zone.parent = parent->id;
    zone.domain = zone_domain(zone.name, parent == nullptr ? std::nullopt : std::optional(parent->domain));
  }
  // A range that cannot be read follows from the unit of a zone of the same kind.
  for (Zone& zone : zones) {
    if (zone.range_uj) continue;
    for (const Zone& sibling : zones) {
      if (!sibling.range_uj || sibling.range_inferred || sibling.control() != zone.control() ||
          sibling.domain != zone.domain || zone.domain == Domain::other) {
        continue;
      }
      if (const auto unit = recover_powercap_unit(*sibling.range_uj)) {
        zone.range_uj = powercap_range_uj(unit->unit_nj);
        zone.range_inferred = true;
        break;
      }
    }
  }
  return zones;
}

fs::path powercap_root(const Context& context) {
  return context.options.powercap_root.empty() ? context.options.host.sysfs / "class/powercap"
                                               : context.options.powercap_root;
}

struct Described {
  MeterInfo info;
  std::optional<std::int64_t> unit_nj;
};

Described describe(const Zone& zone, const Context& context) {
  Described described{.info = {.id = zone.id,
                               .parent = zone.parent,
                               .control = zone.control(),
                               .name = zone.name,
                               .device = rapl_device(zone.domain),
                               .domain = zone.domain,
                               .provider = "powercap",
                               .kind = Kind::counter,
                               .unit = CounterUnit::microjoule(),
                               .wrap = zone.range_uj ? WrapRange::modulus(*zone.range_uj) : WrapRange::unknown(),
                               .update_period_s = rapl_update_s,
                               .slack_s = rapl_slack_s,
                               .accuracy = rapl_accuracy(context.machine, zone.domain),
                               .least_window_s = rapl_least_window_s,
                               .quick = true},
                      .unit_nj = {}};
  MeterInfo& info = described.info;
  info.provenance = zone.folder.string();
  const auto unit = zone.range_uj ? recover_powercap_unit(*zone.range_uj) : std::nullopt;
  if (context.options.modulus == Modulus::exact_unit) {
    if (unit && unit->exact_unit && unit->unit_nj >= 1000) {
      described.unit_nj = unit->unit_nj;
      info.unit = *unit->exact_unit;
      info.wrap = WrapRange::modulus(unit->modulus_counts);
      info.provenance += "; modulus exact_unit";
    } else {
      info.provenance += "; modulus kernel_max, for the exact unit is unknown";
    }
  } else {
    info.provenance += "; modulus kernel_max";
  }
  if (unit) info.provenance += fmt::format("; kernel unit {} nJ", unit->unit_nj);
  if (zone.range_inferred) {
    info.provenance += "; range inferred from a zone of the same kind";
    info.flags.push_back("wrap_modulus_inferred");
  }
  if (context.machine.sgx) info.flags.push_back("energy_filtering_possible");
  return described;
}

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder, error) && fs::is_empty(folder, error) && !error;
}

/// Why there is no zone.
void explain_absence(const Context& context, const fs::path& root, Finding& finding) {
  const Host& host = context.options.host;
  std::error_code ignored;
  const fs::path devices = host.sysfs / "devices/virtual/powercap";
  const bool there = fs::is_directory(root, ignored);
  if (is_empty_folder(devices) || (there && in_container(host))) {
    finding.availability = Availability::masked;
    finding.reason = root.string() + " shows no zone: masked by the container runtime";
    finding.fix =
        "mount the host's /sys/devices/virtual/powercap read-only elsewhere in the container and "
        "name it in CO2LIB_POWERCAP_ROOT (option powercap_root), "
        "for example -v /sys/devices/virtual/powercap:/powercap:ro -e CO2LIB_POWERCAP_ROOT=/powercap";
    return;
  }
  finding.availability = Availability::absent;
  finding.reason = there ? root.string() + " holds no zone with energy_uj" : root.string() + " does not exist";
  if (has_word(host.procfs / "version", {"microsoft", "Microsoft"})) {
    finding.reason += ": WSL2 has no CPU counter";
    finding.fix = "none; here the CPU is modelled (give tdp_w for a narrower interval)";
  } else if (has_word(host.procfs / "cpuinfo", {" hypervisor"})) {
    finding.reason += ": a virtual machine, to which the hypervisor passes no energy counters";
    finding.fix = "measure on the host; here the CPU is modelled (give tdp_w for a narrower interval)";
  } else if (context.machine.cpu_vendor == "GenuineIntel" || context.machine.cpu_vendor == "AuthenticAMD") {
    finding.reason +=
        ": the kernel module intel_rapl_msr (which also drives AMD) is not loaded, "
        "or the kernel has none";
    finding.fix = "modprobe intel_rapl_msr";
  } else {
    finding.reason += ": no RAPL on this processor (ARM and others), or a virtual machine";
    finding.fix = "none for this processor; the CPU is modelled (give tdp_w for a narrower interval)";
  }
}

constexpr const char* permission_fix =
    "let a group read the counters: put the lines 'z "
    "/sys/devices/virtual/powercap/intel-rapl/*/energy_uj 0440 root <group> -' and 'z "
    "/sys/devices/virtual/powercap/intel-rapl/*/*/energy_uj 0440 root <group> -' into "
    "/etc/tmpfiles.d/co2lib.conf and run systemd-tmpfiles --create (chmod -R on "
    "/sys/class/powercap follows no links and has no effect). "
    "Who reads the counters can learn secrets of other programs (PLATYPUS side channel)";

Opened open_powercap(const Context& context, const Covered&) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "powercap";
  finding.method = "counter";
  const fs::path root = powercap_root(context);
  const std::vector<Zone> zones = find_zones(root);
  if (zones.empty()) {
    explain_absence(context, root, finding);
    return opened;
  }
  std::string denied;
  std::string failed;
  std::size_t bad = 0;
  std::set<std::string> packages;  // that can be read
  std::vector<std::shared_ptr<Meter>> unreadable_packages;
  for (const Zone& zone : zones) {
    Described described = describe(zone, context);
    finding.meters.push_back(described.info);
    auto file = std::make_unique<PolledFile>(zone.folder / "energy_uj");
    const int error = file->error();
    if (error != 0) {
      ++bad;
      if (failure_of(error) == Failure::no_permission) {
        if (denied.empty()) denied = mode_and_owner(file->path());
      } else if (failed.empty()) {
        failed = fmt::format("{}: {}", file->path().string(), std::strerror(error));
      }
    } else if (zone.domain == Domain::package) {
      packages.insert(zone.name);
    }
    auto meter = std::make_shared<PowercapMeter>(std::move(described.info), std::move(file), described.unit_nj);
    if (error == 0) {
      opened.meters.push_back(std::move(meter));
    } else if (zone.domain == Domain::package) {
      unreadable_packages.push_back(std::move(meter));
    }
  }
  // Beside packages that can be read, one that cannot stays a meter whose reads fail: the total is then incomplete, and
  // not silently too small.
  for (auto& package : unreadable_packages) {
    if (!packages.empty() && !packages.contains(package->info().name)) opened.meters.push_back(std::move(package));
  }
  const std::string refused = denied + " is not readable (kernel 5.10+: CVE-2020-8694)";
  if (opened.meters.empty()) {
    finding.availability = denied.empty() ? Availability::failed : Availability::no_permission;
    finding.reason = denied.empty() ? failed : refused;
    finding.fix = denied.empty() ? "look for the error in the kernel's log (dmesg)" : permission_fix;
    return opened;
  }
  finding.availability = Availability::available;
  finding.reason = fmt::format("{} of {} zones in {}", zones.size() - bad, zones.size(), root.string());
  if (bad > 0) finding.reason += "; " + (denied.empty() ? failed : refused);
  if (!denied.empty()) finding.fix = permission_fix;
  if (context.machine.sgx) finding.reason += "; the CPU flag sgx is set: Intel may add noise (energy filtering)";
  std::size_t shown = 0;
  for (const auto& meter : opened.meters) {
    const Reading reading = meter->sample(MonotonicTime{0});
    const MeterInfo info = meter->info();
    std::string text = info.name + " ";
    if (const auto* count = std::get_if<Count>(&reading)) {
      text += to_string(Energy::from_joules(info.unit.joules(static_cast<double>(count->value))));
    } else {
      text += fmt::format("unreadable ({})", std::get<Failed>(reading).text);
    }
    if (shown++ < 8) finding.value += (finding.value.empty() ? "" : ", ") + text;
  }
  return opened;
}

}  // namespace

std::set<Domain> powercap_domains(const Context& context) {
  std::set<Domain> domains;
  for (const Zone& zone : find_zones(powercap_root(context))) domains.insert(zone.domain);
  return domains;
}

Reader powercap_reader() { return {.provider = "powercap", .open = open_powercap, .platform_is_of_processors = true}; }

}  // namespace co2lib::meter
