// SPDX-License-Identifier: MIT
// The vectors of tests/golden/adaptive.json: their inputs as this domain's types, and when an answer equals theirs.
#pragma once

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <co2lib/adaptive.hpp>

#include "folders.hpp"

namespace co2lib::adaptive::golden {

using Json = nlohmann::json;

inline const Json& vectors() {
  static const Json all = [] {
    std::ifstream file(co2lib::tests::source_folder() + "/tests/golden/adaptive.json");
    return Json::parse(file).at("vectors");
  }();
  return all;
}

/// The folder of the traces; empty where they are not.
inline std::filesystem::path traces() {
  const char* given = std::getenv("CO2LIB_TRACES");
  const std::filesystem::path folder =
      given != nullptr ? given : co2lib::tests::source_folder() + "/../shared/data/traces";
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path();
}

inline const intensity::Trace& trace(const std::string& name, const std::string& column) {
  static std::map<std::string, intensity::Trace> read;
  const std::string key = column + name;
  if (!read.contains(key)) {
    read.emplace(key, intensity::read_csv(
                          traces() / name,
                          {.scope = column == "direct" ? intensity::Scope::direct : intensity::Scope::lifecycle}));
  }
  return read.at(key);
}

inline double number(const Json& in, const char* key, double absent = 0) {
  const auto found = in.find(key);
  if (found == in.end() || found->is_null()) return absent;
  return found->is_string() ? std::numeric_limits<double>::infinity() : found->get<double>();
}

inline std::vector<double> numbers(const Json& list) {
  std::vector<double> values;
  for (const Json& x : list) values.push_back(x.is_null() ? std::nan("") : x.get<double>());
  return values;
}

inline Slots slots(const Json& in) {
  const Json& given = in.at("intensity");
  if (given.is_array()) return Slots(numbers(given));
  const intensity::Trace& whole = trace(given.at("trace"), given.at("column"));
  return Slots(whole.between(intensity::parse_time(given.at("from").get<std::string>()),
                             intensity::parse_time(given.at("to").get<std::string>())));
}

inline std::vector<double> demand(const Json& in) {
  return in.contains("demand") && !in["demand"].is_null() ? numbers(in["demand"]) : std::vector<double>();
}

inline std::vector<Model> models(const Json& in) {
  std::vector<Model> list;
  for (const Json& m : in.at("models")) {
    list.push_back({.name = m.at("name"),
                    .energy = Energy::from_kwh(m.at("energy_kwh").get<double>()),
                    .accuracy = m.at("accuracy").get<double>()});
  }
  return list;
}

inline Json names(const std::vector<Model>& models, const std::vector<std::size_t>& indices) {
  Json list = Json::array();
  for (const std::size_t i : indices) list.push_back(models[i].name);
  return list;
}

/// An infinite number is the text `inf`, none is null.
inline Json maybe(const std::optional<double>& x) {
  if (!x) return nullptr;
  if (std::isinf(*x)) return "inf";
  return *x;
}

/// The first difference; empty if there is none. Only the keys of `expected` are compared.
inline std::string difference(const Json& expected, const Json& actual, const Json& tolerance,
                              const std::string& path = "") {
  const auto differ = [&] { return path + ": expected " + expected.dump() + ", got " + actual.dump(); };
  if (expected.is_object()) {
    if (!actual.is_object()) return differ();
    for (const auto& [key, value] : expected.items()) {
      if (!actual.contains(key)) return path + "." + key + ": there is no such key in " + actual.dump();
      const std::string found = difference(value, actual[key], tolerance, path + "." + key);
      if (!found.empty()) return found;
    }
    return "";
  }
  if (expected.is_array()) {
    if (!actual.is_array() || actual.size() != expected.size()) return differ();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string found = difference(expected[i], actual[i], tolerance, path + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }
  if (!expected.is_number()) return expected == actual ? "" : differ();
  if (!actual.is_number()) return differ();
  const double e = expected.get<double>();
  const double x = actual.get<double>();
  if (tolerance.is_null() || tolerance.is_string()) return x == e ? "" : differ();
  const double limit = std::max(tolerance.value("abs", 0.0), tolerance.value("rel", 0.0) * std::fabs(e));
  return std::fabs(x - e) <= limit ? "" : differ();
}

}  // namespace co2lib::adaptive::golden
