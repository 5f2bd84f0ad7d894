// SPDX-License-Identifier: MIT
// redact: what a URL, a header or a text may show of secrets: nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace co2lib::intensity {

/// What stands in the place of a secret.
inline constexpr std::string_view redacted = "***";

/// True for headers whose value is a secret: `auth-token`, `Authorization`, `Proxy-Authorization`, `X-BLOBR-KEY`,
/// `x-api-key`, `Cookie`, `Set-Cookie`; in any case.
[[nodiscard]] bool is_secret_header(std::string_view name);

/// True for names of a query whose value is a secret: `api_key`, `securityToken`, `token`, `key`; in any case, also
/// where the name is percent-encoded.
[[nodiscard]] bool is_secret_parameter(std::string_view name);

/// The URL with `***` for its user info and for the values of secret names in query and fragment; the rest is
/// unchanged.
[[nodiscard]] std::string redact(std::string_view url);

/// A text of others (a message of a service, of a library) with `***` for each of these secrets, as they are, as they
/// stand in a URL, and in Base64 as HTTP Basic has them. Secrets shorter than 4 characters would blacken words and are
/// left out.
[[nodiscard]] std::string redact(std::string_view text, std::span<const std::string> secrets);

}  // namespace co2lib::intensity
