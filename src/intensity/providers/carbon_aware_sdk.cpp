// SPDX-License-Identifier: MIT
// The WebAPI of the Carbon Aware SDK of the Green Software Foundation (docs/providers.md, "Carbon Aware SDK").
//
// 1. It passes on what its own source publishes: signal and scope are what the caller says.
// 2. `duration` is a .NET time span in the past, and a number of minutes in a forecast. Where it is missing, a record
//    lasts until the next one, and the last one as long as the one before.
// 3. A value below 0 is how it writes that there is none.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <co2lib/numeric.hpp>

#include "intensity/providers/asking.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using Kind = DocumentValue::Kind;
using namespace std::chrono_literals;

constexpr ProviderInfo carbon_aware_info{.id = "carbon_aware_sdk",
                                         .name = "GSF Carbon Aware SDK",
                                         .base_url = "",
                                         .zone = "location of that service: eastus",
                                         .licence = "that of the service's own source",
                                         .step = 5min,
                                         .longest_horizon = 24h * 7,
                                         .forecast_period = 1h};

constexpr std::string_view unit = "g/kWh";

/// `[d.]hh:mm:ss[.fffffff]`; nothing if it is not longer than 0 or longer than a year.
std::optional<std::chrono::nanoseconds> time_span(std::string_view text) {
  int days = 0;
  const std::size_t colon = text.find(':');
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos && dot < colon) {
    if (dot > 3 || !co2lib::detail::read_digits(text, 0, dot, days) || dot == 0) return std::nullopt;
    text.remove_prefix(dot + 1);
  }
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (text.size() < 8 || !co2lib::detail::read_digits(text, 0, 2, hours) || text[2] != ':' ||
      !co2lib::detail::read_digits(text, 3, 2, minutes) || text[5] != ':' ||
      !co2lib::detail::read_digits(text, 6, 2, seconds) || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  std::chrono::nanoseconds fraction{0};
  if (text.size() > 8) {
    if (text[8] != '.' || text.size() > 16 || text.size() == 9) return std::nullopt;
    std::int64_t scale = 100'000'000;
    for (const char c : text.substr(9)) {
      if (c < '0' || c > '9') return std::nullopt;
      fraction += std::chrono::nanoseconds((c - '0') * scale);
      scale /= 10;
    }
  }
  const std::chrono::nanoseconds length =
      24h * days + std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds) + fraction;
  return length > length.zero() && days < 366 ? std::optional(length) : std::nullopt;
}

class CarbonAwareSdk final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return carbon_aware_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(carbon_aware_info, query);
    HttpRequest request = asking.get("emissions/bylocation", asking.base() + "/emissions/bylocation");
    request.query.push_back({"location", asking.zone()});
    switch (asking.what()) {
      case Ask::latest:
        break;
      case Ask::forecast: {
        const std::chrono::hours horizon = std::max(asking.horizon(), std::chrono::hours(1));
        request.endpoint = "emissions/forecasts/current";
        request.url = asking.base() + "/emissions/forecasts/current";
        if (query.now) {
          request.query.push_back({"dataStartAt", whole_seconds(*query.now)});
          request.query.push_back({"dataEndAt", whole_seconds(*query.now + horizon)});
        }
        break;
      }
      case Ask::range: {
        std::vector<HttpRequest> all;
        const auto most = std::chrono::nanoseconds::max();  // no limit is known
        for (const Span& part : asking.chunks(asking.widened(asking.span(), 1s), most, 1s)) {
          all.push_back(request);
          all.back().query.push_back({"time", whole_seconds(part.start)});
          all.back().query.push_back({"toTime", whole_seconds(part.end)});
        }
        return all;
      }
      case Ask::past_forecasts:
        asking.fail("no_coverage", "forecasts of the past are not asked for; ask for start and end without horizon");
    }
    return {std::move(request)};
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(carbon_aware_info, trimmed(endpoint), single(pages), query);
    in.check_status();
    const std::string_view name = in.endpoint();
    Answer answer;
    if (name == "emissions/bylocation" || name == "emissions/bylocations" || name == "emissions/bylocations/best") {
      answer.records = in.some(read_past(in));
    } else if (name == "emissions/forecasts/current") {
      read_forecasts(in, answer);
    } else if (name == "emissions/average-carbon-intensity") {
      answer.records = in.some({read_average(in)});
    } else {
      in.unknown_endpoint(
          "emissions/bylocation, emissions/bylocations, emissions/bylocations/best, "
          "emissions/forecasts/current, emissions/average-carbon-intensity");
    }
    if (!query.scope) answer.issues.push_back(scope_assumed(carbon_aware_info));
    return answer;
  }

 private:
  static Record prototype(const Reading& in, const std::string& location) {
    Record r = in.record();
    r.signal = in.query().signal.value_or(Signal::average);
    r.scope = in.query().scope.value_or(Scope::lifecycle);
    if (r.zone.empty()) r.zone = location;
    return r;
  }

  static void put(const Reading& in, Record& r, std::optional<double> value) {
    if (value && *value < 0) value.reset();
    in.put_value(r, value, unit);
  }

  static DocumentValue rows(const Reading& in) {
    DocumentValue body = in.json();
    if (body.kind != Kind::list) in.fail("bad_body", "the body is " + body.what() + ", not a list");
    return body;
  }

  struct Row {
    const DocumentValue* item;
    std::string location;
    UtcTime start;
  };

  /// The rows of one location by time: the one asked for, or the only one there is, which may have another name here.
  static std::vector<Row> of_one_location(const Reading& in, const DocumentValue& body, std::string_view time) {
    std::vector<Row> all;
    bool several = false;
    for (const DocumentValue& item : body.items) {
      all.push_back({&item, in.text(item, "location"), in.time(item, time)});
      several = several || all.back().location != all.front().location;
    }
    if (several) {
      std::string first = all.front().location;
      std::erase_if(all, [&](const Row& row) { return row.location != in.query().zone; });
      if (all.empty()) {
        in.fail("zone_mismatch",
                fmt::format("the answer is about several locations, none of them '{}'; the first is '{}'",
                            in.query().zone, first));
      }
    }
    numeric::stable_sort(all, [](const Row& a, const Row& b) { return a.start < b.start; });
    return all;
  }

  static std::vector<Record> read_past(const Reading& in) {
    const DocumentValue body = rows(in);
    const std::vector<Row> all = of_one_location(in, body, "time");
    std::vector<Record> records;
    for (std::size_t i = 0; i < all.size(); ++i) {
      Record r = prototype(in, all[i].location);
      in.put_interval(r, all[i].start, length_of(in, all, i));
      put(in, r, in.number(*all[i].item, "rating"));
      records.push_back(std::move(r));
    }
    return records;
  }

  static std::chrono::nanoseconds length_of(const Reading& in, const std::vector<Row>& all, std::size_t i) {
    if (in.optional(*all[i].item, "duration") != nullptr) {
      const std::string span = in.text(*all[i].item, "duration");
      const auto length = time_span(span);
      if (!length) in.fail("bad_value", fmt::format("'duration' is '{}', not a time such as 01:00:00", span));
      return *length;
    }
    const auto step_after = [&](std::size_t at) {  // to the next one that starts later; 0 if none does
      for (std::size_t k = at + 1; k < all.size(); ++k) {
        if (all[k].start > all[at].start) return all[k].start - all[at].start;
      }
      return std::chrono::nanoseconds(0);
    };
    for (std::size_t k = i + 1; k-- > 0;) {
      if (const auto step = step_after(k); step.count() > 0) return step;
    }
    in.fail("bad_body", "'duration' is missing, and there is no other record to tell it from");
  }

  static void read_forecasts(const Reading& in, Answer& answer) {
    const DocumentValue body = rows(in);
    for (const DocumentValue& forecast : body.items) {
      const std::string location = in.text(forecast, "location");
      if (body.items.size() > 1 && location != in.query().zone) continue;
      in.check_zone(location);
      const UtcTime generated = in.time(forecast, "generatedAt");
      if (answer.generated_at) in.fail("overlap", "two forecasts of one location");
      answer.generated_at = generated;
      for (const DocumentValue& item : in.list(forecast, "forecastData")) {
        Record r = prototype(in, location);
        const UtcTime start = in.time(item, "timestamp");
        const std::optional<double> minutes = in.number(item, "duration");
        if (!minutes || !(*minutes > 0) || *minutes > 366.0 * 24 * 60) {
          in.fail("bad_value", "'duration' is not a number of minutes above 0");
        }
        in.put_interval(r, start, std::chrono::milliseconds(static_cast<std::int64_t>(*minutes * 60'000 + 0.5)));
        r.status = Status::forecast;
        r.generated_at = generated;
        put(in, r, in.number(item, "value"));
        answer.records.push_back(std::move(r));
      }
    }
    answer.records = in.some(std::move(answer.records));
  }

  static Record read_average(const Reading& in) {
    const DocumentValue body = in.map();
    Record r = prototype(in, in.text(body, "location"));
    const UtcTime start = in.time(body, "startTime");
    const UtcTime end = in.time(body, "endTime");
    if (!(start < end)) in.fail("bad_time", "the interval does not start before it ends");
    in.put_interval(r, start, end - start);
    put(in, r, in.number(body, "carbonIntensity"));
    return r;
  }
};

}  // namespace

const Provider& carbon_aware_sdk() {
  static const CarbonAwareSdk provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
