// SPDX-License-Identifier: MIT
// Options: every choice that PreIndex leaves open, with the project's defaults and the names they have in files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>

namespace co2lib::preindex {

/// How the vector of a sample is made of a layer's output.
enum class Mode {
  cnn,  ///< mean over all axes after the channels
  vit,  ///< everything after the batch axis, flattened
};

/// Before or after the shift.
enum class Side { clean, shifted };

/// How the edges of a histogram are rounded.
enum class EdgeRule {
  numpy1,  ///< in double, then to float32 (NumPy 1.x); the default
  numpy2,  ///< every step to float32 (NumPy 2)
};

/// What a histogram's probabilities are made of.
enum class Weights {
  density,  ///< counts divided by the rounded widths of the bins, as published
  count,    ///< counts; the sturdier choice for near-constant channels on a large offset
};

/// What becomes of a vector with a bin of zero width, with `Weights::density`.
enum class Degenerate {
  count,  ///< that vector uses its counts as weights; ours
  nan,    ///< the published behaviour: the distance is nan, and so is every average over it
  error,  ///< the error preindex.zero_width
};

/// The four distances between two histograms.
enum class Distance { js, wasserstein, bhattacharyya, kl };

/// Which data is clustered, and from which centres.
enum class Variant { clean, noise_1, noise_2, clean_kpp, noise_1_kpp };

/// Where the shifted embeddings are kept for the passes of the clustering.
enum class Store {
  memory,     ///< float32 in memory
  file,       ///< a memory-mapped file without a name
  recompute,  ///< nowhere: the caller runs the forward passes again
};

/// What becomes of a pair with a NaN or an infinity in an activation.
enum class NonFinite { error, skip_pair };

/// What becomes of a module that is called more than once per forward pass.
enum class RepeatedCalls { mean, sum };

/// The curve through the calibration runs.
enum class Model {
  linear,     ///< ordinary least squares
  isotonic,   ///< least-squares non-decreasing, linear between knots, constant outside
  automatic,  ///< "auto": the smaller mean absolute leave-one-out error, linear on ties
};

namespace detail {

template <class T>
using Names = std::vector<std::pair<T, std::string_view>>;

inline const Names<Mode>& names(Mode) {
  static const Names<Mode> all{{Mode::cnn, "cnn"}, {Mode::vit, "vit"}};
  return all;
}
inline const Names<Side>& names(Side) {
  static const Names<Side> all{{Side::clean, "clean"}, {Side::shifted, "shifted"}};
  return all;
}
inline const Names<EdgeRule>& names(EdgeRule) {
  static const Names<EdgeRule> all{{EdgeRule::numpy1, "numpy1"}, {EdgeRule::numpy2, "numpy2"}};
  return all;
}
inline const Names<Weights>& names(Weights) {
  static const Names<Weights> all{{Weights::density, "density"}, {Weights::count, "count"}};
  return all;
}
inline const Names<Degenerate>& names(Degenerate) {
  static const Names<Degenerate> all{
      {Degenerate::count, "count"}, {Degenerate::nan, "nan"}, {Degenerate::error, "error"}};
  return all;
}
inline const Names<Distance>& names(Distance) {
  static const Names<Distance> all{{Distance::js, "js"},
                                   {Distance::wasserstein, "wasserstein"},
                                   {Distance::bhattacharyya, "bhattacharyya"},
                                   {Distance::kl, "kl"}};
  return all;
}
inline const Names<Variant>& names(Variant) {
  static const Names<Variant> all{{Variant::clean, "clean"},
                                  {Variant::noise_1, "noise_1"},
                                  {Variant::noise_2, "noise_2"},
                                  {Variant::clean_kpp, "clean_kpp"},
                                  {Variant::noise_1_kpp, "noise_1_kpp"}};
  return all;
}
inline const Names<Store>& names(Store) {
  static const Names<Store> all{{Store::memory, "memory"}, {Store::file, "file"}, {Store::recompute, "recompute"}};
  return all;
}
inline const Names<NonFinite>& names(NonFinite) {
  static const Names<NonFinite> all{{NonFinite::error, "error"}, {NonFinite::skip_pair, "skip_pair"}};
  return all;
}
inline const Names<RepeatedCalls>& names(RepeatedCalls) {
  static const Names<RepeatedCalls> all{{RepeatedCalls::mean, "mean"}, {RepeatedCalls::sum, "sum"}};
  return all;
}

inline const Names<Model>& names(Model) {
  static const Names<Model> all{{Model::linear, "linear"}, {Model::isotonic, "isotonic"}, {Model::automatic, "auto"}};
  return all;
}

/// A number as messages show it.
[[nodiscard]] inline std::string number(double x) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", x);
  return text.data();
}

/// The error for an option outside of what is allowed.
[[nodiscard]] inline Error bad_option(const std::string& option, const std::string& got, const std::string& allowed) {
  return {"preindex.bad_option", option + ": " + got + " is not allowed; use " + allowed, {{"option", option}}};
}

/// The error for a value that is not a number.
[[nodiscard]] inline Error not_finite(const std::string& what) {
  return {"preindex.nonfinite", what + ": NaN or infinity; repair the model or the data, or use nonfinite = skip_pair"};
}

}  // namespace detail

/// The name of a choice, as it stands in files and in Python.
template <class T>
requires requires(T value) { detail::names(value); }
[[nodiscard]] std::string_view to_string(T value) {
  for (const auto& [choice, name] : detail::names(value)) {
    if (choice == value) return name;
  }
  return "?";
}

/// Reads a choice by its name: `parse<Mode>("mode", "cnn")`. Throws preindex.bad_option with the allowed names.
template <class T>
[[nodiscard]] T parse(const std::string& option, std::string_view text) {
  std::string allowed;
  for (const auto& [choice, name] : detail::names(T{})) {
    if (name == text) return choice;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  throw detail::bad_option(option, "'" + std::string(text) + "'", allowed);
}

inline constexpr std::array all_distances{Distance::js, Distance::wasserstein, Distance::bhattacharyya, Distance::kl};

/// Options of the index; every default that the papers do not state is this project's choice.
struct Options {
  Mode mode = Mode::cnn;
  std::vector<int> bins{64};                      ///< numbers of bins, 2..4096; the first is the index's
  std::vector<Distance> distances{Distance::js};  ///< the first is the index's
  EdgeRule edge_rule = EdgeRule::numpy1;
  Weights weights = Weights::density;
  Degenerate degenerate = Degenerate::count;
  Variant ari = Variant::noise_2;
  std::string embedding{};             ///< name of the embedding layer, for the record; empty: the default one
  std::vector<std::string> include{};  ///< layers kept whatever their width; empty: the rule width > classes
  std::vector<std::string> exclude{};  ///< layers never kept
  bool skip_short_names = false;       ///< parity with the published code: skip names of one character
  RepeatedCalls repeated_calls = RepeatedCalls::mean;
  NonFinite nonfinite = NonFinite::error;
  Store store = Store::memory;
  double s = 0;          ///< noise-variance scaling; computed nowhere, an argument
  double s_bar = 0;      ///< its offset; an argument too
  unsigned threads = 0;  ///< 0: as many as the machine has; no result depends on it

  /// All 12 averages of the published code.
  [[nodiscard]] static Options all() {
    return {.bins = {64, 32, 16}, .distances = {all_distances.begin(), all_distances.end()}};
  }
};

/// Throws preindex.bad_option unless every option has an allowed value.
inline void check(const Options& options) {
  if (options.bins.empty()) throw detail::bad_option("bins", "an empty list", "one or more numbers in 2..4096");
  for (std::size_t i = 0; i < options.bins.size(); ++i) {
    const int b = options.bins[i];
    if (b < 2 || b > 4096) throw detail::bad_option("bins", std::to_string(b), "2..4096");
    for (std::size_t j = 0; j < i; ++j) {
      if (options.bins[j] == b) throw detail::bad_option("bins", std::to_string(b) + " twice", "each number once");
    }
  }
  if (options.distances.empty()) {
    throw detail::bad_option("distances", "an empty list", "js, wasserstein, bhattacharyya, kl");
  }
  for (std::size_t i = 0; i < options.distances.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (options.distances[j] == options.distances[i]) {
        throw detail::bad_option("distances", std::string(to_string(options.distances[i])) + " twice", "each once");
      }
    }
  }
  if (!(options.s >= 0) || !(options.s <= 1e300)) {
    throw detail::bad_option("s", detail::number(options.s), "a number >= 0");
  }
  if (!(options.s_bar >= -1e300 && options.s_bar <= 1e300)) {
    throw detail::bad_option("s_bar", detail::number(options.s_bar), "a finite number");
  }
}

}  // namespace co2lib::preindex
