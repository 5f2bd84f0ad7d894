// SPDX-License-Identifier: MIT
// Provider: who publishes carbon intensities on a network. From a question to requests and from responses to records;
// pure: nothing here opens a socket, reads a clock or keeps state.
//
//   const Provider& eia = provider("eia");
//   for (const HttpRequest& request : eia.requests(query)) {
//     const HttpResponse response = transport(request);
//     Answer answer = eia.parse(request.endpoint, response, query);
//   }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/http.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/record.hpp>

namespace co2lib::intensity {

/// What the user of a provider sets once. An empty text, or nothing, is the provider's default.
struct ProviderSettings {
  std::optional<std::string> token{};         ///< secret: token or API key; after a log-in what `Answer::token` gave
  std::string user{};                         ///< secret: for the log-in (WattTime)
  std::string password{};                     ///< secret: for the log-in (WattTime)
  std::string base_url{};                     ///< without a `/` at its end; a service of one's own has no default
  std::string version{};                      ///< Electricity Maps: `v3` or `v4`
  std::string token_header{};                 ///< Electricity Maps: `auth-token`
  std::string granularity{};                  ///< Electricity Maps: `hourly`, or `5_minutes` to `yearly`
  std::optional<bool> disable_estimations{};  ///< Electricity Maps: sent only if set
  std::string model{};                        ///< WattTime: date of the model
  bool include_imputed_marker = false;        ///< WattTime: say which values are imputed
  bool widen = false;                         ///< Energi Data Service: ask 2 h more on both sides, without a time zone
  std::string factor_set{};                   ///< EIA, ENTSO-E: set of the table of fuels, `ar5`
  std::map<std::string, double> factors{};    ///< EIA, ENTSO-E: g/kWh by the provider's own fuel code, in its place
  std::optional<std::chrono::nanoseconds> chunk{};  ///< the longest interval of one request
  std::int64_t page_rows = 5000;                    ///< EIA: rows of one answer
};

/// What is asked: the latest value; with `start` and `end` the records that touch `[start, end)`; with `horizon` the
/// forecast; with all three the forecasts that were made in `[start, end)`.
struct Query {
  std::string zone{};  ///< the provider's own key: `DE`, a WattTime region, a respondent, a price area, an EIC code
  std::optional<double> latitude{};             ///< in the place of a zone; 0 is a coordinate
  std::optional<double> longitude{};            ///< as above
  std::string data_center{};                    ///< in the place of a zone, Electricity Maps: `gcp:europe-west1`
  std::optional<UtcTime> start{};               ///< of the interval, part of it
  std::optional<UtcTime> end{};                 ///< of the interval, not part of it
  std::optional<std::chrono::hours> horizon{};  ///< of the forecast, from now on
  std::optional<UtcTime> now{};    ///< the time of asking: for providers that must be told it (`ProviderInfo`)
  std::optional<Signal> signal{};  ///< default: what the provider publishes, of both the marginal one (WattTime)
  std::optional<Scope> scope{};    ///< default: the provider's own, lifecycle where it leaves the choice
  std::optional<std::int64_t> total_rows{};  ///< EIA: rows in all, where known; all pages are asked at once
  ProviderSettings settings{};               ///< tokens, and what else the provider needs
};

/// A forecast as the provider issued it.
struct IssuedForecast {
  UtcTime generated_at{};         ///< when it was made, or issued
  std::vector<Record> records{};  ///< of status `forecast`, in the order of time
};

/// What a response says. Records are sorted, touch the interval asked for, and do not overlap in one zone.
struct Answer {
  std::vector<Record> records{};             ///< of the interval asked for, in the order of time
  std::vector<Record> forecast_records{};    ///< of a provider that answers with both (NESO): its forecast
  std::vector<IssuedForecast> forecasts{};   ///< one per issue, where past ones were asked for
  std::optional<UtcTime> generated_at{};     ///< when the forecast in `records` was made
  std::vector<Issue> issues{};               ///< remarks of the provider on its answer; code is its type of warning
  std::string zone{};                        ///< the zone that coordinates lie in, where that was asked
  std::string token{};                       ///< secret: of a log-in
  std::optional<std::int64_t> total_rows{};  ///< EIA: rows in all pages
};

/// What is known about a provider before asking it.
struct ProviderInfo {
  std::string_view id;        ///< `electricitymaps`
  std::string_view name;      ///< `Electricity Maps`
  std::string_view base_url;  ///< empty: must be set
  std::string_view zone;      ///< what its zone is called: `region`, `respondent`, `price area`
  std::string_view licence;   ///< of its data
  bool needs_token = false;   ///< `intensity.no_credentials` without `ProviderSettings::token`
  bool needs_login = false;   ///< the token comes from `login` with user and password
  bool needs_now = false;     ///< has no end point for the latest value or the forecast: `Query::now` must be set
  std::chrono::seconds token_life{0};          ///< log in again after this; 0: never
  std::chrono::nanoseconds step{0};            ///< length of its records, most often
  std::chrono::hours longest_horizon{0};       ///< of its forecasts; 0: it has none
  std::chrono::seconds forecast_period{3600};  ///< until it issues the next forecast; 1 h where unknown
  std::chrono::hours unsettled{0};             ///< its newest records may lack parts: leave those out (`settled`)
};

/// A provider; a constant of the library.
class Provider {
 public:
  virtual ~Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  [[nodiscard]] virtual const ProviderInfo& info() const noexcept = 0;  ///< what it is, and what it needs and can do

  /// The requests that answer a question: their intervals are contiguous, ascending, and cover the interval once.
  ///
  /// Throws before anything is sent: `intensity.unknown_zone`, `no_credentials`, `bad_time` (an interval that does not
  /// start before it ends, `now` missing), `no_coverage` (a signal, scope or forecast that it does not publish).
  [[nodiscard]] virtual std::vector<HttpRequest> requests(const Query& query) const = 0;

  /// The records of a response. Throws `co2lib::Error` by status and body as docs/providers.md says; details has
  /// `provider`, `endpoint`, `status`, and where they apply `retry_after_s` and `retry` (`login_once`).
  [[nodiscard]] Answer parse(std::string_view endpoint, const HttpResponse& response, const Query& query) const {
    return parse(endpoint, std::span<const HttpResponse>(&response, 1), query);
  }

  /// As above, of the pages of one request in order (`next_page`); an hour may be spread over two of them.
  [[nodiscard]] virtual Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                                     const Query& query) const = 0;

  /// The request for the rest of an answer that came in part; nothing if it is whole. `pages` are those so far.
  [[nodiscard]] virtual std::optional<HttpRequest> next_page(const HttpRequest& first,
                                                             std::span<const HttpResponse> pages) const;

  /// The request that gives a token (`Answer::token`); `intensity.no_credentials` without user and password. Only of
  /// providers that need a log-in.
  [[nodiscard]] virtual HttpRequest login(const Query& query) const;

  /// The request that turns coordinates into a zone (WattTime), or checks a zone (Electricity Maps): `parse` then
  /// throws `intensity.unknown_zone`, `ambiguous_zone` or `no_coverage`, or gives `Answer::zone`. Nothing if the
  /// provider has none or needs none for this question.
  [[nodiscard]] virtual std::optional<HttpRequest> locate(const Query& query) const;

 protected:
  Provider() = default;
};

/// The providers, sorted by id.
[[nodiscard]] std::span<const Provider* const> providers() noexcept;

/// The provider with this id; another text is `intensity.bad_value` naming those that are known.
[[nodiscard]] const Provider& provider(std::string_view id);

/// Leaves out the newest records where a provider's newest ones may lack parts without a sign of it
/// (`ProviderInfo::unsettled`, or `unsettled`): those that end later than that before `now`, or before the newest
/// record if that is earlier than `now` and does not reach the end that was asked for.
[[nodiscard]] std::vector<Record> settled(std::vector<Record> records, const Query& query, UtcTime now,
                                          std::chrono::nanoseconds unsettled);

}  // namespace co2lib::intensity
