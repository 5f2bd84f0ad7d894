// SPDX-License-Identifier: MIT
// Lloyd's algorithm (spec 3.3): float32 products in blocks of 256 rows, decided again in double where they are close.
#include <co2lib/preindex/cluster.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

#include <co2lib/random.hpp>

#include "parallel.hpp"

namespace co2lib::preindex {

namespace {

constexpr std::size_t block_rows = 256;
// Columns whose float32 products are summed before they go into a double: bounds the rounding error by itself.
constexpr std::size_t chunk_columns = 512;
// Below this many values threads cost more than they save.
constexpr std::size_t values_per_thread = 1U << 16U;

/// Reads blocks of rows, in place where it can be, for one thread.
class BlockReader {
 public:
  explicit BlockReader(const EmbeddingReader& data) : data_(data) {}

  [[nodiscard]] View block(std::size_t begin, std::size_t end) {
    if (const auto view = data_.in_place(begin, end); view && view->rows_in_place()) return *view;
    buffer_.resize((end - begin) * data_.columns());
    data_.read(begin, end, buffer_.data());
    return {buffer_.data(), end - begin, data_.columns()};
  }

 private:
  const EmbeddingReader& data_;
  std::vector<float> buffer_{};
};

struct Blocks {
  std::size_t rows;
  std::size_t count;
  unsigned threads;

  Blocks(const EmbeddingReader& data, unsigned wanted)
      : rows(data.rows()), count((rows + block_rows - 1) / block_rows) {
    const std::size_t values = data.rows() * data.columns();
    threads = thread_count(wanted, std::min(count, values / values_per_thread + 1));
  }

  [[nodiscard]] std::size_t begin(std::size_t block) const { return block * block_rows; }
  [[nodiscard]] std::size_t end(std::size_t block) const { return std::min(rows, begin(block) + block_rows); }
};

/// Eight sums side by side: the order is fixed, and the compiler may use vectors.
template <class Term>
double sum_of(std::size_t n, const Term& term) {
  std::array<double, 8> sums{};
  std::size_t j = 0;
  for (; j + 8 <= n; j += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += term(j + k);
  }
  for (; j < n; ++j) sums[j % 8] += term(j);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

void require_rows(const EmbeddingReader& data) {
  if (data.rows() == 0 || data.columns() == 0) throw Error("preindex.empty", "there are no embeddings to cluster");
}

/// Mean of every feature and the mean of their population variances.
struct Moments {
  std::vector<double> mean;
  double variance = 0;
};

Moments moments_of(const EmbeddingReader& data, unsigned threads) {
  const Blocks blocks(data, threads);
  const std::size_t width = data.columns();
  const auto n = static_cast<double>(data.rows());
  std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
  std::vector<std::vector<double>> parts(blocks.threads, std::vector<double>(2 * width));
  // Relative to the first row: its offset cannot swallow the variance.
  std::vector<float> first(width);
  data.read(0, 1, first.data());
  std::vector<double> total(2 * width, 0.0);
  in_order(
      blocks.count, blocks.threads,
      [&](std::size_t b, unsigned worker) {
        std::vector<double>& part = parts[worker];
        std::fill(part.begin(), part.end(), 0.0);
        const View rows = readers[worker].block(blocks.begin(b), blocks.end(b));
        for (std::size_t i = 0; i < rows.rows; ++i) {
          const float* x = rows.row(i).data();
          for (std::size_t j = 0; j < width; ++j) {
            const double d = static_cast<double>(x[j]) - static_cast<double>(first[j]);
            part[j] += d;
            part[width + j] += d * d;
          }
        }
      },
      [&](std::size_t, unsigned worker) {
        for (std::size_t j = 0; j < 2 * width; ++j) total[j] += parts[worker][j];
      });
  Moments moments{std::vector<double>(width), 0};
  double variances = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double offset = total[j] / n;
    moments.mean[j] = static_cast<double>(first[j]) + offset;
    variances += std::max(0.0, total[width + j] / n - offset * offset);
    if (!std::isfinite(total[width + j])) {
      throw detail::not_finite("embeddings, feature " + std::to_string(j));
    }
  }
  moments.variance = variances / static_cast<double>(width);
  return moments;
}

/// One run of the algorithm; rows and centres relative to the mean of the data.
class Run {
 public:
  Run(const EmbeddingReader& data, const Matrix& centres, const LloydOptions& options)
      : data_(data),
        blocks_(data, options.threads),
        width_(data.columns()),
        k_(centres.rows),
        moments_(moments_of(data, options.threads)),
        centres_(centres),
        labels_(data.rows(), -1),
        norms_(data.rows(), -1.0F),
        sums_(centres.rows, data.columns()),
        counts_(centres.rows, 0) {
    for (std::size_t k = 0; k < k_; ++k) {
      for (std::size_t j = 0; j < width_; ++j) centres_.row(k)[j] -= moments_.mean[j];
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
    result.inertia = 0;
    for (const double d : own_distances()) result.inertia += d;
    for (std::size_t k = 0; k < k_; ++k) {
      for (std::size_t j = 0; j < width_; ++j) centres_.row(k)[j] += moments_.mean[j];
    }
    result.labels = std::move(labels_);
    result.centres = std::move(centres_);
    return result;
  }

 private:
  /// What a thread needs for a block.
  struct Worker {
    Worker(const EmbeddingReader& data, std::size_t k, std::size_t width)
        : reader(data),
          packed(block_rows * std::min(width, chunk_columns)),
          products(block_rows * k),
          scores(block_rows * k),
          sums(k, width),
          counts(k, 0),
          touched(k, 0) {}

    BlockReader reader;
    std::vector<float> packed;
    std::vector<float> products;
    std::vector<double> scores;
    Matrix sums;
    std::vector<std::int64_t> counts;
    std::vector<char> touched;
    std::int64_t changed = 0;
  };

  /// Step 1 and, with `sum`, the sums of step 2. Returns how many labels changed.
  std::int64_t assign(bool sum) {
    centre_floats_.resize(k_ * width_);
    std::transform(centres_.values.begin(), centres_.values.end(), centre_floats_.begin(),
                   [](double x) { return static_cast<float>(x); });
    centre_squares_.resize(k_);
    for (std::size_t k = 0; k < k_; ++k) {
      const double* c = centres_.row(k);
      centre_squares_[k] = sum_of(width_, [&](std::size_t j) { return c[j] * c[j]; });
    }
    std::int64_t changed = 0;
    in_order(
        blocks_.count, blocks_.threads, [&](std::size_t b, unsigned worker) { block(b, workers_[worker], sum); },
        [&](std::size_t, unsigned worker) {
          const Worker& w = workers_[worker];
          changed += w.changed;
          if (!sum) return;
          for (std::size_t k = 0; k < k_; ++k) {
            if (w.touched[k] == 0) continue;
            counts_[k] += w.counts[k];
            double* total = sums_.row(k);
            const double* part = w.sums.row(k);
            for (std::size_t j = 0; j < width_; ++j) total[j] += part[j];
          }
        });
    return changed;
  }

  void block(std::size_t b, Worker& w, bool sum) {
    const std::size_t begin = blocks_.begin(b);
    const View rows = w.reader.block(begin, blocks_.end(b));
    score(rows, begin, w);
    if (sum) std::fill(w.touched.begin(), w.touched.end(), 0);
    w.changed = 0;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      const float* x = rows.row(i).data();
      const int label = nearest(x, w.scores.data() + i * k_, norms_[begin + i]);
      std::int32_t& own = labels_[begin + i];
      if (label == own) continue;
      // Only rows that move change the sums: later iterations read the data once.
      if (sum) {
        if (own >= 0) add(w, static_cast<std::size_t>(own), x, -1);
        add(w, static_cast<std::size_t>(label), x, 1);
      }
      own = label;
      ++w.changed;
    }
  }

  void add(Worker& w, std::size_t k, const float* x, int sign) const {
    double* sum = w.sums.row(k);
    if (w.touched[k] == 0) {
      w.touched[k] = 1;
      w.counts[k] = 0;
      std::fill_n(sum, width_, 0.0);
    }
    w.counts[k] += sign;
    if (sign > 0) {
      for (std::size_t j = 0; j < width_; ++j) sum[j] += static_cast<double>(x[j]);
    } else {
      for (std::size_t j = 0; j < width_; ++j) sum[j] -= static_cast<double>(x[j]);
    }
  }

  /// x.c for every row of the block and every centre, in float32 by chunks of columns, summed in double.
  void score(const View& rows, std::size_t begin, Worker& w) {
    using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const bool first = norms_[begin] < 0;
    std::array<double, block_rows> squares{};
    std::fill_n(w.scores.begin(), rows.rows * k_, 0.0);
    for (std::size_t from = 0; from < width_; from += chunk_columns) {
      const std::size_t n = std::min(chunk_columns, width_ - from);
      for (std::size_t i = 0; i < rows.rows; ++i) {
        const float* x = rows.row(i).data() + from;
        const double* m = moments_.mean.data() + from;
        float* out = w.packed.data() + i * n;
        for (std::size_t j = 0; j < n; ++j) out[j] = static_cast<float>(static_cast<double>(x[j]) - m[j]);
        if (first) {
          squares[i] += sum_of(n, [&](std::size_t j) {
            const auto v = static_cast<double>(out[j]);
            return v * v;
          });
        }
      }
      const Eigen::Map<const RowMajor> data(w.packed.data(), static_cast<Eigen::Index>(rows.rows),
                                            static_cast<Eigen::Index>(n));
      const Eigen::Map<const Eigen::MatrixXf, 0, Eigen::OuterStride<>> centres(
          centre_floats_.data() + from, static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(k_),
          Eigen::OuterStride<>(static_cast<Eigen::Index>(width_)));
      Eigen::Map<RowMajor> products(w.products.data(), static_cast<Eigen::Index>(rows.rows),
                                    static_cast<Eigen::Index>(k_));
      products.noalias() = data * centres;
      for (std::size_t i = 0; i < rows.rows * k_; ++i) w.scores[i] += static_cast<double>(w.products[i]);
    }
    if (first) {
      for (std::size_t i = 0; i < rows.rows; ++i) {
        norms_[begin + i] = std::nextafter(static_cast<float>(std::sqrt(squares[i])), HUGE_VALF);
      }
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
      const double* m = moments_.mean.data();
      const double exact = centre_squares_[k] - 2.0 * sum_of(width_, [&](std::size_t j) {
                                                  return (static_cast<double>(x[j]) - m[j]) * c[j];
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
    const std::vector<std::int64_t>* counts = &counts_;
    const Matrix* sums = &sums_;
    Matrix moved;
    std::vector<std::int64_t> moved_counts;
    std::vector<std::size_t> empty;
    for (std::size_t k = 0; k < k_; ++k) {
      if (counts_[k] == 0) empty.push_back(k);
    }
    if (!empty.empty()) {
      const std::vector<double> distances = own_distances();
      std::vector<std::size_t> order(distances.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      const std::size_t wanted = std::min(empty.size(), order.size());
      std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted), order.end(),
                        [&](std::size_t a, std::size_t b) {
                          return distances[a] != distances[b] ? distances[a] > distances[b] : a < b;
                        });
      if (distances[order[0]] > 0) {
        moved = sums_;
        moved_counts = counts_;
        std::vector<float> row(width_);
        for (std::size_t e = 0; e < wanted; ++e) {
          data_.read(order[e], order[e] + 1, row.data());
          const auto from = static_cast<std::size_t>(labels_[order[e]]);
          for (std::size_t j = 0; j < width_; ++j) {
            moved.row(from)[j] -= static_cast<double>(row[j]);
            moved.row(empty[e])[j] = static_cast<double>(row[j]);
          }
          --moved_counts[from];
          moved_counts[empty[e]] = 1;
        }
        counts = &moved_counts;
        sums = &moved;
      }
    }
    Matrix next(k_, width_);
    const auto biggest = static_cast<std::size_t>(std::max_element(counts->begin(), counts->end()) - counts->begin());
    const auto mean_of = [&](std::size_t k, double* out) {
      const auto n = static_cast<double>((*counts)[k]);
      for (std::size_t j = 0; j < width_; ++j) out[j] = sums->row(k)[j] / n - moments_.mean[j];
    };
    for (std::size_t k = 0; k < k_; ++k) mean_of((*counts)[k] > 0 ? k : biggest, next.row(k));
    return next;
  }

  /// Squared distance of every sample to the centre of its label.
  [[nodiscard]] std::vector<double> own_distances() {
    std::vector<double> distances(data_.rows());
    in_order(
        blocks_.count, blocks_.threads,
        [&](std::size_t b, unsigned worker) {
          const std::size_t begin = blocks_.begin(b);
          const View rows = workers_[worker].reader.block(begin, blocks_.end(b));
          for (std::size_t i = 0; i < rows.rows; ++i) {
            const float* x = rows.row(i).data();
            const double* c = centres_.row(static_cast<std::size_t>(labels_[begin + i]));
            const double* m = moments_.mean.data();
            distances[begin + i] = sum_of(width_, [&](std::size_t j) {
              const double d = (static_cast<double>(x[j]) - m[j]) - c[j];
              return d * d;
            });
          }
        },
        [](std::size_t, unsigned) {});
    return distances;
  }

  const EmbeddingReader& data_;
  Blocks blocks_;
  std::size_t width_;
  std::size_t k_;
  Moments moments_;
  Matrix centres_;  // relative to the mean
  std::vector<std::int32_t> labels_;
  std::vector<float> norms_;  // of the rows, relative to the mean, rounded up; negative: not known yet
  Matrix sums_;               // of the rows as they are
  std::vector<std::int64_t> counts_;
  std::vector<float> centre_floats_{};
  std::vector<double> centre_squares_{};
  std::vector<Worker> workers_{};
};

}  // namespace

ClusterResult lloyd(const EmbeddingReader& data, const Matrix& centres, const LloydOptions& options) {
  require_rows(data);
  if (centres.rows == 0) throw Error("preindex.empty", "there are no centres to start from");
  if (centres.columns != data.columns()) {
    throw Error("preindex.width_changed", "centres of " + std::to_string(centres.columns) + " values, embeddings of " +
                                              std::to_string(data.columns()));
  }
  for (const double x : centres.values) {
    if (!std::isfinite(x)) throw detail::not_finite("centres");
  }
  if (options.max_iterations < 1) {
    throw detail::bad_option("max_iterations", std::to_string(options.max_iterations), "1 or more");
  }
  if (!(options.tolerance >= 0)) {
    throw detail::bad_option("tolerance", std::to_string(options.tolerance), "a number >= 0");
  }
  return Run(data, centres, options).run(options);
}

Matrix class_means(const EmbeddingReader& data, const Classes& classes, unsigned threads) {
  require_rows(data);
  if (classes.index.size() != data.rows()) {
    throw Error("preindex.unpaired", std::to_string(data.rows()) + " embeddings and " +
                                         std::to_string(classes.index.size()) + " labels; give one per row");
  }
  const std::size_t width = data.columns();
  const Blocks blocks(data, threads);
  std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
  std::vector<Matrix> parts(blocks.threads, Matrix(classes.count(), width));
  Matrix means(classes.count(), width);
  in_order(
      blocks.count, blocks.threads,
      [&](std::size_t b, unsigned worker) {
        Matrix& part = parts[worker];
        std::fill(part.values.begin(), part.values.end(), 0.0);
        const std::size_t begin = blocks.begin(b);
        const View rows = readers[worker].block(begin, blocks.end(b));
        for (std::size_t i = 0; i < rows.rows; ++i) {
          const float* x = rows.row(i).data();
          double* sum = part.row(static_cast<std::size_t>(classes.index[begin + i]));
          for (std::size_t j = 0; j < width; ++j) sum[j] += static_cast<double>(x[j]);
        }
      },
      [&](std::size_t, unsigned worker) {
        for (std::size_t i = 0; i < means.values.size(); ++i) means.values[i] += parts[worker].values[i];
      });
  std::vector<std::int64_t> counts(classes.count(), 0);
  for (const std::int32_t c : classes.index) ++counts[static_cast<std::size_t>(c)];
  for (std::size_t c = 0; c < classes.count(); ++c) {
    for (std::size_t j = 0; j < width; ++j) means.row(c)[j] /= static_cast<double>(counts[c]);
  }
  return means;
}

Matrix kmeans_plus_plus(const EmbeddingReader& data, std::size_t k, const LloydOptions& options) {
  require_rows(data);
  const std::size_t n = data.rows();
  const std::size_t width = data.columns();
  if (k == 0 || k > n) throw detail::bad_option("k", std::to_string(k), "1 to the number of samples");
  const Blocks blocks(data, options.threads);
  std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
  Matrix centres(k, width);
  std::vector<double> nearest(n, std::numeric_limits<double>::infinity());
  std::vector<float> row(width);
  std::size_t chosen = std::min(
      n - 1, static_cast<std::size_t>(random::draw(options.seed, 0, "preindex.kmeans++") * static_cast<double>(n)));
  for (std::size_t c = 0;; ++c) {
    data.read(chosen, chosen + 1, row.data());
    for (std::size_t j = 0; j < width; ++j) centres.row(c)[j] = static_cast<double>(row[j]);
    if (c + 1 == k) return centres;
    in_order(
        blocks.count, blocks.threads,
        [&](std::size_t b, unsigned worker) {
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
        },
        [](std::size_t, unsigned) {});
    const double total = std::accumulate(nearest.begin(), nearest.end(), 0.0);
    // A sample with the probability of its squared distance; the next one in turn if all are centres already.
    double left = random::draw(options.seed, c + 1, "preindex.kmeans++") * total;
    chosen = (c + 1) % n;
    for (std::size_t i = 0; i < n && total > 0; ++i) {
      if (nearest[i] <= 0) continue;
      chosen = i;
      left -= nearest[i];
      if (left < 0) break;
    }
  }
}

ClusterResult cluster(const EmbeddingReader& data, const Classes& classes, const Matrix& centres,
                      const LloydOptions& options) {
  if (classes.index.size() != data.rows()) {
    throw Error("preindex.unpaired", std::to_string(data.rows()) + " embeddings and " +
                                         std::to_string(classes.index.size()) + " labels; give one per row");
  }
  ClusterResult result = lloyd(data, centres, options);
  result.classes = classes.labels;
  result.contingency = Contingency(classes.count(), centres.rows);
  for (std::size_t i = 0; i < data.rows(); ++i) {
    ++result.contingency.row(static_cast<std::size_t>(classes.index[i]))[result.labels[i]];
  }
  result.ari = adjusted_rand(result.contingency);
  result.inv_ari = 1.0 - *result.ari;
  if (classes.count() == 1 || classes.count() == data.rows()) {
    result.issues.push_back({"trivial_clustering", "inv_ari",
                             classes.count() == 1 ? "there is one class only: inv_ari says nothing"
                                                  : "every sample is a class of its own: inv_ari is 0 or 1"});
  }
  return result;
}

ClusterResult inv_ari(const View& clean, const View& shifted, std::span<const Label> labels, Variant variant,
                      const LloydOptions& options) {
  if (clean.rows != shifted.rows || clean.columns != shifted.columns) {
    throw Error("preindex.unpaired", "clean embeddings of " + std::to_string(clean.rows) + " x " +
                                         std::to_string(clean.columns) + " and shifted ones of " +
                                         std::to_string(shifted.rows) + " x " + std::to_string(shifted.columns));
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
  require_rows(data);
  return cluster(data, classes, kmeans_plus_plus(data, classes.count(), options), options);
}

}  // namespace co2lib::preindex
