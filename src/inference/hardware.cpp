// SPDX-License-Identifier: MIT
#include <co2lib/inference/hardware.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <co2lib/csv.hpp>
#include <co2lib/inference/refuse.hpp>

namespace co2lib::inference {

namespace {

/// What no data sheet says in a number; ours.
struct Nature {
  std::string_view device;
  ProcessorKind kind;
  std::string_view memory;
};
constexpr std::array natures{
    Nature{"v100_pcie", ProcessorKind::gpu, "hbm"},       Nature{"a100_sxm_40", ProcessorKind::gpu, "hbm"},
    Nature{"a100_sxm_80", ProcessorKind::gpu, "hbm"},     Nature{"h100_sxm", ProcessorKind::gpu, "hbm"},
    Nature{"h100_pcie", ProcessorKind::gpu, "hbm"},       Nature{"h200_sxm", ProcessorKind::gpu, "hbm"},
    Nature{"orin_nano_8gb", ProcessorKind::gpu, "lpddr"}, Nature{"agx_orin_64gb", ProcessorKind::gpu, "lpddr"},
    Nature{"rk3588_npu", ProcessorKind::npu, "lpddr"},    Nature{"coral_edgetpu", ProcessorKind::npu, "lpddr"},
};

embodied::FactorTable rows_of(const char* name) {
  const Result<std::string_view> text = csv::table_text(name);
  if (!text) return {};  // the library works without a table; its devices are unknown then
  return embodied::parse_factors(*text, name);
}

/// The source of a row under the id that it shares with others of the device: said once.
Source source_of(const embodied::Factor& row) {
  return {.id = row.id.substr(0, row.id.rfind('.')), .text = row.source, .year = row.year, .licence = row.licence};
}

/// The parts of an id between its points.
std::vector<std::string_view> parts_of(std::string_view id) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t point = id.find('.');
    parts.push_back(id.substr(0, point));
    if (point == std::string_view::npos) return parts;
    id.remove_prefix(point + 1);
  }
}

double coefficient(const std::string& id) {
  const embodied::Factor* row = accelerator_rows().find(id);
  if (row == nullptr) detail::no_profile("the table accelerators has no row " + id);
  return row->value;
}

std::vector<McuRow> read_mcu_table() {
  std::vector<McuRow> rows;
  for (const embodied::Factor& factor : mcu_rows().rows()) {
    const std::vector<std::string_view> parts = parts_of(factor.id);
    if (parts.size() != 4 || parts[0] != "mcu") continue;
    auto row = std::find_if(rows.begin(), rows.end(),
                            [&](const McuRow& r) { return r.board == parts[1] && r.workload == parts[2]; });
    if (row == rows.end()) {
      rows.push_back({.board = std::string(parts[1]), .workload = std::string(parts[2])});
      row = rows.end() - 1;
    }
    if (parts[3] == "time") row->time_us = embodied::in_unit(factor, "us").value;
    if (parts[3] == "energy") row->energy_mj = embodied::in_unit(factor, "mJ").value;
    if (parts[3] == "cycle") row->cycle_s = embodied::in_unit(factor, "s").value;
    if (parts[3] == "time" || parts[3] == "energy") add_source(row->sources, source_of(factor));
  }
  // Power is energy over the time of the same run, where the table has it.
  const auto power = [](const McuRow& r) -> double {
    const double s = r.cycle_s ? *r.cycle_s : r.time_us.value_or(0) / 1e6;
    return r.energy_mj && s > 0 ? *r.energy_mj / s : 0;
  };
  std::map<std::string, double> largest;
  for (const McuRow& row : rows) largest[row.board] = std::max(largest[row.board], power(row));
  for (McuRow& row : rows) row.implausible_power = power(row) > 0 && power(row) < largest[row.board] / 10;
  return rows;
}

[[noreturn]] void unknown_board(std::string_view board) {
  detail::unknown_device(fmt::format("'{}' is in no row of the microcontrollers; known: {}", board.substr(0, 60),
                                     fmt::join(mcu_boards(), ", ")));
}

}  // namespace

const embodied::FactorTable& accelerator_rows() {
  static const embodied::FactorTable rows = rows_of("accelerators");
  return rows;
}

const embodied::FactorTable& mcu_rows() {
  static const embodied::FactorTable rows = rows_of("mcu_inference");
  return rows;
}

std::vector<std::string> accelerator_names() {
  std::vector<std::string> names;
  for (const embodied::Factor& row : accelerator_rows().rows()) {
    const std::vector<std::string_view> parts = parts_of(row.id);
    if (parts.size() != 3 || parts[0] != "acc") continue;
    if (std::find(names.begin(), names.end(), parts[1]) == names.end()) names.emplace_back(parts[1]);
  }
  return names;
}

Accelerator accelerator(std::string_view name) {
  Accelerator a{.name = std::string(name), .memory = "ddr"};
  for (const embodied::Factor& row : accelerator_rows().rows()) {
    const std::vector<std::string_view> parts = parts_of(row.id);
    if (parts.size() != 3 || parts[0] != "acc" || parts[1] != name) continue;
    add_source(a.sources, source_of(row));
    if (parts[2] == "bandwidth") a.bandwidth = embodied::in_unit(row, "B/s").value;
    if (parts[2] == "tdp") a.tdp_w = embodied::in_unit(row, "W").value;
    if (parts[2].starts_with("peak_")) a.peaks.emplace(parts[2].substr(5), embodied::in_unit(row, "op/s").value);
  }
  if (a.sources.empty()) {
    detail::unknown_device(fmt::format("'{}' is in no row of the accelerators; known: {}", name.substr(0, 60),
                                       fmt::join(accelerator_names(), ", ")));
  }
  for (const Nature& nature : natures) {
    if (nature.device != name) continue;
    a.kind = nature.kind;
    a.memory = nature.memory;
  }
  return a;
}

Roofline Accelerator::roofline(const Precision& precision) const {
  const std::string arithmetic = precision.arithmetic();
  const auto peak = peaks.find(arithmetic);
  if (peak == peaks.end()) {
    std::string known;
    for (const auto& [p, ops] : peaks) known.append(known.empty() ? "" : ", ").append(p);
    detail::no_profile(fmt::format(
        "{} has no peak for {} in the table accelerators (it has {}); another precision's is not used in its place. Ask "
        "for the precision that the model would run in",
        name, arithmetic, known.empty() ? "none" : known));
  }
  if (!bandwidth) detail::no_profile(name + " has no memory bandwidth in the table accelerators");
  return {.peak_ops = peak->second,
          .bandwidth = *bandwidth,
          .efficiency = kind == ProcessorKind::gpu ? 0.5 : 0.3,
          .p_static_w = 0.3 * tdp_w.value_or(0),
          .e_op_j = coefficient("energy.e_op." + arithmetic),
          .e_byte_j = coefficient("energy.e_byte." + memory),
          .t0_s = kind == ProcessorKind::cpu ? 2e-6 : 20e-6,
          .limit_w = tdp_w};
}

const std::vector<McuRow>& mcu_table() {
  static const std::vector<McuRow> rows = read_mcu_table();
  return rows;
}

std::vector<std::string> mcu_boards() {
  std::vector<std::string> names;
  for (const McuRow& row : mcu_table()) {
    if (std::find(names.begin(), names.end(), row.board) == names.end()) names.push_back(row.board);
  }
  return names;
}

const McuRow& mcu_row(std::string_view board, std::string_view workload) {
  std::string has;
  for (const McuRow& row : mcu_table()) {
    if (row.board != board) continue;
    if (row.workload == workload) return row;
    has.append(has.empty() ? "" : ", ").append(row.workload);
  }
  if (has.empty()) unknown_board(board);
  detail::no_profile(fmt::format("{} was not measured on '{}'; it was on {}", board, workload.substr(0, 60), has));
}

std::optional<double> mcu_sleep_w(std::string_view board) {
  const embodied::Factor* row = mcu_rows().find("mcu." + std::string(board) + ".sleep");
  if (row == nullptr) return std::nullopt;
  return embodied::in_unit(*row, "W").value;
}

McuSums mcu_sums(std::string_view workload, const std::vector<std::string>& boards) {
  const std::vector<std::string> known = mcu_boards();
  for (const std::string& board : boards) {
    if (std::find(known.begin(), known.end(), board) == known.end()) unknown_board(board);
  }
  const auto& rows = mcu_table();
  if (std::none_of(rows.begin(), rows.end(), [&](const McuRow& row) { return row.workload == workload; })) {
    detail::no_profile(fmt::format("'{}' is no workload of the table of microcontrollers", workload.substr(0, 60)));
  }
  McuSums sums;
  numeric::Sum mj;
  numeric::Sum us;
  const auto take = [&](const McuRow& row) {
    if (row.workload != workload) return;
    ++sums.count;
    mj += row.energy_mj.value_or(0);
    us += row.time_us.value_or(0);
  };
  for (const McuRow& row : rows) {
    if (boards.empty() || std::find(boards.begin(), boards.end(), row.board) != boards.end()) take(row);
  }
  sums.sum_mj = mj.value();
  sums.sum_us = us.value();
  return sums;
}

}  // namespace co2lib::inference
