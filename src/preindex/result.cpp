// SPDX-License-Identifier: MIT
// Accumulator: what comes of the sums: the index, its clustering, RESQUE, and the result as JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "configuration.hpp"
#include "state.hpp"
#include "together.hpp"

namespace co2lib::preindex {

namespace {

using co2lib::detail::Json;
using co2lib::detail::json_list;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

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

}  // namespace

Result Accumulator::result() const {
  const State& s = *state_;
  const Reading reading(state_->users);
  if (s.pairs == 0) {
    throw Error("preindex.empty", s.skipped > 0 ? fmt::format("all {} pairs were skipped", s.skipped)
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
  std::vector<std::string> kept;
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
                        fmt::format("{} vectors have bins of zero width: near-constant channels", zero_width)});
  }
  if (s.skipped > 0) {
    r.issues.push_back({"skipped_pairs", "nonfinite", fmt::format("{} pairs with NaN or infinity", s.skipped)});
  }

  Json config = options_json(s.options, s.classes);
  config["layers_kept"] = kept;
  const bool unscaled = s.options.s == 0 && s.options.s_bar == 0;
  r.label = unscaled ? "preindex(unscaled)" : "preindex";
  r.config = co2lib::detail::to_text(config);
  r.config_hash = hash_of(co2lib::detail::to_text(identity_json(s.options, kept)));
  if (unscaled) {
    r.issues.push_back({"unscaled", "s", "s and s_bar are 0: no published value is known, give them as arguments"});
  }

  add_clustering(r);
  return r;
}

void Accumulator::add_clustering(Result& r) const {
  const State& s = *state_;
  std::size_t seen = 0;
  for (const auto& [label, state] : s.by_class) seen += state.count[0] + state.count[1] > 0 ? 1 : 0;
  if (seen > 0 && seen != s.classes) {
    r.issues.push_back(
        {"classes", "labels",
         fmt::format("the samples have {} distinct labels, classes is {}: which layers count depends on it", seen,
                     s.classes)});
  }
  // Stored rows are there, unless they are read again by the caller or were left out of a state.
  if (s.clustering) {
    r.cluster = s.clustering;
  } else if (s.stored_rows() == s.pairs) {
    r.cluster = clustered(one_process());
  } else {
    r.issues.push_back({"no_index", "embeddings",
                        fmt::format("embeddings of {} of {} pairs are here, so there is p, but no inv_ari and no index",
                                    s.stored_rows(), s.pairs)});
    return;
  }
  r.inv_ari = r.cluster->inv_ari;
  add_issues(r.issues, r.cluster->issues);
  if (!std::isnan(r.p)) r.value = combine(r.p, *r.inv_ari, s.options.s, s.options.s_bar);
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
  const Writing writing(s.users);
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
                fmt::format("no embeddings on the {} side for the classes {}", text(side), absent));
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

std::string Result::to_json() const {
  /// Values by bins and distance.
  const auto table = [this](const auto& values) {
    return JsonObject{[this, &values](JsonWriter& o) {
      for (std::size_t b = 0; b < bins.size(); ++b) {
        o.add(std::to_string(bins[b]), JsonObject{[&](JsonWriter& row) {
                for (std::size_t d = 0; d < distances.size(); ++d) {
                  row.add(text(distances[d]), values[b * distances.size() + d]);
                }
              }});
      }
    }};
  };
  return JsonWriter::object([&](JsonWriter& out) {
    out.add("schema", "co2lib-preindex/1");
    out.add("label", label);
    out.add("value", value);
    out.add("p", p);
    out.add("se", se);
    out.add("inv_ari", inv_ari);
    out.add("pairs", pairs);
    out.add("skipped", skipped);
    out.add("all_distances", table(all_p));
    out.add("all_standard_errors", table(all_se));
    out.add("layers", json_list(layers, [&](const LayerResult& layer) {
              return JsonObject{[&](JsonWriter& o) {
                o.add("name", layer.name);
                o.add("width", layer.width);
                o.add("kept", layer.kept);
                if (!layer.kept) return;
                o.add("p", table(layer.p));
                o.add("zero_width", layer.zero_width);
              }};
            }));
    if (cluster) {
      out.add("clustering", JsonObject{[this](JsonWriter& o) {
                o.add("n_iter", cluster->iterations);
                o.add("stop", text(cluster->stop));
                o.add("inertia", cluster->inertia);
                o.add("tol_abs", cluster->tol_abs);
                o.add("ari", cluster->ari);
              }});
    }
    out.add("layers_unseen", layers_unseen);
    out.add("observed_share", observed_share);
    out.add("config", Json::parse(config));
    out.add("config_hash", config_hash);
    out.add("issues", issues);
  });
}

}  // namespace co2lib::preindex
