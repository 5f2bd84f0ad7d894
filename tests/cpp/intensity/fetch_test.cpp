// SPDX-License-Identifier: MIT
// Requests that are repeated, redirects, secrets, and libcurl against a server that misbehaves.
#include <co2lib/intensity/fetch.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/curl.hpp>
#include <co2lib/intensity/redact.hpp>

#include "intensity/local_server.hpp"
#include "intensity/url.hpp"

namespace co2lib::intensity {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const UtcTime noon = *parse_utc("2024-05-08T12:00:00Z");

/// A transport that plays responses, and what was waited.
struct Script {
  std::vector<HttpResponse> responses;
  std::vector<HttpRequest> asked{};
  std::vector<double> waited{};

  HttpResponse play(const HttpRequest& request) {
    asked.push_back(request);
    const HttpResponse& next = responses.at(std::min(asked.size(), responses.size()) - 1);
    if (next.status == 0) throw Error("intensity." + next.body, "down", {}, ErrorCategory::connection);
    return next;
  }
  int fetch_status(const RetryOptions& options = {.jitter = [] { return 1.0; }},
                   const std::string& url = "http://a/x") {
    const Waits waits{[&](std::chrono::nanoseconds t) {
                        waited.push_back(std::chrono::duration<double>(t).count());
                        return true;
                      },
                      [] { return noon; }};
    HttpRequest request;
    request.url = url;
    request.headers = {{"auth-token", "S", true}};
    return fetch([&](const HttpRequest& r) { return play(r); }, request, waits, options).status;
  }
};

HttpResponse with(int status, const std::string& header = "", const std::string& value = "") {
  HttpResponse r{.status = status, .headers = {}, .body = ""};
  if (!header.empty()) r.headers.push_back({header, value});
  return r;
}
HttpResponse failing(const std::string& code) { return {.status = 0, .headers = {}, .body = code}; }

TEST(Fetch, RepeatsPassingFailuresThreeTimesInAll) {
  Script s{{with(503), with(503), with(200)}};
  EXPECT_EQ(s.fetch_status(), 200);
  EXPECT_THAT(s.waited, ElementsAre(1.0, 2.0));
  Script down{{with(500)}};
  EXPECT_EQ(down.fetch_status(), 500);
  EXPECT_EQ(down.asked.size(), 3U);
  for (const int status : {200, 204, 304, 400, 401, 403, 404, 418, 501}) {
    Script once{{with(status)}};
    EXPECT_EQ(once.fetch_status(), status);
    EXPECT_EQ(once.asked.size(), 1U) << status;
  }
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    Script thrice{{with(status)}};
    EXPECT_EQ(thrice.fetch_status(), status);
    EXPECT_EQ(thrice.asked.size(), 3U) << status;
  }
}

TEST(Fetch, RepeatsTransportErrorsAndThrowsTheLast) {
  Script s{{failing("timeout"), with(200)}};
  EXPECT_EQ(s.fetch_status(), 200);
  Script down{{failing("transport"), failing("transport"), failing("timeout")}};
  try {
    static_cast<void>(down.fetch_status());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "intensity.timeout");
  }
  Script bad{{failing("bad_body")}};
  EXPECT_THROW(static_cast<void>(bad.fetch_status()), Error);
  EXPECT_EQ(bad.asked.size(), 1U);
}

TEST(Fetch, WaitsShrinkByChanceAndAreAtMostHalfAMinute) {
  Script s{{with(503)}};
  EXPECT_EQ(s.fetch_status({.attempts = 8, .jitter = [] { return 0.5; }}), 503);
  EXPECT_THAT(s.waited, ElementsAre(0.5, 1, 2, 4, 8, 15, 15));
  Script chance{{with(503)}};
  static_cast<void>(chance.fetch_status({.attempts = 3}));
  for (const double t : chance.waited) EXPECT_TRUE(t >= 0 && t <= 2) << t;
}

TEST(Fetch, RetryAfterTakesThePlaceOfTheWait) {
  Script seconds{{with(429, "retry-after", "7"), with(200)}};
  EXPECT_EQ(seconds.fetch_status(), 200);
  EXPECT_THAT(seconds.waited, ElementsAre(7.0));
  Script date{{with(503, "Retry-After", "Wed, 08 May 2024 12:00:30 GMT"), with(200)}};
  EXPECT_EQ(date.fetch_status(), 200);
  EXPECT_THAT(date.waited, ElementsAre(30.0));
  Script longest{{with(429, "Retry-After", "300"), with(200)}};
  EXPECT_EQ(longest.fetch_status(), 200);
  Script too_long{{with(429, "Retry-After", "301"), with(200)}};
  EXPECT_EQ(too_long.fetch_status(), 429);
  EXPECT_EQ(too_long.asked.size(), 1U);
  Script unreadable{{with(429, "Retry-After", "soon"), with(200)}};
  EXPECT_EQ(unreadable.fetch_status(), 200);
  EXPECT_THAT(unreadable.waited, ElementsAre(1.0));
}

TEST(Fetch, AWaitThatIsGivenUpEndsWithTheLastAnswer) {
  Script s{{with(503), with(200)}};
  const Waits waits{[](std::chrono::nanoseconds) { return false; }, [] { return noon; }};
  EXPECT_EQ(fetch([&](const HttpRequest& r) { return s.play(r); }, HttpRequest{}, waits).status, 503);
}

TEST(Fetch, RedirectsStayOnTheirHost) {
  Script same{{with(302, "Location", "/y?z=1"), with(200)}};
  EXPECT_EQ(same.fetch_status(), 200);
  EXPECT_EQ(target(same.asked.at(1)), "http://a/y?z=1");
  EXPECT_EQ(same.asked.at(1).headers.at(0).value, "S");
  for (const char* elsewhere :
       {"http://b/x", "//b/x", "http://a:8080/x", "http://a.b/x", "ftp://a/x", "http://a@b/x"}) {
    Script s{{with(302, "Location", elsewhere), with(200)}};
    EXPECT_EQ(s.fetch_status(), 302) << elsewhere;
    EXPECT_EQ(s.asked.size(), 1U) << elsewhere;
  }
  Script up{{with(301, "Location", "https://a/x"), with(200)}};
  EXPECT_EQ(up.fetch_status(), 200);
  Script down{{with(301, "Location", "http://a/x"), with(200)}};
  EXPECT_EQ(down.fetch_status({}, "https://a/x"), 301);
  Script loop{{with(307, "Location", "/x")}};
  EXPECT_EQ(loop.fetch_status(), 307);
  EXPECT_EQ(loop.asked.size(), 4U);
}

TEST(Url, Resolves) {
  EXPECT_EQ(detail::resolved("http://a/b/c?d", "e"), "http://a/b/e");
  EXPECT_EQ(detail::resolved("http://a/b/c?d/f", "e"), "http://a/b/e");
  EXPECT_EQ(detail::resolved("http://a", "e"), "http://a/e");
  EXPECT_EQ(detail::resolved("http://a/b", "?q"), "http://a/b?q");
  EXPECT_EQ(detail::resolved("https://a/b", "//c/d#e"), "https://c/d");
  EXPECT_FALSE(detail::authority_of("http:///x"));
  EXPECT_EQ(detail::authority_of("HTTP://u:p@[::1]:81/x")->port, 81);
  EXPECT_EQ(detail::base64("user:secret"), "dXNlcjpzZWNyZXQ=");
}

TEST(Redact, HidesUserInfoAndSecretParameters) {
  EXPECT_EQ(redact("https://user:S@example.org/x?y=1"), "https://***@example.org/x?y=1");
  EXPECT_EQ(redact("https://u:p@ss@h/x"), "https://***@h/x");
  EXPECT_EQ(redact("//u:S@h/x"), "//***@h/x");
  EXPECT_EQ(redact("https://h/x@y?a=b@c"), "https://h/x@y?a=b@c");
  EXPECT_EQ(redact("https://h?API_KEY=S&api_key=&q=key=S&Key=S;token=S"),
            "https://h?API_KEY=***&api_key=***&q=key=S&Key=***;token=***");
  EXPECT_EQ(redact("https://h/?api%5Fkey=S&securitytoken=S#token=S"),
            "https://h/?api%5Fkey=***&securitytoken=***#token=***");
  EXPECT_EQ(redact(""), "");
  EXPECT_EQ(redact("no url at all"), "no url at all");
}

TEST(Redact, HidesKnownSecretsInAnyForm) {
  const std::vector<std::string> secrets{"s3cret/+", "", "abc"};
  const std::string text = "token s3cret/+ or s3cret%2F%2B or " + detail::base64("s3cret/+") + ", abc";
  EXPECT_EQ(redact(text, secrets), "token *** or *** or ***, abc");
}

class Curl : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_curl()) GTEST_SKIP() << "built without libcurl";
  }
  static std::string outcome(const LocalServer& server, std::chrono::milliseconds timeout = 400ms) {
    HttpRequest request;
    request.url = server.url() + "/x";
    request.query = {{"api_key", "PLANTED", true}};
    request.headers = {{"auth-token", "PLANTED", true}};
    request.timeout = timeout;
    request.body_limit = 1000;
    try {
      return std::to_string(curl_transport()(request).status);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("PLANTED")));
      return error.code();
    }
  }
};

TEST_F(Curl, AsksAndAnswers) {
  const LocalServer server(
      [](const std::string&) { return LocalServer::Reply{LocalServer::ok("hello", "X-One: 1\r\n")}; });
  HttpRequest request;
  request.url = server.url() + "/path";
  request.query = {{"a", "b c+"}};
  request.headers = {{"auth-token", "T", true}};
  const HttpResponse response = curl_transport()(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(*find_header(response.headers, "x-one"), "1");
  EXPECT_THAT(server.heads().at(0), HasSubstr("GET /path?a=b%20c%2B HTTP/1.1"));
  EXPECT_THAT(server.heads().at(0), HasSubstr("auth-token: T"));
  EXPECT_THAT(server.heads().at(0), Not(HasSubstr("Accept-Encoding")));
}

TEST_F(Curl, FaultsHaveTheirCodes) {
  const auto against = [](LocalServer::Reply reply) {
    const LocalServer server([reply](const std::string&) { return reply; });
    return outcome(server);
  };
  EXPECT_EQ(against({.bytes = "", .holds = true}), "intensity.timeout");
  EXPECT_EQ(against({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", .holds = true}), "intensity.timeout");
  EXPECT_EQ(against({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"}), "intensity.bad_body");
  EXPECT_EQ(against({.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}), "intensity.bad_body");
  EXPECT_EQ(against({.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}), "intensity.bad_body");
  EXPECT_EQ(against({.bytes = "", .resets = true}), "intensity.transport");
  EXPECT_EQ(against({.bytes = ""}), "intensity.transport");
  EXPECT_EQ(against({.bytes = LocalServer::ok(std::string(2000, 'x'))}), "intensity.bad_body");
  EXPECT_EQ(against({.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x')}), "intensity.bad_body");
  EXPECT_EQ(against({.bytes = LocalServer::response("302 Found", "", "Location: http://127.0.0.1:1/\r\n")}), "302");
  HttpRequest nowhere;
  nowhere.url = "http://127.0.0.1:1/";
  EXPECT_THROW(static_cast<void>(curl_transport()(nowhere)), Error);
  HttpRequest injected;
  injected.url = "http://127.0.0.1:1/";
  injected.headers = {{"auth-token", "PLANTED\r\nX: y", true}};
  try {
    static_cast<void>(curl_transport()(injected));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "intensity.bad_value");
    EXPECT_THAT(error.what(), Not(HasSubstr("PLANTED")));
  }
}

TEST(CurlOrNot, WithoutItTheOptionIsNamed) {
  if (has_curl()) GTEST_SKIP() << "built with libcurl";
  try {
    static_cast<void>(curl_transport()(HttpRequest{}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "intensity.network_disabled");
    EXPECT_THAT(error.what(), HasSubstr("CO2LIB_CURL"));
  }
}

}  // namespace
}  // namespace co2lib::intensity
