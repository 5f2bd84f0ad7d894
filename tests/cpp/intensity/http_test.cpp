// SPDX-License-Identifier: MIT
#include <co2lib/intensity/http.hpp>

#include <gtest/gtest.h>

using namespace co2lib;
using namespace co2lib::intensity;
using namespace std::chrono_literals;

namespace {

TEST(Http, NamesAndValuesArePercentEncoded) {
  EXPECT_EQ(percent_encoded("2024-01-01T00:00:00+00:00"), "2024-01-01T00%3A00%3A00%2B00%3A00");
  EXPECT_EQ(percent_encoded("a b&c=d\xC3\xA9~._-"), "a%20b%26c%3Dd%C3%A9~._-");
}

TEST(Http, TheTargetIsWhatIsSentAndItsTextHidesSecrets) {
  HttpRequest request{.url = "https://host/path"};
  request.query = {{"data[]", "value"}, {"api_key", "s3cret", true}};
  request.headers = {{"Authorization", "Bearer s3cret", true}};
  EXPECT_EQ(target(request), "https://host/path?data%5B%5D=value&api_key=s3cret");
  EXPECT_EQ(to_string(request), "GET https://host/path?data%5B%5D=value&api_key=***");
  request.query.clear();
  EXPECT_EQ(target(request), "https://host/path");
}

TEST(Http, AHeaderIsFoundInAnyCaseOfLetters) {
  const std::vector<HttpField> headers{{"content-TYPE", "a"}, {"Content-Type", "b"}};
  ASSERT_NE(find_header(headers, "Content-Type"), nullptr);
  EXPECT_EQ(*find_header(headers, "Content-Type"), "a");
  EXPECT_EQ(find_header(headers, "Content"), nullptr);
}

TEST(Http, AStatusHasOneCode) {
  const std::pair<int, std::string_view> expected[] = {{0, "transport"},
                                                       {200, ""},
                                                       {204, ""},
                                                       {301, "server"},
                                                       {304, "server"},
                                                       {400, "bad_request"},
                                                       {401, "auth"},
                                                       {403, "forbidden"},
                                                       {404, "no_data"},
                                                       {408, "timeout"},
                                                       {418, "bad_request"},
                                                       {422, "bad_request"},
                                                       {425, "server"},
                                                       {429, "rate_limited"},
                                                       {500, "server"},
                                                       {502, "server"},
                                                       {503, "server"},
                                                       {504, "server"}};
  for (const auto& [status, code] : expected) EXPECT_EQ(code_of_status(status), code) << status;
  EXPECT_EQ(code_of_status(404, R"({"error":"No Coverage available"})"), "no_coverage");
}

TEST(Http, RetryAfterIsSecondsOrADate) {
  const auto wait = [](std::string text, std::optional<UtcTime> now = std::nullopt, std::string date = "") {
    HttpResponse response{429, {{"retry-after", std::move(text)}}, ""};
    if (!date.empty()) response.headers.push_back({"Date", date});
    return retry_after(response, now);
  };
  const UtcTime now = *parse_utc("2024-05-01T12:00:00.500Z");
  EXPECT_EQ(wait("30"), 30s);
  EXPECT_EQ(wait("0"), 0s);
  EXPECT_EQ(wait("Wed, 01 May 2024 12:00:30 GMT", now), 30s);  // 29.5 s, and never too early
  EXPECT_EQ(wait("Wed, 01 May 2024 11:00:30 GMT", now), 0s);
  EXPECT_EQ(wait("Wed, 01 May 2024 12:00:30 GMT", std::nullopt, "Wed, 01 May 2024 12:00:00 GMT"), 30s);
  for (const char* text : {"", "-1", "1.5", "soon", "Wed, 32 May 2024 12:00:30 GMT", "Wed, 01 Mai 2024 12:00:30 GMT",
                           "99999999999999999999", "Wed, 01 May 2024 12:00:30 GMT"}) {
    EXPECT_EQ(wait(text), std::nullopt) << text;
  }
  EXPECT_EQ(retry_after(HttpResponse{429, {}, ""}, now), std::nullopt);
}

TEST(Http, ACodeHasTheKindOfExceptionOfItsGroup) {
  EXPECT_EQ(category_of("unknown_zone"), ErrorCategory::lookup);
  EXPECT_EQ(category_of("no_credentials"), ErrorCategory::permission);
  EXPECT_EQ(category_of("bad_body"), ErrorCategory::connection);
  EXPECT_EQ(category_of("bad_value"), ErrorCategory::value);
}

}  // namespace
