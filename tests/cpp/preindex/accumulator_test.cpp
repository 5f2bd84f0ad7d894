// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "preindex/helpers.hpp"

namespace {

using namespace co2lib::preindex;
using co2lib::preindex::test::code_of;
using co2lib::preindex::test::Random;

constexpr std::size_t classes = 4;

/// Two kept layers and a narrow one, and embeddings.
struct Data {
  explicit Data(std::uint32_t seed, std::size_t n) : samples(n) {
    Random random(seed);
    for (const std::size_t width : {32U, 100U, 3U}) {
      clean.push_back({n, width});
      shifted.push_back({n, width});
      for (std::size_t i = 0; i < n * width; ++i) {
        clean.back().values[i] = static_cast<float>(random.normal());
        shifted.back().values[i] = clean.back().values[i] + static_cast<float>(0.3 * random.normal());
      }
    }
    for (std::size_t i = 0; i < n; ++i) labels.emplace_back(static_cast<std::int64_t>(i % classes));
  }

  std::size_t samples;
  std::vector<Rows> clean;
  std::vector<Rows> shifted;
  std::vector<Label> labels;
};

/// The rows of a view in another order.
Rows pick(const Rows& rows, std::span<const std::size_t> which) {
  Rows out(which.size(), rows.columns);
  for (std::size_t i = 0; i < which.size(); ++i) std::copy_n(rows.row(which[i]), rows.columns, out.row(i));
  return out;
}

void add(Accumulator& a, const Data& data, std::span<const std::size_t> which) {
  for (std::size_t l = 0; l < data.clean.size(); ++l) {
    const auto id = a.layer("layer" + std::to_string(l), data.clean[l].columns);
    // Both copies die before the batch ends.
    const Rows clean = pick(data.clean[l], which);
    const Rows shifted = pick(data.shifted[l], which);
    a.add_pairs(id, clean.view(), shifted.view());
  }
  std::vector<Label> labels;
  for (const std::size_t i : which) labels.push_back(data.labels[i]);
  a.add_embedding(Side::clean, pick(data.clean[1], which).view(), labels);
  a.add_embedding(Side::shifted, pick(data.shifted[1], which).view(), labels);
  a.end_batch();
}

std::vector<std::size_t> numbers(std::size_t n) {
  std::vector<std::size_t> out(n);
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

/// Counts and sums that must be equal bit for bit.
std::vector<std::int64_t> exact(const Accumulator& a) { return a.pack(a.labels()).integers; }

Options options(unsigned threads = 1) {
  Options o = Options::all();
  o.threads = threads;
  return o;
}

TEST(PreindexAccumulator, IsTheMeanOfTheDistances) {
  const Data data(1, 10);
  Accumulator a(options(), classes);
  add(a, data, numbers(10));
  const Result r = a.result();
  double sum = 0;
  for (std::size_t l = 0; l < 2; ++l) {
    for (std::size_t i = 0; i < 10; ++i) {
      sum += distances({data.clean[l].row(i), data.clean[l].columns}, {data.shifted[l].row(i), data.shifted[l].columns})
                 .values[0];
    }
  }
  EXPECT_NEAR(r.p, sum / 20, 1e-15);
  EXPECT_EQ(r.pairs, 10U);
  ASSERT_EQ(r.layers.size(), 3U);
  EXPECT_FALSE(r.layers[2].kept);
  EXPECT_EQ(r.label, "preindex(unscaled)");
  EXPECT_EQ(*r.value, r.p + *r.inv_ari);
  EXPECT_EQ(r.inv_ari, inv_ari(data.clean[1].view(), data.shifted[1].view(), data.labels).inv_ari);
}

TEST(PreindexAccumulator, DoesNotDependOnBatchesOrderOrThreads) {
  const Data data(2, 60);
  Accumulator whole(options(), classes);
  add(whole, data, numbers(60));
  Random random(3);
  for (const unsigned threads : {1U, 2U, 7U}) {
    for (int round = 0; round < 5; ++round) {
      auto order = numbers(60);
      std::shuffle(order.begin(), order.end(), random.engine());
      Accumulator a(options(threads), classes);
      for (std::size_t at = 0; at < 60;) {
        const std::size_t n = std::min<std::size_t>(60 - at, static_cast<std::size_t>(random.integer(1, 25)));
        add(a, data, std::span(order).subspan(at, n));
        at += n;
      }
      EXPECT_EQ(exact(a), exact(whole));
      EXPECT_EQ(a.result().all_p, whole.result().all_p);
      EXPECT_EQ(a.result().all_se, whole.result().all_se);
    }
  }
}

TEST(PreindexAccumulator, MergesShardsExactlyInAnyOrder) {
  const Data data(4, 50);
  Accumulator whole(options(), classes);
  add(whole, data, numbers(50));
  Random random(5);
  for (int round = 0; round < 20; ++round) {
    const int shards = random.integer(1, 17);
    std::vector<Accumulator> parts;
    for (int s = 0; s < shards; ++s) parts.emplace_back(options(), classes);
    auto order = numbers(50);
    std::shuffle(order.begin(), order.end(), random.engine());
    for (const std::size_t i : order) {
      add(parts[static_cast<std::size_t>(random.integer(0, shards - 1))], data, std::span(&i, 1));
    }
    std::shuffle(parts.begin(), parts.end(), random.engine());
    // Empty shards among them; every other round through the state as text.
    Accumulator total(options(), classes);
    for (const Accumulator& part : parts) {
      if (round % 2 == 0) {
        total.merge(part);
      } else {
        total.merge(Accumulator::from_json(part.to_json()));
      }
    }
    EXPECT_EQ(exact(total), exact(whole));
    EXPECT_EQ(total.result().p, whole.result().p);
    const auto sums = total.pack(total.labels()).doubles;
    const auto expected = whole.pack(whole.labels()).doubles;
    ASSERT_EQ(sums.size(), expected.size());
    for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], expected[i], 1e-12 * 50);
  }
}

TEST(PreindexAccumulator, AddsUpAsPackedIntegers) {
  const Data data(6, 30);
  Accumulator whole(options(), classes);
  add(whole, data, numbers(30));
  Accumulator a(options(), classes);
  Accumulator b(options(), classes);
  add(a, data, std::span<const std::size_t>(numbers(30)).subspan(0, 11));
  const auto all = numbers(30);
  add(b, data, std::span(all).subspan(11));
  auto sum = a.pack(a.labels());
  const auto more = b.pack(a.labels());
  for (std::size_t i = 0; i < sum.integers.size(); ++i) sum.integers[i] += more.integers[i];
  for (std::size_t i = 0; i < sum.doubles.size(); ++i) sum.doubles[i] += more.doubles[i];
  b.unpack(sum, a.labels());
  EXPECT_EQ(b.result().all_p, whole.result().all_p);
  EXPECT_EQ(b.result().all_se, whole.result().all_se);
  EXPECT_EQ(b.pairs(), 30U);
  sum.integers.pop_back();
  EXPECT_EQ(code_of([&] { return (b.unpack(sum, a.labels()), 0); }), "preindex.config_mismatch");
}

TEST(PreindexAccumulator, ReadsItsOwnState) {
  const Data data(7, 12);
  Accumulator a({.nonfinite = NonFinite::skip_pair, .s = 0.25}, classes);
  add(a, data, numbers(12));
  a.add_resque(Side::clean, data.clean[0].view(), data.labels);
  a.add_resque(Side::shifted, data.shifted[0].view(), data.labels);
  const std::string text = a.to_json();
  const Accumulator b = Accumulator::from_json(text);
  EXPECT_EQ(b.to_json(), text);
  EXPECT_EQ(b.config_hash(), a.config_hash());
  EXPECT_EQ(b.result().p, a.result().p);
  EXPECT_FALSE(b.result().value);  // the embeddings are not part of the state
  EXPECT_EQ(b.resque().index, a.resque().index);
  EXPECT_EQ(a.resque().index,
            resque_shift(data.clean[0].view(), data.labels, data.shifted[0].view(), data.labels).index);
  std::string newer = text;
  newer.replace(newer.find("accumulator/1"), 13, "accumulator/2");
  EXPECT_EQ(code_of([&] { return Accumulator::from_json(newer); }), "preindex.bad_state");
  EXPECT_EQ(code_of([&] { return Accumulator::from_json("{"); }), "preindex.bad_state");
  EXPECT_EQ(code_of([&] { return Accumulator::from_json(text.substr(0, text.size() / 2)); }), "preindex.bad_state");
  EXPECT_EQ(code_of([&] { return Accumulator::from_json("{}"); }), "preindex.bad_state");
}

TEST(PreindexAccumulator, RefusesShardsOfOtherOptions) {
  Accumulator a({}, classes);
  EXPECT_EQ(code_of([&] { return (a.merge(Accumulator({.weights = Weights::count}, classes)), 0); }),
            "preindex.config_mismatch");
  EXPECT_EQ(code_of([&] { return (a.merge(Accumulator({}, classes + 1)), 0); }), "preindex.config_mismatch");
  try {
    a.merge(Accumulator({.s = 1}, classes));
    FAIL();
  } catch (const co2lib::Error& error) {
    EXPECT_EQ(std::get<std::vector<std::string>>(error.details().at("keys")), std::vector<std::string>{"s"});
  }
}

TEST(PreindexAccumulator, MeansRepeatedCallsOrSumsThem) {
  const Data data(8, 5);
  const auto p = [&](RepeatedCalls calls, int times) {
    Accumulator a({.repeated_calls = calls}, classes);
    const auto id = a.layer("x", 32);
    for (int i = 0; i < times; ++i) a.add_pairs(id, data.clean[0].view(), data.shifted[0].view());
    a.end_batch();
    return a.result().p;
  };
  EXPECT_EQ(p(RepeatedCalls::mean, 2), p(RepeatedCalls::mean, 1));
  EXPECT_EQ(p(RepeatedCalls::sum, 2), 2 * p(RepeatedCalls::sum, 1));
}

TEST(PreindexAccumulator, DropsPairsThatAreNotFiniteFromEverything) {
  Data data(9, 8);
  Accumulator without({.nonfinite = NonFinite::skip_pair}, classes);
  const std::vector<std::size_t> good{0, 1, 2, 4, 5, 7};
  add(without, data, good);
  data.clean[0].row(3)[5] = std::numeric_limits<float>::quiet_NaN();
  data.shifted[1].row(6)[0] = std::numeric_limits<float>::infinity();
  Accumulator with({.nonfinite = NonFinite::skip_pair}, classes);
  add(with, data, numbers(8));
  EXPECT_EQ(with.result().p, without.result().p);
  EXPECT_EQ(with.result().inv_ari, without.result().inv_ari);
  EXPECT_EQ(with.pack(with.labels()).doubles, without.pack(without.labels()).doubles);
  EXPECT_EQ(with.result().skipped, 2U);
  EXPECT_EQ(with.result().pairs, 6U);

  Accumulator strict({}, classes);
  try {
    add(strict, data, numbers(8));
    FAIL();
  } catch (const co2lib::Error& error) {
    EXPECT_EQ(error.code(), "preindex.nonfinite");
    EXPECT_NE(std::string(error.what()).find("layer0, clean side, sample 3"), std::string::npos) << error.what();
  }
  // The batch is gone as a whole; the next one counts.
  EXPECT_EQ(strict.pairs(), 0U);
  add(strict, data, good);
  EXPECT_EQ(strict.result().p, without.result().p);
}

TEST(PreindexAccumulator, KeepsTheLayersThatItIsToldTo) {
  const Data data(10, 4);
  const auto kept = [&](Options o) {
    Accumulator a(std::move(o), classes);
    add(a, data, numbers(4));
    std::string names;
    for (const LayerResult& layer : a.result().layers) names += layer.kept ? layer.name.substr(5) : "";
    return names;
  };
  EXPECT_EQ(kept({}), "01");
  EXPECT_EQ(kept({.include = {"layer2"}}), "2");
  EXPECT_EQ(kept({.exclude = {"layer0"}}), "1");
  EXPECT_EQ(code_of([&] { return kept({.include = {"layer9"}}); }), "preindex.unknown_layer");
  EXPECT_EQ(code_of([&] { return kept({.exclude = {"layer0", "layer1"}}); }), "preindex.no_layer");
  EXPECT_TRUE(is_kept("ab", 5, 4, {.skip_short_names = true}));
  EXPECT_FALSE(is_kept("a", 5, 4, {.skip_short_names = true}));
  EXPECT_FALSE(is_kept("ab", 4, 4, {}));
}

TEST(PreindexAccumulator, ChoosesTheLastKeptConvolution) {
  const std::vector<Layer> layers{{"a", 8, true}, {"b", 8, true}, {"c", 8, true}, {"d", 2, false}};
  EXPECT_EQ(default_embedding(layers, {true, true, false, true}, Mode::cnn), "b");
  EXPECT_EQ(default_embedding(layers, {false, false, false, true}, Mode::cnn), "c");
  EXPECT_EQ(default_embedding(layers, {true, true, false, true}, Mode::vit), "c");
  EXPECT_EQ(code_of([] { return default_embedding({}, {}, Mode::cnn); }), "preindex.no_layer");
}

TEST(PreindexAccumulator, RefusesWhatIsNotPaired) {
  const Data data(11, 6);
  const auto fresh = [] { return Accumulator({}, classes); };
  const View clean = data.clean[0].view();
  const View shifted = data.shifted[0].view();
  {
    Accumulator a = fresh();
    const auto id = a.layer("x", 32);
    EXPECT_EQ(code_of([&] { return (a.add_pairs(id, clean, shifted.slice(0, 5)), 0); }), "preindex.unpaired");
    EXPECT_EQ(code_of([&] { return a.layer("x", 31); }), "preindex.width_changed");
    EXPECT_EQ(code_of([&] { return (a.add_pairs(7, clean, shifted), 0); }), "preindex.bad_option");
    EXPECT_EQ(code_of([&] { return (a.add_pairs(id, data.clean[1].view(), data.shifted[1].view()), 0); }),
              "preindex.width_changed");
  }
  {
    Accumulator a = fresh();
    a.add_pairs(a.layer("x", 32), clean, shifted);
    a.add_pairs(a.layer("y", 32), clean.slice(0, 3), shifted.slice(0, 3));
    EXPECT_EQ(code_of([&] { return (a.end_batch(), 0); }), "preindex.unpaired");
  }
  {
    Accumulator a = fresh();
    a.add_embedding(Side::clean, clean, data.labels);
    auto other = data.labels;
    other[4] = std::int64_t{99};
    a.add_embedding(Side::shifted, shifted, other);
    try {
      a.end_batch();
      FAIL();
    } catch (const co2lib::Error& error) {
      EXPECT_EQ(error.code(), "preindex.unpaired");
      EXPECT_EQ(std::get<std::int64_t>(error.details().at("pair")), 4);
    }
  }
  {
    Accumulator a = fresh();
    a.add_pairs(a.layer("x", 32), clean, shifted);
    a.end_batch();
    a.add_pairs(a.layer("x", 32), clean, shifted);
    a.add_pairs(a.layer("late", 32), clean, shifted);
    EXPECT_EQ(code_of([&] { return (a.end_batch(), 0); }), "preindex.unpaired");
  }
  EXPECT_EQ(code_of([&] { return fresh().result(); }), "preindex.empty");
  EXPECT_EQ(code_of([&] { return Accumulator({}, 0); }), "preindex.bad_option");
  EXPECT_EQ(code_of([&] { return Accumulator({.s = -1}, 3); }), "preindex.bad_option");
}

TEST(PreindexAccumulator, SaysWhatIsNotAvailable) {
  const Data data(12, 1);
  Accumulator a({}, classes);
  a.add_pairs(a.layer("x", 32), data.clean[0].view(), data.shifted[0].view());
  a.end_batch();
  EXPECT_FALSE(a.result().se);
  EXPECT_FALSE(a.result().value);
  EXPECT_NE(a.result().to_json().find("\"se\":null"), std::string::npos);
}

TEST(PreindexAccumulator, CarriesNanThroughMergeOnlyWhereItIsAsked) {
  Rows constant(2, 20);
  std::fill(constant.values.begin(), constant.values.end(), 1e6F);
  const Data data(13, 2);
  const Rows wide = pick(data.clean[0], numbers(2));
  const auto run = [&](Degenerate d) {
    Accumulator a({.bins = {64, 16}, .degenerate = d}, classes);
    a.add_pairs(a.layer("x", 20), constant.view(), View(wide.values.data(), 2, 20, 32));
    a.end_batch();
    return a;
  };
  Accumulator nan = run(Degenerate::nan);
  const Result r = Accumulator::from_json(nan.to_json()).result();
  EXPECT_TRUE(std::isnan(r.all_p[0]));
  EXPECT_FALSE(std::isnan(r.all_p[1]));  // decided for each number of bins
  EXPECT_EQ(r.layers[0].zero_width, (std::vector<std::int64_t>{2, 0}));
  EXPECT_TRUE(std::isfinite(run(Degenerate::count).result().p));
  EXPECT_EQ(code_of([&] { return run(Degenerate::error); }), "preindex.zero_width");
}

TEST(PreindexFixedSum, RoundsHalfToEvenToUnitsOfTwoToTheMinus64) {
  const auto units = [](double x) {
    FixedSum sum;
    sum += x;
    return static_cast<std::int64_t>(sum.units());
  };
  EXPECT_EQ(units(0x1p-64), 1);
  EXPECT_EQ(units(-0x1p-64), -1);
  EXPECT_EQ(units(0x1p-65), 0);
  EXPECT_EQ(units(0x1.8p-64), 2);
  EXPECT_EQ(units(0x1.4p-63), 2);
  EXPECT_EQ(units(0x1.cp-63), 4);
  EXPECT_EQ(units(0x1.8p-65), 1);
  EXPECT_EQ(units(1e-300), 0);
  EXPECT_EQ(units(5e-324), 0);
  FixedSum sum;
  for (int i = 0; i < 10; ++i) sum += 0.1;
  sum += -1000.25;
  EXPECT_NEAR(sum.value()[0], -999.25, 1e-12);
  EXPECT_EQ(FixedSum::from_limbs(sum.limbs(), false), sum);
}

TEST(PreindexAccumulator, HasOneHashForOneIndex) {
  Random random(21);
  const auto clean = test::mixture(random, 24, 12, 3, 0.5);
  const auto shifted = test::mixture(random, 24, 12, 3, 1.0);
  const auto result = [&](const Options& options, std::size_t labels = 3) {
    Accumulator a(options, labels);
    a.add_pairs(a.layer("a", 12), clean.rows.view(), shifted.rows.view());
    a.add_embedding(Side::clean, clean.rows.view(), clean.labels);
    a.add_embedding(Side::shifted, shifted.rows.view(), clean.labels);
    a.end_batch();
    return a.result();
  };
  const Result one = result({});
  for (const Options& same : {Options::all(), Options{.include = {"a"}}, Options{.nonfinite = NonFinite::skip_pair}}) {
    EXPECT_EQ(result(same).config_hash, one.config_hash);
    EXPECT_EQ(result(same).value, one.value);
  }
  EXPECT_EQ(result({}, 5).config_hash, one.config_hash);
  EXPECT_EQ(result({}, 5).issues.front().code, "unscaled");
  EXPECT_EQ(result({}, 5).issues.back().code, "classes");
  for (const Options& other : {Options{.bins = {32}}, Options{.distances = {Distance::kl}}, Options{.s = 1}}) {
    EXPECT_NE(result(other).config_hash, one.config_hash);
  }
}

TEST(PreindexAccumulator, TakesItsEmbeddingsBack) {
  Random random(22);
  const auto m = test::mixture(random, 30, 8, 3, 0.5);
  Accumulator a({.store = Store::file, .threads = 2}, 3);
  a.add_pairs(a.layer("a", 8), m.rows.view(), m.rows.view());
  a.add_embedding(Side::clean, m.rows.view(), m.labels);
  EXPECT_EQ(code_of([&] { return a.to_json(); }), "preindex.bad_state");
  a.add_embedding(Side::shifted, m.rows.view(), m.labels);
  a.end_batch();
  Accumulator again = Accumulator::from_json(a.to_json());
  EXPECT_EQ(again.options().store, Store::file);
  EXPECT_EQ(again.options().threads, 2U);
  EXPECT_FALSE(again.result().value);
  EXPECT_EQ(again.result().issues.back().code, "no_index");
  again.restore_embeddings(m.rows.view(), m.labels);
  EXPECT_EQ(again.result().to_json(), a.result().to_json());
  EXPECT_EQ(code_of([&] { return again.restore_embeddings(m.rows.view(), m.labels), 0; }), "preindex.bad_state");
}

TEST(PreindexAccumulator, IsUsedByOneThreadAtATime) {
  Random random(23);
  Rows rows(2000, 400);
  for (float& x : rows.values) x = static_cast<float>(random.normal());
  Accumulator a(Options::all(), 3);
  const auto layer = a.layer("a", 400);
  std::atomic<bool> begun = false;
  std::thread other([&] {
    begun = true;
    // The one that comes second is told, whichever thread that is.
    while (code_of([&] { return a.add_pairs(layer, rows.view(), rows.view()), 0; }) == "preindex.in_use") continue;
  });
  std::string code = "no error";
  while (!begun) std::this_thread::yield();
  for (int i = 0; i < 100000 && code == "no error"; ++i) {
    code = code_of([&] { return a.layer("a", 400); });
  }
  other.join();
  EXPECT_EQ(code, "preindex.in_use");
  EXPECT_EQ(code_of([&] { return a.layer("a", 400); }), "no error");
}

}  // namespace
