// SPDX-License-Identifier: MIT
// What the tests of the providers share.
#pragma once

#include <string>
#include <vector>

#include <co2lib/intensity/provider.hpp>

namespace provider_test {

using namespace co2lib;
using namespace co2lib::intensity;

inline UtcTime at(std::string_view text) { return parse_time(text); }

/// A question that every provider answers: its own zone, a token, a host.
inline Query query_for(std::string_view id) {
  Query query;
  query.settings.token = "t0ken/+";
  query.zone = "X";
  if (id == "neso_gb") query.zone = "GB";
  if (id == "energidataservice") query.zone = "DK1";
  if (id == "carbon_aware_sdk") query.settings.base_url = "https://sdk.example";
  return query;
}

template <class F>
std::string code_of(F&& run) {
  try {
    static_cast<void>(run());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

inline HttpResponse ok(std::string body) { return {200, {{"Content-Type", "application/json"}}, std::move(body)}; }

inline std::string value_of(const HttpRequest& request, std::string_view name) {
  for (const HttpField& field : request.query) {
    if (field.name == name) return field.value;
  }
  return "none";
}

}  // namespace provider_test
