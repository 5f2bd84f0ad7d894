// SPDX-License-Identifier: MIT
#include "folders.hpp"

namespace co2lib::tests {

std::string source_folder() { return CO2LIB_SOURCE_DIR; }
std::string fake_nvml_folder() { return CO2LIB_FAKE_NVML_DIR; }

}  // namespace co2lib::tests
