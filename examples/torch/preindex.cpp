// SPDX-License-Identifier: MIT
// PreIndex of one network as the three kinds of model that C++ programs run: an eager module, TorchScript, and a
// package of AOTInductor. Writes the same index three times.
//
//   example_torch FOLDER      with the files that tests/torch/make_models.py writes
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <torch/csrc/jit/serialization/import.h>
#include <torch/nn.h>

#include <co2lib/torch.hpp>

namespace {

struct NetImpl : torch::nn::Module {
  torch::nn::Conv2d conv1{register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 8, 3).padding(1)))};
  torch::nn::Conv2d depthwise{
      register_module("depthwise", torch::nn::Conv2d(torch::nn::Conv2dOptions(8, 8, 3).padding(1).groups(8)))};
  torch::nn::Conv2d conv2{
      register_module("conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(8, 16, 3).stride(2).padding(1).bias(false)))};
  torch::nn::Linear fc1{register_module("fc1", torch::nn::Linear(256, 24))};
  torch::nn::Linear fc2{register_module("fc2", torch::nn::Linear(24, 3))};

  torch::Tensor forward(torch::Tensor x) {
    x = conv1(x).relu_();
    x = conv2(depthwise(x)).relu_();
    return fc2(fc1(x.flatten(1)).relu_());
  }
};
TORCH_MODULE(Net);

std::vector<co2lib::libtorch::Batch> batches(const torch::Tensor& x, const torch::Tensor& labels) {
  std::vector<co2lib::libtorch::Batch> all;
  for (std::int64_t i = 0; i < x.size(0); i += 16) {
    const std::int64_t end = std::min<std::int64_t>(x.size(0), i + 16);
    all.push_back({x.slice(0, i, end), labels.slice(0, i, end)});
  }
  return all;
}

void print(const std::string& kind, const co2lib::libtorch::Result& result) {
  std::cout << kind << ": " << result.label << " = " << result.value.value() << " (p = " << result.p
            << ", inv_ari = " << result.inv_ari.value() << "), " << result.pairs << " pairs\n";
}

int run(const std::filesystem::path& folder) {
  const auto file = [&](const char* name) { return (folder / name).string(); };
  const auto data = torch::jit::load(file("data.pt"));
  const auto labels = data.attr("labels").toTensor();
  const auto clean = batches(data.attr("clean").toTensor(), labels);
  const auto shifted = batches(data.attr("shifted").toTensor(), labels);

  // TorchScript, as torch.jit.script or torch.jit.trace saved it; not frozen.
  auto script = torch::jit::load(file("convolutions_scripted.pt"));
  const auto of_script = co2lib::libtorch::preindex(script, clean, shifted);
  print("TorchScript", of_script);

  // An eager module with the same weights.
  Net net;
  {
    const torch::NoGradGuard no_gradients;
    auto own = net->named_parameters();
    for (const auto& parameter : script.named_parameters()) own[parameter.name].copy_(parameter.value);
  }
  const auto of_net = co2lib::libtorch::preindex(net, clean, shifted);
  print("eager module", of_net);

  // A compiled program of the instrumented model.
  co2lib::libtorch::Package package(file("convolutions.pt2"));
  const auto of_package = co2lib::libtorch::preindex(package, clean, shifted);
  print("package", of_package);

  const double value = of_script.value.value();
  const bool equal =
      std::abs(of_net.value.value() - value) <= 1e-6 && std::abs(of_package.value.value() - value) <= 1e-6;
  std::cout << (equal ? "all equal to 1e-6\n" : "they differ\n");
  return equal ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: example_torch FOLDER (tests/torch/make_models.py FOLDER writes it)\n";
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
