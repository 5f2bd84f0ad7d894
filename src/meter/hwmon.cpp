// SPDX-License-Identifier: MIT
// Sensors of the kernel's hardware monitoring: AMD and Intel GPUs, NVIDIA Grace, ACPI power meters
// (docs/platforms.md). Only chips that are known here are measured; others that show power or energy are named.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <co2lib/meter/gpu_select.hpp>
#include <co2lib/numeric.hpp>

#include "detail/environment.hpp"
#include "reader.hpp"
#include "sysfs.hpp"

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

/// `energyN_input` in uJ.
class EnergyMeter final : public Meter {
 public:
  EnergyMeter(MeterInfo info, const fs::path& file) : info_(std::move(info)), file_(file) {}
  [[nodiscard]] MeterInfo info() const override { return info_; }
  Reading sample(MonotonicTime now) override { return file_.count(now); }

 private:
  MeterInfo info_;
  PolledFile file_;
};

/// `powerN_average` or `powerN_input` in uW.
class PowerMeter final : public Meter {
 public:
  PowerMeter(MeterInfo info, const fs::path& file) : info_(std::move(info)), file_(file) {}
  [[nodiscard]] MeterInfo info() const override { return info_; }
  Reading sample(MonotonicTime now) override {
    const auto microwatts = file_.number(now);
    if (const auto* failed = std::get_if<Failed>(&microwatts)) return *failed;
    return Watts{static_cast<double>(std::get<std::int64_t>(microwatts)) / 1e6};
  }

 private:
  MeterInfo info_;
  PolledFile file_;
};

/// A chip of /sys/class/hwmon.
struct Chip {
  fs::path folder;  ///< that holds the files
  std::string name;
  std::string device;  ///< of its bus: a PCI address, `ACPI000D:00`, ...

  [[nodiscard]] bool has(const std::string& file) const {
    std::error_code ignored;
    return fs::exists(folder / file, ignored);
  }
  /// `power1_average` before `power1_input`; empty if there is neither.
  [[nodiscard]] std::string power_file(int n) const {
    for (const char* suffix : {"_average", "_input"}) {
      std::string file = fmt::format("power{}{}", n, suffix);
      if (has(file)) return file;
    }
    return {};
  }
};

/// Old drivers put name and values beside the link `device`, not beside the link's own folder.
std::vector<Chip> find_chips(const fs::path& root) {
  std::vector<Chip> chips;
  for (const fs::path& entry : entries(root)) {
    std::error_code error;
    Chip chip{.folder = entry, .name = first_line(entry / "name"), .device = {}};
    const fs::path device = fs::canonical(entry / "device", error);
    if (!error) chip.device = device.filename().string();
    const bool empty = !chip.has("energy1_input") && chip.power_file(1).empty();
    if (!error && (chip.name.empty() || (empty && chip.name == "power_meter"))) {
      chip.folder = entry / "device";
      if (chip.name.empty()) chip.name = first_line(chip.folder / "name");
    }
    if (!chip.name.empty()) chips.push_back(std::move(chip));
  }
  return chips;
}

/// The PCI address `0000:03:00.0`, which is the same in every boot.
bool is_pci_address(std::string_view text) {
  constexpr std::string_view shape = "hhhh:hh:hh.h";
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(), [](char c, char s) {
           return s == 'h' ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : c == s;
         });
}

/// What has been found, and what is said about it.
struct Found {
  std::vector<std::shared_ptr<Meter>> meters;
  std::vector<MeterInfo> listed;  ///< of everything, used or not
  std::vector<std::string> notes;
  std::string denied;  ///< the first file that cannot be opened
};

/// What all of these sensors have in common; accuracy and slack are ours, unverified.
void complete(MeterInfo& info) {
  info.provider = "hwmon";
  info.control = "hwmon";
  info.accuracy = 0.05;
  if (info.device != Device::gpu && !info.update_period_s && !info.slack_s) info.slack_s = 0.1;
}

/// Adds a GPU that programs can use and whose power cannot be read: what it uses is unknown, and with it the total.
void add_unmeasured(Found& found, MeterInfo info, Failure why) {
  complete(info);
  info.flags.emplace_back("gpu_unmeasured");
  found.meters.push_back(make_meter(std::move(info), [why] {
    return Reading(Failed{why, "its power cannot be read"});
  }));
}

/// Adds the meter of a file that can be opened. Its reads may fail for now, as those of a GPU that sleeps do.
template <class M>
void add(Found& found, MeterInfo info, const fs::path& file) {
  complete(info);
  info.provenance = file.string() + (info.provenance.empty() ? "" : "; ") + info.provenance;
  found.listed.push_back(info);
  const PolledFile probe(file);
  if (probe.error() != 0) {
    if (found.denied.empty()) found.denied = mode_and_owner(file);
    if (info.domain == Domain::gpu) add_unmeasured(found, std::move(info), Failure::no_permission);
    return;
  }
  found.meters.push_back(std::make_shared<M>(std::move(info), file));
}

// ---------------------------------------------------------------------------------------------------------------------
// AMD GPUs
// ---------------------------------------------------------------------------------------------------------------------

/// The GPUs chosen by the variables of ROCm: ROCR_VISIBLE_DEVICES first, HIP_VISIBLE_DEVICES among what it leaves.
std::vector<int> visible_gpus(const std::vector<GpuDevice>& devices, Found& found) {
  std::vector<int> chosen;
  for (const GpuDevice& device : devices) chosen.push_back(device.index);
  for (const char* variable : {"ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"}) {
    const auto text = co2lib::detail::environment(variable);
    if (!text) continue;
    std::vector<GpuDevice> left;
    left.reserve(chosen.size());
    for (const int index : chosen) {
      left.push_back(devices[static_cast<std::size_t>(index)]);
      left.back().index = static_cast<int>(left.size()) - 1;
    }
    const GpuSelection selection = select_gpus(left, std::nullopt, *text, "PCI_BUS_ID");
    if (has_issue(selection.issues, "invalid_entry")) {
      found.notes.push_back(fmt::format("{}={} names a device that is not there; it ends the list", variable, *text));
    }
    std::vector<int> next;
    for (const int index : selection.selected) next.push_back(chosen[static_cast<std::size_t>(index)]);
    chosen = std::move(next);
  }
  return chosen;
}

/// Above what is sold in 2026, and below the 4295 W of 32 bits of ones in uW.
constexpr double board_p_max_w = 1500;

void add_amdgpus(std::vector<Chip> chips, const Context& context, Found& found) {
  std::erase_if(chips, [](const Chip& chip) { return chip.name != "amdgpu"; });
  std::sort(chips.begin(), chips.end(), [](const Chip& a, const Chip& b) { return a.device < b.device; });
  std::vector<GpuDevice> devices;
  for (const Chip& chip : chips) {
    // ROCm names a device by its serial number, where it has one.
    const std::string serial = first_line(chip.folder / "device/unique_id");
    devices.push_back({.index = static_cast<int>(devices.size()), .uuid = serial.empty() ? "" : "GPU-" + serial});
  }
  // The option names NVIDIA GPUs, or none.
  const std::vector<int> chosen = context.options.gpus ? std::vector<int>() : visible_gpus(devices, found);
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < chips.size(); ++i) {
    const Chip& chip = chips[i];
    const std::string file = chip.power_file(1);
    const std::string id = is_pci_address(chip.device) ? chip.device : "hwmon/" + chip.folder.filename().string();
    // Only GPUs in a processor have the voltage of the north bridge; their power is that of the whole package.
    const bool integrated = first_line(chip.folder / "in1_label") == "vddnb";
    if (file.empty()) {
      found.notes.push_back(fmt::format("amdgpu {} shows no power", id));
      if (integrated) continue;
    }
    if (!integrated && std::find(chosen.begin(), chosen.end(), static_cast<int>(i)) == chosen.end()) {
      ++left_out;
      continue;
    }
    MeterInfo info{.id = id,
                   .name = integrated ? "AMD processor " + id : "AMD GPU " + id,
                   .device = integrated ? Device::cpu : Device::gpu,
                   .domain = integrated ? Domain::other : Domain::gpu,
                   .kind = Kind::power,
                   .p_max_w = board_p_max_w};
    if (file.empty()) {
      add_unmeasured(found, std::move(info), Failure::absent);
      continue;
    }
    if (integrated) info.provenance = "integrated, part of the processor: reported only";
    add<PowerMeter>(found, std::move(info), chip.folder / file);
  }
  if (left_out > 0) found.notes.push_back(fmt::format("{} AMD GPUs are not selected", left_out));
}

// ---------------------------------------------------------------------------------------------------------------------
// Intel GPUs
// ---------------------------------------------------------------------------------------------------------------------

void add_intel_gpu(const Chip& chip, const Context& context, Found& found) {
  const std::string id = is_pci_address(chip.device) ? chip.device : "hwmon/" + chip.folder.filename().string();
  // The GPU on the processor's die is always 00:02.0.
  const bool integrated = std::string_view(id).ends_with(":00:02.0");
  if (!integrated && context.options.gpus) {
    found.notes.push_back(fmt::format("Intel GPU {} is not selected", id));
    return;
  }
  // The driver xe counts the card (1) and the chip on it (2), on some cards the chip only.
  std::string card;
  for (const int n : {1, 2}) {
    const std::string file = fmt::format("energy{}_input", n);
    if (!chip.has(file)) continue;
    const bool part = !card.empty();
    const std::string label = first_line(chip.folder / fmt::format("energy{}_label", n));
    MeterInfo info{.id = part ? fmt::format("{}/{}", id, label.empty() ? "2" : label) : id,
                   .parent = card,
                   .name = part ? label : (integrated ? "Intel processor graphics " : "Intel GPU ") + id,
                   .device = integrated ? Device::cpu : Device::gpu,
                   .domain = integrated || part ? Domain::other : Domain::gpu,
                   .kind = Kind::counter,
                   .unit = CounterUnit::microjoule(),
                   .wrap = WrapRange::none(),
                   .slack_s = 0.1};
    if (integrated) info.provenance = "integrated, part of the processor: reported only";
    if (!part) card = id;
    add<EnergyMeter>(found, std::move(info), chip.folder / file);
  }
  if (card.empty()) found.notes.push_back(fmt::format("{} {} has no energy counter", chip.name, id));
}

// ---------------------------------------------------------------------------------------------------------------------
// ACPI power meters: NVIDIA Grace by their labels, otherwise the whole machine
// ---------------------------------------------------------------------------------------------------------------------

/// `Grace Power Socket 0` in two: what it measures, in lower case, and the socket.
struct SocketLabel {
  std::string what;
  std::string socket;
};

std::optional<SocketLabel> socket_label(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  constexpr std::string_view middle = " power socket ";
  const std::size_t at = text.find(middle);
  if (at == std::string::npos) return std::nullopt;
  SocketLabel label{text.substr(0, at), text.substr(at + middle.size())};
  if (label.socket.empty() || label.socket.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return label;
}

void add_power_meters(const std::vector<Chip>& chips, Found& found) {
  struct Sensor {
    const Chip* chip;
    std::string label;
    std::optional<SocketLabel> socket;
  };
  std::vector<Sensor> sensors;
  for (const Chip& chip : chips) {
    if (chip.name != "power_meter" || chip.power_file(1).empty()) continue;
    if (first_line(chip.folder / "power1_is_battery") == "1") continue;
    std::string label = first_line(chip.folder / "power1_label");
    if (label.empty()) label = first_line(chip.folder / "power1_oem_info");
    auto socket = socket_label(label);
    sensors.push_back({&chip, std::move(label), std::move(socket)});
  }
  const auto has = [&](const char* what, const std::string& socket) {
    return std::any_of(sensors.begin(), sensors.end(), [&](const Sensor& s) {
      return s.socket && s.socket->what == what && s.socket->socket == socket;
    });
  };
  const auto id_of = [](const SocketLabel& s) { return fmt::format("hwmon/{}-{}", s.what, s.socket); };
  // The whole before its parts.
  const auto rank = [](const Sensor& s) {
    if (!s.socket) return 4;
    return s.socket->what == "module" ? 0 : s.socket->what == "grace" ? 1 : s.socket->what == "cpu" ? 2 : 3;
  };
  numeric::stable_sort(sensors, [&](const Sensor& a, const Sensor& b) { return rank(a) < rank(b); });
  bool whole_machine = std::any_of(sensors.begin(), sensors.end(),
                                   [](const Sensor& s) { return s.socket && s.socket->what == "module"; });
  for (const Sensor& s : sensors) {
    const fs::path file = s.chip->folder / s.chip->power_file(1);
    MeterInfo info{.id = "hwmon/" + s.chip->device, .name = s.label, .kind = Kind::power};
    if (const auto interval = read_number(s.chip->folder / "power1_average_interval")) {
      info.update_period_s = static_cast<double>(*interval) / 1000;
    }
    if (!s.socket) {
      // One of them is the input of the machine; where there are several they are its supplies or boards.
      if (info.name.empty()) info.name = "ACPI power meter " + s.chip->device;
      info.device = Device::platform;
      info.domain = whole_machine ? Domain::other : Domain::psys;
      info.provenance = whole_machine ? "a second ACPI power meter: reported only" : "taken for the whole machine";
      whole_machine = true;
    } else {
      const std::string& socket = s.socket->socket;
      info.id = id_of(*s.socket);
      if (s.socket->what != "module" && has("module", socket)) info.parent = "hwmon/module-" + socket;
      if (s.socket->what == "module") {
        info.device = Device::board;
        info.domain = Domain::psys;
        info.scope = "module";
        info.provenance = "CPU, memory and, if there is one, GPU of the module";
      } else if (s.socket->what == "grace") {
        info.name = "package-" + socket;
        info.domain = Domain::package;
        info.flags.emplace_back("module_scope");
        info.provenance = s.label + ": the CPU with its memory and regulators";
      } else if (s.socket->what == "cpu" && !has("grace", socket)) {
        info.name = "package-" + socket;
        info.domain = Domain::package;
        info.provenance = s.label;
      } else {
        if (has("grace", socket)) info.parent = "hwmon/grace-" + socket;
        info.domain = s.socket->what == "cpu" ? Domain::core : Domain::other;
      }
    }
    add<PowerMeter>(found, std::move(info), file);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

Opened open_hwmon(const Context& context, const Covered&) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "hwmon";
  const fs::path root = context.options.host.sysfs / "class/hwmon";
  const std::vector<Chip> chips = find_chips(root);
  Found found;
  std::set<std::string> others;
  add_amdgpus(chips, context, found);
  for (const Chip& chip : chips) {
    if (chip.name == "i915" || chip.name == "xe") {
      add_intel_gpu(chip, context, found);
    } else if (chip.name != "amdgpu" && chip.name != "power_meter" && chip.name != "ina3221" &&
               (chip.has("energy1_input") || !chip.power_file(1).empty())) {
      others.insert(chip.name);
    }
  }
  add_power_meters(chips, found);

  opened.meters = std::move(found.meters);
  finding.meters = std::move(found.listed);
  std::string notes;
  for (const std::string& note : found.notes) notes += "; " + note;
  if (!others.empty()) {
    notes += "; not measured, for it is not known what they are part of:";
    for (const std::string& name : others) notes += " " + name;
  }
  const bool counter = std::any_of(finding.meters.begin(), finding.meters.end(),
                                   [](const MeterInfo& info) { return info.kind == Kind::counter; });
  finding.method = counter ? "counter" : "integral";
  if (finding.meters.empty()) {
    finding.availability = Availability::absent;
    finding.reason =
        fmt::format("{} has no power sensor of a known GPU, NVIDIA Grace or ACPI power meter{}", root.string(), notes);
    finding.fix =
        "none, unless there is such a device: "
        "then load its driver (amdgpu, i915, xe, acpi_power_meter)";
    return opened;
  }
  std::size_t readable = 0;
  std::size_t shown = 0;
  for (const auto& meter : opened.meters) {
    const Reading reading = meter->sample(MonotonicTime{0});
    std::string text = meter->info().name + " ";
    if (const auto* failed = std::get_if<Failed>(&reading)) {
      text += fmt::format("unreadable ({})", failed->text);
    } else {
      ++readable;
      const auto* count = std::get_if<Count>(&reading);
      text += count != nullptr ? to_string(Energy::from_joules(static_cast<double>(count->value) / 1e6))
                               : to_string(Power::from_watts(std::get<Watts>(reading).value));
    }
    if (shown++ < 8) finding.value += (finding.value.empty() ? "" : ", ") + text;
  }
  finding.availability = opened.meters.empty() ? Availability::no_permission : Availability::available;
  finding.reason =
      fmt::format("{} of {} sensors in {} can be read{}", readable, finding.meters.size(), root.string(), notes);
  if (!found.denied.empty()) {
    finding.reason += fmt::format("; {} is not readable", found.denied);
    finding.fix = fmt::format(
        "let a group read it: put the line 'z {} 0440 root <group> -' into "
        "/etc/tmpfiles.d/co2lib.conf and run systemd-tmpfiles --create",
        found.denied.substr(0, found.denied.find(" (mode")));
  }
  return opened;
}

}  // namespace

Reader hwmon_reader() { return {.provider = "hwmon", .open = open_hwmon}; }

}  // namespace co2lib::meter
