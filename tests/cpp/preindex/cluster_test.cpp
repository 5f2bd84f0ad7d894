// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include <gtest/gtest.h>
#include <Eigen/Core>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;
using co2lib::preindex::test::Mixture;
using co2lib::preindex::test::mixture;
using co2lib::preindex::test::Random;

/// Lloyd's algorithm in double, literally; without empty clusters.
std::vector<std::int32_t> literal_lloyd(const Rows& data, Matrix centres, int* iterations) {
  const std::size_t n = data.rows;
  const std::size_t width = data.columns;
  double variance = 0;
  std::vector<double> mean(width, 0.0);
  for (std::size_t j = 0; j < width; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(data.row(i)[j]);
    mean[j] = sum / static_cast<double>(n);
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) squares += std::pow(static_cast<double>(data.row(i)[j]) - mean[j], 2);
    variance += squares / static_cast<double>(n);
  }
  const double tolerance = 1e-4 * variance / static_cast<double>(width);
  std::vector<std::int32_t> labels(n, -1);
  const auto assign = [&] {
    std::vector<std::int32_t> next;
    for (std::size_t i = 0; i < n; ++i) {
      double least = std::numeric_limits<double>::infinity();
      std::int32_t best = 0;
      for (std::size_t k = 0; k < centres.rows; ++k) {
        double d = 0;
        for (std::size_t j = 0; j < width; ++j) {
          d += std::pow(static_cast<double>(data.row(i)[j]) - centres.row(k)[j], 2);
        }
        if (d < least) {
          least = d;
          best = static_cast<std::int32_t>(k);
        }
      }
      next.push_back(best);
    }
    return next;
  };
  for (*iterations = 1;; ++*iterations) {
    const auto next = assign();
    Matrix sums(centres.rows, width);
    std::vector<double> counts(centres.rows, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      ++counts[static_cast<std::size_t>(next[i])];
      for (std::size_t j = 0; j < width; ++j) {
        sums.row(static_cast<std::size_t>(next[i]))[j] += static_cast<double>(data.row(i)[j]);
      }
    }
    double shift = 0;
    for (std::size_t k = 0; k < centres.rows; ++k) {
      for (std::size_t j = 0; j < width; ++j) {
        const double c = sums.row(k)[j] / counts[k];
        shift += std::pow(c - centres.row(k)[j], 2);
        centres.row(k)[j] = c;
      }
    }
    if (next == labels) return labels;
    labels = next;
    if (shift <= tolerance) return assign();
  }
}

TEST(PreindexLloyd, GivesTheLabelsOfALiteralDoubleRun) {
  Random random(11);
  for (int round = 0; round < 30; ++round) {
    const auto classes = static_cast<std::size_t>(random.integer(2, 6));
    const auto width = static_cast<std::size_t>(random.integer(1, 40));
    const Mixture m = mixture(random, static_cast<std::size_t>(random.integer(300, 700)), width, classes, 1.0,
                              round % 3 == 0 ? 50 : 0);
    const Classes ranks = classes_of(m.labels);
    const Matrix start = class_means(ViewReader(m.rows.view()), ranks);
    int iterations = 0;
    const auto expected = literal_lloyd(m.rows, start, &iterations);
    const ClusterResult found = lloyd(ViewReader(m.rows.view()), start);
    EXPECT_EQ(found.labels, expected) << round;
    EXPECT_EQ(found.iterations, iterations) << round;
  }
}

TEST(PreindexLloyd, DoesNotDependOnThreads) {
  Random random(12);
  const Mixture m = mixture(random, 1500, 600, 5, 12.0);
  const auto run = [&](unsigned threads) {
    return inv_ari(m.rows.view(), m.rows.view(), m.labels, Variant::clean_kpp, {.threads = threads});
  };
  const ClusterResult one = run(1);
  EXPECT_GT(one.iterations, 1);
  for (const unsigned threads : {2U, 7U}) {
    const ClusterResult many = run(threads);
    EXPECT_EQ(many.labels, one.labels);
    EXPECT_EQ(many.centres, one.centres);
    EXPECT_EQ(many.inertia, one.inertia);
    EXPECT_EQ(many.tol_abs, one.tol_abs);
  }
}

TEST(PreindexLloyd, DoesNotSeeAScaleThatIsAPowerOfTwo) {
  Random random(13);
  const Mixture m = mixture(random, 400, 20, 4, 1.5);
  const ClusterResult plain = inv_ari(m.rows.view(), m.rows.view(), m.labels);
  for (const float scale : {0x1p-60F, 0x1p-20F, 4.0F, 0x1p60F}) {
    Rows scaled = m.rows;
    for (float& x : scaled.values) x *= scale;
    const ClusterResult other = inv_ari(scaled.view(), scaled.view(), m.labels);
    EXPECT_EQ(other.labels, plain.labels) << scale;
    EXPECT_EQ(other.iterations, plain.iterations) << scale;
  }
}

TEST(PreindexLloyd, BreaksTiesToTheLowestCluster) {
  // 0 lies exactly between the centres; a copy of a centre ties with it everywhere.
  const std::vector<float> values{-1, 1, 0};
  Matrix centres(3, 1);
  centres.values = {-1, 1, 1};
  const ClusterResult r = lloyd(ViewReader(View(values.data(), 3, 1)), centres, {.max_iterations = 1});
  EXPECT_EQ(r.stop, Stop::max_iter);
  const std::vector<float> two{-1, 1};
  centres.values = {-1, 1, 1};
  EXPECT_EQ(lloyd(ViewReader(View(two.data(), 2, 1)), centres).labels, (std::vector<std::int32_t>{0, 1}));
}

TEST(PreindexLloyd, GivesEmptyClustersTheFarthestSamples) {
  const std::vector<float> values{0, 0.1F, 0.2F, 10, 20};
  Matrix centres(3, 1);
  centres.values = {0, 1000, 2000};
  const ClusterResult r = lloyd(ViewReader(View(values.data(), 5, 1)), centres);
  EXPECT_EQ(r.labels, (std::vector<std::int32_t>{0, 0, 0, 2, 1}));
}

TEST(PreindexLloyd, LeavesACopyOfTheBiggestWhereAllSamplesAreEqual) {
  const std::vector<float> values{3, 3, 3};
  Matrix centres(2, 1);
  centres.values = {3, 9};
  const ClusterResult r = lloyd(ViewReader(View(values.data(), 3, 1)), centres);
  EXPECT_EQ(r.labels, (std::vector<std::int32_t>{0, 0, 0}));
  EXPECT_EQ(r.centres.values, (std::vector<double>{3, 3}));
  EXPECT_EQ(r.inertia, 0);
}

TEST(PreindexLloyd, ReadsColumnMajorAndStridedDataAndDoubles) {
  Random random(14);
  const Mixture m = mixture(random, 300, 8, 3, 1.0);
  const auto plain = inv_ari(m.rows.view(), m.rows.view(), m.labels).labels;
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> map(m.rows.values.data(), 300, 8);
  const Eigen::MatrixXf columns = map;
  EXPECT_EQ(inv_ari(columns, columns, m.labels).labels, plain);
  Eigen::MatrixXd wider = Eigen::MatrixXd::Constant(310, 12, 99);
  wider.block(5, 2, 300, 8) = map.cast<double>();
  const auto block = wider.block(5, 2, 300, 8);
  EXPECT_EQ(inv_ari(block, map, m.labels).labels, plain);
  EXPECT_EQ(inv_ari(View(block), block, m.labels).labels, plain);
}

TEST(PreindexInvAri, OfIdenticalSidesIsThatOfTheCleanOne) {
  Random random(15);
  const Mixture m = mixture(random, 200, 10, 4, 2.0);
  const auto of = [&](Variant v) { return *inv_ari(m.rows.view(), m.rows.view(), m.labels, v).inv_ari; };
  EXPECT_EQ(of(Variant::noise_2), of(Variant::clean));
  EXPECT_GT(of(Variant::clean), 0);
}

TEST(PreindexInvAri, DoesNotSeeTheNamesOfTheClasses) {
  Random random(16);
  const Mixture m = mixture(random, 200, 10, 4, 2.0);
  const ClusterResult numbers = inv_ari(m.rows.view(), m.rows.view(), m.labels);
  std::vector<Label> texts;
  std::vector<Label> others;
  for (const Label& label : m.labels) {
    const std::int64_t c = std::get<std::int64_t>(label);
    texts.emplace_back(std::string(1, static_cast<char>('a' + c)));
    others.emplace_back(100 - 7 * c);
  }
  EXPECT_EQ(inv_ari(m.rows.view(), m.rows.view(), texts).labels, numbers.labels);
  EXPECT_EQ(inv_ari(m.rows.view(), m.rows.view(), others).inv_ari, numbers.inv_ari);
  texts.back() = std::int64_t{3};
  EXPECT_EQ(code_of([&] { return classes_of(texts); }), "preindex.bad_option");
}

TEST(PreindexInvAri, WarnsOfTrivialClusterings) {
  const std::vector<float> values{0, 1, 5, 9};
  const View view(values.data(), 4, 1);
  const auto run = [&](const std::vector<Label>& labels) { return inv_ari(view, view, labels); };
  const std::vector<Label> one(4, Label(std::int64_t{1}));
  EXPECT_EQ(run(one).inv_ari, 0.0);
  EXPECT_TRUE(co2lib::has_issue(run(one).issues, "trivial_clustering"));
  std::vector<Label> each;
  for (std::int64_t i = 0; i < 4; ++i) each.emplace_back(i);
  EXPECT_TRUE(co2lib::has_issue(run(each).issues, "trivial_clustering"));
  EXPECT_EQ(run(each).inv_ari, 0.0);
}

TEST(PreindexInvAri, StartsFromDrawnCentresTheSameWayEveryTime) {
  Random random(17);
  const Mixture m = mixture(random, 300, 6, 3, 0.1);
  const auto run = [&](std::uint64_t seed) {
    return inv_ari(m.rows.view(), m.rows.view(), m.labels, Variant::clean_kpp, {.seed = seed});
  };
  EXPECT_EQ(run(5).labels, run(5).labels);
  EXPECT_EQ(run(5).inv_ari, 0.0);  // well apart: found from any start
  const Matrix a = kmeans_plus_plus(ViewReader(m.rows.view()), 3, {.seed = 1});
  EXPECT_NE(a, kmeans_plus_plus(ViewReader(m.rows.view()), 3, {.seed = 2}));
}

TEST(PreindexInvAri, RefusesBadInput) {
  std::vector<float> values{0, 1, 5, 9};
  const View view(values.data(), 4, 1);
  const std::vector<Label> labels{Label(std::int64_t{0}), Label(std::int64_t{0}), Label(std::int64_t{1}),
                                  Label(std::int64_t{1})};
  EXPECT_EQ(code_of([&] { return inv_ari(view, view.slice(0, 3), labels); }), "preindex.unpaired");
  EXPECT_EQ(code_of([&] { return inv_ari(view.slice(0, 3), view.slice(0, 3), labels); }), "preindex.unpaired");
  EXPECT_EQ(code_of([&] { return inv_ari(View(), View(), {}); }), "preindex.empty");
  Matrix wide(2, 3);
  EXPECT_EQ(code_of([&] { return lloyd(ViewReader(view), wide); }), "preindex.width_changed");
  values[2] = std::numeric_limits<float>::quiet_NaN();
  for (const Variant v : {Variant::clean, Variant::noise_1, Variant::noise_2, Variant::noise_1_kpp}) {
    EXPECT_EQ(code_of([&] { return inv_ari(view, view, labels, v); }), "preindex.nonfinite");
  }
}

TEST(PreindexEmbeddingStore, KeepsRowsInMemoryAndInAFile) {
  Random random(18);
  // Wide rows: a piece holds 256 of them, so that there are several pieces.
  Rows rows(600, 20000);
  for (float& x : rows.values) x = static_cast<float>(random.uniform());
  for (const Store kind : {Store::memory, Store::file}) {
    EmbeddingStore store(kind, std::filesystem::path(testing::TempDir()));
    store.append(rows.view().slice(0, 1));
    store.append(rows.view().slice(1, 255));
    store.append(rows.view().slice(255, 600));
    ASSERT_EQ(store.rows(), 600U);
    std::vector<float> copy(rows.values.size());
    store.read(0, 600, copy.data());
    EXPECT_EQ(copy, rows.values);
    EXPECT_TRUE(store.in_place(256, 512));
    EXPECT_FALSE(store.in_place(255, 257));
    EXPECT_EQ(code_of([&] { return (store.append(View(copy.data(), 1, 7)), 0); }), "preindex.width_changed");
  }
  EmbeddingStore nowhere(Store::file, "/no/such/folder");
  EXPECT_EQ(code_of([&] { return (nowhere.append(rows.view()), 0); }), "preindex.store");
}

}  // namespace
