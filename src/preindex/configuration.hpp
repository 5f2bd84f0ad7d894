// SPDX-License-Identifier: MIT
// The choices behind an index as JSON: all of them for the record, and those that make it what it is for its hash.
// Private to preindex.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <co2lib/preindex/options.hpp>
#include <co2lib/random.hpp>

#include "detail/json.hpp"

namespace co2lib::preindex {

using co2lib::detail::Json;

template <class T>
[[nodiscard]] Json names_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(std::string(to_string(value)));
  return list;
}

/// Every choice that two shards must share.
[[nodiscard]] inline Json options_json(const Options& o, std::size_t classes) {
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

/// The choices that make the index what it is; others change what stands beside it, or only which layers are kept.
[[nodiscard]] inline Json identity_json(const Options& o, const std::vector<std::string>& layers_kept) {
  const bool counts = o.weights == Weights::count;  // no width is divided by then
  return Json{{"mode", std::string(to_string(o.mode))},
              {"bins", o.bins.front()},
              {"distance", std::string(to_string(o.distances.front()))},
              {"edge_rule", std::string(to_string(o.edge_rule))},
              {"weights", std::string(to_string(o.weights))},
              {"degenerate", std::string(to_string(counts ? Degenerate::count : o.degenerate))},
              {"ari", std::string(to_string(o.ari))},
              {"embedding", o.embedding},
              {"repeated_calls", std::string(to_string(o.repeated_calls))},
              {"s", o.s + 0.0},  // -0 is 0
              {"s_bar", o.s_bar + 0.0},
              {"layers_kept", layers_kept}};
}

[[nodiscard]] inline Options options_from(const Json& j) {
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

[[nodiscard]] inline std::string hash_of(const std::string& text) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(random::fnv1a(text)));
  return hex.data();
}

}  // namespace co2lib::preindex
