// SPDX-License-Identifier: MIT
// Accumulator: batches, threads, merge, state as JSON.
#include <co2lib/preindex/accumulator.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <utility>

#include <co2lib/random.hpp>

#include "detail/json.hpp"
#include "parallel.hpp"
#include "together.hpp"

namespace co2lib::preindex {

namespace {

using co2lib::detail::Json;

constexpr int state_version = 1;
// Threads are started for at least this many values each.
constexpr std::size_t values_per_thread = std::size_t{1} << 16U;
// Vectors of smaller calls are copied and wait until this many values are there.
constexpr std::size_t queue_values = std::size_t{1} << 22U;
constexpr std::size_t rows_per_part = 16;

/// One call of a layer in the batch: distances of each pair, and what is wrong with it.
struct Call {
  std::size_t layer = 0;
  std::size_t rows = 0;
  std::vector<double> values{};            // rows x (bins x distances)
  std::vector<std::uint8_t> zero_width{};  // rows x bins: how many of the two vectors
  std::vector<std::uint8_t> bad{};         // rows: 1 clean, 2 shifted is not finite
};

/// A call whose distances are to be computed.
struct Job {
  std::size_t call = 0;
  View clean{};
  View shifted{};
};

struct LayerState {
  std::vector<FixedSum> sums{};            // bins x distances
  std::vector<std::int64_t> zero_width{};  // per number of bins
};

struct ClassState {
  std::array<std::int64_t, 2> count{};  // per side
  std::array<std::vector<double>, 2> sum{};
  std::array<std::int64_t, 2> resque_count{};
  std::array<std::vector<double>, 2> resque_sum{};
};

struct PendingEmbedding {
  Rows rows{};
  std::vector<Label> labels{};
  bool given = false;
};

Rows copy_of(const View& view) {
  Rows rows(view.rows, view.columns);
  for (std::size_t i = 0; i < view.rows; ++i) view.copy_row(i, rows.row(i));
  return rows;
}

std::size_t index_of(Side side) { return side == Side::clean ? 0 : 1; }

Json label_json(const Label& label) {
  const auto* number = std::get_if<std::int64_t>(&label);
  return number != nullptr ? Json(*number) : Json(std::get<std::string>(label));
}

template <class T>
Json names_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(std::string(to_string(value)));
  return list;
}

Json options_json(const Options& o, std::size_t classes) {
  return Json{{"mode", std::string(to_string(o.mode))},
              {"bins", o.bins},
              {"distances", names_json(o.distances)},
              {"edge_rule", std::string(to_string(o.edge_rule))},
              {"weights", std::string(to_string(o.weights))},
              {"degenerate", std::string(to_string(o.degenerate))},
              {"ari", std::string(to_string(o.ari))},
              {"embedding", o.embedding},
              {"include", o.include},
              {"exclude", o.exclude},
              {"skip_short_names", o.skip_short_names},
              {"repeated_calls", std::string(to_string(o.repeated_calls))},
              {"nonfinite", std::string(to_string(o.nonfinite))},
              {"s", o.s},
              {"s_bar", o.s_bar},
              {"classes", classes}};
}

Options options_from(const Json& j) {
  const auto text = [&](const char* key) { return j.at(key).get<std::string>(); };
  Options o;
  o.mode = parse<Mode>("mode", text("mode"));
  o.bins = j.at("bins").get<std::vector<int>>();
  o.distances.clear();
  for (const Json& name : j.at("distances"))
    o.distances.push_back(parse<Distance>("distance", name.get<std::string>()));
  o.edge_rule = parse<EdgeRule>("edge_rule", text("edge_rule"));
  o.weights = parse<Weights>("weights", text("weights"));
  o.degenerate = parse<Degenerate>("degenerate", text("degenerate"));
  o.ari = parse<Variant>("ari", text("ari"));
  o.embedding = text("embedding");
  o.include = j.at("include").get<std::vector<std::string>>();
  o.exclude = j.at("exclude").get<std::vector<std::string>>();
  o.skip_short_names = j.at("skip_short_names").get<bool>();
  o.repeated_calls = parse<RepeatedCalls>("repeated_calls", text("repeated_calls"));
  o.nonfinite = parse<NonFinite>("nonfinite", text("nonfinite"));
  o.s = j.at("s").get<double>();
  o.s_bar = j.at("s_bar").get<double>();
  return o;
}

std::string hash_of(const std::string& text) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(random::fnv1a(text)));
  return hex.data();
}

/// Standard error of the mean of n values from the exact sums of the values and of their squares.
std::optional<double> standard_error(const FixedSum& sum, const FixedSum& squares, std::size_t pairs) {
  if (pairs < 2) return std::nullopt;
  const auto n = static_cast<double>(pairs);
  const auto [s, s_low] = sum.value();
  const auto [q, q_low] = squares.value();
  // squares - sum^2 / n in twice the precision of a double: the difference of two numbers that are almost equal.
  const double square = s * s;
  const double square_low = std::fma(s, s, -square) + 2.0 * s * s_low;
  const double part = square / n;
  const double part_low = (std::fma(-part, n, square) + square_low) / n;
  const double variance = (q - part) + (q_low - part_low);
  return std::isnan(variance) ? variance : std::sqrt(std::max(0.0, variance) / (n - 1) / n);
}

void require_width(const std::vector<double>& sum, std::size_t width, const char* what) {
  if (!sum.empty() && sum.size() != width) {
    throw Error("preindex.width_changed", std::string(what) + ": rows of " + std::to_string(width) +
                                              " values after rows of " + std::to_string(sum.size()));
  }
}

Accumulator::Widths at_least(Accumulator::Widths widths, const Accumulator::Widths& seen) {
  for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], seen[i]);
  return widths;
}

Json limbs_json(const FixedSum& sum) { return Json{sum.limbs(), sum.nan()}; }

FixedSum limbs_from(const Json& j) {
  return FixedSum::from_limbs(j.at(0).get<std::array<std::int64_t, 4>>(), j.at(1).get<bool>());
}

}  // namespace

struct Accumulator::State {
  State(Options o, std::size_t class_count)
      : options(std::move(o)),
        classes(class_count),
        store(options.store),
        size(options.bins.size() * options.distances.size()),
        sample_sums(size),
        sample_squares(size) {}

  Options options;
  std::size_t classes;
  std::vector<Layer> layers{};
  std::map<std::string, std::size_t, std::less<>> layer_ids{};
  std::vector<LayerState> sums{};
  std::size_t pairs = 0;
  std::size_t skipped = 0;
  std::map<Label, ClassState> by_class{};
  EmbeddingStore store;
  std::vector<Label> store_labels{};
  std::optional<ClusterResult> clustering{};  // of all processes; gone with the next batch
  std::size_t size;                           // bins x distances
  std::vector<FixedSum> sample_sums;
  std::vector<FixedSum> sample_squares;

  // The batch that is being added.
  std::vector<Call> calls{};
  std::vector<Job> queue{};
  std::unique_ptr<float[]> queue_copies{};  // of queue_values; kept, since touching new memory costs as much as a copy
  std::size_t queued = 0;
  std::array<PendingEmbedding, 2> embeddings{};
  std::vector<std::unique_ptr<preindex::detail::PairDistances>> engines{};

  [[nodiscard]] std::size_t kept() const {
    return static_cast<std::size_t>(std::count_if(layers.begin(), layers.end(), [](const Layer& l) { return l.kept; }));
  }

  /// Embeddings that are there to be read.
  [[nodiscard]] std::size_t stored_rows() const { return store.rows() > 0 && store.in_place(0, 1) ? store.rows() : 0; }

  [[nodiscard]] std::size_t stored_side() const {
    return options.ari == Variant::clean || options.ari == Variant::clean_kpp ? 0 : 1;
  }

  void compute(const std::vector<Job>& jobs) {
    struct Part {
      const Job* job;
      std::size_t begin;
      std::size_t end;
    };
    std::vector<Part> parts;
    std::size_t values = 0;
    for (const Job& job : jobs) {
      values += 2 * job.clean.rows * job.clean.columns;
      for (std::size_t i = 0; i < job.clean.rows; i += rows_per_part) {
        parts.push_back({&job, i, std::min(job.clean.rows, i + rows_per_part)});
      }
    }
    const unsigned threads = thread_count(options.threads, std::min(parts.size(), values / values_per_thread + 1));
    if (engines.size() < threads) engines.resize(threads);
    std::vector<std::array<std::vector<float>, 2>> buffers(threads);
    for_parts(parts.size(), threads, [&](std::size_t p, unsigned worker) {
      const auto& [job, begin, end] = parts[p];
      // Made on the thread that uses it: beside each other in memory they would share cache lines.
      if (!engines[worker]) engines[worker] = std::make_unique<preindex::detail::PairDistances>(options);
      preindex::detail::PairDistances& engine = *engines[worker];
      Call& call = calls[job->call];
      const std::size_t width = job->clean.columns;
      const auto row = [&](const View& view, std::size_t i, std::vector<float>& buffer) {
        if (view.rows_in_place()) return view.row(i).data();
        buffer.resize(width);
        view.copy_row(i, buffer.data());
        return static_cast<const float*>(buffer.data());
      };
      for (std::size_t i = begin; i < end; ++i) {
        using Outcome = preindex::detail::PairDistances::Outcome;
        const Outcome outcome =
            engine.compute(row(job->clean, i, buffers[worker][0]), row(job->shifted, i, buffers[worker][1]), width,
                           call.values.data() + i * size);
        call.bad[i] = outcome == Outcome::ok ? 0 : outcome == Outcome::clean_not_finite ? 1 : 2;
        if (call.bad[i] != 0) continue;
        for (std::size_t b = 0; b < options.bins.size(); ++b) {
          const bool p_zero = engine.clean().binning(b).zero_width;
          const bool q_zero = engine.shifted().binning(b).zero_width;
          // 1 clean, 2 shifted, 3 both
          call.zero_width[i * options.bins.size() + b] = static_cast<std::uint8_t>((p_zero ? 1 : 0) + (q_zero ? 2 : 0));
        }
      }
    });
  }

  void flush() {
    if (queue.empty()) return;
    compute(queue);
    queue.clear();
    queued = 0;
  }

  void drop() noexcept {
    calls.clear();
    queue.clear();
    queued = 0;
    for (PendingEmbedding& e : embeddings) {
      e.rows = Rows();
      e.labels.clear();
      e.given = false;
    }
  }

  /// Pairs of the batch; throws if its parts do not belong together.
  [[nodiscard]] std::size_t batch_rows() const {
    std::optional<std::size_t> rows;
    std::string from;
    const auto agree = [&](std::size_t n, const std::string& what) {
      if (rows && *rows != n) {
        throw Error("preindex.unpaired", what + " has " + std::to_string(n) + " samples in this batch, " + from + " " +
                                             std::to_string(*rows));
      }
      rows = n;
      from = what;
    };
    for (const Call& call : calls) agree(call.rows, "layer " + layers[call.layer].name);
    for (const Side side : {Side::clean, Side::shifted}) {
      const PendingEmbedding& e = embeddings[index_of(side)];
      if (e.given) agree(e.rows.rows, "the " + std::string(to_string(side)) + " embedding");
    }
    const auto& before = embeddings[0];
    const auto& after = embeddings[1];
    if (before.given && after.given) {
      for (std::size_t i = 0; i < before.labels.size(); ++i) {
        if (before.labels[i] == after.labels[i]) continue;
        throw Error("preindex.unpaired",
                    "pair " + std::to_string(pairs + skipped + i) + ": label " + preindex::to_string(before.labels[i]) +
                        " on the clean side, " + preindex::to_string(after.labels[i]) + " on the shifted side",
                    {{"pair", static_cast<std::int64_t>(pairs + skipped + i)}});
      }
    }
    return rows.value_or(0);
  }

  [[noreturn]] void bad_value(const std::string& what, Side side, std::size_t i) const {
    throw preindex::detail::not_finite(what + ", " + std::string(to_string(side)) + " side, sample " +
                                       std::to_string(pairs + skipped + i));
  }

  /// Which pairs of the batch count.
  [[nodiscard]] std::vector<char> good_pairs(std::size_t rows) const {
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

  void check_zero_width(std::size_t rows, const std::vector<char>& good) const {
    if (options.weights != Weights::density || options.degenerate != Degenerate::error) return;
    for (const Call& call : calls) {
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t b = 0; good[i] != 0 && b < options.bins.size(); ++b) {
          const int which = call.zero_width[i * options.bins.size() + b];
          if (which == 0) continue;
          throw Error("preindex.zero_width",
                      "layer " + layers[call.layer].name + ", " + (which == 2 ? "shifted" : "clean") +
                          " side, sample " + std::to_string(pairs + skipped + i) + ": a bin of zero width at " +
                          std::to_string(options.bins[b]) + " bins; use degenerate = count or weights = count");
        }
      }
    }
  }

  void count_pairs(std::size_t rows, const std::vector<char>& good) {
    std::vector<std::vector<const Call*>> by_layer(layers.size());
    for (const Call& call : calls) by_layer[call.layer].push_back(&call);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (layers[l].kept && by_layer[l].empty()) {
        throw Error("preindex.unpaired", "layer " + layers[l].name +
                                             " gave no output in a batch; exclude it if the model does not always "
                                             "run it");
      }
      if (layers[l].kept && pairs + skipped > 0 && sums[l].sums.empty()) {
        throw Error("preindex.unpaired", "layer " + layers[l].name +
                                             " gave its first output after other batches; exclude it if the model "
                                             "does not always run it");
      }
    }
    for (LayerState& layer : sums) {
      if (layer.sums.empty()) layer.sums.resize(size);
      if (layer.zero_width.empty()) layer.zero_width.assign(options.bins.size(), 0);
    }
    const auto kept_layers = static_cast<double>(kept());
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
          for (std::size_t b = 0; b < options.bins.size(); ++b) {
            const int which = call->zero_width[i * options.bins.size() + b];
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

  void count_embeddings(std::size_t rows, const std::vector<char>& good) {
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
};

Accumulator::Accumulator(Options options, std::size_t classes) {
  check(options);
  if (classes == 0) {
    throw preindex::detail::bad_option("classes", "0",
                                       "the number of distinct labels: layers that are not wider are "
                                       "not counted");
  }
  state_ = std::make_unique<State>(std::move(options), classes);
}
Accumulator::Accumulator(Accumulator&&) noexcept = default;
Accumulator& Accumulator::operator=(Accumulator&&) noexcept = default;
Accumulator::~Accumulator() = default;

Accumulator::LayerId Accumulator::layer(std::string_view name, std::size_t width) {
  State& s = *state_;
  if (const auto found = s.layer_ids.find(name); found != s.layer_ids.end()) {
    const Layer& known = s.layers[found->second];
    if (known.width != width) {
      throw Error("preindex.width_changed", "layer " + known.name + ": " + std::to_string(width) +
                                                " values per sample after " + std::to_string(known.width) +
                                                "; give inputs of one size");
    }
    return found->second;
  }
  if (width == 0) throw Error("preindex.empty", "layer " + std::string(name) + " gives no values");
  const LayerId id = s.layers.size();
  s.layers.push_back({std::string(name), width, is_kept(name, width, s.classes, s.options)});
  s.sums.emplace_back();
  s.layer_ids.emplace(name, id);
  return id;
}

void Accumulator::add_pairs(LayerId layer, const View& clean, const View& shifted) {
  State& s = *state_;
  if (layer >= s.layers.size()) {
    throw preindex::detail::bad_option("layer", std::to_string(layer), "what layer() returned");
  }
  const Layer& own = s.layers[layer];
  if (clean.rows != shifted.rows || clean.columns != shifted.columns) {
    throw Error("preindex.unpaired", "layer " + own.name + ": " + std::to_string(clean.rows) + " x " +
                                         std::to_string(clean.columns) + " values on the clean side, " +
                                         std::to_string(shifted.rows) + " x " + std::to_string(shifted.columns) +
                                         " on the shifted side; pair " +
                                         std::to_string(s.pairs + s.skipped + std::min(clean.rows, shifted.rows)) +
                                         " is the first without "
                                         "a partner");
  }
  if (clean.columns != own.width) {
    throw Error("preindex.width_changed", "layer " + own.name + ": " + std::to_string(clean.columns) +
                                              " values per sample after " + std::to_string(own.width));
  }
  if (!own.kept) return;
  Call call{.layer = layer, .rows = clean.rows};
  call.values.resize(clean.rows * s.size);
  call.zero_width.resize(clean.rows * s.options.bins.size());
  call.bad.resize(clean.rows);
  s.calls.push_back(std::move(call));
  const std::size_t values = 2 * clean.rows * clean.columns;
  Job job{.call = s.calls.size() - 1, .clean = clean, .shifted = shifted};
  const std::size_t threads = thread_count(s.options.threads, queue_values / values_per_thread);
  if (threads == 1 || values >= std::min(queue_values, 2 * threads * values_per_thread)) {
    s.compute({job});
    return;
  }
  if (s.queued + values > queue_values) s.flush();
  if (!s.queue_copies) s.queue_copies = std::make_unique_for_overwrite<float[]>(queue_values);
  for (View* view : {&job.clean, &job.shifted}) {
    float* copy = s.queue_copies.get() + s.queued;
    for (std::size_t i = 0; i < view->rows; ++i) view->copy_row(i, copy + i * view->columns);
    *view = View(copy, view->rows, view->columns);
    s.queued += view->rows * view->columns;
  }
  s.queue.push_back(job);
}

void Accumulator::add_embedding(Side side, const View& rows, std::span<const Label> labels) {
  State& s = *state_;
  if (rows.rows != labels.size()) {
    throw Error("preindex.unpaired", std::to_string(rows.rows) + " embeddings and " + std::to_string(labels.size()) +
                                         " labels; give one per sample");
  }
  if (rows.columns == 0) throw Error("preindex.empty", "embeddings without values");
  PendingEmbedding& pending = s.embeddings[index_of(side)];
  for (const auto& [label, state] : s.by_class) require_width(state.sum[index_of(side)], rows.columns, "embedding");
  if (pending.given && pending.rows.columns != rows.columns) {
    throw Error("preindex.width_changed", "embedding: rows of " + std::to_string(rows.columns) +
                                              " values after rows of " + std::to_string(pending.rows.columns));
  }
  Rows copy = copy_of(rows);
  if (pending.given) {
    pending.rows.values.insert(pending.rows.values.end(), copy.values.begin(), copy.values.end());
    pending.rows.rows += copy.rows;
  } else {
    pending.rows = std::move(copy);
  }
  pending.labels.insert(pending.labels.end(), labels.begin(), labels.end());
  pending.given = true;
}

void Accumulator::add_resque(Side side, const View& rows, std::span<const Label> labels) {
  State& s = *state_;
  const ClassSums sums = class_sums(rows, labels);
  const std::size_t i = index_of(side);
  for (const auto& [label, state] : s.by_class) {
    for (const auto& sum : state.resque_sum) require_width(sum, rows.columns, "RESQUE vectors");
  }
  for (std::size_t c = 0; c < sums.classes.size(); ++c) {
    ClassState& state = s.by_class[sums.classes[c]];
    state.resque_count[i] += sums.counts[c];
    if (state.resque_sum[i].empty()) state.resque_sum[i].assign(rows.columns, 0.0);
    for (std::size_t j = 0; j < rows.columns; ++j) state.resque_sum[i][j] += sums.sums.row(c)[j];
  }
}

void Accumulator::end_batch() {
  State& s = *state_;
  try {
    s.flush();
    const std::size_t rows = s.batch_rows();
    if (rows > 0) {
      const std::vector<char> good = s.good_pairs(rows);
      s.check_zero_width(rows, good);
      if (!s.layers.empty()) {
        check_layers(s.layers, s.classes, s.options);
        s.count_pairs(rows, good);
      }
      s.count_embeddings(rows, good);
      s.clustering.reset();
      const auto counted = static_cast<std::size_t>(std::count(good.begin(), good.end(), 1));
      s.pairs += counted;
      s.skipped += rows - counted;
    }
  } catch (...) {
    s.drop();
    throw;
  }
  s.drop();
}

void Accumulator::drop_batch() noexcept { state_->drop(); }

void Accumulator::merge(const Accumulator& other) {
  State& s = *state_;
  const State& o = *other.state_;
  if (!s.calls.empty() || !o.calls.empty() || s.embeddings[0].given || s.embeddings[1].given || o.embeddings[0].given ||
      o.embeddings[1].given) {
    throw Error("preindex.bad_state", "a batch is open; call end_batch before merge", {}, ErrorCategory::runtime);
  }
  const Json mine = options_json(s.options, s.classes);
  const Json theirs = options_json(o.options, o.classes);
  std::vector<std::string> differing;
  for (const auto& [key, value] : mine.items()) {
    if (theirs.at(key) != value) differing.push_back(key);
  }
  if (!s.layers.empty() && !o.layers.empty() && s.layers != o.layers) differing.emplace_back("layers");
  for (const auto& [label, theirs_of] : o.by_class) {
    for (const auto& [known, mine_of] : s.by_class) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (!mine_of.sum[i].empty() && !theirs_of.sum[i].empty() && mine_of.sum[i].size() != theirs_of.sum[i].size()) {
          differing.emplace_back("embedding width");
        }
      }
      break;
    }
    if (label.index() != (s.by_class.empty() ? label : s.by_class.begin()->first).index()) {
      differing.emplace_back("type of the labels");
    }
    break;
  }
  if (!differing.empty()) {
    std::string text;
    for (const std::string& key : differing) text += (text.empty() ? "" : ", ") + key;
    throw Error("preindex.config_mismatch", "the shards differ in: " + text + "; run all of them with the same options",
                {{"keys", differing}});
  }
  if (s.layers.empty()) {
    s.layers = o.layers;
    s.layer_ids = o.layer_ids;
    s.sums.resize(o.sums.size());
  }
  for (std::size_t l = 0; l < o.sums.size(); ++l) {
    if (o.sums[l].sums.empty()) continue;
    if (s.sums[l].sums.empty()) s.sums[l].sums.resize(s.size);
    if (s.sums[l].zero_width.empty()) s.sums[l].zero_width.assign(s.options.bins.size(), 0);
    for (std::size_t v = 0; v < s.size; ++v) s.sums[l].sums[v] += o.sums[l].sums[v];
    for (std::size_t b = 0; b < s.options.bins.size(); ++b) s.sums[l].zero_width[b] += o.sums[l].zero_width[b];
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    s.sample_sums[v] += o.sample_sums[v];
    s.sample_squares[v] += o.sample_squares[v];
  }
  s.pairs += o.pairs;
  s.skipped += o.skipped;
  for (const auto& [label, theirs_of] : o.by_class) {
    ClassState& own = s.by_class[label];
    const auto add = [](std::vector<double>& sum, const std::vector<double>& more) {
      if (sum.empty()) sum.assign(more.size(), 0.0);
      for (std::size_t j = 0; j < more.size(); ++j) sum[j] += more[j];
    };
    for (std::size_t i = 0; i < 2; ++i) {
      own.count[i] += theirs_of.count[i];
      own.resque_count[i] += theirs_of.resque_count[i];
      add(own.sum[i], theirs_of.sum[i]);
      add(own.resque_sum[i], theirs_of.resque_sum[i]);
    }
  }
  s.clustering.reset();
  s.store.append(o.store);
  s.store_labels.insert(s.store_labels.end(), o.store_labels.begin(), o.store_labels.end());
}

Result Accumulator::result() const {
  const State& s = *state_;
  if (s.pairs == 0) {
    throw Error("preindex.empty", s.skipped > 0 ? "all " + std::to_string(s.skipped) + " pairs were skipped"
                                                : "no pairs were counted; add batches and end them");
  }
  check_layers(s.layers, s.classes, s.options);
  Result r;
  r.pairs = s.pairs;
  r.skipped = s.skipped;
  r.bins = s.options.bins;
  r.distances = s.options.distances;
  const auto n = static_cast<double>(s.pairs);
  const auto mean = [](const FixedSum& sum, double count) {
    const auto [high, low] = sum.value();
    return high / count + low / count;
  };
  std::vector<FixedSum> totals(s.size);
  Json kept = Json::array();
  std::int64_t zero_width = 0;
  for (std::size_t l = 0; l < s.layers.size(); ++l) {
    LayerResult layer{.name = s.layers[l].name, .width = s.layers[l].width, .kept = s.layers[l].kept};
    if (layer.kept) {
      kept.push_back(layer.name);
      for (std::size_t v = 0; v < s.size; ++v) {
        layer.p.push_back(mean(s.sums[l].sums[v], n));
        totals[v] += s.sums[l].sums[v];
      }
      layer.zero_width = s.sums[l].zero_width;
      for (const std::int64_t count : layer.zero_width) zero_width += count;
    }
    r.layers.push_back(std::move(layer));
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    r.all_p.push_back(mean(totals[v], n * static_cast<double>(s.kept())));
    r.all_se.push_back(standard_error(s.sample_sums[v], s.sample_squares[v], s.pairs));
  }
  r.p = r.all_p[0];
  r.se = r.all_se[0];
  if (zero_width > 0) {
    r.issues.push_back({"zero_width_bins", "histogram",
                        std::to_string(zero_width) + " vectors have bins of zero width: near-constant channels"});
  }
  if (s.skipped > 0) {
    r.issues.push_back({"skipped_pairs", "nonfinite", std::to_string(s.skipped) + " pairs with NaN or infinity"});
  }

  Json config = options_json(s.options, s.classes);
  config["layers_kept"] = std::move(kept);
  const bool unscaled = s.options.s == 0 && s.options.s_bar == 0;
  r.label = unscaled ? "preindex(unscaled)" : "preindex";
  r.config = co2lib::detail::to_text(config);
  r.config_hash = hash_of(r.config);
  if (unscaled) {
    r.issues.push_back({"unscaled", "s", "s and s_bar are 0: no published value is known, give them as arguments"});
  }

  // Stored rows are there, unless they are read again by the caller or were left out of a state.
  if (s.clustering) {
    r.cluster = s.clustering;
  } else if (s.stored_rows() == s.pairs) {
    r.cluster = clustered(one_process());
  }
  if (r.cluster) {
    r.inv_ari = r.cluster->inv_ari;
    add_issues(r.issues, r.cluster->issues);
    if (!std::isnan(r.p)) r.value = combine(r.p, *r.inv_ari, s.options.s, s.options.s_bar);
  }
  return r;
}

ClusterResult Accumulator::clustered(const Reducer& reducer) const {
  const State& s = *state_;
  Classes classes;
  for (const auto& [label, state] : s.by_class) {
    if (state.count[0] + state.count[1] > 0) classes.labels.push_back(label);  // else seen by RESQUE only
  }
  (void)classes_of(classes.labels);  // throws if integers and texts are mixed
  for (const Label& label : s.store_labels) {
    const auto at = std::lower_bound(classes.labels.begin(), classes.labels.end(), label);
    classes.index.push_back(static_cast<std::int32_t>(at - classes.labels.begin()));
  }
  const LloydOptions lloyd_options{.threads = s.options.threads};
  Matrix centres;
  switch (s.options.ari) {
    case Variant::clean:
    case Variant::noise_2:
      centres = class_means(Side::clean);
      break;
    case Variant::noise_1:
      centres = class_means(Side::shifted);
      break;
    case Variant::clean_kpp:
    case Variant::noise_1_kpp:
      centres = kmeans_plus_plus(s.store, classes.count(), lloyd_options, reducer);
      break;
  }
  return preindex::cluster(s.store, classes, centres, lloyd_options, reducer);
}

void Accumulator::cluster(const Reducer& reducer) {
  State& s = *state_;
  s.clustering.reset();
  const std::int64_t stored = Together(reducer).all([&] { return static_cast<std::int64_t>(s.stored_rows()); });
  if (stored == 0 || static_cast<std::size_t>(stored) != s.pairs) return;
  s.clustering = clustered(reducer);
}

Matrix Accumulator::class_means(Side side) const {
  const State& s = *state_;
  const std::size_t i = index_of(side);
  std::size_t width = 0;
  std::string absent;
  std::vector<const ClassState*> present;
  for (const auto& [label, state] : s.by_class) {
    if (state.count[0] + state.count[1] == 0) continue;  // seen by RESQUE only
    if (state.count[i] == 0) {
      absent += (absent.empty() ? "" : ", ") + preindex::to_string(label);
      continue;
    }
    present.push_back(&state);
    width = state.sum[i].size();
  }
  if (!absent.empty()) {
    throw Error("preindex.class_sets",
                "no embeddings on the " + std::string(to_string(side)) + " side for the classes " + absent);
  }
  Matrix means(present.size(), width);
  for (std::size_t c = 0; c < present.size(); ++c) {
    for (std::size_t j = 0; j < width; ++j) {
      means.row(c)[j] = present[c]->sum[i][j] / static_cast<double>(present[c]->count[i]);
    }
  }
  return means;
}

Resque Accumulator::resque() const {
  const State& s = *state_;
  std::array<ClassSums, 2> sides;
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto& [label, state] : s.by_class) {
      if (state.resque_count[i] == 0) continue;
      sides[i].classes.push_back(label);
      sides[i].counts.push_back(state.resque_count[i]);
      sides[i].sums.values.insert(sides[i].sums.values.end(), state.resque_sum[i].begin(), state.resque_sum[i].end());
      sides[i].sums.columns = state.resque_sum[i].size();
      ++sides[i].sums.rows;
    }
  }
  return resque_shift(sides[0], sides[1]);
}

std::vector<Label> Accumulator::labels() const {
  std::vector<Label> labels;
  for (const auto& [label, state] : state_->by_class) labels.push_back(label);
  return labels;
}

const EmbeddingStore& Accumulator::embeddings() const noexcept { return state_->store; }
Classes Accumulator::embedding_classes() const { return classes_of(state_->store_labels); }
const Options& Accumulator::options() const noexcept { return state_->options; }
std::size_t Accumulator::classes() const noexcept { return state_->classes; }
std::size_t Accumulator::pairs() const noexcept { return state_->pairs; }
const std::vector<Layer>& Accumulator::layers() const noexcept { return state_->layers; }
std::string Accumulator::config() const {
  return co2lib::detail::to_text(options_json(state_->options, state_->classes));
}
std::string Accumulator::config_hash() const { return hash_of(config()); }

Accumulator::Widths Accumulator::widths() const {
  Widths widths{};
  for (const auto& [label, state] : state_->by_class) {
    for (std::size_t i = 0; i < 2; ++i) {
      widths[i] = std::max(widths[i], state.sum[i].size());
      widths[2 + i] = std::max(widths[2 + i], state.resque_sum[i].size());
    }
  }
  return widths;
}

Accumulator::Packed Accumulator::pack(std::span<const Label> classes, const Widths& given) const {
  const State& s = *state_;
  Packed packed;
  const auto put = [&](const FixedSum& sum) {
    const auto limbs = sum.limbs();
    packed.integers.insert(packed.integers.end(), limbs.begin(), limbs.end());
    packed.integers.push_back(sum.nan() ? 1 : 0);
  };
  packed.integers = {static_cast<std::int64_t>(s.pairs), static_cast<std::int64_t>(s.skipped)};
  for (const LayerState& layer : s.sums) {
    for (std::size_t v = 0; v < s.size; ++v) put(layer.sums.empty() ? FixedSum() : layer.sums[v]);
    for (std::size_t b = 0; b < s.options.bins.size(); ++b) {
      packed.integers.push_back(layer.zero_width.empty() ? 0 : layer.zero_width[b]);
    }
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    put(s.sample_sums[v]);
    put(s.sample_squares[v]);
  }
  const Widths widths = at_least(given, this->widths());
  for (const Label& label : classes) {
    const auto found = s.by_class.find(label);
    static const ClassState none;
    const ClassState& state = found == s.by_class.end() ? none : found->second;
    for (std::size_t i = 0; i < 2; ++i) {
      packed.integers.push_back(state.count[i]);
      packed.integers.push_back(state.resque_count[i]);
      std::vector<double> sum = state.sum[i];
      sum.resize(widths[i], 0.0);
      packed.doubles.insert(packed.doubles.end(), sum.begin(), sum.end());
      sum = state.resque_sum[i];
      sum.resize(widths[2 + i], 0.0);
      packed.doubles.insert(packed.doubles.end(), sum.begin(), sum.end());
    }
  }
  return packed;
}

void Accumulator::unpack(const Packed& packed, std::span<const Label> classes, const Widths& given) {
  State& s = *state_;
  const Widths widths = at_least(given, this->widths());
  const std::size_t per_class = widths[0] + widths[1] + widths[2] + widths[3];
  const std::size_t expected =
      2 + s.sums.size() * (s.size * 5 + s.options.bins.size()) + s.size * 10 + classes.size() * 4;
  if (packed.integers.size() != expected || packed.doubles.size() != classes.size() * per_class) {
    throw Error("preindex.config_mismatch",
                "the packed sums are not laid out as those of this shard: other layers, "
                "embeddings or classes",
                {{"keys", std::vector<std::string>{"layers"}}});
  }
  s.clustering.reset();
  const std::int64_t* at = packed.integers.data();
  const auto get = [&] {
    const FixedSum sum = FixedSum::from_limbs({at[0], at[1], at[2], at[3]}, at[4] != 0);
    at += 5;
    return sum;
  };
  s.pairs = static_cast<std::size_t>(*at++);
  s.skipped = static_cast<std::size_t>(*at++);
  for (LayerState& layer : s.sums) {
    layer.sums.resize(s.size);
    layer.zero_width.resize(s.options.bins.size());
    for (FixedSum& sum : layer.sums) sum = get();
    for (std::int64_t& count : layer.zero_width) count = *at++;
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    s.sample_sums[v] = get();
    s.sample_squares[v] = get();
  }
  const double* value = packed.doubles.data();
  for (const Label& label : classes) {
    ClassState& state = s.by_class[label];
    for (std::size_t i = 0; i < 2; ++i) {
      state.count[i] = *at++;
      state.resque_count[i] = *at++;
      state.sum[i].assign(value, value + widths[i]);
      value += widths[i];
      state.resque_sum[i].assign(value, value + widths[2 + i]);
      value += widths[2 + i];
    }
  }
}

std::string Accumulator::to_json() const {
  const State& s = *state_;
  if (!s.calls.empty()) {
    throw Error("preindex.bad_state", "a batch is open; call end_batch before to_json", {}, ErrorCategory::runtime);
  }
  Json layers = Json::array();
  for (std::size_t l = 0; l < s.layers.size(); ++l) {
    Json sums = Json::array();
    for (const FixedSum& sum : s.sums[l].sums) sums.push_back(limbs_json(sum));
    layers.push_back({{"name", s.layers[l].name},
                      {"width", s.layers[l].width},
                      {"kept", s.layers[l].kept},
                      {"sums", std::move(sums)},
                      {"zero_width", s.sums[l].zero_width}});
  }
  Json samples = Json::array();
  for (std::size_t v = 0; v < s.size; ++v) {
    samples.push_back(Json{limbs_json(s.sample_sums[v]), limbs_json(s.sample_squares[v])});
  }
  Json classes = Json::array();
  for (const auto& [label, state] : s.by_class) {
    classes.push_back({{"label", label_json(label)},
                       {"count", state.count},
                       {"sum", state.sum},
                       {"resque_count", state.resque_count},
                       {"resque_sum", state.resque_sum}});
  }
  return co2lib::detail::to_text({{"schema", "co2lib-preindex-accumulator/" + std::to_string(state_version)},
                                  {"config", options_json(s.options, s.classes)},
                                  {"pairs", s.pairs},
                                  {"skipped", s.skipped},
                                  {"layers", std::move(layers)},
                                  {"samples", std::move(samples)},
                                  {"classes", std::move(classes)}});
}

Accumulator Accumulator::from_json(std::string_view text) {
  const std::string prefix = "co2lib-preindex-accumulator/";
  try {
    const Json j = Json::parse(text);
    const auto schema = j.at("schema").get<std::string>();
    if (schema != prefix + std::to_string(state_version)) {
      throw Error("preindex.bad_state", "the state has the schema '" + schema + "', this version reads '" + prefix +
                                            std::to_string(state_version) + "'; update co2lib");
    }
    Accumulator a(options_from(j.at("config")), j.at("config").at("classes").get<std::size_t>());
    State& s = *a.state_;
    s.pairs = j.at("pairs").get<std::size_t>();
    s.skipped = j.at("skipped").get<std::size_t>();
    const auto require = [](bool good) {
      if (!good) throw Error("preindex.bad_state", "the state is corrupt: lists of unequal length");
    };
    for (const Json& layer : j.at("layers")) {
      const LayerId id = a.layer(layer.at("name").get<std::string>(), layer.at("width").get<std::size_t>());
      require(id + 1 == s.layers.size());
      s.layers[id].kept = layer.at("kept").get<bool>();
      for (const Json& sum : layer.at("sums")) s.sums[id].sums.push_back(limbs_from(sum));
      s.sums[id].zero_width = layer.at("zero_width").get<std::vector<std::int64_t>>();
      require(s.sums[id].sums.empty() ? s.pairs == 0 || !s.layers[id].kept : s.sums[id].sums.size() == s.size);
      require(s.sums[id].zero_width.empty() == s.sums[id].sums.empty() &&
              (s.sums[id].zero_width.empty() || s.sums[id].zero_width.size() == s.options.bins.size()));
    }
    require(j.at("samples").size() == s.size);
    for (std::size_t v = 0; v < s.size; ++v) {
      s.sample_sums[v] = limbs_from(j.at("samples").at(v).at(0));
      s.sample_squares[v] = limbs_from(j.at("samples").at(v).at(1));
    }
    for (const Json& c : j.at("classes")) {
      const Json& label = c.at("label");
      ClassState& state =
          s.by_class[label.is_string() ? Label(label.get<std::string>()) : Label(label.get<std::int64_t>())];
      state.count = c.at("count").get<std::array<std::int64_t, 2>>();
      state.sum = c.at("sum").get<std::array<std::vector<double>, 2>>();
      state.resque_count = c.at("resque_count").get<std::array<std::int64_t, 2>>();
      state.resque_sum = c.at("resque_sum").get<std::array<std::vector<double>, 2>>();
      for (std::size_t i = 0; i < 2; ++i) {
        const ClassState& first = s.by_class.begin()->second;
        require(state.sum[i].empty() || first.sum[i].empty() || state.sum[i].size() == first.sum[i].size());
        require(state.resque_sum[i].empty() || first.resque_sum[i].empty() ||
                state.resque_sum[i].size() == first.resque_sum[i].size());
      }
    }
    return a;
  } catch (const Json::exception& error) {
    throw Error("preindex.bad_state", std::string("the state is corrupt: ") + error.what());
  }
}

std::string Result::to_json() const {
  const auto optional = [](const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); };
  const auto table = [&](const auto& values) {
    Json out = Json::object();
    for (std::size_t b = 0; b < bins.size(); ++b) {
      Json row = Json::object();
      for (std::size_t d = 0; d < distances.size(); ++d) {
        row[std::string(to_string(distances[d]))] = optional(values[b * distances.size() + d]);
      }
      out[std::to_string(bins[b])] = std::move(row);
    }
    return out;
  };
  Json layer_list = Json::array();
  for (const LayerResult& layer : layers) {
    Json entry{{"name", layer.name}, {"width", layer.width}, {"kept", layer.kept}};
    if (layer.kept) {
      entry["p"] = table(layer.p);
      entry["zero_width"] = layer.zero_width;
    }
    layer_list.push_back(std::move(entry));
  }
  Json issue_list = Json::array();
  for (const Issue& issue : issues) {
    issue_list.push_back({{"code", issue.code}, {"subject", issue.subject}, {"text", issue.text}});
  }
  Json out{{"schema", "co2lib-preindex/1"},
           {"label", label},
           {"value", optional(value)},
           {"p", optional(p)},
           {"se", optional(se)},
           {"inv_ari", optional(inv_ari)},
           {"pairs", pairs},
           {"skipped", skipped},
           {"all_distances", table(all_p)},
           {"all_standard_errors", table(all_se)},
           {"layers", std::move(layer_list)}};
  if (cluster) {
    out["clustering"] = {{"n_iter", cluster->iterations},
                         {"stop", std::string(to_string(cluster->stop))},
                         {"inertia", cluster->inertia},
                         {"tol_abs", cluster->tol_abs},
                         {"ari", optional(cluster->ari)}};
  }
  out["config"] = Json::parse(config);
  out["config_hash"] = config_hash;
  out["issues"] = std::move(issue_list);
  return co2lib::detail::to_text(out);
}

}  // namespace co2lib::preindex
