// SPDX-License-Identifier: MIT
// price: energy samples times a series of carbon intensities.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/priced.hpp>
#include <co2lib/intensity/sample.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/timeline.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::intensity {

namespace detail {

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

  /// Adds up energy and energy times intensity by origin, and in all; `weight(sample)` is in J.
  template <class Weight>
  void run(std::span<const EnergySample> samples, Weight weight) {
    lines.clear();
    plain_ = nullptr;
    all = {};
    errors = {};
    std::vector<Segment>& segments = timeline_.segments;
    const bool linear = options_.mode == Mode::linear;
    std::size_t base = 0;  // segment of the current sample's start
    numeric::Sum inside;   // of the samples that lie wholly in it, for steps
    Line* line = nullptr;
    const auto flush = [&] {
      if (line == nullptr) return;
      line->energy += inside;
      add_product(*line, base, numeric::product(inside.value(), segments[base].value));
      inside = {};
    };
    for (std::size_t i = 0; i < samples.size();) {
      const EnergySample& sample = samples[i];
      if (line == nullptr || sample.start >= segments[base].end) {
        flush();
        while (sample.start >= segments[base].end) ++base;
        line = &use(base);
      }
      if (sample.end <= segments[base].end && !linear) {
        i = add_inside(samples, i, segments[base].end, inside, all, weight);
        continue;
      }
      const double w = weight(sample);
      all += w;
      if (sample.end == sample.start) {
        line->energy += w;
        add_product(*line, base, numeric::product(w, value(base, sample.start, sample.start)));
      } else {
        const std::size_t here = static_cast<std::size_t>(line - lines.data());
        spread(sample, base, w);
        line = &lines[here];  // spread may have added lines
      }
      ++i;
    }
    flush();
  }

  /// The mean of the records' errors; nothing where none knows its own. One without counts with `others`.
  [[nodiscard]] std::optional<RelativeError> error(const std::optional<RelativeError>& others) const {
    if (!errors.any) return std::nullopt;
    const double weight = errors.weight.value();
    if (!(weight > 0)) return errors.first;
    const double without = weight - errors.known.value();
    const RelativeError rest = others.value_or(RelativeError{});
    return RelativeError{(errors.low.value() + without * rest.low) / weight,
                         (errors.high.value() + without * rest.high) / weight};
  }

  std::vector<Line> lines;
  numeric::Sum all;  // J of all samples

 private:
  /// Sums over the records, each with what it priced (J * g/kWh) as its weight.
  struct Errors {
    bool any = false;
    RelativeError first;
    numeric::Sum weight;
    numeric::Sum known;
    numeric::Sum low;
    numeric::Sum high;
  };

  /// Adds the samples from `i` on that lie before `end` to both sums. Returns the first that does not. Never inlined,
  /// so that the sums stay in registers.
  template <class Weight>
  [[gnu::noinline]] static std::size_t add_inside(std::span<const EnergySample> samples, std::size_t i, UtcTime end,
                                                  numeric::Sum& inside, numeric::Sum& all, const Weight& weight) {
    numeric::TwoSums both(inside, all);
    for (; i < samples.size() && samples[i].end <= end && samples[i].start < end; ++i) both += weight(samples[i]);
    inside = both.first();
    all = both.second();
    return i;
  }

  void add_product(Line& line, std::size_t k, double product) {
    line.product += product;
    if (!has_errors_) return;
    const double weight = std::fabs(product);
    errors.weight += weight;
    const Segment& segment = timeline_.segments[k];
    const auto& known = timeline_.attributes(segment).error;
    if (!known || segment.filled) return;
    if (!errors.any) errors.first = *known;
    errors.any = true;
    errors.known += weight;
    errors.low += numeric::product(weight, known->low);
    errors.high += numeric::product(weight, known->high);
  }

  void spread(const EnergySample& sample, std::size_t k, double w) {
    const double length = ns(sample.start, sample.end);
    for (UtcTime p = sample.start; p < sample.end; ++k) {
      const Segment& segment = timeline_.segments[k];
      const UtcTime q = std::min(sample.end, segment.end);
      const double part = numeric::product(w, ns(p, q) / length);
      Line& line = use(k);
      line.energy += part;
      add_product(line, k, numeric::product(part, value(k, p, q)));
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
    // Most segments say of themselves what the one before said.
    const bool plain = !segment.filled && !std::isnan(segment.value) && attributes.flags.empty();
    if (plain && &attributes == plain_ && options_.mode == Mode::step) return lines[plain_line_];
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
    std::size_t at = 0;
    while (at < lines.size() && lines[at].origin != origin) ++at;
    if (at == lines.size()) lines.push_back(Line{std::string(origin), {}, {}});
    if (plain) plain_ = &attributes, plain_line_ = at;
    return lines[at];
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
  const bool has_errors_ = timeline_.has_errors();
  const Record* plain_ = nullptr;  // attributes of a segment that said nothing but these, and their line
  std::size_t plain_line_ = 0;
  Errors errors;
};

/// The window of the samples and the time they cover; refuses what cannot be priced.
struct Window {
  explicit Window(std::span<const EnergySample> samples) {
    constexpr auto longest = std::chrono::nanoseconds(std::chrono::hours(200 * 366 * 24));
    const UtcTime limit =
        samples.front().start > UtcTime::max() - longest ? UtcTime::max() : samples.front().start + longest;
    double covered = 0;
    from = samples.front().start;
    UtcTime last = from;    // end of all before
    UtcTime latest = from;  // start of the latest sample
    bool length = false;
    for (const EnergySample& s : samples) {
      const double energy_j = s.energy.joules();
      const bool good = s.end >= s.start && s.start >= latest && s.end <= limit && energy_j >= 0 &&
                        energy_j <= std::numeric_limits<double>::max();
      if (!good) refuse(s, latest, limit);
      latest = s.start;
      if (s.end > last) {
        covered += ns(std::max(s.start, last), s.end);
        last = s.end;
      }
      length |= s.end > s.start;
    }
    to = last;
    zero_length = !length;
    // Without length, `latest` must be inside too.
    must_cover = std::max(to, latest + std::chrono::nanoseconds(1));
    length_h = covered / ns_per_hour;
  }

  UtcTime from;
  UtcTime to;
  UtcTime must_cover;
  double length_h = 0;  // covered by samples
  bool zero_length = true;

 private:
  [[noreturn]] static void refuse(const EnergySample& s, UtcTime latest, UtcTime limit) {
    if (s.end < s.start) fail("bad_time", "a sample ends before it starts: " + range_text(s.start, s.end));
    if (s.start < latest) {
      fail("bad_time", "samples must be sorted by start; " + range_text(s.start, s.end) +
                           " comes after one that starts at " + format_utc(latest));
    }
    if (s.end > limit && s.energy.joules() >= 0 && !std::isinf(s.energy.joules())) {
      fail("bad_time", "the samples are spread over more than 200 years");
    }
    fail("bad_value", "the energy of the sample " + range_text(s.start, s.end) +
                          " is negative or not a number; energy is a finite number >= 0");
  }
};

inline double filled_hours(std::span<const EnergySample> samples, const std::vector<Segment>& segments) {
  if (std::none_of(segments.begin(), segments.end(), [](const Segment& s) { return s.filled; })) return 0;
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

/// `others`: the error of records that know none of their own, where others do.
inline Priced price(std::span<const EnergySample> samples, const Window& window, const Trace& trace,
                    const PriceOptions& options, const std::optional<RelativeError>& others = std::nullopt) {
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
  result.hours = window.length_h;
  Timeline timeline(trace, window.from, window.must_cover, options);
  Pricer pricer(timeline, result, options);
  pricer.run(samples, [](const EnergySample& s) { return s.energy.joules(); });
  result.energy = Energy::from_joules(pricer.all.value());

  numeric::Sum total;
  for (const Pricer::Line& line : pricer.lines) {
    total += line.product;
    result.origins.push_back({line.origin, Energy::from_joules(line.energy.value()),
                              CarbonMass::from_grams(line.product.value() / joules_per_kwh)});
  }
  result.mass = CarbonMass::from_grams(total.value() / joules_per_kwh);
  if (!std::isfinite(result.mass.grams())) fail("bad_value", "the carbon mass is out of range");
  if (pricer.lines.size() == 1) result.origins[0].energy = result.energy;
  result.error = pricer.error(others);
  if (result.energy.joules() > 0) {
    result.mean = CarbonIntensity::from_g_per_kwh(total.value() / result.energy.joules());
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
    result = detail::price(samples, window, *source.trace(), options, source.relative_error());
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
    result = detail::price(samples, window, trace, options, source.relative_error());
  }
  if (!result.error) result.error = source.relative_error();
  return result;
}

inline Priced Trace::price(std::span<const EnergySample> samples, const PriceOptions& options) const {
  return intensity::price(samples, *this, options);
}
inline Priced Trace::price(std::span<const EnergySample> samples) const { return intensity::price(samples, *this); }

/// The same energy priced with two series or sources.
struct Repriced {
  Priced before;  ///< with the stored one
  Priced after;   ///< with the other one

  [[nodiscard]] Energy energy() const noexcept { return before.energy; }  ///< of the samples, the same for both
  /// After less before; below 0: less carbon.
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

}  // namespace co2lib::intensity
