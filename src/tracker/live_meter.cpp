// SPDX-License-Identifier: MIT
#include "tracker/live_meter.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace co2lib::tracker::detail {

namespace {

MonotonicTime after(double seconds) {
  constexpr double longest = 1e9;
  return MonotonicTime(static_cast<std::int64_t>(std::llround(std::min(seconds, longest) * 1e9)));
}

/// How long a meter may show the same count, or 0 W, before it is taken for one that does not work (ours).
///
/// A processor, memory, platform or GPU that has power uses some, a quarter of a watt at the least. So its counter
/// moves within ten of its update periods, or within the time that this takes for one count. Users' meters that do not
/// say how often they are updated have 10 s, and are never doubted once they have moved.
meter::StillLimits still_limits(const meter::MeterInfo& info) {
  using meter::Device;
  using meter::Domain;
  const bool always_on = info.domain == Domain::package || info.domain == Domain::dram || meter::is_platform(info) ||
                         (info.domain == Domain::gpu && info.device == Device::gpu);
  if (!always_on || info.modelled) return {};
  constexpr double least_w = 0.25;
  const bool unknown = meter::is_given(info) && !info.update_period_s;
  const double updated_s = 10 * info.update_period_s.value_or(meter::slack_s(info));
  const double count_s = info.kind == meter::Kind::counter ? info.unit.joules(1) / least_w : 0;
  const double first_s = std::max({unknown ? 10.0 : 0.1, updated_s, count_s});
  return {.first = after(first_s), .later = unknown ? MonotonicTime::max() : after(std::max(30.0, 10 * first_s))};
}

std::variant<meter::CounterEngine, meter::PowerEngine> engine_of(const meter::MeterInfo& info, MonotonicTime max_gap) {
  const meter::StillLimits still = still_limits(info);
  if (info.kind == meter::Kind::counter) return meter::CounterEngine(info, still);
  return meter::PowerEngine(info, Seconds(max_gap).count(), still.first);
}

}  // namespace

LiveMeter::LiveMeter(OpenMeter opened, MonotonicTime max_gap)
    : opened_(std::move(opened)), max_gap_(max_gap), curve_(opened_.info), engine_(engine_of(opened_.info, max_gap)) {
  state_.info = opened_.info;
}

void LiveMeter::add(const meter::Segment& s) {
  if (s.retracts) state_.covered -= std::max(MonotonicTime::zero(), state_.reached_end - s.begin);
  if (s.retracts) over_j_ -= std::exchange(retractable_over_j_, 0);
  over_j_ += s.over_j;
  if (s.shape == meter::Segment::Shape::counter && s.counts == 0) retractable_over_j_ += s.over_j;
  if (s.shape != meter::Segment::Shape::gap) {
    counts_ += s.counts;
    state_.ambiguous += s.ambiguous;
    joules_ += s.joules;
    low_j_ += s.low_j;
    high_j_ += s.high_j;
    state_.covered += s.end - s.begin;
    state_.samples += s.samples;
  } else if (!s.goes_on) {
    state_.gaps.push_back({s.begin, s.end, s.joules});
  }
  const auto& segments = curve_.segments();
  const bool joins = !segments.empty() && latest_edge_ <= segments.back().begin && !s.retracts;
  joins ? curve_.append_merged(s) : curve_.append(s);
  state_.reached_end = s.goes_on ? s.begin : s.end;
}

void LiveMeter::take(MonotonicTime time, const meter::Reading& reading, bool after_suspend) {
  if (state_.first && time == state_.last) return;  // a second look at the same instant tells nothing
  last_ = reading;
  if (const auto* failed = std::get_if<meter::Failed>(&reading)) {
    constexpr std::size_t enough = 200;
    const std::string said = failed->text.empty() ? std::string(meter::text(failed->why)) : failed->text;
    state_.failure = said.substr(0, std::min(said.find('\n'), enough));
  }
  if (!state_.first) state_.first = time;
  state_.last = std::max(state_.last, time);
  const auto sink = [&](const meter::Segment& s) { add(s); };
  if (auto* counter = std::get_if<meter::CounterEngine>(&engine_)) {
    const auto* count = std::get_if<meter::Count>(&reading);
    counter->push({time, count != nullptr ? std::optional(count->value) : std::nullopt}, sink, after_suspend);
  } else {
    auto& power = std::get<meter::PowerEngine>(engine_);
    const auto* watts = std::get_if<meter::Watts>(&reading);
    power.push({time, watts != nullptr ? std::optional(*watts) : std::nullopt}, sink);
  }
  if (!state_.any_good) {
    const auto reached = std::visit([](const auto& e) { return e.reached(); }, engine_);
    if (reached) {
      state_.any_good = true;
      state_.reached_begin = *reached;
      state_.reached_end = *reached;
    }
  }
  note_events();
}

void LiveMeter::note_events() {
  state_.events = std::visit([](const auto& e) { return e.events(); }, engine_);
  state_.over_j = over_j_;
  if (const auto* power = std::get_if<meter::PowerEngine>(&engine_)) state_.over_j += power->loose_over_j();
}

void LiveMeter::finish() {
  if (auto* counter = std::get_if<meter::CounterEngine>(&engine_)) {
    counter->finish([&](const meter::Segment& s) { add(s); });
  }
  note_events();
}

void LiveMeter::give_up() {
  if (auto* counter = std::get_if<meter::CounterEngine>(&engine_)) {
    counter->give_up([&](const meter::Segment& s) { add(s); });
  }
  note_events();
}

void LiveMeter::add_late_ticks(std::int64_t ticks) {
  std::visit([&](auto& e) { e.events().late_ticks += ticks; }, engine_);
  note_events();
}

void LiveMeter::compact(const std::vector<MonotonicTime>& needed) {
  // The newest segment stays: the next region may begin inside of it (marker mode).
  const auto& segments = curve_.segments();
  const MonotonicTime newest = segments.empty() ? MonotonicTime{} : segments.back().begin;
  curve_.forget_before(needed.empty() ? newest : std::min(newest, needed.front()));
  curve_.merge_between(needed);
}

MeterPoint LiveMeter::point() const { return {counts_, joules_.value(), low_j_.value(), high_j_.value()}; }

MeterView LiveMeter::view(bool in_total, bool patient) const {
  MeterView view{.curve = &curve_, .in_total = in_total, .settled = MonotonicTime::min()};
  const auto* counter = std::get_if<meter::CounterEngine>(&engine_);
  if (counter != nullptr && (counter->has_suspect() || (patient && counter->is_doubted()))) return view;
  const auto reached = std::visit([](const auto& e) { return e.reached(); }, engine_);
  view.settled = std::max(reached.value_or(MonotonicTime::min()), state_.last - max_gap_);
  return view;
}

}  // namespace co2lib::tracker::detail
