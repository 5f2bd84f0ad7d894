// SPDX-License-Identifier: MIT
// Denmark: Energi Data Service of Energinet (docs/providers.md, "Energi Data Service").
//
// 1. Five minutes each; `Minutes5UTC` is the start, without offset, and is UTC. The newest come first.
// 2. Without `timezone` the service takes the times of a request as Danish ones; records of another time and of other
//    price areas are left out whatever was answered.
// 3. Whether its values count the whole life cycle is not stated: the caller says so, else the answer has a remark.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "intensity/providers/asking.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using namespace std::chrono_literals;

constexpr ProviderInfo eds_info{.id = "energidataservice",
                                .name = "Energi Data Service",
                                .base_url = "https://api.energidataservice.dk",
                                .zone = "price area: DK1, DK2",
                                .licence = "free use with attribution to Energinet",
                                .needs_now = true,
                                .step = 5min,
                                .longest_horizon = 48h,
                                .forecast_period = 15min};

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_minute(UtcTime time) { return format_utc(time).substr(0, 16); }

class EnergiDataService final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return eds_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(eds_info, query);
    asking.only(Signal::average);
    const std::string& area = asking.zone();
    if (area.find_first_not_of(letters) != std::string::npos) {
      asking.fail("unknown_zone", fmt::format("'{}' is not a price area, such as DK1", area.substr(0, 64)));
    }
    std::vector<HttpRequest> all;
    const auto add = [&](std::string_view endpoint, Span span) {
      // A year of its answers is about 12 MB, and 16 MiB are taken.
      for (const Span& part : asking.chunks(asking.widened(span, eds_info.step), 366 * 24h, eds_info.step)) {
        const auto margin = query.settings.widen ? 2h : 0h;
        HttpRequest request = asking.get(endpoint, fmt::format("{}/{}", asking.base(), endpoint));
        request.query = {{"start", to_minute(part.start - margin)}, {"end", to_minute(part.end + margin)}};
        if (!query.settings.widen) request.query.push_back({"timezone", "UTC"});
        request.query.push_back({"filter", fmt::format(R"({{"PriceArea":["{}"]}})", area)});
        request.query.push_back({"sort", "Minutes5UTC asc"});
        request.query.push_back({"limit", "0"});
        all.push_back(std::move(request));
      }
    };
    switch (asking.what()) {
      case Ask::latest:
        add("dataset/CO2Emis", {asking.now() - 3h, asking.now()});
        break;
      case Ask::forecast:
        add("dataset/CO2EmisProg", {asking.now(), asking.now() + std::max(asking.horizon(), std::chrono::hours(1))});
        break;
      case Ask::range:
        add("dataset/CO2Emis", asking.span());
        break;
      case Ask::past_forecasts:
        asking.fail("no_coverage", "it keeps no forecasts of the past; ask for start and end without horizon");
    }
    return all;
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(eds_info, trimmed(endpoint), single(pages), query);
    in.check_status();
    const bool forecast = in.endpoint() == "dataset/CO2EmisProg";
    if (!forecast && in.endpoint() != "dataset/CO2Emis") in.unknown_endpoint("dataset/CO2Emis, dataset/CO2EmisProg");
    const DocumentValue body = in.map();
    const std::vector<DocumentValue>& items = in.list(body, "records");
    Answer answer;
    for (const DocumentValue& item : items) {
      const std::string area = in.text(item, "PriceArea");
      Record r = in.record();
      in.put_interval(r, in.time(item, "Minutes5UTC", false), eds_info.step);
      r.scope = query.scope.value_or(Scope::lifecycle);
      r.zone = area;
      in.check_kind(r);
      if (forecast) r.status = Status::forecast;
      in.put_value(r, in.number(item, "CO2Emission"), "g/kWh");
      if (query.zone.empty() || area == query.zone) answer.records.push_back(std::move(r));
    }
    answer.records = in.some(std::move(answer.records));
    if (!query.scope) answer.issues.push_back(scope_assumed(eds_info));
    const DocumentValue* const total = in.optional(body, "total");
    const std::optional<std::int64_t> rows = total == nullptr ? std::nullopt : total->integer();
    if (rows && *rows > static_cast<std::int64_t>(items.size())) {
      answer.issues.push_back(
          {"partial_answer", std::string(eds_info.id),
           fmt::format("{} of {} records came; ask for shorter intervals (chunk)", items.size(), *rows)});
    }
    return answer;
  }
};

}  // namespace

const Provider& energidataservice() {
  static const EnergiDataService provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
