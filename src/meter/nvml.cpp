// SPDX-License-Identifier: MIT
// NVIDIA GPUs through NVML (docs/gpu.md).
#include "nvml.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

#include <co2lib/error.hpp>
#include <co2lib/meter/gpu_select.hpp>
#include <co2lib/meter/record.hpp>

namespace co2lib::meter {

namespace nvml {

namespace {

namespace fs = std::filesystem;

constexpr unsigned text_size = 96;

/// The counter moves every 10 to 100 ms, by board; ours, unverified.
constexpr double update_period_s = 0.1;
constexpr double counter_slack_s = 0.2;
// Above what is sold in 2026: boards of 1200 W, modules with a CPU and two GPUs of 2700 W.
constexpr double default_p_max_w = 1500;
constexpr double module_p_max_w = 4000;

constexpr unsigned field_energy = 83;
constexpr unsigned field_average = 185;
constexpr unsigned field_instant = 186;
constexpr unsigned scope_gpu = 0;
constexpr unsigned scope_module = 1;

constexpr const char* install_fix =
    "install NVIDIA's driver with its libnvidia-ml.so.1; start a container with --gpus all (NVIDIA Container Toolkit; "
    "NVIDIA_DRIVER_CAPABILITIES must hold utility)";
constexpr const char* permission_fix =
    "let this user open /dev/nvidiactl and /dev/nvidia<N> (their group, the device rules of the job's cgroup, --gpus "
    "for "
    "a container)";
constexpr const char* lost_fix =
    "look for Xid in the kernel's log (dmesg), then reset the GPU (nvidia-smi --gpu-reset) or restart the machine";

bool is_counter(Source s) noexcept { return s == Source::energy || s == Source::energy_field; }
bool is_module(Source s) noexcept { return s == Source::module_instant || s == Source::module_average; }

const char* describe(Source s) noexcept {
  switch (s) {
    case Source::energy:
      return "nvmlDeviceGetTotalEnergyConsumption, mJ since the driver was loaded";
    case Source::energy_field:
      return "field 83, mJ since the driver was loaded";
    case Source::instant:
      return "field 186, instantaneous power";
    case Source::average:
      return "field 185, power averaged over 1 s";
    case Source::module_instant:
      return "field 186 of the module, instantaneous power of CPU and GPU";
    case Source::module_average:
      return "field 185 of the module, power of CPU and GPU averaged over 1 s";
    case Source::usage:
      return "nvmlDeviceGetPowerUsage, averaged over 1 s on Ampere and newer boards (not GA100), else instantaneous";
  }
  return "";
}

/// True for failures that can pass: the device may come back, here or under a new handle.
bool may_pass(int code) noexcept {
  switch (code) {
    case not_supported:
    case no_permission:
    case library_not_found:
    case function_not_found:
    case operating_system:
    case version_mismatch:
      return false;
    default:
      return code != ok;
  }
}

int read_field(const Api& api, Device device, unsigned field, unsigned scope, std::uint64_t& value) {
  if (api.field_values == nullptr) return function_not_found;
  FieldValue f{.field = field, .scope = scope};
  const int code = api.field_values(device, 1, &f);
  if (code != ok) return code;
  if (f.code != ok) return f.code;
  switch (f.type) {
    case 0:
      if (!(f.value.real >= 0 && f.value.real < 0x1p63)) return not_supported;
      value = static_cast<std::uint64_t>(f.value.real);
      return ok;
    case 1:  // unsigned int
    case 5:  // int
      value = f.value.u32;
      return ok;
    default:
      value = f.value.u64;
      return ok;
  }
}

/// One GPU. After a failure that can pass, its handle is asked for again, at most once per second.
class GpuMeter final : public Meter {
 public:
  GpuMeter(MeterInfo info, std::string uuid, std::shared_ptr<Library> library, Device device, Source source)
      : info_(std::move(info)),
        uuid_(std::move(uuid)),
        library_(std::move(library)),
        device_(device),
        source_(source) {}

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime now) override {
    if (!library_->is_ours()) {
      return Failed{Failure::lost, info_.id + ": opened before a fork; open the meters again in this process"};
    }
    std::uint64_t value = 0;
    int code = library_->read(source_, device_, value);
    if (may_pass(code) && (!tried_ || now - *tried_ >= std::chrono::seconds(1))) {
      tried_ = now;
      if (code == uninitialized || code == driver_not_loaded) library_->initialise_again();
      Device found = nullptr;
      const int lookup = library_->find(uuid_, found);
      if (lookup == ok) {
        device_ = found;
        code = library_->read(source_, device_, value);
      }
    }
    if (code != ok) return Failed{failure_of(code), info_.id + ": " + library_->text(code)};
    if (is_counter(source_)) return Count{value};
    return Watts{static_cast<double>(value) / 1000};
  }

 private:
  MeterInfo info_;
  std::string uuid_;
  std::shared_ptr<Library> library_;
  Device device_;
  Source source_;
  std::optional<MonotonicTime> tried_;
};

/// A board that the library lists.
struct Board {
  GpuDevice device;
  Device handle = nullptr;
  bool mig = false;  ///< MIG mode is on
  bool vgpu = false;
};

std::string text_of(int (*function)(Device, char*, unsigned), Device device, int& code) {
  std::array<char, text_size> buffer{};
  code = function(device, buffer.data(), text_size);
  buffer.back() = '\0';
  return code == ok ? buffer.data() : "";
}

void read_mig(const Api& api, Board& board) {
  unsigned current = 0;
  unsigned pending = 0;
  if (api.mig_mode == nullptr || api.mig_mode(board.handle, &current, &pending) != ok || current == 0) return;
  board.mig = true;
  unsigned most = 0;
  if (api.max_mig_count == nullptr || api.mig_by_index == nullptr || api.max_mig_count(board.handle, &most) != ok) {
    return;
  }
  for (unsigned i = 0; i < most; ++i) {
    Device instance = nullptr;
    if (api.mig_by_index(board.handle, i, &instance) != ok) continue;
    int code = ok;
    std::string uuid = text_of(api.uuid, instance, code);
    if (code == ok) board.device.mig_uuids.push_back(std::move(uuid));
  }
}

struct Boards {
  std::vector<Board> boards;
  /// GPUs that are listed and could not be opened: index and return code.
  std::vector<std::pair<unsigned, int>> refused;
  int code = ok;  ///< of the count
};

Boards list_boards(const Library& library) {
  const Api& api = library.api();
  Boards all;
  unsigned count = 0;
  all.code = api.device_count(&count);
  if (all.code != ok) return all;
  for (unsigned i = 0; i < count; ++i) {
    Board board;
    int code = api.device_by_index(i, &board.handle);
    if (code == ok) board.device.uuid = text_of(api.uuid, board.handle, code);
    if (code != ok || board.device.uuid.empty()) {
      all.refused.emplace_back(i, code);
      continue;
    }
    const bool twice = std::any_of(all.boards.begin(), all.boards.end(),
                                   [&](const Board& b) { return b.device.uuid == board.device.uuid; });
    if (twice) continue;
    int unnamed = ok;
    board.device.index = static_cast<int>(i);
    board.device.name = text_of(api.name, board.handle, unnamed);
    if (board.device.name.empty()) board.device.name = "NVIDIA GPU";
    int mode = 0;
    constexpr int vgpu_guest = 2;
    board.vgpu =
        api.virtualization_mode != nullptr && api.virtualization_mode(board.handle, &mode) == ok && mode == vgpu_guest;
    read_mig(api, board);
    all.boards.push_back(std::move(board));
  }
  return all;
}

/// The best source that answers, or the code that says most about why none does.
std::variant<Source, int> choose_source(const Library& library, Device device) {
  int why = not_supported;
  for (const Source source : {Source::energy, Source::energy_field, Source::instant, Source::average,
                              Source::module_instant, Source::module_average, Source::usage}) {
    std::uint64_t value = 0;
    const int code = library.read(source, device, value);
    if (code == ok) return source;
    if (code != not_supported && code != function_not_found && why == not_supported) why = code;
  }
  return why;
}

/// MIG instances that are named in full and that the list of their board does not show, as older drivers do.
void add_named_instances(const Library& library, const GpuOption& option, const std::optional<std::string>& cuda,
                         std::vector<Board>& boards) {
  const Api& api = library.api();
  if (api.device_by_uuid == nullptr || api.board_of_mig == nullptr) return;
  const auto add = [&](const std::string& name) {
    const bool known = std::any_of(boards.begin(), boards.end(), [&](const Board& b) {
      return std::find(b.device.mig_uuids.begin(), b.device.mig_uuids.end(), name) != b.device.mig_uuids.end();
    });
    Device instance = nullptr;
    Device board = nullptr;
    if (known || !name.starts_with("MIG-") || api.device_by_uuid(name.c_str(), &instance) != ok ||
        api.board_of_mig(instance, &board) != ok) {
      return;
    }
    int code = ok;
    const std::string uuid = text_of(api.uuid, board, code);
    for (Board& b : boards) {
      if (code == ok && b.device.uuid == uuid) b.device.mig_uuids.push_back(name);
    }
  };
  if (option) {
    for (const GpuKey& key : *option) {
      if (const auto* name = std::get_if<std::string>(&key)) add(std::string(detail::trim_blanks(*name)));
    }
  } else if (cuda) {
    std::string_view rest = *cuda;
    while (!rest.empty()) {
      const std::string_view entry = rest.substr(0, rest.find(','));
      add(std::string(detail::trim_blanks(entry)));
      rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    }
  }
}

MeterInfo describe_board(const Board& board, const Library& library, Source source, const std::string& driver) {
  const Api& api = library.api();
  unsigned limit_mw = 0;
  const bool limited =
      api.enforced_limit != nullptr && api.enforced_limit(board.handle, &limit_mw) == ok && limit_mw > 0;
  // The limit may be raised while the run goes on, so it is no ceiling below that of the boards there are.
  const double ceiling_w = std::max(default_p_max_w, 2.0 * limit_mw / 1000);
  MeterInfo info{.id = board.device.uuid,
                 .control = "nvml",
                 .name = board.device.name,
                 .device = meter::Device::gpu,
                 .domain = Domain::gpu,
                 .provider = "nvml",
                 .kind = is_counter(source) ? Kind::counter : Kind::power,
                 .unit = CounterUnit::millijoule(),
                 .wrap = WrapRange::none(),
                 .update_period_s = update_period_s,
                 .p_max_w = ceiling_w};
  if (is_counter(source)) info.slack_s = counter_slack_s;
  if (source == Source::average || source == Source::module_average) info.update_period_s = 1.0;
  if (is_module(source)) {
    info.scope = "module";
    info.p_max_w = std::max(ceiling_w, module_p_max_w);  // the limit is the GPU's, the value the module's
    info.flags.emplace_back("module_scope");
  }
  if (board.mig) info.flags.emplace_back("mig");
  info.provenance = "NVML index " + std::to_string(board.device.index) + "; " + describe(source);
  if (!driver.empty()) info.provenance += "; driver " + driver;
  info.provenance +=
      limited ? "; power limit " + to_string(Power::from_watts(limit_mw / 1000.0)) : "; power limit unknown";
  return info;
}

/// The power of a board whose counter can be read, integrated should that counter stand still.
std::shared_ptr<Meter> integrated_stand_in(const std::shared_ptr<Library>& library, const Board& board,
                                           const std::string& driver) {
  for (const Source source : {Source::instant, Source::average, Source::usage}) {
    std::uint64_t value = 0;
    if (library->read(source, board.handle, value) != ok) continue;
    MeterInfo info = describe_board(board, *library, source, driver);
    info.id += "#power";
    info.stands_in_for = {board.device.uuid};
    return std::make_shared<GpuMeter>(std::move(info), board.device.uuid, library, board.handle, source);
  }
  return nullptr;
}

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

/// A GPU that cannot be read, for the finding; the failure is its flag.
MeterInfo unread_gpu(std::string id, std::string name, Failure why) {
  return {.id = std::move(id),
          .control = "nvml",
          .name = std::move(name),
          .device = meter::Device::gpu,
          .domain = Domain::gpu,
          .provider = "nvml",
          .unit = CounterUnit::millijoule(),
          .flags = {std::string(meter::text(why))}};
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
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
  const auto cuda = variable("CUDA_VISIBLE_DEVICES");
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

Availability availability_of(int code) noexcept {
  if (code == no_permission || code == operating_system) return Availability::no_permission;
  return code == library_not_found ? Availability::absent : Availability::failed;
}

const char* fix_of(int code) noexcept {
  switch (code) {
    case no_permission:
    case operating_system:
      return permission_fix;
    case driver_not_loaded:
      return "load the driver: modprobe nvidia (nvidia-smi shows whether it works); start a container with --gpus all";
    case version_mismatch:
      return "the driver was updated while it ran: restart the machine, or unload and load its kernel modules; in a "
             "container, use the host's libnvidia-ml.so.1 (NVIDIA Container Toolkit)";
    case library_not_found:
      return install_fix;
    case not_supported:
    case function_not_found:
      return "none: this board or its driver measures neither energy nor power";
    default:
      return lost_fix;
  }
}

}  // namespace

Failure failure_of(int code) noexcept {
  switch (code) {
    case no_permission:
    case operating_system:
      return Failure::no_permission;
    case uninitialized:
    case invalid_argument:  // of a handle that no longer is one
    case not_found:
    case driver_not_loaded:
    case gpu_is_lost:
    case reset_required:
    case gpu_not_found:
      return Failure::lost;
    case not_supported:
    case library_not_found:
    case function_not_found:
      return Failure::absent;
    default:
      return Failure::io;
  }
}

std::string resolve(const std::function<void*(const char*)>& lookup, Api& api) {
  std::string missing;
  const auto find = [&](auto& function, const char* name, bool needed) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(lookup(name));
    if (function == nullptr && needed && missing.empty()) missing = name;
  };
  find(api.init, "nvmlInit_v2", true);
  find(api.shutdown, "nvmlShutdown", true);
  find(api.error_string, "nvmlErrorString", true);
  find(api.device_count, "nvmlDeviceGetCount_v2", true);
  find(api.device_by_index, "nvmlDeviceGetHandleByIndex_v2", true);
  find(api.uuid, "nvmlDeviceGetUUID", true);
  find(api.name, "nvmlDeviceGetName", true);
  find(api.total_energy, "nvmlDeviceGetTotalEnergyConsumption", false);
  find(api.power_usage, "nvmlDeviceGetPowerUsage", false);
  find(api.field_values, "nvmlDeviceGetFieldValues", false);
  find(api.enforced_limit, "nvmlDeviceGetEnforcedPowerLimit", false);
  find(api.device_by_uuid, "nvmlDeviceGetHandleByUUID", false);
  find(api.mig_mode, "nvmlDeviceGetMigMode", false);
  find(api.max_mig_count, "nvmlDeviceGetMaxMigDeviceCount", false);
  find(api.mig_by_index, "nvmlDeviceGetMigDeviceHandleByIndex", false);
  find(api.board_of_mig, "nvmlDeviceGetDeviceHandleFromMigDeviceHandle", false);
  find(api.virtualization_mode, "nvmlDeviceGetVirtualizationMode", false);
  find(api.driver_version, "nvmlSystemGetDriverVersion", false);
  return missing;
}

Library::Library(const Api& api) : api_(api), pid_(::getpid()) {}

Library::~Library() {
  if (!is_ours()) return;
  for (int i = initialised_; i > 0; --i) api_.shutdown();
}

bool Library::is_ours() const noexcept { return pid_ == ::getpid(); }

void Library::initialise_again() {
  if (api_.init() == ok) ++initialised_;
}

int Library::find(const std::string& uuid, Device& device) const {
  if (api_.device_by_uuid != nullptr) return api_.device_by_uuid(uuid.c_str(), &device);
  unsigned count = 0;
  const int code = api_.device_count(&count);
  if (code != ok) return code;
  for (unsigned i = 0; i < count; ++i) {
    Device candidate = nullptr;
    int read = ok;
    if (api_.device_by_index(i, &candidate) != ok || text_of(api_.uuid, candidate, read) != uuid) continue;
    device = candidate;
    return ok;
  }
  return not_found;
}

int Library::read(Source source, Device device, std::uint64_t& value) const {
  switch (source) {
    case Source::energy: {
      if (api_.total_energy == nullptr) return function_not_found;
      unsigned long long mj = 0;
      const int code = api_.total_energy(device, &mj);
      value = mj;
      return code;
    }
    case Source::usage: {
      if (api_.power_usage == nullptr) return function_not_found;
      unsigned mw = 0;
      const int code = api_.power_usage(device, &mw);
      value = mw;
      return code;
    }
    case Source::energy_field:
      return read_field(api_, device, field_energy, scope_gpu, value);
    case Source::instant:
      return read_field(api_, device, field_instant, scope_gpu, value);
    case Source::average:
      return read_field(api_, device, field_average, scope_gpu, value);
    case Source::module_instant:
      return read_field(api_, device, field_instant, scope_module, value);
    case Source::module_average:
      return read_field(api_, device, field_average, scope_module, value);
  }
  return not_supported;
}

std::string Library::text(int code) const {
  const char* words = api_.error_string(code);
  return std::string(words == nullptr ? "error" : words) + " (NVML code " + std::to_string(code) + ")";
}

Loaded initialise(const Api& api) {
  const int code = api.init();
  if (code == ok) return std::make_shared<Library>(api);
  const char* words = api.error_string(code);
  return Problem{
      availability_of(code),
      "nvmlInit: " + std::string(words == nullptr ? "error" : words) + " (NVML code " + std::to_string(code) + ")",
      fix_of(code)};
}

Loaded load(const std::string& file) {
  // Never unloaded: other users of the process may hold functions of it, and NVML keeps threads and descriptors.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return Problem{Availability::absent, why == nullptr ? file + ": cannot be opened" : why, install_fix};
  }
  Api api;
  const std::string missing = resolve([&](const char* name) { return ::dlsym(library, name); }, api);
  if (!missing.empty()) {
    return Problem{Availability::failed, file + " has no function " + missing,
                   "update NVIDIA's driver (or the stub library that stands in for it)"};
  }
  return initialise(api);
}

Opened open_gpus(const Context& context, const std::function<Loaded()>& library_of) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "nvml";
  finding.method = "counter";
  const Host& host = context.options.host;
  const GpuOption& option = context.options.gpus;
  const auto cuda = variable("CUDA_VISIBLE_DEVICES");
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
  if (all.boards.empty()) {
    const int code = all.code != ok ? all.code : all.refused.empty() ? not_found : all.refused.front().second;
    Problem problem{availability_of(code), "", fix_of(code)};
    problem.reason = all.code != ok        ? "nvmlDeviceGetCount: " + library->text(all.code)
                     : all.refused.empty() ? "the driver is loaded and lists no GPU"
                                           : "GPU " + std::to_string(all.refused.front().first) + ": " +
                                                 library->text(all.refused.front().second);
    return without_gpus(context, problem, std::move(opened));
  }

  add_named_instances(*library, option, cuda, all.boards);
  std::vector<GpuDevice> devices;
  devices.reserve(all.boards.size());
  for (const Board& board : all.boards) devices.push_back(board.device);
  const auto order = variable("CUDA_DEVICE_ORDER");
  const GpuSelection selection =
      select_gpus(devices, option, cuda ? std::optional<std::string_view>(*cuda) : std::nullopt,
                  order ? std::optional<std::string_view>(*order) : std::nullopt);

  std::array<char, text_size> buffer{};
  std::string driver;
  if (library->api().driver_version != nullptr && library->api().driver_version(buffer.data(), text_size) == ok) {
    driver = buffer.data();
  }
  for (const Board& board : all.boards) opened.gpus.push_back(board.device.uuid);
  if (selection.selected.empty()) finding.issues = selection.issues;
  std::vector<std::string> sources;
  std::vector<std::string> remarks;
  int bad_code = ok;
  bool any_counter = false;
  bool any_integral = false;
  for (const int index : selection.selected) {
    const Board& board =
        *std::find_if(all.boards.begin(), all.boards.end(), [&](const Board& b) { return b.device.index == index; });
    const auto choice = choose_source(*library, board.handle);
    const std::string who = std::to_string(index) + " " + board.device.name + " " + board.device.uuid;
    if (const int* code = std::get_if<int>(&choice)) {
      bad_code = *code;
      remarks.push_back("GPU " + who + " gives neither energy nor power: " + library->text(*code));
      finding.meters.push_back(unread_gpu(board.device.uuid, board.device.name, failure_of(*code)));
      if (board.vgpu) remarks.emplace_back("it is a vGPU, which few hosts let read its power");
    }
    const auto* chosen = std::get_if<Source>(&choice);
    const Source source = chosen != nullptr ? *chosen : Source::energy;
    MeterInfo info = describe_board(board, *library, source, driver);
    for (const Issue& issue : selection.issues) {
      const bool here = issue.code != "mig" || issue.subject == std::to_string(index);
      if (here && std::find(info.flags.begin(), info.flags.end(), issue.code) == info.flags.end()) {
        info.flags.push_back(issue.code);
      }
    }
    // Its energy is unknown, and with it the total: whether it is used, nobody can tell.
    if (chosen == nullptr) info.flags.emplace_back("gpu_unmeasured");
    opened.meters.push_back(std::make_shared<GpuMeter>(info, board.device.uuid, library, board.handle, source));
    if (chosen == nullptr) continue;
    if (is_counter(source)) {
      if (auto power = integrated_stand_in(library, board, driver)) opened.stand_ins.push_back(std::move(power));
    }

    const Reading now = opened.meters.back()->sample(MonotonicTime{0});
    std::string shown = board.device.name + " ";
    if (const auto* count = std::get_if<Count>(&now)) {
      shown += to_string(Energy::from_joules(info.unit.joules(static_cast<double>(count->value))));
      any_counter = true;
    } else if (const auto* watts = std::get_if<Watts>(&now)) {
      shown += to_string(Power::from_watts(watts->value));
      any_integral = true;
    } else {
      const auto& failed = std::get<Failed>(now);
      remarks.push_back("GPU " + who + ": " + failed.text);
      bad_code = gpu_is_lost;
      info.flags.emplace_back(meter::text(failed.why));
      shown.clear();
    }
    if (!shown.empty()) finding.value += (finding.value.empty() ? "" : ", ") + shown;
    sources.push_back(who + (is_counter(source) ? ": energy counter" : std::string(": ") + describe(source)));
    if (!is_counter(source)) {
      remarks.push_back("GPU " + std::to_string(index) + " has no energy counter: " + library->text(not_supported) +
                        "; its power is integrated");
    }
    if (is_module(source)) {
      remarks.push_back("GPU " + std::to_string(index) +
                        " shows the power of its module with CPU and memory, which are not added again (module_scope)");
    }
    if (board.mig) {
      remarks.push_back("MIG is on for GPU " + std::to_string(index) +
                        ": only the energy of the whole board is known (mig)");
    }
    finding.meters.push_back(std::move(info));
  }
  for (const auto& [index, code] : all.refused) {
    remarks.push_back("GPU " + std::to_string(index) + " cannot be opened: " + library->text(code));
    // What this user may not open is not visible to it; a GPU that fell off the bus is.
    if (failure_of(code) == Failure::no_permission) continue;
    finding.meters.push_back(unread_gpu("nvml:" + std::to_string(index), "NVIDIA GPU", failure_of(code)));
    if (bad_code == ok) bad_code = code;
  }
  for (const Issue& issue : selection.issues) {
    if (issue.code != "mig") remarks.push_back(issue.code + ": " + issue.text);
  }
  if (is_wsl(host)) remarks.emplace_back("WSL2: only the GPU can be read, the CPU has no counter there");

  finding.reason =
      std::to_string(sources.size()) + " of " + std::to_string(all.boards.size() + all.refused.size()) + " GPUs";
  if (!option && cuda) finding.reason += " (CUDA_VISIBLE_DEVICES=" + *cuda + ")";
  if (!driver.empty()) finding.reason += ", driver " + driver;
  if (!sources.empty()) finding.reason += ": " + joined(sources, "; ");
  if (!remarks.empty()) finding.reason += "; " + joined(remarks, "; ");
  if (!any_counter && any_integral) finding.method = "integral";
  if (any_counter || any_integral) {
    finding.availability = Availability::available;
    if (bad_code != ok) {
      finding.fix = fix_of(bad_code);
    } else if (any_integral) {
      finding.fix = "none: the power is integrated instead";
    }
  } else if (bad_code == ok) {  // nothing is selected
    finding.availability = Availability::absent;
    finding.fix = "name GPUs by index or UUID in gpus, or correct CUDA_VISIBLE_DEVICES";
  } else {
    finding.availability = availability_of(bad_code);
    if (bad_code == not_supported || bad_code == function_not_found) finding.availability = Availability::absent;
    finding.fix = fix_of(bad_code);
  }
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

Reader nvml_reader() { return {"nvml", false, nvml::open_nvml}; }

}  // namespace co2lib::meter
