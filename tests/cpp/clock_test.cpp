// SPDX-License-Identifier: MIT
#include <co2lib/clock.hpp>

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace {

using namespace co2lib;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

UtcTime at(int y, unsigned month, unsigned day) {
  return sys_days(year(y) / static_cast<int>(month) / static_cast<int>(day));
}

struct Stamp {
  const char* text;
  UtcTime time;
};

class ParseUtc : public testing::TestWithParam<Stamp> {};

TEST_P(ParseUtc, Gives) {
  const Result<UtcTime> time = parse_utc(GetParam().text);
  ASSERT_TRUE(time) << GetParam().text;
  EXPECT_EQ(*time, GetParam().time) << GetParam().text << " was read as " << format_utc(*time);
}

INSTANTIATE_TEST_SUITE_P(
    Clock, ParseUtc,
    testing::Values(Stamp{"1970-01-01T00:00:00Z", UtcTime{}}, Stamp{"2024-05-01T12:00:00Z", at(2024, 5, 1) + 12h},
                    Stamp{"2024-05-01T12:00Z", at(2024, 5, 1) + 12h},
                    Stamp{"2024-05-01T14:00:00+02:00", at(2024, 5, 1) + 12h},
                    Stamp{"2024-05-01T00:30:00-11:30", at(2024, 5, 1) + 12h},
                    Stamp{"2024-05-01T00:15:00+05:45", at(2024, 4, 30) + 18h + 30min},
                    Stamp{"2024-05-01T00:00:00-00:00", at(2024, 5, 1)},
                    Stamp{"2024-12-31T23:59:59-00:30", at(2025, 1, 1) + 29min + 59s},
                    Stamp{"2025-01-01T00:00:00+00:01", at(2024, 12, 31) + 23h + 59min},
                    Stamp{"2024-02-29T00:00:00Z", at(2024, 2, 29)}, Stamp{"2000-02-29T00:00:00Z", at(2000, 2, 29)},
                    Stamp{"2024-05-01T12:00:00.5Z", at(2024, 5, 1) + 12h + 500ms},
                    Stamp{"2024-05-01T12:00:00.12Z", at(2024, 5, 1) + 12h + 120ms},
                    Stamp{"2024-05-01T12:00:00.123999999Z", at(2024, 5, 1) + 12h + 123ms},
                    Stamp{"2024-05-01T12:00:00.0009Z", at(2024, 5, 1) + 12h},
                    Stamp{"2024-05-01T12:00:00.000+02:00", at(2024, 5, 1) + 10h},
                    Stamp{"1700-01-01T00:00:00Z", at(1700, 1, 1)}, Stamp{"1699-12-31T23:00:00-01:00", at(1700, 1, 1)},
                    Stamp{"2200-12-31T23:59:59.999Z", at(2201, 1, 1) - 1ms}));

class BadTime : public testing::TestWithParam<const char*> {};

TEST_P(BadTime, IsAnIssueThatNamesIt) {
  const Result<UtcTime> time = parse_utc(GetParam());
  ASSERT_FALSE(time) << GetParam() << " was read as " << format_utc(*time);
  EXPECT_EQ(time.issue().code, "bad_time");
  EXPECT_EQ(time.issue().subject, GetParam());
  EXPECT_NE(time.issue().text.find("2024-05-01T12:00:00Z"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Clock, BadTime,
    testing::Values("", "Z", "2024", "2024-05-01", "2024-05-01T12", "2024-05-01T12:00:00", "2024-05-01 12:00:00Z",
                    "2024-05-01t12:00:00Z", "2024-05-01T12:00:00z", "2024-05-01T12:00:00ZZ", "2024-05-01T12:00:00 Z",
                    "2024-05-01T24:00:00Z", "2024-05-01T12:60:00Z", "2024-05-01T12:00:60Z", "2024-00-01T12:00:00Z",
                    "2024-13-01T12:00:00Z", "2024-05-00T12:00:00Z", "2024-04-31T12:00:00Z", "2023-02-29T12:00:00Z",
                    "1900-02-29T12:00:00Z", "2024-5-01T12:00:00Z", "24-05-01T12:00:00Z", "+024-05-01T12:00:00Z",
                    "2024-05-01T12:00:00+0200", "2024-05-01T12:00:00+2:00", "2024-05-01T12:00:00+02",
                    "2024-05-01T12:00:00+24:00", "2024-05-01T12:00:00+02:60", "2024-05-01T12:00:00+02:00Z",
                    "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00,5Z", "2024-05-01T12:00.5Z", "2024-05-01T12:00:Z",
                    "2024-05-01T12:00:0Z", "2024-05-01T1200Z", "2024/05/01T12:00:00Z", "1699-12-31T23:59:59Z",
                    "2201-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1700-01-01T00:00:00+00:01",
                    "2200-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "2024-05-01T-1:00:00Z",
                    "2024-05-01T12:00:00\n"));

TEST(ParseUtc, ShortensALongTextInItsIssue) {
  EXPECT_EQ(parse_utc(std::string(1000, 'x')).issue().subject.size(), 64U);
}

TEST(ParseUtc, ReadsTextWithoutOffsetAsUtcOnlyWhenAllowed) {
  EXPECT_FALSE(parse_utc("2024-05-01T12:00:00"));
  EXPECT_EQ(*parse_utc("2024-05-01T12:00:00", false), at(2024, 5, 1) + 12h);
  EXPECT_EQ(*parse_utc("2024-05-01T12:00", false), at(2024, 5, 1) + 12h);
  EXPECT_EQ(*parse_utc("2024-05-01T14:00:00+02:00", false), at(2024, 5, 1) + 12h);
  EXPECT_FALSE(parse_utc("2024-05-01", false));
}

TEST(FormatUtc, ShowsMillisecondsOnlyIfThereAreSome) {
  EXPECT_EQ(format_utc(at(2024, 5, 1) + 12h), "2024-05-01T12:00:00Z");
  EXPECT_EQ(format_utc(at(2024, 5, 1) + 120ms), "2024-05-01T00:00:00.120Z");
  EXPECT_EQ(format_utc(at(2024, 5, 1) + 7ms + 999us), "2024-05-01T00:00:00.007Z");
  EXPECT_EQ(format_utc(at(2024, 12, 31) + 23h + 59min + 59s + 999ms), "2024-12-31T23:59:59.999Z");
}

TEST(FormatUtc, HoldsBeforeTheEpoch) {
  EXPECT_EQ(format_utc(at(1969, 12, 31) + 23h + 59min + 59s + 500ms), "1969-12-31T23:59:59.500Z");
  EXPECT_EQ(format_utc(UtcTime(-1ns)), "1969-12-31T23:59:59.999Z");
}

TEST(FormatUtc, IsReadBackTheSame) {
  for (std::int64_t i = 0; i < 2000; ++i) {
    const UtcTime time = UtcTime(std::chrono::milliseconds(i * i * 777'777'777LL % 7'000'000'000'000LL));
    EXPECT_EQ(*parse_utc(format_utc(time)), time);
  }
}

TEST(UtcYear, ChangesAtMidnightInUtc) {
  EXPECT_EQ(utc_year(at(2025, 1, 1) - 1ns), 2024);
  EXPECT_EQ(utc_year(at(2025, 1, 1)), 2025);
  EXPECT_EQ(utc_year(at(1969, 12, 31)), 1969);
}

TEST(SystemClock, NeverGoesBackAndIsNearTheSystemsOwn) {
  const SystemClock clock;
  const MonotonicTime first = clock.monotonic();
  EXPECT_GE(clock.monotonic(), first);
  EXPECT_GE(clock.boottime() + 1s, clock.monotonic()) << "boot time includes suspend";
  const auto difference = clock.utc() - std::chrono::system_clock::now();
  EXPECT_LT(difference < 0s ? -difference : difference, 10s);
}

TEST(SystemClock, WaitsUntilTheDeadline) {
  SystemClock clock;
  Waiter waiter;
  const MonotonicTime deadline = clock.monotonic() + 5ms;
  EXPECT_TRUE(clock.wait_until(waiter, deadline));
  EXPECT_GE(clock.monotonic(), deadline);
  EXPECT_TRUE(clock.wait_until(waiter, deadline)) << "a deadline in the past is reached at once";
}

TEST(SystemClock, WaitEndsAtOnceWhenInterrupted) {
  SystemClock clock;
  Waiter waiter;
  std::jthread other([&] { waiter.interrupt(); });
  EXPECT_FALSE(clock.wait_until(waiter, clock.monotonic() + 1h));
  EXPECT_TRUE(waiter.interrupted());
  EXPECT_FALSE(clock.wait_until(waiter, MonotonicTime{})) << "it stays interrupted";
}

}  // namespace
