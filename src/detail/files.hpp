// SPDX-License-Identifier: MIT
// Whole files in; private to src.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>

#include <co2lib/record.hpp>

namespace co2lib::detail {

/// The whole of a file, read to its end: what cannot be read in full is a failure, never a shorter text.
///
/// The issue `io` says why (absent, a folder, no permission, an error on the way), `limit` that there are more than
/// `most` bytes; the subject is the file.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file,
                                            std::size_t most = std::numeric_limits<std::size_t>::max());

/// As `read_file`, its failure thrown with the code of the caller, as an OSError in Python; details: `file`.
[[nodiscard]] std::string read_file_or_throw(const std::filesystem::path& file, const std::string& code);

}  // namespace co2lib::detail
