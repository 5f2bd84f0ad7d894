// SPDX-License-Identifier: MIT
// NVIDIA GPUs: a table of functions made here, and the real loader on the fake library of tests/fixtures/nvml.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <co2lib/meter.hpp>
#include <co2lib/testing.hpp>
#include <co2lib/tracker.hpp>

#include "folders.hpp"
#include "meter/nvml.hpp"

namespace co2lib::meter {
namespace {

using namespace std::chrono_literals;
using nvml::Api;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Meters = std::vector<std::shared_ptr<Meter>>;

/// An environment variable, restored at the end; the tests start without those of CUDA.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) { value ? ::setenv(name_, value->c_str(), 1) : ::unsetenv(name_); }
  const char* name_;
  std::optional<std::string> before_;
};

// ---------------------------------------------------------------------------------------------------------------------
// A table of functions
// ---------------------------------------------------------------------------------------------------------------------

struct Answer {
  int code = nvml::not_supported;
  std::uint64_t value = 0;
};

Answer gives(std::uint64_t value) { return {nvml::ok, value}; }

struct Board {
  std::string uuid = "GPU-a";
  std::string name = "NVIDIA H200";
  Answer energy{};
  Answer energy_field{};
  Answer instant{};
  Answer average{};
  Answer module_instant{};
  Answer module_average{};
  Answer usage{};
  Answer limit{};
  int code = nvml::ok;  ///< of every call
  int generation = 0;   ///< handles of another one are lost
  std::optional<unsigned> mig_mode{};
  std::vector<std::string> mig_uuids{};
  int virtualization = 0;
};

struct Machine {
  std::vector<Board> boards;
  int init = nvml::ok;
  int count_code = nvml::ok;
  int inits = 0;
  int shutdowns = 0;
  int lookups = 0;  ///< of handles
};

Machine* machine = nullptr;

/// A handle is a number: board, generation, instance (0: the board).
nvml::Device handle(std::size_t board, std::size_t instance = 0) {
  const std::size_t number = (board + 1) * 10000 + static_cast<std::size_t>(machine->boards[board].generation) * 100;
  return reinterpret_cast<nvml::Device>(number + instance);  // NOLINT(performance-no-int-to-ptr)
}

struct Asked {
  Board* board;
  int code;
  std::size_t instance;
};

Asked asked(nvml::Device device) {
  const auto number = reinterpret_cast<std::uintptr_t>(device);
  if (number == 0) return {nullptr, nvml::invalid_argument, 0};
  Board& board = machine->boards.at(number / 10000 - 1);
  if (board.code != nvml::ok) return {&board, board.code, 0};
  const bool old = static_cast<int>(number / 100 % 100) != board.generation;
  return {&board, old ? static_cast<int>(nvml::gpu_is_lost) : static_cast<int>(nvml::ok), number % 100};
}

int put(const std::string& text, char* to, unsigned size) {
  if (text.size() >= size) return 7;
  std::copy(text.begin(), text.end() + 1, to);
  return nvml::ok;
}

template <class T>
int answer(nvml::Device device, Answer Board::*what, T* value) {
  const Asked a = asked(device);
  if (a.code != nvml::ok) return a.code;
  *value = static_cast<T>((a.board->*what).value);
  return (a.board->*what).code;
}

Api table() {
  Api api;
  api.init = [] {
    if (machine->init == nvml::ok) ++machine->inits;
    return machine->init;
  };
  api.shutdown = [] { return ++machine->shutdowns, 0; };
  api.error_string = [](int code) { return code == nvml::no_permission ? "Insufficient Permissions" : "Some Error"; };
  api.device_count = [](unsigned* count) {
    *count = static_cast<unsigned>(machine->boards.size());
    return machine->count_code;
  };
  api.device_by_index = [](unsigned index, nvml::Device* device) {
    ++machine->lookups;
    *device = handle(index);
    return machine->boards.at(index).code;
  };
  api.device_by_uuid = [](const char* uuid, nvml::Device* device) {
    ++machine->lookups;
    for (std::size_t i = 0; i < machine->boards.size(); ++i) {
      if (machine->boards[i].uuid != uuid) continue;
      *device = handle(i);
      return machine->boards[i].code;
    }
    for (std::size_t i = 0; i < machine->boards.size(); ++i) {
      const auto& instances = machine->boards[i].mig_uuids;
      const auto found = std::find(instances.begin(), instances.end(), uuid);
      if (found == instances.end()) continue;
      *device = handle(i, static_cast<std::size_t>(found - instances.begin()) + 1);
      return static_cast<int>(nvml::ok);
    }
    return static_cast<int>(nvml::not_found);
  };
  api.board_of_mig = [](nvml::Device mig, nvml::Device* board) {
    *board = handle(static_cast<std::size_t>(asked(mig).board - machine->boards.data()));
    return static_cast<int>(nvml::ok);
  };
  api.uuid = [](nvml::Device device, char* text, unsigned size) {
    const Asked a = asked(device);
    if (a.code != nvml::ok) return a.code;
    return put(a.instance == 0 ? a.board->uuid : a.board->mig_uuids.at(a.instance - 1), text, size);
  };
  api.name = [](nvml::Device device, char* text, unsigned size) {
    const Asked a = asked(device);
    return a.code != nvml::ok ? a.code : put(a.board->name, text, size);
  };
  api.total_energy = [](nvml::Device d, unsigned long long* mj) { return answer(d, &Board::energy, mj); };
  api.power_usage = [](nvml::Device d, unsigned* mw) { return answer(d, &Board::usage, mw); };
  api.enforced_limit = [](nvml::Device d, unsigned* mw) { return answer(d, &Board::limit, mw); };
  api.field_values = [](nvml::Device device, int count, nvml::FieldValue* values) {
    const Asked a = asked(device);
    if (a.code != nvml::ok) return a.code;
    for (int i = 0; i < count; ++i) {
      nvml::FieldValue& f = values[i];
      const Answer& answer = f.field == 83                    ? a.board->energy_field
                             : f.field == 185 && f.scope == 1 ? a.board->module_average
                             : f.field == 185                 ? a.board->average
                             : f.scope == 1                   ? a.board->module_instant
                                                              : a.board->instant;
      f.code = answer.code;
      f.type = f.field == 83 ? 3 : 1;
      // What a 32-bit value leaves of the union is undefined there.
      f.value.u64 = f.type == 1 ? 0xdeadbeef00000000U | answer.value : answer.value;
    }
    return static_cast<int>(nvml::ok);
  };
  api.mig_mode = [](nvml::Device device, unsigned* current, unsigned* pending) {
    const Asked a = asked(device);
    if (a.code != nvml::ok) return a.code;
    if (!a.board->mig_mode) return static_cast<int>(nvml::not_supported);
    *current = *pending = *a.board->mig_mode;
    return static_cast<int>(nvml::ok);
  };
  api.max_mig_count = [](nvml::Device, unsigned* count) { return *count = 7, 0; };
  api.mig_by_index = [](nvml::Device device, unsigned index, nvml::Device* mig) {
    const Asked a = asked(device);
    if (index >= a.board->mig_uuids.size()) return static_cast<int>(nvml::not_found);
    *mig = handle(static_cast<std::size_t>(a.board - machine->boards.data()), index + 1);
    return static_cast<int>(nvml::ok);
  };
  api.virtualization_mode = [](nvml::Device device, int* mode) {
    return *mode = asked(device).board->virtualization, 0;
  };
  api.driver_version = [](char* text, unsigned size) { return put("550.1", text, size); };
  return api;
}

class Nvml : public ::testing::Test {
 protected:
  Nvml() : visible_("CUDA_VISIBLE_DEVICES", std::nullopt), order_("CUDA_DEVICE_ORDER", std::nullopt) {
    machine = &fake;
  }
  ~Nvml() override { machine = nullptr; }

  Opened open(OpenOptions options = {}) {
    options.host = host.host();
    return nvml::open_gpus({.options = options, .machine = {}}, [this] { return nvml::initialise(api); });
  }
  std::string error(const OpenOptions& options) {
    try {
      (void)open(options);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), "meter.bad_option");
      return e.what();
    }
    return "no error";
  }

  Machine fake;
  Api api = table();
  FakeHost host;

 private:
  Variable visible_;
  Variable order_;
};

std::vector<std::string> ids(const Opened& opened) {
  std::vector<std::string> list;
  for (const auto& m : opened.meters) list.push_back(m->info().id);
  return list;
}

std::string failure_of(const Reading& reading) {
  const auto* failed = std::get_if<Failed>(&reading);
  return failed == nullptr ? "a value" : std::string(text(failed->why));
}

std::uint64_t count_of(const Reading& reading) {
  const auto* count = std::get_if<Count>(&reading);
  if (count != nullptr) return count->value;
  ADD_FAILURE() << "no count";
  return 0;
}

TEST_F(Nvml, TheTableIsFilledByNameAndOnlyWhatIsNeededMustBeThere) {
  int found = 0;
  const auto all = [&](const char*) -> void* { return &found; };
  Api filled;
  EXPECT_EQ(nvml::resolve(all, filled), "");
  EXPECT_NE(filled.total_energy, nullptr);
  const auto without = [&](const std::string& missing) {
    Api some;
    const std::string named =
        nvml::resolve([&](const char* name) -> void* { return name == missing ? nullptr : &found; }, some);
    return std::pair(named, some);
  };
  for (const char* needed : {"nvmlInit_v2", "nvmlShutdown", "nvmlErrorString", "nvmlDeviceGetCount_v2",
                             "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetUUID", "nvmlDeviceGetName"}) {
    EXPECT_EQ(without(needed).first, needed);
  }
  for (const char* optional : {"nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetFieldValues",
                               "nvmlDeviceGetPowerUsage", "nvmlDeviceGetEnforcedPowerLimit",
                               "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetMigMode", "nvmlSystemGetDriverVersion"}) {
    EXPECT_EQ(without(optional).first, "") << optional;
  }
  EXPECT_EQ(without("nvmlDeviceGetTotalEnergyConsumption").second.total_energy, nullptr);
}

TEST_F(Nvml, TheEnergyCounterComesFirst) {
  fake.boards = {{.energy = gives(6'000'000), .instant = gives(200'000), .usage = gives(1), .limit = gives(700'000)}};
  const Opened o = open();
  ASSERT_EQ(o.meters.size(), 1U);
  const MeterInfo info = o.meters[0]->info();
  EXPECT_EQ(info.id, "GPU-a");
  EXPECT_EQ(info.name, "NVIDIA H200");
  EXPECT_EQ(info.provider, "nvml");
  EXPECT_EQ(info.control, "nvml");
  EXPECT_EQ(info.device, Device::gpu);
  EXPECT_EQ(info.domain, Domain::gpu);
  EXPECT_EQ(info.kind, Kind::counter);
  EXPECT_EQ(info.unit, CounterUnit::millijoule());
  EXPECT_TRUE(info.wrap.is_none());
  EXPECT_EQ(p_max_w(info), 1500) << "a limit of 700 W can be raised while a run goes on";
  EXPECT_EQ(slack_s(info), 0.2);
  EXPECT_EQ(accuracy(info), 0.05);
  EXPECT_EQ(info.scope, "machine");
  EXPECT_THAT(info.flags, IsEmpty());
  EXPECT_THAT(info.provenance, AllOf(HasSubstr("nvmlDeviceGetTotalEnergyConsumption"), HasSubstr("driver 550.1"),
                                     HasSubstr("power limit 700 W")));
  EXPECT_EQ(count_of(o.meters[0]->sample(1s)), 6'000'000U);
  EXPECT_EQ(o.finding.availability, Availability::available);
  EXPECT_EQ(o.finding.method, "counter");
  EXPECT_EQ(o.finding.value, "NVIDIA H200 1.667 Wh");
  EXPECT_EQ(o.finding.fix, "");
  EXPECT_THAT(o.finding.reason, AllOf(HasSubstr("1 of 1 GPUs"), HasSubstr("GPU-a: energy counter")));
}

TEST_F(Nvml, WithoutTheCounterPowerIsIntegratedAndNothingIsZero) {
  struct Case {
    Board board;
    Kind kind;
    double value;
    const char* provenance;
    const char* scope;
  };
  const Answer power = gives(200'000);
  const std::vector<Case> cases = {
      {{.energy_field = gives(5'000'000'000'000)}, Kind::counter, 5e12, "field 83", "machine"},
      {{.instant = power, .average = power, .usage = power}, Kind::power, 200, "field 186, instantaneous", "machine"},
      {{.average = power, .module_instant = power, .usage = power}, Kind::power, 200, "averaged over 1 s", "machine"},
      {{.module_instant = power, .module_average = power, .usage = power},
       Kind::power,
       200,
       "186 of the module",
       "module"},
      {{.module_average = power, .usage = power}, Kind::power, 200, "185 of the module", "module"},
      {{.usage = gives(123'456)}, Kind::power, 123.456, "nvmlDeviceGetPowerUsage", "machine"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.provenance);
    fake.boards = {c.board};
    const Opened o = open();
    ASSERT_EQ(o.meters.size(), 1U);
    const MeterInfo info = o.meters[0]->info();
    EXPECT_EQ(info.kind, c.kind);
    EXPECT_THAT(info.provenance, HasSubstr(c.provenance));
    EXPECT_EQ(info.scope, c.scope);
    EXPECT_EQ(p_max_w(info), info.scope == "module" ? 4000 : 1500) << "no limit is known";
    const Reading reading = o.meters[0]->sample(1s);
    if (c.kind == Kind::power) {
      EXPECT_EQ(std::get<Watts>(reading).value, c.value);
      EXPECT_EQ(o.finding.method, "integral");
      EXPECT_EQ(accuracy(info), 0.25);
      EXPECT_THAT(o.finding.reason, HasSubstr("code 3); its power is integrated"));
      EXPECT_EQ(o.finding.fix, "none: the power is integrated instead");
    } else {
      EXPECT_EQ(static_cast<double>(count_of(reading)), c.value);
      EXPECT_EQ(o.finding.method, "counter");
    }
    EXPECT_EQ(info.flags,
              c.scope == std::string("module") ? std::vector<std::string>{"module_scope"} : std::vector<std::string>{});
  }
}

TEST_F(Nvml, AMissingFunctionTakesOnlyItsFeature) {
  fake.boards = {{.energy = gives(1),
                  .energy_field = gives(2),
                  .instant = gives(3),
                  .usage = gives(4000),
                  .mig_mode = 1,
                  .mig_uuids = {"MIG-1"}}};
  api.total_energy = nullptr;
  EXPECT_EQ(count_of(open().meters.at(0)->sample(1s)), 2U);
  api.field_values = nullptr;
  EXPECT_EQ(std::get<Watts>(open().meters.at(0)->sample(1s)).value, 4);
  api.max_mig_count = nullptr;
  EXPECT_THAT(open().meters.at(0)->info().flags, ElementsAre("mig"));
  api.mig_mode = nullptr;
  api.virtualization_mode = nullptr;
  api.enforced_limit = nullptr;
  api.driver_version = nullptr;
  EXPECT_THAT(open().meters.at(0)->info().flags, IsEmpty());
  api.power_usage = nullptr;
  EXPECT_THAT(open().meters.at(0)->info().flags, ElementsAre("gpu_unmeasured"));
}

TEST_F(Nvml, AGpuWithoutAnySensorIsNamedAndNeverZero) {
  fake.boards = {{.virtualization = 2}};
  const Opened o = open();
  // It leaves the total incomplete instead of vanishing from it.
  ASSERT_EQ(o.meters.size(), 1U);
  EXPECT_EQ(failure_of(o.meters[0]->sample(1s)), "absent");
  EXPECT_THAT(o.meters[0]->info().flags, ElementsAre("gpu_unmeasured"));
  EXPECT_EQ(o.finding.availability, Availability::absent);
  EXPECT_THAT(o.finding.reason, AllOf(HasSubstr("neither energy nor power"), HasSubstr("code 3"), HasSubstr("vGPU")));
  ASSERT_EQ(o.finding.meters.size(), 1U);
  EXPECT_THAT(o.finding.meters[0].flags, ElementsAre("absent"));
  const Opened named = open({.gpus = {{0}}});
  ASSERT_EQ(named.meters.size(), 1U);
  EXPECT_EQ(failure_of(named.meters[0]->sample(1s)), "absent");
}

TEST_F(Nvml, EachReturnCodeIsAFailureAndNeverANumber) {
  const std::map<int, std::string> kinds = {{1, "lost"},  {2, "lost"},  {3, "absent"}, {4, "no_permission"},
                                            {6, "lost"},  {9, "lost"},  {10, "io"},    {13, "absent"},
                                            {15, "lost"}, {16, "lost"}, {18, "io"},    {17, "no_permission"},
                                            {28, "lost"}, {999, "io"}};
  fake.boards = {{.energy = gives(1000)}};
  const Opened o = open();
  auto now = 10s;
  for (const auto& [code, kind] : kinds) {
    fake.boards[0].energy.code = code;
    const Reading reading = o.meters.at(0)->sample(now += 10s);
    EXPECT_EQ(failure_of(reading), kind) << code;
    EXPECT_THAT(std::get<Failed>(reading).text, AllOf(HasSubstr("GPU-a"), HasSubstr("code " + std::to_string(code))));
  }
  fake.boards[0].energy.code = nvml::ok;
  EXPECT_EQ(count_of(o.meters.at(0)->sample(now)), 1000U);
}

TEST_F(Nvml, ALostGpuIsFoundAgainByItsUuidAtMostOncePerSecond) {
  for (const bool by_uuid : {true, false}) {
    SCOPED_TRACE(by_uuid);
    if (!by_uuid) api.device_by_uuid = nullptr;
    fake.boards = {{.uuid = "GPU-other", .energy = gives(7)}, {.energy = gives(1000)}};
    const Opened o = open();
    Meter& meter = *o.meters.at(1);
    fake.boards[1].code = nvml::gpu_is_lost;
    const int before = fake.lookups;
    const int once = by_uuid ? 1 : 2;
    EXPECT_EQ(failure_of(meter.sample(10s)), "lost");
    EXPECT_EQ(fake.lookups, before + once);
    EXPECT_EQ(failure_of(meter.sample(10s + 999ms)), "lost");
    EXPECT_EQ(fake.lookups, before + once) << "not within the same second";
    EXPECT_EQ(failure_of(meter.sample(11s)), "lost");
    EXPECT_EQ(fake.lookups, before + 2 * once);
    EXPECT_EQ(count_of(o.meters.at(0)->sample(11s)), 7U) << "the other one is not affected";
    // It comes back under a new handle, its counter begun anew.
    fake.boards[1].code = nvml::ok;
    fake.boards[1].generation = 1;
    fake.boards[1].energy = gives(5);
    EXPECT_EQ(failure_of(meter.sample(11s + 500ms)), "lost");
    EXPECT_EQ(count_of(meter.sample(12s)), 5U);
    const int settled = fake.lookups;
    EXPECT_EQ(count_of(meter.sample(20s)), 5U);
    EXPECT_EQ(fake.lookups, settled);
  }
}

TEST_F(Nvml, AnUnloadedDriverIsInitialisedAgainAndShutDownAsOften) {
  fake.boards = {{.energy = gives(1000)}};
  {
    const Opened o = open();
    EXPECT_EQ(fake.inits, 1);
    fake.boards[0].energy.code = nvml::driver_not_loaded;
    EXPECT_EQ(failure_of(o.meters.at(0)->sample(10s)), "lost");
    EXPECT_EQ(fake.inits, 2);
    fake.boards[0].energy.code = nvml::ok;
    EXPECT_EQ(count_of(o.meters.at(0)->sample(20s)), 1000U);
    EXPECT_EQ(fake.shutdowns, 0) << "it stays open as long as a meter lives";
  }
  EXPECT_EQ(fake.shutdowns, 2);
}

TEST_F(Nvml, AForkedChildNeitherReadsNorShutsDownWhatItsParentOpened) {
  fake.boards = {{.energy = gives(1000)}};
  auto opened = std::make_unique<Opened>(open());
  const pid_t child = ::fork();
  if (child == 0) {
    const bool inert = failure_of(opened->meters.at(0)->sample(10s)) == "lost";
    opened.reset();
    const bool left_alone = fake.shutdowns == 0;
    auto own = std::make_unique<Opened>(open());
    const bool reads = count_of(own->meters.at(0)->sample(10s)) == 1000 && fake.inits == 2;
    own.reset();
    ::_exit(inert && left_alone && reads && fake.shutdowns == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(count_of(opened->meters.at(0)->sample(10s)), 1000U);
}

TEST_F(Nvml, InitFailuresAreFindingsWithTheirRemedy) {
  struct Case {
    int code;
    Availability availability;
    const char* fix;
  };
  for (const Case& c : {Case{9, Availability::failed, "modprobe nvidia"},
                        {4, Availability::no_permission, "/dev/nvidiactl"},
                        {12, Availability::absent, "--gpus all"},
                        {17, Availability::no_permission, "/dev/nvidiactl"},
                        {18, Availability::failed, "restart the machine"},
                        {999, Availability::failed, "dmesg"}}) {
    SCOPED_TRACE(c.code);
    FakeHost with_gpu;
    with_gpu.write("dev/nvidia0", "");
    fake.init = c.code;
    const OpenOptions options{.host = with_gpu.host()};
    const auto open_it = [&] {
      return nvml::open_gpus({.options = options, .machine = {}}, [this] { return nvml::initialise(api); });
    };
    const Opened o = open_it();
    const bool usable = c.availability != Availability::no_permission;  // by programs, which it then belongs to
    EXPECT_EQ(o.meters.size(), usable ? 1U : 0U);
    EXPECT_EQ(o.finding.availability, c.availability);
    EXPECT_THAT(o.finding.reason, AllOf(HasSubstr("code " + std::to_string(c.code)), HasSubstr("dev/nvidia0")));
    EXPECT_THAT(o.finding.fix, HasSubstr(c.fix));
    ASSERT_EQ(o.finding.meters.size(), 1U) << "a GPU is visible and has no counter";
    EXPECT_THAT(o.finding.meters[0].flags, Not(IsEmpty()));
    // Without a GPU in sight nobody is bothered.
    const Opened quiet = open();
    EXPECT_EQ(quiet.finding.availability, Availability::absent);
    EXPECT_THAT(quiet.finding.meters, IsEmpty());
    EXPECT_THAT(quiet.finding.fix, HasSubstr("nothing to do"));
    EXPECT_THAT(error({.gpus = {{0}}}), AllOf(HasSubstr("no GPU can be measured"), HasSubstr("code")));
  }
  EXPECT_EQ(fake.shutdowns, 0) << "what did not begin is not ended";
}

TEST_F(Nvml, AGpuOnTheBusWithoutDriverIsVisible) {
  host.write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
  host.write("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
  host.write("sys/bus/pci/devices/0000:02:00.0/vendor", "0x10de\n");
  host.write("sys/bus/pci/devices/0000:02:00.0/class", "0x040300\n");  // its sound device
  host.write("sys/bus/pci/devices/0000:03:00.0/vendor", "0x8086\n");
  host.write("sys/bus/pci/devices/0000:03:00.0/class", "0x030000\n");
  fake.init = nvml::driver_not_loaded;
  const Opened o = open();
  ASSERT_EQ(o.finding.meters.size(), 1U);
  EXPECT_EQ(o.finding.meters[0].id, "PCI 0000:01:00.0");
  EXPECT_EQ(o.finding.availability, Availability::failed);
}

TEST_F(Nvml, OneRefusedGpuDoesNotTakeTheOthersWithIt) {
  fake.boards = {{.code = nvml::gpu_is_lost}, {.uuid = "GPU-b", .energy = gives(1)}, {.code = nvml::no_permission}};
  const Opened o = open();
  EXPECT_THAT(ids(o), ElementsAre("GPU-b"));
  EXPECT_EQ(o.finding.availability, Availability::available);
  EXPECT_THAT(o.finding.reason, AllOf(HasSubstr("1 of 3 GPUs"), HasSubstr("GPU 0 cannot be opened"),
                                      HasSubstr("GPU 2 cannot be opened: Insufficient Permissions")));
  EXPECT_THAT(o.finding.fix, HasSubstr("nvidia-smi --gpu-reset"));
  ASSERT_EQ(o.finding.meters.size(), 2U) << "that which belongs to others is not visible";
  EXPECT_THAT(o.finding.meters[1].flags, ElementsAre("lost"));
  fake.boards = {{.code = nvml::no_permission}};
  EXPECT_EQ(open().finding.availability, Availability::absent) << "no GPU is visible";
  fake.count_code = 999;
  EXPECT_THAT(open().finding.reason, HasSubstr("nvmlDeviceGetCount"));
}

TEST_F(Nvml, AGpuThatIsAwayForAMomentIsWaitedFor) {
  fake.boards = {{.energy = {.code = 999}}};
  const Opened o = open();
  ASSERT_EQ(o.meters.size(), 1U);
  EXPECT_THAT(o.finding.meters.at(0).flags, ElementsAre("io"));
  EXPECT_EQ(failure_of(o.meters[0]->sample(10s)), "io");
  fake.boards[0].energy = gives(77);
  EXPECT_EQ(count_of(o.meters[0]->sample(11s)), 77U);
}

TEST_F(Nvml, EnergyThatIsNotPermittedSaysSo) {
  fake.boards = {{.energy = {.code = nvml::no_permission}}};
  const Opened o = open();
  EXPECT_EQ(o.finding.availability, Availability::no_permission);
  EXPECT_THAT(o.finding.fix, HasSubstr("/dev/nvidiactl"));
  EXPECT_THAT(o.finding.meters.at(0).flags, ElementsAre("no_permission"));
}

TEST_F(Nvml, TheOptionSelectsAndRefusesWhatIsNotThere) {
  fake.boards = {{.uuid = "GPU-aa", .energy = gives(1)}, {.uuid = "GPU-ab", .energy = gives(2)}};
  EXPECT_THAT(ids(open({.gpus = {{1}}})), ElementsAre("GPU-ab"));
  EXPECT_THAT(ids(open({.gpus = {{"GPU-ab", "GPU-aa", 0}}})), ElementsAre("GPU-ab", "GPU-aa"));
  EXPECT_THAT(error({.gpus = {{"GPU-a"}}}), AllOf(HasSubstr("GPU-aa"), HasSubstr("1 GPU-ab")));
  EXPECT_THAT(error({.gpus = {{2}}}), HasSubstr("known: 0 GPU-aa 1 GPU-ab"));
  const Variable cuda("CUDA_VISIBLE_DEVICES", "1");
  EXPECT_THAT(ids(open({.gpus = {{0}}})), ElementsAre("GPU-aa")) << "the option wins";
}

TEST_F(Nvml, CudaVisibleDevicesSelectsOtherwise) {
  fake.boards = {{.uuid = "GPU-aa", .energy = gives(1)}, {.uuid = "GPU-ab", .name = "other", .energy = gives(2)}};
  const auto flags = [&](const Opened& o) { return o.meters.at(0)->info().flags; };
  {
    const Variable cuda("CUDA_VISIBLE_DEVICES", "GPU-ab");
    EXPECT_THAT(ids(open()), ElementsAre("GPU-ab"));
    EXPECT_THAT(flags(open()), IsEmpty());
    EXPECT_THAT(open().finding.reason, HasSubstr("CUDA_VISIBLE_DEVICES=GPU-ab"));
  }
  {
    const Variable cuda("CUDA_VISIBLE_DEVICES", "1,7,0");
    EXPECT_THAT(ids(open()), ElementsAre("GPU-ab"));
    EXPECT_THAT(flags(open()), ElementsAre("invalid_entry", "cuda_order_ambiguous"));
    EXPECT_THAT(open().finding.reason, HasSubstr("measured: GPU-ab"));
    const Variable order("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    EXPECT_THAT(flags(open()), ElementsAre("invalid_entry"));
  }
  {
    const Variable cuda("CUDA_VISIBLE_DEVICES", "-1");
    const Opened o = open();
    EXPECT_THAT(o.meters, IsEmpty());
    EXPECT_THAT(o.finding.reason, HasSubstr("invalid_entry"));
    EXPECT_THAT(o.finding.meters, IsEmpty());
  }
  fake.inits = 0;
  const Variable cuda("CUDA_VISIBLE_DEVICES", " ");
  EXPECT_THAT(open().meters, IsEmpty());
  EXPECT_THAT(open({.gpus = std::vector<GpuKey>{}}).meters, IsEmpty());
  EXPECT_EQ(fake.inits, 0) << "the driver is not even asked";
}

TEST_F(Nvml, MigInstancesSelectTheirBoardOnce) {
  fake.boards = {{.uuid = "GPU-a", .energy = gives(1), .mig_mode = 1, .mig_uuids = {"MIG-1", "MIG-2"}},
                 {.uuid = "GPU-b", .energy = gives(2), .mig_mode = 0}};
  {
    const Variable cuda("CUDA_VISIBLE_DEVICES", "MIG-2,MIG-1");
    const Opened o = open();
    EXPECT_THAT(ids(o), ElementsAre("GPU-a"));
    EXPECT_THAT(o.meters[0]->info().flags, ElementsAre("mig"));
    EXPECT_THAT(o.finding.reason, HasSubstr("MIG is on for GPU 0"));
  }
  EXPECT_THAT(ids(open({.gpus = {{"MIG-1", "GPU-b"}}})), ElementsAre("GPU-a", "GPU-b"));
  const Opened all = open();
  EXPECT_THAT(all.meters.at(0)->info().flags, ElementsAre("mig")) << "other instances' energy is in it";
  EXPECT_THAT(all.meters.at(1)->info().flags, IsEmpty());
}

TEST_F(Nvml, AMigInstanceThatIsNotListedIsFoundByItsName) {
  fake.boards = {{.uuid = "GPU-b", .energy = gives(2)},
                 {.uuid = "GPU-a", .energy = gives(1), .mig_mode = 1, .mig_uuids = {"MIG-1", "MIG-2"}}};
  api.max_mig_count = nullptr;
  EXPECT_THAT(ids(open({.gpus = {{"MIG-2"}}})), ElementsAre("GPU-a"));
  EXPECT_THAT(error({.gpus = {{"MIG-3"}}}), HasSubstr("MIG-3"));
  const Variable cuda("CUDA_VISIBLE_DEVICES", "GPU-b, MIG-2,MIG-1");
  EXPECT_THAT(ids(open()), ElementsAre("GPU-b", "GPU-a"));
  api.board_of_mig = nullptr;
  EXPECT_THAT(ids(open()), ElementsAre("GPU-b"));
  EXPECT_THAT(open().finding.reason, HasSubstr("invalid_entry"));
}

TEST_F(Nvml, ABoardListedTwiceCountsOnce) {
  fake.boards = {{.energy = gives(1)}, {.energy = gives(1)}};
  EXPECT_THAT(ids(open()), ElementsAre("GPU-a"));
}

TEST_F(Nvml, WslIsNamed) {
  fake.boards = {{.energy = gives(1)}};
  EXPECT_THAT(open().finding.reason, Not(HasSubstr("WSL2")));
  host.write("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n");
  EXPECT_THAT(open().finding.reason, HasSubstr("WSL2"));
}

// T9 of the truth bench: the driver was reloaded, the counter fell from 6000 J to 1 J.
TEST_F(Nvml, ADriverReloadIsAResetAndNotEnergy) {
  fake.boards = {{.energy = gives(6'000'000), .limit = gives(700'000)}};
  const Opened o = open();
  std::vector<CounterSample> samples;
  const auto read = [&](MonotonicTime at, std::uint64_t mj) {
    fake.boards[0].energy.value = mj;
    samples.push_back({at, count_of(o.meters.at(0)->sample(at))});
  };
  read(0s, 6'000'000);
  read(1s, 6'200'000);
  read(2s, 1'000);
  read(3s, 201'000);
  const Record r = integrate_counter(o.meters[0]->info(), samples).record();
  EXPECT_EQ(r.window.measured_j, 400);
  EXPECT_EQ(r.events.resets, 1);
  EXPECT_EQ(r.window.low_j, 401) << "the gap used at least what the new counter shows";
  EXPECT_EQ(r.window.energy_j, 600);
}

// ---------------------------------------------------------------------------------------------------------------------
// Module scope
// ---------------------------------------------------------------------------------------------------------------------

WindowEnergy joules(double j) {
  WindowEnergy w;
  w.energy_j = j;
  w.low_j = w.high_j = j;
  return w;
}

TEST(ModuleScope, TheModulesCpuAndMemoryAreNotAddedAgain) {
  const std::vector<MeterInfo> infos = {
      {.id = "p0", .name = "package-0", .domain = Domain::package},
      {.id = "dram", .name = "dram", .device = Device::dram, .domain = Domain::dram},
      {.id = "GPU-a", .control = "nvml", .device = Device::gpu, .domain = Domain::gpu, .scope = "module"},
      {.id = "ram", .device = Device::ram, .domain = Domain::model},
      {.id = "psys", .name = "psys", .device = Device::platform, .domain = Domain::psys},
      {.id = "GPU-b", .control = "nvml", .device = Device::gpu, .domain = Domain::gpu}};
  const std::vector<WindowEnergy> windows = {joules(10), joules(20), joules(400), joules(40), joules(999), joules(5)};
  const auto never = [](std::size_t, std::size_t) { return false; };
  const auto totals = [&](std::vector<MeterInfo> meters) {
    const auto roles = zone_roles(std::span<const MeterInfo>(meters), never);
    return add_up(meters, windows, roles);
  };
  const Totals t = totals(infos);
  EXPECT_EQ(t.total.energy_j, 405);
  EXPECT_EQ(t.gpu.energy_j, 405);
  EXPECT_FALSE(t.cpu.present);
  EXPECT_FALSE(t.dram.present);
  EXPECT_FALSE(t.ram_model.present);
  EXPECT_EQ(t.platform.energy_j, 999) << "beside it, as ever";
  EXPECT_THAT(t.issues, IsEmpty());
  std::vector<MeterInfo> board = infos;
  board[2].scope = "machine";
  EXPECT_EQ(totals(board).total.energy_j, 10 + 20 + 40 + 400 + 5);
  std::vector<MeterInfo> two = infos;  // a second package, whose module is not measured
  two[1] = {.id = "p1", .name = "package-1", .domain = Domain::package};
  EXPECT_EQ(totals(two).total.energy_j, 405);
  EXPECT_TRUE(has_issue(totals(two).issues, "incomplete"));
  std::vector<MeterInfo> alone = infos;  // no package: the platform is not the total either, the module is in it
  alone[0].domain = Domain::other;
  EXPECT_EQ(totals(alone).total.energy_j, 405);
  EXPECT_FALSE(has_issue(totals(alone).issues, "platform_only"));
}

// ---------------------------------------------------------------------------------------------------------------------
// The fake library, opened as the real one is
// ---------------------------------------------------------------------------------------------------------------------

class FakeLibrary : public ::testing::Test {
 protected:
  FakeLibrary()
      : visible_("CUDA_VISIBLE_DEVICES", std::nullopt),
        order_("CUDA_DEVICE_ORDER", std::nullopt),
        script_("FAKE_NVML_SCRIPT", (machine.root() / "script").string()),
        clock_("FAKE_NVML_CLOCK", (machine.root() / "clock").string()),
        log_("FAKE_NVML_LOG", (machine.root() / "log").string()) {
    machine.set_cpus(4);
    machine.set_memory(16ULL << 30);
    machine.set_cpu_ticks(1000, 9000);
    set_time(0);
  }

  void script(const std::string& text) { machine.write("script", text); }
  void set_time(double seconds) { machine.write("clock", std::to_string(seconds) + "\n"); }
  std::string log() const {
    std::ifstream in(machine.root() / "log");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  Host host() const {
    Host h = machine.host();
    h.nvml = co2lib::tests::fake_nvml_folder() + "/libnvidia-ml.so.1";
    return h;
  }

  FakeHost machine;

 private:
  Variable visible_;
  Variable order_;
  Variable script_;
  Variable clock_;
  Variable log_;
};

Finding nvml_finding(const std::vector<Finding>& all) {
  const auto found = std::find_if(all.begin(), all.end(), [](const Finding& f) { return f.provider == "nvml"; });
  return found == all.end() ? Finding{} : *found;
}

TEST_F(FakeLibrary, IsOpenedOnlyWhenGpusAreWanted) {
  script("device\nuuid GPU-1\nname NVIDIA A100\nenergy_mj 5000\nmig 1\nmig_uuid MIG-1\nlimit_mw 400000\n");
  for (const auto& m : meter::open({.gpus = std::vector<GpuKey>{}, .host = host()})) {
    EXPECT_NE(m->info().provider, "nvml");
  }
  EXPECT_NE(nvml_finding(sensors(machine.host())).availability, Availability::available) << "the host names no library";
  EXPECT_EQ(log(), "");
  const Finding f = nvml_finding(sensors(host()));
  EXPECT_EQ(f.availability, Availability::available) << to_string(f);
  EXPECT_TRUE(f.used);
  EXPECT_EQ(f.value, "NVIDIA A100 5 J");
  EXPECT_THAT(log(), HasSubstr("nvmlInit"));
  EXPECT_THAT(log(), HasSubstr("nvmlShutdown"));
  const Meters meters = meter::open({.gpus = {{"MIG-1"}}, .host = host()});
  ASSERT_EQ(meters.size(), 3U) << "GPU, CPU model, RAM model";
  EXPECT_THAT(meters[0]->info().flags, ElementsAre("mig"));
  EXPECT_EQ(p_max_w(meters[0]->info()), 1500);
}

TEST_F(FakeLibrary, TheLoaderSaysWhatIsMissing) {
  Host h = host();
  h.nvml = "libno-such-nvml.so.1";
  Finding f = nvml_finding(sensors(h));
  EXPECT_EQ(f.availability, Availability::absent);
  EXPECT_THAT(f.reason, AllOf(HasSubstr("no NVIDIA GPU is visible"), HasSubstr("libno-such-nvml.so.1")));
  machine.write("dev/nvidia0", "");
  f = nvml_finding(sensors(h));
  EXPECT_THAT(f.reason, AllOf(HasSubstr("libno-such-nvml.so.1"), HasSubstr("nvidia0")));
  EXPECT_THAT(f.fix, HasSubstr("--gpus all"));
  h.nvml = "libdl.so.2";  // a library, but not this one
  f = nvml_finding(sensors(h));
  EXPECT_EQ(f.availability, Availability::failed);
  EXPECT_THAT(f.reason, HasSubstr("has no function nvmlInit_v2"));
  script("init 18\n");
  f = nvml_finding(sensors(host()));
  EXPECT_THAT(f.reason, HasSubstr("RM has detected an NVML/RM version mismatch"));
}

TEST_F(FakeLibrary, ProvidersByNameTakeGpusBesidesTheCpu) {
  script("device\nuuid GPU-1\nenergy_mj 1\n");
  const auto names = [&](OpenOptions options) {
    options.host = host();
    std::vector<std::string> list;
    for (const auto& m : meter::open(options)) list.push_back(m->info().id);
    return list;
  };
  EXPECT_THAT(names({.meters = {{"model.cpu_constant", "nvml"}}}),
              ElementsAre("model.cpu_constant", "GPU-1", "model.ram"));
  EXPECT_THAT(names({.meters = {{"model.cpu_constant"}}}), ElementsAre("model.cpu_constant", "model.ram"));
  EXPECT_THAT(names({.meters = std::vector<MeterChoice>{}}), ElementsAre("model.cpu_load", "model.ram"));
  EXPECT_THROW(names({.meters = std::vector<MeterChoice>{}, .gpus = {{0}}}), Error);
  EXPECT_THROW((tracker::Tracker({.meters = {{make_meter({.id = "psu", .kind = Kind::power}, [] { return 1.0; })}},
                                  .gpus = {{"0"}},
                                  .host = host()})),
               Error);
}

TEST_F(FakeLibrary, AModuleReplacesTheModels) {
  script("device\nuuid GPU-1\nname GH200\nmodule_instant_mw 500000\nlimit_mw 900000\n");
  const Meters meters = meter::open({.host = host()});
  ASSERT_EQ(meters.size(), 1U);
  EXPECT_EQ(meters[0]->info().scope, "module");
  EXPECT_EQ(p_max_w(meters[0]->info()), 4000);
  EXPECT_EQ(std::get<Watts>(meters[0]->sample(1s)).value, 500);
}

TEST_F(FakeLibrary, ATrackerMeasuresGpusByCounterAndByPower) {
  machine.add_zone("intel-rapl:0", {.energy_uj = "0"});
  machine.add_zone("intel-rapl:0:0", {.name = "dram", .energy_uj = "0"});
  script(
      "device\nuuid GPU-1\nname H200\nlimit_mw 700000\nenergy_mj 0@1000+200000/s 5@E15 7@1401000+200000/s\n"
      "device\nuuid GPU-2\nname P100\nlimit_mw 250000\npower_mw 150000\n"
      "device\nuuid GPU-3\nname GT 710\n");
  const auto clock = std::make_shared<ManualClock>();
  tracker::Options options{.intensity = CarbonIntensity::from_g_per_kwh(100), .fsync = false};
  options.host = host();
  options.clock = clock;
  tracker::Tracker tracker(options);
  for (int tick = 1; tick <= 100; ++tick) {  // every 0.1 s, the period of power
    set_time(0.1 * tick);
    if (tick % 10 == 0) machine.set_energy("intel-rapl:0", static_cast<std::uint64_t>(tick) * 1'000'000);
    if (tick % 10 == 0) machine.set_energy("intel-rapl:0:0", static_cast<std::uint64_t>(tick) * 100'000);
    clock->wait_for_waiters(1);
    ASSERT_TRUE(clock->advance(100ms));
  }
  const tracker::Footprint f = tracker.stop();
  ASSERT_EQ(f.devices.size(), 5U) << "package, DRAM, two GPUs that can be read, one that cannot";
  EXPECT_TRUE(has_issue(f.issues, "gpu_unmeasured"));
  EXPECT_TRUE(f.totals.total.incomplete);
  EXPECT_NEAR(f.totals.gpu.energy_j.value_or(0), 2000 + 1500, 1e-6);
  EXPECT_NEAR(f.energy.joules().value_or(0), 3500 + 100 + 10, 1e-6);
  for (const auto& d : f.devices) {
    if (d.record.meter.id == "GPU-1") {
      EXPECT_EQ(d.record.method, Method::counter);
      EXPECT_NEAR(d.record.window.energy_j.value_or(0), 2000, 1e-6);
      EXPECT_GE(d.record.events.missed_reads, 1) << "lost from 5 s to 7 s; the next good difference spans it";
      EXPECT_EQ(d.record.events.resets, 0);
    }
    if (d.record.meter.id == "GPU-2") {
      EXPECT_EQ(d.record.method, Method::integral);
      EXPECT_NEAR(d.record.window.energy_j.value_or(0), 1500, 1e-6);
    }
  }
  EXPECT_TRUE(f.complete);
}

TEST_F(FakeLibrary, ATrackerAddsNoCpuToAModule) {
  machine.add_zone("intel-rapl:0", {.energy_uj = "0"});
  script("device\nuuid GPU-1\nname GH200\nmodule_instant_mw 500000\n");
  const auto clock = std::make_shared<ManualClock>();
  tracker::Options options{.power_period_s = 1, .fsync = false};
  options.host = host();
  options.clock = clock;
  tracker::Tracker tracker(options);
  for (int tick = 1; tick <= 10; ++tick) {
    machine.set_energy("intel-rapl:0", static_cast<std::uint64_t>(tick) * 100'000'000);
    clock->wait_for_waiters(1);
    ASSERT_TRUE(clock->advance(1s));
  }
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(f.energy.joules().value_or(0), 5000, 1e-6);
  EXPECT_FALSE(f.totals.cpu.energy_j);
  ASSERT_EQ(f.devices.size(), 2U);
  EXPECT_NEAR(f.devices[0].record.window.energy_j.value_or(0), 1000, 1e-6) << "reported, not counted";
  EXPECT_FALSE(f.devices[0].counted);
  EXPECT_TRUE(has_issue(f.devices[1].record.issues, "module_scope"));
}

TEST_F(FakeLibrary, AForkedChildBeginsItsOwnRun) {
  script("device\nuuid GPU-1\nenergy_mj 0@1000+200000/s\n");
  const auto clock = std::make_shared<ManualClock>();
  tracker::Options options{.fsync = false};
  options.host = host();
  options.clock = clock;
  tracker::Tracker tracker(options);
  const pid_t child = ::fork();
  if (child == 0) {
    // The fake answers only a process that has called nvmlInit itself.
    int good = 0;
    for (const auto& m : meter::open({.host = host()})) {
      good += m->info().id == "GPU-1" && count_of(m->sample(1s)) == 1000 ? 1 : 0;
    }
    ::_exit(good == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  set_time(10);
  clock->wait_for_waiters(1);
  ASSERT_TRUE(clock->advance(10s));
  EXPECT_NEAR(tracker.stop().totals.gpu.energy_j.value_or(0), 2000, 1e-6);
}

}  // namespace
}  // namespace co2lib::meter
