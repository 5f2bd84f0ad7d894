// SPDX-License-Identifier: MIT
// The file: what it may say, and what is refused with file, line, field and remedy.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include <co2lib/embodied.hpp>

namespace {

using namespace co2lib;
using namespace co2lib::embodied;

std::string refused(const std::string& text, const std::map<std::string, std::string>& files = {}) {
  try {
    (void)parse_bom(text, {.name = "a.yaml", .files = files}).footprint({.draws = 0});
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
  return "read";
}

/// Of a bill of one part.
std::string bad_part(const std::string& part) {
  return refused("schema: carbon-bom/1\nparts:\n  - {id: x, " + part + "}\n");
}

#define EXPECT_STARTS(text, start) EXPECT_TRUE(std::string(text).starts_with(start)) << (text)

TEST(EmbodiedBom, JsonAndYamlOfOneDocumentGiveTheSameBits) {
  const Bom yaml = parse_bom(R"(
schema: carbon-bom/1
name: camera node
lifetime_years: {value: 4, low: 3, high: 6}
truncation: {value: 1.4, low: 1.0, high: 2.0}
parts:
  - {id: soc, class: ic.logic, area: 60 mm2, node: 14nm, yield: {model: neg_binomial, d0_per_cm2: 0.11, alpha: 10}}
  - {id: smd, class: passive.smd, package: 0402, qty: 60}
  - id: case
    class: material.abs
    mass: {value: 50 g, low: 40 g, high: 70 g}
)");
  const Bom json = parse_bom(R"({"schema": "carbon-bom/1", "name": "camera node",
    "lifetime_years": {"value": 4, "low": 3, "high": 6}, "truncation": {"value": 1.4, "low": 1.0, "high": 2.0},
    "parts": [
      {"id": "soc", "class": "ic.logic", "area": "60 mm2", "node": "14nm",
       "yield": {"model": "neg_binomial", "d0_per_cm2": 0.11, "alpha": 10}},
      {"id": "smd", "class": "passive.smd", "package": "0402", "qty": 60},
      {"id": "case", "class": "material.abs", "mass": {"value": "50 g", "low": "40 g", "high": "70 g"}}]})");
  const FootprintOptions options{.seed = 7, .draws = 500};
  EXPECT_EQ(yaml.footprint(options), json.footprint(options));
  EXPECT_EQ(yaml.footprint(options).to_json(), json.footprint(options).to_json());
}

TEST(EmbodiedBom, MessagesNameFileLineFieldAndRemedy) {
  EXPECT_EQ(bad_part("class: pcb, area: 10 kg, layers: 4"),
            "embodied.bad_unit: a.yaml:3: parts[0].area: '10 kg' is of another quantity; write a unit of cm2");
  EXPECT_STARTS(bad_part("class: pcb, area: 10 cm, layers: 4"), "embodied.bad_unit: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: 10 furlong, layers: 4"), "embodied.bad_unit: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: '10', layers: 4"), "embodied.bad_unit: a.yaml:3: parts[0].area: the text");
  EXPECT_STARTS(bad_part("class: pcb, area: .nan, layers: 4"), "embodied.bad_bom: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: .inf, layers: 4"), "embodied.bad_bom: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: 1e999, layers: 4"), "embodied.bad_bom: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: [1], layers: 4"), "embodied.bad_bom: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: true, layers: 4"), "embodied.bad_bom: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: -1, layers: 4"), "embodied.out_of_range: a.yaml:3: parts[0].area");
  EXPECT_STARTS(bad_part("class: pcb, area: 1, layers: 4.5"), "embodied.bad_bom: a.yaml:3: parts[0].layers");
  EXPECT_STARTS(bad_part("class: pcb, area: 1, layers: 0"), "embodied.out_of_range: a.yaml:3: parts[0].layers");
  EXPECT_STARTS(bad_part("class: pcb, layers: 4"), "embodied.bad_bom: a.yaml:3: parts[0]: the field area is missing");
  EXPECT_STARTS(bad_part("class: pcb, area: 1, layers: 4, colour: red"), "embodied.bad_bom: a.yaml:3: parts[0].colour");
  EXPECT_STARTS(bad_part("class: board"), "embodied.bad_bom: a.yaml:3: parts[0]: 'board' is not a class; known: ");
  EXPECT_STARTS(bad_part("class: manual, carbon: 1"), "embodied.missing_source: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1"), "embodied.bad_bom: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, node: 7nm"), "embodied.bad_bom: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1, node: 11nm"), "embodied.unknown_factor: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1, node: 7nm, fab_ci: mars"), "embodied.unknown_factor: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1, node: 7nm, yield: {model: weibull}"), "embodied.unknown_model: ");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1, node: 7nm, yield: 1.2"), "embodied.out_of_range: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1, node: 7nm, abatement: 94"), "embodied.out_of_range: a.yaml:3");
  EXPECT_STARTS(bad_part("class: ic.logic, area: 1, cpa: logic.cpa.generic.7nm, yield: 0.9"), "embodied.bad_bom: ");
  EXPECT_STARTS(bad_part("class: ic.dram, capacity: 1 GB"), "embodied.bad_bom: ");
  EXPECT_STARTS(bad_part("class: ic.dram, capacity: 1 GB, process: material.steel"), "embodied.bad_unit: ");
  EXPECT_STARTS(bad_part("class: hsl, block: sensing, level: 5"), "embodied.unknown_factor: ");
  EXPECT_STARTS(bad_part("class: hsl, block: engine, level: 1"), "embodied.unknown_factor: ");
  EXPECT_STARTS(bad_part("class: row, factor: dram.generic"), "embodied.bad_unit: ");
  EXPECT_STARTS(bad_part("class: generic, source: s"), "embodied.bad_bom: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: {low: 1}"), "embodied.bad_bom: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: {value: 1, dist: uniform}"), "embodied.bad_factor: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: {value: 1, dist: lognormal}"), "embodied.bad_factor: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: {value: 1, gsd: 2}"), "embodied.bad_factor: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: 1, qty: -1"), "embodied.out_of_range: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: 1, qty: 1.5"), "embodied.bad_bom: ");
  EXPECT_STARTS(bad_part("class: generic, source: s, base: 1.7e308, qty: 1000"), "embodied.out_of_range: ");
}

TEST(EmbodiedBom, TheFormOfTheFileIsChecked) {
  EXPECT_STARTS(refused(""), "embodied.bad_bom: a.yaml");
  EXPECT_STARTS(refused("[]"), "embodied.bad_bom: a.yaml:1");
  EXPECT_STARTS(refused("parts: []"), "embodied.bad_bom: a.yaml:1: schema");
  EXPECT_STARTS(refused("schema: carbon-bom/2"), "embodied.bad_bom: a.yaml:1: schema");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nmode: x"), "embodied.bad_bom: a.yaml:2: mode");
  EXPECT_STARTS(refused("schema: carbon-bom/1\ntruncation: 0"), "embodied.out_of_range: a.yaml:2");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nprofile_gsd: 1"), "embodied.bad_factor: a.yaml:2");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nlifetime_years: 0"), "embodied.out_of_range: a.yaml:2");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts: [{id: a, class: connector}, {id: a, class: connector}]"),
                "embodied.bad_bom: a.yaml:2: parts[1]: the id a stands twice");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts: [{id: a, class: hsl, block: casing, level: 1, reading: pb}, "
                        "{id: b, class: hsl, block: memory, level: 1}]"),
                "embodied.bad_bom: a.yaml:2");
  EXPECT_STARTS(refused(std::string(5U << 20U, ' ')), "embodied.bad_bom: a.yaml");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts: " + std::string(5000, '[')), "embodied.bad_bom: a.yaml");
  EXPECT_EQ(refused("schema: carbon-bom/1"), "read");
}

TEST(EmbodiedBom, HostileFilesEndInAnErrorThatSaysWhere) {
  // A million open brackets, in both formats and in the place of a part.
  const std::string million(1'000'000, '[');
  EXPECT_STARTS(refused(million), "embodied.bad_bom: a.yaml");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts: " + million), "embodied.bad_bom: a.yaml");
  EXPECT_STARTS(refused("{\"schema\": \"carbon-bom/1\", \"parts\": " + million), "embodied.bad_bom: a.yaml");
  for (const char* open : {"{\"a\":", "- ", "{a: ", "? "}) {
    std::string deep;
    for (int i = 0; i < 20'000; ++i) deep += open;
    EXPECT_STARTS(refused(deep), "embodied.bad_bom: a.yaml");
  }
  // Aliases that double ten thousand million times.
  std::string bomb = "schema: carbon-bom/1\nname: &n0 x\nparts:\n  - &p0 [*n0, *n0]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = std::to_string(i - 1);
    bomb += "  - &p" + std::to_string(i) + " [*p" + before + ", *p" + before + "]\n";
  }
  EXPECT_STARTS(refused(bomb), "embodied.bad_bom: a.yaml:");
  // An alias of itself, and one of nothing.
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts: &a [*a]\n"), "embodied.bad_bom: a.yaml");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts: [*none]\n"), "embodied.bad_bom: a.yaml");
  // An anchor that is used is fine, and each use of a part must have an id of its own.
  EXPECT_EQ(refused("schema: carbon-bom/1\nparts:\n  - {id: a, class: pcb, area: &size 4 cm2, layers: 4}\n"
                    "  - {id: b, class: pcb, area: *size, layers: 4}\n"),
            "read");
  EXPECT_STARTS(refused("schema: carbon-bom/1\nparts:\n  - &a {id: a, class: connector}\n  - *a\n"),
                "embodied.bad_bom: a.yaml");
}

TEST(EmbodiedBom, NumbersAreFiniteWhateverIsWritten) {
  for (const char* number : {".nan",
                             ".inf",
                             "-.inf",
                             "NaN",
                             "Infinity",
                             "1e400",
                             "-1",
                             "'1e400 cm2'",
                             "'nan cm2'",
                             "1e308 m2",
                             "{value: .nan}",
                             "{value: 1, low: .nan, high: 2}",
                             "{value: 1, low: 0, high: .inf}",
                             "{value: 1, dist: lognormal, gsd: .inf}",
                             "{value: 1e400}",
                             "0x10000000000000000000",
                             "1_000",
                             "!!float .nan",
                             "~",
                             "[1]",
                             "true",
                             "''"}) {
    const std::string said = bad_part("class: pcb, layers: 4, area: " + std::string(number));
    EXPECT_TRUE(said.starts_with("embodied.bad_") || said.starts_with("embodied.out_of_range"))
        << number << ": " << said;
    EXPECT_NE(said.find("a.yaml:3"), std::string::npos) << number << ": " << said;
  }
  for (const char* number : {"99999999999999999999", "1e9", "1.5", "-1", ".nan", "'2'"}) {
    EXPECT_STARTS(bad_part("class: connector, qty: " + std::string(number)), "embodied.");
  }
  // Large numbers that fit each on their own end before they are infinite.
  EXPECT_STARTS(refused(R"({"schema": "carbon-bom/1", "parts": [
    {"id": "a", "class": "generic", "source": "s", "per": 1e308, "amount": 10}]})"),
                "embodied.out_of_range: ");
}

TEST(EmbodiedBom, VariablesOfOneNameMustAgree) {
  EXPECT_STARTS(refused(R"({"schema": "carbon-bom/1", "parts": [
    {"id": "a", "class": "generic", "source": "s", "base": {"value": 1, "low": 0.5, "high": 2, "share": "x"}},
    {"id": "b", "class": "generic", "source": "s", "base": {"value": 1, "low": 0.4, "high": 2, "share": "x"}}]})"),
                "embodied.bad_factor: ");
}

TEST(EmbodiedBom, AVariableThatRaisesAndLowersIsRefused) {
  EXPECT_STARTS(refused(R"({"schema": "carbon-bom/1", "parts": [{"id": "a", "class": "ic.logic", "node": "7nm",
    "area": {"value": 0.9, "low": 0.8, "high": 1, "share": "x"},
    "yield": {"value": 0.9, "low": 0.8, "high": 1, "share": "x"}}]})"),
                "embodied.not_monotone: ");
}

TEST(EmbodiedBom, ImportsMultiplyAndFormNoCircle) {
  const std::string radio = R"({"schema": "carbon-bom/1", "truncation": 9, "parts": [
    {"id": "chip", "class": "generic", "base": 1, "source": "s", "qty": 3}]})";
  const Bom bom = parse_bom(R"({"schema": "carbon-bom/1", "imports": {"r": {"file": "radio.json", "qty": 2}}})",
                            {.files = {{"radio.json", radio}}});
  const BomFootprint fp = bom.footprint({.draws = 0});
  EXPECT_EQ(fp.parts[0].id, "r.chip");
  EXPECT_EQ(fp.parts[0].quantity, 6);
  EXPECT_DOUBLE_EQ(*fp.kilograms(), 6);
  const std::string to_a = R"({"schema": "carbon-bom/1", "imports": {"a": "a.json"}})";
  EXPECT_STARTS(refused(to_a, {{"a.json", to_a}}), "embodied.import_cycle: a.json:1: imports.a");
  EXPECT_STARTS(refused(to_a, {{"b.json", to_a}}), "embodied.bad_bom: a.yaml:1: imports.a: there is no file 'a.json'");
  EXPECT_STARTS(refused(R"({"schema": "carbon-bom/1", "imports": {"a": "../a.json"}})", {{"b.json", to_a}}),
                "embodied.bad_bom: a.yaml:1: imports.a: '../a.json' is outside");
}

TEST(EmbodiedBom, ImportsEndAtSixteenLevelsAndDoNotMultiplyWithoutEnd) {
  std::map<std::string, std::string> files;
  const auto name = [](int i) { return "f" + std::to_string(i) + ".json"; };
  for (int i = 0; i < 20; ++i) {
    files[name(i)] = R"({"schema": "carbon-bom/1", "imports": {"x": ")" + name(i + 1) + "\"}}";
  }
  EXPECT_STARTS(refused(files[name(0)], files), "embodied.bad_bom: f16.json:1: imports.x: imports are more than 16");
  for (int i = 0; i < 16; ++i) {
    files[name(i)] = R"({"schema": "carbon-bom/1", "imports": {"x": ")" + name(i + 1) + R"(", "y": ")" + name(i + 1) +
                     R"(", "z": ")" + name(i + 1) + "\"}}";
  }
  files[name(14)] = R"({"schema": "carbon-bom/1", "parts": [{"id": "a", "class": "connector"}]})";
  EXPECT_STARTS(refused(files[name(0)], files), "embodied.bad_bom: ");
}

TEST(EmbodiedBom, FilesAreReadBesideTheFirstAndNotOutside) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "embodied_bom";
  std::filesystem::create_directories(folder / "parts");
  const auto write = [](const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; };
  write(folder / "top.yaml", "schema: carbon-bom/1\nfactors: [parts/mine.csv]\nimports: {soc: parts/soc.yaml}\n");
  write(folder / "parts" / "soc.yaml", "schema: carbon-bom/1\nparts:\n  - {id: die, class: row, factor: my.die}\n");
  write(folder / "parts" / "mine.csv",
        "id,value,unit,low,high,boundary,year,region,source,licence\nmy.die,2,kg,1,3,all,2024,,me,CC0-1.0\n");
  EXPECT_DOUBLE_EQ(*load(folder / "top.yaml").footprint({.draws = 0}).kilograms(), 2);
  write(folder / "parts" / "soc.yaml", "schema: carbon-bom/1\nimports: {up: ../../embodied_bom/top.yaml}\n");
  EXPECT_THROW((void)load(folder / "parts" / "soc.yaml"), Error);
  EXPECT_THROW((void)load(folder / "absent.yaml"), Error);
  std::filesystem::remove_all(folder);
}

TEST(EmbodiedBom, WhatStoodInOrIsNotKnownIsAnIssue) {
  const auto issues = [](const std::string& part, const std::string& more = "") {
    return parse_bom("schema: carbon-bom/1\n" + more + "parts:\n  - {id: x, " + part + "}\n")
        .footprint({.draws = 0})
        .issues;
  };
  const auto soc = issues("class: ic.logic, area: 1, node: 12nm, interpolate: true");
  EXPECT_TRUE(has_issue(soc, "interpolated"));
  for (const char* field : {"x.yield", "x.abatement", "x.fab_ci", "x.package"}) {
    EXPECT_TRUE(std::any_of(soc.begin(), soc.end(), [&](const Issue& i) {
      return i.code == "default_used" && i.subject == field;
    })) << field;
  }
  EXPECT_TRUE(has_issue(soc, "truncation_absent"));
  EXPECT_TRUE(has_issue(issues("class: connector", "truncation: 1.4\n"), "truncation_applied"));
  EXPECT_TRUE(has_issue(issues("class: connector", "profile_gsd: 1.4\n"), "profile_applied"));
  EXPECT_TRUE(has_issue(issues("class: connector"), "estimate"));
  EXPECT_TRUE(has_issue(issues("class: connector"), "unverified"));
  EXPECT_TRUE(has_issue(issues("class: ic.dram, capacity: 1, process: dram.generic, yield: 0.9"), "yield_twice"));
  EXPECT_TRUE(has_issue(issues("class: pcb, model: volume, area: 1, layers: 4, thickness: 1 mm"), "no_range"));
  EXPECT_FALSE(has_issue(issues("class: manual, carbon: 1, source: s"), "truncation_absent"));
}

}  // namespace
