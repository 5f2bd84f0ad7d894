// SPDX-License-Identifier: MIT
// The choices behind an index as JSON: all of them for the record, and those that make it what it is for its hash.
// Private to preindex.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <co2lib/preindex/options.hpp>
#include <co2lib/random.hpp>

#include "detail/json.hpp"

namespace co2lib::preindex {

using co2lib::detail::Json;

template <class T>
[[nodiscard]] Json names_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(std::string(text(value)));
  return list;
}

/// A field as it stands in JSON: choices by their names.
template <class T>
[[nodiscard]] Json field_json(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(text(value));
  } else if constexpr (std::is_same_v<T, std::vector<Distance>>) {
    return names_json(value);
  } else {
    return value;
  }
}

template <class T>
void read_field(const Json& json, const std::string& name, T& value) {
  if constexpr (std::is_enum_v<T>) {
    value = parse<T>(name, json.get<std::string>());
  } else if constexpr (std::is_same_v<T, std::vector<Distance>>) {
    value.clear();
    for (const Json& one : json) value.push_back(parse<Distance>(name, one.get<std::string>()));
  } else {
    value = json.get<T>();
  }
}

/// Every choice that two shards must share.
[[nodiscard]] inline Json options_json(const Options& o, std::size_t classes) {
  Json json = Json::object();
  const auto add = [&](const auto& field) {
    if (field.shared) json[field.name] = field_json(o.*field.member);
  };
  std::apply([&](const auto&... field) { (add(field), ...); }, option_fields);
  json["classes"] = classes;
  return json;
}

/// The choices that make the index what it is; others change what stands beside it, or only which layers are kept.
[[nodiscard]] inline Json identity_json(const Options& o, const std::vector<std::string>& layers_kept) {
  const bool counts = o.weights == Weights::count;  // no width is divided by then
  return Json{{"mode", std::string(text(o.mode))},
              {"bins", o.bins.front()},
              {"distance", std::string(text(o.distances.front()))},
              {"edge_rule", std::string(text(o.edge_rule))},
              {"weights", std::string(text(o.weights))},
              {"degenerate", std::string(text(counts ? Degenerate::count : o.degenerate))},
              {"ari", std::string(text(o.ari))},
              {"embedding", o.embedding},
              {"repeated_calls", std::string(text(o.repeated_calls))},
              {"s", o.s + 0.0},  // -0 is 0
              {"s_bar", o.s_bar + 0.0},
              {"layers_kept", layers_kept}};
}

/// The options that `options_json` has written; those that it leaves out have their defaults.
[[nodiscard]] inline Options options_from(const Json& json) {
  Options o;
  const auto read = [&](const auto& field) {
    if (field.shared) read_field(json.at(field.name), field.name, o.*field.member);
  };
  std::apply([&](const auto&... field) { (read(field), ...); }, option_fields);
  return o;
}

[[nodiscard]] inline std::string hash_of(const std::string& text) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(random::fnv1a(text)));
  return hex.data();
}

}  // namespace co2lib::preindex
