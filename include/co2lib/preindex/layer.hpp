// SPDX-License-Identifier: MIT
// Which layers count: the rule of the published code, and lists that override it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/preindex/options.hpp>

namespace co2lib::preindex {

/// A candidate: a module with `out_features` or `out_channels`.
struct Layer {
  std::string name;       ///< of the module
  std::size_t width = 0;  ///< values per sample after reduction, of the first clean batch
  bool kept = false;      ///< it counts in the index

  bool operator==(const Layer&) const = default;
};

namespace detail {

[[nodiscard]] inline std::string candidates(const std::vector<Layer>& layers) {
  std::string text;
  for (const Layer& layer : layers) {
    text += (text.empty() ? "" : ", ") + layer.name + " (" + std::to_string(layer.width) + ")";
  }
  return text.empty() ? "none" : text;
}

}  // namespace detail

/// The error for a name that is no layer, with the list of those that are.
[[nodiscard]] inline Error unknown_layer(const std::string& use, const std::string& name,
                                         const std::vector<Layer>& layers) {
  std::vector<std::string> names;
  for (const Layer& layer : layers) names.push_back(layer.name);
  return {"preindex.unknown_layer",
          use + ": no layer '" + name + "'; candidates and their widths: " + detail::candidates(layers),
          {{"layers", std::move(names)}}};
}

/// True if a layer counts: named in `include`, or with an empty `include` wider than the number of classes; and not in
/// `exclude`.
[[nodiscard]] inline bool is_kept(std::string_view name, std::size_t width, std::size_t classes,
                                  const Options& options) {
  const auto in = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (in(options.exclude)) return false;
  if (!options.include.empty()) return in(options.include);
  if (options.skip_short_names && name.size() < 2) return false;
  return width > classes;
}

/// Throws preindex.unknown_layer for a name of the lists that is no candidate, preindex.no_layer if none is kept.
inline void check_layers(const std::vector<Layer>& layers, std::size_t classes, const Options& options) {
  const auto known = [&](const std::string& name) {
    return std::any_of(layers.begin(), layers.end(), [&](const Layer& layer) { return layer.name == name; });
  };
  for (const std::string& name : options.include) {
    if (!known(name)) throw unknown_layer("include", name, layers);
  }
  for (const std::string& name : options.exclude) {
    if (!known(name)) throw unknown_layer("exclude", name, layers);
  }
  if (std::none_of(layers.begin(), layers.end(), [](const Layer& layer) { return layer.kept; })) {
    throw Error("preindex.no_layer", layers.empty() ? "no layer was observed"
                                                    : "no layer is kept for " + std::to_string(classes) +
                                                          " classes; candidates and their widths: " +
                                                          detail::candidates(layers) + "; name some in include");
  }
}

}  // namespace co2lib::preindex
