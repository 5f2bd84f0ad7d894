// SPDX-License-Identifier: MIT
// NVIDIA GPUs through NVML: which are selected, how each is read, and what is said about them (docs/gpu.md).
#include "nvml.hpp"
#include "detail/environment.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/meter/gpu_select.hpp>

#include "nvml_meter.hpp"

namespace co2lib::meter {

namespace nvml {

namespace {

namespace fs = std::filesystem;

/// The GPUs of this machine without the library: device files, else display adapters of NVIDIA's on the PCI bus.
struct Visible {
  std::vector<std::string> names;
  bool usable = false;  ///< there are device files: programs can use them
};

Visible visible_gpus(const Host& host) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(host.dev, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() > 6 && name.starts_with("nvidia") && name.find_first_not_of("0123456789", 6) == std::string::npos) {
      found.push_back(it->path().string());
    }
  }
  const bool usable = !found.empty();
  if (found.empty()) {
    error.clear();
    for (fs::directory_iterator it(host.sysfs / "bus/pci/devices", error), end; !error && it != end;
         it.increment(error)) {
      const auto vendor = read_text(it->path() / "vendor");
      const auto kind = read_text(it->path() / "class");
      if (vendor && kind && vendor->starts_with("0x10de") && kind->starts_with("0x03")) {
        found.push_back("PCI " + it->path().filename().string());
      }
    }
  }
  std::sort(found.begin(), found.end());
  return {std::move(found), usable};
}

bool is_wsl(const Host& host) {
  const auto text = read_text(host.procfs / "sys/kernel/osrelease");
  return text && (text->find("microsoft") != std::string::npos || text->find("Microsoft") != std::string::npos);
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

/// There is no library, or nothing that it lists: says so, and refuses GPUs that were named.
Opened without_gpus(const Context& context, const Problem& problem, Opened opened) {
  Finding& finding = opened.finding;
  finding.availability = problem.availability;
  finding.reason = problem.reason;
  finding.fix = problem.fix;
  const auto [visible, usable] = visible_gpus(context.options.host);
  if (visible.empty()) {
    finding.availability = Availability::absent;
    finding.reason = "no NVIDIA GPU is visible (" + problem.reason + ")";
    finding.fix = "nothing to do on a machine without one; else " + problem.fix;
  } else {
    finding.reason += "; visible here: " + joined(visible, ", ");
    const Failure why = problem.availability == Availability::no_permission ? Failure::no_permission : Failure::absent;
    for (const std::string& id : visible) {
      finding.meters.push_back(unread_gpu(id, "NVIDIA GPU", why));
      if (!usable || why == Failure::no_permission) continue;  // programs cannot use it either
      MeterInfo info = finding.meters.back();
      info.flags.emplace_back("gpu_unmeasured");
      opened.meters.push_back(make_meter(std::move(info), [why, text = problem.reason] {
        return Reading(Failed{why, text});
      }));
      opened.gpus.push_back(id);
    }
  }
  const auto cuda = co2lib::detail::environment("CUDA_VISIBLE_DEVICES");
  if (!context.options.gpus && cuda) {
    finding.issues.push_back({"invalid_entry", "CUDA_VISIBLE_DEVICES",
                              "'" + *cuda + "' names GPUs, and none can be measured here: " + problem.reason});
  }
  if (context.options.gpus && !context.options.gpus->empty()) {
    const GpuKey& key = context.options.gpus->front();
    const std::string entry =
        std::holds_alternative<int>(key) ? std::to_string(std::get<int>(key)) : std::get<std::string>(key);
    throw Error("meter.bad_option",
                "gpus: '" + entry + "' cannot be measured: no GPU can be measured on this machine: " + finding.reason +
                    ". " + finding.fix,
                {{"entry", entry}, {"devices", std::vector<std::string>{}}});
  }
  return opened;
}

/// What the selected boards turned out to be, for the finding.
struct Report {
  std::vector<std::string> sources;
  std::vector<std::string> remarks;
  int bad_code = ok;
  bool any_counter = false;
  bool any_integral = false;
};

/// Shows in the finding what a meter reads now; a failure becomes a flag of `info`.
void show(Finding& finding, Report& report, const Board& board, const std::string& who, Meter& meter, MeterInfo& info) {
  const Reading now = meter.sample(MonotonicTime{0});
  std::string shown = board.device.name + " ";
  if (const auto* count = std::get_if<Count>(&now)) {
    shown += to_string(Energy::from_joules(info.unit.joules(static_cast<double>(count->value))));
    report.any_counter = true;
  } else if (const auto* watts = std::get_if<Watts>(&now)) {
    shown += to_string(Power::from_watts(watts->value));
    report.any_integral = true;
  } else {
    const auto& failed = std::get<Failed>(now);
    report.remarks.push_back("GPU " + who + ": " + failed.text);
    report.bad_code = gpu_is_lost;
    info.flags.emplace_back(meter::text(failed.why));
    return;
  }
  finding.value += (finding.value.empty() ? "" : ", ") + shown;
}

/// What a user should know of a board that can be read.
void remark(Report& report, const Library& library, const Board& board, Source source) {
  const std::string gpu = "GPU " + std::to_string(board.device.index);
  if (!is_counter(source)) {
    report.remarks.push_back(gpu + " has no energy counter: " + library.text(not_supported) +
                             "; its power is integrated");
  }
  if (is_module(source)) {
    report.remarks.push_back(
        gpu + " shows the power of its module with CPU and memory, which are not added again (module_scope)");
  }
  if (board.mig) {
    report.remarks.push_back("MIG is on for " + gpu + ": only the energy of the whole board is known (mig)");
  }
}

/// Opens one selected board.
void open_board(Opened& opened, Report& report, const Board& board, const GpuSelection& selection,
                const std::shared_ptr<Library>& library, const std::string& driver) {
  Finding& finding = opened.finding;
  const std::string index = std::to_string(board.device.index);
  const std::string who = index + " " + board.device.name + " " + board.device.uuid;
  const auto choice = choose_source(*library, board.handle);
  if (const int* code = std::get_if<int>(&choice)) {
    report.bad_code = *code;
    report.remarks.push_back("GPU " + who + " gives neither energy nor power: " + library->text(*code));
    finding.meters.push_back(unread_gpu(board.device.uuid, board.device.name, meaning_of(*code).failure));
    if (board.vgpu) report.remarks.emplace_back("it is a vGPU, which few hosts let read its power");
  }
  const auto* chosen = std::get_if<Source>(&choice);
  const Source source = chosen != nullptr ? *chosen : Source::energy;
  MeterInfo info = describe_board(board, *library, source, driver);
  for (const Issue& issue : selection.issues) {
    const bool here = issue.code != "mig" || issue.subject == index;
    if (here && std::find(info.flags.begin(), info.flags.end(), issue.code) == info.flags.end()) {
      info.flags.push_back(issue.code);
    }
  }
  // Its energy is unknown, and with it the total: whether it is used, nobody can tell.
  if (chosen == nullptr) info.flags.emplace_back("gpu_unmeasured");
  opened.meters.push_back(board_meter(info, board, library, source));
  if (chosen == nullptr) return;
  if (is_counter(source)) {
    if (auto power = integrated_stand_in(library, board, driver)) opened.stand_ins.push_back(std::move(power));
  }
  show(finding, report, board, who, *opened.meters.back(), info);
  report.sources.push_back(who + (is_counter(source) ? ": energy counter" : std::string(": ") + describe(source)));
  remark(report, *library, board, source);
  finding.meters.push_back(std::move(info));
}

/// The state of the provider, and what is to be done.
void conclude(Finding& finding, const Report& report) {
  if (!report.any_counter && report.any_integral) finding.method = "integral";
  if (report.any_counter || report.any_integral) {
    finding.availability = Availability::available;
    if (report.bad_code != ok) {
      finding.fix = meaning_of(report.bad_code).fix;
    } else if (report.any_integral) {
      finding.fix = "none: the power is integrated instead";
    }
  } else if (report.bad_code == ok) {  // nothing is selected
    finding.availability = Availability::absent;
    finding.fix = "name GPUs by index or UUID in gpus, or correct CUDA_VISIBLE_DEVICES";
  } else {
    const bool measures_nothing = meaning_of(report.bad_code).failure == Failure::absent;
    finding.availability = measures_nothing ? Availability::absent : meaning_of(report.bad_code).availability;
    finding.fix = meaning_of(report.bad_code).fix;
  }
}

/// Nothing is listed, or nothing can be listed.
Problem nothing_listed(const Library& library, const Boards& all) {
  const int code = all.code != ok ? all.code : all.refused.empty() ? not_found : all.refused.front().second;
  Problem problem{meaning_of(code).availability, "", meaning_of(code).fix};
  problem.reason = all.code != ok        ? "nvmlDeviceGetCount: " + library.text(all.code)
                   : all.refused.empty() ? "the driver is loaded and lists no GPU"
                                         : "GPU " + std::to_string(all.refused.front().first) + ": " +
                                               library.text(all.refused.front().second);
  return problem;
}

/// The boards that the options, or else the environment, name.
GpuSelection select(const std::vector<Board>& boards, const GpuOption& option, const std::optional<std::string>& cuda) {
  std::vector<GpuDevice> devices;
  devices.reserve(boards.size());
  for (const Board& board : boards) devices.push_back(board.device);
  const auto order = co2lib::detail::environment("CUDA_DEVICE_ORDER");
  return select_gpus(devices, option, cuda ? std::optional<std::string_view>(*cuda) : std::nullopt,
                     order ? std::optional<std::string_view>(*order) : std::nullopt);
}

std::string driver_version(const Api& api) {
  constexpr unsigned text_size = 96;
  std::array<char, text_size> buffer{};
  if (api.driver_version == nullptr || api.driver_version(buffer.data(), text_size) != ok) return {};
  return buffer.data();
}

}  // namespace

Opened open_gpus(const Context& context, const std::function<Loaded()>& library_of) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "nvml";
  finding.method = "counter";
  const GpuOption& option = context.options.gpus;
  const auto cuda = co2lib::detail::environment("CUDA_VISIBLE_DEVICES");
  const bool none_wanted = option ? option->empty() : cuda && detail::trim_blanks(*cuda).empty();
  if (none_wanted) {
    finding.availability = Availability::absent;
    finding.reason =
        option ? "no GPU is wanted: gpus is empty" : "no GPU is wanted: CUDA_VISIBLE_DEVICES is set and empty";
    finding.fix = "nothing to do; to measure GPUs, name them in gpus";
    return opened;
  }

  Loaded loaded = library_of();
  if (const auto* problem = std::get_if<Problem>(&loaded)) return without_gpus(context, *problem, std::move(opened));
  const auto library = std::get<std::shared_ptr<Library>>(loaded);
  Boards all = list_boards(*library);
  if (all.boards.empty()) return without_gpus(context, nothing_listed(*library, all), std::move(opened));

  add_named_instances(*library, option, cuda, all.boards);
  const GpuSelection selection = select(all.boards, option, cuda);
  const std::string driver = driver_version(library->api());
  for (const Board& board : all.boards) opened.gpus.push_back(board.device.uuid);
  if (selection.selected.empty()) finding.issues = selection.issues;
  Report report;
  for (const int index : selection.selected) {
    const Board& board =
        *std::find_if(all.boards.begin(), all.boards.end(), [&](const Board& b) { return b.device.index == index; });
    open_board(opened, report, board, selection, library, driver);
  }
  for (const auto& [index, code] : all.refused) {
    report.remarks.push_back("GPU " + std::to_string(index) + " cannot be opened: " + library->text(code));
    // What this user may not open is not visible to it; a GPU that fell off the bus is.
    const Failure why = meaning_of(code).failure;
    if (why == Failure::no_permission) continue;
    finding.meters.push_back(unread_gpu("nvml:" + std::to_string(index), "NVIDIA GPU", why));
    if (report.bad_code == ok) report.bad_code = code;
  }
  for (const Issue& issue : selection.issues) {
    if (issue.code != "mig") report.remarks.push_back(issue.code + ": " + issue.text);
  }
  if (is_wsl(context.options.host)) {
    report.remarks.emplace_back("WSL2: only the GPU can be read, the CPU has no counter there");
  }

  finding.reason =
      std::to_string(report.sources.size()) + " of " + std::to_string(all.boards.size() + all.refused.size()) + " GPUs";
  if (!option && cuda) finding.reason += " (CUDA_VISIBLE_DEVICES=" + *cuda + ")";
  if (!driver.empty()) finding.reason += ", driver " + driver;
  if (!report.sources.empty()) finding.reason += ": " + joined(report.sources, "; ");
  if (!report.remarks.empty()) finding.reason += "; " + joined(report.remarks, "; ");
  conclude(finding, report);
  return opened;
}

namespace {

Opened open_nvml(const Context& context, const Covered&) {
  const std::string& file = context.options.host.nvml;
  return open_gpus(context, [&]() -> Loaded {
    if (file.empty()) return Problem{Availability::absent, "this host names no NVML library", install_fix};
    return load(file);
  });
}

}  // namespace

}  // namespace nvml

Reader nvml_reader() { return {.provider = "nvml", .open = nvml::open_nvml, .measures = Reader::Measures::gpus}; }

}  // namespace co2lib::meter
