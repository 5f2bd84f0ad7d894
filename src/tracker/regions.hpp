// SPDX-License-Identifier: MIT
// Regions as they open and close, and what they used: pure, without clock, lock or meter; private to src/tracker.
//
// 1. A region has two edges, and on each meter the time of that meter's own reading there (`Edge`).
// 2. It waits, once closed, until the curves of all meters reach its end; then it is settled, in the order of closing.
// 3. Of overlapping regions of one name the union of their times counts once, and of the direct children of one region
//    on its thread likewise. Both are a `Union`.
// 4. A union grows by what is new: a region adds its energy from the time up to which regions that began before it had
//    covered the union already, less what regions that began inside of it and ended before it have added. So each
//    region costs two windows at most, however many overlap.
// 5. A region that is cancelled adds nothing, and takes nothing away from what others added.
// 6. A child that outlives its parent counts in it up to the parent's end.
// 7. Threads read the edges before they take the lock, so of two edges the later may come first. A union never counts
//    a time twice for that: nothing begins in it before the latest end that it knows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/meter/curve.hpp>
#include <co2lib/meter/zones.hpp>
#include <co2lib/tracker/run.hpp>

namespace co2lib::tracker::detail {

/// The time of a region's edge, in general and on each meter (the time of its own reading there).
struct Edge {
  MonotonicTime at{};
  std::vector<MonotonicTime> meters{};  ///< empty: nothing was read, `at` for all

  [[nodiscard]] MonotonicTime on(std::size_t meter) const { return meter < meters.size() ? meters[meter] : at; }

  /// Moves each time that is before `other`'s up to it.
  void raise_to(const Edge& other);
};

/// What a region book needs to know of a meter to settle a region.
struct MeterView {
  const meter::Curve* curve = nullptr;
  bool in_total = false;
  MonotonicTime settled{};  ///< up to here the curve will not change
};

class RegionBook {
 public:
  /// Opens a region; its id.
  std::uint64_t open(RegionRecord record, Edge begin);
  /// Closes a region; false if it is not open.
  bool close(std::uint64_t id, Edge end);
  /// Forgets a region; false if it is not open.
  bool cancel(std::uint64_t id);
  /// Begins a region anew, with the same id; false if it is not open.
  bool restart(std::uint64_t id, Edge begin);

  /// Settles closed regions whose end the curves of all meters have reached, or all of them, in the order of closing.
  template <class Sink>
  void settle(std::span<const MeterView> meters, bool everything, Sink&& sink) {
    while (!closed_.empty() && (everything || is_reached(closed_.front(), meters))) {
      const std::shared_ptr<Open> region = closed_.front().region;
      settle_front(meters);
      sink(region->record);
    }
  }

  [[nodiscard]] const RegionRecord* find_open(std::uint64_t id) const;
  [[nodiscard]] bool is_waiting(std::uint64_t id) const;
  /// The energy of a region that waits, from what is known now; the unions are not.
  [[nodiscard]] std::optional<RegionRecord> so_far(std::uint64_t id, std::span<const MeterView> meters) const;
  /// Closed regions that are not settled yet.
  [[nodiscard]] std::size_t waiting() const noexcept { return closed_.size(); }
  /// Ids of the open regions, in the order of opening.
  [[nodiscard]] std::vector<std::uint64_t> open_ids() const;

  /// The times on a meter that open and waiting regions still need, sorted.
  [[nodiscard]] std::vector<MonotonicTime> needed_on(std::size_t meter) const;

 private:
  struct Open;
  using Members = std::vector<std::shared_ptr<Open>>;

  /// A region's part in a union (rule 4).
  struct Membership {
    Edge from;            ///< from here on the union is not covered
    double inside_j = 0;  ///< added by others since then
    bool unknown = false;
  };
  using Part = Membership Open::*;

  struct Union {
    std::vector<Open*> open;
    Edge latest_end{MonotonicTime::min()};
  };

  struct Open : std::enable_shared_from_this<Open> {
    RegionRecord record;
    Edge begin;
    std::shared_ptr<Union> name;
    Membership in_name;
    std::shared_ptr<Open> parent;  ///< if it is open and on the same thread
    Membership in_siblings;        ///< in the union of the parent's children
    Union children;
    double children_j = 0;
    bool children_unknown = false;
  };

  /// The end of a membership: of a closed region, or of the children that outlive their parent.
  struct Leaving {
    Edge end;
    Members others;  ///< members that were still open
  };

  /// A closed region that waits.
  struct Closed {
    std::shared_ptr<Open> region;
    Edge end;
    Leaving name;
    std::optional<Leaving> siblings;
    std::shared_ptr<Open> parent;
    Members open_children;
  };

  static bool is_reached(const Closed& closed, std::span<const MeterView> meters);
  void settle_front(std::span<const MeterView> meters);
  void join(const std::shared_ptr<Open>& region);
  static void leave(Union& u, const Open& region);
  std::shared_ptr<Open> take(std::uint64_t id);

  std::unordered_map<std::uint64_t, std::shared_ptr<Open>> open_;
  [[nodiscard]] std::deque<Closed>::const_iterator find_closed(std::uint64_t id) const;

  std::deque<Closed> closed_;
  std::unordered_map<std::string, std::shared_ptr<Union>> names_;
  std::uint64_t next_id_ = 1;
};

}  // namespace co2lib::tracker::detail
