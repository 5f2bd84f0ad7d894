// SPDX-License-Identifier: MIT
// WattTime, version 3 (docs/providers.md, "WattTime").
//
// 1. A token comes from a log-in and ends after 30 minutes. A web page with status 403 says that it has ended; JSON
// with
//    status 403 that the plan lacks the region.
// 2. The unit, signal, region and length of the intervals are read from `meta`; a stamp is the start.
// 3. The end of a range is included: it is one interval before the next part starts.
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

constexpr ProviderInfo watttime_info{.id = "watttime",
                                     .name = "WattTime",
                                     .base_url = "https://api.watttime.org",
                                     .zone = "region: CAISO_NORTH",
                                     .licence = "proprietary: for own use, not to be passed on",
                                     .needs_token = true,
                                     .needs_login = true,
                                     .needs_now = true,
                                     .token_life = 25min,
                                     .step = 5min,
                                     .longest_horizon = 72h,
                                     .forecast_period = 5min};

constexpr std::string_view marginal = "co2_moer";
constexpr std::string_view average = "co2_aoer";

std::string with_offset(UtcTime time) {
  std::string text = whole_seconds(time);
  text.pop_back();
  return text + "+00:00";
}

class WattTime final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return watttime_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(watttime_info, query);
    asking.only(Scope::direct);
    if (query.zone.empty() && query.latitude) {
      asking.fail("unknown_zone", "it takes a region only; ask first which region the coordinates lie in (locate)");
    }
    const std::string& region = asking.zone();
    static_cast<void>(asking.token());
    const bool is_average = query.signal == Signal::average;
    const std::chrono::nanoseconds step = is_average ? std::chrono::nanoseconds(1h) : watttime_info.step;
    std::vector<HttpRequest> all;
    const auto add = [&](std::string_view endpoint, std::vector<HttpField> more) {
      HttpRequest request = authorised(asking, endpoint);
      request.query = {{"region", region}, {"signal_type", std::string(is_average ? average : marginal)}};
      request.query.insert(request.query.end(), more.begin(), more.end());
      if (!query.settings.model.empty()) request.query.push_back({"model", query.settings.model});
      all.push_back(std::move(request));
    };
    const auto add_range = [&](std::string_view endpoint, Span span, std::chrono::nanoseconds most) {
      for (const Span& part : asking.chunks(asking.widened(span, step), most, step)) {
        std::vector<HttpField> times{{"start", with_offset(part.start)}, {"end", with_offset(part.end - step)}};
        if (query.settings.include_imputed_marker) times.push_back({"include_imputed_marker", "true"});
        add(endpoint, std::move(times));
      }
    };
    if (is_average && query.horizon) asking.fail("no_coverage", "it has forecasts of the marginal signal only");
    switch (asking.what()) {
      case Ask::latest:
        if (is_average) {
          add_range("v3/historical", {asking.now() - 24h, asking.now()}, 30 * 24h);
        } else {
          add("v3/forecast", {{"horizon_hours", "0"}});
        }
        break;
      case Ask::forecast:
        add("v3/forecast", {{"horizon_hours", std::to_string(asking.horizon().count())}});
        break;
      case Ask::range:
        add_range("v3/historical", asking.span(), 30 * 24h);
        break;
      case Ask::past_forecasts:
        static_cast<void>(asking.horizon());
        add_range("v3/forecast/historical", asking.span(), 24h);
        for (HttpRequest& request : all) {
          request.query.push_back({"horizon_hours", std::to_string(asking.horizon().count())});
        }
        break;
    }
    return all;
  }

  [[nodiscard]] HttpRequest login(const Query& query) const override {
    const Asking asking(watttime_info, query);
    if (query.settings.user.empty() || query.settings.password.empty()) {
      asking.fail("no_credentials", "the log-in needs user and password");
    }
    HttpRequest request = asking.get("login", asking.base() + "/login");
    request.headers.push_back(
        {"Authorization", "Basic " + basic_credentials(query.settings.user, query.settings.password), true});
    return request;
  }

  [[nodiscard]] std::optional<HttpRequest> locate(const Query& query) const override {
    if (!query.zone.empty() || !query.latitude) return std::nullopt;
    const Asking asking(watttime_info, query);
    HttpRequest request = authorised(asking, "v3/region-from-loc");
    request.query = {{"latitude", plain_number(*query.latitude)},
                     {"longitude", plain_number(*query.longitude)},
                     {"signal_type", std::string(query.signal == Signal::average ? average : marginal)}};
    return request;
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(watttime_info, trimmed(endpoint), single(pages), query);
    const std::string_view name = in.endpoint();
    const int status = in.response().status;
    if (name == "login" && (status == 401 || status == 403)) {
      in.fail("auth", "the log-in was refused; check user and password");
    }
    if (status == 403 && in.is_html()) in.fail_status("auth", {{"retry", std::string("login_once")}});
    in.check_status();
    if (name == "v3/signal-index") in.not_convertible("a percentile");
    if (name == "v3/my-access") in.not_convertible("a list of regions");
    const DocumentValue body = in.map();
    if (name == "login") return read_token(in, body);
    if (name == "v3/region-from-loc") {
      Answer answer;
      answer.zone = in.text(body, "region");
      if (answer.zone.empty()) in.fail("bad_body", "the region is empty");
      return answer;
    }
    if (name == "v3/historical") return read_points(in, body, false);
    if (name == "v3/forecast") return read_points(in, body, true);
    if (name == "v3/forecast/historical") return read_forecasts(in, body);
    in.unknown_endpoint("login, v3/region-from-loc, v3/historical, v3/forecast, v3/forecast/historical");
  }

 private:
  static HttpRequest authorised(const Asking& asking, std::string_view endpoint) {
    HttpRequest request = asking.get(endpoint, fmt::format("{}/{}", asking.base(), endpoint));
    request.headers.push_back({"Authorization", "Bearer " + asking.token(), true});
    return request;
  }

  static Answer read_token(const Reading& in, const DocumentValue& body) {
    const DocumentValue* const token = body.find("token");  // whatever it is, no message shows it
    if (token == nullptr || token->kind != Kind::scalar || token->plain || token->text.empty()) {
      in.fail("bad_body", "the field 'token' is missing or not a text");
    }
    Answer answer;
    answer.token = token->text;
    return answer;
  }

  /// What all points of an answer share.
  struct Meta {
    Record record;
    std::chrono::seconds period{0};
    std::string unit;
  };

  static Meta read_meta(const Reading& in, const DocumentValue& body, Answer& answer) {
    const DocumentValue& from = in.map(body, "meta");
    Meta meta{.record = in.record(), .unit = in.text(from, "units")};
    const std::string signal = in.text(from, "signal_type");
    if (signal == "health_damage") in.not_convertible("health damage");
    check_unit(in, meta.unit);
    if (signal != marginal && signal != average) {
      in.fail("bad_value", fmt::format("'signal_type' is '{}', not {} or {}", signal, marginal, average));
    }
    meta.record.signal = signal == marginal ? Signal::marginal : Signal::average;
    meta.record.scope = Scope::direct;
    meta.record.zone = in.text(from, "region");
    in.check_zone(meta.record.zone);
    in.check_kind(meta.record);
    const std::optional<std::int64_t> seconds = in.field(from, "data_point_period_seconds").integer();
    if (!seconds || *seconds < 1 || *seconds > 86'400) {
      in.fail("bad_value", "'data_point_period_seconds' is not a number of seconds from 1 to 86400");
    }
    meta.period = std::chrono::seconds(*seconds);
    if (in.optional(from, "warnings") != nullptr) {
      for (const DocumentValue& warning : in.list(from, "warnings")) {
        const bool has_message = in.optional(warning, "message") != nullptr;
        add_issue(answer.issues, {in.text(warning, "type").substr(0, 100), std::string(watttime_info.id),
                                  has_message ? in.text(warning, "message").substr(0, 1000) : std::string()});
      }
    }
    return meta;
  }

  /// Refuses a unit that is no intensity, also where there are no points.
  static void check_unit(const Reading& in, std::string_view unit) {
    Record probe;
    in.put_value(probe, 0, unit);
  }

  static Record point(const Reading& in, const DocumentValue& from, const Meta& meta) {
    Record r = meta.record;
    in.put_interval(r, in.time(from, "point_time"), meta.period);
    r.status = in.flag(from, "imputed_data_used") ? Status::estimated : Status::measured;
    r.updated_at = in.optional_time(from, "last_updated");
    in.put_value(r, in.number(from, "value"), meta.unit);
    return r;
  }

  static Answer read_points(const Reading& in, const DocumentValue& body, bool forecast) {
    Answer answer;
    const Meta meta = read_meta(in, body, answer);
    if (forecast) answer.generated_at = in.time(in.map(body, "meta"), "generated_at");
    for (const DocumentValue& item : in.list(body, "data")) {
      Record r = point(in, item, meta);
      if (forecast) {
        r.status = Status::forecast;
        r.generated_at = answer.generated_at;
      }
      answer.records.push_back(std::move(r));
    }
    answer.records = in.some(std::move(answer.records));
    return answer;
  }

  /// The interval asked for is that of the issues, not of what they forecast.
  static Answer read_forecasts(const Reading& in, const DocumentValue& body) {
    Answer answer;
    const Meta meta = read_meta(in, body, answer);
    for (const DocumentValue& entry : in.list(body, "data")) {
      IssuedForecast issued{.generated_at = in.time(entry, "generated_at")};
      for (const DocumentValue& item : in.list(entry, "forecast")) {
        Record r = point(in, item, meta);
        r.status = Status::forecast;
        r.generated_at = issued.generated_at;
        issued.records.push_back(std::move(r));
      }
      const bool outside = (in.query().start && issued.generated_at < *in.query().start) ||
                           (in.query().end && issued.generated_at >= *in.query().end);
      issued.records = in.sorted(std::move(issued.records));
      if (!outside && !issued.records.empty()) answer.forecasts.push_back(std::move(issued));
    }
    numeric::stable_sort(answer.forecasts, [](const IssuedForecast& a, const IssuedForecast& b) {
      return a.generated_at < b.generated_at;
    });
    if (answer.forecasts.empty()) in.fail("no_data", "the answer has no forecast of the time asked for");
    return answer;
  }
};

}  // namespace

const Provider& watttime() {
  static const WattTime provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
