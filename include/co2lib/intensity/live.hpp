// SPDX-License-Identifier: MIT
// Live sources: a provider asked over a transport, as an IntensitySource. Nothing is asked before a source is.
//
//   auto grid = electricity_maps({.zone = "DE", .settings = {.token = token}});
//   Record now = with_fallback(grid, {.location = "DEU"})->at(clock.utc());   // fallback.hpp
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/cache.hpp>
#include <co2lib/intensity/curl.hpp>
#include <co2lib/intensity/fetch.hpp>
#include <co2lib/intensity/provider.hpp>
#include <co2lib/intensity/source.hpp>

namespace co2lib::intensity {

/// Whom a live source asks, for what.
struct LiveOptions {
  std::string zone{};                 ///< the provider's own key: `DE`, `CAISO_NORTH`, `GB`
  std::optional<double> latitude{};   ///< in the place of a zone
  std::optional<double> longitude{};  ///< as above
  std::string data_center{};          ///< in the place of a zone, Electricity Maps: `gcp:europe-west1`
  std::optional<Signal> signal{};     ///< default: average, of WattTime marginal
  std::optional<Scope> scope{};       ///< default: what the provider publishes, else lifecycle
  ProviderSettings settings{};        ///< tokens among them
  RetryOptions retry{};               ///< how a request is repeated
  std::shared_ptr<Cache> cache{};     ///< where `with_fallback` keeps the answers; default: memory of its own
  std::chrono::nanoseconds no_data_for = std::chrono::seconds(60);  ///< an answer without data is not asked for again
};

/// A provider that is asked when its answers are needed.
///
/// 1. What is known and still valid is not asked for again: a value until its interval ends, a forecast until the next
///    one is due. An answer without data is remembered for a minute, one that names a time until that time.
/// 2. The value of now is asked for by the end point for the latest one; past time that is not known by ranges, cut as
///    the provider wants it; time to come by a forecast, where there is one.
/// 3. After `intensity.auth` or `forbidden` nothing more is asked; a plan that allows the latest value and not the past
///    keeps the latest.
/// 4. A log-in is made when it is needed, again before its token ends, and once more where an answer asks for that.
/// 5. One thread asks at a time; `known` never waits for it.
class LiveSource : public IntensitySource {
 public:
  /// What a provider answers through a transport. `intensity.bad_value` for a place that the provider does not take; a
  /// clock of nullptr is the system's.
  LiveSource(const Provider& provider, LiveOptions options, Transport transport, std::shared_ptr<Clock> clock);
  ~LiveSource() override;

  /// Asks for what is not known of `[a, b)`, and returns what is known then. What went wrong is thrown, if nothing is.
  [[nodiscard]] Trace between(UtcTime a, UtcTime b) const override;
  [[nodiscard]] std::optional<Trace> known(UtcTime a, UtcTime b) const override;
  [[nodiscard]] bool may_block() const noexcept override { return true; }
  /// The provider's own forecast from `issued_at` on, where it has one and it is asked about now.
  [[nodiscard]] std::optional<Forecast> own_forecast(UtcTime issued_at, std::chrono::hours horizon) const override;
  /// `neso_gb:GB`, the text that names it on the command line.
  [[nodiscard]] Description describe() const override;

  [[nodiscard]] std::optional<Issue> failure() const override;
  /// What the provider remarked on its answers.
  [[nodiscard]] std::vector<Issue> remarks() const;
  [[nodiscard]] CacheKey key() const;  ///< what its records are kept under
  /// Where its records are kept; nullptr: in its own memory.
  [[nodiscard]] const std::shared_ptr<Cache>& cache() const noexcept;
  [[nodiscard]] const std::shared_ptr<Clock>& clock() const noexcept;  ///< that it asks for the time, and waits on

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A source by the id of its provider (`providers()`).
[[nodiscard]] std::shared_ptr<const LiveSource> live_source(std::string_view provider, LiveOptions options,
                                                            Transport transport = curl_transport(),
                                                            std::shared_ptr<Clock> clock = nullptr);

/// Electricity Maps; a token is needed.
[[nodiscard]] std::shared_ptr<const LiveSource> electricity_maps(LiveOptions options,
                                                                 Transport transport = curl_transport(),
                                                                 std::shared_ptr<Clock> clock = nullptr);
/// WattTime, marginal; a user and a password are needed.
[[nodiscard]] std::shared_ptr<const LiveSource> watttime(LiveOptions options, Transport transport = curl_transport(),
                                                         std::shared_ptr<Clock> clock = nullptr);
/// The National Energy System Operator of Great Britain; open, and without a token.
[[nodiscard]] std::shared_ptr<const LiveSource> neso_gb(LiveOptions options = {.zone = "GB"},
                                                        Transport transport = curl_transport(),
                                                        std::shared_ptr<Clock> clock = nullptr);
/// Mixes of the US Energy Information Administration, times factors of fuels; a token is needed.
[[nodiscard]] std::shared_ptr<const LiveSource> eia(LiveOptions options, Transport transport = curl_transport(),
                                                    std::shared_ptr<Clock> clock = nullptr);
/// Mixes of ENTSO-E's Transparency Platform, times factors of fuels; a token is needed.
[[nodiscard]] std::shared_ptr<const LiveSource> entsoe(LiveOptions options, Transport transport = curl_transport(),
                                                       std::shared_ptr<Clock> clock = nullptr);
/// Energinet's Energi Data Service, Denmark (DK1, DK2); open.
[[nodiscard]] std::shared_ptr<const LiveSource> energi_data_service(LiveOptions options,
                                                                    Transport transport = curl_transport(),
                                                                    std::shared_ptr<Clock> clock = nullptr);
/// The service of the Carbon Aware SDK, at `settings.base_url`.
[[nodiscard]] std::shared_ptr<const LiveSource> carbon_aware_sdk(LiveOptions options,
                                                                 Transport transport = curl_transport(),
                                                                 std::shared_ptr<Clock> clock = nullptr);

}  // namespace co2lib::intensity
