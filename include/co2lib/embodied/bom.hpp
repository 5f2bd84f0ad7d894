// SPDX-License-Identifier: MIT
// A bill of materials and its footprint: value, exact bounds, draws, what drives the uncertainty, sources.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <co2lib/embodied/factor.hpp>
#include <co2lib/embodied/hsl.hpp>
#include <co2lib/embodied/share.hpp>

namespace co2lib::embodied {

/// Whether a part is one of many (truncation applies) or a complete product's published footprint.
enum class Scope : std::uint8_t {
  part,      ///< one of many parts: truncation applies
  complete,  ///< a complete product's published footprint: truncation does not apply
};
/// Texts of `Scope`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Scope) noexcept { return texts("part", "complete"); }

/// The id of a row of the tables, in the place of a number.
struct RowId {
  std::string id;  ///< `logic.epa.7nm`

  bool operator==(const RowId&) const = default;
};

/// What a field of a part holds. A factor's `id` is the name of its random variable.
using Field = std::variant<Factor, RowId, std::string, bool, std::int64_t>;

/// One entry of a bill of materials; which fields a class takes is in docs/embodied.md.
struct Part {
  std::string id;                ///< unique in the bill; by it parts are named in results and messages
  std::string part_class;        ///< `logic`, `dram`, `pcb`, ...: which fields it takes, and how its carbon is computed
  double quantity = 1;           ///< `qty`, times that of its imports
  std::optional<Scope> scope{};  ///< where it is written
  std::string source{};          ///< where the numbers of the part are from; empty if the file does not say
  std::string note{};            ///< for people
  std::string ci_table{};        ///< empty: that of the call
  std::string place{};           ///< file, line and path, for messages
  std::map<std::string, Field, std::less<>> fields{};  ///< the others, by name

  bool operator==(const Part&) const = default;
};

/// How a footprint is computed.
struct FootprintOptions {
  std::uint64_t seed = 0;                                     ///< of the draws: the same seed gives the same numbers
  std::size_t draws = 10'000;                                 ///< 0: bounds only
  std::string ci_table = "act2022";                           ///< for files that name none
  std::optional<Factor> truncation{};                         ///< in place of the file's
  std::vector<std::shared_ptr<const FactorTable>> factors{};  ///< searched first; later ones override earlier ones
  bool ranks = true;  ///< rank correlations of the draws, which need them sorted
};

/// A part's carbon; before truncation, times its quantity.
struct PartFootprint {
  std::string id;                      ///< `Part::id`
  std::string part_class;              ///< `Part::part_class`
  Scope scope = Scope::part;           ///< whether truncation applies
  double quantity = 1;                 ///< pieces
  CarbonMass value{};                  ///< at the modes of all factors
  Interval<CarbonMass> bounds{};       ///< exact, from the ranges of all factors
  double share = 0;                    ///< of the total, truncation included
  std::vector<std::string> factors{};  ///< ids of the factors used
  std::string source{};                ///< `Part::source`
  std::string note{};                  ///< `Part::note`

  bool operator==(const PartFootprint&) const = default;
};

/// A factor in use, and what it does to the total.
struct FactorUse {
  Factor factor{};                     ///< as it was used, in the unit of the field
  double swing_kg = 0;                 ///< f(high) - f(low), all others at their value; 0 for a point
  int rank = 0;                        ///< from 1 by |swing|; 0 for what does not move the total
  std::optional<double> rho{};         ///< Spearman correlation of its draws with the total
  std::optional<double> rho2_share{};  ///< rho^2 over the sum of all

  bool operator==(const FactorUse&) const = default;
};

/// The carbon of a bill of materials. `bounds` are exact, `interval` is p5..p95 of the draws (confidence 0.9).
struct BomFootprint : Estimate<CarbonMass> {
  std::string name{};                  ///< of the bill
  std::uint64_t seed = 0;              ///< of the draws
  std::optional<CarbonMass> mean{};    ///< of the draws; none without draws
  std::optional<CarbonMass> std{};     ///< with N - 1
  std::optional<CarbonMass> p50{};     ///< of the draws; none without draws
  std::vector<PartFootprint> parts{};  ///< in the order of the bill
  std::vector<FactorUse> factors{};    ///< by rank, then by id
  double points_share = 0;             ///< part of the value that comes from parts without any range
  Factor truncation{};                 ///< factor on the sum of the parts, for what a bill does not list
  std::optional<Factor> lifetime{};    ///< years; what `share` takes when nothing is given
  std::vector<double> draws_kg{};      ///< totals, in the order of the draws

  bool operator==(const BomFootprint&) const = default;

  /// The factors that move the total, by rank.
  [[nodiscard]] std::vector<FactorUse> ranked() const;

  /// JSON with stable keys; masses in kg.
  [[nodiscard]] std::string to_json() const;
};

/// A bill of materials in memory.
struct Bom {
  std::string name{};                  ///< of the product
  std::vector<Part> parts{};           ///< in the order of the file, imports where they stand
  std::string ci_table{};              ///< empty: that of the call
  std::optional<Factor> truncation{};  ///< factor on the sum of the parts, > 0; none: 1, with a remark
  /// Geometric standard deviation of a factor on the whole sum; none: there is no such factor.
  std::optional<double> profile_gsd{};
  /// How long the product is in use; none: the bill does not say.
  std::optional<std::variant<Factor, RowId>> lifetime_years{};
  std::vector<std::shared_ptr<const FactorTable>> tables{};  ///< named in the file
  std::vector<Issue> issues{};                               ///< carried into its footprint

  /// Looks the rows up and computes everything.
  ///
  /// `embodied.unknown_factor`, `embodied.bad_unit`, `embodied.bad_factor` (variables of one name that differ),
  /// `embodied.out_of_range`, `embodied.not_monotone`, `embodied.bad_bom` name part and field.
  [[nodiscard]] BomFootprint footprint(const FootprintOptions& options = {}) const;

  bool operator==(const Bom&) const = default;
};

/// Where the text of a bill of materials comes from.
struct ParseOptions {
  std::string name = "bom";                    ///< in messages
  std::map<std::string, std::string> files{};  ///< imports and tables by name, instead of the file system
  std::filesystem::path folder{};              ///< of the file system; imports are relative to it
  bool allow_outside = false;                  ///< imports may leave the folder
};

/// Reads a bill of materials, `carbon-bom/1`, JSON or YAML.
///
/// `embodied.bad_bom` with file, line and the path of the field; `embodied.bad_unit`; `embodied.missing_source`;
/// `embodied.bad_factor`; `embodied.import_cycle` with the chain; `embodied.out_of_range`.
[[nodiscard]] Bom parse_bom(std::string_view text, const ParseOptions& options = {});

/// As `parse_bom`, of a file; imports are read beside it and may not leave its folder unless allowed.
[[nodiscard]] Bom load(const std::filesystem::path& file, bool allow_outside = false);

/// A bill of materials as texts, with every file that it names: all that is needed to read it anew elsewhere.
struct BomFiles {
  std::string name;                          ///< of the first file, a key of `files`
  std::map<std::string, std::string> files;  ///< by the names that `ParseOptions::files` takes

  bool operator==(const BomFiles&) const = default;
};

/// Reads a file as `load` does and returns the texts of all files that were read. Throws what `load` throws.
[[nodiscard]] BomFiles read_bom(const std::filesystem::path& file, bool allow_outside = false);

/// The bill of materials of such texts; nothing is read from the file system. Throws what `parse_bom` throws.
[[nodiscard]] Bom parse_bom(const BomFiles& texts);

/// The bill of materials of a device known by its levels only: one `hsl` part each, truncation 1.4 (1..2) and the
/// factor `profile` with a geometric standard deviation of 1.35 (ours), for levels are a judgement.
[[nodiscard]] Bom from_levels(const HslLevels& levels);

/// The share of a footprint that belongs to a use, with bounds and p5..p95 (docs/embodied.md, "The share of a use").
///
/// The lifetime is that of the options (a point), else that of the bill; neither is `embodied.bad_bom`.
[[nodiscard]] Estimate<CarbonMass> share(const BomFootprint& footprint, const ShareOptions& options);

/// As above with a lifetime that has a range: low with the long life, high with the short, one draw each.
[[nodiscard]] Estimate<CarbonMass> share(const BomFootprint& footprint, const ShareOptions& options,
                                         const Factor& lifetime_years);

}  // namespace co2lib::embodied
