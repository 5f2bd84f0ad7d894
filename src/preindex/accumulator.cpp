// SPDX-License-Identifier: MIT
// Accumulator: batches and threads.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "configuration.hpp"
#include "state.hpp"

namespace co2lib::preindex {

namespace {

Rows copy_of(const View& view) {
  Rows rows(view.rows, view.columns);
  for (std::size_t i = 0; i < view.rows; ++i) view.copy_row(i, rows.row(i));
  return rows;
}

void require_width(const std::vector<double>& sum, std::size_t width, const char* what) {
  if (!sum.empty() && sum.size() != width) {
    throw Error("preindex.width_changed",
                fmt::format("{}: rows of {} values after rows of {}", what, width, sum.size()));
  }
}

}  // namespace

Accumulator::Accumulator(Options options, std::size_t classes) {
  check(options);
  if (classes == 0) {
    throw preindex::detail::bad_option("classes", "0",
                                       "the number of distinct labels: layers that are not wider are not counted");
  }
  state_ = std::make_unique<State>(std::move(options), classes);
}
Accumulator::Accumulator(Accumulator&&) noexcept = default;
Accumulator& Accumulator::operator=(Accumulator&&) noexcept = default;
Accumulator::~Accumulator() = default;

Accumulator::LayerId Accumulator::layer(std::string_view name, std::size_t width) {
  State& s = *state_;
  const Writing writing(s.users);
  if (const auto found = s.layer_ids.find(name); found != s.layer_ids.end()) {
    const Layer& known = s.layers[found->second];
    if (known.width != width) {
      throw Error("preindex.width_changed",
                  fmt::format("layer {}: {} values per sample after {}; give inputs of one size", known.name, width,
                              known.width));
    }
    return found->second;
  }
  if (width == 0) throw Error("preindex.empty", fmt::format("layer {} gives no values", name));
  const LayerId id = s.layers.size();
  s.layers.push_back({std::string(name), width, is_kept(name, width, s.classes, s.options)});
  s.sums.emplace_back();
  s.layer_ids.emplace(name, id);
  return id;
}

void Accumulator::add_pairs(LayerId layer, const View& clean, const View& shifted) {
  State& s = *state_;
  const Writing writing(s.users);
  if (layer >= s.layers.size()) {
    throw preindex::detail::bad_option("layer", std::to_string(layer), "what layer() returned");
  }
  const Layer& own = s.layers[layer];
  if (clean.rows != shifted.rows || clean.columns != shifted.columns) {
    throw Error("preindex.unpaired",
                fmt::format("layer {}: {} x {} values on the clean side, {} x {} on the shifted side; "
                            "pair {} is the first without a partner",
                            own.name, clean.rows, clean.columns, shifted.rows, shifted.columns,
                            s.pairs + s.skipped + std::min(clean.rows, shifted.rows)));
  }
  if (clean.columns != own.width) {
    throw Error("preindex.width_changed",
                fmt::format("layer {}: {} values per sample after {}", own.name, clean.columns, own.width));
  }
  if (!own.kept) return;
  s.add_call(layer, clean, shifted);
}

void Accumulator::add_embedding(Side side, const View& rows, std::span<const Label> labels) {
  State& s = *state_;
  const Writing writing(s.users);
  if (rows.rows != labels.size()) {
    throw Error("preindex.unpaired",
                fmt::format("{} embeddings and {} labels; give one per sample", rows.rows, labels.size()));
  }
  if (rows.columns == 0) throw Error("preindex.empty", "embeddings without values");
  PendingEmbedding& pending = s.embeddings[index_of(side)];
  for (const auto& [label, state] : s.by_class) require_width(state.sum[index_of(side)], rows.columns, "embedding");
  if (pending.given && pending.rows.columns != rows.columns) {
    throw Error("preindex.width_changed",
                fmt::format("embedding: rows of {} values after rows of {}", rows.columns, pending.rows.columns));
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
  const Writing writing(s.users);
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

void Accumulator::restore_embeddings(const View& rows, std::span<const Label> labels) {
  State& s = *state_;
  const Writing writing(s.users);
  if (rows.rows != labels.size() || rows.rows > s.pairs || s.store.rows() != 0) {
    throw Error("preindex.bad_state", fmt::format("{} embeddings and {} labels do not belong to a state of {} pairs",
                                                  rows.rows, labels.size(), s.pairs));
  }
  s.store.append(rows);
  s.store_labels.assign(labels.begin(), labels.end());
}

void Accumulator::end_batch() {
  State& s = *state_;
  const Writing writing(s.users);
  try {
    s.queue.finish();
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

}  // namespace co2lib::preindex
