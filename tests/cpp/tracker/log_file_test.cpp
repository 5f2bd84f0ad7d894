// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <co2lib/intensity/location.hpp>
#include <co2lib/intensity/source.hpp>

#include "bench.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class LogFile : public Bench {
 protected:
  /// A run of 10 s in the log, ended.
  Footprint ended(const Options& o) {
    Tracker tracker(o);
    go(10s);
    return tracker.stop();
  }
  static std::string message_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
};

TEST_F(LogFile, OneThatIsTakenIsRefusedAndTheOptionsAreNamed) {
  const std::string id = ended(logged()).run_id;
  const std::string message = message_of([&] { Tracker again(logged()); });
  for (const std::string& part : {id, std::string("number"), std::string("resume"), std::string("overwrite")}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST_F(LogFile, TheNextFreeNameIsTakenAndSaid) {
  Options o = logged();
  o.log_exists = LogExists::number;
  Tracker first(o);
  EXPECT_EQ(first.log(), folder / "run.jsonl");
  first.stop();
  Tracker second(o);
  EXPECT_EQ(second.log(), folder / "run.2.jsonl");
  const Footprint f = second.stop();
  EXPECT_TRUE(has_issue(f.issues, "log_numbered"));
  EXPECT_EQ(load(folder / "run.2.jsonl").footprint().to_json(), f.to_json());
  Tracker third(o);
  EXPECT_EQ(third.log(), folder / "run.3.jsonl");
}

TEST_F(LogFile, AFileThatIsNoLogIsNeverTouched) {
  std::ofstream(folder / "run.jsonl") << "my thesis\n";
  for (const LogExists what : {LogExists::error, LogExists::overwrite, LogExists::resume}) {
    Options o = logged();
    o.log_exists = what;
    EXPECT_EQ(code_of([&] { Tracker tracker(o); }), "tracker.bad_log") << text(what);
  }
  Options o = logged();
  o.log_exists = LogExists::number;
  Tracker tracker(o);
  EXPECT_EQ(tracker.log(), folder / "run.2.jsonl");
  EXPECT_EQ(text_of(folder / "run.jsonl"), "my thesis\n");
}

TEST_F(LogFile, AnOldLogCanBeReplaced) {
  ended(logged());
  Options o = logged();
  o.log_exists = LogExists::overwrite;
  const Footprint f = ended(o);
  EXPECT_EQ(f.segments, 1);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(LogFile, ALogTakesOneProcessAlsoWhereBothResumeIt) {
  Options o = logged();
  o.resume = true;
  Tracker first(o);
  go(10s);
  for (const LogExists what : {LogExists::error, LogExists::resume, LogExists::overwrite}) {
    Options other = o;
    other.log_exists = what;
    EXPECT_THAT(message_of([&] { Tracker second(other); }), HasSubstr("run-{rank}.jsonl")) << text(what);
  }
  Options numbered = o;
  numbered.log_exists = LogExists::number;
  Tracker second(numbered);
  EXPECT_EQ(second.log(), folder / "run.2.jsonl");
  second.stop();
  const Footprint f = first.stop();
  EXPECT_NEAR(*load(o.log).footprint().energy.joules(), *f.energy.joules(), 1e-9);
  EXPECT_EQ(load(o.log).segments.size(), 1U);
}

TEST_F(LogFile, AnotherProcessMayTakeItOnceTheFirstHasEnded) {
  ended(logged());
  Options o = logged();
  o.resume = true;
  EXPECT_EQ(ended(o).segments, 2);
}

TEST_F(LogFile, AChildThatOutlivesItsParentDoesNotHoldTheLog) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = 0;
  {
    Tracker tracker(logged());
    child = ::fork();
    if (child == 0) {
      char go_on = 0;
      ::close(ready[1]);
      (void)!::read(ready[0], &go_on, 1);
      ::_exit(0);
    }
    tracker.stop();
  }
  Options o = logged();
  o.resume = true;
  EXPECT_EQ(code_of([&] { Tracker again(o); }), "no error");
  ::close(ready[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
}

TEST_F(LogFile, WhatIsNoRegularFileIsNotLocked) {
  Options o = logged();
  o.log = "/dev/null";
  Tracker one(o);
  EXPECT_EQ(code_of([&] { Tracker other(o); }), "no error");
}

TEST_F(LogFile, NamesAreFilledIn) {
  ::setenv("RANK", "3", 1);
  ::setenv("LOCAL_RANK", "0", 1);
  Options o = logged("run-{rank}-{local_rank}-{host}-{x}.jsonl");
  machine.write("proc/sys/kernel/hostname", "node7\n");
  Tracker tracker(o);
  EXPECT_EQ(tracker.log(), folder / "run-3-0-node7-{x}.jsonl");
  ::unsetenv("RANK");
  ::unsetenv("LOCAL_RANK");
}

TEST_F(LogFile, ARunThatIsStartedAgainTakesTheNextName) {
  Tracker tracker(logged());
  tracker.stop();
  tracker.start();
  EXPECT_EQ(tracker.log(), folder / "run.2.jsonl");
}

TEST_F(LogFile, ARunThatIsKilledInItsFirstSecondsShowsWhatItHad) {
  Tracker tracker(logged());
  go(5s);
  std::filesystem::copy_file(folder / "run.jsonl", folder / "killed.jsonl");
  const Footprint f = load(folder / "killed.jsonl").footprint();
  EXPECT_NEAR(f.energy.joules().value_or(-1), 400, 1e-6) << "flushed at 1, 2 and 4 s";
  EXPECT_FALSE(f.complete);
}

TEST_F(LogFile, ALogOfNothingHasNoBoundsOfZero) {
  Tracker tracker(logged());
  std::filesystem::copy_file(folder / "run.jsonl", folder / "killed.jsonl");
  const Footprint f = load(folder / "killed.jsonl").footprint();
  EXPECT_FALSE(f.energy.value);
  EXPECT_FALSE(f.energy.bounds);
}

TEST_F(LogFile, EachSegmentIsPricedWithItsOwnPlace) {
  Options o = logged();
  o.intensity = {};
  o.location = "FRA";
  const Footprint france = ended(o);
  o.resume = true;
  o.location = "POL";
  o.pue = 1.5;
  const Footprint both = ended(o);
  o.resume = false;
  o.log = folder / "poland.jsonl";
  const Footprint poland = ended(o);
  EXPECT_NEAR(*both.operational.grams(), *france.operational.grams() + *poland.operational.grams(), 1e-9);
  EXPECT_NEAR(both.facility_energy.joules(), 2500, 1e-6);
  EXPECT_EQ(both.location, "FRA, POL");
  EXPECT_EQ(load(folder / "run.jsonl").footprint().to_json(), both.to_json());
}

TEST_F(LogFile, EachSegmentKeepsItsOwnIntensity) {
  Options o = logged();
  ended(o);
  o.resume = true;
  o.intensity = intensity::make_source([](UtcTime) { return CarbonIntensity::from_g_per_kwh(300); });
  const Footprint f = ended(o);
  EXPECT_NEAR(*f.operational.grams(), 1000 / 3.6e6 * (100 + 300), 1e-9);
  EXPECT_NEAR(f.carbon_intensity->g_per_kwh(), 200, 1e-9);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

TEST_F(LogFile, AWallClockThatWasSetBackBeforeAResumeLosesNothing) {
  machine.write("proc/sys/kernel/random/boot_id", "one\n");
  Options o = logged();
  ended(o);
  clock->step_utc(-1h);
  o.resume = true;
  Footprint f = ended(o);
  EXPECT_NEAR(*f.energy.joules(), 2000, 1e-6);
  EXPECT_NEAR(f.duration.count(), 20, 1e-9);
  // And on another boot, where only the order in the log tells.
  machine.write("proc/sys/kernel/random/boot_id", "two\n");
  clock->step_utc(-1h);
  f = ended(o);
  EXPECT_NEAR(*f.energy.joules(), 3000, 1e-6);
  EXPECT_NEAR(f.duration.count(), 30, 1e-9);
  EXPECT_TRUE(has_issue(f.issues, "clock_step"));
}

TEST_F(LogFile, AWallClockThatWasNeverSetIsSaidAndPricedWithTheNewestYear) {
  clock->step_utc(UtcTime{} - clock->utc());
  Options o = logged();
  o.intensity = {};
  o.location = "POL";
  const Footprint f = ended(o);
  EXPECT_TRUE(has_issue(f.issues, "clock_unset"));
  const double newest = intensity::factor("POL").value.g_per_kwh();
  EXPECT_NEAR(f.carbon_intensity->g_per_kwh(), newest, 1e-9);
  EXPECT_EQ(load(o.log).footprint().to_json(), f.to_json());
}

}  // namespace
}  // namespace co2lib::tracker
