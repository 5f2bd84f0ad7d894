// SPDX-License-Identifier: MIT
// The lines of a log, written and read again; what is no line, and copies.
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <co2lib/error.hpp>

#include "tracker/log.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A run of one counter that used 3 J in 10 s.
RunSegment segment() {
  RunSegment s;
  s.run_id = "r";
  s.boot_id = "boot";
  s.pid = 7;
  s.context.host = "node";
  s.context.logical_cpus = 4;
  s.version = "0.1.0";
  s.begin = 1000s;
  s.begin_utc = UtcTime(1'750'000'000s);
  s.end = 1010s;
  s.end_utc = s.begin_utc + 10s;
  MeterState meter;
  meter.info.id = "package-0";
  meter.info.provider = "powercap";
  meter.info.unit = meter::CounterUnit::microjoule();
  meter.first = meter.reached_begin = s.begin;
  meter.last = meter.reached_end = s.end;
  meter.covered = 10s;
  meter.any_good = true;
  meter.samples = 2;
  meter.gaps.push_back({1002s, 1003s, 0.5});
  s.meters.push_back(meter);
  Frame frame;
  frame.mono = s.end;
  frame.utc = s.end_utc;
  frame.meters.push_back({.counts = 3'000'000, .joules = 0, .low_j = 3, .high_j = 3});
  s.frames.push_back(frame);
  return s;
}

std::string lines(const RunSegment& s) {
  std::string text;
  std::int64_t seq = 0;
  const auto head = [&] { return detail::LineHead{s.run_id, seq++, s.end, s.end_utc}; };
  const detail::LineHead first{s.run_id, seq++, s.begin, s.begin_utc};
  text += detail::run_line(first, s) + "\n";
  text += detail::totals_line(head(), s) + "\n";
  RegionRecord region;
  region.name = "epoch \"1\"\n";
  region.id = 3;
  region.begin = 1001s;
  region.end = 1004s;
  region.inclusive.add(1.25, 1, 1.5, 0.9, 1.6);
  region.exclusive_j = 1.0;
  region.meters_j = {1.25};
  text += detail::region_line(head(), region) + "\n";
  text += detail::issue_line(head(), {"clock_step", "", "the wall clock stepped"}) + "\n";
  text += detail::command_line(head(), {.status = 0, .cpu_s = 2.5, .busy_s = 3, .cpus = 4}) + "\n";
  text += detail::end_line(head(), "stop") + "\n";
  return text;
}

Run read(const std::string& text) {
  std::istringstream in(text);
  return detail::read_log(in, "run.jsonl");
}

TEST(LogLines, AreReadAsTheyWereWritten) {
  const RunSegment s = segment();
  const tracker::Run run = read(lines(s));
  EXPECT_TRUE(run.issues.empty());
  ASSERT_EQ(run.segments.size(), 1U);
  const RunSegment& got = run.segments.front();
  EXPECT_EQ(run.run_id, "r");
  EXPECT_EQ(got.boot_id, s.boot_id);
  EXPECT_EQ(got.pid, s.pid);
  EXPECT_EQ(got.context.host, s.context.host);
  EXPECT_EQ(got.context.logical_cpus, s.context.logical_cpus);
  EXPECT_EQ(got.begin, s.begin);
  EXPECT_EQ(got.end, s.end);
  EXPECT_EQ(got.end_utc, s.end_utc);
  EXPECT_TRUE(got.ended);
  ASSERT_EQ(got.meters.size(), 1U);
  const MeterState& meter = got.meters.front();
  EXPECT_EQ(meter.info.id, "package-0");
  EXPECT_EQ(meter.covered, 10s);
  EXPECT_EQ(meter.samples, 2);
  ASSERT_EQ(meter.gaps.size(), 1U);
  EXPECT_EQ(meter.gaps.front().begin, 1002s);
  EXPECT_EQ(meter.gaps.front().lower_j, 0.5);
  ASSERT_FALSE(got.frames.empty());
  EXPECT_EQ(got.frames.back().meters.front().counts, 3'000'000U);
  ASSERT_EQ(got.regions.rows().size(), 1U);
  EXPECT_EQ(got.regions.rows().front().name, "epoch \"1\"\n");
  EXPECT_EQ(got.regions.rows().front().exclusive_j, 1.0);
  ASSERT_TRUE(got.command);
  EXPECT_EQ(got.command->cpu_s, 2.5);
  ASSERT_EQ(got.issues.size(), 1U);
  EXPECT_EQ(got.issues.front().code, "clock_step");
}

TEST(LogLines, WrittenAgainAreTheSameBytes) {
  const RunSegment s = segment();
  const RunSegment again = read(lines(s)).segments.front();
  const detail::LineHead head{s.run_id, 1, s.end, s.end_utc};
  EXPECT_EQ(detail::run_line(head, again), detail::run_line(head, s));
  EXPECT_EQ(detail::totals_line(head, again), detail::totals_line(head, s));
}

TEST(LogLines, EachIsOneLine) {
  std::istringstream in(lines(segment()));
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    EXPECT_EQ(line.front(), '{');
    EXPECT_EQ(line.back(), '}');
  }
  EXPECT_EQ(count, 6);
}

TEST(LogLines, OfUnknownTypesAndTornOnesAreSkippedAndSaid) {
  const std::string whole = lines(segment());
  const tracker::Run odd =
      read(whole + R"({"v":1,"type":"weather","run_id":"r","seq":6})" + "\n" + R"({"v":1,"type":"tot)");
  ASSERT_EQ(odd.issues.size(), 2U);
  EXPECT_THAT(odd.issues[0].subject, HasSubstr("run.jsonl:7"));
  EXPECT_EQ(odd.issues[1].code, "torn_line");
  EXPECT_THAT(odd.issues[1].subject, HasSubstr("run.jsonl:8"));
  EXPECT_EQ(odd.footprint().energy.joules(), read(whole).footprint().energy.joules());
}

TEST(LogLines, WithoutTheFirstAreNoLog) {
  const std::string whole = lines(segment());
  try {
    static_cast<void>(read(whole.substr(whole.find('\n') + 1)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "tracker.bad_log");
    EXPECT_THAT(error.what(), HasSubstr("run.jsonl"));
  }
}

TEST(LogCopies, TheLongestIsKept) {
  RunSegment shorter = segment();
  shorter.end = 1005s;
  shorter.frames.clear();
  RunSegment other = segment();
  other.run_id = "another";
  std::vector<RunSegment> segments{shorter, segment(), other, segment()};
  detail::drop_copies(segments);
  ASSERT_EQ(segments.size(), 2U);
  for (const RunSegment& s : segments) EXPECT_EQ(s.end, 1010s);
}

}  // namespace
}  // namespace co2lib::tracker
