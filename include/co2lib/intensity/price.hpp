// SPDX-License-Identifier: MIT
// price: energy samples times a series of carbon intensities.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

/// Energy used over `[start, end)`, evenly spread inside.
struct EnergySample {
  UtcTime start{};
  UtcTime end{};
  Energy energy{};

  bool operator==(const EnergySample&) const = default;
};

/// What to do where the series has no value.
enum class Gap : std::uint8_t {
  fail,         ///< `intensity.gap`, naming the interval
  hold,         ///< repeat the previous value, at most `max_hold` long
  interpolate,  ///< interval number by interval number between the two known neighbours
  climatology,  ///< mean of the same UTC hour of the 7 days before, at least 3 known
};

/// The value between stamps.
enum class Mode : std::uint8_t {
  step,    ///< constant over the interval
  linear,  ///< straight lines through knots at the interval starts, constant after the last knot
};

[[nodiscard]] constexpr std::string_view text(Gap x) noexcept {
  constexpr std::string_view names[] = {"fail", "hold", "interpolate", "climatology"};
  return names[static_cast<std::size_t>(x)];
}
[[nodiscard]] constexpr std::string_view text(Mode x) noexcept { return x == Mode::step ? "step" : "linear"; }

struct PriceOptions {
  Gap gap = Gap::fail;
  Mode mode = Mode::step;
  std::chrono::nanoseconds max_hold = std::chrono::hours(6);  ///< from the end of the last known interval
};

/// The part of a total that one origin (`trace`, `live`, `annual_factor`, `climatology`, ...) priced.
struct OriginLine {
  std::string origin;
  Energy energy;
  CarbonMass mass;

  bool operator==(const OriginLine&) const = default;
};

/// The carbon of energy samples, and how it was priced.
struct Priced {
  CarbonMass mass{};
  Energy energy{};
  std::optional<CarbonIntensity> mean{};  ///< mass / energy; without energy the mean over the time asked for
  double coverage = 1;                    ///< part of the time that had values of its own; 1 - filled_hours / hours
  double filled_hours = 0;                ///< time filled by the gap policy, in h
  double hours = 0;                       ///< time that the samples cover, in h
  Signal signal = Signal::average;
  Scope scope = Scope::lifecycle;
  Mode mode = Mode::step;
  std::optional<RelativeError> error{};  ///< of the intensity, where its source knows it
  std::vector<OriginLine> origins{};     ///< they sum to the total
  std::vector<Issue> issues{};
  std::vector<Source> sources{};

  bool operator==(const Priced&) const = default;
};

namespace detail {

inline constexpr double ns_per_hour = 3.6e12;

inline double ns(UtcTime a, UtcTime b) noexcept { return static_cast<double>((b - a).count()); }

/// What a flag of a record says about its value at a time, to people.
inline std::string flag_text(std::string_view flag, const Record& r, UtcTime time) {
  const std::string own = " " + std::string(text(r.scope)) + " factor";
  const std::string& via = r.source.id;
  if (flag == "wider_place" && !r.zone.empty() && !via.empty()) {
    return r.zone + " has no" + own + "; that of " + via + " is used";
  }
  if (flag == "estimated_factor" && !via.empty()) {
    return "nobody publishes the" + own + " of " + via + "; this one is " + r.source.text;
  }
  if (const int year = utc_year(time); flag == "old_factor" && r.source.year != 0 && year > r.source.year) {
    return "the factor is of " + std::to_string(r.source.year) + ", " + std::to_string(year - r.source.year) +
           " years before " + std::to_string(year);
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> texts{{
      {"filled_hold", "a gap of the series was filled with the value before it"},
      {"filled_interpolate", "a gap of the series was filled by interpolation"},
      {"filled_climatology", "a gap of the series was filled with the same hour of the days before"},
      {"wider_place", "the factor is that of a wider place"},
      {"estimated_factor", "nobody publishes the factor; it is an estimate"},
      {"old_factor", "the newest factor of the place is more than five years older than the time priced"},
      {"world_average", "the world average stands for the place"},
      {"annual_factor", "an annual factor stands for the hours"},
      {"negative", "a negative marginal intensity entered the total"},
      {"stale", "a value that had ended was used"},
  }};
  for (const auto& [code, meaning] : texts) {
    if (code == flag) return std::string(meaning);
  }
  return {};
}

/// A flag of a record as the issue that a total carries which was priced with it, first at this time.
inline Issue remark(const std::string& flag, const Record& r, UtcTime time) {
  return {flag, r.zone, flag_text(flag, r, time)};
}

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
        s.value = climatology(s.start);
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

  /// The mean over the hour of `t` of the known values, over those of the 7 days before that have some; NaN for fewer
  /// than 3.
  [[nodiscard]] double climatology(UtcTime t) const {
    const UtcTime hour = std::chrono::floor<std::chrono::hours>(t);
    numeric::Sum sum;
    int days = 0;
    for (int j = 1; j <= 7; ++j) {
      const UtcTime a = hour - std::chrono::days(j);
      const UtcTime b = a + std::chrono::hours(1);
      const std::vector<Cell>& cells = trace_.cells_;
      numeric::Sum weighted;
      double length = 0;
      for (auto c = std::partition_point(cells.begin(), cells.end(), [&](const Cell& x) { return x.end <= a; });
           c != cells.end() && c->start < b; ++c) {
        if (std::isnan(c->value)) continue;
        const double part = ns(std::max(a, c->start), std::min(b, c->end));
        weighted += numeric::product(c->value, part);
        length += part;
      }
      if (length == 0) continue;
      sum += weighted.value() / length;
      ++days;
    }
    return days >= 3 ? sum.value() / days : missing;
  }

  const Trace& trace_;
  const PriceOptions& options_;
};

/// The merge pass: every sample meets the segments it overlaps.
class Pricer {
 public:
  struct Line {
    std::string origin;
    numeric::Sum energy;   // J
    numeric::Sum product;  // J * g/kWh
  };

  Pricer(Timeline& timeline, Priced& result, const PriceOptions& options)
      : timeline_(timeline), result_(result), options_(options) {}

  /// Adds up energy and energy times intensity by origin; `weight(sample)` is in J.
  template <class Weight>
  void run(std::span<const EnergySample> samples, Weight weight) {
    lines.clear();
    std::vector<Segment>& segments = timeline_.segments;
    const bool linear = options_.mode == Mode::linear;
    std::size_t base = 0;  // segment of the current sample's start
    numeric::Sum inside;   // of the samples that lie wholly in it, for steps
    Line* line = nullptr;
    const auto flush = [&] {
      if (line == nullptr) return;
      line->energy += inside;
      line->product += numeric::product(inside.value(), segments[base].value);
      inside = {};
    };
    for (const EnergySample& sample : samples) {
      if (line == nullptr || sample.start >= segments[base].end) {
        flush();
        while (sample.start >= segments[base].end) ++base;
        line = &use(base);
      }
      const double w = weight(sample);
      if (sample.end <= segments[base].end && !linear) {
        inside += w;
      } else if (sample.end == sample.start) {
        line->energy += w;
        line->product += numeric::product(w, value(base, sample.start, sample.start));
      } else {
        const std::size_t here = static_cast<std::size_t>(line - lines.data());
        spread(sample, base, w);
        line = &lines[here];  // spread may have added lines
      }
    }
    flush();
  }

  std::vector<Line> lines;

 private:
  void spread(const EnergySample& sample, std::size_t k, double w) {
    const double length = ns(sample.start, sample.end);
    for (UtcTime p = sample.start; p < sample.end; ++k) {
      const Segment& segment = timeline_.segments[k];
      const UtcTime q = std::min(sample.end, segment.end);
      const double part = numeric::product(w, ns(p, q) / length);
      Line& line = use(k);
      line.energy += part;
      line.product += numeric::product(part, value(k, p, q));
      p = q;
    }
  }

  /// Mean over `[p, q)` inside segment `k`, or the value at `p == q`.
  [[nodiscard]] double value(std::size_t k, UtcTime p, UtcTime q) const {
    const Segment& s = timeline_.segments[k];
    if (options_.mode == Mode::step || k + 1 == timeline_.segments.size()) return s.value;
    const double middle = (ns(s.start, p) + ns(s.start, q)) / 2;
    return s.value + numeric::product(timeline_.segments[k + 1].value - s.value, middle / ns(s.start, s.end));
  }

  Line& use(std::size_t k) {
    Segment& segment = timeline_.segments[k];
    const Record& attributes = timeline_.attributes(segment);
    if (!segment.used) {
      segment.used = true;
      remark(segment, attributes);
      if (options_.mode == Mode::linear && k + 1 < timeline_.segments.size()) {
        const Segment& knot = timeline_.segments[k + 1];
        remark(knot, timeline_.attributes(knot));
      }
    }
    const std::string_view origin = segment.filled
                                        ? (options_.gap == Gap::climatology ? "climatology" : text(options_.gap))
                                    : attributes.origin.empty() ? "trace"
                                                                : std::string_view(attributes.origin);
    for (Line& line : lines) {
      if (line.origin == origin) return line;
    }
    return lines.emplace_back(Line{std::string(origin), {}, {}});
  }

  void remark(const Segment& segment, const Record& attributes) {
    if (std::isnan(segment.value)) {
      fail("gap",
           "the series" + (attributes.zone.empty() ? "" : " of " + attributes.zone) + " has no value in " +
               range_text(segment.start, segment.end) +
               (options_.gap == Gap::fail
                    ? "; choose a gap policy (hold, interpolate, climatology) or other data"
                    : ", and the gap policy '" + std::string(text(options_.gap)) + "' cannot fill it"),
           {{"start", format_utc(segment.start)}, {"end", format_utc(segment.end)}});
    }
    if (!attributes.source.id.empty()) add_source(result_.sources, attributes.source);
    const auto add = [&](const std::string& flag) {
      add_issue(result_.issues, detail::remark(flag, attributes, segment.start));
    };
    if (segment.filled) {
      add("filled_" + std::string(text(options_.gap)));
    } else {
      for (const std::string& flag : attributes.flags) add(flag);
    }
  }

  Timeline& timeline_;
  Priced& result_;
  const PriceOptions& options_;
};

/// The window of the samples, their energy and the time they cover; refuses what cannot be priced.
struct Window {
  explicit Window(std::span<const EnergySample> samples) {
    constexpr auto longest = std::chrono::nanoseconds(std::chrono::hours(200 * 366 * 24));
    const UtcTime limit =
        samples.front().start > UtcTime::max() - longest ? UtcTime::max() : samples.front().start + longest;
    numeric::Sum joules;
    double covered = 0;
    from = samples.front().start;
    to = from;
    UtcTime latest = from;  // start of the latest sample
    for (const EnergySample& s : samples) {
      if (s.end < s.start) {
        fail("bad_time", "a sample ends before it starts: " + range_text(s.start, s.end));
      }
      if (s.start < latest) {
        fail("bad_time", "samples must be sorted by start; " + range_text(s.start, s.end) +
                             " comes after one that starts at " + format_utc(latest));
      }
      if (!(s.energy.joules() >= 0) || std::isinf(s.energy.joules())) {
        fail("bad_value", "the energy of the sample " + range_text(s.start, s.end) +
                              " is negative or not a number; energy is a finite number >= 0");
      }
      latest = s.start;
      joules += s.energy.joules();
      if (s.end > limit) {
        fail("bad_time", "the samples are spread over more than 200 years");
      }
      if (s.end > to) {
        covered += ns(std::max(s.start, to), s.end);
        to = s.end;
      }
      if (s.end > s.start) zero_length = false;
    }
    // Without length, `latest` must be inside too.
    must_cover = std::max(to, latest + std::chrono::nanoseconds(1));
    energy = Energy::from_joules(joules.value());
    length_h = covered / ns_per_hour;
  }

  UtcTime from;
  UtcTime to;
  UtcTime must_cover;
  Energy energy;
  double length_h = 0;  // covered by samples
  bool zero_length = true;
};

inline double filled_hours(std::span<const EnergySample> samples, const std::vector<Segment>& segments) {
  double filled = 0;
  std::size_t k = 0;
  UtcTime counted = samples.front().start;
  for (const EnergySample& s : samples) {
    counted = std::max(counted, s.start);
    while (counted < s.end) {
      while (segments[k].end <= counted) ++k;
      const UtcTime q = std::min(s.end, segments[k].end);
      if (segments[k].filled) filled += ns(counted, q);
      counted = q;
    }
  }
  return filled / ns_per_hour;
}

inline Priced price(std::span<const EnergySample> samples, const Window& window, const Trace& trace,
                    const PriceOptions& options) {
  if (trace.empty()) {
    fail("no_data", "there are no carbon intensities for " + range_text(window.from, window.must_cover), {},
         ErrorCategory::lookup);
  }
  if (window.from < trace.start() || window.must_cover > trace.end()) {
    fail("out_of_range", "the energy of " + range_text(window.from, window.to) +
                             " lies outside the carbon intensities " + range_text(trace.start(), trace.end()) +
                             "; values are never extrapolated");
  }
  Priced result;
  result.signal = trace.signal();
  result.scope = trace.scope();
  result.mode = options.mode;
  result.energy = window.energy;
  result.hours = window.length_h;
  Timeline timeline(trace, window.from, window.must_cover, options);
  Pricer pricer(timeline, result, options);
  pricer.run(samples, [](const EnergySample& s) { return s.energy.joules(); });

  numeric::Sum total;
  for (const Pricer::Line& line : pricer.lines) {
    total += line.product;
    result.origins.push_back({line.origin, Energy::from_joules(line.energy.value()),
                              CarbonMass::from_grams(line.product.value() / joules_per_kwh)});
  }
  result.mass = CarbonMass::from_grams(total.value() / joules_per_kwh);
  if (!std::isfinite(result.mass.grams())) fail("bad_value", "the carbon mass is out of range");
  if (pricer.lines.size() == 1) result.origins[0].energy = result.energy;
  if (result.energy.joules() > 0) {
    result.mean = CarbonIntensity::from_g_per_kwh(total.value() / window.energy.joules());
  } else {
    pricer.run(samples, [&](const EnergySample& s) { return window.zero_length ? 1.0 : ns(s.start, s.end); });
    numeric::Sum weight;
    numeric::Sum weighted;
    for (const Pricer::Line& line : pricer.lines) {
      weight += line.energy;
      weighted += line.product;
    }
    result.mean = CarbonIntensity::from_g_per_kwh(weighted.value() / weight.value());
  }
  if (options.gap != Gap::fail) {
    result.filled_hours = filled_hours(samples, timeline.segments);
    if (result.hours > 0) result.coverage = 1 - result.filled_hours / result.hours;
  }
  return result;
}

}  // namespace detail

/// Grams of energy samples priced with a series: energy times the mean of the series over each sample.
///
/// Samples are sorted by start and may overlap; a hole between them has no energy. Cutting a sample anywhere, with
/// energies proportional to the lengths, changes the total by at most 1e-12 relative. One merge pass over samples and
/// intervals, compensated sums. Throws `intensity.bad_time` (a sample ends before it starts, or is not in order),
/// `bad_value` (energy negative or not finite), `out_of_range` (energy before or after the series), `gap` and
/// `no_data`.
[[nodiscard]] inline Priced price(std::span<const EnergySample> samples, const Trace& trace,
                                  const PriceOptions& options = {}) {
  if (samples.empty()) {
    Priced none;
    none.signal = trace.signal();
    none.scope = trace.scope();
    none.mode = options.mode;
    return none;
  }
  return detail::price(samples, detail::Window(samples), trace, options);
}

/// As above, with what the source answers for the time of the samples; its errors pass through.
[[nodiscard]] inline Priced price(std::span<const EnergySample> samples, const IntensitySource& source,
                                  const PriceOptions& options = {}) {
  Priced result;
  if (samples.empty()) {
    const Description what = source.describe();
    result.signal = what.signal;
    result.scope = what.scope;
    result.mode = options.mode;
  } else if (const detail::Window window(samples); source.trace() != nullptr) {
    result = detail::price(samples, window, *source.trace(), options);
  } else {
    // What a gap is filled from may lie outside the window.
    const std::chrono::nanoseconds before = options.gap == Gap::hold ? options.max_hold
                                            : options.gap == Gap::climatology
                                                ? std::chrono::days(7) + std::chrono::hours(1)
                                            : options.gap == Gap::interpolate ? std::chrono::days(1)
                                                                              : std::chrono::nanoseconds(0);
    const std::chrono::nanoseconds after =
        options.gap == Gap::interpolate ? std::chrono::nanoseconds(std::chrono::days(1)) : std::chrono::nanoseconds(0);
    Trace trace = source.between(window.from - before, window.must_cover + after);
    if (options.mode == Mode::linear && !trace.empty()) {
      // The knot that closes the last interval.
      trace = source.between(window.from - before,
                             std::max(trace.end(), window.must_cover + after) + std::chrono::nanoseconds(1));
    }
    result = detail::price(samples, window, trace, options);
  }
  result.error = source.relative_error();
  return result;
}

inline Priced Trace::price(std::span<const EnergySample> samples, const PriceOptions& options) const {
  return intensity::price(samples, *this, options);
}
inline Priced Trace::price(std::span<const EnergySample> samples) const { return intensity::price(samples, *this); }

/// One total of parts that were priced apart; hours and filled hours add up over the parts.
///
/// Average with marginal, or lifecycle with direct, is `intensity.mixed_signals`. `mode` and `error` are those of the
/// parts where they agree; otherwise `linear`, and no error.
[[nodiscard]] inline Priced combine(std::span<const Priced> parts) {
  Priced total;
  if (parts.empty()) return total;
  total.signal = parts[0].signal;
  total.scope = parts[0].scope;
  total.error = parts[0].error;
  numeric::Sum joules;
  numeric::Sum grams;
  for (const Priced& part : parts) {
    if (part.signal != total.signal || part.scope != total.scope) {
      detail::fail("mixed_signals", "a total of " + std::string(text(total.signal)) + ", " +
                                        std::string(text(total.scope)) + " intensities and " +
                                        std::string(text(part.signal)) + ", " + std::string(text(part.scope)) +
                                        " ones has no meaning; report them side by side");
    }
    joules += part.energy.joules();
    grams += part.mass.grams();
    total.hours += part.hours;
    total.filled_hours += part.filled_hours;
    if (part.mode == Mode::linear) total.mode = Mode::linear;
    if (part.error != total.error) total.error.reset();
    for (const OriginLine& line : part.origins) {
      const auto same = std::find_if(total.origins.begin(), total.origins.end(),
                                     [&](const OriginLine& known) { return known.origin == line.origin; });
      if (same == total.origins.end()) {
        total.origins.push_back(line);
      } else {
        same->energy += line.energy;
        same->mass += line.mass;
      }
    }
    add_issues(total.issues, part.issues);
    for (const Source& source : part.sources) add_source(total.sources, source);
  }
  total.energy = Energy::from_joules(joules.value());
  total.mass = CarbonMass::from_grams(grams.value());
  if (total.energy.joules() > 0) total.mean = total.mass / total.energy;
  if (total.hours > 0) total.coverage = 1 - total.filled_hours / total.hours;
  return total;
}

/// The same energy priced with two series or sources.
struct Repriced {
  Priced before;
  Priced after;

  [[nodiscard]] Energy energy() const noexcept { return before.energy; }
  [[nodiscard]] CarbonMass difference() const noexcept { return after.mass - before.mass; }
};

/// Prices stored samples with the stored series and with another (each a Trace or an IntensitySource).
///
/// Energy is unchanged bit for bit; with the stored series the grams are too. Throws as `price`.
template <class Stored, class Other>
[[nodiscard]] Repriced reprice(std::span<const EnergySample> samples, const Stored& stored, const Other& other,
                               const PriceOptions& options = {}) {
  return {price(samples, stored, options), price(samples, other, options)};
}

/// `12.3 g CO2e for 41 Wh at 300 g CO2e/kWh (average, lifecycle)`
[[nodiscard]] inline std::string to_string(const Priced& p) {
  std::string line = to_string(p.mass) + " for " + to_string(p.energy);
  if (p.mean) line += " at " + to_string(*p.mean);
  return line.append(" (").append(text(p.signal)).append(", ").append(text(p.scope)).append(")");
}

}  // namespace co2lib::intensity

template <>
inline constexpr bool co2lib::has_text<co2lib::intensity::Priced> = true;
