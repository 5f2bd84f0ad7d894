// SPDX-License-Identifier: MIT
// NVIDIA Jetson boards: the INA3221 monitors of their supply rails (docs/platforms.md, "NVIDIA Jetson").
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "reader.hpp"
#include "sysfs.hpp"

namespace co2lib::meter {

namespace {

namespace fs = std::filesystem;

/// A supply rail: voltage in mV and current in mA, or on old kernels power in mW alone.
class Rail {
 public:
  Rail(std::string label, const fs::path& millivolts_or_milliwatts, const fs::path& milliamperes)
      : label_(std::move(label)), first_(std::make_unique<PolledFile>(millivolts_or_milliwatts)) {
    if (!milliamperes.empty()) current_ = std::make_unique<PolledFile>(milliamperes);
  }

  [[nodiscard]] const std::string& label() const noexcept { return label_; }
  [[nodiscard]] std::string source() const {
    return first_->path().string() + (current_ ? " x " + current_->path().filename().string() : "");
  }
  /// 0, or the error of a file that cannot be opened.
  [[nodiscard]] int error() const noexcept {
    return first_->error() != 0 || current_ == nullptr ? first_->error() : current_->error();
  }
  [[nodiscard]] const fs::path& path() const noexcept { return first_->path(); }

  Reading read(MonotonicTime now) {
    const auto first = first_->number(now);
    if (const auto* failed = std::get_if<Failed>(&first)) return *failed;
    const auto value = static_cast<double>(std::get<std::int64_t>(first));
    if (current_ == nullptr) return Watts{value / 1e3};
    const auto current = current_->number(now);
    if (const auto* failed = std::get_if<Failed>(&current)) return *failed;
    // mV x mA = uW: below 2^53 the product is exact.
    return Watts{value * static_cast<double>(std::get<std::int64_t>(current)) / 1e6};
  }

 private:
  std::string label_;
  std::unique_ptr<PolledFile> first_;
  std::unique_ptr<PolledFile> current_;
};

/// The rails of all monitors, in the order of their bus addresses and channels.
std::vector<std::shared_ptr<Rail>> find_rails(const fs::path& sysfs) {
  std::vector<std::shared_ptr<Rail>> rails;
  const auto use = [](const std::string& label) { return !label.empty() && label != "NC"; };  // not connected
  for (const fs::path& monitor : entries(sysfs / "bus/i2c/drivers/ina3221")) {
    for (const fs::path& hwmon : entries(monitor / "hwmon")) {
      for (const char* n : {"1", "2", "3"}) {
        const std::string label = first_line(hwmon / fmt::format("in{}_label", n));
        if (!use(label)) continue;
        rails.push_back(std::make_shared<Rail>(label, hwmon / fmt::format("in{}_input", n),
                                               hwmon / fmt::format("curr{}_input", n)));
      }
    }
  }
  for (const fs::path& monitor : entries(sysfs / "bus/i2c/drivers/ina3221x")) {
    for (const fs::path& device : entries(monitor)) {
      if (!device.filename().string().starts_with("iio:device")) continue;
      for (const char* n : {"0", "1", "2"}) {
        const std::string label = first_line(device / fmt::format("rail_name_{}", n));
        if (!use(label)) continue;
        rails.push_back(std::make_shared<Rail>(label, device / fmt::format("in_power{}_input", n), fs::path()));
      }
    }
  }
  return rails;
}

/// True for the rail that feeds the whole board: `VDD_IN`, `POM_5V_IN`, `SYSTEM`, `TOTAL` (unverified per board).
bool is_board_input(std::string label) {
  std::transform(label.begin(), label.end(), label.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  const std::size_t at = label.find("_IN");
  const bool input = at != std::string::npos &&
                     (at + 3 == label.size() || std::isalpha(static_cast<unsigned char>(label[at + 3])) == 0);
  return input || label.find("SYSTEM") != std::string::npos || label.find("TOTAL") != std::string::npos;
}

Opened open_jetson(const Context& context, const Covered&) {
  Opened opened;
  Finding& finding = opened.finding;
  finding.provider = "ina3221";
  finding.method = "integral";
  const fs::path& sysfs = context.options.host.sysfs;
  const std::vector<std::shared_ptr<Rail>> rails = find_rails(sysfs);
  if (rails.empty()) {
    finding.availability = Availability::absent;
    finding.reason =
        (sysfs / "bus/i2c/drivers/ina3221").string() + " has no labelled rail: this is not an NVIDIA Jetson";
    finding.fix = "none, unless this is a Jetson: then load the module ina3221";
    return opened;
  }
  const auto add = [&](MeterInfo info, std::function<Reading(MonotonicTime)> read) {
    info.control = "ina3221";
    info.device = Device::board;
    info.provider = "ina3221";
    info.kind = Kind::power;
    info.slack_s = 0.1;    // ours, unverified
    info.accuracy = 0.05;  // ours, unverified
    finding.meters.push_back(info);
    opened.meters.push_back(make_meter(std::move(info), std::move(read)));
  };
  const auto total =
      std::find_if(rails.begin(), rails.end(), [](const auto& rail) { return is_board_input(rail->label()); });
  std::string board = "ina3221/board";
  if (total != rails.end()) {
    board = "ina3221/" + (*total)->label();
    add({.id = board, .name = (*total)->label(), .domain = Domain::psys, .provenance = (*total)->source()},
        [rail = *total](MonotonicTime now) { return rail->read(now); });
  } else {
    add({.id = board,
         .name = "sum of rails",
         .domain = Domain::psys,
         .flags = {"incomplete"},
         .provenance = fmt::format("no rail feeds the whole board: the sum of {} rails", rails.size())},
        [rails](MonotonicTime now) -> Reading {
          Watts sum{0};
          for (const auto& rail : rails) {
            Reading reading = rail->read(now);
            if (std::holds_alternative<Failed>(reading)) return reading;
            sum.value += std::get<Watts>(reading).value;
          }
          return Watts{sum.value};
        });
  }
  std::vector<std::string> seen{board};
  for (const auto& rail : rails) {
    if (total != rails.end() && rail == *total) continue;
    std::string id = "ina3221/" + rail->label();
    while (std::find(seen.begin(), seen.end(), id) != seen.end()) id += "'";  // two rails of one name
    seen.push_back(id);
    add({.id = id, .parent = board, .name = rail->label(), .domain = Domain::rail, .provenance = rail->source()},
        [rail](MonotonicTime now) { return rail->read(now); });
  }

  std::string denied;
  for (const auto& rail : rails) {
    if (denied.empty() && rail->error() != 0) denied = mode_and_owner(rail->path());
  }
  const Reading now = opened.meters.front()->sample(MonotonicTime{0});
  if (const auto* failed = std::get_if<Failed>(&now)) {
    finding.availability = failed->why == Failure::no_permission ? Availability::no_permission : Availability::failed;
    finding.reason = failed->text + (denied.empty() ? "" : "; " + denied);
    finding.fix = failed->why == Failure::no_permission ? "let a group read the files, with a line z in /etc/tmpfiles.d"
                                                        : "look for the error in the kernel's log (dmesg)";
    opened.meters.clear();
    return opened;
  }
  finding.availability = Availability::available;
  finding.reason =
      fmt::format("{} rails; the board is {}", rails.size(),
                  total != rails.end() ? (*total)->label() : "their sum, for none feeds the whole board (incomplete)");
  finding.value = "board " + to_string(Power::from_watts(std::get<Watts>(now).value));
  return opened;
}

}  // namespace

Reader jetson_reader() { return {.provider = "ina3221", .open = open_jetson}; }

}  // namespace co2lib::meter
