// SPDX-License-Identifier: MIT
// Great Britain: the Carbon Intensity API of the National Energy System Operator (docs/providers.md, "NESO").
//
// 1. Half hours; the answer has `actual` (null while it is not known: missing) and `forecast`, which is a series of its
// own.
// 2. A region's answer has no `actual`. "Now" has `data` as a list, a range as a map; either has a list `data` inside.
//    A list of all regions has `regions` inside of each time.
// 3. A range may also bring the half hour that ends at its start; it does not touch what was asked for and goes.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "intensity/providers/asking.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using Kind = DocumentValue::Kind;
using namespace std::chrono_literals;

constexpr ProviderInfo neso_info{.id = "neso_gb",
                                 .name = "NESO Carbon Intensity API",
                                 .base_url = "https://api.carbonintensity.org.uk",
                                 .zone = "region: GB, GB-1 to GB-17, or the first half of a postcode",
                                 .licence = "CC-BY-4.0",
                                 .needs_now = true,
                                 .step = 30min,
                                 .longest_horizon = 48h,
                                 .forecast_period = 30min};

constexpr std::string_view neso_unit = "gCO2/kWh";

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 3 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_postcode(std::string_view text) {
  return text.size() >= 2 && text.size() <= 4 &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos && text.front() >= 'A';
}

/// `YYYY-MM-DDThh:mmZ`
std::string to_utc_minute(UtcTime time) { return format_utc(time).substr(0, 16) + "Z"; }

/// The part of an address that names a region, and its end point; both empty for the whole country.
struct Region {
  std::string path;
  std::string endpoint;
};

Region region_of(const Asking& asking) {
  const std::string& zone = asking.query().zone;
  if (zone.empty() || zone == "GB") return {};
  if (zone.starts_with("GB-") && is_number(std::string_view(zone).substr(3))) {
    const int id = std::stoi(zone.substr(3));
    if (id >= 1 && id <= 17) return {fmt::format("/regionid/{}", id), "/regionid/{regionid}"};
  }
  if (is_postcode(zone)) return {"/postcode/" + zone, "/postcode/{postcode}"};
  asking.fail("unknown_zone", fmt::format("'{}' is not a zone; it has GB, GB-1 to GB-17, and postcodes such as M1",
                                          zone.substr(0, 64)));
}

class NesoGb final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return neso_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(neso_info, query);
    asking.only(Signal::average);
    asking.only(Scope::direct);
    if (query.latitude || !query.data_center.empty()) {
      asking.fail("unknown_zone", "it does not take coordinates or data centres; set zone");
    }
    const Region region = region_of(asking);
    const std::string front = asking.base() + (region.path.empty() ? "" : "/regional");
    const std::string endpoint = region.path.empty() ? "" : "regional/";
    std::vector<HttpRequest> all;
    const auto add = [&](const std::string& name, const std::string& path) {
      HttpRequest request = asking.get(name, front + path);
      request.headers.push_back({"Accept", "application/json"});
      all.push_back(std::move(request));
    };
    switch (asking.what()) {
      case Ask::latest:
        if (region.path.empty()) {
          add("intensity", "/intensity");
        } else {
          add("regional" + region.endpoint, region.path);
        }
        break;
      case Ask::forecast: {
        const std::string_view length = asking.horizon() > 24h ? "fw48h" : "fw24h";
        add(fmt::format("{}intensity/{{from}}/{}{}", endpoint, length, region.endpoint),
            fmt::format("/intensity/{}/{}{}", to_utc_minute(asking.now()), length, region.path));
        break;
      }
      case Ask::range:
        for (const Span& part :
             asking.chunks(asking.widened(asking.span(), neso_info.step), 14 * 24h, neso_info.step)) {
          add(endpoint + "intensity/{from}/{to}" + region.endpoint,
              fmt::format("/intensity/{}/{}{}", to_utc_minute(part.start), to_utc_minute(part.end), region.path));
        }
        break;
      case Ask::past_forecasts:
        asking.fail("no_coverage", "it keeps one forecast for a time, the last; ask for start and end without horizon");
    }
    return all;
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(neso_info, trimmed(endpoint), single(pages), query);
    in.check_status();
    const std::string_view name = in.endpoint();
    if (name == "intensity/factors") in.not_convertible("a list of factors");
    if (name == "generation" || name.starts_with("generation/")) in.not_convertible("a mix in percent");
    const bool regional = name == "regional" || name.starts_with("regional/");
    if (!regional && name != "intensity" && !name.starts_with("intensity/")) {
      in.unknown_endpoint("intensity..., regional...");
    }
    const DocumentValue body = in.map();
    Answer answer;
    if (regional) {
      read_regions(in, body, answer);
    } else {
      if (query.zone != "GB") in.check_zone("GB");
      const bool statistics = name.starts_with("intensity/stats/");
      for (const DocumentValue& time : in.list(body, "data")) read_time(in, time, statistics, answer);
    }
    answer.records = in.finished(std::move(answer.records));
    answer.forecast_records = in.finished(std::move(answer.forecast_records));
    if (answer.records.empty() && answer.forecast_records.empty()) {
      in.fail("no_data", "the answer has no half hour of the time asked for");
    }
    return answer;
  }

 private:
  static Record prototype(const Reading& in, const DocumentValue& time, std::string zone) {
    Record r = in.record();
    r.scope = Scope::direct;
    r.basis = Basis::consumption;
    r.zone = std::move(zone);
    const UtcTime start = in.time(time, "from");
    const UtcTime end = in.time(time, "to");
    if (!(start < end)) in.fail("bad_time", "the interval at " + format_utc(start) + " does not start before it ends");
    const bool statistics = in.endpoint().starts_with("intensity/stats/");
    if (!statistics && end - start != neso_info.step) in.fail("bad_value", "an interval is not half an hour long");
    in.put_interval(r, start, end - start);
    in.check_kind(r);
    return r;
  }

  static void read_time(const Reading& in, const DocumentValue& time, bool statistics, Answer& answer) {
    const Record base = prototype(in, time, "GB");
    const DocumentValue& values = in.map(time, "intensity");
    Record r = base;
    in.put_value(r, in.number(values, statistics ? "average" : "actual"), neso_unit);
    answer.records.push_back(std::move(r));
    if (!statistics) read_forecast(in, base, values, answer);
  }

  static void read_forecast(const Reading& in, Record r, const DocumentValue& values, Answer& answer) {
    r.status = Status::forecast;
    in.put_value(r, in.number(values, "forecast"), neso_unit);
    answer.forecast_records.push_back(std::move(r));
  }

  static std::string zone_of(const Reading& in, const DocumentValue& region) {
    const std::optional<std::int64_t> id = in.field(region, "regionid").integer();
    if (!id || *id < 1 || *id > 99) in.fail("bad_value", "'regionid' is not a number of a region");
    return fmt::format("GB-{}", *id);
  }

  /// True if the caller asked for the region, for all, or by a postcode, which no answer can contradict.
  static bool asked(const Reading& in, const std::string& zone) {
    const std::string& wanted = in.query().zone;
    return !wanted.starts_with("GB-") || wanted == zone;
  }

  static void read_regions(const Reading& in, const DocumentValue& body, Answer& answer) {
    const DocumentValue& data = in.field(body, "data");
    if (data.kind == Kind::map) return read_region(in, data, answer);
    for (const DocumentValue& item : in.list(body, "data")) {
      if (item.kind != Kind::map || item.find("regions") == nullptr) {
        read_region(in, item, answer);
        continue;
      }
      for (const DocumentValue& region : in.list(item, "regions")) {
        const std::string zone = zone_of(in, region);
        if (asked(in, zone)) read_forecast(in, prototype(in, item, zone), in.map(region, "intensity"), answer);
      }
    }
  }

  static void read_region(const Reading& in, const DocumentValue& region, Answer& answer) {
    const std::string zone = zone_of(in, region);
    if (!asked(in, zone)) in.check_zone(zone);
    for (const DocumentValue& time : in.list(region, "data")) {
      read_forecast(in, prototype(in, time, zone), in.map(time, "intensity"), answer);
    }
  }
};

}  // namespace

const Provider& neso_gb() {
  static const NesoGb provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
