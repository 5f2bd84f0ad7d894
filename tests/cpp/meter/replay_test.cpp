// SPDX-License-Identifier: MIT
#include <co2lib/meter/replay.hpp>

#include <chrono>
#include <variant>

#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::meter;
using namespace std::chrono_literals;

namespace {

ReplayMeter replay() {
  return ReplayMeter({.id = "package-0", .provider = "powercap"},
                     {{1s, Count{10}}, {2s, Failed{Failure::io, "bad"}}, {3s, Count{30}}});
}

TEST(Replay, YieldsTheRecordingAtItsTimes) {
  ReplayMeter meter = replay();
  EXPECT_EQ(meter.info().id, "package-0");
  EXPECT_EQ(std::get<Count>(meter.sample(1s)).value, 10U);
  EXPECT_EQ(std::get<Count>(meter.sample(1900ms)).value, 10U);
  EXPECT_EQ(std::get<Failed>(meter.sample(2s)).why, Failure::io);
  EXPECT_EQ(std::get<Count>(meter.sample(3s)).value, 30U);
  EXPECT_EQ(std::get<Count>(meter.sample(1s)).value, 10U) << "it can be asked again";
}

TEST(Replay, FailsOutsideOfTheRecording) {
  ReplayMeter meter = replay();
  EXPECT_EQ(std::get<Failed>(meter.sample(999ms)).why, Failure::absent);
  EXPECT_EQ(std::get<Failed>(meter.sample(3s + 1ns)).why, Failure::lost);
  ReplayMeter empty({.id = "none"}, {});
  EXPECT_EQ(std::get<Failed>(empty.sample(1s)).why, Failure::absent);
}

TEST(Replay, RefusesARecordingOutOfOrder) {
  EXPECT_THROW(ReplayMeter({.id = "x"}, {{2s, Count{1}}, {2s, Count{2}}}), Error);
}

}  // namespace
