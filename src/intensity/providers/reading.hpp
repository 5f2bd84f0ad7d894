// SPDX-License-Identifier: MIT
// What the parsers of the providers share: a response being read. Every refusal names provider, end point and status,
// quotes the service, says the remedy, and shows no secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/intensity/provider.hpp>

#include "detail/document.hpp"

namespace co2lib::intensity::built_in {

using co2lib::detail::DocumentValue;

/// The end point without slashes at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view endpoint);

/// The response of a provider that answers in one page.
[[nodiscard]] const HttpResponse& single(std::span<const HttpResponse> pages);

/// The remark that a provider leaves the scope open, and lifecycle was taken.
[[nodiscard]] Issue scope_assumed(const ProviderInfo& info);

/// A response of a provider being read.
class Reading {
 public:
  Reading(const ProviderInfo& info, std::string_view endpoint, const HttpResponse& response, const Query& query)
      : info_(info), endpoint_(endpoint), response_(response), query_(query) {}

  /// Throws `intensity.<code>` with the remedy for that code.
  [[noreturn]] void fail(std::string_view code, const std::string& why, ErrorDetails details = {}) const;

  /// Throws unless the status is 2xx: by the status, or with the code that the caller knows better.
  void check_status() const;
  [[noreturn]] void fail_status(std::string_view code, ErrorDetails details = {}) const;

  /// The end point is none that is known, or its answer is no carbon intensity.
  [[noreturn]] void unknown_endpoint(std::string_view known) const;
  [[noreturn]] void not_convertible(std::string_view what) const;

  /// Refuses a body that is compressed: no request asks for that.
  void check_plain() const;
  /// The body as JSON; `bad_body` if it is none.
  [[nodiscard]] DocumentValue json() const;
  /// As above, of which the outermost value must be a map.
  [[nodiscard]] DocumentValue map() const;

  /// True if the service answers with a page for people.
  [[nodiscard]] bool is_html() const;
  /// What the service says about its error: its fields `error`, `message`, `detail`, `title`, else the body.
  [[nodiscard]] std::string service_text() const;

  /// A documented field: `bad_body` if it is not there, or `in` is not a map.
  [[nodiscard]] const DocumentValue& field(const DocumentValue& in, std::string_view name) const;
  /// A documented field that is a list or a map: `bad_body` if it is not.
  [[nodiscard]] const std::vector<DocumentValue>& list(const DocumentValue& in, std::string_view name) const;
  [[nodiscard]] const DocumentValue& map(const DocumentValue& in, std::string_view name) const;
  /// A field that may be missing or null, which is a null pointer.
  [[nodiscard]] const DocumentValue* optional(const DocumentValue& in, std::string_view name) const;

  /// A field that must be of one kind, else `bad_value`; null is nothing where it says `optional`.
  [[nodiscard]] std::optional<double> number(const DocumentValue& in, std::string_view name) const;
  [[nodiscard]] std::string text(const DocumentValue& in, std::string_view name) const;
  [[nodiscard]] bool flag(const DocumentValue& in, std::string_view name) const;  ///< false where it is missing or null
  [[nodiscard]] UtcTime time(const DocumentValue& in, std::string_view name, bool offset_required = true) const;
  [[nodiscard]] std::optional<UtcTime> optional_time(const DocumentValue& in, std::string_view name) const;

  /// The number of a field in a unit as a value of the record, with what was received; null is a missing value. A
  /// negative average is `bad_value`, a negative marginal value gets the flag `negative`.
  void put_value(Record& record, std::optional<double> raw, std::string_view unit) const;

  /// Gives the record its interval; `bad_time` if the end lies beyond what a time can be.
  void put_interval(Record& record, UtcTime start, std::chrono::nanoseconds length) const;

  /// Throws `zone_mismatch` if a zone was asked for and the answer is about another one.
  void check_zone(const std::string& answered) const;

  /// Throws `mixed_signals` if the caller asked for another signal or scope than the answer has.
  void check_kind(const Record& record) const;

  /// What the records of this provider share.
  [[nodiscard]] Record record() const;

  /// Sorted, and one record for one interval of a zone: the later `updated_at`, equal ones merged, others `overlap`.
  [[nodiscard]] std::vector<Record> sorted(std::vector<Record> records) const;

  /// As above, without those that do not touch the interval asked for.
  [[nodiscard]] std::vector<Record> finished(std::vector<Record> records) const;

  /// As above; `no_data` if nothing is left.
  [[nodiscard]] std::vector<Record> some(std::vector<Record> records) const;

  [[nodiscard]] const ProviderInfo& info() const noexcept { return info_; }
  [[nodiscard]] std::string_view endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] const HttpResponse& response() const noexcept { return response_; }
  [[nodiscard]] const Query& query() const noexcept { return query_; }

 private:
  [[noreturn]] void wrong_type(const DocumentValue& in, const DocumentValue& value, std::string_view name,
                               std::string_view expected) const;

  /// True if the body may hold a secret, so that no word of it goes into a message.
  [[nodiscard]] bool is_silent() const { return endpoint_ == "login"; }

  const ProviderInfo& info_;
  std::string_view endpoint_;
  const HttpResponse& response_;
  const Query& query_;
};

}  // namespace co2lib::intensity::built_in
