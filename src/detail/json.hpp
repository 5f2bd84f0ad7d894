// SPDX-License-Identifier: MIT
// JSON out: stable key order, floats as the shortest text that reads back to the same double; private to src.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace co2lib::detail {

using Json = nlohmann::ordered_json;

inline void append_json(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.items()) {
        if (!first) out += ',';
        first = false;
        out += Json(key).dump(-1, ' ', false, Json::error_handler_t::replace);
        out += ':';
        append_json(out, item);
      }
      out += '}';
      return;
    }
    case Json::value_t::array: {
      out += '[';
      bool first = true;
      for (const Json& item : value) {
        if (!first) out += ',';
        first = false;
        append_json(out, item);
      }
      out += ']';
      return;
    }
    case Json::value_t::number_float: {
      const double x = value.get<double>();
      if (!std::isfinite(x)) {
        out += "null";
        return;
      }
      std::array<char, 32> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
      const std::string text(buffer.data(), end);
      out += text;
      // Stay a float on the way back, also in readers that tell 1 from 1.0.
      if (text.find_first_of(".eE") == std::string::npos) out += ".0";
      return;
    }
    default:
      out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

[[nodiscard]] inline std::string to_text(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace co2lib::detail
