// SPDX-License-Identifier: MIT
// PreIndex of eager modules, TorchScript and compiled packages beside Python's on the same weights (make_models.py).
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <torch/csrc/jit/serialization/import.h>
#include <torch/nn.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/torch.hpp>

namespace {

using co2lib::libtorch::ActivationProbe;
using co2lib::libtorch::Activations;
using co2lib::libtorch::Batch;
using co2lib::libtorch::Mode;
using co2lib::libtorch::Options;
using co2lib::libtorch::Package;
using co2lib::libtorch::Result;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class F>
std::string code_of(const F& call, std::string* text = nullptr) {
  try {
    call();
  } catch (const co2lib::Error& e) {
    if (text != nullptr) *text = e.what();
    return e.code();
  }
  return "no error";
}

std::filesystem::path folder() {
  const char* path = std::getenv("CO2LIB_TORCH_MODELS");
  return path != nullptr ? path : "models";
}

torch::jit::Module scripted(const std::string& name) { return torch::jit::load((folder() / (name + ".pt")).string()); }

const json& expected(const std::string& name) {
  static const json all = json::parse(std::ifstream(folder() / "results.json"));
  return all.at(name);
}

struct Data {
  torch::Tensor clean, shifted, labels;
  Data() {
    const auto module = scripted("data");
    clean = module.attr("clean").toTensor();
    shifted = module.attr("shifted").toTensor();
    labels = module.attr("labels").toTensor();
  }
  [[nodiscard]] std::vector<Batch> batches(const torch::Tensor& x, std::int64_t samples = 16) const {
    std::vector<Batch> batches;
    const auto xs = x.split(samples);
    const auto ys = labels.split(samples);
    for (std::size_t i = 0; i < xs.size(); ++i) batches.push_back({xs[i], ys[i]});
    return batches;
  }
};

// ---------------------------------------------------------------------------------------------------------------------
// The same networks in C++
// ---------------------------------------------------------------------------------------------------------------------
struct ConvolutionsImpl : torch::nn::Module {
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
TORCH_MODULE(Convolutions);

struct TokensImpl : torch::nn::Module {
  torch::nn::Linear embed{register_module("embed", torch::nn::Linear(8, 16))};
  torch::nn::Linear mix{register_module("mix", torch::nn::Linear(16, 16))};
  torch::nn::Linear narrow{register_module("narrow", torch::nn::Linear(torch::nn::LinearOptions(16, 4).bias(false)))};
  torch::nn::Linear head{register_module("head", torch::nn::Linear(4, 3))};

  torch::Tensor forward(torch::Tensor x) {
    x = embed(x.squeeze(1)).relu_();
    x = mix(mix(x).relu_()).relu_();
    return head(narrow(x).mean(1));
  }
};
TORCH_MODULE(Tokens);

struct TransformerImpl : torch::nn::Module {
  torch::nn::Linear embed{register_module("embed", torch::nn::Linear(8, 16))};
  torch::nn::TransformerEncoderLayer block{register_module(
      "block",
      torch::nn::TransformerEncoderLayer(torch::nn::TransformerEncoderLayerOptions(16, 2).dim_feedforward(32)))};
  torch::nn::Linear head{register_module("head", torch::nn::Linear(16, 3))};

  torch::Tensor forward(torch::Tensor x) { return head(block(embed(x.squeeze(1)).transpose(0, 1)).mean(0)); }
};
TORCH_MODULE(Transformer);

/// Copies the parameters of Python's model into the module, name by name.
template <class Holder>
Holder with_weights(Holder module, const std::string& name) {
  const torch::NoGradGuard no_gradients;
  auto own = module->named_parameters();
  std::size_t copied = 0;
  for (const auto& parameter : scripted(name + "_scripted").named_parameters()) {
    own[parameter.name].copy_(parameter.value);
    ++copied;
  }
  EXPECT_EQ(copied, own.size());
  return module;
}

// ---------------------------------------------------------------------------------------------------------------------
// Comparison with Python
// ---------------------------------------------------------------------------------------------------------------------
void expect_rows(const torch::Tensor& rows, const json& wanted, const std::string& what) {
  ASSERT_EQ(rows.size(0), static_cast<std::int64_t>(wanted.size())) << what;
  ASSERT_EQ(rows.size(1), static_cast<std::int64_t>(wanted[0].size())) << what;
  double worst = 0;
  const auto values = rows.accessor<float, 2>();
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    for (std::int64_t j = 0; j < rows.size(1); ++j) {
      const double x = wanted[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)].get<double>();
      worst = std::max(worst, std::abs(static_cast<double>(values[i][j]) - x) / std::max(1.0, std::abs(x)));
    }
  }
  EXPECT_LE(worst, 1e-6) << what;
}

void expect_activations(const Activations& seen, const json& wanted) {
  const json& layers = wanted.at("layers");
  ASSERT_EQ(seen.calls.size(), layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    ASSERT_EQ(seen.calls[i].name, layers[i].at("name"));
    expect_rows(seen.calls[i].rows, layers[i].at("rows"), seen.calls[i].name);
  }
  ASSERT_TRUE(seen.embedding.defined());
  expect_rows(seen.embedding, wanted.at("embedding"), "embedding");
}

void expect_result(const Result& result, const json& wanted) {
  EXPECT_NEAR(result.value.value(), wanted.at("value").get<double>(), 1e-6);
  EXPECT_NEAR(result.p, wanted.at("p").get<double>(), 1e-6);
  EXPECT_NEAR(result.inv_ari.value(), wanted.at("inv_ari").get<double>(), 1e-6);
  EXPECT_GT(result.p, 0.01);
  EXPECT_EQ(result.config_hash, wanted.at("config_hash"));
  std::vector<std::string> kept;
  for (const auto& layer : result.layers) {
    if (layer.kept) kept.push_back(layer.name);
  }
  EXPECT_EQ(json(kept), wanted.at("kept"));
}

Options options_of(const std::string& name) {
  return {.mode = expected(name).at("mode") == "vit" ? Mode::vit : Mode::cnn};
}

/// Checks a module that a probe can observe: vectors of both sides in one pass each, and the index.
template <class Module, class Forward>
void expect_observed(Module& observed, const Forward& forward, const std::string& name) {
  const Data data;
  const json& wanted = expected(name);
  ActivationProbe probe(observed, {.mode = options_of(name).mode, .embedding = wanted.at("embedding")});
  for (const auto& [side, x] : {std::pair{"clean", data.clean}, std::pair{"shifted", data.shifted}}) {
    SCOPED_TRACE(side);
    const torch::NoGradGuard no_gradients;
    forward(x);
    EXPECT_FALSE(probe.fused());
    expect_activations(probe.take(60), wanted.at("vectors").at(side));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Axes
// ---------------------------------------------------------------------------------------------------------------------
struct TokensFirstImpl : torch::nn::Module {
  TokensFirstImpl() : line(register_module("line", torch::nn::Linear(16, 20))) {}
  torch::Tensor forward(const torch::Tensor& x) { return line->forward(x.transpose(0, 1)).mean(0); }
  torch::nn::Linear line;
};
TORCH_MODULE(TokensFirst);

struct MixerImpl : torch::nn::Module {
  MixerImpl()
      : conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 6, 3)))),
        up(register_module("up", torch::nn::Linear(6, 20))),
        rnn(register_module("rnn", torch::nn::LSTM(20, 30))) {}
  torch::Tensor forward(const torch::Tensor& x) {
    return up->forward(conv->forward(x).permute({0, 2, 3, 1})).mean({1, 2});
  }
  torch::nn::Conv2d conv;
  torch::nn::Linear up;
  torch::nn::LSTM rnn;
};
TORCH_MODULE(Mixer);

TEST(TorchAxes, TheBatchIsNotTakenForGranted) {
  for (const std::int64_t samples : {10, 15}) {  // of ten tokens
    const torch::Tensor x = torch::randn({samples, 10, 16});
    const torch::Tensor labels = torch::arange(samples) % 3;
    TokensFirst net;
    try {
      (void)co2lib::libtorch::preindex(net, {{{x, labels}}}, {{{x + 1, labels}}}, {.mode = Mode::vit});
      FAIL() << samples;
    } catch (const co2lib::Error& error) {
      EXPECT_EQ(error.code(), "preindex.fused_layer") << samples;
    }
  }
}

TEST(TorchAxes, ALinearLayerOnAMapHasItsChannelsLastAndWhatIsNotObservedIsSaid) {
  const torch::Tensor x = torch::rand({12, 1, 8, 8});
  const torch::Tensor labels = torch::arange(12) % 3;
  Mixer net;
  const auto result = co2lib::libtorch::preindex(net, {{{x, labels}}}, {{{1 - x, labels}}}, {.embedding = "conv"});
  ASSERT_EQ(result.layers.size(), 2U);
  EXPECT_EQ(result.layers[1].width, 20U);
  EXPECT_LT(result.observed_share.value(), 0.1);
  EXPECT_EQ(result.issues.back().code, "unobserved_parameters");
  EXPECT_NE(result.issues.back().text.find("LSTM"), std::string::npos);
}

// ---------------------------------------------------------------------------------------------------------------------
// Eager modules
// ---------------------------------------------------------------------------------------------------------------------
TEST(TorchEager, ConvolutionsLikePython) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  expect_observed(
      *net, [&](const torch::Tensor& x) { net->forward(x); }, "convolutions");
  const auto result = co2lib::libtorch::preindex(net, data.batches(data.clean), data.batches(data.shifted));
  expect_result(result, expected("convolutions"));
  EXPECT_THAT(result.layers_unseen, IsEmpty());
}

TEST(TorchEager, LinearLayersOnTokensLikePython) {
  const Data data;
  auto net = with_weights(Tokens(), "tokens");
  expect_observed(
      *net, [&](const torch::Tensor& x) { net->forward(x); }, "tokens");
  expect_result(
      co2lib::libtorch::preindex(net, data.batches(data.clean, 7), data.batches(data.shifted, 7), options_of("tokens")),
      expected("tokens"));
}

TEST(TorchEager, CallablesOfBatchesNeedTheNumberOfClasses) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  const auto source = [&](const torch::Tensor& x) {
    return [all = data.batches(x, 9), at = std::size_t{0}]() mutable -> std::optional<Batch> {
      if (at == all.size()) return std::nullopt;
      return all[at++];
    };
  };
  expect_result(co2lib::libtorch::preindex(net, source(data.clean), source(data.shifted), {}, 3),
                expected("convolutions"));
  EXPECT_EQ(code_of([&] { (void)co2lib::libtorch::preindex(net, source(data.clean), source(data.shifted)); }),
            "preindex.bad_option");
}

TEST(TorchEager, ModesOfTheModulesAreRestored) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  net->train();
  net->conv1->train(false);
  (void)co2lib::libtorch::preindex(net, data.batches(data.clean), data.batches(data.shifted));
  EXPECT_TRUE(net->is_training());
  EXPECT_FALSE(net->conv1->is_training());
  EXPECT_TRUE(net->fc2->is_training());
  EXPECT_TRUE(torch::GradMode::is_enabled());
}

TEST(TorchEager, AnEncoderWithTokensFirstIsNotTheBatch) {
  const Data data;
  Transformer net;
  std::string text;
  EXPECT_EQ(code_of(
                [&] {
                  (void)co2lib::libtorch::preindex(net, data.batches(data.clean), data.batches(data.shifted),
                                                   {.mode = Mode::vit});
                },
                &text),
            "preindex.fused_layer");
  EXPECT_THAT(text, HasSubstr("block.linear1"));
  const auto result = co2lib::libtorch::preindex(net, data.batches(data.clean), data.batches(data.shifted),
                                                 {.mode = Mode::vit, .include = {"embed"}});
  EXPECT_THAT(result.layers_unseen, ElementsAre("block.self_attn.out_proj"));
}

TEST(TorchEager, ASingleLayerIsAModel) {
  const Data data;
  torch::nn::Sequential flat(torch::nn::Flatten(), torch::nn::Linear(64, 12));
  torch::nn::Linear alone(64, 12);
  {
    const torch::NoGradGuard no_gradients;
    alone->weight.copy_(flat->named_parameters()["1.weight"]);
    alone->bias.copy_(flat->named_parameters()["1.bias"]);
  }
  const auto sides = [&](const torch::Tensor& x) { return data.batches(x.flatten(1)); };
  const auto a = co2lib::libtorch::preindex(flat, data.batches(data.clean), data.batches(data.shifted));
  const auto b = co2lib::libtorch::preindex(alone, sides(data.clean), sides(data.shifted));
  EXPECT_EQ(a.layers.at(0).name, "1");
  EXPECT_EQ(b.layers.at(0).name, "Linear");
  EXPECT_EQ(a.value, b.value);
}

TEST(TorchEager, TheProbeEndsWithItsLife) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  {
    ActivationProbe outer(*net);
    {
      ActivationProbe inner(*net);
      net->forward(data.clean);
      EXPECT_EQ(inner.take(60).calls.size(), 5U);
    }
    EXPECT_EQ(code_of([&] { (void)outer.take(60); }), "preindex.no_layer");  // the inner one saw it
    net->forward(data.clean);
    EXPECT_EQ(outer.take(60).calls.size(), 5U);
  }
  ActivationProbe later(*net);
  EXPECT_EQ(code_of([&] { (void)later.take(60); }), "preindex.no_layer");
}

TEST(TorchEager, AnotherModelIsNotObserved) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  Convolutions other;
  ActivationProbe probe(*net);
  other->forward(data.clean);
  std::string text;
  EXPECT_EQ(code_of([&] { (void)probe.take(60); }, &text), "preindex.no_layer");
  EXPECT_THAT(text, HasSubstr("conv1 (8), depthwise (8), conv2 (16), fc1 (24), fc2 (3)"));
}

TEST(TorchEager, AnOperatorThatThrowsLeavesTheProbeUsable) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  ActivationProbe probe(*net);
  EXPECT_THROW(net->forward(torch::zeros({2, 5, 8, 8})), c10::Error);
  probe.drop();
  net->forward(data.clean);
  EXPECT_EQ(probe.take(60).calls.size(), 5U);
}

TEST(TorchEager, BadInput) {
  const Data data;
  auto net = with_weights(Convolutions(), "convolutions");
  const auto code = [&](std::vector<Batch> clean, std::vector<Batch> shifted, const Options& options = {}) {
    return code_of([&] { (void)co2lib::libtorch::preindex(net, clean, shifted, options); });
  };
  const auto clean = data.batches(data.clean);
  auto shifted = data.batches(data.shifted);
  EXPECT_EQ(code(clean, shifted), "no error");
  EXPECT_EQ(code(clean, data.batches(data.shifted, 10)), "preindex.unpaired");
  EXPECT_EQ(code(clean, {shifted[0]}), "preindex.unpaired");
  EXPECT_EQ(code({clean[0]}, {{shifted[0].x, shifted[0].labels + 1}}), "preindex.unpaired");
  EXPECT_EQ(code({clean[0]}, {{torch::zeros({16, 1, 4, 4}), clean[0].labels}}), "preindex.unpaired");
  EXPECT_EQ(code({clean[0]}, {{shifted[0].x, {}}}), "preindex.bad_sample");
  EXPECT_EQ(code({clean[0]}, {{shifted[0].x * NAN, shifted[0].labels}}), "preindex.bad_sample");
  EXPECT_EQ(code({clean[0]}, {{torch::full_like(shifted[0].x, INFINITY), shifted[0].labels}}), "preindex.nonfinite");
  EXPECT_EQ(code({}, {}), "preindex.empty");
  EXPECT_EQ(code(clean, shifted, {.embedding = "conv9"}), "preindex.unknown_layer");
  EXPECT_EQ(code(clean, shifted, {.exclude = {"conv9"}}), "preindex.unknown_layer");
  EXPECT_EQ(code(clean, shifted, {.bins = {1}}), "preindex.bad_option");
  EXPECT_EQ(code(clean, shifted, {.store = co2lib::preindex::Store::recompute}), "preindex.bad_option");
  auto tokens = with_weights(Tokens(), "tokens");
  EXPECT_EQ(code_of([&] { (void)co2lib::libtorch::preindex(tokens, clean, shifted); }), "preindex.bad_shape");
  torch::nn::Sequential none{torch::nn::Flatten(), torch::nn::ReLU()};
  EXPECT_EQ(code_of([&] { (void)co2lib::libtorch::preindex(none, clean, shifted); }), "preindex.no_layer");
  auto narrow = torch::nn::Sequential(torch::nn::Flatten(), torch::nn::Linear(64, 3));
  EXPECT_EQ(code_of([&] { (void)co2lib::libtorch::preindex(narrow, clean, shifted); }), "preindex.no_layer");
}

// ---------------------------------------------------------------------------------------------------------------------
// TorchScript
// ---------------------------------------------------------------------------------------------------------------------
class TorchScript : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(TorchScript, LikePython) {
  const auto& [name, kind] = GetParam();
  const Data data;
  auto module = scripted(std::string(name) + "_" + kind);
  expect_observed(
      module, [&](const torch::Tensor& x) { module.forward({x}); }, name);
  const auto result =
      co2lib::libtorch::preindex(module, data.batches(data.clean), data.batches(data.shifted), options_of(name));
  expect_result(result, expected(name));

  auto rewritten = co2lib::libtorch::with_named_layers(module);
  expect_observed(
      rewritten, [&](const torch::Tensor& x) { rewritten.forward({x}); }, name);
  expect_result(
      co2lib::libtorch::preindex(rewritten, data.batches(data.clean), data.batches(data.shifted), options_of(name)),
      expected(name));
}

INSTANTIATE_TEST_SUITE_P(Models, TorchScript,
                         ::testing::Combine(::testing::Values("convolutions", "tokens"),
                                            ::testing::Values("scripted", "traced")),
                         [](const auto& one) { return std::string(std::get<0>(one.param)) + std::get<1>(one.param); });

TEST(TorchScriptModule, TheFusedEncoderIsRepeatedOnTheOrdinaryPath) {
  const Data data;
  auto module = scripted("transformer_scripted");
  const json& wanted = expected("transformer");
  ActivationProbe probe(module, {.mode = Mode::vit, .embedding = wanted.at("embedding")});
  {
    const torch::NoGradGuard no_gradients;
    module.forward({data.clean});
  }
  EXPECT_TRUE(probe.fused());
  std::string text;
  EXPECT_EQ(code_of([&] { (void)probe.take(60); }, &text), "preindex.fused_layer");
  EXPECT_THAT(text, HasSubstr("aten::_transformer_encoder_layer_fwd"));
  module.forward({data.clean});
  EXPECT_FALSE(probe.fused());
  expect_activations(probe.take(60), wanted.at("vectors").at("clean"));

  const auto result =
      co2lib::libtorch::preindex(module, data.batches(data.clean), data.batches(data.shifted), {.mode = Mode::vit});
  EXPECT_NEAR(result.value.value(), wanted.at("value").get<double>(), 1e-3);  // not exact: bins may differ by one value
  EXPECT_EQ(json(result.layers_unseen), wanted.at("unseen"));
}

TEST(TorchScriptModule, RewrittenTheEncoderIsTheSame) {
  const Data data;
  auto module = co2lib::libtorch::with_named_layers(scripted("transformer_scripted"));
  const json& wanted = expected("transformer");
  ActivationProbe probe(module, {.mode = Mode::vit, .embedding = wanted.at("embedding")});
  module.forward({data.clean});
  expect_activations(probe.take(60), wanted.at("vectors").at("clean"));
}

TEST(TorchScriptModule, LayersThatShareAWeightKeepTheirNamesWhenRewritten) {
  const Data data;
  auto module = scripted("tied_scripted");
  const auto names = [&](torch::jit::Module& model) {
    ActivationProbe probe(model, {.mode = Mode::vit});
    model.forward({data.clean});
    std::vector<std::string> all;
    for (const auto& call : probe.take(60).calls) all.push_back(call.name);
    return all;
  };
  auto rewritten = co2lib::libtorch::with_named_layers(module);
  EXPECT_THAT(names(rewritten), ElementsAre("first", "second"));
  EXPECT_THAT(names(module), ElementsAre("first", "first"));  // and the module itself is as it was
}

TEST(TorchScriptModule, AFrozenModuleIsAnError) {
  const Data data;
  auto module = scripted("frozen");
  EXPECT_EQ(
      code_of([&] { (void)co2lib::libtorch::preindex(module, data.batches(data.clean), data.batches(data.shifted)); }),
      "preindex.no_layer");
}

// ---------------------------------------------------------------------------------------------------------------------
// Packages
// ---------------------------------------------------------------------------------------------------------------------
class TorchPackage : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchPackage, LikePython) {
  const Data data;
  const json& wanted = expected(GetParam());
  Package package(folder() / (std::string(GetParam()) + ".pt2"));
  EXPECT_EQ(package.embedding(), wanted.at("embedding"));
  expect_activations(package.run(data.clean), wanted.at("vectors").at("clean"));
  expect_activations(package.run(data.shifted), wanted.at("vectors").at("shifted"));
  const auto result = co2lib::libtorch::preindex(package, data.batches(data.clean), data.batches(data.shifted));
  expect_result(result, wanted);
}

INSTANTIATE_TEST_SUITE_P(Models, TorchPackage, ::testing::Values("convolutions", "tokens"),
                         [](const auto& one) { return std::string(one.param); });

TEST(TorchPackageFile, BadFiles) {
  EXPECT_EQ(code_of([] { Package("no_such_file.pt2"); }), "preindex.bad_state");
  EXPECT_EQ(code_of([] { Package(folder() / "results.json"); }), "preindex.bad_state");
  const Data data;
  Package package(folder() / "convolutions.pt2");
  EXPECT_EQ(code_of([&] {
              (void)co2lib::libtorch::preindex(package, data.batches(data.clean), data.batches(data.shifted),
                                               {.embedding = "conv1"});
            }),
            "preindex.unknown_layer");
}

}  // namespace
