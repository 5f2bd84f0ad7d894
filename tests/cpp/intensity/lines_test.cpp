// SPDX-License-Identifier: MIT
#include <co2lib/intensity/lines.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/unit.hpp>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;

namespace {

Record whole() {
  Record r;
  r.start = parse_time("2024-03-01T00:00:00Z");
  r.end = r.start + 5min + 1ns;
  r.value = CarbonIntensity::from_g_per_kwh(0.1 + 0.2);
  r.signal = Signal::marginal;
  r.scope = Scope::direct;
  r.basis = Basis::production;
  r.method = Method::market;
  r.status = Status::forecast;
  r.provider = "watttime";
  r.zone = "Øst \"1\"\n";
  r.origin = "cache";
  r.factor_set = "ar5";
  r.gas = "CO2";
  r.raw_value = -0.0;
  r.raw_unit = "lb/MWh";
  r.generated_at = r.start - 1h;
  r.updated_at = r.start + 120ms;
  r.error = RelativeError{-0.1, 0.3};
  r.source = {"id", "text", 2024, "CC BY 4.0"};
  r.flags = {"stale", "intensity.timeout"};
  return r;
}

std::string line_without(const std::string& field, const std::string& instead = "") {
  std::string line = R"({"start":"2024-03-01T00:00:00Z","end":"2024-03-01T01:00:00Z","g_per_kwh":1,"signal":"average",)"
                     R"("scope":"direct"})";
  const std::size_t at = line.find(field);
  return line.replace(at, field.size(), instead);
}

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parse_json_lines(text, "cache.jsonl"));
  } catch (const Error& error) {
    return error.code() + " " + error.what();
  }
  return "none";
}

}  // namespace

TEST(JsonLines, GiveBackEveryAttribute) {
  Record missing = whole();
  missing.value.reset();
  Record bare;
  bare.start = parse_time("1969-12-31T23:59:59.999Z");
  bare.end = bare.start + 1ns;
  for (const Record& r : {whole(), missing, bare}) {
    EXPECT_EQ(parse_json_line(json_line(r)), r) << json_line(r);
    EXPECT_EQ(json_line(parse_json_line(json_line(r))), json_line(r));
  }
}

TEST(JsonLines, SayWhatIsNotThereByDefault) {
  Record r;
  r.start = parse_time("2024-03-01T00:00:00Z");
  r.end = r.start + 1h;
  EXPECT_EQ(json_line(r), R"({"start":"2024-03-01T00:00:00Z","end":"2024-03-01T01:00:00Z","g_per_kwh":null,)"
                          R"("signal":"average","scope":"lifecycle"})");
}

TEST(JsonLines, RefusalsNameFileLineAndField) {
  const std::string good = line_without("");
  EXPECT_EQ(refusal(good + "\n\n \r\n" + good), "none");
  EXPECT_TRUE(refusal(good + "\n" + line_without(R"("signal":"average",)"))
                  .starts_with("intensity.bad_value cache.jsonl:2: signal: missing"));
  EXPECT_TRUE(refusal(line_without("direct", "stack")).find("scope: expected one of lifecycle, direct") !=
              std::string::npos);
  EXPECT_TRUE(refusal(line_without(":1", ":\"1\"")).find("g_per_kwh: expected a finite number") != std::string::npos);
  EXPECT_TRUE(refusal(line_without(":1", ":1e400")).starts_with("intensity.bad_value cache.jsonl:1: "));
  EXPECT_TRUE(refusal(line_without(":1", ":-1")).starts_with("intensity.bad_value cache.jsonl:1: g_per_kwh"));
  EXPECT_TRUE(refusal(line_without("T01:00:00Z", "T01:00:00")).starts_with("intensity.bad_time cache.jsonl:1: end"));
  EXPECT_TRUE(refusal(line_without("T01", "T00")).starts_with("intensity.bad_time cache.jsonl:1: start"));
  EXPECT_TRUE(refusal(line_without("\"scope\"", "\"unit\":\"lb/MWh\",\"scope\"")).find("unknown field 'unit'") !=
              std::string::npos);
  EXPECT_TRUE(refusal(line_without("\"scope\"", "\"error\":[2,1],\"scope\"")).find(": error: ") != std::string::npos);
  EXPECT_TRUE(refusal(line_without("\"scope\"", "\"end\":\"\",\"scope\"")).find("twice") != std::string::npos);
  EXPECT_TRUE(refusal("[1]").starts_with("intensity.bad_value cache.jsonl:1: expected a JSON object"));
  EXPECT_TRUE(refusal(good.substr(0, 30)).starts_with("intensity.bad_value cache.jsonl:1: "));
}

TEST(JsonLines, AreNotWrittenForWhatCouldNotBeRead) {
  Record r = whole();
  r.raw_value = std::numeric_limits<double>::infinity();
  EXPECT_THROW(static_cast<void>(json_line(r)), Error);
  r = whole();
  r.zone = "\xFF";
  EXPECT_THROW(static_cast<void>(json_line(r)), Error);
  r = whole();
  r.end = r.start;
  EXPECT_THROW(static_cast<void>(json_line(r)), Error);
}

TEST(JsonLines, AreReadFromTheFileThatWasWritten) {
  const auto file = std::filesystem::path(testing::TempDir()) / "co2lib_lines_test.jsonl";
  const std::vector<Record> records{whole(), whole()};
  write_json_lines(file, records);
  EXPECT_EQ(read_json_lines(file), records);
  std::filesystem::remove(file);
  EXPECT_THROW(static_cast<void>(read_json_lines(file)), Error);
  EXPECT_THROW(write_json_lines(file / "none" / "file", records), Error);
}
