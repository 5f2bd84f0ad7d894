// SPDX-License-Identifier: MIT
// Logs that version 0.1.0 wrote, and the footprints that it made of them (tests/fixtures/README.md): read by this
// version they give the same numbers, issues and methods, though their meters do not say what their provider's name
// implied then.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/tracker.hpp>

#include "folders.hpp"

namespace co2lib::tracker {
namespace {

using nlohmann::json;

const std::filesystem::path folder = std::filesystem::path(co2lib::tests::source_folder()) / "tests/fixtures/logs";

json document(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return json::parse(stream);
}

/// What the old document says, the new one says too: a meter may say more of itself, and only that.
void expect_same(const json& old, const json& now, const std::string& where) {
  if (old.is_object()) {
    for (const auto& [key, value] : old.items()) {
      ASSERT_TRUE(now.contains(key)) << where << "/" << key;
      const std::string at = where + "/" + key;
      if (where.ends_with("/meter") && value.is_null()) continue;  // an accuracy or slack that is said now
      if (at.ends_with("/domain") && value == "module") {
        EXPECT_EQ(now.at(key), "other") << "no meter has that domain any more";
        continue;
      }
      expect_same(value, now.at(key), at);
    }
    if (where.ends_with("/meter")) return;
    for (const auto& [key, value] : now.items()) {  // what footprints say since then
      const bool new_since = key == "origins" || key == "operational" || where + "/" + key == "/machines" ||
                             where + "/" + key == "/embodied/issues";
      EXPECT_TRUE(old.contains(key) || new_since) << where << "/" << key;
    }
    return;
  }
  if (old.is_array()) {
    ASSERT_EQ(old.size(), now.size()) << where;
    for (std::size_t i = 0; i < old.size(); ++i) expect_same(old[i], now[i], where + "/" + std::to_string(i));
    return;
  }
  EXPECT_EQ(old, now) << where;
}

class OldLogs : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Logs, OldLogs, ::testing::Values("short", "long", "share"));

TEST_P(OldLogs, GiveTheFootprintOfTheirTime) {
  const tracker::Run run = load(folder / (std::string(GetParam()) + ".jsonl"));
  const json now = json::parse(run.footprint().to_json());
  expect_same(document(folder / (std::string(GetParam()) + ".footprint.json")), now, "");
}

}  // namespace
}  // namespace co2lib::tracker
