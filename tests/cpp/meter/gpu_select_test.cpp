// SPDX-License-Identifier: MIT
#include <co2lib/meter/gpu_select.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::meter;

namespace {

const std::vector<GpuDevice> three{{0, "GPU-5a1c-0", "A", {}}, {1, "GPU-5a1d-1", "A", {}}, {2, "GPU-77ee-2", "A", {}}};
using Indices = std::vector<int>;

std::vector<std::string> codes(const GpuSelection& s) {
  std::vector<std::string> list;
  for (const Issue& issue : s.issues) list.push_back(issue.code);
  return list;
}
using Codes = std::vector<std::string>;

GpuSelection visible(const std::string& text, const std::vector<GpuDevice>& devices = three) {
  return select_gpus(devices, std::nullopt, text, "PCI_BUS_ID");
}

TEST(GpuSelect, AllWhenNothingIsSaid) { EXPECT_EQ(select_gpus(three, std::nullopt).selected, (Indices{0, 1, 2})); }

TEST(GpuSelect, NoneWhenTheVariableOrTheOptionIsEmpty) {
  EXPECT_TRUE(visible("").selected.empty());
  EXPECT_TRUE(visible("  ").issues.empty());
  EXPECT_TRUE(select_gpus(three, GpuOption(std::vector<GpuKey>{})).selected.empty());
}

TEST(GpuSelect, KeepsTheOrderNamedAndCountsADeviceOnce) {
  EXPECT_EQ(visible(" 2 , 0, GPU-77 ,2").selected, (Indices{2, 0}));
  EXPECT_TRUE(visible("2,0").issues.empty());
}

TEST(GpuSelect, TheFirstInvalidEntryEndsTheList) {
  for (const char* text : {"1,9,0", "1,-1,0", "1,GPU-zz,0", "1,GPU-5a1,0", "1,,0", "1,1x,0", "1,+0", "1,MIG-zz",
                           "1,99999999999999999999,0"}) {
    const GpuSelection s = visible(text);
    EXPECT_EQ(s.selected, Indices{1}) << text;
    EXPECT_EQ(codes(s), Codes{"invalid_entry"}) << text;
  }
  EXPECT_TRUE(visible("-1").selected.empty());
}

TEST(GpuSelect, SaysThatCudaMayCountOtherwise) {
  std::vector<GpuDevice> devices = three;
  EXPECT_EQ(codes(select_gpus(devices, std::nullopt, "2,0")), Codes{"cuda_order_assumed"});
  devices[1].name = "B";
  const GpuSelection s = select_gpus(devices, std::nullopt, "2,0", "FASTEST_FIRST");
  ASSERT_EQ(codes(s), Codes{"cuda_order_ambiguous"});
  EXPECT_NE(s.issues[0].text.find("GPU-77ee-2, GPU-5a1c-0"), std::string::npos) << s.issues[0].text;
  EXPECT_TRUE(select_gpus(devices, std::nullopt, "GPU-77").issues.empty());
  EXPECT_TRUE(select_gpus({devices[0]}, std::nullopt, "0").issues.empty());
}

TEST(GpuSelect, AMigInstanceSelectsItsBoardOnce) {
  std::vector<GpuDevice> devices = three;
  devices[1].mig_uuids = {"MIG-aa", "MIG-ab"};
  for (const char* text : {"MIG-aa,MIG-ab", "MIG-ab", "MIG-GPU-5a1d-1/1/0"}) {
    const GpuSelection s = visible(text, devices);
    EXPECT_EQ(s.selected, Indices{1}) << text;
    EXPECT_EQ(codes(s), Codes{"mig"}) << text;
  }
  EXPECT_EQ(codes(visible("MIG-a", devices)), Codes{"invalid_entry"});
}

TEST(GpuSelect, TheOptionBeatsTheVariable) {
  const GpuSelection s = select_gpus(three, GpuOption({GpuKey(1), GpuKey("GPU-77"), GpuKey("0")}), "2");
  EXPECT_EQ(s.selected, (Indices{1, 2, 0}));
  EXPECT_TRUE(s.issues.empty());
}

TEST(GpuSelect, AnInvalidOptionIsAnErrorThatNamesTheDevices) {
  for (const GpuKey& bad : {GpuKey(3), GpuKey(-1), GpuKey("GPU-5a1"), GpuKey("rtx"), GpuKey("")}) {
    try {
      (void)select_gpus(three, GpuOption({bad}));
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "meter.bad_option");
      EXPECT_NE(std::string(error.what()).find("GPU-77ee-2"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
