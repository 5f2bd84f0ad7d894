// SPDX-License-Identifier: MIT
// Clustering: the centres to start from, and how well the clusters agree with the labels.
#include <co2lib/preindex/cluster.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <co2lib/random.hpp>

#include "parallel.hpp"
#include "rows.hpp"
#include "sums.hpp"
#include "together.hpp"

namespace co2lib::preindex {

namespace {

void require_labels(const EmbeddingReader& data, const Classes& classes) {
  if (classes.index.size() == data.rows()) return;
  throw Error("preindex.unpaired",
              fmt::format("{} embeddings and {} labels; give one per row", data.rows(), classes.index.size()));
}

}  // namespace

Matrix class_means(const EmbeddingReader& data, const Classes& classes, unsigned threads, const Reducer& reducer) {
  const Together processes(reducer);
  processes.all([&] { require_labels(data, classes); });
  const std::size_t width = width_of(data, processes);
  const Shards shards(data, width, processes);
  const Blocks blocks(data, threads);
  const Grid grid(data, blocks, width, processes);
  Sums sums(classes.count(), width);
  processes.all([&] {
    std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
    std::vector<BlockSums> parts(blocks.threads, BlockSums(classes.count(), width));
    for_parts(
        blocks.count, blocks.threads,
        [&](std::size_t b, unsigned worker) {
          BlockSums& part = parts[worker];
          part.clear();
          const std::size_t begin = blocks.begin(b);
          const View rows = readers[worker].block(begin, blocks.end(b));
          for (std::size_t i = 0; i < rows.rows; ++i) part.move(rows.row(i).data(), -1, classes.index[begin + i]);
          part.sum(grid);
        },
        [&](unsigned worker) { parts[worker].add_to(sums, grid); });
  });
  processes.sum(sums.integers());
  Matrix means(classes.count(), width);
  for (std::size_t c = 0; c < classes.count(); ++c) {
    const auto n = static_cast<double>(sums.count(c));
    for (std::size_t j = 0; j < width; ++j) {
      means.row(c)[j] = grid.middle()[j] + sums.units(c, j) * grid.unit()[j] / n;
    }
  }
  return means;
}

Matrix kmeans_plus_plus(const EmbeddingReader& data, std::size_t k, const LloydOptions& options,
                        const Reducer& reducer) {
  const Together processes(reducer);
  const std::size_t width = width_of(data, processes);
  const Shards shards(data, width, processes);
  const std::size_t n = shards.rows;
  if (k == 0 || k > n) throw detail::bad_option("k", std::to_string(k), "1 to the number of samples");
  const Blocks blocks(data, options.threads);
  std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
  Matrix centres(k, width);
  std::vector<double> nearest(data.rows(), std::numeric_limits<double>::max());
  std::size_t chosen = std::min(
      n - 1, static_cast<std::size_t>(random::draw(options.seed, 0, "preindex.kmeans++") * static_cast<double>(n)));
  for (std::size_t c = 0;; ++c) {
    const std::vector<float> row = row_of(data, chosen, width, shards, processes);
    for (std::size_t j = 0; j < width; ++j) centres.row(c)[j] = static_cast<double>(row[j]);
    if (c + 1 == k) return centres;
    processes.all([&] {
      for_parts(blocks.count, blocks.threads, [&](std::size_t b, unsigned worker) {
        const std::size_t begin = blocks.begin(b);
        const View rows = readers[worker].block(begin, blocks.end(b));
        for (std::size_t i = 0; i < rows.rows; ++i) {
          const float* x = rows.row(i).data();
          const double* centre = centres.row(c);
          const double d = sum_of(width, [&](std::size_t j) {
            const double e = static_cast<double>(x[j]) - centre[j];
            return e * e;
          });
          nearest[begin + i] = std::min(nearest[begin + i], d);
        }
      });
    });
    const Portions portions(nearest, processes, "embeddings");
    const std::array<std::int64_t, 2> own = limbs_of(portions.sum(nearest));
    const std::vector<std::int64_t> limbs = processes.gather(own);
    Int128 total = 0;
    Int128 before = 0;
    for (std::size_t r = 0; r < processes.size(); ++r) {
      const Int128 part = from_limbs(limbs[2 * r], limbs[2 * r + 1]);
      total += part;
      if (r < processes.rank()) before += part;
    }
    // A sample with the probability of its squared distance; the next one in turn if all are centres already.
    chosen = (c + 1) % n;
    if (total == 0) continue;
    const double drawn = random::draw(options.seed, c + 1, "preindex.kmeans++") * static_cast<double>(total);
    const Int128 at = std::min(static_cast<Int128>(drawn), total - 1);
    std::int64_t found = 0;  // its number, from the process that has it
    Int128 passed = before;
    for (std::size_t i = 0; i < nearest.size() && passed <= at; ++i) {
      passed += portions.of(nearest[i]);
      if (passed > at) found = static_cast<std::int64_t>(shards.before + i);
    }
    processes.sum({&found, 1});
    chosen = static_cast<std::size_t>(found);
  }
}

ClusterResult cluster(const EmbeddingReader& data, const Classes& classes, const Matrix& centres,
                      const LloydOptions& options, const Reducer& reducer) {
  const Together processes(reducer);
  processes.all([&] { require_labels(data, classes); });
  ClusterResult result = lloyd(data, centres, options, reducer);
  result.classes = classes.labels;
  result.contingency = Contingency(classes.count(), centres.rows);
  for (std::size_t i = 0; i < data.rows(); ++i) {
    ++result.contingency.row(static_cast<std::size_t>(classes.index[i]))[result.labels[i]];
  }
  processes.sum(result.contingency.values);
  const auto rows = static_cast<std::size_t>(
      std::accumulate(result.contingency.values.begin(), result.contingency.values.end(), std::int64_t{0}));
  result.ari = adjusted_rand(result.contingency);
  result.inv_ari = 1.0 - *result.ari;
  if (classes.count() == 1 || classes.count() == rows) {
    result.issues.push_back({"trivial_clustering", "inv_ari",
                             classes.count() == 1 ? "there is one class only: inv_ari says nothing"
                                                  : "every sample is a class of its own: inv_ari is 0 or 1"});
  }
  return result;
}

ClusterResult inv_ari(const View& clean, const View& shifted, std::span<const Label> labels, Variant variant,
                      const LloydOptions& options) {
  if (clean.rows != shifted.rows || clean.columns != shifted.columns) {
    throw Error("preindex.unpaired", fmt::format("clean embeddings of {} x {} and shifted ones of {} x {}", clean.rows,
                                                 clean.columns, shifted.rows, shifted.columns));
  }
  const Classes classes = classes_of(labels);
  const ViewReader before(clean);
  const ViewReader after(shifted);
  const bool own_data = variant == Variant::clean || variant == Variant::clean_kpp;
  const EmbeddingReader& data = own_data ? before : after;
  switch (variant) {
    case Variant::clean:
    case Variant::noise_2:
      return cluster(data, classes, class_means(before, classes, options.threads), options);
    case Variant::noise_1:
      return cluster(data, classes, class_means(after, classes, options.threads), options);
    case Variant::clean_kpp:
    case Variant::noise_1_kpp:
      break;
  }
  return cluster(data, classes, kmeans_plus_plus(data, classes.count(), options), options);
}

}  // namespace co2lib::preindex
