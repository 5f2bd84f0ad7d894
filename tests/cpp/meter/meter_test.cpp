// SPDX-License-Identifier: MIT
// What a meter says of itself, and the defaults for what it does not say.
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <co2lib/meter/record.hpp>

namespace co2lib::meter {
namespace {

TEST(MeterInfo, EveryFieldIsVisitedOnceAndSaysWhatItIs) {
  const MeterInfo info{.id = "a"};
  std::set<std::string_view> names;
  std::set<const void*> fields;
  for_each_field(info, [&](std::string_view name, const auto& field, std::string_view what) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(fields.insert(&field).second) << name;
    EXPECT_TRUE(what.ends_with('.')) << name;
  });
  // This does not compile with one field more or less: add the new one here and to the visitor.
  const auto& [id, parent, control, name, device, domain, provider, kind, unit, wrap, update_period_s, slack_s, p_max_w,
               accuracy, least_window_s, modelled, quick, scope, flags, stands_in_for, provenance] = info;
  const std::set<const void*> all{
      &id,    &parent, &control,        &name,          &device,    &domain,   &provider, &kind,
      &unit,  &wrap,   &slack_s,        &p_max_w,       &accuracy,  &modelled, &quick,    &update_period_s,
      &scope, &flags,  &least_window_s, &stands_in_for, &provenance};
  EXPECT_EQ(fields, all);
}

TEST(MeterInfo, NothingIsConcludedFromTheNameOfAProvider) {
  for (const char* provider :
       {"powercap", "perf_event", "nvml", "hwmon", "ina3221", "model.cpu_load", "user", "mine"}) {
    const MeterInfo info{.id = "a", .provider = provider};
    EXPECT_EQ(accuracy(info), 0) << provider;
    EXPECT_EQ(slack_s(info), 0.005) << provider;
    EXPECT_EQ(least_window_s(info), 0) << provider;
    EXPECT_EQ(method_of(info), Method::counter) << provider;
  }
}

TEST(MeterInfo, WhatItSaysOfItselfWinsOverTheDefaultsOfItsDevice) {
  const MeterInfo gpu{.id = "gpu", .device = Device::gpu, .domain = Domain::gpu};
  EXPECT_EQ(slack_s(gpu), 0.2);
  EXPECT_EQ(least_window_s(gpu), 0.2);
  EXPECT_EQ(p_max_w(gpu), 15000);
  MeterInfo own = gpu;
  own.update_period_s = 0.1;
  EXPECT_EQ(slack_s(own), 0.1);
  own.slack_s = 0.3;
  own.least_window_s = 1;
  own.p_max_w = 700;
  own.accuracy = 0.02;
  own.modelled = true;
  EXPECT_EQ(slack_s(own), 0.3);
  EXPECT_EQ(least_window_s(own), 1);
  EXPECT_EQ(p_max_w(own), 700);
  EXPECT_EQ(accuracy(own), 0.02);
  EXPECT_EQ(method_of(own), Method::model);
}

TEST(MeterInfo, OnlyAModelledPartOfAnotherMeterIsAShare) {
  MeterInfo share{.id = "a#process(1)", .parent = "a", .modelled = true, .scope = "process"};
  EXPECT_TRUE(is_share(share));
  for (const char* scope : {"container", "other", "idle"}) {
    share.scope = scope;
    EXPECT_TRUE(is_share(share)) << scope;
  }
  share.scope = "module";
  EXPECT_FALSE(is_share(share));
  EXPECT_FALSE(is_share({.id = "b", .modelled = true, .scope = "process"}));
  EXPECT_FALSE(is_share({.id = "b", .parent = "a", .scope = "process"}));
}

}  // namespace
}  // namespace co2lib::meter
