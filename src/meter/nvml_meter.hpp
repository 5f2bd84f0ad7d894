// SPDX-License-Identifier: MIT
// The meter of one board: which source it is read by, and what it says of itself; private to src/meter.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include <co2lib/meter/meter.hpp>

#include "nvml_boards.hpp"

namespace co2lib::meter::nvml {

[[nodiscard]] bool is_counter(Source source) noexcept;
[[nodiscard]] bool is_module(Source source) noexcept;
/// `field 186, instantaneous power`
[[nodiscard]] const char* describe(Source source) noexcept;

/// The best source that answers, or the code that says most about why none does.
[[nodiscard]] std::variant<Source, int> choose_source(const Library& library, Device device);

[[nodiscard]] MeterInfo describe_board(const Board& board, const Library& library, Source source,
                                       const std::string& driver);

[[nodiscard]] std::shared_ptr<Meter> board_meter(MeterInfo info, const Board& board, std::shared_ptr<Library> library,
                                                 Source source);

/// The power of a board whose counter can be read, integrated should that counter stand still; null if it has none.
[[nodiscard]] std::shared_ptr<Meter> integrated_stand_in(const std::shared_ptr<Library>& library, const Board& board,
                                                         const std::string& driver);

/// A GPU that cannot be read, for the finding; the failure is its flag.
[[nodiscard]] MeterInfo unread_gpu(std::string id, std::string name, Failure why);

}  // namespace co2lib::meter::nvml
