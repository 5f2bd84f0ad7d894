// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/meter/counter.hpp>
#include <co2lib/tracker/region_energies.hpp>

#include "tracker/regions.hpp"

namespace co2lib::tracker {
namespace {

using namespace std::chrono_literals;

/// A counter of 100 W over 1000 s, in steps of 1 s.
meter::Curve steady() {
  meter::Curve curve({.id = "m", .unit = meter::CounterUnit::joule()});
  for (int s = 0; s < 1000; ++s) {
    curve.append({.begin = MonotonicTime(std::chrono::seconds(s)),
                  .end = MonotonicTime(std::chrono::seconds(s + 1)),
                  .counts = 100});
  }
  return curve;
}

class Book : public ::testing::Test {
 protected:
  std::uint64_t open(const std::string& name, MonotonicTime at, std::uint64_t parent = 0, std::int64_t thread = 1) {
    RegionRecord record;
    record.name = name;
    record.parent = parent;
    record.thread = thread;
    return book.open(std::move(record), {.at = at});
  }
  void close(std::uint64_t id, MonotonicTime at) { EXPECT_TRUE(book.close(id, {.at = at})); }

  std::map<std::uint64_t, RegionRecord> settle() {
    std::map<std::uint64_t, RegionRecord> records;
    const detail::MeterView view{.curve = &curve, .in_total = true, .settled = MonotonicTime::max()};
    book.settle(std::span(&view, 1), true, [&](const RegionRecord& r) {
      records[r.id] = r;
      union_j[r.name] += r.union_j.value_or(-1e9);
      sum_j[r.name] += *r.inclusive.energy_j;
    });
    return records;
  }

  meter::Curve curve = steady();
  detail::RegionBook book;
  std::map<std::string, double> union_j;
  std::map<std::string, double> sum_j;
};

TEST_F(Book, AThreadThatReadFirstAndComesSecondCountsNoTimeTwice) {
  const auto first = open("begin", 1s);
  close(first, 5s);
  const auto late = open("begin", 4s);  // its edge was read before the other's end was
  close(late, 9s);
  const auto outlasted = open("end", 10s);
  const auto outlasting = open("end", 11s);
  close(outlasting, 15s);
  close(outlasted, 14s);
  const auto inside = open("inside", 20s);
  close(inside, 30s);
  const auto whole = open("inside", 22s);
  close(whole, 25s);
  const auto next = open("inside", 40s);
  close(next, 41s);
  settle();
  EXPECT_NEAR(sum_j["begin"], 900, 1e-6);
  EXPECT_NEAR(union_j["begin"], 800, 1e-6);
  EXPECT_NEAR(union_j["end"], 500, 1e-6);
  EXPECT_NEAR(sum_j["inside"], 1400, 1e-6);
  EXPECT_NEAR(union_j["inside"], 1100, 1e-6);
}

TEST_F(Book, ARegionCancelledAsTheLastOfItsNameLeavesWhatTheOthersAdded) {
  const auto cancelled = open("x", 0s);
  const auto b = open("x", 1s);
  close(b, 2s);
  const auto c = open("x", 4s);
  close(c, 6s);
  EXPECT_TRUE(book.cancel(cancelled));
  settle();
  EXPECT_NEAR(union_j["x"], 300, 1e-9) << "1 s and 2 s, and not the time between them";
}

TEST_F(Book, AChildCancelledAsTheLastOpenOneIsItsParentsOwnTime) {
  const auto parent = open("parent", 0s);
  const auto cancelled = open("child", 1s, parent);
  const auto counted = open("child", 2s, parent);
  close(counted, 4s);
  EXPECT_TRUE(book.cancel(cancelled));
  close(parent, 10s);
  auto records = settle();
  EXPECT_NEAR(*records[parent].exclusive_j, 800, 1e-9);
}

TEST_F(Book, ChildrenThatOutliveTheirParentCountUpToItsEnd) {
  const auto parent = open("parent", 0s);
  const auto early = open("child", 2s, parent);
  const auto late = open("child", 4s, parent);
  close(parent, 10s);
  close(late, 12s);
  close(early, 20s);
  auto records = settle();
  EXPECT_NEAR(*records[parent].exclusive_j, 200, 1e-9);
  EXPECT_NEAR(*records[early].exclusive_j, 1800, 1e-9);
}

TEST_F(Book, ARestartedRegionForgetsWhatItHeld) {
  const auto parent = open("parent", 0s);
  const auto child = open("child", 1s, parent);
  close(child, 3s);
  EXPECT_TRUE(book.restart(parent, {.at = 5s}));
  const auto other = open("child", 6s, parent);
  close(other, 7s);
  close(parent, 10s);
  auto records = settle();
  EXPECT_EQ(records[parent].begin, 5s);
  EXPECT_NEAR(*records[parent].inclusive.energy_j, 500, 1e-9);
  EXPECT_NEAR(*records[parent].exclusive_j, 400, 1e-9);
}

TEST_F(Book, OnlyWhatRegionsNeedIsKeptApart) {
  EXPECT_TRUE(book.needed_on(0).empty());
  const auto a = open("a", 5s);
  close(a, 6s);
  open("b", 7s);
  EXPECT_EQ(book.waiting(), 1U);
  const auto needed = book.needed_on(0);
  EXPECT_EQ(needed.front(), MonotonicTime(5s));
  EXPECT_EQ(needed.back(), MonotonicTime(7s));
  settle();
  EXPECT_EQ(book.needed_on(0).front(), MonotonicTime(7s));
}

/// The union of windows, by another way than the book's: each second on its own.
double covered_j(const std::vector<RegionSpan>& spans) {
  double joules = 0;
  for (int s = 0; s < 1000; ++s) {
    const MonotonicTime t{std::chrono::seconds(s)};
    const bool in =
        std::any_of(spans.begin(), spans.end(), [&](const RegionSpan& r) { return r.begin <= t && t < r.end; });
    joules += in ? 100 : 0;
  }
  return joules;
}

TEST(RegionLaws, HoldForAnyRegionsOnAnyThreads) {
  std::mt19937 random(20261128);
  const meter::Curve curve = steady();
  for (int round = 0; round < 300; ++round) {
    std::vector<RegionSpan> spans;
    const auto count = 1 + random() % 12;
    for (std::size_t i = 0; i < count; ++i) {
      RegionSpan span{.name = "r", .begin = {}, .end = {}};
      const auto begin = static_cast<int>(random() % 500);
      span.begin = std::chrono::seconds(begin);
      span.end = std::chrono::seconds(begin + static_cast<int>(random() % 400));
      span.thread = static_cast<std::int64_t>(random() % 2);
      if (i > 0 && random() % 2 == 0) span.parent = random() % i;
      spans.push_back(std::move(span));
    }
    const RegionEnergies energies = region_energies(curve, spans);
    double sum = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      const double seconds = Seconds(spans[i].end - spans[i].begin).count();
      ASSERT_TRUE(seconds == 0 || (energies.regions[i].inclusive.energy_j && energies.regions[i].exclusive_j));
      const double inclusive = energies.regions[i].inclusive.energy_j.value_or(0);  // unknown where there is no time
      const double exclusive = energies.regions[i].exclusive_j.value_or(0);
      sum += inclusive;
      EXPECT_NEAR(inclusive, 100 * seconds, 1e-6);
      EXPECT_LE(exclusive, inclusive + 1e-6);
      std::vector<RegionSpan> children;
      for (const RegionSpan& child : spans) {
        if (child.parent != i || child.thread != spans[i].thread) continue;
        children.push_back(
            {.name = "c", .begin = std::max(child.begin, spans[i].begin), .end = std::min(child.end, spans[i].end)});
      }
      EXPECT_NEAR(exclusive, inclusive - covered_j(children), 1e-6);
    }
    EXPECT_NEAR(*energies.union_j, covered_j(spans), 1e-6) << "round " << round;
    EXPECT_LE(*energies.union_j, sum + 1e-6);
  }
}

/// Regions of three names on two threads that begin in the order of their numbers and end in any order.
TEST_F(Book, TheOrderOfClosingDoesNotMatter) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    struct Planned {
      std::string name;
      int begin;
      int end;
      std::size_t parent;  // number + 1; 0: none
      std::int64_t thread;
    };
    std::vector<Planned> planned;
    for (int i = 0; i < 8; ++i) {
      planned.push_back({std::string(1, static_cast<char>('a' + random() % 3)), i * 10,
                         100 + static_cast<int>(random() % 200), random() % static_cast<unsigned>(i + 1),
                         static_cast<std::int64_t>(random() % 2)});
    }
    std::vector<std::size_t> order{0, 1, 2, 3, 4, 5, 6, 7};
    std::vector<std::map<std::size_t, RegionRecord>> results;
    std::vector<std::map<std::string, double>> unions;
    for (int attempt = 0; attempt < 2; ++attempt) {
      book = {};
      union_j.clear();
      std::vector<std::uint64_t> ids;
      for (const Planned& p : planned) {
        ids.push_back(open(p.name, std::chrono::seconds(p.begin), p.parent == 0 ? 0 : ids[p.parent - 1], p.thread));
      }
      // As they end, and then in an order that threads which wait for the lock may come in.
      std::sort(order.begin(), order.end(),
                [&](std::size_t a, std::size_t b) { return planned[a].end < planned[b].end; });
      if (attempt == 1) std::shuffle(order.begin(), order.end(), random);
      for (const std::size_t i : order) close(ids[i], std::chrono::seconds(planned[i].end));
      std::map<std::size_t, RegionRecord> by_number;
      for (auto& [id, record] : settle()) {
        by_number[static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin())] = record;
      }
      results.push_back(std::move(by_number));
      unions.push_back(union_j);
    }
    for (const auto& [number, record] : results[0]) {
      EXPECT_NEAR(*results[1][number].inclusive.energy_j, *record.inclusive.energy_j, 1e-6);
      EXPECT_LE(*record.exclusive_j, *record.inclusive.energy_j + 1e-6);
    }
    for (const auto& [name, joules] : unions[0]) {
      EXPECT_NEAR(unions[1][name], joules, 1e-6) << "round " << round;
      EXPECT_LE(joules, 100.0 * 300 + 1e-6);
    }
  }
}

TEST(RegionLaws, ARegionThatEndsBeforeItBeginsIsRefused) {
  const std::vector<RegionSpan> spans{{.name = "r", .begin = 2s, .end = 1s}};
  EXPECT_THROW(static_cast<void>(region_energies(steady(), spans)), Error);
}

}  // namespace
}  // namespace co2lib::tracker
