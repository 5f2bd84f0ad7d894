// SPDX-License-Identifier: MIT
// The batch that is being added: distances on several threads, and what `end_batch` does with them.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "parallel.hpp"
#include "rows.hpp"
#include "state.hpp"

namespace co2lib::preindex {

namespace {

// Vectors of smaller calls are copied and wait until this many values are there.
constexpr std::size_t queue_values = std::size_t{1} << 22U;
constexpr std::size_t rows_per_part = 16;

}  // namespace

Accumulator::State::State(Options chosen, std::size_t class_count)
    : options(std::move(chosen)),
      classes(class_count),
      store(options.store),
      size(options.bins.size() * options.distances.size()),
      sample_sums(size),
      sample_squares(size),
      engines(thread_count(options.threads, queue_values / values_per_thread)),
      queue(static_cast<unsigned>(engines.size()),
            [this](const Part& part, unsigned worker) { compute(part, worker); }) {}

std::size_t Accumulator::State::kept() const {
  return static_cast<std::size_t>(std::count_if(layers.begin(), layers.end(), [](const Layer& l) { return l.kept; }));
}

std::size_t Accumulator::State::stored_rows() const {
  return store.rows() > 0 && store.in_place(0, 1) ? store.rows() : 0;
}

std::size_t Accumulator::State::stored_side() const {
  return options.ari == Variant::clean || options.ari == Variant::clean_kpp ? 0 : 1;
}

bool Accumulator::State::batch_is_open() const { return !calls.empty() || embeddings[0].given || embeddings[1].given; }

void Accumulator::State::require_no_batch(const char* doing) const {
  if (!batch_is_open()) return;
  throw Error("preindex.bad_state", fmt::format("a batch is open; call end_batch before {}", doing), {},
              ErrorCategory::runtime);
}

// ---------------------------------------------------------------------------------------------------------------------
// Distances
// ---------------------------------------------------------------------------------------------------------------------
void Accumulator::State::compute(const Part& part, unsigned worker) {
  // Allocated by the thread that uses it, to avoid false sharing.
  if (!engines[worker]) engines[worker] = std::make_unique<preindex::detail::PairDistances>(options);
  preindex::detail::PairDistances& engine = *engines[worker];
  const std::size_t width = part.clean.columns;
  std::array<std::vector<float>, 2> buffers;
  const auto row = [&](const View& view, std::size_t i, std::vector<float>& buffer) {
    if (view.rows_in_place()) return view.row(i).data();
    buffer.resize(width);
    view.copy_row(i, buffer.data());
    return static_cast<const float*>(buffer.data());
  };
  for (std::size_t i = 0; i < part.clean.rows; ++i) {
    using Outcome = preindex::detail::PairDistances::Outcome;
    const Outcome outcome =
        engine.compute(row(part.clean, i, buffers[0]), row(part.shifted, i, buffers[1]), width, part.values + i * size);
    part.bad[i] = outcome == Outcome::ok ? 0 : outcome == Outcome::clean_not_finite ? 1 : 2;
    if (part.bad[i] != 0) continue;
    for (std::size_t b = 0; b < options.bins.size(); ++b) {
      const bool p_zero = engine.clean().binning(b).zero_width;
      const bool q_zero = engine.shifted().binning(b).zero_width;
      part.zero_width[i * options.bins.size() + b] = static_cast<std::uint8_t>((p_zero ? 1 : 0) + (q_zero ? 2 : 0));
    }
  }
}

void Accumulator::State::add_call(std::size_t layer, const View& clean, const View& shifted) {
  calls.push_back({.layer = layer, .rows = clean.rows});
  Call& call = calls.back();
  const std::size_t bins = options.bins.size();
  call.values.resize(clean.rows * size);
  call.zero_width.resize(clean.rows * bins);
  call.bad.resize(clean.rows);
  const auto part_of = [&](const View& before, const View& after, std::size_t begin, std::size_t end) {
    return Part{before.slice(begin, end), after.slice(begin, end), call.values.data() + begin * size,
                call.zero_width.data() + begin * bins, call.bad.data() + begin};
  };
  const auto parts_of = [&](const View& before, const View& after) {
    std::vector<Part> parts;
    for (std::size_t i = 0; i < before.rows; i += rows_per_part) {
      parts.push_back(part_of(before, after, i, std::min(before.rows, i + rows_per_part)));
    }
    return parts;
  };
  if (engines.size() == 1) return compute(part_of(clean, shifted, 0, clean.rows), 0);
  const std::size_t values = 2 * clean.rows * clean.columns;
  // The caller's memory is there until this returns: a large call is done at once, a small one copied.
  if (values >= std::min(queue_values, 2 * engines.size() * values_per_thread)) {
    queue.add(parts_of(clean, shifted), values / values_per_thread + 1);
    queue.finish();
    queued = waiting = 0;
    return;
  }
  if (queued + values > queue_values) {
    queue.finish();
    queued = waiting = 0;
  }
  if (!queue_copies) queue_copies = std::make_unique_for_overwrite<float[]>(queue_values);
  const auto copy_of = [&](const View& view) {
    float* copy = queue_copies.get() + queued;
    for (std::size_t i = 0; i < view.rows; ++i) view.copy_row(i, copy + i * view.columns);
    queued += view.rows * view.columns;
    return View(copy, view.rows, view.columns);
  };
  const View before = copy_of(clean);
  const View after = copy_of(shifted);
  waiting += values;
  queue.add(parts_of(before, after), waiting / values_per_thread + 1);
}

void Accumulator::State::drop() noexcept {
  queue.drop();  // its threads write into the calls
  calls.clear();
  queued = waiting = 0;
  for (PendingEmbedding& e : embeddings) {
    e.rows = Rows();
    e.labels.clear();
    e.given = false;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The end of a batch
// ---------------------------------------------------------------------------------------------------------------------
/// Pairs of the batch; throws if its parts do not belong together.
std::size_t Accumulator::State::batch_rows() const {
  std::optional<std::size_t> rows;
  std::string from;
  const auto agree = [&](std::size_t n, const std::string& what) {
    if (rows && *rows != n) {
      throw Error("preindex.unpaired", fmt::format("{} has {} samples in this batch, {} {}", what, n, from, *rows));
    }
    rows = n;
    from = what;
  };
  for (const Call& call : calls) agree(call.rows, "layer " + layers[call.layer].name);
  for (const Side side : {Side::clean, Side::shifted}) {
    const PendingEmbedding& e = embeddings[index_of(side)];
    if (e.given) agree(e.rows.rows, fmt::format("the {} embedding", text(side)));
  }
  const auto& before = embeddings[0];
  const auto& after = embeddings[1];
  if (before.given && after.given) {
    for (std::size_t i = 0; i < before.labels.size(); ++i) {
      if (before.labels[i] == after.labels[i]) continue;
      throw Error("preindex.unpaired",
                  fmt::format("pair {}: label {} on the clean side, {} on the shifted side", pairs + skipped + i,
                              preindex::to_string(before.labels[i]), preindex::to_string(after.labels[i])),
                  {{"pair", static_cast<std::int64_t>(pairs + skipped + i)}});
    }
  }
  return rows.value_or(0);
}

void Accumulator::State::bad_value(const std::string& what, Side side, std::size_t i) const {
  throw preindex::detail::not_finite(fmt::format("{}, {} side, sample {}", what, text(side), pairs + skipped + i));
}

/// Which pairs of the batch count.
std::vector<char> Accumulator::State::good_pairs(std::size_t rows) const {
  std::vector<char> good(rows, 1);
  const bool skip = options.nonfinite == NonFinite::skip_pair;
  for (const Call& call : calls) {
    for (std::size_t i = 0; i < rows; ++i) {
      if (call.bad[i] == 0) continue;
      if (!skip) bad_value("layer " + layers[call.layer].name, call.bad[i] == 1 ? Side::clean : Side::shifted, i);
      good[i] = 0;
    }
  }
  for (const Side side : {Side::clean, Side::shifted}) {
    const PendingEmbedding& e = embeddings[index_of(side)];
    for (std::size_t i = 0; e.given && i < rows; ++i) {
      if (preindex::detail::range_of(e.rows.row(i), e.rows.columns).finite) continue;
      if (!skip) bad_value("the embedding", side, i);
      good[i] = 0;
    }
  }
  return good;
}

void Accumulator::State::check_zero_width(std::size_t rows, const std::vector<char>& good) const {
  if (options.weights != Weights::density || options.degenerate != Degenerate::error) return;
  for (const Call& call : calls) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t b = 0; good[i] != 0 && b < options.bins.size(); ++b) {
        const int which = call.zero_width[i * options.bins.size() + b];
        if (which == 0) continue;
        throw Error("preindex.zero_width", fmt::format("layer {}, {} side, sample {}: a bin of zero width at {} bins; "
                                                       "use degenerate = count or weights = count",
                                                       layers[call.layer].name, which == 2 ? "shifted" : "clean",
                                                       pairs + skipped + i, options.bins[b]));
      }
    }
  }
}

/// The calls of each layer, in their order. Throws preindex.unpaired for a kept layer that the model does not always
/// run.
std::vector<std::vector<const Call*>> Accumulator::State::calls_by_layer() const {
  std::vector<std::vector<const Call*>> by_layer(layers.size());
  for (const Call& call : calls) by_layer[call.layer].push_back(&call);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (!layers[l].kept) continue;
    if (by_layer[l].empty()) {
      throw Error("preindex.unpaired",
                  fmt::format("layer {} gave no output in a batch; exclude it if the model does not always run it",
                              layers[l].name));
    }
    if (pairs + skipped > 0 && sums[l].sums.empty()) {
      throw Error("preindex.unpaired", fmt::format("layer {} gave its first output after other batches; "
                                                   "exclude it if the model does not always run it",
                                                   layers[l].name));
    }
  }
  return by_layer;
}

void Accumulator::State::count_pairs(std::size_t rows, const std::vector<char>& good) {
  const std::vector<std::vector<const Call*>> by_layer = calls_by_layer();
  for (LayerState& layer : sums) {
    if (layer.sums.empty()) layer.sums.resize(size);
    if (layer.zero_width.empty()) layer.zero_width.assign(options.bins.size(), 0);
  }
  const auto kept_layers = static_cast<double>(kept());
  const std::size_t bins = options.bins.size();
  std::vector<double> sample(size);
  for (std::size_t i = 0; i < rows; ++i) {
    if (good[i] == 0) continue;
    std::fill(sample.begin(), sample.end(), 0.0);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (!layers[l].kept) continue;
      const std::vector<const Call*>& of_layer = by_layer[l];
      for (std::size_t v = 0; v < size; ++v) {
        double d = 0;
        for (const Call* call : of_layer) d += call->values[i * size + v];
        if (options.repeated_calls == RepeatedCalls::mean) d /= static_cast<double>(of_layer.size());
        sums[l].sums[v] += d;
        sample[v] += d;
      }
      for (const Call* call : of_layer) {
        for (std::size_t b = 0; b < bins; ++b) {
          const int which = call->zero_width[i * bins + b];
          sums[l].zero_width[b] += (which & 1) + (which >> 1);
        }
      }
    }
    for (std::size_t v = 0; v < size; ++v) {
      const double s = sample[v] / kept_layers;
      sample_sums[v] += s;
      const double square = s * s;
      sample_squares[v] += square;
      sample_squares[v] += std::fma(s, s, -square);
    }
  }
}

void Accumulator::State::count_embeddings(std::size_t rows, const std::vector<char>& good) {
  for (std::size_t side = 0; side < 2; ++side) {
    const PendingEmbedding& e = embeddings[side];
    if (!e.given) continue;
    // The classes' sums of this batch, ready before the rows are walked; one range of columns per part.
    std::vector<std::vector<double>*> sum_of(rows, nullptr);
    for (std::size_t i = 0; i < rows; ++i) {
      if (good[i] == 0) continue;
      ClassState& state = by_class[e.labels[i]];
      ++state.count[side];
      if (state.sum[side].empty()) state.sum[side].assign(e.rows.columns, 0.0);
      sum_of[i] = &state.sum[side];
    }
    constexpr std::size_t columns_per_part = 1024;
    const std::size_t parts = (e.rows.columns + columns_per_part - 1) / columns_per_part;
    for_parts(parts, thread_count(options.threads, std::min(parts, rows * e.rows.columns / 262144 + 1)),
              [&](std::size_t part, unsigned) {
                const std::size_t begin = part * columns_per_part;
                const std::size_t end = std::min(e.rows.columns, begin + columns_per_part);
                for (std::size_t i = 0; i < rows; ++i) {
                  if (sum_of[i] == nullptr) continue;
                  double* sum = sum_of[i]->data();
                  const float* row = e.rows.row(i);
                  for (std::size_t j = begin; j < end; ++j) sum[j] += static_cast<double>(row[j]);
                }
              });
    if (side != stored_side()) continue;
    for (std::size_t i = 0; i < rows; ++i) {
      if (good[i] == 0) continue;
      store.append(View(e.rows.row(i), 1, e.rows.columns));
      store_labels.push_back(e.labels[i]);
    }
  }
}

}  // namespace co2lib::preindex
