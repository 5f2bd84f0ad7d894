// SPDX-License-Identifier: MIT
// Good answers (the vectors of tests/golden/intensity.json) that lost something give no wrong number in silence.
#include "asking.hpp"
#include "folders.hpp"

#include <fstream>
#include <functional>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace provider_test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

struct Case {
  std::string id;
  std::string provider;
  std::string endpoint;
  HttpResponse response;
  Query query;
};

/// The vectors of good answers.
std::vector<Case> good_answers() {
  std::ifstream file(co2lib::tests::source_folder() + "/tests/golden/intensity.json");
  std::vector<Case> cases;
  const Json golden = Json::parse(file);
  for (const Json& vector : golden["vectors"]) {
    if (vector["kind"] != "intensity.parse" || vector["expected"].contains("error")) continue;
    const Json& in = vector["input"];
    Case c{vector["id"], in["provider"], in["endpoint"], ok(in["body"]), {}};
    const Json asked = in.value("query", Json::object());
    for (const char* name : {"zone", "region", "area", "respondent", "location", "postcode"}) {
      if (asked.contains(name)) c.query.zone = asked[name];
    }
    if (asked.contains("from")) c.query.start = at(asked["from"].get<std::string>());
    if (asked.contains("to")) c.query.end = at(asked["to"].get<std::string>());
    c.query.settings.granularity = asked.value("temporalGranularity", "");
    const Json factors = in.value("factors", Json::object());
    for (const auto& [fuel, factor] : factors.items()) c.query.settings.factors[fuel] = factor;
    cases.push_back(std::move(c));
  }
  return cases;
}

using Value = std::tuple<std::string, UtcTime, UtcTime, std::optional<double>, std::vector<std::string>>;

std::vector<Value> values_of(const Answer& answer) {
  std::vector<Value> all;
  const auto add = [&](const std::string& series, const std::vector<Record>& records) {
    for (const Record& r : records) {
      all.emplace_back(series + r.zone, r.start, r.end, r.value ? std::optional(r.value->g_per_kwh()) : std::nullopt,
                       r.flags);
    }
  };
  add("", answer.records);
  add("forecast", answer.forecast_records);
  for (const IssuedForecast& f : answer.forecasts) add(format_utc(f.generated_at), f.records);
  return all;
}

/// Nothing but what the whole body says: the same values at the same times, values that are missing, or a flag that
/// says what is left out.
::testing::AssertionResult says_nothing_new(const Case& c, const std::vector<Value>& whole, const std::string& body) {
  std::vector<Value> found;
  try {
    found = values_of(provider(c.provider).parse(c.endpoint, ok(body), c.query));
  } catch (const Error& error) {
    if (error.code().starts_with("intensity.")) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << c.id << ": " << error.code();
  }
  for (const Value& value : found) {
    const auto& [series, start, end, g, flags] = value;
    const auto flagged = [&flags = flags](const char* flag) {
      return std::find(flags.begin(), flags.end(), flag) != flags.end();
    };
    if (!g || flagged("partial_mix") || flagged("negative_clamped") ||
        std::find(whole.begin(), whole.end(), value) != whole.end())
      continue;
    return ::testing::AssertionFailure() << c.id << ": " << *g << " at " << format_utc(start) << " of " << body;
  }
  return ::testing::AssertionSuccess();
}

/// Calls `change` for every place of a document but its root.
void at_every_place(const Json& document, const std::function<void(const Json::json_pointer&)>& change) {
  std::set<std::string> places;
  const Json flat = document.flatten();
  for (const auto& entry : flat.items()) {
    for (Json::json_pointer place(entry.key()); !place.empty(); place.pop_back()) places.insert(place.to_string());
  }
  for (const std::string& place : places) change(Json::json_pointer(place));
}

TEST(ProviderAnswers, AFieldThatIsMissingOrOfAnotherTypeGivesNoNumber) {
  const Json replacements[] = {nullptr, "text", "1", true, Json::array(), Json::object(), Json::array({1}), ""};
  for (Case c : good_answers()) {
    if (c.provider == "entsoe") continue;  // XML
    const Answer answer = provider(c.provider).parse(c.endpoint, c.response, c.query);
    const std::vector<Value> whole = values_of(answer);
    ASSERT_FALSE(whole.empty()) << c.id;
    if (c.provider == "co2signal") c.query.zone = answer.records.at(0).zone;  // else any zone is an answer
    const Json document = Json::parse(c.response.body);
    at_every_place(document, [&](const Json::json_pointer& place) {
      for (const Json& other : replacements) {
        Json changed = document;
        // A service that sends numbers as texts is believed where it does.
        if (c.provider == "eia" && other == "1") continue;
        changed[place] = other;
        EXPECT_TRUE(says_nothing_new(c, whole, changed.dump()));
      }
      Json::json_pointer above = place;
      above.pop_back();
      Json changed = document;
      if (!changed[above].is_object()) return;
      changed[above].erase(place.back());
      EXPECT_TRUE(says_nothing_new(c, whole, changed.dump()));
    });
  }
}

TEST(ProviderAnswers, ABodyThatIsCutOffGivesNoNumber) {
  for (const Case& c : good_answers()) {
    const std::string& body = c.response.body;
    for (std::size_t size = 0; size < body.size(); size += size < 40 ? 1 : 7) {
      const std::string code =
          code_of([&] { return provider(c.provider).parse(c.endpoint, ok(body.substr(0, size)), c.query); });
      EXPECT_EQ(code, "intensity.bad_body") << c.id << " " << size;
    }
  }
}

TEST(ProviderAnswers, ABodyThatIsNotADocumentIsABadBody) {
  const std::string bodies[] = {"",
                                " ",
                                "null",
                                "1",
                                "\"x\"",
                                "<html>x</html>",
                                "{\"a\":NaN}",
                                "{\"a\":1,\"a\":1}",
                                std::string(100'000, '['),
                                "{\"x\":\"\xFF\"}",
                                std::string("{}\0", 3)};
  for (const Case& c : good_answers()) {
    for (const std::string& body : bodies) {
      const std::string code = code_of([&] { return provider(c.provider).parse(c.endpoint, ok(body), c.query); });
      EXPECT_EQ(code, "intensity.bad_body") << c.id << " " << body.substr(0, 20);
    }
  }
}

}  // namespace
