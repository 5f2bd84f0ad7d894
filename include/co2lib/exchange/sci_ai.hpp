// SPDX-License-Identifier: MIT
// SCI for AI (Green Software Foundation, on ISO/IEC 21031:2024): carbon per functional unit, (O + M) / R, whose unit is
// a type and fixes the boundary.
#pragma once

#include <compare>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/exchange/disclosure.hpp>
#include <co2lib/names.hpp>

namespace co2lib::exchange {

/// Whose activities a score holds.
enum class Boundary {
  consumer,  ///< of who uses the model: inference
  provider,  ///< of who makes the model: every other activity
};
/// Texts of `Boundary`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Boundary) noexcept { return texts("consumer", "provider"); }

/// How a provider counts its units.
enum class Basis {
  gross,      ///< all that was done, as the specification's 8.2.2 has it
  effective,  ///< what of it counts, for the reason that `rationale` gives
};
/// Texts of `Basis`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Basis) noexcept { return texts("gross", "effective"); }

/// Functional units; each is a type of its own.
struct Flops {
  static constexpr std::string_view name = "flop";  ///< `flop`
};
/// Tokens that a model was trained on.
struct TrainingTokens {
  static constexpr std::string_view name = "training_token";  ///< `training_token`
};
/// Parameters of a model.
struct Parameters {
  static constexpr std::string_view name = "parameter";  ///< `parameter`
};
/// Tokens read and written.
struct Tokens {
  static constexpr std::string_view name = "token";  ///< `token`
};
/// Images made or read.
struct Images {
  static constexpr std::string_view name = "image";  ///< `image`
};
/// Calls of a model.
struct Inferences {
  static constexpr std::string_view name = "inference";  ///< `inference`
};
/// Pages of a document.
struct Pages {
  static constexpr std::string_view name = "page";  ///< `page`
};
/// Characters of text or speech.
struct Characters {
  static constexpr std::string_view name = "character";  ///< `character`
};
/// Seconds of sound.
struct AudioSeconds {
  static constexpr std::string_view name = "audio_second";  ///< `audio_second`
};
/// Seconds of video.
struct VideoSeconds {
  static constexpr std::string_view name = "video_second";  ///< `video_second`
};
/// Runs of an agent's workflow.
struct Workflows {
  static constexpr std::string_view name = "workflow";  ///< `workflow`
};

/// What a score needs besides the disclosures.
struct SciAiOptions {
  std::optional<Basis> basis{};  ///< a provider must give it,
  std::string rationale{};       ///< and why
};

/// A score whose unit is known at run time.
struct SciAi {
  std::string unit;                        ///< name of the functional unit
  Boundary boundary = Boundary::consumer;  ///< whose activities it holds
  double count = 1;                        ///< functional units
  std::optional<Basis> basis{};            ///< of a provider's units
  std::string rationale{};                 ///< of that choice
  std::vector<Disclosure> disclosures{};   ///< what it is the sum of
  double per = 1;                          ///< units that the stated score is for

  double operational_g = 0;                     ///< of all disclosures, PUE included
  std::optional<double> embodied_g{};           ///< none where a disclosure does not say it
  std::optional<double> g_per_unit{};           ///< none where the embodied share is unknown
  std::optional<Interval<double>> interval{};   ///< g per unit
  std::optional<double> energy_kwh{};           ///< the facility's
  std::optional<double> intensity_g_per_kwh{};  ///< operational over that energy
  std::optional<Evidence>
      evidence{};                     ///< of all disclosures; `mixed` where they differ, none where one does not say it
  std::vector<std::string> issues{};  ///< codes of all disclosures, sorted, each once

  /// The same score, stated for `units` units. Throws `exchange.bad_value`.
  [[nodiscard]] SciAi stated_per(double units) const;

  /// The document `co2lib-sci-ai/1`.
  [[nodiscard]] std::string to_json() const;

  /// `130 g CO2e per 10^6 tokens (consumer)`.
  [[nodiscard]] std::string to_text() const;
};

/// The score of disclosures per functional unit; `count` units.
///
/// Throws `exchange.missing_field` (an activity; of a provider also `basis` and `rationale`), `exchange.bad_value`,
/// `exchange.mixed_boundary` (details: `activity`, `boundary`) for an activity of the other boundary, and
/// `exchange.no_value` where operational emissions are unknown.
[[nodiscard]] SciAi sci_ai(const std::vector<Disclosure>& disclosures, std::string_view unit, double count,
                           const SciAiOptions& options = {});

/// The ratio of two scores. Throws `exchange.mixed_units`, `exchange.mixed_basis`, and `exchange.no_value` where one
/// has no score.
[[nodiscard]] double ratio(const SciAi& a, const SciAi& b);

/// A score whose unit is a type: scores of unlike units have neither order nor ratio.
template <class Unit>
class SciScore {
 public:
  /// Throws as `sci_ai`.
  SciScore(const std::vector<Disclosure>& disclosures, double count, const SciAiOptions& options = {})
      : score_(sci_ai(disclosures, Unit::name, count, options)) {}

  /// g CO2e per unit; none where the embodied share is unknown.
  [[nodiscard]] std::optional<double> g_per_unit() const noexcept { return score_.g_per_unit; }
  [[nodiscard]] const SciAi& details() const noexcept { return score_; }  ///< the score with all it is made of
  [[nodiscard]] std::string to_json() const { return score_.to_json(); }  ///< as `SciAi::to_json`

  /// How many times the other. Throws as `ratio`.
  [[nodiscard]] friend double operator/(const SciScore& a, const SciScore& b) { return ratio(a.score_, b.score_); }
  /// True if it is the smaller one. Throws as `ratio`.
  [[nodiscard]] friend bool operator<(const SciScore& a, const SciScore& b) { return ratio(a.score_, b.score_) < 1; }

 private:
  SciAi score_;
};

}  // namespace co2lib::exchange
