// SPDX-License-Identifier: MIT
// Laws that hold for every bill of materials.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/embodied.hpp>

#include "embodied/model.hpp"

namespace {

using namespace co2lib;
using namespace co2lib::embodied;

Bom bom_of(const std::string& parts, const std::string& more = "") {
  return parse_bom("{\"schema\": \"carbon-bom/1\", " + more + "\"parts\": [" + parts + "]}");
}

/// One part of every class, with ranges; `%` stands for what makes ids unique.
const std::vector<std::string>& every_class() {
  static const std::vector<std::string> parts{
      R"({"id": "%a", "class": "ic.logic", "area": {"value": 60, "low": 50, "high": 90}, "node": "14nm"})",
      R"({"id": "%b", "class": "ic.logic", "area": "80 mm2", "node": "12nm", "interpolate": true,
          "yield": {"model": "murphy"}})",
      R"({"id": "%c", "class": "ic.logic", "area": "9 mm2", "cpa": "logic.cpa.generic.28nm"})",
      R"({"id": "%d", "class": "ic.dram", "capacity": "4 GiB", "process": "dram.generic", "packages": 2})",
      R"({"id": "%e", "class": "ic.nand", "capacity": "64 GB", "process": "nand.generic"})",
      R"({"id": "%f", "class": "storage.ssd", "capacity": "1 TB", "factor": 6})",
      R"({"id": "%g", "class": "storage.hdd", "capacity": "4 TB", "process": "hdd.generic"})",
      R"({"id": "%h", "class": "pcb", "area": "40 cm2", "layers": 6})",
      R"({"id": "%i", "class": "pcb", "area": "40 cm2", "layers": 2})",
      R"({"id": "%j", "class": "pcb", "area": "40 cm2", "layers": 12})",
      R"({"id": "%k", "class": "pcb", "model": "volume", "area": "40 cm2", "layers": 4, "thickness": "1.6 mm"})",
      R"({"id": "%l", "class": "passive.smd", "package": "0402", "qty": 60})",
      R"({"id": "%m", "class": "passive.semiconductor"})",
      R"({"id": "%n", "class": "passive.crystal"})",
      R"({"id": "%o", "class": "connector"})",
      R"({"id": "%p", "class": "battery.liion.nmc", "energy": "10 Wh", "replacements": 1})",
      R"({"id": "%q", "class": "battery.liion.lfp", "mass": "50 g"})",
      R"({"id": "%r", "class": "material.steel", "mass": "50 g"})",
      R"({"id": "%s", "class": "material.aluminium", "mass": "50 g"})",
      R"({"id": "%t", "class": "material.abs", "mass": {"value": "50 g", "low": "40 g", "high": "70 g"}})",
      R"({"id": "%u", "class": "material.generic_plastic", "mass": "50 g"})",
      R"({"id": "%v", "class": "display.lcd", "area": "25 cm2"})",
      R"({"id": "%w", "class": "sensor.imager", "area": "30 mm2"})",
      R"({"id": "%x", "class": "sensor.mems", "area": "3 mm2"})",
      R"({"id": "%y", "class": "sensor.mic"})",
      R"({"id": "%z", "class": "transport.air", "mass": "300 g", "distance": "7000 km"})",
      R"({"id": "%A", "class": "hsl", "block": "sensing", "level": 3})",
      R"({"id": "%B", "class": "row", "factor": "gpu.pcf.hgx_h100_per_gpu"})",
      R"({"id": "%C", "class": "generic", "base": 1, "per": {"value": 2, "low": 1, "high": 5}, "amount": 3,
          "source": "s"})",
      R"({"id": "%D", "class": "manual", "carbon": {"value": 2, "dist": "lognormal", "gsd": 1.5}, "source": "s"})",
      R"({"id": "%E", "class": "ic.logic", "area": 1, "epa": 2, "gpa": 275, "mpa": 500, "fab_ci": "wind",
          "yield": {"value": 0.9, "low": 0.8, "high": 0.95, "dist": "uniform"}})",
  };
  return parts;
}

std::string named(std::string part, const std::string& prefix, const std::string& more = "") {
  part.replace(part.find('%'), 1, prefix);
  if (!more.empty()) part.insert(part.size() - 1, ", " + more);
  return part;
}

double value(const Bom& bom) { return *bom.footprint({.draws = 0}).kilograms(); }

TEST(EmbodiedLaws, NUnitsAreNTimesOneInEveryClass) {
  for (const std::string& part : every_class()) {
    const std::string one = named(part, "p");
    if (one.find("\"qty\"") != std::string::npos) continue;
    const BomFootprint single = bom_of(one).footprint({.seed = 5, .draws = 200});
    const BomFootprint many = bom_of(named(part, "p", "\"qty\": 7")).footprint({.seed = 5, .draws = 200});
    const auto seven = [](CarbonMass m) { return 7 * m.kilograms(); };
    EXPECT_NEAR(*many.kilograms(), seven(*single.value), 1e-12 * seven(*single.value)) << one;
    EXPECT_NEAR(many.bounds->low.kilograms(), seven(single.bounds->low), 1e-12 * seven(*single.value)) << one;
    EXPECT_NEAR(many.bounds->high.kilograms(), seven(single.bounds->high), 1e-12 * seven(*single.value)) << one;
    for (std::size_t d = 0; d < single.draws_kg.size(); ++d) {
      EXPECT_NEAR(many.draws_kg[d], 7 * single.draws_kg[d], 1e-12 * many.draws_kg[d]) << one;
    }
  }
}

TEST(EmbodiedLaws, TheIntervalHoldsEveryDrawOfEveryClass) {
  for (const std::string& part : every_class()) {
    const BomFootprint fp = bom_of(named(part, "p")).footprint({.seed = 2, .draws = 2000});
    const double low = fp.bounds->low.kilograms();
    const double high = fp.bounds->high.kilograms();
    const bool unbounded = part.find("lognormal") != std::string::npos;
    EXPECT_GE(low, 0) << part;
    EXPECT_LE(low, *fp.kilograms() * (1 + 1e-12)) << part;
    EXPECT_GE(high, *fp.kilograms() * (1 - 1e-12)) << part;
    for (const double x : fp.draws_kg) {
      EXPECT_GE(x, 0);
      if (unbounded) continue;
      EXPECT_GE(x, low * (1 - 1e-12)) << part;
      EXPECT_LE(x, high * (1 + 1e-12)) << part;
    }
  }
}

TEST(EmbodiedLaws, TheTotalIsTheSumOfTheParts) {
  std::string all;
  double apart = 0;
  double complete = 0;
  for (const std::string& part : every_class()) {
    const std::string one = named(part, "p");
    all += (all.empty() ? "" : ", ") + one;
    const BomFootprint fp = bom_of(one).footprint({.draws = 0});
    (fp.parts[0].scope == Scope::part ? apart : complete) += *fp.kilograms();
  }
  EXPECT_NEAR(value(bom_of(all)), apart + complete, 1e-12 * apart);
  const BomFootprint truncated = bom_of(all, R"("truncation": 1.4, )").footprint({.draws = 0});
  EXPECT_NEAR(*truncated.kilograms(), 1.4 * apart + complete, 1e-12 * apart);
  double shares = 0;
  for (const PartFootprint& part : truncated.parts) shares += part.share;
  EXPECT_NEAR(shares, 1, 1e-12);
}

TEST(EmbodiedLaws, TheOrderOfPartsChangesTheLastBitOnly) {
  std::string forward;
  std::string backward;
  for (const std::string& part : every_class()) {
    const std::string one = named(part, "p");
    forward += (forward.empty() ? "" : ", ") + one;
    backward = one + (backward.empty() ? "" : ", ") + backward;
  }
  const BomFootprint a = bom_of(forward).footprint({.seed = 9, .draws = 500});
  const BomFootprint b = bom_of(backward).footprint({.seed = 9, .draws = 500});
  for (std::size_t d = 0; d < a.draws_kg.size(); ++d) EXPECT_NEAR(a.draws_kg[d], b.draws_kg[d], 1e-12 * a.draws_kg[d]);
}

TEST(EmbodiedLaws, MoreOfAnythingIsMoreCarbon) {
  const auto die = [](const std::string& more) {
    return value(bom_of(R"({"id": "a", "class": "ic.logic", "node": "7nm", )" + more + "}"));
  };
  EXPECT_LT(die(R"("area": 1)"), die(R"("area": 1.01)"));
  EXPECT_LT(die(R"("area": 1, "yield": 0.9)"), die(R"("area": 1, "yield": 0.8)"));
  EXPECT_LT(die(R"("area": 1, "abatement": 99)"), die(R"("area": 1, "abatement": 96)"));
  EXPECT_LT(die(R"("area": 1, "fab_ci": 100)"), die(R"("area": 1, "fab_ci": 200)"));
  EXPECT_LT(die(R"("area": 1, "packages": 1)"), die(R"("area": 1, "packages": 2)"));
  // Convex in the area with a yield model.
  const auto at = [&](const char* area) {
    return die("\"packages\": 0, \"yield\": {\"model\": \"poisson\"}, \"area\": " + std::string(area));
  };
  EXPECT_GT(at("3") - at("2"), at("2") - at("1"));
  EXPECT_NEAR(die(R"("area": 2, "packages": 0)"), 2 * die(R"("area": 1, "packages": 0)"), 1e-12);
}

TEST(EmbodiedLaws, SharedCausesAddUpAndIndependentOnesDoNot) {
  const auto ten = [](bool shared) {
    std::string parts;
    for (int i = 0; i < 10; ++i) {
      parts += (i == 0 ? "" : ", ") + std::string(R"({"id": "p)") + std::to_string(i) +
               R"(", "class": "generic", "source": "s", "base": {"value": 1, "low": 0.5, "high": 2)" +
               (shared ? R"(, "share": "common"}})" : "}}");
    }
    return bom_of(parts).footprint({.seed = 3, .draws = 4000}).std->kilograms();
  };
  const double one = bom_of(R"({"id": "p", "class": "generic", "source": "s",
                                "base": {"value": 1, "low": 0.5, "high": 2}})")
                         .footprint({.seed = 3, .draws = 4000})
                         .std->kilograms();
  EXPECT_NEAR(ten(true), 10 * one, 0.3 * one);
  EXPECT_NEAR(ten(false), std::sqrt(10) * one, 0.03 * std::sqrt(10) * one + 0.05 * one);
}

TEST(EmbodiedLaws, DrawsAreThoseOfTheRoomRandom) {
  const Factor triangular{.id = "t", .value = 2, .unit = "1", .low = 1, .high = 7, .dist = Distribution::triangular};
  const Factor uniform{.id = "u", .value = 2, .unit = "1", .low = 1, .high = 7, .dist = Distribution::uniform};
  const Factor lognormal{.id = "l", .value = 2, .unit = "1", .dist = Distribution::lognormal, .gsd = 1.3};
  for (const Factor& f : {triangular, uniform, lognormal}) {
    std::vector<double> block(1000);
    const std::uint64_t first = 0xFFFFFF00ULL;  // over the edge of 32 bits
    draw_block({f, random::fnv1a(f.id)}, 42, first, block);
    for (std::size_t i = 0; i < block.size(); ++i) {
      ASSERT_EQ(block[i], f.at(random::draw(42, first + i, f.id))) << f.id << " " << i;
    }
  }
}

TEST(EmbodiedLaws, EveryProcessorDrawsTheSameBits) {
  const Factor f{.id = "t", .value = 2, .unit = "1", .low = 1, .high = 7, .dist = Distribution::triangular};
  const Variable variable{f, random::fnv1a(f.id)};
  const std::uint64_t seed = 0x1234567890ABCDEFULL;
  for (const Instructions with : {Instructions::plain, Instructions::avx2, Instructions::avx512}) {
    if (with > instructions()) continue;
    for (const std::size_t count : {1U, 7U, 12U, 31U, 64U, 77U, 256U}) {
      for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{0xFFFFFFF0U}, std::uint64_t{1} << 40U}) {
        std::vector<double> u(count);
        std::vector<double> x(count);
        uniform_block(variable.hash, seed, first, u, with);
        draw_block(variable, seed, first, x, with);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(u[i], random::draw(seed, first + i, variable.hash)) << static_cast<int>(with) << " " << i;
          ASSERT_EQ(x[i], f.at(u[i])) << static_cast<int>(with) << " " << i;
        }
      }
    }
  }
}

TEST(EmbodiedLaws, TheSizeOfABlockChangesNoDraw) {
  std::string many;
  for (int copy = 0; copy < 40; ++copy) {
    for (const std::string& part : every_class()) {
      many += (many.empty() ? "" : ", ") + named(part, "p" + std::to_string(copy));
    }
  }
  const BomFootprint large = bom_of(many).footprint({.seed = 1, .draws = 300, .ranks = false});
  const BomFootprint more = bom_of(many).footprint({.seed = 1, .draws = 301, .ranks = false});
  EXPECT_TRUE(std::equal(large.draws_kg.begin(), large.draws_kg.end(), more.draws_kg.begin()));
}

TEST(EmbodiedLaws, AnotherSeedMovesTheMedianLittle) {
  const Bom bom = from_levels({{"casing", 2}, {"processing", 2}, {"memory", 2}});
  const BomFootprint a = bom.footprint({.seed = 1, .draws = 4000});
  const BomFootprint b = bom.footprint({.seed = 2, .draws = 4000});
  EXPECT_NE(a.p50, b.p50);
  EXPECT_LT(std::fabs(a.p50->kilograms() - b.p50->kilograms()), 6 * a.std->kilograms() / std::sqrt(4000));
}

TEST(EmbodiedLaws, TheBestRankIsTheWidestSwing) {
  const BomFootprint fp =
      bom_of(named(every_class()[0], "p") + ", " + named(every_class()[3], "p")).footprint({.seed = 1, .draws = 4000});
  const std::vector<FactorUse> ranked = fp.ranked();
  ASSERT_GT(ranked.size(), 3U);
  double share = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    EXPECT_EQ(ranked[i].rank, static_cast<int>(i) + 1);
    if (i > 0) {
      EXPECT_LE(std::fabs(ranked[i].swing_kg), std::fabs(ranked[i - 1].swing_kg));
    }
    EXPECT_TRUE(ranked[i].swing_kg * *ranked[i].rho > -0.05) << ranked[i].factor.id;
    share += *ranked[i].rho2_share;
  }
  EXPECT_NEAR(share, 1, 1e-9);
}

TEST(EmbodiedLaws, SharesThatSumToOneGiveTheWholeBack) {
  double sum = 0;
  for (const double share : {0.125, 0.5, 0.3, 0.075}) {
    sum += amortise(1313.28, 4 * 8760, 4, {.resource_share = share});
  }
  EXPECT_NEAR(sum, 1313.28, 1e-12 * 1313.28);
}

TEST(EmbodiedLaws, TheYearlyRangeHoldsEveryLifetime) {
  for (const double te : {0.5, 10.0}) {
    for (const double battery : {0.0, 1.0, 30.0}) {
      const YearlyRange range = amortise_interval(te, battery, 2, 1.5, 7.3);
      for (double years = 1.5; years <= 7.3; years += 0.001) {
        const double x = (te + battery * battery_packs(years, 2)) / years;
        EXPECT_GE(x, range.low_kg * (1 - 1e-9));
        EXPECT_LE(x, range.high_kg * (1 + 1e-9));
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Comparison
// ---------------------------------------------------------------------------------------------------------------------
std::string lognormal(const std::string& id, double median, double gsd) {
  return R"({"id": ")" + id + R"(", "class": "manual", "source": "s", "carbon": {"value": )" + std::to_string(median) +
         R"(, "dist": "lognormal", "gsd": )" + std::to_string(gsd) + "}}";
}

TEST(EmbodiedCompare, AgainstItselfItIsUndecidedAndTheDifferenceIsExactlyZero) {
  const Bom a = bom_of(named(every_class()[0], "p") + ", " + named(every_class()[3], "p"));
  const Comparison c = compare(a, a, {.seed = 4, .draws = 1000});
  EXPECT_EQ(c.p_a_lower, 0.5);
  EXPECT_EQ(c.verdict, Verdict::undecided);
  EXPECT_EQ(c.difference_kg, (Spread{0, 0, 0, 0}));
  EXPECT_EQ(c.ratio, (Spread{1, 1, 1, 1}));
}

TEST(EmbodiedCompare, AgainstItselfAndMoreItIsLowerWithCertainty) {
  const std::string one = named(every_class()[0], "p");
  const Comparison c = compare(bom_of(one), bom_of(one + ", " + named(every_class()[7], "p")), {.draws = 1000});
  EXPECT_EQ(c.p_a_lower, 1);
  EXPECT_EQ(c.verdict, Verdict::a_lower);
}

TEST(EmbodiedCompare, TheProbabilityIsThatOfTheClosedForm) {
  // Medians 1.0 and 1.2 with gsd 1.2 and 1.3: P = Phi((ln 1.2 - ln 1.0) / sqrt(ln 1.2^2 + ln 1.3^2)).
  const double sigma = std::hypot(std::log(1.2), std::log(1.3));
  const double expected = 0.5 * std::erfc(-std::log(1.2) / sigma / std::sqrt(2));
  const Bom a = bom_of(lognormal("mine", 1.0, 1.2));
  const Bom b = bom_of(lognormal("theirs", 1.2, 1.3));
  EXPECT_NEAR(compare(a, b, {.seed = 1, .draws = 100'000}).p_a_lower, expected, 0.01);
  // The same id in both with other ranges is no shared cause.
  const Bom same = bom_of(lognormal("mine", 1.2, 1.3));
  const Comparison c = compare(a, same, {.seed = 1, .draws = 100'000});
  EXPECT_NEAR(c.p_a_lower, expected, 0.01);
  EXPECT_FALSE(c.drivers[0].shared);
  const Comparison back = compare(same, a, {.seed = 1, .draws = 100'000});
  EXPECT_EQ(c.p_a_lower + back.p_a_lower, 1);
  EXPECT_EQ(c.difference_kg.p50, -back.difference_kg.p50);
}

TEST(EmbodiedCompare, IndependentDrawsAreWrongWhereACauseIsShared) {
  // A common factor times 1.00 and 1.05: the second is larger in every draw, whatever the factor.
  const auto part = [](const char* amount, const char* share) {
    return bom_of(std::string(R"({"id": "a", "class": "generic", "source": "s", "amount": )") + amount +
                  R"(, "per": {"value": 10, "low": 5, "high": 30, "share": ")" + share + R"("}})");
  };
  EXPECT_EQ(compare(part("1", "grid"), part("1.05", "grid"), {.draws = 2000}).verdict, Verdict::a_lower);
  const Comparison apart = compare(part("1", "grid"), part("1.05", "other grid"), {.draws = 2000});
  EXPECT_EQ(apart.verdict, Verdict::undecided);
  EXPECT_NEAR(apart.p_a_lower, 0.5, 0.1);
}

TEST(EmbodiedShare, LowIsWithTheLongLifeAndHighWithTheShort) {
  const BomFootprint fp =
      bom_of(named(every_class()[0], "p"), R"("lifetime_years": {"value": 4, "low": 3, "high": 6}, )")
          .footprint({.seed = 1, .draws = 2000});
  const Estimate<CarbonMass> mine = share(fp, {.reserved = std::chrono::hours(8760)});
  EXPECT_DOUBLE_EQ(mine.value->grams(), fp.value->grams() / 4);
  EXPECT_DOUBLE_EQ(mine.bounds->low.grams(), fp.bounds->low.grams() / 6);
  EXPECT_DOUBLE_EQ(mine.bounds->high.grams(), fp.bounds->high.grams() / 3);
  EXPECT_GT(mine.interval->low, mine.bounds->low);
  EXPECT_LT(mine.interval->high, mine.bounds->high);
  const Estimate<CarbonMass> given = share(fp, {.reserved = std::chrono::hours(8760), .lifetime_years = 2});
  EXPECT_DOUBLE_EQ(given.value->grams(), fp.value->grams() / 2);
}

TEST(EmbodiedMachine, CountsTheCardsThatItKnows) {
  const Bom bom = machine({.sockets = 2, .ram_gb = 1024, .ssd = 2, .gpus = {"NVIDIA H100 80GB HBM3", "Radeon"}});
  const BomFootprint fp = bom.footprint({.seed = 1, .draws = 1000});
  EXPECT_NEAR(*fp.kilograms(), rack_server(2, 1024, 0, 2) + 164 + 150, 1e-9);
  EXPECT_EQ(fp.lifetime->id, "server.lifetime");
  EXPECT_FALSE(has_issue(fp.issues, "server_assumed"));
  EXPECT_FALSE(has_issue(fp.issues, "truncation_absent"));
  EXPECT_TRUE(has_issue(machine({.is_server = false}).footprint({.draws = 0}).issues, "server_assumed"));
}

}  // namespace
