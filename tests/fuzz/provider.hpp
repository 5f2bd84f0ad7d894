// SPDX-License-Identifier: MIT
// What holds for the parser of every provider: only errors of the domain are thrown, and records are sorted, finite and
// do not overlap in one zone. The first byte chooses end point, status and question, the rest is the body.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/intensity/provider.hpp>

namespace provider_fuzz {

using namespace co2lib::intensity;

inline void check(const std::vector<Record>& records) {
  std::map<std::string, co2lib::UtcTime> ends;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& r = records[i];
    if (!(r.start < r.end) || (i > 0 && r.start < records[i - 1].start)) __builtin_trap();
    const auto [place, is_new] = ends.emplace(r.zone, r.end);
    if (!is_new && r.start < place->second) __builtin_trap();
    place->second = r.end;
    if (!r.value) continue;
    if (!std::isfinite(r.value->g_per_kwh())) __builtin_trap();
    if (r.value->g_per_kwh() < 0 && (r.signal == Signal::average || r.flags.empty())) __builtin_trap();
  }
}

inline int run(std::string_view id, const std::vector<std::string_view>& endpoints, std::string_view zone,
               const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  constexpr std::array statuses{200, 200, 200, 200, 200, 400, 403, 404};
  HttpResponse response;
  response.status = statuses[choice % statuses.size()];
  response.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  Query query;
  query.settings.token = "s3cret-token";
  if (choice / 8 % 2 == 1) query.zone = std::string(zone);
  if (choice / 128 == 1) {
    query.start = co2lib::UtcTime(std::chrono::hours(24) * 19'000);
    query.end = *query.start + std::chrono::hours(24 * 900);
  }
  try {
    const Answer answer = provider(id).parse(endpoints[choice / 16 % 8 % endpoints.size()], response, query);
    if (response.status != 200) __builtin_trap();
    check(answer.records);
    check(answer.forecast_records);
    for (const IssuedForecast& f : answer.forecasts) check(f.records);
  } catch (const co2lib::Error& error) {
    if (!error.code().starts_with("intensity.")) __builtin_trap();
    if (std::string_view(error.what()).size() > 4096) __builtin_trap();
  }
  return 0;
}

}  // namespace provider_fuzz
