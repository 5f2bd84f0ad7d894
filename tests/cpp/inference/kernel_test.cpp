// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <co2lib/inference/features.hpp>

#include "inference/helpers.hpp"

namespace co2lib::inference {

namespace {

using testing::code_of;
using testing::conv;

TEST(InferenceKernel, NamesShareAPredictor) {
  for (const auto& [name, shared] : std::vector<std::pair<std::string, std::string>>{
           {"conv-bn-relu6", "conv-bn-relu"},
           {"DWConv-BN", "dwconv-bn-relu"},
           {"fc-relu", "fc"},
           {"gap", "global-avgpool"},
           {"bn-relu6", "bnrelu"},
           {"channel_shuffle", "channelshuffle"},
           {"add-add", "add"},
           {"relu6", "relu"},
           {"lstm", "lstm"},
       }) {
    EXPECT_EQ(kernel_name(name), shared);
  }
}

TEST(InferenceKernel, ConfigurationsRoundTripAsJson) {
  KernelConfig c = conv(56, 64, 128, 3, 2);
  c.w = 28;
  c.array = {16, 64};
  c.pad = 0.5;
  EXPECT_EQ(parse_kernel(c.to_json()), c);
  KernelConfig concat{.kernel = "concat", .h = 7, .cins = {8, 16}};
  EXPECT_EQ(parse_kernel(concat.to_json()), concat);
  EXPECT_EQ(code_of([] { (void)parse_kernel(R"({"kernel":"fc","stride":2})"); }), "inference.out_of_range");
  EXPECT_EQ(code_of([] { (void)parse_kernel(R"({"kernel":"fc","cin":2.5})"); }), "inference.out_of_range");
  EXPECT_EQ(code_of([] { (void)parse_kernel(R"({"cin":2})"); }), "inference.out_of_range");
}

TEST(InferenceKernel, PrecisionsAreReadAndNamed) {
  EXPECT_EQ(precision("w4a16").arithmetic(), "fp16");
  EXPECT_EQ(precision("w8a8").name, "int8");
  EXPECT_EQ(precision("bf16").w_bits, 16);
  EXPECT_EQ(precision_of(conv(8, 8, 8, 1)).name, "int8");
  EXPECT_EQ(precision_of(with_precision(conv(8, 8, 8, 1), precision("w4a8"))).name, "w4a8");
  for (const char* bad : {"", "int", "w4", "w0a8", "w8a65", "fp8", "w4a16x"}) {
    EXPECT_EQ(code_of([&] { (void)precision(bad); }), "inference.out_of_range") << bad;
  }
}

TEST(InferenceFeatures, GroupsEqualToChannelsAreDepthwise) {
  KernelConfig grouped = conv(28, 96, 96, 3);
  grouped.groups = 96;
  KernelConfig depthwise = grouped;
  depthwise.kernel = "dwconv";
  depthwise.groups = 1;
  depthwise.cout = 0;
  EXPECT_EQ(features(grouped), features(depthwise));
}

TEST(InferenceFeatures, MoreWorkIsNeverLess) {
  const KernelConfig base = conv(28, 32, 64, 3);
  const Features f = features(base);
  for (const auto& more : {conv(29, 32, 64, 3), conv(28, 33, 64, 3), conv(28, 32, 65, 3), conv(28, 32, 64, 5)}) {
    const Features g = features(more);
    EXPECT_GT(g.ops, f.ops);
    EXPECT_GE(g.bytes(), f.bytes());
  }
  KernelConfig wide = base;
  wide.w_bits = wide.a_bits = 16;
  EXPECT_GT(features(wide).bytes(), f.bytes());
  EXPECT_EQ(features(wide).ops, f.ops);
}

TEST(InferenceFeatures, ABatchMultipliesWorkAndActivationsButNoWeights) {
  KernelConfig one = conv(14, 32, 64, 3);
  KernelConfig four = one;
  four.batch = 4;
  const Features a = features(one);
  const Features b = features(four);
  EXPECT_EQ(b.ops, 4 * a.ops);
  EXPECT_EQ(b.bytes_in, 4 * a.bytes_in);
  EXPECT_EQ(b.bytes_w, a.bytes_w);
}

TEST(InferenceFeatures, EveryKernelHasAVectorAsLongAsItsNames) {
  for (const std::string& kernel : known_kernels()) {
    KernelConfig c{.kernel = kernel, .h = 14, .cin = 32, .cout = kernel == "dwconv-bn-relu" ? 32 : 64};
    c.m = c.n = c.k = 3;
    c.pad = 1;
    c.cins = {8, 8, 16};
    const std::vector<double> v = training_vector(c);
    EXPECT_EQ(v.size(), feature_names(kernel).size()) << kernel;
    for (const double x : v) EXPECT_TRUE(std::isfinite(x)) << kernel;
  }
}

/// A column of a training vector by its name.
double column(const KernelConfig& config, std::string_view name) {
  const std::vector<std::string> names = feature_names(config.kernel);
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return -1;
  return training_vector(config)[static_cast<std::size_t>(at - names.begin())];
}

TEST(InferenceFeatures, SayHowAKernelIsLaidOut) {
  KernelConfig c = conv(28, 114, 96, 3);
  EXPECT_EQ(column(c, "cin_align"), 2);
  EXPECT_EQ(column(c, "cout_align"), 32);
  EXPECT_EQ(column(c, "pad_same"), 0);
  c.pad = 0;
  EXPECT_EQ(column(c, "pad_same"), -1);
  c.pad = 2;
  c.dilation = 2;
  EXPECT_EQ(column(c, "pad_same"), 0);
  EXPECT_EQ(column(c, "dilation"), 2);
  c.groups = 2;
  c.batch = 3;
  EXPECT_EQ(column(c, "groups"), 2);
  EXPECT_EQ(column(c, "batch"), 3);
  KernelConfig depthwise = conv(14, 128, 128, 3);
  depthwise.kernel = "dwconv-bn-relu";
  EXPECT_EQ(column(depthwise, "cin_align"), 64);
  EXPECT_EQ(column(depthwise, "groups"), -1);
  const KernelConfig product{.kernel = "matmul", .k = 24, .m = 7, .n = 10, .heads = 3};
  EXPECT_EQ(column(product, "k_align"), 8);
  EXPECT_EQ(column(product, "n_align"), 2);
  EXPECT_EQ(column(product, "heads"), 3);
}

TEST(InferenceFeatures, OlderColumnsStayWhereTheyWere) {
  const std::vector<std::string> before{"HW",      "CIN",    "COUT",   "K",         "S",    "MFLOPS_HALF",
                                        "MPARAMS", "w_bits", "a_bits", "mops",      "mb_w", "mb_in",
                                        "mb_out",  "ai",     "util",   "mops_util", "mb",   "ai_util"};
  std::vector<std::string> names = feature_names("conv-bn-relu");
  ASSERT_GT(names.size(), before.size());
  names.resize(before.size());
  EXPECT_EQ(names, before);
}

TEST(InferenceFeatures, RefusesWhatHasNoMeaning) {
  const auto refused = [](auto change) {
    KernelConfig c = conv(28, 32, 64, 3);
    change(c);
    return code_of([&] { (void)features(c); });
  };
  EXPECT_EQ(refused([](KernelConfig& c) { c.s = 0; }), "inference.out_of_range");
  EXPECT_EQ(refused([](KernelConfig& c) { c.pad = -1; }), "inference.out_of_range");
  EXPECT_EQ(refused([](KernelConfig& c) { c.groups = 5; }), "inference.out_of_range");
  EXPECT_EQ(refused([](KernelConfig& c) { c.k = 99; }), "inference.out_of_range");
  EXPECT_EQ(refused([](KernelConfig& c) { c.a_bits = 0; }), "inference.out_of_range");
  EXPECT_EQ(refused([](KernelConfig& c) { c.w = 0; }), "inference.out_of_range");
  EXPECT_EQ(refused([](KernelConfig& c) { c.kernel = "lstm"; }), "inference.unknown_kernel");
  EXPECT_EQ(code_of([] { (void)flops("relu", {}); }), "inference.unknown_kernel");
  EXPECT_EQ(code_of([] { (void)flops("conv", {.hw = 7, .cin = 3}); }), "inference.out_of_range");
}

}  // namespace

}  // namespace co2lib::inference
