// SPDX-License-Identifier: MIT
// Error: what every domain throws on misuse, bad configuration and bad files.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace co2lib {

/// The built-in exception of Python that an error also derives from there.
enum class ErrorCategory {
  value,          ///< ValueError: the default
  lookup,         ///< LookupError: a name in no table
  permission,     ///< PermissionError
  connection,     ///< ConnectionError
  os,             ///< OSError: files and the operating system
  arithmetic,     ///< ArithmeticError: a computation without a result
  runtime,        ///< RuntimeError: a call in the wrong state
  missing_extra,  ///< ImportError: an optional package is not installed
};

/// One entry of `Error::details()`: a number, a name or a list of names.
using ErrorDetail = std::variant<std::int64_t, double, std::string, std::vector<std::string>>;

/// Numbers and names that a program can act upon, by name (for example `nearest`).
using ErrorDetails = std::map<std::string, ErrorDetail, std::less<>>;

/// Misuse, bad configuration or a bad file.
///
/// `code()` is stable and has the form `domain.code` (`meter.bad_unit`); `what()` names the file, line or field and
/// the remedy. Absence of a sensor or a value is not an error.
class Error : public std::runtime_error {
 public:
  /// A code `domain.code`, a message with the remedy, and details that programs can read.
  Error(std::string code, const std::string& message, ErrorDetails details = {},
        ErrorCategory category = ErrorCategory::value)
      : std::runtime_error(message), code_(std::move(code)), details_(std::move(details)), category_(category) {}

  /// The stable code, for example `intensity.unknown_zone`.
  [[nodiscard]] const std::string& code() const noexcept { return code_; }

  /// Numbers and names belonging to the error; empty if there are none.
  [[nodiscard]] const ErrorDetails& details() const noexcept { return details_; }

  /// Which built-in exception of Python the error also is.
  [[nodiscard]] ErrorCategory category() const noexcept { return category_; }

 private:
  std::string code_;
  ErrorDetails details_;
  ErrorCategory category_;
};

}  // namespace co2lib
