// SPDX-License-Identifier: MIT
// Lloyd's algorithm with the rules of scikit-learn (docs/preindex.md, "The index"), such that labels depend neither on
// the processor nor on the number of threads or processes.
//
// 1. Rows and centres are taken relative to the mean of the data, as float32, so that products are of small numbers.
// 2. The nearest centre has the least |c|^2 - 2 x.c. The products x.c are made in float32 with the vectors of the
//    processor, by chunks of columns that are summed in double (`ProductArgs`).
// 3. Such a product is off by (n + 6) 2^-24 |x| |c| at most. Centres that this bound cannot tell apart are compared
//    again in double, in a fixed order, and ties go to the lowest. So kernels may differ in their last bits, and labels
//    do not (`nearest`).
// 4. New centres are exact sums over rows, divided once: each value is rounded to a grid of its feature's range, and
//    what is added are integers (`Grid`, `Sums`).
// 5. Only rows that change their cluster are moved from one sum to the other, so that each iteration reads the data
// once.
// 6. A cluster without rows takes the sample that is farthest from its centre; equal distances go by the sample's
// number.
// 7. It ends when no label changes, or when the centres move by less than the tolerance times the mean variance; then
//    the labels are made once more for the last centres.
// 8. Rows may be spread over processes. Labels stay where the rows are; ranges, sums and candidates are reduced, and
//    work that may fail goes through `Together`, so that no process waits for one that has given up.
#include <co2lib/preindex/cluster.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "parallel.hpp"
#include "products.hpp"
#include "rows.hpp"
#include "sums.hpp"
#include "together.hpp"

namespace co2lib::preindex {

namespace {

/// One run of the algorithm; rows and centres relative to the mean of the data.
class Run {
 public:
  Run(const EmbeddingReader& data, const Matrix& centres, const LloydOptions& options, const Together& processes)
      : data_(data),
        processes_(processes),
        shards_(data, centres.columns, processes),
        blocks_(data, options.threads),
        width_(centres.columns),
        k_(centres.rows),
        grid_(data, blocks_, width_, processes),
        moments_(moments_of(data, blocks_, grid_, shards_.rows, processes)),
        centres_(centres),
        labels_(data.rows(), -1),
        norms_(data.rows(), -1.0F),
        own_sums_(centres.rows, width_),
        sums_(processes.alone() ? 0 : centres.rows, width_) {
    for (std::size_t k = 0; k < k_; ++k) {
      for (std::size_t j = 0; j < width_; ++j) centres_.row(k)[j] -= mean(j);
    }
    workers_.reserve(blocks_.threads);
    for (unsigned t = 0; t < blocks_.threads; ++t) workers_.emplace_back(data, k_, width_);
  }

  ClusterResult run(const LloydOptions& options) {
    ClusterResult result;
    result.tol_abs = options.tolerance * moments_.variance;
    result.stop = Stop::max_iter;
    for (int iteration = 1; iteration <= options.max_iterations; ++iteration) {
      result.iterations = iteration;
      const std::int64_t changed = assign(true);
      Matrix next = means();
      double shift = 0;
      for (std::size_t i = 0; i < next.values.size(); ++i) {
        const double d = next.values[i] - centres_.values[i];
        shift += d * d;
      }
      centres_ = std::move(next);
      if (iteration > 1 && changed == 0) {
        result.stop = Stop::strict;
        break;
      }
      if (shift <= result.tol_abs) {
        result.stop = Stop::tol;
        break;
      }
    }
    if (result.stop != Stop::strict) assign(false);
    const std::vector<double> distances = own_distances();
    const Portions portions(distances, processes_, "the distances to the centres");
    std::array<std::int64_t, 2> limbs = limbs_of(portions.sum(distances));
    processes_.sum(limbs);
    result.inertia = portions.value(from_limbs(limbs[0], limbs[1]));
    for (std::size_t k = 0; k < k_; ++k) {
      for (std::size_t j = 0; j < width_; ++j) centres_.row(k)[j] += mean(j);
    }
    result.labels = std::move(labels_);
    result.centres = std::move(centres_);
    return result;
  }

 private:
  /// What a thread needs for a block.
  struct Worker {
    Worker(const EmbeddingReader& data, std::size_t k, std::size_t width)
        : reader(data), scores(block_rows * k), sums(k, width) {}

    BlockReader reader;
    std::vector<double> scores;
    BlockSums sums;
    std::int64_t changed = 0;
  };

  [[nodiscard]] double mean(std::size_t j) const { return static_cast<double>(moments_.mean[j]); }

  /// Step 1 and, with `sum`, the sums of step 2. Returns how many labels changed, in all processes.
  std::int64_t assign(bool sum) {
    centre_floats_.assign(k_ * padded_columns(width_), 0.0F);
    for (std::size_t from = 0; from < width_; from += chunk_columns) {  // all centres of a chunk side by side
      const std::size_t n = std::min(chunk_columns, width_ - from);
      for (std::size_t k = 0; k < k_; ++k) {
        std::transform(centres_.row(k) + from, centres_.row(k) + from + n,
                       centre_floats_.begin() + static_cast<std::ptrdiff_t>(from * k_ + k * padded_columns(n)),
                       [](double x) { return static_cast<float>(x); });
      }
    }
    centre_squares_.resize(k_);
    for (std::size_t k = 0; k < k_; ++k) {
      const double* c = centres_.row(k);
      centre_squares_[k] = sum_of(width_, [&](std::size_t j) { return c[j] * c[j]; });
    }
    const std::int64_t changed = processes_.all([&] {
      std::int64_t own = 0;
      for_parts(
          blocks_.count, blocks_.threads, [&](std::size_t b, unsigned worker) { block(b, workers_[worker], sum); },
          [&](unsigned worker) {
            own += workers_[worker].changed;
            if (sum) workers_[worker].sums.add_to(own_sums_, grid_);
          });
      return own;
    });
    if (!processes_.alone() && sum) {
      sums_ = own_sums_;
      processes_.sum(sums_.integers());
    }
    return changed;
  }

  void block(std::size_t b, Worker& w, bool sum) {
    const std::size_t begin = blocks_.begin(b);
    const View rows = w.reader.block(begin, blocks_.end(b));
    score(rows, begin, w);
    w.sums.clear();
    w.changed = 0;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      const float* x = rows.row(i).data();
      const std::int32_t label = nearest(x, w.scores.data() + i * k_, norms_[begin + i]);
      std::int32_t& own = labels_[begin + i];
      if (label == own) continue;
      // Only rows that move change the sums: later iterations read the data once.
      if (sum) w.sums.move(x, own, label);
      own = label;
      ++w.changed;
    }
    if (sum) w.sums.sum(grid_);
  }

  /// x.c for every row of the block and every centre, in float32 by chunks of columns, summed in double.
  void score(const View& rows, std::size_t begin, Worker& w) {
    const bool first = norms_[begin] < 0;
    std::fill_n(w.scores.begin(), rows.rows * k_, 0.0);
    const float* m = moments_.mean.data();
    // Few rows at a time: memory gives rows faster than columns. Not fewer than centres, which are read for each
    // strip.
    const std::size_t strip = std::clamp<std::size_t>(k_, 8, block_rows);
    for (std::size_t i = 0; i < rows.rows; i += strip) {
      const std::size_t count = std::min(strip, rows.rows - i);
      for (std::size_t from = 0; from < width_; from += chunk_columns) {
        products_({.rows = rows.row(i).data() + from,
                   .count = count,
                   .stride = rows.row_stride,
                   .mean = m + from,
                   .columns = std::min(chunk_columns, width_ - from),
                   .centres = centre_floats_.data() + from * k_,
                   .k = k_,
                   .scores = w.scores.data() + i * k_});
      }
    }
    if (!first) return;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      const float* x = rows.row(i).data();
      const double square = sum_of(width_, [&](std::size_t j) {
        const auto v = static_cast<double>(x[j] - m[j]);
        return v * v;
      });
      norms_[begin + i] = std::nextafter(static_cast<float>(std::sqrt(square)), HUGE_VALF);
    }
  }

  /// The cluster of a row: argmin |c|^2 - 2 x.c, ties to the lowest; decided in double where float32 cannot tell.
  [[nodiscard]] int nearest(const float* x, double* scores, float norm) const {
    // |float32 sum of n products - truth| <= (n + 2) u |x| |c|, for each of rounding x, c and adding; u = 2^-24.
    const double unit = (static_cast<double>(std::min(width_, chunk_columns)) + 6.0) * 0x1.02p-24;
    const auto size = static_cast<double>(norm);
    // Far from 1 float32 products may over- or underflow: then everything is decided in double.
    const bool trusted = size > 1e-15 && size < 1e15;
    double limit = std::numeric_limits<double>::infinity();
    int best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < k_; ++k) {
      scores[k] = centre_squares_[k] - 2.0 * scores[k];
      const double bound = 2.0 * unit * size * std::sqrt(centre_squares_[k]) + 1e-25;
      limit = std::min(limit, scores[k] + bound);
      if (scores[k] < least) {
        least = scores[k];
        best = static_cast<int>(k);
      }
    }
    int candidates = 0;
    for (std::size_t k = 0; k < k_; ++k) {
      const double bound = 2.0 * unit * size * std::sqrt(centre_squares_[k]) + 1e-25;
      if (scores[k] - bound <= limit) ++candidates;
    }
    if (trusted && candidates == 1) return best;
    least = std::numeric_limits<double>::infinity();
    best = 0;
    for (std::size_t k = 0; k < k_; ++k) {
      const double bound = 2.0 * unit * size * std::sqrt(centre_squares_[k]) + 1e-25;
      if (trusted && scores[k] - bound > limit) continue;
      const double* c = centres_.row(k);
      const float* m = moments_.mean.data();
      const double exact = centre_squares_[k] - 2.0 * sum_of(width_, [&](std::size_t j) {
                                                  return (static_cast<double>(x[j]) - static_cast<double>(m[j])) * c[j];
                                                });
      if (exact < least) {
        least = exact;
        best = static_cast<int>(k);
      }
    }
    return best;
  }

  /// The new centres (steps 2): empty clusters take the samples farthest from their centre.
  [[nodiscard]] Matrix means() {
    const Sums* sums = processes_.alone() ? &own_sums_ : &sums_;
    std::optional<Sums> moved;
    std::vector<std::size_t> empty;
    for (std::size_t k = 0; k < k_; ++k) {
      if (sums->count(k) == 0) empty.push_back(k);
    }
    if (!empty.empty()) {
      const std::vector<Far> farthest = farthest_of(empty.size());
      if (farthest.front().distance > 0) {
        moved = *sums;
        std::vector<double> part(width_);
        for (std::size_t e = 0; e < farthest.size(); ++e) {
          const auto from = static_cast<std::size_t>(farthest[e].label);
          std::fill(part.begin(), part.end(), 0.0);
          grid_.add<1>(part.data(), farthest[e].row.data(), 0, width_);
          moved->add(empty[e], part.data(), grid_.per_unit());
          for (double& x : part) x = -x;
          moved->add(from, part.data(), grid_.per_unit());
          --moved->count(from);
          moved->count(empty[e]) = 1;
        }
        sums = &*moved;
      }
    }
    Matrix next(k_, width_);
    std::size_t biggest = 0;
    for (std::size_t k = 1; k < k_; ++k) {
      if (sums->count(k) > sums->count(biggest)) biggest = k;
    }
    for (std::size_t k = 0; k < k_; ++k) {
      const std::size_t source = sums->count(k) > 0 ? k : biggest;
      const auto n = static_cast<double>(sums->count(source));
      double* out = next.row(k);
      for (std::size_t j = 0; j < width_; ++j) {
        out[j] = sums->units(source, j) * grid_.unit()[j] / n + (grid_.middle()[j] - mean(j));
      }
    }
    return next;
  }

  /// A sample that is far from its centre.
  struct Far {
    double distance;
    std::int64_t sample;  // of all processes
    std::int64_t label;
    std::vector<float> row;
  };

  /// The samples of all processes that are farthest from their centre, at most `wanted`.
  [[nodiscard]] std::vector<Far> farthest_of(std::size_t wanted) {
    const std::vector<double> distances = own_distances();
    wanted = std::min(wanted, shards_.rows);
    std::vector<Far> all;
    {
      std::vector<std::size_t> order(distances.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      const std::size_t own = std::min(wanted, order.size());
      std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(own), order.end(),
                        [&](std::size_t a, std::size_t b) {
                          return distances[a] != distances[b] ? distances[a] > distances[b] : a < b;
                        });
      // The candidates of each process: distance (its bits), sample, label; none is -1.
      std::vector<std::int64_t> candidates(3 * wanted, -1);
      for (std::size_t c = 0; c < own; ++c) {
        candidates[3 * c] = std::bit_cast<std::int64_t>(distances[order[c]]);
        candidates[3 * c + 1] = static_cast<std::int64_t>(shards_.before + order[c]);
        candidates[3 * c + 2] = labels_[order[c]];
      }
      candidates = processes_.gather(candidates);
      for (std::size_t c = 0; c < candidates.size(); c += 3) {
        if (candidates[c + 1] < 0) continue;
        all.push_back({std::bit_cast<double>(candidates[c]), candidates[c + 1], candidates[c + 2], {}});
      }
    }
    std::sort(all.begin(), all.end(), [](const Far& a, const Far& b) {
      return a.distance != b.distance ? a.distance > b.distance : a.sample < b.sample;
    });
    all.resize(wanted);
    for (Far& far : all) far.row = row_of(data_, static_cast<std::size_t>(far.sample), width_, shards_, processes_);
    return all;
  }

  /// Squared distance of every sample to the centre of its label.
  [[nodiscard]] std::vector<double> own_distances() {
    std::vector<double> distances(data_.rows());
    processes_.all([&] {
      for_parts(blocks_.count, blocks_.threads, [&](std::size_t b, unsigned worker) {
        const std::size_t begin = blocks_.begin(b);
        const View rows = workers_[worker].reader.block(begin, blocks_.end(b));
        for (std::size_t i = 0; i < rows.rows; ++i) {
          const float* x = rows.row(i).data();
          const double* c = centres_.row(static_cast<std::size_t>(labels_[begin + i]));
          const float* m = moments_.mean.data();
          distances[begin + i] = sum_of(width_, [&](std::size_t j) {
            const double d = (static_cast<double>(x[j]) - static_cast<double>(m[j])) - c[j];
            return d * d;
          });
        }
      });
    });
    return distances;
  }

  const EmbeddingReader& data_;
  const Together& processes_;
  Shards shards_;
  Blocks blocks_;
  std::size_t width_;
  std::size_t k_;
  Grid grid_;
  Moments moments_;
  Matrix centres_;  // relative to the mean
  std::vector<std::int32_t> labels_;
  std::vector<float> norms_;  // of the rows, relative to the mean, rounded up; negative: not known yet
  Sums own_sums_;             // over the rows of this process
  Sums sums_;                 // over all, where there are others
  void (*products_)(const ProductArgs&) = product_kernels().front().add;
  std::vector<float> centre_floats_{};
  std::vector<double> centre_squares_{};
  std::vector<Worker> workers_{};
};

}  // namespace

ClusterResult lloyd(const EmbeddingReader& data, const Matrix& centres, const LloydOptions& options,
                    const Reducer& reducer) {
  const Together processes(reducer);
  processes.all([&] {
    if (processes.alone() && data.rows() == 0) {
      throw Error("preindex.empty", "there are no embeddings to cluster");
    }
    if (centres.rows == 0) throw Error("preindex.empty", "there are no centres to start from");
    if (data.rows() > 0 && centres.columns != data.columns()) {
      throw Error("preindex.width_changed",
                  fmt::format("centres of {} values, embeddings of {}", centres.columns, data.columns()));
    }
    for (const double x : centres.values) {
      if (!std::isfinite(x)) throw detail::not_finite("centres");
    }
    if (options.max_iterations < 1) {
      throw detail::bad_option("max_iterations", std::to_string(options.max_iterations), "1 or more");
    }
    if (!(options.tolerance >= 0)) {
      throw detail::bad_option("tolerance", numeric::text(options.tolerance), "a number >= 0");
    }
  });
  return Run(data, centres, options, processes).run(options);
}

}  // namespace co2lib::preindex
