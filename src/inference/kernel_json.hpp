// SPDX-License-Identifier: MIT
// A configuration as a part of a larger document; private to the domain.
#pragma once

#include <string_view>

#include <co2lib/inference/kernel.hpp>

#include "detail/json.hpp"
#include "inference/read.hpp"

namespace co2lib::inference::detail {

[[nodiscard]] KernelConfig read_kernel(const Document& value, std::string_view file);
void write_kernel(co2lib::detail::JsonWriter& out, const KernelConfig& config);

}  // namespace co2lib::inference::detail
