// SPDX-License-Identifier: MIT
// Room `record`: what every result carries besides its value: bounds, interval, issues, sources.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace co2lib {

/// True for the types of this library that `to_string` writes; `<co2lib/format.hpp>` lets fmt print those, and no
/// others.
template <class T>
inline constexpr bool has_text = false;

/// A remark or a failure that did not end the call.
///
/// `code` is stable; a code with a dot (`intensity.stale_cache`) is a domain's error, one without is a remark.
/// `subject` is what it is about (a meter's id, a file, a location); `text` says it to people, with the remedy.
struct Issue {
  std::string code;     ///< stable, for programs: `location_unknown`
  std::string subject;  ///< what it is about; empty: the whole
  std::string text;     ///< for people, with the remedy; may be empty

  bool operator==(const Issue&) const = default;
};

/// Where a number comes from; `year` is 0 where the source has none.
struct Source {
  std::string id;       ///< stable, for programs: `cea2025`
  std::string text;     ///< for people: author, title, table
  int year = 0;         ///< of the data or the publication; 0: none
  std::string licence;  ///< SPDX identifier or a few words; empty: not known

  bool operator==(const Source&) const = default;
};

/// True if an issue with this code is in the list.
[[nodiscard]] inline bool has_issue(const std::vector<Issue>& issues, std::string_view code) {
  return std::any_of(issues.begin(), issues.end(), [&](const Issue& issue) { return issue.code == code; });
}

/// Appends an issue unless one with the same code and subject is already there.
inline void add_issue(std::vector<Issue>& issues, Issue issue) {
  const bool known = std::any_of(issues.begin(), issues.end(),
                                 [&](const Issue& i) { return i.code == issue.code && i.subject == issue.subject; });
  if (!known) issues.push_back(std::move(issue));
}

/// Appends every issue of `more` that is not there yet.
inline void add_issues(std::vector<Issue>& issues, const std::vector<Issue>& more) {
  for (const Issue& issue : more) add_issue(issues, issue);
}

/// Appends a source unless it is already there.
inline void add_source(std::vector<Source>& sources, const Source& source) {
  if (std::find(sources.begin(), sources.end(), source) == sources.end()) sources.push_back(source);
}

/// A value or the issue that says why there is none; what rooms return instead of throwing.
template <class T>
class [[nodiscard]] Result {
 public:
  /// A value.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  /// A failure.
  Result(Issue issue) : state_(std::in_place_index<1>, std::move(issue)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] explicit operator bool() const noexcept { return state_.index() == 0; }  ///< true if there is a value
  [[nodiscard]] const T& operator*() const& { return std::get<0>(state_); }  ///< the value; only there if there is one
  /// The value; only there if there is one.
  [[nodiscard]] T&& operator*() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(state_); }  ///< the value; only there if there is one

  /// The failure; only there if the result has no value.
  [[nodiscard]] const Issue& issue() const { return std::get<1>(state_); }

 private:
  std::variant<T, Issue> state_;
};

/// A range of a quantity. `confidence` is the probability that the truth lies inside; 1 for hard bounds.
template <class Q>
struct Interval {
  Q low{};                   ///< lower end, part of the range
  Q high{};                  ///< upper end, part of the range
  double confidence = 0.95;  ///< in (0, 1]

  bool operator==(const Interval&) const = default;
};

/// A quantity with how sure it is.
///
/// `value` is absent where nothing is known. `bounds` is where the value must lie if the readings are right (gaps,
/// resets and ambiguous wraps widen it); `interval` is `bounds` widened by sensor and model error.
template <class Q>
struct Estimate {
  std::optional<Q> value{};               ///< the best known; none where nothing is known
  std::optional<Interval<Q>> bounds{};    ///< hard bounds; none where nothing bounds it
  std::optional<Interval<Q>> interval{};  ///< with its confidence; none where nothing is known of the errors
  std::vector<Issue> issues{};            ///< what a reader must know about this number
  std::vector<Source> sources{};          ///< of the factors and data it was computed with

  bool operator==(const Estimate&) const = default;

  /// The value in the named unit, without a value where there is none.
  [[nodiscard]] std::optional<double> joules() const requires requires(const Q& q) { q.joules(); }
  { return value ? std::optional(value->joules()) : std::nullopt; }
  /// In kWh; none without a value.
  [[nodiscard]] std::optional<double> kwh() const requires requires(const Q& q) { q.kwh(); }
  { return value ? std::optional(value->kwh()) : std::nullopt; }
  /// In Wh; none without a value.
  [[nodiscard]] std::optional<double> wh() const requires requires(const Q& q) { q.wh(); }
  { return value ? std::optional(value->wh()) : std::nullopt; }
  /// In g CO2e; none without a value.
  [[nodiscard]] std::optional<double> grams() const requires requires(const Q& q) { q.grams(); }
  { return value ? std::optional(value->grams()) : std::nullopt; }
  /// In kg CO2e; none without a value.
  [[nodiscard]] std::optional<double> kilograms() const requires requires(const Q& q) { q.kilograms(); }
  { return value ? std::optional(value->kilograms()) : std::nullopt; }
  /// In W; none without a value.
  [[nodiscard]] std::optional<double> watts() const requires requires(const Q& q) { q.watts(); }
  { return value ? std::optional(value->watts()) : std::nullopt; }
  /// In litres; none without a value.
  [[nodiscard]] std::optional<double> litres() const requires requires(const Q& q) { q.litres(); }
  { return value ? std::optional(value->litres()) : std::nullopt; }
  /// In g CO2e/kWh; none without a value.
  [[nodiscard]] std::optional<double> g_per_kwh() const requires requires(const Q& q) { q.g_per_kwh(); }
  { return value ? std::optional(value->g_per_kwh()) : std::nullopt; }
  /// In s; none without a value.
  [[nodiscard]] std::optional<double> seconds() const requires requires { typename Q::period; }
  { return value ? std::optional(std::chrono::duration<double>(*value).count()) : std::nullopt; }
};

/// A value that is known exactly: bounds and interval are the point itself.
template <class Q>
[[nodiscard]] Estimate<Q> exactly(Q value) {
  return {.value = value, .bounds = Interval<Q>{value, value, 1.0}, .interval = Interval<Q>{value, value, 0.95}};
}

/// `issue.code (subject): text`, the subject left out where it is empty.
[[nodiscard]] inline std::string to_string(const Issue& issue) {
  std::string text = issue.code;
  if (!issue.subject.empty()) text += " (" + issue.subject + ")";
  if (!issue.text.empty()) text += ": " + issue.text;
  return text;
}
template <>
inline constexpr bool has_text<Issue> = true;

}  // namespace co2lib
