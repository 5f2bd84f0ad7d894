// SPDX-License-Identifier: MIT
// The hardware tables: data sheets of accelerators, and microcontrollers that were measured.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/embodied/factor.hpp>
#include <co2lib/inference/kernel.hpp>
#include <co2lib/inference/roofline.hpp>
#include <co2lib/names.hpp>
#include <co2lib/record.hpp>

namespace co2lib::inference {

/// The rows of `accelerators.csv`: `acc.<device>.<field>` and the coefficients `energy.*`.
[[nodiscard]] const embodied::FactorTable& accelerator_rows();

/// The rows of `mcu_inference.csv`: `mcu.<board>.<workload>.<field>`, radios and batteries.
[[nodiscard]] const embodied::FactorTable& mcu_rows();

/// What kind of processor a device has; the defaults of its roofline follow from it.
enum class ProcessorKind : std::uint8_t {
  gpu,  ///< a graphics processor
  npu,  ///< a neural processor
  cpu,  ///< a processor
};
/// Texts of `ProcessorKind`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(ProcessorKind) noexcept { return texts("gpu", "npu", "cpu"); }

/// A row of the accelerators' table as a data sheet has it.
struct Accelerator {
  std::string name{};                                  ///< `h100_sxm`
  ProcessorKind kind = ProcessorKind::gpu;             ///< of which defaults depend
  std::string memory{};                                ///< hbm, ddr or lpddr: which coefficient bytes have
  std::optional<double> bandwidth{};                   ///< B/s
  std::map<std::string, double, std::less<>> peaks{};  ///< operations/s by precision of the arithmetic
  std::optional<double> tdp_w{};                       ///< thermal design power; none where the data sheet has none
  std::vector<Source> sources{};                       ///< of the data sheet's numbers

  /// The roofline for a precision, with this project's default efficiency, start time and static power.
  ///
  /// No bandwidth, or no peak for the precision of the arithmetic, is `inference.no_profile`: another precision's peak
  /// is never used in its place.
  [[nodiscard]] Roofline roofline(const Precision& precision) const;
};

/// `h100_sxm`, `agx_orin_64gb` and so on; `inference.unknown_device` naming those that are known.
[[nodiscard]] Accelerator accelerator(std::string_view name);

[[nodiscard]] std::vector<std::string> accelerator_names();  ///< all names, in alphabetical order

/// One workload on one board (MicroGreen; TFLite-Micro, int8).
struct McuRow {
  std::string board{};                ///< name of the board, such as `rp2350`
  std::string workload{};             ///< `kws-s`: the task and its size
  std::optional<double> time_us{};    ///< of the processing loop
  std::optional<double> energy_mj{};  ///< of one inference cycle, from another run than the time
  std::optional<double> cycle_s{};    ///< duration of that cycle
  bool implausible_power = false;     ///< energy/time is below a tenth of the largest of the board: one cannot be right
  std::vector<Source> sources{};      ///< of the numbers
};

/// All rows of the boards, by board and workload in the order of the table.
[[nodiscard]] const std::vector<McuRow>& mcu_table();

/// The boards, in the order of the table.
[[nodiscard]] std::vector<std::string> mcu_boards();

/// A board's row; a board that is in no row is `inference.unknown_device`, a workload that it does not have
/// `inference.no_profile`.
[[nodiscard]] const McuRow& mcu_row(std::string_view board, std::string_view workload);

/// The power of a board asleep in W, not optimised; absent where it was not measured.
[[nodiscard]] std::optional<double> mcu_sleep_w(std::string_view board);

/// What boards need for one inference of a workload, together.
struct McuSums {
  std::size_t count = 0;  ///< boards that have the workload
  double sum_mj = 0;      ///< energy of one inference each, added
  double sum_us = 0;      ///< time of one inference each, added
};

/// Sums over boards (all of them for an empty list); boards without the workload are passed over. A workload in no row
/// is `inference.no_profile`, a board in no row `inference.unknown_device`.
[[nodiscard]] McuSums mcu_sums(std::string_view workload, const std::vector<std::string>& boards = {});

}  // namespace co2lib::inference
