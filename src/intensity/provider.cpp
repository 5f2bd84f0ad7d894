// SPDX-License-Identifier: MIT
#include <co2lib/intensity/provider.hpp>

#include <algorithm>
#include <array>

#include "intensity/providers/list.hpp"

namespace co2lib::intensity {

std::optional<HttpRequest> Provider::next_page(const HttpRequest&, std::span<const HttpResponse>) const {
  return std::nullopt;
}

std::optional<HttpRequest> Provider::locate(const Query&) const { return std::nullopt; }

HttpRequest Provider::login(const Query&) const {
  detail::fail("bad_value", std::string(info().id) + " has no log-in; give it a token where it needs one");
}

std::span<const Provider* const> providers() noexcept {
  static const std::array all{&built_in::carbon_aware_sdk(), &built_in::co2signal(),         &built_in::eia(),
                              &built_in::electricitymaps(),  &built_in::energidataservice(), &built_in::entsoe(),
                              &built_in::neso_gb(),          &built_in::watttime()};
  return all;
}

const Provider& provider(std::string_view id) {
  std::string known;
  for (const Provider* const p : providers()) {
    if (p->info().id == id) return *p;
    known.append(known.empty() ? "" : ", ").append(p->info().id);
  }
  detail::fail("bad_value",
               "'" + std::string(id.substr(0, 64)) + "' is not a provider of carbon intensities; known: " + known);
}

std::vector<Record> settled(std::vector<Record> records, const Query& query, UtcTime now,
                            std::chrono::nanoseconds unsettled) {
  if (unsettled <= unsettled.zero() || records.empty()) return records;
  const auto newest = std::max_element(records.begin(), records.end(), [](const Record& a, const Record& b) {
                        return a.end < b.end;
                      })->end;
  const UtcTime asked = std::min(query.end.value_or(now), now);
  const UtcTime known = newest < asked ? newest : now;
  std::erase_if(records, [&](const Record& r) { return r.end > known - unsettled; });
  return records;
}

}  // namespace co2lib::intensity
