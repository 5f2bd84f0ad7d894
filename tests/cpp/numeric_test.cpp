// SPDX-License-Identifier: MIT
#include <co2lib/numeric.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <co2lib/quantiles.hpp>
#include <co2lib/random.hpp>

namespace {

using namespace co2lib;
using numeric::student_quantile;

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Product, IsTheRoundedProduct) {
  EXPECT_EQ(numeric::product(3, 4), 12.0);
  EXPECT_EQ(numeric::product(0.1, 10), 1.0);
  // a * a rounded and subtracted again leaves nothing; a fused operation would leave the rounding error.
  volatile double a = 0.1;
  const double square = numeric::product(a, a);
  EXPECT_EQ(numeric::product(a, a) - square, 0.0);
  static_assert(numeric::product(3, 4) == 12.0);
}

TEST(Sum, KeepsWhatPlainAdditionLoses) {
  numeric::Sum sum;
  for (const double x : {1.0, 1e100, 1.0, -1e100}) sum += x;
  EXPECT_EQ(sum.value(), 2.0);  // plain addition gives 0, Kahan's sum too
}

TEST(Sum, OfTenthsIsExact) {
  numeric::Sum sum;
  double plain = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    sum += 0.1;
    plain += 0.1;
  }
  EXPECT_EQ(sum.value(), 100000.0);
  EXPECT_NE(plain, 100000.0);
}

TEST(Sum, StartsWhereItIsTold) {
  EXPECT_EQ(numeric::Sum().value(), 0.0);
  numeric::Sum sum(2.5);
  sum += 1.0;
  EXPECT_EQ(sum.value(), 3.5);
}

TEST(Sum, OfSumsKeepsBothCorrections) {
  numeric::Sum left;
  numeric::Sum right;
  for (const double x : {1.0, 1e100}) left += x;
  for (const double x : {1.0, -1e100}) right += x;
  left += right;
  EXPECT_EQ(left.value(), 2.0);
}

TEST(Sum, AddedToItselfDoubles) {
  numeric::Sum sum;
  for (const double x : {1e100, 1.0, -1e100}) sum += x;
  sum += sum;
  EXPECT_EQ(sum.value(), 2.0);
}

TEST(Sum, IsInfiniteOrNotANumberOnlyWhereItsTermsAre) {
  numeric::Sum sum;
  sum += infinity;
  sum += 1.0;
  EXPECT_EQ(sum.value(), infinity);
  sum += -infinity;
  EXPECT_TRUE(std::isnan(sum.value()));
  numeric::Sum large;
  large += 1e308;
  large += 1e308;
  EXPECT_EQ(large.value(), infinity);
}

TEST(Moments, AreThoseOfTheSample) {
  numeric::Moments moments;
  EXPECT_EQ(moments.count(), 0);
  EXPECT_TRUE(std::isnan(moments.sample_sd()));
  moments.push(2);
  EXPECT_TRUE(std::isnan(moments.sample_sd())) << "one value has no deviation";
  for (const double x : {4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.push(x);
  EXPECT_EQ(moments.count(), 8);
  EXPECT_DOUBLE_EQ(moments.mean(), 5.0);
  EXPECT_DOUBLE_EQ(moments.sample_sd(), std::sqrt(32.0 / 7.0));
}

TEST(Moments, SurviveALargeOffset) {
  numeric::Moments moments;
  for (const double x : {4.0, 7.0, 13.0, 16.0}) moments.push(1e9 + x);
  EXPECT_DOUBLE_EQ(moments.sample_sd(), std::sqrt(30.0));
}

struct Tabulated {
  double p;
  double df;
  double t;
};

class Student : public testing::TestWithParam<Tabulated> {};

TEST_P(Student, QuantileIsTheTabulatedOne) {
  const auto [p, df, t] = GetParam();
  const Result<double> quantile = student_quantile(p, df);
  ASSERT_TRUE(quantile);
  EXPECT_NEAR(*quantile, t, 1e-11 * t);
  // The other end is the mirror image, up to the rounding of 1 - p.
  EXPECT_NEAR(*student_quantile(1 - p, df), -t, 1e-11 * t);
  EXPECT_NEAR(numeric::student_two_sided_tail(t, df), 2 * (1 - p), 1e-11);
}

// scipy.stats.t.ppf, which agrees with the printed tables to their last digit.
INSTANTIATE_TEST_SUITE_P(
    Table, Student,
    testing::Values(Tabulated{0.9, 1, 3.0776835371752544}, Tabulated{0.95, 1, 6.313751514675037},
                    Tabulated{0.975, 1, 12.706204736174694}, Tabulated{0.995, 1, 63.656741162871526},
                    Tabulated{0.9995, 1, 636.6192487687897}, Tabulated{0.9, 2, 1.8856180831641272},
                    Tabulated{0.95, 2, 2.9199855803537242}, Tabulated{0.975, 2, 4.302652729749462},
                    Tabulated{0.995, 2, 9.924843200918287}, Tabulated{0.9995, 2, 31.599054576445365},
                    Tabulated{0.9, 3, 1.637744353696209}, Tabulated{0.95, 3, 2.3533634348018233},
                    Tabulated{0.975, 3, 3.1824463052837078}, Tabulated{0.995, 3, 5.840909309733355},
                    Tabulated{0.9995, 3, 12.923978636687961}, Tabulated{0.9, 4, 1.533206274058944},
                    Tabulated{0.95, 4, 2.1318467863266495}, Tabulated{0.975, 4, 2.7764451051977934},
                    Tabulated{0.995, 4, 4.604094871349992}, Tabulated{0.9995, 4, 8.610301581379522},
                    Tabulated{0.9, 5, 1.4758840488244815}, Tabulated{0.95, 5, 2.0150483733330233},
                    Tabulated{0.975, 5, 2.5705818356363146}, Tabulated{0.995, 5, 4.032142983555228},
                    Tabulated{0.9995, 5, 6.868826625881276}, Tabulated{0.9, 9, 1.3830287383966329},
                    Tabulated{0.95, 9, 1.833112932656237}, Tabulated{0.975, 9, 2.262157162798205},
                    Tabulated{0.995, 9, 3.249835541592126}, Tabulated{0.9995, 9, 4.780912585931217},
                    Tabulated{0.9, 10, 1.372183641110336}, Tabulated{0.95, 10, 1.8124611228116756},
                    Tabulated{0.975, 10, 2.228138851986274}, Tabulated{0.995, 10, 3.16927267261695},
                    Tabulated{0.9995, 10, 4.586893858702708}, Tabulated{0.9, 19, 1.3277282090267986},
                    Tabulated{0.95, 19, 1.7291328115213682}, Tabulated{0.975, 19, 2.0930240544083087},
                    Tabulated{0.995, 19, 2.8609346064649794}, Tabulated{0.9995, 19, 3.883405852592131},
                    Tabulated{0.9, 30, 1.3104150253913955}, Tabulated{0.95, 30, 1.697260886593957},
                    Tabulated{0.975, 30, 2.0422724563012378}, Tabulated{0.995, 30, 2.7499956535672254},
                    Tabulated{0.9995, 30, 3.6459586350420627}, Tabulated{0.9, 120, 1.288646233656378},
                    Tabulated{0.95, 120, 1.6576508993552352}, Tabulated{0.975, 120, 1.9799304050824402},
                    Tabulated{0.995, 120, 2.6174211451068654}, Tabulated{0.9995, 120, 3.373453768562533},
                    Tabulated{0.9, 1000, 1.2823987214609247}, Tabulated{0.95, 1000, 1.6463788172854643},
                    Tabulated{0.975, 1000, 1.9623390808264083}, Tabulated{0.995, 1000, 2.580754698065951},
                    Tabulated{0.9995, 1000, 3.300282648423944}, Tabulated{0.9, 0.5, 10.27032441023451},
                    Tabulated{0.95, 0.5, 41.13600009287819}, Tabulated{0.975, 0.5, 164.55767348048818},
                    Tabulated{0.995, 0.5, 4113.964588804174}, Tabulated{0.9995, 0.5, 411396.462526262},
                    Tabulated{0.9, 2.5, 1.7302509288071766}, Tabulated{0.95, 2.5, 2.5582186141359355},
                    Tabulated{0.975, 2.5, 3.5746548420036817}, Tabulated{0.995, 2.5, 7.163728138948783},
                    Tabulated{0.9995, 2.5, 18.277893528131457}));

TEST(Student, HasClosedFormsForOneAndTwoDegrees) {
  for (const double p : {0.501, 0.6, 0.75, 0.9, 0.975, 0.9999}) {
    const double one = std::tan(std::numbers::pi * (p - 0.5));
    EXPECT_NEAR(*student_quantile(p, 1), one, 2e-12 * one);
    const double two = (2 * p - 1) / std::sqrt(2 * p * (1 - p));
    EXPECT_NEAR(*student_quantile(p, 2), two, 2e-12 * two);
  }
}

TEST(Student, QuantileRisesWithPAndFallsWithDegrees) {
  double last = -infinity;
  for (int i = 1; i < 200; ++i) {
    const double t = *student_quantile(i / 200.0, 4);
    EXPECT_GT(t, last);
    last = t;
  }
  last = infinity;
  for (const double df : {0.5, 1.0, 2.0, 5.0, 30.0, 1e3, 1e6}) {
    const double t = *student_quantile(0.975, df);
    EXPECT_LT(t, last);
    last = t;
  }
  EXPECT_NEAR(last, 1.959963984540054, 1e-5) << "the normal distribution's quantile in the limit";
}

TEST(Student, MedianIsZero) { EXPECT_EQ(*student_quantile(0.5, 3), 0.0); }

TEST(Student, RefusesWhatIsNoProbabilityOrNoDegree) {
  const double nan = std::nan("");
  for (const auto& [p, df] : {std::pair{0.0, 1.0},
                              {1.0, 1.0},
                              {-0.1, 1.0},
                              {nan, 1.0},
                              {0.9, 0.0},
                              {0.9, -2.0},
                              {0.9, nan},
                              {0.9, infinity}}) {
    const Result<double> quantile = student_quantile(p, df);
    ASSERT_FALSE(quantile);
    EXPECT_EQ(quantile.issue().code, "bad_input");
  }
}

TEST(StableSort, KeepsTheOrderOfWhatIsEqual) {
  std::vector<std::pair<int, std::string>> values;
  for (int i = 0; i < 200; ++i) values.emplace_back((i * 37) % 7, std::to_string(i));
  auto expected = values;
  std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, std::stoi(a.second)) < std::pair(b.first, std::stoi(b.second));
  });
  numeric::stable_sort(values, [](const auto& a, const auto& b) { return a.first < b.first; });
  EXPECT_EQ(values, expected);
  std::vector<int> none;
  numeric::stable_sort(none, std::less<>());
  EXPECT_TRUE(none.empty());
}

TEST(Percentile, InterpolatesLinearlyAsNumpyDoes) {
  const auto value = [](std::vector<double> values, double p) { return *numeric::percentile(values, p); };
  EXPECT_EQ(value({3, 1, 2}, 0.5), 2.0);
  EXPECT_EQ(value({3, 1, 2}, 0), 1.0);
  EXPECT_EQ(value({3, 1, 2}, 1), 3.0);
  EXPECT_EQ(value({5.5}, 0.8), 5.5);
  // What numpy.quantile (2.4) gives; the naive a + (b - a) t gives 0.28 for the last.
  EXPECT_EQ(value({1, 2, 4, 8}, 0.4), 2.4000000000000004);
  EXPECT_EQ(value({0.1, 0.7, 0.3, 0.9, 0.5, 0.2}, 0.96), 0.86);
  EXPECT_EQ(value({0.1, 0.3}, 0.9), 0.27999999999999997);
}

TEST(Percentile, TakesInfinityAndNeverMakesNaN) {
  const auto value = [](std::vector<double> values, double p) { return *numeric::percentile(values, p); };
  EXPECT_EQ(value({1, infinity, 2}, 0.8), infinity);
  EXPECT_EQ(value({1, infinity, 2}, 0.5), 2.0);
  EXPECT_EQ(value({infinity, infinity}, 0.3), infinity);
  EXPECT_EQ(value({-infinity, 1}, 0.3), -infinity);
  EXPECT_EQ(value({-infinity, -infinity}, 0.3), -infinity);
  EXPECT_EQ(value({-infinity, infinity}, 0.3), infinity);
  // Their difference is beyond the doubles.
  EXPECT_EQ(value({-1.5e308, 1.5e308}, 0.5), 0.0);
  EXPECT_NEAR(value({-1.5e308, 1.5e308}, 0.75) / 0.75e308, 1, 1e-15);
}

TEST(Percentile, SeveralAreWhatEachIsAlone) {
  // Ties, the same share twice, the ends, and neighbours in one gap: what one selection leaves, the next one uses.
  const std::vector<double> values{5, 1, 1, 9, -3, 7, 7, 7, 2, infinity, 0.5, 4};
  const std::array ps{0.0, 0.05, 0.05, 0.07, 0.5, 0.5, 0.52, 0.9, 0.95, 1.0};
  const auto found = *numeric::percentiles(values, ps);
  for (std::size_t i = 0; i < ps.size(); ++i) EXPECT_EQ(found[i], *numeric::percentile(values, ps[i])) << ps[i];
  for (std::size_t seed = 0; seed < 200; ++seed) {
    std::vector<double> many(1 + seed);
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = std::floor(50 * random::draw(seed, i, "values"));
    const std::array three{0.05, 0.5, 0.95};
    const auto each = *numeric::percentiles(many, three);
    for (std::size_t i = 0; i < three.size(); ++i) EXPECT_EQ(each[i], *numeric::percentile(many, three[i])) << seed;
  }
}

TEST(Percentile, SeveralAreAskedForInOrder) {
  const std::vector<double> values{1, 2};
  EXPECT_EQ(numeric::percentiles(values, std::array{0.9, 0.1}).issue().code, "bad_input");
  EXPECT_EQ(numeric::percentiles(values, std::array{0.1, std::nan("")}).issue().code, "bad_input");
}

TEST(Percentile, RefusesWhatHasNone) {
  const std::vector<double> values{1, 2};
  for (const double p : {-0.01, 1.01, 95.0, std::nan(""), infinity}) {
    EXPECT_EQ(numeric::percentile(values, p).issue().code, "bad_input") << p;
  }
  EXPECT_EQ(numeric::percentile({}, 0.5).issue().code, "bad_input");
  const std::vector<double> hole{1, std::nan(""), 2};
  EXPECT_EQ(numeric::percentile(hole, 0.5).issue().code, "bad_input");
}

TEST(MedianInterval, IsTheNarrowestPairThatReachesTheConfidence) {
  const std::vector<double> ten{10.2, 9.9, 10.1, 10.4, 9.8, 10.0, 10.3, 12.9, 10.05, 9.95};
  const auto found = *numeric::median_interval(ten);
  EXPECT_NEAR(found.median, 10.075, 1e-14);
  EXPECT_EQ(found.low, 9.9);
  EXPECT_EQ(found.high, 10.4);
  EXPECT_EQ(found.coverage, 0.978515625);
  EXPECT_FALSE(found.below_confidence);

  const auto six = *numeric::median_interval(std::vector<double>{6, 1, 5, 2, 4, 3});
  EXPECT_EQ(six, (numeric::MedianInterval{3.5, 1, 6, 0.96875, false}));
  const auto five = *numeric::median_interval(std::vector<double>{1, 2, 3, 4, 5});
  EXPECT_EQ(five, (numeric::MedianInterval{3, 1, 5, 0.9375, true}));
  const auto one = *numeric::median_interval(std::vector<double>{7});
  EXPECT_EQ(one, (numeric::MedianInterval{7, 7, 7, 0, true}));
  const auto two = *numeric::median_interval(std::vector<double>{7, 8}, 0.5);
  EXPECT_EQ(two, (numeric::MedianInterval{7.5, 7, 8, 0.5, false}));
}

TEST(MedianInterval, HasTheOrderStatisticsOfTheBinomialForManyValues) {
  // From integers without rounding: the greatest k with 40 (C(n, 0) + ... + C(n, k - 1)) <= 2^n.
  for (const auto& [n, k] : {std::pair(20, 6), {100, 40}, {1000, 469}, {5000, 2431}, {100000, 49690}}) {
    std::vector<double> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i + 1);
    const auto found = *numeric::median_interval(values);
    EXPECT_EQ(found.low, k) << n;
    EXPECT_EQ(found.high, n + 1 - k) << n;
    EXPECT_GE(found.coverage, 0.95) << n;
    EXPECT_LT(found.coverage, 0.97 + 1.0 / n) << n;
  }
}

TEST(MedianInterval, RefusesWhatHasNone) {
  const std::vector<double> values{1, 2};
  for (const double confidence : {0.0, 1.0, 95.0, -1.0, std::nan("")}) {
    EXPECT_EQ(numeric::median_interval(values, confidence).issue().code, "bad_input") << confidence;
  }
  EXPECT_EQ(numeric::median_interval({}).issue().code, "bad_input");
  for (const double hole : {std::nan(""), infinity, -infinity}) {
    EXPECT_EQ(numeric::median_interval(std::vector<double>{1, hole}).issue().code, "bad_input") << hole;
  }
}

}  // namespace
