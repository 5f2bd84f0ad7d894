// SPDX-License-Identifier: MIT
// A log of each kind, as version 0.1.0 wrote it, and the footprint that it made of it (tests/fixtures/logs/kinds): this
// version reads the same from them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/tracker.hpp>

#include "folders.hpp"

namespace co2lib::tracker {
namespace {

using nlohmann::json;

std::filesystem::path folder() {
  return std::filesystem::path(co2lib::tests::source_folder()) / "tests/fixtures/logs/kinds";
}

Run log(const std::string& name) { return load(folder() / (name + ".jsonl")); }

json expected(const std::string& name) {
  std::ifstream in(folder() / (name + ".footprint.json"));
  return json::parse(in);
}

json footprint(const Run& run) {
  std::string text = run.footprint().to_json();
  const std::string here = folder().string() + "/";  // issues name the file as it was given
  for (std::size_t at = text.find(here); at != std::string::npos; at = text.find(here)) text.erase(at, here.size());
  return json::parse(text);
}

/// Everything the old footprint says, the new one says too, with the same value. A later version may say more: a new
/// field, or of a meter what was not known of it; and it may word an issue better.
std::vector<std::string> differences(const json& old, const json& now, const std::string& where = "") {
  std::vector<std::string> found;
  const auto add = [&](const std::vector<std::string>& more) { found.insert(found.end(), more.begin(), more.end()); };
  if (old.is_object() && now.is_object()) {
    const bool of_a_meter = where.ends_with("/meter");
    for (const auto& [key, value] : old.items()) {
      if (!now.contains(key)) {
        found.push_back(where + "/" + key + " is gone");
      } else if (!(of_a_meter && value.is_null()) && !(key == "text" && where.find("/issues/") != std::string::npos)) {
        add(differences(value, now.at(key), where + "/" + key));
      }
    }
  } else if (old.is_array() && now.is_array() && old.size() == now.size()) {
    for (std::size_t i = 0; i < old.size(); ++i) add(differences(old[i], now[i], where + "/" + std::to_string(i)));
  } else if (old != now) {
    found.push_back(where + " was " + old.dump() + " and is " + now.dump());
  }
  return found;
}

class KindsOfLogs : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Written, KindsOfLogs,
                         ::testing::Values("plain", "regions", "resumed", "killed", "fork", "process", "ranks-0",
                                           "ranks-1"));

TEST_P(KindsOfLogs, GiveTheFootprintTheyGaveWhenTheyWereWritten) {
  EXPECT_EQ(differences(expected(GetParam()), footprint(log(GetParam()))), std::vector<std::string>{});
}

TEST(KeptLogs, MergedInAnyOrderTheyGiveWhatTheyGave) {
  const tracker::Run a = log("ranks-0");
  const tracker::Run b = log("ranks-1");
  EXPECT_EQ(differences(expected("merged"), footprint(merge(std::vector{a, b}))), std::vector<std::string>{});
  EXPECT_EQ(differences(expected("merged"), footprint(merge(std::vector{b, a}))), std::vector<std::string>{});
}

TEST(KeptLogs, OfEveryLogThereIsATest) {
  std::size_t logs = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    logs += file.path().extension() == ".jsonl";
    EXPECT_LT(std::filesystem::file_size(file), 20'000U) << file.path();
  }
  EXPECT_EQ(logs, 8U);
}

TEST(KeptLogs, TheComparisonCanFail) {
  const json old = {{"a", {1, 2}}, {"meter", {{"x", nullptr}}}};
  EXPECT_TRUE(differences(old, {{"a", {1, 2}}, {"meter", {{"x", 3}}}, {"new", 1}}).empty());
  EXPECT_EQ(differences(old, {{"a", {1, 3}}, {"meter", {{"x", 3}}}}), std::vector<std::string>{"/a/1 was 2 and is 3"});
  EXPECT_EQ(differences(old, {{"a", {1, 2}}}), std::vector<std::string>{"/meter is gone"});
  EXPECT_EQ(differences(old, {{"a", {1}}, {"meter", {{"x", 3}}}}).size(), 1U);
}

}  // namespace
}  // namespace co2lib::tracker
