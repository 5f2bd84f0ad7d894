// SPDX-License-Identifier: MIT
// Clustering over processes; here each is a thread with its shard.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::Mixture;
using co2lib::preindex::test::mixture;
using co2lib::preindex::test::Random;

/// Where threads meet; who waits for one that has left throws, so that no test hangs.
class Meeting {
 public:
  explicit Meeting(std::size_t size) : integers_(size), doubles_(size) {}

  template <class T, class Merge>
  void reduce(std::vector<std::span<T>>& given, std::size_t rank, std::span<T> values, const Merge& merge) {
    given[rank] = values;
    meet();
    std::vector<T> out(given[0].begin(), given[0].end());
    for (std::size_t r = 1; r < given.size(); ++r) {
      if (given[r].size() != out.size()) throw std::logic_error("the processes do not make the same calls");
      std::transform(out.begin(), out.end(), given[r].begin(), out.begin(), merge);
    }
    meet();
    std::copy(out.begin(), out.end(), values.begin());
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    ++left_;
    changed_.notify_all();
  }

  std::vector<std::span<std::int64_t>>& integers() { return integers_; }
  std::vector<std::span<double>>& doubles() { return doubles_; }

 private:
  void meet() {
    std::unique_lock lock(mutex_);
    const std::size_t now = round_;
    if (++waiting_ == integers_.size()) {
      waiting_ = 0;
      ++round_;
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, [&] { return round_ != now || left_ > 0; });
    if (round_ == now) throw std::logic_error("a process waits for one that has left");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
  std::size_t round_ = 0;
  std::size_t left_ = 0;
  std::vector<std::span<std::int64_t>> integers_;
  std::vector<std::span<double>> doubles_;
};

class Member : public Reducer {
 public:
  Member(Meeting& meeting, std::size_t rank, std::size_t size) : meeting_(meeting), rank_(rank), size_(size) {}

  [[nodiscard]] std::size_t rank() const override { return rank_; }
  [[nodiscard]] std::size_t size() const override { return size_; }
  void sum(std::span<std::int64_t> values) const override {
    meeting_.reduce(meeting_.integers(), rank_, values, std::plus<>());
  }
  void max(std::span<double> values) const override {
    meeting_.reduce(meeting_.doubles(), rank_, values, [](double a, double b) { return std::max(a, b); });
  }

 private:
  Meeting& meeting_;
  std::size_t rank_;
  std::size_t size_;
};

/// Calls `work(reducer)` in each of `size` processes; returns what they threw: code and text.
template <class Work>
std::vector<std::pair<std::string, std::string>> in_processes(std::size_t size, const Work& work) {
  Meeting meeting(size);
  std::vector<std::pair<std::string, std::string>> thrown(size);
  std::vector<std::thread> threads;
  for (std::size_t r = 0; r < size; ++r) {
    threads.emplace_back([&, r] {
      try {
        work(Member(meeting, r, size));
      } catch (const co2lib::Error& error) {
        thrown[r] = {error.code(), error.what()};
      } catch (const std::exception& error) {
        thrown[r] = {"exception", error.what()};
      }
      meeting.leave();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return thrown;
}

const std::pair<std::string, std::string> nothing{};

/// Bounds of shards: even, uneven, some empty.
std::vector<std::vector<std::size_t>> splits(std::size_t n) {
  return {
      {0, n / 2, n}, {0, 1, n}, {0, 0, n}, {0, n, n}, {0, 300, 301, n}, {0, 0, n - 7, n}, {0, 5, 5, 6, 6, 256, 512, n}};
}

void expect_same(const ClusterResult& found, const ClusterResult& expected, std::size_t begin, std::size_t end) {
  EXPECT_EQ(found.centres, expected.centres);
  EXPECT_EQ(found.iterations, expected.iterations);
  EXPECT_EQ(found.stop, expected.stop);
  EXPECT_EQ(found.inertia, expected.inertia);
  EXPECT_EQ(found.tol_abs, expected.tol_abs);
  EXPECT_EQ(found.ari, expected.ari);
  EXPECT_EQ(found.contingency, expected.contingency);
  EXPECT_EQ(found.issues.size(), expected.issues.size());
  const auto first = expected.labels.begin();
  EXPECT_EQ(found.labels, (std::vector<std::int32_t>(first + static_cast<std::ptrdiff_t>(begin),
                                                     first + static_cast<std::ptrdiff_t>(end))));
}

TEST(PreindexReducer, GivesTheBitsOfOneProcessForAnySplit) {
  Random random(31);
  for (int round = 0; round < 4; ++round) {
    const std::size_t n = 700;
    const Mixture m = mixture(random, n, 37, 5, 1.5, round == 1 ? 300 : 0);
    const Classes classes = classes_of(m.labels);
    const auto run = [&](const EmbeddingReader& data, const Classes& own, const Reducer& reducer) {
      const LloydOptions options{.max_iterations = round == 2 ? 2 : 300, .threads = 2, .seed = 3};
      const Matrix start =
          round == 3 ? kmeans_plus_plus(data, own.count(), options, reducer) : class_means(data, own, 2, reducer);
      return cluster(data, own, start, options, reducer);
    };
    const ClusterResult expected = run(ViewReader(m.rows.view()), classes, one_process());
    EXPECT_GT(expected.iterations, 1);
    for (const std::vector<std::size_t>& bounds : splits(n)) {
      const auto thrown = in_processes(bounds.size() - 1, [&](const Reducer& reducer) {
        const std::size_t begin = bounds[reducer.rank()];
        const std::size_t end = bounds[reducer.rank() + 1];
        const auto at = classes.index.begin();
        const Classes own{classes.labels,
                          {at + static_cast<std::ptrdiff_t>(begin), at + static_cast<std::ptrdiff_t>(end)}};
        // A shard without samples need not know the width.
        const View view = begin == end ? View() : m.rows.view().slice(begin, end);
        expect_same(run(ViewReader(view), own, reducer), expected, begin, end);
      });
      for (const auto& error : thrown) EXPECT_EQ(error, nothing);
    }
  }
}

TEST(PreindexReducer, MovesTheFarthestSamplesOfAllProcessesIntoEmptyClusters) {
  Random random(32);
  const std::size_t n = 600;
  Mixture m = mixture(random, n, 9, 3, 0.5);
  for (const std::size_t far : {3U, 310U, 599U}) m.rows.row(far)[0] += static_cast<float>(100 + far);
  m.rows.row(311)[0] = m.rows.row(310)[0];  // a tie of the distances: the lower number wins
  std::copy_n(m.rows.row(310), 9, m.rows.row(311));
  Matrix centres(6, 9);
  for (std::size_t k = 1; k < 6; ++k) std::fill_n(centres.row(k), 9, 1e4 * static_cast<double>(k));
  const ClusterResult expected = lloyd(ViewReader(m.rows.view()), centres);
  EXPECT_EQ(std::set<std::int32_t>(expected.labels.begin(), expected.labels.end()).size(), 5U + 1U);
  for (const std::vector<std::size_t>& bounds : splits(n)) {
    const auto thrown = in_processes(bounds.size() - 1, [&](const Reducer& reducer) {
      const std::size_t begin = bounds[reducer.rank()];
      const std::size_t end = bounds[reducer.rank() + 1];
      expect_same(lloyd(ViewReader(m.rows.view().slice(begin, end)), centres, {}, reducer), expected, begin, end);
    });
    for (const auto& error : thrown) EXPECT_EQ(error, nothing);
  }
}

/// Fails at a read.
class Failing : public EmbeddingReader {
 public:
  Failing(const View& view, int good_reads) : view_(view), left_(good_reads) {}

  [[nodiscard]] std::size_t rows() const override { return view_.rows; }
  [[nodiscard]] std::size_t columns() const override { return view_.columns; }
  void read(std::size_t begin, std::size_t end, float* out) const override {
    if (left_-- == 0) throw std::runtime_error("the disk is gone");
    ViewReader(view_).read(begin, end, out);
  }

 private:
  View view_;
  mutable std::atomic<int> left_;
};

TEST(PreindexReducer, TellsAllProcessesOfAFailureInOne) {
  Random random(33);
  const Mixture m = mixture(random, 60, 4, 3, 2.0);
  const Matrix start = class_means(ViewReader(m.rows.view()), classes_of(m.labels));
  // Range, moments, each iteration, inertia: whichever pass fails.
  for (int good_reads = 0; good_reads < 5; ++good_reads) {
    const auto thrown = in_processes(3, [&](const Reducer& reducer) {
      const View view = m.rows.view().slice(20 * reducer.rank(), 20 * reducer.rank() + 20);
      if (reducer.rank() == 1) {
        (void)lloyd(Failing(view, good_reads), start, {.threads = 1}, reducer);
      } else {
        (void)lloyd(ViewReader(view), start, {.threads = 1}, reducer);
      }
    });
    EXPECT_EQ(thrown[1].second, "the disk is gone");
    for (const std::size_t other : {0U, 2U}) {
      EXPECT_EQ(thrown[other].first, "preindex.rank_failed");
      EXPECT_EQ(thrown[other].second, "rank 1 failed: the disk is gone");
    }
  }
}

TEST(PreindexReducer, TellsAllProcessesOfBadShards) {
  Random random(34);
  Mixture m = mixture(random, 60, 4, 3, 2.0);
  const Classes classes = classes_of(m.labels);
  const Matrix start = class_means(ViewReader(m.rows.view()), classes);
  const auto codes = [&](const std::function<void(const View&, const Reducer&)>& work) {
    std::vector<std::string> found;
    for (const auto& [code, text] : in_processes(2, [&](const Reducer& reducer) {
           work(m.rows.view().slice(30 * reducer.rank(), 30 * reducer.rank() + 30), reducer);
         })) {
      found.push_back(code);
    }
    return found;
  };
  using Codes = std::vector<std::string>;
  EXPECT_EQ(codes([&](const View& view, const Reducer& reducer) {
              const Matrix own = reducer.rank() == 0 ? start : Matrix(3, 9);
              (void)lloyd(ViewReader(view), own, {}, reducer);
            }),
            (Codes{"preindex.rank_failed", "preindex.width_changed"}));
  EXPECT_EQ(codes([&](const View& view, const Reducer& reducer) {
              (void)class_means(ViewReader(view), classes, 0, reducer);  // labels of both shards
            }),
            (Codes{"preindex.unpaired", "preindex.unpaired"}));
  EXPECT_EQ(codes([&](const View& view, const Reducer& reducer) {
              const View own(view.floats, view.rows, reducer.rank() == 0 ? 4 : 3, 4);
              (void)kmeans_plus_plus(ViewReader(own), 2, {}, reducer);
            }),
            (Codes{"preindex.rank_failed", "preindex.width_changed"}));
  EXPECT_EQ(codes([&](const View&, const Reducer& reducer) { (void)lloyd(ViewReader(View()), start, {}, reducer); }),
            (Codes{"preindex.empty", "preindex.empty"}));
  m.rows.row(45)[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(codes([&](const View& view, const Reducer& reducer) { (void)lloyd(ViewReader(view), start, {}, reducer); }),
            (Codes{"preindex.rank_failed", "preindex.nonfinite"}));
  EXPECT_EQ(codes([&](const View& view, const Reducer& reducer) {
              (void)kmeans_plus_plus(ViewReader(view), 3, {}, reducer);
            }),
            (Codes{"preindex.nonfinite", "preindex.nonfinite"}));
}

TEST(PreindexReducer, ClustersTheEmbeddingsOfAccumulatorsTogether) {
  Random random(35);
  const std::size_t n = 300;
  const Mixture clean = mixture(random, n, 12, 4, 1.0);
  Rows shifted = clean.rows;
  for (float& x : shifted.values) x += static_cast<float>(1.5 * random.normal());
  const auto fill = [&](Accumulator& a, std::size_t begin, std::size_t end) {
    const std::span labels(clean.labels.begin() + static_cast<std::ptrdiff_t>(begin), end - begin);
    if (begin == end) return;
    const View before = clean.rows.view().slice(begin, end);
    const View after = shifted.view().slice(begin, end);
    a.add_pairs(a.layer("conv", 12), before, after);
    a.add_embedding(Side::clean, before, labels);
    a.add_embedding(Side::shifted, after, labels);
    a.end_batch();
  };
  for (const Variant variant : {Variant::noise_2, Variant::clean, Variant::noise_1_kpp}) {
    Options options;
    options.ari = variant;
    Accumulator whole(options, 4);
    fill(whole, 0, n);
    const Result expected = whole.result();
    ASSERT_TRUE(expected.value);
    for (const std::vector<std::size_t>& bounds : {std::vector<std::size_t>{0, 120, n}, {0, 0, 7, n}}) {
      const auto thrown = in_processes(bounds.size() - 1, [&](const Reducer& reducer) {
        const std::size_t begin = bounds[reducer.rank()];
        const std::size_t end = bounds[reducer.rank() + 1];
        Accumulator shard(options, 4);
        shard.layer("conv", 12);
        fill(shard, begin, end);
        auto packed = shard.pack(whole.labels(), whole.widths());
        reducer.sum(packed.integers);
        for (double& x : packed.doubles) {  // sums of doubles by way of this process' own place
          std::vector<double> all(reducer.size(), -std::numeric_limits<double>::infinity());
          all[reducer.rank()] = x;
          reducer.max(all);
          x = std::accumulate(all.begin(), all.end(), 0.0);
        }
        shard.unpack(packed, whole.labels(), whole.widths());
        EXPECT_EQ(shard.result().value, std::nullopt);  // this shard alone has not all embeddings
        shard.cluster(reducer);
        const Result found = shard.result();
        EXPECT_EQ(found.value, expected.value);
        EXPECT_EQ(found.cluster->contingency, expected.cluster->contingency);
        EXPECT_EQ(found.cluster->labels.size(), end - begin);
        EXPECT_EQ(shard.embeddings().rows(), end - begin);
        fill(shard, 0, 20);  // what was clustered is not that of all any more
        EXPECT_EQ(shard.result().value, std::nullopt);
      });
      for (const auto& error : thrown) EXPECT_EQ(error, nothing);
    }
  }
}

TEST(PreindexReducer, DoesNotSeeTheOrderOfTheSamples) {
  Random random(36);
  for (const double offset : {0.0, 1e4}) {
    const Mixture m = mixture(random, 900, 20, 4, 2.0, offset);
    const Matrix start = class_means(ViewReader(m.rows.view()), classes_of(m.labels));
    const ClusterResult plain = lloyd(ViewReader(m.rows.view()), start);
    std::vector<std::size_t> order(900);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random.engine());
    Rows rows(900, 20);
    for (std::size_t i = 0; i < 900; ++i) std::copy_n(m.rows.row(order[i]), 20, rows.row(i));
    const ClusterResult other = lloyd(ViewReader(rows.view()), start);
    EXPECT_EQ(other.centres, plain.centres);
    EXPECT_EQ(other.inertia, plain.inertia);
    EXPECT_EQ(other.tol_abs, plain.tol_abs);
    for (std::size_t i = 0; i < 900; ++i) ASSERT_EQ(other.labels[i], plain.labels[order[i]]);
  }
}

}  // namespace
