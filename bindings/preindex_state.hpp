// SPDX-License-Identifier: MIT
// Domain preindex: the fields of results for pickles, for every file that pickles something that holds one. Two files
// that see different fields would break the one-definition rule, and a value pickle itself without end.
#pragma once

#include "preindex.hpp"

namespace co2lib::bindings {

template <>
struct Fields<preindex::Distances> {
  static constexpr int version = 1;
  static auto of(auto& d) { return std::tie(d.bins, d.distances, d.values, d.clean, d.shifted, d.zero_width); }
};

template <>
struct Fields<preindex::ClusterResult> {
  static constexpr int version = 1;
  static auto of(auto& r) {
    return std::tie(r.labels, r.centres, r.iterations, r.stop, r.inertia, r.tol_abs, r.classes, r.contingency, r.ari,
                    r.inv_ari, r.issues);
  }
};

template <>
struct Fields<preindex::Resque> {
  static constexpr int version = 1;
  static auto of(auto& r) { return std::tie(r.index, r.classes, r.angles); }
};

template <>
struct Fields<preindex::LayerResult> {
  static constexpr int version = 1;
  static auto of(auto& l) { return std::tie(l.name, l.width, l.kept, l.p, l.zero_width); }
};

template <>
struct Fields<preindex::Result> {
  static constexpr int version = 1;
  static auto of(auto& r) {
    return std::tie(r.value, r.p, r.se, r.inv_ari, r.pairs, r.skipped, r.bins, r.distances, r.all_p, r.all_se, r.layers,
                    r.cluster, r.label, r.config, r.config_hash, r.issues, r.layers_unseen, r.observed_share);
  }
};

}  // namespace co2lib::bindings
