// SPDX-License-Identifier: MIT
// Carbon-reporting classes of models (Castaño et al., ESEM 2023, doi 10.1109/ESEM56168.2023.10304801).
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/names.hpp>

namespace co2lib::hub {

/// What a model reports, in rising order; a class contains the conditions of those below it.
enum class ReportClass {
  unknown,       ///< neither emissions nor context
  context,       ///< context, no emissions
  basic,         ///< emissions, no context
  awareness,     ///< emissions and context
  optimization,  ///< awareness, and one of the tags `optimized`, `pruned`, `distilled`
  certified,     ///< optimization, and the tag of a certification
};
/// Texts of `ReportClass`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(ReportClass) noexcept {
  return texts("unknown", "context", "basic", "awareness", "optimization", "certified");
}

/// What counts as context.
enum class ReportContext {
  hardware,  ///< the hardware: the study
  any,       ///< hardware, location, hours or cloud provider
};
/// Texts of `ReportContext`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(ReportContext) noexcept { return texts("hardware", "any"); }

/// What decides the class of a model.
struct ReportFacts {
  bool emissions_reported = false;                     ///< status `ok` or `ok_from_body`, and above 0 g
  std::optional<std::string> hardware_used{};          ///< none: not reported
  std::optional<std::string> geographical_location{};  ///< none: not reported
  std::optional<std::string> cloud_provider{};         ///< none: not reported
  std::optional<double> hours_used{};                  ///< h
  std::vector<std::string> tags{};                     ///< of the model itself
};

/// How the class of a model is decided.
struct ReportOptions {
  ReportContext context = ReportContext::hardware;  ///< what counts as context
  std::string certification_tag = "ecocard";        ///< by which class 5 is told
};

namespace detail {

/// A tag as it is compared: trimmed, small letters, `-` for blanks.
inline std::string canonical_tag(std::string_view tag) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = tag.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  std::string canonical(tag.substr(begin, tag.find_last_not_of(blanks) - begin + 1));
  for (char& c : canonical) {
    if (c == ' ') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return canonical;
}

}  // namespace detail

/// The highest class that a model reaches, tested from the top.
///
/// The study asked "emissions and hardware" before "and optimised", so that its classes 4 and 5 could not be reached;
/// here they can. Texts that are empty or blank are no context.
[[nodiscard]] inline ReportClass report_class(const ReportFacts& facts, const ReportOptions& options = {}) {
  const auto given = [](const std::optional<std::string>& text) {
    return text && text->find_first_not_of(" \t\r\n") != std::string::npos;
  };
  const auto tagged = [&](std::string_view wanted) {
    return std::any_of(facts.tags.begin(), facts.tags.end(),
                       [&](const std::string& tag) { return detail::canonical_tag(tag) == wanted; });
  };
  const bool hardware = given(facts.hardware_used);
  const bool any =
      hardware || given(facts.geographical_location) || given(facts.cloud_provider) || facts.hours_used.has_value();
  const bool context = options.context == ReportContext::any ? any : hardware;
  if (!facts.emissions_reported) return context ? ReportClass::context : ReportClass::unknown;
  if (!context) return ReportClass::basic;
  if (!tagged("optimized") && !tagged("pruned") && !tagged("distilled")) return ReportClass::awareness;
  return tagged(detail::canonical_tag(options.certification_tag)) ? ReportClass::certified : ReportClass::optimization;
}

}  // namespace co2lib::hub
