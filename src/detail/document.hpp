// SPDX-License-Identifier: MIT
// Documents in, JSON or YAML, as one tree that knows where everything stands; private to src.
//
// A scalar keeps its text as it was written and whether it was quoted; the reader of a field says what it must be, so
// that `0402` can be a package, `1e-05` a number and `NO` a country, whatever a version of YAML makes of them. A number
// in JSON is a plain scalar, its text a quoted one: the two formats need no second reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/record.hpp>

namespace co2lib::detail {

/// What a document may be. The defaults suit files that people write.
struct DocumentRules {
  /// Bytes of the text. While a YAML list in brackets is open, yaml-cpp keeps 130 to 230 bytes for each of them.
  std::size_t bytes = std::size_t{1} << 20;
  int depth = 32;                ///< lists and maps inside each other
  std::size_t values = 100'000;  ///< scalars, lists and maps, every use of a YAML anchor and what it keeps counted anew
  std::size_t keys = std::size_t{1} << 24;  ///< of one map
  bool repeated_keys = false;               ///< take a map with a key twice: the reader goes through `entries` itself
  bool tags = false;                        ///< take YAML tags other than those of the core schema, kept in `tag`
};

struct DocumentEntry;

/// A value of a document and its place.
struct DocumentValue {
  enum class Kind : std::uint8_t { scalar, list, map };

  Kind kind = Kind::scalar;
  bool plain = true;                 ///< of a scalar: not quoted, no block text; in JSON a number, true, false or null
  bool flow = false;                 ///< of a list or map: written in brackets
  int line = 0;                      ///< from 1
  int column = 0;                    ///< from 1, in bytes; 0 in JSON
  std::string text;                  ///< of a scalar, escapes resolved; empty for null
  std::string tag;                   ///< a YAML tag of its own, such as `!litre`; else empty
  std::vector<DocumentValue> items;  ///< of a list
  std::vector<DocumentEntry> entries;  ///< of a map, in order, keys merged by `<<` at the end; keys are scalars

  /// Null: nothing, `~` or `null`, not quoted.
  [[nodiscard]] bool is_null() const;

  /// A plain scalar that is a finite number in JSON's notation, `+5`, `.5` and `5.` among it. Not what versions of YAML
  /// read differently: `0402`, `0x1f`, `1_000`, `1:30`, `.inf`; without a value then.
  [[nodiscard]] std::optional<double> number() const;

  /// A plain scalar that is a whole number without fraction and exponent; without a value else.
  [[nodiscard]] std::optional<std::int64_t> integer() const;

  /// A plain `true` or `false` (also capitalised), not `yes` or `on`; without a value else.
  [[nodiscard]] std::optional<bool> boolean() const;

  /// The value of the first entry with this key; null if there is none or this is no map.
  [[nodiscard]] const DocumentValue* find(std::string_view key) const;

  /// `camera.yaml:4:7`, the column left out where it is unknown, the name where it is empty.
  [[nodiscard]] std::string where(std::string_view name) const;

  /// For messages: `a list`, `a map`, `null`, `'red'`.
  [[nodiscard]] std::string what() const;
};

struct DocumentEntry {
  DocumentValue key;
  DocumentValue value;
};

/// Reads one JSON text. `name` (a file) stands in front of the place of an issue.
///
/// `bad_json` with the place if it is none, or has a key twice; `limit` if it is beyond the rules.
[[nodiscard]] Result<DocumentValue> parse_json(std::string_view text, std::string_view name,
                                               const DocumentRules& rules = {});

/// Reads one YAML document; aliases and merge keys (`<<`) are resolved. An empty text is null.
///
/// `bad_yaml` with the place if it is none, is two, has a key twice or one that is no scalar, or a tag that is unknown;
/// `limit` if it is beyond the rules. No exception of yaml-cpp leaves it.
[[nodiscard]] Result<DocumentValue> parse_yaml(std::string_view text, std::string_view name,
                                               const DocumentRules& rules = {});

/// Reads JSON or YAML: JSON if the name ends with `.json`, or if the text begins with a bracket and is JSON.
[[nodiscard]] Result<DocumentValue> parse_document(std::string_view text, std::string_view name,
                                                   const DocumentRules& rules = {});

/// As `parse_document`, of a file; also the issues of `read_file`.
[[nodiscard]] Result<DocumentValue> read_document(const std::filesystem::path& file, const DocumentRules& rules = {});

}  // namespace co2lib::detail
