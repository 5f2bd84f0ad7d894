// SPDX-License-Identifier: MIT
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <co2lib/meter.hpp>
#include <co2lib/tracker.hpp>

#include "tree.hpp"

using namespace co2lib;
using namespace co2lib::meter;
using namespace co2lib::test;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace {

Finding ina(const Tree& machine) { return finding(sensors(machine.host()), "ina3221"); }

TEST(Jetson, TheRailThatFeedsTheBoardIsThePlatform) {
  const Tree machine("jetson_orin_nx");
  const Meters meters = opened(machine);
  EXPECT_EQ(ids(meters), (Names{"ina3221/VDD_IN", "ina3221/VDD_CPU_GPU_CV", "ina3221/VDD_SOC"}))
      << "nothing is modelled besides";
  const MeterInfo board = meters[0]->info();
  EXPECT_EQ(board.device, Device::board);
  EXPECT_EQ(board.domain, Domain::psys);
  EXPECT_EQ(board.provider, "ina3221");
  EXPECT_TRUE(board.flags.empty());
  EXPECT_EQ(accuracy(board), 0.05);
  EXPECT_EQ(meters[1]->info().domain, Domain::rail);
  EXPECT_EQ(meters[1]->info().parent, "ina3221/VDD_IN");
  EXPECT_EQ(std::get<Watts>(meters[0]->sample(0s)).value, 9.5) << "19000 mV x 500 mA";
  EXPECT_EQ(std::get<Watts>(meters[1]->sample(0s)).value, 2.2788);
  EXPECT_EQ(ina(machine).value, "board 9.5 W");
}

TEST(Jetson, ATrackerTakesTheBoardAsTheTotal) {
  const Tree machine("jetson_orin_nx");
  const auto clock = std::make_shared<ManualClock>();
  tracker::Options options;
  options.host = machine.host();
  options.clock = clock;
  tracker::Tracker tracker(options);
  ASSERT_TRUE(clock->wait_for_waiters(1));
  for (int i = 0; i < 100; ++i) clock->advance(100ms);
  const tracker::Footprint f = tracker.stop();
  EXPECT_NEAR(*f.totals.platform.energy_j, 95, 1e-9);
  EXPECT_NEAR(f.energy.value->joules(), 95, 1e-9);
  EXPECT_TRUE(has_issue(f.totals.issues, "platform_only"));
  EXPECT_FALSE(f.totals.cpu.present);
}

TEST(Jetson, WithoutSuchARailTheyAreSummedAndIncomplete) {
  Tree machine("jetson_agx_orin");
  const Meters meters = opened(machine);
  EXPECT_EQ(ids(meters), (Names{"ina3221/board", "ina3221/VDD_GPU_SOC", "ina3221/VDD_CPU_CV", "ina3221/VIN_SYS_5V0",
                                "ina3221/VDDQ_VDD2_1V8AO"}));
  EXPECT_EQ(meters[0]->info().flags, Names{"incomplete"});
  EXPECT_EQ(meters[0]->info().domain, Domain::psys);
  EXPECT_NEAR(std::get<Watts>(meters[0]->sample(0s)).value, 7.6 + 3.8 + 5 + 1.5, 1e-12);
  EXPECT_EQ(meters[4]->info().parent, "ina3221/board");
  EXPECT_THAT(ina(machine).reason, HasSubstr("incomplete"));
  machine.write("sys/bus/i2c/drivers/ina3221/1-0041/hwmon/hwmon2/curr2_input", "garbage\n");
  EXPECT_EQ(shown(meters[0]->sample(0s)), "parse") << "a sum without one of its parts is no number";
  EXPECT_EQ(shown(meters[1]->sample(0s)), "7.6 W");
}

TEST(Jetson, TheOldDriverShowsMilliwatts) {
  const Tree machine("jetson_tx2");
  const Meters meters = opened(machine);
  EXPECT_EQ(ids(meters), (Names{"ina3221/VDD_IN", "ina3221/VDD_SYS_GPU", "ina3221/VDD_SYS_SOC", "ina3221/VDD_4V0_WIFI",
                                "ina3221/VDD_SYS_CPU", "ina3221/VDD_SYS_DDR"}));
  EXPECT_EQ(std::get<Watts>(meters[0]->sample(0s)).value, 3.505);
}

TEST(Jetson, BoardInputsAreKnownByTheirLabel) {
  for (const auto& [label, board] : std::vector<std::pair<std::string, bool>>{{"POM_5V_IN", true},
                                                                              {"VDD_IN_12V", true},
                                                                              {"System", true},
                                                                              {"VDD_TOTAL", true},
                                                                              {"VDD_INA", false},
                                                                              {"VIN_SYS_5V0", false}}) {
    Tree machine("jetson_orin_nx");
    machine.write("sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/in1_label", label + "\n");
    EXPECT_EQ(opened(machine)[0]->info().id, board ? "ina3221/" + label : "ina3221/board") << label;
  }
}

TEST(Jetson, ABoardThatCannotBeReadIsModelled) {
  Tree machine("jetson_orin_nx");
  for (const char* bad : {"", "garbage\n", "0xFFFFFFFF\n"}) {
    machine.write("sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/in1_input", bad);
    const Finding f = ina(machine);
    EXPECT_EQ(f.availability, Availability::failed) << bad;
    EXPECT_FALSE(f.used);
    EXPECT_EQ(ids(opened(machine)), (Names{"model.cpu_load", "model.ram"}));
  }
  EXPECT_EQ(ina(Tree("intel_2s")).availability, Availability::absent);
}

TEST(Jetson, NegativeCurrentsAreNegativePower) {
  Tree machine("jetson_orin_nx");
  const Meters meters = opened(machine);
  machine.write("sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/curr3_input", "-8\n");
  EXPECT_EQ(std::get<Watts>(meters[2]->sample(0s)).value, -0.15184) << "the engine drops it as a glitch";
}

}  // namespace
