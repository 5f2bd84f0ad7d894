// SPDX-License-Identifier: MIT
// Timeline: the part of a trace that a window of time needs, its gaps filled by a policy.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include <co2lib/intensity/climatology.hpp>
#include <co2lib/intensity/priced.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity::detail {

inline constexpr double ns_per_hour = 3.6e12;

inline double ns(UtcTime a, UtcTime b) noexcept { return static_cast<double>((b - a).count()); }

/// A stretch of time with one value (NaN: none) between two knots.
struct Segment {
  UtcTime start;
  UtcTime end;
  double value;
  std::size_t cell;     // record it belongs to; of a hole the one before
  bool filled = false;  // by the gap policy
  bool used = false;
};

/// The part of a trace that a window needs, without holes, its gaps filled as far as the policy can.
class Timeline {
 public:
  /// `[from, to)` lies inside the trace.
  Timeline(const Trace& trace, UtcTime from, UtcTime to, const PriceOptions& options)
      : trace_(trace), options_(options) {
    const std::vector<Cell>& cells = trace.cells_;
    std::size_t first = trace.last_started(from);
    std::size_t last = static_cast<std::size_t>(
        std::partition_point(cells.begin(), cells.end(), [&](const Cell& c) { return c.start < to; }) - cells.begin());
    if (options.mode == Mode::linear && last < cells.size()) ++last;  // the knot that closes the last interval
    if (options.gap == Gap::hold || options.gap == Gap::interpolate) {
      while (first > 0 && std::isnan(cells[first].value)) --first;
    }
    if (options.gap == Gap::interpolate) {
      // A hole after the last cell, or a missing last cell, needs the next known one.
      if (last < cells.size()) ++last;
      while (last < cells.size() && std::isnan(cells[last - 1].value)) ++last;
    } else if (last < cells.size() && options.mode == Mode::step && cells[last - 1].end < to) {
      ++last;
    }
    segments.reserve(last - first);
    for (std::size_t i = first; i < last; ++i) {
      if (i > first && cells[i - 1].end < cells[i].start) add_gap(cells[i - 1].end, cells[i].start, i - 1);
      if (std::isnan(cells[i].value) && options.gap == Gap::climatology) {
        add_gap(cells[i].start, cells[i].end, i);
      } else {
        segments.push_back({cells[i].start, cells[i].end, cells[i].value, i});
      }
    }
    if (options.gap != Gap::fail) fill();
  }

  [[nodiscard]] const Record& attributes(const Segment& s) const { return trace_.attributes_of(s.cell); }

  /// True if a record of the trace knows its error.
  [[nodiscard]] bool has_errors() const {
    return trace_.attributes_.error || std::any_of(trace_.others_.begin(), trace_.others_.end(),
                                                   [](const auto& other) { return other.second.error.has_value(); });
  }

  std::vector<Segment> segments;

 private:
  static constexpr double most_pieces = 1e6;  // a longer gap stays one

  void add_gap(UtcTime start, UtcTime end, std::size_t cell) {
    using std::chrono::hours;
    const Cell& before = trace_.cells_[cell];
    const auto step = options_.gap == Gap::climatology ? std::chrono::nanoseconds(hours(1)) : before.end - before.start;
    const bool whole = options_.gap == Gap::fail || ns(start, end) / static_cast<double>(step.count()) > most_pieces;
    while (start < end) {
      UtcTime next = end;
      if (!whole && options_.gap == Gap::climatology) {
        next = std::min(end, UtcTime(std::chrono::floor<hours>(start)) + hours(1));
      } else if (!whole && end - start > step) {
        next = start + step;
      }
      segments.push_back({start, next, missing, cell});
      start = next;
    }
  }

  void fill() {
    std::optional<std::size_t> known;  // the last segment with a value of its own
    for (std::size_t i = 0; i < segments.size(); ++i) {
      Segment& s = segments[i];
      if (!std::isnan(s.value) && !s.filled) {
        known = i;
        continue;
      }
      if (s.filled) continue;
      if (options_.gap == Gap::climatology) {
        s.value = to_cell(climatology(trace_, s.start));
      } else if (options_.gap == Gap::hold) {
        if (known && s.end - segments[*known].end <= options_.max_hold) s.value = segments[*known].value;
      } else if (known) {
        std::size_t next = i;
        while (next < segments.size() && std::isnan(segments[next].value)) ++next;
        if (next == segments.size()) return;
        const double low = segments[*known].value;
        const double high = segments[next].value;
        for (std::size_t k = i; k < next; ++k) {
          const double part = static_cast<double>(k - *known) / static_cast<double>(next - *known);
          segments[k].value = low + numeric::product(high - low, part);
          segments[k].filled = true;
        }
      }
      s.filled = !std::isnan(s.value);
    }
  }

  const Trace& trace_;
  const PriceOptions& options_;
};

}  // namespace co2lib::intensity::detail
