// SPDX-License-Identifier: MIT
// What the requests of the providers share: checks before anything is sent, intervals in parts, times as texts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/intensity/provider.hpp>

namespace co2lib::intensity::built_in {

/// What a question is about: with `start` and `end`, with `horizon`, with all of them, with none.
enum class Ask : std::uint8_t { latest, range, forecast, past_forecasts };

struct Span {
  UtcTime start{};
  UtcTime end{};
};

/// A question being turned into requests; every refusal names the provider.
class Asking {
 public:
  /// Refuses an interval that has one end only or does not start before it ends, and a horizon that is negative.
  Asking(const ProviderInfo& info, const Query& query);

  [[noreturn]] void fail(std::string_view code, const std::string& why) const;

  [[nodiscard]] Ask what() const noexcept { return what_; }
  [[nodiscard]] const Query& query() const noexcept { return query_; }
  [[nodiscard]] const ProviderSettings& settings() const noexcept { return query_.settings; }

  /// The address in front of the end points; `bad_value` if the provider has no default and none is set.
  [[nodiscard]] std::string base() const;

  /// The zone; `unknown_zone` without one.
  [[nodiscard]] const std::string& zone() const;

  /// The token; `no_credentials` without one.
  [[nodiscard]] const std::string& token() const;

  /// The time of asking; `bad_time` without it.
  [[nodiscard]] UtcTime now() const;

  /// The horizon, which this provider must have forecasts for (`no_coverage`).
  [[nodiscard]] std::chrono::hours horizon() const;

  /// Refuses (`no_coverage`) a signal or scope that the provider does not publish.
  void only(Signal signal) const;
  void only(Scope scope) const;

  /// The interval with its ends moved outwards to whole steps (of the UTC day, from 1970 on), so that the records that
  /// it cuts are asked for too.
  [[nodiscard]] Span widened(Span span, std::chrono::nanoseconds step) const;

  /// The interval asked for.
  [[nodiscard]] Span span() const { return {*query_.start, *query_.end}; }

  /// An interval in parts of at most `most`, or of the caller's `chunk`, in whole steps; `bad_value` if the caller's is
  /// shorter than a step, or there are more than 100,000.
  [[nodiscard]] std::vector<Span> chunks(Span span, std::chrono::nanoseconds most, std::chrono::nanoseconds step) const;

  /// A GET request.
  [[nodiscard]] HttpRequest get(std::string_view endpoint, std::string url) const;

 private:
  const ProviderInfo& info_;
  const Query& query_;
  Ask what_ = Ask::latest;
};

/// The time as `2024-05-01T12:00:00Z`, without fraction, that providers are asked with.
[[nodiscard]] std::string whole_seconds(UtcTime time);

/// A coordinate or another number as short as it is read back.
[[nodiscard]] std::string plain_number(double value);

/// `user:password` in base64, as HTTP Basic sends it.
[[nodiscard]] std::string basic_credentials(const std::string& user, const std::string& password);

/// All secrets of the settings in every form in which they are sent, the longest first.
[[nodiscard]] std::vector<std::string> secrets_of(const ProviderSettings& settings);

}  // namespace co2lib::intensity::built_in
