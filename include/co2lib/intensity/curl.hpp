// SPDX-License-Identifier: MIT
// The transport of C++ programs: libcurl, where this library was built with it.
#pragma once

#include <co2lib/intensity/http.hpp>

namespace co2lib::intensity {

/// True if this library was built with libcurl (`CO2LIB_CURL`).
[[nodiscard]] bool has_curl() noexcept;

/// Sends over libcurl: HTTP and HTTPS with verified certificates, by the proxies of the environment; no redirects, no
/// cookies, no compression.
///
/// Its errors: `intensity.timeout`; `intensity.transport` (no connection, no name, a certificate that is not good);
/// `intensity.bad_body` (cut off, broken chunks, above the limit). Without libcurl each request is
/// `intensity.network_disabled`, naming the option of the build.
[[nodiscard]] Transport curl_transport();

}  // namespace co2lib::intensity
