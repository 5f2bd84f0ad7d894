// SPDX-License-Identifier: MIT
// NVIDIA's management library: what its return codes mean, how it is opened, and one read of a device (docs/gpu.md).
#include "nvml.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

#include <dlfcn.h>
#include <unistd.h>

namespace co2lib::meter::nvml {

namespace {

constexpr unsigned text_size = 96;

constexpr unsigned field_energy = 83;
constexpr unsigned field_average = 185;
constexpr unsigned field_instant = 186;
constexpr unsigned scope_gpu = 0;
constexpr unsigned scope_module = 1;

constexpr const char* permission_fix =
    "let this user open /dev/nvidiactl and /dev/nvidia<N> (their group, the device rules of the job's cgroup, --gpus "
    "for a container)";
constexpr const char* lost_fix =
    "look for Xid in the kernel's log (dmesg), then reset the GPU (nvidia-smi --gpu-reset) or restart the machine";
constexpr const char* driver_fix =
    "load the driver: modprobe nvidia (nvidia-smi shows whether it works); start a container with --gpus all";
constexpr const char* version_fix =
    "the driver was updated while it ran: restart the machine, or unload and load its kernel modules; in a container, "
    "use the host's libnvidia-ml.so.1 (NVIDIA Container Toolkit)";
constexpr const char* unmeasured_fix = "none: this board or its driver measures neither energy nor power";

/// One line per code that means something to us; the last one is for all others.
constexpr Meaning meanings[] = {
    {ok, Failure::io, Availability::failed, false, lost_fix},
    {uninitialized, Failure::lost, Availability::failed, true, lost_fix},
    {invalid_argument, Failure::lost, Availability::failed, true, lost_fix},  // of a handle that no longer is one
    {not_supported, Failure::absent, Availability::failed, false, unmeasured_fix},
    {no_permission, Failure::no_permission, Availability::no_permission, false, permission_fix},
    {not_found, Failure::lost, Availability::failed, true, lost_fix},
    {driver_not_loaded, Failure::lost, Availability::failed, true, driver_fix},
    {library_not_found, Failure::absent, Availability::absent, false, install_fix},
    {function_not_found, Failure::absent, Availability::failed, false, unmeasured_fix},
    {gpu_is_lost, Failure::lost, Availability::failed, true, lost_fix},
    {reset_required, Failure::lost, Availability::failed, true, lost_fix},
    {operating_system, Failure::no_permission, Availability::no_permission, false, permission_fix},
    {version_mismatch, Failure::io, Availability::failed, false, version_fix},
    {gpu_not_found, Failure::lost, Availability::failed, true, lost_fix},
    {-1, Failure::io, Availability::failed, true, lost_fix},
};

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

}  // namespace

const Meaning& meaning_of(int code) noexcept {
  const auto* const last = std::prev(std::end(meanings));
  return *std::find_if(std::begin(meanings), last, [&](const Meaning& m) { return m.code == code; });
}

std::string text_of(int (*function)(Device, char*, unsigned), Device device, int& code) {
  std::array<char, text_size> buffer{};
  code = function(device, buffer.data(), text_size);
  buffer.back() = '\0';
  return code == ok ? buffer.data() : "";
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
      meaning_of(code).availability,
      "nvmlInit: " + std::string(words == nullptr ? "error" : words) + " (NVML code " + std::to_string(code) + ")",
      meaning_of(code).fix};
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

}  // namespace co2lib::meter::nvml
