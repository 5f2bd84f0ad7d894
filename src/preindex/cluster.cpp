// SPDX-License-Identifier: MIT
// Lloyd's algorithm (docs/preindex.md, "The index"): float32 products in blocks of 256 rows, decided again in double
// where they are close.
//
// Rows may be spread over processes. Everything that is summed over rows is made exact, so that neither threads nor
// processes show: see Grid.
#include <co2lib/preindex/cluster.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <co2lib/random.hpp>

#include "parallel.hpp"
#include "products.hpp"
#include "together.hpp"

namespace co2lib::preindex {

namespace {

constexpr std::size_t block_rows = 256;
// Columns whose float32 products are summed before they go into a double: bounds the rounding error by itself.
constexpr std::size_t chunk_columns = product_columns;
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

/// The rows of all processes: how many, and how many come before those of this one.
struct Shards {
  std::size_t rows = 0;
  std::size_t before = 0;

  Shards(const EmbeddingReader& data, std::size_t width, const Together& processes) {
    processes.all([&] {
      if (data.rows() > 0 && data.columns() != width) {
        throw Error("preindex.width_changed", "embeddings of " + std::to_string(data.columns()) +
                                                  " values, those of other ranks have " + std::to_string(width));
      }
    });
    const auto own = static_cast<std::int64_t>(data.rows());
    const std::vector<std::int64_t> all = processes.gather({&own, 1});
    for (std::size_t r = 0; r < all.size(); ++r) {
      if (r < processes.rank()) before += static_cast<std::size_t>(all[r]);
      rows += static_cast<std::size_t>(all[r]);
    }
    if (rows == 0 || width == 0) throw Error("preindex.empty", "there are no embeddings to cluster");
  }
};

/// Number of columns, also where this process has no rows.
std::size_t width_of(const EmbeddingReader& data, const Together& processes) {
  if (processes.alone()) return data.columns();
  auto width = static_cast<double>(data.rows() > 0 ? data.columns() : 0);
  processes.max({&width, 1});
  return static_cast<std::size_t>(width);
}

/// Values of each feature relative to the middle of its range, rounded to 2^-45 of half of the range.
///
/// Sums of up to 256 of them are exact in double, whatever their order; sums of these go into integers (`Sums`). So no
/// sum depends on which thread or process has which rows. Values of float32 in the upper 2^-21 of the range are exact.
class Grid {
 public:
  Grid(const EmbeddingReader& data, const Blocks& blocks, std::size_t width, const Together& processes)
      : middle_(width), magic_(width), unit_(width), per_unit_(width) {
    std::vector<double> range = range_of(data, blocks, width, processes);
    for (std::size_t j = 0; j < width; ++j) {
      const double low = -range[j];
      const double high = range[width + j];
      middle_[j] = 0.5 * low + 0.5 * high;
      const double half = 0.5 * high - 0.5 * low;
      const int exponent = half > 0 ? std::ilogb(half) + 1 : 0;  // half < 2^exponent
      magic_[j] = std::ldexp(1.5, exponent + 7);                 // its last bit is the unit
      unit_[j] = std::ldexp(1.0, exponent - 45);
      per_unit_[j] = std::ldexp(1.0, 45 - exponent);
    }
  }

  /// part += sign * values, for the columns [from, to).
  template <int sign>
  void add(double* part, const float* x, std::size_t from, std::size_t to) const {
    for (std::size_t j = from; j < to; ++j) {
      const double v = rounded(static_cast<double>(x[j]) - middle_[j], magic_[j]);
      if constexpr (sign > 0) {
        part[j] += v;
      } else {
        part[j] -= v;
      }
    }
  }

  [[nodiscard]] static double rounded(double x, double magic) { return (x + magic) - magic; }
  [[nodiscard]] std::size_t width() const { return middle_.size(); }
  [[nodiscard]] const double* middle() const { return middle_.data(); }
  [[nodiscard]] const double* magic() const { return magic_.data(); }
  [[nodiscard]] const double* unit() const { return unit_.data(); }
  [[nodiscard]] const double* per_unit() const { return per_unit_.data(); }

 private:
  /// Per feature minus the least and the greatest value, over all processes.
  static std::vector<double> range_of(const EmbeddingReader& data, const Blocks& blocks, std::size_t width,
                                      const Together& processes) {
    std::vector<double> range(2 * width, -std::numeric_limits<double>::infinity());
    processes.all([&] {
      struct Part {
        std::vector<float> low, high, bad;
      };
      std::vector<Part> parts(blocks.threads);
      std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
      for (Part& part : parts) {
        part.low.assign(width, std::numeric_limits<float>::infinity());
        part.high.assign(width, -std::numeric_limits<float>::infinity());
        part.bad.assign(width, 0.0F);
      }
      for_parts(blocks.count, blocks.threads, [&](std::size_t b, unsigned worker) {
        const View rows = readers[worker].block(blocks.begin(b), blocks.end(b));
        float* low = parts[worker].low.data();
        float* high = parts[worker].high.data();
        float* bad = parts[worker].bad.data();
        for (std::size_t from = 0; from < width; from += chunk_columns) {
          const std::size_t to = std::min(width, from + chunk_columns);
          for (std::size_t i = 0; i < rows.rows; ++i) {
            const float* x = rows.row(i).data();
            for (std::size_t j = from; j < to; ++j) {
              low[j] = x[j] < low[j] ? x[j] : low[j];
              high[j] = x[j] > high[j] ? x[j] : high[j];
              bad[j] += x[j] - x[j];  // not 0 for NaN and infinity
            }
          }
        }
      });
      for (const Part& part : parts) {
        for (std::size_t j = 0; j < width; ++j) {
          if (part.bad[j] != 0.0F) throw detail::not_finite("embeddings, feature " + std::to_string(j));
          range[j] = std::max(range[j], -static_cast<double>(part.low[j]));
          range[width + j] = std::max(range[width + j], static_cast<double>(part.high[j]));
        }
      }
    });
    processes.max(range);
    return range;
  }

  std::vector<double> middle_;
  std::vector<double> magic_;
  std::vector<double> unit_;
  std::vector<double> per_unit_;
};

/// Rows of sums of values of a grid, in its units, and a count per row: integers that add up over processes.
///
/// Each sum is kept as its low 32 bits and the rest: no carry until 2^31 blocks were added.
class Sums {
 public:
  Sums(std::size_t rows, std::size_t width) : rows_(rows), width_(width), values_(rows + 2 * rows * width, 0) {}

  [[nodiscard]] std::int64_t& count(std::size_t k) { return values_[k]; }
  [[nodiscard]] std::int64_t count(std::size_t k) const { return values_[k]; }

  /// Adds the exact sum of up to 256 values; `per_unit` as in the grid.
  void add(std::size_t k, const double* part, const double* per_unit) {
    std::int64_t* low = values_.data() + rows_ + k * width_;
    std::int64_t* high = low + rows_ * width_;
    for (std::size_t j = 0; j < width_; ++j) {
      const auto units = static_cast<std::int64_t>(part[j] * per_unit[j]);
      low[j] += units & 0xFFFFFFFF;
      high[j] += units >> 32;
    }
  }

  /// The sum in units, rounded once or twice, by the integers alone.
  [[nodiscard]] double units(std::size_t k, std::size_t j) const {
    const std::int64_t* low = values_.data() + rows_ + k * width_ + j;
    return static_cast<double>(low[rows_ * width_]) * 0x1p32 + static_cast<double>(*low);
  }

  [[nodiscard]] std::span<std::int64_t> integers() { return values_; }

 private:
  std::size_t rows_;
  std::size_t width_;
  std::vector<std::int64_t> values_;  // counts, low, high
};

/// The sums of a block of rows, for one thread.
class BlockSums {
 public:
  BlockSums(std::size_t rows, std::size_t width) : parts_(rows, width), counts_(rows, 0), touched_(rows, 0) {}

  void clear() {
    std::fill(touched_.begin(), touched_.end(), 0);
    moves_.clear();
  }
  /// A row that leaves a sum (-1: none) for another.
  void move(const float* x, std::int32_t from, std::int32_t to) {
    moves_.push_back({x, from, to});
    if (from >= 0) --count(static_cast<std::size_t>(from));
    ++count(static_cast<std::size_t>(to));
  }
  /// Adds what was moved.
  void sum(const Grid& grid) {
    for (std::size_t from = 0; from < grid.width(); from += chunk_columns) {
      const std::size_t to = std::min(grid.width(), from + chunk_columns);
      for (const Move& m : moves_) {
        if (m.from >= 0) grid.add<-1>(parts_.row(static_cast<std::size_t>(m.from)), m.x, from, to);
        grid.add<1>(parts_.row(static_cast<std::size_t>(m.to)), m.x, from, to);
      }
    }
  }
  void add_to(Sums& sums, const Grid& grid) const {
    for (std::size_t k = 0; k < parts_.rows; ++k) {
      if (touched_[k] == 0) continue;
      sums.count(k) += counts_[k];
      sums.add(k, parts_.row(k), grid.per_unit());
    }
  }

 private:
  struct Move {
    const float* x;
    std::int32_t from;
    std::int32_t to;
  };

  std::int64_t& count(std::size_t k) {
    if (touched_[k] == 0) {
      touched_[k] = 1;
      counts_[k] = 0;
      std::fill_n(parts_.row(k), parts_.columns, 0.0);
    }
    return counts_[k];
  }

  Matrix parts_;
  std::vector<std::int64_t> counts_;
  std::vector<char> touched_;
  std::vector<Move> moves_{};
};

/// Mean of every feature and the mean of their population variances, over all processes.
struct Moments {
  std::vector<float> mean;  // rounded: only a shift, and float32 values minus it need no conversion
  double variance = 0;
};

Moments moments_of(const EmbeddingReader& data, const Blocks& blocks, const Grid& grid, std::size_t all_rows,
                   const Together& processes) {
  const std::size_t width = grid.width();
  // Squares on a grid of their own: half a range is below 2^exponent, its square below 2^(2 exponent).
  std::vector<double> magic(width);
  std::vector<double> per_unit(width);
  for (std::size_t j = 0; j < width; ++j) {
    const int exponent = std::ilogb(grid.unit()[j]) + 45;
    magic[j] = std::ldexp(1.5, 2 * exponent + 7);
    per_unit[j] = std::ldexp(1.0, 45 - 2 * exponent);
  }
  Sums total(2, width);
  processes.all([&] {
    std::vector<BlockReader> readers(blocks.threads, BlockReader(data));
    std::vector<Matrix> parts(blocks.threads, Matrix(2, width));
    for_parts(
        blocks.count, blocks.threads,
        [&](std::size_t b, unsigned worker) {
          Matrix& part = parts[worker];
          std::fill(part.values.begin(), part.values.end(), 0.0);
          double* sums = part.row(0);
          double* squares = part.row(1);
          const View rows = readers[worker].block(blocks.begin(b), blocks.end(b));
          for (std::size_t from = 0; from < width; from += chunk_columns) {
            const std::size_t to = std::min(width, from + chunk_columns);
            for (std::size_t i = 0; i < rows.rows; ++i) {
              const float* x = rows.row(i).data();
              for (std::size_t j = from; j < to; ++j) {
                const double d = static_cast<double>(x[j]) - grid.middle()[j];
                sums[j] += Grid::rounded(d, grid.magic()[j]);
                squares[j] += Grid::rounded(d * d, magic[j]);
              }
            }
          }
        },
        [&](unsigned worker) {
          total.add(0, parts[worker].row(0), grid.per_unit());
          total.add(1, parts[worker].row(1), per_unit.data());
        });
  });
  processes.sum(total.integers());
  const auto n = static_cast<double>(all_rows);
  Moments moments{std::vector<float>(width), 0};
  double variances = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double offset = total.units(0, j) * grid.unit()[j] / n;
    moments.mean[j] = static_cast<float>(grid.middle()[j] + offset);
    variances += std::max(0.0, total.units(1, j) / per_unit[j] / n - offset * offset);
  }
  moments.variance = variances / static_cast<double>(width);
  return moments;
}

/// The values of a sample of all processes, in every one of them.
std::vector<float> row_of(const EmbeddingReader& data, std::size_t sample, std::size_t width, const Shards& shards,
                          const Together& processes) {
  std::vector<float> row(width);
  const bool here = sample >= shards.before && sample - shards.before < data.rows();
  processes.all([&] {
    if (here) data.read(sample - shards.before, sample - shards.before + 1, row.data());
  });
  if (processes.alone()) return row;
  std::vector<std::int64_t> bits(width, 0);
  if (here)
    std::transform(row.begin(), row.end(), bits.begin(), [](float x) { return std::bit_cast<std::int32_t>(x); });
  processes.sum(bits);
  std::transform(bits.begin(), bits.end(), row.begin(),
                 [](std::int64_t x) { return std::bit_cast<float>(static_cast<std::int32_t>(x)); });
  return row;
}

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
    // Few rows at a time: memory gives rows faster than columns. Not fewer than centres, which are read for each strip.
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

void require_labels(const EmbeddingReader& data, const Classes& classes) {
  if (classes.index.size() == data.rows()) return;
  throw Error("preindex.unpaired", std::to_string(data.rows()) + " embeddings and " +
                                       std::to_string(classes.index.size()) + " labels; give one per row");
}

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
      throw Error("preindex.width_changed", "centres of " + std::to_string(centres.columns) +
                                                " values, embeddings of " + std::to_string(data.columns()));
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
  });
  return Run(data, centres, options, processes).run(options);
}

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
  return cluster(data, classes, kmeans_plus_plus(data, classes.count(), options), options);
}

}  // namespace co2lib::preindex
