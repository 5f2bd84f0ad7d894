// SPDX-License-Identifier: MIT
#include "nvml_meter.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <co2lib/units.hpp>

namespace co2lib::meter::nvml {

namespace {

/// The counter moves every 10 to 100 ms, by board; ours, unverified.
constexpr double update_period_s = 0.1;
constexpr double counter_slack_s = 0.2;
constexpr double counter_accuracy = 0.05;
constexpr double power_accuracy = 0.25;
// Above what is sold in 2026: boards of 1200 W, modules with a CPU and two GPUs of 2700 W.
constexpr double default_p_max_w = 1500;
constexpr double module_p_max_w = 4000;

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
    if (meaning_of(code).may_pass && (!tried_ || now - *tried_ >= std::chrono::seconds(1))) {
      tried_ = now;
      if (code == uninitialized || code == driver_not_loaded) library_->initialise_again();
      Device found = nullptr;
      const int lookup = library_->find(uuid_, found);
      if (lookup == ok) {
        device_ = found;
        code = library_->read(source_, device_, value);
      }
    }
    if (code != ok) return Failed{meaning_of(code).failure, info_.id + ": " + library_->text(code)};
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

}  // namespace

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
                 .p_max_w = ceiling_w,
                 .accuracy = is_counter(source) ? counter_accuracy : power_accuracy};
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

std::shared_ptr<Meter> board_meter(MeterInfo info, const Board& board, std::shared_ptr<Library> library,
                                   Source source) {
  return std::make_shared<GpuMeter>(std::move(info), board.device.uuid, std::move(library), board.handle, source);
}

std::shared_ptr<Meter> integrated_stand_in(const std::shared_ptr<Library>& library, const Board& board,
                                           const std::string& driver) {
  for (const Source source : {Source::instant, Source::average, Source::usage}) {
    std::uint64_t value = 0;
    if (library->read(source, board.handle, value) != ok) continue;
    MeterInfo info = describe_board(board, *library, source, driver);
    info.id += "#power";
    info.stands_in_for = {board.device.uuid};
    return board_meter(std::move(info), board, library, source);
  }
  return nullptr;
}

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

}  // namespace co2lib::meter::nvml
