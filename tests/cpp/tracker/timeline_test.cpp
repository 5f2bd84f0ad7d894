// SPDX-License-Identifier: MIT
// Spans of time, where segments lie, and who counts a device that several measured.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tracker/timeline.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using detail::TimeSpan;

UtcTime utc(int seconds) { return UtcTime(std::chrono::seconds(1'750'000'000 + seconds)); }
TimeSpan span(int begin, int end) { return {utc(begin), utc(end)}; }

/// A segment of a machine from `begin` to `end` on its monotonic clock, which shows 1000 s at `utc(0)`.
RunSegment segment(const std::string& run, const std::string& boot, int begin, int end) {
  RunSegment s;
  s.run_id = run;
  s.boot_id = boot;
  s.context.host = "node";
  s.begin = 1000s + std::chrono::seconds(begin);
  s.end = 1000s + std::chrono::seconds(end);
  s.begin_utc = utc(begin);
  s.end_utc = utc(end);
  return s;
}

/// The same with a meter that covered all of it.
RunSegment measured(const std::string& run, const std::string& boot, int begin, int end, const std::string& id) {
  RunSegment s = segment(run, boot, begin, end);
  MeterState meter;
  meter.info.id = id;
  meter.first = meter.reached_begin = s.begin;
  meter.last = meter.reached_end = s.end;
  meter.covered = s.end - s.begin;
  meter.any_good = true;
  s.meters.push_back(meter);
  return s;
}

TEST(TimeSpans, ThatTouchAreOne) {
  EXPECT_EQ(detail::joined({span(5, 6), span(0, 2), span(2, 3), span(1, 2)}),
            (std::vector<TimeSpan>{span(0, 3), span(5, 6)}));
  EXPECT_TRUE(detail::joined({}).empty());
}

TEST(TimeSpans, TheShareOutsideIsWhatTheSpansLeave) {
  EXPECT_EQ(detail::share_outside(utc(0), utc(10), {}), 1);
  EXPECT_EQ(detail::share_outside(utc(0), utc(10), {span(-5, 20)}), 0);
  EXPECT_DOUBLE_EQ(detail::share_outside(utc(0), utc(10), {span(-5, 1), span(4, 6), span(9, 30)}), 0.6);
}

/// By another way: each second on its own.
TEST(TimeSpans, JoiningThemLeavesTheTimeTheyCover) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<TimeSpan> spans;
    for (auto n = random() % 8; n > 0; --n) {
      const auto begin = static_cast<int>(random() % 90);
      spans.push_back(span(begin, begin + 1 + static_cast<int>(random() % 20)));
    }
    int outside = 0;
    for (int s = 0; s < 100; ++s) {
      bool covered = false;
      for (const TimeSpan& x : spans) covered = covered || (x.first <= utc(s) && utc(s) < x.second);
      outside += covered ? 0 : 1;
    }
    EXPECT_NEAR(detail::share_outside(utc(0), utc(100), detail::joined(spans)), outside / 100.0, 1e-12);
  }
}

TEST(Placing, OneBootIsPlacedByItsOwnClockHoweverTheWallClockStepped) {
  RunSegment a = segment("a", "boot", 0, 10);
  RunSegment b = segment("b", "boot", 20, 30);
  b.begin_utc = utc(3620);  // the wall clock was set an hour ahead in between
  b.end_utc = utc(3630);
  std::vector<Issue> issues;
  const std::vector<detail::Placed> placed = detail::place({a, b}, issues);
  ASSERT_EQ(placed.size(), 2U);
  EXPECT_EQ(placed[0].machine, placed[1].machine);
  EXPECT_EQ(placed[1].at(b.begin) - placed[0].at(a.begin), 20s);
}

TEST(Placing, TwoBootsArePlacedByTheWallClock) {
  const RunSegment a = segment("a", "one", 0, 10);
  RunSegment b = segment("b", "two", 100, 110);
  b.begin = 5s;  // a clock that began anew
  b.end = 15s;
  std::vector<Issue> issues;
  const std::vector<detail::Placed> placed = detail::place({a, b}, issues);
  EXPECT_NE(placed[0].machine, placed[1].machine);
  EXPECT_EQ(placed[1].at(b.begin) - placed[0].at(a.begin), 100s);
}

TEST(Exclusions, OfTwoMeasurementsOfADeviceTheLongerCountsAndTheOtherOutsideOfIt) {
  for (const bool longer_first : {true, false}) {
    const RunSegment longer = measured("a", "boot", 0, 30, "package-0");
    const RunSegment shorter = measured("b", "boot", 20, 40, "package-0");
    const std::vector<RunSegment> segments = longer_first ? std::vector{longer, shorter} : std::vector{shorter, longer};
    std::vector<Issue> issues;
    const std::vector<detail::Placed> placed = detail::place(segments, issues);
    const detail::Exclusions excluded = detail::find_exclusions(segments, placed);
    const std::size_t of_longer = longer_first ? 0 : 1;
    EXPECT_TRUE(excluded[of_longer][0].empty());
    ASSERT_EQ(excluded[1 - of_longer][0].size(), 1U);
    const TimeSpan& out = excluded[1 - of_longer][0].front();
    EXPECT_EQ(out.first - placed[of_longer].at(longer.begin), 20s);
    EXPECT_EQ(out.second - out.first, 10s);
  }
}

TEST(Exclusions, DevicesOfTwoMachinesHaveNothingInCommon) {
  const std::vector<RunSegment> segments{measured("a", "one", 0, 30, "package-0"),
                                         measured("b", "two", 0, 30, "package-0")};
  std::vector<Issue> issues;
  const detail::Exclusions excluded = detail::find_exclusions(segments, detail::place(segments, issues));
  EXPECT_TRUE(excluded[0][0].empty());
  EXPECT_TRUE(excluded[1][0].empty());
}

}  // namespace
}  // namespace co2lib::tracker
