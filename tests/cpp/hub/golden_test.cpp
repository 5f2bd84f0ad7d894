// SPDX-License-Identifier: MIT
// The vectors of tests/golden/hub.json that the C++ library answers: all but statistics and those of the report.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/hub.hpp>
#include <co2lib/quantiles.hpp>

#include "folders.hpp"

namespace {

using namespace co2lib;
using Json = nlohmann::json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Json number(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }
Json words(const std::optional<std::string>& x) { return x ? Json(*x) : Json(nullptr); }
double value_of(const Json& x) {
  if (x.is_null()) return nan;
  return x.is_string() ? std::numeric_limits<double>::infinity() : x.get<double>();
}

Json card_fields_of(const hub::Card& c) {
  return {{"status", std::string(text(c.status))},
          {"grams", number(c.grams)},
          {"low", number(c.low)},
          {"high", number(c.high)},
          {"unit_source", std::string(text(c.unit_source))},
          {"source", words(c.source)},
          {"training_type", words(c.training_type)},
          {"geographical_location", words(c.geographical_location)},
          {"hardware_used", words(c.hardware_used)},
          {"energy_kwh", number(c.energy_kwh)},
          {"hours_used", number(c.hours_used)},
          {"cloud_provider", words(c.cloud_provider)},
          {"completeness", c.completeness},
          {"warnings", c.warnings.codes()}};
}

hub::CardRecord record_of(const Json& given) {
  hub::CardRecord r;
  const auto take_text = [&](const char* name, auto& field) {
    if (given.contains(name)) field = given[name].get<std::string>();
  };
  const auto take_number = [&](const char* name, auto& field) {
    if (given.contains(name)) field = given[name].get<double>();
  };
  take_number("emissions", r.emissions);
  take_text("source", r.source);
  take_text("training_type", r.training_type);
  take_text("geographical_location", r.geographical_location);
  take_text("hardware_used", r.hardware_used);
  take_number("energy_consumed", r.energy_consumed);
  take_number("hours_used", r.hours_used);
  return r;
}

hub::MetricValues values_of(const Json& given) {
  hub::MetricValues values;
  for (const auto& [name, value] : given.items()) {
    if (name != "id") values[name] = value_of(value);
  }
  return values;
}

Json letter(const hub::Label& label) { return label.letter ? Json(std::string(1, *label.letter)) : Json(nullptr); }

Json label_answer(const Json& in) {
  const hub::Preset rules = hub::preset(in["preset"].get<std::string>());
  hub::LabelOptions options;
  if (in.contains("task")) options.task = *parse<hub::LabelTask>(in["task"].get<std::string>());
  if (in.contains("reference")) options.reference = values_of(in["reference"]);
  const hub::MetricValues values = values_of(in["metrics"]);
  const hub::Label label = hub::label_one(values, rules, options);
  Json answer = {{"label", letter(label)}, {"mean", number(label.mean)}};
  for (const auto& metric : label.metrics) {
    answer["index"][metric.name] = number(metric.index);
    answer["ratings"][metric.name] = metric.rating ? Json(*metric.rating) : Json(nullptr);
  }
  for (const auto mode : all<hub::CompoundMode>()) {
    options.mode = mode;
    answer["labels"][std::string(text(mode))] = letter(hub::label_one(values, rules, options));
  }
  return answer;
}

Json population_answer(const Json& in) {
  const hub::Preset base = hub::preset(in["preset"].get<std::string>());
  std::vector<hub::LabelRow> rows;
  for (const Json& row : in["rows"]) {
    if (!base.own_reference) {
      rows.push_back({row["id"].get<std::string>(), values_of(row)});
      continue;
    }
    hub::LabelRow one{
        row[2].get<std::string>(), {}, *parse<hub::LabelTask>(row[0].get<std::string>()), row[1].get<std::string>()};
    for (std::size_t i = 3; i < row.size(); ++i) {
      one.values[in["columns"][i].get<std::string>()] = value_of(row[i]);
    }
    rows.push_back(one);
  }
  const hub::Preset fitted =
      hub::fit(rows, base, in.contains("reference") ? in["reference"].get<std::string>() : base.reference_model);
  Json answer;
  for (const auto& metric : fitted.metrics) {
    answer["reference"][metric.name] = number(metric.reference);
    answer["boundaries"][metric.name] = metric.boundaries ? Json(*metric.boundaries) : Json(nullptr);
  }
  if (!base.own_reference) {
    for (const auto& row : rows) answer["labels"][row.id] = letter(hub::label_one(row.values, fitted));
    return answer;
  }
  const auto references = hub::references_of(rows, fitted.reference_model);
  for (const auto mode : all<hub::CompoundMode>()) {
    std::string letters;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      letters += *hub::label_one(rows[i].values, fitted,
                                 {.task = rows[i].task, .reference = references[i]->values, .mode = mode})
                      .letter;
    }
    answer["labels"][std::string(text(mode))] = letters;
  }
  return answer;
}

Json preset_answer(const Json& in) {
  const hub::Preset p = hub::preset(in["preset"].get<std::string>());
  Json answer = {{"population", p.population},
                 {"upper_cap", number(p.upper_cap)},
                 {"reference_model", p.reference_model},
                 {"higher_is_better", Json::array()}};
  for (const auto& metric : p.metrics) {
    answer["weights"][metric.name] = metric.weight;
    answer["reference"][metric.name] = number(metric.reference);
    answer["boundaries"][metric.name] = Json(*metric.boundaries);
    if (metric.higher_is_better) answer["higher_is_better"].push_back(metric.name);
  }
  return answer;
}

Json report_class_answer(const Json& in) {
  hub::ReportFacts facts{.emissions_reported = in["emissions_reported"].get<bool>()};
  const auto take = [&](const char* name, auto& field) {
    if (in.contains(name) && !in[name].is_null()) field = in[name].get<std::string>();
  };
  take("hardware_used", facts.hardware_used);
  take("geographical_location", facts.geographical_location);
  take("cloud_provider", facts.cloud_provider);
  if (in.contains("hours_used") && !in["hours_used"].is_null()) facts.hours_used = in["hours_used"].get<double>();
  if (in.contains("tags")) facts.tags = in["tags"].get<std::vector<std::string>>();
  const auto context = *parse<hub::ReportContext>(in.value("context", "hardware"));
  const hub::ReportClass found = hub::report_class(facts, {.context = context});
  return {{"class", static_cast<int>(found)}, {"name", std::string(text(found))}};
}

std::vector<double> numbers(const Json& list) {
  std::vector<double> x;
  for (const Json& one : list) x.push_back(value_of(one));
  return x;
}

Json score_answer(const Json& in) {
  std::vector<std::vector<double>> metrics;
  for (const auto& [name, values] : in["metrics"].items()) metrics.push_back(numbers(values));
  Json score = Json::array();
  for (const double x : hub::performance_score(metrics)) score.push_back(std::isnan(x) ? Json(nullptr) : Json(x));
  return {{"score", score}};
}

const std::map<std::string, std::function<Json(const Json&)>> kinds = {
    {"hub.read_card", [](const Json& in) { return card_fields_of(hub::read_card(in["card"].get<std::string>())); }},
    {"hub.read_metadata", [](const Json& in) { return card_fields_of(hub::read_metadata(in["card_data"].dump())); }},
    {"hub.write_block",
     [](const Json& in) {
       const auto block = hub::write_block(record_of(in["record"]));
       Json codes = Json::array();
       for (const auto& issue : block.issues) codes.push_back(issue.code);
       return Json{{"yaml", block.yaml}, {"warnings", codes}};
     }},
    {"hub.update_card",
     [](const Json& in) {
       return Json{{"card", hub::update_card(in["card"].get<std::string>(), record_of(in["record"]))}};
     }},
    {"hub.report_class", report_class_answer},
    {"hub.percentile",
     [](const Json& in) {
       return Json{{"value", *numeric::percentile(numbers(in["values"]), in["percent"].get<double>() / 100)}};
     }},
    {"hub.rating",
     [](const Json& in) {
       const auto b = numbers(in["boundaries"]);
       const auto cap = in.contains("upper_cap") ? std::optional(in["upper_cap"].get<double>()) : std::nullopt;
       return Json{{"rating", hub::rating(value_of(in["index"]), {b[0], b[1], b[2], b[3]}, cap)}};
     }},
    {"hub.compound",
     [](const Json& in) {
       const auto mode = *parse<hub::CompoundMode>(in["mode"].get<std::string>());
       return Json{
           {"rating", hub::compound(in["ratings"].get<std::vector<int>>(), numbers(in["weights"]), mode).rating}};
     }},
    {"hub.preset", preset_answer},
    {"hub.label", label_answer},
    {"hub.label_population", population_answer},
    {"hub.stars",
     [](const Json& in) {
       const auto rule = *parse<hub::StarRule>(in.value("mode", "quantile"));
       return Json{{"stars", hub::stars(numbers(in["energy_wh"]), rule)}};
     }},
    {"hub.performance_score", score_answer},
};

const std::set<std::string> in_python_alone = {"hub.holm",        "hub.pearson",      "hub.spearman",
                                               "hub.log_pearson", "hub.mann_whitney", "hub.trend"};

void compare(const Json& expected, const Json& actual, double rel, const std::string& path) {
  if (expected.is_object()) {
    for (const auto& [name, value] : expected.items()) {
      if (name == "counts") continue;  // of the labels beside it
      ASSERT_TRUE(actual.contains(name)) << path << '.' << name;
      compare(value, actual[name], rel, path + '.' + name);
    }
  } else if (path.ends_with(".warnings")) {
    EXPECT_EQ(expected.get<std::set<std::string>>(), actual.get<std::set<std::string>>()) << path;
  } else if (expected.is_array()) {
    ASSERT_EQ(expected.size(), actual.size()) << path;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      compare(expected[i], actual[i], rel, path + '[' + std::to_string(i) + ']');
    }
  } else if (expected == "inf" || (expected.is_number() && actual.is_number())) {
    const double e = value_of(expected);
    if (e != actual.get<double>()) {
      EXPECT_LE(std::fabs(actual.get<double>() - e), rel * std::fabs(e)) << path;
    }
  } else {
    EXPECT_EQ(expected, actual) << path;
  }
}

TEST(HubGolden, EveryVectorThatTheLibraryAnswers) {
  const char* folder = std::getenv("CO2LIB_GOLDEN_DIR");
  std::ifstream file(folder != nullptr ? std::string(folder) + "/hub.json"
                                       : co2lib::tests::source_folder() + "/tests/golden/hub.json");
  ASSERT_TRUE(file) << "tests/golden/hub.json is not here";
  const Json document = Json::parse(file);
  std::size_t run = 0;
  for (const Json& vector : document["vectors"]) {
    const std::string kind = vector["kind"].get<std::string>();
    if (kind.starts_with("hub.report.") || in_python_alone.contains(kind)) continue;
    ASSERT_TRUE(kinds.contains(kind)) << kind;
    Json answer;
    try {
      answer = kinds.at(kind)(vector["input"]);
    } catch (const Error& error) {
      answer = {{"error", error.code()}};
    }
    const Json& tolerance = vector["tolerance"];
    compare(vector["expected"], answer, tolerance.is_object() ? tolerance.value("rel", 0.0) : 0.0,
            vector["id"].get<std::string>());
    ++run;
  }
  EXPECT_GE(run, 100U);
}

}  // namespace
