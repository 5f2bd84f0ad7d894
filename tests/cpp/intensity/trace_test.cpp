// SPDX-License-Identifier: MIT
#include <co2lib/intensity/trace.hpp>

#include <string>

#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;

namespace {

const UtcTime start = parse_time("2024-03-01T00:00:00Z");

Record record(std::chrono::minutes from, std::chrono::minutes to, std::optional<double> value) {
  Record r;
  r.start = start + from;
  r.end = start + to;
  if (value) r.value = CarbonIntensity::from_g_per_kwh(*value);
  return r;
}

template <class F>
std::string code_of(F&& run) {
  try {
    static_cast<void>(run());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

TEST(Trace, KeepsEveryAttributeOfEveryRecord) {
  Record a = record(0min, 60min, 100);
  a.provider = "eia";
  a.zone = "CISO";
  a.source = {"eia:CISO", "EIA-930", 2024, "public domain"};
  Record b = a;
  b.start += 1h;
  b.end += 1h;
  b.value.reset();
  Record c = a;
  c.start += 2h;
  c.end += 2h;
  c.status = Status::estimated;
  c.updated_at = start + 5h;
  c.raw_value = 220.5;
  c.raw_unit = "lb/MWh";
  c.flags = {"partial_mix"};
  const Trace trace({c, a, b});
  EXPECT_EQ(trace.records(), (std::vector{a, b, c}));
  EXPECT_EQ(trace.between(start + 90min, start + 3h).records(), (std::vector{b, c}));
  EXPECT_EQ(trace.between(start + 1h, start + 1h).records(), (std::vector{b}));
  EXPECT_EQ(trace.between(start + 3h, start + 4h).size(), 0U);
}

TEST(Trace, OfOneUnitDropsTheRawValues) {
  std::vector<Record> records;
  for (int i = 0; i < 3; ++i) {
    records.push_back(record(i * 60min, (i + 1) * 60min, i));
    records.back().raw_value = i;
    records.back().raw_unit = "lb/MWh";
  }
  const Trace trace(records);
  for (const Record& r : trace.records()) {
    EXPECT_FALSE(r.raw_value);
    EXPECT_EQ(r.raw_unit, "lb/MWh");
  }
  records[1].error = RelativeError{-0.1, 0.1};
  EXPECT_EQ(Trace(records).record(1).error, records[1].error);
  EXPECT_FALSE(Trace(records).record(2).error);
  records[1].raw_unit = "g/kWh";
  EXPECT_EQ(Trace(records).records(), records);
}

TEST(Trace, MeanIsOfTheKnownTime) {
  const Trace trace({record(0min, 60min, 100), record(60min, 90min, std::nullopt), record(90min, 120min, 400)});
  EXPECT_EQ(trace.mean(start, start + 1h)->g_per_kwh(), 100);
  EXPECT_EQ(trace.mean(start + 30min, start + 2h)->g_per_kwh(), 250);
  EXPECT_EQ(trace.mean(start - 24h, start + 24h)->g_per_kwh(), 200);
  EXPECT_FALSE(trace.mean(start + 60min, start + 90min));
  EXPECT_FALSE(trace.mean(start + 2h, start + 3h));
  EXPECT_FALSE(trace.mean(start, start));
  EXPECT_EQ(trace.timed(2).start, start + 90min);
  EXPECT_THROW(static_cast<void>(trace.timed(3)), Error);
}

TEST(Trace, FindsTheValueInForce) {
  const Trace even({record(0min, 60min, 1), record(60min, 120min, 2), record(120min, 180min, 3)});
  const Trace odd({record(0min, 5min, 1), record(5min, 100min, 2), record(120min, 180min, 3)});
  for (const Trace& trace : {even, odd}) {
    for (std::size_t i = 0; i < trace.size(); ++i) {
      const Record r = trace.record(i);
      EXPECT_EQ(trace.at(r.start), r.value);
      EXPECT_EQ(trace.at(r.end - 1ns), r.value);
    }
    EXPECT_EQ(code_of([&] { return trace.at(start - 1ns); }), "intensity.out_of_range");
    EXPECT_EQ(code_of([&] { return trace.at(start + 180min); }), "intensity.out_of_range");
  }
  EXPECT_EQ(odd.at(start + 110min), std::nullopt);
  EXPECT_EQ(code_of([] { return Trace().at(start); }), "intensity.no_data");
}

TEST(Trace, TheLaterUpdateWins) {
  Record first = record(0min, 60min, 100);
  first.updated_at = start + 2h;
  Record second = record(0min, 60min, 90);
  second.updated_at = start + 3h;
  second.flags = {"restated"};
  const Record next = record(60min, 120min, 5);
  for (const auto& order : {std::vector{first, second, next}, std::vector{second, next, first}}) {
    const Trace trace(order);
    ASSERT_EQ(trace.size(), 2U);
    EXPECT_EQ(trace.record(0), second);
    EXPECT_EQ(trace.record(1), next);
  }
  second.updated_at = first.updated_at;
  EXPECT_EQ(code_of([&] { return Trace({first, second}); }), "intensity.overlap");
  EXPECT_EQ(code_of([&] {
              return Trace({record(0min, 60min, 1), record(0min, 60min, std::nullopt)});
            }),
            "intensity.overlap");
  EXPECT_EQ(Trace({record(0min, 60min, std::nullopt), record(0min, 60min, std::nullopt)}).size(), 1U);
}

TEST(Trace, RefusesAnotherZoneUnlessChained) {
  Record a = record(0min, 60min, 100);
  Record b = record(60min, 120min, 200);
  a.zone = "DK1";
  b.zone = "DK2";
  EXPECT_EQ(code_of([&] { return Trace({a, b}); }), "intensity.mixed_signals");
  EXPECT_EQ(Trace::chained({a, b}).record(1).zone, "DK2");
  b.scope = Scope::direct;
  EXPECT_EQ(code_of([&] { return Trace::chained({a, b}); }), "intensity.mixed_signals");
  a.method = Method::market;
  EXPECT_EQ(code_of([&] { return Trace({a}); }), "intensity.mixed_signals");
}

TEST(Trace, RefusesTimesThatOverflow) {
  Record a = record(0min, 60min, 1);
  Record b = a;
  a.start = parse_time("1700-01-01T00:00Z");
  a.end = a.start + 1h;
  EXPECT_EQ(code_of([&] { return Trace({a, b}); }), "intensity.bad_time");
  EXPECT_EQ(code_of([&] { return Trace::regular(start, 0s, {}); }), "intensity.bad_time");
}

TEST(Trace, RowsThatAreCenturiesApartAreRefused) {
  const std::string head = "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO2eq/kWh (LCA)\n";
  for (const char* first : {"1678", "1865"}) {
    const std::string rows = std::string(first) + "-01-05 00:00:00,A,A,A,50\n2072-01-01 00:00:00,A,A,A,51\n";
    EXPECT_EQ(code_of([&] { return parse_csv(head + rows, {}, "rows"); }), "intensity.bad_time") << first;
  }
}

TEST(Trace, StatisticsLeaveOutWhatIsUndefined) {
  const Statistics none = Trace({record(0min, 60min, std::nullopt)}).stats();
  EXPECT_EQ(none.count, 0U);
  EXPECT_FALSE(none.mean || none.cv || none.mean_daily_range);
  const Statistics two = Trace({record(0min, 60min, 1), record(60min, 120min, 3)}).stats();
  EXPECT_EQ(two.sum, 4);
  EXPECT_EQ(two.sd->g_per_kwh(), 1);
  EXPECT_EQ(*two.cv, 0.5);
  EXPECT_FALSE(two.mean_daily_range);  // not a whole day
  EXPECT_FALSE(Trace({record(0min, 60min, 0)}).stats().cv);
  std::vector<Record> days;
  for (int h = 0; h < 30; ++h) days.push_back(record(h * 60min, (h + 1) * 60min, h));
  EXPECT_EQ(Trace(days).stats().mean_daily_range->g_per_kwh(), 23);
}

TEST(Unit, ReadsTheGasWord) {
  EXPECT_EQ(gas_of("gCO2eq/kWh"), "CO2eq");
  EXPECT_EQ(gas_of("kgCO2/MWh"), "CO2");
  EXPECT_EQ(gas_of("lbs_co2_per_mwh"), "CO2");
  EXPECT_EQ(gas_of("g/kWh"), "");
  EXPECT_EQ(from_unit(1, "gCO2e/MJ").g_per_kwh(), 3.6);
  EXPECT_EQ(intensity::convert(1, "W\u00b7s", "J"), 1);
}

TEST(Csv, ReadsEveryRowOfTheHeader) {
  const Trace trace = parse_csv(
      "start,end,value,unit,signal,scope\r\n"
      "2024-01-01T01:00:00+01:00,2024-01-01T01:30:00+01:00,\"1\",kg/kWh,marginal,direct\r\n"
      "2024-01-01T00:30Z,2024-01-01T01:00Z,-5,g/kWh,marginal,direct\r\n");
  EXPECT_EQ(trace.start(), parse_time("2024-01-01T00:00Z"));
  EXPECT_EQ(trace.record(0).value, CarbonIntensity::from_g_per_kwh(1000));
  EXPECT_EQ(trace.record(1).flags, std::vector<std::string>{"negative"});
  EXPECT_EQ(code_of([] { return read_csv("/no/such/file.csv"); }), "core.io");
}

TEST(ReadCsv, TakesTheStampsOfCarbonCastsEuropeanFiles) {
  const Trace trace =
      parse_csv(",UTC time,carbon_intensity\n0,2020-01-01 00:00:00+00:00,354.59\n1,2020-01-01 01:00:00+00:00,349.36\n");
  EXPECT_EQ(trace.start(), parse_time("2020-01-01T00:00:00Z"));
  EXPECT_EQ(trace.size(), 2U);
  EXPECT_EQ(code_of([] { return parse_csv(",UTC time,carbon_intensity\n0,2020-01-01 00:00:00 UTC..,1\n"); }),
            "intensity.bad_time");
}
