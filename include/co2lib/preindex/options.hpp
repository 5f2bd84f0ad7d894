// SPDX-License-Identifier: MIT
// Options: every choice that PreIndex leaves open, with the project's defaults and the names they have in files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/names.hpp>
#include <co2lib/numeric.hpp>

namespace co2lib::preindex {

using co2lib::text;

/// How the vector of a sample is made of a layer's output.
enum class Mode {
  cnn,  ///< mean over all axes after the channels
  vit,  ///< everything after the batch axis, flattened
};
/// Texts of `Mode`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Mode) noexcept { return texts("cnn", "vit"); }

/// Before or after the shift.
enum class Side {
  clean,    ///< before the shift
  shifted,  ///< after the shift
};
/// Texts of `Side`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Side) noexcept { return texts("clean", "shifted"); }

/// How the edges of a histogram are rounded.
enum class EdgeRule {
  numpy1,  ///< in double, then to float32 (NumPy 1.x); the default
  numpy2,  ///< every step to float32 (NumPy 2)
};
/// Texts of `EdgeRule`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(EdgeRule) noexcept { return texts("numpy1", "numpy2"); }

/// What a histogram's probabilities are made of.
enum class Weights {
  density,  ///< counts divided by the rounded widths of the bins, as published
  count,    ///< counts; the sturdier choice for near-constant channels on a large offset
};
/// Texts of `Weights`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Weights) noexcept { return texts("density", "count"); }

/// What becomes of a vector with a bin of zero width, with `Weights::density`.
enum class Degenerate {
  count,  ///< that vector uses its counts as weights; ours
  nan,    ///< the published behaviour: the distance is nan, and so is every average over it
  error,  ///< the error preindex.zero_width
};
/// Texts of `Degenerate`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Degenerate) noexcept { return texts("count", "nan", "error"); }

/// The four distances between two histograms.
enum class Distance {
  js,             ///< Jensen-Shannon divergence, natural logarithm
  wasserstein,    ///< Wasserstein-1 between the bins
  bhattacharyya,  ///< 1 - Bhattacharyya coefficient
  kl,             ///< Kullback-Leibler divergence of clean from shifted, over the bins that both have
};
/// Texts of `Distance`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Distance) noexcept { return texts("js", "wasserstein", "bhattacharyya", "kl"); }

/// Which data is clustered, and from which centres.
enum class Variant {
  clean,        ///< clean data, from its own means
  noise_1,      ///< shifted data, from its own means
  noise_2,      ///< shifted data, from the means of the clean data
  clean_kpp,    ///< clean data, from k-means++
  noise_1_kpp,  ///< shifted data, from k-means++
};
/// Texts of `Variant`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Variant) noexcept {
  return texts("clean", "noise_1", "noise_2", "clean_kpp", "noise_1_kpp");
}

/// Where the shifted embeddings are kept for the passes of the clustering.
enum class Store {
  memory,     ///< float32 in memory
  file,       ///< a memory-mapped file without a name
  recompute,  ///< nowhere: the caller runs the forward passes again
};
/// Texts of `Store`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Store) noexcept { return texts("memory", "file", "recompute"); }

/// What becomes of a pair with a NaN or an infinity in an activation.
enum class NonFinite {
  error,      ///< the error preindex.nonfinite
  skip_pair,  ///< it is dropped and counted
};
/// Texts of `NonFinite`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(NonFinite) noexcept { return texts("error", "skip_pair"); }

/// What becomes of a module that is called more than once per forward pass.
enum class RepeatedCalls {
  mean,  ///< the mean over the calls
  sum,   ///< the sum over the calls
};
/// Texts of `RepeatedCalls`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(RepeatedCalls) noexcept { return texts("mean", "sum"); }

/// The curve through the calibration runs.
enum class Model {
  linear,     ///< ordinary least squares
  isotonic,   ///< least-squares non-decreasing, linear between knots, constant outside
  automatic,  ///< "auto": the smaller mean absolute leave-one-out error, linear on ties
};
/// Texts of `Model`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(Model) noexcept { return texts("linear", "isotonic", "auto"); }

namespace detail {

/// The error for an option outside of what is allowed.
[[nodiscard]] inline Error bad_option(const std::string& option, const std::string& got, const std::string& allowed) {
  return {"preindex.bad_option", option + ": " + got + " is not allowed; use " + allowed, {{"option", option}}};
}

/// The error for a value that is not a number.
[[nodiscard]] inline Error not_finite(const std::string& what) {
  return {"preindex.nonfinite", what + ": NaN or infinity; repair the model or the data, or use nonfinite = skip_pair"};
}

}  // namespace detail

/// Reads a choice by its name: `parse<Mode>("mode", "cnn")`. Throws preindex.bad_option with the allowed names.
template <Named E>
[[nodiscard]] E parse(const std::string& option, std::string_view name) {
  const Result<E> value = co2lib::parse<E>(name);
  if (!value) throw detail::bad_option(option, "'" + std::string(name) + "'", known<E>());
  return *value;
}

inline constexpr std::array all_distances = all<Distance>();  ///< all of them, in the order of the enumeration

/// Options of the index; every default that the papers do not state is this project's choice.
struct Options {
  Mode mode = Mode::cnn;                          ///< how activations become vectors
  std::vector<int> bins{64};                      ///< numbers of bins, 2..4096; the first is the index's
  std::vector<Distance> distances{Distance::js};  ///< the first is the index's
  EdgeRule edge_rule = EdgeRule::numpy1;          ///< how edges of a histogram are rounded
  Weights weights = Weights::density;             ///< what probabilities are made of
  Degenerate degenerate = Degenerate::count;      ///< what becomes of bins of zero width
  Variant ari = Variant::noise_2;                 ///< which clustering the index takes
  std::string embedding{};             ///< name of the embedding layer, for the record; empty: the default one
  std::vector<std::string> include{};  ///< layers kept whatever their width; empty: the rule width > classes
  std::vector<std::string> exclude{};  ///< layers never kept
  bool skip_short_names = false;       ///< parity with the published code: skip names of one character
  RepeatedCalls repeated_calls = RepeatedCalls::mean;  ///< what becomes of a module that is called more than once
  NonFinite nonfinite = NonFinite::error;              ///< what becomes of a NaN or an infinity
  Store store = Store::memory;                         ///< where the shifted embeddings are kept
  double s = 0;                                        ///< noise-variance scaling; computed nowhere, an argument
  double s_bar = 0;                                    ///< its offset; an argument too
  unsigned threads = 0;                                ///< 0: as many as the machine has; no result depends on it

  /// All 12 averages of the published code.
  [[nodiscard]] static Options all() {
    return {.bins = {64, 32, 16}, .distances = {all_distances.begin(), all_distances.end()}};
  }
};

/// A field of Options: its name everywhere, where it is, and whether shards that are merged must agree on it.
template <class T>
struct OptionField {
  const char* name;    ///< in Python, files and messages
  T Options::*member;  ///< where it is
  bool shared = true;  ///< shards that are merged must agree on it
};

namespace detail {
template <class T>
[[nodiscard]] constexpr OptionField<T> option(const char* name, T Options::*member, bool shared = true) {
  return {name, member, shared};
}
}  // namespace detail

/// All fields of Options in their order. Files, Python's keywords and properties, and pickles follow from this list.
inline constexpr std::tuple option_fields{detail::option("mode", &Options::mode),
                                          detail::option("bins", &Options::bins),
                                          detail::option("distances", &Options::distances),
                                          detail::option("edge_rule", &Options::edge_rule),
                                          detail::option("weights", &Options::weights),
                                          detail::option("degenerate", &Options::degenerate),
                                          detail::option("ari", &Options::ari),
                                          detail::option("embedding", &Options::embedding),
                                          detail::option("include", &Options::include),
                                          detail::option("exclude", &Options::exclude),
                                          detail::option("skip_short_names", &Options::skip_short_names),
                                          detail::option("repeated_calls", &Options::repeated_calls),
                                          detail::option("nonfinite", &Options::nonfinite),
                                          detail::option("store", &Options::store, false),
                                          detail::option("s", &Options::s),
                                          detail::option("s_bar", &Options::s_bar),
                                          detail::option("threads", &Options::threads, false)};

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
        throw detail::bad_option("distances", std::string(text(options.distances[i])) + " twice", "each once");
      }
    }
  }
  if (!(options.s >= 0) || !(options.s <= 1e300)) {
    throw detail::bad_option("s", numeric::text(options.s), "a number >= 0");
  }
  if (!(options.s_bar >= -1e300 && options.s_bar <= 1e300)) {
    throw detail::bad_option("s_bar", numeric::text(options.s_bar), "a finite number");
  }
}

}  // namespace co2lib::preindex
