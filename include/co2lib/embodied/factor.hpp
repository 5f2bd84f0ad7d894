// SPDX-License-Identifier: MIT
// A factor: one number with its range, unit, boundary, year, source and licence; tables of factors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/names.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/random.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::embodied {

/// How a factor is spread over its range.
enum class Distribution : std::uint8_t {
  point,       ///< the value alone
  triangular,  ///< from low to high, with its peak at the value
  uniform,     ///< the same density from low to high
  lognormal,   ///< median `value`, geometric standard deviation `gsd`
};
/// Texts of `Distribution`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Distribution) noexcept { return texts("point", "triangular", "uniform", "lognormal"); }

/// A row of a table, or a number of a bill of materials.
///
/// `value` is the mode (of a lognormal the median), in `unit`. `low` and `high` are both there or the factor is a
/// point.
struct Factor {
  std::string id;                           ///< `logic.epa.7nm`: dots part table, method and name
  double value = 0;                         ///< the mode; of a lognormal the median
  std::string unit{};                       ///< `kg/cm2`; `1` for a plain number
  std::optional<double> low{};              ///< none for a point and a lognormal
  std::optional<double> high{};             ///< none for a point and a lognormal
  Distribution dist = Distribution::point;  ///< how it is spread over the range
  double gsd = 1;                           ///< geometric standard deviation of a lognormal, else 1
  std::string boundary{};                   ///< which life-cycle stages, and what is included
  int year = 0;                             ///< 0 where the source states none
  std::string region{};                     ///< which it holds for; empty: anywhere
  std::string source{};                     ///< author, title, table
  std::string licence{};                    ///< SPDX identifier or a few words
  std::string table{};                      ///< name of the table; empty for a number of a bill of materials
  int line = 0;                             ///< in the table

  bool operator==(const Factor&) const = default;

  /// True if the factor is spread over a range that is not a single point.
  [[nodiscard]] bool varies() const noexcept {
    return dist == Distribution::lognormal ? gsd > 1 && value > 0
                                           : dist != Distribution::point && low && high && *low < *high;
  }

  /// The ends of the range: of a lognormal median / gsd^2 and median * gsd^2, of a point the value.
  [[nodiscard]] double lower() const noexcept {
    if (dist == Distribution::lognormal) return value / (gsd * gsd);
    return dist == Distribution::point ? value : low.value_or(value);
  }
  /// The upper end; see `lower`.
  [[nodiscard]] double upper() const noexcept {
    if (dist == Distribution::lognormal) return value * (gsd * gsd);
    return dist == Distribution::point ? value : high.value_or(value);
  }

  /// The quantile at `u` in (0, 1).
  [[nodiscard]] double at(double u) const noexcept {
    switch (dist) {
      case Distribution::triangular:
        return random::triangular(u, lower(), value, upper());
      case Distribution::uniform:
        return random::uniform(u, lower(), upper());
      case Distribution::lognormal:
        return random::lognormal(u, value, gsd);
      case Distribution::point:
        break;
    }
    return value;
  }

  /// The word "unverified" stands in its boundary or source.
  [[nodiscard]] bool unverified() const noexcept {
    return boundary.find("unverified") != std::string::npos || source.find("unverified") != std::string::npos;
  }

  /// Its licence says that the number is an estimate of this project.
  [[nodiscard]] bool estimate() const noexcept { return licence.starts_with("project-estimate"); }
};

/// Checks value, range and distribution; `where` begins the message of the error `embodied.bad_factor`.
///
/// `low <= value <= high`; triangular and uniform need both ends; lognormal needs `gsd` > 1 and takes no ends.
void check_factor(const Factor& factor, const std::string& where);

/// Rows of one CSV file, in its order, each id once.
class FactorTable {
 public:
  FactorTable() = default;

  /// `embodied.bad_factor` for an id that is there already.
  void add(Factor factor);

  [[nodiscard]] const Factor* find(std::string_view id) const;  ///< the row of that id; null if there is none
  [[nodiscard]] const std::vector<Factor>& rows() const noexcept { return rows_; }  ///< in the order of the file

  bool operator==(const FactorTable&) const = default;

 private:
  std::vector<Factor> rows_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
};

/// Reads a table with the columns id, value, unit, low, high, boundary, year, region, source, licence.
///
/// `name` stands in messages. `embodied.bad_factor` with name and line for another header, a field that is no number, a
/// duplicate id, a range that does not hold the value or a row without boundary or licence; `embodied.bad_unit`;
/// `embodied.missing_source`.
[[nodiscard]] FactorTable parse_factors(std::string_view text, const std::string& name);

/// As `parse_factors`, of a file; `embodied.bad_factor` if it cannot be read.
[[nodiscard]] FactorTable read_factors(const std::filesystem::path& file);

/// The tables of `data/embodied/` but the published footprints of devices, which are for validation only.
[[nodiscard]] const FactorTable& shipped_factors();

/// The published footprints of 30 devices, total less use (`device.*`).
[[nodiscard]] const FactorTable& device_footprints();

/// Tables in the order in which they are searched; those that are shipped come last.
class Factors {
 public:
  Factors() = default;
  /// Searches these in their order, then those that are shipped.
  explicit Factors(std::vector<std::shared_ptr<const FactorTable>> tables) : tables_(std::move(tables)) {}

  /// The first row of that id; null if no table has it.
  [[nodiscard]] const Factor* find(std::string_view id) const;

  /// As `find`; `embodied.unknown_factor` that names the nearest ids (detail `nearest`). `where` begins the message.
  [[nodiscard]] const Factor& get(std::string_view id, const std::string& where = {}) const;

  /// The value of a row in a unit; `embodied.bad_unit` where the units do not fit.
  [[nodiscard]] double value(std::string_view id, std::string_view unit) const;

  /// Every row that a look-up can find: of an id that several tables have, the first.
  [[nodiscard]] std::vector<Factor> all() const;

 private:
  std::vector<std::shared_ptr<const FactorTable>> tables_;
};

/// The factor in another unit of its quantity; `embodied.bad_unit` naming both. `where` begins the message.
[[nodiscard]] Factor in_unit(const Factor& factor, std::string_view unit, const std::string& where = {});

/// Throws `embodied.out_of_range`.
[[noreturn]] inline void out_of_range(const std::string& what) { throw Error("embodied.out_of_range", what); }

/// Throws `embodied.out_of_range` for a number that is not above 0 (or is negative, with `zero`), naming the field.
[[noreturn]] inline void out_of_range(double x, const char* field, bool zero) {
  out_of_range(std::string(field) + " is " + numeric::text(x) +
               (zero ? "; it must not be negative" : "; it must be above 0"));
}

/// `x` if it is finite and above 0 (or not negative, with `zero`); else `embodied.out_of_range` naming the field.
inline double checked(double x, const char* field, bool zero = false) {
  if ((x > 0 && x <= 1.7976931348623157e308) || (zero && x == 0)) return x;
  out_of_range(x, field, zero);
}

/// `x` if it lies in (0, 1]; else `embodied.out_of_range` naming the field.
inline double checked_share(double x, const char* field) {
  if (x > 0 && x <= 1) return x;
  out_of_range(std::string(field) + " is " + numeric::text(x) + "; it must lie above 0 and not above 1");
}

}  // namespace co2lib::embodied
