// SPDX-License-Identifier: MIT
// A new sensor is one file and one line: here is the file, and the list it is added to. Everything else follows from
// what its reader says of its meters; nothing knows the name of its provider.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench.hpp"
#include "meter/reader.hpp"
#include "tracker/live_meter.hpp"
#include "tracker/setup.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// ---------------------------------------------------------------------------------------------------------------------
// The sensor: a box that counts the energy of a processor and that of the whole machine
// ---------------------------------------------------------------------------------------------------------------------

using Choices = std::vector<MeterChoice>;

constexpr const char* provider = "energy_box";

/// What the box shows; the readers of a machine are plain functions, so it stands here.
std::shared_ptr<meter::Meter> processor;
std::shared_ptr<meter::Meter> whole;

meter::MeterInfo processor_info() {
  return {.id = "box/cpu",
          .name = "package-0",
          .domain = meter::Domain::package,
          .provider = provider,
          .unit = meter::CounterUnit::microjoule(),
          .update_period_s = 0.5,
          .accuracy = 0.02,
          .least_window_s = 3,
          .quick = true};
}

meter::Opened open_box(const meter::Context&, const meter::Covered&) {
  meter::Opened opened;
  opened.finding = {.provider = provider,
                    .availability = meter::Availability::available,
                    .reason = "a box",
                    .meters = {processor->info(), whole->info()},
                    .method = "counter"};
  opened.meters = {processor, whole};
  return opened;
}

std::vector<meter::Reader> readers_with(const meter::Reader& box) {
  std::vector<meter::Reader> readers = meter::all_readers();
  readers.insert(readers.begin(), box);
  return readers;
}

class NewSensor : public Bench {
 protected:
  NewSensor() {
    machine.set_cpus(8);
    machine.set_memory(16ULL << 30);
    machine.set_cpu_ticks(1000, 9000);
    processor = box_cpu = FakeMeter::counter(*clock, processor_info(), 50);
    whole = FakeMeter::power(*clock,
                             {.id = "box/all",
                              .device = meter::Device::platform,
                              .domain = meter::Domain::psys,
                              .provider = provider,
                              .kind = meter::Kind::power,
                              .update_period_s = 1},
                             200);
  }
  ~NewSensor() override {
    processor.reset();
    whole.reset();
  }

  [[nodiscard]] meter::Plan plan(const meter::Reader& box = {.provider = provider, .open = open_box},
                                 meter::OpenOptions options = {}) const {
    options.host = machine.host();
    return make_plan(options, nullptr, readers_with(box));
  }
  static std::vector<std::string> ids(const meter::Plan& plan) {
    std::vector<std::string> ids;
    for (const auto& m : plan.meters) ids.push_back(m->info().id);
    return ids;
  }

  std::shared_ptr<FakeMeter> box_cpu;
};

TEST_F(NewSensor, IsFoundChosenByNameAndPreferredByItsPlace) {
  const meter::Plan found = plan();
  EXPECT_THAT(ids(found), ElementsAre("box/cpu", "box/all", "model.ram"));
  EXPECT_EQ(found.findings.front().provider, provider);
  EXPECT_TRUE(found.findings.front().used);
  EXPECT_THAT(ids(plan({.provider = provider, .open = open_box}, {.meters = Choices{provider}})),
              ElementsAre("box/cpu", "box/all", "model.ram"));
  try {
    (void)plan({.provider = provider, .open = open_box}, {.meters = Choices{"energy_bix"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(provider)) << "it is among those that are known";
  }
}

TEST_F(NewSensor, HasAModelThatStandsInForIt) {
  const meter::Plan found = plan();
  ASSERT_EQ(found.stand_ins.size(), 1U);
  EXPECT_THAT(found.stand_ins.front()->info().stands_in_for, ElementsAre("box/cpu"));
}

TEST_F(NewSensor, ItsPlatformGoesWithItsProcessorsIfItsReaderSaysSo) {
  machine.add_zone("intel-rapl:0");
  machine.add_zone("intel-rapl:1", {.name = "package-1"});
  // Powercap measures two packages, so it is taken instead of the box.
  EXPECT_THAT(ids(plan()), ElementsAre("intel-rapl:0", "intel-rapl:1", "box/all", "model.ram"));
  EXPECT_THAT(ids(plan({.provider = provider, .open = open_box, .platform_is_of_processors = true})),
              ElementsAre("intel-rapl:0", "intel-rapl:1", "model.ram"));
}

TEST_F(NewSensor, OfGpusIsWhatTheOptionGpusNeeds) {
  whole = FakeMeter::power(
      *clock, {.id = "box/gpu", .device = meter::Device::gpu, .domain = meter::Domain::gpu, .provider = provider}, 300);
  const meter::Reader box{.provider = provider, .open = open_box, .measures = meter::Reader::Measures::gpus};
  const meter::Plan alone = plan(box, {.gpus_only = true});
  EXPECT_THAT(ids(alone), ElementsAre("box/cpu", "box/gpu"));
  try {
    (void)plan(box, {.meters = Choices{"powercap"}, .gpus = std::vector<meter::GpuKey>{0}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("add 'energy_box' or 'nvml' to meters"));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What a run makes of it
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(NewSensor, ItsAccuracyAndUpdatePeriodWidenTheInterval) {
  Options o = options();
  o.meters = Choices{processor};
  Tracker tracker(o);
  go(10s);
  const Footprint f = tracker.stop();
  ASSERT_TRUE(f.energy.interval);
  EXPECT_NEAR(*f.energy.joules(), 500, 1e-9);
  EXPECT_NEAR(f.energy.interval->low.joules(), 500 * 0.98 - 50 * 0.5, 1e-9);
  EXPECT_NEAR(f.energy.interval->high.joules(), 500 * 1.02 + 50 * 0.5, 1e-9);
  EXPECT_FALSE(has_issue(f.issues, "short_window"));
  ASSERT_EQ(f.devices.size(), 1U);
  EXPECT_EQ(f.devices.front().record.method, meter::Method::counter);
  EXPECT_TRUE(f.devices.front().in_total);
  EXPECT_THAT(f.to_string(), HasSubstr("counter (energy_box)"));
}

TEST_F(NewSensor, ARunShorterThanItsLeastWindowSaysSo) {
  Options o = options();
  o.meters = Choices{processor};
  Tracker tracker(o);
  go(2s);
  EXPECT_TRUE(has_issue(tracker.stop().issues, "short_window"));
}

TEST_F(NewSensor, IsReadWithoutAThreadOfItsOwnOnlyIfItIsQuick) {
  Options o = options();
  o.meters = Choices{processor, whole};
  const detail::Setup setup = detail::make_setup(o);
  ASSERT_GE(setup.meters.size(), 2U);
  EXPECT_TRUE(setup.meters[0].quick);
  EXPECT_FALSE(setup.meters[1].quick) << "nothing says so";
}

TEST_F(NewSensor, ThatIsAModelIsCalledOne) {
  meter::MeterInfo info = processor_info();
  info.modelled = true;
  Options o = options();
  o.meters = Choices{FakeMeter::counter(*clock, info, 0)};
  Tracker tracker(o);
  go(60s);
  const Footprint f = tracker.stop();
  EXPECT_EQ(f.devices.front().record.method, meter::Method::model);
  EXPECT_FALSE(has_issue(f.issues, "frozen")) << "a model may show 0 W";
}

TEST_F(NewSensor, ThatStandsStillIsDoubtedByItsOwnUpdatePeriod) {
  // Ten update periods of 0.5 s; a meter that says nothing of itself has longer, see the kinds of sensors that fail.
  Options o = options();
  o.meters = Choices{FakeMeter::counter(*clock, processor_info(), 0)};
  o.period_s = 1;
  Tracker tracker(o);
  for (int i = 0; i < 7; ++i) go(1s);
  EXPECT_TRUE(has_issue(tracker.stop().issues, "frozen"));
}

TEST_F(NewSensor, SaysTheSameOfItselfInALogThatIsReadAgain) {
  Options o = logged();
  o.meters = Choices{processor};
  Tracker tracker(o);
  go(10s);
  const Footprint f = tracker.stop();
  const Footprint read = load(o.log).footprint();
  EXPECT_EQ(read.to_json(), f.to_json());
  const meter::MeterInfo& info = read.devices.front().record.meter;
  EXPECT_EQ(info.accuracy, 0.02);
  EXPECT_EQ(info.least_window_s, 3);
  EXPECT_TRUE(info.quick);
  EXPECT_FALSE(info.modelled);
}

}  // namespace
}  // namespace co2lib::tracker
