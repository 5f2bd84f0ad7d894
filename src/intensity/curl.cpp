// SPDX-License-Identifier: MIT
#include <co2lib/intensity/curl.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#ifdef CO2LIB_HAS_CURL
#include <curl/curl.h>
#endif

#include <co2lib/error.hpp>
#include <co2lib/intensity/redact.hpp>
#include <co2lib/version.hpp>

namespace co2lib::intensity {

#ifdef CO2LIB_HAS_CURL

namespace {

[[noreturn]] void fail_request(const HttpRequest& request, std::string_view code, const std::string& why) {
  throw Error("intensity." + std::string(code), to_string(request) + ": " + why, {}, ErrorCategory::connection);
}

/// What libcurl fills while a request goes on.
struct Received {
  HttpResponse response;
  std::size_t limit = 0;
  bool too_long = false;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* to) noexcept {
  auto& received = *static_cast<Received*>(to);
  const std::size_t bytes = size * count;
  try {
    received.too_long = received.too_long || received.response.body.size() + bytes > received.limit;
    if (received.too_long) return 0;
    received.response.body.append(data, bytes);
    return bytes;
  } catch (...) {
    return 0;
  }
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* to) noexcept {
  auto& received = *static_cast<Received*>(to);
  const std::string_view line(data, size * count);
  try {
    if (line.starts_with("HTTP/")) {  // of the last of several heads (100, a proxy's)
      received.response.headers.clear();
      return line.size();
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || received.response.headers.size() >= 1000) return line.size();
    const auto trimmed = [](std::string_view text) {
      const std::size_t first = text.find_first_not_of(" \t\r\n");
      if (first == std::string_view::npos) return std::string();
      return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
    };
    std::string name = trimmed(line.substr(0, colon));
    const bool secret = is_secret_header(name);
    received.response.headers.push_back({std::move(name), trimmed(line.substr(colon + 1)), secret});
    return line.size();
  } catch (...) {
    return 0;
  }
}

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

/// A value that holds a line end would be another header, a NUL would cut the rest off.
void check_text(const HttpRequest& request, std::string_view what, std::string_view text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) return;
  throw Error("intensity.bad_value", to_string(request) + ": the " + std::string(what) +
                                         " holds a line end or a NUL; tokens are given without them");
}

std::string_view code_of(CURLcode code, const Received& received, std::string_view text) {
  if (received.too_long || code == CURLE_FILESIZE_EXCEEDED || code == CURLE_PARTIAL_FILE ||
      text.find("chunk") != std::string_view::npos || code == CURLE_BAD_CONTENT_ENCODING) {
    return "bad_body";
  }
  return code == CURLE_OPERATION_TIMEDOUT ? "timeout" : "transport";
}

HttpResponse send_by_curl(const HttpRequest& request) {
  static std::once_flag once;
  static bool works = false;
  std::call_once(once, [] { works = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; });
  const Handle handle(works ? curl_easy_init() : nullptr);
  if (!handle) fail_request(request, "transport", "libcurl could not be started");
  const std::string url = target(request);
  check_text(request, "URL", url);
  List headers;
  for (const HttpField& field : request.headers) {
    check_text(request, "header " + field.name, field.name);
    check_text(request, "header " + field.name, field.value);
    append(headers, field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  Received received;
  received.limit = request.body_limit;
  char why[CURL_ERROR_SIZE] = "";
  CURL* const h = handle.get();
  curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(h, CURLOPT_USERAGENT, "co2lib/" CO2LIB_VERSION);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.body_limit));
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(h, CURLOPT_HEADERDATA, &received);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(h, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  if (request.method != "GET") curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty()) {
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const CURLcode code = curl_easy_perform(h);
  if (code != CURLE_OK) {
    const std::string text = *why != '\0' ? why : curl_easy_strerror(code);
    const std::string said =
        received.too_long ? "the answer is longer than " + std::to_string(request.body_limit) + " bytes" : text;
    fail_request(request, code_of(code, received, text), said);
  }
  long status = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  received.response.status = static_cast<int>(status);
  return std::move(received.response);
}

}  // namespace

bool has_curl() noexcept { return true; }

Transport curl_transport() { return send_by_curl; }

#else

bool has_curl() noexcept { return false; }

Transport curl_transport() {
  return [](const HttpRequest& request) -> HttpResponse {
    throw Error("intensity.network_disabled",
                to_string(request) +
                    ": this co2lib was built without libcurl; build it with -DCO2LIB_CURL=ON (Debian: "
                    "libcurl4-openssl-dev), or give a transport of your own",
                {}, ErrorCategory::connection);
  };
}

#endif

}  // namespace co2lib::intensity
