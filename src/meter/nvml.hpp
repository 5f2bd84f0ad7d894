// SPDX-License-Identifier: MIT
// NVIDIA's management library (NVML), opened when it is needed: our own prototypes, its table of functions, and what
// the reader of GPUs does with them; private to src/meter.
//
// The prototypes follow NVIDIA's public documentation of NVML; no header and no library of NVIDIA's is needed to build.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include <sys/types.h>

#include <co2lib/meter/finding.hpp>
#include <co2lib/meter/meter.hpp>

#include "reader.hpp"

namespace co2lib::meter::nvml {

/// A board or a MIG instance, as the library hands it out.
using Device = struct OpaqueDevice*;

/// Return codes that mean something to us.
enum Code : int {
  ok = 0,
  uninitialized = 1,
  invalid_argument = 2,
  not_supported = 3,
  no_permission = 4,
  not_found = 6,
  library_not_found = 12,
  driver_not_loaded = 9,
  function_not_found = 13,
  gpu_is_lost = 15,
  reset_required = 16,
  operating_system = 17,
  version_mismatch = 18,
  gpu_not_found = 28,
};

/// nvmlFieldValue_t.
struct FieldValue {
  std::uint32_t field = 0;
  std::uint32_t scope = 0;  ///< 0: GPU, 1: module (CPU and GPU), 2: memory
  std::int64_t timestamp_us = 0;
  std::int64_t latency_us = 0;
  std::int32_t type = 0;
  std::int32_t code = 0;
  union {
    double real;
    std::uint32_t u32;
    std::uint64_t u64 = 0;
  } value{};
};
static_assert(sizeof(FieldValue) == 40);

/// The functions of the library; what it lacks is null. Tests fill in their own.
struct Api {
  // Needed.
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_string)(int) = nullptr;
  int (*device_count)(unsigned*) = nullptr;
  int (*device_by_index)(unsigned, Device*) = nullptr;
  int (*uuid)(Device, char*, unsigned) = nullptr;
  int (*name)(Device, char*, unsigned) = nullptr;
  // Optional: without one, what it serves is left out.
  int (*total_energy)(Device, unsigned long long* mj) = nullptr;
  int (*power_usage)(Device, unsigned* mw) = nullptr;
  int (*field_values)(Device, int, FieldValue*) = nullptr;
  int (*enforced_limit)(Device, unsigned* mw) = nullptr;
  int (*device_by_uuid)(const char*, Device*) = nullptr;
  int (*mig_mode)(Device, unsigned* current, unsigned* pending) = nullptr;
  int (*max_mig_count)(Device, unsigned*) = nullptr;
  int (*mig_by_index)(Device, unsigned, Device*) = nullptr;
  int (*board_of_mig)(Device mig, Device* board) = nullptr;
  int (*virtualization_mode)(Device, int*) = nullptr;
  int (*driver_version)(char*, unsigned) = nullptr;
};

/// Fills the table by name; the name of the first needed function that is missing, or nothing.
std::string resolve(const std::function<void*(const char*)>& lookup, Api& api);

/// How a GPU is read, best first.
enum class Source {
  energy,          ///< nvmlDeviceGetTotalEnergyConsumption
  energy_field,    ///< field 83
  instant,         ///< field 186
  average,         ///< field 185
  module_instant,  ///< field 186 of the module
  module_average,  ///< field 185 of the module
  usage,           ///< nvmlDeviceGetPowerUsage
};

/// The library after nvmlInit; the last owner shuts it down. NVML itself counts how often it was initialised, so that
/// each opening has its own, and nothing is shared by the process.
class Library {
 public:
  /// Takes a table whose `init` has succeeded.
  explicit Library(const Api& api);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  /// A forked child leaves alone what its parent opened: both share the driver's descriptors.
  ~Library();

  [[nodiscard]] const Api& api() const noexcept { return api_; }
  /// True in the process that initialised it; a fork's child must open its own.
  [[nodiscard]] bool is_ours() const noexcept;
  /// Initialises again, after the driver was unloaded under us.
  void initialise_again();
  /// The device of a UUID; the return code.
  int find(const std::string& uuid, Device& device) const;
  /// Reads mJ of an energy source, mW of a power source; the return code.
  int read(Source source, Device device, std::uint64_t& value) const;
  /// `GPU is lost (code 15)`
  [[nodiscard]] std::string text(int code) const;

 private:
  Api api_;
  pid_t pid_;
  std::atomic<int> initialised_ = 1;
};

/// Why there is no library.
struct Problem {
  Availability availability = Availability::failed;
  std::string reason{};
  std::string fix{};
};

using Loaded = std::variant<std::shared_ptr<Library>, Problem>;

/// Initialises the library behind a table.
Loaded initialise(const Api& api);

/// Opens a library by name or path and initialises it.
Loaded load(const std::string& file);

/// What a return code means: for a read, for the provider, for another try, and what to do about it.
struct Meaning {
  int code;
  Failure failure;
  Availability availability;
  bool may_pass;  ///< the device may come back, here or under a new handle
  const char* fix;
};
[[nodiscard]] const Meaning& meaning_of(int code) noexcept;

inline constexpr const char* install_fix =
    "install NVIDIA's driver with its libnvidia-ml.so.1; start a container with --gpus all (NVIDIA Container Toolkit; "
    "NVIDIA_DRIVER_CAPABILITIES must hold utility)";

/// A text of a device, by one of the functions that give texts; empty unless the return code is `ok`.
[[nodiscard]] std::string text_of(int (*function)(Device, char*, unsigned), Device device, int& code);

/// Finds and opens the GPUs that the options select. Throws `meter.bad_option` for one that is not there.
Opened open_gpus(const Context& context, const std::function<Loaded()>& library);

}  // namespace co2lib::meter::nvml
