// SPDX-License-Identifier: MIT
// The writer of JSON gives the text that the tree of the same values gives.
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "detail/json.hpp"

namespace {

using namespace co2lib;
using namespace co2lib::detail;

TEST(JsonWriter, WritesWhatTheTreeWrites) {
  const std::string text = JsonWriter::object([](JsonWriter& o) {
    o.add("text", "quote \" and \\, line\n, \u00fc");
    o.add("broken", std::string("not UTF-8: \xff"));
    o.add("numbers", std::vector<double>{1, -0.0, 0.1, 1e300, 5e-324});
    o.add("none", std::array{std::nan(""), HUGE_VAL});
    o.add("integers", std::array{std::numeric_limits<std::int64_t>::min(), std::int64_t{1}});
    o.add("large", std::numeric_limits<std::uint64_t>::max());
    o.add("yes", true);
    o.add("null", nullptr);
    o.add("absent", std::optional<double>());
    o.add("present", std::optional<int>(3));
    o.add("empty", std::vector<std::string>());
    o.add("nested", JsonObject{[](JsonWriter& n) {
            n.add("object", JsonObject{[](JsonWriter&) {}});
            n.add("list", JsonList{[](JsonWriter& l) {
                    l.add(1);
                    l.add("two");
                    l.add(JsonList{[](JsonWriter&) {}});
                    l.add(JsonObject{[](JsonWriter& last) { last.add("a", 1.5); }});
                  }});
          }});
    o.add("tree", Json{{"b", 1}, {"a", {1.0, "x"}}});
  });
  Json tree;
  tree["text"] = "quote \" and \\, line\n, \u00fc";
  tree["broken"] = "not UTF-8: \xff";
  tree["numbers"] = {1.0, -0.0, 0.1, 1e300, 5e-324};
  tree["none"] = {std::nan(""), HUGE_VAL};
  tree["integers"] = {std::numeric_limits<std::int64_t>::min(), std::int64_t{1}};
  tree["large"] = std::numeric_limits<std::uint64_t>::max();
  tree["yes"] = true;
  tree["null"] = nullptr;
  tree["absent"] = nullptr;
  tree["present"] = 3;
  tree["empty"] = Json::array();
  tree["nested"]["object"] = Json::object();
  tree["nested"]["list"] = Json::array({1, "two", Json::array(), Json{{"a", 1.5}}});
  tree["tree"] = Json{{"b", 1}, {"a", {1.0, "x"}}};
  EXPECT_EQ(text, to_text(tree));
  EXPECT_NE(text.find("\"numbers\":[1.0,-0.0,0.1,1e+300,5e-324]"), std::string::npos) << text;
}

TEST(JsonWriter, WritesIssuesAndSources) {
  const std::vector<Issue> issues{{"gap", "psu", "was lost"}};
  const std::vector<Source> sources{{"ember", "Ember", 2024, "CC-BY-4.0"}};
  EXPECT_EQ(JsonWriter::object([&](JsonWriter& o) {
              o.add("issues", issues);
              o.add("sources", sources);
            }),
            R"({"issues":[{"code":"gap","subject":"psu","text":"was lost"}],)"
            R"("sources":[{"id":"ember","text":"Ember","year":2024,"licence":"CC-BY-4.0"}]})");
}

TEST(JsonWriter, KeepsTheOrderOfMembers) {
  EXPECT_EQ(JsonWriter::object([](JsonWriter& o) {
              o.add("z", 1);
              o.add("a", json_list(std::array{1, 2}, [](int x) { return x * 2.0; }));
            }),
            R"({"z":1,"a":[2.0,4.0]})");
}

}  // namespace
