// SPDX-License-Identifier: MIT
// Where things lie. Only folders.cpp is compiled with paths of this clone, so that ccache knows the others in any
// clone.
#pragma once

#include <string>

namespace co2lib::tests {

/// The folder of the project.
std::string source_folder();
/// The folder of the library that stands for NVIDIA's.
std::string fake_nvml_folder();

}  // namespace co2lib::tests
