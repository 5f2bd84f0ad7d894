// SPDX-License-Identifier: MIT
// The U.S. Energy Information Administration, version 2 (docs/providers.md, "EIA").
//
// 1. `period` names the END of an hour, in UTC; start and end of a request are such names, both included.
// 2. It publishes energy by fuel: the intensity is that of the mix with one set of factors (docs/intensity.md). A fuel
//    that is missing in an hour leaves no sign, so the newest hours are not settled (`ProviderInfo::unsettled`).
// 3. An answer has at most 5000 rows, and an hour can be spread over two: pages are parsed together. Where the last
// ones
//    are not there, the last hour may lack fuels and has no value.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "intensity/providers/asking.hpp"
#include "intensity/providers/fuels.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using namespace std::chrono_literals;

constexpr ProviderInfo eia_info{.id = "eia",
                                .name = "U.S. Energy Information Administration",
                                .base_url = "https://api.eia.gov",
                                .zone = "respondent: CISO",
                                .licence = "public domain",
                                .needs_token = true,
                                .needs_now = true,
                                .step = 1h,
                                .unsettled = 2h};

constexpr std::string_view data_endpoint = "electricity/rto/fuel-type-data/data";

/// The service's codes of fuels; BM is unverified.
constexpr FuelCode eia_codes[] = {
    {"COL", "coal"},   {"NG", "gas"},      {"NUC", "nuclear"}, {"OIL", "oil"},  {"WAT", "hydro"},
    {"SUN", "solar"},  {"SNB", "solar"},   {"WND", "wind"},    {"WNB", "wind"}, {"GEO", "geothermal"},
    {"BM", "biomass"}, {"OTH", "unknown"}, {"UNK", "unknown"}, {"BAT", ""},     {"PS", ""},
    {"OES", ""},       {"UES", ""},
};

/// The name of the hour that ends at `end`.
std::string hour_name(UtcTime end) { return format_utc(end).substr(0, 13); }

class Eia final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return eia_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(eia_info, query);
    asking.only(Signal::average);
    const std::string& respondent = asking.zone();
    const std::string& key = asking.token();
    if (asking.what() == Ask::forecast || asking.what() == Ask::past_forecasts) static_cast<void>(asking.horizon());
    const std::int64_t length = query.settings.page_rows;
    if (length < 1 || length > 5000) asking.fail("bad_value", "page_rows is a number from 1 to 5000");
    if (query.total_rows && (*query.total_rows < 0 || *query.total_rows > 100'000'000)) {
      asking.fail("bad_value", "total_rows is a number of rows");
    }
    const Span span = asking.widened(
        asking.what() == Ask::latest ? Span{asking.now() - 48h, asking.now()} : asking.span(), eia_info.step);
    const auto most = query.total_rows ? span.end - span.start : std::chrono::nanoseconds(366 * 24h);
    std::vector<HttpRequest> all;
    for (const Span& part : query.total_rows ? std::vector<Span>{span} : asking.chunks(span, most, eia_info.step)) {
      HttpRequest request = asking.get(data_endpoint, fmt::format("{}/v2/{}/", asking.base(), data_endpoint));
      request.query = {{"frequency", "hourly"},
                       {"data[]", "value"},
                       {"facets[respondent][]", respondent},
                       {"start", hour_name(part.start + 1h)},
                       {"end", hour_name(part.end)},
                       {"sort[0][column]", "period"},
                       {"sort[0][direction]", "asc"},
                       {"offset", "0"},
                       {"length", std::to_string(length)},
                       {"api_key", key, true}};
      for (std::int64_t offset = 0; offset == 0 || offset < query.total_rows.value_or(0); offset += length) {
        request.query[offset_place].value = std::to_string(offset);
        all.push_back(request);
      }
    }
    return all;
  }

  [[nodiscard]] std::optional<HttpRequest> next_page(const HttpRequest& first,
                                                     std::span<const HttpResponse> pages) const override {
    std::int64_t rows = 0;
    std::int64_t total = 0;
    const Query query;
    for (const HttpResponse& page : pages) {
      const Reading in(eia_info, first.endpoint, page, query);
      if (page.status < 200 || page.status > 299) return std::nullopt;  // `parse` says why
      const DocumentValue body = in.map();
      const DocumentValue& response = in.map(body, "response");
      const auto count = static_cast<std::int64_t>(in.list(response, "data").size());
      if (count == 0) return std::nullopt;
      rows += count;
      total = total_of(in, response);
    }
    if (pages.empty() || rows >= total || first.query.size() <= offset_place) return std::nullopt;
    HttpRequest next = first;
    next.query[offset_place].value = std::to_string(rows);
    return next;
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    if (pages.empty()) detail::fail("bad_value", "eia: give at least one page");
    Hours hours;
    Answer answer;
    std::int64_t rows = 0;
    for (const HttpResponse& page : pages) {
      const Reading in(eia_info, trimmed(endpoint), page, query);
      if (page.status == 403) in.fail_status("auth");
      in.check_status();
      if (in.endpoint() != data_endpoint && in.endpoint() != fmt::format("v2/{}", data_endpoint)) {
        in.unknown_endpoint(data_endpoint);
      }
      const DocumentValue body = in.map();
      const DocumentValue& response = in.map(body, "response");
      if (in.optional(response, "frequency") != nullptr && in.text(response, "frequency") != "hourly") {
        in.fail("bad_value", "'frequency' is not hourly");
      }
      answer.total_rows = total_of(in, response);
      const std::vector<DocumentValue>& data = in.list(response, "data");
      rows += static_cast<std::int64_t>(data.size());
      for (const DocumentValue& row : data) read_row(in, row, hours);
    }
    const Reading in(eia_info, trimmed(endpoint), pages.back(), query);
    answer.records = records(in, hours, rows < *answer.total_rows, answer);
    return answer;
  }

 private:
  static constexpr std::size_t offset_place = 7;  // in the query of a request

  /// What is known of an hour, by its end, in one zone.
  struct Hours {
    std::map<UtcTime, FuelEnergy> energy;
    std::string zone;
  };

  /// A number, also in quotes: this service sends both.
  static std::optional<double> loose_number(const Reading& in, const DocumentValue& row, std::string_view name) {
    const DocumentValue& value = in.field(row, name);
    if (value.kind != DocumentValue::Kind::scalar || value.plain) return in.number(row, name);
    DocumentValue unquoted = value;
    unquoted.plain = true;
    if (unquoted.is_null() || !unquoted.number()) {
      in.fail("bad_value", fmt::format("line {}: '{}' is '{}', not a number", row.line, name, value.text));
    }
    return unquoted.number();
  }

  static std::int64_t total_of(const Reading& in, const DocumentValue& response) {
    const std::optional<double> total = loose_number(in, response, "total");
    if (!total || !(*total >= 0) || *total > 1e12 || *total != std::floor(*total)) {
      in.fail("bad_value", "'total' is not a number of rows");
    }
    return static_cast<std::int64_t>(*total);
  }

  static void read_row(const Reading& in, const DocumentValue& row, Hours& hours) {
    const std::string zone = in.text(row, "respondent");
    in.check_zone(zone);
    if (hours.zone.empty()) hours.zone = zone;
    if (zone != hours.zone) {
      in.fail("zone_mismatch", fmt::format("the answer is about '{}' and '{}'; ask for one", hours.zone, zone));
    }
    const std::string period = in.text(row, "period");
    const Result<UtcTime> end = parse_utc(period.size() == 13 ? period + ":00" : std::string(), false);
    if (!end) in.fail("bad_time", fmt::format("line {}: 'period' is '{}', not as 2024-03-01T11", row.line, period));
    const std::string fuel = in.text(row, "fueltype");
    if (in.optional(row, "value-units") != nullptr && in.text(row, "value-units") != "megawatthours") {
      in.fail("bad_unit", fmt::format("line {}: 'value-units' is not megawatthours", row.line));
    }
    const std::optional<double> value = loose_number(in, row, "value");
    const auto [place, is_new] = hours.energy[*end].emplace(fuel, value);
    if (!is_new && place->second != value) {
      in.fail("overlap", fmt::format("two values of '{}' for the hour that ends at {}", fuel, format_utc(*end)));
    }
  }

  static std::vector<Record> records(const Reading& in, const Hours& hours, bool cut, Answer& answer) {
    const Mixer mixer(in, eia_codes);
    Record prototype = in.record();
    prototype.zone = hours.zone;
    mixer.label(prototype);
    in.check_kind(prototype);
    std::vector<Record> all;
    for (const auto& [end, energy] : hours.energy) {
      Record r = prototype;
      in.put_interval(r, end - 1h, 1h);
      const bool last = end == hours.energy.rbegin()->first;
      if (cut && last) {
        answer.issues.push_back({"partial_answer", std::string(eia_info.id),
                                 "the answer goes on with another page, so its last hour has no value"});
      } else {
        mixer.put_value(r, energy);
      }
      all.push_back(std::move(r));
    }
    return in.some(std::move(all));
  }
};

}  // namespace

const Provider& eia() {
  static const Eia provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
