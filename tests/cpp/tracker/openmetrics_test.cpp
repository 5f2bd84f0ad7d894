// SPDX-License-Identifier: MIT
#include <co2lib/tracker/openmetrics.hpp>

#include <gmock/gmock.h>

#include "bench.hpp"

namespace co2lib::tracker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OpenMetricsOfARun : public Bench {};

TEST_F(OpenMetricsOfARun, HasJoulesAndGramsByDeviceAndRegion) {
  Tracker tracker(options());
  {
    const Region epoch = tracker.region("epoch");
    go(std::chrono::seconds(36));  // 100 W at 100 g/kWh: 1 Wh, 0.1 g
  }
  const std::string text = OpenMetrics().text(tracker.snapshot());
  EXPECT_THAT(text, HasSubstr("# TYPE co2lib_energy_joules counter\n# UNIT co2lib_energy_joules joules\n"));
  EXPECT_THAT(text,
              HasSubstr("co2lib_energy_joules_total{device=\"package-0\",domain=\"package\",provider=\"powercap\","
                        "method=\"counter\"} 3600.0\n"));
  EXPECT_THAT(text, HasSubstr("co2lib_region_energy_joules_total{region=\"epoch\"} 3600.0\n"));
  EXPECT_THAT(text, HasSubstr("co2lib_regions_total{region=\"epoch\"} 1.0\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE co2lib info\n"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
  EXPECT_THAT(text, Not(HasSubstr("water")));  // unknown stays absent
}

TEST_F(OpenMetricsOfARun, DevicesAddUpToItsCarbon) {
  Options o = options();
  const auto second = FakeMeter::counter(*clock, package("package-1", "package-1"), 50, 5'000'000);
  o.meters = std::vector<MeterChoice>{cpu, second};
  Tracker tracker(o);
  go(std::chrono::seconds(36));
  const Footprint f = tracker.stop();
  OpenMetrics metrics;
  double grams = 0;
  std::size_t devices = 0;
  for (const MetricFamily& family : metrics.families(f)) {
    if (family.name != "co2lib_device_emissions_grams") continue;
    for (const MetricSample& sample : family.samples) grams += sample.value, ++devices;
  }
  EXPECT_GE(devices, 2U);
  EXPECT_NEAR(grams, f.operational.value->grams(), 1e-12 * grams);
}

TEST(OpenMetricsText, EscapesWhatLabelsAndHelpMayHold) {
  const std::vector<MetricFamily> families{{.name = "a",
                                            .type = MetricType::gauge,
                                            .unit = {},
                                            .help = "of \"two\"\nlines \\",
                                            .labels = {"b"},
                                            .samples = {{{"x\"y\\z\n\xC3\xBC\xFF"}, 1.5}}}};
  EXPECT_EQ(to_openmetrics(families),
            "# TYPE a gauge\n# HELP a of \\\"two\\\"\\nlines \\\\\n"
            "a{b=\"x\\\"y\\\\z\\n\xC3\xBC\xEF\xBF\xBD\"} 1.5\n# EOF\n");
}

TEST(OpenMetricsText, RefusesAFamilyThatIsThereTwice) {
  const MetricFamily family{.name = "a", .samples = {{{}, 1}}};
  try {
    (void)to_openmetrics(std::vector{family, family});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "tracker.bad_metric");
  }
  EXPECT_EQ(to_openmetrics({}), "# EOF\n");
}

}  // namespace
}  // namespace co2lib::tracker
