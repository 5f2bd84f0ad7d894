// SPDX-License-Identifier: MIT
// What a run says of itself as a whole: its power over time, and what its commands used.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;

class Runs : public Bench {
 protected:
  static meter::MeterInfo supply() {
    return {.id = "supply", .device = meter::Device::cpu, .domain = meter::Domain::package};
  }
  /// A run of `co2lib run`: a command that was busy for `cpu_s` of 4 CPUs in 10 s.
  Footprint command(Options o, const std::string& text, double cpu_s) {
    o.command = text;
    machine.set_cpus(4);
    machine.set_cpu_ticks(1000, 1000);
    Tracker tracker(o);
    go(10s);
    machine.set_cpu_ticks(1000 + static_cast<std::uint64_t>(cpu_s * 100), 2000);
    tracker.ended(0, Seconds(cpu_s));
    return tracker.stop();
  }
};

TEST_F(Runs, PowerIsThatOfWhatWasCovered) {
  Options o = options();
  const auto psu = FakeMeter::power(*clock, supply(), 100);
  o.meters = std::vector<MeterChoice>{cpu, psu};
  Tracker tracker(o);
  go(30s);
  psu->fail(meter::Failure::io, "unplugged");
  go(25s);
  psu->recover();
  go(45s);
  tracker.stop();
  double seconds = 0;
  for (const PowerOverTime& p : tracker.run().power()) {
    EXPECT_NEAR(p.mean.watts(), 200, 1e-6) << "counter and supply, or nothing";
    seconds += Seconds(p.end - p.begin).count();
  }
  EXPECT_GE(seconds, 70);
  EXPECT_LE(seconds, 90) << "not while one of them was not read";
}

TEST_F(Runs, OfNothingThereIsNoPower) {
  Options o = options();
  const auto psu = FakeMeter::power(*clock, supply(), 100);
  psu->fail(meter::Failure::io, "unplugged");
  o.meters = std::vector<MeterChoice>{psu};
  Tracker tracker(o);
  go(30s);
  tracker.stop();
  EXPECT_TRUE(tracker.run().power().empty());
}

TEST_F(Runs, ACommandThatWasBegunAgainUsedWhatBothDid) {
  Options o = logged();
  const Footprint first = command(o, "python train.py", 4);
  o.log_exists = LogExists::resume;
  const Footprint both = command(o, "python train.py --resume", 10);
  ASSERT_TRUE(first.command && both.command);
  EXPECT_EQ(both.command->text, "python train.py --resume") << "the last one";
  EXPECT_DOUBLE_EQ(both.command->cpu_time.count(), 14);
  ASSERT_TRUE(first.command->energy.value && both.command->energy.value);
  EXPECT_NEAR(both.command->energy.joules().value(), first.command->energy.joules().value() * 14 / 4, 1e-6);
  EXPECT_GT(both.command->energy.bounds->high.joules(), both.command->energy.joules().value());
  EXPECT_EQ(load(o.log).footprint().to_json(), both.to_json());
}

TEST_F(Runs, ACommandThatWasKilledOnceHasNoKnownShare) {
  Options o = logged();
  o.command = "python train.py";
  {
    Tracker killed(o);
    go(10s);
  }
  o.log_exists = LogExists::resume;
  const Footprint f = command(o, "python train.py", 4);
  ASSERT_TRUE(f.command);
  EXPECT_EQ(f.command->text, "python train.py");
  EXPECT_EQ(f.command->status, 0);
  EXPECT_FALSE(f.command->energy.value) << "of a part it is not known";
}

TEST_F(Runs, OneThatIsGivenBeforeItsEndAndAfterItIsOne) {
  const Options o = logged();
  const std::filesystem::path copy = folder / "copy.jsonl";
  Tracker tracker(o);
  {
    const Region epoch = tracker.region("epoch");
    go(20s);
  }
  go(20s);
  std::filesystem::copy_file(o.log, copy);  // a copy of the log while it is written
  go(20s);
  const Footprint f = tracker.stop();
  EXPECT_LT(load(copy).footprint().energy.joules().value(), 6000);
  for (const std::vector<tracker::Run>& runs :
       {std::vector{load(o.log), load(copy)}, std::vector{load(copy), load(o.log)},
        std::vector{load(copy), load(copy), load(o.log)}}) {
    const Footprint merged = merge(runs).footprint();
    EXPECT_EQ(merged.energy.joules(), f.energy.joules());
    EXPECT_EQ(merged.duration, f.duration);
    EXPECT_EQ(region(merged, "epoch").count, 1);
    EXPECT_TRUE(merged.issues.empty());
  }
  const auto text = [](const std::filesystem::path& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::ofstream(folder / "both.jsonl") << text(copy) << text(o.log);
  EXPECT_EQ(load(folder / "both.jsonl").footprint().energy.joules(), f.energy.joules());
}

TEST_F(Runs, ALogThatIsNoneSaysWhatIsWrongWithIt) {
  const std::filesystem::path file = folder / "log.jsonl";
  std::ofstream(file) << R"({"v":1,"type":"run","run_id":5})"
                      << "\n";
  try {
    static_cast<void>(load(file));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "tracker.bad_log");
    EXPECT_NE(std::string(error.what()).find("log.jsonl:1)"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

TEST_F(Runs, AJsonWithAFieldOfAnotherKindIsRefused) {
  Options o = options();
  Tracker tracker(o);
  go(5s);
  const std::string text = tracker.stop().to_json();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  for (const std::string& wrong :
       {with("\"schema\":\"co2lib-footprint/1\"", "\"schema\":5"), with("\"embodied\":{", "\"embodied\":5,\"x\":{"),
        with("\"regions\":[]", "\"regions\":null"), with("\"methods\":[", "\"methods\":3,\"x\":[")}) {
    EXPECT_EQ(code_of([&] { static_cast<void>(Footprint::from_json(wrong)); }), "tracker.bad_json");
  }
}

}  // namespace
}  // namespace co2lib::tracker
