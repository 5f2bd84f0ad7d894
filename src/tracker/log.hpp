// SPDX-License-Identifier: MIT
// The log's lines: written by a tracker, read by `load`; private to src/tracker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/tracker/run.hpp>

#include "detail/log_writer.hpp"

namespace co2lib::tracker::detail {

/// What every line starts with.
struct LineHead {
  std::string_view run_id;
  std::int64_t seq = 0;
  MonotonicTime mono{};
  UtcTime utc{};
};

[[nodiscard]] std::string run_line(const LineHead& head, const RunSegment& segment);
/// The gaps of each meter from number `gaps_from` on; the earlier ones stand in earlier lines.
[[nodiscard]] std::string totals_line(const LineHead& head, const RunSegment& segment,
                                      const std::vector<std::size_t>& gaps_from = {});
/// The prices of flushes, by number, that were written before with another price or none.
[[nodiscard]] std::string prices_line(const LineHead& head, const RunSegment& segment,
                                      const std::vector<std::size_t>& frames);
[[nodiscard]] std::string sample_line(const LineHead& head,
                                      const std::vector<std::pair<std::string, meter::Reading>>& readings);
[[nodiscard]] std::string region_line(const LineHead& head, const RegionRecord& region);
[[nodiscard]] std::string issue_line(const LineHead& head, const Issue& issue);
[[nodiscard]] std::string command_line(const LineHead& head, const CommandRecord& command);
[[nodiscard]] std::string end_line(const LineHead& head, std::string_view reason);

/// Reads a log; `name` stands for it in messages. Throws `tracker.bad_log` if it holds no `run` line.
[[nodiscard]] Run read_log(std::istream& in, const std::string& name);

/// Leaves one of several copies of a segment, the longest: a log given twice, or before its end and after it.
void drop_copies(std::vector<RunSegment>& segments);

using co2lib::detail::LogLine;

/// The writer of a run's log: it throws `tracker.bad_log`.
struct LogWriter : co2lib::detail::LogWriter {
  LogWriter() : co2lib::detail::LogWriter("tracker.bad_log") {}
};

}  // namespace co2lib::tracker::detail
