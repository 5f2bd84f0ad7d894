// SPDX-License-Identifier: MIT
#include "tracker/regions.hpp"

#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <co2lib/error.hpp>
#include <co2lib/tracker/region_energies.hpp>

namespace co2lib::tracker {

namespace detail {

void Edge::raise_to(const Edge& other) {
  bool later = other.at > at;
  for (std::size_t i = 0; i < std::max(meters.size(), other.meters.size()); ++i) {
    later = later || other.on(i) > on(i);
  }
  if (!later) return;
  if (meters.empty()) meters.assign(other.meters.size(), at);
  at = std::max(at, other.at);
  for (std::size_t i = 0; i < meters.size(); ++i) meters[i] = std::max(meters[i], other.on(i));
}

namespace {

/// The energy of [begin, end] of what belongs to the total, and in `per_meter` that of each meter.
meter::Part energy_of(std::span<const MeterView> meters, const Edge& begin, const Edge& end,
                      std::vector<double>* per_meter = nullptr) {
  meter::Part total;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    double own_j = 0;
    if (meters[i].in_total) {
      const meter::WindowEnergy w = meters[i].curve->over(begin.on(i), std::max(begin.on(i), end.on(i)));
      // A stretch of no length used nothing.
      total.add(w.duration_s > 0 ? w.energy_j : std::optional(0.0), w.low_j, w.high_j, w.interval_low_j,
                w.interval_high_j);
      own_j = w.energy_j.value_or(0.0);
    }
    if (per_meter != nullptr) per_meter->push_back(own_j);
  }
  return total;
}

bool same(const Edge& a, const Edge& b) { return a.at == b.at && a.meters == b.meters; }

/// What a region adds to a union, by rule 4; `own` is its energy from `begin` to `end`.
template <class Membership, class Leaving>
std::optional<double> added(const Membership& member, const Edge& begin, const Edge& end, const meter::Part& own,
                            const Leaving& leaving, std::span<const MeterView> meters) {
  std::optional<double> window = own.energy_j;
  if (!same(member.from, begin) || !same(leaving.end, end)) {
    window = energy_of(meters, member.from, leaving.end).energy_j;
  }
  if (!window || member.unknown) return std::nullopt;
  return std::max(0.0, *window - member.inside_j);
}

/// Tells the members that are open still what was added.
template <class Others, class Part>
void tell(const Others& others, Part part, const Edge& begin, const Edge& end, std::optional<double> more) {
  for (const auto& other : others) {
    auto& member = (*other).*part;
    if (begin.at >= member.from.at) {
      member.inside_j += more.value_or(0);
      member.unknown = member.unknown || !more;
    } else if (end.at > member.from.at) {  // all of the union up to `end` is covered
      member.from.raise_to(end);
      member.inside_j = 0;
      member.unknown = false;
    }
  }
}

}  // namespace

void RegionBook::leave(Union& u, const Open& region) { std::erase(u.open, &region); }

void RegionBook::join(const std::shared_ptr<Open>& region) {
  region->in_name = {.from = region->begin};
  region->in_name.from.raise_to(region->name->latest_end);
  region->name->open.push_back(region.get());
  const auto parent = open_.find(region->record.parent);
  region->parent = nullptr;
  if (parent == open_.end() || parent->second->record.thread != region->record.thread) return;
  region->parent = parent->second;
  region->in_siblings = {.from = region->begin};
  region->in_siblings.from.raise_to(region->parent->begin);
  region->in_siblings.from.raise_to(region->parent->children.latest_end);
  region->parent->children.open.push_back(region.get());
}

std::uint64_t RegionBook::open(RegionRecord record, Edge begin) {
  const auto region = std::make_shared<Open>();
  std::shared_ptr<Union>& name = names_[record.name];
  if (!name) name = std::make_shared<Union>();
  region->name = name;
  region->record = std::move(record);
  region->record.id = next_id_++;
  region->record.begin = begin.at;
  region->begin = std::move(begin);
  join(region);
  open_.emplace(region->record.id, region);
  return region->record.id;
}

std::shared_ptr<RegionBook::Open> RegionBook::take(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return nullptr;
  std::shared_ptr<Open> region = std::move(found->second);
  open_.erase(found);
  leave(*region->name, *region);
  if (region->parent) leave(region->parent->children, *region);
  return region;
}

bool RegionBook::close(std::uint64_t id, Edge end) {
  const std::shared_ptr<Open> region = take(id);
  if (!region) return false;
  region->record.end = end.at;
  const auto leaving = [&](Union& u) {
    u.latest_end.raise_to(end);
    Leaving left{.end = end, .others = {}};
    if (u.latest_end.at > end.at) left.end = u.latest_end;
    for (Open* other : u.open) left.others.push_back(other->shared_from_this());
    return left;
  };
  Closed c{.region = region,
           .end = end,
           .name = leaving(*region->name),
           .siblings = std::nullopt,
           .parent = region->parent,
           .open_children = {}};
  if (region->parent) c.siblings = leaving(region->parent->children);
  for (Open* child : region->children.open) {  // they count in it up to here
    c.open_children.push_back(child->shared_from_this());
    child->parent = nullptr;
  }
  region->children.open.clear();
  closed_.push_back(std::move(c));
  return true;
}

bool RegionBook::cancel(std::uint64_t id) {
  const std::shared_ptr<Open> region = take(id);
  if (!region) return false;
  for (Open* child : region->children.open) child->parent = nullptr;
  region->children.open.clear();
  return true;
}

bool RegionBook::restart(std::uint64_t id, Edge begin) {
  const std::shared_ptr<Open> old = take(id);
  if (!old) return false;
  const auto region = std::make_shared<Open>();  // what waits for `old` does not concern it
  region->record = old->record;
  region->record.begin = begin.at;
  region->begin = std::move(begin);
  region->name = old->name;
  for (Open* child : old->children.open) {
    child->parent = region;
    child->in_siblings = {.from = child->begin};
    child->in_siblings.from.raise_to(region->begin);
    region->children.open.push_back(child);
  }
  old->children.open.clear();
  join(region);
  open_.emplace(id, region);
  return true;
}

bool RegionBook::is_reached(const Closed& closed, std::span<const MeterView> meters) {
  for (std::size_t i = 0; i < meters.size(); ++i) {
    if (meters[i].settled < closed.end.on(i)) return false;
  }
  return true;
}

void RegionBook::settle_front(std::span<const MeterView> meters) {
  const Closed c = std::move(closed_.front());
  closed_.pop_front();
  Open& region = *c.region;
  RegionRecord& r = region.record;
  const meter::Part own = energy_of(meters, region.begin, c.end, &r.meters_j);
  r.inclusive = own;

  if (!c.open_children.empty()) {
    // Their union so far: from the first of them that is not covered, less what others added inside.
    const auto first =
        std::min_element(c.open_children.begin(), c.open_children.end(),
                         [](const auto& a, const auto& b) { return a->in_siblings.from.at < b->in_siblings.from.at; });
    const Membership& member = (*first)->in_siblings;
    const meter::Part window = energy_of(meters, member.from, c.end);
    region.children_j += std::max(0.0, window.energy_j.value_or(0) - member.inside_j);
    region.children_unknown = region.children_unknown || member.unknown || !window.energy_j;
  }
  if (own.energy_j && !region.children_unknown) r.exclusive_j = std::max(0.0, *own.energy_j - region.children_j);

  r.union_j = added(region.in_name, region.begin, c.end, own, c.name, meters);
  tell(c.name.others, &Open::in_name, region.begin, c.name.end, r.union_j);
  if (!c.siblings) return;
  const std::optional<double> more = added(region.in_siblings, region.begin, c.end, own, *c.siblings, meters);
  tell(c.siblings->others, &Open::in_siblings, region.begin, c.siblings->end, more);
  c.parent->children_j += more.value_or(0);
  c.parent->children_unknown = c.parent->children_unknown || !more;
}

const RegionRecord* RegionBook::find_open(std::uint64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : &found->second->record;
}

bool RegionBook::is_waiting(std::uint64_t id) const { return find_closed(id) != closed_.end(); }

std::optional<RegionRecord> RegionBook::so_far(std::uint64_t id, std::span<const MeterView> meters) const {
  const auto closed = find_closed(id);
  if (closed == closed_.end()) return std::nullopt;
  RegionRecord record = closed->region->record;
  record.inclusive = energy_of(meters, closed->region->begin, closed->end, &record.meters_j);
  return record;
}

std::deque<RegionBook::Closed>::const_iterator RegionBook::find_closed(std::uint64_t id) const {
  return std::find_if(closed_.begin(), closed_.end(), [&](const Closed& c) { return c.region->record.id == id; });
}

std::vector<std::uint64_t> RegionBook::open_ids() const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, region] : open_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<MonotonicTime> RegionBook::needed_on(std::size_t meter) const {
  std::vector<MonotonicTime> needed;
  const auto need = [&](const Edge& edge) { needed.push_back(edge.on(meter)); };
  const auto need_all = [&](const Open& region, bool has_siblings) {
    need(region.begin);
    need(region.in_name.from);
    if (has_siblings) need(region.in_siblings.from);
  };
  for (const auto& [id, region] : open_) need_all(*region, region->parent != nullptr);
  for (const Closed& c : closed_) {
    need_all(*c.region, c.siblings.has_value());
    for (const auto& child : c.open_children) need(child->in_siblings.from);
    need(c.end);
    need(c.name.end);
    if (c.siblings) need(c.siblings->end);
  }
  std::sort(needed.begin(), needed.end());
  return needed;
}

}  // namespace detail

namespace {

/// Regions that open and close in the order of time, the first of them around the others if `first_is_parent`.
std::vector<RegionRecord> replay(const meter::Curve& curve, std::span<const meter::TimeWindow> windows,
                                 bool first_is_parent) {
  struct Event {
    MonotonicTime at;
    int kind;  ///< 0: closes, 1: opens, 2: closes at the moment in which it opened
    std::size_t window;
  };
  std::vector<Event> events;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    events.push_back({windows[i].begin, 1, i});
    events.push_back({windows[i].end, windows[i].end > windows[i].begin ? 0 : 2, i});
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.at, a.kind, a.window) < std::tie(b.at, b.kind, b.window);
  });
  detail::RegionBook book;
  std::vector<std::uint64_t> ids(windows.size());
  for (const Event& event : events) {
    if (event.kind == 1) {
      RegionRecord record;
      record.parent = first_is_parent && event.window > 0 ? ids[0] : 0;
      ids[event.window] = book.open(std::move(record), {.at = event.at});
    } else {
      book.close(ids[event.window], {.at = event.at});
    }
  }
  std::vector<RegionRecord> records(windows.size());
  const detail::MeterView view{.curve = &curve, .in_total = true, .settled = MonotonicTime::max()};
  book.settle(std::span(&view, 1), true, [&](const RegionRecord& record) {
    records[static_cast<std::size_t>(std::find(ids.begin(), ids.end(), record.id) - ids.begin())] = record;
  });
  return records;
}

}  // namespace

RegionEnergies region_energies(const meter::Curve& curve, std::span<const RegionSpan> regions) {
  std::vector<meter::TimeWindow> all;
  for (const RegionSpan& r : regions) {
    if (r.end < r.begin) {
      throw Error("meter.bad_window", fmt::format("region {} ends before it starts; give its start first", r.name));
    }
    if (r.parent && *r.parent >= regions.size()) {
      throw Error("meter.bad_input",
                  fmt::format("region {}: its parent, region {}, does not exist", r.name, *r.parent));
    }
    all.push_back({r.begin, r.end});
  }
  RegionEnergies result{.regions = {}, .union_j = 0.0};
  for (const RegionRecord& record : replay(curve, all, false)) {
    const bool known = result.union_j && record.union_j;
    result.union_j = known ? std::optional(*result.union_j + *record.union_j) : std::nullopt;
  }
  for (std::size_t i = 0; i < regions.size(); ++i) {
    // A region with its direct children, each cut to the part inside of it.
    std::vector<meter::TimeWindow> family{all[i]};
    for (const RegionSpan& child : regions) {
      if (child.parent != i || child.thread != regions[i].thread) continue;
      const meter::TimeWindow inside{std::max(child.begin, all[i].begin), std::min(child.end, all[i].end)};
      if (inside.begin <= inside.end) family.push_back(inside);
    }
    result.regions.push_back({curve.over(all[i].begin, all[i].end), replay(curve, family, true)[0].exclusive_j});
  }
  return result;
}

}  // namespace co2lib::tracker
