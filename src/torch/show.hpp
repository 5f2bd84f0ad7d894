// SPDX-License-Identifier: MIT
// The way from a rewritten graph to the probe.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include <co2lib/torch.hpp>

namespace co2lib::libtorch {

/// True for a module made by `with_named_layers`.
[[nodiscard]] bool has_named_layers(const ::torch::jit::Module& module);

/// Shows the raw output of a layer ("": the model itself) to the innermost probe of this thread.
void show(const std::string& layer, const at::Tensor& output);

}  // namespace co2lib::libtorch
