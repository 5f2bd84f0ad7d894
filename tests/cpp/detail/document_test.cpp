// SPDX-License-Identifier: MIT
#include "detail/document.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace {

using namespace co2lib;
using detail::DocumentRules;
using detail::DocumentValue;
using detail::parse_document;
using detail::parse_json;
using detail::parse_yaml;
using Kind = DocumentValue::Kind;

DocumentValue yaml(const std::string& text, const DocumentRules& rules = {}) {
  const Result<DocumentValue> found = parse_yaml(text, "a.yaml", rules);
  EXPECT_TRUE(found) << text << "\n" << (found ? "" : to_string(found.issue()));
  return found ? *found : DocumentValue{};
}

DocumentValue json(const std::string& text, const DocumentRules& rules = {}) {
  const Result<DocumentValue> found = parse_json(text, "a.json", rules);
  EXPECT_TRUE(found) << text << "\n" << (found ? "" : to_string(found.issue()));
  return found ? *found : DocumentValue{};
}

/// `code at place`, or what was read instead.
std::string refused(const Result<DocumentValue>& found) {
  return found ? "read: " + found->what() : found.issue().code + " at " + found.issue().subject;
}
std::string bad_yaml(const std::string& text, const DocumentRules& rules = {}) {
  return refused(parse_yaml(text, "a.yaml", rules));
}
std::string bad_json(const std::string& text, const DocumentRules& rules = {}) {
  return refused(parse_json(text, "a.json", rules));
}

constexpr const char* bom_yaml = R"(# a bill of materials
schema: carbon-bom/1
parts:
  - {id: soc, area: 60 mm2, node: 14nm, packages: 1}
  - id: lens
    level: 3.5
    "class": 'hsl'
note: |
  two
  lines
)";

constexpr const char* bom_json = R"({
  "schema": "carbon-bom/1",
  "parts": [
    {"id": "soc", "area": "60 mm2", "node": "14nm", "packages": 1},
    {
      "id": "lens",
      "level": 3.5, "class": "hsl"
    }],
  "note": "two\nlines\n"
})";

TEST(Document, IsOneTreeFromYamlAndFromJson) {
  for (const DocumentValue& root : {yaml(bom_yaml), json(bom_json)}) {
    ASSERT_EQ(root.kind, Kind::map);
    EXPECT_EQ(root.find("schema")->text, "carbon-bom/1");
    const DocumentValue& parts = *root.find("parts");
    ASSERT_EQ(parts.items.size(), 2U);
    EXPECT_EQ(parts.items[0].find("area")->text, "60 mm2");
    EXPECT_EQ(parts.items[0].find("packages")->integer(), 1);
    EXPECT_EQ(parts.items[1].find("level")->number(), 3.5);
    EXPECT_EQ(parts.items[1].find("class")->text, "hsl");
    EXPECT_FALSE(parts.items[1].find("class")->plain);
    EXPECT_EQ(root.find("note")->text, "two\nlines\n");
    EXPECT_EQ(root.find("absent"), nullptr);
    EXPECT_EQ(parts.find("id"), nullptr) << "a list has no keys";
    EXPECT_EQ(root.entries[2].key.text, "note") << "entries keep their order";
  }
}

TEST(Document, KnowsWhereEverythingStands) {
  const DocumentValue root = yaml(bom_yaml);
  EXPECT_EQ(root.find("parts")->items[1].find("level")->where("a.yaml"), "a.yaml:6:12");
  EXPECT_EQ(root.find("parts")->items[0].where("a.yaml"), "a.yaml:4:5");
  EXPECT_TRUE(root.find("parts")->items[0].flow);
  EXPECT_FALSE(root.find("parts")->items[1].flow);
  EXPECT_EQ(root.entries[1].key.where(""), "line 3:1");
  // JSON has lines, and no columns.
  const DocumentValue other = json(bom_json);
  EXPECT_EQ(other.find("parts")->items[0].where("a.json"), "a.json:4");
  EXPECT_EQ(other.find("parts")->items[1].where("a.json"), "a.json:5");
  EXPECT_EQ(other.find("parts")->items[1].find("level")->where("a.json"), "a.json:7");
  EXPECT_EQ(other.find("note")->where("a.json"), "a.json:9");
  EXPECT_EQ(json("[1\n,2\n\n]").items[1].line, 2);
  EXPECT_EQ(json("\n\n7\n\n").line, 3);
}

TEST(Document, KeepsScalarsAsTheyAreWritten) {
  const DocumentValue root =
      yaml("- 0402\n- '12'\n- 12\n- NO\n- 1e-05\n- !!str 7\n- !!int \"7\"\n- ~\n- ''\n-\n- nUll\n");
  const auto& x = root.items;
  EXPECT_EQ(x[0].text, "0402");
  EXPECT_EQ(x[0].number(), std::nullopt);
  EXPECT_EQ(x[0].integer(), std::nullopt);
  EXPECT_EQ(x[1].number(), std::nullopt) << "a text";
  EXPECT_EQ(x[2].number(), 12);
  EXPECT_EQ(x[3].text, "NO");
  EXPECT_EQ(x[3].boolean(), std::nullopt) << "Norway";
  EXPECT_EQ(x[4].number(), 1e-05);
  EXPECT_EQ(x[5].number(), std::nullopt);
  EXPECT_EQ(x[6].number(), 7);
  EXPECT_TRUE(x[7].is_null() && x[9].is_null());
  EXPECT_FALSE(x[8].is_null() || x[10].is_null());
  EXPECT_EQ(json(R"(["5", null, "null", -0.0, "\u00e9\ud83d\ude00"])").items[4].text, "\u00e9\U0001F600");
  EXPECT_TRUE(std::signbit(*json("-0.0").number()));
}

TEST(Document, ReadsNumbersThatEveryReaderReadsAlike) {
  for (const auto& [text, value] : {std::pair("5", 5.0),
                                    {"-5", -5.0},
                                    {"+5", 5.0},
                                    {"0", 0.0},
                                    {"0.5", 0.5},
                                    {".5", 0.5},
                                    {"5.", 5.0},
                                    {"-.5e1", -5.0},
                                    {"1E+3", 1000.0},
                                    {"1e3", 1000.0},
                                    {"12345678901234567890", 12345678901234567890.0}}) {
    EXPECT_EQ(yaml(text).number(), value) << text;
  }
  for (const char* text :
       {"0402", "-01", "00", "0x1f", "0o7",   "1_000", "1:30", ".inf",  "-.inf", ".nan", "inf",   "nan", "1e",
        "1e+",  ".",   "-",  "+",    "1.2.3", "1,5",   "5 kg", "1e999", "--5",   "+-5",  "5e1.5", "true"}) {
    EXPECT_EQ(yaml(text).number(), std::nullopt) << text;
  }
  EXPECT_EQ(yaml("-9223372036854775808").integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(yaml("+7").integer(), 7);
  for (const char* text : {"9223372036854775808", "1.0", "1e3", "'1'", "01", "++1"}) {
    EXPECT_EQ(yaml(text).integer(), std::nullopt) << text;
  }
  EXPECT_EQ(yaml("True").boolean(), true);
  EXPECT_EQ(yaml("false").boolean(), false);
  for (const char* text : {"yes", "on", "1", "'true'", "tRUE", "[]", "{}"}) {
    EXPECT_EQ(yaml(text).boolean(), std::nullopt) << text;
    EXPECT_EQ(yaml(text).is_null(), false) << text;
  }
}

TEST(Document, ResolvesAliasesAndMergeKeys) {
  const DocumentValue root = yaml(R"(
base: &base {node: 7nm, yield: 0.9}
memory: &memory {yield: 0.8, size: 4}
part: {<<: *base, yield: 0.5}
both: {<<: [*base, *memory]}
again: *memory
quoted: {"<<": 3}
)");
  EXPECT_EQ(root.find("part")->find("node")->text, "7nm");
  EXPECT_EQ(root.find("part")->find("yield")->number(), 0.5) << "its own key counts";
  EXPECT_EQ(root.find("part")->entries.size(), 2U);
  EXPECT_EQ(root.find("both")->find("yield")->number(), 0.9) << "the first one counts";
  EXPECT_EQ(root.find("both")->find("size")->number(), 4);
  EXPECT_EQ(root.find("again")->find("size")->where("a"), "a:3:36") << "where it was written";
  EXPECT_EQ(root.find("quoted")->find("<<")->number(), 3);
  EXPECT_EQ(bad_yaml("a: {<<: 5}"), "bad_yaml at a.yaml:1:9");
  EXPECT_EQ(bad_yaml("a: {<<: [{b: 1}, 5]}"), "bad_yaml at a.yaml:1:18");
  EXPECT_EQ(bad_yaml("a: &a [1, *a]"), "bad_yaml at a.yaml:1:11");
  EXPECT_EQ(bad_yaml("a: *nothing"), "bad_yaml at a.yaml:1:4");
}

TEST(Document, RefusesAKeyThatIsThereTwiceOrIsNone) {
  EXPECT_EQ(bad_yaml("area: 1\nnode: 2\narea: 3"), "bad_yaml at a.yaml:3:1");
  EXPECT_EQ(bad_json("{\"area\": 1,\n\"area\": 3}"), "bad_json at a.json:2");
  EXPECT_NE(parse_yaml("a: 1\n'a': 2", "x").issue().text.find("first on line 1"), std::string::npos);
  const DocumentValue twice = yaml("a: 1\na: 2", {.repeated_keys = true});
  ASSERT_EQ(twice.entries.size(), 2U);
  EXPECT_EQ(twice.find("a")->number(), 1);
  EXPECT_EQ(json("{\"a\": 1, \"a\": 2}", {.repeated_keys = true}).entries[1].value.number(), 2);
  EXPECT_EQ(bad_yaml("? [a]\n: 1"), "bad_yaml at a.yaml:1:3");
  EXPECT_EQ(bad_yaml("? {a: 1}\n: 1"), "bad_yaml at a.yaml:1:3");
  EXPECT_EQ(bad_yaml("x: &m {a: 1}\n*m : 1"), "bad_yaml at a.yaml:2:1");
}

TEST(Document, RefusesTagsThatItDoesNotKnow) {
  EXPECT_EQ(bad_yaml("a: !litre 5"), "bad_yaml at a.yaml:1:4");
  EXPECT_EQ(bad_yaml("!!set {a, b}"), "bad_yaml at a.yaml:1:1");
  const DocumentValue value = yaml("!litre 5", {.tags = true});
  EXPECT_EQ(value.tag, "!litre");
  EXPECT_FALSE(value.plain);
  EXPECT_EQ(yaml("!!map {a: !!seq [!!float 1]}").find("a")->items[0].number(), 1);
}

TEST(Document, RefusesWhatFollowsTheDocument) {
  // yaml-cpp takes each of these for a document that is complete.
  EXPECT_EQ(bad_yaml("{a: 1} b"), "bad_yaml at a.yaml:1:8");
  EXPECT_EQ(bad_yaml("\"a\":{\"b\": 1}"), "bad_yaml at a.yaml:1:4");
  EXPECT_EQ(bad_yaml("a: 1\n---\nb: 2"), "bad_yaml at a.yaml:2:1");
  EXPECT_EQ(bad_yaml("a: 1\n...\nb"), "bad_yaml at a.yaml:3:1");
  EXPECT_TRUE(bad_yaml(",").starts_with("bad_yaml at"));
  EXPECT_EQ(bad_json("{} {}"), "bad_json at a.json:1:4");
  EXPECT_EQ(yaml("---\na: 1\n...\n").find("a")->number(), 1);
  EXPECT_TRUE(yaml("").is_null() && yaml("# nothing\n").is_null() && yaml("---\n").is_null());
}

TEST(Document, RefusesAQuoteThatIsNeverClosed) {
  // yaml-cpp 0.7 makes one text of all that follows.
  for (const char* text : {"a: 1\nb: \"x\nc: 3\n", "a: 1\nb: 'x\nc: 3\n", "b: \"x\n", "b: \"x", "b: \"x\n  ",
                           "b: 'x\r\n", "b: 'x\n\n\n", "\"\n", "[\"a\n", "a: \"", "- '", "a: 1\nb: '"}) {
    EXPECT_TRUE(bad_yaml(text).starts_with("bad_yaml at a.yaml:")) << text << ": " << bad_yaml(text);
  }
  EXPECT_EQ(yaml("b: \"x\n  y\"\n").find("b")->text, "x y");
  EXPECT_EQ(yaml("b: |\n  x\n").find("b")->text, "x\n");
  EXPECT_EQ(yaml("b: |\n  x").find("b")->text, "x");
  EXPECT_EQ(yaml("b: |+\n  x\n\n").find("b")->text, "x\n\n");
  EXPECT_EQ(yaml("b: >\n  x\n  y\n").find("b")->text, "x y\n");
  EXPECT_EQ(yaml("b: 1\n...\n").find("b")->number(), 1);
}

TEST(Document, RefusesAKeyWithoutItsColon) {
  EXPECT_EQ(bad_yaml("a: 1\nlifetime_years\nb: 2"), "bad_yaml at a.yaml:3:2") << "a key of two lines";
  EXPECT_EQ(bad_yaml("a:\n  b: 1\n  c"), "bad_yaml at a.yaml:3:3");
  EXPECT_EQ(bad_yaml("a: 1\n'b' \n"), "bad_yaml at a.yaml:2:1");
  EXPECT_TRUE(bad_yaml("a: 1\n\"").starts_with("bad_yaml"));
  for (const char* text :
       {"k: 1\na:", "k: 1\na: ", "k: 1\na: #", "k: 1\na:\n", "k: 1\na:\n# c\n", "k: 1\n? a",
        "k: 1\n? a\n:", "k: 1\n? a\n? b\n: c", "k: 1\n\"a\":", "k: 1\n'a' :", "k: 1\n&x a:", "k: 1\n? 'a'\n"}) {
    const DocumentValue root = yaml(text);
    ASSERT_NE(root.find("a"), nullptr) << text;
    EXPECT_TRUE(root.find("a")->is_null()) << text;
  }
  EXPECT_TRUE(yaml("\"a\\\"b\":").find("a\"b")->is_null());
  EXPECT_TRUE(yaml("'it''s':").find("it's")->is_null());
}

TEST(Document, RefusesAnEscapeThatIsMisread) {
  EXPECT_EQ(bad_yaml("a: \"\\_\""), "bad_yaml at a.yaml:1:4");
  EXPECT_EQ(bad_yaml("a: \"\\N\""), "bad_yaml at a.yaml:1:4");
  EXPECT_EQ(yaml("\"\\xe9\\u00e9\\U0001F600\\t\\n\\L\"").text, "\u00e9\u00e9\U0001F600\t\n\u2028");
}

TEST(Document, RefusesAnEntryThatIsMissing) {
  EXPECT_EQ(bad_yaml("[1,,2]"), "bad_yaml at a.yaml:1:4");
  EXPECT_EQ(bad_yaml("a: 1\nb: [,2]"), "bad_yaml at a.yaml:2:5");
  EXPECT_EQ(bad_yaml("{a: 1,, b}"), "bad_yaml at a.yaml:1:7");
  EXPECT_EQ(bad_yaml("{: 1}"), "bad_yaml at a.yaml:1:2");
  EXPECT_EQ(bad_yaml(": 1"), "bad_yaml at a.yaml:1:1");
  EXPECT_EQ(yaml("[1, 2,]").items.size(), 2U);
  EXPECT_TRUE(yaml("[1, ~, null]").items[1].is_null());
  EXPECT_TRUE(yaml("{a: 1, b}").find("b")->is_null());
  EXPECT_TRUE(yaml("{a: , b: 2}").find("a")->is_null());
  EXPECT_TRUE(yaml("- 1\n-\n- 2\n").items[1].is_null());
  EXPECT_TRUE(yaml("a:\nb: 2").find("a")->is_null());
}

TEST(Document, RefusesCharactersThatWouldEndItUnseen) {
  EXPECT_EQ(bad_yaml(std::string("a: 1\nb\x04: 2\n")), "bad_yaml at a.yaml:2:2");
  EXPECT_EQ(bad_json(std::string("{}\0 rest", 8)), "bad_json at a.json:1:3");
  EXPECT_EQ(bad_yaml("a: \xff"), "bad_yaml at a.yaml:1:4");
  EXPECT_EQ(bad_yaml("a: \xed\xa0\x80"), "bad_yaml at a.yaml:1:4") << "half of a pair";
  EXPECT_EQ(bad_json("\"\xc0\xaf\""), "bad_json at a.json:1:2") << "longer than need be";
  EXPECT_EQ(bad_yaml(std::string("\xff\xfe"
                                 "a\0",
                                 4)),
            "bad_yaml at a.yaml:1:1")
      << "UTF-16";
  EXPECT_EQ(yaml("\xef\xbb\xbf"
                 "a: \xc3\xa9")
                .find("a")
                ->text,
            "\u00e9");
  EXPECT_EQ(json("\xef\xbb\xbf{\"a\": 1}").find("a")->number(), 1);
}

TEST(Document, SaysWhereTheSyntaxIsWrong) {
  EXPECT_EQ(bad_yaml("a: 1\nb: [1, 2\n"), "bad_yaml at a.yaml:3:1");
  EXPECT_EQ(bad_yaml("a: 1\n  b: 2\n"), "bad_yaml at a.yaml:2:4");
  EXPECT_EQ(bad_yaml("%YAML 9.9.9\n---\na"), "bad_yaml at a.yaml:1:1");
  EXPECT_EQ(bad_json("{\"a\": 1,\n \"b\": }"), "bad_json at a.json:2:7");
  EXPECT_EQ(bad_json(""), "bad_json at a.json:1:1");
  EXPECT_EQ(bad_json("[1, 2"), "bad_json at a.json:1:6");
  EXPECT_EQ(bad_json("{'a': 1}"), "bad_json at a.json:1:2");
  EXPECT_TRUE(bad_json("1e999").starts_with("bad_json")) << "beyond the doubles";
  EXPECT_TRUE(bad_json("NaN").starts_with("bad_json"));
  const Issue issue = parse_json("[1,]", "a.json").issue();
  EXPECT_TRUE(issue.text.starts_with("not JSON: ")) << issue.text;
  EXPECT_EQ(issue.text.find("json.exception"), std::string::npos) << issue.text;
}

TEST(Document, KeepsItsLimits) {
  const auto nested = [](const std::string& open, int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    return text;
  };
  EXPECT_EQ(yaml(nested("[", 32) + nested("]", 32)).kind, Kind::list);
  EXPECT_EQ(json(nested("[", 32) + nested("]", 32)).kind, Kind::list);
  EXPECT_EQ(bad_yaml(nested("[", 33) + nested("]", 33)), "limit at a.yaml:1:33");
  EXPECT_EQ(bad_json(nested("[", 33) + nested("]", 33)), "limit at a.json:1");
  for (const char* open : {"[", "{", "- ", "{a: ", "[[", "{\"a\":{", "? ", "- ? "}) {
    const std::string deep = nested(open, 100'000 / static_cast<int>(std::string(open).size()));
    EXPECT_TRUE(bad_yaml(deep).starts_with("limit") || bad_yaml(deep).starts_with("bad_yaml")) << open;
  }
  EXPECT_EQ(bad_json(nested("{\"a\":", 100'000)), "limit at a.json:1");
  EXPECT_EQ(bad_yaml("a: [1, 2, 3]", {.values = 5}), "limit at a.yaml:1:11");
  EXPECT_EQ(bad_json("[1, 2,\n3]", {.values = 3}), "limit at a.json:2");
  EXPECT_EQ(bad_yaml("aaaaaa", {.bytes = 5}), "limit at a.yaml");
  EXPECT_EQ(bad_json("aaaaaa", {.bytes = 5}), "limit at a.json");
}

TEST(Document, CountsEveryUseOfAnAnchor) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) laughs += (k > 0 ? ", *a" : "*a") + before;
    laughs += "]\n";
  }
  EXPECT_TRUE(bad_yaml(laughs).starts_with("limit at a.yaml:")) << bad_yaml(laughs);
  std::string long_text = "- &a " + std::string(1000, 'x') + "\n";
  for (int i = 0; i < 100; ++i) long_text += "- *a\n";
  EXPECT_TRUE(bad_yaml(long_text, {.bytes = 5000}).starts_with("limit")) << "a long text many times";
  std::string merged = "a: &a {b: 1, c: 2}\n";
  for (int i = 0; i < 100; ++i) merged += "m" + std::to_string(i) + ": {<<: *a}\n";
  EXPECT_TRUE(bad_yaml(merged, {.values = 500}).starts_with("limit"));
  std::string deep = "- &a0 x\n";
  for (int i = 1; i < 40; ++i) deep += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_TRUE(bad_yaml(deep).starts_with("limit")) << "depth through aliases";
  std::string nested;
  for (int i = 0; i < 30; ++i) nested += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 100; ++i) nested += "1, ";
  nested += std::string(30, ']');
  EXPECT_TRUE(bad_yaml(nested, {.values = 1000}).starts_with("limit")) << "each of them keeps all that is in it";
}

TEST(Document, LimitsTheKeysOfAMap) {
  EXPECT_EQ(bad_json("{\"a\": 1,\n\"b\": {\"c\": 2}}", {.keys = 1}), "limit at a.json:2");
  EXPECT_TRUE(parse_json("{\"a\": {\"b\": {\"c\": 2}}}", "a.json", {.keys = 1}));
}

TEST(Document, IsJsonOrYamlByItsNameOrContent) {
  const auto read = [](const std::string& text, const char* name) { return parse_document(text, name); };
  EXPECT_EQ(read(" {\"a\": 1}", "a.yaml")->find("a")->column, 0) << "read as JSON";
  EXPECT_EQ(read("{a: 1}", "a.yaml")->find("a")->column, 5) << "read as YAML";
  EXPECT_EQ(read("a: 1", "")->find("a")->number(), 1);
  EXPECT_EQ(refused(read("a: 1", "a.json")), "bad_json at a.json:1:1");
  EXPECT_EQ(refused(read("{a: 1,, b}", "a.yaml")).substr(0, 18), "bad_yaml at a.yaml");
  EXPECT_EQ(refused(read("[" + std::string(200, '[') + "1", "a.yaml")), "limit at a.yaml:1");
}

TEST(Document, IsReadFromAFileThatIsNamed) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "co2lib_document";
  std::filesystem::create_directories(folder);
  const auto file = folder / "bom.yaml";
  std::ofstream(file, std::ios::binary) << bom_yaml;
  EXPECT_EQ(detail::read_document(file)->find("schema")->text, "carbon-bom/1");
  EXPECT_EQ(refused(detail::read_document(file, {.bytes = 10})), "limit at " + file.string());
  EXPECT_EQ(refused(detail::read_document(folder / "absent.yaml")), "io at " + (folder / "absent.yaml").string());
  EXPECT_EQ(refused(detail::read_document(folder)), "io at " + folder.string());
  std::ofstream(file, std::ios::binary) << "a: [";
  EXPECT_EQ(refused(detail::read_document(file)), "bad_yaml at " + file.string() + ":1:1");
  std::filesystem::remove_all(folder);
}

}  // namespace
