// SPDX-License-Identifier: MIT
// The version of the library: the one place that CMake and pyproject.toml read it from.
#pragma once

/// As MAJOR.MINOR.PATCH, semantic versioning.
#define CO2LIB_VERSION "0.1.0"

namespace co2lib {

/// The library's version, for example "0.1.0".
inline constexpr const char* version = CO2LIB_VERSION;

}  // namespace co2lib
