// SPDX-License-Identifier: MIT
// Variants of a bill of materials. A value of an axis is read once; from one variant to the next only the fields
// that differ are set.
#include <co2lib/embodied/explore.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "detail/json.hpp"
#include "embodied/field_in.hpp"

namespace co2lib::embodied {

namespace {

using co2lib::detail::DocumentValue;

constexpr std::size_t most_points = 10'000'000;

/// What a value of an axis changes.
using Edit = std::function<void(Bom&)>;

/// A value as it stands in a file; the axis is its path in messages.
class Value {
 public:
  Value(const std::string& axis, const std::string& text) : file_("axis"), axis_(axis) {
    // As the value of a key, for a text alone is no document.
    top_ = bom_document("value: " + text + "\n", file_);
    if (top_.entries.size() != 1) bad(fmt::format("'{}' is not one value", text.substr(0, 60)));
  }
  [[nodiscard]] Spot spot() const { return {top_.entries.front().value, file_, axis_}; }
  [[nodiscard]] bool is_null() const { return top_.entries.front().value.is_null(); }
  [[noreturn]] void bad(const std::string& why) const { throw Error("embodied.bad_bom", axis_ + ": " + why); }

 private:
  std::string file_;
  std::string axis_;
  DocumentValue top_;
};

Edit edit_of_bom(const std::string& axis, const Value& value) {
  if (axis == "truncation") {
    if (value.is_null()) return [](Bom& bom) { bom.truncation.reset(); };
    return [factor = factor_in(value.spot(), "1", "truncation")](Bom& bom) { bom.truncation = factor; };
  }
  if (value.is_null()) return [](Bom& bom) { bom.lifetime_years.reset(); };
  if (is_name(value.spot().value)) {
    return [row = RowId{value.spot().value.text}](Bom& bom) { bom.lifetime_years = row; };
  }
  return [factor = factor_in(value.spot(), "year", "lifetime")](Bom& bom) { bom.lifetime_years = factor; };
}

Edit edit_of_part(const Bom& bom, const std::string& axis, const Value& value) {
  const std::size_t dot = axis.rfind('.');
  const std::string id = axis.substr(0, dot == std::string::npos ? 0 : dot);
  const std::string key = axis.substr(dot + 1);
  const auto found = std::find_if(bom.parts.begin(), bom.parts.end(), [&](const Part& p) { return p.id == id; });
  if (found == bom.parts.end()) {
    std::string known;
    for (std::size_t i = 0; i < std::min<std::size_t>(bom.parts.size(), 20); ++i) {
      known.append(known.empty() ? "" : ", ").append(bom.parts[i].id);
    }
    value.bad(
        fmt::format("no part has the id '{}'; an axis is lifetime_years, truncation, or a part and its field, "
                    "such as soc.node; parts: {}",
                    id, known));
  }
  const auto at = static_cast<std::size_t>(found - bom.parts.begin());
  if (key == "qty") {
    const auto pieces = static_cast<double>(integer_in(value.spot(), 0));
    return [at, pieces](Bom& b) { b.parts[at].quantity = pieces; };
  }
  if (std::find(part_keys.begin(), part_keys.end(), key) != part_keys.end()) {
    value.bad(fmt::format("the field {} is not varied; of those that all classes have only qty is", key));
  }
  Part scratch{.id = found->id, .part_class = found->part_class, .place = found->place};
  const ClassRule* rule = class_rule(found->part_class);
  if (rule == nullptr) value.bad(fmt::format("'{}' is not a class", found->part_class));
  const bool known =
      std::any_of(rule->fields.begin(), rule->fields.end(), [&](const FieldRule& f) { return f.name == key; });
  if (!value.is_null() || !known) read_field(scratch, *rule, value.spot(), key);
  return [at, key, fields = std::move(scratch.fields)](Bom& b) {
    auto& own = b.parts[at].fields;
    std::erase_if(own, [&](const auto& field) { return field.first == key || field.first.starts_with(key + "."); });
    own.insert(fields.begin(), fields.end());
  };
}

std::vector<std::vector<Edit>> edits_of(const Bom& bom, const std::vector<Axis>& axes) {
  std::vector<std::vector<Edit>> edits;
  std::set<std::string> seen;
  std::size_t points = 1;
  if (axes.empty()) out_of_range("axes: give at least one");
  for (const Axis& axis : axes) {
    if (!seen.insert(axis.field).second) {
      throw Error("embodied.bad_bom", axis.field + ": the axis stands twice; give all of its values in one");
    }
    if (axis.values.empty()) out_of_range(axis.field + ": the axis has no values");
    if (points > most_points / axis.values.size()) out_of_range("more than 10^7 variants; leave some values out");
    points *= axis.values.size();
    edits.emplace_back();
    for (const std::string& text : axis.values) {
      const Value value(axis.field, text);
      const bool whole = axis.field == "truncation" || axis.field == "lifetime_years";
      edits.back().push_back(whole ? edit_of_bom(axis.field, value) : edit_of_part(bom, axis.field, value));
    }
  }
  return edits;
}

void mark_front(std::vector<DesignPoint>& points) {
  const auto figure = [&](std::size_t i) { return points[i].figure.value_or(0); };
  std::vector<std::size_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (points[a].value != points[b].value) return points[a].value < points[b].value;
    return figure(a) != figure(b) ? figure(a) < figure(b) : a < b;
  });
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t first = 0; first < order.size();) {  // those of one carbon
    std::size_t end = first;
    while (end < order.size() && points[order[end]].value == points[order[first]].value) ++end;
    const double here = figure(order[first]);
    for (std::size_t i = first; i < end && here < least && figure(order[i]) == here; ++i)
      points[order[i]].on_front = true;
    least = std::min(least, here);
    first = end;
  }
}

DesignPoint point_of(const Bom& bom, const ExploreOptions& options, std::vector<std::size_t> choice,
                     std::vector<Issue>& issues) {
  const BomFootprint whole = bom.footprint({.seed = options.seed,
                                            .draws = options.draws,
                                            .ci_table = options.ci_table,
                                            .factors = options.factors,
                                            .ranks = false});
  DesignPoint point{.choice = std::move(choice)};
  const auto take = [&](const Estimate<CarbonMass>& carbon) {
    point.value = *carbon.value;
    point.bounds = *carbon.bounds;
    point.interval = carbon.interval;
  };
  if (options.reserved) {
    take(share(whole, {.reserved = *options.reserved}));
  } else {
    take(whole);
  }
  add_issues(issues, whole.issues);
  if (options.figure) {
    point.figure = options.figure(point.choice);
    if (*point.figure != *point.figure) out_of_range("figure: it returned NaN; return a number that is to be small");
  }
  return point;
}

}  // namespace

Exploration explore(const Bom& bom, const std::vector<Axis>& axes, const ExploreOptions& options) {
  const std::vector<std::vector<Edit>> edits = edits_of(bom, axes);
  Exploration result{.axes = axes, .draws = options.draws, .seed = options.seed};
  Bom variant = bom;
  std::vector<std::size_t> choice(axes.size(), 0);
  for (std::size_t a = 0; a < axes.size(); ++a) edits[a][0](variant);
  while (true) {
    result.points.push_back(point_of(variant, options, choice, result.issues));
    std::size_t a = axes.size();
    while (a > 0) {
      --a;
      choice[a] = (choice[a] + 1) % edits[a].size();
      edits[a][choice[a]](variant);
      if (choice[a] != 0) break;
      if (a == 0) {
        mark_front(result.points);
        return result;
      }
    }
  }
}

std::vector<std::size_t> Exploration::front() const {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].on_front) numbers.push_back(i);
  }
  std::sort(numbers.begin(), numbers.end(), [&](std::size_t a, std::size_t b) {
    return points[a].value != points[b].value ? points[a].value < points[b].value : a < b;
  });
  return numbers;
}

std::string Exploration::to_json() const {
  using co2lib::detail::json_list;
  using co2lib::detail::JsonObject;
  using co2lib::detail::JsonWriter;
  const auto ends = [](const Interval<CarbonMass>& i) { return std::array{i.low.kilograms(), i.high.kilograms()}; };
  return JsonWriter::object([&](JsonWriter& o) {
    o.add("schema", "co2lib-exploration/1");
    o.add("axes", json_list(axes, [](const Axis& axis) {
            return JsonObject{[&axis](JsonWriter& a) {
              a.add("field", axis.field);
              a.add("values", axis.values);
            }};
          }));
    o.add("seed", seed);
    o.add("draws", draws);
    o.add("points", json_list(points, [&ends](const DesignPoint& point) {
            return JsonObject{[&](JsonWriter& p) {
              p.add("choice", point.choice);
              p.add("value_kg", point.value.kilograms());
              p.add("bounds_kg", ends(point.bounds));
              p.add("interval_kg", point.interval ? std::optional(ends(*point.interval)) : std::nullopt);
              p.add("figure", point.figure);
              p.add("on_front", point.on_front);
            }};
          }));
    o.add("issues", issues);
  });
}

}  // namespace co2lib::embodied
