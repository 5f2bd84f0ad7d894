// SPDX-License-Identifier: MIT
// Electricity Maps (docs/providers.md, "Electricity Maps").
//
// 1. Without a place that it knows, the service answers for the place of the caller's address. So no request is sent
//    without a place, each forbids that, and the zone of the answer must be the one asked.
// 2. A stamp is the start; the length of the interval is the granularity that was asked for.
// 3. The last 24 hours come from `history`, which every plan has; what is older from `past-range`.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "intensity/providers/asking.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using Kind = DocumentValue::Kind;
using namespace std::chrono_literals;

constexpr ProviderInfo maps_info{.id = "electricitymaps",
                                 .name = "Electricity Maps",
                                 .base_url = "https://api.electricitymaps.com/v3",
                                 .zone = "zone key: DE, US-CAL-CISO",
                                 .licence = "proprietary: for own use, not to be passed on",
                                 .needs_token = true,
                                 .step = 1h,
                                 .longest_horizon = 72h,
                                 .forecast_period = 1h};

constexpr std::string_view maps_unit = "gCO2eq/kWh";

/// A length of intervals, in the service's words; months are those of the calendar.
struct Granularity {
  std::string_view name;
  std::chrono::nanoseconds step;
  int months = 0;
};

constexpr std::array granularities = {
    Granularity{"5_minutes", 5min},   Granularity{"15_minutes", 15min}, Granularity{"hourly", 1h},
    Granularity{"daily", 24h},        Granularity{"weekly", 7 * 24h},   Granularity{"monthly", 24h, 1},
    Granularity{"quarterly", 24h, 3}, Granularity{"yearly", 24h, 12},
};

const Granularity* granularity_of(const ProviderSettings& settings) {
  const std::string_view name = settings.granularity.empty() ? "hourly" : std::string_view(settings.granularity);
  const auto found =
      std::find_if(granularities.begin(), granularities.end(), [&](const Granularity& g) { return g.name == name; });
  return found == granularities.end() ? nullptr : &*found;
}

UtcTime end_of(UtcTime start, const Granularity& granularity) {
  if (granularity.months == 0) return start + granularity.step;
  const auto day = std::chrono::floor<std::chrono::days>(start);
  auto date = std::chrono::year_month_day(day) + std::chrono::months(granularity.months);
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return UtcTime(std::chrono::sys_days(date)) + (start - day);
}

class ElectricityMaps final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return maps_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(maps_info, query);
    asking.only(Signal::average);
    std::vector<HttpField> common = place(asking);
    static_cast<void>(asking.token());
    const Granularity* const granularity = granularity_of(query.settings);
    if (granularity == nullptr) {
      asking.fail("bad_value", fmt::format("'{}' is not a granularity; it has 5_minutes, 15_minutes, hourly, daily, "
                                           "weekly, monthly, quarterly, yearly",
                                           query.settings.granularity.substr(0, 64)));
    }
    common.push_back({"emissionFactorType", std::string(text(query.scope.value_or(Scope::lifecycle)))});
    common.push_back(version(asking) == "v4" ? HttpField{"disableCallerLookup", "true"}
                                             : HttpField{"shouldUseFallbackCallerLookup", "false"});
    if (query.settings.disable_estimations) {
      common.push_back({"disableEstimations", *query.settings.disable_estimations ? "true" : "false"});
    }
    std::vector<HttpRequest> all;
    const auto add = [&](std::string_view endpoint, std::vector<HttpField> more, bool always_granular = false) {
      HttpRequest request = asking.get(endpoint, fmt::format("{}/{}", base(asking), endpoint));
      request.query = common;
      request.query.insert(request.query.end(), more.begin(), more.end());
      if (always_granular || !query.settings.granularity.empty()) {
        request.query.push_back({"temporalGranularity", std::string(granularity->name)});
      }
      const std::string& header = query.settings.token_header;
      request.headers.push_back({header.empty() ? "auth-token" : header, asking.token(), true});
      all.push_back(std::move(request));
    };
    switch (asking.what()) {
      case Ask::latest:
        add("carbon-intensity/latest", {});
        break;
      case Ask::forecast:
        add("carbon-intensity/forecast", {{"horizonHours", std::string(horizon_text(asking.horizon()))}});
        break;
      case Ask::range: {
        const auto align = granularity->months == 0 ? std::min<std::chrono::nanoseconds>(granularity->step, 24h) : 24h;
        const Span span = asking.widened(asking.span(), align);
        if (granularity->name == "hourly" && query.now &&
            span.start >= std::chrono::floor<std::chrono::hours>(*query.now) - 23h) {
          add("carbon-intensity/history", {});
          break;
        }
        for (const Span& part : asking.chunks(span, granularity->step < 24h ? 240h : 2400h, align)) {
          add("carbon-intensity/past-range", {{"start", whole_seconds(part.start)}, {"end", whole_seconds(part.end)}},
              true);
        }
        break;
      }
      case Ask::past_forecasts:
        asking.fail("no_coverage", "it does not give forecasts of the past; ask for start and end without horizon");
    }
    return all;
  }

  [[nodiscard]] std::optional<HttpRequest> locate(const Query& query) const override {
    if (query.zone.empty()) return std::nullopt;
    const Asking asking(maps_info, query);
    return asking.get("zones", base(asking) + "/zones");
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(maps_info, trimmed(endpoint), single(pages), query);
    in.check_status();
    const std::string_view name = in.endpoint();
    if (name.starts_with("carbon-intensity-level")) in.not_convertible("a level");
    for (const std::string_view share : {"renewable-energy", "carbon-free-energy", "power-breakdown"}) {
      if (name.starts_with(share)) in.not_convertible("a share or a mix");
    }
    const DocumentValue body = in.map();
    if (name == "zones") return check_zones(in, body);
    refuse_error_text(in, body);
    if (name == "carbon-intensity/latest" || name == "carbon-intensity/past") {
      Answer answer;
      answer.records.push_back(object(in, body, in.text(body, "zone")));
      answer.records = in.some(std::move(answer.records));
      return answer;
    }
    if (name == "carbon-intensity/history") return read_list(in, body, "history");
    if (name == "carbon-intensity/past-range") return read_list(in, body, "data");
    if (name == "carbon-intensity/forecast") return read_forecast(in, body);
    in.unknown_endpoint(
        "carbon-intensity/latest, carbon-intensity/history, carbon-intensity/past, "
        "carbon-intensity/past-range, carbon-intensity/forecast, zones");
  }

 private:
  static std::string version(const Asking& asking) {
    const std::string& version = asking.settings().version;
    if (version.empty()) return "v3";
    if (version != "v3" && version != "v4") {
      asking.fail("bad_value",
                  fmt::format("'{}' is not a version that is known; it is v3 or v4", version.substr(0, 64)));
    }
    return version;
  }

  /// An address that the caller sets has its version in it.
  static std::string base(const Asking& asking) {
    std::string base = asking.base();
    if (asking.settings().base_url.empty()) base.replace(base.size() - 2, 2, version(asking));
    return base;
  }

  static std::vector<HttpField> place(const Asking& asking) {
    const Query& query = asking.query();
    if (!query.zone.empty()) return {{"zone", query.zone}};
    if (query.latitude && query.longitude) {
      return {{"lat", plain_number(*query.latitude)}, {"lon", plain_number(*query.longitude)}};
    }
    const std::size_t colon = query.data_center.find(':');
    if (colon != std::string::npos && colon > 0 && colon + 1 < query.data_center.size()) {
      return {{"dataCenterProvider", query.data_center.substr(0, colon)},
              {"dataCenterRegion", query.data_center.substr(colon + 1)}};
    }
    if (!query.data_center.empty()) {
      asking.fail("unknown_zone", "a data centre is a provider and its region, such as gcp:europe-west1");
    }
    return {{"zone", asking.zone()}};  // throws
  }

  static std::string_view horizon_text(std::chrono::hours horizon) {
    if (horizon <= 6h) return "6";
    if (horizon <= 24h) return "24";
    return horizon <= 48h ? "48" : "72";
  }

  /// The service's errors come with status 200, too.
  static void refuse_error_text(const Reading& in, const DocumentValue& body) {
    const bool has_error =
        body.find("error") != nullptr || (body.find("zone") == nullptr && body.find("message") != nullptr);
    if (!has_error) return;
    const std::string said = in.service_text();
    in.fail(said.find("No recent data") != std::string::npos ? "no_data" : "bad_body", said);
  }

  static Answer check_zones(const Reading& in, const DocumentValue& body) {
    const std::string& zone = in.query().zone;
    Answer answer;
    if (zone.empty() || body.find(zone) != nullptr) {
      answer.zone = zone;
      return answer;
    }
    std::vector<std::string> inside;
    std::string names;
    for (const auto& entry : body.entries) {
      if (!entry.key.text.starts_with(zone + "-")) continue;
      inside.push_back(entry.key.text);
      names.append(names.empty() ? "" : ", ").append(entry.key.text);
    }
    if (inside.empty()) in.fail("unknown_zone", fmt::format("'{}' is not a zone of it", zone));
    in.fail("ambiguous_zone", fmt::format("'{}' has the zones {}", zone, names), {{"zones", std::move(inside)}});
  }

  static Record prototype(const Reading& in, const std::string& zone) {
    in.check_zone(zone);
    Record r = in.record();
    r.scope = in.query().scope.value_or(Scope::lifecycle);
    r.basis = Basis::consumption;
    r.zone = zone;
    return r;
  }

  static void put_time(const Reading& in, const DocumentValue& from, Record& r) {
    const Granularity* const granularity = granularity_of(in.query().settings);
    if (granularity == nullptr) in.fail("bad_value", "the granularity asked for is not known");
    const UtcTime start = in.time(from, "datetime");
    in.put_interval(r, start, end_of(start, *granularity) - start);
  }

  static Record object(const Reading& in, const DocumentValue& from, const std::string& zone) {
    Record r = prototype(in, zone);
    put_time(in, from, r);
    if (in.optional(from, "emissionFactorType") != nullptr) {
      const std::string type = in.text(from, "emissionFactorType");
      if (type != text(Scope::lifecycle) && type != text(Scope::direct)) {
        in.fail("bad_value", fmt::format("'emissionFactorType' is '{}', not lifecycle or direct", type));
      }
      r.scope = type == text(Scope::direct) ? Scope::direct : Scope::lifecycle;
    }
    in.check_kind(r);
    r.status = in.flag(from, "isEstimated") ? Status::estimated : Status::measured;
    r.updated_at = in.optional_time(from, "updatedAt");
    in.put_value(r, in.number(from, "carbonIntensity"), maps_unit);
    return r;
  }

  static Answer read_list(const Reading& in, const DocumentValue& body, std::string_view key) {
    const std::string zone = in.text(body, "zone");
    Answer answer;
    for (const DocumentValue& item : in.list(body, key)) {
      Record r = object(in, item, zone);
      if (in.optional(item, "zone") != nullptr) in.check_zone(in.text(item, "zone"));
      answer.records.push_back(std::move(r));
    }
    answer.records = in.some(std::move(answer.records));
    return answer;
  }

  static Answer read_forecast(const Reading& in, const DocumentValue& body) {
    const std::string zone = in.text(body, "zone");
    Answer answer;
    answer.generated_at = in.time(body, "updatedAt");
    for (const DocumentValue& item : in.list(body, "forecast")) {
      Record r = prototype(in, zone);
      put_time(in, item, r);
      in.check_kind(r);
      r.status = Status::forecast;
      r.generated_at = answer.generated_at;
      in.put_value(r, in.number(item, "carbonIntensity"), maps_unit);
      answer.records.push_back(std::move(r));
    }
    answer.records = in.some(std::move(answer.records));
    return answer;
  }
};

}  // namespace

const Provider& electricitymaps() {
  static const ElectricityMaps provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
