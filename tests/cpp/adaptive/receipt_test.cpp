// SPDX-License-Identifier: MIT
// Receipts: there and back, sums that add up, and what survives a kill.
#include <co2lib/adaptive/receipt.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adaptive/helpers.hpp"

using namespace co2lib;
using namespace co2lib::adaptive;
using namespace co2lib::adaptive::testing;

namespace {

class AdaptiveReceipts : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "receipts.XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

Receipt receipt(std::uint64_t i) {
  Draws draw(i);
  Receipt r{.time = intensity::parse_time("2026-05-01T22:00:00Z") + std::chrono::minutes(static_cast<long>(i)),
            .user = i % 3 == 0 ? "ann" : "b\"ob",
            .model = i % 2 == 0 ? "small" : "large",
            .rejected = {i % 2 == 0 ? "large" : "small"},
            .requests = 1,
            .energy = Energy::from_joules(draw(0, 9)),
            .intensity = CarbonIntensity::from_g_per_kwh(draw(10, 900))};
  r.carbon = r.energy * r.intensity;
  if (i % 5 == 0) r.interval = Interval<CarbonMass>{r.carbon * 0.5, r.carbon * 2};
  return r;
}

}  // namespace

TEST_F(AdaptiveReceipts, AreReadAsTheyWereWrittenAndAddUp) {
  ReceiptBook book(folder / "r.jsonl");
  std::vector<Receipt> written;
  for (std::uint64_t i = 0; i < 300; ++i) book.add(written.emplace_back(receipt(i)));
  const Receipts read = read_receipts(folder / "r.jsonl");
  EXPECT_EQ(read.receipts, written);
  EXPECT_EQ(read.skipped, 0U);
  for (const auto& by : {std::vector<ReceiptKey>{}, {ReceiptKey::user}, {ReceiptKey::day, ReceiptKey::model}}) {
    double grams = 0;
    std::size_t count = 0;
    for (const ReceiptSum& sum : sum_receipts(read.receipts, by)) grams += sum.carbon.grams(), count += sum.receipts;
    EXPECT_NEAR(grams / book.carbon().grams(), 1, 1e-12);
    EXPECT_EQ(count, 300U);
  }
  const auto days = sum_receipts(read.receipts, {ReceiptKey::day});
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].keys, std::vector<std::string>{"2026-05-01"});
  EXPECT_EQ(days[0].receipts, 120U);
}

TEST_F(AdaptiveReceipts, SurviveTheDeathOfTheirProcess) {
  const auto file = folder / "r.jsonl";
  int pipe[2]{};
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ReceiptBook book(file);
    for (std::uint64_t i = 0; i < 50; ++i) book.add(receipt(i));
    (void)::write(pipe[1], "x", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe[0]), ::close(pipe[1]);
  EXPECT_EQ(read_receipts(file).receipts.size(), 50U);
  std::ofstream(file, std::ios::app) << "{\"v\":1,\"utc\":\"2026";  // torn, as by a power cut
  ReceiptBook book(file);
  book.add(receipt(50));
  const Receipts read = read_receipts(file);
  EXPECT_EQ(read.receipts.size(), 51U);
  EXPECT_EQ(read.skipped, 1U);
}

TEST_F(AdaptiveReceipts, OfAPacerSurviveItsDeathAndAddUp) {
  const auto file = folder / "r.jsonl";
  const auto now = intensity::parse_time("2026-05-01T00:00:00Z");
  const auto serve = [&](Pacer& pacer) {
    for (int i = 0; i < 50; ++i) (void)pacer.choose(now, CarbonIntensity::from_g_per_kwh(100.1 + i), 1 + i % 3);
  };
  int pipe[2]{};
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Pacer pacer(toy(), CarbonMass::from_grams(1e6));
    pacer.keep_receipts(std::make_shared<ReceiptBook>(file));
    serve(pacer);
    (void)::write(pipe[1], "x", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe[0]), ::close(pipe[1]);
  Pacer same(toy(), CarbonMass::from_grams(1e6));
  serve(same);
  const Receipts read = read_receipts(file);
  EXPECT_EQ(read.skipped, 0U);
  EXPECT_EQ(read.receipts.size(), 50U);
  EXPECT_NEAR(sum_receipts(read.receipts, {}).at(0).carbon / same.spent(), 1, 1e-12);
}

TEST_F(AdaptiveReceipts, RefuseWhatIsNone) {
  for (const char* line : {"", "{}", "[]", "{\"v\":2}", "{\"v\":1,\"utc\":\"x\"}"}) {
    EXPECT_EQ(refused([&] { (void)parse_receipt_line(line); }).code, "adaptive.bad_receipt") << line;
  }
  EXPECT_EQ(refused([&] { (void)read_receipts(folder / "none"); }).code, "adaptive.bad_receipts");
  EXPECT_EQ(refused([&] { ReceiptBook(folder / "no" / "folder"); }).code, "adaptive.bad_receipts");
  EXPECT_EQ(refused([] { (void)receipt_line({.requests = -1}); }).code, "adaptive.bad_input");
}
