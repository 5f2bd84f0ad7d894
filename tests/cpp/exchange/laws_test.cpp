// SPDX-License-Identifier: MIT
// What is written is read back, whatever the footprint; nothing private leaves; what is unknown has no key.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/exchange.hpp>

namespace {

using namespace co2lib;
using namespace co2lib::exchange;
using Json = nlohmann::json;

class Random {
 public:
  double size() { return std::pow(10.0, std::uniform_real_distribution<double>(-9, 14)(bits_)); }
  bool known() { return bits_() % 4 != 0; }
  unsigned below(unsigned n) { return static_cast<unsigned>(bits_() % n); }

 private:
  std::mt19937_64 bits_{20260301};
};

Json estimate(Random& random, const char* unit, bool known) {
  Json object;
  const std::string u = unit;
  const double x = random.size();
  object["value_" + u] = known ? Json(x) : Json(nullptr);
  object["bounds_" + u] = known && random.known() ? Json::array({x * 0.99, x * 1.01}) : Json(nullptr);
  object["interval_" + u] = known && random.known() ? Json::array({x * 0.5, x * 1.7}) : Json(nullptr);
  return object;
}

Json footprint(Random& random) {
  Json f = {
      {"schema", "co2lib-footprint/1"},
      {"run_id", "run-" + std::to_string(random.below(1000000))},
      {"complete", random.known()},
      {"start", "2026-03-01T08:00:00.250Z"},
      {"duration_s", random.size()},
      {"energy", estimate(random, "j", true)},
      {"operational", estimate(random, "g", random.known())},
      {"embodied", estimate(random, "g", random.known())},
      {"water", estimate(random, "l", random.known())},
      {"location", random.known() ? Json("FRA") : Json(nullptr)},
      {"intensity", {{"source", "/home/secret/prices.csv"}, {"mean_g_per_kwh", random.size()}}},
      {"methods", Json::array({{{"method", "counter"}, {"share", 0.75}}, {{"method", "model"}, {"share", 0.25}}})},
      {"coverage", 0.5},
      {"devices", Json::array({{{"id", "GPU-secret"},
                                {"device", "gpu"},
                                {"name", "NVIDIA H200"},
                                {"provider", "nvml"},
                                {"counted", true}}})},
      {"issues", Json::array({{{"code", "gap"}, {"subject", "secret"}, {"text", "secret"}}})},
      {"sources", Json::array({{{"id", "FRA"}, {"text", "Ember"}, {"year", 2025}, {"licence", "CC-BY-4.0"}},
                               {{"id", "secret"}, {"text", "/sys/secret"}, {"year", 0}, {"licence", ""}}})},
      {"context", {{"host", "secret"}, {"os", "Linux-6.8.0-secret"}, {"cpu_model", "EPYC"}}}};
  f["facility"] = {{"pue", 1.0 + random.below(100) / 100.0}};
  return f;
}

template <class Q>
void expect_same(const Estimate<Q>& a, const Estimate<Q>& b) {
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.bounds, b.bounds);
  EXPECT_EQ(a.interval, b.interval);
}

void expect_same(const Disclosure& d, const Disclosure& read) {
  EXPECT_EQ(d.activity, read.activity);
  EXPECT_EQ(d.run_id, read.run_id);
  EXPECT_EQ(d.evidence, read.evidence);
  expect_same(d.energy, read.energy);
  EXPECT_EQ(d.facility, read.facility);
  expect_same(d.operational, read.operational);
  expect_same(d.embodied, read.embodied);
  expect_same(d.water, read.water);
  EXPECT_EQ(d.duration_s, read.duration_s);
  EXPECT_EQ(d.counts, read.counts);
  EXPECT_EQ(d.issues, read.issues);
  EXPECT_EQ(d.sources, read.sources);
}

bool contradicts(const Disclosure& d) {
  return std::find(d.warnings.begin(), d.warnings.end(), "contradiction") != d.warnings.end();
}

const char* const context =
    R"({"task": {"taskFamily": "x", "algorithms": [{}], "dataset": [{}]}, "infrastructure": {"infraType": "onPremise"}})";

TEST(ExchangeLaws, WhatIsWrittenIsReadBackToTheSameDoubles) {
  Random random;
  for (int i = 0; i < 200; ++i) {
    const Activity activity = all<Activity>()[random.below(4)];
    const auto d = disclosure_of(footprint(random).dump(), activity, {{"request", random.size()}});
    const std::string bom = cyclonedx({d}, {.model = "m"});
    const std::string package = spdx({d}, {.model = "m",
                                           .version = "1",
                                           .supplier = "s",
                                           .download_location = "https://example.org/m",
                                           .released = "2026-03-02T00:00:00Z"});
    const std::string report = boamps({d}, context);
    for (const std::string& text : {bom, package, report}) {
      EXPECT_EQ(text.find("secret"), std::string::npos);
      const auto read = exchange::read(text);
      ASSERT_EQ(read.size(), 1U);
      EXPECT_FALSE(contradicts(read[0])) << text;
      expect_same(d, read[0]);
    }
    EXPECT_EQ(bom.find("co2CostEquivalent") == std::string::npos, !d.operational.value);
    const auto same = compare(exchange::read(bom), exchange::read(package));
    EXPECT_EQ(same.agree, true);
  }
}

TEST(ExchangeLaws, WithoutEvidenceWithinRounding) {
  Random random;
  for (int i = 0; i < 100; ++i) {
    const auto d = disclosure_of(footprint(random).dump(), Activity::training);
    Json bom = Json::parse(cyclonedx({d}, {.model = "m"}));
    Json& entry =
        bom["components"][0]["modelCard"]["considerations"]["environmentalConsiderations"]["energyConsumptions"][0];
    entry.erase("properties");
    const auto read = exchange::read(bom.dump());
    EXPECT_NEAR(read[0].facility->joules() / d.facility->joules(), 1, 1e-12);
    if (d.operational.value) {
      EXPECT_NEAR(*read[0].operational.grams() / *d.operational.grams(), 1, 1e-12);
    }
    EXPECT_FALSE(read[0].evidence);
  }
}

TEST(ExchangeLaws, IntoTwiceIsIntoOnce) {
  Random random;
  const auto d = disclosure_of(footprint(random).dump(), Activity::training);
  const std::string once = cyclonedx({d}, {.model = "m", .created = "2026-03-02T00:00:00Z"});
  EXPECT_EQ(cyclonedx({d}, {.into = once}), once);
}

TEST(ExchangeScore, TheUnitFixesTheBoundary) {
  Json f = {{"operational", {{"value_g", 10.0}}}, {"embodied", {{"value_g", 5.0}}}};
  const auto training = disclosure_of(f.dump(), Activity::training);
  const auto inference = disclosure_of(f.dump(), Activity::inference);
  EXPECT_EQ(*SciScore<Tokens>({inference}, 1e6).g_per_unit(), 15e-6);
  EXPECT_THROW((SciScore<Tokens>({training}, 1e6)), Error);
  EXPECT_THROW((SciScore<Flops>({training}, 1e6)), Error);  // no basis
  EXPECT_TRUE((SciScore<Tokens>({inference}, 2e6)) < (SciScore<Tokens>({inference}, 1e6)));
  EXPECT_EQ(sci_ai({inference}, "token", 1e6).to_text(), "15 g CO2e per 10^6 tokens (consumer)");
}

}  // namespace
