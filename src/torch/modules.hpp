// SPDX-License-Identifier: MIT
// The modules of a model with their parameters, the same for torch::nn and TorchScript. Included by probe.cpp, which
// sets NDEBUG as LibTorch needs it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

namespace co2lib::libtorch {

/// The parameters that a module has itself, not through its children.
struct Parameters {
  std::string module{};  ///< full name; empty for the model itself
  std::string type{};    ///< of the module
  std::vector<std::pair<std::string, at::Tensor>> own{};
};

/// The short name of a type: `Linear` of `torch::nn::LinearImpl` and of `__torch__.torch.nn.modules.linear.Linear`.
[[nodiscard]] inline std::string short_type(std::string type) {
  if (const auto at = type.find_last_of(".:"); at != std::string::npos) type.erase(0, at + 1);
  if (type.ends_with("Impl")) type.resize(type.size() - 4);
  return type;
}

template <class Module>
[[nodiscard]] Parameters parameters_of(std::string name, std::string type, const Module& module) {
  Parameters found{std::move(name), short_type(std::move(type)), {}};
  for (const auto& parameter : module.named_parameters(false)) {
    if constexpr (requires { parameter.key(); }) {
      found.own.emplace_back(parameter.key(), parameter.value());
    } else {
      found.own.emplace_back(parameter.name, parameter.value);
    }
  }
  return found;
}

/// All modules of a model, itself first.
[[nodiscard]] inline std::vector<Parameters> modules_of(const ::torch::nn::Module& model) {
  std::vector<Parameters> modules{parameters_of("", model.name(), model)};
  for (const auto& module : model.named_modules("", false)) {
    modules.push_back(parameters_of(module.key(), module.value()->name(), *module.value()));
  }
  return modules;
}

[[nodiscard]] inline std::vector<Parameters> modules_of(const ::torch::jit::Module& model) {
  std::vector<Parameters> modules;
  for (const auto& [name, module] : model.named_modules()) {
    const auto type = module.type()->name();
    modules.push_back(parameters_of(name, type ? type->name() : "", module));
  }
  return modules;
}

}  // namespace co2lib::libtorch
