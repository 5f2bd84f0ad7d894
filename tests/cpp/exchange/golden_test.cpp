// SPDX-License-Identifier: MIT
// The vectors of tests/golden/exchange.json that the C++ library answers: all but validation, which Python has.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/exchange.hpp>
#include <co2lib/hub.hpp>

#include "folders.hpp"

namespace {

using namespace co2lib;
using Json = nlohmann::json;

std::string text_of(const Json& in, const char* name) {
  return in.contains(name) && in[name].is_string() ? in[name].get<std::string>() : std::string();
}

std::vector<exchange::Disclosure> disclosures_of(const Json& in) {
  std::vector<exchange::Disclosure> all;
  for (const Json& one : in["disclosures"]) {
    std::optional<exchange::Activity> activity;
    if (one.contains("activity") && !one["activity"].is_null()) {
      activity = parse<exchange::Activity>(one["activity"].get<std::string>(), "activity", "exchange.bad_value");
    }
    std::map<std::string, double> counts;
    if (one.contains("counts") && !one["counts"].is_null()) counts = one["counts"].get<std::map<std::string, double>>();
    all.push_back(exchange::disclosure_of(one["footprint"].dump(), activity, counts));
  }
  return all;
}

exchange::SciAi score_of(const Json& in) {
  exchange::SciAiOptions options{.rationale = text_of(in, "rationale")};
  if (!text_of(in, "basis").empty()) {
    options.basis = parse<exchange::Basis>(text_of(in, "basis"), "basis", "exchange.bad_value");
  }
  return exchange::sci_ai(disclosures_of(in), text_of(in, "unit"), in["count"].get<double>(), options)
      .stated_per(in.value("per", 1.0));
}

std::string written(const std::string& kind, const Json& in) {
  if (kind == "exchange.cyclonedx") {
    exchange::CycloneDxOptions o{.model = text_of(in, "model"),
                                 .version = text_of(in, "version"),
                                 .supplier = text_of(in, "supplier"),
                                 .energy_provider = text_of(in, "energy_provider"),
                                 .energy_source = text_of(in, "energy_source"),
                                 .created = text_of(in, "created"),
                                 .serial = text_of(in, "serial"),
                                 .into = in.contains("into") ? in["into"].dump() : std::string(),
                                 .bom_ref = text_of(in, "bom_ref")};
    if (in.contains("spec_version")) o.spec_version = text_of(in, "spec_version");
    return exchange::cyclonedx(disclosures_of(in), o);
  }
  if (kind == "exchange.spdx") {
    return exchange::spdx(disclosures_of(in), {.model = text_of(in, "model"),
                                               .version = text_of(in, "version"),
                                               .supplier = text_of(in, "supplier"),
                                               .download_location = text_of(in, "download_location"),
                                               .released = text_of(in, "released"),
                                               .licence = text_of(in, "licence"),
                                               .created = text_of(in, "created"),
                                               .namespace_ = text_of(in, "namespace")});
  }
  if (kind == "exchange.boamps") {
    return exchange::boamps(disclosures_of(in), in.contains("context") ? in["context"].dump() : "",
                            text_of(in, "created"));
  }
  return score_of(in).to_json();
}

Json number(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }
Json words(const std::optional<std::string>& x) { return x ? Json(*x) : Json(nullptr); }
template <class Q, class Read>
Json ends(const std::optional<Interval<Q>>& i, const Read& read) {
  return i ? Json::array({read(i->low), read(i->high)}) : Json(nullptr);
}

Json fields_of(const exchange::Disclosure& d) {
  const auto joules = [](Energy e) { return e.joules(); };
  const auto grams = [](CarbonMass m) { return m.grams(); };
  return {{"activity", d.activity ? Json(std::string(text(*d.activity))) : Json(nullptr)},
          {"model", words(d.model)},
          {"version", words(d.version)},
          {"run_id", words(d.run_id)},
          {"complete", d.complete ? Json(*d.complete) : Json(nullptr)},
          {"start", words(d.start)},
          {"end", words(d.end)},
          {"duration_s", number(d.duration_s)},
          {"evidence", d.evidence ? Json(std::string(text(*d.evidence))) : Json(nullptr)},
          {"coverage", number(d.coverage)},
          {"energy_j", number(d.energy.joules())},
          {"energy_bounds_j", ends(d.energy.bounds, joules)},
          {"energy_interval_j", ends(d.energy.interval, joules)},
          {"pue", number(d.pue)},
          {"facility_j", d.facility ? Json(d.facility->joules()) : Json(nullptr)},
          {"operational_g", number(d.operational.grams())},
          {"operational_bounds_g", ends(d.operational.bounds, grams)},
          {"operational_interval_g", ends(d.operational.interval, grams)},
          {"embodied_g", number(d.embodied.grams())},
          {"embodied_interval_g", ends(d.embodied.interval, grams)},
          {"water_l", number(d.water.litres())},
          {"offset_g", d.offset ? Json(d.offset->grams()) : Json(nullptr)},
          {"intensity_g_per_kwh", number(d.intensity_g_per_kwh)},
          {"intensity_source", words(d.intensity_source)},
          {"location", words(d.location)},
          {"hardware", d.hardware},
          {"counts", d.counts},
          {"issues", d.issues},
          {"warnings", d.warnings}};
}

std::vector<exchange::Disclosure> side(const Json& what) {
  if (!what.is_string()) return exchange::read(what.dump());
  const hub::Card card = hub::read_card(what.get<std::string>());
  exchange::Disclosure d;
  if (card.grams) d.operational.value = CarbonMass::from_grams(*card.grams);
  if (card.energy_kwh) d.facility = Energy::from_kwh(*card.energy_kwh);
  return {d};
}

Json answer_of(const std::string& kind, const Json& in) {
  if (kind == "exchange.read") {
    Json list = Json::array();
    const std::string text = in.contains("text") ? in["text"].get<std::string>() : in["document"].dump();
    for (const auto& d : exchange::read(text)) list.push_back(fields_of(d));
    return {{"disclosures", list}};
  }
  if (kind == "exchange.compare") {
    const auto found = exchange::compare(side(in["a"]), side(in["b"]));
    return {{"agree", found.agree ? Json(*found.agree) : Json(nullptr)},
            {"compared", found.compared},
            {"differences", found.differences},
            {"unpaired", found.unpaired}};
  }
  if (kind == "exchange.sci_ai_ratio") return {{"ratio", exchange::ratio(score_of(in["a"]), score_of(in["b"]))}};
  const std::string text = written(kind, in);
  Json answer = {{"document", Json::parse(text)}, {"leaked", Json::array()}, {"absent", Json::array()}};
  if (in.contains("private")) {
    for (const Json& one : in["private"]) {
      if (text.find(one.get<std::string>()) != std::string::npos) answer["leaked"].push_back(one);
    }
  }
  if (in.contains("absent")) {
    for (const Json& one : in["absent"]) {
      if (!answer["document"].contains(Json::json_pointer(one.get<std::string>()))) answer["absent"].push_back(one);
    }
  }
  return answer;
}

void compare(const Json& expected, const Json& actual, double rel, const std::string& path) {
  if (expected.is_object()) {
    for (const auto& [name, value] : expected.items()) {
      ASSERT_TRUE(actual.contains(name)) << path << '.' << name;
      compare(value, actual[name], rel, path + '.' + name);
    }
  } else if (path.ends_with(".warnings") || path.ends_with(".issues")) {
    EXPECT_EQ(expected.get<std::set<std::string>>(), actual.get<std::set<std::string>>()) << path;
  } else if (expected.is_array()) {
    ASSERT_EQ(expected.size(), actual.size()) << path << actual;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      compare(expected[i], actual[i], rel, path + '[' + std::to_string(i) + ']');
    }
  } else if (expected.is_number() && actual.is_number()) {
    const double e = expected.get<double>();
    EXPECT_LE(std::fabs(actual.get<double>() - e), rel * std::fabs(e)) << path;
  } else {
    EXPECT_EQ(expected, actual) << path;
  }
}

TEST(ExchangeGolden, EveryVectorThatTheLibraryAnswers) {
  const char* folder = std::getenv("CO2LIB_GOLDEN_DIR");
  std::ifstream file(folder != nullptr ? std::string(folder) + "/exchange.json"
                                       : co2lib::tests::source_folder() + "/tests/golden/exchange.json");
  ASSERT_TRUE(file) << "tests/golden/exchange.json is not here";
  const Json document = Json::parse(file);
  std::size_t run = 0;
  for (const Json& vector : document["vectors"]) {
    const std::string kind = vector["kind"].get<std::string>();
    if (kind == "exchange.validate") continue;
    Json answer;
    try {
      answer = answer_of(kind, vector["input"]);
    } catch (const Error& error) {
      answer = {{"error", error.code()}};
      for (const auto& [name, detail] : error.details()) {
        std::visit([&, &key = name](const auto& value) { answer[key] = value; }, detail);
      }
    }
    const Json& tolerance = vector["tolerance"];
    compare(vector["expected"], answer, tolerance.is_object() ? tolerance.value("rel", 0.0) : 0.0,
            vector["id"].get<std::string>());
    ++run;
  }
  EXPECT_GE(run, 30U);
}

}  // namespace
